"""The checks of chapter 9's exercises: windows, naive forecasts, leaks, quantiles, intervals."""

import numpy as np

from lstm_utils.exercises.checking import Nothing, Wrong, call, exercise
from lstm_utils.exercises.comparing import (
    compare,
    compare_number,
    explanation,
    raise_if_slip,
    to_numpy,
)
from lstm_utils.exercises.studies import check_study, gain_and_spread
from lstm_utils.messages import translate as _


def _series(n, seed):
    """A series without two equal numbers, so that a slip by one hour shows."""
    rng = np.random.default_rng(seed)
    return np.cumsum(rng.normal(size=n)) + 3 * np.sin(np.arange(n) / 3)


@exercise("9.1")
def walk(error):
    """Mean absolute error of persistence on a random walk, sixteen steps ahead."""
    one = 3 * np.sqrt(2 / np.pi)
    compare_number(
        error,
        4 * one,
        _("the error"),
        tolerance=0.06,
        hints={
            16 * one: _(
                "Sixteen steps do not go all in one direction: it is their variances that add up."
            ),
            one: _("That is the error one step ahead."),
            12: _(
                "That is the standard deviation of sixteen steps. The mean of the absolute value "
                "is a little less."
            ),
            48: _(
                "That is sixteen times the standard deviation of one step. Do all steps go in one "
                "direction?"
            ),
        },
    )
    return _(
        "Right, 9.57: four times the error one step ahead, for sixteen times as many steps. No "
        "forecast of a walk does better."
    )


@exercise("9.2")
def quantile_loss(function):
    """Mean pinball loss of forecasts for one quantile."""
    target = np.array([3.0, 5.0, 8.0, 1.0, 4.0])
    forecast = np.array([4.0, 5.0, 2.0, 2.5, 3.0])
    error = target - forecast
    for q in (0.5, 0.9, 0.05):
        want = np.mean(np.where(error >= 0, q * error, (q - 1) * error))
        mirrored = np.mean(np.where(error >= 0, (1 - q) * error, -q * error))
        hints = {
            float(np.mean(np.abs(error))): _("That is the mean absolute error, whatever q is.")
        }
        if q != 0.5:
            hints[float(mirrored)] = _(
                "The two sides are exchanged: for the quantile 0.9 it has to be expensive to say "
                "too little, since nine targets in ten shall lie below."
            )
        hints[float(np.sum(np.where(error >= 0, q * error, (q - 1) * error)))] = _(
            "That is the sum over all targets: take their mean."
        )
        hints[float(np.mean(q * error))] = _(
            "A forecast that is too high has a negative loss: then the best forecast is infinite. "
            "Such an error costs (q − 1) times itself."
        )
        got = call(function, target, forecast, q)
        compare_number(
            got, float(want), _("the loss for q = {q}", q=q), tolerance=1e-9, hints=hints
        )
    return _("Right. At q = 0.5 it is half the absolute error, so the median is what minimises it.")


@exercise("9.3")
def windows(function):
    """Windows (n, length) of a series and the number `ahead` steps after each one's end."""
    for n, length, ahead in ((9, 3, 1), (12, 4, 3), (8, 1, 2)):
        series = _series(n, n)
        got = call(function, series, length, ahead)
        if got is None:
            raise Nothing("Instead of windows and targets there is None. Is a return missing?")
        if not isinstance(got, (tuple, list)) or len(got) != 2:
            raise Wrong("Return two arrays: the windows and their targets.")
        starts = [k for k in range(n) if k + length - 1 + ahead < n]
        want_x = np.array([series[k : k + length] for k in starts])
        want_y = np.array([series[k + length - 1 + ahead] for k in starts])
        x, y = (np.asarray(to_numpy(part)) for part in got)
        if len(x) == len(want_x) - 1 and len(y) == len(want_y) - 1:
            raise Wrong(
                "{windows} windows of {n} numbers; one more has a target. Is it the last one?",
                windows=len(x),
                n=n,
            )
        compare(x, want_x, _("the windows"))
        seen = _("Each target is its window's last number, which a network gets to see.")
        raise_if_slip(y, {seen: want_x[:, -1]})
        compare(y, want_y, _("the targets"), time_axis=0)
    return _(
        "Right: every window whose target lies within the series, and each target outside its "
        "window."
    )


@exercise("9.4")
def seasons(function):
    """The last known number that lies whole seasons before the target, at each step."""
    for n, ahead, season in ((12, 1, 1), (20, 3, 4), (20, 4, 4), (30, 5, 4), (16, 7, 3)):
        series = _series(n, 40 + n + ahead)
        back = season * -(-ahead // season)
        want = np.full(n, np.nan)
        for t in range(n):
            if t + ahead - back >= 0:
                want[t] = series[t + ahead - back]
        got = call(function, series, ahead, season)
        if got is None:
            raise Nothing("Instead of the forecasts there is None. Is a return missing?")
        got = np.asarray(to_numpy(got))
        if got.shape != (n,):
            compare(got, want, _("the forecasts"))
        peeking = np.array([series[min(t + ahead - season, n - 1)] for t in range(n)])
        there = ~np.isnan(want)
        if ahead > season and np.allclose(got[there][:-ahead], peeking[there][:-ahead]):
            raise Wrong(
                "With ahead = {ahead} and season = {season} it forecasts by a number that lies "
                "after step t. What is known when the forecast is made? Go back two seasons.",
                ahead=ahead,
                season=season,
            )
        if not np.array_equal(np.isnan(got.astype(float)), ~there):
            raise Wrong(
                "Where the series does not reach back far enough the forecast has to be NaN, and "
                "nowhere else."
            )
        compare(got[there], want[there], _("the forecasts"), time_axis=0)
    return _("Right: it uses nothing after step t, however far ahead the target lies.")


@exercise("9.5")
def lateness(function):
    """The lag at which a forecast resembles the target most."""
    rng = np.random.default_rng(7)
    walk = np.cumsum(rng.normal(size=400))
    noise = 0.05 * rng.normal(size=400)
    cases = [(0, walk + noise)]
    cases += [(k, np.concatenate([walk[:1].repeat(k), walk[:-k]]) + noise) for k in (1, 2, 5)]
    for late, forecast in cases:
        got = call(function, walk, forecast, 6)
        if late and np.size(got) == 1 and got is not None and float(np.ravel(got)[0]) == -late:
            raise Wrong(
                "The sign is the wrong way round: this forecast shows the series {late} steps "
                "late, so it resembles what the target was before.",
                late=late,
            )
        compare_number(
            got, late, _("the lag of a forecast {late} steps late", late=late), tolerance=0.1
        )
    rising = 5 * np.arange(400) + 20 * np.sin(np.arange(400) / 3)
    late = np.concatenate([rising[:3], rising[:-3]]) + 12
    got = call(function, rising, late, 6)
    if np.size(got) != 1 or float(np.ravel(got)[0]) != 3:
        raise Wrong(
            "A forecast of a rising series that is three steps late and 12 too high is taken for "
            "{got} steps late. Compare by correlation, which no level changes.",
            got=got,
        )
    return _(
        "Right. The lag says what a forecast is made of, not whether it is good: it takes the "
        "error too. Late and no better than persistence, it is worth the last value."
    )


@exercise("9.6")
def margin(function):
    """The margin that makes intervals hold the share that they promise, from validation data."""
    rng = np.random.default_rng(11)
    for n, share in ((99, 0.9), (40, 0.8), (199, 0.95)):
        target = rng.normal(0, 2, n)
        low, high = np.full(n, -1.0), np.full(n, 1.0) + 0.1 * rng.uniform(size=n)
        beyond = np.maximum(low - target, target - high)
        rank = int(np.ceil((n + 1) * share))
        want = float(np.sort(beyond)[rank - 1])
        hints = {
            float(np.quantile(beyond, share)): _(
                "Near, but a quantile between two numbers promises a little too much: take the one "
                "at the rank that the text gives."
            ),
            float(np.sort(beyond)[rank]): _(
                "One rank too far: the first of a sorted array has the index 0."
            ),
            float(np.sort(np.abs(target))[rank - 1]): _(
                "That is a margin around zero; the interval's own ends are to be kept."
            ),
            float(np.sort(np.maximum(beyond, 0))[rank - 1]) if want < 0 else np.inf: _(
                "An interval that is too wide has to become narrower: a margin may be negative."
            ),
        }
        got = call(function, target, low, high, share)
        compare_number(got, want, _("the margin"), tolerance=1e-9, hints=hints)
    wide = np.full(50, 9.0)
    inside = rng.normal(size=50)
    want = float(np.sort(np.maximum(-wide - inside, inside - wide))[int(np.ceil(51 * 0.9)) - 1])
    got = call(function, inside, -wide, wide, 0.9)
    if got is not None and np.size(got) == 1 and float(np.ravel(got)[0]) == 0.0:
        raise Wrong(
            "Intervals that hold everything have to become narrower: there the margin is negative."
        )
    compare_number(got, want, _("the margin of intervals that are too wide"), tolerance=1e-9)
    few = np.array([0.5, 3.0, -2.0, 1.5, 0.0])  # rank 6 of 5
    got = call(function, few, np.full(5, -1.0), np.full(5, 1.0), 0.95)
    compare_number(got, 2.0, _("the margin where the rank exceeds n"), tolerance=1e-9)
    return _(
        "Right. On new hours that are like those of the validation the promise holds on average, "
        "whatever model the intervals came from."
    )


@exercise("9.7")
def leak(function, because=None):
    """A scaler fitted before `until` alone, applied to the whole series."""
    for n, until in ((40, 30), (60, 20)):
        series = _series(n, n) * (1 + np.arange(n) / 10)
        got = call(function, series, until)
        past = series[:until]
        want = (series - past.mean()) / past.std()
        if got is None:
            raise Nothing("Instead of the scaled series there is None. Is a return missing?")
        rest = series[until:]
        slips = {
            _(
                "Mean and deviation still come from the whole series, the part to be forecast "
                "included."
            ): (series - series.mean()) / series.std(),
            _(
                "Only the training part is there. The rest has to be scaled as well, by the same "
                "two numbers."
            ): want[:until],
            _(
                "Each part is scaled by its own mean and deviation, so the test part is known "
                "before it has come."
            ): np.concatenate([want[:until], (rest - rest.mean()) / rest.std()]),
        }
        raise_if_slip(np.asarray(to_numpy(got)), slips)
        compare(got, want, _("the scaled series"))
    explanation(
        because,
        "b",
        {
            "a": _("If it did, so would the mended one: both only shift and stretch the numbers."),
            "c": _("Scale matters to training, but any scale would do here. That is no leak."),
            "d": _("The order of the numbers is the same before and after."),
        },
    )
    return _(
        "Right. Whatever is computed from the series - a mean, a maximum, a vocabulary, the choice "
        "of a setting - comes from the part that lies before the test."
    )


@exercise("9.8")
def recursive(function, because=None):
    """Forecasts `steps` ahead by a one-step model that is fed its own answers."""

    def model(window):
        return float(window[-1] + 0.5 * (window[-1] - window[-3]))

    for seed in (1, 2):
        series = _series(30, seed)
        known, steps = 20, 6
        got = call(function, model, series, known, steps)
        history = list(series[:known])
        for _step in range(steps):
            history.append(model(history[-3:]))
        want = np.array(history[known:])
        walked = np.array([model(series[known + k - 3 : known + k]) for k in range(steps)])
        if got is None:
            raise Nothing("Instead of the forecasts there is None. Is a return missing?")
        slips = {
            _(
                "Each step still reads the true numbers before it, which lie in the future when "
                "the forecast is made."
            ): walked,
            _("All steps say the same: does the window move on with what was forecast?"): np.full(
                steps, want[0]
            ),
        }
        raise_if_slip(np.asarray(to_numpy(got)), slips)
        compare(got, want, _("the forecasts"), time_axis=0)
        changed = series.copy()
        changed[known:] = 99.0
        again = call(function, model, changed, known, steps)
        compare(again, want, _("the forecasts when the future is another one"), time_axis=0)
    explanation(
        because,
        "a",
        {
            "b": _(
                "One step ahead both forecasts are the same; the model is not worse, it is asked "
                "for more."
            ),
            "c": _("The model has three numbers in either case."),
            "d": _("There is no chance in this model."),
        },
    )
    return _(
        "Right. Walking forward over true numbers answers how good the model is one step ahead; "
        "six steps ahead it has to live on its own answers."
    )


@exercise("9.9")
def one_change(results, baseline):
    """Errors of at least two forecasts, one a seed."""
    words = check_study(results, baseline=baseline, bounds=(0, np.inf), higher_is_better=False)
    gain, spread = gain_and_spread(results, baseline, higher_is_better=False)
    return _(
        "{words} The best of the others is better than {baseline!r} by {gain:.3g}, and the widest "
        "spread over seeds is {spread:.3g}: which of the two is larger?",
        words=words,
        baseline=baseline,
        gain=-gain,
        spread=spread,
    )
