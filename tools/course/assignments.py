"""Write the chapters' exercises as a course for nbgrader: one assignment a chapter.

`python -m tools.course.assignments FOLDER` writes `FOLDER/nbgrader`, with a configuration and
`source/chapter-04/chapter-04.ipynb` and so on, and the same as `FOLDER/nbgrader.zip`;
course/nbgrader.md tells how an instructor goes on. The same chapters give the same bytes.
"""

import re
import shutil
import zipfile
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from lstm_utils import command_line
from tools.contents import CHAPTERS, number_of
from tools.course.exercises import exercises_of, set_up_cell, title_of
from tools.course.plain_markdown import plain
from tools.notebooks import METADATA

# The settings, and the two files that they load.
CONFIG = sorted(Path(__file__).parent.glob("nbgrader_*.py"))
# What a check can give, and what a person gives for the words beside it. A project is a bonus: it
# counts nothing, and a person enters up to BONUS points as nbgrader's "extra credit".
POINTS = {"warm up": 1, "build": 3, "break": 2, "project": 0}
POINTS_BY_HAND = {"break": 2, "project": 0}
BONUS = 8
ASKED = {
    "break": "**Explain it ({points} points, read by a person).** In two or three sentences of "
    "your own: what gave the bug away, which line it is, and why the program ran all the same.",
    "project": "**Report (a bonus of up to {points} points, read by a person).** What you asked, "
    "what you compared and how often, what came out with its spread over the seeds, and one thing "
    "that the numbers cannot tell.",
}
# What a check is called with: a name, or a word that the exercise prescribes.
ARGUMENT = r'(\w+=)?([A-Za-z_]\w*|"[^"…]*")'


def write(folder, chapters=CHAPTERS, by_hand=True):
    """Write the folder `nbgrader` and its archive, and return the paths of the notebooks.

    With `by_hand`, explanations and reports are asked for, which a person has to mark.

    Raises
    ------
    FileExistsError
        If something lies there that wasn't written here, or was changed since: nothing is lost.
    """
    course = Path(folder) / "nbgrader"
    _refuse_to_overwrite(course)
    written = []
    for chapter in chapters:
        name = f"chapter-{chapter.name[:2]}"
        path = course / "source" / name / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(assignment(chapter, by_hand), path)
        written.append(path)
    settings = [Path(shutil.copy(file, course)) for file in CONFIG]
    _archive(course.with_suffix(".zip"), [*settings, *written])
    return written


def _refuse_to_overwrite(course):
    """Raise FileExistsError unless all in a folder is as the archive beside it has it."""
    written = {}
    archive = course.with_suffix(".zip")
    if archive.is_file() and zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as files:
            written = {course.parent / name: files.read(name) for name in files.namelist()}
    for path in sorted(course.rglob("*")):
        if path.is_file() and path.read_bytes() != written.get(path):
            raise FileExistsError(
                f"{path} is a course's own or was changed there, and is kept: move that course to "
                "another folder, or name another one here"
            )


def _archive(path, files):
    """Pack files under the name of their folder; the date is fixed, and so are the bytes."""
    with zipfile.ZipFile(path, "w") as archive:
        for file in files:
            entry = zipfile.ZipInfo(file.relative_to(path.parent).as_posix(), (2020, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED)


def assignment(chapter, by_hand=True):
    """Return a chapter's exercises as one notebook in nbgrader's format, with the solutions."""
    exercises = exercises_of(chapter)
    cells = [
        new_markdown_cell(_head(chapter, exercises, by_hand), id="head"),
        _marked(new_code_cell(set_up_cell(chapter), id="set-up")),
    ]
    for exercise in exercises:
        cells += _cells_of(exercise, f"chapters/{chapter.stem}", by_hand)
    notebook = new_notebook(cells=cells, metadata=METADATA)
    nbformat.validate(notebook)
    return notebook


def points_of(exercise, by_hand=True):
    """Return the points that the check gives for an exercise, and those that a person gives."""
    return POINTS[exercise.kind], POINTS_BY_HAND.get(exercise.kind, 0) if by_hand else 0


def marking_code(exercise):
    """Return the code that marks an exercise: its stub's last line, with `grade` for `check`."""
    line = exercise.stub.source.splitlines()[-1]
    if not re.fullmatch(rf'check\("{re.escape(exercise.number)}"(, {ARGUMENT})+\)', line):
        raise ValueError(
            f'the stub of exercise {exercise.number} has to end with check("{exercise.number}", …) '
            "on one line with names only: the test cell repeats it, and nobody can change it there"
        )
    return f"from lstm_utils.exercises import grade\n\n{line.replace('check', 'grade', 1)}"


def _cells_of(exercise, page, by_hand):
    name = exercise.number.replace(".", "-")
    machine, person = points_of(exercise, by_hand)
    worth = f"{machine} point{'s' * (machine > 1)}" if machine else "a bonus"
    text = (
        f"## Exercise {exercise.number}: {exercise.title}\n\n"
        f"**{exercise.kind.capitalize()} · {exercise.minutes} minutes · {worth}.** "
        f"{plain(exercise.text, page)}"
    )
    solution = new_code_cell(exercise.answer_cells[0].source, id=f"answer-{name}")
    cells = [
        _marked(new_markdown_cell(text, id=f"text-{name}")),
        _marked(solution, stub=exercise.stub.source),
        _marked(new_code_cell(marking_code(exercise), id=f"test-{name}"), machine),
    ]
    if by_hand and exercise.kind in ASKED:
        question = ASKED[exercise.kind].format(points=person or BONUS)
        reason = new_markdown_cell(plain(exercise.reason, page), id=f"words-{name}")
        cells += [
            _marked(new_markdown_cell(question, id=f"question-{name}")),
            _marked(reason, person, stub="*Write here.*"),
        ]
    return cells


def _head(chapter, exercises, by_hand):
    title = title_of(chapter)
    points = [points_of(exercise, by_hand) for exercise in exercises]
    machine, person = (sum(column) for column in zip(*points, strict=True))
    hand = f" and {person} that a person gives for your own words" if person else ""
    return (
        f"# Exercises of chapter {number_of(chapter)}: {title}\n\n"
        f"{len(exercises)} exercises, {machine} points that a check gives{hand}. Run the set-up "
        "cell, then work where a comment or *Write here* asks you to. Each answer cell ends with "
        "a check: run it as often as you like, and hand in when it says ✓.\n\n"
        "To mark it, your notebook is run from the top on another machine. A cell that takes more "
        "than two minutes there is stopped: write the scores of a longer run down as numbers."
    )


def _marked(cell, points=None, stub=None):
    """Mark a cell: one with a stub is the student's own, any other is locked.

    A locked cell that gives points is a test; points of a student's own a person gives.
    """
    own = stub is not None
    if own:
        cell.metadata.stub = stub
    cell.metadata.nbgrader = {
        "schema_version": 3,
        "cell_type": cell.cell_type,
        "grade": points is not None,
        "grade_id": cell.id,
        "locked": not own,
        "solution": own,
        "task": False,
        **({} if points is None else {"points": points}),
    }
    return cell


def main(arguments=None):
    parser = command_line.parser(__doc__)
    parser.add_argument("folder", type=command_line.path)
    parser.add_argument("--by-machine", action="store_true", help="ask for nothing to be read")
    options = parser.parse_args(arguments)
    for path in write(options.folder, by_hand=not options.by_machine):
        print(path)


if __name__ == "__main__":
    command_line.run(main)
