"""What every run of pytest begins with, whatever it is asked to run."""

import os
import sys

import pytest

from lstm_utils.measuring import quiet_logs
from tools.notebooks import resolve_folders

resolve_folders()
quiet_logs()
# What a program prints into a test's pipe is read as UTF-8, whatever the system's own encoding.
os.environ["PYTHONIOENCODING"] = "utf-8"

NOT_ON_WINDOWS = {
    "08_more_than_one_machine.ipynb": "torchrun --standalone does not run on Windows "
    "(PyTorch is built without libuv there: pytorch/pytorch, issue 148283)"
}


def pytest_collection_modifyitems(items):
    """Skip by name and reason what the system can't do."""
    for item in items:
        if sys.platform == "win32" and item.path.name in NOT_ON_WINDOWS:
            item.add_marker(pytest.mark.skip(reason=NOT_ON_WINDOWS[item.path.name]))
