"""The course's prose: its minutes, marks, machines and versions add up, and name what exists."""

import builtins
import math
import re
import symtable
from itertools import pairwise

import pytest
import yaml

from tests.documents import output_text
from tools.contents import CHAPTERS, ROOT, SESSIONS, chapter_of
from tools.course import assignments, slides
from tools.course.exercises import cells_of, exercises_of, without_magics

COURSE = ROOT / "course"
HUB = COURSE / "jupyterhub"
MINUTES = {e.number: e.minutes for path in CHAPTERS for e in exercises_of(path)}
IN_WORDS = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
IN_WORDS += "fifteen sixteen seventeen eighteen nineteen twenty twenty-one twenty-two"
# Decimal numbers of decks and plans that no output of the chapter shows, each from its arithmetic.
OWN = {
    1: {0.123456789, 0.123456790, 0.675 * (1 - 0.03 * 15)},
    3: {1e-6},
    7: {2.9 * 2100 / 5000, 2.9 / math.log(2), 2.0 / math.log(2)},
}
DECIMAL = re.compile(r"(?<![\w.])\d[\d,]*\.\d+")
every_session = pytest.mark.parametrize("number", slides.sessions())


def text_of(*names):
    return COURSE.joinpath(*names).read_text(encoding="utf-8")


def plan(number):
    """The text under each heading of a session's plan."""
    _, *parts = re.split(r"(?m)^## ", text_of(f"session_{number}.md"))
    return {part.split("\n")[0].strip(): part for part in parts}


def rows_of(table):
    """The rows of a timetable: when each begins, and how long it takes, in minutes; its words."""
    rows = re.findall(r"(?m)^\| (\d+):(\d\d) \| (\d+) \|(.*)$", table)
    return [(60 * int(h) + int(m), int(length), rest) for h, m, length, rest in rows]


def without_a_gap(rows):
    return all(start + length == after for (start, length, _), (after, *_) in pairwise(rows))


@every_session
def test_a_session_takes_ninety_minutes_without_a_gap_a_third_of_them_students_work(number):
    rows = rows_of(plan(number)["Minute by minute"])
    assert rows[0][0] == 0
    assert without_a_gap(rows)
    assert sum(length for _, length, _ in rows) == 90
    assert sum(n for _, n, rest in rows if re.search(r"Exercise \d+\.\d+", rest)) >= 30


@every_session
def test_a_plan_gives_each_exercise_the_minutes_that_the_chapter_gives_it(number):
    homework = plan(number)["Homework"]
    named = re.findall(r"Exercises? (\d+\.\d+)", plan(number)["Minute by minute"] + homework)
    assert named
    assert set(named) <= set(MINUTES)
    asked = {n: int(m) for n, m in re.findall(r"Exercise (\d+\.\d+)[^\n|]*?\(?(\d+) min", homework)}
    assert asked
    assert asked == {n: MINUTES[n] for n in asked}
    together = sum(asked.values())
    assert together <= 120
    assert f"Together {together} minutes" in homework
    row = re.search(rf"(?m)^\| {{ref}}`session {number} .*", text_of("README.md"))[0]
    assert f"| {together} min of exercises" in row


@every_session
def test_a_deck_takes_ninety_minutes_its_turns_take_their_exercises_and_a_plan_shows_it(number):
    text = text_of("slides", f"session_{number}.md")
    deck = slides.split_slides(text)
    assert 14 <= len(deck) <= 20
    said = re.findall(r"(?m)^Note: ([\w-]+) minutes?\b", text)
    assert len(said) == len(deck)
    assert sum(IN_WORDS.split().index(word.lower()) + 1 for word in said) == 90
    turns = re.findall(r"(?m)^## Your turn: Exercise ([\d.]+) \((\d+) minutes\)$", text)
    assert turns
    assert turns == [(exercise, str(MINUTES[exercise])) for exercise, _ in turns]
    shown = re.findall(
        r"[Ss]lides? (\d+(?:[-–, ]+(?:and )?\d+)*)", plan(number)["Minute by minute"]
    )
    assert shown
    assert max(int(n) for numbers in shown for n in re.findall(r"\d+", numbers)) <= len(deck)


@every_session
def test_a_decimal_number_of_a_deck_or_a_plan_stands_in_its_chapter(number):
    known = set(OWN.get(number, ()))
    for cell in cells_of(chapter_of(number)):
        text = cell.source + (output_text(cell) if cell.cell_type == "code" else "")
        known |= {float(n.replace(",", "")) for n in re.findall(r"\d[\d,]*(?:\.\d+)?", text)}
    for name in (f"slides/session_{number}.md", f"session_{number}.md"):
        text = re.sub(r"`[^`]*`|\(chapters/[^)]*\)", "", text_of(name))
        for written in set(DECIMAL.findall(text)) - {
            n for n in MINUTES if int(n.partition(".")[0]) == SESSIONS[number]
        }:
            digits = len(written.split(".")[1])
            value = float(written.replace(",", ""))
            # As it stands there, rounded, or as a percentage.
            assert any(
                math.isclose(round(scale * n, digits), value, abs_tol=1e-12)
                for n in known
                for scale in (1, 100, 0.01)
            ), f"{name}: {written} is no number of the chapter"


@every_session
def test_a_board_is_drawn_and_an_exit_ticket_has_five_questions_and_five_answers(number):
    assert f"board/session_{number}.svg" in plan(number)["The board"]
    assert re.search(r"<title>[^<]{15,}</title>", text_of("board", f"session_{number}.svg"))
    ticket = plan(number)["Exit ticket"]
    for text in ticket.split(":::{admonition} Answers\n:class: dropdown\n"):
        assert re.findall(r"(?m)^(\d)\. ", text) == list("12345")


def test_the_pages_that_speak_of_marks_have_the_points_of_the_assignments():
    check, person = assignments.POINTS, assignments.POINTS_BY_HAND
    line = f"warm up {check['warm up']} point; build {check['build']}; break {check['break']} by "
    assert f"{line}the check, and {person['break']} by a person" in text_of("README.md")
    assert (check["project"], person["project"]) == (0, 0), "a bonus is not in what is full marks"
    assert f"up to {assignments.BONUS} points each" in text_of("README.md")
    rows = dict(re.findall(r"(?m)^\| ([a-z ]+?)(?: \(.*?\))? \| (.*) \|$", text_of("nbgrader.md")))
    for kind in ("warm up", "build", "break"):
        cells = [re.match(r"\d*", cell.strip())[0] for cell in rows[kind].split("|")]
        assert cells == [str(check[kind]), str(person.get(kind, ""))]
    assert f"up to {assignments.BONUS} as" in rows["project"]
    weights = re.findall(r"(?m)^\| [^|]* \| (\d+) % \|", text_of("README.md"))
    assert sum(map(int, weights)) == 100
    assert f"{weights[0]} % of the mark" in text_of("nbgrader.md")


def test_the_hands_of_a_workshop_have_the_time_for_the_exercises_that_they_are_given():
    rows = [row for row in rows_of(text_of("workshop.md")) if row[2].startswith(" Hands")]
    assert len(rows) == 7
    for _, length, rest in rows:
        named = re.findall(r"\b(\d+\.\d+)\b", rest)
        assert named
        assert sum(MINUTES[number] for number in named) <= length


def test_each_day_of_the_workshop_has_no_gap_and_gives_hands_the_minutes_that_it_says():
    text = text_of("workshop.md")
    said = re.search(r"Of the (\d+) minutes of a day without breaks, (\d+) belong", text)
    for day in re.split(r"(?m)^## Day", text)[1:]:
        rows = rows_of(re.split(r"(?m)^## ", day)[0])
        assert without_a_gap(rows)
        assert (rows[0][0], sum(rows[-1][:2])) == (9 * 60, 16 * 60 + 30)
        pauses = sum(n for _, n, rest in rows if re.match(r" (Break|Lunch) ", rest))
        hands = sum(n for _, n, rest in rows if re.match(r" (Hands|\*\*Project)", rest))
        assert (sum(n for _, n, _ in rows) - pauses, hands) == tuple(map(int, said.groups()))


def test_the_page_about_colab_names_the_versions_of_the_list():
    listed = (ROOT / "tests" / "course" / "colab.txt").read_text(encoding="utf-8")
    for name in ("numpy", "matplotlib", "scipy", "torch", "tensorflow", "keras", "ipython"):
        version = re.search(rf"(?mi)^{name}==(\S+)", listed)[1]
        assert re.search(rf"\| {re.escape(version)} \|", text_of("colab.md")), name


def test_limits_of_the_hub_leave_room_for_every_chapter_that_was_measured():
    page = text_of("jupyterhub", "README.md")
    peaks = {int(n): int(peak) for n, peak in re.findall(r"(?m)^\| (\d+) \| (\d+) MiB", page)}
    assert sorted(peaks) == [int(path.name[:2]) for path in CHAPTERS]
    values = yaml.safe_load((HUB / "kubernetes" / "values.yaml").read_text(encoding="utf-8"))
    limit = values["singleuser"]["memory"]["limit"]
    # JupyterHub reads a G as 1024 cubed.
    assert float(limit.removesuffix("G")) * 1024 >= 1.2 * (max(peaks.values()) + 160)
    assert f"limits.memory {limit}\n" in (HUB / "tljh" / "configure.sh").read_text(encoding="utf-8")
    # The table of the page: so many students, so much memory in three kinds of chapters.
    usual = max(peak for chapter, peak in peaks.items() if chapter not in (5, 6, 8))
    each = (1.2, 1.6, 2.1)
    for gibibytes, peak in zip(each, (usual, peaks[5], peaks[6]), strict=True):
        assert gibibytes - 0.1 < (peak + 160) / 1024 <= gibibytes
    rows = re.findall(r"(?m)^\| (\d+) \| (\d+) GiB \| (\d+) GiB \| (\d+) GiB \|$", page)
    assert len(rows) == 4
    for students, *cells in rows:
        assert [round(int(students) * gibibytes) for gibibytes in each] == list(map(int, cells))
    # A machine with 58 GiB for students, who are guaranteed 1.5 GiB or what chapter 6 takes.
    more = float(re.search(r"memory\.guarantee=([\d.]+)G", page)[1])
    assert more >= (peaks[6] + 160) / 1024
    for guarantee, machines in (
        (1.5, "{} on it: 1,000 students at once need {} machines"),
        (more, "{} on a machine, {} machines"),
    ):
        fit = int(58 / guarantee)
        assert machines.format(fit, -(-1000 // fit)) in page


def sections(path):
    """Where each labelled section of a chapter begins and ends among its cells."""
    cells, found = cells_of(path), {}
    heads = [
        (at, len(level), label)
        for at, cell in enumerate(cells)
        if cell.cell_type == "markdown"
        for label, level in re.findall(r"(?m)^(?:\(([\w-]+)\)=\n)?(#+) ", cell.source)
    ]
    for place, (at, level, label) in enumerate(heads):
        ends = (after for after, deep, _ in heads[place + 1 :] if deep <= level)
        found[label] = range(at, next(ends, len(cells)))
    return found


def names_in(sources):
    """The global names that code defines, and those that it needs from elsewhere."""
    tables = [symtable.symtable(without_magics(source), "", "exec") for source in sources]
    defined, needed = set(dir(builtins)), set()
    for table in tables:
        defined |= {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}
        scopes = [table]
        while scopes:
            scope = scopes.pop()
            scopes += scope.get_children()
            needed |= {
                s.get_name()
                for s in scope.get_symbols()
                if s.is_referenced() and (s.is_global() or scope is table)
            }
    return defined, needed


@every_session
def test_what_a_plan_lets_a_class_run_needs_no_more_than_is_run_before(number):
    chapter = chapter_of(number)
    where, cells = sections(chapter), cells_of(chapter)
    before = re.search(r"\*?\*?Run before\b.*", text_of(f"session_{number}.md"))[0]
    prose = re.sub(r"(?m)^\|.*$", "", plan(number)["Minute by minute"])
    run = [s for s in re.split(r"(?<=[.;])\s", prose) if re.search(r"\bruns?\b", s)]
    named = re.findall(r"{ref}`(?:[^`<]*<)?([\w-]+)>?`", before)
    asked = re.findall(r"{ref}`(?:[^`<]*<)?([\w-]+)>?`", " ".join(run))
    assert set(named + asked) <= set(where), "a section that the chapter does not have"
    chosen = [place for label in named + asked for place in where[label]]
    if "everything from" in before:
        chosen += range(min(chosen), max(chosen) + 1)
    set_up = next(cell for cell in cells if cell.cell_type == "code")
    sources = [set_up.source, *re.findall(r"(?ms)^```python\n(.*?)^```", prose)]
    chosen = {place for place in chosen if cells[place].cell_type == "code"}
    stubs = {"exercise-stub", "exercise-solution"}
    sources += [cells[k].source for k in chosen if not stubs & {*cells[k].metadata.get("tags", [])}]
    defined, needed = names_in(sources)
    assert needed <= defined, f"run more before: {sorted(needed - defined)} are missing"


@every_session
def test_a_plan_names_sections_that_a_reader_finds_and_links_both_notebooks(number):
    text, chapter = text_of(f"session_{number}.md"), chapter_of(number)
    ids = {cell.id for cell in cells_of(chapter)}
    hidden = {word for word in re.findall(r"`([\w-]+)`", text) if word in ids and "-" in word}
    assert not hidden, "ids of cells show neither on the page nor in the notebook"
    assert "cell `" not in text
    assert f"/blob/student/{chapter.name}" in text, "the student's notebook in Colab"
    assert f'"instructor/{chapter.name}"' in text, "the instructor's notebook"
