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
    ValueError
        If a file among them is no record, or a copy of one; it is named.
    """
    records = [_checked(path) for path in record_files(experiment, results or results_folder())]
    records.sort(key=lambda record: (record["name"], record["seed"]))
    chosen = [record for record in records if name in (None, record["name"])]
    if not chosen:
        names = ", ".join(dict.fromkeys(record["name"] for record in records)) or "none at all"
        raise KeyError(f"no record of {experiment} {name or ''}; there are: {names}")
    return chosen


def record_files(experiment, results):
    """The files of an experiment's records below the folder `results`, in order, none hidden."""
    return sorted((Path(results) / str(experiment)).glob("[!.]*-seed*.json"))


def read_record(path, *keys):
    """The record in a file, a dict; ValueError, which names the file, if it lacks one of `keys`."""
    try:
        record = json.loads(path.read_text(encoding="utf-8-sig"))
        for key in keys:
            record[key]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(
            f"{path} is no record of a run: {error!r}; delete it to make the run again"
        ) from error
    return record


def _checked(path):
    kinds = {"name": str, "seed": int, "metrics": dict}
    record = read_record(path, *kinds)
    if {key: type(record[key]) for key in kinds} != kinds:
        raise ValueError(f"{path} must have a name (str), a seed (int) and metrics (dict)")
    if path.stem != f"{record['name']}-seed{record['seed']}":
        raise ValueError(
            f"{path} holds the run {record['name']!r} with seed {record['seed']}: a copy?"
        )
    return record


def metric(experiment, name, key):
    """One metric of a run, a value for each seed: ``metric("sentiment", "linear", "accuracy")``.

    KeyError if there is no such record or metric; it lists those that there are.
    """
    metrics = [record["metrics"] for record in load_records(experiment, name)]
    if any(key not in each for each in metrics):
        known = ", ".join(dict.fromkeys(k for each in metrics for k in each))
        raise KeyError(f"no metric {key!r} in {experiment} {name}; there are: {known}")
    return [each[key] for each in metrics]
