"""What came after the LSTM, in PyTorch: linear recurrences, an exponential gate, attention.

Layers read (B, T, inputs) and return the states (B, T, H); they start at zero.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn


def loop(factor, addend):
    """The states (B, T, H) of h_t = factor_t ∘ h_{t−1} + addend_t, by T steps from h_0 = 0."""
    h, states = torch.zeros_like(addend[:, 0]), []
    for a, b in zip(factor.unbind(1), addend.unbind(1), strict=True):
        h = a * h + b
        states.append(h)
    return torch.stack(states, dim=1)


def scan(factor, addend):
    """The same states by ⌈log₂ T⌉ rounds, each over all steps at once.

    Two steps of a linear recurrence are one: a₂(a₁h + b₁) + b₂ = (a₂a₁)h + (a₂b₁ + b₂). After k
    rounds each place holds the product and the sum of its last 2^k steps. The scan over a tree of
    Blelloch (1990) works less: 2T joins instead of T log₂ T.
    """
    reach = 1
    while reach < addend.shape[1]:
        joined = addend[:, reach:] + factor[:, reach:] * addend[:, :-reach]
        addend = torch.cat([addend[:, :reach], joined], dim=1)
        factor = torch.cat([factor[:, :reach], factor[:, reach:] * factor[:, :-reach]], dim=1)
        reach *= 2
    return addend


class MinLSTM(nn.Module):
    """An LSTM whose gates read the input alone (Feng et al. 2024, arXiv 2410.01201, section 3.2).

    In its plain form: f and i are divided by their sum, the candidate has no tanh, and there is no
    output gate: h_t = f/(f + i) ∘ h_{t−1} + i/(f + i) ∘ W x_t. The form in logarithms of the same
    paper sends the candidate through a positive function.
    """

    def __init__(self, input_size, hidden_size, states=scan):
        super().__init__()
        self.project = nn.Linear(input_size, 3 * hidden_size)
        self.states = states

    def steps(self, x):
        """Factors in (0, 1) and addends of the recurrence, (B, T, H) each."""
        f, i, candidate = self.project(x).chunk(3, dim=-1)
        odds = F.logsigmoid(f) - F.logsigmoid(i)  # log of f over i, both between 0 and 1
        return torch.sigmoid(odds), torch.sigmoid(-odds) * candidate

    def forward(self, x):
        return self.states(*self.steps(x))


class LinearRecurrence(nn.Module):
    """h_t = a(x_t) ∘ h_{t−1} + b(x_t), with factors in (0, 1), or in (−1, 1) if `signed`.

    The signed range is that of Grazzi et al. 2024, arXiv 2411.12537; nothing else differs.
    """

    def __init__(self, input_size, hidden_size, signed, states=scan):
        super().__init__()
        self.project = nn.Linear(input_size, 2 * hidden_size)
        self.signed, self.states = signed, states

    def steps(self, x):
        """Factors and addends of the recurrence, (B, T, H) each."""
        a, b = self.project(x).chunk(2, dim=-1)
        return torch.tanh(a) if self.signed else torch.sigmoid(a), b

    def forward(self, x):
        return self.states(*self.steps(x))


class SLSTM(nn.Module):
    """The sLSTM of xLSTM: an exponential input gate, kept finite by m (Beck et al. 2024, sec. 2.2).

    c and n are stored divided by exp(m). With `mixing` the gates and the candidate read h_{t−1}
    too, as an LSTM's do. There is one head, and the forget gate is a sigmoid (in the paper it may
    be exponential too).
    """

    def __init__(self, input_size, hidden_size, mixing=True):
        super().__init__()
        self.read = nn.Linear(input_size, 4 * hidden_size)
        self.mix = nn.Linear(hidden_size, 4 * hidden_size, bias=False) if mixing else None

    def forward(self, x):
        read = self.read(x)
        h = c = n = read.new_zeros(len(x), read.shape[-1] // 4)
        m, states = torch.full_like(h, -math.inf), []
        for z in read.unbind(1):
            z = z if self.mix is None else z + self.mix(h)
            i, f, candidate, o = z.chunk(4, dim=-1)  # i and f are logarithms of the gates
            kept = F.logsigmoid(f) + m
            m = torch.maximum(kept, i)
            keep, write = torch.exp(kept - m), torch.exp(i - m)
            c, n = keep * c + write * torch.tanh(candidate), keep * n + write
            h = torch.sigmoid(o) * c / n
            states.append(h)
        return torch.stack(states, dim=1)


class PeepholeLSTM(nn.Module):
    """An LSTM whose gates see the cell as well, one weight a unit (Gers and Schmidhuber 2000)."""

    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.read = nn.Linear(input_size, 4 * hidden_size)
        self.mix = nn.Linear(hidden_size, 4 * hidden_size, bias=False)
        self.peep = nn.Parameter(torch.zeros(3, hidden_size))  # input, forget, output

    def forward(self, x):
        read = self.read(x)
        h = c = read.new_zeros(len(x), self.peep.shape[1])
        states = []
        for z in read.unbind(1):
            h, c = self.step(z, h, c)
            states.append(h)
        return torch.stack(states, dim=1)

    def step(self, z, h, c):
        """New h and c (..., H), from `read` of an input, (..., 4H), and the old h and c."""
        i, f, g, o = (z + self.mix(h)).chunk(4, dim=-1)
        i, f = torch.sigmoid(i + self.peep[0] * c), torch.sigmoid(f + self.peep[1] * c)
        c = f * c + i * torch.tanh(g)
        return torch.sigmoid(o + self.peep[2] * c) * torch.tanh(c), c


def positions(length, size):
    """Sines and cosines (length, size) of wavelengths from 2π to 10000 · 2π, for an even size."""
    angle = torch.arange(length)[:, None] / 10_000 ** (torch.arange(0, size, 2) / size)
    return torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(1)


class AttentionLayer(nn.Module):
    """One causal Transformer layer with sines for positions (Vaswani et al. 2017, section 3)."""

    def __init__(self, input_size, hidden_size, heads=4):
        super().__init__()
        self.embed = nn.Linear(input_size, hidden_size)
        settings = {"dropout": 0.0, "batch_first": True, "norm_first": True}
        self.layer = nn.TransformerEncoderLayer(hidden_size, heads, 4 * hidden_size, **settings)

    def forward(self, x):
        steps = x.shape[1]
        mask = nn.Transformer.generate_square_subsequent_mask(steps)
        embedded = self.embed(x) + positions(steps, self.embed.out_features)
        return self.layer(embedded, src_mask=mask, is_causal=True)


class _Library(nn.Module):
    """One of PyTorch's own recurrent layers, which return a pair."""

    def __init__(self, kind, input_size, hidden_size):
        super().__init__()
        self.layer = kind(input_size, hidden_size, batch_first=True)

    def forward(self, x):
        return self.layer(x)[0]


LAYERS = {
    "lstm": lambda inputs, hidden: _Library(nn.LSTM, inputs, hidden),
    "gru": lambda inputs, hidden: _Library(nn.GRU, inputs, hidden),
    "tanh-rnn": lambda inputs, hidden: _Library(nn.RNN, inputs, hidden),
    "peephole": PeepholeLSTM,
    "slstm": SLSTM,
    "slstm-unmixed": lambda inputs, hidden: SLSTM(inputs, hidden, mixing=False),
    "minlstm": MinLSTM,
    "minlstm-2": lambda inputs, hidden: nn.Sequential(
        MinLSTM(inputs, hidden), MinLSTM(hidden, hidden)
    ),
    "positive": lambda inputs, hidden: LinearRecurrence(inputs, hidden, signed=False),
    "signed": lambda inputs, hidden: LinearRecurrence(inputs, hidden, signed=True),
    "attention": AttentionLayer,
}
"""A layer by its kind: a function of input_size and hidden_size."""


class ParityNetwork(nn.Module):
    """Bits (B, T), zeros and ones, to the log odds (B, T) that an odd number of ones has come.

    Parameters
    ----------
    kind : str
        A key of `LAYERS`; KeyError for another.
    hidden_size : int
    """

    def __init__(self, kind, hidden_size):
        super().__init__()
        self.layer = LAYERS[kind](2, hidden_size)
        self.read_out = nn.Linear(hidden_size, 1)

    def forward(self, bits):
        return self.read_out(self.layer(F.one_hot(bits, 2).float()))[..., 0]
