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


def load_records(experiment, name=None):
    """Records of an experiment's runs.

    Parameters
    ----------
    experiment : str
        ``"marked_product"``, ``"sentiment"`` or ``"headlines"``.
    name : str, optional
        Only the runs of this name: one for each seed.

    Returns
    -------
    list of dict
        Sorted by name and seed. `experiments/README.md` says what a record holds.

    Raises
    ------
    KeyError
        If there is no such record; it lists the names that there are.
    """
    paths = sorted((results_folder() / experiment).glob("*-seed*.json"))
    records = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    records.sort(key=lambda record: (record["name"], record["seed"]))
    chosen = [record for record in records if name in (None, record["name"])]
    if not chosen:
        names = ", ".join(dict.fromkeys(record["name"] for record in records)) or "none at all"
        raise KeyError(f"no record of {experiment} {name or ''}; there are: {names}")
    return chosen


def metric(experiment, name, key):
    """One metric of a run, a value for each seed: ``metric("sentiment", "linear", "accuracy")``."""
    return [record["metrics"][key] for record in load_records(experiment, name)]
