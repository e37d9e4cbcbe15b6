"""What students answer in chapter 3's exercises, and what the check says."""

import numpy as np

from tools.course.answers import right, wrong

FACTOR = 0.1 ** (1 / 200)
BIAS = np.log(FACTOR / (1 - FACTOR))

wrong("3.1", (0.5 ** (1 / 200), 5.66), "took the half-life", says="leaves a half")
wrong("3.1", (1 - 0.9 / 200, BIAS), "shared the loss out evenly", says="the steps multiply")
wrong("3.1", (FACTOR, FACTOR), "gave the factor as the bias", says="through the sigmoid first")
wrong("3.1", (FACTOR, -BIAS), "turned the fraction round", says="the share lost")
right("3.1", (0.98855, 4.456))

wrong("3.2", (1, 0.5**20), "took tanh's border", says="the border for tanh")
wrong("3.2", (0.25, 0.5**20), "gave the slope for the border", says="the largest slope itself")
wrong("3.2", (4, 2.0**20), "forgot the slope", says="The slope is missing")
wrong("3.2", (4, 0.25**20), "forgot the matrix", says="The matrix is missing")

wrong("3.3", (0.0987, 0), "gave radians", says="radians")
wrong("3.3", (45, 0), "cut both numbers to 1", says="0.1 stays as it is")
wrong("3.3", (5.7106, 0), "measured from the axis", says="the first axis")
wrong("3.3", (5.6533, 5.6533), "thought that both ways turn it", says="the same factor")


def _norm(gradients):
    return np.sqrt(sum((g**2).sum() for g in gradients))


@wrong("3.4", "clipped each array by its own norm", says="one long vector")
def clip_apart(gradients, max_norm):
    norms = [np.linalg.norm(g) for g in gradients]
    return [
        g * min(1, max_norm / n) if n else g for g, n in zip(gradients, norms, strict=True)
    ], _norm(gradients)


@wrong("3.4", "clipped each number", says="Each number is clipped on its own")
def clip_numbers(gradients, max_norm):
    return [np.clip(g, -max_norm, max_norm) for g in gradients], _norm(gradients)


@wrong("3.4", "lengthened short gradients", says="only ever shortens")
def normalise(gradients, max_norm):
    norm = _norm(gradients)
    return [g * max_norm / norm for g in gradients], norm


@wrong("3.4", "forgot the root", says="is a root missing")
def clip_by_square(gradients, max_norm):
    norm = sum((g**2).sum() for g in gradients)
    return [g * min(1, max_norm / norm) for g in gradients], norm


@wrong("3.4", "returned the norm after clipping", says="the one after clipping")
def norm_after(gradients, max_norm):
    clipped = [g * min(1, max_norm / _norm(gradients)) for g in gradients]
    return clipped, _norm(clipped)


@wrong("3.4", "clipped in place", says="changes an array that it is given")
def clip_in_place(gradients, max_norm):
    norm = _norm(gradients)
    for g in gradients:
        g *= min(1, max_norm / norm)
    return gradients, norm


@right("3.4")
def with_one_vector(gradients, max_norm):
    norm = np.linalg.norm(np.concatenate([g.ravel() for g in gradients]))
    return tuple(g / max(1.0, norm / max_norm) for g in gradients), norm


def _walk(h, v, step):
    norms = [np.linalg.norm(v)]
    for t in range(len(h) - 1, 0, -1):
        v = step(v, t)
        norms.append(np.linalg.norm(v))
    return norms


@wrong("3.5", "forgot to transpose", says="where the way back takes its transpose")
def not_transposed(W_hh, h, v):
    return _walk(h, v, lambda v, t: W_hh @ ((1 - h[t] ** 2) * v))


@wrong("3.5", "took the slope a step early", says="at the step before")
def earlier_slope(W_hh, h, v):
    return _walk(h, v, lambda v, t: W_hh.T @ ((1 - h[t - 1] ** 2) * v))


@wrong("3.5", "left the slope out", says="slope of tanh is missing")
def no_slope(W_hh, h, v):
    return _walk(h, v, lambda v, t: W_hh.T @ v)


@wrong("3.5", "put the slope after the matrix", says="The slope comes after the matrix")
def slope_after(W_hh, h, v):
    return _walk(h, v, lambda v, t: (1 - h[t] ** 2) * (W_hh.T @ v))


@wrong("3.5", "left lag 0 out", says="one step is missing")
def without_lag_zero(W_hh, h, v):
    return _walk(h, v, lambda v, t: W_hh.T @ ((1 - h[t] ** 2) * v))[1:]


@wrong("3.5", "started from the first step", says="is reversed in time")
def from_the_start(W_hh, h, v):
    return _walk(h, v, lambda v, t: W_hh.T @ ((1 - h[t] ** 2) * v))[::-1]


@right("3.5")
def by_products(W_hh, h, v):
    product, norms = np.eye(len(v)), [np.linalg.norm(v)]
    for t in range(len(h) - 1, 0, -1):
        product = product @ (np.diag(1 - h[t] ** 2) @ W_hh)
        norms.append(np.linalg.norm(v @ product))
    return norms


@wrong("3.6", "divided by the largest singular value", says="Every one of them has to be 1")
def by_largest(size, rng):
    W = rng.normal(size=(size, size))
    return W / np.linalg.norm(W, 2)


@wrong("3.6", "divided by the spectral radius", says="spectral radius is 1, but")
def by_radius(size, rng):
    W = rng.normal(size=(size, size))
    return W / np.abs(np.linalg.eigvals(W)).max()


@wrong("3.6", "made the columns one long", says="right angles")
def long_columns(size, rng):
    W = rng.normal(size=(size, size))
    return W / np.linalg.norm(W, axis=0)


@wrong("3.6", "gave the identity", says="drawn at random")
def identity(size, rng):
    return np.eye(size)


@right("3.6")
def by_svd(size, rng):
    U, _, Vt = np.linalg.svd(rng.normal(size=(size, size)))
    return U @ Vt


def _train(clip, after_backward=True, clear=True):
    def train(model, batches, step_size, max_norm):
        import torch

        optimiser = torch.optim.SGD(model.parameters(), lr=step_size)
        for x, y in batches:
            if clear:
                optimiser.zero_grad()
            if not after_backward:
                clip(model.parameters(), max_norm)
            ((model(x) - y) ** 2).mean().backward()
            if after_backward:
                clip(model.parameters(), max_norm)
            optimiser.step()

    return train


def _by_norm(parameters, max_norm):
    import torch

    torch.nn.utils.clip_grad_norm_(parameters, max_norm)


def _by_value(parameters, max_norm):
    import torch

    torch.nn.utils.clip_grad_value_(parameters, max_norm)


def _apart(parameters, max_norm):
    for parameter in parameters:
        _by_norm([parameter], max_norm)


def _nothing(parameters, max_norm):
    pass


wrong("3.7", (_train(_by_value), "b"), "clipped each number", says="the direction has to stay")
wrong("3.7", (_train(_apart), "b"), "clipped each tensor", says="Each tensor is clipped")
wrong("3.7", (_train(_nothing), "b"), "left clipping out", says="isn't the clipped one")
wrong(
    "3.7",
    (_train(_by_norm, after_backward=False), "b"),
    "clipped before the backward pass",
    says="isn't the clipped one",
)
wrong(
    "3.7",
    (_train(_by_norm, clear=False), "b"),
    "took out zero_grad",
    says="cleared before each backward pass",
)
wrong("3.7", (_train(_by_norm), "a"), "looked for a return value", says="works in place")
wrong("3.7", (_train(_by_norm), "d"), "suspected old gradients", says="does clear the gradients")


def _by_hand(model, batches, step_size, max_norm):
    import torch

    weights = list(model.parameters())
    for x, y in batches:
        gradients = torch.autograd.grad(((model(x) - y) ** 2).mean(), weights)
        norm = torch.cat([g.flatten() for g in gradients]).norm()
        with torch.no_grad():
            for weight, gradient in zip(weights, gradients, strict=True):
                weight -= step_size * gradient * min(1.0, max_norm / float(norm))


right("3.7", (_by_hand, "b"))


GUESS = [0.49, 0.51, 0.5]

wrong(
    "3.8",
    {"guess": GUESS[:2], "plain": [0.5, 0.52], "orthogonal": [1.0, 0.99]},
    "ran two seeds",
    says="one seed shows luck",
    named={"baseline": "guess"},
)
wrong(
    "3.8",
    {"guess": GUESS, "plain": [0.5, 0.52, 0.49], "orthogonal": [0.51, 0.5, 0.52]},
    "chose a distance that nothing reaches",
    says="nothing has learned",
    named={"baseline": "guess"},
)
wrong(
    "3.8",
    {"guess": GUESS, "plain": [50.0, 52.0, 49.0], "orthogonal": [100.0, 99.0, 100.0]},
    "gave percentages",
    says="outside what is possible",
    named={"baseline": "guess"},
)

wrong(
    "3.8",
    {"guess": GUESS, "plain": [1.0, 1.0, 0.99], "orthogonal": [1.0, 0.98, 1.0]},
    "chose a distance that both learn",
    says="all have learned",
    named={"baseline": "guess"},
)
wrong(
    "3.8",
    {"guess": GUESS, "orthogonal": [1.0, 1.0, 0.99]},
    "compared one start with the guess",
    says="there is one",
    named={"baseline": "guess"},
)
right(
    "3.8",
    {"guess": GUESS, "plain": GUESS, "LSTM": GUESS, "orthogonal": [1.0, 1.0, 1.0]},
    named={"baseline": "guess"},
)
