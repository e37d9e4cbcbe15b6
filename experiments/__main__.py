"""Make every experiment's records, one program after another, and say beforehand how long it takes.

`python -m experiments` makes what is missing, and goes on where a killed one was; `--again`, which
is what `make experiments` says, deletes the records first; `--plan` only tells the time.
"""

import subprocess
import sys

from lstm_utils import command_line
from lstm_utils.records import read_record, record_files

from .runs import HERE, duration

PROGRAMS = {  # program: the folders of its records
    "marker": ["marker"],
    "cell_speed": ["cells"],
    "marked_product": ["marked_product"],
    "sentiment": ["sentiment", "sentiment_tuning"],
    "reading": ["reading"],
    "headlines": ["headlines"],
    "machines": ["machines"],
    "forecasting": ["forecasting", "forecasting_tuning"],
    "parity": ["parity", "parity_tuning"],
    "reversal": ["reversal", "reversal_tuning"],
    "scan_speed": ["scan_speed"],
}


def records_of(program, results):
    """The files of all records that a program makes."""
    return [path for folder in PROGRAMS[program] for path in record_files(folder, results)]


def plan(results=HERE / "results"):
    """For each program the number of its records and the sum of their seconds: a dict."""
    found = {}
    for program in PROGRAMS:
        files = records_of(program, results)
        seconds = [read_record(path, "seconds")["seconds"] for path in files]
        found[program] = len(seconds), sum(seconds)
    return found


def main(argv=None, results=HERE / "results"):
    parser = command_line.parser(__doc__)
    parser.add_argument("--again", action="store_true", help="delete every record first")
    parser.add_argument("--plan", action="store_true", help="tell how long it takes, and stop")
    arguments = parser.parse_args(argv)
    found = plan(results)
    print("Seconds of work in the records there are, on one thread of their processor:")
    for program, (runs, seconds) in found.items():
        print(f"{duration(seconds):>12}  {program}, {runs} runs")
    print(f"{duration(sum(s for _, s in found.values())):>12}  together", flush=True)
    if arguments.plan:
        return 0
    if arguments.again:
        print("The records are deleted; killed, it goes on with: python -m experiments")
    for program in PROGRAMS:
        for path in records_of(program, results) if arguments.again else ():
            path.unlink()
    for program in PROGRAMS:
        command = ["-m", f"experiments.{program}", "--results", str(results)]
        print("\npython", *command, flush=True)
        if status := subprocess.run([sys.executable, *command], cwd=HERE.parent).returncode:
            return status
    return 0


if __name__ == "__main__":
    command_line.run(main)
