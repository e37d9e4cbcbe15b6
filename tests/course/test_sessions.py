"""The plans of the sessions: their minutes and homework add up, and they name what exists."""

import math
import re
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest

from tests.documents import output_text
from tools.course.exercises import exercises_of

ROOT = Path(__file__).resolve().parents[2]
COURSE = ROOT / "course"
SESSIONS = {number: COURSE / f"session_{number}.md" for number in range(1, 8)}
HEADINGS = [
    "Goals",
    "Minute by minute",
    "What students get wrong here",
    "The board",
    "Homework",
    "Exit ticket",
]
# Decimal numbers of decks and plans that no output of the chapter shows, each from its arithmetic.
OWN = {
    1: {0.123456789, 0.123456790, 0.675 * (1 - 0.03 * 15)},
    3: {1e-6},
    7: {2.9 * 2100 / 5000, 2.9 / math.log(2)},
}
DECIMAL = re.compile(r"(?<![\w.])\d[\d,]*\.\d+")
every_session = pytest.mark.parametrize("number", SESSIONS)


def parts_of(path):
    """Return the text under each heading of a page."""
    _, *parts = re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {part.split("\n")[0].strip(): part for part in parts}


def minutes_of(table):
    """Return the rows of a plan: when each begins, and how long it takes, in minutes."""
    rows = re.findall(r"^\| (\d+):(\d\d) \| (\d+) \|(.*)$", table, flags=re.MULTILINE)
    return [(60 * int(h) + int(m), int(length), rest) for h, m, length, rest in rows]


def minutes_of_exercises():
    """Return how many minutes each exercise of the book asks for, by its number."""
    chapters = sorted(ROOT.glob("chapters/0*.ipynb"))
    return {e.number: e.minutes for chapter in chapters for e in exercises_of(chapter)}


def numbers_of_chapter(number):
    """Return every number that stands in a chapter's text, code and outputs."""
    (path,) = ROOT.glob(f"chapters/0{number}_*.ipynb")
    texts = []
    for cell in nbformat.read(path, as_version=4).cells:
        texts += [cell.source, output_text(cell) if cell.cell_type == "code" else ""]
    found = re.findall(r"\d[\d,]*(?:\.\d+)?", " ".join(texts))
    return {float(n.replace(",", "")) for n in found if n.replace(",", "")}


def runs_without_a_gap(rows):
    return all(start + length == after for (start, length, _), (after, *_) in pairwise(rows))


@every_session
def test_a_plan_has_its_parts_in_order(number):
    assert list(parts_of(SESSIONS[number])) == HEADINGS
    text = SESSIONS[number].read_text(encoding="utf-8")
    assert text.startswith(f"(course-session-{number})=\n# Session {number}: ")
    goals = re.findall(r"^(?:-|\d\.) ", parts_of(SESSIONS[number])["Goals"], flags=re.MULTILINE)
    assert 3 <= len(goals) <= 5


@every_session
def test_a_session_takes_ninety_minutes_without_a_gap_a_third_of_them_students_work(number):
    rows = minutes_of(parts_of(SESSIONS[number])["Minute by minute"])
    assert rows[0][0] == 0
    assert runs_without_a_gap(rows)
    assert sum(length for _, length, _ in rows) == 90
    work = sum(length for _, length, rest in rows if re.search(r"Exercise \d\.\d+", rest))
    assert work >= 30


@every_session
def test_a_plan_gives_each_exercise_the_minutes_that_the_chapter_gives_it(number):
    asked = minutes_of_exercises()
    parts = parts_of(SESSIONS[number])
    named = re.findall(r"Exercises? (\d\.\d+)", parts["Minute by minute"] + parts["Homework"])
    assert named
    assert set(named) <= set(asked)
    homework = re.findall(r"Exercise (\d\.\d+)[^\n|]*?\(?(\d+) min", parts["Homework"])
    assert homework
    assert {n: int(m) for n, m in homework} == {n: asked[n] for n, _ in homework}
    together = sum(int(m) for _, m in homework)
    assert together <= 120
    assert f"Together {together} minutes" in parts["Homework"]
    (row,) = re.findall(
        rf"^\| {{ref}}`session {number} .*",
        (COURSE / "README.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert f"| {together} min of exercises" in row


@every_session
def test_a_plan_shows_only_slides_that_its_deck_has(number):
    deck = (COURSE / "slides" / f"session_{number}.md").read_text(encoding="utf-8")
    slides = len(re.split(r"^---$", deck.removeprefix("---\n"), flags=re.MULTILINE))
    plan = parts_of(SESSIONS[number])["Minute by minute"]
    named = [
        int(n)
        for numbers in re.findall(r"[Ss]lides? (\d+(?:[-–, ]+(?:and )?\d+)*)", plan)
        for n in re.findall(r"\d+", numbers)
    ]
    assert named
    assert max(named) <= slides


@every_session
def test_a_decimal_number_of_a_deck_or_a_plan_stands_in_its_chapter(number):
    known = numbers_of_chapter(number) | OWN.get(number, set())
    for page in (COURSE / "slides" / f"session_{number}.md", SESSIONS[number]):
        text = re.sub(r"`[^`]*`|\(chapters/[^)]*\)", "", page.read_text())
        for written in set(DECIMAL.findall(text)) - {f"{number}.{k}" for k in range(1, 11)}:
            digits = len(written.split(".")[1])
            value = float(written.replace(",", ""))
            # As it stands there, rounded, or as a percentage.
            assert any(
                math.isclose(round(scale * n, digits), value, abs_tol=1e-12)
                for n in known
                for scale in (1, 100, 0.01)
            ), f"{page.name}: {written} is no number of the chapter"


@every_session
def test_a_plan_tells_four_wrong_answers_in_the_words_of_a_student(number):
    said = re.findall(
        r"[\"“][^\"”]{8,}[\"”]", parts_of(SESSIONS[number])["What students get wrong here"]
    )
    assert len(said) >= 4


@every_session
def test_a_board_is_drawn_and_described(number):
    board = parts_of(SESSIONS[number])["The board"]
    drawing = (COURSE / "board" / f"session_{number}.svg").read_text(encoding="utf-8")
    assert f"board/session_{number}.svg" in board
    assert re.search(r"<title>[^<]{15,}</title>", drawing)


@every_session
def test_an_exit_ticket_has_five_questions_and_five_answers(number):
    ticket = parts_of(SESSIONS[number])["Exit ticket"]
    questions, answers = ticket.split(":::{admonition} Answers\n:class: dropdown\n")
    for text in (questions, answers):
        assert re.findall(r"^(\d)\. ", text, flags=re.MULTILINE) == list("12345")
    for answer in re.split(r"^\d\. ", answers, flags=re.MULTILINE)[1:]:
        assert len(answer.split()) >= 8  # the reason, and not only the letter


def test_each_day_of_the_workshop_has_no_gap_and_gives_hands_the_minutes_that_it_says():
    text = (COURSE / "workshop.md").read_text(encoding="utf-8")
    said = re.search(r"Of the (\d+) minutes of a day without breaks, (\d+) belong", text)
    for day in re.split(r"^## Day", text, flags=re.MULTILINE)[1:]:
        rows = minutes_of(re.split(r"^## ", day, flags=re.MULTILINE)[0])
        assert runs_without_a_gap(rows)
        assert (rows[0][0], sum(rows[-1][:2])) == (9 * 60, 16 * 60 + 30)
        pauses = sum(n for _, n, rest in rows if re.match(r" (Break|Lunch) ", rest))
        hands = sum(n for _, n, rest in rows if re.match(r" (Hands|\*\*Project)", rest))
        assert (sum(n for _, n, _ in rows) - pauses, hands) == tuple(map(int, said.groups()))
