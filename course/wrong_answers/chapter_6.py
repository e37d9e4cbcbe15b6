"""What students answer in chapter 6's exercises, and what the check says."""

from collections import Counter

import numpy as np

from lstm_utils.models.reviews_keras import calibration_error
from lstm_utils.text import Vocabulary, pad
from tools.course.answers import right, wrong

# 6.1 How many reviews does a verdict need?
wrong("6.1", 6430, "one measured score against a known one", says="variance of a difference")
wrong("6.1", 25_719, "added the standard errors", says="variances of independent numbers")
wrong("6.1", 3347, "left the 1.96 out", says="as large as its standard error")
wrong("6.1", 10_000, "took the question for the answer", says="too small")
wrong("6.1", 25_720, "counted the reviews of both models", says="Each has its own")
right("6.1", 13_000)

# 6.2 Two negations
wrong("6.2", [1, 3], "counted from zero", says="counted from zero")
wrong("6.2", [4], "took the compliment for blame", says="Is that praise or blame?")
wrong("6.2", [2, 3, 4], "called a good reading wrong", says="read as it is meant")
wrong("6.2", "24", "wrote the numbers as a word", says="list of whole numbers")
wrong("6.2", [2.5, 4], "gave a number between two sentences", says="list of whole numbers")
right("6.2", {4, 2})
right("6.2", np.array([2, 4]))


# 6.3 A rectangle and its mask
@wrong("6.3", "puts the zeros after the words", says="see last")
def zeros_behind(rows, length):
    ids = pad(rows, length, side="post")
    return ids, ids != 0


@wrong("6.3", "marks the padding instead of the words", says="wrong way round")
def mask_of_zeros(rows, length):
    ids = pad(rows, length, side="pre")
    return ids, ids == 0


@wrong("6.3", "keeps the last words of a long review", says="its first ones")
def last_words(rows, length):
    ids = pad(rows, length, side="pre", truncate="pre")
    return ids, ids != 0


@wrong("6.3", "fills the student's own lists", says="changes the lists")
def in_place(rows, length):
    for row in rows:
        del row[length:]
        while len(row) < length:
            row.insert(0, 0)
    ids = np.array(rows)
    return ids, ids != 0


@wrong("6.3", "forgets the mask", says="two arrays")
def no_mask(rows, length):
    return pad(rows, length, side="pre")


@right("6.3")
def by_the_package(rows, length):
    ids = pad(rows, length, side="pre")
    return ids, ids != 0


# 6.4 A number for the unknown
def _table(train, size, first=2, specials=2):
    counts = Counter(word for review in train for word in review)
    kept = [word for word, _ in counts.most_common(size - specials)]
    return {word: k for k, word in enumerate(kept, start=first)}


@wrong("6.4", "drops unknown words, as the notes do", says="must leave a trace")
def dropped(train, reviews, size):
    number = _table(train, size)
    return [[number[word] for word in review if word in number] for review in reviews]


@wrong("6.4", "makes the table from both parts", says="Of which part")
def leaking(train, reviews, size):
    number = _table(train + reviews, size)
    return [[number.get(word, 1) for word in review] for review in reviews]


@wrong("6.4", "gives unknown words the number of the padding", says="kept for the padding")
def padding_for_unknown(train, reviews, size):
    number = _table(train, size)
    return [[number.get(word, 0) for word in review] for review in reviews]


@wrong("6.4", "begins to count at 1", says="Where does your counting begin")
def counts_from_one(train, reviews, size):
    number = _table(train, size, first=1)
    return [[number.get(word, 1) for word in review] for review in reviews]


@wrong("6.4", "forgets that two rows are taken", says="take up two of them")
def too_many_rows(train, reviews, size):
    number = _table(train, size, specials=0)
    return [[number.get(word, 1) for word in review] for review in reviews]


@right("6.4")
def by_the_vocabulary(train, reviews, size):
    table = Vocabulary.build(train, max_size=size)
    return [table.encode(review) for review in reviews]


# 6.5 Without the leak
@wrong("6.5", "scores all reviews", says="all test reviews")
def all_reviews(train_texts, test_texts, labels, p):
    return np.mean((p > 0.5) == labels)


@wrong("6.5", "scores the repeats", says="the other ones are asked for")
def the_repeats(train_texts, test_texts, labels, p):
    seen = np.array([text in train_texts for text in test_texts])
    return np.mean((p[seen] > 0.5) == labels[seen])


@wrong("6.5", "divides by all test reviews", says="divided by the number of all")
def over_all(train_texts, test_texts, labels, p):
    fresh = np.array([text not in train_texts for text in test_texts])
    return np.sum(((p > 0.5) == labels) & fresh) / len(test_texts)


@wrong("6.5", "takes a piece of a text for a repeat", says="compare whole texts")
def pieces_count(train_texts, test_texts, labels, p):
    joined = "\n".join(train_texts)
    fresh = np.array([text not in joined for text in test_texts])
    return np.mean((p[fresh] > 0.5) == labels[fresh])


# 6.6 An interval for ten reviews
@wrong("6.6", "takes the chapter's formula", says="the interval of the chapter")
def at_the_measured(right_answers, n):
    a = right_answers / n
    half = 1.96 * np.sqrt(a * (1 - a) / n)
    return a - half, a + half


@wrong("6.6", "forgets the denominator", says="not divided by")
def no_denominator(right_answers, n):
    a, z = right_answers / n, 1.96
    reach = z * np.sqrt(a * (1 - a) / n + z**2 / (4 * n**2))
    return a + z**2 / (2 * n) - reach, a + z**2 / (2 * n) + reach


@wrong("6.6", "leaves 4 n² a plain 4 n", says="put p into the equation")
def not_squared(right_answers, n):
    a, z = right_answers / n, 1.96
    middle, reach = a + z**2 / (2 * n), z * np.sqrt(a * (1 - a) / n + z**2 / (4 * n))
    low, high = (middle - reach) / (1 + z**2 / n), (middle + reach) / (1 + z**2 / n)
    return max(low, 0.0), min(high, 1.0)


@wrong("6.6", "subtracts under the root", says="under the square root")
def negative_root(right_answers, n):
    a, z = right_answers / n, 1.96
    reach = z * np.sqrt(a * (1 - a) / n - z**2 / (4 * n**2))
    return a + z**2 / (2 * n) - reach, a + z**2 / (2 * n) + reach


@wrong("6.6", "returns the upper end first", says="lower bound comes first")
def upper_first(right_answers, n):
    a, z = right_answers / n, 1.96
    roots = np.roots([1 + z**2 / n, -(2 * a + z**2 / n), a**2]).real
    return max(roots), min(roots)


@right("6.6")
def by_roots(right_answers, n):
    a, z = right_answers / n, 1.96
    return sorted(np.roots([1 + z**2 / n, -(2 * a + z**2 / n), a**2]).real)


@wrong("6.6", "returns the lower end twice", says="the same number")
def one_end(right_answers, n):
    return (by_roots(right_answers, n)[0],) * 2


@right("6.6")
def by_a_grid(right_answers, n):
    p, a = np.linspace(0, 1, 2001), right_answers / n
    inside = p[np.abs(a - p) <= 1.96 * np.sqrt(p * (1 - p) / n)]
    return inside.min(), inside.max()


# 6.7 One number that restores honesty
def _losses(p, labels, grid):
    log_odds = np.log(p / (1 - p))
    return [np.mean(np.logaddexp(0, log_odds / T) - labels * log_odds / T) for T in grid]


@wrong("6.7", "multiplies by the number", says="upside down")
def multiplied(p, labels):
    grid = np.geomspace(0.1, 10, 400)
    return 1 / grid[np.argmin(_losses(p, labels, grid))]


@wrong("6.7", "looks at the accuracy, which does not move", says="Is it the cross-entropy")
def by_accuracy(p, labels):
    grid = np.linspace(0.2, 10, 99)
    log_odds = np.log(p / (1 - p))
    return grid[np.argmax([np.mean((log_odds / T > 0) == labels) for T in grid])]


@wrong("6.7", "searches above 1 only", says="reach far enough")
def above_one(p, labels):
    grid = np.linspace(1, 10, 901)
    return grid[np.argmin(_losses(p, labels, grid))]


@wrong("6.7", "searches a coarse grid", says="fine enough")
def coarse(p, labels):
    grid = np.arange(0.25, 10, 0.25)
    return grid[np.argmin(_losses(p, labels, grid))]


@wrong("6.7", "minimises the calibration error", says="is it the cross-entropy")
def by_calibration(p, labels):
    grid = np.geomspace(0.2, 10, 200)
    log_odds = np.log(p / (1 - p))
    bins = [calibration_error(1 / (1 + np.exp(-log_odds / T)), labels) for T in grid]
    return grid[np.argmin(bins)]


@right("6.7")
def by_thirds(p, labels):
    low, high = -3.0, 3.0  # of log T; the losses have one minimum
    for _ in range(60):
        thirds = np.linspace(low, high, 4)
        first, second = _losses(p, labels, np.exp(thirds[1:3]))
        low, high = (low, thirds[2]) if first < second else (thirds[1], high)
    return np.exp(low)


# 6.8 A second reader, from the end
def _planted(rows, length):
    forwards = pad(rows, length, side="pre")
    return forwards, forwards[:, ::-1]


def _moved_to_the_first(rows, length):
    backwards = pad([row[:length][::-1] for row in rows], length, side="pre")
    return backwards[:, ::-1], backwards


def _other_words(rows, length):
    turned = [row[::-1] for row in rows]
    return pad(rows, length, side="pre"), pad(turned, length, side="pre")


def _mended(rows, length):
    turned = [row[:length][::-1] for row in rows]
    return pad(rows, length, side="pre"), pad(turned, length, side="pre")


wrong("6.8", (_planted, "b"), "explains it, but leaves it", says="What does it read last?")
wrong("6.8", (_moved_to_the_first, "b"), "moves the zeros to the first", says="the first reader")
wrong("6.8", (_other_words, "b"), "turns around, then crops", says="Crop first")
wrong("6.8", (_mended, "a"), "blames the order of the words", says="What else was turned around")
wrong("6.8", (_mended, "d"), "blames the view", says="the same zeros")


# 6.9 Two parts under one name
def _one_name(part, read, kept):
    if "prepared" not in kept:
        kept["prepared"] = read(part)
    return kept["prepared"]


def _nothing_kept(part, read, kept):
    return read(part)


def _room_for_one(part, read, kept):
    if part not in kept:
        kept.clear()
        kept[part] = read(part)
    return kept[part]


def _by_part(part, read, kept):
    if part not in kept:
        kept[part] = read(part)
    return kept[part]


wrong("6.9", (_one_name, "c"), "explains it, but leaves it", says="Under which name")
wrong("6.9", (_nothing_kept, "c"), "reads everything anew", says="are read anew")
wrong("6.9", (_room_for_one, "c"), "keeps one part at a time", says="side by side")
wrong("6.9", (_by_part, "a"), "blames overfitting", says="agree to the last digit")
wrong("6.9", (_by_part, "b"), "blames repeated reviews", says="by a little")

# 6.10 What does one step of the pipeline cost?
wrong(
    "6.10",
    {"linear": [0.83, 0.82, 0.83], "mine": [0.84]},
    "one seed for its own variant",
    named={"baseline": "linear"},
    says="one seed shows luck",
)
wrong(
    "6.10",
    {"linear": [0.83, 0.82, 0.81], "mine": [0.99, 0.98, 0.99]},
    "scored on the training reviews",
    named={"baseline": "linear"},
    says="too good to be true",
)
wrong(
    "6.10",
    {"linear": [83.0, 82.0, 81.0], "mine": [84.0, 83.0, 82.0]},
    "gives per cent",
    named={"baseline": "linear"},
    says="outside what is possible",
)
