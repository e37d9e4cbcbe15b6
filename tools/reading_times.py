"""How long a page takes to read, from one rate, and the hours that the course asks for.

`python -m tools.reading_times` writes the minutes into the first cell of every notebook and into
the table of intro.md.

200 words a minute, a word a letter in a formula within a line; a line of code or of a displayed
formula counts as ten words, three seconds. Read is what stands before the exercises, without
captions and outputs; the exercises have minutes of their own.
"""

import json
import re

from lstm_utils import command_line
from tools.contents import CHAPTERS, NOTEBOOKS, ROOT
from tools.course.exercises import cells_of, exercises_of

WORDS_A_MINUTE, WORDS_A_LINE = 200, 10
INTRO = ROOT / "intro.md"
SAID = re.compile(r"(?<=About )\d+(?= minutes to read)|(?<=\*\*About\*\* )\d+(?= minutes to read)")
ROW = re.compile(r"(?m)^(\| \*\*(\d+) · .*?\|) \d+\s?min \| (\d+\s?s) \|.*$")


def words_and_lines(path):
    """Return how many words and how many lines of code or formula a notebook gives to read."""
    words = lines = 0
    for cell in cells_of(path):
        if cell.id == "exercises":
            break
        if cell.cell_type == "code":
            lines += sum(1 for line in cell.source.splitlines() if line.strip())
            continue
        display = re.findall(r"\$\$(.*?)\$\$", cell.source, flags=re.DOTALL)
        lines += sum(1 for formula in display for line in formula.splitlines() if line.strip())
        prose = re.sub(r"\$\$.*?\$\$(?: \(eq-[\w-]+\))?", " ", cell.source, flags=re.DOTALL)
        prose = re.sub(r"(?m)^\([\w-]+\)=$|^:{3,}.*$|^:\w+:.*$", " ", prose)
        words += len(re.findall(r"\w[\w'’.,-]*", re.sub(r"\$[^$]+\$", " x ", prose)))
    return words, lines


def minutes(path):
    """Return how long a notebook takes to read, to five minutes."""
    words, lines = words_and_lines(path)
    return 5 * max(1, round((words + WORDS_A_LINE * lines) / WORDS_A_MINUTE / 5))


def row(path):
    """Return for one chapter the minutes to read, of its exercises, and of its projects."""
    asked = exercises_of(path)
    project = sum(e.minutes for e in asked if e.kind == "project")
    return minutes(path), sum(e.minutes for e in asked) - project, project


def hours(number):
    """Return minutes as hours, to the half hour."""
    return f"{round(number / 30) / 2:g}"


def path_of_hours(rows):
    """Return the sentence about a learner's hours, from the rows of all chapters."""
    read, exercises, projects = (sum(column) for column in zip(*rows, strict=True))
    first = sum(r + e for r, e, _ in rows[:4])
    return (
        f"From the first page to the last it is {hours(read)} hours of reading and "
        f"{hours(exercises)} of exercises, of which chapters 1 to 4 take {hours(first)} together; "
        f"the projects, one a chapter, would be {hours(projects)} more."
    )


def with_times(text, rows):
    """Return the landing page with the minutes of every chapter and the sentence of the hours."""

    def replaced(match):
        read, exercises, _ = rows[int(match[2]) - 1]
        minutes_of = "{}\N{NO-BREAK SPACE}min".format
        return f"{match[1]} {minutes_of(read)} | {match[3]} | {minutes_of(exercises)} |"

    sentence = r"From the first page to the last it is .*? would be \S+ more\."
    return re.sub(sentence, path_of_hours(rows), ROW.sub(replaced, text))


def main(arguments=None):
    command_line.parser(__doc__).parse_args(arguments)
    for path in NOTEBOOKS:
        text = path.read_text(encoding="utf-8")
        first = json.dumps("".join(json.loads(text)["cells"][0]["source"]))
        if SAID.search(first):
            text = SAID.sub(str(minutes(path)), text, count=1)
            path.write_text(text, encoding="utf-8", newline="\n")
            print(f"{minutes(path):3d} min  {path.relative_to(ROOT)}")
    text = INTRO.read_text(encoding="utf-8")
    rows = [row(path) for path in CHAPTERS]
    INTRO.write_text(with_times(text, rows), encoding="utf-8", newline="\n")
    print(path_of_hours(rows))


if __name__ == "__main__":
    command_line.run(main)
