"""Each exercise's check tells its solution, its stub and students' answers apart, as recorded."""

import collections
import copy
import dis
import json
import re
import types

import pytest
import torch

from lstm_utils.exercises import Feedback
from lstm_utils.messages import LANGUAGE
from tools.contents import CHAPTERS
from tools.course import proofs
from tools.course.answers import Answer
from tools.course.exercises import (
    EXERCISE,
    KINDS,
    SOLUTION_END,
    SOLUTION_START,
    cells_of,
    exercises_of,
    without_magics,
)

RECORD = json.loads(proofs.RECORD.read_text(encoding="utf-8"))
EXERCISES = [exercise for path in CHAPTERS for exercise in exercises_of(path)]

every_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
every_exercise = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.number)


def compared(cell):
    """Whether nbval compares what a cell prints, word for word."""
    return "nbval-ignore-output" not in cell.metadata.tags


def said_on_the_page(exercise, cell):
    """What the check says in a cell's stored output."""
    shown = "".join(output.get("text", "") for output in cell.outputs)
    return shown[re.search(rf"(?m)^{re.escape(exercise.number)} ", shown).start() :]


def known_solution(exercise):
    """What the check says to a project's solution where nbval has just run and compared it.

    It trains for seconds. All other solutions are run again, from the set-up cell alone.
    """
    (cell,) = exercise.answer_cells
    if exercise.kind != "project" or not compared(cell):
        return None
    number, mark, *words = said_on_the_page(exercise, cell).split()
    return Feedback(number, "right" if mark == "✓" else "wrong", " ".join(words))


def names_read(code):
    """The global names that a program reads."""
    names = {
        i.argval for i in dis.get_instructions(code) if i.opname in ("LOAD_NAME", "LOAD_GLOBAL")
    }
    inner = [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return names.union(*map(names_read, inner))


@every_exercise
def test_a_check_tells_right_from_wrong_in_the_words_of_the_report(exercise):
    assert proofs.problems_of_form(exercise) == []
    proof = proofs.examined(exercise, known_solution(exercise))
    assert proofs.problems(proof) == []
    assert all(len(answer.says) >= 4 for answer, _ in proof.answers if answer.says)
    recorded = copy.deepcopy(RECORD[exercise.number])
    for answer in recorded["wrong"]:
        del answer["said_in_korean"]
    assert proofs.entry(proof) == recorded, "python -m tools.course.proofs --report"


@every_exercise
def test_a_check_has_the_same_verdict_in_korean_and_puts_it_in_korean_words(exercise, monkeypatch):
    monkeypatch.setenv(LANGUAGE, "ko")
    recorded, known = RECORD[exercise.number], known_solution(exercise)
    proof = proofs.examined(exercise, known)
    wrong = [said for answer, said in proof.answers if answer.says]
    right = [said for answer, said in proof.answers if not answer.says]
    assert proof.stub.state == ("wrong" if exercise.kind == "break" else "open")
    assert [said.state for said in wrong] == ["wrong"] * len(recorded["wrong"])
    assert [said.state for said in right] == ["right"] * len(recorded["right"])
    assert [said.message for said in wrong] == [a["said_in_korean"] for a in recorded["wrong"]]
    english = {answer["said"] for answer in recorded["wrong"]} | {recorded["solution"]}
    for said in (proof.stub, *wrong, *right, *([] if known else [proof.solution])):
        assert re.search("[가-힣]", said.message), said
        assert said.message not in english


@pytest.mark.parametrize(
    "exercise", [e for e in EXERCISES if known_solution(e)], ids=lambda e: e.number
)
def test_a_solution_that_is_not_run_again_needs_the_set_up_cell_alone(exercise):
    (cell,) = exercise.answer_cells
    code = compile(without_magics(cell.source), exercise.number, "exec")
    own = {i.argval for i in dis.get_instructions(code) if i.opname == "STORE_NAME"}
    with proofs.set_up(exercise.chapter) as namespace:
        assert names_read(code) - own <= set(namespace) | set(namespace["__builtins__"])


@every_exercise
def test_the_chapter_shows_what_the_check_says_and_nbval_compares_it(exercise):
    (solution,) = exercise.answer_cells
    recorded = RECORD[exercise.number]
    right = f"{exercise.number} ✓ {recorded['solution']}"
    for cell, wanted in ((solution, right), (exercise.stub, recorded["stub"])):
        shown = said_on_the_page(exercise, cell)
        if exercise.kind == "project":
            shown, wanted = (proofs.SCORE.sub("…", text) for text in (shown, wanted))
        # A line is broken at spaces and hyphens.
        assert "".join(shown.split()) == "".join(wanted.split())
    assert compared(exercise.stub)
    # The scores of a project's networks differ from machine to machine.
    assert compared(solution) or exercise.kind == "project"


@every_exercise
def test_an_exercise_has_a_title_and_an_honest_estimate_of_minutes(exercise):
    low, high = (60, 180) if exercise.kind == "project" else (3, 45)
    assert low <= exercise.minutes <= high
    assert exercise.title


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


@every_chapter
def test_a_chapter_has_two_right_answers_that_are_not_the_solution(path):
    assert sum(len(RECORD[exercise.number]["right"]) for exercise in exercises_of(path)) >= 2


@every_chapter
def test_exercises_and_the_gates_of_their_solutions_stand_alone_in_their_cells(path):
    for cell in cells_of(path):
        if "{exercise}" in cell.source:
            assert EXERCISE.fullmatch(cell.source), cell.id
        if "{solution" in cell.source:
            assert cell.source.count("{solution") == 1, cell.id
            assert SOLUTION_START.match(cell.source) or cell.source == SOLUTION_END, cell.id


def test_what_is_said_to_a_wrong_answer_is_more_than_that_it_is_wrong():
    said = [answer["said"] for exercise in RECORD.values() for answer in exercise["wrong"]]
    assert min(len(words.split()) for words in said) >= 3


def test_the_report_has_each_exercise_and_its_table_is_that_of_its_record():
    assert list(RECORD) == [exercise.number for exercise in EXERCISES]
    assert proofs.TABLE.read_text(encoding="utf-8") == proofs.exercises_as_markdown(RECORD)


def test_a_proof_names_every_kind_of_fault():
    exercise = EXERCISES[0]
    right = Feedback(exercise.number, "right", "Right.")
    wrong = Feedback(exercise.number, "wrong", "Half of it.")
    answers = [
        (Answer((1,), {}, "halved it", "twice"), wrong),
        (Answer((2,), {}, "", None), wrong),
    ]
    assert proofs.problems(proofs.Proof(exercise, right, None, answers)) == [
        "the stub has to be open: 1.1 ✓ Right.",
        "the solution does not call the check",
        "halved it is not told 'twice': 1.1 ✗ Half of it.",
        "another right answer has to be right: 1.1 ✗ Half of it.",
        "at least two wrong answers are wanted",
    ]


def test_chapter_8s_float64_stays_in_chapter_8():
    before = torch.get_default_dtype(), torch.get_num_threads()
    with proofs.set_up(8):
        assert torch.get_default_dtype() == torch.float64
    with proofs.set_up(7):
        assert torch.get_default_dtype() == torch.float32
    with proofs.set_up(8):
        assert torch.get_default_dtype() == torch.float64
    assert (torch.get_default_dtype(), torch.get_num_threads()) == before
