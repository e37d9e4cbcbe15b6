"""The rules of shapes: what a recurrent network of Keras or PyTorch takes, returns and holds.

No framework is imported: the rules are arithmetic, and the tests ask both frameworks.
"""

from dataclasses import dataclass
from math import prod

from lstm_utils.inputs import as_whole

GATES_OF = {"LSTM": 4, "GRU": 3, "SimpleRNN": 1}
"""How many blocks of `hidden_size` rows or columns each layer's weights have."""


@dataclass(frozen=True)
class Shapes:
    """Every shape of one network, as the framework itself has it.

    Parameters
    ----------
    input, output : tuple of int
    states : dict of str to tuple
        PyTorch's "h_n" and "c_n"; or, of each Keras layer and direction, what `return_state=True`
        returns, in its order.
    weights : dict of str to tuple
        In the order of PyTorch's ``state_dict()``, with its names, or of Keras's ``get_weights()``.
    """

    input: tuple[int, ...]
    output: tuple[int, ...]
    states: dict[str, tuple[int, ...]]
    weights: dict[str, tuple[int, ...]]

    @property
    def parameters(self) -> int:
        """How many numbers all weights have together."""
        return sum(map(prod, self.weights.values()))


def recurrent_shapes(
    framework,
    layer,
    *,
    batch,
    steps,
    input_size,
    hidden_size,
    num_layers=1,
    bidirectional=False,
    bias=True,
    return_sequences=False,
    reset_after=True,
    batch_first=False,
    proj_size=0,
):
    """Every shape of a recurrent network, one layer or several of the same size.

    Parameters
    ----------
    framework : str
        "keras" or "torch".
    layer : str
        "LSTM", "GRU" or "SimpleRNN", which PyTorch calls `torch.nn.RNN`.
    batch, steps, input_size, hidden_size, num_layers : int
        At least 1. Keras calls `hidden_size` units; there several layers are several layers.
    bidirectional : bool
        Whether each layer reads in both directions, their outputs side by side (Keras: the
        wrapper `Bidirectional` with ``merge_mode="concat"``, its default).
    bias : bool
        Keras: `use_bias`.
    return_sequences : bool
        Keras, of the last layer; the layers under it must return sequences.
    reset_after : bool
        Keras, of a GRU: with it, there are two biases a gate (as always in PyTorch), else one.
    batch_first : bool
        PyTorch: of the input and the output. It leaves the states as they are.
    proj_size : int
        PyTorch, of an LSTM: to how many numbers a matrix takes the hidden state down; 0 for none.

    Returns
    -------
    Shapes

    Raises
    ------
    ValueError
        If there is no such framework or layer, a size is out of range, or an option has another
        value than its default where the framework or the layer has no such option.
    """
    if framework not in ("keras", "torch"):
        raise ValueError(f"framework must be 'keras' or 'torch'; got {framework!r}")
    if layer not in GATES_OF:
        raise ValueError(f"layer must be one of {', '.join(GATES_OF)}; got {layer!r}")
    sizes = {"batch": batch, "steps": steps, "input_size": input_size}
    sizes |= {"hidden_size": hidden_size, "num_layers": num_layers}
    for name, size in sizes.items():
        as_whole(size, name, least=1)
    as_whole(proj_size, "proj_size", 0, hidden_size - 1)
    in_keras = framework == "keras"
    for name, set_here, exists in (
        ("return_sequences", return_sequences, in_keras),
        ("reset_after", not reset_after, in_keras and layer == "GRU"),
        ("batch_first", batch_first, not in_keras),
        ("proj_size", proj_size, not in_keras and layer == "LSTM"),
    ):
        if set_here and not exists:
            raise ValueError(f"the {layer} of {framework} has no option {name}")

    ways = ("forward", "backward")[: 2 if bidirectional else 1]
    rows = GATES_OF[layer] * hidden_size
    shown = proj_size or hidden_size
    widths = [input_size] + [len(ways) * shown] * (num_layers - 1)
    time = (batch, steps) if in_keras or batch_first else (steps, batch)
    states, weights = {}, {}
    for depth, width in enumerate(widths):
        for way in ways:
            if in_keras:
                place = f"layer {depth + 1} {way} " if bidirectional else f"layer {depth + 1} "
                weights[f"{place}kernel"] = (width, rows)
                weights[f"{place}recurrent_kernel"] = (hidden_size, rows)
                if bias:
                    pair = layer == "GRU" and reset_after
                    weights[f"{place}bias"] = (2, rows) if pair else (rows,)
                for letter in "hc" if layer == "LSTM" else "h":
                    states[f"{place}{letter}"] = (batch, hidden_size)
            else:
                place = f"_l{depth}" + ("_reverse" if way == "backward" else "")
                weights[f"weight_ih{place}"] = (rows, width)
                weights[f"weight_hh{place}"] = (rows, shown)
                if bias:
                    weights[f"bias_ih{place}"] = weights[f"bias_hh{place}"] = (rows,)
                if proj_size:
                    weights[f"weight_hr{place}"] = (proj_size, hidden_size)
    if not in_keras:
        states["h_n"] = (num_layers * len(ways), batch, shown)
        if layer == "LSTM":
            states["c_n"] = (num_layers * len(ways), batch, hidden_size)
    every_step = return_sequences or not in_keras
    output = (*(time if every_step else (batch,)), len(ways) * shown)
    return Shapes((*time, input_size), output, states, weights)
