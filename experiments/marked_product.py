"""Chapter 5 at full scale: the notes' recipe and a ladder, lengths and kinds, the LSTM of 1997."""

# ruff: noqa: E402 - TensorFlow reads its settings when it is imported

import hashlib
from dataclasses import dataclass, replace
from functools import cache

from experiments import runs
from lstm_utils import command_line
from lstm_utils.measuring import quiet_logs

if __name__ == "__main__":  # what is asked for, before TensorFlow, which takes seconds to load
    runs.parser_of(__doc__).parse_args()
quiet_logs()

import numpy as np
import tensorflow as tf

from experiments import lstm_1997
from experiments.export_weights import keep
from lstm_utils.models import marked_product_keras
from lstm_utils.models.marked_product import marked_product, share_within
from lstm_utils.models.marked_product_keras import Training
from lstm_utils.models.pretrained import to_names

tf.get_logger().setLevel("ERROR")  # a function compiled for several shapes is meant to be

TARGET = 1e-3
LENGTHS = (25, 50, 100, 200, 400)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A network and its lessons: some examples again and again, or fresh ones in stages."""

    kind: str = "lstm"  # of layer, as in `marked_product_keras.CELLS`
    layers: int = 2
    units: int = 30
    forget_bias: float = 1.0  # at the start
    clip: float | None  # largest norm of the gradient
    batch: int = 32
    length: int = 100
    rate: list[float] | None  # first and last, half a cosine between them
    examples: int | None
    epochs: int | None
    stages: list[list] | None  # of fresh examples: the plan of `fresh`
    until: float | None = None  # the validation error at which it ends
    rates: list[float] | None = None  # each tried, the stages' being shares of it; the best counts
    source: str | None = None  # of the data, where they are not chapter 5's


@dataclass(frozen=True, kw_only=True)
class Recipe1997:
    source: str = "Hochreiter and Schmidhuber 1997, experiment 5"
    length: int = 100
    networks: int = 5  # side by side; theirs were ten, one after another
    rate: float = 0.1
    sequences: int = 2_000_000
    input_bias: tuple[float, ...] | None = None  # of the blocks' input gates at the start


NOTES = Recipe(clip=None, rate=[1e-3, 1e-3], examples=2048, epochs=100, stages=None)
FRESH = {"examples": None, "epochs": None, "rate": None}


def climb(at_ten, highest, rate):
    """Stages from 10 to 100 steps: `at_ten` updates on the shortest, at rates from `highest`."""
    middle = [[25, 304, rate, rate], [50, 208, rate, rate]]
    return [[10, at_ten, highest, rate], *middle, [100, 704, rate, 0.0]]


CHANGES = {  # one rung each, on top of those before
    "1-notes": {},
    "2-one-layer": {"layers": 1},
    "3-larger-steps": {"rate": [1e-2, 1e-2], "epochs": 30},
    "4-clipped": {"clip": 0.01},
    "5-cosine": {"rate": [1e-2, 0.0]},
    "6-fresh": FRESH | {"stages": [[100, 1920, 1e-2, 0.0]]},
    "7-short-first": {"stages": climb(608, 1e-2, 1e-2)},
    "8-longer-at-ten": {"stages": climb(2000, 1e-2, 1e-2)},
    "9-faster-at-ten": {"stages": climb(2000, 3e-2, 2e-2)},
    "10-drawn-lengths": {"stages": [[[2, 100], 4000, 3e-2, 0.0]]},
    "11-smaller-batches": {"batch": 16, "stages": [[[2, 100], 8000, 3e-2, 0.0]]},
}
CLIMB = "9-faster-at-ten"
PACKAGED = "every-length"

LARGER, SMALLER = climb(2000, 3e-2, 2e-2), climb(2000, 1e-2, 1e-2)
ASIDE = {  # other changes to the climb: controls, and what was not kept
    "aside-forget-bias-3": {"forget_bias": 3.0},
    "aside-batch-64": {"batch": 64},
    "aside-batch-16": {"batch": 16, "stages": [[n, 2 * k, *rest] for n, k, *rest in LARGER]},
    "aside-drawn-from-10": {"stages": [[[10, 100], 4000, 3e-2, 0.0]]},
    "aside-larger-at-ten-alone": {"stages": [*LARGER[:1], *SMALLER[1:]]},
    "aside-larger-after-ten-alone": {"stages": [*SMALLER[:1], *LARGER[1:]]},
    "aside-larger-not-longer": {"stages": climb(608, 3e-2, 2e-2)},
    "hundred-alone": {"stages": [[100, 1280, 2e-2, 0.0]]},
    "hundred-alone-bias-3": {"stages": [[100, 1280, 2e-2, 0.0]], "forget_bias": 3.0},
    "hundred-alone-bias-5": {"stages": [[100, 1280, 2e-2, 0.0]], "forget_bias": 5.0},
}
EVERY_LENGTH = {"stages": [[[2, 400], 8000, 3e-2, 0.0]]}
OF_1997 = Recipe1997()
BIASED = (-3.0, -6.0)  # their remedy in experiment 4
RATES = [3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1]
KINDS = {  # name: layer, norm of clipping, four step sizes to try
    "rnn-plain": ("rnn-glorot", None, RATES[:4]),
    "rnn-clipped": ("rnn-glorot", 0.01, RATES[:4]),
    "rnn-orthogonal": ("rnn", 0.01, RATES[:4]),
    "rnn-identity": ("irnn", 0.01, RATES[1:5]),
    "gru": ("gru", 0.01, RATES[2:]),
    "lstm": ("lstm", 0.01, RATES[2:]),
}


def by_length(kind, clip, rates, length):
    """The same lessons for every kind: 1,200 updates, lengths doubled on the way up."""
    steps = [step for step in (10, 25, 50, 100, 200) if step < length]
    shares = {1: [608], 2: [608, 208], 3: [608, 160, 112], 4: [608, 160, 96, 64]}
    shares |= {5: [608, 160, 96, 64, 32]}
    updates = shares[len(steps)]
    stages = [[step, n, 1.0, 1.0] for step, n in zip(steps, updates, strict=True)]
    stages.append([length, 1200 - sum(updates), 1.0, 0.0])
    more = FRESH | {"kind": kind, "layers": 1, "clip": clip, "length": length, "stages": stages}
    return replace(NOTES, **more, rates=rates)


def all_runs(_arguments=None):
    """Every run, in the order in which they are made."""
    ladder, recipe = {}, NOTES
    for name, change in CHANGES.items():
        recipe = ladder[name] = replace(recipe, **change)
    every = {PACKAGED: replace(recipe, **EVERY_LENGTH)}
    asides = {name: replace(ladder[CLIMB], **change) for name, change in ASIDE.items()}
    asides["aside-two-layers"] = replace(ladder["4-clipped"], layers=2, until=TARGET)
    lengths = {
        f"{name}-length-{length}": by_length(*setting, length)
        for length in LENGTHS
        for name, setting in KINDS.items()
    }
    for bias in (3.0, 5.0):
        longest = replace(lengths["lstm-length-400"], forget_bias=bias)
        lengths[f"lstm-bias-{bias:.0f}-length-400"] = longest
    wide = {"kind": "rnn", "layers": 2, "units": 61, "length": 50}  # as many weights as two LSTMs
    plain = {
        "notes-rnn": replace(NOTES, kind="rnn"),
        "wide-rnn-notes": replace(NOTES, **wide),
        "wide-rnn-page": replace(NOTES, **wide, clip=0.1, rate=[1e-2, 1e-3], epochs=10),
        "page-lstm-large-steps": replace(NOTES, length=50, clip=0.1, rate=[0.1, 0.1], epochs=10),
        "wide-rnn-short-first": replace(by_length(*KINDS["rnn-orthogonal"], 50), **wide),
    }
    old = {"lstm-of-1997": OF_1997, "lstm-of-1997-biased": replace(OF_1997, input_bias=BIASED)}
    new = {"lstm-of-today": replace(ladder[CLIMB], source=OF_1997.source)}
    groups = ((ladder | every, 5), (old, 4), (new, 3), (plain, 3), (asides, 5), (lengths, 3))
    # The notes' own recipe takes longest: from the fourth seed on it ends at the target.
    short = replace(NOTES, until=TARGET)
    return [
        runs.Run("marked_product", name, seed, short if recipe == NOTES and seed > 2 else recipe)
        for group, seeds in groups
        for name, recipe in group.items()
        for seed in range(seeds)
    ]


def lessons(recipe, seed, done):
    """The batches of a recipe from number `done` on."""
    more = {"batch": recipe.batch, "done": done}
    if recipe.stages:
        return marked_product_keras.fresh(recipe.stages, seed, **more)
    examples = marked_product(recipe.examples, recipe.length, [seed, 1])
    return marked_product_keras.fixed(examples, recipe.epochs, *recipe.rate, seed, **more)


def smaller(recipe):
    """A recipe for a rehearsal: seconds instead of minutes."""
    recipe = replace(recipe, length=min(recipe.length, 12), units=4)
    if recipe.stages:
        short = ((np.minimum(length, 12).tolist(), rates) for length, _, *rates in recipe.stages)
        return replace(recipe, stages=[[length, 16, *rates] for length, rates in short])
    return replace(recipe, examples=256, epochs=8)


def store(progress, training):
    """Leave a checkpoint of networks in training."""
    arrays = {f"weight-{k}": w for k, w in enumerate(training.weights)}
    for k, pair in enumerate(training.moments):
        arrays |= {f"moment-{k}-{j}": m for j, m in enumerate(pair)}
    counts = {key: getattr(training, key) for key in marked_product_keras.COUNTS}
    progress.save(arrays, counts | {"checks": training.checks})


def restore(saved, training):
    """Put a checkpoint into networks that were just started."""
    arrays, meta = saved
    n = len(training.weights)
    training.weights = [arrays[f"weight-{k}"] for k in range(n)]
    training.moments = [(arrays[f"moment-{k}-0"], arrays[f"moment-{k}-1"]) for k in range(n)]
    for key, value in meta.items():
        setattr(training, key, value)


def execute(run, options):
    """Make one run, of whichever sort it is."""
    if isinstance(run.recipe, Recipe1997):
        return execute_1997(run, options)
    if run.recipe.rates:
        return execute_rates(run, options)
    return (execute_today if run.recipe.source else execute_one)(run, options)


def started(recipe, seed):
    """A fresh network of a recipe."""
    settings = {"units": recipe.units, "forget_bias": recipe.forget_bias}
    return Training.start(recipe.kind, recipe.layers, [seed], **settings)


def execute_rates(run, options):
    """A network for each step size, and the record of the one that is best on validation.

    The tries are short, so that a killed run begins anew.
    """
    recipe = smaller(run.recipe) if options.quick else run.recipe
    validation = marked_product(512, recipe.length, [run.seed, 2])
    tried = {}
    with runs.Progress(run, options.checkpoints) as progress:
        for rate in recipe.rates:
            stages = [[*stage[:2], stage[2] * rate, stage[3] * rate] for stage in recipe.stages]
            batches = lessons(replace(recipe, stages=stages), run.seed, 0)
            training, limit = started(recipe, run.seed), recipe.clip or np.inf
            list(marked_product_keras.train(training, batches, validation, limit))
            error = rounded(marked_product_keras.errors_of(training, validation)[0])
            tried[rate] = training, error
        best = min(tried, key=lambda rate: np.inf if tried[rate][1] is None else tried[rate][1])
        training, error = tried[best]
        data, metrics, test = tested(run, recipe, training, options.quick)
        metrics |= {"rate": best, "validation_mse": error}
        metrics["validation_by_rate"] = {f"{rate:g}": error for rate, (_, error) in tried.items()}
        metrics["steps_read_in_all"] = training.steps_read
        return progress.record(
            data=data, sizes=sizes(training, validation, test), metrics=metrics, threads=1
        )


def tested(run, recipe, training, quick):
    """What a record says of the test: its data, the scores, the number of sequences."""
    length = recipe.length
    n = 64 if quick else 10_000 if length == 100 else 2000
    test = marked_product(n, length, 12345)
    digest = hashlib.sha256(test.x.tobytes() + test.y.tobytes()).hexdigest()
    metrics = scores(training, test)
    if length == 100 and run.recipe.kind in ("lstm", "gru", "rnn"):
        drawn = run.recipe.stages and isinstance(run.recipe.stages[0][0], list)
        asked = (10, *LENGTHS, 800) if drawn else LENGTHS
        others = {n: marked_product(2000, n, [12345, n]) for n in asked}
        metrics["by_length"] = {str(n): scores(training, some) for n, some in others.items()}
    return {"source": marked_product.__module__, "sha256": {"test": digest}}, metrics, n


def sizes(training, validation, test):
    """What a record says of sizes."""
    weights = sum(w[0].size for w in training.weights)
    return {"parameters": weights, "validation": len(validation), "test": test}


def execute_one(run, options):
    """One network, trained and tested: its record."""
    recipe = smaller(run.recipe) if options.quick else run.recipe
    validation = marked_product(512, recipe.length, [run.seed, 2])
    training = started(recipe, run.seed)
    with runs.Progress(run, options.checkpoints) as progress:
        if saved := progress.load():
            restore(saved, training)
        total = sum(s[1] for s in recipe.stages or [])
        total = total or recipe.epochs * (recipe.examples // recipe.batch)
        bar = progress.bar(total, training.updates, "update")
        steps = marked_product_keras.train(
            training,
            lessons(recipe, run.seed, training.updates),
            validation,
            limit=recipe.clip or np.inf,
            every=16 if options.quick else 64,
            target=recipe.until or -1.0,
        )
        for _ in steps:
            bar.update(training.updates - bar.n)
            if options.quick or progress.due(15):
                store(progress, training)
        data, metrics, test = tested(run, recipe, training, options.quick)
        checks = training.checks[:: max(1, len(training.checks) // 50)]
        if run.name == PACKAGED and run.seed == 0 and not options.quick:  # for the package
            *lstm, kernel, bias = (w[0] for w in training.weights)
            arrays = to_names({"lstm": lstm, "dense": [kernel, bias]})
            keep("marked-product", run, arrays, options.checkpoints)
        return progress.record(
            data=data,
            sizes=sizes(training, validation, test),
            metrics=metrics | first_under(training),
            threads=1,
            curve={
                "updates": [c["updates"] for c in checks],
                "validation": [rounded(c["validation"][0]) for c in checks],
            },
        )


def rounded(value):
    """Five significant digits; what is no number (a network that blew up) becomes None."""
    return float(f"{value:.5g}") if np.isfinite(value) else None


def scores(training, examples):
    """Error and share of right answers on examples; no error is known of a network that blew up."""
    answers = marked_product_keras.answers(training, examples)[0]
    return {
        "test_mse": rounded(np.mean((answers - examples.y) ** 2, dtype=np.float64)),
        "share_within_0_04": rounded(share_within(answers, examples.y)),
    }


def first_under(training):
    """What it took until the validation error was at the target; None where it never was."""
    found = training.reached(TARGET)[0] or {}
    last = training.checks[-1]
    return {
        **{f"{key}_to_target": found.get(key) for key in marked_product_keras.COUNTS},
        **{f"{key}_in_all": last[key] for key in marked_product_keras.COUNTS},
        "validation_mse": rounded(last["validation"][0]),
    }


def score_1997(answers, y):
    """Test error and number of wrong answers, as their table 8 has them."""
    errors = answers - y
    return {"test_mse": rounded(np.mean(errors**2)), "wrong": int(np.sum(np.abs(errors) >= 0.04))}


def add_success(success, wrong, score):
    """Enter every network that has just met one of their two criteria, by ``score(network)``.

    `success` is ``{"140": [None or what is known of each network], "13": …}``, changed in place;
    `wrong` (sequences, networks) says which answers were wrong.
    """
    for allowed, networks in success.items():
        for s, known in enumerate(networks):
            if known is None:
                after = lstm_1997.first_success(wrong[:, s], int(allowed))
                networks[s] = after and {"sequences": after, **score(s)}


def draw_1997(n, networks, length, seed):
    """Sequences for `networks` side by side: x (n, S, T, 2), y (n, S), lengths (n, S)."""
    data = lstm_1997.multiplication(n * networks, length, np.random.default_rng(seed), False)
    x = np.zeros((n * networks, length + length // 10, 2), np.float32)
    x[:, : data.x.shape[1]] = data.x
    lengths = lstm_1997.lengths_of(data.x).astype(np.int32)
    return x.reshape(n, networks, *x.shape[1:]), *(a.reshape(n, -1) for a in (data.y, lengths))


def execute_1997(run, options):
    """Their networks, learning one sequence at a time until all have met both criteria."""
    recipe = replace(run.recipe, networks=2, sequences=8000) if options.quick else run.recipe
    networks, length, chunk = recipe.networks, recipe.length, 2000
    test = draw_1997(64 if options.quick else 2560, 1, length, 12345)
    test = [np.repeat(a, networks, axis=1) for a in test]
    W, V = lstm_1997.start(networks, np.random.default_rng([run.seed, 0]), recipe.input_bias)
    wrong, errors = np.zeros((0, networks), bool), np.zeros((0, networks))
    success = {str(n): [None] * networks for n in lstm_1997.REPORTED}

    with runs.Progress(run, options.checkpoints) as progress:
        if saved := progress.load():
            W, V, wrong, errors = (saved[0][key] for key in ("W", "V", "wrong", "errors"))
            wrong, success = wrong.astype(bool), saved[1]["success"]
        bar = progress.bar(recipe.sequences, len(wrong), "sequence")
        while len(wrong) < recipe.sequences:
            data = draw_1997(chunk, networks, length, [run.seed, 1 + len(wrong)])
            W, V, new = (a.numpy() for a in lstm_1997.online(W, V, *data, np.float32(recipe.rate)))
            wrong = np.concatenate([wrong, np.abs(new) >= 0.04])
            errors = np.concatenate([errors, np.mean(new**2, axis=0)[None]])
            bar.update(chunk)
            answers = cache(lambda W=W, V=V: lstm_1997.answer(W, V, test[0], test[2]).numpy())
            add_success(success, wrong, lambda s, a=answers: score_1997(a()[:, s], test[1][:, s]))
            if options.quick or progress.due(30):
                arrays = {"W": W, "V": V, "wrong": wrong.astype(np.uint8), "errors": errors}
                progress.save(arrays, {"success": success})
            if all(all(known) for known in success.values()):
                break
        return progress.record(
            data={"source": recipe.source, "sha256": {}},
            sizes={"parameters": lstm_1997.WEIGHTS, "networks": networks, "test": len(test[0])},
            metrics={
                "sequences_in_all": len(wrong),
                "training_mse": [rounded(v) for v in errors[-1]],
                "success": success,
            },
            threads=1,
            curve={
                "sequences": [chunk * (k + 1) for k in range(0, len(errors), 10)],
                "training_mse": [[rounded(v) for v in row] for row in errors[::10]],
            },
        )


def execute_today(run, options):
    """The climb's network and lessons on the data of 1997, by the criteria of 1997."""
    recipe = smaller(run.recipe) if options.quick else run.recipe
    length = recipe.length
    test = lstm_1997.multiplication(2560, length, np.random.default_rng(12345), one_length=False)
    lengths = lstm_1997.lengths_of(test.x)
    validation = lstm_1997.multiplication(512, length, np.random.default_rng([run.seed, 2]))
    training = started(recipe, run.seed)
    more = {"draw": lstm_1997.multiplication, "width": length + length // 10}
    batches = marked_product_keras.fresh(recipe.stages, run.seed, batch=recipe.batch, **more)
    limit, every = recipe.clip, 16
    wrong, success = np.zeros((0, 1), bool), {str(n): [None] for n in lstm_1997.REPORTED}

    def score(_network):
        answers = np.zeros(len(test))
        for step in np.unique(lengths):  # the sequences of one length at a time
            rows = lengths == step
            weights = [tf.constant(w) for w in training.weights]
            x = tf.constant(test.x[:, :step][rows])
            answers[rows] = marked_product_keras.forward(
                recipe.kind, weights, x[None], tf.constant(int(step))
            )[0]
        return score_1997(answers, test.y)

    with runs.Progress(run, options.checkpoints) as progress:
        for _ in marked_product_keras.train(training, batches, validation, limit, every):
            new = np.abs(training.errors).reshape(-1, 1) >= 0.04
            climbing = training.updates <= sum(stage[1] for stage in recipe.stages[:-1])
            wrong = np.concatenate([wrong, new | climbing])  # shorter sequences are no success
            add_success(success, wrong, score)
        return progress.record(
            data={"source": recipe.source, "sha256": {}},
            sizes={"parameters": sum(w.size for w in training.weights), "test": len(test)},
            metrics={
                "sequences_in_all": training.sequences,
                "training_seconds": training.seconds,
                "success": success,
                **score(0),
            },
            threads=1,
        )


def main(argv=None):
    return runs.main("marked_product", all_runs(), execute, __doc__, argv=argv)


if __name__ == "__main__":
    tf.config.threading.set_intra_op_parallelism_threads(1)  # seconds that can be compared
    tf.config.threading.set_inter_op_parallelism_threads(1)
    command_line.run(main)
