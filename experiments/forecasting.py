"""Chapter 9 at full scale: bicycles in Seoul, an hour and a day ahead, by an LSTM and its rivals.

One run is one model from one seed. It learns from all hours before October 2018 and is scored once
on October and November. Settings were chosen on August and September: the runs below
`forecasting_tuning` learn from what lies before and are scored there. So are the networks that tell
how wide an interval has to be.
"""

# ruff: noqa: E402 - TensorFlow reads its settings when it is imported

from dataclasses import dataclass, field, replace
from itertools import product

import numpy as np
from sklearn.linear_model import LinearRegression

from lstm_utils import command_line
from lstm_utils.measuring import quiet_logs

from . import runs

if __name__ == "__main__":  # what is asked for, before TensorFlow, which takes seconds to load
    runs.parser_of(__doc__).parse_args()
quiet_logs()

from lstm_utils.cells import lstm_forward, lstm_step
from lstm_utils.frameworks import from_keras
from lstm_utils.models import forecasting_keras
from lstm_utils.models.forecasting import (
    DAY,
    QUANTILES,
    WEEK,
    boosted_trees,
    coverage,
    lag_table,
    lessons,
    mean_absolute_error,
    pinball_loss,
    repeat,
    shifted,
    widened,
    widening,
)
from lstm_utils.series import load_bicycles

from .runs import Progress, Run
from .runs import main as run_all

VALIDATION = ("2018-08-01", "2018-10-01")  # to choose settings, and to calibrate
TEST = ("2018-10-01", "2018-12-01")
SHOWN = ("2018-10-22", "2018-10-29")  # a week of the first seed's forecasts is kept, to draw
PROMISED = 0.9  # share of targets that an interval is to hold
SEEDS, CONTROL_SEEDS = range(5), range(3)


@dataclass(frozen=True, kw_only=True)
class LessonsRecipe:
    """What a model reads: the settings of `lessons`."""

    ahead: int
    power: float = 0.5
    unit: str = "week"
    weather: str = "changes"
    from_now: bool = True
    foreseen: bool | None = None  # the weather of the hour asked for: a control
    tuning: bool | None = None  # scored on VALIDATION, and not on the test

    def lessons(self, series, until):
        chosen = {name: getattr(self, name) for name in ("power", "unit", "weather", "from_now")}
        return lessons(series, self.ahead, until, foreseen=bool(self.foreseen), **chosen)


@dataclass(frozen=True, kw_only=True)
class NetworkRecipe(LessonsRecipe):
    model: str = field(default="lstm", init=False)
    training: forecasting_keras.Training
    recursive: bool | None = None  # 24 times an hour ahead, fed with its own answers
    calibrated: bool | None = None  # its intervals, by a twin that has not seen VALIDATION
    chosen: str = "validation: August and September; seed 0"


@dataclass(frozen=True, kw_only=True)
class TreesRecipe(LessonsRecipe):
    model: str = field(default="trees", init=False)
    lags: int = 48
    loss: str = "absolute_error"
    iterations: int = 300
    rate: float = 0.05
    leaves: int = 31
    chosen: str = "validation: August and September"


@dataclass(frozen=True)
class NaiveRecipe:
    model: str = field(default="naive", init=False)
    ahead: int
    lags: int = WEEK  # of the least squares, on the numbers themselves
    chosen: str = "nothing"


TRAINING = forecasting_keras.Training()
NETWORKS = {  # where the search begins, an hour and a day ahead
    1: NetworkRecipe(ahead=1, training=replace(TRAINING, units=48, updates=250)),
    DAY: NetworkRecipe(ahead=DAY, power=1.0, training=replace(TRAINING, dropout=0.3)),
}
TREES = {ahead: TreesRecipe(ahead=ahead) for ahead in NETWORKS}
PLAIN = {"unit": "training", "weather": "as it is"}  # nothing measured by the last week
UNTUNED = TreesRecipe(  # scikit-learn's own defaults, on the numbers themselves
    ahead=1,
    power=1.0,
    from_now=False,
    loss="squared_error",
    iterations=100,
    rate=0.1,
    chosen="nothing",
    **PLAIN,
)


def tried(ahead):
    """All settings that are scored on validation: recipes by name.

    Those called longer were tried when the test had been seen, and chose nothing.
    """
    network, trees = NETWORKS[ahead], TREES[ahead]
    shorter = replace(network.training, updates=network.training.updates // 2)
    recipes = {
        "lstm-plain": replace(network, **PLAIN),
        "lstm-shorter": replace(network, training=shorter),
        "trees-plain": replace(trees, **PLAIN),
        "trees-smaller": replace(trees, leaves=15),
        "trees-longer": replace(BEST_TREES[ahead], iterations=900),
    }
    if ahead > 1:
        recipes["lstm-longer"] = replace(BEST_NETWORKS[ahead], training=LONGER)
    starts = {"now": True, "zero": False} if ahead > 1 else {"now": True}
    for (power, form), (start, from_now) in product(POWERS.items(), starts.items()):
        changed = {"power": power, "from_now": from_now}
        recipes[f"lstm-{form}-{start}"] = replace(network, **changed)
        for loss in ("absolute", "squared") if from_now else ("absolute",):
            recipes[f"trees-{form}-{start}-{loss}"] = replace(
                trees, loss=f"{loss}_error", **changed
            )
    return recipes


POWERS = {0.5: "root", 1.0: "number"}
BEST_NETWORKS = {  # on validation, as the records of `forecasting_tuning` show
    1: replace(NETWORKS[1], **PLAIN),
    DAY: NETWORKS[DAY],  # lstm-number-now
}
BEST_TREES = {
    1: replace(TREES[1], **PLAIN),
    DAY: replace(TREES[DAY], power=1.0, from_now=False),  # trees-number-zero-absolute
}
LONGER = replace(BEST_NETWORKS[DAY].training, updates=600)


def of_data(series):
    """What a record says of the data."""
    if series.path:
        return runs.data_record(series.source, series.path)
    return {"source": series.source, "sha256": {}}


def measured(lesson, hours, forecasts):
    """Errors of forecasts (n,), or (n, 3) with an interval's ends around them, at some hours."""
    target, middle = lesson.target[hours], forecasts[hours]
    found = {}
    if middle.ndim == 2:
        low, middle, high = middle.T
        found = {
            "coverage": coverage(target, low, high),
            "width": float(np.mean(high - low)),
            "pinball": {
                str(q): pinball_loss(target, f, q)
                for q, f in zip(QUANTILES, (low, middle, high), strict=True)
            },
        }
    return found | {"mae": mean_absolute_error(target, middle)}


def in_parts(series, lesson, hours, middle):
    """The mean absolute error (n,) of forecasts by hour of the day, and with rain and without."""
    error, asked = np.abs(lesson.target - middle)[hours], hours + lesson.ahead
    hour, rain = asked % DAY, series.known["rain"][asked] > 0
    return {
        "mae_by_hour": [round(float(error[hour == k].mean()), 2) for k in range(DAY)],
        "mae_in_rain": round(float(error[rain].mean()), 2) if rain.any() else None,
        "mae_without_rain": round(float(error[~rain].mean()), 2),
        "hours_of_rain": int(rain.sum()),
        "mean": float(lesson.target[hours].mean()),
    }


def shown(series, lesson, forecasts):
    """One week of targets and of forecasts (n, 3), rounded, to draw."""
    first, last = (series.at(day) - lesson.ahead for day in SHOWN)
    found = {"target": lesson.target[first:last].tolist()}
    columns = forecasts[first:last].T.round(1).tolist()
    return found | dict(zip(("low", "median", "high"), columns, strict=True))


def fit_trees(recipe, lesson, until):
    """Boosted trees' forecasts (n,)."""
    chosen = {name: getattr(recipe, name) for name in ("lags", "loss", "iterations", "rate")}
    return boosted_trees(lesson, lesson.between(0, until), leaves=recipe.leaves, **chosen)


def fit_network(recipe, lesson, until, seed, progress=None):
    """A trained network and its forecasts, (n, 3): low, median, high."""
    model, losses = forecasting_keras.train(lesson, until, recipe.training, seed, progress=progress)
    return model, forecasting_keras.forecast(model, lesson), losses


def own_answers(model, series, lesson, first):
    """Forecasts (n,) a day ahead by a network for one hour ahead that is fed its own answers.

    Made at hour `first` and later, NaN before it; `lesson` has the unit "week" and no weather,
    which nobody knows for the hours in between. Of the lags only the present number is the
    network's own: a day before the next hour, 23 steps on, is still a measurement.
    """
    lstm, (weights, bias) = from_keras(model.layers[1]), model.layers[-1].get_weights()
    trace = lstm_forward(lstm, lesson.x[None])
    hidden, cell = (states[0, first + 1 :] for states in (trace.h, trace.c))
    powers = series.values**lesson.power
    total, level, start = WEEK * lesson.level, lesson.level, lesson.start
    lags = slice(0, 5)  # the number now and the four lags come first
    for step in range(1, DAY + 1):
        own = np.full(len(series), np.nan)
        answer = (hidden @ weights + bias)[:, 1] + start[first:]
        own[first:] = np.maximum((answer / 2 + 1) * level[first:], 0)
        if step == DAY:
            return own ** (1 / lesson.power)
        x = np.stack([shifted(column, step) for column in lesson.x.T], axis=1)
        known = (x[:, lags] / 2 + 1) * shifted(lesson.level, step)[:, None]
        known[:, 0] = own
        total = total + own - shifted(powers, step - WEEK)
        level = total / WEEK
        x[:, lags] = 2 * (known / level[:, None] - 1)
        x[:, lesson.names.index("observed")] = 1.0
        start = x[:, 0]
        now = lstm_step(lstm, np.nan_to_num(x[first:]).astype(np.float32), hidden, cell)
        hidden, cell = now.h, now.c


def run_naive(run, series, until, progress):
    """The last number, a day's, a week's, and least squares: their errors on the test."""
    ahead, values = run.recipe.ahead, series.values
    lesson = lessons(series, ahead, until)
    hours = lesson.between(until, series.at(TEST[1]))
    lags = lag_table(values, run.recipe.lags)
    learnt = lesson.between(0, until)
    regression = LinearRegression().fit(lags[learnt], lesson.target[learnt])
    table = np.nan_to_num(lags)
    forecasts = {
        "the last number": repeat(values, ahead),
        "a day before": repeat(values, ahead, DAY),
        "a week before": repeat(values, ahead, WEEK),
        "least squares": regression.predict(table),
    }
    metrics = {
        name: measured(lesson, hours, column) | in_parts(series, lesson, hours, column)
        for name, column in forecasts.items()
    }
    return progress.record(
        data=of_data(series), sizes={"learnt": len(learnt), "test": len(hours)}, metrics=metrics
    )


def run_tuning(run, series, progress):
    """One setting, scored on the validation part."""
    recipe, (until, last) = run.recipe, (series.at(day) for day in VALIDATION)
    lesson = recipe.lessons(series, until)
    hours, learnt = lesson.between(until, last), lesson.between(0, until)
    sizes = {"learnt": len(learnt), "validation": len(hours)}
    if recipe.model == "trees":
        forecasts = fit_trees(recipe, lesson, until)
    else:
        bar = progress.bar(recipe.training.updates, unit="update")
        model, forecasts, _ = fit_network(recipe, lesson, until, run.seed, bar.update)
        sizes["weights"] = model.count_params()
    metrics = measured(lesson, hours, forecasts)
    return progress.record(data=of_data(series), sizes=sizes, metrics=metrics)


def run_model(run, series, until, progress):
    """Learn from all before the test and score on it; intervals are calibrated before."""
    recipe, last = run.recipe, series.at(TEST[1])
    lesson = recipe.lessons(series, until)
    hours, learnt = lesson.between(until, last), lesson.between(0, until)
    sizes = {"learnt": len(learnt), "features": lesson.x.shape[1]}
    more, wider = {}, None
    if recipe.model == "trees":
        forecasts = fit_trees(recipe, lesson, until)
    else:
        factor = calibrated(run, series, progress) if recipe.calibrated else None
        bar = progress.bar(recipe.training.updates, unit="update")
        model, forecasts, losses = fit_network(recipe, lesson, until, run.seed, bar.update)
        sizes["weights"] = model.count_params()
        more["training_losses"] = losses[9::10].round(2).tolist()
        if recipe.recursive:
            lesson = replace(recipe, ahead=DAY).lessons(series, until)
            hours = lesson.between(until, last)
            short = replace(recipe, ahead=1).lessons(series, until)
            forecasts = own_answers(model, series, short, int(hours[0]))
        if factor:
            low, middle, high = forecasts.T
            wider = np.stack([*widened(low, high, factor), middle])[[0, 2, 1]].T
    metrics = measured(lesson, hours, forecasts)
    if wider is not None:
        metrics["widened"] = measured(lesson, hours, wider) | {"factor": factor}
        if run.seed == SEEDS[0]:
            more["shown_widened"] = shown(series, lesson, wider)
    middle = forecasts if forecasts.ndim == 1 else forecasts[:, 1]
    metrics |= in_parts(series, lesson, hours, middle)
    sizes["test"] = len(hours)
    return progress.record(data=of_data(series), sizes=sizes, metrics=metrics, **more)


def calibrated(run, series, progress):
    """How much wider than stated intervals must be: by a network that has not seen August on."""
    there = progress.load()
    if there is not None:
        return there[1]["factor"]
    first, last = (series.at(day) for day in VALIDATION)
    lesson = run.recipe.lessons(series, first)
    hours = lesson.between(first, last)
    _, forecasts, _ = fit_network(run.recipe, lesson, first, run.seed)
    factor = widening(lesson.target[hours], forecasts[hours, 0], forecasts[hours, 2], PROMISED)
    progress.save({"factor": np.array(factor)}, {"factor": factor})
    return factor


def execute(run, options):
    """Make one run: its record."""
    series = load_bicycles()
    until = series.at(TEST[0])
    with Progress(run, options.checkpoints) as progress:
        if run.recipe.model == "naive":
            return run_naive(run, series, until, progress)
        if run.recipe.tuning:
            return run_tuning(run, series, progress)
        return run_model(run, series, until, progress)


def all_runs(options):
    """Every run, those that choose settings first."""
    tuning = {f"{n}-{ahead}": r for ahead in NETWORKS for n, r in tried(ahead).items()}
    once = {
        **{f"naive-{ahead}": NaiveRecipe(ahead) for ahead in NETWORKS},
        **{f"trees-{ahead}": recipe for ahead, recipe in BEST_TREES.items()},
        **{f"trees-untuned-{ahead}": replace(UNTUNED, ahead=ahead) for ahead in NETWORKS},
        "trees-24-foreseen": replace(BEST_TREES[DAY], foreseen=True),
    }
    networks = {
        f"lstm-{k}": replace(recipe, calibrated=True) for k, recipe in BEST_NETWORKS.items()
    }
    controls = {
        "lstm-24-counts": replace(BEST_NETWORKS[DAY], weather="none"),
        "recursive-24": replace(BEST_NETWORKS[1], unit="week", weather="none", recursive=True),
    }
    if options.quick:
        few = {"iterations": 3, "lags": 5, "training": replace(TRAINING, updates=2, units=3)}
        tuning, once, networks, controls = (
            {name: runs.smaller(recipe, **few) for name, recipe in some.items()}
            for some in (tuning, once, networks, controls)
        )
    return [
        *(Run("forecasting_tuning", n, 0, replace(r, tuning=True)) for n, r in tuning.items()),
        *(Run("forecasting", name, 0, recipe) for name, recipe in once.items()),
        *(Run("forecasting", name, k, r) for name, r in networks.items() for k in SEEDS),
        *(Run("forecasting", name, k, r) for name, r in controls.items() for k in CONTROL_SEEDS),
    ]


def main(argv=None):
    return run_all("forecasting", all_runs, execute, __doc__, argv=argv)


if __name__ == "__main__":
    command_line.run(main)
