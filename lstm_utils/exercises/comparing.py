"""Comparing an answer with the right one: arrays, numbers and letters, and naming typical slips."""

import functools
from decimal import Decimal
from fractions import Fraction

import numpy as np

from lstm_utils.exercises.checking import (
    Nothing,
    StillOpen,
    Wrong,
    as_sentence,
    type_in_words,
)
from lstm_utils.messages import translate as _


def compare(got, want, what, *, rtol=1e-6, atol=1e-9, time_axis=None, dtype=None):
    """Raise Wrong with a diagnosis unless `got` has the shape and the values of `want`.

    Parameters
    ----------
    got : array_like, torch.Tensor or tf.Tensor
        What the student's code gave.
    want : array_like
        The right result, from a reference of its own.
    what : str
        What it is, in the student's words: _("the new memory").
    rtol, atol : float
        Relative and absolute tolerance.
    time_axis : int, optional
        The axis along which a result may be a step early, late, or reversed.
    dtype : str, optional
        The type of the numbers, where it matters: "float32", or "int" or "float" for any of a kind.
    """
    want = np.asarray(to_numpy(want))
    if got is None:
        raise Nothing("Instead of {what} there is None. Is a return missing?", what=what)
    if got is ...:
        raise StillOpen("{what} is still to be filled in.", what=what)
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
    kind, is_list = type_in_words(got), type(got) is list
    if callable(got) and not hasattr(got, "shape"):
        raise Wrong("Instead of {what} there is a function: call it, with brackets.", what=what)
    if isinstance(got, (dict, set)):
        raise Wrong("{what} has to be an array, and this is {kind}.", what=what, kind=kind)
    parts = len(got) if isinstance(got, tuple) else 0
    if isinstance(got, (list, tuple)):
        got = _each_to_numpy(got)
    try:
        array = np.asarray(to_numpy(got))
    except (ValueError, TypeError):
        array = np.asarray(None)
    if array.dtype.kind not in "biufc" or (parts and array.shape != want.shape):
        if parts:
            raise Wrong(
                "{what} has to be one array, and this is a tuple of {parts}.",
                what=what,
                parts=parts,
            )
        if want.dtype.kind in "US" and array.dtype.kind in "US":
            return array
        if is_list:
            raise Wrong(
                "{what} has to be an array of numbers, and this is a list whose parts differ in "
                "length.",
                what=what,
            )
        raise Wrong(
            "{what} has to be an array of numbers, and this is {kind}.", what=what, kind=kind
        )
    if array.dtype.kind == "c" and want.dtype.kind != "c":
        raise Wrong("{what} holds complex numbers: real ones are asked for.", what=what)
    return array


def _each_to_numpy(parts):
    return [
        _each_to_numpy(part) if isinstance(part, list | tuple) else to_numpy(part) for part in parts
    ]


def _compare_shapes(got, want, what, time_axis):
    if got.shape == want.shape:
        return
    ones = [tuple(n for n in array.shape if n != 1) for array in (got, want)]
    if got.ndim == want.ndim == 2 and got.shape == want.shape[::-1]:
        hint = _("it is transposed.")
    elif got.size == 1:
        hint = _("one number is left. Was something summed or averaged over all axes?")
    elif ones[0] == ones[1]:
        hint = _("an axis of length 1 is missing or too many.")
    elif sorted(got.shape) == sorted(want.shape):
        hint = _("the axes stand in another order.")
    elif got.ndim == want.ndim and _off_by_one_in_length(got, want, time_axis):
        longer = got.size > want.size
        hint = (
            _("one step too many. Is the start in it as well?")
            if longer
            else _("one step is missing. Is it the first or the last?")
        )
    elif got.ndim < want.ndim:
        hint = _("an axis is missing. Was something summed, averaged or picked along it?")
    elif got.ndim > want.ndim:
        hint = _("there is an axis too many.")
    else:
        axes = [str(k) for k in range(want.ndim) if got.shape[k] != want.shape[k]]
        hint = _("look at axis {axes}.", axes=_(" and ").join(axes))
    raise Wrong(
        "{what} has the shape {got} instead of {want}: {hint}",
        what=what,
        got=got.shape,
        want=want.shape,
        hint=hint,
    )


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
        raise Wrong(
            "{what} consists of {given} numbers; {wanted} is asked for.",
            what=what,
            given=got.dtype,
            wanted=dtype,
        )


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
        return _(
            "{what} holds {sort} in {count} of {size} places. Look for a division by zero, the "
            "logarithm of zero, or an exponential of something large.",
            what=what,
            sort="NaN" if np.isnan(got[bad]).any() else _("infinity"),
            count=bad.sum(),
            size=got.size,
        )
    got, want = (
        array.astype(float) if array.dtype.kind in "biu" else array for array in (got, want)
    )
    for diagnose in (_of_scale, _of_order, _of_precision):
        words = diagnose(got, want, what, close, time_axis)
        if words:
            return words
    return _where(got, want, what, np.isclose(got, want, rtol=1e-6, atol=1e-9))


def _of_scale(got, want, what, close, time_axis):
    if close(-got, want):
        return _("{what} has the wrong sign: everywhere minus what it should be.", what=what)
    if not got.any():
        return _(
            "{what} is zero everywhere. Is something multiplied by 0, or never filled in?",
            what=what,
        )
    used = np.abs(want) > 1e-6 * np.abs(want).max(initial=0)
    if used.sum() >= 2:
        factor = float(np.median(got[used] / want[used]))
        if factor and close(got / factor, want):
            return _factor(factor, want.shape, what)
        if want.shape and close(got - np.median(got - want), want):
            return _(
                "{what} is off by the same number in every place. Is something added or left out?",
                what=what,
            )
    if got.size > 1 and want.any() and close(np.abs(got), np.abs(want)):
        return _("{what} is right but for the sign in some places.", what=what)
    return None


def _factor(factor, shape, what):
    """Say by which constant an array is too large, and where such a constant comes from."""
    words = _(
        "{what} is too large or too small by a constant factor ({factor:.3g}).",
        what=what,
        factor=factor,
    )
    if np.isclose(factor, 2) or np.isclose(factor, 0.5):
        return words + " " + _("A factor of 2 is lost or added, perhaps from a square.")
    for length in {n for n in shape if n > 1}:
        if np.isclose(factor, length) or np.isclose(factor, 1 / length):
            return words + " " + _("Is it a sum where a mean belongs, or the other way round?")
    return words


def _of_order(got, want, what, close, time_axis):
    axis = time_axis if time_axis is not None else 0 if want.ndim == 1 else None
    if axis is not None and want.shape[axis] > 2:
        if time_axis is not None:
            late = _("{what} is off by one step: each value comes one step too late.", what=what)
            early = _("{what} is off by one step: each value comes one step too early.", what=what)
            turned = _("{what} is reversed in time.", what=what)
        else:
            late = _("{what} is off by one place: each value comes one place too late.", what=what)
            early = _(
                "{what} is off by one place: each value comes one place too early.", what=what
            )
            turned = _("{what} is in reverse order.", what=what)
        g, w = np.moveaxis(got, axis, 0), np.moveaxis(want, axis, 0)
        if close(g[1:], w[:-1]) and g[1:].any():
            return late
        if close(g[:-1], w[1:]) and g[:-1].any():
            return early
        if close(g[::-1], w):
            return turned
    if want.ndim == 2 and got.shape == got.shape[::-1] and close(got.T, want):
        return _("{what} is transposed.", what=what)
    for k in range(want.ndim):
        g, w = np.moveaxis(got, k, 0), np.moveaxis(want, k, 0)
        if len(w) > 1 and close(_sorted_rows(g), _sorted_rows(w)):
            return _(
                "{what} holds the right values in another order along axis {axis}.",
                what=what,
                axis=k,
            )
    return None


def _sorted_rows(array):
    rows = array.reshape(len(array), -1)
    return rows[np.lexsort(np.round(rows, 6).T[::-1])]


def _of_precision(got, want, what, close, time_axis):
    if np.allclose(got, np.trunc(want)) or np.allclose(got, np.round(want)):
        return _(
            "{what} holds whole numbers only. Is something rounded, or divided by //?", what=what
        )
    if np.allclose(got, want, rtol=1e-3, atol=1e-5):
        return _(
            "{what} is nearly right, but not precise: single precision, or a small term left out?",
            what=what,
        )
    return None


def _where(got, want, what, right):
    """Name the first place that is wrong and what is there, but not what should be."""
    place = tuple(int(k) for k in np.argwhere(~right)[0]) if right.ndim else ()
    count = int((~right).sum())
    if not right.ndim:
        if got.dtype.kind in "US":
            return _("{what} is {got}.", what=what, got=got)
        words = _("{what} is {got:.4g}, and that is not right.", what=what, got=got)
        return f"{words} {as_sentence(_size(got, want))}"
    value, wanted = got[place], want[place]
    index = ", ".join(map(str, place))
    if got.dtype.kind in "US":
        return _(
            "{what} is wrong in {count} of {size} places, first at [{index}]: {value!r}.",
            what=what,
            count=count,
            size=got.size,
            index=index,
            value=value,
        )
    return _(
        "{what} is wrong in {count} of {size} places. The first is [{index}], where it is "
        "{value:.4g}: {hint}",
        what=what,
        count=count,
        size=got.size,
        index=index,
        value=value,
        hint=_size(value, wanted),
    )


def _size(got, want):
    """Words for a wrong number beside the right one: its sign first, then its magnitude."""
    if got * want < 0:
        return _("it has the other sign.")
    if min(got, want) < 0:
        if abs(got) > abs(want):
            return _("it is too large in magnitude.")
        return _("it is too small in magnitude.")
    return _("it is too large.") if abs(got) > abs(want) else _("it is too small.")


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
        What it is, in the student's words.
    tolerance : float
        How far from the right number it may be; from a wrong one that is known as many percent.
    hints : dict of float to str, optional
        Typical wrong numbers, and what to say to them.
    """
    if got is None:
        raise Nothing("There is no number for {what}. Is a return missing?", what=what)
    if got is ...:
        raise StillOpen("{what} is still to be filled in.", what=what)
    if isinstance(got, str):
        raise Wrong("{what} has to be a number, without quotes.", what=what)
    if callable(got) and not hasattr(got, "shape"):
        raise Wrong(
            "{what} has to be a number, and this is a function: call it, with brackets.", what=what
        )
    array = np.asarray(to_numpy(got)) if not isinstance(got, (dict, set)) else np.asarray(got)
    if array.dtype.kind not in "biuf" or array.size != 1:
        raise Wrong(
            "{what} has to be one number, and this is {kind}.", what=what, kind=type_in_words(got)
        )
    number = float(array.reshape(()))
    if abs(number - want) <= tolerance:
        return

    share = max(tolerance / abs(want), 1e-6) if want else 0

    def is_about(value):
        return abs(number - value) <= (share * abs(value) or tolerance)

    for value, words in (hints or {}).items():
        if is_about(value):
            raise Wrong(words)
    raise Wrong(
        "{what} is not {number:.4g}: {hint}",
        what=what,
        number=number,
        hint=_of_number(number, want, is_about),
    )


def _of_number(number, want, is_about):
    if not np.isfinite(number):
        return _("a finite number is asked for.")
    if is_about(-want):
        return _("look at its sign.")
    if is_about(100 * want) or is_about(want / 100):
        return _("it is off by a factor of 100. Is one of the two a percentage?")
    if want and is_about(1 / want):
        return _("it is the reciprocal, one divided by what is asked for.")
    if is_about(2 * want) or is_about(want / 2):
        return _("it is off by a factor of 2.")
    if any(np.isclose(number, np.round(want, decimals)) for decimals in range(3)):
        return _("it is rounded too far: give more digits.")
    return _size(number, want)


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
        raise Wrong(
            "Choose one letter as the explanation, in quotes: {letters}.",
            letters=", ".join(letters),
        )
    if chosen != right:
        raise Wrong(why_not[chosen])
