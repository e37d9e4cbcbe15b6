"""What students answer in chapter 5's exercises, and what the check says."""

import math

import numpy as np

from tools.course.answers import right, wrong

wrong("5.1", 120, "four times the parameters, so four times the units", says="stand in squares")
wrong("5.1", 60, "rounded the root down", says="a little less than 11,311")
wrong("5.1", 105, "counted one plain layer", says="has two")

wrong("5.2", 7 / 144, "the score for two numbers", says="for two numbers")
wrong("5.2", 1 / 27, "took the mean of the squares for the variance", says="taken away")
wrong("5.2", 1 / 12**3, "multiplied the variances", says="product of the variances")
right("5.2", 37 / 1728)

wrong("5.3", 0.5 ** (1 / 100), "stopped at the gate", says="That is the gate")
wrong("5.3", -4.97, "turned the sigmoid round", says="positive bias")
wrong("5.3", 3.57, "worked it out for 25 steps", says="for 25 steps")
wrong("5.3", 5, "rounded to whole numbers", says="Give two decimals")
right("5.3", 4.97)


def _examples(values, places):
    x = np.zeros((*values.shape, 2), dtype=np.float32)
    np.put_along_axis(x[:, :, 0], places, 1.0, axis=1)
    x[:, :, 1] = values
    y = np.take_along_axis(values, places, axis=1).prod(axis=1)
    return x, y.astype(np.float32)


@wrong("5.4", "the two places may be anywhere", says="both marks in the same half")
def anywhere(n, length, rng):
    places = np.stack([rng.choice(length, 2, replace=False) for _ in range(n)])
    return _examples(rng.random((n, length)), places)


@wrong("5.4", "took the upper end of `integers` as included", says="Which end does `integers`")
def without_the_last(n, length, rng):
    half = length // 2
    first = rng.integers(0, half - 1, n)
    second = rng.integers(half, length - 1, n)
    return _examples(rng.random((n, length)), np.stack([first, second], axis=1))


@wrong("5.4", "one value for all steps of a sequence", says="one for each step")
def one_value(n, length, rng):
    half = length // 2
    places = np.stack([rng.integers(0, half, n), rng.integers(half, length, n)], axis=1)
    return _examples(np.repeat(rng.random((n, 1)), length, axis=1), places)


@wrong("5.4", "the values of a half repeated", says="one for each step")
def one_half_twice(n, length, rng):
    half = length // 2
    places = np.stack([rng.integers(0, half, n), rng.integers(half, length, n)], axis=1)
    return _examples(np.tile(rng.random((n, half)), 2), places)


@wrong("5.4", "small values alone", says="each should be as likely")
def small_values(n, length, rng):
    half = length // 2
    places = np.stack([rng.integers(0, half, n), rng.integers(half, length, n)], axis=1)
    return _examples(rng.random((n, length)) / 10, places)


@wrong("5.4", "one pair of places for all sequences", says="the same step in all sequences")
def same_places(n, length, rng):
    half = length // 2
    places = np.array([[rng.integers(0, half), rng.integers(half, length)]] * n)
    return _examples(rng.random((n, length)), places)


@wrong("5.4", "the answers as a column", says="one a sequence")
def as_a_column(n, length, rng):
    x, y = in_a_loop(n, length, rng)
    return x, y[:, None]


@right("5.4")
def in_a_loop(n, length, rng):
    x, y = np.zeros((n, length, 2), dtype=np.float32), np.ones(n, dtype=np.float32)
    for k in range(n):
        x[k, :, 1] = rng.random(length)
        for half in (range(length // 2), range(length // 2, length)):
            place = rng.choice(half)
            x[k, place, 0] = 1
            y[k] *= x[k, place, 1]
    return x, y


@wrong("5.5", "took the mean", says="makes the squared error small")
def mean(y, tolerance):
    return y.mean()


@wrong("5.5", "took the median", says="makes the absolute error small")
def median(y, tolerance):
    return np.median(y)


@wrong("5.5", "gave the left end of the best window", says="Its middle is asked for")
def left_end(y, tolerance):
    return by_search(y, tolerance) - tolerance


@wrong("5.5", "knew the products and put 0.04", says="Count how many answers lie in a window")
def always(y, tolerance):
    return 0.04


@wrong("5.5", "took the middle of the fullest bin", says="move the window")
def fullest_bin(y, tolerance):
    counts, edges = np.histogram(y, np.arange(np.min(y), np.max(y) + 2 * tolerance, 2 * tolerance))
    return edges[counts.argmax()] + tolerance


@right("5.5")
def by_search(y, tolerance):
    candidates = np.linspace(0, 1, 1001)
    counts = [np.sum(np.abs(np.asarray(y) - c) < tolerance) for c in candidates]
    return candidates[int(np.argmax(counts))]


def _ends(first, second, factor):
    difference = np.subtract(first, second)
    half = factor * difference.std(ddof=1) / math.sqrt(len(difference))
    return difference.mean() - half, difference.mean() + half


@wrong("5.6", "took 1.96 although there are few seeds", says="wider tails")
def normal(first, second):
    return _ends(first, second, 1.96)


@wrong("5.6", "did not pair the seeds", says="should cancel")
def not_paired(first, second):
    from scipy.stats import ttest_ind

    interval = ttest_ind(first, second).confidence_interval()
    return interval.low, interval.high


@wrong("5.6", "forgot the root of n", says="where one more seed may fall")
def without_the_root(first, second):
    from scipy.stats import t

    n = len(first)
    return _ends(first, second, t.ppf(0.975, n - 1) * math.sqrt(n))


@wrong("5.6", "divided by n in the deviation", says="where n - 1 belongs")
def divided_by_n(first, second):
    from scipy.stats import t

    n = len(first)
    return _ends(first, second, t.ppf(0.975, n - 1) * math.sqrt((n - 1) / n))


@right("5.6")
def by_scipy(first, second):
    from scipy.stats import ttest_rel

    interval = ttest_rel(first, second).confidence_interval(0.95)
    return [interval.low, interval.high]


def _all_pairs(answers, y):
    import tensorflow as tf

    return tf.reduce_mean((answers - y) ** 2)


def _on_the_wrong_axis(answers, y):
    import tensorflow as tf

    return tf.reduce_mean((tf.reduce_mean(answers) - tf.reduce_mean(y)) ** 2)


def _in_numpy(answers, y):
    return np.mean((np.asarray(answers)[:, 0] - np.asarray(y)) ** 2)


def _one_each(answers, y):
    import tensorflow as tf

    return tf.reduce_mean((answers - y[:, None]) ** 2, axis=1)


def _mended(answers, y):
    import tensorflow as tf

    return tf.reduce_mean(tf.square(tf.squeeze(answers, axis=-1) - y))


wrong(
    "5.7", (_all_pairs, "c"), "explained it and left it", says="Print the shape of the difference"
)
wrong("5.7", (_on_the_wrong_axis, "c"), "compared two means", says="Pair them one by one")
wrong("5.7", (_in_numpy, "c"), "left TensorFlow", says="No gradient comes through")
wrong("5.7", (_one_each, "c"), "one loss for each example", says="needs one number")
wrong("5.7", (_mended, "b"), "took it for a matter of scale", says="not in a fixed ratio")
wrong("5.7", (_mended, "d"), "thought of padding", says="repeated what was there")
right("5.7", (_mended, "c"))


def _as_planted(x, y, held_out, seed):
    import tensorflow as tf

    examples = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(len(x), seed=seed)
    return examples.skip(held_out), examples.take(held_out)


def _without_shuffle(x, y, held_out, seed):
    import tensorflow as tf

    examples = tf.data.Dataset.from_tensor_slices((x, y))
    return examples.skip(held_out), examples.take(held_out)


def _shuffled_once(x, y, held_out, seed):
    import tensorflow as tf

    examples = tf.data.Dataset.from_tensor_slices((x, y))
    examples = examples.shuffle(len(x), seed=seed, reshuffle_each_iteration=False)
    return examples.skip(held_out), examples.take(held_out)


def _apart(x, y, held_out, seed):
    import tensorflow as tf

    inputs = tf.data.Dataset.from_tensor_slices(x[held_out:]).shuffle(len(x))
    answers = tf.data.Dataset.from_tensor_slices(y[held_out:]).shuffle(len(y))
    validation = tf.data.Dataset.from_tensor_slices((x[:held_out], y[:held_out]))
    return tf.data.Dataset.zip((inputs, answers)), validation


def _everything(x, y, held_out, seed):
    import tensorflow as tf

    examples = tf.data.Dataset.from_tensor_slices((x, y))
    return examples.shuffle(len(x), seed=seed), examples.take(held_out)


def _cut_by_numpy(x, y, held_out, seed):
    import tensorflow as tf

    order = np.random.default_rng(seed).permutation(len(x))
    parts = [order[held_out:], order[:held_out]]
    training, validation = (tf.data.Dataset.from_tensor_slices((x[p], y[p])) for p in parts)
    return training.shuffle(len(x)), validation


wrong("5.8", (_as_planted, "b"), "explained it and left it", says="Read one of the sets twice")
wrong("5.8", (_without_shuffle, "b"), "took the shuffle out", says="in the same order")
wrong("5.8", (_shuffled_once, "b"), "shuffled once and for all", says="in the same order")
wrong("5.8", (_apart, "b"), "shuffled inputs and answers apart", says="lost each other")
wrong("5.8", (_everything, "b"), "taught the validation examples too", says="instead of 45")
wrong("5.8", (_cut_by_numpy, "a"), "blamed `take`", says="Count it, and read it twice")
right("5.8", (_cut_by_numpy, "b"))

wrong(
    "5.9",
    {"short first": [0.04, 0.03], "in turns": [0.004, 0.007]},
    "two seeds",
    says="at least 3 scores",
    named={"baseline": "short first"},
)
wrong(
    "5.9",
    {"short first": [0.04, 0.03, 0.05], "in turns": [0.004, 0.004, 0.004]},
    "one run, written down three times",
    says="its own seed",
    named={"baseline": "short first"},
)
wrong(
    "5.9",
    {"in turns": [0.004, 0.003, 0.005], "more short ones": [0.002, 0.003, 0.006]},
    "left the baseline out",
    says="none of the variants",
    named={"baseline": "short first"},
)
