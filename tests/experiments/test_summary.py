"""The summary of the records, and the program that makes all of them."""

import json
import re
from types import SimpleNamespace

import numpy as np
import pytest

from experiments import __main__ as everything
from experiments import summary
from experiments.runs import HERE, write_record
from lstm_utils.records import load_records, results_folder

KEYS = {
    "marked_product": {
        "steps_saved",
        "speedup",
        "seeds_solved",
        "seeds",
        "share_within_0_04",
        "test_mse",
        "steps_read",
        "steps_read_notes",
        "share_within_0_04_by_length",
    },
    "lstm_1997": {"seeds", "seeds_solved"},
    "sentiment": {
        "linear_model",
        "notes_recipe",
        "best_single_lstm",
        "best_system",
        "tuned_linear",
        "no_recurrence",
        "best_distilled_lstm",
        "packaged",
        "seconds_single",
        "seconds_system",
    },
    "headlines": {
        "word_kneser_ney",
        "lstm_alone",
        "best_alone",
        "best_with_snippets",
        "seconds",
    },
    "forecasting": {
        "persistence_hour",
        "persistence_day",
        "trees_hour",
        "trees_day",
        "lstm_hour",
        "lstm_day",
        "coverage_hour",
        "coverage_day",
    },
    "cells": {"numpy_over_torch"},
    "parity": {"lstm", "minlstm", "positive", "signed", "attention"},
    "reversal": {"with_attention", "one_vector"},
}


# --- The file on disk ---------------------------------------------------------------------


def test_the_summary_on_disk_is_what_the_records_give():
    stored = json.loads((results_folder() / "summary.json").read_text(encoding="utf-8"))
    assert stored == summary.summarise(), "run: make summary"


def test_it_has_these_keys_and_finite_numbers():
    found = summary.summarise()
    assert {task: set(figures) for task, figures in found.items()} == KEYS
    by_length = found["marked_product"].pop("share_within_0_04_by_length")
    values = [value for figures in (*found.values(), by_length) for value in figures.values()]
    assert np.isfinite(values).all()


def test_every_key_is_defined_in_the_docstring():
    defined = set(re.findall(r"\b[a-z_0-9]+\b", summary.__doc__))
    assert set.union(*KEYS.values()) <= defined
    assert set(KEYS) <= defined


# --- Where the figures come from ----------------------------------------------------------


def put(results, experiment, name, seed, metrics, seconds=1.0):
    record = {"name": name, "seed": seed, "metrics": metrics, "seconds": seconds}
    write_record(record, results / experiment / f"{name}-seed{seed}.json")


@pytest.fixture
def results(tmp_path):
    """Records with figures whose medians are easy to tell: 1, 2 and 9 times a base."""
    for seed, times in enumerate((9, 1, 2)):

        def bits(name, value, seed=seed, times=times, **more):
            metrics = {"bits_per_character": value * times, **more}
            put(tmp_path, "headlines", name, seed, metrics)

        bits("characters-lstm-validation", 3.0)
        bits("bpe-lstm-validation", 2.5)
        bits("taught-lstm-validation", 2.75)
        bits("characters-lstm", 1.0)
        bits("bpe-lstm", 4.0)
        bits("taught-lstm", 0.75)
        bits("mixture-of-four", 0.5)
        bits("mixture-taught-snippets", 0.25, seconds_with_members=100 * times)
        put(tmp_path, "sentiment", "notes", seed, {"accuracy": 0.07 * times})
        single = {"accuracy": 0.09 * times, "seconds_in_all": 30 * times}
        put(tmp_path, "sentiment", summary.SINGLE_LSTM, seed, single)
        others = {"no-recurrence": 0.08, "taught": 0.11, "pretrained": 0.06, "system": 0.1}
        for name, share in others.items():
            put(tmp_path, "sentiment", name, seed, {"accuracy": share * times})
        slow = {"seconds_to_target": None if times == 9 else 50 * times, "seconds_in_all": 70}
        slow |= {
            "steps_read_to_target": None if times == 9 else 10 * times,
            "steps_read_in_all": 90,
        }
        put(tmp_path, "marked_product", summary.NOTES_LESSONS, seed, slow)
        fast = {"seconds_to_target": None if times == 9 else 2 * times, "seconds_in_all": 5}
        fast |= {"steps_read_to_target": None if times == 9 else 4 * times, "steps_read_in_all": 7}
        fast |= {"share_within_0_04": 0.1 * times, "test_mse": 1e-5 * times}
        put(tmp_path, "marked_product", summary.BEST_LESSONS, seed, fast)
        at = {str(n): {"share_within_0_04": times / n} for n in (100, 20)}
        put(tmp_path, "marked_product", summary.EVERY_LENGTH, seed, {"by_length": at})
        networks = [{"sequences": times * 400_000}, None]
        success = {"140": networks, "13": [None, None]}
        put(tmp_path, "marked_product", summary.OF_1997, seed, {"success": success})
        for k, kind in enumerate(sorted(KEYS["parity"])):
            put(tmp_path, "parity", kind, seed, {"right_at": {"1000": 0.1 * k * times, "40": 1.0}})
        for name, share in {"attention": 0.3, "vector": 0.1}.items():
            shares = {"share_reversed": {"20": share * times, "30": 0.0}}
            put(tmp_path, "reversal", name, seed, shares)
        ratio = {summary.REFERENCE: 0.7 * times}
        put(tmp_path, "cells", "numpy-over-torch", seed, {"numpy_over_torch": ratio})
    for name, of in (("naive-1", "the last number"), ("naive-24", "a day before")):
        put(tmp_path, "forecasting", name, 0, {of: {"mae": 200.0}})
    for k, times in enumerate((0.9, 1.0, 1.2)):
        for name in ("trees-1", "trees-24", "lstm-1", "lstm-24"):
            held = {"mae": 70 * times, "widened": {"coverage": 0.9 * times}}
            put(tmp_path, "forecasting", name, k, held)
    put(tmp_path, "headlines", "words-kn3", 0, {"bits_per_character": 2.75})
    put(tmp_path, "sentiment", "linear", 0, {"accuracy": 0.87})
    put(tmp_path, "sentiment", "system-in-one-go", 0, {"seconds_of_two_processes": 80.0})
    return tmp_path


def test_figures_are_medians_over_the_seeds(results):
    found = summary.summarise(results)
    assert found["marked_product"] == {
        "steps_read": 7,
        "steps_read_notes": 20,
        "steps_saved": 20 / 7,  # of 90 (never), 10, 20 and of 7 (never), 4, 8
        "speedup": 70 / 4,  # of 70 (never), 50, 100 and of 5 (never), 2, 4
        "seeds_solved": 2,
        "seeds": 3,
        "share_within_0_04": 0.2,
        "test_mse": 2e-5,
        "share_within_0_04_by_length": {"20": 0.1, "100": 0.02},
    }
    assert found["lstm_1997"] == {"seeds": 6, "seeds_solved": 2}  # after 0.4, 0.8 and 3.6 million
    assert found["sentiment"] == {
        "linear_model": 0.87,
        "notes_recipe": 0.14,
        "best_single_lstm": 0.18,
        "best_system": 0.2,
        "tuned_linear": 0.87,
        "no_recurrence": 0.16,
        "best_distilled_lstm": 0.22,
        "packaged": 0.12,
        "seconds_single": 60.0,
        "seconds_system": 80.0,
    }
    assert found["cells"] == {"numpy_over_torch": 1.4}
    assert found["forecasting"]["lstm_day"] == 70.0
    assert found["forecasting"]["coverage_hour"] == 0.9
    assert found["forecasting"]["persistence_day"] == 200.0
    parity = {"attention": 0, "lstm": 0.2, "minlstm": 0.4, "positive": 0.6, "signed": 0.8}
    assert found["parity"] == pytest.approx(parity)
    reversal = {"with_attention": 0.6, "one_vector": 0.2}
    assert found["reversal"] == pytest.approx(reversal)


def test_the_better_lstm_is_chosen_on_validation(results):
    assert summary.summarise(results)["headlines"] == {
        "word_kneser_ney": 2.75,
        "lstm_alone": 8.0,  # worse on the test than the other, better on validation
        "best_alone": 1.0,
        "best_with_snippets": 0.5,
        "seconds": 200.0,
    }


def test_each_missing_record_is_named(results):
    for path in (results / "headlines").glob("mixture-*.json"):
        path.unlink()
    put(results, "headlines", "mixture-taught-snippets", 0, {"bits_per_character": 2.0})
    with pytest.raises(FileNotFoundError) as refused:
        summary.main(["--results", str(results)])
    told = str(refused.value)
    assert "headlines/mixture-of-four\n" in told
    assert "headlines/mixture-taught-snippets, in it metrics.seconds_with_members" in told
    assert "words-kn3" not in told
    assert not (results / "summary.json").exists()


# --- All of it again ----------------------------------------------------------------------


def test_the_plan_adds_up_the_seconds_of_the_records(results, capsys):
    assert everything.plan(results)["headlines"] == (25, 25.0)
    assert everything.main(["--plan"]) == 0
    told = capsys.readouterr().out
    assert f"{len(load_records('cells'))} runs" in told
    assert all(program in told for program in everything.PROGRAMS)
    assert "together" in told


def test_every_program_exists_and_every_folder_of_records_has_one():
    assert all((HERE / f"{program}.py").is_file() for program in everything.PROGRAMS)
    folders = {path.name for path in (HERE / "results").iterdir() if path.is_dir()}
    assert folders <= {folder for made in everything.PROGRAMS.values() for folder in made}


def test_again_deletes_every_record_and_a_second_start_makes_what_is_missing(results, monkeypatch):
    asked, records = [], list(results.glob("*/*.json"))

    def run(command, cwd):
        asked.append(command[2:])
        return SimpleNamespace(returncode=len(asked) == 2)

    monkeypatch.setattr(everything.subprocess, "run", run)
    assert everything.main(["--again"], results) == 1
    assert not [path for path in records if path.exists()]
    assert len(asked) == 2
    assert everything.main([], results) == 0
    rest = ["--results", str(results)]
    assert asked[2:] == [[f"experiments.{program}", *rest] for program in everything.PROGRAMS]
