"""What callers bring: brought into form, or refused by the argument's name.

Every function takes the value first and then what an error calls it. A wrong kind is a TypeError, a
wrong shape or size a ValueError: "NAME must be …; got VALUE (its type)".
"""

import math
import numbers
import operator
import sys
from reprlib import repr as shortened

import numpy as np

FLOATS = (np.dtype(np.float32), np.dtype(np.float64))
POSITIVE = math.ulp(0.0)
"""The smallest positive float, as a bound."""


def found(value):
    """How an error names what it got: the value, cut short, and its type."""
    return f"{' '.join(shortened(value).split())} ({type(value).__name__})"


def of_kind(value, name, *kinds):
    """The value, if it is of one of these classes."""
    if not isinstance(value, kinds):
        wanted = " or ".join(kind.__name__ for kind in kinds)
        raise TypeError(f"{name} must be {wanted}; got {found(value)}")
    return value


def as_text(value, name="text"):
    """The value, if it is a string: neither None, a number, bytes nor a list."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string; got {found(value)}")
    return value


def as_texts(values, name="texts"):
    """Yield the strings of a list, tuple, array, Series, generator, or of a dict's keys.

    TypeError for a single string, for what has no order, or not one dimension, and for an item that
    is no string: the message gives its index.
    """
    if isinstance(values, str | bytes):
        raise TypeError(f"{name} must be a list of strings; got {found(values)}")
    if not np.iterable(values) or getattr(values, "ndim", 1) != 1:
        raise TypeError(f"{name} must be strings in one dimension; got {found(values)}")
    if isinstance(values, set | frozenset):
        raise TypeError(f"{name} must have an order; got {found(values)}: write sorted(…) for it")
    for k, value in enumerate(values):
        yield value if isinstance(value, str) else as_text(value, f"{name}[{k}]")


def as_lists(values, name):
    """Yield a collection's sequences as lists; a bare string is none."""
    if isinstance(values, str | bytes) or not np.iterable(values):
        raise TypeError(f"{name} must be a list of lists; got {found(values)}")
    for k, value in enumerate(values):
        if isinstance(value, str | bytes) or not np.iterable(value):
            raise TypeError(f"{name}[{k}] must be a list; got {found(value)}")
        yield list(value)


def as_whole(value, name, least=0, most=math.inf):
    """The value as an int from `least` to `most`; 3.0, True and "3" are no whole numbers."""
    try:
        number = operator.index(None if isinstance(value, bool) else value)
    except TypeError as error:
        raise TypeError(f"{name} must be a whole number; got {found(value)}") from error
    if not least <= number <= most:
        raise ValueError(f"{name} must be {_bounds(least, most)}; got {number}")
    return number


def as_real(value, name, least=-math.inf, most=math.inf, finite=True):
    """The value as a float from `least` to `most`, infinity only if `finite` is False."""
    if isinstance(value, int) and abs(value) > sys.float_info.max:
        value = math.inf if value > 0 else -math.inf
    number = float(as_floats(value, name, (), finite=finite))
    if not least <= number <= most:
        raise ValueError(f"{name} must be {_bounds(least, most)}; got {number}")
    return number


def as_rng(value, name="rng"):
    """A `numpy.random.Generator`: the one given, or a new one from a seed or a list of them."""
    seeds = value if isinstance(value, list) else [value]
    seeded = all(isinstance(seed, numbers.Integral) and seed >= 0 for seed in seeds)
    if not seeded and not isinstance(value, np.random.Generator):
        raise TypeError(
            f"{name} must be a numpy.random.Generator or a seed, whole and from 0 up; "
            f"got {found(value)}"
        )
    return np.random.default_rng(value)


def as_float_type(dtype):
    """float32 or float64 as a NumPy dtype, from its name or from NumPy's type."""
    try:
        name = "" if dtype is None else np.dtype(dtype).name  # None would be float64
    except TypeError:
        name = ""
    if name not in ("float32", "float64"):
        raise ValueError(f"dtype must be 'float32' or 'float64'; got {found(dtype)}")
    return np.dtype(name)


def as_floats(value, name, *shapes, whole=np.float64, finite=True):
    """An array of floats from an array, a list, a tensor or a table of real numbers.

    Parameters
    ----------
    value : array_like
        Tensors of PyTorch may be on any device, and may need a gradient.
    name : str
    *shapes : tuple of int or str
        Shapes that will do, any if none is given. A str names a size that is free: any from 0 up,
        or from 1 up where it ends in ">= 1".
    whole : dtype
        What integers and booleans become. Floats become float32 or float64, whichever is nearer.
    finite : bool
        Whether NaN and infinity are refused.

    Returns
    -------
    ndarray
        `value` itself if there was nothing to change.
    """
    array = _as_array(value, name, shapes)
    if array.dtype.kind in "biu":
        array = array.astype(whole)
    elif array.dtype not in FLOATS:
        array = array.astype(np.float32 if array.itemsize <= 4 else np.float64)
    if finite:
        _all_right(np.isfinite(array), array, name, "finite")
    return array


def as_integers(value, name, *shapes, least=0, most=2**31 - 1):
    """An array of whole numbers from `least` to `most`; `value` and `shapes` as of `as_floats`."""
    array = _as_array(value, name, shapes, whole=True)
    _all_right((array >= least) & (array <= most), array, name, _bounds(least, most))
    return array


def _as_array(value, name, shapes, whole=False):
    """An array of real or of whole numbers in one of the shapes, its type as it comes."""
    if np.ma.is_masked(value):
        raise ValueError(f"{name} must not have masked entries")
    try:
        array = _converted(value, whole)
    except (ArithmeticError, RuntimeError, TypeError, ValueError) as error:
        wanted = "whole number" if whole else "real number"
        wanted = f"one {wanted}" if shapes == ((),) else f"{wanted}s"
        if any(shapes):
            wanted += f" of shape {_written(shapes)}"
        reason = str(error).strip().partition("\n")[0]
        raise TypeError(f"{name} must be {wanted}; got {found(value)}: {reason}") from error
    if shapes and not any(_fits(array.shape, shape) for shape in shapes):
        raise ValueError(f"{name} must have shape {_written(shapes)}; got {array.shape}")
    return array


def _converted(value, whole):
    """What `_as_array` gives, before its shape is looked at; any error says what is wrong."""
    if type(value) is np.ndarray and value.dtype.kind in ("iu" if whole else "biuf"):
        return value
    if hasattr(value, "detach") and hasattr(value, "cpu"):  # a tensor of PyTorch
        value = value.detach().cpu()
        if value.is_floating_point() and value.itemsize < 4:
            value = value.float()  # NumPy has no bfloat16
    array = np.asarray(value)
    if array.dtype == object and all(isinstance(v, numbers.Number | np.bool_) for v in array.flat):
        array = array.astype(np.float64)
    if whole and not array.size:
        array = array.astype(int)  # an empty list would be of floats
    if not (array.dtype.kind in "iu" if whole else np.can_cast(array.dtype, float, "same_kind")):
        raise TypeError(f"its dtype is {array.dtype}")
    return array


def _fits(shape, wanted):
    return len(shape) == len(wanted) and all(
        n > 0 or not size.endswith(">= 1") if isinstance(size, str) else n == size
        for n, size in zip(shape, wanted, strict=True)
    )


def _written(shapes):
    """Shapes as Python writes them, names of free sizes without quotes."""
    return " or ".join(str(shape).replace("'", "") for shape in shapes)


def _bounds(least, most):
    if least == POSITIVE:
        return "positive"
    return f"at least {least}" if most == math.inf else f"from {least} to {most}"


def _all_right(right, array, name, what):
    if not right.all():
        place = tuple(np.argwhere(~right)[0].tolist())
        where = f" at {list(place)}" if place else ""
        raise ValueError(f"{name} must be {what}; got {array[place]}{where}")
