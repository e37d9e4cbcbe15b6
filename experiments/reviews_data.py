"""The film reviews of chapter 6's programs, and how a model of them is judged."""

import re
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.stats import binomtest

from lstm_utils.corpora import load_nsmc
from lstm_utils.models.reviews import known_codes
from lstm_utils.models.reviews_keras import calibration_error, reliability

from .runs import data_record

# 한데, 인데, 는데: a syllable that ends in ㄴ, and 데, turn a sentence; 근데 and 군데 do not.
N_TAIL = {chr(code) for code in range(ord("가") + 4, ord("힣") + 1, 28)}
BEFORE_A_TURN = "".join(sorted(N_TAIL - set("근군신컨반린")))


@dataclass(frozen=True)
class Part:
    """Some reviews of one of the files."""

    texts: list
    labels: np.ndarray
    file: str  # "train" or "test"
    rows: np.ndarray  # their places in the file
    slices: dict  # bool arrays: where to judge a model by itself


class Corpus:
    """The reviews, read once a process, and what all judgements of a model share."""

    def __init__(self):
        self.train, self.test = load_nsmc("train"), load_nsmc("test")
        known = set(self.train.texts)
        repeated = np.array([text in known for text in self.test.texts])
        words = np.array([len(text.split()) for text in self.test.texts])
        characters = np.array([len(text) for text in self.test.texts])

        def says(pattern):
            return np.array([bool(re.search(pattern, text)) for text in self.test.texts])

        self.slices = {
            "not a repeat of a training text": ~repeated,
            "repeats a training text": repeated,
            "1 to 3 words": words <= 3,
            "4 to 8 words": (words >= 4) & (words <= 8),
            "9 to 15 words": (words >= 9) & (words <= 15),
            "16 words or more": words >= 16,
            "no space, 15 characters or more": (words == 1) & (characters >= 15),
            "with a negation": says(r"(^|\s)(안|못)\s|지\s?(않|못|마)|없"),
            "with a turn": says(rf"지만|[{BEFORE_A_TURN}](?<!가운)데|으나|다만"),
            "with single letters": says("[ㄱ-ㅎㅏ-ㅣ]"),
        }
        self.record = data_record(self.train.source, self.train.path, self.test.path)

    def parts(self, held_out=None):
        """What a model learns from and what it is scored on: training and test reviews.

        With `held_out`, so many training reviews, always the same, stand in the test's place.
        """
        if held_out is None:
            both = ("train", self.train, {}), ("test", self.test, self.slices)
            return [
                Part(data.texts, data.labels, file, np.arange(len(data.texts)), slices)
                for file, data, slices in both
            ]
        texts, labels = np.array(self.train.texts, dtype=object), self.train.labels
        order = np.random.default_rng(0).permutation(len(texts))
        both = np.split(order, [-held_out])
        return [Part(list(texts[k]), labels[k], "train", k, {}) for k in both]


corpus = cache(Corpus)


def leaning_codes(codes, review, labels, at_most, min_count=20):
    """A small vocabulary: the characters seen often, and the n-grams that lean most to one label.

    An n-gram that stands in n reviews, of which k have label 1, leans by (k − n m) / √n, where m
    is the share of label 1 in all reviews: in chance's own units, up to a factor.

    codes (N, longest) are n-grams of training reviews, from `ngram_pieces`, review (N,) says whose
    each row is, labels (R,). A character has to occur, and a longer n-gram to stand in reviews, at
    least `min_count` times. Returns at most `at_most` codes, sorted.
    """
    single = known_codes(codes[:, 0], min_count)
    longer = codes[:, 1:] > 0
    found, which = np.unique(codes[:, 1:][longer], return_inverse=True)
    place = which * len(labels) + np.broadcast_to(review[:, None], longer.shape)[longer]
    which, review = np.divmod(np.unique(place), len(labels))  # once a review
    n = np.bincount(which, minlength=len(found))
    positive = np.bincount(which, weights=labels[review], minlength=len(found))
    leaning = np.abs(positive - n * labels.mean()) / np.sqrt(n)
    leaning[n < min_count] = -1
    best = np.argsort(-leaning, kind="stable")[: max(0, at_most - len(single))]
    return np.sort(np.concatenate([single, found[best[leaning[best] >= 0]]]))


def interval(right):
    """Share of right answers, its 95 % Wilson interval, and the number of reviews."""
    n, k = len(right), int(np.sum(right))
    if not n:
        return {"accuracy": None, "interval": None, "reviews": 0}
    bounds = binomtest(k, n).proportion_ci(method="wilson")
    return {"accuracy": k / n, "interval": [bounds.low, bounds.high], "reviews": n}


def judge(scores, labels, slices):
    """All metrics of one model on the test reviews, from log odds (N,) that each is positive.

    `slices` is a dict of bool arrays (N,).
    """
    p, right = 1 / (1 + np.exp(-scores.astype(np.float64))), (scores > 0) == labels
    return {
        **interval(right),
        "interval_method": "Wilson, 95 %",
        "slices": {name: interval(right[part]) for name, part in slices.items()},
        "calibration_error": calibration_error(p, labels),
        "reliability": reliability(p, labels).T.tolist(),
        "cross_entropy": float(np.mean(np.logaddexp(0, np.where(labels == 1, -scores, scores)))),
    }
