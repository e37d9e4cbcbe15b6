"""What every run of pytest begins with, whatever it is asked to run."""

import os
import tempfile
from pathlib import Path

from tools.notebooks import resolve_folders

resolve_folders()
# What a test prints through a pipe is read as UTF-8, whatever the system's own encoding.
os.environ["PYTHONIOENCODING"] = "utf-8"
# Keras as the course needs it, not as this machine's ~/.keras/keras.json has it.
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["KERAS_HOME"] = str(Path(tempfile.gettempdir(), "lstm-book-keras"))
