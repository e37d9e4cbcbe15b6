"""A reader small enough to run inside a page: one LSTM, a syllable a step, 8-bit weights.

A run trains on nine tenths of the training reviews; half of the loss is on the prefixes, so that
the probability means something before the end is reached. The other tenth sets the temperature.
The weights are rounded as they will be stored, and then the test reviews are scored, once.
"""

# ruff: noqa: E402 - TensorFlow reads its settings when it is imported

from dataclasses import dataclass, replace

import numpy as np

from lstm_utils import command_line
from lstm_utils.measuring import quiet_logs

from . import runs

if __name__ == "__main__":  # what is asked for, before TensorFlow, which takes seconds to load
    runs.parser_of(__doc__).parse_args()
quiet_logs()
import keras
import tensorflow as tf

from lstm_utils.models.pretrained import to_names
from lstm_utils.models.reviews import (
    EncodedReviews,
    equal_length_batches,
    look_up,
    ngram_pieces,
    ngrams_of_codes,
)
from lstm_utils.models.reviews_keras import PrefixNetwork

from .export_weights import keep
from .reviews_data import corpus, judge, leaning_codes
from .reviews_training import Trainer, fit, round_to_int8
from .runs import Progress, Run


@dataclass(frozen=True)
class Recipe:
    """A `PrefixNetwork` and its training."""

    pieces: int = 6000  # n-grams at most
    longest: int = 4  # in characters
    min_count: int = 20  # as of `leaning_codes`
    size: int = 8  # of a row of the table
    units: int = 32
    scale: float = 0.05  # of the table at the start
    dropout: float = 0.1
    piece_dropout: float = 0.15  # as of `Trainer`, like the next two
    smoothing: float = 0.0
    averaging: float | None = 0.97
    r_drop: float | None = None
    rate: float = 4e-3  # the highest
    batch_size: int = 256
    epochs: int = 3
    validation: int = 15_000  # reviews
    stored_as: str = "int8, a scale an array"
    chosen: str = "on the validation part, the same reviews for all seeds"


SEEDS = (0, 1, 2)
SHARES = (0.25, 0.5, 0.75)  # of a review's characters: where its prefixes are judged


def all_runs(options):
    """One recipe, from each seed."""
    small = {"pieces": 300, "min_count": 5, "size": 4, "units": 6, "epochs": 2, "validation": 40}
    recipe = replace(Recipe(), **small) if options.quick else Recipe()
    return [Run("reading", "syllables", seed, recipe) for seed in SEEDS]


class Parts:
    """The reviews to train on, to validate on and to test on, as the network reads them."""

    def __init__(self, recipe):
        data, self.recipe = corpus(), recipe
        fit, held_out = data.parts(recipe.validation)
        self.labels = {"fit": fit.labels, "validation": held_out.labels, "test": data.test.labels}
        codes, step, start = self._cut(fit.texts)
        review = np.repeat(np.arange(len(fit.texts)), np.diff(start))
        settings = recipe.pieces, recipe.min_count
        self.known = leaning_codes(codes, review, self.labels["fit"], *settings)
        self.fit = EncodedReviews(look_up(codes, self.known), step, start)
        self.validation = self._encode(held_out.texts)
        self.test = self._encode(data.test.texts)

    def _cut(self, texts):
        return ngram_pieces(texts, "syllable", self.recipe.longest)

    def _encode(self, texts):
        codes, *places = self._cut(texts)
        return EncodedReviews(look_up(codes, self.known), *places)


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
    layers = {name: layer.get_weights() for name, layer in network.layers_by_name().items()}
    layers["dense"] = [array / temperature for array in layers["dense"]]
    return {name: array.astype(np.float32) for name, array in to_names(layers).items()}


def execute(run, options):
    """Make one run; returns its record."""
    data = corpus()
    with Progress(run, options.checkpoints) as progress:
        parts = Parts(run.recipe)
        recipe, labels = run.recipe, parts.labels
        keras.utils.set_random_seed(run.seed)
        shape = len(parts.known) + 1, recipe.size, recipe.units
        network = PrefixNetwork(*shape, recipe.dropout, recipe.scale)
        trainer = Trainer(network, recipe, run.seed)
        curve = fit(trainer, parts.fit, labels["fit"], progress, options.quick)
        validation = scores_at(1, trainer, parts.validation)
        temperature = best_temperature(validation, labels["validation"])
        arrays = weights_of(network, temperature)
        unrounded = scores_at(1, trainer, parts.test)  # the temperature changes no sign
        whole, scales = round_to_int8(network, arrays)
        if run.seed == 0 and not options.quick:
            extras = {"longest": recipe.longest, "units": recipe.units, "scales": scales}
            extras["data"] = data.record
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


def main(argv=None):
    return runs.main("reading", all_runs, execute, __doc__, argv=argv)


if __name__ == "__main__":
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    command_line.run(main)
