"""Random networks and inputs for the property tests, and what callers pass instead of arrays."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from lstm_utils.cells import LSTMParameters, init_lstm, init_rnn
from lstm_utils.stacks import Bidirectional


@dataclass(frozen=True)
class Problem:
    """A network, an input, initial states, and what the loss says about each output."""

    params: object
    x: np.ndarray
    h0: np.ndarray
    c0: np.ndarray
    dh: np.ndarray
    dc_last: np.ndarray


def problem(kind, shape, seed):
    """A `Problem` of a stated shape (batch, steps, inputs, hidden), its states never zero."""
    batch, steps, inputs, hidden = shape
    rng = np.random.default_rng(seed)
    params = (init_rnn if kind == "rnn" else init_lstm)(inputs, hidden, rng, scale=1.0)
    params.b[:] = rng.normal(size=params.b.shape)
    return Problem(
        params,
        rng.normal(size=(batch, steps, inputs)),
        rng.normal(size=(batch, hidden)),
        rng.normal(size=(batch, hidden)),
        rng.normal(size=(batch, steps, hidden)),
        rng.normal(size=(batch, hidden)),
    )


@st.composite
def problems(draw, kind, max_batch=4, max_steps=9, max_size=5):
    """A `Problem` of random shape."""
    limits = (max_batch, max_steps, max_size, max_size)
    shape = [draw(st.integers(1, limit)) for limit in limits]
    return problem(kind, shape, draw(st.integers(0, 2**32 - 1)))


def network(layers, input_size, seed):
    """A network of random weights; `layers` has (hidden units, whether in both directions)."""
    rng, below, found = np.random.default_rng(seed), input_size, []
    for hidden, both in layers:
        halves = [
            LSTMParameters(
                rng.normal(size=(4 * hidden, hidden + below)), rng.normal(size=4 * hidden)
            )
            for _ in range(1 + both)
        ]
        found.append(Bidirectional(*halves) if both else halves[0])
        below = len(halves) * hidden
    return found if len(found) > 1 else found[0]


@st.composite
def networks(draw, alike):
    """A network of up to three layers; `alike` in size and directions, as PyTorch wants them."""
    layer = st.tuples(st.integers(1, 4), st.booleans())
    if alike:
        layers = [draw(layer)] * draw(st.integers(1, 3))
    else:
        layers = draw(st.lists(layer, min_size=1, max_size=3))
    return network(layers, draw(st.integers(1, 4)), draw(st.integers(0, 2**32 - 1)))


def _torch(x, dtype, **options):
    import torch

    return torch.tensor(x, dtype=getattr(torch, dtype), **options)


def _keras(x):
    import keras

    return keras.Variable(x)


DISGUISES = {
    **{t: lambda x, t=t: x.astype(t) for t in ("bool", "i1", "u8", ">i4", "f2", "f4", ">f8", "g")},
    "list": lambda x: x.astype(int).tolist(),
    "object array": lambda x: x.astype(object),
    "fractions": lambda x: np.vectorize(Fraction, otypes=[object])(x.astype(int)).tolist(),
    "Fortran order": np.asfortranarray,
    "backward view": lambda x: x[..., ::-1].copy()[..., ::-1],
    "strided view": lambda x: np.repeat(x, 2, axis=1)[:, ::2],
    "read-only": lambda x: np.broadcast_to(x, x.shape),
    "no mask": np.ma.masked_array,
    "torch": lambda x: _torch(x, "int64"),
    "torch with gradient": lambda x: _torch(x, "float32", requires_grad=True),
    "torch bfloat16": lambda x: _torch(x, "bfloat16"),
    "Keras variable": _keras,
}
"""Zeros and ones as callers bring them: each makes its own kind of an array of float64."""

NO_NUMBERS = {
    "None": None,
    "text": "0.5",
    "texts": [["0.5", "1"]],
    "complex": np.ones((2, 3, 2), dtype=complex),
    "ragged": [[[1.0]], [[1.0], [2.0]]],
    "None inside": [[[None, 1.0]]],
    "too large": [[[10**400, 1]]],
    "dates": np.zeros((2, 3, 2), dtype="M8[s]"),
    "records": np.zeros((2, 3, 2), dtype=[("a", "f4")]),
    "dict": {"x": 1.0},
    "set": {1.0},
    "iterator": iter([1.0]),
    "type": float,
}
"""What holds no real numbers."""
