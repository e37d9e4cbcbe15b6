"""Hochreiter and Schmidhuber's experiment 5 (1997): their data, network, learning and criterion.

After section 5.4 and 5.5 of "Long Short-Term Memory", Neural Computation 9(8). Several networks
are trained side by side by one compiled loop; each sees sequences of its own, one at a time.
"""

import numpy as np
import tensorflow as tf

from lstm_utils.models.marked_product import MarkedProduct

CELLS, BLOCKS = 4, 2  # two blocks of two cells; a block shares its input and its output gate
HIDDEN = CELLS + 2 * BLOCKS
SOURCES = 2 + HIDDEN + 1  # what each hidden unit reads: inputs, hidden layer, bias
WEIGHTS = HIDDEN * SOURCES + CELLS + 1  # 93, as in their table 8
RECENT = 2000
REPORTED = {140: 482_000, 13: 1_273_000}  # sequences until fewer than so many of 2000 were wrong


def multiplication(n, length, rng, one_length=True):
    """Sequences of their multiplication problem.

    Each has `length` to 1.1 `length` steps. One of the first ten values is marked, and another of
    the first half; the first and the last step carry the mark −1. A marked first value counts as 1.

    With `one_length` all have the same, as a batch needs it, and x is no longer than that;
    otherwise x is padded with zeros, and `lengths_of(x)` finds the lengths.
    """
    lengths = rng.integers(length, length + length // 10 + 1, 1 if one_length else n)
    lengths = np.broadcast_to(lengths, n)
    x = np.zeros((n, lengths.max(), 2), np.float32)
    x[:, :, 1] = rng.random(x.shape[:2])
    first = rng.integers(0, min(10, length // 2), n)
    second = rng.integers(0, length // 2 - 1, n)
    second += second >= first
    rows = np.arange(n)
    x[rows, lengths - 1, 0] = x[:, 0, 0] = -1
    for place in (first, second):
        x[rows, place, 0] = 1
        x[rows[place == 0], 0, 1] = 1
    y = x[rows, first, 1] * x[rows, second, 1]
    x[np.arange(x.shape[1]) >= lengths[:, None]] = 0
    return MarkedProduct(x, y, np.sort(np.stack([first, second], axis=1), axis=1))


def lengths_of(x):
    """Steps of each sequence: up to its second mark −1."""
    return x.shape[1] - np.argmax(x[:, ::-1, 0] == -1, axis=1)


def start(networks, rng, input_bias=None):
    """Weights uniform in [−0.1, 0.1], biases too: hidden (S, 8, 11) and output (S, 5).

    `input_bias`, if any, is what the bias of each block's input gate starts at.
    """
    hidden = rng.uniform(-0.1, 0.1, (networks, HIDDEN, SOURCES))
    if input_bias is not None:
        hidden[:, CELLS : CELLS + BLOCKS, -1] = input_bias
    return hidden.astype(np.float32), rng.uniform(-0.1, 0.1, (networks, CELLS + 1)).astype("f")


def run_through(W, V, x, last):
    """Read one sequence a network, x (S, T, 2) with `last` (S,) steps, without forget gates.

    Returns the answers (S,) and what the gradient needs. It is truncated as theirs is: an error
    flows back in time through the cells' own states alone, where it stays as it is, so that
    sums over the steps (P, Q) hold all that is to be known of the past.
    """
    networks = W.shape[0]
    x_by_step, one = tf.transpose(x, [1, 0, 2]), tf.ones([networks, 1])

    def step(t, s, hidden, sources, P, Q):
        going = (t < last)[:, None]
        now = tf.concat([x_by_step[t], hidden, one], axis=1)
        z = tf.sigmoid(tf.reduce_sum(W * now[:, None], axis=2))
        i, o = z[:, CELLS : CELLS + BLOCKS], z[:, CELLS + BLOCKS :]
        g, slope = 4 * z[:, :CELLS] - 2, 4 * z[:, :CELLS] * (1 - z[:, :CELLS])
        i_cells, o_cells = (tf.repeat(gate, CELLS // BLOCKS, axis=1) for gate in (i, o))
        live = tf.cast(going, tf.float32)
        P += (live * i_cells * slope)[:, :, None] * now[:, None]
        Q += (live * g * i_cells * (1 - i_cells))[:, :, None] * now[:, None]
        s_new = s + i_cells * g
        hidden_new = tf.concat([o_cells * (2 * tf.sigmoid(s_new) - 1), i, o], axis=1)
        kept = [tf.where(going, new, old) for new, old in ((s_new, s), (hidden_new, hidden))]
        return t + 1, *kept, tf.where(going, now, sources), P, Q

    sums = tf.zeros([networks, CELLS, SOURCES])
    state = (0, *(tf.zeros([networks, n]) for n in (CELLS, HIDDEN, SOURCES)), sums, sums)
    state = tf.while_loop(lambda t, *_: t < tf.reduce_max(last), step, state)
    outputs = tf.concat([state[2][:, :CELLS], one], axis=1)
    return tf.sigmoid(tf.reduce_sum(V * outputs, axis=1)), outputs, state


def gradient(V, answers, y, outputs, state):
    """Derivatives of half the squared error, truncated: hidden (S, 8, 11) and output (S, 5)."""
    _, s, hidden, sources, P, Q = state
    in_blocks = [-1, BLOCKS, CELLS // BLOCKS]
    error = (answers - y) * answers * (1 - answers)
    back = error[:, None] * V[:, :CELLS]
    h = 2 * tf.sigmoid(s) - 1
    o = hidden[:, CELLS + BLOCKS :]
    to_state = (back * tf.repeat(o, CELLS // BLOCKS, axis=1) * (1 - h**2) / 2)[:, :, None]
    to_input = tf.reduce_sum(tf.reshape(to_state * Q, [*in_blocks, SOURCES]), axis=2)
    to_output = tf.reduce_sum(tf.reshape(back * h, in_blocks), axis=2) * o * (1 - o)
    to_output = to_output[:, :, None] * sources[:, None]
    return tf.concat([to_state * P, to_input, to_output], axis=1), error[:, None] * outputs


@tf.function(jit_compile=True)
def online(W, V, x, y, lengths, rate):
    """Learn x (n, S, T, 2) one sequence after another; errors (n, S) before each update."""

    def body(j, W, V, errors):
        answers, *rest = run_through(W, V, x[j], lengths[j])
        dW, dV = gradient(V, answers, y[j], *rest)
        errors = tf.tensor_scatter_nd_update(errors, [[j]], (answers - y[j])[None])
        return j + 1, W - rate * dW, V - rate * dV, errors

    return tf.while_loop(lambda j, *_: j < x.shape[0], body, (0, W, V, tf.zeros(y.shape)))[1:]


@tf.function(jit_compile=True)
def answer(W, V, x, lengths):
    """Answers (n, S) to x (n, S, T, 2)."""
    each = tf.TensorArray(tf.float32, x.shape[0], element_shape=[x.shape[1]])
    body = lambda j, each: (j + 1, each.write(j, run_through(W, V, x[j], lengths[j])[0]))  # noqa: E731
    return tf.while_loop(lambda j, _: j < x.shape[0], body, (0, each))[1].stack()


def first_success(wrong, allowed):
    """Sequences seen when fewer than `allowed` of the 2000 most recent were wrong, or None.

    `wrong`, bool (n,), says of each sequence, in the order of training, whether it was.
    """
    if len(wrong) < RECENT:
        return None
    sums = np.concatenate([[0], np.cumsum(wrong)])
    found = np.flatnonzero(sums[RECENT:] - sums[:-RECENT] < allowed)
    return int(found[0]) + RECENT if len(found) else None
