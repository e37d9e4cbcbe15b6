"""What measuring a run takes: seeds, a timer, and summaries over several runs."""

import contextlib
import os
import random
import sys
import time

import numpy as np

from lstm_utils.inputs import as_floats, as_whole


def quiet_logs():
    """Keep TensorFlow's start-up messages off stderr, and prepare Keras by `keras_on_tensorflow`.

    Call it before `import tensorflow` and `import keras`.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # its notice says results vary; so they do
    keras_on_tensorflow()


def keras_on_tensorflow():
    """Let Keras run on TensorFlow, in float32, whatever ``KERAS_BACKEND`` and ``keras.json`` say.

    Where PyTorch has brought Triton, which it loads when it needs it, this loads it before
    TensorFlow: after it, the process would crash (tensorflow/tensorflow, issue 124205).

    Raises
    ------
    RuntimeError
        If Keras has been imported, and runs on another backend or in half precision.
    """
    if "tensorflow" not in sys.modules:
        with contextlib.suppress(ImportError):
            import triton  # noqa: F401
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = "tensorflow"
        os.environ["KERAS_HOME"] = os.path.join(os.devnull, "keras")  # no keras.json is there
        return
    import keras

    backend, dtype = keras.config.backend(), keras.config.dtype_policy().compute_dtype
    if backend != "tensorflow" or dtype not in ("float32", "float64"):
        raise RuntimeError(
            f"Keras runs on {backend} in {dtype} here, and this needs TensorFlow and float32: "
            "restart the kernel, or start a new process, and call "
            "lstm_utils.measuring.quiet_logs() before Keras is imported"
        )


def seed_everything(seed, torch=False, tensorflow=False):
    """Seed Python, NumPy and the frameworks that are asked for.

    Parameters
    ----------
    seed : int
        From 0 to 2³² − 1, else a TypeError or ValueError.
    torch, tensorflow : bool
        Whether to import and seed them too; `keras.utils.set_random_seed` does TensorFlow's part.

    Returns
    -------
    numpy.random.Generator
        A generator of its own, seeded alike: prefer it to NumPy's global one.
    """
    seed = as_whole(seed, "seed", 0, 2**32 - 1)
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - libraries that draw from the global generator
    if torch:
        import torch as torch_module

        torch_module.manual_seed(seed)
    if tensorflow:
        keras_on_tensorflow()
        import keras

        keras.utils.set_random_seed(seed)
    return np.random.default_rng(seed)


class Timer:
    """Wall time of a block: ``with Timer() as timer: …``, then ``timer.seconds``."""

    def __enter__(self):
        self._start = time.perf_counter()
        return self

    def __exit__(self, *exception):
        self.seconds = time.perf_counter() - self._start


def median_and_range(values):
    """Median, smallest and largest of several runs' results, as three floats; they may be NaN."""
    values = as_floats(values, "values", ("runs >= 1",), finite=False)
    return float(np.median(values)), float(values.min()), float(values.max())
