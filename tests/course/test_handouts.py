"""The notebooks for students and instructors are in step with the chapters they are made from."""

import ast
import json
import os
import re
import subprocess

import nbformat
import pytest
import yaml

from tools.contents import CHAPTERS, FOLDERS, NOTEBOOKS, SESSIONS, pages, session_of
from tools.course import handouts
from tools.course.exercises import STUB, cells_of, exercises_of, without_magics
from tools.course.proofs import RECORD as RECORD_FILE

RECORD = json.loads(RECORD_FILE.read_text(encoding="utf-8"))
MYST = {
    "a role": r"\{[a-z][a-z:]*\}`",
    "a fence": r"(?m)^\s*(:{3,}|`{3,}\{)",
    "a label": r"(?m)^\([\w-]+\)=\s*$",
    "an equation's label": r"\$\$ *\([\w-]+\)",
}

every_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


def code(cells):
    return [cell for cell in cells if cell.cell_type == "code"]


def words(cells):
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


@every_chapter
def test_a_students_notebook_has_all_code_but_the_solutions_in_order_and_no_output(path):
    solutions = {cell.id for exercise in exercises_of(path) for cell in exercise.solution}
    assert solutions
    expected = [cell for cell in code(cells_of(path)) if cell.id not in solutions]
    found = code(handouts.student(path).cells)
    assert [(cell.id, cell.source) for cell in found] == [(c.id, c.source) for c in expected]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in found)
    stubs = [cell.id for cell in found if STUB in cell.metadata.get("tags", [])]
    assert stubs == [exercise.stub.id for exercise in exercises_of(path)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_korean_notebook_has_the_english_ones_code_and_one_cell_for_its_language(path):
    english, korean = code(handouts.student(path).cells), code(handouts.student(path, "ko").cells)
    assert [(c.id, c.source) for c in korean[1:]] == [(c.id, c.source) for c in english]
    assert ast.parse(korean[0].source).body
    assert [line for line in korean[0].source.splitlines() if "environ" in line] == [
        'os.environ["LSTM_BOOK_LANGUAGE"] = "ko"  # the language of what `check` says'
    ]
    text = words(handouts.student(path, "ko").cells)
    assert not re.search("영어 원문이 바뀌어서", text)
    for name, pattern in MYST.items():
        assert not re.search(pattern, re.sub(r"(?ms)^```.*?^```$", "", text)), name


@every_chapter
def test_a_students_notebook_gives_no_solution_away(path):
    cells = handouts.student(path).cells
    text = words(cells)
    known = {line for cell in code(cells) for line in cell.source.splitlines()}
    for exercise in exercises_of(path):
        for paragraph in handouts.plain(exercise.reason, handouts.page_of(path)).split("\n\n"):
            assert len(paragraph.split()) < 4 or paragraph not in text, exercise.number
        (answer,) = exercise.answer_cells
        assert set(answer.source.splitlines()) - known, exercise.number
    assert "Solution" not in re.findall(r"(?m)^#+ (.+)$", text)


@every_chapter
def test_an_instructors_notebook_has_every_cell_with_its_output(path):
    expected = code(cells_of(path))
    found = code(handouts.instructor(path, RECORD).cells)
    assert [(c.id, c.source, c.outputs) for c in found] == [
        (c.id, c.source, c.outputs) for c in expected
    ]
    text = words(handouts.instructor(path, RECORD).cells)
    for exercise in exercises_of(path):
        first = handouts.plain(exercise.reason, handouts.page_of(path)).split("\n\n")[0]
        assert first in text, exercise.number


@every_chapter
def test_an_instructors_notebook_tells_what_students_write_and_what_the_check_says(path):
    cells = {cell.id: cell.source for cell in handouts.instructor(path, RECORD).cells}
    for exercise in exercises_of(path):
        text = cells[f"{exercise.stub.id.removesuffix('-stub')}-wrong-answers"]
        wrong = RECORD[exercise.number]["wrong"]
        assert len(wrong) >= 2
        for answer in wrong:
            assert answer["said"] in text
            assert answer["answer"] in text
            ast.parse(answer["answer"])


@every_chapter
@pytest.mark.parametrize("kind", ["student", "instructor"])
def test_a_notebook_is_valid_and_reads_without_the_books_markup(path, kind):
    notebook = handouts.student(path) if kind == "student" else handouts.instructor(path, RECORD)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    assert "accelerator" not in notebook.metadata, "any of Colab's machines will do"
    for cell in notebook.cells:
        if cell.cell_type == "code":
            ast.parse(without_magics(cell.source))
            continue
        text = re.sub(r"(?ms)^```.*?^```$", "", cell.source)
        for name, pattern in MYST.items():
            assert not re.search(pattern, text), f"{name} in {cell.id}"
        assert cell.source.count("<details>") == cell.source.count("</details>")


@every_chapter
def test_the_parts_of_a_chapter_survive_in_order(path):
    headings = re.findall(r"(?m)^(##? .+)$", words(cells_of(path)))
    assert headings
    for notebook in (handouts.student(path), handouts.instructor(path, RECORD)):
        kept = re.findall(
            r"(?m)^(##? .+)$", re.sub(r"(?ms)^```.*?^```$", "", words(notebook.cells))
        )
        assert kept == headings


@every_chapter
def test_a_notebook_begins_with_what_it_is_and_links_to_the_chapter(path):
    first = handouts.student(path).cells[0]
    assert first.source.startswith("> **Student notebook.**")
    assert f"{handouts.SITE}{handouts.page_of(path)}.html" in first.source
    assert (
        handouts.instructor(path, RECORD).cells[0].source.startswith("> **Instructor's notebook.**")
    )


@every_chapter
def test_every_link_of_a_notebook_to_the_site_has_a_page_there(path):
    slides = f"{handouts.SITE}course/slides/session_{session_of(path)}/index.html"
    for language, place in FOLDERS.items():
        known = {handouts.page_url(page, language) for page in pages()}
        text = words(handouts.student(path, language).cells)
        links = re.findall(rf"\]\(({re.escape(handouts.SITE)}[^)#]*)", text)
        assert links
        assert set(links) <= known | {slides, f"{handouts.SITE}{place}"}


def test_the_same_chapters_give_the_same_bytes(written, tmp_path):
    handouts.write(tmp_path)
    folders = (written, tmp_path)
    files = [sorted(p.relative_to(f) for p in f.rglob("*") if p.is_file()) for f in folders]
    assert files[0] == files[1]
    differing = [f for f in files[0] if len({(d / f).read_bytes() for d in folders}) > 1]
    assert not differing


def test_the_page_of_the_course_lists_every_notebook_deck_and_assignment(written):
    page = (written / "index.html").read_text(encoding="utf-8")
    links = {link.removesuffix("?print-pdf") for link in re.findall(r'href="([^":]+)"', page)}
    for path in CHAPTERS:
        for place in FOLDERS.values():
            name = f"{place}{path.name}"
            assert {f"student/{name}", f"instructor/{name}"} <= links
            assert f"{handouts.COLAB}/{name}" in page
            assert f"({name})" in (written / "student" / "README.md").read_text(encoding="utf-8")
    decks = {p.relative_to(written).as_posix() for p in written.glob("slides/*/index.html")}
    assert len(decks) == len(SESSIONS)
    assert decks <= links
    # The other links lead to pages of the site, which stand beside the folder's files.
    pages_there = {f"{name.removeprefix('course/')}.html" for name in pages()}
    pages_there |= {f"../{place}{name}.html" for name in pages() for place in FOLDERS.values()}
    assert {link for link in links if not (written / link).exists()} <= pages_there


def test_the_workflow_pushes_the_notebooks_to_the_branch_that_colab_opens(tmp_path):
    """The workflow's own step, run on an empty repository beside it: twice new, once the same."""
    workflow = yaml.safe_load(
        (handouts.ROOT / ".github/workflows/pages.yml").read_text(encoding="utf-8")
    )
    (step,) = [s for s in workflow["jobs"]["publish"]["steps"] if "student" in s.get("run", "")]
    assert handouts.COLAB.endswith(f"/blob/{handouts.BRANCH}")

    def git(*arguments):
        command = ["git", *arguments]
        done = subprocess.run(command, cwd=clone, capture_output=True, encoding="utf-8", check=True)
        return done.stdout.split()

    clone, remote = tmp_path / "clone", tmp_path / "remote.git"
    notebooks = clone / "_build" / "html" / "course" / "student"
    notebooks.mkdir(parents=True)
    git("init", "--quiet", "--bare", str(remote))
    git("init", "--quiet")
    git("remote", "add", "origin", str(remote))
    (clone / ".gitignore").write_text("_build/\n", encoding="utf-8")
    sizes = []
    for text in ("one", "two", "two"):
        (notebooks / "01.ipynb").write_text(text, encoding="utf-8")
        command = ["bash", "-e", "-c", step["run"]]
        subprocess.run(command, cwd=clone, check=True, env=os.environ | step["env"])
        sizes += git("-C", str(remote), "rev-list", "--count", handouts.BRANCH)
        assert git("-C", str(remote), "show", f"{handouts.BRANCH}:01.ipynb") == [text]
        assert git("-C", str(remote), "ls-tree", "--name-only", handouts.BRANCH) == ["01.ipynb"]
    assert sizes == ["1", "2", "2"], "the second time nothing had changed"
