"""The forecasting experiment: own answers are own answers, and a killed run goes on."""

from dataclasses import replace

import numpy as np
import pytest

from experiments import forecasting, runs
from lstm_utils.models import forecasting_keras
from lstm_utils.models.forecasting import lessons
from lstm_utils.records import load_records
from lstm_utils.series import HourlySeries, made_bicycles

YEAR = made_bicycles(4)
FEW = forecasting_keras.Training(units=3, updates=2, stretch=30, warm_up=5, batch=2)


def part(n, values=None):
    """The first n hours of the year, perhaps with other numbers."""
    known = {name: column[:n] for name, column in YEAR.known.items()}
    values = YEAR.values[:n] if values is None else values
    return HourlySeries(
        YEAR.times[:n], values, np.ones(n, bool), YEAR.holidays[:n], known, "sample"
    )


@pytest.mark.parametrize("power", [0.5, 1.0])
def test_own_answers_are_what_a_series_with_each_answer_appended_leads_to(power):
    n, until = 420, 300
    options = {"power": power, "weather": "none"}
    series = part(n)
    lesson = lessons(series, 1, until, **options)
    model, _ = forecasting_keras.train(lesson, until, FEW, seed=1)
    weights = np.repeat(model.layers[-1].get_weights()[0][:, 1:2], 3, axis=1)
    bias = np.array([-0.2, 0.1, 0.3])  # so that the quantiles don't cross
    model.layers[-1].set_weights([weights + 0.1, bias])
    found = forecasting.own_answers(model, series, lesson, 350)
    assert np.isnan(found[:350]).all()
    for origin in (350, 371):
        values = YEAR.values[: n + 30].copy()
        for step in range(1, 25):
            longer = part(origin + step + 1, values[: origin + step + 1])
            answer = forecasting_keras.forecast(model, lessons(longer, 1, until, **options))
            values[origin + step] = answer[origin + step - 1, 1]
        assert found[origin] == pytest.approx(values[origin + 24], rel=1e-3)


def options_for(tmp_path, *more):
    parser = runs.parser_of("Forecasting.")
    folders = ["--results", str(tmp_path / "results"), "--checkpoints", str(tmp_path / "kept")]
    return parser.parse_args(["--quick", *folders, *more])


def test_a_run_that_was_killed_after_its_calibration_goes_on_from_there(tmp_path, monkeypatch):
    monkeypatch.setenv("LSTM_BOOK_DATA", "sample")
    options = options_for(tmp_path)
    recipe = replace(forecasting.NETWORKS[1], training=FEW, calibrated=True)
    run = runs.Run("forecasting", "lstm-1", 0, recipe)
    whole = forecasting.execute(run, options)
    fit, calls = forecasting.fit_network, []

    def killed(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return fit(*arguments)

    monkeypatch.setattr(forecasting, "fit_network", killed)
    run.checkpoint_path(options.checkpoints).unlink()
    with pytest.raises(KeyboardInterrupt):
        forecasting.execute(run, options)
    again = forecasting.execute(run, options)
    assert len(calls) == 3  # the calibration was not made again
    assert again["restarts"] == 1
    assert again["metrics"] == whole["metrics"]


def test_a_rehearsal_makes_a_record_of_each_kind(tmp_path, monkeypatch):
    monkeypatch.setenv("LSTM_BOOK_DATA", "sample")
    options = options_for(tmp_path)
    wanted = ("naive-24", "trees-1", "trees-24-foreseen", "recursive-24", "lstm-plain-1")
    made = {run.name: run for run in forecasting.all_runs(options) if run.seed == 0}
    for name in wanted:
        record = runs.make(made[name], forecasting.execute, options)
        assert record["recipe"] == made[name].recipe_json
    assert record["sizes"]["validation"] > 1000


def test_no_run_of_the_search_reads_beyond_september(monkeypatch, tmp_path):
    whole = made_bicycles()
    october = whole.at("2018-10-01")
    monkeypatch.setattr(forecasting, "load_bicycles", lambda: changed(whole, october))
    options = options_for(tmp_path)
    (run,) = (r for r in forecasting.all_runs(options) if r.name == "trees-root-now-absolute-24")
    one = forecasting.execute(run, options)["metrics"]
    monkeypatch.setattr(forecasting, "load_bicycles", lambda: whole)
    assert forecasting.execute(run, options)["metrics"] == one


def changed(series, first):
    """The series with other numbers from hour `first` on."""
    values = series.values.copy()
    values[first:] = 7.0
    names = (series.observed, series.holidays, series.known, series.source)
    return HourlySeries(series.times, values, *names)


def test_the_test_is_run_with_the_best_settings_on_validation():
    tuned = load_records("forecasting_tuning")
    chosen = {"lstm": forecasting.BEST_NETWORKS, "trees": forecasting.BEST_TREES}
    for model, recipes in chosen.items():
        for ahead, recipe in recipes.items():
            records = [
                record
                for record in tuned
                if (record["recipe"]["model"], record["recipe"]["ahead"]) == (model, ahead)
                and "longer" not in record["name"]  # tried when the test had been seen
            ]
            best = min(records, key=lambda record: record["metrics"]["mae"])
            run = runs.Run("forecasting_tuning", best["name"], 0, replace(recipe, tuning=True))
            assert run.recipe_json == best["recipe"]
