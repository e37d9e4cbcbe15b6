"""Weights of one LSTM moved between NumPy, Keras and PyTorch, which store it in three ways.

============  =======================  ============================  =====================
library       order of the gates       matrices                      biases
============  =======================  ============================  =====================
`lstm_utils`  f i g o                  W (4H, H + D) on [h, x]       one, (4H,)
Keras         i f c o (c is g here)    (D, 4H) and (H, 4H), x @ W    one, (4H,)
PyTorch       i f g o                  (4H, D) and (4H, H), W @ x    two, added, (4H,) each
============  =======================  ============================  =====================
"""

import numpy as np

from lstm_utils.cells import GATES, LSTMParameters
from lstm_utils.measuring import keras_on_tensorflow

# Both frameworks put the input gate first; swapping the first two blocks is its own inverse.
_FRAMEWORK_ORDER = ("input", "forget", "candidate", "output")
_SWAP = [GATES.index(name) for name in _FRAMEWORK_ORDER]


def _swap_gates(rows):
    """Row blocks from this package's order to the frameworks', or back."""
    return np.concatenate([np.split(rows, 4)[k] for k in _SWAP])


def to_keras(params):
    """Weights of `keras.layers.LSTM`: kernel (D, 4H), recurrent kernel (H, 4H), bias (4H,)."""
    arrays = (params.W_x, params.W_h, params.b)
    return [np.ascontiguousarray(_swap_gates(a).T) for a in arrays]


def from_keras(weights):
    """`LSTMParameters` from ``layer.get_weights()`` of a `keras.layers.LSTM`."""
    W_x, W_h, b = (_swap_gates(_array(a).T) for a in weights)
    return LSTMParameters(np.concatenate([W_h, W_x], axis=1), b)


def to_torch(params):
    """State dict (as NumPy arrays) of a one-layer `torch.nn.LSTM`.

    The bias goes into ``bias_ih_l0``; ``bias_hh_l0``, which is added to it, stays zero.
    """
    b = _swap_gates(params.b)
    return {
        "weight_ih_l0": _swap_gates(params.W_x),
        "weight_hh_l0": _swap_gates(params.W_h),
        "bias_ih_l0": b,
        "bias_hh_l0": np.zeros_like(b),
    }


def from_torch(state):
    """`LSTMParameters` from the `state_dict()` of a one-layer `torch.nn.LSTM`."""
    state = {name: _array(value) for name, value in state.items()}
    W = np.concatenate([state["weight_hh_l0"], state["weight_ih_l0"]], axis=1)
    return LSTMParameters(_swap_gates(W), _swap_gates(state["bias_ih_l0"] + state["bias_hh_l0"]))


def keras_lstm(params, dtype="float64"):
    """A built `keras.layers.LSTM` that holds these weights (or a SimpleRNN, for RNNParameters).

    Parameters
    ----------
    params : LSTMParameters or RNNParameters
    dtype : str

    Returns
    -------
    keras.layers.Layer
        Calling it gives every step's output, (B, T, H).
    """
    keras_on_tensorflow()
    import keras

    if isinstance(params, LSTMParameters):
        make, weights = keras.layers.LSTM, to_keras(params)
    else:
        make, weights = keras.layers.SimpleRNN, [params.W_xh.T, params.W_hh.T, params.b]
    layer = make(params.hidden_size, return_sequences=True, dtype=dtype)
    layer.build((None, None, params.input_size))
    layer.set_weights(weights)
    return layer


def torch_lstm(params, dtype="float64"):
    """A `torch.nn.LSTM`, batch first, that holds these weights (or an RNN, for RNNParameters).

    Parameters
    ----------
    params : LSTMParameters or RNNParameters
    dtype : str

    Returns
    -------
    torch.nn.Module
    """
    import torch

    if isinstance(params, LSTMParameters):
        make, state = torch.nn.LSTM, to_torch(params)
    else:
        make, b = torch.nn.RNN, params.b
        state = {"weight_ih_l0": params.W_xh, "weight_hh_l0": params.W_hh}
        state |= {"bias_ih_l0": b, "bias_hh_l0": np.zeros_like(b)}
    kind = {"batch_first": True, "dtype": getattr(torch, dtype)}
    layer = make(params.input_size, params.hidden_size, **kind)
    # torch.tensor copies: the layer must not share memory with the caller's arrays.
    layer.load_state_dict({name: torch.tensor(value) for name, value in state.items()})
    return layer


def _array(value):
    """A NumPy array of any framework's tensor, on whatever device, with or without gradient."""
    return np.array(value.detach().cpu().numpy() if hasattr(value, "detach") else value)
