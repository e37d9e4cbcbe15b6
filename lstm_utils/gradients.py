"""Tools that check a gradient and measure how far one reaches back in time."""

import numpy as np

from lstm_utils.cells import LSTMTrace, lstm_backward, rnn_backward


def finite_differences(function, x, step=1e-5):
    """Gradient of a scalar function by central differences, one coordinate at a time.

    Parameters
    ----------
    function : callable
        Takes an array like `x`, returns a float.
    x : ndarray of float64, any shape
        Where to differentiate. Not changed.
    step : float
        Half the distance between the two points. Truncation error grows as step², round-off
        as 1/step; they balance near the cube root of the machine epsilon, 6e-6.

    Returns
    -------
    ndarray, shape of `x`
    """
    x = np.array(x, dtype=np.float64)
    gradient = np.empty_like(x)
    for index in np.ndindex(x.shape):
        here = x[index]
        x[index] = here + step
        above = function(x)
        x[index] = here - step
        below = function(x)
        x[index] = here
        gradient[index] = (above - below) / (2.0 * step)
    return gradient


def relative_error(a, b):
    """‖a − b‖ / max(‖a‖, ‖b‖), and 0 where both are zero (a float, no unit)."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.shape != b.shape:
        raise ValueError(f"shapes differ: {a.shape} and {b.shape}")
    largest = max(np.linalg.norm(a.ravel()), np.linalg.norm(b.ravel()))
    return float(np.linalg.norm((a - b).ravel()) / largest) if largest > 0 else 0.0


def check_gradient(function, x, gradient, step=1e-5):
    """Relative error between a gradient and finite differences of its function at `x`."""
    return relative_error(gradient, finite_differences(function, x, step))


def clip_by_norm(arrays, max_norm):
    """Scale a list of gradients so that their joint norm is at most `max_norm`.

    Parameters
    ----------
    arrays : list of ndarray
    max_norm : float, positive

    Returns
    -------
    list of ndarray
        Unchanged if the norm was small enough.
    float
        The joint norm before clipping.

    Notes
    -----
    Pascanu et al. (2013), algorithm 1: the direction is kept, the length is cut.
    """
    if max_norm <= 0:
        raise ValueError(f"max_norm must be positive; got {max_norm}")
    norm = float(np.sqrt(sum(np.sum(a**2) for a in arrays)))
    scale = min(1.0, max_norm / norm) if norm > 0 else 1.0
    return [a * scale for a in arrays], norm


def rnn_jacobian(params, h, t, k):
    """∂h_t/∂h_k: the product of diag(1 − h_s²) W_hh over the steps s from k + 1 to t.

    Parameters
    ----------
    params : RNNParameters
    h : ndarray, shape (T + 1, H)
        States of one sequence, h[0] the initial one.
    t, k : int
        0 <= k <= t <= T; the identity where they are equal.

    Returns
    -------
    ndarray, shape (H, H)
    """
    if not 0 <= k <= t < len(h):
        raise ValueError(f"need 0 <= k <= t <= {len(h) - 1}; got t = {t}, k = {k}")
    product = np.eye(params.hidden_size)
    for step in range(k + 1, t + 1):
        product = (1.0 - h[step] ** 2)[:, None] * params.W_hh @ product
    return product


def gradient_norm_by_lag(params, trace, dh_last):
    """How strongly the last step's loss depends on the state k steps earlier.

    Parameters
    ----------
    params : RNNParameters or LSTMParameters
    trace : RNNTrace or LSTMTrace
    dh_last : ndarray, shape (B, H)
        ∂E_T/∂h_T, for a loss that reads the last output alone.

    Returns
    -------
    ndarray, shape (T + 1,)
        Mean over the batch of ‖∂E_T/∂h_{T−k}‖ for lag k = 0 … T. For an LSTM the state is
        (h, c), and the norm is of both parts together, over every path.

    Notes
    -----
    One backward step at a time: what reaches a step's initial state is the gradient there.
    """
    steps = trace.h.shape[1] - 1
    lstm = isinstance(trace, LSTMTrace)
    dh, dc = np.array(dh_last), np.zeros_like(dh_last)
    norms = [_mean_norm(dh)]
    for t in reversed(range(steps)):
        if lstm:
            back = lstm_backward(params, _one_step(trace, t), dh[:, None], dc)
            dh, dc = back.h0, back.c0
            norms.append(_mean_norm(np.concatenate([dh, dc], axis=1)))
        else:
            dh = rnn_backward(params, _one_step(trace, t), dh[:, None]).h0
            norms.append(_mean_norm(dh))
    return np.array(norms)


def _one_step(trace, t):
    """The trace of step t + 1 alone: states (h, c) keep both ends of the step."""
    return type(trace)(
        **{
            name: array[:, t : t + 2] if name in ("h", "c") else array[:, t : t + 1]
            for name, array in vars(trace).items()
        }
    )


def _mean_norm(rows):
    return float(np.linalg.norm(rows, axis=1).mean())
