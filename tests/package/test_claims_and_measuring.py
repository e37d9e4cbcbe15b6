"""Claims fail when false; seeds, timers and summaries do what their names say."""

import random

import numpy as np
import pytest

from lstm_utils.claims import verify
from lstm_utils.measuring import Timer, mean_and_interval, median_and_range, seed_everything


def test_true_claims_are_printed_with_their_bound_and_without_the_measured_value(capsys):
    verify([("Error is small", 3.2e-11, "<=", 1e-7), ("Order kept", True), ("In", 2, "in", (1, 3))])
    assert capsys.readouterr().out == (
        "✓ Error is small  [<= 1e-07]\n✓ Order kept\n✓ In  [in 1 to 3]\n"
    )


def test_a_false_claim_fails_with_its_sentence_value_and_bound_after_all_are_printed(capsys):
    with pytest.raises(AssertionError, match=r"Loss falls  \[< 0.5\]: measured 0.7"):
        verify([("Loss falls", 0.7, "<", 0.5), ("Seeds solved", 5, "==", 5)])
    assert capsys.readouterr().out == "✗ Loss falls  [< 0.5]\n✓ Seeds solved  [== 5]\n"


@pytest.mark.parametrize(
    "claim", [("nan", float("nan"), sign, 1.0) for sign in ("<=", "<", ">=", ">", "==")]
)
def test_nan_satisfies_no_claim(claim):
    with pytest.raises(AssertionError):
        verify([claim])


@pytest.mark.parametrize("claims", [[], [("no relation", 1, 2)], [("unknown", 1, "~", 2)]])
def test_a_table_that_claims_nothing_or_is_malformed_is_refused(claims):
    with pytest.raises(ValueError, match="claim"):
        verify(claims)


def test_a_seed_repeats_the_draws_of_python_numpy_torch_and_tensorflow():
    import tensorflow as tf
    import torch

    def draws():
        rng = seed_everything(7, torch=True, tensorflow=True)
        legacy = np.random.rand()  # noqa: NPY002
        return (
            random.random(),
            legacy,
            rng.random(),
            float(torch.rand(())),
            float(tf.random.uniform(())),
        )

    assert draws() == draws()


def test_median_range_and_interval_of_known_samples():
    assert median_and_range([3, 1, 10]) == (3.0, 1.0, 10.0)
    mean, half_width = mean_and_interval([1.0, 2.0, 3.0])
    # t(0.975, 2 degrees of freedom) = 4.3027 in any table; the standard error is 1/sqrt(3).
    assert (mean, half_width) == pytest.approx((2.0, 4.3027 / np.sqrt(3)), rel=1e-4)
    with pytest.raises(ValueError, match="at least two runs"):
        mean_and_interval([1.0])


def test_a_timer_keeps_its_seconds():
    with Timer() as timer:
        sum(range(1000))
    assert 0 < timer.seconds < 60
