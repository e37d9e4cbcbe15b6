"""Chapter 6's experiments: pieces of words, training, metrics, and what a kill leaves."""

import json
import threading
from dataclasses import replace

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save as to_bytes
from scipy.special import expit
from scipy.stats import entropy

from lstm_utils.models.reviews import ngram_pieces, ngrams_of_codes
from lstm_utils.records import load_records, metric
from tests.experiments.killed import run_apart


def test_letters_are_read_inside_the_syllables():
    from experiments.sentiment import letter_pieces

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
    from experiments.reviews_data import leaning_codes

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

    from experiments.reviews_training import RowAdam

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


@given(st.floats(-8, 8), st.floats(-8, 8))
def test_two_verdicts_diverge_by_the_mean_of_both_kullback_leibler_divergences(a, b):
    from experiments.reviews_training import divergence

    p, q = ([1 - expit(z), expit(z)] for z in (a, b))
    expected = (entropy(p, q) + entropy(q, p)) / 2
    assert float(divergence(a, b)) == pytest.approx(expected, rel=1e-3, abs=1e-6)


def test_a_batch_that_is_read_twice_is_thinned_anew():
    """With all dropout off, two readings agree, and the loss is that of one."""
    from experiments.reviews_training import Trainer
    from experiments.sentiment import NETWORK
    from lstm_utils.models.reviews import EncodedReviews
    from lstm_utils.models.reviews_keras import ReviewNetwork

    def losses(piece_dropout, r_drop):
        keras.utils.set_random_seed(0)
        recipe = replace(NETWORK, r_drop=r_drop, piece_dropout=piece_dropout, averaging=None)
        trainer = Trainer(ReviewNetwork(9, 4, 3, scale=1.0), recipe, seed=0)
        batch = EncodedReviews.from_ids([[1, 2, 3, 4, 5, 6, 7, 8]]).batch([0])
        return [trainer.step(batch, np.array([1.0]), 1e-3) for _ in range(3)]

    np.testing.assert_allclose(losses(0.0, 5.0), losses(0.0, None), rtol=1e-5)
    assert losses(0.5, 5.0) != losses(0.5, None)


def test_a_taught_network_learns_labels_and_verdicts_by_their_shares():
    from experiments.sentiment import taught_labels

    told = [np.array([0.0, 2.0]), np.array([0.0, -4.0])]
    found = taught_labels(0.25, np.array([1, 0]), told)
    np.testing.assert_allclose(found, [0.75 + 0.25 * 0.5, 0.25 * expit(-1)])


@settings(max_examples=30)
@given(st.integers(1, 400), st.integers(0, 99))
def test_intervals_and_pairs_agree_with_formulas(n, seed):
    from experiments.reviews_data import interval
    from experiments.sentiment import compare

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

    from experiments.reviews_data import judge

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


def held_out_accuracy(name):
    return metric("sentiment_tuning", name, "accuracy")[0]


def test_each_kind_of_tokens_has_the_dropout_that_did_best_on_held_out_reviews():
    """And the best is not the last that was tried, unless that is no dropout at all."""
    from experiments.sentiment import PIECE_DROPOUT, TRIED

    for name, shares in TRIED.items():
        best = max(shares, key=lambda share, name=name: held_out_accuracy(f"{name}-{share}"))
        assert best == PIECE_DROPOUT[name], name
        assert best in (0.0, *sorted(shares)[1:-1]), name


def test_the_best_tokens_are_the_cheapest_to_read_within_a_standard_error():
    """Breiman, Friedman, Olshen and Stone's rule, "1 SE" (1984)."""
    from experiments.sentiment import BEST, HELD_OUT, PIECE_DROPOUT, TOKENS

    names = {kind: f"{kind}-{PIECE_DROPOUT[kind]}" for kind in TOKENS}
    right = {kind: held_out_accuracy(name) for kind, name in names.items()}
    best = max(right.values())
    error = (best * (1 - best) / HELD_OUT) ** 0.5
    equal = [kind for kind in TOKENS if right[kind] >= best - error]
    sizes = {kind: load_records("sentiment_tuning", names[kind])[0]["sizes"] for kind in equal}
    cost = {kind: (own["steps_per_review"], own["weights"]) for kind, own in sizes.items()}
    assert min(cost, key=cost.get) == BEST
    assert len(cost) > 1


def test_the_linear_model_is_the_one_that_did_best_on_held_out_reviews():
    """And neither its longest n-grams nor its C are the least or most that were tried."""
    from experiments.sentiment import LINEAR_TRIED, LinearRecipe

    def accuracy(setting):
        return held_out_accuracy("linear-{}-{}-{:g}".format(*setting))

    text, *sizes = max(LINEAR_TRIED, key=accuracy)
    chosen = LinearRecipe()
    assert (text, *sizes) == (chosen.text, chosen.longest, chosen.C)
    for size, tried in zip(sizes, [*zip(*LINEAR_TRIED, strict=True)][1:], strict=True):
        assert min(tried) < size < max(tried)


def test_what_is_held_out_is_not_learned_from():
    from experiments.reviews_data import corpus

    fitted, held_out = corpus().parts(40)
    assert len(held_out.texts) == 40
    assert not set(fitted.rows) & set(held_out.rows)
    train = corpus().train
    assert sorted([*fitted.rows, *held_out.rows]) == list(range(len(train.texts)))
    for part in (fitted, held_out):
        assert part.texts == [train.texts[row] for row in part.rows]
        assert (part.labels == train.labels[part.rows]).all()


def arguments(folder, *more):
    folders = ("--results", folder / "results", "--checkpoints", folder / "kept")
    return [str(argument) for argument in ("--quick", *folders, *more)]


def test_a_killed_run_ends_with_the_metrics_of_an_unbroken_one(tmp_path):
    name = "training-7-falling-rate"
    chosen = "--only", f"^{name}$", "--seeds", 1
    broken, whole = (arguments(tmp_path / folder, *chosen) for folder in ("broken", "whole"))
    run_apart("sentiment", broken, killed_after=3)
    assert not (tmp_path / "broken" / "results").exists()
    run_apart("sentiment", broken, whole)
    paths = [f"{folder}/results/sentiment/{name}-seed1.json" for folder in ("whole", "broken")]
    found = [json.loads((tmp_path / path).read_text(encoding="utf-8")) for path in paths]
    whole, broken = found
    assert (whole["restarts"], broken["restarts"]) == (0, 1)
    for key in ("accuracy", "cross_entropy", "reliability", "slices"):
        assert whole["metrics"][key] == broken["metrics"][key]
    losses = [[epoch["loss"] for epoch in record["curve"]] for record in found]
    assert losses[0] == losses[1]


def test_a_system_made_in_one_go_says_what_it_says_made_from_its_parts(tmp_path):
    """Two processes and an empty folder; among the members is one that two others teach."""
    names = "^(system|system-in-one-go)$"
    run_apart("sentiment", arguments(tmp_path, "--only", names, "--seeds", 0))
    found = [
        json.loads((tmp_path / f"results/sentiment/{name}-seed0.json").read_text(encoding="utf-8"))
        for name in ("system", "system-in-one-go")
    ]
    parts, at_once = (record["metrics"] for record in found)
    assert at_once["cross_entropy"] == parts["cross_entropy"]
    assert at_once["seconds_of_two_processes"] > 0
    path = tmp_path / "results/sentiment/taught-seed0.json"
    taught = json.loads(path.read_text(encoding="utf-8"))["metrics"]
    assert taught["teachers_seconds_on_two_cores"] > 0


def test_two_that_lean_on_one_run_make_it_once(tmp_path, monkeypatch):
    from experiments import runs, sentiment

    options = runs.parser_of("Reviews.").parse_args(arguments(tmp_path))
    made, begun, may_end, found = [], threading.Event(), threading.Event(), []

    def execute(run, options):
        made.append(run)
        begun.set()
        assert may_end.wait(60)
        runs.write_atomically(sentiment.left_by(run, options), to_bytes({"scores": np.ones(3)}))
        with runs.Progress(run, options.checkpoints) as progress:
            metrics = {"tokenising_seconds": 0.0}
            return progress.record(data={}, sizes={}, metrics=metrics, curve=[])

    monkeypatch.setattr(sentiment, "execute", execute)
    after = sentiment.Run("sentiment", sentiment.BEST, 0, sentiment.NETWORK)
    lean = lambda: found.append(sentiment.earlier("linear", after, options))  # noqa: E731
    threads = [threading.Thread(target=lean) for _ in range(2)]
    threads[0].start()
    assert begun.wait(60)
    threads[1].start()
    may_end.set()
    for thread in threads:
        thread.join(60)
    assert len(made) == 1
    assert [one.scores.tolist() for one in found] == [[1, 1, 1]] * 2
