"""The marked-product task against its definition and its variance on paper."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_utils.models.marked_product import CONSTANT_GUESS_MSE, marked_product, share_within


@given(st.integers(0, 50), st.integers(2, 60), st.integers(0, 2**32 - 1))
def test_every_example_marks_two_different_places_and_asks_for_their_product(n, length, seed):
    task = marked_product(n, length, seed, dtype=np.float64)
    assert task.x.shape == (n, length, 2)
    assert len(task) == n
    assert np.array_equal(task.x[:, :, 0].sum(axis=1), np.full(n, 2.0))
    assert set(np.unique(task.x[:, :, 0])) <= {0.0, 1.0}
    for example, answer, marks in zip(task.x, task.y, task.marks, strict=True):
        assert np.flatnonzero(example[:, 0]).tolist() == marks.tolist()
        assert answer == pytest.approx(np.prod(example[example[:, 0] == 1, 1]), rel=1e-15)


def test_the_same_seed_gives_the_same_examples_and_another_seed_others():
    first, again, other = (marked_product(20, 30, seed) for seed in (5, 5, 6))
    assert np.array_equal(first.x, again.x)
    assert not np.array_equal(first.x, other.x)
    assert first.x.dtype == first.y.dtype == np.float32


def test_the_answers_have_the_mean_and_variance_of_a_product_of_uniforms():
    y = marked_product(200_000, 4, 0, dtype=np.float64).y
    # Standard errors at this size: 0.0005 for the mean, 0.0002 for the variance.
    assert y.mean() == pytest.approx(1 / 4, abs=0.002)
    assert y.var() == pytest.approx(CONSTANT_GUESS_MSE, abs=0.001)
    assert pytest.approx(1 / 9 - 1 / 16) == CONSTANT_GUESS_MSE


def test_every_pair_of_places_is_equally_likely():
    marks = marked_product(60_000, 4, 0).marks
    counts = np.bincount(marks[:, 0] * 4 + marks[:, 1], minlength=16)
    pairs = counts[[1, 2, 3, 6, 7, 11]]
    assert pairs.sum() == 60_000
    # Five standard deviations of a binomial with p = 1/6.
    assert np.abs(pairs - 10_000).max() < 5 * np.sqrt(60_000 * 5 / 36)


def test_share_within_counts_errors_under_the_tolerance():
    assert share_within([0.5, 0.5, 0.5], [0.53, 0.55, 0.47]) == pytest.approx(2 / 3)
    assert share_within(np.array([[0.1], [0.9]]), np.array([0.1, 0.1]), 0.5) == 0.5
    with pytest.raises(ValueError, match=r"prediction must have shape \(2,\); got \(1,\)"):
        share_within([0.1], [0.1, 0.2])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-1, 10), "n must be at least 0; got -1"),
        ((3, 1), "length must be at least 2; got 1"),
        ((2.5, 10), "n must be a whole number; got 2.5"),
        ((3, "10"), "length must be a whole number; got '10'"),
        (
            (3, 10, -1),
            "rng must be a numpy.random.Generator or a seed, whole and from 0 up; got -1 (int)",
        ),
        ((3, 10, 0, int), "dtype must be a type of floats; got int64"),
    ],
)
def test_a_task_that_cannot_be_is_refused_by_name(arguments, message):
    with pytest.raises((TypeError, ValueError), match=re.escape(message)):
        marked_product(*arguments)


def test_no_answers_have_no_share_and_one_that_is_nan_is_wrong():
    with pytest.raises(ValueError, match="y must have shape"):
        share_within([], [])
    with pytest.raises(ValueError, match="tolerance must be at least 0; got nan"):
        share_within([0.1], [0.1], np.nan)
    with pytest.raises(TypeError, match="prediction must be real numbers; got None"):
        share_within(None, [0.1])
    assert share_within([np.nan, 0.1], [0.1, 0.1]) == 0.5


@pytest.fixture(scope="module")
def networks():
    """The module that needs TensorFlow."""
    from lstm_utils.models import marked_product_keras

    return marked_product_keras


FEW = marked_product(8, 5, 0)
NONE = marked_product(0, 5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda n: n.build("elman"), "kind must be one of rnn, rnn-glorot, irnn, gru, lstm"),
        (lambda n: n.build(["lstm"]), "kind must be one of rnn, rnn-glorot, irnn, gru, lstm"),
        (lambda n: n.build("lstm", layers=0), "layers must be at least 1; got 0"),
        (lambda n: n.build("lstm", units=2.5), "units must be a whole number; got 2.5 (float)"),
        (lambda n: n.Training.start("lstm", 1, []), "seeds must be a list of one or more; got []"),
        (lambda n: n.Training.start("lstm", 1, 3), "seeds must be a list of one or more; got 3"),
        (lambda n: next(n.fixed(FEW, 1, 0.1, 0.1, 0)), "examples must fill a batch of 32; got 8"),
        (lambda n: next(n.fixed(FEW.x, 1, 0.1, 0.1, 0)), "examples must be MarkedProduct; got"),
        (lambda n: next(n.fixed(FEW, 1, 0.1, 0.1, 0, batch=0)), "batch must be at least 1; got 0"),
        (lambda n: next(n.fixed(FEW, -1, 0.1, 0.1, 0, 4)), "epochs must be at least 0; got -1"),
        (lambda n: next(n.fresh([], 0)), "plan must be stages of four numbers; got [] (list)"),
        (lambda n: next(n.fresh([(5, 1)], 0)), "plan must be stages of four numbers"),
        (lambda n: next(n.fresh([5, 1, 0.1, 0.1], 0)), "plan[0] must be a list; got 5 (int)"),
        (lambda n: next(n.fresh([(5, 1.5, 0.1, 0.1)], 0)), "the updates in plan must be a whole"),
        (
            lambda n: next(n.fresh([(5, 1, 0.1, 0.1)], 0, width=4)),
            "width must be at least 5",
        ),
        (lambda n: n.answers(None, FEW.x), "examples must be MarkedProduct; got array"),
        (lambda n: n.errors_of(None, NONE), "examples must hold at least one sequence"),
        (lambda n: next(n.train(None, [], FEW.x)), "check must be MarkedProduct; got array"),
        (lambda n: n.answers(None, FEW), "training must be Training; got None (NoneType)"),
        (lambda n: next(n.train(None, [], FEW)), "training must be Training; got None"),
        (lambda n: next(n.train(None, [], FEW, every=0)), "every must be at least 1; got 0"),
    ],
)
def test_what_networks_cannot_be_trained_on_is_refused_by_name(networks, call, message):
    with pytest.raises((TypeError, ValueError), match=re.escape(message)):
        call(networks)


def test_lessons_are_for_as_many_networks_as_train(networks):
    training = networks.Training.start("lstm", 1, [0, 1], units=2)
    lessons = networks.fresh([(5, 2, 0.1, 0.1)], 0, batch=2)
    with pytest.raises(ValueError, match="lessons are for 1 networks; got 2 in training"):
        list(networks.train(training, lessons, FEW))
    double = marked_product(8, 5, 0, dtype=np.float64)
    assert np.array_equal(networks.answers(training, double), networks.answers(training, FEW))
