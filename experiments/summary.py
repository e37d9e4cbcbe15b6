"""Write the headline figures of all experiments into one file, from their records alone.

Every figure is a median over the seeds of a run. Accuracies and shares lie between 0 and 1, times
are seconds of work on one thread, bits are bits per character on held-out headlines. What is called
the best was the best on validation data, never the best on the test.

marked_product
    speedup: how many times faster than the notes' recipe the best recipe brings the validation
    error to 1e-3; a seed that never does counts with all its seconds. seeds_solved of seeds: how
    often the best recipe did. share_within_0_04: share of test
    answers that are off by less than 0.04. test_mse: mean squared error on the test examples.
sentiment
    Accuracy on the test reviews of linear_model (TF-IDF and logistic regression), notes_recipe,
    best_single_lstm (one network) and best_system (several models, averaged). seconds_single: what
    cutting the text and training that network take. seconds_system: the same for all members of the
    system, shared between two cores.
headlines
    Bits per character of word_kneser_ney (three words), lstm_alone (the better LSTM) and
    best_alone (the mixture), all on headlines alone; best_with_snippets reads the articles'
    snippets too, and seconds is what training all that is in it takes.
cells
    numpy_over_torch: time of a forward and a backward pass in NumPy, in units of PyTorch's, for
    batch 32, length 100 and 64 hidden units.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from lstm_utils.records import load_records

from .runs import HERE, write_record

NOTES_LESSONS, BEST_LESSONS = "1-notes", "9-faster-at-ten"  # first and last rung of the ladder
SINGLE_LSTM = "ngram-words"  # the best on validation data
HEADLINE_LSTMS = ("characters-lstm", "bpe-lstm")
REFERENCE = "reference T=100 H=64"


class Records:
    """The records below a folder; what is asked for and missing is noted."""

    def __init__(self, results):
        self.results, self.missing = Path(results), []

    def of(self, experiment, name):
        """All records of a run, one for each seed, in the order of the seeds."""
        try:
            return load_records(experiment, name, self.results)
        except KeyError:
            self.missing.append(f"{experiment}/{name}")
            return []

    def median(self, experiment, name, *keys):
        """Median over the seeds of what lies under these keys; NaN, and noted, where it is not."""
        values = []
        for record in self.of(experiment, name):
            value = record
            for key in keys:
                value = value.get(key) if isinstance(value, dict) else None
            if value is None:
                self.missing.append(f"{experiment}/{name}, in it {'.'.join(keys)}")
            values.append(value)
        return median(values)


def median(values):
    """The median as a float; NaN of no values, or of one that is missing."""
    return float(np.median([np.nan if v is None else v for v in values])) if values else np.nan


def marked_product(records):
    """Speed, and errors on the test examples: see the module's docstring."""

    def metrics(name, key):
        return [record["metrics"].get(key) for record in records.of("marked_product", name)]

    def seconds(name):
        to_target, in_all = metrics(name, "seconds_to_target"), metrics(name, "seconds_in_all")
        pairs = zip(to_target, in_all, strict=True)
        return median([whole if part is None else part for part, whole in pairs])

    solved = [part is not None for part in metrics(BEST_LESSONS, "seconds_to_target")]
    return {
        "speedup": seconds(NOTES_LESSONS) / seconds(BEST_LESSONS),
        "seeds_solved": sum(solved),
        "seeds": len(solved),
        "share_within_0_04": median(metrics(BEST_LESSONS, "share_within_0_04")),
        "test_mse": median(metrics(BEST_LESSONS, "test_mse")),
    }


def sentiment(records):
    """Accuracies on the test reviews, and seconds: see the module's docstring."""

    def metric(name, key="accuracy"):
        return records.median("sentiment", name, "metrics", key)

    return {
        "linear_model": metric("linear"),
        "notes_recipe": metric("notes"),
        "best_single_lstm": metric(SINGLE_LSTM),
        "best_system": metric("system"),
        "seconds_single": metric(SINGLE_LSTM, "seconds_in_all"),
        "seconds_system": metric("system", "seconds_on_two_cores"),
    }


def headlines(records):
    """Bits per character, and seconds: see the module's docstring."""

    def bits(name):
        return records.median("headlines", name, "metrics", "bits_per_character")

    better = min(HEADLINE_LSTMS, key=lambda name: bits(f"{name}-validation"))
    seconds = ("metrics", "seconds_with_members")
    return {
        "word_kneser_ney": bits("words-kn3"),
        "lstm_alone": bits(better),
        "best_alone": bits("mixture"),
        "best_with_snippets": bits("mixture-snippets"),
        "seconds": records.median("headlines", "mixture-snippets", *seconds),
    }


def cells(records):
    """NumPy's time over PyTorch's: see the module's docstring."""
    keys = ("metrics", "numpy_over_torch", REFERENCE)
    return {"numpy_over_torch": records.median("cells", "numpy-over-torch", *keys)}


def summarise(results=HERE / "results"):
    """All headline figures, from the records in a folder: a dict of dicts.

    Raises FileNotFoundError, which names each record, or figure in one, that is missing.
    """
    records = Records(results)
    parts = (marked_product, sentiment, headlines, cells)
    summary = {part.__name__: part(records) for part in parts}
    if records.missing:
        missing = "\n  ".join(dict.fromkeys(records.missing))
        raise FileNotFoundError(f"no summary without these records in {results}:\n  {missing}")
    return summary


def main(argv=None):
    parser = argparse.ArgumentParser(
        prog="python -m experiments.summary", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--results", type=Path, default=HERE / "results", metavar="DIR")
    results = parser.parse_args(argv).results
    try:
        summary = summarise(results)
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 1
    write_record(summary, results / "summary.json")
    for task, figures in summary.items():
        print(task)
        for name, value in figures.items():
            print(f"  {name:20}{value:>10.4g}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
