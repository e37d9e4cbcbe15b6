"""The questions at each chapter's end: a choice of answers, each with feedback of its own."""

import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = sorted(ROOT.glob("chapters/0*.ipynb"))
ANSWER = re.compile(r"^:::\{dropdown\} ([A-D])\. (.+?)\n(.*?)^:::$", re.MULTILINE | re.DOTALL)
RIGHT, WRONG = "**Yes.** ", "**No.** "

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
