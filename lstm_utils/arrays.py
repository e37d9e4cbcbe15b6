"""Numbers of any origin as NumPy arrays of floats, or an error that names the argument."""

import numbers

import numpy as np

FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


def as_floats(name, value, *shapes, whole=np.float64, finite=True):
    """An array of floats from an array, a list, a tensor or a table of real numbers.

    Parameters
    ----------
    name : str
        The argument's name, for the error.
    value : array_like
        Tensors of PyTorch may be on any device, and may need a gradient.
    *shapes : tuple of int or str
        Shapes that will do, any if none is given. A str names a size that is free.
    whole : dtype
        What integers and booleans become. Floats become float32 or float64, whichever is nearer.
    finite : bool
        Whether NaN and infinity are refused.

    Returns
    -------
    ndarray
        `value` itself if there was nothing to change.

    Raises
    ------
    TypeError, ValueError
        If `value` holds no real numbers; if its shape or one of its numbers does not fit.
    """
    array = _as_array(name, value, shapes)
    if shapes and not any(_fits(array.shape, shape) for shape in shapes):
        raise ValueError(f"{name} must have shape {_written(shapes)}; got {array.shape}")
    if array.dtype.kind in "biu":
        array = array.astype(whole)
    elif array.dtype not in FLOATS:
        array = array.astype(np.float32 if array.itemsize <= 4 else np.float64)
    if finite and not np.isfinite(array).all():
        place = tuple(np.argwhere(~np.isfinite(array))[0].tolist())
        where = f" at {list(place)}" if place else ""
        raise ValueError(f"{name} must be finite; got {array[place]}{where}")
    return array


def as_whole(name, value):
    """An int from any whole number, so that 3.0, True and "3" are refused by name (TypeError)."""
    if not isinstance(value, numbers.Integral) or isinstance(value, bool):
        raise TypeError(f"{name} must be a whole number; got {value!r}")
    return int(value)


def as_float_type(dtype):
    """float32 or float64 as a NumPy dtype, from its name or from NumPy's type; else ValueError."""
    try:
        name = "" if dtype is None else np.dtype(dtype).name  # None would be float64
    except TypeError:
        name = ""
    if name not in ("float32", "float64"):
        raise ValueError(f"dtype must be 'float32' or 'float64'; got {dtype!r}")
    return np.dtype(name)


def _as_array(name, value, shapes):
    """An array of booleans, integers or floats."""
    if type(value) is np.ndarray and value.dtype.kind in "biuf":
        return value
    expected = f"{name} must be {'real numbers' if shapes != ((),) else 'one real number'}"
    if any(shapes):
        expected += f" of shape {_written(shapes)}"
    found = type(value).__name__
    try:
        if hasattr(value, "detach") and hasattr(value, "cpu"):  # a tensor of PyTorch
            value = value.detach().cpu()
            if value.is_floating_point() and value.itemsize < 4:
                value = value.float()  # NumPy has no bfloat16
        array = np.asarray(value)
        if array.dtype == object and all(
            isinstance(v, numbers.Number | np.bool_) for v in array.flat
        ):
            array = array.astype(np.float64)
    except (ArithmeticError, RuntimeError, TypeError, ValueError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise TypeError(f"{expected}; got {found} ({reason})") from error
    if np.ma.is_masked(value):
        raise ValueError(f"{name} must not have masked entries")
    if not np.can_cast(array.dtype, np.float64, "same_kind"):
        raise TypeError(f"{expected}; got {found} of type {array.dtype}")
    return array


def _fits(found, wanted):
    return len(found) == len(wanted) and all(
        isinstance(size, str) or size == n for n, size in zip(found, wanted, strict=True)
    )


def _written(shapes):
    """Shapes as Python writes them, names of free sizes without quotes."""
    return " or ".join(str(shape).replace("'", "") for shape in shapes)
