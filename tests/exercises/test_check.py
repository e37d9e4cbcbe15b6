"""What the checks of all exercises share: what it says to answers of every kind."""

import contextlib
import io
import signal
import sys
import threading
import time
import types
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from lstm_utils.exercises import check, examine, grade, progress
from lstm_utils.exercises.checking import CHECKS, Wrong, call, exercise
from lstm_utils.exercises.comparing import compare, compare_number, explanation
from lstm_utils.exercises.studies import check_study

# Values that lie apart, so that no two diagnoses are true at the same time by accident.
distinct = st.integers(0, 2**32 - 1).map(np.random.default_rng)
shapes = array_shapes(min_dims=1, max_dims=3, min_side=3, max_side=6)


@pytest.fixture(autouse=True)
def chapter(monkeypatch):
    """A chapter 99 of two exercises: the product of two arrays, and a number with its reason."""
    name = "lstm_utils.exercises.chapter_99"
    monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setitem(CHECKS, "99.1", (product, 0.3))
    monkeypatch.setitem(CHECKS, "99.2", (number, 0.3))


def product(multiply):
    a, b = np.random.default_rng(0).normal(size=(2, 3, 4))
    compare(call(multiply, a, b), a * b, "the product", time_axis=1)
    return "Right. Entry by entry."


def number(half_life, because):
    compare_number(
        half_life, 69.0, "the half-life", tolerance=0.5, hints={99.5: "That is 1 / (1 - f)."}
    )
    explanation(because, "b", {"a": "A is about a sum.", "c": "C is about a mean."})
    return "Right."


def said(got, want, **options):
    """What compare says, "" where it is content."""
    try:
        compare(got, want, "the result", **options)
    except Wrong as wrong:
        return str(wrong)
    return ""


# What check prints -----------------------------------------------------------


def test_a_right_answer_is_told_so_in_one_line(capsys):
    assert check("99.1", lambda a, b: b * a) is None
    assert capsys.readouterr().out == "99.1 ✓ Right. Entry by entry.\n"


def test_a_long_message_is_broken_for_narrow_screens(capsys):
    check("99.1", lambda a, b: a / (b - b))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 1
    assert all(len(line) <= 88 for line in lines)


def stub(a, b):
    raise NotImplementedError


@pytest.mark.parametrize("answer", [None, ..., stub, lambda a, b: ...])
def test_a_stub_is_still_open(answer, capsys):
    check("99.1", answer)
    assert capsys.readouterr().out.startswith("99.1 … still open: ")


def test_an_answer_without_its_explanation_is_open_unless_the_rest_is_wrong():
    assert examine("99.2", None, None).state == "open"
    assert examine("99.2", 69, None).state == "open"
    assert examine("99.2", None, "b").state == "open"
    assert examine("99.2", 12, None).state == "wrong"
    assert examine("99.2", 69, "b").state == "right"


def test_what_is_missing_is_listed_by_name(monkeypatch):
    monkeypatch.setitem(CHECKS, "99.3", (lambda a, b, c: None, 1))
    assert examine("99.3", None, ..., None).message == "no answer yet for a, b and c."
    assert examine("99.3", 1, ..., None).message == "no answer yet for b and c."
    assert examine("99.3", 1, 2, None).message == "no answer yet for c."


def test_grade_raises_what_check_would_print():
    grade("99.1", lambda a, b: a * b)
    with pytest.raises(AssertionError, match=r"99\.1 ✗ .*sign"):
        grade("99.1", lambda a, b: -a * b)
    with pytest.raises(AssertionError, match="still open"):
        grade("99.1", None)


def test_an_unknown_number_and_a_wrong_count_of_answers_are_errors_that_say_what_to_write():
    with pytest.raises(ValueError, match=r"there are 99\.1, 99\.2"):
        check("99.3", 1)
    with pytest.raises(ValueError, match="no chapter 98"):
        check("98.1", 1)
    with pytest.raises(ValueError, match="in quotes"):
        check(99.1, 1)
    with pytest.raises(TypeError, match=r'check\("99\.2", half_life, because\)'):
        check("99.2", 69)


@pytest.mark.parametrize("number", [None, ..., 1, 1j, b"1.1", [], np.ones(2), len])
def test_what_is_no_number_of_an_exercise_is_told_how_to_write_one(number):
    with pytest.raises(ValueError, match=r'in quotes: check\("4\.3", …\)'):
        check(number)
    with pytest.raises(ValueError, match="in quotes"):
        check()


@pytest.mark.parametrize("number", ["", "abc", "99.", "99.1.1", " 99.1", "../99.1", "0.1", "99.３"])
def test_a_number_that_no_exercise_has_is_told_so(number):
    with pytest.raises(ValueError, match="there is no exercise"):
        check(number, 1)


def test_the_decorator_registers_a_check_under_its_number():
    exercise("99.3", seconds=2)(product)
    assert CHECKS.pop("99.3") == (product, 2)


def test_progress_tells_what_is_solved_and_what_is_left(monkeypatch, capsys):
    monkeypatch.setattr("lstm_utils.exercises.checking._said", {})
    with pytest.raises(ValueError, match=r"as in progress\(4\)"):
        progress()
    with pytest.raises(ValueError, match="no chapter 98"):
        progress(98)
    told = []
    for answer in (None, lambda a, b: a + b, lambda a, b: a * b):
        check("99.1", answer)
        capsys.readouterr()
        progress()
        told.append(capsys.readouterr().out)
    assert told == [
        "chapter 99: 0 of 2 solved; open: 99.1, 99.2.\n",
        "chapter 99: 0 of 2 solved; wrong so far: 99.1; open: 99.2.\n",
        "chapter 99: 1 of 2 solved; solved: 99.1; open: 99.2.\n",
    ]
    check("99.2", 69, "b")
    capsys.readouterr()
    for chapter in (None, 99, "99"):
        progress(chapter)
        assert capsys.readouterr().out == "chapter 99: 2 of 2 solved; solved: 99.1, 99.2.\n"
    progress(1)  # another chapter: in the order of its exercises
    assert "0 of" in (words := capsys.readouterr().out)
    assert words.index("1.2") < words.index("1.10" if "1.10" in words else "1.9")


# A student's code ------------------------------------------------------------


def divides(a, b):
    return a / [1, 2, 3]


def test_an_exception_is_told_with_its_type_message_and_line():
    message = examine("99.1", divides).message
    assert "`divides` raises ValueError: operands could not be broadcast" in message
    assert "`return a / [1, 2, 3]`" in message


def test_too_few_parameters_are_told_as_such():
    assert "Compare its parameters" in examine("99.1", lambda a: a).message


def forever(a, b):
    while True:
        with contextlib.suppress(Exception):
            sum(range(1000))


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no such clock")
def test_an_endless_loop_is_stopped_and_the_clock_put_back():
    before = signal.getsignal(signal.SIGALRM)
    assert "Is there a loop that never ends?" in examine("99.1", forever).message
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert signal.getsignal(signal.SIGALRM) is before


@pytest.mark.parametrize("alarm", [True, False])
def test_an_answer_that_waits_for_another_program_is_not_stopped(monkeypatch, alarm):
    """Longer by the clock than the limit, without work of its own."""
    if not alarm:
        monkeypatch.delattr(signal, "SIGALRM", raising=False)

    def waits(a, b):
        time.sleep(0.5)
        return a * b

    assert examine("99.1", waits).state == "right"


def test_an_answer_that_waits_for_ever_is_stopped(monkeypatch):
    monkeypatch.setattr("lstm_utils.exercises.checking.PATIENCE", 2)
    assert "stopped" in examine("99.1", lambda a, b: threading.Event().wait()).message


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no such clock")
def test_an_alarm_that_a_notebook_has_set_itself_still_rings():
    before = signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 100)
    try:
        assert examine("99.1", lambda a, b: a * b).state == "right"
        assert 0 < signal.getitimer(signal.ITIMER_REAL)[0] <= 100
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_an_endless_loop_is_stopped_where_the_system_has_no_alarm(monkeypatch):
    monkeypatch.delattr(signal, "SIGALRM", raising=False)
    assert "Is there a loop that never ends?" in examine("99.1", forever).message


def test_a_console_that_lacks_the_tick_shows_its_number(monkeypatch):
    console = io.TextIOWrapper(io.BytesIO(), encoding="cp949", newline="")
    monkeypatch.setattr(sys, "stdout", console)
    check("99.1", lambda a, b: a * b)
    console.seek(0)
    assert console.read() == "99.1 \\u2713 Right. Entry by entry.\n"


def test_what_a_function_does_to_the_output_ends_with_it(monkeypatch, capsys):
    def mute(a, b):
        monkeypatch.setattr(sys, "stdout", None)
        return a * b

    check("99.1", mute)
    assert capsys.readouterr().out == "99.1 ✓ Right. Entry by entry.\n"


def test_a_check_works_without_a_clock_where_there_is_none():
    states = []

    def work():
        states.append(examine("99.1", lambda a, b: a * b).state)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert states == ["right"]


def test_endless_recursion_exit_and_a_result_instead_of_a_function_are_put_in_words():
    def again(a, b):
        return again(a, b)

    assert "calls itself without end" in examine("99.1", again).message
    assert "ends the program" in examine("99.1", lambda a, b: sys.exit()).message
    assert "without brackets" in examine("99.1", np.ones(3)).message


def test_an_argument_changed_in_place_is_told_even_where_the_result_is_right():
    def multiply(a, b):
        a *= b
        return a

    assert "changes an array" in examine("99.1", multiply).message
    array = np.ones(3)
    assert call(multiply, array, 2, in_place=True) is array
    with pytest.raises(Wrong, match="changes an array"):
        call(lambda parts: parts["a"].fill(0), {"a": np.ones(2)})


def test_an_answer_that_a_check_cannot_work_with_is_no_crash(monkeypatch):
    monkeypatch.setitem(CHECKS, "99.4", (lambda answer: answer + 1 and "Right.", 1))
    assert "of the kind that the exercise asks for" in examine("99.4", "text").message


def test_a_check_leaves_no_warning_on_the_screen(capfd):
    check("99.1", lambda a, b: np.log(-np.abs(a)))
    assert capfd.readouterr().err == ""


# What compare finds ----------------------------------------------------------


@given(rng=distinct, shape=shapes)
def test_what_is_equal_passes_whatever_holds_it(rng, shape):
    want = rng.normal(size=shape)
    for got in (want, want.copy(), want.tolist(), want + 1e-12, want.astype(">f8")):
        assert said(got, want) == ""


@given(array=arrays(np.float64, shapes, elements=st.floats(-1e6, 1e6)))
def test_any_array_equals_itself(array):
    assert said(array.copy(), array) == ""


@given(rng=distinct, shape=shapes)
def test_the_negative_is_called_a_sign(rng, shape):
    want = rng.normal(size=shape)
    assert "wrong sign" in said(-want, want)


@given(rng=distinct, shape=shapes, factor=st.floats(0.05, 50), flip=st.booleans())
def test_a_multiple_is_called_a_factor(rng, shape, factor, flip):
    assume(abs(factor - 1) > 1e-2)
    want = rng.normal(size=shape)
    assert "constant factor" in said(want * (-factor if flip else factor), want)


@given(rng=distinct, shape=shapes, late=st.booleans(), data=st.data())
def test_a_roll_is_called_off_by_one_step(rng, shape, late, data):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    want = rng.normal(size=shape)
    message = said(np.roll(want, 1 if late else -1, axis), want, time_axis=axis)
    assert "off by one step" in message
    assert ("late" if late else "early") in message


@given(rng=distinct, shape=shapes, data=st.data())
def test_a_result_backwards_in_time_is_called_reversed(rng, shape, data):
    axis = data.draw(st.integers(0, len(shape) - 1))
    want = rng.normal(size=shape)
    assert "reversed in time" in said(np.flip(want, axis), want, time_axis=axis)


@given(rng=distinct, shape=shapes, shift=st.floats(0.1, 100))
def test_a_shifted_result_is_off_by_the_same_number(rng, shape, shift):
    want = rng.normal(size=shape)
    assert "off by the same number" in said(want + shift, want)


@given(rng=distinct, shape=array_shapes(min_dims=2, max_dims=3, min_side=4, max_side=6))
def test_exchanged_rows_are_another_order_of_that_axis(rng, shape):
    want = rng.normal(size=shape)
    for axis in range(want.ndim):
        order = [1, 0, *range(2, shape[axis])]
        assert f"axis {axis}" in said(np.take(want, order, axis), want)


@given(rng=distinct, rows=st.integers(2, 6), columns=st.integers(2, 6))
def test_a_transposed_matrix_is_called_transposed(rng, rows, columns):
    want = rng.normal(size=(rows, columns))
    assert "transposed" in said(want.T, want)


@given(rng=distinct, shape=shapes, bad=st.sampled_from([np.nan, np.inf, -np.inf]))
def test_values_that_are_no_numbers_are_counted(rng, shape, bad):
    want = rng.normal(size=shape)
    got = want.copy()
    got.flat[0] = bad
    message = said(got, want)
    assert ("NaN" if np.isnan(bad) else "infinity") in message
    assert f"1 of {got.size}" in message


@given(rng=distinct, shape=shapes)
def test_any_other_difference_names_its_place_and_keeps_the_right_value_to_itself(rng, shape):
    want = rng.normal(size=shape)
    got = want.copy()
    place = tuple(rng.integers(shape))
    got[place] += 3.25 + np.abs(want).max()
    message = said(got, want)
    assert str([int(k) for k in place]) in message
    assert ("too large" if want[place] > 0 else "the other sign") in message
    assert f"{want[place]:.4g}" not in message.replace(f"{got[place]:.4g}", "")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda a: a[0], "an axis is missing"),
        (lambda a: a[None, 0], "look at axis 0"),
        (lambda a: a[..., None], "an axis of length 1"),
        (lambda a: a.sum(), "one number is left"),
        (lambda a: a.swapaxes(1, 2), "the axes stand in another order"),
        (lambda a: a[:, 1:], "one step is missing"),
        (lambda a: np.concatenate([a[:, :1], a], axis=1), "one step too many"),
        (lambda a: np.stack([a, a]), "an axis too many"),
    ],
)
def test_a_wrong_shape_is_told_with_both_shapes_and_a_guess(change, words):
    want = np.random.default_rng(0).normal(size=(2, 5, 3))
    got = np.asarray(change(want))
    message = said(got, want, time_axis=1)
    assert words in message
    assert str(want.shape) in message
    assert str(got.shape) in message


@pytest.mark.parametrize(
    ("got", "words"),
    [
        (None, "Is a return missing?"),
        ("text", "array of numbers, and this is a str"),
        ({"a": 1}, "this is a dict"),
        ((np.ones(2), np.ones(2)), "this is a tuple of 2"),
        ([[1.0, 2.0], [3.0]], "differ in length"),
        (np.cos, "call it, with brackets"),
        (np.array([1j, 2, 3]), "complex"),
        (np.zeros(3), "zero everywhere"),
        (np.array([1, 2, 3]), "whole numbers only"),
        (np.array([1.251, 2.6, 3.8]), "nearly right"),
        (np.array([1.25, -2.6, 3.8]), "but for the sign"),
    ],
)
def test_what_a_student_may_return_instead_has_words_of_its_own(got, words):
    assert words in said(got, np.array([1.25, 2.6, 3.8]))


def test_a_sum_in_place_of_a_mean_is_guessed_from_the_length_of_an_axis():
    want = np.random.default_rng(1).normal(size=(7, 4))
    assert "a sum where a mean belongs" in said(7 * want, want)
    assert "A factor of 2" in said(want / 2, want)


def test_the_type_of_the_numbers_counts_where_the_check_says_so():
    want = np.arange(3)
    assert said(want.astype(float), want) == ""
    assert "int is asked for" in said(want.astype(float), want, dtype="int")
    assert said(want.astype("int32"), want, dtype="int") == ""
    assert "float32 is asked for" in said(want.astype(float), want, dtype="float32")


def test_tensors_of_both_frameworks_are_accepted():
    import tensorflow as tf
    import torch

    want = np.arange(6.0).reshape(2, 3)
    for got in (torch.tensor(want, requires_grad=True), tf.constant(want), tf.Variable(want)):
        assert said(got, want) == ""
        assert "wrong sign" in said(-got, want)
    assert said([torch.tensor(1.0), torch.tensor(2.0)], np.array([1.0, 2.0])) == ""


def test_words_and_labels_are_compared_as_well():
    want = np.array(["forget", "input"])
    assert said(["forget", "input"], want) == ""
    assert "1 of 2 places, first at [1]" in said(["forget", "output"], want)


# Numbers, studies, explanations ----------------------------------------------


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (99.5, "That is 1 / (1 - f)."),
        (-69, "sign"),
        (0.69, "percentage"),
        (1 / 69.0, None),
        (34.5, "factor of 2"),
        (1000, "too large"),
        (3, "too small"),
        (float("nan"), "finite"),
        ("69", "without quotes"),
        ([1, 2], "one number"),
        ({}, "one number"),
        (abs, "call it"),
    ],
)
def test_a_wrong_number_is_met_with_the_likeliest_mistake(number, words):
    feedback = examine("99.2", number, "b")
    assert feedback.state == "wrong"
    assert words is None or words in feedback.message
    assert "69" not in feedback.message or str(number) == "0.69" or number == -69


@given(st.floats(0.01, 100), st.floats(0.01, 100), st.sampled_from([1, -1]))
def test_numbers_of_one_sign_are_compared_by_their_magnitude(number, want, sign):
    assume(not np.isclose(number, want, rtol=0.1))
    with pytest.raises(Wrong) as told:
        compare_number(sign * number, sign * want, "x", tolerance=1e-9)
    if "too" in str(told.value) and "rounded" not in str(told.value):
        assert ("too large" if number > want else "too small") in str(told.value)
        assert ("in magnitude" in str(told.value)) == (sign < 0)
    with pytest.raises(Wrong, match=r"other sign|look at its sign|finite|factor|reciprocal"):
        compare_number(-sign * number, sign * want, "x", tolerance=1e-9)


def test_a_number_that_was_rounded_too_far_is_told_so():
    for number in (3.7, 4):
        with pytest.raises(Wrong, match="give more digits"):
            compare_number(number, 3.668, "x", tolerance=0.02)


def test_a_known_wrong_number_may_be_as_many_percent_off_as_the_right_one():
    hints = {2351.5: "These are seconds."}
    with pytest.raises(Wrong, match="These are seconds"):
        compare_number(2352, 39.19, "x", tolerance=0.3, hints=hints)
    with pytest.raises(Wrong, match="too large"):
        compare_number(2400, 39.19, "x", tolerance=0.3, hints=hints)


@given(st.fractions(-100, 100), st.fractions(-100, 100))
def test_fractions_and_decimals_are_numbers_alone_and_in_lists(a, b):
    for kind in (Fraction, lambda value: Decimal(value.numerator) / Decimal(value.denominator)):
        compare_number(kind(a), float(a), "x", tolerance=1e-9)
        assert said([kind(a), kind(b)], np.array([float(a), float(b)])) == ""
        assert said([[kind(a)], [kind(b)]], np.array([[float(a)], [float(b)]])) == ""
        assert said(kind(a), np.array(float(a))) == ""


@given(st.floats(-0.5, 0.5))
def test_a_number_within_the_tolerance_passes_in_any_form(error):
    for value in (69 + error, np.float64(69 + error), np.array([69 + error])):
        compare_number(value, 69, "x", tolerance=0.51)


@pytest.mark.parametrize("letter", ["b", "B", " b ", "(b)"])
def test_an_explanation_is_chosen_by_its_letter(letter):
    assert examine("99.2", 69, letter).state == "right"


def test_a_wrong_explanation_is_told_why_and_an_unknown_letter_which_there_are():
    assert examine("99.2", 69, "a").message == "A is about a sum."
    assert "a, b, c" in examine("99.2", 69, "d").message
    assert "a, b, c" in examine("99.2", 69, 2).message


STUDY = {"tanh": [0.61, 0.64, 0.58], "gated": [0.81, 0.79, 0.83]}


def test_a_study_of_several_seeds_beside_a_baseline_passes():
    words = check_study(STUDY, baseline="tanh", bounds=(0, 1), too_good=0.99)
    assert words == "A comparison that can be read: 2 variants, 3 seeds each."
    assert check_study(STUDY, baseline="tanh") == words
    assert check_study(STUDY, baseline="tanh", higher_is_better=False, too_good=0.5) == words
    # A constant guess on one test set scores the same whatever the seed.
    assert check_study(STUDY | {"tanh": [0.5, 0.5, 0.5]}, baseline="tanh") == words


@pytest.mark.parametrize(
    ("results", "options", "words"),
    [
        ([1, 2], {}, "dictionary"),
        ({"tanh": [0.1, 0.2, 0.3]}, {}, "at least two variants"),
        (STUDY, {"baseline": "relu"}, "none of the variants"),
        (STUDY | {"relu": [0.5, 0.6]}, {}, "2 of at least 3"),
        (STUDY | {"relu": [0.5, 0.6, 0.7, 0.8]}, {}, "same seeds"),
        (STUDY | {"relu": 0.5}, {}, "list of numbers"),
        (STUDY | {"relu": [0.5, 0.6, np.nan]}, {}, "diverge"),
        (STUDY | {"relu": [0.5, 0.6, 61.0]}, {}, "outside what is possible"),
        (STUDY | {"relu": [0.5, 0.5, 0.5]}, {}, "its own seed"),
        (STUDY | {"relu": STUDY["tanh"]}, {}, "the same scores"),
        (STUDY | {"relu": [0.9, 0.991, 0.98]}, {}, "too good to be true"),
        (STUDY, {"higher_is_better": False, "too_good": 0.6}, "too good to be true"),
    ],
)
def test_a_study_that_cannot_be_read_is_told_why(results, options, words):
    with pytest.raises(Wrong, match=words):
        check_study(results, **{"baseline": "tanh", "bounds": (0, 1), "too_good": 0.99} | options)
