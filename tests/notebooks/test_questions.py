"""The questions at each chapter's end: a choice of answers, each with feedback of its own."""

import math
import re

import nbformat
import pytest

from tools.contents import CHAPTERS

ANSWER = re.compile(r"^:::\{dropdown\} ([A-D])\. (.+?)\n(.*?)^:::$", re.MULTILINE | re.DOTALL)
RIGHT, WRONG = "**Yes.** ", "**No.** "


def a_path_cut_short():
    """∂E_3/∂w of chapter 1's network: with the passages between the steps, and without them."""
    h = [0.5]
    for x in (1.0, -0.5, 0.8):
        h.append(math.tanh(0.9 * h[-1] + 0.6 * x + 0.1))
    use = [(1 - h[t] ** 2) * h[t - 1] for t in (1, 2, 3)]
    passage = [0.9 * (1 - h[t] ** 2) for t in (2, 3)]
    whole = use[2] + passage[1] * (use[1] + passage[0] * use[0])
    return (h[3] - 0.6) * whole, (h[3] - 0.6) * sum(use)


# Numbers of the questions that no output of the page shows, each from its own arithmetic.
OWN = {
    "01": {
        **dict(zip(("0.0797", "0.1679"), a_path_cut_short(), strict=True)),
        "1.125": 1 + (0 - 1) * (1 - 0.25 * 6) ** 3,
    },
    "03": {"0.000027": 0.9**100, "0.006": 0.95**100},
    "04": {
        "2,480": 4 * (20 * 30 + 20),
        "2,560": 4 * (20 * 30 + 20) + 4 * 20,
        "256,000": 100 * (4 * (20 * 30 + 20) + 4 * 20),
    },
    "05": {"0.028": 4 / 144},
    "06": {
        "1,640": 1390 + 50_000 * (0.879 - 0.874),
        "1,390": 1640 - 50_000 * (0.879 - 0.874),
        "3,030": 1640 + 1390,
        "1,515": 3030 / 2,
    },
    "07": {"46,656": 6**6},
}
MADE_UP = {"0.0491", "0.0495"}  # a run that learnt nothing, in chapter 5

every_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


def questions(path):
    """For each question of a chapter: its words, and its answers as (letter, title, feedback)."""
    cells = {cell.id: cell.source for cell in nbformat.read(path, as_version=4).cells}
    _, *parts = re.split(r"(?m)^\*\*Question (?=\d+\.\*\*)", cells["test-yourself"])
    found = []
    for number, part in enumerate(parts, start=1):
        assert part.startswith(f"{number}.** ")
        answers = [(a, title, feedback.strip()) for a, title, feedback in ANSWER.findall(part)]
        found.append((ANSWER.sub("", part).strip(), answers))
    return found


def right_letters(path):
    return [
        next(letter for letter, _, feedback in answers if feedback.startswith(RIGHT))
        for _, answers in questions(path)
    ]


@every_chapter
def test_a_chapter_ends_with_three_to_five_questions_of_two_to_four_answers(path):
    asked = questions(path)
    assert 3 <= len(asked) <= 5
    for words, answers in asked:
        assert len(words.split()) >= 8, words
        assert ":::" not in words, f"an answer is not closed: {words}"
        assert "".join(letter for letter, _, _ in answers) in ("AB", "ABC", "ABCD"), words
        assert len({title for _, title, _ in answers}) == len(answers), words


@every_chapter
def test_one_answer_is_right_and_each_says_why(path):
    for words, answers in questions(path):
        assert sum(feedback.startswith(RIGHT) for _, _, feedback in answers) == 1, words
        for letter, _, feedback in answers:
            assert feedback.startswith((RIGHT, WRONG)), (words, letter)
            assert len(feedback.split()) >= 8, (words, letter)


def test_neither_place_nor_length_gives_the_right_answer_away():
    letters = [right_letters(path) for path in CHAPTERS]
    assert all(len(set(of_chapter)) >= 2 for of_chapter in letters)
    every = [letter for of_chapter in letters for letter in of_chapter]
    assert max(every.count(letter) for letter in "ABCD") <= len(every) / 2
    longest = [
        max(answers, key=lambda answer: len(answer[1]))[2].startswith(RIGHT)
        for path in CHAPTERS
        for _, answers in questions(path)
    ]
    assert sum(longest) <= len(longest) / 2


@every_chapter
def test_numbers_in_a_question_are_the_pages_or_follow_by_arithmetic(path):
    own = OWN.get(path.stem[:2], {})
    for quoted, value in own.items():
        digits = len(quoted.partition(".")[2])
        assert f"{value:,.{digits}f}" == quoted
    notebook = nbformat.read(path, as_version=4)
    page = "\n".join(
        cell.source + "".join(str(o.get("text") or o.get("data")) for o in cell.get("outputs", []))
        for cell in notebook.cells
        if cell.id != "test-yourself"
    )
    (questioned,) = (cell.source for cell in notebook.cells if cell.id == "test-yourself")
    quoted = re.findall(r"\d+\.\d{3,}|\d{1,3}(?:,\d{3})+", questioned.replace("{,}", ","))
    assert not [
        number for number in quoted if number not in page and number not in own.keys() | MADE_UP
    ]
