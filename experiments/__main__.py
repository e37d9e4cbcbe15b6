"""Make every experiment's records, one program after another, and say beforehand how long it takes.

`python -m experiments` makes what is missing; `--again`, which is what `make experiments` says,
makes all of it anew; `--plan` only tells the time. Killed and started again with the same option
it goes on where it was.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from .runs import HERE, duration, write_atomically

PROGRAMS = {  # program: the folder of its records
    "cell_speed": "cells",
    "marked_product": "marked_product",
    "sentiment": "sentiment",
    "reading": "reading",
    "headlines": "headlines",
    "machines": "machines",
}
LEFT = HERE / "checkpoints" / "programs_left.json"  # what a killed `--again` has still to do


def plan(results=HERE / "results"):
    """What the records say that each program takes.

    Parameters
    ----------
    results : path-like

    Returns
    -------
    dict of str to (int, float)
        For each program the number of its records and the sum of their seconds.
    """
    found = {}
    for program, folder in PROGRAMS.items():
        paths = sorted((Path(results) / folder).glob("*-seed*.json"))
        seconds = [json.loads(path.read_text(encoding="utf-8"))["seconds"] for path in paths]
        found[program] = len(seconds), sum(seconds)
    return found


def main(argv=None):
    parser = argparse.ArgumentParser(
        prog="python -m experiments", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--again", action="store_true", help="make runs anew that have a record")
    parser.add_argument("--plan", action="store_true", help="tell how long it takes, and stop")
    arguments = parser.parse_args(argv)
    found = plan()
    print("Seconds of work in the records there are, on one thread of their processor:")
    for program, (runs, seconds) in found.items():
        print(f"{duration(seconds):>12}  {program}, {runs} runs")
    print(f"{duration(sum(s for _, s in found.values())):>12}  together", flush=True)
    if arguments.plan:
        return 0
    left = list(PROGRAMS)
    if arguments.again and LEFT.exists():
        left = json.loads(LEFT.read_text())
    while left:
        if arguments.again:
            write_atomically(LEFT, json.dumps(left).encode())
        command = ["-m", f"experiments.{left[0]}", *["--again"] * arguments.again]
        print("\npython", *command, flush=True)
        status = subprocess.run([sys.executable, *command], cwd=HERE.parent).returncode
        if status:
            return status
        left.pop(0)
    LEFT.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
