"""What students answer in chapter 1's exercises, and what the check says."""

from itertools import product

import numpy as np

from tools.course.answers import right, wrong

wrong("1.1", (2.3125, 0.5), "differentiated the square without its 2", says="brings down a 2")
wrong("1.1", (-9.5, 0.5), "went with the gradient", says="goes uphill")
wrong("1.1", (3.0, 0.5), "counted the start as the first step", says="One more to go")
wrong("1.1", (6.0, 0.5), "used the first slope three times", says="slope anew at each weight")
wrong("1.1", (4.0, 0.5), "gave the minimum", says="4 is the minimum itself")
wrong("1.1", (3.5, 1.0), "took the border for the best step", says="that is the border")

wrong("1.2", ("-w^4", 100), "took a flat place for a minimum", says="on a hilltop")
wrong("1.2", ("w^3", 100), "took a flat place for a minimum, again", says="no valley at 0")
wrong("1.2", ("w^4", 2), "guessed a factor", says="is not 2: it is too small")
wrong("1.2", ("w^4", 10), "ten times nearer, ten times the steps", says="fell like 1/k")

wrong("1.3", (1e-4, 1), "made the step smaller along with the gradient", says="shorter still")
wrong("1.3", (10_000, 10_000), "treated Adam like plain descent", says="both carry")
wrong("1.3", (100, 1), "took the root of the factor", says="10,000 times smaller")
wrong("1.3", (1, 0.01), "changed the unit of the weights too", says="shorter than before")
wrong("1.3", (10_000, 100), "saw the squares and not the root", says="takes its root")


def _hessian(inputs):
    return 2 * np.array([[np.mean(inputs**2), np.mean(inputs)], [np.mean(inputs), 1.0]])


def _flattened(inputs):
    return (inputs - inputs.mean()) / inputs.std()


def _half(inputs):
    return _hessian(inputs) / 2


def _summed(inputs):
    return 2 * np.array([[np.sum(inputs**2), np.sum(inputs)], [np.sum(inputs), len(inputs)]])


def _diagonal(inputs):
    return np.diag(np.diag(_hessian(inputs)))


def _centred(inputs):
    return inputs - inputs.mean()


def _scaled(inputs):
    return inputs / inputs.std()


def _unbiased(inputs):
    return (inputs - inputs.mean()) / inputs.std(ddof=1)


wrong("1.4", (_half, _flattened), "lost the 2 of the square", says="brings down a 2")
wrong("1.4", (_summed, _flattened), "summed over the data", says="the error is a mean")
wrong("1.4", (_diagonal, _flattened), "left out the mixed derivative", says="when b changes")
wrong("1.4", (_hessian, _centred), "centred and did not scale", says="which diagonal entry differs")
wrong("1.4", (_hessian, _scaled), "scaled and did not centre", says="a mean that is not zero")
wrong("1.4", (_hessian, _unbiased), "divided by n − 1", says="divide by n there too")
right("1.4", (lambda inputs: _hessian(np.array(inputs)), lambda inputs: -_flattened(inputs)))


@wrong("1.5", "a step to one side only", says="forward difference")
def forward_difference(error, W, step=1e-5):
    W = np.array(W, dtype=float)
    gradient = np.zeros_like(W)
    for index in np.ndindex(W.shape):
        moved = W.copy()
        moved[index] += step
        gradient[index] = (error(moved) - error(W)) / step
    return gradient


@wrong("1.5", "divided by ε instead of 2ε", says="ε or 2ε")
def one_step_apart(error, W, step=1e-5):
    return 2 * _central(error, W, step)


@wrong("1.5", "moved all weights together", says="Each weight is moved on its own")
def all_together(error, W, step=1e-5):
    return (error(W + step) - error(W - step)) / (2 * step)


@wrong("1.5", "left the step fixed", says="is `step` used")
def fixed_step(error, W, step=1e-5):
    return _central(error, W, 1e-5)


@wrong("1.5", "moved the weights and never put them back", says="changes an array")
def left_moved(error, W, step=1e-5):
    gradient = np.zeros(np.shape(W))
    for index in np.ndindex(np.shape(W)):
        if np.ndim(W):
            W[index] += step
            above = error(W)
            W[index] -= 2 * step
            gradient[index] = (above - error(W)) / (2 * step)
    return gradient


@wrong("1.5", "moved the weights of a copy and never put them back", says="not put back")
def left_moved_in_a_copy(error, W, step=1e-5):
    W = np.array(W, dtype=float)
    gradient = np.zeros_like(W)
    for index in np.ndindex(W.shape):
        W[index] += step
        above = error(W)
        W[index] -= 2 * step
        gradient[index] = (above - error(W)) / (2 * step)
    return gradient


@wrong("1.5", "moved whole rows of a matrix", says="W[i] of a matrix is a row")
def row_by_row(error, W, step=1e-5):
    gradient = np.zeros(W.shape)
    for i in range(len(W)):
        up, down = W.copy(), W.copy()
        up[i] += step
        down[i] -= step
        gradient[i] = (error(up) - error(down)) / (2 * step)
    return gradient


@wrong("1.5", "filled nothing in", says="Is it filled in")
def never_filled(error, W, step=1e-5):
    return np.zeros(np.shape(W))


@wrong("1.5", "gave one array two names", says="second name")
def two_names(error, W, step=1e-5):
    W = np.array(W, dtype=float)
    gradient = np.zeros_like(W)
    for index in np.ndindex(W.shape):
        up = down = W
        up[index] += step
        down[index] -= step
        gradient[index] = (error(up) - error(down)) / (2 * step)
    return gradient


@wrong("1.5", "kept whole numbers whole", says="rounded to 1")
def whole_numbers(error, W, step=1e-5):
    gradient = np.zeros(np.shape(W))
    for index in np.ndindex(np.shape(W)):
        up, down = np.array(W), np.array(W)
        up[index] += np.asarray(step).astype(up.dtype)
        down[index] -= np.asarray(step).astype(up.dtype)
        gradient[index] = (error(up) - error(down)) / (2 * step)
    return gradient


@right("1.5")
def _central(error, W, step=1e-5):
    W = np.asarray(W, dtype=float)
    flat = W.ravel()
    moves = step * np.eye(flat.size)
    differences = [
        error((flat + move).reshape(W.shape)) - error((flat - move).reshape(W.shape))
        for move in moves
    ]
    return np.array(differences).reshape(W.shape) / (2 * step)


def _descend(size, gradient, start, step_size, tolerance, most, sign=-1, last=0):
    """A walk whose test for having arrived is `size` of the gradient."""
    path = [np.array(start, dtype=float)]
    while True:
        g = gradient(path[-1])
        if size(g) <= tolerance:
            return np.array(path), "arrived"
        if np.abs(path[-1]).max() > 1e6:
            return np.array(path), "diverged"
        if len(path) > most + last:
            return np.array(path), "out of steps"
        path.append(path[-1] + sign * step_size * g)


@wrong("1.6", "compared the largest derivative, without its sign", says="*length* of the gradient")
def signed(gradient, start, step_size, tolerance=1e-6, most=1000):
    return _descend(np.max, gradient, start, step_size, tolerance, most)


@wrong("1.6", "took the largest derivative for the length", says="root of the sum")
def largest(gradient, start, step_size, tolerance=1e-6, most=1000):
    return _descend(lambda g: np.abs(g).max(), gradient, start, step_size, tolerance, most)


@wrong("1.6", "added up the sizes of the derivatives", says="the sum of the sizes")
def added_up(gradient, start, step_size, tolerance=1e-6, most=1000):
    return _descend(lambda g: np.abs(g).sum(), gradient, start, step_size, tolerance, most)


@wrong("1.6", "left the loop without a look at the last weights", says="asked first")
def last_not_seen(gradient, start, step_size, tolerance=1e-6, most=1000):
    path = [np.array(start, dtype=float)]
    for _ in range(most):
        if np.linalg.norm(gradient(path[-1])) <= tolerance:
            return np.array(path), "arrived"
        if np.abs(path[-1]).max() > 1e6:
            return np.array(path), "diverged"
        path.append(path[-1] - step_size * gradient(path[-1]))
    return np.array(path), "out of steps"


@wrong("1.6", "measured all the weights together", says="one weight that is larger")
def all_weights_together(gradient, start, step_size, tolerance=1e-6, most=1000):
    path = [np.array(start, dtype=float)]
    while np.linalg.norm(gradient(path[-1])) > tolerance:
        if np.linalg.norm(path[-1]) > 1e6:
            return np.array(path), "diverged"
        if len(path) > most:
            return np.array(path), "out of steps"
        path.append(path[-1] - step_size * gradient(path[-1]))
    return np.array(path), "arrived"


@wrong("1.6", "went with the gradient", says="means minus")
def uphill(gradient, start, step_size, tolerance=1e-6, most=1000):
    return _descend(np.linalg.norm, gradient, start, step_size, tolerance, most, sign=1)


@wrong("1.6", "counted points instead of steps", says="26 points in all")
def points_for_steps(gradient, start, step_size, tolerance=1e-6, most=1000):
    return _descend(np.linalg.norm, gradient, start, step_size, tolerance, most, last=-1)


@wrong("1.6", "stepped before looking", says="before the first step")
def steps_first(gradient, start, step_size, tolerance=1e-6, most=1000):
    path = [np.array(start, dtype=float)]
    for _ in range(most):
        path.append(path[-1] - step_size * gradient(path[-1]))
        if np.linalg.norm(gradient(path[-1])) <= tolerance:
            return np.array(path), "arrived"
        if np.abs(path[-1]).max() > 1e6:
            return np.array(path), "diverged"
    return np.array(path), "out of steps"


@wrong("1.6", "wrote into the array of the start", says="changes an array")
def in_place(gradient, start, step_size, tolerance=1e-6, most=1000):
    W, path = start, [start.copy()]
    for _ in range(most):
        if np.linalg.norm(gradient(W)) <= tolerance:
            return np.array(path), "arrived"
        W -= step_size * gradient(W)
        path.append(W.copy())
    return np.array(path), "out of steps"


@wrong("1.6", "did not look for a walk that flies off", says="grow without end")
def never_diverges(gradient, start, step_size, tolerance=1e-6, most=1000):
    path = [np.array(start, dtype=float)]
    for _ in range(most):
        if np.linalg.norm(gradient(path[-1])) <= tolerance:
            return np.array(path), "arrived"
        path.append(path[-1] - step_size * gradient(path[-1]))
    return np.array(path), "out of steps"


@right("1.6")
def descend(gradient, start, step_size, tolerance=1e-6, most=1000):
    return _descend(np.linalg.norm, gradient, start, step_size, tolerance, most)


def _paths(passages, start, end):
    """Each path as a list of factors."""
    steps, units, _ = passages.shape
    for between in product(range(units), repeat=steps - 1):
        visited = (start, *between, end)
        yield [passages[k, visited[k + 1], visited[k]] for k in range(steps)]


@wrong("1.7", "added along the path", says="along a path they multiply")
def added(passages, start, end):
    return sum(p[end, start] for p in passages), len(passages[0]) ** (len(passages) - 1)


@wrong("1.7", "counted the ends as free", says="Only the units *between*")
def too_many(passages, start, end):
    found = [np.prod(path) for path in _paths(passages, start, end)]
    return sum(found), len(passages[0]) ** (len(passages) + 1)


@wrong("1.7", "read a passage as [from, to]", says="it is [to, from]")
def transposed(passages, start, end):
    found = [np.prod(path) for path in _paths(np.swapaxes(passages, 1, 2), start, end)]
    return sum(found), len(found)


@wrong("1.7", "walked the passages from the last to the first", says="turned round")
def backwards(passages, start, end):
    found = [np.prod(path) for path in _paths(passages[::-1], start, end)]
    return sum(found), len(found)


@right("1.7")
def by_recursion(passages, start, end):
    if len(passages) == 1:
        return passages[0][end, start], 1
    parts = [
        (passages[-1][end, unit] * by_recursion(passages[:-1], start, unit)[0])
        for unit in range(len(passages[0]))
    ]
    return sum(parts), len(passages[0]) ** (len(passages) - 1)


def _fit_line(x, y, step_size, steps, order="together", share=1.0):
    path = [np.zeros(2)]
    for _ in range(steps):
        w, b = path[-1]
        slope = share * 2 * np.mean((w * x + b - y) * x)
        bias = share * 2 * np.mean(w * x + b - y)
        if order == "w first":
            bias = 2 * np.mean((w - step_size * slope) * x + b - y)
        if order == "b first":
            slope = 2 * np.mean((w * x + b - step_size * bias - y) * x)
        path.append(path[-1] - step_size * np.array([slope, bias]))
    return np.array(path)


def _swapped(x, y, step_size, steps):
    return _fit_line(x, y, step_size, steps, order="b first")


def _of_sums(x, y, step_size, steps):
    return _fit_line(x, y, step_size, steps, share=len(x))


def _as_planted(x, y, step_size, steps):
    return _fit_line(x, y, step_size, steps, order="w first")


wrong("1.8", (_as_planted, "c"), "explained it and left it in", says="w is right and b is not")
wrong("1.8", (_swapped, "c"), "turned the order round", says="w meets a b that has already moved")
wrong("1.8", (_of_sums, "c"), "took sums for means", says="n times too long")
wrong("1.8", (_fit_line, "a"), "blamed the step size", says="not the length of the step")
wrong("1.8", (_fit_line, "d"), "wanted two step sizes", says="where each derivative was taken")
right("1.8", (_fit_line, "(c)"))

_KNOWN = [520.0, 610.0, 580.0, 495.0, 560.0]
_RULE = {"curvature known": _KNOWN, "own rule": [88.0, 91.0, 79.0, 102.0, 95.0]}
wrong(
    "1.9",
    {"curvature known": [520.0], "own rule": [88.0]},
    "tried one bowl",
    named={"baseline": "curvature known"},
    says="one seed shows luck",
)
wrong(
    "1.9",
    _RULE,
    "named a baseline that was never run",
    named={"baseline": "best constant step"},
    says="is none of the variants",
)
wrong(
    "1.9",
    _RULE | {"own rule": [2.0, 2.0, 3.0, 2.0, 2.0]},
    "solved for the minimum with the Hessian, and counted two gradients",
    named={"baseline": "curvature known"},
    says="fewer gradients than the bowl has weights",
)
wrong(
    "1.9",
    _RULE | {"own rule": [float("inf"), 91.0, 79.0, 102.0, 95.0]},
    "kept a run that never arrived",
    named={"baseline": "curvature known"},
    says="did that run diverge",
)
