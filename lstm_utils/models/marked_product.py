"""The marked-product task: two of the numbers in a sequence are marked; predict their product."""

from dataclasses import dataclass

import numpy as np

from lstm_utils.inputs import as_floats, as_real, as_rng, as_whole

CONSTANT_GUESS_MSE = 7 / 144
"""Variance of XY for X, Y independent and uniform on [0, 1]: 1/9 − 1/16."""


@dataclass(frozen=True, eq=False)
class MarkedProduct:
    """Examples of the task.

    Parameters
    ----------
    x : ndarray of float, shape (n, length, 2)
        x[:, :, 0] are the marks (two ones, else zeros), x[:, :, 1] the values in [0, 1).
    y : ndarray of float, shape (n,)
        The product of the two marked values.
    marks : ndarray of int, shape (n, 2)
        Where the marks stand, the earlier one first.
    """

    x: np.ndarray
    y: np.ndarray
    marks: np.ndarray

    def __len__(self):
        return len(self.y)


def marked_product(n, length=100, rng=None, dtype=np.float32):
    """Draw examples of the marked-product task.

    Parameters
    ----------
    n : int
        How many sequences.
    length : int
        Numbers in each, at least 2.
    rng : numpy.random.Generator, int or None
        A generator, or a seed for a new one.
    dtype : float type
        Of `x` and `y`.

    Returns
    -------
    MarkedProduct

    Raises
    ------
    TypeError, ValueError
        If `n` is no whole number from 0 up, `length` none from 2 up, `rng` no seed, or `dtype` no
        type of floats.

    Notes
    -----
    A variant of the multiplication problem of Hochreiter and Schmidhuber (1997), experiment 5:
    there lengths vary, both marks stand in the first half of the sequence, the earlier one
    among the first ten places, and the two ends carry marks of their own.
    """
    n, length = as_whole(n, "n"), as_whole(length, "length", 2)
    rng = np.random.default_rng() if rng is None else as_rng(rng)
    if np.dtype(dtype).kind != "f":
        raise TypeError(f"dtype must be a type of floats; got {np.dtype(dtype)}")
    values = rng.random((n, length))
    # A pair of different places without a loop: the second is drawn from the places left over.
    first = rng.integers(0, length, n)
    second = rng.integers(0, length - 1, n)
    second += second >= first
    marks = np.sort(np.stack([first, second], axis=1), axis=1)
    x = np.zeros((n, length, 2), dtype=dtype)
    np.put_along_axis(x[:, :, 0], marks, 1.0, axis=1)
    x[:, :, 1] = values
    y = np.take_along_axis(values, marks, axis=1).prod(axis=1).astype(dtype)
    return MarkedProduct(x, y, marks)


def pairs_of(x, name="x"):
    """Sequences of pairs as finite float32, shape (B, T, 2), T at least 1."""
    x = as_floats(x, name, ("batch", "T >= 1", 2), whole=np.float32)
    with np.errstate(over="ignore"):
        return as_floats(x.astype(np.float32, copy=False), f"{name} in float32")


def share_within(prediction, y, tolerance=0.04):
    """Share of answers whose error is under `tolerance`, in [0, 1].

    0.04 is the criterion of Hochreiter and Schmidhuber (1997) for a correct answer. An answer that
    is NaN is wrong. ValueError if there are no answers, or more of one than of the other.
    """
    as_real(tolerance, "tolerance", 0, finite=False)
    y = as_floats(as_floats(y, "y", finite=False).ravel(), "y", ("N >= 1",), finite=False)
    prediction = as_floats(prediction, "prediction", finite=False).ravel()
    as_floats(prediction, "prediction", y.shape, finite=False)
    return float(np.mean(np.abs(prediction - y) < tolerance))
