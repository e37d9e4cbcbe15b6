"""Write the headline figures of all experiments into one file, from their records alone.

Every figure is a median over the seeds of a run. Accuracies and shares lie between 0 and 1, times
are seconds of work on one thread, bits are bits per character on held-out headlines. What is called
the best was chosen on validation data, never on the test.

marked_product
    steps_read and steps_read_notes: time steps that the last rung of the ladder and the notes'
    recipe read until the validation error is 1e-3; a seed that never gets there counts with all
    that it read. steps_saved: how many times fewer that is; speedup: the same in seconds, one layer
    for two included. seeds_solved of seeds: how often the last rung did. share_within_0_04: share
    of its test answers that are off by less than 0.04; test_mse: their mean squared error.
    share_within_0_04_by_length: of the network that was taught every length.
lstm_1997
    Networks of 1997 with the input gates' bias of experiment 4: seeds_solved of seeds met the
    first criterion within a million sequences.
sentiment
    Accuracy on the test reviews of linear_model (TF-IDF and logistic regression; tuned_linear is
    the same), notes_recipe, best_single_lstm (n-gram words), no_recurrence (its control),
    best_distilled_lstm (one network that two others taught), packaged (the package's) and
    best_system (several models, averaged). seconds_single: what cutting the text and training
    n-gram words take. seconds_system: what all of the system took, two processes on two cores.
headlines
    Bits per character of word_kneser_ney (three words), lstm_alone (the best LSTM) and
    best_alone (the largest mixture), all on headlines alone; best_with_snippets reads the articles'
    snippets too, and seconds is what training all that is in it takes.
forecasting
    Mean absolute error in bicycles on October and November 2018, an hour and a day ahead, of
    persistence_hour and persistence_day (a day before), trees_hour and trees_day (boosted trees,
    tuned) and lstm_hour and lstm_day; coverage_hour and coverage_day: share of hours that the
    LSTM's intervals of 90 % hold, once they are widened by what validation asks for.
cells
    numpy_over_torch: time of a forward and a backward pass in NumPy, in units of PyTorch's, for
    batch 32, length 100 and 64 hidden units.
parity
    Share of right answers after 1000 bits, of networks that were taught 40: lstm, minlstm, positive
    (a linear recurrence with factors from 0 to 1), signed (from -1 to 1), attention (one layer).
reversal
    Share of rows of 20 digits that are reversed without a mistake: with_attention, one_vector (as
    many weights).
"""

from functools import partial, reduce
from operator import getitem
from pathlib import Path

import numpy as np

from lstm_utils import command_line
from lstm_utils.records import load_records

from .runs import HERE, write_record

NOTES_LESSONS, BEST_LESSONS = "1-notes", "11-smaller-batches"  # first and last rung of the ladder
EVERY_LENGTH, OF_1997, IN_TIME = "every-length", "lstm-of-1997-biased", 1_000_000  # sequences
SINGLE_LSTM = "ngram-words"  # why: experiments/sentiment.py, at BEST
HEADLINE_LSTMS = ("characters-lstm", "bpe-lstm", "taught-lstm")
BITS = "bits_per_character"
REFERENCE = "reference T=100 H=64"
FIGURES = {  # what is a plain median: experiment, figure, its run and the keys in that's metrics
    "marked_product": {
        "share_within_0_04": (BEST_LESSONS, "share_within_0_04"),
        "test_mse": (BEST_LESSONS, "test_mse"),
    },
    "sentiment": {
        "linear_model": ("linear", "accuracy"),
        "notes_recipe": ("notes", "accuracy"),
        "best_single_lstm": (SINGLE_LSTM, "accuracy"),
        "best_system": ("system", "accuracy"),
        "tuned_linear": ("linear", "accuracy"),
        "no_recurrence": ("no-recurrence", "accuracy"),
        "best_distilled_lstm": ("taught", "accuracy"),
        "packaged": ("pretrained", "accuracy"),
        "seconds_single": (SINGLE_LSTM, "seconds_in_all"),
        "seconds_system": ("system-in-one-go", "seconds_of_two_processes"),
    },
    "headlines": {
        "word_kneser_ney": ("words-kn3", BITS),
        "best_alone": ("mixture-of-four", BITS),
        "best_with_snippets": ("mixture-taught-snippets", BITS),
        "seconds": ("mixture-taught-snippets", "seconds_with_members"),
    },
    "forecasting": {
        "persistence_hour": ("naive-1", "the last number", "mae"),
        "persistence_day": ("naive-24", "a day before", "mae"),
        "trees_hour": ("trees-1", "mae"),
        "trees_day": ("trees-24", "mae"),
        "lstm_hour": ("lstm-1", "mae"),
        "lstm_day": ("lstm-24", "mae"),
        "coverage_hour": ("lstm-1", "widened", "coverage"),
        "coverage_day": ("lstm-24", "widened", "coverage"),
    },
    "cells": {"numpy_over_torch": ("numpy-over-torch", "numpy_over_torch", REFERENCE)},
    "parity": {
        kind: (kind, "right_at", "1000")
        for kind in ("lstm", "minlstm", "positive", "signed", "attention")
    },
    "reversal": {
        "with_attention": ("attention", "share_reversed", "20"),
        "one_vector": ("vector", "share_reversed", "20"),
    },
}


def read_metric(results, missing, experiment, name, *keys):
    """What lies under these keys of a run's metrics, for each seed; `missing` notes what is not."""
    try:
        records = load_records(experiment, name, results)
    except KeyError:
        missing.append(f"{experiment}/{name}")
        return []
    try:
        return [reduce(getitem, keys, record["metrics"]) for record in records]
    except KeyError:
        missing.append(f"{experiment}/{name}, in it metrics.{'.'.join(keys)}")
        return [np.nan] * len(records)


def median(values):
    """The median as a float; NaN of no values."""
    return float(np.median(values or [np.nan]))


def speed(metric):
    """How soon and how often marked_product's recipes solve it: see the module's docstring."""

    def needed(name, what):
        columns = (metric(name, f"{what}_{until}") for until in ("to_target", "in_all"))
        pairs = zip(*columns, strict=True)
        return median([whole if part is None else part for part, whole in pairs])

    reached = metric(BEST_LESSONS, "seconds_to_target")
    read, read_notes = (needed(name, "steps_read") for name in (BEST_LESSONS, NOTES_LESSONS))
    return {
        "steps_read": read,
        "steps_read_notes": read_notes,
        "steps_saved": read_notes / read,
        "speedup": needed(NOTES_LESSONS, "seconds") / needed(BEST_LESSONS, "seconds"),
        "seeds_solved": sum(part is not None for part in reached),
        "seeds": len(reached),
    }


def by_length(metric):
    """Share of answers within 0.04 by length, of the network that was taught every length."""
    seeds = metric(EVERY_LENGTH, "by_length")
    lengths = sorted(seeds[0], key=int) if seeds else []
    return {n: median([seed[n]["share_within_0_04"] for seed in seeds]) for n in lengths}


def of_1997(metric):
    """How often the networks of 1997 met the first criterion in time."""
    networks = [network for seed in metric(OF_1997, "success", "140") for network in seed]
    solved = [network for network in networks if network and network["sequences"] <= IN_TIME]
    return {"seeds": len(networks), "seeds_solved": len(solved)}


def summarise(results=HERE / "results"):
    """All headline figures, from the records in a folder: a dict of dicts.

    Raises FileNotFoundError, which names each record, or figure in one, that is missing.
    """
    missing = []
    metric = partial(read_metric, Path(results), missing)
    summary = {
        experiment: {name: median(metric(experiment, *of)) for name, of in figures.items()}
        for experiment, figures in FIGURES.items()
    }
    of_products = partial(metric, "marked_product")
    summary["marked_product"] |= speed(of_products)
    summary["marked_product"]["share_within_0_04_by_length"] = by_length(of_products)
    summary["lstm_1997"] = of_1997(of_products)
    better = min(HEADLINE_LSTMS, key=lambda n: median(metric("headlines", f"{n}-validation", BITS)))
    summary["headlines"]["lstm_alone"] = median(metric("headlines", better, BITS))
    if missing:
        told = "\n  ".join(dict.fromkeys(missing))
        raise FileNotFoundError(f"no summary without these records in {results}:\n  {told}")
    return summary


def main(argv=None):
    parser = command_line.parser(__doc__)
    parser.add_argument(
        "--results", type=command_line.path, default=HERE / "results", metavar="DIR"
    )
    results = parser.parse_args(argv).results
    summary = summarise(results)
    write_record(summary, results / "summary.json")
    for task, figures in summary.items():
        print(task)
        for name, value in figures.items():
            values = value.items() if isinstance(value, dict) else [("", value)]
            for key, number in values:
                print(f"  {f'{name} {key}':34}{number:>10.4g}")


if __name__ == "__main__":
    command_line.run(main)
