"""A page's contract: named claims that are printed with a tick, and fail the cell when false."""

import operator

_OPERATORS = {
    "<=": operator.le,
    "<": operator.lt,
    ">=": operator.ge,
    ">": operator.gt,
    "==": operator.eq,
    "in": lambda value, bounds: bounds[0] <= value <= bounds[1],
}


def verify(claims):
    """Print each claim with a tick, and fail if one does not hold.

    Parameters
    ----------
    claims : list of tuple
        ``(sentence, value, operator, bound)``, the operator one of ``<= < >= > == in``, with a
        pair (low, high) as bound for ``in``; or ``(sentence, truth)``.

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
    if not claims:
        raise ValueError("a page that verifies nothing claims nothing: no claims were given")
    broken = []
    for claim in claims:
        if len(claim) == 2:
            (sentence, value), relation, holds = claim, "", bool(claim[1])
        elif len(claim) == 4 and claim[2] in _OPERATORS:
            sentence, value, symbol, bound = claim
            relation, holds = f"  [{symbol} {_text(bound)}]", bool(_OPERATORS[symbol](value, bound))
        else:
            raise ValueError(f"not a claim: {claim!r}; see verify's docstring for the forms")
        print(f"{'✓' if holds else '✗'} {sentence}{relation}")
        if not holds:
            broken.append(f"{sentence}{relation}: measured {_text(value)}")
    assert not broken, "not true on this run: " + "; ".join(broken)


def _text(value):
    if isinstance(value, tuple):
        return " to ".join(_text(v) for v in value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)
