"""What students answer in chapter 4's exercises, and what the check says."""

import numpy as np

from lstm_utils.cells import lstm_forward, lstm_step, sigmoid
from tools.course.answers import right, wrong

GATE = 0.5 ** (1 / 100)
BIAS = np.log(GATE / (1 - GATE))

wrong("4.1", (0.99, 4.6), "took the time constant for the half-life", says="time constant")
wrong("4.1", (1 - 0.5 / 100, BIAS), "shared the half out evenly", says="the steps multiply")
wrong("4.1", (GATE, GATE), "gave the gate as the bias", says="goes through the sigmoid first")
wrong("4.1", (GATE, -BIAS), "turned the fraction round", says="share forgotten")
wrong("4.1", (GATE, np.log(GATE)), "undid exp instead of the sigmoid", says="solve f =")
wrong("4.1", (0.993, BIAS), "gave three digits", says="three digits are too few")
wrong("4.1", (1 - np.log(2) / 100, BIAS), "took ln 2 over the steps", says="approaches")
wrong("4.1", (0.5 ** (1 / 99), BIAS), "counted the steps between", says="99 steps")
right("4.1", (0.993092, 4.968))

wrong("4.2", (1664, 1664, 1248), "gave both frameworks two biases", says="PyTorch's count")
wrong("4.2", (1200, 1264, 936), "forgot the candidate", says="the candidate is a layer")
wrong("4.2", (576, 640, 480), "forgot that layers look at h", says="look at the hidden state")
wrong("4.2", (1600, 1600, 1248), "forgot PyTorch's second bias", says="look at its biases")
wrong("4.2", (1600, 1664, 1200), "gave the GRU one bias", says="two biases for each layer")
wrong("4.2", (1600, 1664, 832), "counted the GRU's gates alone", says="one layer more")

wrong("4.3", (-0.04, -0.2), "moved one bias", says="the question is about the sum")
wrong("4.3", (0.08, 0.2), "went along the gradient", says="against the gradient")
wrong("4.3", (-0.08, -0.08), "scaled Adam's step", says="does not depend on the gradient's size")
wrong("4.3", (-0.08, -0.1), "moved one bias with Adam", says="Both do")


def _step(z, c, order="ifgo", candidate=np.tanh, out=np.tanh):
    parts = dict(zip(order, np.split(z, 4, axis=1), strict=True))
    c_new = sigmoid(parts["f"]) * c + sigmoid(parts["i"]) * candidate(parts["g"])
    return sigmoid(parts["o"]) * out(c_new), c_new


@wrong("4.4", "cut the gates in this course's order", says="PyTorch's order is another one")
def course_order(W_ih, W_hh, b_ih, b_hh, x, h, c):
    return _step(x @ W_ih.T + h @ W_hh.T + b_ih + b_hh, c, order="figo")


@wrong("4.4", "used one of the two biases", says="two biases is missing")
def one_bias(W_ih, W_hh, b_ih, b_hh, x, h, c):
    return _step(x @ W_ih.T + h @ W_hh.T + b_ih, c)


@wrong("4.4", "left out the tanh on the way out", says="goes through a tanh")
def no_tanh(W_ih, W_hh, b_ih, b_hh, x, h, c):
    return _step(x @ W_ih.T + h @ W_hh.T + b_ih + b_hh, c, out=lambda memory: memory)


@wrong("4.4", "put the candidate through a sigmoid", says="may be negative")
def sigmoid_candidate(W_ih, W_hh, b_ih, b_hh, x, h, c):
    return _step(x @ W_ih.T + h @ W_hh.T + b_ih + b_hh, c, candidate=sigmoid)


@wrong("4.4", "returned the states in the other order", says="h_new comes first")
def swapped_states(W_ih, W_hh, b_ih, b_hh, x, h, c):
    return _step(x @ W_ih.T + h @ W_hh.T + b_ih + b_hh, c)[::-1]


@wrong("4.4", "forgot to transpose", says="ValueError")
def not_transposed(W_ih, W_hh, b_ih, b_hh, x, h, c):
    return _step(x @ W_ih + h @ W_hh + b_ih + b_hh, c)


@wrong("4.4", "returned h alone", says="Return 2 things")
def hidden_alone(W_ih, W_hh, b_ih, b_hh, x, h, c):
    return _step(x @ W_ih.T + h @ W_hh.T + b_ih + b_hh, c)[0]


@right("4.4")
def with_torch(W_ih, W_hh, b_ih, b_hh, x, h, c):
    import torch

    cell = torch.nn.LSTMCell(x.shape[1], h.shape[1], dtype=torch.float64)
    with torch.no_grad():
        for name, value in zip(
            ("weight_ih", "weight_hh", "bias_ih", "bias_hh"), (W_ih, W_hh, b_ih, b_hh), strict=True
        ):
            getattr(cell, name).copy_(torch.tensor(value))
        return cell(torch.tensor(x), (torch.tensor(h), torch.tensor(c)))


BIASES = [10, -10, 10, 10]

wrong(
    "4.5",
    ([[0, 0], [0, 10], [0, 0], [0, 0]], BIASES),
    "opened the input gate half",
    says="the input gate wide open",
)
wrong(
    "4.5",
    ([[0, 0], [0, 20], [0, 0], [0, 0]], [0, -10, 10, 10]),
    "left the forget gate at a half",
    says="What keeps the memory",
)
wrong(
    "4.5",
    ([[0, 0], [0, 20], [0, 0], [0, 0]], [10, -10, 3, 10]),
    "took tanh(3) for 1",
    says="Each one counts 0.995",
)
wrong(
    "4.5",
    ([[0, 0], [0, 20], [0, 0], [0, 0]], [6, -10, 10, 10]),
    "let the forget gate leak a little",
    says="forget gate leaks",
)
wrong(
    "4.5",
    ([[0, 0], [0, 0], [0, 0], [0, 0]], [10, 10, 10, 10]),
    "counted the steps",
    says="nothing to count",
)
wrong(
    "4.5",
    ([[0, 20], [0, 0], [0, 0], [0, 0]], BIASES),
    "put the ones on the forget gate",
    says="which gate lets it in",
)
wrong(
    "4.5",
    ([[0, 0], [20, 20], [0, 0], [0, 0]], BIASES),
    "let the input gate look at h",
    says="look at h",
)
wrong(
    "4.5",
    ([[0, 0], [20, 0], [0, 0], [0, 0]], BIASES),
    "put the columns in the other order",
    says="columns have changed places",
)
wrong(
    "4.5",
    ([[0, 20], [0, 0], [0, 0], [0, 0]], [-10, 10, 10, 10]),
    "put the rows in PyTorch's order",
    says="PyTorch's order",
)
wrong(
    "4.5",
    ([[0, -20], [0, 20], [0, 0], [0, 0]], BIASES),
    "copied the chapter's register",
    says="which replaces",
)
right("4.5", ([[0, 0], [0, 20], [0, 5], [0, 0]], [12, -10, 3, -10]))
right("4.5", ([[0, 0], [0, 0], [0, 20], [0, 0]], [15, 15, 0, 0]))
right("4.5", ([[0, 0], [0, 20], [0, 0], [0, -30]], [10, -10, 10, 10]))


def _swapped(rows):
    first, second, *rest = np.split(rows, 4)
    return np.concatenate([second, first, *rest])


@wrong("4.6", "changed the order of the gates", says="have changed places")
def reordered(state):
    bias = state["bias_ih_l0"] + state["bias_hh_l0"]
    return [_swapped(a).T for a in (state["weight_ih_l0"], state["weight_hh_l0"], bias)]


@wrong("4.6", "forgot to transpose", says="transposed")
def as_they_are(state):
    bias = state["bias_ih_l0"] + state["bias_hh_l0"]
    return [state["weight_ih_l0"], state["weight_hh_l0"], bias]


@wrong("4.6", "reshaped instead of transposing", says="reshape keeps")
def reshaped(state):
    first, second, b_ih, b_hh = state.values()
    return [first.reshape(first.shape[::-1]), second.reshape(second.shape[::-1]), b_ih + b_hh]


@wrong("4.6", "dropped the second bias", says="biases is lost")
def first_bias(state):
    return [state["weight_ih_l0"].T, state["weight_hh_l0"].T, state["bias_ih_l0"]]


@wrong("4.6", "took the mean of the biases", says="the mean of the two biases")
def mean_bias(state):
    bias = (state["bias_ih_l0"] + state["bias_hh_l0"]) / 2
    return [state["weight_ih_l0"].T, state["weight_hh_l0"].T, bias]


@wrong("4.6", "kept PyTorch's two biases", says="Return 3 things")
def four_arrays(state):
    return [
        state["weight_ih_l0"].T,
        state["weight_hh_l0"].T,
        state["bias_ih_l0"],
        state["bias_hh_l0"],
    ]


@wrong("4.7", "followed one of f's two places", says="you followed only one")
def one_place(c_before, f, g, dc):
    return dc * c_before * f * (1 - f), dc * (1 - f) * (1 - g**2), dc * f


@wrong("4.7", "lost the minus of 1 - f", says="differentiate 1 - f")
def lost_minus(c_before, f, g, dc):
    return dc * (c_before + g) * f * (1 - f), dc * (1 - f) * (1 - g**2), dc * f


@wrong("4.7", "stopped at the gate", says="the sigmoid's own slope")
def no_slope(c_before, f, g, dc):
    return dc * (c_before - g), dc * (1 - f) * (1 - g**2), dc * f


@wrong("4.7", "scaled the candidate by f", says="What multiplies g")
def scaled_by_f(c_before, f, g, dc):
    return dc * (c_before - g) * f * (1 - f), dc * f * (1 - g**2), dc * f


@wrong("4.7", "changed dc in place", says="changes an array that it is given")
def in_place(c_before, f, g, dc):
    before = dc.copy()
    dc *= f
    return before * (c_before - g) * f * (1 - f), before * (1 - f) * (1 - g**2), dc


@right("4.7")
def by_autograd(c_before, f, g, dc):
    import torch

    z_f, z_g, c = (
        torch.tensor(a, requires_grad=True) for a in (np.log(f / (1 - f)), np.arctanh(g), c_before)
    )
    gate = torch.sigmoid(z_f)
    (gate * c + (1 - gate) * torch.tanh(z_g)).backward(torch.tensor(dc))
    return z_f.grad, z_g.grad, c.grad


def _read(params, x, h, c):
    outputs = []
    for t in range(x.shape[1]):
        step = lstm_step(params, x[:, t], h, c)
        h, c = step.h, step.c
        outputs.append(h)
    return np.stack(outputs, axis=1), (h, c)


def _mended(params, x, state=None):
    zeros = np.zeros((x.shape[0], params.hidden_size))
    return _read(params, x, *(state or (zeros, zeros)))


def _cell_from_zeros(params, x, state=None):
    zeros = np.zeros((x.shape[0], params.hidden_size))
    return _read(params, x, zeros if state is None else state[0], zeros)


def _swapped_in(params, x, state=None):
    zeros = np.zeros((x.shape[0], params.hidden_size))
    return _read(params, x, *(zeros, zeros) if state is None else state[::-1])


def _needs_a_state(params, x, state=None):
    h, c = state
    return _read(params, x, h, c)


wrong("4.8", (_cell_from_zeros, "b"), "passed on h alone", says="its cell state starts from zeros")
wrong("4.8", (_swapped_in, "b"), "took the states in the other order", says="have changed places")
wrong("4.8", (_needs_a_state, "b"), "forgot the first call", says="TypeError")
wrong("4.8", (_mended, "a"), "blamed the shared zeros", says="does no harm")
wrong("4.8", (_mended, "d"), "blamed the order of the states", says="same at both ends")


def _with_the_package(params, x, state=None):
    trace = lstm_forward(params, x, *(state or ()))
    return trace.h[:, 1:], (trace.h[:, -1], trace.c[:, -1])


right("4.8", (_with_the_package, "b"))


def _set(layer, block, ih, hh):
    import torch

    H = layer.hidden_size
    with torch.no_grad():
        layer.bias_ih_l0[block * H : (block + 1) * H] = ih
        layer.bias_hh_l0[block * H : (block + 1) * H] = hh


def _both(layer, bias):
    _set(layer, 1, bias, bias)


def _one_left_random(layer, bias):
    import torch

    H = layer.hidden_size
    with torch.no_grad():
        layer.bias_ih_l0[H : 2 * H] = bias


def _half_each(layer, bias):
    _set(layer, 1, bias / 2, bias / 2)


def _all_blocks(layer, bias):
    for block in range(4):
        _set(layer, block, bias, 0)


def _zeroed(layer, bias):
    import torch

    with torch.no_grad():
        layer.bias_ih_l0[layer.hidden_size : 2 * layer.hidden_size] = bias
        layer.bias_hh_l0.zero_()


def _the_rest_of_it(layer, bias):
    import torch

    H = layer.hidden_size
    with torch.no_grad():
        layer.bias_ih_l0[H : 2 * H] = bias - layer.bias_hh_l0[H : 2 * H]


wrong("4.9", (_zeroed, "c"), "set all of the second bias to zero", says="lost their part")
wrong("4.9", (_both, "c"), "set both biases", says="open too far")
wrong("4.9", (_one_left_random, "c"), "left the other bias as it was", says="its random start")
wrong("4.9", (_all_blocks, "c"), "set every gate", says="The bias of the input gate has changed")
wrong("4.9", (_half_each, "d"), "trusted the loss", says="does not say which one is")
wrong("4.9", (_half_each, "b"), "trusted training", says="nothing says that it goes")
right("4.9", (_half_each, "c"))
right("4.9", (_the_rest_of_it, "c"))


ZERO = [0.101, 0.099, 0.1]

wrong(
    "4.10",
    {"always zero": ZERO[:1], "LSTM": [0.004], "GRU": [0.006]},
    "ran one seed",
    says="one seed",
    named={"baseline": "always zero"},
)
wrong(
    "4.10",
    {"LSTM": [0.004, 0.003, 0.005], "GRU": [0.006, 0.008, 0.004]},
    "left the baseline out",
    says="none of the variants",
    named={"baseline": "always zero"},
)
wrong(
    "4.10",
    {"always zero": ZERO, "LSTM": [0.12, 0.11, 0.13], "GRU": [0.12, 0.13, 0.14]},
    "did not train",
    says="have not learned the task",
    named={"baseline": "always zero"},
)
wrong(
    "4.10",
    {"always zero": ZERO, "LSTM": [0.004, 0.004, 0.004], "GRU": [0.006, 0.008, 0.004]},
    "started every run from the same seed",
    says="its own seed",
    named={"baseline": "always zero"},
)
wrong(
    "4.10",
    {"always zero": [0.3, 0.31, 0.29], "LSTM": [0.12, 0.11, 0.13], "GRU": [0.12, 0.13, 0.14]},
    "took a baseline that is easy to beat",
    says="mean square of the targets",
    named={"baseline": "always zero"},
)
right(
    "4.10",
    {"always zero": [0.1003] * 3, "LSTM": [0.004, 0.003, 0.005], "GRU": [0.006, 0.008, 0.004]},
    named={"baseline": "always zero"},
)
