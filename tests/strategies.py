"""Random networks and inputs for the property tests."""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from lstm_utils.cells import init_lstm, init_rnn


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
