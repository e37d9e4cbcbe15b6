"""What the checks say, recorded: reports/exercises.json, and the table reports/exercises.md.

`python -m tools.course.exercises --report` writes both. The instructor's notebooks are made from
the record, so that building the site needs none of the frameworks that the checks run.
"""

import ast
import inspect
import json
import re
import textwrap

from tools.contents import ROOT
from tools.course.exercises import (
    CHAPTERS,
    SOLUTION,
    answers_to,
    examine_answer,
    examine_part,
    exercises_of,
)

RECORD = ROOT / "reports" / "exercises.json"
TABLE = ROOT / "reports" / "exercises.md"
HEAD = """\
# Exercises
What each check says to the chapter's own solution, to the stub, and to answers that students
write (`course/wrong_answers`). Made by `python -m tools.course.exercises --report`; the suite
compares it with the checks.
"""


def record():
    """Run every check and return what it says, by the exercise's number."""
    found = {}
    for path in CHAPTERS:
        for exercise in exercises_of(path):
            mine = answers_to(exercise)
            found[exercise.number] = {
                "title": exercise.title,
                "kind": exercise.kind,
                "minutes": exercise.minutes,
                "solution": _solution(exercise),
                "stub": str(examine_part(exercise)),
                "wrong": [
                    {
                        "mistake": answer.mistake,
                        "answer": source_of(answer),
                        "said": examine_answer(answer).message,
                    }
                    for answer in mine
                    if answer.says
                ],
                "right": [source_of(answer) for answer in mine if not answer.says],
            }
    return found


def _solution(exercise):
    """Return what the check says to the solution; a network's scores differ between machines."""
    said = examine_part(exercise, SOLUTION).message
    return re.sub(r"[+-]?\d+\.\d+", "…", said) if exercise.kind == "project" else said


def source_of(answer):
    """Return a student's answers as they would stand in a notebook."""
    parts = [_source(value) for value in answer.answers]
    parts += [f"{name} = {_source(value)}" for name, value in answer.named.items()]
    return "\n\n".join(parts)


def _source(value):
    if not inspect.isfunction(value):
        name = getattr(value, "__name__", None)
        return textwrap.fill(name or repr(value), 88)
    text = textwrap.dedent(inspect.getsource(value))
    if value.__name__ != "<lambda>":
        (definition,) = ast.parse(text).body
        return "\n".join(text.splitlines()[definition.lineno - 1 :])
    module = inspect.getsource(inspect.getmodule(value))
    return _lambda(value, module, value.__code__.co_firstlineno)


def _lambda(value, module, line):
    """Return the source of the lambda on a line; of several, the one with the same code."""
    found = [
        ast.get_source_segment(module, node)
        for node in ast.walk(ast.parse(module))
        if isinstance(node, ast.Lambda) and node.lineno == line
    ]
    same = [text for text in found if eval(text).__code__.co_code == value.__code__.co_code]
    return (same or found)[0]


def table(recorded):
    """Return the record as a Markdown page."""
    lines = [HEAD]
    minutes = sum(exercise["minutes"] for exercise in recorded.values())
    wrong = sum(len(exercise["wrong"]) for exercise in recorded.values())
    lines.append(
        f"{len(recorded)} exercises of {minutes / 60:.0f} hours; {wrong} wrong answers, each with "
        "its message.\n"
    )
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


def write():
    """Write the record and the table."""
    recorded = record()
    text = json.dumps(recorded, indent=1, ensure_ascii=False)
    RECORD.write_text(text + "\n", encoding="utf-8")
    TABLE.write_text(table(recorded), encoding="utf-8")
    print(f"{RECORD.relative_to(ROOT)} and {TABLE.relative_to(ROOT)}")
