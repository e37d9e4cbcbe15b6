"""The assignments in nbgrader: released, handed in by made students, collected and marked by it."""

import copy
import dataclasses
import json
import os
import re
import shutil
import zipfile

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from tests.course.nbgrader_runs import nbgrader
from tools.course.assignments import CHAPTERS, marking_code, write
from tools.course.exercises import definitions, exercises_of

pytest.importorskip("nbgrader", reason="pip install 'lstm-utils[teach]'")

# What nbgrader's own database code and the cells that it puts back are warned of.
pytestmark = pytest.mark.filterwarnings("ignore:Object of type", "ignore:Cell is missing an id")

CHAPTER = CHAPTERS[0]  # its set-up needs no framework
NAME = "chapter-01"
# Chapter 1 has the exercises that the made submissions need: written here, not read there.
POINTS = {"warm up": 1, "build": 3, "break": 2, "project": 0}
HAND = {"break": 2, "project": 0}
SHORT = 2  # seconds that the check of a looping function may take in this test

NEVER_ENDS = "while True:\n    pass"
CANNOT_BE_INTERRUPTED = """\
import time
while True:
    try:
        time.sleep(0.1)
    except BaseException:
        pass"""
KILLS_THE_KERNEL = "import os\nos._exit(1)"


def exercises(kind=None):
    return [e for e in exercises_of(CHAPTER) if kind in (None, e.kind)]


def looping_in_a_function(exercise):
    """The stub with functions that never return."""
    name = next(n for n, parameters in definitions(exercise.stub.source).items() if parameters)
    return re.sub(
        rf"(def {name}\(.*?\):\n).*?(?=^\S)",
        r"\1    while True:\n        pass\n\n\n",
        exercise.stub.source,
        flags=re.DOTALL | re.MULTILINE,
    )


def raising_in_a_function(exercise):
    return looping_in_a_function(exercise).replace("while True:\n        pass", "return 1 / 0")


def talking_to_stderr(exercise):
    """A right function that also prints what looks like a warning, as a framework may."""
    source = exercise.answer_cells[0].source
    name = next(n for n, parameters in definitions(source).items() if parameters)
    talk = f"""
import sys
quiet_{name} = {name}
def {name}(*arguments, **named):
    print("WARNING: retracing", file=sys.stderr)
    return quiet_{name}(*arguments, **named)
"""
    return source + talk


def answers_of_the_class():
    """What each made student hands in, exercise by exercise, and which of it is right."""
    every = exercises()
    solutions = {e.number: e.answer_cells[0].source for e in every}
    stubs = {e.number: e.stub.source for e in every}
    warm, build = exercises("warm up"), exercises("build")
    half = {e.number for e in every[1::2]}
    astray = {
        warm[0].number: NEVER_ENDS,
        warm[1].number: KILLS_THE_KERNEL,
        warm[2].number: "third_weight = = 3.5",
        build[0].number: looping_in_a_function(build[0]),
        build[1].number: CANNOT_BE_INTERRUPTED,
        build[2].number: raising_in_a_function(build[2]),
        build[3].number: 'raise ValueError("no idea")',
    }
    return {
        "right": (solutions | {build[0].number: talking_to_stderr(build[0])}, set(solutions)),
        "half": ({n: solutions[n] if n in half else stubs[n] for n in solutions}, half),
        "astray": (solutions | astray, set(solutions) - set(astray)),
        "clumsy": (solutions, set(solutions)),
        "rewritten": (solutions, set(solutions)),
    }


def handle_clumsily(path):
    """Do to a right notebook what hands do: copy cells, empty, retype, merge and move them."""
    notebook = nbformat.read(path, as_version=4)
    cells, by_id = notebook.cells, {cell.id: cell for cell in notebook.cells}
    for name in ("answer-1-1", "test-1-2", "words-1-8"):
        cells.insert(cells.index(by_id[name]), copy.deepcopy(by_id[name]))
        by_id[name].id = f"twin-of-{name}"
    by_id["answer-1-2"].cell_type = "raw"
    by_id["test-1-3"].cell_type = by_id["answer-1-4"].cell_type = "markdown"
    by_id["test-1-4"].source = ""
    merged = [by_id[name] for name in ("answer-1-5", "test-1-5", "text-1-6", "answer-1-6")]
    merged[0].source = "\n\n".join(cell.source for cell in merged)
    for cell in (*merged[1:], by_id["set-up"], by_id["test-1-7"]):
        cells.remove(cell)
    notebook.cells = [by_id["test-1-7"], *cells, by_id["set-up"]]
    path.write_text(json.dumps(notebook), encoding="utf-8")


def rewrite(path):
    """Save a notebook as an old editor does: no marks, no ids, and a byte-order mark in front."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["metadata"] = {}
        del cell["id"]
    notebook |= {"metadata": {"kernelspec": {"name": "ir", "language": "R"}}, "nbformat_minor": 4}
    path.write_text(json.dumps(notebook), encoding="utf-8-sig")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """An instructor's folder in which all of it has happened: from `write` to `export`."""
    folder = tmp_path_factory.mktemp("class")
    exchange = folder / "exchange"
    exchange.mkdir(mode=0o777)
    write(folder, [CHAPTER])
    course = folder / "nbgrader"
    config = course / "nbgrader_config.py"
    number = exercises("build")[0].number
    config.write_text(
        config.read_text(encoding="utf-8")
        + f"c.Exchange.root = {str(exchange)!r}\n"
        + f"c.Exchange.cache = {str(folder / 'cache')!r}\n"
        # Less patience, but only with what never ends: a loaded machine may be slow.
        + "c.Execute.timeout_func = lambda cell: 1 if 'while True' in cell.source else 120\n"
        + "c.Execute.iopub_timeout = 1\n"  # for what cannot be interrupted
        + "c.Execute.extra_arguments = ['--IPKernelApp.exec_lines="
        + "from lstm_utils.exercises import checking; "
        + f'checking.CHECKS["{number}"] = (checking.check_of("{number}")[0], {SHORT})\']\n',
        encoding="utf-8",
    )
    nbgrader(course, "generate_assignment", NAME)
    nbgrader(course, "release_assignment", NAME)
    released = exchange / "learning-to-forget" / "outbound" / NAME
    for student, (answers, _) in answers_of_the_class().items():
        desk = folder / student
        shutil.copytree(released, desk / NAME)
        shutil.copyfile(config, desk / config.name)
        path = desk / NAME / f"{NAME}.ipynb"
        fill_in(path, answers, words=student in ("right", "clumsy"))
        if student == "half":
            throw_away(path, f"test-{number.replace('.', '-')}")
        elif student == "clumsy":
            handle_clumsily(path)
        elif student == "rewritten":
            rewrite(path)
        nbgrader(desk, "submit", NAME, f"--student={student}")
    nbgrader(course, "collect", NAME)
    nbgrader(course, "autograde", NAME)
    nbgrader(course, "export")
    return course


def fill_in(path, answers, words):
    notebook = nbformat.read(path, as_version=4)
    by_id = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell for cell in notebook.cells}
    for number, source in answers.items():
        by_id[f"answer-{number.replace('.', '-')}"].source = source
    if words:
        for name, cell in by_id.items():
            if name and name.startswith("words-"):
                cell.source = "The bias is updated with the new weight."
    nbformat.write(notebook, path)


def throw_away(path, cell_id):
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if cell.id != cell_id]
    nbformat.write(notebook, path)


def marks_of(course, name):
    """Map each student to the points of each graded cell, as the gradebook has them."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        return {
            submission.student.id: {
                grade.name: (grade.auto_score, grade.max_score, grade.needs_manual_grade)
                for grade in submission.notebooks[0].grades
            }
            for submission in gradebook.assignment_submissions(name)
        }


@pytest.fixture(scope="module")
def marks(course):
    return marks_of(course, NAME)


@pytest.mark.parametrize("student", answers_of_the_class())
def test_the_gradebook_has_the_marks_that_a_submission_deserves(marks, student):
    _, right = answers_of_the_class()[student]
    expected = {
        f"test-{e.number.replace('.', '-')}": POINTS[e.kind] * (e.number in right)
        for e in exercises()
    }
    given = {name: auto for name, (auto, *_) in marks[student].items() if name.startswith("test-")}
    assert given == expected


def test_words_wait_for_a_person_unless_nothing_was_written(marks):
    asked = {
        f"words-{e.number.replace('.', '-')}": HAND[e.kind] for e in exercises() if e.kind in HAND
    }
    written, nothing = (None, True), (0, False)
    for student, wanted in (("right", written), ("half", nothing), ("clumsy", written)):
        words = {name: given for name, given in marks[student].items() if name in asked}
        assert {name: largest for name, (_, largest, _) in words.items()} == asked
        assert {(auto, needs) for auto, _, needs in words.values()} == {wanted}


def test_the_table_of_marks_has_a_line_for_each_student(course):
    table = (course / "grades.csv").read_text(encoding="utf-8")
    header, *lines = [line.split(",") for line in table.splitlines()]
    most = sum(POINTS[e.kind] + HAND.get(e.kind, 0) for e in exercises())
    rows = [dict(zip(header, line, strict=True)) for line in lines]
    scores = {row["student_id"]: float(row["score"]) for row in rows}
    by_kind = {e.number: POINTS[e.kind] for e in exercises()}
    assert scores == {
        student: sum(by_kind[number] for number in right)
        for student, (_, right) in answers_of_the_class().items()
    }
    assert {float(row["max_score"]) for row in rows} == {most}


def test_a_student_reads_in_the_marked_notebook_what_was_wrong(course):
    path = course / "autograded" / "astray" / NAME / f"{NAME}.ipynb"
    cells = {c.metadata.nbgrader.grade_id: c for c in nbformat.read(path, 4).cells if c.metadata}
    looping, _, raising, _ = (e.number.replace(".", "-") for e in exercises("build"))
    for number, words in (
        (looping, f"stopped after {SHORT} seconds"),
        (raising, "ZeroDivisionError"),
    ):
        (error,) = cells[f"test-{number}"].outputs
        assert error.ename == "AssertionError"
        assert words in error.evalue


@pytest.mark.parametrize(
    ("student", "cell", "said"),
    [
        ("clumsy", "answer-1-1", "run in their order"),
        ("clumsy", "test-1-5", "cut out"),
        ("clumsy", "set-up", "put in front"),
        ("rewritten", "answer-1-1", "known by its place or its check"),
        ("half", f"test-{exercises('build')[0].number.replace('.', '-')}", "missing"),
    ],
)
def test_a_student_reads_what_was_put_right(course, student, cell, said):
    path = course / "autograded" / student / NAME / f"{NAME}.ipynb"
    head = nbformat.read(path, 4).cells[0].source
    assert any(f"`{cell}`" in line and said in line for line in head.splitlines())


def test_a_notebook_in_which_nothing_was_put_right_has_no_word_of_it(course):
    path = course / "autograded" / "right" / NAME / f"{NAME}.ipynb"
    assert nbformat.read(path, 4).cells[0].id == "head"


def test_the_released_notebook_holds_stubs_and_no_solution(course):
    text = (course / "release" / NAME / f"{NAME}.ipynb").read_text(encoding="utf-8")
    released = {c.id: c for c in nbformat.reads(text, 4).cells}
    for exercise in exercises():
        name = exercise.number.replace(".", "-")
        assert released[f"answer-{name}"].source == exercise.stub.source
        assert released[f"test-{name}"].source == marking_code(exercise)
        stub = set(exercise.stub.source.splitlines())
        secret = [x for x in exercise.answer_cells[0].source.splitlines() if x not in stub]
        sources = "\n".join(cell.source for cell in released.values()).splitlines()
        assert secret
        assert not set(secret) & set(sources) - {""}
    assert "stub" not in {key for cell in released.values() for key in cell.metadata}
    assert all("outputs" not in cell or not cell.outputs for cell in released.values())


def settings(course):
    from traitlets.config import PyFileConfigLoader

    return PyFileConfigLoader("nbgrader_config.py", path=str(course)).load_config()


def test_late_work_loses_a_tenth_a_day_and_at_most_half(course):
    late = settings(course).AssignLatePenalties.plugin_class()
    day = 24 * 60 * 60
    penalties = [late.late_submission_penalty("s", 20, t) for t in (1, day, day + 1, 9 * day)]
    assert penalties == [2, 2, 4, 10]


def test_every_chapter_is_an_assignment_that_nbgrader_accepts(written):
    from nbgrader.nbgraderformat import MetadataValidator

    paths = sorted((written / "nbgrader" / "source").glob("*/*.ipynb"))
    for path, chapter in zip(paths, CHAPTERS, strict=True):
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        MetadataValidator().validate_nb(notebook)
        points = [
            c.metadata.nbgrader.points
            for c in notebook.cells
            if "points" in c.metadata.get("nbgrader", {})
        ]
        assert sum(points) == sum(
            POINTS[e.kind] + HAND.get(e.kind, 0) for e in exercises_of(chapter)
        )


@pytest.mark.parametrize(
    "call",
    ['check("1.1", weight, baseline="…")', 'check("1.1", 0.5)', 'check("1.2", weight)', "weight"],
)
def test_a_stub_whose_check_a_test_cell_cannot_repeat_is_refused(call):
    exercise = dataclasses.replace(exercises()[0], stub=new_code_cell(f"weight = None\n{call}"))
    with pytest.raises(ValueError, match=r"exercise 1\.1"):
        marking_code(exercise)


def test_the_archive_holds_the_files_beside_it(written):
    files = [path for path in (written / "nbgrader").rglob("*") if path.is_file()]
    assert len(files) == len(CHAPTERS) + 3  # the settings, and the files that they load
    with zipfile.ZipFile(written / "nbgrader.zip") as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            path.relative_to(written).as_posix(): path.read_bytes() for path in files
        }


def test_a_course_without_words_has_nothing_for_a_person_to_mark(tmp_path):
    (path,) = write(tmp_path, [CHAPTER], by_hand=False)
    graded = [
        c for c in nbformat.read(path, 4).cells if c.metadata.get("nbgrader", {}).get("grade")
    ]
    assert [c.cell_type for c in graded] == ["code"] * len(exercises())


@pytest.mark.skipif(
    "LSTM_BOOK_NBGRADER" not in os.environ,
    reason="five minutes: LSTM_BOOK_NBGRADER=1 (make marks)",
)
@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.stem)
def test_in_every_chapter_the_solutions_get_all_points_and_the_stubs_none(tmp_path, chapter):
    (path,) = write(tmp_path, [chapter])
    course, name = tmp_path / "nbgrader", path.stem
    nbgrader(course, "generate_assignment", name)
    shutil.copytree(path.parent, course / "submitted" / "solutions" / name)
    shutil.copytree(course / "release" / name, course / "submitted" / "stubs" / name)
    nbgrader(course, "autograde", name)
    marks = marks_of(course, name)
    for exercise in exercises_of(chapter):
        test, points = f"test-{exercise.number.replace('.', '-')}", POINTS[exercise.kind]
        assert marks["solutions"][test][:2] == (points, points)
        assert marks["stubs"][test][:2] == (0, points)


def test_writing_again_overwrites_only_what_nobody_has_touched(tmp_path):
    (path,) = write(tmp_path, [CHAPTER])
    assert write(tmp_path, [CHAPTER]) == [path]
    gradebook = tmp_path / "nbgrader" / "gradebook.db"
    for own in (path, gradebook):
        with own.open("a", encoding="utf-8") as file:
            file.write(" ")
        before = own.read_bytes()
        with pytest.raises(FileExistsError, match=own.name):
            write(tmp_path, [CHAPTER])
        assert own.read_bytes() == before
        own.unlink()
    (tmp_path / "nbgrader.zip").unlink()
    with pytest.raises(FileExistsError, match=r"nbgrader_collect\.py"):
        write(tmp_path, [CHAPTER])
