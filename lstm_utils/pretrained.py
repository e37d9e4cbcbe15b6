"""Trained models that come with the package: `load_pretrained` reads, checks and opens them.

Each is a safetensors file: arrays and a description, no code that loading could run. Every model
opens in its framework and in this course's NumPy cells, and gives the same outputs in both.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import safe_open

from .cells import lstm_forward
from .parity import from_keras

WEIGHTS = Path(__file__).resolve().parent / "weights"
SHA256 = {
    "marked-product": "",
    "sentiment": "",
    "headlines": "",
}
"""What each file's SHA-256 must be; `python -m experiments.pretrained` prints new ones."""


@dataclass(frozen=True, eq=False)
class Pretrained:
    """A trained model: what it is made of, and what is known of it.

    Attributes
    ----------
    name : str
    arrays : dict of str to ndarray of float32
        The weights under the names of the framework that trained them.
    metadata : dict
        ``experiment``, ``run`` and ``seed`` name the record with the metrics (see `record`);
        ``recipe`` is how it was trained, ``data`` and ``licence`` say on what and what you may do
        with it; further keys say how its inputs are made.
    """

    name: str
    arrays: dict[str, np.ndarray]
    metadata: dict

    @property
    def n_parameters(self):
        return sum(array.size for array in self.arrays.values())

    def record(self):
        """The record of the run that trained it, with its metrics: a dict."""
        from .records import load_records

        records = load_records(self.metadata["experiment"], self.metadata["run"])
        return next(r for r in records if r["seed"] == self.metadata["seed"])

    def _lstm(self, prefix):
        """`LSTMParameters` of a Keras layer's three arrays."""
        parts = ("kernel", "recurrent_kernel", "bias")
        return from_keras([self.arrays[f"{prefix}/{part}"] for part in parts])


class MarkedProductModel(Pretrained):
    """Reads a sequence with two marked numbers and predicts their product; trained in Keras."""

    def numpy(self):
        """The network in NumPy: a function from x (B, T, 2) to answers (B,), float32."""
        params = self._lstm("lstm")

        def network(x):
            last = lstm_forward(params, np.asarray(x, np.float32)).h[:, -1]
            return (last @ self.arrays["dense/kernel"] + self.arrays["dense/bias"])[:, 0]

        return network

    def keras(self):
        """The network as a `keras.Model`: x (B, T, 2) of any length T to answers (B, 1)."""
        import keras

        lstm = keras.layers.LSTM(self._lstm("lstm").hidden_size)
        model = keras.Sequential([keras.Input((None, 2)), lstm, keras.layers.Dense(1)])
        model.set_weights([self.arrays[name] for name in _keras_order("lstm", "dense")])
        return model

    def predict(self, x):
        """Answers (B,) to sequences x (B, T, 2), in NumPy."""
        return self.numpy()(x)


_MODELS = {
    "marked-product": MarkedProductModel,
}


def load_pretrained(name):
    """Load a trained model that comes with the package.

    Parameters
    ----------
    name : {"marked-product", "sentiment", "headlines"}

    Returns
    -------
    MarkedProductModel, SentimentModel or HeadlinesModel

    Raises
    ------
    ValueError
        If there is no such model, or its file is not the one that was published.
    FileNotFoundError
        If the file is missing: a broken installation.
    """
    if name not in _MODELS:
        raise ValueError(f"no pretrained model {name!r}; there are {', '.join(_MODELS)}")
    path = weights_path(name)
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"the weights {path.name} are missing from the package: install lstm-utils anew"
        ) from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != SHA256[name]:
        raise ValueError(
            f"{path.name} is not the published file: its SHA-256 is {digest}, expected "
            f"{SHA256[name]}. Install lstm-utils anew."
        )
    return read_weights(name, path)


def weights_path(name):
    """The file of a model's weights."""
    return WEIGHTS / f"{name}.safetensors"


def read_weights(name, path):
    """Open a file of weights without the check of its SHA-256; arrays become float32.

    Parameters
    ----------
    name : str
    path : path-like

    Returns
    -------
    Pretrained
    """
    with safe_open(path, "numpy") as file:
        arrays = {key: file.get_tensor(key).astype(np.float32) for key in file.keys()}  # noqa: SIM118
        metadata = json.loads(file.metadata()["model"])
    return _MODELS[name](name, arrays, metadata)


def _keras_order(*layers):
    """Names of arrays in the order of ``model.get_weights()``."""
    parts = {"dense": ("kernel", "bias")}
    recurrent = ("kernel", "recurrent_kernel", "bias")
    return [f"{layer}/{part}" for layer in layers for part in parts.get(layer, recurrent)]
