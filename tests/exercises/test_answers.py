"""The exercises: each solution passes its check, each stub and wrong answer does not."""

import collections
import json

import pytest
import torch

from tools.course import exercise_report
from tools.course.exercises import (
    CHAPTERS,
    KINDS,
    SOLUTION,
    answers_of,
    examine_answer,
    examine_part,
    exercises_of,
    problem_of_answer,
    problem_of_definitions,
    problem_of_solution,
    problem_of_stub,
    problems_of_form,
    set_up,
)

EXERCISES = [(path, exercise) for path in CHAPTERS for exercise in exercises_of(path)]
ANSWERS = [answer for path in CHAPTERS for answer in answers_of(int(path.name[:2]))]

every_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
every_exercise = pytest.mark.parametrize(
    ("path", "exercise"), EXERCISES, ids=[exercise.number for _, exercise in EXERCISES]
)
every_answer = pytest.mark.parametrize(
    "answer", ANSWERS, ids=[f"{a.number}-{a.mistake or 'right'}" for a in ANSWERS]
)


@every_chapter
def test_a_chapter_has_two_exercises_to_warm_up_two_to_build_a_bug_and_a_project(path):
    kinds = [exercise.kind for exercise in exercises_of(path)]
    count = collections.Counter(kinds)
    assert len(kinds) >= 6
    assert count["warm up"] >= 2
    assert count["build"] >= 2
    assert count["break"] >= 1
    assert count["project"] >= 1
    assert kinds == sorted(kinds, key=KINDS.index), "from easy to open"


@every_exercise
def test_an_exercise_has_its_parts_and_an_estimate_of_minutes(path, exercise):
    assert not problems_of_form(exercise)
    low, high = (60, 180) if exercise.kind == "project" else (3, 45)
    assert low <= exercise.minutes <= high
    assert exercise.title


@every_exercise
def test_stub_and_solution_define_the_same_names_with_the_same_parameters(path, exercise):
    assert problem_of_definitions(exercise) is None


@every_exercise
def test_a_solution_passes_its_check_from_the_set_up_cell_alone(path, exercise):
    feedback = examine_part(exercise, SOLUTION)
    assert problem_of_solution(feedback) is None
    assert feedback.number == exercise.number


@every_exercise
def test_a_stub_is_still_open_and_a_planted_bug_is_found(path, exercise):
    feedback = examine_part(exercise)
    assert problem_of_stub(exercise, feedback) is None
    assert feedback.number == exercise.number


@every_exercise
def test_the_chapter_stores_what_the_check_says_of_stub_and_solution(path, exercise):
    (solution,) = exercise.answer_cells
    for cell, mark in ((solution, "✓"), (exercise.stub, "✗…")):
        shown = "".join(output.get("text", "") for output in cell.outputs)
        (line,) = [text for text in shown.splitlines() if text.startswith(f"{exercise.number} ")]
        assert line.split()[1] in mark
    assert "nbval-ignore-output" not in exercise.stub.metadata.tags, "compared strictly"
    # The scores of a project's networks differ from machine to machine.
    if exercise.kind != "project":
        assert "nbval-ignore-output" not in solution.metadata.tags, "compared strictly"


@every_answer
def test_an_answer_is_met_with_the_words_that_are_meant_for_it(answer):
    assert problem_of_answer(answer, examine_answer(answer)) is None


@every_chapter
def test_each_exercise_has_two_wrong_answers_and_a_chapter_two_other_right_ones(path):
    answers = answers_of(int(path.name[:2]))
    wrong = collections.Counter(answer.number for answer in answers if answer.says)
    assert {e.number for e in exercises_of(path)} == {n for n, times in wrong.items() if times >= 2}
    assert len([answer for answer in answers if answer.says is None]) >= 2


@every_chapter
def test_what_is_said_to_a_wrong_answer_is_more_than_that_it_is_wrong(path):
    for answer in answers_of(int(path.name[:2])):
        if answer.says:
            assert len(answer.says) >= 4, answer.mistake
            assert len(examine_answer(answer).message.split()) >= 3, answer.mistake


def test_chapter_8s_float64_stays_in_chapter_8():
    before = torch.get_default_dtype(), torch.get_num_threads()
    first = exercises_of(CHAPTERS[7])[0]
    with set_up(8):
        assert torch.get_default_dtype() == torch.float64
    with set_up(7):
        assert torch.get_default_dtype() == torch.float32
    assert problem_of_solution(examine_part(first, SOLUTION)) is None
    assert (torch.get_default_dtype(), torch.get_num_threads()) == before


def test_the_report_holds_what_the_checks_say():
    stored = json.loads(exercise_report.RECORD.read_text(encoding="utf-8"))
    assert stored == exercise_report.record(), "python -m tools.course.exercises --report"
    assert exercise_report.TABLE.read_text(encoding="utf-8") == exercise_report.table(stored)
