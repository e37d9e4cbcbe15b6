"""A page's contract: named claims that are printed with a tick, and fail the cell when false."""

import operator
import sys

import numpy as np

from lstm_utils.inputs import found

_OPERATORS = {
    "<=": operator.le,
    "<": operator.lt,
    ">=": operator.ge,
    ">": operator.gt,
    "==": operator.eq,
    "in": lambda value, bounds: _in_order(*bounds) and bounds[0] <= value <= bounds[1],
}


def verify(claims):
    """Print each claim with a tick, and fail if one does not hold.

    Parameters
    ----------
    claims : list of tuple
        ``(sentence, value, operator, bound)``, the operator one of ``<= < >= > == in``, with a
        pair (low, high) as bound for ``in``; or ``(sentence, truth)``, a bool.

    Raises
    ------
    AssertionError
        If a claim is false; the message gives its sentence, the value and the bound.
    ValueError
        If there is no claim, or one is not of the form above.

    Notes
    -----
    The table shows the bound and not the measured value, which may differ in its last digits
    from one processor to another: so the printed page can be compared word for word. NaN
    satisfies no claim.
    """
    claims, broken = list(claims) if np.iterable(claims) else [], []
    if not claims:
        raise ValueError("a page that verifies nothing claims nothing: no claims were given")
    for claim in claims:
        holds, relation = _judged(claim)
        sentence, value, *_ = claim
        print_anywhere(f"{'✓' if holds else '✗'} {sentence}{relation}")
        if not holds:
            broken.append(f"{sentence}{relation}: measured {_text(value)}")
    if broken:
        raise AssertionError("not true on this run: " + "; ".join(broken))


def _judged(claim):
    """Whether a claim holds, and its bound in words."""
    match claim:
        case (str(), value):
            holds, relation = value, ""
        case (str(), value, str(symbol), bound) if symbol in _OPERATORS:
            relation = f"  [{symbol} {_text(bound)}]"
            try:
                holds = _OPERATORS[symbol](value, bound)
            except (TypeError, ValueError) as error:
                raise ValueError(f"not a claim: {found(claim)}, for {error}") from error
        case _:
            raise ValueError(f"not a claim: {found(claim)}; see verify's docstring for the forms")
    holds = np.asarray(holds)
    if holds.dtype != bool or holds.shape != ():
        raise ValueError(f"not a claim: {found(claim)}, for it is neither true nor false")
    return bool(holds), relation


def _in_order(low, high):
    if low > high:
        raise ValueError(f"{low} lies above {high}")
    return True


def print_anywhere(line):
    """Print a line; a console that lacks a character shows its number in the place of it."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print(line.encode(encoding, "backslashreplace").decode(encoding))


def _text(value):
    if isinstance(value, tuple):
        return " to ".join(_text(v) for v in value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)
