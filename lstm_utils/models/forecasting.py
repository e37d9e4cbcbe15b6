"""Forecasts of an hourly series, without a framework: lessons, baselines, and how good they are.

Shared by chapter 9 and its experiments. Everything is indexed by the hour *at* which a forecast is
made: ``forecast[t]`` is for hour t + ahead and uses what is known once hour t is over.
"""

from dataclasses import dataclass

import numpy as np

from lstm_utils.inputs import as_floats, as_whole

DAY, WEEK = 24, 168  # hours
QUANTILES = (0.05, 0.5, 0.95)


@dataclass(frozen=True, eq=False)
class Lessons:
    """What is known at each hour, and what is asked.

    Attributes
    ----------
    x : ndarray of float32, shape (n, features)
        Inputs; `names` says what each is.
    names : tuple of str
    level : ndarray of float64, shape (n,)
        Mean of the last week's numbers, each raised to `power`: the unit of that hour.
    now : ndarray of float64, shape (n,)
        The hour's own number, in the form that `scaled` gives.
    target : ndarray of float64, shape (n,)
        The number `ahead` hours later, in its own unit; NaN at the end.
    counts : ndarray of bool, shape (n,)
        Whether that number was observed, and a week lies before hour t.
    ahead : int
    power : float
    """

    x: np.ndarray
    names: tuple[str, ...]
    level: np.ndarray
    now: np.ndarray
    target: np.ndarray
    counts: np.ndarray
    ahead: int
    power: float

    def scaled(self, numbers):
        """Numbers (n,) or (n, k), hour by hour in units of the level: what a network works with."""
        level = self.level if np.ndim(numbers) == 1 else self.level[:, None]
        return 2 * (np.asarray(numbers) ** self.power / level - 1)

    def numbers(self, scaled):
        """The way back from `scaled`; what would be negative becomes 0."""
        level = self.level if np.ndim(scaled) == 1 else self.level[:, None]
        return np.maximum((scaled / 2 + 1) * level, 0) ** (1 / self.power)

    def between(self, first, last):
        """The hours t with a target that counts and lies in hours `first` to `last`, without it."""
        target_hour = np.arange(len(self.target)) + self.ahead
        return np.flatnonzero(self.counts & (target_hour >= first) & (target_hour < last))


def shifted(values, hours):
    """Values (n,) of `hours` later, NaN beyond the ends: ``out[t] = values[t + hours]``."""
    out = np.full(len(values), np.nan)
    place = np.arange(len(values)) + hours
    inside = (place >= 0) & (place < len(values))
    out[inside] = values[place[inside]]
    return out


def trailing_mean(values, hours):
    """The mean of each hour and those before it, `hours` in all or as many as there are: (n,)."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    last = np.arange(1, len(values) + 1)
    first = np.maximum(last - hours, 0)
    return (total[last] - total[first]) / (last - first)


def lessons(series, ahead, until, power=1.0, weather="changes"):
    """Make what a model reads of an hourly series.

    Parameters
    ----------
    series : lstm_utils.series.HourlySeries
    ahead : int
        Hours from the last known number to the one asked for: from 1 to 24.
    until : int
        Hours before this one are there to learn from: means and deviations come from them alone.
    power : float
        1 for the numbers themselves, 1/2 for their roots.
    weather : {"changes", "as it is", "none"}
        Whether the temperature is given as it differs from the last week's mean.

    Returns
    -------
    Lessons
        Inputs: the number now, a day and a week before the hour asked for and the hours around
        those, in units of the last week's mean; what else `series.known` has; hour, weekday and
        holiday of the hour asked for.

    Raises
    ------
    TypeError, ValueError
        If `ahead` or `until` is no whole number in its range, or `weather` none of those above.
    """
    ahead = as_whole(ahead, "ahead", 1, DAY)
    until = as_whole(until, "until", WEEK + ahead, len(series))
    if weather not in ("changes", "as it is", "none"):
        raise ValueError(f"weather must be 'changes', 'as it is' or 'none'; got {weather!r}")
    values = series.values**power
    level = np.maximum(trailing_mean(values, WEEK), 1e-9)

    def unit(hours):
        return 2 * (shifted(values, hours) / level - 1)

    columns = {
        "now": unit(0),
        "a day before": unit(ahead - DAY),
        "a week before": unit(ahead - WEEK),
    }
    columns |= {"two days before": unit(ahead - 2 * DAY), "a week ago": unit(-WEEK)}
    columns["observed"] = series.observed
    for name, column in series.known.items() if weather != "none" else ():
        columns |= _weather(name, column, until, weather == "changes")
    columns |= calendar(series, ahead)
    ready = np.arange(len(series)) >= WEEK
    return Lessons(
        x=np.nan_to_num(np.column_stack([*columns.values()])).astype(np.float32),
        names=tuple(columns),
        level=level,
        now=unit(0),
        target=shifted(series.values, ahead),
        counts=ready & (shifted(series.observed, ahead) == 1),
        ahead=ahead,
        power=power,
    )


def _weather(name, column, until, changes):
    """A measurement as inputs: rain and snow by their logarithm, others standardised."""
    if name in ("rain", "snow"):
        wet = {f"{name} at all": column > 0, f"{name} in a day": trailing_mean(column > 0, DAY)}
        return {name: np.log1p(column), **(wet if name == "rain" else {})}
    mean, deviation = column[:until].mean(), column[:until].std() or 1.0
    if name == "temperature" and changes:
        week = trailing_mean(column, WEEK)
        day = trailing_mean(column, DAY) - week
        return {name: (column - week) / deviation, "temperature of a day": day / deviation}
    return {name: (column - mean) / deviation}


def calendar(series, ahead):
    """Hour of the day, weekday, holiday and day off of the hour asked for: columns (n,) by name."""
    asked = series.times + ahead
    hour = (asked - asked.astype("datetime64[D]")).astype(int)
    weekday = (asked.astype("datetime64[D]").astype(int) + 3) % 7  # 1 January 1970: a Thursday
    day_now = (series.times.astype("datetime64[D]").astype(int) + 3) % 7
    holiday = np.nan_to_num(shifted(series.holidays, ahead))
    return {
        "holiday": holiday,
        "day off": (weekday >= 5) | (holiday > 0),
        "day off now": (day_now >= 5) | series.holidays,
        **{f"hour {k}": hour == k for k in range(DAY)},
        **{f"weekday {k}": weekday == k for k in range(7)},
    }


def lag_table(values, lags):
    """Each hour's number and the lags − 1 before it: (n, lags), NaN before the beginning."""
    return np.column_stack([shifted(values, -k) for k in range(lags)])


def repeat(values, ahead, season=1):
    """The naive forecast (n,): the last known number that lies whole seasons before the target.

    ``season=1`` repeats the last number, 24 that of the same hour a day before, 168 a week before.
    """
    values = as_floats(values, "values", ("n",), finite=False)
    season = as_whole(season, "season", 1)
    back = season * -(-as_whole(ahead, "ahead", 1) // season)
    return shifted(values, ahead - back)


def mean_absolute_error(target, forecast):
    """Mean of |target − forecast| as a float, both (n,)."""
    return float(np.mean(np.abs(np.asarray(target) - forecast)))


def pinball_loss(target, forecast, quantile):
    """Mean quantile loss of forecasts (n,): of an error e = target − forecast, max(q e, (q − 1) e).

    Its minimum over constants is the quantile (Koenker and Bassett, 1978).
    """
    error = np.asarray(target) - forecast
    return float(np.mean(np.maximum(quantile * error, (quantile - 1) * error)))


def coverage(target, low, high):
    """Share of targets (n,) from `low` to `high`, both (n,), as a float."""
    return float(np.mean((target >= low) & (target <= high)))


def widening(target, low, high, share):
    """How much wider an interval has to be to hold a share of targets: a factor on its half-widths.

    The half-widths are those below and above the middle of the interval. With n targets it is the
    ⌈(n + 1) · share⌉-th smallest factor that is enough for one of them: split conformal
    prediction with a scaled score.
    """
    middle, half = (low + high) / 2, np.maximum((high - low) / 2, 1e-9)
    needed = np.sort(np.abs(target - middle) / half)
    rank = min(int(np.ceil((len(needed) + 1) * share)), len(needed))
    return float(needed[rank - 1])


def widened(low, high, factor):
    """The interval around its middle, `factor` times as wide; nothing below 0: two arrays (n,)."""
    middle, half = (low + high) / 2, (high - low) / 2 * factor
    return np.maximum(middle - half, 0), middle + half
