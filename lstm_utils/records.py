"""The recorded results of the full-scale experiments, for the pages that draw them."""

import json
from pathlib import Path

_HERE = Path(__file__).resolve().parent


def results_folder():
    """The folder of the records: beside the package in a checkout, inside it when installed.

    Raises
    ------
    FileNotFoundError
        If there are none: a broken installation.
    """
    for folder in (_HERE.parent / "experiments" / "results", _HERE / "results"):
        if folder.is_dir():
            return folder
    raise FileNotFoundError("the experiments' records are missing: install lstm-utils anew")


def load_records(experiment, name=None, results=None):
    """Records of an experiment's runs.

    Parameters
    ----------
    experiment : str
        The name of its folder of records, such as ``"sentiment"``.
    name : str, optional
        Only the runs of this name: one for each seed.
    results : pathlib.Path, optional
        The folder they lie below; `results_folder()` if None.

    Returns
    -------
    list of dict
        Sorted by name and seed. `experiments/README.md` says what a record holds.

    Raises
    ------
    KeyError
        If there is no such record; it lists the names that there are.
    """
    folder = (results or results_folder()) / experiment
    records = [json.loads(p.read_text(encoding="utf-8")) for p in folder.glob("*-seed*.json")]
    records.sort(key=lambda record: (record["name"], record["seed"]))
    chosen = [record for record in records if name in (None, record["name"])]
    if not chosen:
        names = ", ".join(dict.fromkeys(record["name"] for record in records)) or "none at all"
        raise KeyError(f"no record of {experiment} {name or ''}; there are: {names}")
    return chosen


def metric(experiment, name, key):
    """One metric of a run, a value for each seed: ``metric("sentiment", "linear", "accuracy")``."""
    return [record["metrics"][key] for record in load_records(experiment, name)]
