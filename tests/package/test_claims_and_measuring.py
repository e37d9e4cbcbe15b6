"""Claims fail when false; seeds, timers and summaries do what their names say."""

import io
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lstm_utils import claims
from lstm_utils.claims import verify
from lstm_utils.measuring import (
    Timer,
    keras_on_tensorflow,
    median_and_range,
    seed_everything,
)

ROOT = Path(__file__).parents[2]


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


@pytest.mark.parametrize(
    "claims",
    [
        *([], {}, None, "all is well", iter([]), [()], ("x", True)),
        *([("no relation", 1, 2)], [("unknown", 1, "~", 2)], [(len, True)]),
        *([("x", truth)] for truth in (None, 0.5, 1, np.nan, "False", lambda: False, [True])),
        *([("x", np.array([1, 2]), "<", 3)], [("x", 1 + 2j, "<", 3)], [("x", "1", "<", 3)]),
        *([("x", 1, "in", bounds)] for bounds in (1, (2, 0), (0, 1, 2))),
    ],
)
def test_a_table_that_claims_nothing_or_is_malformed_is_refused(claims):
    with pytest.raises(ValueError, match="claim"):
        verify(claims)


def test_a_truth_may_be_of_any_library_and_claims_of_any_collection():
    import tensorflow as tf
    import torch

    truths = [np.True_, np.array(True), torch.tensor(True), tf.constant(True)]
    verify((str(n), truth) for n, truth in enumerate(truths))
    for truth in (np.False_, torch.tensor(False), tf.constant(False)):
        with pytest.raises(AssertionError, match="x: measured"):
            verify([("x", truth)])


def test_a_false_claim_fails_where_python_leaves_out_assert_statements():
    names = {"__name__": "claims"}
    exec(compile(Path(claims.__file__).read_text(encoding="utf-8"), "", "exec", optimize=1), names)
    with pytest.raises(AssertionError, match="not true on this run: x"):
        names["verify"]([("x", False)])


@pytest.mark.parametrize(
    ("encoding", "printed"),
    [("ascii", r"\u2713 \u03c3 < 1"), ("cp949", r"\u2713 σ < 1"), ("utf-8", "✓ σ < 1")],
)
def test_a_console_that_lacks_a_character_gets_its_number(monkeypatch, encoding, printed):
    console = io.TextIOWrapper(io.BytesIO(), encoding)
    monkeypatch.setattr(sys, "stdout", console)
    verify([("σ < 1", True)])
    console.flush()
    assert console.buffer.getvalue().decode(encoding).splitlines() == [printed]


def test_a_seed_is_a_whole_number_that_every_library_takes():
    assert seed_everything(np.int64(3), torch=True).random() == seed_everything(3).random()
    for seed in (-1, 2**32):
        with pytest.raises(ValueError, match="seed must be from 0 to 4294967295; got"):
            seed_everything(seed)
    for seed in (None, "a", 1.0, True):
        with pytest.raises(TypeError, match="seed must be a whole number; got"):
            seed_everything(seed)


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


@pytest.mark.parametrize("policy", ["float16", "mixed_float16", "mixed_bfloat16"])
def test_keras_in_half_precision_is_refused_in_a_sentence(policy):
    import keras

    keras_on_tensorflow()
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        with pytest.raises(RuntimeError, match=r"Keras runs on tensorflow in b?float16 here"):
            seed_everything(0, tensorflow=True)
    finally:
        keras.config.set_dtype_policy(before)


def test_keras_on_another_backend_is_refused_in_a_sentence(monkeypatch):
    import keras

    monkeypatch.setattr(keras.config, "backend", lambda: "torch")
    with pytest.raises(RuntimeError, match=r"Keras runs on torch .* call .*quiet_logs\(\) before"):
        keras_on_tensorflow()


def test_keras_runs_on_tensorflow_whatever_the_reader_has_set(tmp_path):
    """A real Keras, in a process of its own."""
    program = (
        "from lstm_utils.measuring import quiet_logs; quiet_logs(); import keras;"
        "c = keras.config; print(c.backend(), c.floatx(), c.image_data_format())"
    )
    settings = {"backend": "torch", "floatx": "float16", "image_data_format": "channels_first"}
    (tmp_path / "keras.json").write_text(json.dumps(settings), encoding="utf-8")
    chosen = {"KERAS_BACKEND": "torch", "KERAS_HOME": str(tmp_path)}
    told = subprocess.check_output(
        [sys.executable, "-c", program], env=os.environ | chosen, cwd=ROOT, encoding="utf-8"
    )
    assert told == "tensorflow float32 channels_last\n"


@pytest.mark.parametrize("loaded", [False, True])
def test_triton_is_loaded_before_tensorflow_and_never_after_it(tmp_path, monkeypatch, loaded):
    """The order in which both live in a process; the other one is a segmentation fault."""
    (tmp_path / "triton.py").write_text("", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("triton", "tensorflow"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    if loaded:
        monkeypatch.setitem(sys.modules, "tensorflow", None)
    keras_on_tensorflow()
    assert ("triton" in sys.modules) is not loaded
    sys.modules.pop("triton", None)


def test_median_and_range_of_known_samples():
    assert median_and_range([3, 1, 10]) == (3.0, 1.0, 10.0)
    assert np.isnan(median_and_range([1, np.nan])).all()


@pytest.mark.parametrize(
    "values", [[], 5.0, None, ["1", "2"], [1j, 2], {0: 1.0, 1: 2.0}, iter([1, 2]), np.ones((2, 3))]
)
def test_a_median_is_of_numbers_one_a_run(values):
    with pytest.raises((TypeError, ValueError), match=r"^values must "):
        median_and_range(values)


def test_a_timer_keeps_its_seconds():
    with Timer() as timer:
        sum(range(1000))
    assert 0 < timer.seconds < 60
