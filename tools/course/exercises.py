"""The exercises of the chapters: read, run with right and wrong answers, and listed in a report.

`python -m tools.course.exercises 04` proves one chapter's: the solution passes, the stub does not,
and each answer of course/wrong_answers is met with the words that are meant for it.
"""

import argparse
import ast
import contextlib
import functools
import importlib
import io
import linecache
import re
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

import nbformat

import lstm_utils.exercises
from lstm_utils.exercises import examine
from tools.contents import ROOT

CHAPTERS = sorted(ROOT.glob("chapters/0*.ipynb"))
KINDS = ("warm up", "build", "break", "project")
STUB, SOLUTION = "exercise-stub", "exercise-solution"

EXERCISE = re.compile(
    r"^(?P<fence>:{3,})\{exercise\} *(?P<title>[^\n]*)\n:label: (?P<label>\S+)\n"
    r"(?P<text>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)
KIND = re.compile(r"\A\*\*(?P<kind>[A-Z][a-z ]+) · (?P<minutes>\d+) minutes\.\*\* ?")
SOLUTION_START = re.compile(
    r"^(:{3,})\{solution-start\} (?P<label>\S+)\n(?::class: dropdown\n)?\1$", re.MULTILINE
)
SOLUTION_END = re.compile(r"^(:{3,})\{solution-end\}\n\1$", re.MULTILINE)


@dataclass(eq=False)
class Exercise:
    """One exercise of a chapter; `solution` are the solution's code cells, `reason` its text."""

    number: str
    title: str
    label: str
    text: str
    kind: str = ""
    minutes: int = 0
    stub: object = None
    solution: list = field(default_factory=list)
    reason: str = ""

    @property
    def chapter(self):
        return int(self.number.split(".")[0])

    @property
    def answer_cells(self):
        """The solution's tagged cells, of which there is one; its others show something more."""
        return [cell for cell in self.solution if SOLUTION in cell.metadata.get("tags", [])]


@dataclass(frozen=True, eq=False)
class Answer:
    """What a student may hand in, and a part of what the check says; None where it is right."""

    number: str
    answers: tuple
    named: dict
    mistake: str
    says: str | None


ANSWERS = {}  # number of a chapter → its answers


# Reading ---------------------------------------------------------------------


@functools.cache
def exercises_of(path):
    """Return the exercises of a chapter, in order; the notebook is read once."""
    chapter = int(Path(path).name[:2])
    found, by_label, current, solving = [], {}, None, None
    for cell in nbformat.read(path, as_version=4).cells:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type == "code":
            if solving:
                solving.solution.append(cell)
            elif STUB in tags and current:
                current.stub = cell
            continue
        for event in _events(cell.source):
            if event.re is EXERCISE:
                text = event["text"].strip()
                kind = KIND.match(text)
                current = Exercise(
                    f"{chapter}.{len(found) + 1}",
                    event["title"],
                    event["label"],
                    text[kind.end() :] if kind else text,
                    kind["kind"].lower() if kind else "",
                    int(kind["minutes"]) if kind else 0,
                )
                found.append(current)
                by_label[current.label] = current
            elif event.re is SOLUTION_START:
                solving = by_label[event["label"]]
                rest = cell.source[event.end() :]
                solving.reason = SOLUTION_END.split(rest)[0].strip()
            else:
                solving = None
    return found


def _events(text):
    """Return where exercises stand and solutions begin and end, in the order of the text."""
    patterns = (EXERCISE, SOLUTION_START, SOLUTION_END)
    return sorted((m for p in patterns for m in p.finditer(text)), key=lambda m: m.start())


@functools.cache
def title_of(path):
    """Return a chapter's title."""
    first = nbformat.read(path, as_version=4).cells[0].source
    return re.search(r"(?m)^# (.+)$", first)[1]


def set_up_cell(path):
    """Return the source of a chapter's set-up cell."""
    cells = nbformat.read(path, as_version=4).cells
    return next(cell.source for cell in cells if cell.id == "set-up")


def definitions(source):
    """Map each function of a cell to its parameters, and each variable and class to None."""
    names = {}
    for node in ast.parse(plain(source)).body:
        if isinstance(node, ast.FunctionDef):
            names[node.name] = ast.unparse(node.args)
        elif isinstance(node, ast.ClassDef):
            names[node.name] = None
        elif isinstance(node, ast.Assign):
            targets = [n for t in node.targets for n in ast.walk(t)]
            names |= {n.id: None for n in targets if isinstance(n, ast.Name)}
    return names


# Running ---------------------------------------------------------------------


def plain(source):
    """Return a cell's source without IPython's magics, so that Python alone can run it."""
    return re.sub(r"(?m)^(\s*)[%!].*$", r"\1pass", source)


def run(source, name, namespace):
    """Run a cell in a namespace and return the Feedback of each check that it calls."""
    feedback = []

    def record(number, *answers, **named):
        feedback.append(examine(number, *answers, **named))

    source = plain(source)
    file = f"<{name}>"  # known to linecache, so that a message can quote the line
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    namespace["check"] = record
    with mock.patch.object(lstm_utils.exercises, "check", record):
        exec(compile(source, file, "exec"), namespace)
    return feedback


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


def examine_cells(exercise, cells):
    """Return the last Feedback of some cells, run after the chapter's set-up cell alone."""
    said = []
    with set_up(exercise.chapter) as namespace, contextlib.redirect_stdout(io.StringIO()):
        for cell in cells:
            said += run(cell.source, f"exercise {exercise.number}, {cell.id}", namespace)
    return said[-1] if said else None


@functools.cache
def examine_part(exercise, tag=STUB):
    """Return what the check says to the stub of an exercise, or to its solution."""
    return examine_cells(exercise, exercise.solution if tag == SOLUTION else [exercise.stub])


@functools.cache
def examine_answer(answer):
    """Return what the check says to an answer of course/wrong_answers."""
    with set_up(int(answer.number.split(".")[0])):
        return examine(answer.number, *answer.answers, **answer.named)


# What students answer --------------------------------------------------------


def wrong(number, *rest, says, named=None):
    """Register a typical wrong answer: what it is, the mistake in words, what the check says.

    `wrong("4.1", 0.99, "the mistake", says="…")`, a tuple for several answers; or as the decorator
    of a function, `@wrong("4.3", "the mistake", says="…")`.
    """

    def register(answer, mistake):
        answers = answer if isinstance(answer, tuple) else (answer,)
        _add(Answer(number, answers, named or {}, mistake, says))
        return answer

    if len(rest) == 2:
        return register(*rest)
    (mistake,) = rest
    return lambda function: register(function, mistake)


def right(number, *rest, named=None):
    """Register an answer that is right, written otherwise than the solution; also a decorator."""

    def register(answer):
        answers = answer if isinstance(answer, tuple) else (answer,)
        _add(Answer(number, answers, named or {}, "", None))
        return answer

    return register(*rest) if rest else register


def _add(answer):
    ANSWERS.setdefault(int(answer.number.split(".")[0]), []).append(answer)


def answers_of(chapter):
    """Return the answers that course/wrong_answers has to a chapter's exercises, in order."""
    if (ROOT / "course" / "wrong_answers" / f"chapter_{chapter}.py").exists():
        importlib.import_module(f"course.wrong_answers.chapter_{chapter}")
    return ANSWERS.get(chapter, [])


def answers_to(exercise):
    """Return those to one exercise."""
    return [a for a in answers_of(exercise.chapter) if a.number == exercise.number]


# Proofs ----------------------------------------------------------------------


def problem_of_solution(feedback):
    """Return what is wrong with a solution's feedback, or None."""
    if feedback is None:
        return "calls no check"
    return None if feedback.state == "right" else f"does not pass: {feedback}"


def problem_of_stub(exercise, feedback):
    """Return what is wrong with a stub's feedback, or None."""
    if feedback is None:
        return "calls no check"
    wanted = "wrong" if exercise.kind == "break" else "open"
    return None if feedback.state == wanted else f"has to be {wanted}: {feedback}"


def problem_of_answer(answer, feedback):
    """Return what is wrong with the feedback to a student's answer, or None."""
    if answer.says is None:
        return None if feedback.state == "right" else f"is right, but: {feedback}"
    if feedback.state != "wrong":
        return f"is wrong, but: {feedback}"
    if answer.says.casefold() not in feedback.message.casefold():
        return f"is not told {answer.says!r}, but: {feedback}"
    return None


def problem_of_definitions(exercise):
    """Return how the names and parameters of stub and solution differ, or None."""
    stub = definitions(exercise.stub.source)
    solution = definitions("\n".join(cell.source for cell in exercise.solution))
    differing = [name for name in stub if name not in solution or stub[name] != solution[name]]
    if differing:
        return f"the solution defines differently: {', '.join(differing)}"
    ends = [cell.source.splitlines()[-1] for cell in (exercise.stub, *exercise.answer_cells)]
    if ends[0] != ends[1] or not ends[0].startswith(f'check("{exercise.number}", '):
        return f"stub and solution have to end with one line check(…): {' / '.join(ends)}"
    return None


def problems_of_form(exercise):
    """Return what an exercise lacks, as a list of sentences."""
    prefix = f"ex-{exercise.number.replace('.', '-')}"
    found = []
    if exercise.kind not in KINDS:
        found.append("begins with no **Warm up · 5 minutes.** or the like")
    if exercise.stub is None:
        found.append(f"has no cell tagged {STUB}")
    elif exercise.stub.id != f"{prefix}-stub":
        found.append(f"its stub's id has to be {prefix}-stub")
    if [cell.id for cell in exercise.answer_cells] != [f"{prefix}-solution"]:
        found.append(f"has to have one cell {prefix}-solution tagged {SOLUTION}")
    if len(exercise.reason.split()) < 8:
        found.append("its solution gives no reason in words")
    return found


def prove(path):
    """Print the proofs of one chapter's exercises and return the number of problems."""
    failures = 0

    def tell(what, problem, said):
        nonlocal failures
        failures += problem is not None
        print(f"  {'ok ' if problem is None else 'BAD'} {what}: {problem or said}")

    for exercise in exercises_of(path):
        print(f"{exercise.number} {exercise.kind}, {exercise.minutes} min: {exercise.title}")
        lacking = problems_of_form(exercise)
        for problem in lacking:
            tell("form", problem, "")
        if lacking:
            continue
        tell("names", problem_of_definitions(exercise), "the same in stub and solution")
        started = time.perf_counter()
        said = examine_part(exercise)
        tell("stub", problem_of_stub(exercise, said), said)
        said = examine_part(exercise, SOLUTION)
        tell("solution", problem_of_solution(said), said)
        mine = answers_to(exercise)
        if sum(answer.says is not None for answer in mine) < 2:
            tell("wrong answers", "at least two are wanted", "")
        for answer in mine:
            said = examine_answer(answer)
            name = answer.mistake or "another right answer"
            tell(name, problem_of_answer(answer, said), said)
        print(f"  {time.perf_counter() - started:.1f} s")
    return failures


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("chapters", nargs="*", metavar="04", help="all, if none is named")
    parser.add_argument("--report", action="store_true", help="write down what the checks say")
    options = parser.parse_args(arguments)
    if options.report:
        from tools.course import exercise_report

        exercise_report.write()
        return
    wanted = {f"{int(chapter):02}" for chapter in options.chapters}
    paths = [path for path in CHAPTERS if not wanted or path.name[:2] in wanted]
    sys.exit(1 if sum(prove(path) for path in paths) else 0)


if __name__ == "__main__":
    # The answers register themselves in the module of this name, which is not __main__.
    from tools.course.exercises import main

    main()
