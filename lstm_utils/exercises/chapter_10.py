"""The checks of chapter 10's exercises."""

import math

import numpy as np

from lstm_utils.exercises.checking import Wrong, call, exercise
from lstm_utils.exercises.comparing import (
    compare,
    compare_number,
    explanation,
    raise_if_slip,
    to_numpy,
)
from lstm_utils.exercises.studies import check_study
from lstm_utils.messages import translate as _


@exercise("10.1")
def how_long_it_swings(ones):
    """After how many ones less than a hundredth of a swing is left, with a factor of −0.99."""
    compare_number(
        ones,
        459,
        _("the number of ones"),
        tolerance=0.4,
        hints={
            458.2: _(
                "After 458 ones a little more than a hundredth is left: the next whole number."
            ),
            458: _("After 458 ones a little more than a hundredth is left."),
            44: _("That is for a factor of 0.9."),
            99: _("It shrinks by a factor, not by the same amount each time."),
            100: _("It shrinks by a factor, not by the same amount each time."),
            230: _("That is for a tenth that is left, not a hundredth."),
            69: _("That is for half that is left."),
        },
    )
    return _(
        "Right. More than eleven times the rows that were taught, and a hundredth of the swing is "
        "left."
    )


@exercise("10.2")
def rounds_on_paper(gain):
    """How many times fewer rounds a scan needs than a loop, for 10,000 steps."""
    compare_number(
        gain,
        10_000 / 14,
        _("the ratio"),
        tolerance=0.6,
        hints={
            10_000 / 13: _("Thirteen rounds join 8,192 steps, not yet 10,000."),
            10_000 / math.log2(10_000): _("A round is whole: take the next larger number of them."),
            10_000 / math.log(10_000): _("Each round doubles: the logarithm to base 2."),
            10_000 / 4: _("Each round doubles: the logarithm to base 2, not 10."),
            14: _("These are the scan's rounds. How many times as many has the loop?"),
            10_000: _("These are the loop's rounds."),
            10_000 / 28: _("That counts two sweeps; the chapter's scan has one."),
        },
    )
    return _("Right: 14 rounds instead of 10,000.")


@exercise("10.3")
def join(answer):
    """The one step that two steps of a linear recurrence make together."""
    rng = np.random.default_rng(103)
    for shape in ((), (4,), (2, 3)):
        a1, b1, a2, b2 = (np.asarray(rng.normal(size=shape)) for part in range(4))
        got = call(answer, (a1, b1), (a2, b2))
        if not isinstance(got, tuple | list) or len(got) != 2:
            raise Wrong("A step is a pair (factor, addend): return two things.")
        factor, addend = got
        compare(factor, a2 * a1, _("the factor of both steps"))
        raise_if_slip(
            addend,
            {
                _(
                    "The two steps have changed places: `first` is taken first, and then "
                    "multiplied by the second's factor."
                ): a1 * b2 + b1,
                _("What the first step added is multiplied by the second factor as well."): b1 + b2,
                _("What the second step adds is still missing."): a2 * b1,
            },
        )
        compare(addend, a2 * b1 + b2, _("the addend of both steps"))
    return _("Right. Joining is associative, and that is all that a scan needs.")


@exercise("10.4")
def parity_by_hand(answer):
    """Factors, addends and a start whose linear recurrence is negative where ones are odd."""
    rng = np.random.default_rng(104)
    for shape in ((3, 12), (1, 1), (2, 400)):
        bits = rng.integers(0, 2, shape)
        got = call(answer, bits)
        if not isinstance(got, tuple | list) or len(got) != 3:
            raise Wrong("Return three things: factors, addends and the first state.")
        a, b, h = (np.asarray(to_numpy(part), dtype=float) for part in got)
        for part, name, want in (
            (a, _("factors"), shape),
            (b, _("addends"), shape),
            (h, _("the start"), shape[:1]),
        ):
            if part.shape != want:
                raise Wrong(
                    "{name} must have shape {want}, and have {got}.",
                    name=name,
                    want=want,
                    got=part.shape,
                )
        _same_for_the_same_bit(bits, a, _("the factor at a zero"), _("the factor at a one"))
        _same_for_the_same_bit(bits, b, _("the addend at a zero"), _("the addend at a one"))
        if not h.all():
            raise Wrong("A start of 0 stays 0 whatever it is multiplied by: nothing to flip.")
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            odd = bits.cumsum(axis=1) % 2 == 1
            for t in range(shape[1]):
                h = a[:, t] * h + b[:, t]
                if not np.isfinite(h).all() or not h.all():
                    raise Wrong(
                        "After {steps} steps the state is 0 or no number. Which factors neither "
                        "shrink nor grow?",
                        steps=t + 1,
                    )
                if ((h < 0) != odd[:, t]).any():
                    if ((h > 0) == odd[:, t]).all():
                        raise Wrong("All signs are turned: odd has to be negative.")
                    raise Wrong(
                        "After step {steps} a sign is wrong. What has a zero to do with the state, "
                        "and what a one?",
                        steps=t + 1,
                    )
        if not np.allclose(np.abs(a), 1.0):
            raise Wrong(
                "The signs are right here, but a factor's size is not 1: after enough steps the "
                "state is 0 or no number. Which factors neither shrink nor grow?"
            )
    return _("Right. One unit, two factors, and rows of any length.")


def _same_for_the_same_bit(bits, values, *names):
    """Raise Wrong if a value differs between places that hold the same bit."""
    for bit, what in enumerate(names):
        of_bit = values[bits == bit]
        if of_bit.size and np.ptp(of_bit) > 0:
            raise Wrong(
                "{what} is not everywhere the same: it may depend on this step's bit alone.",
                what=what,
            )


@exercise("10.5")
def causal_attention(answer):
    """Contexts of scaled dot attention in which no step sees a later one."""
    import torch
    import torch.nn.functional as F

    generator = torch.Generator().manual_seed(105)
    for batch, length, size in ((2, 5, 4), (1, 1, 3), (3, 8, 16)):
        q, k, v = torch.randn(3, batch, length, size, generator=generator, dtype=torch.float64)
        want = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        got = call(answer, q, k, v)
        if length > 1:
            scores = q @ k.transpose(1, 2) / math.sqrt(size)
            later = torch.ones(length, length, dtype=torch.bool).triu(1)
            masked = scores.masked_fill(later, -math.inf)
            turned = scores.masked_fill(later.T, -math.inf).softmax(-1)
            unscaled = (masked * math.sqrt(size)).softmax(-1)
            late = scores.softmax(-1).masked_fill(later, 0.0)
            raise_if_slip(
                got,
                {
                    _("The weights are those of all steps, the later ones too."): scores.softmax(-1)
                    @ v,
                    _("The products are not divided by the root of the size."): unscaled @ v,
                    _(
                        "The weights of a step no longer add up to 1: mask before the softmax, not "
                        "after it."
                    ): late @ v,
                    _("The mask is the wrong way round: the earlier steps are hidden."): turned @ v,
                },
            )
        array = to_numpy(got) if got is not None else None
        if array is not None and np.isnan(np.asarray(array, dtype=float)).any():
            raise Wrong("There is NaN: a step that may see nothing, not even itself?")
        compare(got, want, _("the array of contexts"))
    return _("Right. The same as PyTorch's fused kernel.")


@exercise("10.6")
def mended_scan(answer, because):
    """All states of a linear recurrence by doubling, from arrays that stay as they are."""
    rng = np.random.default_rng(106)
    for length in (1, 2, 3, 8, 13, 50):
        a, b = rng.uniform(-1, 1, (2, length, 3)), rng.normal(size=(2, length, 3))
        want, h = np.zeros_like(b), np.zeros((2, 3))
        for t in range(length):
            h = a[:, t] * h + b[:, t]
            want[:, t] = h
        compare(
            call(answer, a, b), want, _("the row of {length} states", length=length), time_axis=1
        )
    explanation(
        because,
        "c",
        {
            "a": _(
                "Each round doubles what a place has joined: it begins with 1, and that is right."
            ),
            "b": _("The first places have no neighbour so far back, and rightly stay as they are."),
            "d": _(
                "Nothing is summed that could round so much; in float64 the loop agrees to 1e-12."
            ),
        },
    )
    return _("Right. Both halves of a step have to be joined from the same round.")


@exercise("10.7")
def finite_gate(answer, because):
    """The read-out c / n of an exponential gate over a row, finite for any exponents."""
    rng = np.random.default_rng(107)
    for size in (1.0, 30.0, 1000.0):
        log_i, candidate = size * rng.normal(size=40), rng.normal(size=40)
        log_f = -np.abs(rng.normal(size=40))
        got = call(answer, log_i, log_f, candidate)
        # The same without a loop: each candidate's weight is its gate times the later factors.
        want = []
        for t in range(40):
            exponents = log_i[: t + 1] + np.append(np.cumsum(log_f[1 : t + 1][::-1])[::-1], 0.0)
            weight = np.exp(exponents - exponents.max())
            want.append(float(weight @ candidate[: t + 1] / weight.sum()))
        array = to_numpy(got) if got is not None else None
        if array is not None and np.isnan(np.asarray(array, dtype=float)).any():
            raise Wrong("There is NaN: exp overflows, and infinity by infinity is no number.")
        if np.shape(array) == (40,) and np.allclose(array, candidate):
            raise Wrong("The state before is forgotten at every step: take m along.")
        compare(got, want, _("the ratio c / n where exponents are of the size {size:g}", size=size))
    explanation(
        because,
        "b",
        {
            "a": _("In float64 exp still overflows, only later: at 710."),
            "c": _("Clipping changes the gate, and so what is stored. Here nothing is changed."),
            "d": _("The sum n is of positive numbers: after the first step it is never 0."),
        },
    )
    return _("Right. What c and n have in common is taken out of both, and their ratio stays.")


@exercise("10.8")
def state_tracking(results, *, baseline):
    """A study of state tracking, three seeds a variant: shares of right answers."""
    return check_study(results, baseline=baseline, at_least=3, bounds=(0.0, 1.0))
