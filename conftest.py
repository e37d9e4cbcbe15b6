"""What every run of pytest begins with, whatever it is asked to run."""

import os

from lstm_utils.measuring import quiet_logs
from tools.notebooks import resolve_folders

resolve_folders()
quiet_logs()
# What a program prints into a test's pipe is read as UTF-8, whatever the system's own encoding.
os.environ["PYTHONIOENCODING"] = "utf-8"
