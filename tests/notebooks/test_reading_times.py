"""The minutes that pages say they take, and the hours of the course, counted again."""

import json
import re

import nbformat
import pytest

from tools import reading_times
from tools.contents import CHAPTERS, NOTEBOOKS, ROOT

SAID = re.compile(r"About\*{0,2} (\d+) minutes to read")
STATED = [path for path in NOTEBOOKS if SAID.search(nbformat.read(path, 4).cells[0].source)]


@pytest.mark.parametrize("path", STATED, ids=lambda path: path.stem)
def test_a_page_says_the_minutes_that_its_words_and_lines_take(path):
    first, *_ = nbformat.read(path, as_version=4).cells
    assert int(SAID.search(first.source)[1]) == reading_times.minutes(path)


def test_four_hundred_words_and_forty_lines_take_four_minutes(tmp_path):
    before = [
        nbformat.v4.new_markdown_cell("(a-label)=\n# Title\n" + "word " * 398 + "$w^{2}$ end."),
        nbformat.v4.new_markdown_cell("$$\na = b\n$$ (eq-a)"),
        nbformat.v4.new_code_cell("x = 1\n\n" * 39),
    ]
    exercises = nbformat.v4.new_markdown_cell("never read " * 1000, id="exercises")
    notebook = tmp_path / "page.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[*before, exercises]), notebook)
    assert reading_times.words_and_lines(notebook) == (401, 40)
    # 401 / 200 + 40 × 3 s = 4.0 minutes, to five minutes.
    assert reading_times.minutes(notebook) == 5


def test_the_landing_page_has_each_chapters_minutes_and_adds_them_up():
    text = (ROOT / "intro.md").read_text(encoding="utf-8")
    rows = re.findall(r"\| (\d+)\s?min \| \d+\s?s \| (\d+)\s?min \|", text)
    projects = 0
    for row, path in zip(rows, CHAPTERS, strict=True):
        cells = "".join(
            "".join(cell["source"]) for cell in json.loads(path.read_text("utf-8"))["cells"]
        )
        asked = re.findall(r"\*\*(\w[\w ]*) · (\d+) minutes\.\*\*", cells)
        project = sum(int(m) for kind, m in asked if kind == "Project")
        projects += project
        assert int(row[0]) == reading_times.minutes(path)
        assert int(row[1]) == sum(int(m) for _, m in asked) - project
    said = re.search(
        r"it is (\S+) hours of reading and (\S+) of exercises, of which chapters 1 to 4 take "
        r"(\S+) together; the projects, one a chapter, would be (\S+) more",
        text,
    )
    read, exercises = (sum(map(int, column)) for column in zip(*rows, strict=True))
    first = sum(int(r) + int(e) for r, e in rows[:4])
    for hours, counted in zip(said.groups(), (read, exercises, first, projects), strict=True):
        assert abs(60 * float(hours) - counted) <= 15
