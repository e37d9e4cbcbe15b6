"""Hourly series: any CSV file's, the bicycles of Seoul, and one made by a function in their place.

`hourly_series` reads a column of a file as strictly as a corpus is read. `load_bicycles` looks in
the three places of `lstm_utils.corpora`; its sample is no file: `made_bicycles` makes it.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from lstm_utils.corpora import PLACES, CorpusError, describe, find_bicycles, read_csv
from lstm_utils.inputs import as_rng, as_texts

HOUR = timedelta(hours=1)
WEATHER = {  # a name for each column of the bicycles' file that is used
    "temperature": "Temperature(°C)",
    "humidity": "Humidity(%)",
    "wind": "Wind speed (m/s)",
    "visibility": "Visibility (10m)",
    "sunshine": "Solar Radiation (MJ/m2)",
    "rain": "Rainfall(mm)",
    "snow": "Snowfall (cm)",
}
_NONE = ("", "na", "n/a", "nan", "null", "none", "-", "?")  # what stands where a number is missing


@dataclass(frozen=True, eq=False)
class HourlySeries:
    """One number an hour, without gaps.

    Attributes
    ----------
    times : numpy.ndarray of datetime64[h], shape (n,)
        The hours, each one later than the one before.
    values : numpy.ndarray of float64, shape (n,)
        The number of each hour; where it was not observed, that of a week before, or else the last
        one there is, or the first.
    observed : numpy.ndarray of bool, shape (n,)
        Whether the number is a measurement. Errors are counted on such hours only.
    holidays : numpy.ndarray of bool, shape (n,)
        Whether the hour lies on a public holiday.
    known : dict of str to numpy.ndarray of float64, shape (n,)
        Whatever else was measured in each hour, by name.
    source : {"folder", "download", "sample", "file"}
        Where it was found.
    path : str
        The file; "" of what a function made.
    notes : dict of str to int
        How many hours were filled or left out, by the reason.
    reason : str
        Why the sample serves although nobody asked for it, else empty.
    """

    times: np.ndarray
    values: np.ndarray
    observed: np.ndarray
    holidays: np.ndarray
    known: dict[str, np.ndarray]
    source: str
    path: str = ""
    notes: dict[str, int] = field(default_factory=dict)
    reason: str = ""

    def __len__(self):
        return len(self.values)

    def at(self, time):
        """The index of the first hour that is not before `time`, such as ``"2018-10-01"``."""
        return int(np.searchsorted(self.times, np.datetime64(time)))

    def describe(self):
        """Say in one line what was loaded, from where, and what was filled."""
        places = PLACES | {"sample": "a function: a sample, no measurement", "file": "a file"}
        return describe(f"{len(self):,} hours", self, self.notes, places)


def load_bicycles():
    """Load the hourly bicycle rentals of Seoul, or a sample with the same hours.

    Returns
    -------
    HourlySeries
        8,760 hours from 1 December 2017; `known` is the weather. Hours without service count as
        not observed.

    Raises
    ------
    CorpusError
        A column is missing, a cell is no number or date, or an hour is missing or there twice.
    FileNotFoundError, PermissionError
        ``LSTM_BOOK_DATA`` names a folder without the file, or one that can't be read.

    Notes
    -----
    Seoul Bike Sharing Demand (2020), UCI Machine Learning Repository,
    https://doi.org/10.24432/C5F62R. The file is in latin-1, its lines end in CRLF.
    """
    path, source, reason = find_bicycles()
    if path is None:
        return made_bicycles(reason=reason)
    columns = ["Date", "Hour", "Rented Bike Count", "Holiday", "Functioning Day", *WEATHER.values()]
    times, holidays, service, numbers = [], [], [], []
    for number, row in enumerate(read_csv(path, columns, encoding="latin-1"), start=1):
        date, hour, count, holiday, running, *weather = row
        times.append(_time(path, number, f"{date} {hour}", "%d/%m/%Y %H"))
        holidays.append(holiday != "No Holiday")
        service.append(running == "Yes")
        cells = zip([columns[2], *WEATHER.values()], [count, *weather], strict=True)
        numbers.append([_number(path, number, name, cell) for name, cell in cells])
    if not times:
        raise CorpusError(f"{path}: expected hours below the header, found none")
    _check_hours(path, times, zone=None)
    values, *weather = np.array(numbers).T
    observed = np.array(service)
    return HourlySeries(
        times=np.array(times, "datetime64[h]"),
        values=fill_gaps(values, observed),
        observed=observed,
        holidays=np.array(holidays),
        known=dict(zip(WEATHER, weather, strict=True)),
        source=source,
        path=str(path),
        notes={"without service": int((~observed).sum())},
        reason=reason,
    )


def hourly_series(
    path,
    time_column,
    value_column,
    also=(),
    *,
    time_format=None,
    zone=None,
    gaps="refuse",
    repeats="refuse",
    encoding="utf-8",
):
    """Read an hourly series from a CSV file of your own.

    Parameters
    ----------
    path : path-like
        A file with a header, a comma between columns, a row an hour, in the order of time.
    time_column, value_column : str
        The columns with each hour's time and with the number to forecast.
    also : sequence of str
        Further columns of numbers that are known once their hour is over.
    time_format : str, optional
        As of `datetime.strptime`, such as ``"%d/%m/%Y %H:%M"``; without it the times have to be
        in ISO 8601, such as ``2018-03-25 02:00``.
    zone : str, optional
        The time zone of local times, such as ``"Europe/Berlin"``: they become UTC, in which no
        hour is left out in spring and none comes twice in autumn.
    gaps : {"refuse", "fill"}
        What to do where an hour or its number is missing: stop, or fill it, marked as not
        observed: from a week before, or with the last number that there is.
    repeats : {"refuse", "first", "last"}
        What to do where an hour comes twice: stop, or keep the first or the last row.
    encoding : str

    Returns
    -------
    HourlySeries
        Without holidays.

    Raises
    ------
    CorpusError
        What `read_csv` refuses; a time that can't be read, is no full hour, or lies before the one
        above it; a missing or repeated hour; a cell that is no number. The message names the row,
        counted from 1 below the header, and the way out.
    ValueError
        If `gaps`, `repeats` or `zone` is none of those above.
    """
    if gaps not in ("refuse", "fill"):
        raise ValueError(f"gaps must be 'refuse' or 'fill'; got {gaps!r}")
    if repeats not in ("refuse", "first", "last"):
        raise ValueError(f"repeats must be 'refuse', 'first' or 'last'; got {repeats!r}")
    names = [value_column, *as_texts(also, "also")]
    times, numbers = [], []
    rows = read_csv(path, [time_column, *names], encoding=encoding)
    for number, row in enumerate(rows, start=1):
        times.append(_time(path, number, row[0], time_format))
        cells = zip(names, row[1:], strict=True)
        fill = gaps == "fill"
        numbers.append([_number(path, number, name, cell, fill) for name, cell in cells])
    if not times:
        raise CorpusError(f"{path}: expected hours below the header, found none")
    if zone is not None:
        times = _to_utc(path, times, zone)
    kept = _check_hours(path, times, zone, gaps == "fill", repeats)
    hours = np.array([times[k] for k in kept], "datetime64[h]")
    whole = np.arange(hours[0], hours[-1] + 1)
    table = np.full((len(whole), len(names)), np.nan)
    table[(hours - hours[0]).astype(int)] = [numbers[k] for k in kept]
    measured = np.isfinite(table)
    for name, column in zip(names, measured.T, strict=True):
        if not column.any():
            raise CorpusError(f"{path}: expected numbers in the column {name}, found none")
    columns = [fill_gaps(v, there) for v, there in zip(table.T, measured.T, strict=True)]
    filled = int((~measured[:, 0]).sum())
    return HourlySeries(
        times=whole,
        values=columns[0],
        observed=measured[:, 0],
        holidays=np.zeros(len(whole), bool),
        known=dict(zip(names[1:], columns[1:], strict=True)),
        source="file",
        path=str(path),
        notes={"filled": filled, "repeated and left out": len(times) - len(kept)},
    )


def _bad(path, row, what):
    return CorpusError(f"{path}, row {row} below the header: {what}")


def _time(path, row, text, time_format):
    """A cell's time as a datetime without a zone, on the full hour."""
    text = text.strip()
    try:
        if time_format is None:
            time = datetime.fromisoformat(text)
        else:
            time = datetime.strptime(text, time_format)
    except ValueError as error:
        wanted = "a time in ISO 8601, or a time_format" if time_format is None else time_format
        raise _bad(path, row, f"expected {wanted}, found {text!r}") from error
    if time.tzinfo is not None:  # "+02:00" or "Z" says itself which hour it is
        time = time.astimezone(UTC).replace(tzinfo=None)
    if time.minute or time.second or time.microsecond:
        raise _bad(path, row, f"expected a full hour, found {text!r}")
    return time


def _number(path, row, name, cell, may_lack=False):
    """A cell's number; NaN where there is none and that may be."""
    text = cell.strip()
    if text.lower() in _NONE:
        if may_lack:
            return np.nan
        way = "; gaps='fill' fills what is missing"
        raise _bad(path, row, f"expected a number in {name}, found {text!r}{way}")
    try:
        number = float(text)
        if np.isfinite(number):
            return number
    except ValueError:
        pass
    hint = ""
    if text.count(",") == 1 and text.replace(",", "").replace("-", "").isdigit():
        hint = "; write a decimal point, and no comma in thousands"
    raise _bad(path, row, f"expected a number in {name}, found {text!r}{hint}")


def _to_utc(path, times, zone):
    """Local times as UTC; of an hour that comes twice in autumn the second is the later one."""
    try:
        place = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"zone {zone!r}: no such time zone, or no package tzdata") from error
    found, seen = [], Counter()
    for row, time in enumerate(times, start=1):
        early, late = (
            time.replace(tzinfo=place, fold=fold).astimezone(UTC).replace(tzinfo=None)
            for fold in (0, 1)
        )
        if early > late:  # so it is where clocks are put forward: no such hour
            forward = f"{time} does not exist in {zone}, where clocks are put forward then"
            raise _bad(path, row, forward)
        found.append(late if seen[time] and late > early else early)
        seen[time] += 1
    return found


def _check_hours(path, times, zone, fill=False, repeats="refuse"):
    """The indices of the rows to keep; an error where an hour is missing, repeated or too early."""
    kept = [0]
    for k, time in enumerate(times[1:], start=1):
        before, row = times[kept[-1]], k + 1
        if time == before:
            if repeats == "refuse":
                way = "" if zone else _clocks(time) or "; repeats='first' or 'last' keeps one row"
                raise _bad(path, row, f"the hour {time} comes twice{way}")
            if repeats == "last":
                kept[-1] = k
        elif time < before:
            hint = ("" if zone else _clocks(time)) or "; the rows have to be in the order of time"
            raise _bad(path, row, f"{time} comes after {before}{hint}")
        else:
            if time - before > HOUR and not fill:
                missing = (time - before) // HOUR - 1
                what = "1 hour is" if missing == 1 else f"{missing} hours are"
                way = (_clocks(time) if missing == 1 and not zone else "") or "; gaps='fill' fills"
                found = f"{what} missing before {time}"
                raise _bad(path, row, f"{found}{way}")
            kept.append(k)
    return kept


def _clocks(time):
    """A hint where clocks may have been put forward or back: a Sunday's first hours, else ""."""
    if time.weekday() == 6 and time.hour <= 4 and time.month in (3, 4, 9, 10, 11):
        return "; were clocks changed that night? Then name the zone, as in zone='Europe/Berlin'"
    return ""


def fill_gaps(values, there):
    """Numbers (n,) as they are where `there` (n,) bool, else as of `HourlySeries.values`."""
    filled, week = np.array(values, dtype=np.float64), 7 * 24
    first = filled[np.argmax(there)]
    for k in np.flatnonzero(~there):
        filled[k] = filled[k - week] if k >= week else filled[k - 1] if k else first
    return filled


def made_bicycles(rng=0, reason=""):
    """Make a year of hours that look a little like bicycle rentals: the sample of `load_bicycles`.

    It has commuters' peaks, weekends, seasons, rain that keeps people at home, and two days without
    service. Nothing that is measured on it says anything about Seoul.

    Returns
    -------
    HourlySeries
        The hours of the real file, and the same names in `known`.
    """
    rng = as_rng(rng)
    times = np.arange("2017-12-01", "2018-12-01", dtype="datetime64[h]")
    n = len(times)
    hour = np.arange(n) % 24
    day = times.astype("datetime64[D]").astype(int)
    weekend = (day + 3) % 7 >= 5  # 1 January 1970 was a Thursday
    season = -np.cos(2 * np.pi * (np.arange(n) / 24 - 45) / 365)  # coldest in the middle of January

    def drift(length, size):
        """A smooth random walk back to zero: what weather does from hour to hour."""
        noise, keep, out = rng.normal(size=n), np.exp(-1 / length), np.zeros(n)
        for k in range(1, n):
            out[k] = keep * out[k - 1] + np.sqrt(1 - keep**2) * noise[k]
        return size * out

    temperature = 11 + 14 * season + 4 * np.sin(2 * np.pi * (hour - 9) / 24) + drift(60, 3)
    rain = np.maximum(drift(5, 1.0) - 1.6, 0) * 4
    sunshine = np.maximum(np.sin(2 * np.pi * (hour - 6) / 24), 0) * (2 + season) * (rain == 0)
    work = np.exp(-((hour - 8) ** 2) / 2) + 1.5 * np.exp(-((hour - 18) ** 2) / 6)
    leisure = np.exp(-((hour - 15) ** 2) / 18)
    night = 0.12 + 0.25 * np.exp(-(((hour - 22) % 24) ** 2) / 8)
    shape = night + np.where(weekend, 1.1 * leisure, work + 0.35 * leisure)
    level = 900 * np.exp(0.7 * season - 0.9 * np.minimum(rain, 2) + drift(18, 0.12))
    count = rng.poisson(level * shape).astype(np.float64)
    observed = np.ones(n, bool)
    for stop in ("2018-04-11", "2018-10-09"):
        first = int(np.searchsorted(times, np.datetime64(stop)))
        observed[first : first + 24] = False
    weather = {
        "temperature": temperature,
        "humidity": np.clip(55 + 15 * season + 30 * (rain > 0) + drift(20, 8), 10, 98),
        "wind": np.abs(1.7 + drift(8, 1)),
        "visibility": np.clip(1600 - 900 * (rain > 0) + drift(30, 300), 30, 2000),
        "sunshine": sunshine,
        "rain": np.where(temperature > 0, rain, 0),
        "snow": np.where(temperature <= 0, rain, 0),
    }
    return HourlySeries(
        times=times,
        values=fill_gaps(count, observed),
        observed=observed,
        holidays=np.isin(day, np.array(["2018-10-09", "2018-12-25"], "datetime64[D]").astype(int)),
        known=weather,
        source="sample",
        notes={"without service": int((~observed).sum())},
        reason=reason,
    )
