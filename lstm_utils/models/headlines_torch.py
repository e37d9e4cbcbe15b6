"""Headlines in PyTorch: the networks of chapter 7, what they read, their training and score."""

import math
from array import array

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence

from lstm_utils.inputs import POSITIVE, as_integers, as_real, as_rng, as_text, as_texts
from lstm_utils.text import length_batches


class EncodedHeadlines:
    """Many sequences in one flat array: a byte or two a token, however many lines there are.

    Parameters
    ----------
    tokeniser : Tokeniser
    texts : iterable of str
        Read once, so it can be a stream. TypeError for a single string, or what is none.
    """

    def __init__(self, tokeniser, texts):
        width = np.min_scalar_type(len(tokeniser.vocabulary))  # uint8, uint16, …
        flat, ends, used = np.empty(1024, width), array("q", [0]), 0
        for text in as_texts(texts):
            numbers = tokeniser.encode(text)
            if used + len(numbers) > len(flat):
                flat = np.concatenate([flat, np.empty(max(len(flat), len(numbers)), width)])
            flat[used : used + len(numbers)] = numbers
            used += len(numbers)
            ends.append(used)
        self.flat, self.ends = flat[:used].copy(), np.array(ends, dtype=np.int64)

    def __len__(self):
        return len(self.ends) - 1

    @property
    def lengths(self):
        """Tokens of each sequence, shape (N,)."""
        return np.diff(self.ends)

    def rows(self, indices):
        """Some of the sequences, a list of int64 tensors; ValueError if one is not there."""
        return [
            torch.from_numpy(self.flat[self.ends[i] : self.ends[i + 1]].astype(np.int64))
            for i in as_integers(indices, "indices", ("N",), most=len(self) - 1)
        ]


def shifted(sequences):
    """Inputs and targets, padded with 0: int64, shape (B, T) each; ValueError for no sequences."""
    if not len(sequences):
        raise ValueError("sequences must be at least one; got none")
    padded = pad_sequence(sequences, batch_first=True)
    return padded[:, :-1], padded[:, 1:]


class StackedLSTM(nn.Module):
    """Two words in, a score for every word of the vocabulary out: the network of the notes."""

    def __init__(self, vocabulary_size):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary_size, 16)
        self.lstm = nn.LSTM(16, 64, num_layers=5, batch_first=True)
        self.widen = nn.Linear(2 * 64, vocabulary_size)
        self.score = nn.Linear(vocabulary_size, vocabulary_size)

    def forward(self, x):  # (B, 2)
        if x.ndim != 2 or x.shape[1] != 2:
            raise ValueError(f"x must hold two words a row, (B, 2); got {tuple(x.shape)}")
        hidden, _ = self.lstm(self.embedding(x))  # (B, 2, 16), then (B, 2, 64)
        return self.score(torch.relu(self.widen(hidden.flatten(1))))  # (B, 128), then (B, V)


class LanguageModel(nn.Module):
    """Scores for the next token after every prefix, and the state to go on from."""

    def __init__(self, vocabulary_size, hidden_size=128, dropout=0.3):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary_size, hidden_size)
        self.lstm = nn.LSTM(hidden_size, hidden_size, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.score = nn.Linear(hidden_size, vocabulary_size)
        nn.init.normal_(self.embedding.weight, std=0.1)
        self.score.weight = self.embedding.weight  # one matrix, two uses

    def forward(self, tokens, state=None):  # (B, T)
        hidden, state = self.lstm(self.dropout(self.embedding(tokens)), state)
        return self.score(self.dropout(hidden)), state  # (B, T, V)


def one_cycle(step, steps, peak):
    """The step size of an update: up along a cosine from peak / 25, then down to nought.

    Parameters
    ----------
    step, steps : int
        The update, from 0, and how many there are.
    peak : float
    """
    as_real(step, "step", 0, as_real(steps, "steps", 1))
    top = 0.15 * steps
    if step < top:
        return peak * (0.04 + 0.96 * (1 - math.cos(math.pi * step / top)) / 2)
    return peak * (1 + math.cos(math.pi * (step - top) / (steps - top))) / 2


def epoch_batches(lengths, batch_size, seed, epoch):
    """The batches of one epoch, the same whoever asks: a function of seed and epoch alone."""
    return length_batches(lengths, batch_size, as_rng([seed, epoch], "[seed, epoch]"))


def update(model, optimiser, rows, tokens, step_size, clip=1.0, wanted=None):
    """Make one update.

    Parameters
    ----------
    model : torch.nn.Module
    optimiser : torch.optim.Optimizer
    rows : list of int64 tensors
        The sequences that this process reads.
    tokens : float
        What the summed loss is divided by: the targets in the whole batch, over the number of
        processes where several average their gradients.
    step_size : float
    clip : float
        The largest norm of the gradient.
    wanted : list of float32 tensors (T, V), optional
        For each row, of T + 1 tokens, the probabilities that the model is to give; by default all
        for the token that follows.

    Returns
    -------
    float
        The loss summed over the rows, in nats.

    Raises
    ------
    ValueError
        If there are no rows, or `tokens` is not positive.
    """
    as_real(tokens, "tokens", POSITIVE)
    inputs, targets = shifted(rows)
    scores = model(inputs)[0].transpose(1, 2)  # (B, V, T)
    if wanted is None:
        loss = F.cross_entropy(scores, targets, ignore_index=0, reduction="sum")
    else:  # padding wants nothing, and costs nothing
        wanted = pad_sequence(wanted, batch_first=True).transpose(1, 2)
        loss = F.cross_entropy(scores, wanted, reduction="sum")
    optimiser.zero_grad()
    (loss / tokens).backward()
    nn.utils.clip_grad_norm_(model.parameters(), clip)
    for group in optimiser.param_groups:
        group["lr"] = step_size
    optimiser.step()
    return loss.item()


def headline_bits(model, tokeniser, headlines):
    """−log₂ p of every headline, its end included: a list of float.

    TypeError if `headlines` is a single string, or holds anything but strings.
    """
    model.eval()
    headlines, bits = list(as_texts(headlines, "headlines")), []
    with torch.no_grad():
        for k in range(0, len(headlines), 64):
            rows = [torch.tensor(tokeniser.encode(text)) for text in headlines[k : k + 64]]
            inputs, targets = shifted(rows)
            nats = F.cross_entropy(
                model(inputs)[0].transpose(1, 2), targets, ignore_index=0, reduction="none"
            )
            bits += (nats.sum(dim=1) / math.log(2)).tolist()
    return bits


def next_characters(model, tokeniser, text, alphabet):
    """Probability of every character after every prefix, for a model that reads characters.

    Given that the next token is a character of `alphabet`, and the first one a blank: the specials
    and the blank in front of the text say nothing about it.

    Returns
    -------
    ndarray of float64, shape (len(text) + 1, A)

    Raises
    ------
    ValueError
        If the tokeniser has merges, or does not know a character of `text` or `alphabet`.
    """
    ids = tokeniser.vocabulary.ids
    if tokeniser.merges:
        raise ValueError("the model must read single characters; its tokeniser merges them")
    if unknown := [c for c in (*as_text(text), *alphabet) if c not in ids]:
        raise ValueError(f"text and alphabet must be known to the tokeniser; got {unknown[0]!r}")
    model.eval()
    with torch.no_grad():
        tokens = torch.tensor([[ids[token] for token in ("<start>", " ", *text)]])
        scores = model(tokens)[0][0, 1:].double()
    columns = [ids[character] for character in alphabet]
    return scores[:, columns].softmax(dim=-1).numpy()
