"""Programs of the experiments in a process of their own, which may die right after a checkpoint."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

# Killed, it saves whenever it could, whatever the clock says, and dies after so many checkpoints.
PROGRAM = """
import importlib, json, os, signal, sys
from experiments.runs import Progress

name, left, save = sys.argv[1], int(sys.argv[2]), Progress.save

def save_and_die(*arguments):
    global left
    save(*arguments)
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

if left:
    Progress.save, Progress.due = save_and_die, lambda self, every: True
for arguments in json.loads(sys.argv[3]):
    importlib.import_module(f"experiments.{name}").main(arguments)
"""
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1"
)


def run_apart(program, *command_lines, killed_after=0):
    """Run a program with each of the command lines, in one process, on the sample's data.

    It is killed after so many checkpoints; 0: never.
    """
    command = [sys.executable, "-c", PROGRAM, program, str(killed_after), json.dumps(command_lines)]
    done = subprocess.run(
        command,
        env=os.environ | ONE_THREAD | {"LSTM_BOOK_DATA": "sample"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == (-signal.SIGKILL if killed_after else 0), done.stderr
