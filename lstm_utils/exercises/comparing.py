"""Comparing an answer with the right one: arrays, numbers and letters, and naming typical slips."""

import functools
from decimal import Decimal
from fractions import Fraction

import numpy as np

from lstm_utils.exercises.checking import Nothing, StillOpen, Wrong, type_in_words


def compare(got, want, what, *, rtol=1e-6, atol=1e-9, time_axis=None, dtype=None):
    """Raise Wrong with a diagnosis unless `got` has the shape and the values of `want`.

    Parameters
    ----------
    got : array_like, torch.Tensor or tf.Tensor
        What the student's code gave.
    want : array_like
        The right result, from a reference of its own.
    what : str
        What it is, in words: "the new memory".
    rtol, atol : float
        Relative and absolute tolerance.
    time_axis : int, optional
        The axis along which a result may be a step early, late, or reversed.
    dtype : str, optional
        The type of the numbers, where it matters: "float32", or "int" or "float" for any of a kind.
    """
    want = np.asarray(to_numpy(want))
    if got is None:
        raise Nothing(f"Instead of {what} there is None. Is a return missing?")
    if got is ...:
        raise StillOpen(f"{what} is still to be filled in.")
    got = _as_numbers(got, want, what)
    _compare_shapes(got, want, what, time_axis)
    _compare_types(got, what, dtype)
    close = functools.partial(_close, rtol=rtol, atol=atol)
    if close(got, want):
        return
    raise Wrong(_diagnosis(got, want, what, close, time_axis))


def to_numpy(value):
    """Turn a tensor of PyTorch or TensorFlow into an array, a `Fraction` or `Decimal` into a float.

    Other values stay as they are.
    """
    if isinstance(value, Decimal | Fraction):
        return float(value)
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    if hasattr(value, "numpy") and callable(value.numpy):
        value = value.numpy()
    return value


def _as_numbers(got, want, what):
    """Return a student's result as an array of numbers, or say why it is none."""
    kind = type_in_words(got)
    if callable(got) and not hasattr(got, "shape"):
        raise Wrong(f"Instead of {what} there is a function: call it, with brackets.")
    if isinstance(got, (dict, set)):
        raise Wrong(f"{what} has to be an array, and this is {kind}.")
    parts = len(got) if isinstance(got, tuple) else 0
    if isinstance(got, (list, tuple)):
        got = _each_to_numpy(got)
    try:
        array = np.asarray(to_numpy(got))
    except (ValueError, TypeError):
        array = np.asarray(None)
    if array.dtype.kind not in "biufc" or (parts and array.shape != want.shape):
        if parts:
            raise Wrong(f"{what} has to be one array, and this is a tuple of {parts}.")
        if want.dtype.kind in "US" and array.dtype.kind in "US":
            return array
        raise Wrong(
            f"{what} has to be an array of numbers, and this is {kind}"
            + (" whose parts differ in length." if kind == "a list" else ".")
        )
    if array.dtype.kind == "c" and want.dtype.kind != "c":
        raise Wrong(f"{what} holds complex numbers: real ones are asked for.")
    return array


def _each_to_numpy(parts):
    return [
        _each_to_numpy(part) if isinstance(part, list | tuple) else to_numpy(part) for part in parts
    ]


def _compare_shapes(got, want, what, time_axis):
    if got.shape == want.shape:
        return
    shapes = f"{what} has the shape {got.shape} instead of {want.shape}"
    ones = [tuple(n for n in array.shape if n != 1) for array in (got, want)]
    if got.ndim == want.ndim == 2 and got.shape == want.shape[::-1]:
        hint = "it is transposed."
    elif got.size == 1:
        hint = "one number is left. Was something summed or averaged over all axes?"
    elif ones[0] == ones[1]:
        hint = "an axis of length 1 is missing or too many."
    elif sorted(got.shape) == sorted(want.shape):
        hint = "the axes stand in another order."
    elif got.ndim == want.ndim and _off_by_one_in_length(got, want, time_axis):
        longer = got.size > want.size
        hint = (
            "one step too many. Is the start in it as well?"
            if longer
            else "one step is missing. Is it the first or the last?"
        )
    elif got.ndim < want.ndim:
        hint = "an axis is missing. Was something summed, averaged or picked along it?"
    elif got.ndim > want.ndim:
        hint = "there is an axis too many."
    else:
        axes = [k for k in range(want.ndim) if got.shape[k] != want.shape[k]]
        hint = f"look at axis {' and '.join(map(str, axes))}."
    raise Wrong(f"{shapes}: {hint}")


def _off_by_one_in_length(got, want, time_axis):
    differing = [k for k in range(want.ndim) if got.shape[k] != want.shape[k]]
    axis = differing[0] if time_axis is None else time_axis % want.ndim
    return differing == [axis] and abs(got.shape[axis] - want.shape[axis]) == 1


def _compare_types(got, what, dtype):
    if dtype is None:
        return
    kinds = {"int": "iu", "float": "f", "bool": "b"}
    right = got.dtype.kind in kinds[dtype] if dtype in kinds else got.dtype == np.dtype(dtype)
    if not right:
        raise Wrong(f"{what} consists of {got.dtype} numbers; {dtype} is asked for.")


def _close(got, want, rtol, atol):
    if got.dtype.kind in "US" or want.dtype.kind in "US":
        return np.array_equal(got, want)
    return np.allclose(
        got.astype(complex), want.astype(complex), rtol=rtol, atol=atol, equal_nan=True
    )


def _diagnosis(got, want, what, close, time_axis):
    """Say in one or two sentences how an array of the right shape differs from the right one."""
    if got.dtype.kind in "US":
        return _where(got, want, what, got == want)
    bad = ~np.isfinite(got) & np.isfinite(want)
    if bad.any():
        sort = "NaN" if np.isnan(got[bad]).any() else "infinity"
        return (
            f"{what} holds {sort} in {bad.sum()} of {got.size} places. Look for a division by "
            "zero, the logarithm of zero, or an exponential of something large."
        )
    got, want = (
        array.astype(float) if array.dtype.kind in "biu" else array for array in (got, want)
    )
    for diagnose in (_of_scale, _of_order, _of_precision):
        words = diagnose(got, want, close, time_axis)
        if words:
            return f"{what} {words}"
    return _where(got, want, what, np.isclose(got, want, rtol=1e-6, atol=1e-9))


def _of_scale(got, want, close, _):
    if close(-got, want):
        return "has the wrong sign: everywhere minus what it should be."
    if not got.any():
        return "is zero everywhere. Is something multiplied by 0, or never filled in?"
    used = np.abs(want) > 1e-6 * np.abs(want).max(initial=0)
    if used.sum() >= 2:
        factor = float(np.median(got[used] / want[used]))
        if factor and close(got / factor, want):
            return f"is {_factor(factor, want.shape)}"
        if want.shape and close(got - np.median(got - want), want):
            return "is off by the same number in every place. Is something added or left out?"
    if got.size > 1 and want.any() and close(np.abs(got), np.abs(want)):
        return "is right but for the sign in some places."
    return None


def _factor(factor, shape):
    """Say by which constant an array is too large, and where such a constant comes from."""
    words = f"too large or too small by a constant factor ({factor:.3g})."
    if np.isclose(factor, 2) or np.isclose(factor, 0.5):
        return f"{words} A factor of 2 is lost or added, perhaps from a square."
    for length in {n for n in shape if n > 1}:
        if np.isclose(factor, length) or np.isclose(factor, 1 / length):
            return f"{words} Is it a sum where a mean belongs, or the other way round?"
    return words


def _of_order(got, want, close, time_axis):
    axis = time_axis if time_axis is not None else 0 if want.ndim == 1 else None
    if axis is not None and want.shape[axis] > 2:
        step = "step" if time_axis is not None else "place"
        g, w = np.moveaxis(got, axis, 0), np.moveaxis(want, axis, 0)
        if close(g[1:], w[:-1]) and g[1:].any():
            return f"is off by one {step}: each value comes one {step} too late."
        if close(g[:-1], w[1:]) and g[:-1].any():
            return f"is off by one {step}: each value comes one {step} too early."
        if close(g[::-1], w):
            return "is reversed in time." if time_axis is not None else "is in reverse order."
    if want.ndim == 2 and got.shape == got.shape[::-1] and close(got.T, want):
        return "is transposed."
    for k in range(want.ndim):
        g, w = np.moveaxis(got, k, 0), np.moveaxis(want, k, 0)
        if len(w) > 1 and close(_sorted_rows(g), _sorted_rows(w)):
            return f"holds the right values in another order along axis {k}."
    return None


def _sorted_rows(array):
    rows = array.reshape(len(array), -1)
    return rows[np.lexsort(np.round(rows, 6).T[::-1])]


def _of_precision(got, want, close, _):
    if np.allclose(got, np.trunc(want)) or np.allclose(got, np.round(want)):
        return "holds whole numbers only. Is something rounded, or divided by //?"
    if np.allclose(got, want, rtol=1e-3, atol=1e-5):
        return "is nearly right, but not precise: single precision, or a small term left out?"
    return None


def _where(got, want, what, right):
    """Name the first place that is wrong and what is there, but not what should be."""
    place = tuple(int(k) for k in np.argwhere(~right)[0]) if right.ndim else ()
    count = int((~right).sum())
    if not right.ndim:
        size = "" if got.dtype.kind in "US" else f" It {_size(got, want)}."
        return f"{what} is {got:.4g}, and that is not right.{size}" if size else f"{what} is {got}."
    value, wanted = got[place], want[place]
    index = ", ".join(map(str, place))
    if got.dtype.kind in "US":
        return f"{what} is wrong in {count} of {got.size} places, first at [{index}]: {value!r}."
    return (
        f"{what} is wrong in {count} of {got.size} places. The first is [{index}], where it is "
        f"{value:.4g}: it {_size(value, wanted)}."
    )


def _size(got, want):
    """Words for a wrong number beside the right one: its sign first, then its magnitude."""
    if got * want < 0:
        return "has the other sign"
    words = "is too large" if abs(got) > abs(want) else "is too small"
    return f"{words} in magnitude" if min(got, want) < 0 else words


def same(got, want, rtol=1e-6):
    """Whether a result has the shape and the values of a known one, to name a typical mistake."""
    try:
        got = np.asarray(to_numpy(got), dtype=float)
    except (TypeError, ValueError, RuntimeError):
        return False  # `compare` finds the words for what is no array of numbers
    return got.shape == np.shape(want) and np.allclose(got, want, rtol=rtol, atol=1e-9)


def raise_if_slip(got, slips):
    """Raise Wrong with the words for the first typical slip whose value `got` is.

    Parameters
    ----------
    got : anything that the student returned
    slips : dict of str to array_like
        From the words to the value that the slip leads to.
    """
    for words, value in slips.items():
        if same(got, value):
            raise Wrong(words)


def compare_number(got, want, what, *, tolerance, hints=None):
    """Raise Wrong unless a number is right within an absolute tolerance.

    Parameters
    ----------
    got : float
        The student's number.
    want : float
        The right one.
    what : str
        What it is, in words.
    tolerance : float
        How far from the right number it may be; from a wrong one that is known as many percent.
    hints : dict of float to str, optional
        Typical wrong numbers, and what to say to them.
    """
    if got is None:
        raise Nothing(f"There is no number for {what}. Is a return missing?")
    if got is ...:
        raise StillOpen(f"{what} is still to be filled in.")
    if isinstance(got, str):
        raise Wrong(f"{what} has to be a number, without quotes.")
    if callable(got) and not hasattr(got, "shape"):
        raise Wrong(f"{what} has to be a number, and this is a function: call it, with brackets.")
    array = np.asarray(to_numpy(got)) if not isinstance(got, (dict, set)) else np.asarray(got)
    if array.dtype.kind not in "biuf" or array.size != 1:
        raise Wrong(f"{what} has to be one number, and this is {type_in_words(got)}.")
    number = float(array.reshape(()))
    if abs(number - want) <= tolerance:
        return

    share = max(tolerance / abs(want), 1e-6) if want else 0

    def is_about(value):
        return abs(number - value) <= (share * abs(value) or tolerance)

    for value, words in (hints or {}).items():
        if is_about(value):
            raise Wrong(words)
    raise Wrong(f"{what} is not {number:.4g}: {_of_number(number, want, is_about)}")


def _of_number(number, want, is_about):
    if not np.isfinite(number):
        return "a finite number is asked for."
    if is_about(-want):
        return "look at its sign."
    if is_about(100 * want) or is_about(want / 100):
        return "it is off by a factor of 100. Is one of the two a percentage?"
    if want and is_about(1 / want):
        return "it is the reciprocal, one divided by what is asked for."
    if is_about(2 * want) or is_about(want / 2):
        return "it is off by a factor of 2."
    if any(np.isclose(number, np.round(want, decimals)) for decimals in range(3)):
        return "it is rounded too far: give more digits."
    return f"it {_size(number, want)}."


def explanation(letter, right, why_not):
    """Raise Wrong unless the letter of the right explanation was chosen.

    Parameters
    ----------
    letter : str
        What the student chose.
    right : str
        The letter of the right sentence.
    why_not : dict of str to str
        For each other letter, why that sentence isn't the explanation.
    """
    if letter is None or letter is ...:
        raise StillOpen("the code is right; now choose the sentence that explains it.")
    letters = sorted({right, *why_not})
    chosen = letter.strip().strip("().").lower() if isinstance(letter, str) else letter
    if chosen not in letters:
        raise Wrong(f"Choose one letter as the explanation, in quotes: {', '.join(letters)}.")
    if chosen != right:
        raise Wrong(why_not[chosen])
