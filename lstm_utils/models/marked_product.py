"""The marked-product task: two of the numbers in a sequence are marked; predict their product."""

from dataclasses import dataclass

import numpy as np

CONSTANT_GUESS_MSE = 7 / 144
"""Variance of XY for X, Y independent and uniform on [0, 1]: 1/9 − 1/16."""


@dataclass(frozen=True)
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
    ValueError
        If `n` is negative or `length` under 2.

    Notes
    -----
    A variant of the multiplication problem of Hochreiter and Schmidhuber (1997), experiment 5:
    there lengths vary, both marks stand in the first half of the sequence, the earlier one
    among the first ten places, and the two ends carry marks of their own.
    """
    if n < 0 or length < 2:
        raise ValueError(f"need n >= 0 and length >= 2; got n = {n}, length = {length}")
    rng = np.random.default_rng(rng)
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


def share_within(prediction, y, tolerance=0.04):
    """Share of answers whose error is under `tolerance`, in [0, 1].

    0.04 is the criterion of Hochreiter and Schmidhuber (1997) for a correct answer.
    """
    prediction, y = np.asarray(prediction).ravel(), np.asarray(y).ravel()
    if prediction.shape != y.shape:
        raise ValueError(f"{prediction.size} predictions for {y.size} answers")
    return float(np.mean(np.abs(prediction - y) < tolerance))
