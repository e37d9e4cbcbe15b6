"""What students answer in chapter 10's exercises, and what the check says."""

import math

import numpy as np

from tools.course.answers import right, wrong

wrong("10.1", 458.2, "gave a fraction", says="next whole number")
wrong("10.1", 44, "took 0.9", says="factor of 0.9")
wrong("10.1", 99, "subtracted a hundredth each time", says="shrinks by a factor")
wrong("10.1", 230, "stopped at a tenth", says="a tenth that is left")
right("10.1", 459)

wrong("10.2", 769.2, "took thirteen rounds", says="8,192 steps")
wrong("10.2", 752.6, "took a fraction of a round", says="A round is whole")
wrong("10.2", 14, "gave the scan's rounds", says="scan's rounds")
wrong("10.2", 2500, "took the logarithm to base 10", says="not 10")
right("10.2", 714.3)


@wrong("10.3", "put the second step first", says="have changed places")
def turned(first, second):
    return second[0] * first[0], first[0] * second[1] + first[1]


@wrong("10.3", "added the addends", says="multiplied by the second factor as well")
def plain_sum(first, second):
    return second[0] * first[0], first[1] + second[1]


@wrong("10.3", "added the factors", says="the factor of both steps")
def sum_of_factors(first, second):
    return second[0] + first[0], second[0] * first[1] + second[1]


@right("10.3")
def as_functions(first, second):
    def both(h):
        return second[0] * (first[0] * h + first[1]) + second[1]

    return both(1.0) - both(0.0), both(0.0)


@wrong("10.4", "flips at every step", says="What has a zero to do")
def flips_always(bits):
    return np.full(bits.shape, -1.0), np.zeros(bits.shape), np.ones(len(bits))


@wrong("10.4", "started at zero", says="stays 0")
def from_zero(bits):
    return 1.0 - 2 * bits, np.zeros(bits.shape), np.zeros(len(bits))


@wrong("10.4", "started below zero", says="All signs are turned")
def signs_turned(bits):
    return 1.0 - 2 * bits, np.zeros(bits.shape), -np.ones(len(bits))


@wrong("10.4", "a factor of the whole row", says="this step's bit alone")
def by_counting(bits):
    odd = bits.cumsum(axis=1) % 2
    return np.zeros(bits.shape), 1.0 - 2 * odd, np.ones(len(bits))


@wrong("10.4", "a factor that shrinks", says="neither shrink nor grow")
def shrinks(bits):
    return np.where(bits == 1, -0.01, 0.01), np.zeros(bits.shape), np.ones(len(bits))


@wrong("10.4", "a factor that shrinks slowly", says="a factor's size is not 1")
def shrinks_slowly(bits):
    return np.where(bits == 1, -0.9, 1.0), np.zeros(bits.shape), np.ones(len(bits))


@wrong("10.4", "a factor that grows", says="a factor's size is not 1")
def grows(bits):
    return np.where(bits == 1, -2.0, 1.0), np.zeros(bits.shape), np.ones(len(bits))


@right("10.4")
def of_another_size(bits):
    return np.where(bits == 1, -1.0, 1.0), np.zeros(bits.shape), np.full(len(bits), 7.0)


def _masked(q, k):
    scores = q @ k.transpose(1, 2) / math.sqrt(q.shape[-1])
    return scores, scores.new_ones(scores.shape[1:]).triu(1).bool()


@wrong("10.5", "forgot the mask", says="the later ones too")
def sees_all(q, k, v):
    return _masked(q, k)[0].softmax(-1) @ v


@wrong("10.5", "forgot the scale", says="root of the size")
def unscaled(q, k, v):
    scores, later = _masked(q, k)
    return (scores * math.sqrt(q.shape[-1])).masked_fill(later, -math.inf).softmax(-1) @ v


@wrong("10.5", "masked after the softmax", says="mask before the softmax")
def masked_late(q, k, v):
    scores, later = _masked(q, k)
    return scores.softmax(-1).masked_fill(later, 0.0) @ v


@wrong("10.5", "hid the earlier steps", says="the wrong way round")
def mask_turned(q, k, v):
    scores, later = _masked(q, k)
    return scores.masked_fill(later.T, -math.inf).softmax(-1) @ v


@wrong("10.5", "hid the step itself", says="not even itself")
def hides_itself(q, k, v):
    scores, later = _masked(q, k)
    with_itself = later | later.new_ones(later.shape).triu(0).bool()
    return scores.masked_fill(with_itself, -math.inf).softmax(-1) @ v


@right("10.5")
def with_a_large_number(q, k, v):
    scores, later = _masked(q, k)
    return (scores - 1e9 * later).softmax(-1) @ v


def _factors_first(a, b):
    a, b, reach = a.copy(), b.copy(), 1
    while reach < b.shape[1]:
        a[:, reach:] = a[:, reach:] * a[:, :-reach]
        b[:, reach:] = b[:, reach:] + a[:, reach:] * b[:, :-reach]
        reach *= 2
    return b


def _steps_of_one(a, b):
    a, b = a.copy(), b.copy()
    b[:, 1:] = b[:, 1:] + a[:, 1:] * b[:, :-1]
    return b


def _by_loop(a, b):
    h, states = np.zeros_like(b[:, 0]), []
    for t in range(b.shape[1]):
        h = a[:, t] * h + b[:, t]
        states.append(h)
    return np.stack(states, axis=1)


wrong("10.6", (_factors_first, "c"), "left the order as it was", says="the row of")
wrong("10.6", (_steps_of_one, "c"), "stopped after one round", says="the row of")
wrong("10.6", (_by_loop, "a"), "blamed the start", says="begins with 1")
wrong("10.6", (_by_loop, "d"), "blamed rounding", says="agrees to 1e-12")
right("10.6", (_by_loop, "c"))


def _unstable(log_i, log_f, candidate):
    c = n = 0.0
    found = []
    with np.errstate(over="ignore", invalid="ignore"):
        for i, f, z in zip(log_i, log_f, candidate, strict=True):
            c, n = np.exp(f) * c + np.exp(i) * z, np.exp(f) * n + np.exp(i)
            found.append(c / n)
    return np.array(found)


def _clipped(log_i, log_f, candidate):
    return _unstable(np.clip(log_i, -20, 20), log_f, candidate)


def _stable(log_i, log_f, candidate):
    c = n = 0.0
    m, found = -np.inf, []
    for i, f, z in zip(log_i, log_f, candidate, strict=True):
        new = max(f + m, i)
        keep, write = np.exp(f + m - new), np.exp(i - new)
        c, n, m = keep * c + write * z, keep * n + write, new
        found.append(c / n)
    return np.array(found)


def _forgets(log_i, log_f, candidate):
    return np.array(candidate)


wrong("10.7", (_unstable, "b"), "left it as it was", says="overflows")
wrong("10.7", (_clipped, "b"), "clipped the exponents", says="ratio c / n where exponents")
wrong("10.7", (_forgets, "b"), "kept the newest alone", says="take m along")
wrong("10.7", (_stable, "a"), "blamed float32", says="overflows, only later")
wrong("10.7", (_stable, "d"), "blamed a division by 0", says="never 0")
right("10.7", (_stable, "b"))

wrong(
    "10.8",
    {"LSTM": [1.0, 1.0, 1.0]},
    "only one variant",
    says="at least two variants",
    named={"baseline": "LSTM"},
)
wrong(
    "10.8",
    {"LSTM": [1.0, 1.0, 0.9], "signed": [0.9, 0.8]},
    "two seeds for one of them",
    says="2 of at least 3",
    named={"baseline": "LSTM"},
)
