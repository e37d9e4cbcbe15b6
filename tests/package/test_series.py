"""Hourly series: the bicycles, the sample, and every kind of file that a reader may bring."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lstm_utils import downloads, series
from lstm_utils.corpora import CorpusError
from lstm_utils.series import WEATHER, hourly_series, load_bicycles, made_bicycles

COLUMNS = ["Date", "Rented Bike Count", "Hour", *WEATHER.values(), "Holiday", "Functioning Day"]


def row(hour, count="5", running="Yes", date="01/12/2017", holiday="No Holiday"):
    return [date, count, str(hour), "-5.2", "37", "2.2", "2000", "0", "0", "0", holiday, running]


def seoul(root, rows, end="\r\n"):
    (root / "seoul").mkdir(exist_ok=True)
    text = end.join(",".join(cells) for cells in [COLUMNS, *rows]) + end
    (root / "seoul" / "SeoulBikeData.csv").write_bytes(text.encode("latin-1"))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("LSTM_BOOK_DATA", str(tmp_path))
    return tmp_path


def written(root, lines, header="time,count"):
    path = root / "mine.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def hours(n, start="2018-03-01 00:00"):
    first = datetime.fromisoformat(start)
    return [f"{first + timedelta(hours=k)},{k + 1}" for k in range(n)]


# --- the bicycles -----------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_bicycles_come_from_the_folder_in_latin_1_with_either_line_end(folder, end):
    seoul(folder, [row(0, "254"), row(1, "204", holiday="Holiday"), row(2, "0", "No")], end)
    bicycles = load_bicycles()
    assert bicycles.times.tolist() == [datetime(2017, 12, 1, hour) for hour in range(3)]
    assert bicycles.values.tolist() == [254, 204, 204]
    assert bicycles.observed.tolist() == [True, True, False]
    assert bicycles.holidays.tolist() == [False, True, False]
    assert bicycles.known["temperature"].tolist() == [-5.2] * 3
    assert set(bicycles.known) == set(WEATHER)
    place = "3 hours from the folder that LSTM_BOOK_DATA names (1 without service)"
    assert bicycles.describe() == place


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], ": expected hours below the header, found none"),
        ([row(0), row(2)], "row 2 below the header: 1 hour is missing before 2017-12-01 02:00"),
        ([row(0), row(0)], "row 2 below the header: the hour 2017-12-01 00:00:00 comes twice"),
        ([row(1), row(0)], "row 2 .*: 2017-12-01 00:00:00 comes after 2017-12-01 01:00:00"),
        ([row(0, "many")], "row 1 .*: expected a number in Rented Bike Count, found 'many'"),
        ([row(0, date="2017-12-01")], "row 1 .*: expected %d/%m/%Y %H, found '2017-12-01 0'"),
    ],
)
def test_a_bad_file_of_bicycles_is_named_with_its_row(folder, rows, message):
    seoul(folder, rows)
    with pytest.raises(CorpusError, match=rf"SeoulBikeData\.csv(, )?{message}"):
        load_bicycles()


def test_a_file_with_other_headers_is_refused_by_the_column_that_it_lacks(folder):
    (folder / "seoul").mkdir()
    text = ",".join(COLUMNS).replace("(°C)", "") + "\r\n" + ",".join(row(0))
    (folder / "seoul" / "SeoulBikeData.csv").write_text(text, encoding="latin-1")
    with pytest.raises(CorpusError, match=re.escape("expected a column named Temperature(°C)")):
        load_bicycles()


def test_a_folder_without_the_file_is_an_error_that_says_what_to_do(folder):
    with pytest.raises(FileNotFoundError, match=r"SeoulBikeData\.csv is missing.*'sample'"):
        load_bicycles()


def test_without_a_network_the_sample_serves_and_says_why(monkeypatch):
    def none(*_):
        raise downloads.NoDownload("no answer from archive.ics.uci.edu")

    monkeypatch.delenv("LSTM_BOOK_DATA", raising=False)
    monkeypatch.setattr(downloads, "fetch", none)
    sample = load_bicycles()
    assert sample.source == "sample"
    assert "no download: no answer from archive.ics.uci.edu" in sample.describe()


def test_the_download_asks_uci_for_the_published_file(monkeypatch, tmp_path):
    seoul(tmp_path, [row(0)])
    asked = []

    def fetch(*what):
        asked.append(what)
        return tmp_path / "seoul" / "SeoulBikeData.csv"

    monkeypatch.delenv("LSTM_BOOK_DATA", raising=False)
    monkeypatch.setattr(downloads, "fetch", fetch)
    assert load_bicycles().source == "download"
    ((name, url, sha256),) = asked
    assert name == "SeoulBikeData.csv"
    assert url.startswith("https://archive.ics.uci.edu/static/public/560/")
    assert sha256 == "373339b71a8935d69e9af0abf26a70744632119862eeb3919efb389a7b749c60"


def test_the_sample_has_the_hours_and_names_of_the_real_file(monkeypatch):
    monkeypatch.setenv("LSTM_BOOK_DATA", "sample")
    sample = load_bicycles()
    assert len(sample) == 365 * 24
    assert str(sample.times[0]) == "2017-12-01T00"
    assert set(sample.known) == set(WEATHER)
    assert (~sample.observed).sum() == 48
    columns = [sample.values, *sample.known.values()]
    assert all(np.isfinite(column).all() for column in columns)
    np.testing.assert_array_equal(sample.values, made_bicycles().values)
    saturdays = (sample.times.astype("datetime64[D]").astype(object)[::24])[:14]
    eight = sample.values[8::24][:14]
    weekend = np.array([day.weekday() >= 5 for day in saturdays])
    assert eight[~weekend].min() > 2 * eight[weekend].max()  # commuters do not ride on weekends


# --- a reader's own file ------------------------------------------------------------------------


def test_a_plain_file_is_read_as_it_stands(tmp_path):
    path = written(tmp_path, [f"{line},{k}.5" for k, line in enumerate(hours(4))], "time,count,t")
    own = hourly_series(path, "time", "count", ["t"])
    assert own.values.tolist() == [1, 2, 3, 4]
    assert own.known["t"].tolist() == [0.5, 1.5, 2.5, 3.5]
    assert own.observed.all()
    assert str(own.times[0]) == "2018-03-01T00"
    assert own.at("2018-03-01T02") == 2


def test_a_gap_is_named_and_can_be_filled_from_a_week_before(tmp_path):
    lines = hours(200)
    path = written(tmp_path, lines[:170] + lines[172:])
    message = r"mine\.csv, row 171 below the header: 2 hours are missing before 2018-03-08 04:00:00"
    with pytest.raises(CorpusError, match=message + "; gaps='fill' fills"):
        hourly_series(path, "time", "count")
    own = hourly_series(path, "time", "count", gaps="fill")
    assert len(own) == 200
    assert np.flatnonzero(~own.observed).tolist() == [170, 171]
    assert own.values[170:172].tolist() == [3, 4]  # of a week before
    assert own.notes == {"filled": 2, "repeated and left out": 0}


@pytest.mark.parametrize("cell", ["", "NA", "n/a", "NaN", "null", "-"])
def test_an_empty_cell_is_a_gap_too(tmp_path, cell):
    lines = hours(5)
    lines[2] = f"2018-03-01 02:00,{cell}"
    path = written(tmp_path, lines)
    with pytest.raises(CorpusError, match=r"row 3 .*: expected a number in count.*gaps='fill'"):
        hourly_series(path, "time", "count")
    own = hourly_series(path, "time", "count", gaps="fill")
    assert own.values.tolist() == [1, 2, 2, 4, 5]
    assert own.observed.tolist() == [True, True, False, True, True]


def test_an_hour_that_comes_twice_is_named_and_one_row_can_be_kept(tmp_path):
    lines = hours(5)
    path = written(tmp_path, [*lines[:3], "2018-03-01 02:00,99", *lines[3:]])
    with pytest.raises(
        CorpusError, match=r"row 4 .*: the hour 2018-03-01 02:00:00 comes twice; re"
    ):
        hourly_series(path, "time", "count")
    for repeats, kept in (("first", 3), ("last", 99)):
        own = hourly_series(path, "time", "count", repeats=repeats)
        assert own.values.tolist() == [1, 2, kept, 4, 5]
        assert own.notes["repeated and left out"] == 1


def local(zone, day, n):
    """Lines of n hours in a row as a wall clock in this zone shows them, from midnight UTC on."""
    first = datetime.fromisoformat(f"{day}T00:00+00:00")
    times = [(first + timedelta(hours=k)).astimezone(ZoneInfo(zone)) for k in range(n)]
    return [f"{time:%Y-%m-%d %H:%M},{k + 1}" for k, time in enumerate(times)]


@pytest.mark.parametrize("day", ["2018-03-24", "2018-10-27"])
def test_clocks_put_forward_or_back_are_recognised_and_the_zone_mends_it(tmp_path, day):
    path = written(tmp_path, local("Europe/Berlin", day, 72))
    with pytest.raises(CorpusError, match="were clocks changed that night\\? Then name the zone"):
        hourly_series(path, "time", "count")
    own = hourly_series(path, "time", "count", zone="Europe/Berlin")
    assert own.values.tolist() == list(range(1, 73))
    assert str(own.times[0]) == f"{day}T00"
    assert own.observed.all()


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Seoul", "Australia/Sydney"]),
    day=st.dates(datetime(2015, 1, 1).date(), datetime(2024, 12, 1).date()),
)
def test_local_hours_of_any_days_come_back_without_a_gap(tmp_path, zone, day):
    own = hourly_series(written(tmp_path, local(zone, day, 60)), "time", "count", zone=zone)
    np.testing.assert_array_equal(own.values, np.arange(1, 61))
    assert str(own.times[0]) == f"{day}T00"


def test_an_hour_that_clocks_leave_out_is_refused(tmp_path):
    path = written(tmp_path, ["2018-03-25 01:00,1", "2018-03-25 02:00,2"])
    with pytest.raises(CorpusError, match=r"row 2 .*02:00:00 does not exist in Europe/Berlin"):
        hourly_series(path, "time", "count", zone="Europe/Berlin")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["2018-03-01 00:00,5", "2018-03-01 01:00,closed"], "row 2 .*a number in count, found 'cl"),
        (["2018-03-01 00:00,inf"], "row 1 .*: expected a number in count, found 'inf'"),
        (['2018-03-01 00:00,"1,204"'], "found '1,204'; write a decimal point, and no comma in"),
        (["01/03/2018 00:00,5"], "row 1 .*: expected a time in ISO 8601, or a time_format"),
        (["2018-03-01 00:30,5"], "row 1 .*: expected a full hour, found '2018-03-01 00:30'"),
        (["2018-03-01 05:00,5", "2018-03-01 04:00,5"], "row 2 .*04:00:00 comes after .*05:00:00"),
        (["2018-03-01 05:00,5,6"], "line 2: expected 2 columns, found '3'"),
        ([], "expected hours below the header, found none"),
    ],
)
def test_whatever_is_no_hourly_series_gets_a_clear_word(tmp_path, lines, message):
    with pytest.raises(CorpusError, match=rf"mine\.csv.*{message}"):
        hourly_series(written(tmp_path, lines), "time", "count")


def test_a_column_without_any_number_is_refused_even_where_gaps_are_filled(tmp_path):
    path = written(tmp_path, ["2018-03-01 00:00,", "2018-03-01 01:00,NA"])
    with pytest.raises(CorpusError, match="expected numbers in the column count, found none"):
        hourly_series(path, "time", "count", gaps="fill")


def test_other_time_formats_and_times_with_an_offset_are_read(tmp_path):
    path = written(tmp_path, ["01.03.2018 00h,5", "01.03.2018 01h,6"])
    own = hourly_series(path, "time", "count", time_format="%d.%m.%Y %Hh")
    assert own.values.tolist() == [5, 6]
    path = written(tmp_path, ["2018-10-28T02:00+02:00,5", "2018-10-28T02:00+01:00,6"])
    own = hourly_series(path, "time", "count")
    assert own.times.astype(str).tolist() == ["2018-10-28T00", "2018-10-28T01"]


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"gaps": "skip"}, "gaps must be 'refuse' or 'fill'; got 'skip'"),
        ({"repeats": "mean"}, "repeats must be 'refuse', 'first' or 'last'; got 'mean'"),
        ({"zone": "Atlantis"}, "zone 'Atlantis': no such time zone"),
    ],
)
def test_a_choice_that_does_not_exist_is_refused(tmp_path, option, message):
    with pytest.raises(ValueError, match=message):
        hourly_series(written(tmp_path, hours(3)), "time", "count", **option)


@given(st.lists(st.booleans(), min_size=1, max_size=400).filter(any))
def test_what_is_filled_is_the_value_of_a_week_before_or_the_last_one(there):
    values = np.where(there, np.arange(len(there), dtype=float), np.nan)
    filled = series.fill_gaps(values, np.array(there))
    assert np.isfinite(filled).all()
    for k, known in enumerate(there):
        if known:
            assert filled[k] == k
        elif k >= 168:
            assert filled[k] == filled[k - 168]
