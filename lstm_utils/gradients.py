"""Tools that check a gradient and measure how far one reaches back in time."""

from collections.abc import Callable

import numpy as np

from lstm_utils.cells import (
    LSTMParameters,
    LSTMTrace,
    RNNParameters,
    RNNTrace,
    lstm_backward,
    rnn_backward,
)
from lstm_utils.inputs import POSITIVE, as_floats, as_real, as_whole, found, of_kind


def finite_differences(function, x, step=1e-5):
    """Gradient of a scalar function by central differences, one coordinate at a time.

    Parameters
    ----------
    function : callable
        Takes an array like `x`, returns a float.
    x : ndarray of float64, any shape
        Where to differentiate. Not changed.
    step : float, positive
        Half the distance between the two points. Truncation error grows as step², round-off
        as 1/step; they balance near the cube root of the machine epsilon, 6e-6.

    Returns
    -------
    ndarray, shape of `x`

    Raises
    ------
    TypeError, ValueError
        If anything is no finite real number, or if the step is lost in rounding beside `x`.
    """
    of_kind(function, "function", Callable)
    x = np.array(as_floats(x, "x"), dtype=np.float64)
    step = as_real(step, "step", POSITIVE)
    gradient = np.empty_like(x)
    for index in np.ndindex(x.shape):
        here = x[index]
        if here + step == here or here - step == here:
            raise ValueError(f"step {step} is lost in rounding beside x{list(index)} = {here}")
        x[index] = here + step
        above = as_real(function(x.copy()), "function(x)")
        x[index] = here - step
        below = as_real(function(x.copy()), "function(x)")
        x[index] = here
        gradient[index] = (above - below) / (2.0 * step)
    return gradient


def relative_error(a, b):
    """‖a − b‖ / max(‖a‖, ‖b‖), and 0 where both are zero (a float, no unit)."""
    a = as_floats(a, "a").astype(np.float64)
    b = as_floats(b, "b", a.shape).astype(np.float64)
    exponent = max(_exponent(a), _exponent(b))
    a, b = np.ldexp(a.ravel(), -exponent), np.ldexp(b.ravel(), -exponent)
    largest = max(np.linalg.norm(a), np.linalg.norm(b))
    return float(np.linalg.norm(a - b) / largest) if largest > 0 else 0.0


def _exponent(array):
    """The power of two that every number stays below: divided by it, squares do not overflow."""
    return int(np.frexp(np.abs(array).max(initial=0.0))[1])


def check_gradient(function, x, gradient, step=1e-5):
    """Relative error between a gradient and finite differences of its function at `x`."""
    expected = finite_differences(function, x, step)
    return relative_error(as_floats(gradient, "gradient", expected.shape), expected)


def clip_by_norm(arrays, max_norm):
    """Scale a list of gradients so that their joint norm is at most `max_norm`.

    Parameters
    ----------
    arrays : list of ndarray
    max_norm : float, positive
        Infinity clips nothing.

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
    max_norm = as_real(max_norm, "max_norm", POSITIVE, finite=False)
    of_kind(arrays, "arrays", list, tuple)
    arrays = [as_floats(a, f"arrays[{n}]") for n, a in enumerate(arrays)]
    exponent = max(map(_exponent, arrays), default=0)
    squares = sum(np.sum(np.ldexp(a, -exponent) ** 2) for a in arrays)
    root = float(np.sqrt(squares))
    with np.errstate(over="ignore"):  # a norm beyond the largest float is infinite
        scale = min(1.0, float(np.ldexp(max_norm / root, -exponent))) if root > 0 else 1.0
        norm = float(np.ldexp(root, exponent))
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
    of_kind(params, "params", RNNParameters)
    h = as_floats(h, "h", ("time + 1", params.hidden_size), whole=params.dtype, finite=False)
    t = as_whole(t, "t", 0, len(h) - 1)
    k = as_whole(k, "k", 0, t)
    product = np.eye(params.hidden_size, dtype=np.result_type(params.dtype, h))
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
    lstm = isinstance(params, LSTMParameters) and isinstance(trace, LSTMTrace)
    if not lstm and not (isinstance(params, RNNParameters) and isinstance(trace, RNNTrace)):
        raise TypeError(
            "params and trace must be both of an RNN or both of an LSTM; got "
            f"{found(params)} and {found(trace)}"
        )
    steps = trace.h.shape[1] - 1
    dh = as_floats(dh_last, "dh_last", (len(trace.h), params.hidden_size), whole=params.dtype)
    if len(dh) == 0:
        raise ValueError("dh_last must have at least one row; got none")
    dc = np.zeros_like(dh)
    norms = [_mean_norm(dh)]
    for t in reversed(range(steps)):
        if not (np.isfinite(dh).all() and np.isfinite(dc).all()):
            norms.append(np.inf)  # beyond the largest float, and so for longer lags
        elif lstm:
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
    exponent = _exponent(rows)
    mean = np.linalg.norm(np.ldexp(rows, -exponent), axis=1).mean()
    return float(np.ldexp(mean, exponent))
