"""The exercises of the chapters, read from their notebooks: text, stub, solution and its reason."""

import ast
import functools
import re
from dataclasses import dataclass, field

import nbformat

from tools.contents import number_of

KINDS = ("warm up", "build", "break", "project")
STUB, SOLUTION = "exercise-stub", "exercise-solution"

# Each stands in a Markdown cell: an exercise and the end of a solution alone, and the beginning of
# a solution before its reason.
EXERCISE = re.compile(
    r":::\{exercise\} *(?P<title>[^\n]*)\n:label: (?P<label>\S+)\n\s*"
    r"(?:\*\*(?P<kind>[A-Z][a-z ]+) · (?P<minutes>\d+) minutes\.\*\* ?)?(?P<text>.*)\n:::",
    re.DOTALL,
)
SOLUTION_START = re.compile(r":::\{solution-start\} (?P<label>\S+)\n:class: dropdown\n:::\n")
SOLUTION_END = ":::{solution-end}\n:::"


@dataclass(eq=False)
class Exercise:
    """One exercise of a chapter; `solution` are the solution's code cells, `reason` its text."""

    number: str
    title: str
    label: str
    kind: str
    minutes: int
    text: str
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


@functools.cache
def read_chapter(path):
    """Return a chapter's exercises, and each of its cells with what exercise it solves, or None."""
    exercises, cells, solving = [], [], None
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            if solving:
                solving.solution.append(cell)
            elif exercises and STUB in cell.metadata.get("tags", []):
                exercises[-1].stub = cell
        elif match := EXERCISE.fullmatch(cell.source):
            title, label, kind, minutes, text = match.groups("")
            number = f"{number_of(path)}.{len(exercises) + 1}"
            exercises.append(
                Exercise(number, title, label, kind.lower(), int(minutes or 0), text.rstrip())
            )
        elif match := SOLUTION_START.match(cell.source):
            solving = next(e for e in exercises if e.label == match["label"])
            solving.reason = cell.source[match.end() :].strip()
        cells.append((cell, solving))
        if cell.source == SOLUTION_END:
            solving = None
    return exercises, cells


def exercises_of(path):
    """Return the exercises of a chapter, in order."""
    return read_chapter(path)[0]


def cells_of(path):
    """Return the cells of a chapter."""
    return [cell for cell, _ in read_chapter(path)[1]]


def title_of(path):
    """Return a chapter's title."""
    return re.search(r"(?m)^# (.+)$", cells_of(path)[0].source)[1]


def set_up_cell(path):
    """Return the source of a chapter's set-up cell."""
    return next(cell.source for cell in cells_of(path) if cell.id == "set-up")


def without_magics(source):
    """Return a cell's source without IPython's magics, so that Python alone can run it."""
    return re.sub(r"(?m)^(\s*)[%!].*$", r"\1pass", source)


def definitions(source):
    """Map each function of a cell to its parameters, and each variable and class to None."""
    names = {}
    for node in ast.parse(without_magics(source)).body:
        if isinstance(node, ast.FunctionDef):
            names[node.name] = ast.unparse(node.args)
        elif isinstance(node, ast.ClassDef):
            names[node.name] = None
        elif isinstance(node, ast.Assign):
            targets = [n for t in node.targets for n in ast.walk(t)]
            names |= {n.id: None for n in targets if isinstance(n, ast.Name)}
    return names
