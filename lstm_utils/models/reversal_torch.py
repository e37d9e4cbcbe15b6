"""Reverse a sequence of digits in PyTorch: through one vector, or with attention to every step."""

import numpy as np
import torch
from torch import nn

from lstm_utils.inputs import as_rng, as_whole

START = 10  # what the decoder reads before the first digit


def digit_batch(batch, length, rng):
    """Random digits (B, T), an int64 tensor; the answer is the same row from its end."""
    shape = as_whole(batch, "batch"), as_whole(length, "length", 1)
    return torch.from_numpy(as_rng(rng, "rng").integers(0, 10, shape))


class Reverser(nn.Module):
    """An LSTM reads the digits, a second one writes them from the last to the first.

    At every step the writer gets a context beside its own state: with attention the states of the
    reader, weighted by a softmax of their products with its own state (Luong et al. 2015, "dot");
    without, the reader's last state. All else is the same, the number of weights too.
    """

    def __init__(self, hidden_size, attention):
        super().__init__()
        self.embedding = nn.Embedding(11, hidden_size)
        self.reader = nn.LSTM(hidden_size, hidden_size, batch_first=True)
        self.writer = nn.LSTM(hidden_size, hidden_size, batch_first=True)
        self.combine = nn.Linear(2 * hidden_size, hidden_size)
        self.score = nn.Linear(hidden_size, 10)
        self.attention = attention

    def write(self, read, digits, state):
        """Scores (B, T, 10), weights of the context (B, T, S) and state after `digits` (B, T)."""
        own, state = self.writer(self.embedding(digits), state)
        if self.attention:
            weights = (own @ read.transpose(1, 2)).softmax(dim=-1)
        else:
            weights = own.new_zeros(*own.shape[:2], read.shape[1])
            weights[..., -1] = 1.0
        both = torch.cat([own, weights @ read], dim=-1)
        return self.score(torch.tanh(self.combine(both))), weights, state

    def forward(self, digits):
        """Scores (B, T, 10) of the reversed digits, each told the right digits before it."""
        read, state = self.reader(self.embedding(digits))
        start = torch.full_like(digits[:, :1], START)
        return self.write(read, torch.cat([start, digits.flip(1)[:, :-1]], dim=1), state)[0]

    @torch.no_grad()
    def reverse(self, digits):
        """Digits (B, T) that it writes by itself, the likeliest each time; weights (B, T, T)."""
        read, state = self.reader(self.embedding(digits))
        digit, written, weights = torch.full_like(digits[:, :1], START), [], []
        for _ in range(digits.shape[1]):
            scores, weight, state = self.write(read, digit, state)
            digit = scores.argmax(dim=-1)
            written.append(digit)
            weights.append(weight)
        return torch.cat(written, dim=1), torch.cat(weights, dim=1)


def share_reversed(network, sequences, length, rng):
    """Share of new sequences that are right from the first digit to the last: a float."""
    digits = digit_batch(sequences, length, rng)
    written = network.reverse(digits)[0]
    return float(np.mean((written == digits.flip(1)).all(dim=1).numpy()))
