"""Chapter 6's experiment: vocabularies, an optimiser, metrics, and what a kill leaves."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm_utils.models.reviews import (
    leaning_codes,
    letter_pieces,
    ngram_pieces,
    ngrams_of_codes,
)


def test_letters_are_read_inside_the_syllables():
    codes, step, start = letter_pieces(["재밌", "재밋 a", ""], lengths=(1, 3))
    # space ㅈㅐ ㅁㅣㅆ space | space ㅈㅐ ㅁㅣㅅ space a space | two spaces
    assert start.tolist() == [0, 7, 16, 18]
    assert step.tolist() == [0] * 7 + [0] * 7 + [1] * 2 + [0] * 2
    assert (codes[:5] == codes[7:12]).all()  # the same letters up to the last
    assert codes[5, 0] != codes[12, 0]
    assert (codes[start[:-1], 1] == 0).all()  # no three letters end at the first
    assert (codes[start[:-1] + 1, 1] == 0).all()
    assert (codes[2:5, 1] > 0).all()


def test_a_small_vocabulary_holds_what_leans():
    """굿 stands in praise only, 망 in blame only, 영화 in both: counted by hand below."""
    texts, labels = ["굿 굿", "굿 영화", "망 영화", "망 영화"], np.array([1, 1, 0, 0])
    codes, _, start = ngram_pieces(texts, by="syllable", longest=2)
    review = np.repeat(np.arange(4), np.diff(start))

    def kept(at_most, min_count):
        found = leaning_codes(codes, review, labels, at_most, min_count)
        assert (np.sort(found) == found).all()
        return set(ngrams_of_codes(found))

    single = {" ", "굿", "망", "영", "화"}
    assert kept(5, 1) == single
    # " 굿", "굿 ", " 망" and "망 " lean by 2 / √2 / 2; " 영", "영화" and "화 " by 0.5 / √3
    assert kept(9, 2) == single | {" 굿", "굿 ", " 망", "망 "}
    assert kept(100, 2) == single | {" 굿", "굿 ", " 망", "망 ", " 영", "영화", "화 "}
    assert kept(100, 3) == {" ", "굿", "영", "화"} | {" 영", "영화", "화 "}


def test_rows_that_a_batch_uses_move_as_with_adam_and_others_stay():
    import keras
    import tensorflow as tf

    from lstm_utils.models.reviews_keras import RowAdam

    def moved(optimizer, densify=False):
        table = keras.Variable(np.ones((4, 2), np.float32))
        optimizer.build([table])
        for _ in range(3):
            with tf.GradientTape() as tape:
                rows = tf.gather(table.value, [1, 3, 1])
                loss = tf.reduce_sum(rows * [[1.0, 2.0]])
            (gradient,) = tape.gradient(loss, [table.value])
            optimizer.apply([tf.convert_to_tensor(gradient) if densify else gradient], [table])
        return table.numpy()

    # Keras's own squares the parts of a repeated row before it adds them: hence the dense form.
    ours, keras_own = (
        moved(RowAdam(0.1)),
        moved(keras.optimizers.Adam(0.1), densify=True),
    )
    assert np.abs(ours - keras_own).max() < 1e-6  # the same rows at each step: the same result
    assert (ours[[0, 2]] == 1).all()
    assert (ours[[1, 3]] < 1).all()


@settings(max_examples=30)
@given(st.integers(1, 400), st.integers(0, 99))
def test_intervals_and_pairs_agree_with_formulas(n, seed):
    from experiments.sentiment import compare, interval

    rng = np.random.default_rng(seed)
    right = rng.random(n) < 0.8
    k, z = right.sum(), 1.959963984540054
    centre = (k + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * np.sqrt(k * (n - k) / n + z * z / 4)
    found = interval(right)
    assert found["accuracy"] == k / n
    assert np.allclose(found["interval"], [centre - half, centre + half])

    labels, a, b = rng.integers(0, 2, n), rng.normal(size=n), rng.normal(size=n)
    pair = compare(a, b, labels, {})
    first, second = (a > 0) == labels, (b > 0) == labels
    assert np.isclose(pair["difference"], first.mean() - second.mean())
    gap = first.astype(float) - second
    half = 1.96 * gap.std() / np.sqrt(n)
    assert np.allclose(pair["interval"], [gap.mean() - half, gap.mean() + half])


def test_metrics_agree_with_scikit_learn():
    from sklearn.metrics import accuracy_score, log_loss

    from experiments.sentiment import judge

    rng = np.random.default_rng(0)
    scores, labels = rng.normal(size=500), rng.integers(0, 2, 500)
    half = np.arange(500) < 250
    found = judge(scores, labels, {"half": half, "none": half & ~half})
    p = 1 / (1 + np.exp(-scores))
    assert np.isclose(found["accuracy"], accuracy_score(labels, p > 0.5))
    assert np.isclose(found["cross_entropy"], log_loss(labels, p))
    assert found["slices"]["half"]["accuracy"] == accuracy_score(labels[:250], p[:250] > 0.5)
    assert found["slices"]["none"]["accuracy"] is None
    table = np.array(found["reliability"])
    assert table[:, 2].sum() == 500
    gap = (table[:, 2] * abs(table[:, 0] - table[:, 1])).sum() / 500
    assert np.isclose(found["calibration_error"], gap)
    json.dumps(found, allow_nan=False)


def start(folder, name):
    arguments = ["--quick", "--only", f"^{name}$", "--seeds", "1"]
    folders = ["--results", str(folder / "results"), "--checkpoints", str(folder / "kept")]
    return subprocess.Popen(
        [sys.executable, "-m", "experiments.sentiment", *arguments, *folders],
        env={**os.environ, "LSTM_BOOK_DATA": "sample", "CUDA_VISIBLE_DEVICES": ""},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def record(folder, name):
    return json.loads((folder / "results" / "sentiment" / f"{name}-seed1.json").read_text())


@pytest.mark.parametrize("name", ["training-7-falling-rate"])
def test_a_killed_run_ends_with_the_metrics_of_an_unbroken_one(tmp_path, name):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    unbroken, killed = start(whole, name), start(broken, name)
    deadline = time.monotonic() + 120
    while not list((broken / "kept").rglob(f"{name}-*.safetensors")):
        assert killed.poll() is None, killed.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.002)
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate()
    assert not (broken / "results").exists()
    again = start(broken, name)
    for process in (unbroken, again):
        _, told = process.communicate()
        assert process.returncode == 0, told
    first, second = record(whole, name), record(broken, name)
    assert (first["restarts"], second["restarts"]) == (0, 1)
    for key in ("accuracy", "cross_entropy", "reliability", "slices"):
        assert first["metrics"][key] == second["metrics"][key]
    losses = [[epoch["loss"] for epoch in r["curve"]] for r in (first, second)]
    assert losses[0] == losses[1]
