"""Weights of LSTM layers moved between NumPy, Keras, PyTorch and ONNX, which all store them apart.

============  =======================  ============================  =====================
library       order of the gates       matrices                      biases
============  =======================  ============================  =====================
`lstm_utils`  f i g o                  W (4H, H + D) on [h, x]       one, (4H,)
Keras         i f c o (c is g here)    (D, 4H) and (H, 4H), x @ W    one, (4H,)
PyTorch       i f g o                  (4H, D) and (4H, H), W @ x    two, added, (4H,) each
ONNX          i o f c (c is g here)    (4H, D) and (4H, H), W @ x    two, added, (8H,) in all
============  =======================  ============================  =====================

A network is one layer or several, each in one direction or in both, as in `lstm_utils.stacks`.
What a function here cannot carry over exactly it refuses by name (TypeError or ValueError): other
cells and activations, layers without biases or with projections, weights that are not finite.
Half precision becomes float32, integers float64.
"""

from collections.abc import Mapping

import numpy as np

from lstm_utils.cells import GATES, LSTMParameters, RNNParameters
from lstm_utils.inputs import as_float_type, as_floats, found
from lstm_utils.measuring import keras_on_tensorflow
from lstm_utils.stacks import Bidirectional, as_layers

# Both frameworks put the input gate first; swapping the first two blocks is its own inverse.
_FRAMEWORK_ORDER = ("input", "forget", "candidate", "output")
_SWAP = [GATES.index(name) for name in _FRAMEWORK_ORDER]


def _swap_gates(rows):
    """Row blocks from this package's order to the frameworks', or back."""
    return np.concatenate([np.split(rows, 4)[k] for k in _SWAP])


def _lstm(arrays):
    """`LSTMParameters` from a framework's matrices on x and on h, and its biases, to be added.

    `arrays` is a dict in that order, its keys what an error calls them.
    """
    (x_name, W_x), (h_name, W_h), *biases = arrays.items()
    W_h = as_floats(W_h, h_name, ("4H", "H"))
    rows, hidden = W_h.shape
    if rows != 4 * hidden:
        raise ValueError(
            f"{h_name} must have shape (4H, H), for the four gates of an LSTM (a GRU has three "
            f"blocks, a plain RNN one); got {W_h.shape}"
        )
    W = np.concatenate([W_h, as_floats(W_x, x_name, (rows, "D"))], axis=1)
    first, *others = (as_floats(b, name, (rows,)) for name, b in biases)
    return LSTMParameters(_swap_gates(W), _swap_gates(sum(others, first)))


def _network(layers):
    """The network of these layers, each a list of `LSTMParameters`, one for each direction."""
    network = [Bidirectional(*layer) if len(layer) == 2 else layer[0] for layer in layers]
    as_layers(network)
    return network if len(network) > 1 else network[0]


# --- Keras -------------------------------------------------------------------------------


def to_keras(network):
    """Weights as the `set_weights` of Keras's layers takes them.

    Of `LSTMParameters`: kernel (D, 4H), recurrent kernel (H, 4H) and bias (4H,). Of any other
    network a list of such lists, one for each layer; those of a `Bidirectional` hold the three of
    its forward half, then of its backward one.
    """
    layers = [
        [np.ascontiguousarray(_swap_gates(a).T) for p in layer for a in (p.W_x, p.W_h, p.b)]
        for layer in as_layers(network)
    ]
    return layers[0] if isinstance(network, LSTMParameters) else layers


def from_keras(weights):
    """The network of Keras's layers: what `to_keras` was given, a list if there are several.

    `weights` is a built `LSTM` or `Bidirectional`, or a `Sequential` of nothing else; or the three
    arrays of an LSTM's ``get_weights()``; or a list with one of these for each layer, six arrays
    for a `Bidirectional`. Only a layer shows its activations: hand it over if you have it.
    """
    if _is_layer(weights):
        layers = weights.layers if type(weights).__name__ == "Sequential" else [weights]
    elif not isinstance(weights, list | tuple):
        raise TypeError(f"weights must be a list or a layer; got {found(weights)}")
    elif all(hasattr(a, "shape") for a in weights):
        layers = [weights]
        if len(weights) == 6:
            raise ValueError(
                "weights: six arrays are two layers or one in both directions; hand over the "
                "layers themselves, or a list with the arrays of each"
            )
    else:
        layers = weights
    network = []
    for n, layer in enumerate(layers):
        arrays = _keras_weights(layer) if _is_layer(layer) else layer
        count = len(arrays) if isinstance(arrays, list | tuple) else found(arrays)
        if count not in (3, 6):
            raise ValueError(
                f"layer {n} must have three arrays (kernel, recurrent kernel, bias), six in both "
                f"directions; got {count} (none before a layer is built, two without a bias)"
            )
        names = [f"layer {n}'s {part}" for part in ("kernel.T", "recurrent_kernel.T", "bias")]
        turned = [as_floats(a, name).T for name, a in zip(names * 2, arrays, strict=False)]
        halves = (turned[k : k + 3] for k in range(0, count, 3))
        network.append([_lstm(dict(zip(names, half, strict=True))) for half in halves])
    return _network(network)


def _is_layer(value):
    return hasattr(value, "get_config") and not isinstance(value, type)


def _keras_weights(layer, backwards=False):
    """A layer's arrays, once it is known to compute what `LSTMParameters` can say."""
    import keras

    if isinstance(layer, keras.layers.Bidirectional):
        if layer.merge_mode != "concat":
            raise ValueError(
                f"{layer.name} must have merge_mode 'concat'; got {layer.merge_mode!r}"
            )
        return _keras_weights(layer.forward_layer) + _keras_weights(layer.backward_layer, True)
    if not isinstance(layer, keras.layers.LSTM):
        raise TypeError(f"{layer.name} must be a Keras LSTM or Bidirectional; got {found(layer)}")
    config = layer.get_config()
    wanted = {"activation": "tanh", "recurrent_activation": "sigmoid", "use_bias": True}
    for name, value in (wanted | {"go_backwards": backwards}).items():
        if config[name] != value:
            raise ValueError(f"{layer.name} must have {name}={value!r}; got {config[name]!r}")
    if not layer.built:
        raise ValueError(f"{layer.name} must be built first: call it once, or its build")
    return layer.get_weights()


def keras_lstm(network, dtype="float64"):
    """A built `keras.layers.LSTM` or `Bidirectional` that holds these weights, in `dtype`.

    A `Sequential` of them for several layers, a `SimpleRNN` for RNNParameters. Calling it gives
    every step's output, (B, T, H) or, in both directions, (B, T, 2H).
    """
    keras_on_tensorflow()
    import keras

    options = {"return_sequences": True, "dtype": as_float_type(dtype).name}
    if isinstance(network, RNNParameters):
        layers, make = [(network,)], keras.layers.SimpleRNN
        weights = [[network.W_xh.T, network.W_hh.T, network.b]]
    else:
        layers, make = as_layers(network), keras.layers.LSTM
        weights = to_keras([network] if isinstance(network, LSTMParameters) else network)
    built = []
    for directions, arrays in zip(layers, weights, strict=True):
        layer = make(directions[0].hidden_size, **options)
        if len(directions) == 2:
            layer = keras.layers.Bidirectional(layer, dtype=options["dtype"])
        layer.build((None, None, directions[0].input_size))
        layer.set_weights(arrays)
        built.append(layer)
    if len(built) == 1:
        return built[0]
    x = keras.Input((None, layers[0][0].input_size), dtype=options["dtype"])
    return keras.Sequential([x, *built])


# --- PyTorch -----------------------------------------------------------------------------


def _torch_names(layer, direction):
    """Names in a state dict, in the order of `_lstm`'s arrays."""
    parts = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    return [f"{part}_l{layer}{('', '_reverse')[direction]}" for part in parts]


def to_torch(network):
    """State dict (as NumPy arrays) of a `torch.nn.LSTM`, which has one hidden size.

    The bias goes into ``bias_ih_l0`` and its like; ``bias_hh_l0``, which is added, stays zero.
    """
    layers, state = as_layers(network), {}
    sizes = [(len(layer), layer[0].hidden_size) for layer in layers]
    if len(set(sizes)) > 1:
        raise ValueError(
            "network must have as many directions and hidden units in every layer, since "
            f"torch.nn.LSTM does; got {sizes}"
        )
    for n, layer in enumerate(layers):
        for direction, p in enumerate(layer):
            W_x, W_h, b = (_swap_gates(a) for a in (p.W_x, p.W_h, p.b))
            state |= zip(_torch_names(n, direction), (W_x, W_h, b, np.zeros_like(b)), strict=True)
    return state


def from_torch(state):
    """The network of a `torch.nn.LSTM` or its ``state_dict()``: what `to_torch` was given.

    A list if there are several layers; `Bidirectional` where they read in both directions.
    """
    if hasattr(state, "state_dict") and not isinstance(state, type):
        state = state.state_dict()
    if not isinstance(state, Mapping):
        raise TypeError(f"state must be a torch.nn.LSTM or its state_dict(); got {found(state)}")
    directions = 1 + ("weight_ih_l0_reverse" in state)
    depth = max(1, sum(f"weight_ih_l{n}" in state for n in range(len(state))))
    layers = [[_torch_names(n, way) for way in range(directions)] for n in range(depth)]
    wanted = [name for layer in layers for names in layer for name in names]
    missing = [name for name in wanted if name not in state]
    others = [name for name in state if name not in wanted]
    if missing or others:
        raise ValueError(
            "state must be that of a torch.nn.LSTM alone, with biases and without projections; "
            f"missing: {missing}; not an LSTM's: {others[:8]}"
        )
    return _network(
        [_lstm({name: state[name] for name in names}) for names in layer] for layer in layers
    )


def torch_lstm(network, dtype="float64"):
    """A `torch.nn.LSTM`, batch first, that holds these weights (or an RNN, for RNNParameters).

    `dtype` is "float32" or "float64", as everywhere here.
    """
    import torch

    options = {"batch_first": True, "dtype": getattr(torch, as_float_type(dtype).name)}
    if isinstance(network, RNNParameters):
        make, params, b = torch.nn.RNN, network, network.b
        arrays = (params.W_xh, params.W_hh, b, np.zeros_like(b))
        state = dict(zip(_torch_names(0, 0), arrays, strict=True))
    else:
        make, state, layers = torch.nn.LSTM, to_torch(network), as_layers(network)
        params = layers[0][0]
        options |= {"num_layers": len(layers), "bidirectional": len(layers[0]) == 2}
    layer = make(params.input_size, params.hidden_size, **options)
    # torch.tensor copies: the layer must not share memory with the caller's arrays.
    layer.load_state_dict({name: torch.tensor(value) for name, value in state.items()})
    return layer


# --- ONNX --------------------------------------------------------------------------------


def to_onnx(network):
    """W (d, 4H, D), R (d, 4H, H) and B (d, 8H) of ONNX's LSTM operator, in d directions.

    `network` is one layer: `LSTMParameters` or a `Bidirectional` (ValueError if there are more).
    ONNX orders the gates i, o, f, c; of its two biases, which are added, the second is zero.
    """
    layers = as_layers(network)
    if len(layers) != 1:
        raise ValueError(f"network must be one layer, an operator each; got {len(layers)}")
    order = [GATES.index(name) for name in ("input", "output", "forget", "candidate")]
    halves = [
        [np.concatenate([np.split(a, 4)[k] for k in order]) for a in (p.W_x, p.W_h, p.b)]
        for p in layers[0]
    ]
    W, R, b = (np.stack(arrays) for arrays in zip(*halves, strict=True))
    return W, R, np.concatenate([b, np.zeros_like(b)], axis=1)
