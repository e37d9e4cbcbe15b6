"""The checks of chapter 1's exercises."""

import numpy as np

from lstm_utils.exercises.checking import Wrong, call, exercise
from lstm_utils.exercises.comparing import compare, compare_number, explanation, raise_if_slip, same
from lstm_utils.exercises.studies import check_study
from lstm_utils.messages import translate as _


@exercise("1.1")
def three_steps(third_weight, best_step):
    """(w − 4)² + 1 from 0 with step size 0.25: curvature 2, factor ½ a step."""
    compare_number(
        third_weight,
        3.5,
        _("the third weight"),
        tolerance=1e-6,
        hints={
            2.3125: _("The walk creeps. Differentiate (w − 4)² again: the square brings down a 2."),
            -9.5: _("That walk goes uphill, away from 4. Which sign stands before the step size?"),
            2.0: _("That is w₁, after one step. Two more to go."),
            3.0: _("That is w₂, after two steps. One more to go."),
            3.75: _("That is w₄, after four steps. Count from w₀ = 0."),
            4.0: _("4 is the minimum itself. Where is the walk after three steps?"),
            6.0: _("That is three times the first step. Take the slope anew at each weight."),
        },
    )
    compare_number(
        best_step,
        0.5,
        _("the step size that lands at once"),
        tolerance=1e-6,
        hints={
            1.0: _(
                "With 1 the weight hops from 0 to 8 and back: that is the border 2/λ. Landing at "
                "once needs 1 − μλ = 0."
            ),
            2.0: _("2 is the curvature λ itself. Which μ makes 1 − μλ zero?"),
            0.25: _("0.25 needs more than one step, as your three have shown."),
            0.0: _("A step size of 0 leaves the weight where it is."),
        },
    )
    return _(
        "Right. λ = 2: with μ = 0.25 each step halves the distance, with 1/λ one step is enough."
    )


@exercise("1.2")
def flat_in_two_ways(minimum, factor):
    """Of w³, w⁴ and −w⁴ only w⁴ has a minimum; the distance falls like 1/√k."""
    name = str(minimum).replace(" ", "").replace("**", "^").replace("⁴", "^4").replace("³", "^3")
    if name in ("-w^4", "−w^4"):
        raise Wrong("-w^4 is below 0 on both sides of 0: its derivative vanishes on a hilltop.")
    if name == "w^3":
        raise Wrong("No valley at 0: w^3 is negative on its left and positive on its right.")
    if name != "w^4":
        raise Wrong('`minimum` is one of the three texts "w^3", "w^4" and "-w^4".')
    compare_number(
        factor,
        100,
        _("the factor"),
        tolerance=1,
        hints={
            10: _(
                "That would be so if the distance fell like 1/k. It falls like 1/√(2μk): solve for "
                "k."
            ),
            1000: _(
                "That is the power three of the slope. The distance falls like 1/√(2μk): solve for "
                "k."
            ),
            np.sqrt(10): _(
                "The root is taken of k, so k has to grow faster than the distance shrinks, not "
                "slower."
            ),
        },
    )
    return _(
        "Right. The slope dies faster than the distance, so each digit costs 100 times the last."
    )


@exercise("1.3")
def other_units(plain_factor, adam_factor):
    """A gradient 10,000 times smaller: plain descent needs 10,000 times the step, Adam the same."""
    compare_number(
        plain_factor,
        10_000,
        _("the factor for plain descent"),
        tolerance=1e-6,
        hints={
            1: _(
                "With the old step size, μ times the gradient is 10,000 times shorter than before."
            ),
            1e-4: _("The gradient is 10,000 times smaller; this makes the step shorter still."),
            100: _(
                "A factor of 100 would belong to a gradient 100 times smaller; this one is 10,000 "
                "times smaller."
            ),
        },
    )
    compare_number(
        adam_factor,
        1,
        _("the factor for Adam"),
        tolerance=1e-6,
        hints={
            10_000: _(
                "Adam divides the mean gradient by the root of the mean square. What becomes of a "
                "factor that both carry?"
            ),
            1e-4: _(
                "Adam divides the mean gradient by the root of the mean square. What becomes of a "
                "factor that both carry?"
            ),
            100: _(
                "The second mean carries the factor squared, but Adam takes its root. What is left "
                "after the division?"
            ),
        },
    )
    return _("Right. Plain descent's step size depends on the error's scale, Adam's does not.")


@exercise("1.4")
def no_ravine(line_hessian, flattened):
    """The Hessian of a line's mean squared error, and inputs that make it a multiple of 1."""
    rng = np.random.default_rng(14)
    for inputs in (np.array([1.0, 2.0, 3.0, 4.0]), rng.normal(3, 2, 7), rng.normal(-1, 0.5, 12)):
        mean, square = inputs.mean(), np.mean(inputs**2)
        want = 2 * np.array([[square, mean], [mean, 1.0]])
        got = call(line_hessian, inputs.copy())
        if same(got, want / 2):
            raise Wrong(
                "Every entry of the Hessian is half of what it should be: the first derivative of "
                "r² brings down a 2."
            )
        if same(got, want * len(inputs)):
            raise Wrong(
                "Every entry is {n} times too large for {n} inputs: the error is a mean over the "
                "data.",
                n=len(inputs),
            )
        if same(got, want[::-1, ::-1]):
            raise Wrong("The rows and columns are those of (b, w); the exercise has (w, b).")
        if same(got, np.diag(np.diag(want))):
            raise Wrong("Off the diagonal: how does the slope in w change when b changes?")
        compare(got, want, _("the Hessian"))

        flat = call(flattened, inputs.copy())
        compare(np.shape(flat), np.shape(inputs), _("the shape of the flattened inputs"))
        flat = np.asarray(flat, dtype=float)
        if not np.all(np.isfinite(flat)) or np.std(flat) == 0:
            raise Wrong("The flattened inputs are all the same, or no numbers at all.")
        line = np.polyfit(inputs, flat, 1)
        if not np.allclose(np.polyval(line, inputs), flat, atol=1e-6 * np.abs(flat).max()):
            raise Wrong("The flattened inputs are no straight-line function of the inputs.")
        low, high = np.linalg.eigvalsh(
            2 * np.array([[np.mean(flat**2), flat.mean()], [flat.mean(), 1.0]])
        )
        if abs(flat.mean()) > 1e-9:
            raise Wrong(
                "The condition number is {ratio:.3g}: the flattened inputs have a mean that is not "
                "zero, so weight and bias still do each other's work.",
                ratio=high / low,
            )
        if abs(high / low - 1) > 1e-6:
            n = len(inputs)
            if abs(high / low - n / (n - 1)) < 1e-6:
                raise Wrong(
                    "The condition number is {ratio:.4g} = n/(n − 1): the Hessian has a mean over "
                    "n, so divide by n there too.",
                    ratio=high / low,
                )
            raise Wrong(
                "The condition number is {ratio:.3g}, not 1. The mean is zero; which diagonal "
                "entry differs from the other now?",
                ratio=high / low,
            )
    return _("Right. Inputs with mean 0 and mean square 1 make a round bowl: one step is enough.")


@exercise("1.5")
def by_differences(numerical_gradient):
    """Central differences for a weight array of any shape."""
    rng = np.random.default_rng(15)
    for shape in ((3,), (2, 3), (1, 4), ()):
        factor, W = rng.normal(1, 0.3, shape), rng.normal(0, 1, shape)

        def error(W, factor=factor):
            return float(np.sum(factor * np.asarray(W) ** 3))

        want = 3 * factor * W**2
        got = call(numerical_gradient, error, np.array(W))
        if shape != () and np.shape(got) == ():
            raise Wrong(
                "One number came back for all the weights. Each weight is moved on its own, "
                "while the others stay."
            )
        if shape == (2, 3) and np.shape(got) == (6,):
            raise Wrong("The gradient of a (2, 3) array came back flat, as (6,): keep the shape.")
        rows = shape == (2, 3) and np.broadcast_to(want.sum(axis=1, keepdims=True), shape)
        if shape == (2, 3) and same(got, rows):
            raise Wrong(
                "Whole rows were moved at once: W[i] of a matrix is a row. np.ndindex(W.shape) "
                "names each place of an array of any shape."
            )
        if np.size(want) and same(got, np.zeros(shape)):
            raise Wrong(
                "The gradient is zero. Is it filled in? Are the two points two arrays? "
                "a = W is no copy: it gives one array a second name."
            )
        shifted = (factor * (W + 1e-5) ** 3 - factor * W**3) / 1e-5
        if same(got, shifted, rtol=1e-7) and not same(got, want, rtol=1e-7):
            raise Wrong(
                "It agrees to about five digits and no further: that is the forward difference. "
                "The central one takes a step to either side."
            )
        if same(got, 2 * want) or same(got, want / 2):
            raise Wrong("It is off by a factor of 2: how far apart are the two points, ε or 2ε?")
        compare(
            got, want, _("the gradient of a weight array of shape {shape}", shape=shape), rtol=1e-7
        )

    W = np.array([1.0, -2.0])
    coarse = call(numerical_gradient, lambda W: float(np.sum(np.asarray(W) ** 3)), W, 0.1)
    if same(coarse, 3 * W**2, rtol=1e-7):
        raise Wrong("With step=0.1 the answer is the same as with 1e-5: is `step` used?")
    compare(coarse, 3 * W**2 + 0.01, _("the gradient with step=0.1"), rtol=1e-7)

    whole = call(numerical_gradient, lambda W: float(np.sum(np.asarray(W) ** 2)), np.array([1, 2]))
    if same(whole, np.zeros(2)):
        raise Wrong(
            "Weights given as whole numbers have a gradient of 0 here: 1 + 1e-5 was rounded "
            "to 1 when it was stored. Make the array a float one first."
        )
    compare(whole, np.array([2.0, 4.0]), _("the gradient at whole numbers"), rtol=1e-7)

    # Weights that need each other: here one that was moved and not put back is felt by the next.
    bowl, W = (
        np.array([[2.0, 5.0, 1.0], [5.0, 3.0, 4.0], [1.0, 4.0, 6.0]]),
        np.array([1.0, 2.0, -1.0]),
    )
    joint = call(numerical_gradient, lambda W: float(W @ bowl @ W / 2), W.copy(), 0.1)
    if not same(joint, bowl @ W, rtol=1e-7):
        before = 0.1 * np.tril(bowl, -1).sum(axis=1)
        if any(same(joint, bowl @ W + sign * before, rtol=1e-7) for sign in (1, -1)):
            raise Wrong(
                "The first derivative is right, and the later ones meet weights that were moved "
                "and not put back. The others have to stay while one moves."
            )
    compare(joint, bowl @ W, _("the gradient of a bowl whose weights act together"), rtol=1e-7)
    return _("Right, to seven digits, for any shape: two evaluations for each weight.")


def _walk(gradient, start, step_size, steps):
    path = [np.asarray(start, dtype=float)]
    for _step in range(steps):
        path.append(path[-1] - step_size * gradient(path[-1]))
    return np.array(path)


@exercise("1.6")
def knows_when_to_stop(descend):
    """Descent that says "arrived", "diverged" or "out of steps"."""
    curvatures = np.array([1.0, 4.0])

    def gradient(W):
        return curvatures * np.asarray(W)

    def ask(start, step_size, tolerance=1e-6, most=1000):
        answer = call(descend, gradient, np.array(start), step_size, tolerance, most)
        if not isinstance(answer, tuple | list) or len(answer) != 2:
            raise Wrong('`descend` returns two things: the path and the reason, such as "arrived".')
        path, why = answer
        if why not in ("arrived", "diverged", "out of steps"):
            raise Wrong(
                'The reason is {why!r}, and not "arrived", "diverged" or "out of steps".', why=why
            )
        return path, why

    path, why = ask([0.0, 0.0], 0.1)
    if len(path) != 1 or why != "arrived":
        raise Wrong(
            "Started where the gradient is zero, the path has {points} points and ends with "
            '"{why}". Look at the gradient before the first step, too.',
            points=len(path),
            why=why,
        )

    for start, stops in (
        ([-3.0, -2.0], _("Started where both derivatives are negative, it stops at once.")),
        ([4.0, -1.0], _("Started where the two derivatives add up to zero, it stops at once.")),
        ([3.0, 2.0], _("Started where both derivatives are positive, it stops at once.")),
    ):
        path, why = ask(start, 0.2)
        if len(path) == 1:
            look = _("Is the *length* of the gradient compared with the tolerance?")
            raise Wrong(f"{stops} {look}")
        whole = _walk(gradient, start, 0.2, 400)
        lengths = np.linalg.norm(curvatures * whole, axis=1)
        needed = int(np.argmax(lengths <= 1e-6))
        points = np.asarray(path, dtype=float)
        if points.shape == (needed + 2, 2):
            raise Wrong(
                "The walk stops one step too late: the path ends with the first point whose "
                "gradient is within the tolerance."
            )
        if points.shape == (needed, 2):
            raise Wrong(
                "The walk stops one step too early: the path ends with the first point whose "
                "gradient is within the tolerance."
            )
        if (
            len(points) > 1
            and np.linalg.norm(points[1]) > np.linalg.norm(start)
            and why != "arrived"
        ):
            raise Wrong("The first step goes uphill: against the gradient means minus.")
        if (
            points.ndim == 2
            and len(points) > needed + 2
            and same(points[: needed + 1], whole[: needed + 1])
        ):
            raise Wrong(
                "The gradient is within the tolerance at step {needed}, and the walk goes on to "
                "step {last}.",
                needed=needed,
                last=len(points) - 1,
            )
        compare(path, whole[: needed + 1], _("the path"))
        if why != "arrived":
            raise Wrong(
                'The gradient at the end is within the tolerance, and the reason is "{why}".',
                why=why,
            )

    path, why = ask([3.0, 2.0], 0.01, most=25)
    if len(path) in (25, 27):
        raise Wrong(
            "With most=25 the path has {points} points: 25 steps lead from W₀ to W₂₅, 26 points in "
            "all.",
            points=len(path),
        )
    compare(path, _walk(gradient, [3.0, 2.0], 0.01, 25), _("the path of 25 short steps"))
    if why != "out of steps":
        raise Wrong('25 steps were not enough to arrive, and the reason is "{why}".', why=why)

    path, why = ask([3.0, 2.0], 0.6, most=2000)
    if why != "diverged":
        raise Wrong(
            "With the step size 0.6 and a curvature of 4 the weights grow without end, and the "
            'reason is "{why}".',
            why=why,
        )
    whole = _walk(gradient, [3.0, 2.0], 0.6, 100)
    left = int(np.argmax(np.abs(whole).max(axis=1) > 1e6))
    if len(path) > left + 2:
        raise Wrong(
            "The weights leave the million at step {left}, and the walk goes on to step {last}.",
            left=left,
            last=len(path) - 1,
        )
    compare(path, whole[: left + 1], _("the path that diverges"))

    # Four equal weights: the length is twice the largest derivative, and half the sum of all.
    curvatures, start = np.ones(4), [3.0, 3.0, 3.0, 3.0]
    whole = _walk(gradient, start, 0.2, 400)
    sizes = np.abs(whole)
    needed = int(np.argmax(np.linalg.norm(sizes, axis=1) <= 1e-6))
    path, why = ask(start, 0.2)
    for size, what in (
        (sizes.max(axis=1), _("its largest derivative")),
        (sizes.sum(axis=1), _("the sum of the sizes of its derivatives")),
    ):
        if len(path) == int(np.argmax(size <= 1e-6)) + 1:
            raise Wrong(
                "The walk ends when {what} is within the tolerance. The length of a gradient is "
                "the root of the sum of the squares.",
                what=what,
            )
    compare(path, whole[: needed + 1], _("the path of four equal weights"))
    path, why = ask(start, 0.2, most=needed)
    if why == "out of steps":
        raise Wrong(
            "After {needed} steps, which are just as many as it may take, the gradient is within "
            'the tolerance, and the reason is "out of steps". "arrived" is asked first.',
            needed=needed,
        )
    path, why = ask(start, 2.4, most=2000)
    whole = _walk(gradient, start, 2.4, 100)
    if len(path) == int(np.argmax(np.linalg.norm(whole, axis=1) > 1e6)) + 1:
        raise Wrong(
            '"diverged" asks for one weight that is larger than a million in size; here the '
            "length of all together was asked for."
        )
    left = int(np.argmax(np.abs(whole).max(axis=1) > 1e6))
    compare(path, whole[: left + 1], _("the path of four equal weights that diverges"))
    return _(
        "Right. A walk that says why it ended saves you from reading a wrong weight as a result."
    )


@exercise("1.7")
def along_and_between(sum_over_paths):
    """An entry of a product of matrices, as a sum over paths."""
    rng = np.random.default_rng(17)
    for units, steps in ((2, 3), (3, 2), (2, 1), (3, 4), (1, 3)):
        passages = rng.normal(0, 1, (steps, units, units))
        whole = np.eye(units)
        for passage in passages:
            whole = passage @ whole
        backwards = np.eye(units)
        for passage in passages:
            backwards = backwards @ passage
        pairs = [(start, end) for start in range(units) for end in range(units)]
        for start, end in sorted(pairs, key=lambda pair: pair[0] == pair[1]):
            answer = call(sum_over_paths, passages.copy(), start, end)
            if not isinstance(answer, tuple | list) or len(answer) != 2:
                raise Wrong("`sum_over_paths` returns two numbers: the sum and how many paths.")
            value, how_many = answer
            where = _(
                "from unit {start} to unit {end}, {steps} passages of {units} units",
                start=start,
                end=end,
                steps=steps,
                units=units,
            )
            if units > 1 and same(value, passages[:, end, start].sum()) and steps > 1:
                raise Wrong("One-step derivatives were added: along a path they multiply.")
            turned = {
                _("The order of the passages is turned round: passages[0] is the first step."): (
                    backwards[end, start]
                ),
                _("Each passage is read as [from, to]; it is [to, from]."): np.linalg.multi_dot(
                    [np.eye(units), *[p.T for p in passages[::-1]], np.eye(units)]
                )[end, start],
                _("The start and the end are swapped."): whole[start, end],
            }
            if not same(value, whole[end, start]):
                raise_if_slip(value, turned)
            compare_number(
                value,
                whole[end, start],
                _("the sum of the paths {where}", where=where),
                tolerance=1e-9,
            )
            compare_number(
                how_many,
                units ** (steps - 1),
                _("the number of paths {where}", where=where),
                tolerance=1e-9,
                hints={
                    units**steps: _(
                        "Only the units *between* are free: the first and the last are given."
                    ),
                    units ** (steps + 1): _(
                        "Only the units *between* are free: the first and the last are given."
                    ),
                }
                if units > 1
                else {},
            )
    return _(
        "Right. A product of matrices is this sum, with the paths added up as early as possible."
    )


@exercise("1.8")
def one_point(fit_line, because):
    """Plain descent on a line: both derivatives at the same point."""
    rng = np.random.default_rng(18)
    for n in (4, 9):
        x = rng.normal(1, 1, n)
        y = 2 * x - 1 + rng.normal(0, 0.3, n)

        def gradient(W, x=x, y=y):
            residual = W[0] * x + W[1] - y
            return 2 * np.array([np.mean(residual * x), np.mean(residual)])

        want = _walk(gradient, [0.0, 0.0], 0.05, 6)
        got = call(fit_line, x.copy(), y.copy(), 0.05, 6)
        if np.shape(got) == want.shape:
            right = np.isclose(np.asarray(got, dtype=float)[1], want[1], rtol=1e-9)
            if right.tolist() == [True, False]:
                raise Wrong(
                    "After the first step w is right and b is not. Work out both derivatives at "
                    "the start by hand, and compare."
                )
            if right.tolist() == [False, True]:
                raise Wrong(
                    "After the first step b is right and w is not: the order is turned round, "
                    "and now w meets a b that has already moved."
                )
            if same(got[1], want[1] * n):
                raise Wrong("The steps are n times too long: the error is a mean over the data.")
            if same(got[1], want[1] / 2):
                raise Wrong("The steps are half as long as they should be: where is the 2 of r²?")
        compare(got, want, _("the path of (w, b)"), time_axis=0)
    explanation(
        because,
        "c",
        {
            "a": _(
                "At step size 0.05 the walk converges, with the fault and without it: it is not "
                "the length of the step."
            ),
            "b": _("The mean is right, as the derivative for w shows, which has the same one."),
            "d": _(
                "One step size for all the weights is what plain descent is. Ask where each "
                "derivative was taken."
            ),
        },
    )
    return _(
        "Right. The walk arrived all the same: a good end does not prove a gradient, a check does."
    )


@exercise("1.9")
def own_step_size(results, baseline):
    """Gradients needed to a millionth, one number a seed; fewer are better."""
    said = check_study(
        results, baseline=baseline, at_least=5, bounds=(1, 1_000_000), higher_is_better=False
    )
    for name, scores in results.items():
        if min(scores) < 5:
            raise Wrong(
                "{name!r} needs fewer gradients than the bowl has weights. Does it know the "
                "matrix, or are some evaluations left out of the count?",
                name=name,
            )
    return said
