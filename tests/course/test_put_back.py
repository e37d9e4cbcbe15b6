"""What hands do to a notebook before it is handed in, and what is put right before marking."""

import copy
import json
import re
from types import SimpleNamespace

import hypothesis.strategies as st
import nbformat
import pytest
from hypothesis import example, given

pytest.importorskip("nbgrader", reason="pip install 'lstm-utils[teach]'")

from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell
from nbgrader.nbgraderformat import MetadataValidator

from tests.course.nbgrader_runs import names_in
from tools.course.assignments import CHAPTERS, assignment
from tools.course.exercises import exercises_of

REPAIR = names_in("nbgrader_repair.py")
EXERCISES = exercises_of(CHAPTERS[0])
WORDS = "The bias is updated with the new weight."


def handed_in():
    """A notebook in which every exercise is solved, as it should be handed in."""
    notebook = assignment(CHAPTERS[0])
    for cell in notebook.cells:
        if "stub" in cell.metadata:
            cell.metadata.pop("stub")
            cell.source = WORDS if cell.cell_type == "markdown" else cell.source
    return notebook


def parts():
    """The cells of the assignment, from the notebook: the gradebook holds the same."""
    rows = []
    for cell in assignment(CHAPTERS[0]).cells:
        mark = cell.metadata.get("nbgrader")
        if mark:
            rows.append(
                SimpleNamespace(
                    name=mark.grade_id,
                    cell_type=cell.cell_type,
                    source=cell.metadata.get("stub", cell.source),
                    locked=mark.locked,
                    checksum="0" * 32,
                    max_score=mark.get("points"),
                    mark=mark,
                )
            )
    return REPAIR["parts_of"](
        SimpleNamespace(
            source_cells=rows,
            grade_cells=[row for row in rows if row.mark.grade],
            solution_cells=[row for row in rows if row.mark.solution],
            task_cells=[],
        )
    )


PARTS = parts()
SOLUTIONS = {cell.id: cell.source for cell in handed_in().cells if cell.id.startswith("answer-")}


def put_back(notebook):
    return REPAIR["put_back"](notebook.cells, PARTS)


def named(cells):
    return [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in cells]


def what_counts(cells):
    """Map each answer to the last cell that calls its check before the test runs."""
    names = named(cells)
    result = {}
    for exercise in EXERCISES:
        name = exercise.number.replace(".", "-")
        ran = cells[: names.index(f"test-{name}")]
        calls = [cell.source for cell in ran if f'check("{exercise.number}"' in cell.source]
        result[f"answer-{name}"] = calls[-1] if calls else None
    return result


def at(notebook, name):
    return next(i for i, cell in enumerate(notebook.cells) if cell.id == name)


def duplicated(notebook, name, source=None, place=None):
    twin = copy.deepcopy(notebook.cells[at(notebook, name)])
    twin.id = f"twin-of-{name}"
    twin.source = twin.source if source is None else source
    notebook.cells.insert(at(notebook, name) + 1 if place is None else place, twin)


def moved(notebook, name, place):
    cell = notebook.cells.pop(at(notebook, name))
    notebook.cells.insert(place, cell)


def retyped(notebook, name, new):
    place = at(notebook, name)
    old = notebook.cells[place]
    notebook.cells[place] = new(old.source, id=name, metadata=old.metadata)


def split(notebook, name):
    """Cut a cell in two halves, both with its mark, as JupyterLab does."""
    cell = notebook.cells[at(notebook, name)]
    lines = cell.source.splitlines()
    middle = next(i for i in range(len(lines) // 2, len(lines)) if lines[i][:1].strip())
    duplicated(notebook, name, "\n".join(lines[middle:]))
    cell.source = "\n".join(lines[:middle])


def merged(notebook, first, last):
    """Put cells together into the first, as JupyterLab does."""
    start, end = at(notebook, first), at(notebook, last)
    notebook.cells[start].source = "\n\n".join(c.source for c in notebook.cells[start : end + 1])
    del notebook.cells[start + 1 : end + 1]


def stripped(notebook):
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({})


def without_ids(notebook):
    for number, cell in enumerate(notebook.cells):
        cell.id = f"c{number}"


def both_lost(notebook):
    stripped(notebook)
    without_ids(notebook)


STUB = {part.name: part.source for part in PARTS}
# What a hand does, the cell that the note has to name, and what the note says.
HANDS = {
    "an answer is there twice": (
        lambda n: duplicated(n, "answer-1-1"),
        "answer-1-1",
        "in their order",
    ),
    "a copy of the stub is kept below": (
        lambda n: duplicated(n, "answer-1-1", STUB["answer-1-1"]),
        "answer-1-1",
        "more than once",
    ),
    "the stub is kept and a copy at the end was solved": (
        lambda n: (
            duplicated(n, "answer-1-1", place=len(n.cells)),
            n.cells[at(n, "answer-1-1")].update(source=STUB["answer-1-1"]),
        ),
        "test-1-1",
        "in front of its answer",
    ),
    "a test is there twice": (lambda n: duplicated(n, "test-1-2"), "test-1-2", "counts once"),
    "a test is emptied": (
        lambda n: n.cells[at(n, "test-1-2")].update(source=""),
        "test-1-2",
        "put back",
    ),
    "a test is edited": (
        lambda n: n.cells[at(n, "test-1-2")].update(source="pass"),
        "test-1-2",
        "put back",
    ),
    "a test is moved to the head": (lambda n: moved(n, "test-1-2", 0), "test-1-2", "in front of"),
    "a test is thrown away": (
        lambda n: n.cells.pop(at(n, "test-1-2")),
        "test-1-2",
        "missing",
    ),
    "the set-up is moved to the end": (
        lambda n: moved(n, "set-up", len(n.cells)),
        "set-up",
        "in front",
    ),
    "the set-up is thrown away": (lambda n: n.cells.pop(at(n, "set-up")), "set-up", "missing"),
    "an answer is Markdown": (
        lambda n: retyped(n, "answer-1-1", new_markdown_cell),
        "answer-1-1",
        "another type",
    ),
    "an answer is raw": (
        lambda n: retyped(n, "answer-1-1", new_raw_cell),
        "answer-1-1",
        "another type",
    ),
    "a test is Markdown": (
        lambda n: retyped(n, "test-1-1", new_markdown_cell),
        "test-1-1",
        "another type",
    ),
    "a text is code": (lambda n: retyped(n, "text-1-1", new_code_cell), "text-1-1", "another type"),
    "an answer is split": (lambda n: split(n, "answer-1-4"), "answer-1-4", "in their order"),
    "an answer and its test are one cell": (
        lambda n: merged(n, "answer-1-1", "test-1-1"),
        "test-1-1",
        "cut out",
    ),
    "a text and its answer are one cell": (
        lambda n: merged(n, "text-1-2", "answer-1-2"),
        "text-1-2",
        "cut out",
    ),
    "two exercises are one cell": (
        lambda n: merged(n, "answer-1-1", "answer-1-2"),
        "test-1-1",
        "cut out",
    ),
    "nbgrader's marks are lost": (stripped, "answer-1-1", "known by its id"),
    "the ids are lost": (without_ids, None, None),
    "marks and ids are lost": (both_lost, "answer-1-1", "known by its place or its check"),
    "exercises change places": (
        lambda n: n.cells.append(n.cells.pop(at(n, "answer-1-1"))),
        "test-1-1",
        "put behind it",
    ),
    "a cell is from another release": (
        lambda n: n.cells.append(
            new_code_cell("pass", metadata={"nbgrader": {"grade_id": "answer-0-9", "grade": True}})
        ),
        "answer-0-9",
        "no cell of this assignment",
    ),
    "what nbgrader wrote is broken": (
        lambda n: n.cells[at(n, "test-1-1")].metadata.update(nbgrader="yes"),
        "test-1-1",
        "known by its id",
    ),
}


@pytest.mark.parametrize("case", HANDS)
def test_what_hands_do_costs_no_marks_and_is_named(case):
    hand, name, said = HANDS[case]
    notebook = handed_in()
    hand(notebook)
    cells, notes = put_back(notebook)
    counts = what_counts(cells)
    if case == "an answer is split":
        halves = "\n".join(c.source for c in cells if c.source in SOLUTIONS["answer-1-4"])
        assert SOLUTIONS["answer-1-4"].replace("\n", "") in halves.replace("\n", "")
        counts["answer-1-4"] = SOLUTIONS["answer-1-4"]
    assert counts == SOLUTIONS
    assert sound(cells)
    assert notes == [] if name is None else any(name in n and said in n for n in notes)


def sound(cells):
    """Each cell that gives points is there once and is the assignment's own; nbgrader takes it."""
    names = named(cells)
    by_name = {cell.metadata.nbgrader.grade_id: cell for cell in cells if cell.metadata}
    graded = [part for part in PARTS if part.graded]
    assert [names.count(part.name) for part in graded] == [1] * len(graded)
    assert all(by_name[part.name].source == part.source for part in graded if part.locked)
    assert all(
        cell.cell_type == by_name[name].metadata.nbgrader.cell_type
        for name, cell in by_name.items()
    )
    code = [
        name for name, cell in zip(names, cells, strict=True) if cell.cell_type == "code" and name
    ]
    assert code[0] == "set-up"
    notebook = nbformat.v4.new_notebook(cells=cells)
    nbformat.validate(notebook)
    MetadataValidator().validate_nb(notebook)
    return True


def test_an_untouched_notebook_is_left_as_it_is():
    notebook = handed_in()
    before = [(c.cell_type, c.source) for c in notebook.cells]
    cells, notes = put_back(notebook)
    assert [(c.cell_type, c.source) for c in cells] == before
    assert notes == []


def test_of_two_answers_that_differ_the_one_in_front_of_the_test_counts():
    notebook = handed_in()
    other = 'weight = 7\ncheck("1.1", weight)'
    duplicated(notebook, "answer-1-1", other, place=len(notebook.cells))
    assert what_counts(put_back(notebook)[0])["answer-1-1"] == SOLUTIONS["answer-1-1"]
    notebook = handed_in()
    duplicated(notebook, "answer-1-1", other)
    assert what_counts(put_back(notebook)[0])["answer-1-1"] == other


def test_words_that_were_split_or_emptied_reach_the_person_who_reads_them():
    name = next(part.name for part in PARTS if part.name.startswith("words-"))
    notebook = handed_in()
    duplicated(notebook, name, "And the second half.")
    cells, _ = put_back(notebook)
    assert cells[named(cells).index(name)].source == f"{WORDS}\n\nAnd the second half."
    notebook = handed_in()
    notebook.cells[at(notebook, name)].source = ""
    cells, notes = put_back(notebook)
    assert cells[named(cells).index(name)].source == STUB[name]  # nbgrader: nothing was written
    assert any(name in note and "empty" in note for note in notes)


def test_what_a_student_wrote_into_a_locked_cell_stays_beside_it():
    notebook = handed_in()
    text = notebook.cells[at(notebook, "text-1-1")]
    text.source = text.source.replace("**Warm up", "Warmer up") + "\nMy answer."
    setup = notebook.cells[at(notebook, "set-up")]
    setup.source = f"import math\n{setup.source[:-3]}"
    cells, _ = put_back(notebook)
    assert any(c.source.endswith("My answer.") and not c.metadata for c in cells)
    assert any(c.source.startswith("import math") and not c.metadata for c in cells)
    assert sound(cells)


OPERATIONS = st.sampled_from(
    [
        "duplicate",
        "empty",
        "delete",
        "move",
        "markdown",
        "raw",
        "code",
        "split",
        "merge",
        "strip",
        "rename",
    ]
)


@given(st.lists(st.tuples(OPERATIONS, st.integers(0, 99), st.integers(0, 99)), max_size=12))
@example([("merge", 0, 99), ("duplicate", 0, 0)])
@example([("delete", 0, 0)] * 12)
def test_whatever_hands_do_the_notebook_can_be_marked_and_no_line_of_the_student_is_lost(deeds):
    notebook = handed_in()
    for deed, where, other in deeds:
        maul(notebook.cells, deed, where, other)
    lines = own_lines(notebook.cells)
    cells, _ = put_back(notebook)
    assert sound(cells)
    assert lines <= own_lines(cells)


def maul(cells, deed, where, other):
    if not cells:
        return
    where, other = where % len(cells), other % len(cells)
    cell = cells[where]
    if deed == "duplicate":
        cells.insert(other, copy.deepcopy(cell))
        cells[other].id = f"new-{where}-{other}-{len(cells)}"
    elif deed == "empty":
        cell.source = ""
    elif deed == "delete":
        del cells[where]
    elif deed == "move":
        cells.insert(other, cells.pop(where))
    elif deed in ("markdown", "raw", "code"):
        new = REPAIR["NEW_CELL"][deed](cell.source, id=cell.id, metadata=cell.metadata)
        cells[where] = new
    elif deed == "split":
        cut = other % (len(cell.source) + 1)
        cells.insert(where + 1, copy.deepcopy(cell))
        cells[where + 1].id = f"half-{where}-{other}-{len(cells)}"
        cells[where + 1].source, cell.source = cell.source[cut:], cell.source[:cut]
    elif deed == "merge" and other > where:
        cell.source = "\n\n".join(c.source for c in cells[where : other + 1])
        del cells[where + 1 : other + 1]
    elif deed == "strip":
        cell.metadata = nbformat.from_dict({})
    elif deed == "rename":
        cell.id = f"other-{where}-{other}-{len(cells)}"


GIVEN = {line for part in PARTS for line in part.source.splitlines()}


def own_lines(cells):
    """The lines that are not the assignment's own."""
    return {line.strip() for c in cells for line in c.source.splitlines()} - GIVEN - {""}


BROKEN = {
    "a byte-order mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "UTF-16": lambda text: text.encode("utf-16"),
    "lines that end as on Windows": lambda text: text.replace("\n", "\r\n").encode(),
    "sources that end as on Windows": lambda text: text.replace(r"\n", r"\r\n").encode(),
    "no metadata at all": lambda text: re.sub(r'"metadata": \{[^{}]*\},', "", text).encode(),
    "the format of 2015, without ids": lambda text: json.dumps(
        {"nbformat": 4, "nbformat_minor": 0, "metadata": {}}
        | {"cells": [{k: v for k, v in c.items() if k != "id"} for c in json.loads(text)["cells"]]}
    ).encode(),
    "a cell that is none": lambda text: text.replace(
        '"cells": [', '"cells": [null, {}, ', 1
    ).encode(),
    "outputs that are null": lambda text: text.replace('"outputs": []', '"outputs": null').encode(),
    "another language": lambda text: text.replace('"display_name": ', '"R": ').encode(),
    "tags that are no list": lambda text: text.replace('"grade"', '"x": 1}, "tags": {"y"').encode(),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_notebook_that_an_editor_has_rewritten_can_be_read(case):
    text = nbformat.writes(handed_in())
    notebook = REPAIR["read_notebook"](BROKEN[case](text))
    cells, _ = put_back(notebook)
    assert what_counts(cells) == SOLUTIONS
    assert sound(cells)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"[]",
        b"{}",
        b'{"cells": 3}',
        b"PK\x03\x04",
        b"\xff",
        b'{"worksheets": 3}',
        b"[" * 10_000,
    ],
)
def test_a_file_that_is_no_notebook_is_refused_in_one_sentence(data):
    with pytest.raises(ValueError, match="handed in is no notebook"):
        REPAIR["read_notebook"](data)
