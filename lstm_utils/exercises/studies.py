"""Judging a study: whether a project's scores, several seeds a variant, can be compared at all."""

import itertools

import numpy as np

from lstm_utils.exercises.checking import Nothing, Wrong, type_in_words
from lstm_utils.exercises.comparing import to_numpy
from lstm_utils.messages import translate as _

GUESSED = 0.06  # how far from chance a guess may score on some hundred examples


def check_study(
    results,
    *,
    baseline,
    at_least=3,
    bounds=(-np.inf, np.inf),
    higher_is_better=True,
    too_good=None,
    chance=None,
):
    """Raise Wrong unless a project's results can be read as a comparison; return a sentence.

    Parameters
    ----------
    results : dict of str to list of float
        The scores of each variant, one a seed.
    baseline : str
        The variant that the others are compared with.
    at_least : int
        How many seeds each variant needs.
    bounds : pair of float
        Between which values a score can lie at all.
    higher_is_better : bool
        Whether a higher score is a better one.
    too_good : float, optional
        A score beyond this one is more likely a mistake than a success.
    chance : float, optional
        What a guess scores. Models that have learnt nothing may agree: on the same test examples
        each gives one answer to all.
    """
    if results is None:
        raise Nothing("There are no results.")
    if not isinstance(results, dict):
        raise Wrong(
            "The results have to be a dictionary from the name of a variant to its scores, and "
            "this is {kind}.",
            kind=type_in_words(results),
        )
    if len(results) < 2:
        raise Wrong("A comparison needs at least two variants: the baseline and yours.")
    if baseline is None:
        raise Nothing("Name the baseline.")
    if baseline not in results:
        raise Wrong(
            "The baseline {baseline!r} is none of the variants: {names}.",
            baseline=baseline,
            names=", ".join(results),
        )
    scores = {name: _scores(name, values, at_least) for name, values in results.items()}
    if len({len(values) for values in scores.values()}) > 1:
        raise Wrong("The variants have different numbers of scores: give all the same seeds.")
    low, high = bounds
    for name, values in scores.items():
        if (values < low).any() or (values > high).any():
            raise Wrong(
                "A score of {name!r} lies outside what is possible ({low:g} to {high:g}).",
                name=name,
                low=low,
                high=high,
            )
        best = values.max() if higher_is_better else -values.min()
        if too_good is not None and best > (too_good if higher_is_better else -too_good):
            raise Wrong(
                "A score of {name!r} is too good to be true. Is something of the answer in the "
                "input, or is it scored on what it was trained on?",
                name=name,
            )
    guesses = {
        name
        for name, values in scores.items()
        if chance is not None and np.abs(values - chance).max() < GUESSED
    }
    for name, values in scores.items():
        # Three times an accuracy of exactly 1 is a result, three times 0.437 a forgotten seed. A
        # baseline may draw nothing at random: a constant guess, or counts.
        if np.ptp(values) == 0 and values[0] not in bounds and name not in {baseline, *guesses}:
            raise Wrong(
                "All scores of {name!r} are the same number. Does every run get its own seed?",
                name=name,
            )
    for one, other in itertools.combinations(scores, 2):
        same = np.array_equal(scores[one], scores[other]) and not {one, other} <= guesses
        if same and not np.isin(scores[one], bounds).all():
            raise Wrong(
                "{one!r} and {other!r} have the same scores. Does the change reach the model?",
                one=one,
                other=other,
            )
    seeds = len(next(iter(scores.values())))
    return _(
        "A comparison that can be read: {variants} variants, {seeds} seeds each.",
        variants=len(scores),
        seeds=seeds,
    )


def gain_and_spread(results, baseline, higher_is_better=True):
    """Return how far the best other variant's median is from the baseline's, and the widest range.

    Both in the unit of the scores; `results` has passed `check_study`.
    """
    spread = max(float(np.ptp(np.asarray(values, dtype=float))) for values in results.values())
    middle = {name: float(np.median(values)) for name, values in results.items()}
    best = max if higher_is_better else min
    others = [value for name, value in middle.items() if name != baseline]
    return best(others) - middle[baseline], spread


def _scores(name, values, at_least):
    try:
        array = np.asarray([to_numpy(value) for value in values], dtype=float)
    except (TypeError, ValueError):
        array = np.empty((0, 0))
    if array.ndim != 1:
        raise Wrong("The scores of {name!r} have to be a list of numbers, one a seed.", name=name)
    if len(array) < at_least:
        raise Wrong(
            "{name!r} has {count} of at least {at_least} scores: one seed shows luck as much as "
            "quality.",
            name=name,
            count=len(array),
            at_least=at_least,
        )
    if not np.isfinite(array).all():
        raise Wrong("The scores of {name!r} hold NaN or infinity: did that run diverge?", name=name)
    return array
