"""What students answer in chapter 2's exercises, and what the check says."""

import numpy as np

from tools.course.answers import right, wrong

wrong("2.1", -0.6570, "took w at step 2 only", says="path of step 2 alone")
wrong("2.1", -0.3450, "took w at step 1 only", says="path of step 1 alone")
wrong("2.1", 1.0020, "turned the miss round", says="the sign is turned")
wrong("2.1", -1.2120, "left the slopes of tanh out", says="slopes of tanh are missing")
wrong("2.1", -1.3470, "left out the way through w", says="One passage is missing")

wrong("2.1", -1.0, "rounded on the way", says="four are asked for")

wrong("2.2", ((20, 8), (20, 1)), "took the chapter's own sizes", says="no later step at all")
wrong("2.2", ((1, 8), (1, 8)), "hid the transpose behind a single step", says="several steps")
wrong("2.2", ((1, 8), (20, 2)), "hoped that two units are few enough", says="own transpose")
wrong("2.2", ((True, 8), (20, 1)), "said yes instead of a number", says="whole numbers from 1")
right("2.2", ([1, 1], (2, 1)))


def _readout(V, c, h, classes, axis=-1, sign=1, stable=True, mean=False, first=1):
    scores = h[:, first:] @ V.T + c
    if stable:
        scores = scores - scores.max(axis=-1, keepdims=True)
    p = np.exp(scores) / np.exp(scores).sum(axis=axis, keepdims=True)
    if first == 0:
        return 0.0, p
    one_hot = np.eye(len(c))[classes]
    miss = sign * (p - one_hot)
    log_p = np.log(np.maximum((p * one_hot).sum(axis=-1), 1e-300))
    return (-log_p.mean(), miss / log_p.size) if mean else (-log_p.sum(), miss)


@wrong("2.3", "let the softmax run along time", says="softmax runs along time")
def along_time(V, c, h, classes):
    return _readout(V, c, h, classes, axis=1, stable=False)


@wrong("2.3", "turned the miss round", says="sign of the miss is turned")
def turned(V, c, h, classes):
    return _readout(V, c, h, classes, sign=-1)


@wrong("2.3", "averaged over the steps", says="this E is a sum")
def averaged(V, c, h, classes):
    return _readout(V, c, h, classes, mean=True)


@wrong("2.3", "let the exponential overflow", says="exp(1000) overflows")
def overflowing(V, c, h, classes):
    return _readout(V, c, h, classes, stable=False)


@wrong("2.3", "read a word from the first state too", says="one step too many")
def first_state_too(V, c, h, classes):
    return _readout(V, c, h, classes, first=0)


@wrong("2.3", "took the logarithm of a zero", says="0 times ln 0")
def logarithm_of_zero(V, c, h, classes):
    miss = _readout(V, c, h, classes)[1]
    one_hot = np.eye(len(c))[classes]
    return -np.sum(one_hot * np.log(miss + one_hot)), miss


@wrong("2.3", "read the word from the state before", says="one step early")
def one_early(V, c, h, classes):
    return _readout(V, c, np.concatenate([h[:, :1], h[:, :-1]], axis=1), classes)


@wrong("2.3", "took the logarithm of the right p, rounded to 0", says="Where is p rounded to 0")
def logarithm_of_the_right_p(V, c, h, classes):
    miss = _readout(V, c, h, classes)[1]
    one_hot = np.eye(len(c))[classes]
    return -np.log(((miss + one_hot) * one_hot).sum(axis=-1)).sum(), miss


@wrong("2.3", "cut large scores off", says="score cut off")
def cut_off(V, c, h, classes):
    scores = np.clip(h[:, 1:] @ V.T + c, -500, 500)
    p = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
    one_hot = np.eye(len(c))[classes]
    return -np.log((p * one_hot).sum(axis=-1)).sum(), p - one_hot


@right("2.3")
def by_loops(V, c, h, classes):
    error, miss = 0.0, np.zeros((*classes.shape, len(c)))
    for b, t in np.ndindex(classes.shape):
        scores = V @ h[b, t + 1] + c
        total = np.logaddexp.reduce(scores)
        error += total - scores[classes[b, t]]
        miss[b, t] = np.exp(scores - total)
        miss[b, t, classes[b, t]] -= 1
    return error, miss


def _chunks(run, back, start, steps, window, hand_back=True, order=reversed, copy=np.copy):
    kept = [start]
    cuts = range(0, steps, window)
    for first in cuts[:-1]:
        kept.append(copy(run(kept[-1], first, first + window)[-1]))
    total, later = 0.0, np.zeros(len(start))
    for first in order(cuts):
        last = min(first + window, steps)
        part, later_of_chunk = back(run(kept[first // window], first, last), first, last, later)
        later = later_of_chunk if hand_back else later
        total = total + part
    return total


@wrong("2.4", "handed nothing to the earlier chunk", says="truncated gradient")
def handed_nothing(run, back, start, steps, window):
    return _chunks(run, back, start, steps, window, hand_back=False)


@wrong("2.4", "kept all states after all", says="all their states are in memory")
def all_at_once(run, back, start, steps, window):
    return back(run(start, 0, steps), 0, steps, np.zeros(len(start)))[0]


@wrong("2.4", "kept each chunk's states for the way back", says="kept from the way forward")
def never_again(run, back, start, steps, window):
    chunks, state = [], start
    for first in range(0, steps, window):
        last = min(first + window, steps)
        states = run(state, first, last)
        chunks.append((states, first, last))
        state = states[-1]
    total, later = 0.0, np.zeros(len(start))
    for states, first, last in reversed(chunks):
        part, later = back(states, first, last, later)
        total = total + part
    return total


@wrong("2.4", "kept slices, which keep the arrays", says="keeps the whole array alive")
def kept_slices(run, back, start, steps, window):
    return _chunks(run, back, start, steps, window, copy=lambda state: state)


@wrong("2.4", "went through the chunks forward", says="The chunks go backward")
def forwards(run, back, start, steps, window):
    return _chunks(run, back, start, steps, window, order=list)


@wrong("2.4", "ran each chunk from the first step again", says="twice is enough")
def from_the_start(run, back, start, steps, window):
    total, later = 0.0, np.zeros(len(start))
    for first in reversed(range(0, steps, window)):
        state = start
        for before in range(0, first, window):
            state = run(state, before, before + window)[-1]
        last = min(first + window, steps)
        part, later = back(run(state, first, last), first, last, later)
        total = total + part
    return total


@wrong("2.4", "let the last chunk run over the end", says="the last chunk may be shorter")
def over_the_end(run, back, start, steps, window):
    total, later = 0.0, np.zeros(len(start))
    kept = [start]
    for first in range(0, steps, window):
        kept.append(run(kept[-1], first, min(first + window, steps))[-1])
    for first in reversed(range(0, steps, window)):
        states = run(kept[first // window], first, first + window)
        part, later = back(states, first, first + window, later)
        total = total + part
    return total


@right("2.4")
def chunk_by_chunk(run, back, start, steps, window):
    return _chunks(run, back, start, steps, window)


def _leaky(
    W_hh, leak, h, g, direct, straight=True, slope_of="g", share=True, summed=False, kept=None
):
    later, gradient = np.zeros_like(h[:, 0]), np.zeros_like(W_hh)
    for t in range(direct.shape[1], 0, -1):
        delta = direct[:, t - 1] + later
        value = g[:, t - 1] if slope_of == "g" else h[:, t]
        alpha = (leak if share else 1.0) * (1 - value**2) * delta
        gradient = gradient + np.einsum("bh,bk->hk", alpha, h[:, t - 1])
        factor = 1 - leak if kept is None else kept
        later = alpha @ W_hh + (factor * delta if straight else 0)
    return gradient, later.sum(axis=0) if summed else later


@wrong("2.5", "saw only the way through the tanh", says="straight way is missing")
def no_straight_way(W_hh, leak, h, g, direct):
    return _leaky(W_hh, leak, h, g, direct, straight=False)


@wrong("2.5", "took the slope from the state", says="h is no tanh any more")
def slope_of_state(W_hh, leak, h, g, direct):
    return _leaky(W_hh, leak, h, g, direct, slope_of="h")


@wrong("2.5", "lost the share that passes the tanh", says="has lost its factor")
def lost_share(W_hh, leak, h, g, direct):
    return _leaky(W_hh, leak, h, g, direct, share=False)


@wrong("2.5", "kept all of the old state", says="straight way has lost its factor")
def kept_all(W_hh, leak, h, g, direct):
    return _leaky(W_hh, leak, h, g, direct, kept=1.0)


@wrong("2.5", "summed the first states over the batch", says="a first state of its own")
def summed_first(W_hh, leak, h, g, direct):
    return _leaky(W_hh, leak, h, g, direct, summed=True)


@right("2.5")
def with_matrices(W_hh, leak, h, g, direct):
    gradient, first = np.zeros_like(W_hh), np.zeros_like(h[:, 0])
    for b in range(len(h)):
        delta = np.zeros(len(W_hh))
        for t in reversed(range(direct.shape[1])):
            delta = delta + direct[b, t]
            slope = np.diag(leak * (1 - g[b, t] ** 2))
            gradient += np.outer(slope @ delta, h[b, t])
            delta = (slope @ W_hh + (1 - leak) * np.eye(len(W_hh))).T @ delta
        first[b] = delta
    return gradient, first


def _alphas(W_hh, h, direct, of_later=True, of_direct=True, sign=-1):
    alpha, later = np.zeros_like(direct), np.zeros_like(direct[:, 0])
    for t in range(direct.shape[1], 0, -1):
        slope = 1 + sign * h[:, t] ** 2
        alpha[:, t - 1] = later * (slope if of_later else 1) + direct[:, t - 1] * (
            slope if of_direct else 1
        )
        later = alpha[:, t - 1] @ W_hh
    return alpha


def _as_planted(W_hh, h, direct):
    return _alphas(W_hh, h, direct, of_direct=False)


def _forwards(W_hh, h, direct):
    alpha, later = np.zeros_like(direct), 0.0
    for t in range(direct.shape[1]):
        alpha[:, t] = (1 - h[:, t + 1] ** 2) * (later + direct[:, t])
        later = alpha[:, t] @ W_hh
    return alpha


def _other_share(W_hh, h, direct):
    return _alphas(W_hh, h, direct, of_later=False)


wrong(
    "2.6", (_as_planted, "b"), "explained it and left it in", says="α equals the direct derivative"
)
wrong("2.6", (_other_share, "b"), "moved the slope to the other share", says="later step's share")
wrong("2.6", (_forwards, "b"), "let the loop run forward", says="forward in time")
wrong("2.6", (_alphas, "a"), "blamed the transpose", says="nothing has been handed on there yet")
wrong("2.6", (_alphas, "d"), "blamed the sign", says="no slope stands there")
right("2.6", (_alphas, "B"))

_FIXED = {"fixed cuts": [0.115, 0.003, 0.003]}
wrong(
    "2.7",
    _FIXED | {"random": [0.036, 0.002]},
    "ran one variant less often",
    named={"baseline": "fixed cuts"},
    says="of at least 3 scores",
)
wrong(
    "2.7",
    _FIXED | {"random": [0.115, 0.003, 0.003]},
    "never used the random cut",
    named={"baseline": "fixed cuts"},
    says="Does the change reach the model",
)
wrong(
    "2.7",
    _FIXED | {"random": [0.0, 1e-12, 0.0]},
    "fed the target to the network",
    named={"baseline": "fixed cuts"},
    says="is the target an input",
)
wrong(
    "2.7",
    _FIXED | {"random": [4.5, 7.0, 5.1]},
    "trained with a step size that diverges",
    named={"baseline": "fixed cuts"},
    says="far worse than a guess of zero",
)
