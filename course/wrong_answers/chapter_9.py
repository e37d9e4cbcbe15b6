"""What students answer in chapter 9's exercises, and what the check says."""

import numpy as np

from tools.course.answers import right, wrong

# 9.1 Sixteen steps of a walk
wrong("9.1", 38.3, "multiplied by the number of steps", says="variances that add up")
wrong("9.1", 2.39, "answered for one step", says="one step ahead")
wrong("9.1", 12.0, "gave the standard deviation", says="mean of the absolute value")
wrong("9.1", 48, "multiplied the deviation by the steps", says="in one direction?")
right("9.1", 9.57)


# 9.2 A loss for one quantile
@wrong("9.2", "exchanges the two sides", says="two sides are exchanged")
def exchanged(target, forecast, q):
    error = forecast - target
    return np.mean(np.maximum(q * error, (q - 1) * error))


@wrong("9.2", "takes the absolute error", says="mean absolute error")
def absolute(target, forecast, q):
    return np.mean(np.abs(target - forecast))


@wrong("9.2", "adds instead of averaging", says="take their mean")
def added(target, forecast, q):
    error = target - forecast
    return np.sum(np.maximum(q * error, (q - 1) * error))


@wrong("9.2", "lets too high a forecast earn", says="negative loss")
def earns(target, forecast, q):
    return np.mean(q * (target - forecast))


@right("9.2")
def by_cases(target, forecast, q):
    total = 0.0
    for y, f in zip(target, forecast, strict=True):
        total += q * (y - f) if y > f else (1 - q) * (f - y)
    return total / len(target)


# 9.3 Windows and what follows them
@wrong("9.3", "takes the window's own last number as its target", says="window's last number")
def own_last_number(series, length, ahead):
    starts = range(len(series) - length - ahead + 1)
    x = np.array([series[k : k + length] for k in starts])
    return x, x[:, -1]


@wrong("9.3", "leaves the last window out", says="Is it the last one?")
def without_the_last(series, length, ahead):
    starts = range(len(series) - length - ahead)
    x = np.array([series[k : k + length] for k in starts])
    return x, np.array([series[k + length - 1 + ahead] for k in starts])


@wrong("9.3", "gives the windows alone", says="two arrays")
def windows_alone(series, length, ahead):
    starts = range(len(series) - length - ahead + 1)
    return np.array([series[k : k + length] for k in starts])


@right("9.3")
def by_a_view(series, length, ahead):
    x = np.lib.stride_tricks.sliding_window_view(series, length)
    y = series[length - 1 + ahead :]
    return x[: len(y)], y


# 9.4 The same hour, known
@wrong("9.4", "looks into the future where the target is far", says="Go back two seasons")
def one_season_back(series, ahead, season):
    n, want = len(series), np.full(len(series), np.nan)
    for t in range(n):
        if season - ahead <= t and t + ahead - season < n:
            want[t] = series[t + ahead - season]
    return want


@wrong("9.4", "fills the beginning with the first number", says="has to be NaN")
def first_number(series, ahead, season):
    back = season * -(-ahead // season)
    return np.array([series[max(t + ahead - back, 0)] for t in range(len(series))])


@wrong("9.4", "repeats the last number whatever the season is", says="has to be NaN")
def last_number(series, ahead, season):
    return np.array(series, dtype=float)


@right("9.4")
def by_slices(series, ahead, season):
    lag = -ahead % season
    forecast = np.full(len(series), np.nan)
    forecast[lag:] = series[: len(series) - lag]
    return forecast


# 9.5 How late is it?
@wrong("9.5", "counts the lag the other way", says="sign is the wrong way round")
def other_way(target, forecast, most):
    n = len(target)
    scores = [
        np.corrcoef(target[most : n - most], forecast[most + k : n - most + k])[0, 1]
        for k in range(-most, most + 1)
    ]
    return -(int(np.argmax(scores)) - most)


@wrong("9.5", "compares by the error", says="which no level changes")
def by_error(target, forecast, most):
    n = len(target)
    errors = [np.mean((target[: n - k] - forecast[k:]) ** 2) for k in range(most + 1)]
    return int(np.argmin(errors))


@wrong("9.5", "gives the correlation and not the lag", says="0 steps late is not 1")
def the_correlation(target, forecast, most):
    return max(np.corrcoef(target[: len(target) - k], forecast[k:])[0, 1] for k in range(most + 1))


@right("9.5")
def both_directions(target, forecast, most):
    inner = slice(most, len(target) - most)
    scores = {
        k: np.corrcoef(target[inner], np.roll(forecast, -k)[inner])[0, 1]
        for k in range(-most, most + 1)
    }
    return max(scores, key=scores.get)


# 9.6 An interval that keeps its promise
@wrong("9.6", "takes NumPy's quantile", says="at the rank that the text gives")
def by_quantile(target, low, high, share):
    return np.quantile(np.maximum(low - target, target - high), share)


@wrong("9.6", "is off by one in the rank", says="has the index 0")
def rank_too_far(target, low, high, share):
    beyond = np.sort(np.maximum(low - target, target - high))
    return beyond[int(np.ceil((len(beyond) + 1) * share))]


@wrong("9.6", "never makes an interval narrower", says="become narrower")
def never_narrower(target, low, high, share):
    beyond = np.sort(np.maximum(np.maximum(low - target, target - high), 0))
    return beyond[int(np.ceil((len(beyond) + 1) * share)) - 1]


@right("9.6")
def by_partition(target, low, high, share):
    beyond = np.where(target < (low + high) / 2, low - target, target - high)
    k = min(int(np.ceil((len(beyond) + 1) * share)), len(beyond)) - 1
    return np.partition(beyond, k)[k]


# 9.7 A scaler that knows too much
def _whole(series, until):
    return (series - series.mean()) / series.std()


def _training_only(series, until):
    past = series[:until]
    return (past - past.mean()) / past.std()


def _each_its_own(series, until):
    return np.concatenate([(part - part.mean()) / part.std() for part in np.split(series, [until])])


def _mended(series, until):
    return (series - series[:until].mean()) / series[:until].std()


wrong("9.7", (_whole, "b"), "explains it, but leaves it", says="come from the whole series")
wrong("9.7", (_training_only, "b"), "drops what is to be forecast", says="same two numbers")
wrong("9.7", (_each_its_own, "b"), "fits a scaler to each part", says="before it has come")
wrong("9.7", (_mended, "a"), "blames the shape of the distribution", says="shift and stretch")
wrong("9.7", (_mended, "c"), "blames the size of the numbers", says="That is no leak")


# 9.8 Six steps on its own feet
def _peeking(model, series, known, steps):
    return np.array([model(series[known + k - 3 : known + k]) for k in range(steps)])


def _stuck(model, series, known, steps):
    return np.array([model(series[known - 3 : known])] * steps)


def _own_answers(model, series, known, steps):
    history = list(series[:known])
    for _ in range(steps):
        history.append(model(np.array(history[-3:])))
    return np.array(history[known:])


wrong("9.8", (_peeking, "a"), "explains it, but leaves it", says="lie in the future")
wrong("9.8", (_stuck, "a"), "never moves the window", says="does the window move on")
wrong("9.8", (_own_answers, "b"), "blames the model", says="asked for more")
wrong("9.8", (_own_answers, "c"), "blames the length of the window", says="three numbers in either")
wrong("9.8", (_own_answers, "d"), "blames luck", says="no chance")


# 9.9 One change
wrong(
    "9.9",
    {"persistence": [2.0, 2.1, 2.2], "mine": [1.9]},
    "one seed for its own variant",
    named={"baseline": "persistence"},
    says="one seed shows luck",
)
wrong(
    "9.9",
    {"mine": [1.9, 1.8, 1.9]},
    "compares with nothing",
    named={"baseline": "persistence"},
    says="at least two variants",
)
wrong(
    "9.9",
    {"persistence": [2.0, 2.1, 2.2], "mine": [-1.9, 1.8, 1.9]},
    "an error below zero",
    named={"baseline": "persistence"},
    says="outside what is possible",
)
