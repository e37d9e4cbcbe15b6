"""LSTM layers one above the other, each in one direction or in both: their weights and outputs.

A network is one layer or a list of them, from the input up. A layer is `LSTMParameters`, or
`Bidirectional` for two that read the sequence from either end.
"""

from typing import NamedTuple

import numpy as np

from lstm_utils.cells import LSTMParameters, lstm_forward
from lstm_utils.inputs import as_floats, of_kind


class Bidirectional(NamedTuple):
    """Weights of a layer that reads in both directions, with H units in each."""

    forward: LSTMParameters
    backward: LSTMParameters


def as_layers(network):
    """A network's layers: a list of tuples of `LSTMParameters`, one for each direction.

    TypeError or ValueError if there is anything else in it, if weights are not finite, or if a
    layer does not read as many numbers as the layer below gives.
    """
    of_kind(network, "network", LSTMParameters, Bidirectional, list, tuple)
    single = isinstance(network, LSTMParameters | Bidirectional)
    layers, outputs = [], None
    for n, layer in enumerate([network] if single else network):
        of_kind(layer, f"layer {n}", LSTMParameters, Bidirectional)
        layer = tuple(layer) if isinstance(layer, Bidirectional) else (layer,)
        for params in layer:
            of_kind(params, f"layer {n}", LSTMParameters)
            as_floats(params.W, f"layer {n}'s W")
            as_floats(params.b, f"layer {n}'s b")
        sizes = [(params.input_size, params.hidden_size) for params in layer]
        if len(set(sizes)) > 1:
            raise ValueError(f"layer {n} must have one (D, H) in both directions; got {sizes}")
        if n and sizes[0][0] != outputs:
            raise ValueError(f"layer {n} must read {outputs} numbers a step; got {sizes[0][0]}")
        outputs = len(layer) * sizes[0][1]
        layers.append(layer)
    if not layers:
        raise ValueError("network must have at least one layer")
    return layers


def stack_forward(network, x, h0=None, c0=None):
    """Run a network over whole sequences; what comes back is what `torch.nn.LSTM` returns.

    Parameters
    ----------
    network : LSTMParameters, Bidirectional, or list of them
    x : ndarray, shape (B, T, D)
    h0, c0 : sequence of ndarray (B, H), optional
        States before the first step, one for each layer and direction; zeros if not given.

    Returns
    -------
    output : ndarray, shape (B, T, H), or (B, T, 2H) in both directions
        Of the top layer, forward units first, in the order of time.
    (h_n, c_n) : lists of ndarray (B, H)
        States after the last step that was read (for a backward layer the sequence's first): layer
        by layer, forward before backward.
    """
    layers = as_layers(network)
    bottom, count = layers[0][0], sum(map(len, layers))
    output = as_floats(x, "x", ("batch", "time", bottom.input_size), whole=bottom.dtype)
    starts = zip(_states("h0", h0, count), _states("c0", c0, count), strict=True)
    h_n, c_n = [], []
    for layer in layers:
        below, outputs = output, []
        for params, order in zip(layer, (slice(None), slice(None, None, -1)), strict=False):
            trace = lstm_forward(params, below[:, order], *next(starts))
            outputs.append(trace.h[:, 1:][:, order])
            h_n.append(trace.h[:, -1])
            c_n.append(trace.c[:, -1])
        output = np.concatenate(outputs, axis=-1)
    return output, (h_n, c_n)


def _states(name, states, count):
    if states is None:
        return [None] * count
    states = list(states) if np.iterable(states) else [states]
    if len(states) != count:
        raise ValueError(
            f"{name} must hold {count} arrays, one for each layer and direction; got {len(states)}"
        )
    return states
