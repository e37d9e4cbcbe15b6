"""The marked-product engine beside Keras, its program killed and resumed, the LSTM of 1997."""

import json
from itertools import pairwise

import keras
import numpy as np
import pytest
import tensorflow as tf

from experiments import lstm_1997, marked_product
from lstm_utils import records
from lstm_utils.models import marked_product_keras
from lstm_utils.models.marked_product import marked_product as draw
from lstm_utils.models.marked_product_keras import Training, build, fixed, fresh, train
from tests.experiments.killed import run_apart


@pytest.mark.parametrize(("kind", "layers"), [("lstm", 2), ("gru", 1), ("irnn", 1)])
def test_five_updates_are_those_of_keras(kind, layers):
    training = Training.start(kind, layers, seeds=(0, 1), units=5)
    alone = build(kind, layers, units=5)
    alone.set_weights([w[1] for w in training.weights])
    alone.compile(keras.optimizers.Adam(1e-2, global_clipnorm=0.1), "mse")
    lessons = list(fresh([(7, 5, 1e-2, 1e-2)], seed=1, batch=8, copies=2))
    for x, y, *_ in lessons:
        alone.train_on_batch(x[1], y[1])
    check = draw(16, 7, 2)
    list(train(training, lessons, check, limit=0.1, every=5))
    assert training.updates == 5
    np.testing.assert_allclose(
        marked_product_keras.answers(training, check)[1],
        alone.predict_on_batch(check.x)[:, 0],
        atol=1e-5,
    )


def test_starts_are_what_their_names_say():
    across = build("irnn", 1, 6).get_weights()[1]
    assert np.array_equal(across, np.eye(6))
    across = build("rnn", 1, 6).get_weights()[1]
    np.testing.assert_allclose(across @ across.T, np.eye(6), atol=1e-5)
    across = build("rnn-glorot", 1, 6).get_weights()[1]
    assert np.abs(across).max() <= np.sqrt(6 / 12)
    bias = build("lstm", 2, 6, forget_bias=3.0).get_weights()[5]
    assert bias.tolist() == [0] * 6 + [3] * 6 + [0] * 12


@pytest.mark.parametrize("done", [0, 3, 8, 11])
def test_lessons_go_on_where_they_stopped(done):
    examples = draw(32, 5, 0)
    for lessons in (
        lambda done: fixed(examples, 3, 1e-2, 0.0, seed=4, batch=8, done=done),
        lambda done: fresh([(4, 6, 1e-2, 1e-2), ((3, 5), 6, 1e-2, 0.0)], 4, batch=8, done=done),
    ):
        whole, rest = list(lessons(0)), list(lessons(done))
        assert len(rest) == len(whole) - done == 12 - done
        for (x, y, *told), (x_rest, y_rest, *told_rest) in zip(whole[done:], rest, strict=True):
            assert np.array_equal(x, x_rest)
            assert np.array_equal(y, y_rest)
            assert told == told_rest


def test_drawn_lengths_are_even_on_a_logarithmic_scale():
    lessons = list(fresh([((2, 40), 2000, 1e-2, 0.0)], 0, batch=1))
    lengths = np.array([length for *_, length, _ in lessons])
    assert lengths.min() == 2
    assert lengths.max() == 40
    counted = [np.mean((lengths >= a) & (lengths < b)) for a, b in pairwise([2, 5, 9, 19, 41])]
    expected = np.diff(np.log([2, 4.5, 8.5, 18.5, 40])) / np.log(20)  # rounded to whole numbers
    np.testing.assert_allclose(counted, expected, atol=0.04)  # four standard errors
    for x, _, length, _ in lessons[:50]:
        assert x.shape[2] == 40
        assert not x[:, :, length:].any()
        assert (x[:, :, :length, 0].sum(axis=-1) == 2).all()


@pytest.mark.parametrize("length", [(5, 4), (1, 4), (2, 3, 4), ()])
def test_a_length_in_a_plan_is_one_number_or_two_in_order(length):
    with pytest.raises(ValueError, match="a length in plan must be"):
        next(fresh([(length, 6, 1e-2, 0.0)], 0))


def test_an_epoch_of_fixed_lessons_holds_each_example_once():
    examples = draw(32, 5, 0)
    for copy in range(2):
        seen = [y[copy] for _, y, *_ in fixed(examples, 1, 1e-2, 0.0, seed=4, batch=8, copies=2)]
        assert np.array_equal(np.sort(np.concatenate(seen)), np.sort(examples.y))


def test_a_killed_run_ends_as_an_unbroken_one(tmp_path):
    def arguments(folder):
        folders = ["--results", str(tmp_path / folder), "--checkpoints", str(tmp_path / folder)]
        return ["--quick", "--only", f"^{marked_product.PACKAGED}$", "--seeds", "0", *folders]

    run_apart("marked_product", arguments("killed"), killed_after=1)
    assert list((tmp_path / "killed").rglob("*.safetensors"))
    found = []
    for folder in ("killed", "unbroken"):
        marked_product.main(arguments(folder))
        found.append(
            json.loads(next((tmp_path / folder).rglob("*.json")).read_text(encoding="utf-8"))
        )
    assert [record["restarts"] for record in found] == [1, 0]
    for record in found:
        record["metrics"].pop("seconds_in_all", None)
    assert found[0]["metrics"] == found[1]["metrics"]
    assert found[0]["curve"] == found[1]["curve"]


def test_of_several_step_sizes_the_best_on_validation_is_tested(tmp_path):
    folders = ["--results", str(tmp_path), "--checkpoints", str(tmp_path)]
    name = "rnn-orthogonal-length-25"
    marked_product.main(["--quick", "--only", f"^{name}$", "--seeds", "0", *folders])
    (record,) = records.load_records("marked_product", name, tmp_path)
    metrics, recipe = record["metrics"], record["recipe"]
    errors = {float(rate): error for rate, error in metrics["validation_by_rate"].items()}
    assert list(errors) == recipe["rates"]
    assert errors[metrics["rate"]] == metrics["validation_mse"] == min(errors.values())
    alone = Training.start("rnn", 1, [0], units=4)
    stages = [
        [min(length, 12), 16, *(share * metrics["rate"] for share in shares)]
        for length, _, *shares in recipe["stages"]
    ]
    list(train(alone, fresh(stages, 0), draw(512, 12, [0, 2]), limit=0.01))
    error = marked_product_keras.errors_of(alone, draw(512, 12, [0, 2]))[0]
    assert error == pytest.approx(metrics["validation_mse"], rel=1e-4)


def test_no_recorded_choice_of_a_step_size_missed_a_better_one():
    for run in marked_product.all_runs():
        if getattr(run.recipe, "rates", None):
            metrics = run.finished(records.results_folder())["metrics"]
            errors = [e for e in metrics["validation_by_rate"].values() if e is not None]
            assert len(metrics["validation_by_rate"]) == len(run.recipe.rates) == 4
            assert metrics["validation_mse"] == min(errors)


def test_sequences_of_1997_are_as_the_paper_has_them():
    data = lstm_1997.multiplication(2000, 100, np.random.default_rng(0), one_length=False)
    lengths, rows = lstm_1997.lengths_of(data.x), np.arange(2000)
    assert (lengths.min(), lengths.max()) == (100, 110)
    assert (data.x[rows, lengths - 1, 0] == -1).all()
    marks, values = data.x[:, :, 0] == 1, data.x[:, :, 1]
    assert (marks.sum(axis=1) == 2).all()
    assert marks[:, :10].any(axis=1).all()
    assert not marks[:, 50:].any()
    np.testing.assert_allclose(np.where(marks, values, 1).prod(axis=1), data.y, atol=1e-6)
    at_first = marks[:, 0]
    assert (values[at_first, 0] == 1).all()
    assert (data.x[~at_first, 0, 0] == -1).all()


def test_the_network_of_1997_has_93_weights_and_their_truncated_gradient():
    rng = np.random.default_rng(1)
    W, V = (tf.constant(3 * w) for w in lstm_1997.start(2, rng))
    assert W[0].shape.num_elements() + V[0].shape.num_elements() == lstm_1997.WEIGHTS == 93
    x, last = tf.constant(rng.normal(size=(2, 6, 2)).astype("f")), [6, 4]
    y = tf.constant([0.2, 0.7])
    with tf.GradientTape() as tape:  # the same network, the cut made by stop_gradient
        tape.watch([W, V])
        answers = []
        for n in range(2):
            s, hidden = tf.zeros(4), tf.zeros(8)
            for t in range(last[n]):
                z = tf.sigmoid(tf.linalg.matvec(W[n], tf.concat([x[n, t], hidden, [1.0]], 0)))
                s = s + tf.repeat(z[4:6], 2) * (4 * z[:4] - 2)
                h = tf.repeat(z[6:], 2) * (2 * tf.sigmoid(s) - 1)
                hidden = tf.stop_gradient(tf.concat([h, z[4:]], 0))
            answers.append(tf.sigmoid(tf.reduce_sum(V[n] * tf.concat([h, [1.0]], 0))))
        error = tf.reduce_sum((tf.stack(answers) - y) ** 2) / 2
    expected = tape.gradient(error, [W, V])
    outputs, *rest = lstm_1997.run_through(W, V, x, tf.constant(last))
    np.testing.assert_allclose(outputs, answers, atol=1e-6)
    for ours, theirs in zip(lstm_1997.gradient(V, outputs, y, *rest), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-7)


def test_a_bias_at_the_start_is_the_input_gates_alone():
    (plain, V), (biased, V_biased) = (
        lstm_1997.start(3, np.random.default_rng(0), bias) for bias in (None, (-3, -6))
    )
    changed = np.argwhere((plain != biased).any(axis=0)).tolist()
    assert changed == [[4, 10], [5, 10]]  # after four cells, the input gates; last of 11, the bias
    assert (biased[:, 4, 10] == -3).all()
    assert (biased[:, 5, 10] == -6).all()
    assert np.array_equal(V, V_biased)


def test_success_is_the_first_window_with_few_enough_wrong():
    wrong = np.zeros(5000, bool)
    wrong[:1100] = True
    assert lstm_1997.first_success(wrong, 140) == 2961  # the window from 961 on holds 139
    assert lstm_1997.first_success(wrong, 13) == 3088
    assert lstm_1997.first_success(wrong[:2900], 140) is None
    assert lstm_1997.first_success(wrong[:100], 140) is None


def test_every_run_of_the_program_has_its_record():
    folder = records.results_folder()
    missing = [str(run) for run in marked_product.all_runs() if not run.finished(folder)]
    assert not missing
