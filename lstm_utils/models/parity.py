"""Parity of bits, the smallest task of state tracking, and a linear recurrence in NumPy."""

import numpy as np

from lstm_utils.inputs import as_floats, as_integers, as_rng, as_whole


def parity_batch(batch, length, rng):
    """Random bits, and after each whether an odd number of ones has come.

    Parameters
    ----------
    batch, length : int
        B and T.
    rng : int, numpy.random.Generator or None

    Returns
    -------
    bits, parity : int64 arrays (B, T)
        Of zeros and ones.
    """
    shape = as_whole(batch, "batch"), as_whole(length, "length")
    bits = as_rng(rng, "rng").integers(0, 2, shape)
    return bits, bits.cumsum(axis=1) % 2


def one_hot(bits):
    """Bits (B, T) as float64 vectors (B, T, 2): (1, 0) for a zero, (0, 1) for a one."""
    return np.eye(2)[as_integers(bits, "bits", ("batch", "time"), most=1)]


def linear_recurrence(factor, addend, first=None):
    """The states of h_t = factor_t ∘ h_{t−1} + addend_t, one step after another.

    Parameters
    ----------
    factor, addend : float arrays (B, T, H)
    first : float array (B, H), optional
        The state before the first step; zeros if not given.

    Returns
    -------
    float array (B, T, H)

    Raises
    ------
    TypeError, ValueError
        If an argument is no such array.
    """
    factor = as_floats(factor, "factor", ("batch", "time", "hidden"))
    addend = as_floats(addend, "addend", factor.shape)
    batch, _, hidden = addend.shape
    h = np.zeros((batch, hidden)) if first is None else as_floats(first, "first", (batch, hidden))
    states = np.empty_like(addend)
    for t in range(addend.shape[1]):
        h = factor[:, t] * h + addend[:, t]
        states[:, t] = h
    return states
