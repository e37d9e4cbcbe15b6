"""The proof of each exercise, and the report of all: what the checks say to every kind of answer.

`python -m tools.course.proofs 04` proves one chapter's exercises: the solution passes, the stub
does not, and each answer of course/wrong_answers is met with the words that are meant for it.
`--report` writes down what is said: reports/exercises.json, from which the instructor's notebooks
are made in both languages without any framework, and the English table reports/exercises.md.
"""

import ast
import contextlib
import functools
import importlib
import inspect
import io
import json
import linecache
import re
import sys
import textwrap
import time
from dataclasses import dataclass

from lstm_utils import command_line
from lstm_utils.exercises import Feedback, examine
from lstm_utils.messages import speaking
from tools.contents import CHAPTERS, ROOT, number_of
from tools.course.answers import ANSWERS, Answer
from tools.course.exercises import (
    KINDS,
    Exercise,
    definitions,
    exercises_of,
    set_up_cell,
    without_magics,
)

RECORD = ROOT / "reports" / "exercises.json"
TABLE = ROOT / "reports" / "exercises.md"
SCORE = re.compile(r"[+-]?\d+\.\d+")  # a network's differs between machines
HEAD = """\
# Exercises
What each check says to the chapter's own solution, to the stub, and to answers that students
write (`course/wrong_answers`). Made by `python -m tools.course.proofs --report`; the suite
compares it with the checks.
"""


@dataclass(frozen=True)
class Proof:
    """What the check of an exercise says to its stub, its solution and students' answers."""

    exercise: Exercise
    stub: Feedback | None
    solution: Feedback | None
    answers: list[tuple[Answer, Feedback]]


# Running ---------------------------------------------------------------------


def run(source, name, namespace):
    """Run a cell in a namespace and return what the check says that it calls last, or None."""
    said = [None]
    source = without_magics(source)
    file = f"<{name}>"  # known to linecache, so that a message can quote the line
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    namespace["check"] = lambda *answers, **named: said.append(examine(*answers, **named))
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(source, file, "exec"), namespace)
    return said[-1]


@contextlib.contextmanager
def set_up(chapter):
    """Yield what a chapter's set-up cell defines, under PyTorch's settings as it leaves them.

    Chapter 8 computes in float64; without an end to that, whatever runs next would as well.
    """
    import torch

    before = torch.get_default_dtype(), torch.get_num_threads()
    try:
        namespace, (dtype, threads) = _set_up(chapter)
        torch.set_default_dtype(dtype)
        torch.set_num_threads(threads)
        yield dict(namespace)
    finally:
        torch.set_default_dtype(before[0])
        torch.set_num_threads(before[1])


@functools.cache
def _set_up(chapter):
    import matplotlib
    import torch

    matplotlib.use("Agg")
    namespace = {"__name__": "exercise"}
    run(set_up_cell(CHAPTERS[chapter - 1]), f"set-up of chapter {chapter}", namespace)
    return namespace, (torch.get_default_dtype(), torch.get_num_threads())


def examined(exercise, solution=None):
    """Return the Proof of an exercise; what is known to be said to its solution can be given."""

    def said_to(cell):
        with set_up(exercise.chapter) as namespace:  # each cell needs the set-up cell alone
            return run(cell.source, f"exercise {exercise.number}, {cell.id}", namespace)

    stub, solution = said_to(exercise.stub), solution or said_to(*exercise.answer_cells)
    importlib.import_module(f"course.wrong_answers.chapter_{exercise.chapter}")
    with set_up(exercise.chapter):
        answers = [
            (answer, examine(exercise.number, *answer.answers, **answer.named))
            for answer in ANSWERS.get(exercise.number, ())
        ]
    return Proof(exercise, stub, solution, answers)


# Problems --------------------------------------------------------------------


def problems_of_form(exercise):
    """Return what an exercise lacks, and how its stub and its solution differ, as sentences."""
    prefix = f"ex-{exercise.number.replace('.', '-')}"
    found = []
    if exercise.kind not in KINDS:
        found.append("it begins with no **Warm up · 5 minutes.** or the like")
    if len(exercise.reason.split()) < 8:
        found.append("its solution gives no reason in words")
    cells = [*filter(None, [exercise.stub]), *exercise.answer_cells]
    if [cell.id for cell in cells] != [f"{prefix}-stub", f"{prefix}-solution"]:
        return [*found, f"it has to have cells {prefix}-stub and {prefix}-solution, tagged"]
    wanted, given = (definitions(cell.source) for cell in cells)
    if differing := [name for name in wanted if given.get(name, "") != wanted[name]]:
        found.append(f"the solution defines differently: {', '.join(differing)}")
    ends = [cell.source.splitlines()[-1] for cell in cells]
    if ends[0] != ends[1] or not ends[0].startswith(f'check("{exercise.number}", '):
        found.append(f"stub and solution have to end with one line check(…): {' / '.join(ends)}")
    return found


def problems(proof):
    """Return what is not as it has to be in what the check says, as a list of sentences."""
    exercise = proof.exercise
    met = [
        ("the stub", proof.stub, "wrong" if exercise.kind == "break" else "open", ""),
        ("the solution", proof.solution, "right", ""),
        *((a.mistake, said, "wrong", a.says) for a, said in proof.answers if a.says),
        *(("another right answer", said, "right", "") for a, said in proof.answers if not a.says),
    ]
    found = []
    for name, said, state, words in met:
        if said is None or said.number != exercise.number:
            found.append(f"{name} does not call the check")
        elif said.state != state:
            found.append(f"{name} has to be {state}: {said}")
        elif words.casefold() not in said.message.casefold():
            found.append(f"{name} is not told {words!r}: {said}")
    if sum(bool(answer.says) for answer, _ in proof.answers) < 2:
        found.append("at least two wrong answers are wanted")
    return found


# Report ----------------------------------------------------------------------


def entry(proof, korean=None):
    """Return what the record holds of an exercise; `korean` is its Proof in that language."""
    exercise, solution = proof.exercise, proof.solution.message
    translated = [said.message for _, said in korean.answers] if korean else []
    return {
        "title": exercise.title,
        "kind": exercise.kind,
        "minutes": exercise.minutes,
        "solution": SCORE.sub("…", solution) if exercise.kind == "project" else solution,
        "stub": str(proof.stub),
        "wrong": [
            {"mistake": answer.mistake, "answer": as_written(answer), "said": said.message}
            | ({"said_in_korean": translated[k]} if korean else {})
            for k, (answer, said) in enumerate(proof.answers)
            if answer.says
        ],
        "right": [as_written(answer) for answer, _ in proof.answers if not answer.says],
    }


def as_written(answer):
    """Return a student's answers as they would stand in a notebook."""
    parts = [_as_code(value) for value in answer.answers]
    parts += [f"{name} = {_as_code(value)}" for name, value in answer.named.items()]
    return "\n\n".join(parts)


def _as_code(value):
    if not inspect.isfunction(value):
        name = getattr(value, "__name__", None)
        return textwrap.fill(name or repr(value), 88)
    if value.__name__ != "<lambda>":
        text = textwrap.dedent(inspect.getsource(value))
        return ast.get_source_segment(text, ast.parse(text).body[0])  # without its decorator
    module = inspect.getsource(inspect.getmodule(value))
    places = {(line, column) for line, _, column, _ in value.__code__.co_positions()}
    return next(
        ast.get_source_segment(module, node)
        for node in ast.walk(ast.parse(module))
        if isinstance(node, ast.Lambda) and (node.body.lineno, node.body.col_offset) in places
    )


def exercises_as_markdown(recorded):
    """Return the record as a Markdown page."""
    hours = sum(exercise["minutes"] for exercise in recorded.values()) / 60
    wrong = sum(len(exercise["wrong"]) for exercise in recorded.values())
    said = f"{hours:.0f} hours; {wrong} wrong answers, each with its message.\n"
    lines = [HEAD, f"{len(recorded)} exercises of {said}"]
    for number, exercise in recorded.items():
        others = len(exercise["right"])
        also = f" Also passed by {others} other right answer{'s' * (others > 1)}." * bool(others)
        lines += [
            f"## {number} {exercise['title']}",
            f"{exercise['kind'].capitalize()}, {exercise['minutes']} minutes.{also}\n",
            "| answer | the check says |",
            "|---|---|",
            _row("the solution", f"✓ {exercise['solution']}"),
            _row("the stub", exercise["stub"].split(" ", 1)[-1]),
            *(_row(answer["mistake"], f"✗ {answer['said']}") for answer in exercise["wrong"]),
            "",
        ]
    return "\n".join(lines)


def _row(*cells):
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def prove(exercise):
    """Print what the check of an exercise says to everything; return its Proof and the problems."""
    started = time.perf_counter()
    print(f"{exercise.number} {exercise.kind}, {exercise.minutes} min: {exercise.title}")
    found, proof = problems_of_form(exercise), None
    if not found:
        proof = examined(exercise)
        found = problems(proof)
        for said in (proof.stub, proof.solution, *(said for _, said in proof.answers)):
            print(f"    {said}")
    for problem in found:
        print(f"  BAD {problem}")
    print(f"  {time.perf_counter() - started:.1f} s")
    return proof, found


def main(arguments=None):
    parser = command_line.parser(__doc__)
    parser.add_argument("chapters", nargs="*", type=int, metavar="04", help="all, if none is named")
    parser.add_argument("--report", action="store_true", help="write down what the checks say")
    options = parser.parse_args(arguments)
    wanted = set(options.chapters)
    if unknown := sorted(wanted - {number_of(path) for path in CHAPTERS}):
        parser.error(f"no chapter {', '.join(map(str, unknown))}")
    proved = [
        prove(exercise)
        for path in CHAPTERS
        if options.report or not wanted or number_of(path) in wanted
        for exercise in exercises_of(path)
    ]
    if count := sum(len(found) for _, found in proved):
        sys.exit(f"{count} problems, marked BAD")
    if options.report:
        with speaking("ko"):
            korean = [examined(proof.exercise, proof.solution) for proof, _ in proved]
        entries = (
            (proof, entry(proof, other)) for (proof, _), other in zip(proved, korean, strict=True)
        )
        record = {proof.exercise.number: each for proof, each in entries}
        text = json.dumps(record, indent=1, ensure_ascii=False)
        RECORD.write_text(text + "\n", encoding="utf-8")
        TABLE.write_text(exercises_as_markdown(record), encoding="utf-8")
        print(f"{RECORD.relative_to(ROOT)} and {TABLE.relative_to(ROOT)}")


if __name__ == "__main__":
    command_line.run(main)
