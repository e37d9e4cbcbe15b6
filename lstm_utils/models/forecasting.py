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
        The unit of each hour: a mean of numbers, each raised to `power`.
    start : ndarray of float64, shape (n,)
        What a model's answer is added to, in the form that `scaled` gives: the hour's own number,
        or 0.
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
    start: np.ndarray
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


def lessons(
    series,
    ahead,
    until,
    *,
    power=0.5,
    unit="week",
    weather="changes",
    from_now=True,
    foreseen=False,
):
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
    unit : {"week", "training"}
        What numbers are measured in: the mean of the week up to each hour, or of all hours before
        `until`.
    weather : {"changes", "as it is", "none"}
        Whether the temperature is given as it differs from the last week's mean.
    from_now : bool
        Whether a model's answer is added to the number of the present hour.
    foreseen : bool
        Give the weather of the hour asked for, which nobody has either: a control.

    Returns
    -------
    Lessons
        Inputs: the number now, a day, two days and a week before the hour asked for, and a week
        ago; what else `series.known` has; hour, weekday and holiday of the hour asked for.

    Raises
    ------
    TypeError, ValueError
        If `ahead` or `until` is no whole number in its range, a choice none of those above, or the
        series shorter than a week and the hours ahead.
    """
    ahead = as_whole(ahead, "ahead", 1, DAY)
    if len(series) < WEEK + ahead:
        least = f"{WEEK + ahead} hours, a week and the {ahead} ahead"
        raise ValueError(f"series must have at least {least}; it has {len(series)}")
    until = as_whole(until, "until", WEEK + ahead, len(series))
    _chosen(weather, "weather", "changes", "as it is", "none")
    values = series.values**power
    level = np.full(len(series), values[:until].mean())
    if _chosen(unit, "unit", "week", "training") == "week":
        level = np.maximum(trailing_mean(values, WEEK), 1e-9)

    def in_units(hours):
        return 2 * (shifted(values, hours) / level - 1)

    before = {"a day before": DAY, "two days before": 2 * DAY, "a week before": WEEK}
    columns = {"now": in_units(0), "a week ago": in_units(-WEEK)}
    columns |= {name: in_units(ahead - hours) for name, hours in before.items()}
    columns["observed"] = series.observed
    for name, column in series.known.items() if weather != "none" else ():
        found = _weather(name, column, until, weather == "changes")
        columns |= {key: shifted(c, ahead) if foreseen else c for key, c in found.items()}
    columns |= calendar(series, ahead)
    return Lessons(
        x=np.nan_to_num(np.column_stack([*columns.values()])).astype(np.float32),
        names=tuple(columns),
        level=level,
        start=in_units(0) if from_now else np.zeros(len(series)),
        target=shifted(series.values, ahead),
        counts=(np.arange(len(series)) >= WEEK) & (shifted(series.observed, ahead) == 1),
        ahead=ahead,
        power=power,
    )


def _chosen(value, name, *choices):
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}; got {value!r}")
    return value


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


def for_trees(lessons, lags=2 * DAY):
    """What trees read of the same lessons: (n, features), NaN before the beginning.

    Hour and weekday are numbers here, since trees cut a number where they like, and what an LSTM
    has kept of the last hours is given outright: the last `lags` numbers.
    """
    names = np.array(lessons.names)
    hours, weekdays = (np.char.startswith(names, start) for start in ("hour ", "weekday "))
    clock = [lessons.x[:, marks].argmax(axis=1) for marks in (hours, weekdays)]
    rest = lessons.x[:, ~(hours | weekdays)]
    powers = (lessons.x[:, 0] / 2 + 1) * lessons.level  # column 0: the number now
    last = [2 * (shifted(powers, -k) / lessons.level - 1) for k in range(1, lags)]
    return np.column_stack([rest, *clock, *last])


def boosted_trees(
    lessons,
    learnt,
    *,
    lags=2 * DAY,
    loss="absolute_error",
    iterations=300,
    rate=0.05,
    leaves=31,
):
    """Forecasts (n,) at every hour by gradient-boosted trees that learnt the hours `learnt`.

    scikit-learn's `HistGradientBoostingRegressor` on what `for_trees` makes; its own defaults are
    the squared error, 100 iterations and a rate of 0.1.
    """
    from sklearn.ensemble import HistGradientBoostingRegressor

    table = for_trees(lessons, lags)
    trees = HistGradientBoostingRegressor(
        loss=loss,
        learning_rate=rate,
        max_iter=iterations,
        max_leaf_nodes=leaves,
        early_stopping=False,
        random_state=0,
    )
    trees.fit(table[learnt], (lessons.scaled(lessons.target) - lessons.start)[learnt])
    return lessons.numbers(trees.predict(table) + lessons.start)


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
    prediction with a scaled score. Where that rank exceeds n, too few targets for such a share, it
    is the largest factor, and nothing is guaranteed.
    """
    middle, half = (low + high) / 2, np.maximum((high - low) / 2, 1e-9)
    needed = np.sort(np.abs(target - middle) / half)
    rank = min(int(np.ceil((len(needed) + 1) * share)), len(needed))
    return float(needed[rank - 1])


def widened(low, high, factor):
    """The interval around its middle, `factor` times as wide; nothing below 0: two arrays (n,)."""
    middle, half = (low + high) / 2, (high - low) / 2 * factor
    return np.maximum(middle - half, 0), middle + half
