"""Trained models that come with the package: `load_pretrained` reads, checks and opens them.

Each is a safetensors file: arrays and a description, no code that loading could run. Every model
opens in its framework and in this course's NumPy cells, and gives the same outputs in both.

Methods take raw texts (a list, tuple, array, Series, generator, a dict's keys) and bring them into
the model's form. A string alone is a TypeError, and so is anything in the list that is none: it is
named by its index. A text in which the model knows nothing gets NaN, and a warning gives its index.
"""

import hashlib
import json
import sys
import warnings
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import ClassVar

import numpy as np
from safetensors import SafetensorError, safe_open

from lstm_utils.cells import lstm_forward, sigmoid
from lstm_utils.frameworks import from_keras, from_torch
from lstm_utils.inputs import (
    as_integers,
    as_real,
    as_rng,
    as_text,
    as_texts,
    as_whole,
    found,
    of_kind,
)
from lstm_utils.models.headlines import Tokeniser
from lstm_utils.models.marked_product import pairs_of
from lstm_utils.models.parity import linear_recurrence, one_hot
from lstm_utils.models.reviews import (
    EncodedReviews,
    codes_of_ngrams,
    equal_length_batches,
    look_up,
    ngram_pieces,
)
from lstm_utils.records import load_records
from lstm_utils.text import clean_headline, clean_review

WEIGHTS = Path(__file__).resolve().parents[1] / "weights"
SHA256 = {
    "marked-product": "703a798431bb8f13d8444be7f9c64681b74e676cbbf447829550d3a93dad63b6",
    "sentiment": "5b1d86548fe7d1057d597ddcec9cf8dd0dd6b7dc758f13b73fe18fef69e4cd85",
    "reading": "916ac8c2a6c77260144b3e4137805018d5cce8ac40b3a930b730d80af1e83e59",
    "headlines": "8041c21a801316118050d0d7e88ef1cf29c69d783c3b39abd6e4b4f2f7a97ab5",
    "parity": "f56ef553717c4ef5150053b959c3204135333c7f00fd293d4ac06c5d98d7fbb6",
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

NEEDS = {"experiment": str, "run": str, "seed": int, "recipe": dict, "licence": str}
"""What each description must hold: a type, or the values to choose from, for each key."""


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
    needs: ClassVar[dict] = {}  # as `NEEDS`, for this model

    @property
    def n_parameters(self):
        return sum(array.size for array in self.arrays.values())

    def record(self):
        """The record of the run that trained it, with its metrics: a dict. KeyError if none is."""
        experiment, run, seed = (self.metadata[key] for key in ("experiment", "run", "seed"))
        for record in load_records(experiment, run):
            if record["seed"] == seed:
                return record
        raise KeyError(f"no record of {experiment} {run} with seed {seed}")

    def below(self, prefix):
        """The arrays whose names begin with a prefix, by the rest of their names."""
        own = [name for name in self.arrays if name.startswith(prefix)]
        return {name.removeprefix(prefix): self.arrays[name] for name in own}

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

    def shapes(self):
        """The shapes that its arrays must have, by name, as its description tells."""
        raise NotImplementedError

    def onnx(self):
        """The network as an `onnx.ModelProto`; inputs, outputs, errors: see `pretrained_onnx`."""
        from lstm_utils.models.pretrained_onnx import build

        return build(self)

    def size(self, name):
        """How many numbers are in an array, if there is one."""
        return self.arrays[name].size if name in self.arrays else 0


def _lstm_shapes(inputs, units):
    return (inputs, 4 * units), (units, 4 * units), (4 * units,)


def _dense_shapes(inputs):
    return (inputs, 1), (1,)


class MarkedProductModel(Pretrained):
    """Reads a sequence with two marked numbers and predicts their product; trained in Keras."""

    def shapes(self):
        units = self.size("dense/kernel")
        return to_names({"lstm": _lstm_shapes(2, units), "dense": _dense_shapes(units)})

    @property
    def params(self):
        """The LSTM's `LSTMParameters`, float32."""
        return self.lstm("lstm")

    def numpy(self):
        """The network in NumPy: a function from x (B, T, 2) to answers (B,), float32."""
        params = self.params
        return lambda x: self.scores(lstm_forward(params, pairs_of(x)).h[:, -1])

    def keras(self):
        """The network as a `keras.Model`: x (B, T, 2) of any length T to answers (B, 1)."""
        from lstm_utils.models.marked_product_keras import build

        model = build("lstm", layers=1, units=self.params.hidden_size)
        model.set_weights([*self.layer("lstm"), *self.layer("dense")])
        return model

    def predict(self, x):
        """Answers (B,) to sequences x (B, T, 2), in NumPy; errors as of `lstm_forward`."""
        return self.numpy()(x)


class ParityModel(Pretrained):
    """Three small networks that track the parity of bits, trained alike in PyTorch.

    ``"lstm"``; ``"signed"``, a linear recurrence with factors in (−1, 1); ``"positive"``, one with
    factors in (0, 1).
    """

    kinds: ClassVar[tuple] = ("lstm", "signed", "positive")

    def shapes(self):
        units = self.size("lstm.read_out.weight")
        lstm = {
            f"layer.layer.weight_{part}_l0": (4 * units, n)
            for part, n in (("ih", 2), ("hh", units))
        }
        lstm |= {f"layer.layer.bias_{part}_l0": (4 * units,) for part in ("ih", "hh")}
        linear = {"layer.project.weight": (2 * units, 2), "layer.project.bias": (2 * units,)}
        read_out = {"read_out.weight": (1, units), "read_out.bias": (1,)}
        return {
            f"{kind}.{name}": shape
            for kind in self.kinds
            for name, shape in ((lstm if kind == "lstm" else linear) | read_out).items()
        }

    def of(self, kind):
        """A network's arrays under PyTorch's names for them; ValueError for another kind."""
        if kind not in self.kinds:
            raise ValueError(f"kind must be one of {', '.join(self.kinds)}; got {found(kind)}")
        return self.below(f"{kind}.")

    @property
    def params(self):
        """The LSTM's `LSTMParameters`, float32."""
        return from_torch(self.below("lstm.layer.layer."))

    def steps(self, kind):
        """What a linear network does at a zero and at a one: factors and addends, (2, H) each."""
        if kind == "lstm":
            raise ValueError("kind must be 'signed' or 'positive': an LSTM's steps are not linear")
        arrays = self.of(kind)
        z = (arrays["layer.project.weight"] + arrays["layer.project.bias"][:, None]).T
        factor, addend = np.split(z, 2, axis=1)
        return (np.tanh(factor) if kind == "signed" else sigmoid(factor)), addend

    def numpy(self, kind="lstm"):
        """A network in NumPy: from bits (B, T) to its states (B, T, H) and log odds (B, T).

        The states are h, of the LSTM as well.
        """
        arrays = self.of(kind)

        def network(bits):
            x = one_hot(bits).astype(np.float32)
            if kind == "lstm":
                states = lstm_forward(self.params, x).h[:, 1:]
            else:
                factor, addend = (x @ each for each in self.steps(kind))
                states = linear_recurrence(factor, addend)
            return states, states @ arrays["read_out.weight"][0] + arrays["read_out.bias"][0]

        return network

    def torch(self, kind="lstm"):
        """A network as a `torch.nn.Module`: from int64 bits (B, T) to log odds (B, T)."""
        import torch

        from lstm_utils.models.recurrences_torch import ParityNetwork

        network = ParityNetwork(kind, self.size("lstm.read_out.weight"))
        network.load_state_dict({name: torch.tensor(a) for name, a in self.of(kind).items()})
        return network.eval()

    def predict(self, bits, kind="lstm"):
        """After each of the bits (B, T), whether an odd number of ones has come: bool (B, T)."""
        return self.numpy(kind)(bits)[1] > 0


class ReviewReader(Pretrained):
    """What the two readers of Korean film reviews share: from texts to rows of a table."""

    needs: ClassVar[dict] = {"ngrams": str, "longest": (1, 2, 3, 4), "units": int}

    @cached_property
    def _known(self):
        codes = codes_of_ngrams(self.metadata["ngrams"].split("\n"))
        if not (codes[1:] > codes[:-1]).all():
            raise ValueError("its n-grams must stand in the order of their codes, each once")
        return codes

    def shapes(self, directions=("forward",), summaries=1):
        rows, units = len(self._known) + 1, self.metadata["units"]
        size = self.size("table") // rows
        layers = dict.fromkeys(directions, _lstm_shapes(size, units))
        summary = _dense_shapes(len(directions) * summaries * units)
        return to_names({"table": [(rows, size)], **layers, "dense": summary})

    def encode(self, texts):
        """Reviews as the network reads them: an `EncodedReviews`."""
        by = self.metadata["by"] if "by" in self.needs else "syllable"
        codes, *places = ngram_pieces(texts, by, self.metadata["longest"])
        return EncodedReviews(look_up(codes, self._known), *places)

    def predict(self, texts):
        """Probability that each review is positive, float32 (R,), in NumPy.

        NaN, with a warning, for a review of which the table holds no piece but spaces.
        """
        encoded = self.encode(texts)
        scores = [np.atleast_1d(each)[-1] for each in self.numpy()(encoded)]
        return _nan_for_unread(sigmoid(np.array(scores, np.float32)), self._readable(encoded))

    def _checked(self, encoded):
        of_kind(encoded, "encoded", EncodedReviews)
        if encoded.ids.max(initial=0) >= len(self.arrays["table"]):
            raise ValueError(f"these reviews were encoded for another model than {self.name!r}")
        return encoded

    def _readable(self, encoded):
        """For each review whether the table holds a piece of it, besides spaces: bool (R,)."""
        spaces = [not ngram.strip() for ngram in self.metadata["ngrams"].split("\n")]
        told = ~np.array([True, *spaces])[encoded.ids].all(axis=1)
        return np.logical_or.reduceat(told, encoded.start[:-1])

    def _sums_of_rows(self, ids):
        """Sum the table's rows of each place, ids (N, longest); number 0 is unknown and no row."""
        return (self.arrays["table"][ids] * (ids != 0)[..., None]).sum(axis=1)


class SentimentModel(ReviewReader):
    """Reads a Korean film review and says how likely it is positive; trained in Keras."""

    needs: ClassVar[dict] = ReviewReader.needs | {
        "by": ("word", "pair", "syllable"),
        "both_directions": bool,
        "pool": bool,
    }

    def shapes(self):
        directions = ("forward", "backward")[: 1 + self.metadata["both_directions"]]
        return super().shapes(directions, 1 + self.metadata["pool"])

    def numpy(self):
        """The network in NumPy: a function from an `EncodedReviews` to log odds (R,), float32."""
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
            scores = np.zeros(len(self._checked(encoded)), np.float32)
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


class ReadingModel(ReviewReader):
    """Reads a Korean film review syllable by syllable, with an answer after each; from Keras.

    Small enough for a page: its weights are 8-bit numbers and one scale an array. A step is a
    character of the cleaned review, with a space before and after it; the LSTM reads the sum of
    the rows of all n-grams that end there.
    """

    needs: ClassVar[dict] = ReviewReader.needs | {"scales": dict}

    @property
    def scales(self):
        """What the integers of each array were multiplied by: a dict of str to float."""
        return self.metadata["scales"]

    @property
    def params(self):
        """The LSTM's `LSTMParameters`, float32."""
        return self.lstm("forward")

    def vectors(self, encoded):
        """What the LSTM reads, for all steps of all reviews: float32 (N, size)."""
        return self._sums_of_rows(encoded.ids)

    def numpy(self):
        """The network in NumPy: from an `EncodedReviews` to log odds after each step.

        A list with an array (T,) for each review, float32.
        """

        def network(encoded):
            vectors = self.vectors(self._checked(encoded))
            each = [None] * len(encoded)
            for rows in equal_length_batches(encoded.steps, 500):
                x = np.stack([vectors[encoded.start[r] : encoded.start[r + 1]] for r in rows])
                scores = self.scores(lstm_forward(self.params, x).h[:, 1:])
                for row, score in zip(rows, scores, strict=True):
                    each[row] = score
            return each

        return network

    def keras(self):
        """The network as a `keras.Model`: ``model(ids, slots, steps)`` gives scores (B, T)."""
        from lstm_utils.models.reviews_keras import PrefixNetwork

        network = PrefixNetwork(*self.arrays["table"].shape, self.metadata["units"])
        network.set_layers(self.layer)
        return network

    def read(self, text):
        """One review, step by step.

        Returns
        -------
        characters : str
            Of the cleaned review, with the space before and after it: T of them.
        known : bool array (T,)
            Whether the table holds the character itself.
        probability : float32 array (T,)
            That the review is positive, after each; all NaN where `predict` gives NaN.

        TypeError if `text` is not one string.
        """
        encoded = self.encode([as_text(text)])
        (scores,), read = self.numpy()(encoded), self._readable(encoded)
        probability = _nan_for_unread(sigmoid(scores)[None], read)[0]
        return f" {clean_review(text)} ", encoded.ids[:, 0] > 0, probability


class HeadlinesModel(Pretrained):
    """Reads the beginning of a headline and scores what comes next; trained in PyTorch."""

    needs: ClassVar[dict] = {"alphabet": list, "merges": list}

    def shapes(self):
        rows = len(self.tokeniser().vocabulary)
        units = self.size("embedding.weight") // rows
        return {
            "embedding.weight": (rows, units),
            **{f"lstm.weight_{part}_l0": (4 * units, units) for part in ("ih", "hh")},
            **{f"lstm.bias_{part}_l0": (4 * units,) for part in ("ih", "hh")},
            "score.bias": (rows,),
        }

    @property
    def params(self):
        """The LSTM's `LSTMParameters`, float32."""
        return from_torch(self.below("lstm."))

    def tokeniser(self):
        """What cleans a headline and cuts it into tokens: a `headlines.Tokeniser`."""
        return Tokeniser(self.metadata["alphabet"], self.metadata["merges"], clean_headline)

    def numpy(self):
        """The network in NumPy: a function from tokens (B, T) to scores and states.

        ``network(tokens, state=None)`` gives the scores (B, T, V) of the next token after each
        prefix, and the pair (h, c) to go on from.
        """
        params, matrix = self.params, self.arrays["embedding.weight"]

        def network(tokens, state=None):
            x = matrix[as_integers(tokens, "tokens", ("batch", "T >= 1"), most=len(matrix) - 1)]
            state = (None, None) if state is None else state
            if not hasattr(state, "__len__") or len(state) != 2:
                raise TypeError(f"state must be a pair (h, c); got {found(state)}")
            trace = lstm_forward(params, x, *state)
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
        """−log₂ p of each headline, its end included, float64 (N,), in NumPy.

        Headlines are cleaned; a letter outside the alphabet costs what the sign for such letters
        does, which training never met. NaN, with a warning, where cleaning leaves nothing.
        """
        network, tokeniser = self.numpy(), self.tokeniser()
        bits, read = [], []
        for text in as_texts(texts):
            tokens = np.array(tokeniser.encode(text))
            scores = network(tokens[None, :-1])[0][0].astype(np.float64)
            chosen = scores[np.arange(len(scores)), tokens[1:]]
            bits.append(np.sum(_log_sum(scores) - chosen) / np.log(2))
            read.append(len(tokens) > 2)  # more than start and end
        return _nan_for_unread(np.array(bits), np.array(read, bool))

    def write(self, count, temperature=1.0, prompt="", seed=0, longest=60):
        """Headlines that begin with `prompt`, drawn token by token, in NumPy.

        Parameters
        ----------
        count : int
        temperature : float
            Scores are divided by it: under 1 the likely becomes likelier, at 0 only the likeliest
            is written, at infinity all are equally likely.
        prompt : str
            Is cleaned as headlines are.
        seed : int, numpy.random.Generator or None
        longest : int
            In tokens, without the prompt's.

        Returns
        -------
        list of str

        Raises
        ------
        TypeError, ValueError
            If an argument is of another kind, a number is negative or NaN, or `prompt` has a letter
            outside the alphabet.
        """
        count = as_whole(count, "count")
        rng = np.random.default_rng() if seed is None else as_rng(seed, "seed")
        longest = as_whole(longest, "longest")
        temperature = as_real(temperature, "temperature", 0, finite=False)
        temperature = min(max(temperature, sys.float_info.min), sys.float_info.max)
        prompt = clean_headline(as_text(prompt, "prompt"))
        alphabet = "".join(self.metadata["alphabet"])
        if unknown := [letter for letter in prompt if letter not in alphabet]:
            raise ValueError(f"prompt must keep to the letters {alphabet!r}; got {unknown[0]!r}")
        network, tokeniser = self.numpy(), self.tokeniser()
        pieces = tokeniser.vocabulary.tokens
        end = tokeniser.vocabulary.ids["\n"]
        tokens, state = np.tile(tokeniser.encode(prompt)[:-1], (count, 1)), None
        drawn = np.empty((count, 0), int)
        while drawn.shape[1] < longest and not (drawn == end).any(axis=1).all():
            scores, state = network(tokens, state)
            scores = scores[:, -1, 3:].astype(np.float64)  # no special is written
            scores -= scores.max(axis=1, keepdims=True)
            with np.errstate(over="ignore"):  # close to temperature 0 they become −∞
                p = np.exp(scores / temperature).cumsum(axis=1)
            tokens = (p < rng.random((count, 1)) * p[:, -1:]).sum(axis=1, keepdims=True) + 3
            drawn = np.concatenate([drawn, tokens], axis=1)
        ends = [row.index(end) if end in row else longest for row in drawn.tolist()]
        texts = [[pieces[k] for k in row[:n]] for row, n in zip(drawn, ends, strict=True)]
        return [" ".join((prompt + "".join(text)).split()) for text in texts]


def _nan_for_unread(values, read):
    """The values (N,) with NaN where `read` (N,) is false, and a warning that gives the indices."""
    if not read.all():
        unread = np.flatnonzero(~read)
        some = ", ".join(map(str, unread[:20])) + (", …" if len(unread) > 20 else "")
        warnings.warn(
            f"{len(unread)} of {len(read)} texts hold nothing that the model knows and get NaN: "
            f"index {some}",
            stacklevel=3,
        )
        values[unread] = np.nan
    return values


def _log_sum(scores):
    """log Σ exp over the last axis, without overflow."""
    top = scores.max(axis=-1, keepdims=True)
    return np.log(np.exp(scores - top).sum(axis=-1)) + top[..., 0]


_MODELS = {
    "marked-product": MarkedProductModel,
    "sentiment": SentimentModel,
    "reading": ReadingModel,
    "headlines": HeadlinesModel,
    "parity": ParityModel,
}


def load_pretrained(name):
    """Load a trained model that comes with the package.

    Parameters
    ----------
    name : {"marked-product", "sentiment", "reading", "headlines", "parity"}

    Returns
    -------
    MarkedProductModel, SentimentModel, ReadingModel, HeadlinesModel or ParityModel

    Raises
    ------
    ValueError
        If there is no such model, or its file is not the one that was published.
    FileNotFoundError
        If the file is missing: a broken installation.
    """
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
    """The file of a model's weights; ValueError if there is no such model."""
    if not isinstance(name, str) or name not in _MODELS:
        raise ValueError(f"no pretrained model {name!r}; there are {', '.join(_MODELS)}")
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

    Raises
    ------
    ValueError
        If there is no such model, or the file does not hold it: what was expected is said.
    FileNotFoundError
        If there is no such file.
    """
    weights_path(name)  # knows the names
    metadata, stored = open_weights(path)
    try:
        return _model(name, stored, metadata)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path} does not hold the weights of {name!r}: {error}") from error


# A type that NumPy lacks is a TypeError or an AttributeError, JSON too deep a RecursionError.
_UNREADABLE = (SafetensorError, OSError, ValueError, TypeError, AttributeError, RecursionError)


def open_weights(path):
    """The description in a file of weights, a dict, and its arrays by name, as they are stored.

    FileNotFoundError if there is no such file, ValueError if it is another kind of file.
    """
    if not isinstance(path, str | PathLike):
        raise TypeError(f"path must be a file's; got {found(path)}")
    if not Path(path).is_file():
        raise FileNotFoundError(f"{path} is no file: expected weights")
    try:
        with safe_open(path, "numpy") as file:
            text = (file.metadata() or {}).get("model", "null")
            arrays = {key: file.get_tensor(key) for key in sorted(file.keys())}
        model = json.loads(text)
    except _UNREADABLE as error:
        raise ValueError(
            f"{path} is no file of weights, arrays and a description in JSON: {error}"
        ) from error
    if not isinstance(model, dict):
        raise ValueError(f"{path} has no JSON object 'model' in its metadata")
    return model, arrays


def _model(name, stored, metadata):
    """The model that a file's arrays and description make up; ValueError if they make none."""
    if metadata.get("name") != name:
        raise ValueError(f"its description names the model {metadata.get('name')!r}")
    for key, kind in (NEEDS | _MODELS[name].needs).items():
        value = metadata.get(key)
        allowed = [(type(k), k) for k in kind] if isinstance(kind, tuple) else [(kind, value)]
        if (type(value), value) not in allowed:
            wanted, value = getattr(kind, "__name__", kind), found(value)
            raise ValueError(f"{key!r} in its description must be {wanted}; got {value}")
    scales = metadata.get("scales", {})
    if set(scales) != {key for key, array in stored.items() if array.dtype.kind in "iu"}:
        raise ValueError("its description must have 'scales', one for each array of integers")
    arrays = {}
    for key, array in stored.items():
        if array.dtype.kind not in "fiu":
            raise ValueError(f"{key} must hold floats or integers; got {array.dtype}")
        scale = as_real(scales.get(key, 1.0), f"the scale of {key}", 0)
        with np.errstate(over="ignore", invalid="ignore"):
            arrays[key] = array.astype(np.float32) * np.float32(scale)
        if not np.isfinite(arrays[key]).all():
            raise ValueError(f"{key} must hold finite numbers")
    model = _MODELS[name](name, arrays, metadata)
    has, should = ({k: a.shape for k, a in arrays.items()}, model.shapes())
    wrong = [
        f"{key}: {should.get(key, 'nothing')} expected, {has.get(key, 'nothing')} found"
        for key in sorted(has.keys() | should.keys())
        if has.get(key) != should.get(key)
    ]
    if wrong:
        raise ValueError("; ".join(wrong))
    return model
