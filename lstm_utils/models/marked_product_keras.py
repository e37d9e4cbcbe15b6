"""Networks for the marked-product task: several trained side by side, compiled by XLA."""

# ruff: noqa: E402 - Keras and TensorFlow read their settings when they are imported

import math
import time
from dataclasses import dataclass, field
from itertools import islice

from lstm_utils.measuring import keras_on_tensorflow

keras_on_tensorflow()
import keras
import numpy as np
import tensorflow as tf

from lstm_utils.inputs import as_lists, as_whole, found, of_kind
from lstm_utils.models.marked_product import MarkedProduct, marked_product, pairs_of

CELLS = {
    "rnn": keras.layers.SimpleRNN,
    "rnn-glorot": lambda units, **more: keras.layers.SimpleRNN(
        units, recurrent_initializer="glorot_uniform", **more
    ),
    "irnn": lambda units, **more: keras.layers.SimpleRNN(
        units, activation="relu", recurrent_initializer="identity", **more
    ),
    "gru": keras.layers.GRU,
    "lstm": keras.layers.LSTM,
}
"""Kinds of layer. Keras's plain layer ("rnn") has orthogonal recurrent weights at the start;
"irnn" is rectified and starts at the identity (Le, Jaitly and Hinton 2015)."""


def build(kind, layers=2, units=30, forget_bias=1.0):
    """A Keras model: recurrent layers of one kind, then one number.

    Parameters
    ----------
    kind : str
        One of `CELLS`.
    layers, units : int
    forget_bias : float
        Where an LSTM's forget bias starts; 1 is Keras's own.

    Returns
    -------
    keras.Sequential
        From (batch, time, 2) to (batch, 1).

    Raises
    ------
    TypeError, ValueError
        If there is no such kind, or `layers` or `units` is no whole number from 1 up.
    """
    if kind not in list(CELLS):  # of an unhashable kind too
        raise ValueError(f"kind must be one of {', '.join(CELLS)}; got {kind!r}")
    layers, units = as_whole(layers, "layers", 1), as_whole(units, "units", 1)
    recurrent = [CELLS[kind](units, return_sequences=k < layers - 1) for k in range(layers)]
    model = keras.Sequential([keras.Input((None, 2)), *recurrent, keras.layers.Dense(1)])
    if kind == "lstm":
        for layer in recurrent:
            *kernels, bias = layer.get_weights()
            bias[units : 2 * units] = forget_bias
            layer.set_weights([*kernels, bias])
    return model


def cell_step(kind, layer, x, h, c):
    """New (h, c) of S layers from x (S, B, D) and h, c (S, B, H); layers as of `forward`."""
    if kind == "gru":  # Keras's gates: update, reset, candidate; one bias each for x and h
        W, U, b, b_h = layer
        z, r, g = tf.split(x @ W + b, 3, axis=-1)
        z_h, r_h, g_h = tf.split(h @ U + b_h, 3, axis=-1)
        z = tf.sigmoid(z + z_h)
        return z * h + (1 - z) * tf.tanh(g + tf.sigmoid(r + r_h) * g_h), c
    W, b = layer
    z = tf.concat([x, h], axis=-1) @ W + b
    if kind == "lstm":  # Keras's gates: input, forget, candidate, output
        i, f, g, o = tf.split(z, 4, axis=-1)
        c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
        return tf.sigmoid(o) * tf.tanh(c), c
    return (tf.nn.relu(z) if kind == "irnn" else tf.tanh(z)), c


def forward(kind, weights, x, length):
    """Outputs (S, B) of S networks for x (S, B, T, 2), read up to step `length`."""
    *recurrent, dense, dense_bias = weights
    layers = [
        (W, U, b[:, :1], b[:, 1:]) if kind == "gru" else (tf.concat([W, U], axis=1), b[:, None])
        for W, U, b in zip(recurrent[::3], recurrent[1::3], recurrent[2::3], strict=True)
    ]  # here and not in `step`: what a step computes is stored for every t
    x_by_step, zero = tf.transpose(x, [2, 0, 1, 3]), tf.zeros([*x.shape[:2], dense.shape[1]])

    def step(t, *states):
        below, new = x_by_step[t], []
        for layer, state in zip(layers, states, strict=True):
            new.append(cell_step(kind, layer, below, *state))
            below = new[-1][0]
        return t + 1, *new

    state = (0, *[(zero, zero)] * len(layers))
    state = tf.while_loop(lambda t, *_: t < length, step, state, maximum_iterations=x.shape[2])
    return (state[-1][0] @ dense + dense_bias[:, None])[..., 0]


def update(kind, weights, moments, x, y, length, rate, limit, k):
    """One step of Adam for each network, its gradient clipped at norm `limit`; k counts from 1."""
    with tf.GradientTape() as tape:
        tape.watch(weights)
        errors = forward(kind, weights, x, length) - y
        total = tf.reduce_sum(tf.reduce_mean(errors**2, axis=1))
    gradients = tape.gradient(total, weights)
    squares = [tf.reduce_sum(tf.reshape(g, [g.shape[0], -1]) ** 2, axis=1) for g in gradients]
    shrink = tf.minimum(1.0, limit / tf.sqrt(sum(squares)))  # each network has its own norm
    gradients = [tf.einsum("s,s...->s...", shrink, g) for g in gradients]
    moments = [
        (0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2)
        for (m, v), g in zip(moments, gradients, strict=True)
    ]
    scale = rate * tf.sqrt(1 - 0.999**k) / (1 - 0.9**k)  # both moments start at zero
    weights = [
        w - scale * m / (tf.sqrt(v) + 1e-7) for w, (m, v) in zip(weights, moments, strict=True)
    ]
    return weights, moments, errors


@tf.function(jit_compile=True)
def updates(kind, weights, moments, x, y, lengths, rates, limit, first):
    """An update for each batch of x (n, S, B, T, 2), the first one's k given; errors (n, S, B)."""

    def body(j, weights, moments, errors):
        batch = x[j], y[j], lengths[j], rates[j]
        k = first + tf.cast(j, tf.float32)
        weights, moments, new = update(kind, weights, moments, *batch, limit, k)
        return j + 1, weights, moments, tf.tensor_scatter_nd_update(errors, [[j]], new[None])

    state = 0, weights, moments, tf.zeros(y.shape)
    return tf.while_loop(lambda j, *_: j < x.shape[0], body, state)[1:]


@tf.function(jit_compile=True)
def predict(kind, weights, x, length):
    """Answers (S, n) of every network to the same x (n, T, 2), read up to step `length`."""
    return forward(kind, weights, tf.broadcast_to(x, [weights[0].shape[0], *x.shape]), length)


def _cosine(first, last, share):
    return last + (first - last) * (1 + np.cos(np.pi * share)) / 2


def fixed(examples, epochs, first, last, seed, batch=32, copies=1, done=0):
    """The same examples, epoch after epoch, each network in an order of its own.

    Parameters
    ----------
    examples : MarkedProduct
    epochs : int
    first, last : float
        Adam's rate falls from one to the other on half a cosine.
    seed : int
        Decides the orders.
    batch, copies : int
        Examples a batch; networks side by side.
    done : int
        Batches to leave out at the start: where a killed run goes on.

    Yields
    ------
    x (copies, batch, length, 2), y (copies, batch), length, rate

    Raises
    ------
    TypeError, ValueError
        At the first batch: if there are fewer examples than a batch holds, or a number is none.
    """
    for name, value, least in (("epochs", epochs, 0), ("copies", copies, 1), ("done", done, 0)):
        as_whole(value, name, least)
    if as_whole(batch, "batch", 1) > len(examples_of(examples)):
        raise ValueError(f"examples must fill a batch of {batch}; got {len(examples)}")
    each, length = len(examples) // batch, examples.x.shape[1]
    for epoch in range(done // each, epochs):
        rng = np.random.default_rng([seed, epoch])
        orders = np.stack([rng.permutation(len(examples)) for _ in range(copies)])
        for k in range(done % each if epoch == done // each else 0, each):
            rows = orders[:, k * batch : (k + 1) * batch]
            rate = _cosine(first, last, (epoch * each + k) / (epochs * each))
            yield examples.x[rows], examples.y[rows], length, rate


def fresh(plan, seed, batch=32, copies=1, done=0, draw=marked_product, width=None):
    """New examples for every update; parameters and yields as of `fixed`.

    `plan` lists (length, updates, first rate, last rate), one stage after another. A length may be
    a pair, (shortest, longest): then each update draws its own, evenly on a logarithmic scale.
    `draw` makes the examples, called as `marked_product` is. All are padded to `width`, or the
    longest length.
    """
    plan = [tuple(stage) for stage in as_lists(plan, "plan")]
    if not plan or any(len(stage) != 4 for stage in plan):
        raise ValueError(f"plan must be stages of four numbers; got {found(plan)}")
    plan = [(_shortest_and_longest(length), *rest) for length, *rest in plan]
    widest = max(longest for (_, longest), *_ in plan)
    k, width = 0, widest if width is None else as_whole(width, "width", widest)
    for name, value, least in (("batch", batch, 1), ("copies", copies, 1), ("done", done, 0)):
        as_whole(value, name, least)
    for (shortest, longest), updates, first, last in plan:
        for j in range(as_whole(updates, "the updates in plan")):
            if (k := k + 1) > done:
                rng, length = np.random.default_rng([seed, k]), longest
                if shortest < longest:
                    length = round(np.exp(rng.uniform(np.log(shortest), np.log(longest))))
                examples = draw(copies * batch, length, rng)
                x = np.zeros((copies * batch, width, 2), np.float32)
                x[:, : examples.x.shape[1]] = examples.x
                x, y = x.reshape(copies, batch, width, 2), examples.y.reshape(copies, batch)
                yield x, y, examples.x.shape[1], _cosine(first, last, j / updates)


def _shortest_and_longest(length):
    """Both ends of a length in a plan, which is one or a pair."""
    pair = tuple(length) if hasattr(length, "__len__") else (length, length)
    if len(pair) != 2:
        raise ValueError(f"a length in plan must be one number or two; got {found(length)}")
    shortest = as_whole(pair[0], "a length in plan", 2)
    return shortest, as_whole(pair[1], "a length in plan", shortest)


@dataclass(eq=False)
class Training:
    """S networks in training, and what was measured on the way.

    Attributes
    ----------
    kind : str
    weights : list of ndarray
        In Keras's order, each with a first axis S.
    moments : list of (ndarray, ndarray)
        Adam's, for each of the weights.
    updates, steps_read : int
        Made so far; time steps that each network has read.
    seconds : float
        In the updates alone; neither compiling nor checks are counted.
    checks : list of dict
        At each check `updates`, `steps_read`, `sequences`, `seconds`, and with a value for each
        network `loss` (mean over the updates since the last check) and `validation`.
    errors : ndarray, shape (updates since the last check, S, batch)
        Of the answers to training sequences, before the update that each led to.
    """

    kind: str
    weights: list
    moments: list
    updates: int = 0
    steps_read: int = 0
    sequences: int = 0
    seconds: float = 0.0
    checks: list = field(default_factory=list)
    errors: np.ndarray | None = None

    @classmethod
    def start(cls, kind, layers, seeds, **settings):
        """Fresh networks, one a seed, as Keras would start them; settings as of `build`."""
        if not hasattr(seeds, "__len__") or not len(seeds):
            raise ValueError(f"seeds must be a list of one or more; got {found(seeds)}")
        models = []
        for seed in seeds:
            keras.utils.set_random_seed(seed)
            models.append(build(kind, layers, **settings).get_weights())
        weights = [np.stack(arrays) for arrays in zip(*models, strict=True)]
        return cls(kind, weights, [(np.zeros_like(w), np.zeros_like(w)) for w in weights])

    def curve(self, key):
        """One measurement at every check: (checks,) or (checks, S)."""
        return np.array([check[key] for check in self.checks])

    def reached(self, target):
        """For each network the first check at which its validation error was under, or None."""
        return [
            next((c for c in self.checks if c["validation"][s] <= target), None)
            for s in range(len(self.weights[0]))
        ]


def train(training, lessons, check, limit=np.inf, every=64, target=-1.0):
    """Train until `lessons` end or every network is at `target`; stops at each check.

    Parameters
    ----------
    training : Training
        Changed in place.
    lessons : iterable
        Of `fixed` or `fresh`.
    check : MarkedProduct
        Held-out examples.
    limit : float
        Norm at which each network's gradient is clipped.
    every : int
        Updates between two checks.
    target : float
        Error on `check`.

    Yields
    ------
    Training
        The one given, after each check: a place to store it.

    Raises
    ------
    TypeError, ValueError
        If `check` is no `MarkedProduct`, `every` no whole number from 1 up, or the lessons are for
        another number of networks.
    """
    examples_of(check, "check")
    as_whole(every, "every", 1)
    of_kind(training, "training", Training)
    state = _tensors([training.weights, training.moments])
    losses, start = [], None
    lessons = iter(lessons)
    while group := list(islice(lessons, math.gcd(CHUNK, every))):
        x, y, lengths, rates = (np.stack(part) for part in zip(*group, strict=True))
        if y.shape[1] != len(training.weights[0]):
            raise ValueError(
                f"lessons are for {y.shape[1]} networks; got {len(training.weights[0])} in training"
            )
        arguments = x, y, lengths.astype(np.int32), rates.astype(np.float32), np.float32(limit)
        arguments = [tf.constant(a) for a in arguments]
        if start is None:  # a first call compiles; its result is thrown away
            updates(training.kind, *state, *arguments, tf.constant(1.0))
            start = time.perf_counter()
        first = tf.constant(training.updates + 1.0)
        *state, errors = updates(training.kind, *state, *arguments, first)
        losses.append(errors.numpy())
        training.updates += len(group)
        training.steps_read += int(lengths.sum()) * y.shape[2]
        training.sequences += len(group) * y.shape[2]
        training.seconds += time.perf_counter() - start
        if training.updates % every == 0:
            training.weights, training.moments = _arrays(state)
            validation = errors_of(training, check)
            counts = {key: getattr(training, key) for key in COUNTS}
            training.errors = np.concatenate(losses)
            loss = np.square(training.errors, dtype=np.float64).mean(axis=(0, 2)).tolist()
            training.checks.append(counts | {"loss": loss, "validation": validation.tolist()})
            losses = []
            yield training
            if validation.max() <= target:
                break
        start = time.perf_counter()
    training.weights, training.moments = _arrays(state)


CHUNK = 16
"""Updates in one call of `updates`: calling costs as much as an update on short sequences."""
COUNTS = ("updates", "steps_read", "sequences", "seconds")


def _tensors(nested):
    return tf.nest.map_structure(tf.constant, nested)


def _arrays(nested):
    return tf.nest.map_structure(lambda tensor: tensor.numpy(), nested)


def examples_of(value, name="examples"):
    """The value, if it is a `MarkedProduct` of one or more; else TypeError or ValueError."""
    if not len(of_kind(value, name, MarkedProduct)):
        raise ValueError(f"{name} must hold at least one sequence")
    return value


def answers(training, examples):
    """Every network's answers (S, n)."""
    x = tf.constant(pairs_of(examples_of(examples).x, "examples.x"))
    weights = _tensors(of_kind(training, "training", Training).weights)
    return predict(training.kind, weights, x, tf.constant(x.shape[1])).numpy()


def errors_of(training, examples):
    """Mean squared error of each network (S,)."""
    return np.mean((answers(training, examples) - examples.y) ** 2, axis=1)
