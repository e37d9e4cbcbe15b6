"""A reader small enough to run inside a page: one LSTM, a syllable a step, 8-bit weights.

A run trains on nine tenths of the training reviews; half of the loss is on the prefixes, so that
the probability means something before the end is reached. The other tenth sets the temperature.
The weights are rounded as they will be stored, and then the test reviews are scored, once.
"""

import sys
import unicodedata

import numpy as np

from lstm_utils.measuring import quiet_logs

quiet_logs()
import keras  # noqa: E402
import tensorflow as tf  # noqa: E402

from lstm_utils.models.reviews import (  # noqa: E402
    EncodedReviews,
    equal_length_batches,
    leaning_codes,
    look_up,
    ngram_pieces,
    ngrams_of_codes,
)
from lstm_utils.models.reviews_keras import PrefixNetwork, Trainer, cosine_rate  # noqa: E402

from .export_weights import keep, to_int8  # noqa: E402
from .runs import Progress, Run, main  # noqa: E402
from .sentiment import Epochs, corpus, judge  # noqa: E402

SEEDS = (0, 1, 2)
RECIPE = {
    "pieces": 6000,
    "longest": 4,
    "min_count": 20,
    "size": 8,
    "units": 32,
    "scale": 0.05,
    "dropout": 0.1,
    "piece_dropout": 0.15,
    "smoothing": 0.0,
    "averaging": 0.97,
    "rate": 4e-3,
    "batch_size": 256,
    "epochs": 3,
    "validation": 15_000,
    "stored_as": "int8, a scale an array",
    "chosen": "on the validation part, the same reviews for all seeds",
}
SHARES = (0.25, 0.5, 0.75)  # of a review's characters: where its prefixes are judged


def all_runs(arguments):
    """One recipe, from each seed."""
    small = {"pieces": 300, "min_count": 5, "size": 4, "units": 6, "epochs": 2, "validation": 40}
    recipe = RECIPE | small if arguments.quick else RECIPE
    return [Run("reading", "syllables", seed, recipe) for seed in SEEDS]


class Parts:
    """The reviews to train on, to validate on and to test on, as the network reads them."""

    def __init__(self, recipe):
        data, self.recipe = corpus(), recipe
        order = np.random.default_rng(0).permutation(len(data.train.texts))
        fit, held_out = np.split(order, [-recipe["validation"]])
        texts, labels = np.array(data.train.texts, dtype=object), data.train.labels
        self.labels = {"fit": labels[fit], "validation": labels[held_out]}
        self.labels["test"] = data.test.labels
        codes, step, start = self._cut(texts[fit])
        review = np.repeat(np.arange(len(fit)), np.diff(start))
        settings = recipe["pieces"], recipe["min_count"]
        self.known = leaning_codes(codes, review, self.labels["fit"], *settings)
        self.fit = EncodedReviews(look_up(codes, self.known), step, start)
        self.validation = self._encode(texts[held_out])
        self.test = self._encode(data.test.texts)

    def _cut(self, texts):
        texts = [unicodedata.normalize("NFC", text) for text in texts]
        return ngram_pieces(texts, "syllable", self.recipe["longest"])

    def _encode(self, texts):
        codes, *places = self._cut(texts)
        return EncodedReviews(look_up(codes, self.known), *places)


def train(run, options, progress, parts):
    """Train a PrefixNetwork; returns its trainer and the curve of the losses."""
    recipe, labels = run.recipe, parts.labels["fit"]
    keras.utils.set_random_seed(run.seed)
    shape = len(parts.known) + 1, recipe["size"], recipe["units"]
    network = PrefixNetwork(*shape, recipe["dropout"], recipe["scale"])
    settings = ("piece_dropout", "smoothing", "averaging")
    trainer = Trainer(network, **{k: recipe[k] for k in settings}, seed=run.seed)

    def batches_of(epoch):
        rng = np.random.default_rng([run.seed, epoch])
        return equal_length_batches(parts.fit.steps, recipe["batch_size"], rng)

    total = recipe["epochs"] * len(batches_of(0))

    def step(batch, number):
        rate = cosine_rate(number, total, recipe["rate"])
        return trainer.step(parts.fit.batch(batch), labels[batch], rate)

    epochs = Epochs(run, progress, trainer, options.quick)
    epochs(batches_of, step)
    trainer.use_average()
    return trainer, epochs.curve


def scores_at(share, trainer, encoded):
    """Log odds after a share of each review's characters; 1 means after the space at its end."""
    found = np.zeros(len(encoded), np.float32)
    for rows in equal_length_batches(encoded.steps, 1000):
        ids, slots, steps = encoded.batch(rows)
        step = -1 if share == 1 else round(share * (steps - 2))  # the first of them is a space
        found[rows] = trainer.scores_of_batch(ids, slots, steps)[:, step]
    return found


def best_temperature(scores, labels):
    """What to divide log odds by for the least cross-entropy (Guo et al., 2017), to 1 %."""
    against = np.where(labels == 1, -scores, scores).astype(np.float64)
    candidates = np.exp(np.arange(-100, 101) / 100)
    return float(min(candidates, key=lambda t: np.logaddexp(0, against / t).mean()))


def weights_of(network, temperature):
    """The network's arrays by name; the temperature goes into the last layer."""
    kernel, bias = (array / temperature for array in network.score.get_weights())
    arrays = {"table": network.embed.table.get_weights()[0]}
    names = ("kernel", "recurrent_kernel", "bias")
    for name, array in zip(names, network.lstm.get_weights(), strict=True):
        arrays[f"forward/{name}"] = array
    arrays |= {"dense/kernel": kernel, "dense/bias": bias}
    return {name: array.astype(np.float32) for name, array in arrays.items()}


def execute(run, options):
    """Make one run; returns its record."""
    data = corpus()
    with Progress(run, options.checkpoints) as progress:
        parts = Parts(run.recipe)
        trainer, curve = train(run, options, progress, parts)
        network, labels = trainer.network, parts.labels
        validation = scores_at(1, trainer, parts.validation)
        temperature = best_temperature(validation, labels["validation"])
        arrays = weights_of(network, temperature)
        unrounded = scores_at(1, trainer, parts.test)  # the temperature changes no sign
        whole, scales = to_int8(arrays)
        network.set_weights([whole[name] * np.float32(scales[name]) for name in arrays])
        if run.seed == 0 and not options.quick:
            extras = {key: run.recipe[key] for key in ("longest", "units")}
            extras |= {"scales": scales, "data": data.record}
            extras["ngrams"] = "\n".join(ngrams_of_codes(parts.known))  # row k + 1: n-gram k
            keep("reading", run, whole, options.checkpoints, **extras)

        metrics = judge(scores_at(1, trainer, parts.test), labels["test"], data.slices)
        metrics["prefixes"] = [
            {"share": share, **judge(scores_at(share, trainer, parts.test), labels["test"], {})}
            for share in SHARES
        ]
        metrics |= {
            "accuracy_before_rounding": float(np.mean((unrounded > 0) == labels["test"])),
            "accuracy_on_validation": float(np.mean((validation > 0) == labels["validation"])),
            "temperature": temperature,
            "seconds_in_all": progress.seconds,
        }
        sizes = {
            "weights": int(network.count_params()),
            "table": list(arrays["table"].shape),
            "steps_per_review": float(parts.fit.steps.mean()),
            **{part: len(own) for part, own in labels.items()},
        }
        return progress.record(
            data=data.record, sizes=sizes, metrics=metrics, curve=curve, threads=1
        )


if __name__ == "__main__":
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    sys.exit(main("reading", all_runs, execute, __doc__.split("\n")[0]))
