"""The notebooks as documents: what a reader, a re-execution and a translator rely on."""

import re
from types import SimpleNamespace

import nbformat
import pytest
import yaml

from tests.documents import code_cells, output_text, prose, read
from tools.contents import CHAPTERS, NOTEBOOKS, ROOT
from tools.notebooks import SEAL, seal_of

SET_UP = """\
# On Colab this installs the course's package; elsewhere it is there already.
import importlib.util
"""
TAGS = {
    "nbval-ignore-output",
    "hide-input",
    "hide-output",
    "raises-exception",
    "remove-output",
    "exercise-stub",
    "exercise-solution",
}
# What a figure that is drawn in a part's colour must be about.
WORDS_OF_A_PART = {
    "forget": r"forget|product of f|direct path",
    "input": r"input gate",
    "candidate": r"candidate",
    "output": r"output gate",
    "cell": r"cell state|memory",
    "hidden": r"hidden|state|\bh\d",
    "gradient": r"gradient|derivative|slope|steepest|descent|walk|path",
}
ABSOLUTE_PATH = re.compile(
    r"(?<![\w.])/(home|root|work|tmp|usr|opt|Users|content|builds?)/\w|[A-Z]:\\\w"
)


every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
every_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


def test_chapters_are_numbered_without_a_gap_and_the_contents_list_every_notebook():
    assert [path.name[:2] for path in CHAPTERS] == [f"{k + 1:02}" for k in range(len(CHAPTERS))]
    listed = re.findall(r"file: (\S+)", (ROOT / "_toc.yml").read_text(encoding="utf-8"))
    assert yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))["root"] == "intro"
    for path in NOTEBOOKS:
        assert path.relative_to(ROOT).with_suffix("").as_posix() in listed


def test_what_windows_can_not_run_is_skipped_by_name_and_with_a_reason(monkeypatch, request):
    settings = request.config.pluginmanager.get_plugin(str(ROOT / "conftest.py"))
    assert {path.name for path in NOTEBOOKS} > settings.NOT_ON_WINDOWS.keys()
    for system, expected in (("linux", 0), ("win32", len(settings.NOT_ON_WINDOWS))):
        marks = []
        items = [SimpleNamespace(path=path, add_marker=marks.append) for path in NOTEBOOKS]
        monkeypatch.setattr("sys.platform", system)
        settings.pytest_collection_modifyitems(items)
        assert [mark.name for mark in marks] == ["skip"] * expected
        assert all(mark.kwargs["reason"] for mark in marks)


@every_notebook
def test_a_notebook_is_valid_and_its_cells_have_readable_unique_ids(path):
    notebook = read(path)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    unreadable = [i for i in ids if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", i)]
    assert not unreadable
    random = [i for i in ids if re.fullmatch(r"[0-9a-f]{8}", i)]
    assert not random


@every_notebook
def test_every_code_cell_was_executed_once_in_order_without_error_or_stderr(path):
    cells = code_cells(read(path))
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        kinds = [output.output_type for output in cell.outputs]
        assert "error" not in kinds, cell.id
        assert not [o for o in cell.outputs if o.get("name") == "stderr"], cell.id


@every_notebook
def test_stored_outputs_are_those_that_the_execution_made(path):
    notebook = read(path)
    assert notebook.metadata.get(SEAL) == seal_of(notebook), (
        "an output was edited, or a source was edited without executing it again: "
        f"python -m tools.notebooks execute {path.relative_to(ROOT).as_posix()}"
    )


@every_notebook
def test_outputs_show_no_path_of_a_machine_and_no_warning(path):
    for cell in code_cells(read(path)):
        text = output_text(cell)
        assert not ABSOLUTE_PATH.search(text), cell.id
        assert "Warning:" not in text, cell.id
        assert not re.search(r"\d+%\|", text), f"a progress bar in {cell.id}"


@every_notebook
def test_every_figure_has_alternative_text_a_caption_and_a_name(path):
    names = []
    for cell in code_cells(read(path)):
        if not [o for o in cell.outputs if "image/png" in o.get("data", {})]:
            continue
        look = cell.metadata.get("mystnb", {})
        alt = look.get("image", {}).get("alt", "")
        assert len(alt.split()) >= 6, f"{cell.id}: say in a sentence what the figure shows"
        assert look["figure"]["caption"], cell.id
        names.append(look["figure"]["name"])
        assert names[-1].startswith("fig-"), cell.id
    assert len(set(names)) == len(names)


@every_notebook
def test_a_parts_colour_stands_for_that_part(path):
    """A figure that takes a part's colour speaks of the part, in its caption or alt text."""
    for cell in code_cells(read(path)):
        look = cell.metadata.get("mystnb", {})
        said = f"{look.get('image', {}).get('alt')} {look.get('figure', {}).get('caption')}".lower()
        if not re.search(r"COLOURS\[|line_style\(", cell.source) or "figure" not in look:
            continue
        for name in set(re.findall(r"[\"'](\w+)[\"']", cell.source)) & set(WORDS_OF_A_PART):
            assert re.search(WORDS_OF_A_PART[name], said), f"{cell.id} takes the colour of {name}"


DRAWING = re.compile(
    r"\b(unrolled_rnn|jacobian_chain|(?:rnn|lstm)_cell|two_states|gradient_highway|five_mappings)\(ax"
)


@every_notebook
def test_a_drawing_is_a_phone_wide_and_not_blown_up(path):
    """Drawings are 5 inches wide, for letters that a phone shows, and 540 pixels where they may."""
    for cell in code_cells(read(path)):
        if DRAWING.search(cell.source):
            assert re.search(r"figsize=\(5, [\d.]+\)", cell.source), cell.id
            assert cell.metadata["mystnb"]["image"]["width"] == "540px", cell.id


@every_notebook
def test_tags_are_known_and_cells_are_short(path):
    notebook = read(path)
    for cell in notebook.cells:
        assert set(cell.metadata.get("tags", [])) <= TAGS, cell.id
    # The contract is a table of claims, as long as the page has claims.
    cells = [cell for cell in code_cells(notebook) if cell.id != "what-we-verified"]
    lines = [len(cell.source.splitlines()) for cell in cells]
    assert max(lines) <= 45
    assert sum(n > 20 for n in lines) <= 0.25 * len(lines), "rarely over 20 lines"


@every_notebook
def test_the_set_up_cell_is_the_same_everywhere(path):
    first = code_cells(read(path))[0]
    assert first.id == "set-up"
    assert first.source.startswith(SET_UP)


@every_notebook
def test_code_that_a_translation_shares_has_no_prose_in_the_wrong_language(path):
    for cell in code_cells(read(path)):
        comments = re.findall(r"(?m)(?:^|\s)#\s.*$", cell.source)
        korean = [c for c in comments if re.search(r"[가-힣]", c)]
        # A gloss may quote a Korean word, but the comment itself is English.
        assert all(re.search(r"[A-Za-z]{3}", c) for c in korean), cell.id


@every_chapter
def test_a_chapter_has_its_parts_in_order(path):
    headings = re.findall(r"(?m)^#{1,2} (.+)$", prose(read(path)))
    wanted = ["What we verified", "Summary", "Test yourself", "Exercises", "Further reading"]
    assert [h for h in headings if h in wanted] == wanted
    opening = read(path).cells[0].source
    assert "What you will be able to do" in opening
    assert re.search(r"minutes? to read", opening)
    assert re.search(r"to run", opening)


@every_chapter
def test_what_we_verified_is_a_strictly_compared_cell_with_ticks_only(path):
    cells = {cell.id: cell for cell in code_cells(read(path))}
    contract = cells["what-we-verified"]
    assert "verify(" in contract.source
    assert "nbval-ignore-output" not in contract.metadata.get("tags", [])
    lines = output_text(contract).splitlines()
    assert len([line for line in lines if line.startswith("✓")]) >= 4
    assert "✗" not in output_text(contract)


@every_chapter
def test_every_exercise_of_a_chapter_has_a_solution_in_a_dropdown(path):
    text = prose(read(path))
    exercises = re.findall(r":{3,}\{exercise(?:-start)?\}[^\n]*\n:label: (\S+)", text)
    solutions = re.findall(r":{3,}\{solution(?:-start)?\} (\S+)\n:class: dropdown", text)
    assert exercises
    assert sorted(exercises) == sorted(solutions)


@every_chapter
def test_a_chapter_cites_its_sources(path):
    cited = set(",".join(re.findall(r"\{cite[^}]*\}`([^`]+)`", prose(read(path)))).split(","))
    known = set(
        re.findall(r"(?m)^@\w+\{([^,]+),", (ROOT / "references.bib").read_text(encoding="utf-8"))
    )
    assert len(cited) >= 2
    assert {key.strip() for key in cited} <= known
