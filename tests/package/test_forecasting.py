"""Lessons see nothing of the future, and each measure is what its formula says."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import mean_pinball_loss

from lstm_utils.measuring import quiet_logs
from lstm_utils.models import forecasting
from lstm_utils.models.forecasting import (
    coverage,
    for_trees,
    lag_table,
    lessons,
    mean_absolute_error,
    pinball_loss,
    repeat,
    shifted,
    trailing_mean,
    widened,
    widening,
)
from lstm_utils.series import HourlySeries, made_bicycles

SERIES = made_bicycles(3)


def changed_after(series, hour):
    """The series with another future from `hour` on: numbers, weather and service."""
    rng = np.random.default_rng(5)

    def other(column):
        new = np.array(column, dtype=float)
        new[hour:] = rng.uniform(1, 500, len(new) - hour)
        return new

    return HourlySeries(
        series.times,
        other(series.values),
        series.observed,
        series.holidays,
        {name: other(column) for name, column in series.known.items()},
        "sample",
    )


@pytest.mark.parametrize("ahead", [1, 24])
@pytest.mark.parametrize("unit", ["week", "training"])
@pytest.mark.parametrize("power", [0.5, 1.0])
def test_what_is_read_at_an_hour_does_not_depend_on_later_hours(ahead, unit, power):
    hour = 4000
    a, b = (
        lessons(series, ahead, 3000, unit=unit, power=power)
        for series in (SERIES, changed_after(SERIES, hour + 1))
    )
    np.testing.assert_array_equal(a.x[: hour + 1], b.x[: hour + 1])
    np.testing.assert_array_equal(a.level[: hour + 1], b.level[: hour + 1])
    np.testing.assert_array_equal(for_trees(a)[: hour + 1], for_trees(b)[: hour + 1])


def test_weather_foreseen_depends_on_later_hours():
    hour = 4000
    a, b = (
        lessons(series, 24, 3000, foreseen=True)
        for series in (SERIES, changed_after(SERIES, hour + 1))
    )
    assert not np.array_equal(a.x[: hour + 1], b.x[: hour + 1])


@pytest.mark.parametrize("power", [0.5, 1.0])
@pytest.mark.parametrize("unit", ["week", "training"])
def test_numbers_come_back_from_their_units(unit, power):
    lesson = lessons(SERIES, 24, 3000, unit=unit, power=power)
    np.testing.assert_allclose(lesson.numbers(lesson.scaled(SERIES.values)), SERIES.values)
    table = np.stack([SERIES.values, SERIES.values + 1], axis=1)
    np.testing.assert_allclose(lesson.numbers(lesson.scaled(table)), table)
    np.testing.assert_allclose(lesson.numbers(lesson.start), SERIES.values)


def test_targets_are_the_numbers_some_hours_later_and_count_where_they_were_observed():
    lesson = lessons(SERIES, 24, 3000)
    assert lesson.target[1000] == SERIES.values[1024]
    assert np.isnan(lesson.target[-24:]).all()
    stopped = np.flatnonzero(~SERIES.observed)
    assert not lesson.counts[stopped - 24].any()
    assert not lesson.counts[:168].any()
    hours = lesson.between(5000, 5100)
    assert hours[0] + 24 == 5000
    assert hours[-1] + 24 == 5099


def test_the_calendar_is_that_of_the_hour_asked_for():
    lesson = lessons(SERIES, 24, 3000)
    column = dict(zip(lesson.names, lesson.x.T, strict=True))
    for t in (200, 999, 4321):
        asked = SERIES.times[t + 24].astype(object)
        assert column[f"hour {asked.hour}"][t] == 1
        assert column[f"weekday {asked.weekday()}"][t] == 1
        assert column["day off"][t] == (asked.weekday() >= 5 or SERIES.holidays[t + 24])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((25, 3000), "ahead must be from 1 to 24; got 25"),
        ((1, 100), "until must be from 169 to 8760; got 100"),
    ],
)
def test_a_horizon_or_a_training_part_that_does_not_fit_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        lessons(SERIES, *arguments)


def test_a_series_shorter_than_a_week_and_the_hours_ahead_is_refused():
    short = replace(SERIES, values=SERIES.values[:191])
    message = "series must have at least 192 hours, a week and the 24 ahead; it has 191"
    with pytest.raises(ValueError, match=message):
        lessons(short, 24, 180)


def test_a_unit_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="unit must be one of week, training; got 'day'"):
        lessons(SERIES, 1, 3000, unit="day")


@given(st.integers(1, 60), st.integers(1, 30), st.integers(60, 90))
def test_a_naive_forecast_is_known_and_lies_whole_seasons_before(ahead, season, n):
    values = np.arange(float(n))
    forecast = repeat(values, ahead, season)
    t = np.flatnonzero(np.isfinite(forecast))
    assert (forecast[t] <= t).all()  # known
    assert ((t + ahead - forecast[t]) % season == 0).all()
    assert (t + ahead - forecast[t] < ahead + season).all()  # the last such one
    assert np.isnan(forecast[: max(t[0], 0)]).all() if len(t) else True


@given(st.integers(1, 9))
def test_shifts_lags_and_trailing_means_are_what_pandas_says(hours):
    pd = pytest.importorskip("pandas")
    values = np.random.default_rng(hours).normal(size=30)
    frame = pd.Series(values)
    np.testing.assert_allclose(shifted(values, hours), frame.shift(-hours))
    np.testing.assert_allclose(lag_table(values, 4)[:, 3], frame.shift(3))
    mean = frame.rolling(hours, min_periods=1).mean()
    np.testing.assert_allclose(trailing_mean(values, hours), mean)


@given(st.sampled_from([0.05, 0.5, 0.9]), st.integers(0, 100))
def test_the_quantile_loss_is_scikit_learns(quantile, seed):
    target, forecast = np.random.default_rng(seed).normal(size=(2, 20))
    wanted = mean_pinball_loss(target, forecast, alpha=quantile)
    assert pinball_loss(target, forecast, quantile) == pytest.approx(wanted)
    half = 2 * pinball_loss(target, forecast, 0.5)
    assert half == pytest.approx(mean_absolute_error(target, forecast))


@settings(max_examples=40)
@given(st.integers(20, 200), st.sampled_from([0.5, 0.8, 0.9]), st.integers(0, 1000))
def test_widened_intervals_hold_the_share_on_the_hours_that_set_the_factor(n, share, seed):
    rng = np.random.default_rng(seed)
    target = 100 + rng.normal(size=n)
    low, high = 99.5 - rng.uniform(size=n), 100.5 + rng.uniform(size=n)
    factor = widening(target, low, high, share)
    held = coverage(target, *widened(low, high, factor * (1 + 1e-12)))
    assert share <= held <= share + 2 / n + 1e-9


def test_widened_intervals_hold_their_share_of_new_targets_on_average():
    rng = np.random.default_rng(0)
    held = []
    for _ in range(400):
        target = 50 + rng.standard_t(4, size=130)
        low, high = np.full(130, 49.0), np.full(130, 51.5)
        factor = widening(target[:99], low[:99], high[:99], 0.9)
        held.append(coverage(target[99:], *widened(low[99:], high[99:], factor)))
    assert np.mean(held) == pytest.approx(0.9, abs=0.01)


def test_with_too_few_targets_for_its_share_an_interval_is_widened_by_the_largest_factor():
    target, ends = np.array([1.0, 3.0, -2.0]), (np.full(3, -1.0), np.full(3, 1.0))
    assert widening(target, *ends, 0.9) == pytest.approx(3.0)


def test_boosted_trees_are_scikit_learns_on_the_same_table():
    from sklearn.ensemble import HistGradientBoostingRegressor

    lesson = lessons(SERIES, 24, 1000, power=1.0, unit="training", from_now=False)
    learnt = lesson.between(0, 1000)
    found = forecasting.boosted_trees(
        lesson, learnt, lags=5, loss="squared_error", iterations=100, rate=0.1
    )
    table = for_trees(lesson, 5)
    trees = HistGradientBoostingRegressor(random_state=0).fit(table[learnt], lesson.target[learnt])
    wanted = np.maximum(trees.predict(table), 0)
    assert np.mean(np.abs(found - wanted)) < 0.01 * np.mean(wanted)


# --- the network -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained():
    quiet_logs()
    from lstm_utils.models import forecasting_keras

    few = forecasting_keras.Training(units=4, updates=3, stretch=30, warm_up=5, batch=2)
    lesson = lessons(SERIES, 24, 3000)
    return lesson, few, forecasting_keras.train(lesson, 3000, few, seed=0)


def test_forecasts_walk_forward_and_agree_with_keras(trained):
    from lstm_utils.models.forecasting_keras import forecast

    lesson, _, (model, _) = trained
    found = forecast(model, lesson)
    assert found.shape == (len(SERIES), 3)
    assert (np.diff(found, axis=1) >= 0).all()
    read = model(lesson.x[None, :60], training=False).numpy()[0] + lesson.start[:60, None]
    scaled = 2 * (found[:60] ** lesson.power / lesson.level[:60, None] - 1)
    np.testing.assert_allclose(scaled, np.sort(read, axis=1), atol=1e-4)


def test_training_does_not_depend_on_what_lies_after_its_end(trained):
    from lstm_utils.models.forecasting_keras import train

    _, few, (model, losses) = trained
    other = lessons(changed_after(SERIES, 3000), 24, 3000)
    again, losses_again = train(other, 3000, few, seed=0)
    np.testing.assert_allclose(losses, losses_again, rtol=1e-5)
    for one, two in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, atol=1e-6)


def test_an_untrained_network_repeats_the_present_number():
    from lstm_utils.models.forecasting_keras import forecast, forecaster

    lesson = lessons(SERIES, 1, 3000)
    found = forecast(forecaster(lesson.x.shape[1], 3, outputs=1), lesson)
    np.testing.assert_allclose(found[:, 0], SERIES.values, rtol=1e-6)


def test_quantiles_of_the_module_are_those_of_a_ninety_per_cent_interval():
    low, _, high = forecasting.QUANTILES
    assert high - low == pytest.approx(0.9)
