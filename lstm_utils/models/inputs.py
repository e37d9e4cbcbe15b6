"""What callers bring, checked in one place: texts, numbers, seeds; errors name the argument."""

import operator
import sys
from numbers import Real
from reprlib import repr as shortened

import numpy as np


def found(value):
    """How an error names what it got: the value, cut short, and its type."""
    return f"{' '.join(shortened(value).split())} ({type(value).__name__})"


def text_of(value, name="text"):
    """The value, if it is a string; TypeError for None, a number, bytes, a list."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string; got {found(value)}")
    return value


def texts_of(values, name="texts"):
    """Yield the strings of a list, tuple, array, Series, generator, or of a dict's keys.

    TypeError for a single string, for what has no order, or not one dimension, and for an item that
    is no string: the message gives its index.
    """
    if isinstance(values, str | bytes):
        raise TypeError(f"{name} must be a list of strings; got one string: write [text] for it")
    if not _has_items(values) or getattr(values, "ndim", 1) != 1:
        raise TypeError(f"{name} must be strings in one dimension; got {found(values)}")
    if isinstance(values, set | frozenset):
        raise TypeError(f"{name} must have an order, which a set has not: write sorted(…) for it")
    for k, value in enumerate(values):
        yield text_of(value, f"{name}[{k}]")


def _has_items(values):
    try:
        iter(values)
    except TypeError:
        return False
    return True


def lists_of(values, name):
    """Yield a collection's sequences as lists, a string as its characters; TypeError if none is."""
    if isinstance(values, str | bytes) or not _has_items(values):
        raise TypeError(f"{name} must be a list of sequences; got {found(values)}")
    for k, value in enumerate(values):
        if not _has_items(value):
            raise TypeError(f"{name}[{k}] must be a sequence; got {found(value)}")
        yield list(value)


def whole(value, name, least=0):
    """The value as an int; TypeError if it is no whole number, ValueError if under `least`."""
    try:
        number = operator.index(value)
    except TypeError as error:
        raise TypeError(f"{name} must be a whole number; got {found(value)}") from error
    if number < least:
        raise ValueError(f"{name} must be at least {least}; got {number}")
    return number


def real(value, name, least=0.0):
    """The value as a finite float, the largest for infinity.

    TypeError if it is no number, ValueError if it is NaN or under `least`.
    """
    if not isinstance(value, Real):
        raise TypeError(f"{name} must be a number; got {found(value)}")
    if not value >= least:
        raise ValueError(f"{name} must be at least {least:g}; got {value}")
    value = value if isinstance(value, int) else float(value)  # an int may be too large for one
    return float(min(value, sys.float_info.max))


def generator(seed, name="seed"):
    """A `numpy.random.Generator` from a seed, or the one given; ValueError if it is neither."""
    try:
        return np.random.default_rng(seed)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name} must be None, a numpy.random.Generator, or whole numbers from 0 up; "
            f"got {found(seed)}"
        ) from error


def pairs_of(x, name="x"):
    """Sequences of pairs as float32, shape (B, T, 2).

    TypeError if they are no numbers; ValueError for another shape, for T = 0, and for a number that
    is not finite: the message gives its index.
    """
    array = array_of(x, name)
    if array.ndim != 3 or array.shape[1] == 0 or array.shape[2] != 2:
        raise ValueError(f"{name} must have the shape (B, T, 2), T at least 1; got {array.shape}")
    with np.errstate(over="ignore"):
        array = array.astype(np.float32, copy=False)
    _all_right(np.isfinite(array), x, name, "a finite float32")
    return array


def ids_of(tokens, size, name="tokens"):
    """Token ids from 0 to size − 1 as an integer array, shape (B, T); errors as `pairs_of`."""
    array = array_of(tokens, name, "iu", "whole numbers")
    if array.ndim != 2 or array.shape[1] == 0:
        raise ValueError(f"{name} must have the shape (B, T), T at least 1; got {array.shape}")
    _all_right((array >= 0) & (array < size), tokens, name, f"from 0 to {size - 1}")
    return array


def array_of(values, name, kinds="fiub", what="numbers"):
    """The values as an array; TypeError if they are of no such kind, ValueError for ragged rows."""
    try:
        array = np.asarray(values)
    except (TypeError, ValueError, RuntimeError) as error:
        told = f"{name} must be {what} in one array, all rows of one length"
        raise ValueError(f"{told}; got {found(values)}: {error}") from error
    if np.ma.is_masked(values):
        raise ValueError(f"{name} must not have masked entries")
    if array.dtype.kind not in kinds:
        raise TypeError(f"{name} must be {what}; got {found(values)} of dtype {array.dtype}")
    return array


def _all_right(right, values, name, what):
    if not right.all():
        place = tuple(np.argwhere(~right)[0].tolist())
        value = np.asarray(values)[place]
        raise ValueError(f"{name}{list(place)} must be {what}; got {value}")
