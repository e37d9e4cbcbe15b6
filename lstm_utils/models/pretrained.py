"""Trained models that come with the package: `load_pretrained` reads, checks and opens them.

Each is a safetensors file: arrays and a description, no code that loading could run. Every model
opens in its framework and in this course's NumPy cells, and gives the same outputs in both.
"""

import hashlib
import json
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from safetensors import safe_open

from lstm_utils.cells import lstm_forward, sigmoid
from lstm_utils.frameworks import from_keras, from_torch

WEIGHTS = Path(__file__).resolve().parents[1] / "weights"
SHA256 = {
    "marked-product": "a277a2ac678244b148541a161bd4d60efd7fb588b4d6520f4370974c455cb2c9",
    "sentiment": "27c0cf0832440572549bdd895bff85b3428aa7feccf0a38aeb577f6adc7fad83",
    "reading": "aead4786278610e2a329dcb1f6ef9ee8b2597f79483bb74f5a1332c8f0dadeb7",
    "headlines": "8041c21a801316118050d0d7e88ef1cf29c69d783c3b39abd6e4b4f2f7a97ab5",
}
"""What each file's SHA-256 must be; `python -m experiments.export_weights` prints new ones."""
ARRAYS = {
    "table": ("table",),
    **{
        lstm: (f"{lstm}/kernel", f"{lstm}/recurrent_kernel", f"{lstm}/bias")
        for lstm in ("lstm", "forward", "backward")
    },
    "dense": ("dense/kernel", "dense/bias"),
}
"""For each layer of the networks from Keras the names of its arrays, in `get_weights`' order.

The network from PyTorch is stored under the names of its own `named_parameters`.
"""


def to_names(layers):
    """Arrays by name, as a file holds them, from ``{layer: its get_weights()}``."""
    pairs = [zip(ARRAYS[layer], arrays, strict=True) for layer, arrays in layers.items()]
    return {name: array for pair in pairs for name, array in pair}


def from_names(arrays, layer):
    """A layer's arrays, in the order of Keras's `get_weights`, from arrays by name."""
    return [arrays[name] for name in ARRAYS[layer]]


@dataclass(frozen=True, eq=False)
class Pretrained:
    """A trained model: what it is made of, and what is known of it.

    Attributes
    ----------
    name : str
    arrays : dict of str to ndarray of float32
        The weights under the names that `ARRAYS` lists.
    metadata : dict
        ``experiment``, ``run`` and ``seed`` name the record with the metrics (see `record`);
        ``recipe`` is how it was trained, ``licence`` what you may do with it; further keys say
        how its inputs are made.
    """

    name: str
    arrays: dict[str, np.ndarray]
    metadata: dict

    @property
    def n_parameters(self):
        return sum(array.size for array in self.arrays.values())

    def record(self):
        """The record of the run that trained it, with its metrics: a dict."""
        from lstm_utils.records import load_records

        records = load_records(self.metadata["experiment"], self.metadata["run"])
        return next(r for r in records if r["seed"] == self.metadata["seed"])

    def layer(self, name):
        """A Keras layer's arrays, in the order of its `get_weights`; names as in `ARRAYS`."""
        return from_names(self.arrays, name)

    def lstm(self, name):
        """`LSTMParameters` of a Keras layer."""
        return from_keras(self.layer(name))

    def scores(self, states):
        """What the output layer makes of states (…, H): float32 (…)."""
        kernel, bias = self.layer("dense")
        return (states @ kernel + bias)[..., 0]


class MarkedProductModel(Pretrained):
    """Reads a sequence with two marked numbers and predicts their product; trained in Keras."""

    @property
    def params(self):
        """The LSTM's `LSTMParameters`, float32."""
        return self.lstm("lstm")

    def numpy(self):
        """The network in NumPy: a function from x (B, T, 2) to answers (B,), float32."""
        params = self.params
        return lambda x: self.scores(lstm_forward(params, np.asarray(x, np.float32)).h[:, -1])

    def keras(self):
        """The network as a `keras.Model`: x (B, T, 2) of any length T to answers (B, 1)."""
        from lstm_utils.models.marked_product_keras import build

        model = build("lstm", layers=1, units=self.params.hidden_size)
        model.set_weights([*self.layer("lstm"), *self.layer("dense")])
        return model

    def predict(self, x):
        """Answers (B,) to sequences x (B, T, 2), in NumPy."""
        return self.numpy()(x)


class ReviewReader(Pretrained):
    """What the two readers of Korean film reviews share: from texts to rows of a table."""

    @cached_property
    def _known(self):
        from lstm_utils.models.reviews import codes_of_ngrams

        return codes_of_ngrams(self.metadata["ngrams"].split("\n"))

    def _encode(self, texts, by):
        from lstm_utils.models.reviews import EncodedReviews, look_up, ngram_pieces

        codes, *places = ngram_pieces(texts, by, self.metadata["longest"])
        return EncodedReviews(look_up(codes, self._known), *places)

    def _sums_of_rows(self, ids):
        """Sum the table's rows of each place, ids (N, longest); number 0 is unknown and no row."""
        return (self.arrays["table"][ids] * (ids != 0)[..., None]).sum(axis=1)


class SentimentModel(ReviewReader):
    """Reads a Korean film review and says how likely it is positive; trained in Keras."""

    def encode(self, texts):
        """Reviews as the network reads them: an `EncodedReviews`."""
        return self._encode(texts, self.metadata["by"])

    def numpy(self):
        """The network in NumPy: a function from an `EncodedReviews` to log odds (R,), float32."""
        from lstm_utils.models.reviews import equal_length_batches

        readers = [(self.lstm("forward"), slice(None))]
        if self.metadata["both_directions"]:
            readers.append((self.lstm("backward"), slice(None, None, -1)))

        def read(ids, slots, steps):
            rows = self._sums_of_rows(ids)
            first = np.flatnonzero(np.diff(slots, prepend=-1))
            x = np.add.reduceat(rows, first).reshape(-1, steps, rows.shape[-1])
            states = [lstm_forward(params, x[:, turn]).h[:, 1:] for params, turn in readers]
            if self.metadata["pool"]:
                states = np.concatenate(states, axis=-1)  # a maximum and a mean know no order
                summary = np.concatenate([states.max(axis=1), states.mean(axis=1)], axis=-1)
            else:
                summary = np.concatenate([h[:, -1] for h in states], axis=-1)
            return self.scores(summary)

        def network(encoded):
            scores = np.zeros(len(encoded), np.float32)
            for rows in equal_length_batches(encoded.steps, 500):
                scores[rows] = read(*encoded.batch(rows))
            return scores

        return network

    def keras(self):
        """The network as a `keras.Model`: ``model(*encoded.batch(rows))``."""
        from lstm_utils.models.reviews_keras import ReviewNetwork

        settings = (self.metadata[key] for key in ("units", "both_directions", "pool"))
        network = ReviewNetwork(*self.arrays["table"].shape, *settings)
        network.set_layers(self.layer)
        return network

    def predict(self, texts):
        """Probability that each review is positive, float32 (R,), in NumPy."""
        return sigmoid(self.numpy()(self.encode(texts)))


class ReadingModel(ReviewReader):
    """Reads a Korean film review syllable by syllable, with an answer after each; from Keras.

    Small enough for a page: its weights are 8-bit numbers and one scale an array. A step is a
    character of the cleaned review, with a space before and after it; the LSTM reads the sum of
    the rows of all n-grams that end there.
    """

    @property
    def scales(self):
        """What the integers of each array were multiplied by: a dict of str to float."""
        return self.metadata["scales"]

    @property
    def params(self):
        """The LSTM's `LSTMParameters`, float32."""
        return self.lstm("forward")

    def encode(self, texts):
        """Reviews as the network reads them: an `EncodedReviews`."""
        return self._encode([unicodedata.normalize("NFC", text) for text in texts], "syllable")

    def vectors(self, encoded):
        """What the LSTM reads, for all steps of all reviews: float32 (N, size)."""
        return self._sums_of_rows(encoded.ids)

    def numpy(self):
        """The network in NumPy: from an `EncodedReviews` to log odds after each step.

        A list with an array (T,) for each review, float32.
        """
        from lstm_utils.models.reviews import equal_length_batches

        def network(encoded):
            found, vectors = [None] * len(encoded), self.vectors(encoded)
            for rows in equal_length_batches(encoded.steps, 500):
                x = np.stack([vectors[encoded.start[r] : encoded.start[r + 1]] for r in rows])
                scores = self.scores(lstm_forward(self.params, x).h[:, 1:])
                for row, score in zip(rows, scores, strict=True):
                    found[row] = score
            return found

        return network

    def keras(self):
        """The network as a `keras.Model`: ``model(ids, slots, steps)`` gives scores (B, T)."""
        from lstm_utils.models.reviews_keras import PrefixNetwork

        network = PrefixNetwork(*self.arrays["table"].shape, self.metadata["units"])
        network.set_layers(self.layer)
        return network

    def predict(self, texts):
        """Probability that each review is positive, float32 (R,), in NumPy."""
        return sigmoid(np.array([scores[-1] for scores in self.numpy()(self.encode(texts))]))

    def read(self, text):
        """One review, step by step.

        Returns
        -------
        characters : str
            Of the cleaned review, with the space before and after it: T of them.
        known : bool array (T,)
            Whether the table holds the character itself.
        probability : float32 array (T,)
            That the review is positive, after each.
        """
        from lstm_utils.text import clean_review

        encoded = self.encode([text])
        characters = f" {clean_review(unicodedata.normalize('NFC', text))} "
        return characters, encoded.ids[:, 0] > 0, sigmoid(self.numpy()(encoded)[0])


class HeadlinesModel(Pretrained):
    """Reads the beginning of a headline and scores what comes next; trained in PyTorch."""

    def tokeniser(self):
        """What cuts a headline into the network's tokens: a `headlines.Tokeniser`."""
        from lstm_utils.models.headlines import Tokeniser

        merges = [tuple(pair) for pair in self.metadata["merges"]]
        return Tokeniser(self.metadata["alphabet"], merges)

    def numpy(self):
        """The network in NumPy: a function from tokens (B, T) to scores and states.

        ``network(tokens, state=None)`` gives the scores (B, T, V) of the next token after each
        prefix, and the pair (h, c) to go on from.
        """
        lstm = {name[5:]: a for name, a in self.arrays.items() if name.startswith("lstm.")}
        params, matrix = from_torch(lstm), self.arrays["embedding.weight"]

        def network(tokens, state=None):
            trace = lstm_forward(params, matrix[np.asarray(tokens)], *(state or ()))
            scores = trace.h[:, 1:] @ matrix.T + self.arrays["score.bias"]
            return scores, (trace.h[:, -1], trace.c[:, -1])

        return network

    def torch(self):
        """The network as a `torch.nn.Module`: the same from tensors, in evaluation mode."""
        import torch

        from lstm_utils.models.headlines_torch import LanguageModel

        model = LanguageModel(*self.arrays["embedding.weight"].shape)
        state = {name: torch.tensor(array) for name, array in self.arrays.items()}
        model.load_state_dict({**state, "score.weight": state["embedding.weight"]})
        return model.eval()

    def bits(self, texts):
        """−log₂ p of each headline, its end included, float64 (N,), in NumPy."""
        network, tokeniser = self.numpy(), self.tokeniser()
        bits = []
        for text in texts:
            tokens = np.array(tokeniser.encode(text))
            scores = network(tokens[None, :-1])[0][0].astype(np.float64)
            chosen = scores[np.arange(len(scores)), tokens[1:]]
            bits.append(np.sum(_log_sum(scores) - chosen) / np.log(2))
        return np.array(bits)

    def write(self, count, temperature=1.0, prompt="", seed=0, longest=60):
        """Headlines that begin with `prompt`, drawn token by token, in NumPy.

        Parameters
        ----------
        count : int
        temperature : float
            Scores are divided by it: under 1 the likely becomes likelier.
        prompt : str
        seed : int
        longest : int
            In tokens.

        Returns
        -------
        list of str
        """
        network, tokeniser = self.numpy(), self.tokeniser()
        rng, pieces = np.random.default_rng(seed), tokeniser.vocabulary.tokens
        end = tokeniser.vocabulary.ids["\n"]
        tokens, state = np.tile(tokeniser.encode(prompt)[:-1], (count, 1)), None
        drawn = np.empty((count, 0), int)
        while drawn.shape[1] < longest and not (drawn == end).any(axis=1).all():
            scores, state = network(tokens, state)
            scores = scores[:, -1, 3:].astype(np.float64) / temperature  # no special is written
            p = np.exp(scores - _log_sum(scores)[:, None]).cumsum(axis=1)
            tokens = (p < rng.random((count, 1)) * p[:, -1:]).sum(axis=1, keepdims=True) + 3
            drawn = np.concatenate([drawn, tokens], axis=1)
        ends = [row.index(end) if end in row else longest for row in drawn.tolist()]
        texts = [[pieces[k] for k in row[:n]] for row, n in zip(drawn, ends, strict=True)]
        return [" ".join((prompt + "".join(text)).split()) for text in texts]


def _log_sum(scores):
    """log Σ exp over the last axis, without overflow."""
    top = scores.max(axis=-1, keepdims=True)
    return np.log(np.exp(scores - top).sum(axis=-1)) + top[..., 0]


_MODELS = {
    "marked-product": MarkedProductModel,
    "sentiment": SentimentModel,
    "reading": ReadingModel,
    "headlines": HeadlinesModel,
}


def load_pretrained(name):
    """Load a trained model that comes with the package.

    Parameters
    ----------
    name : {"marked-product", "sentiment", "reading", "headlines"}

    Returns
    -------
    MarkedProductModel, SentimentModel, ReadingModel or HeadlinesModel

    Raises
    ------
    ValueError
        If there is no such model, or its file is not the one that was published.
    FileNotFoundError
        If the file is missing: a broken installation.
    """
    if name not in _MODELS:
        raise ValueError(f"no pretrained model {name!r}; there are {', '.join(_MODELS)}")
    path = weights_path(name)
    try:
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"the weights {path.name} are missing from the package: install lstm-utils anew"
        ) from error
    if digest != SHA256[name]:
        raise ValueError(
            f"{path.name} is not the published file: its SHA-256 is {digest}, expected "
            f"{SHA256[name]}. Install lstm-utils anew."
        )
    return read_weights(name, path)


def weights_path(name):
    """The file of a model's weights."""
    return WEIGHTS / f"{name}.safetensors"


def read_weights(name, path):
    """Open a file of weights without the check of its SHA-256; arrays become float32.

    Integers are multiplied by their array's scale, which the description holds.

    Parameters
    ----------
    name : str
        Which of the models it is.
    path : path-like

    Returns
    -------
    Pretrained
    """
    with safe_open(path, "numpy") as file:
        metadata = json.loads(file.metadata()["model"])
        arrays = {key: file.get_tensor(key).astype(np.float32) for key in sorted(file.keys())}
    for key, scale in metadata.get("scales", {}).items():
        arrays[key] *= np.float32(scale)
    return _MODELS[name](name, arrays, metadata)
