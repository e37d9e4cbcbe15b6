"""The checks of chapter 3's exercises."""

import numpy as np

from lstm_utils.cells import init_rnn, rnn_forward
from lstm_utils.exercises.checking import Wrong, call, exercise
from lstm_utils.exercises.comparing import compare, compare_number, explanation, raise_if_slip, same
from lstm_utils.exercises.studies import check_study
from lstm_utils.gradients import rnn_jacobian
from lstm_utils.messages import translate as _

CLEARLY = 0.1  # by how much an accuracy has to be above the guess, in exercise 3.8


@exercise("3.1")
def half_lives(factor, bias):
    """The factor that leaves a tenth after 200 steps, and its forget bias."""
    q = 0.1 ** (1 / 200)
    compare_number(
        factor,
        q,
        _("the factor"),
        tolerance=2e-4,
        hints={
            0.5 ** (1 / 200): _("That factor leaves a half after 200 steps. A tenth is asked for."),
            1 - 0.9 / 200: _("You shared out what is lost evenly, but the steps multiply."),
            1 - 1 / 200: _("That factor leaves 1/e = 37 % after 200 steps. A tenth is asked for."),
            1 - q: _("That is the share lost at each step. The factor is what is left."),
            0.9 ** (1 / 200): _("That factor leaves nine tenths. A tenth is asked for."),
        },
    )
    compare_number(
        bias,
        np.log(q / (1 - q)),
        _("the bias"),
        tolerance=2e-2,
        hints={
            q: _("That is the factor itself. The bias goes through the sigmoid first."),
            -np.log(q / (1 - q)): _("The sign: the sigmoid of this number is the share lost."),
            np.log10(q / (1 - q)): _("Take the natural logarithm: the sigmoid is made with exp."),
        },
    )
    return _("Right. A forget bias of 1 halves a memory in 2.2 steps; this one takes sixty.")


@exercise("3.2")
def logistic_bound(border, bound):
    """Where the gradient of a logistic RNN must vanish, and how small it is after 20 steps."""
    compare_number(
        border,
        4.0,
        _("the border"),
        tolerance=1e-6,
        hints={
            1.0: _(
                "That is the border for tanh. What is the largest slope of the logistic function?"
            ),
            0.25: _(
                "That is the largest slope itself. Slope times singular value has to stay below 1."
            ),
        },
    )
    compare_number(
        bound,
        0.5**20,
        _("the bound"),
        tolerance=1e-8,
        hints={
            2.0**20: _("The slope is missing: each step multiplies by the slope, too."),
            0.25**20: _("The matrix is missing: each step multiplies by the singular value, too."),
            0.5 * 20: _("Twenty steps multiply; they don't add."),
            0.5**19: _("One step too few: from k = t - 20 to t there are 20 factors."),
            0.5**21: _("One step too many: from k = t - 20 to t there are 20 factors."),
        },
    )
    return _(
        "Right. The larger region is one where the gradient must vanish: no advantage over tanh."
    )


@exercise("3.3")
def clipping_turns(by_value, by_norm):
    """The angle in degrees by which clipping turns the gradient (100, 0.1)."""
    angle = np.degrees(np.arctan2(0.1, 1) - np.arctan2(0.1, 100))
    compare_number(
        by_value,
        angle,
        _("the angle of clipping by value"),
        tolerance=1e-2,
        hints={
            np.radians(angle): _("That is the angle in radians. Degrees are asked for."),
            np.degrees(np.arctan2(0.1, 1)): _(
                "That is the angle between the clipped gradient and the first axis. The true "
                "gradient stands a little off that axis itself."
            ),
            45.0: _("Only the number that is larger than 1 is cut: 0.1 stays as it is."),
            0.0: _("Write both vectors down: is one a multiple of the other?"),
        },
    )
    compare_number(
        by_norm,
        0.0,
        _("the angle of clipping by norm"),
        tolerance=1e-4,
        hints={angle: _("Clipping by norm multiplies all numbers by the same factor.")},
    )
    return _(
        "Right. Clipping by value turns the step towards what was small; by norm, it keeps its way."
    )


@exercise("3.4")
def clip_by_global_norm(clip):
    """Gradients with a joint norm of at most max_norm, and the norm before."""
    rng = np.random.default_rng(34)
    gradients = [rng.normal(size=(4, 3)) * 3, rng.normal(size=4), rng.normal(size=(2, 2, 2))]
    norm = np.sqrt(sum((g**2).sum() for g in gradients))
    for max_norm in (1.0, 0.2, 2 * norm):
        result = call(clip, [g.copy() for g in gradients], max_norm)
        if not isinstance(result, (tuple, list)) or len(result) != 2:
            raise Wrong("Return two things: the list of clipped gradients, and the norm before.")
        clipped, before = result
        if not isinstance(clipped, (tuple, list)) or len(clipped) != 3:
            raise Wrong("The first thing returned has to be a list with as many arrays as came in.")
        want = [g * min(1, max_norm / norm) for g in gradients]
        slips = {
            _(
                "Each array is clipped by a norm of its own. Together they are one long vector, "
                "with one norm: otherwise the direction turns."
            ): [g * min(1, max_norm / np.linalg.norm(g)) for g in gradients],
            _(
                "Each number is clipped on its own, and the direction turns. Multiply all of them "
                "by one factor."
            ): [np.clip(g, -max_norm, max_norm) for g in gradients],
            _("You divide by the square of the norm: is a root missing?"): [
                g * min(1, max_norm / norm**2) for g in gradients
            ],
        }
        if max_norm > norm:
            slips[
                _("A gradient that is short enough was lengthened. Clipping only ever shortens.")
            ] = [g * max_norm / norm for g in gradients]
        for message, value in slips.items():
            if all(map(same, clipped, value)) and not all(map(same, want, value)):
                raise Wrong(message)
        for k, (got, right) in enumerate(zip(clipped, want, strict=True)):
            compare(got, right, _("array {k} of the clipped gradients", k=k))
        compare_number(
            before,
            norm,
            _("the norm that is returned"),
            tolerance=1e-6 * norm,
            hints={
                min(norm, max_norm): _(
                    "The norm returned is the one after clipping; the one before is asked for, "
                    "because it tells you how often you clip."
                ),
                norm**2: _("The norm returned is the square of the norm."),
                sum(np.linalg.norm(g) for g in gradients): _(
                    "Norms of parts don't add up; their squares do."
                ),
            },
        )
    clipped = call(clip, [np.zeros(3), np.zeros((2, 2))], 1.0)[0]
    compare(clipped[0], np.zeros(3), _("a gradient of zeros after clipping"))
    return _("Right. One factor for all, and a gradient that is short enough stays as it is.")


@exercise("3.5")
def norm_by_lag(norms_by_lag):
    """The norm of a gradient after each step back, (T + 1,)."""
    rng = np.random.default_rng(35)
    for H, T in ((4, 7), (1, 3), (6, 12)):
        params = init_rnn(2, H, rng, scale=1.0)
        h = rnn_forward(params, rng.normal(size=(1, T, 2)), rng.normal(size=(1, H)) * 0.5).h[0]
        W, v = params.W_hh, rng.normal(size=H)
        want = [np.linalg.norm(rnn_jacobian(params, h, T, T - k).T @ v) for k in range(T + 1)]
        got = call(norms_by_lag, W, h, v)

        def walk(step, h=h, v=v, T=T):
            """Norms along a way back of which each step is step(vector, later h, earlier h)."""
            norms, back = [np.linalg.norm(v)], v
            for t in range(T, 0, -1):
                back = step(back, h[t], h[t - 1])
                norms.append(np.linalg.norm(back))
            return norms

        slips = {
            _("You multiply by W_hh where the way back takes its transpose."): walk(
                lambda back, later, earlier, W=W: W @ (back * (1 - later**2))
            ),
            _(
                "You multiply by the Jacobian as it stands. A gradient goes back through its "
                "transpose: first the slope, then W_hh from the other side."
            ): walk(lambda back, later, earlier, W=W: (1 - later**2) * (W @ back)),
            _(
                "The slope comes after the matrix. On the way back it is the other way round: "
                "first through tanh, then through W_hh."
            ): walk(lambda back, later, earlier, W=W: (1 - later**2) * (W.T @ back)),
            _("The slope of tanh is missing from each step."): walk(
                lambda back, later, earlier, W=W: W.T @ back
            ),
            _(
                "The slope is taken at the step before: from h_t to h_(t-1) it is that at h_t."
            ): walk(lambda back, later, earlier, W=W: W.T @ (back * (1 - earlier**2))),
            _("h holds what comes out of tanh already: its slope there is 1 - h**2."): walk(
                lambda back, later, earlier, W=W: W.T @ (back * (1 - np.tanh(later) ** 2))
            ),
        }
        if H > 1:
            raise_if_slip(got, slips)
            if same(got, np.array(want) ** 2):
                raise Wrong("These are the squares of the norms: a root is missing.")
        compare(got, want, _("the norm by lag"), time_axis=0)
    return _("Right. No product of matrices was needed: one vector goes back, a step at a time.")


@exercise("3.6")
def orthogonal_start(orthogonal):
    """A random matrix all of whose singular values are 1."""
    drawn = [
        np.asarray(call(orthogonal, size, np.random.default_rng(seed)), dtype=np.float64)
        for size, seed in ((8, 0), (8, 1), (8, 0), (3, 2), (2, 3))
    ]
    for Q, size in zip(drawn, (8, 8, 8, 3, 2), strict=True):
        if Q.shape != (size, size):
            raise Wrong(
                "The matrix has the shape {got} instead of {want}.", got=Q.shape, want=(size, size)
            )
        if not np.isfinite(Q).all():
            raise Wrong("The matrix holds NaN or infinity.")
        values = np.linalg.svd(Q, compute_uv=False)
        if np.allclose(values, 1, atol=1e-8):
            continue
        if np.isclose(values[0], 1):
            raise Wrong(
                "The largest singular value is 1, but the smallest is {low:.2f}: that direction is "
                "lost. Every one of them has to be 1.",
                low=values[-1],
            )
        if np.isclose(np.abs(np.linalg.eigvals(Q)).max(), 1):
            raise Wrong(
                "The spectral radius is 1, but a step can still lengthen a vector {high:.2f}-fold, "
                "or shorten it to {low:.2f}.",
                high=values[0],
                low=values[-1],
            )
        lengths = np.linalg.norm(Q, axis=0), np.linalg.norm(Q, axis=1)
        if any(np.allclose(length, 1) for length in lengths):
            raise Wrong(
                "Each row or column has length 1, but they aren't at right angles to each other."
            )
        raise Wrong(
            "The singular values lie between {low:.2f} and {high:.2f}. All have to be 1.",
            low=values[-1],
            high=values[0],
        )
    if np.allclose(drawn[0], drawn[1]):
        raise Wrong(
            "Two generators with different seeds give the same matrix: it is to be drawn at random."
        )
    if not np.allclose(drawn[0], drawn[2]):
        raise Wrong(
            "The same generator gives another matrix each time: draw with `rng` and nothing else."
        )
    return _("Right: it keeps every vector's length, on the way there and on the way back.")


@exercise("3.7")
def clip_in_training(train, because):
    """Gradient descent on a model whose steps are no longer than they may be."""
    import torch

    def start(seed):
        torch.manual_seed(seed)
        return torch.nn.Linear(3, 2, dtype=torch.float64)

    def batches(scale, seed):
        generator = torch.Generator().manual_seed(seed)
        draw = torch.randn(4, 2, 5, 3, generator=generator, dtype=torch.float64)
        return [(x, scale * y[:, :2]) for x, y in draw]

    def reference(model, data, step_size, clip):
        weights = list(model.parameters())
        for x, y in data:
            gradients = torch.autograd.grad(((model(x) - y) ** 2).mean(), weights)
            with torch.no_grad():
                for weight, gradient in zip(weights, clip(gradients), strict=True):
                    weight -= step_size * gradient
        return np.concatenate([w.detach().numpy().ravel() for w in weights])

    def by_norm(max_norm, apart=False):
        def clip(gradients):
            whole = torch.sqrt(sum((g**2).sum() for g in gradients))
            norms = [g.norm() if apart else whole for g in gradients]
            return [
                g * min(1.0, max_norm / float(n)) for g, n in zip(gradients, norms, strict=True)
            ]

        return clip

    for seed, scale, step_size, max_norm in (
        (0, 100.0, 0.1, 1.0),
        (1, 30.0, 0.5, 0.3),
        (2, 1.0, 0.1, 50.0),
    ):
        model, data = start(seed), batches(scale, seed)
        call(train, model, data, step_size, max_norm)
        got = np.concatenate([w.detach().numpy().ravel() for w in model.parameters()])
        want = reference(start(seed), data, step_size, by_norm(max_norm))
        unchanged = np.concatenate([w.detach().numpy().ravel() for w in start(seed).parameters()])
        moved = np.linalg.norm(got - unchanged)
        limit = step_size * max_norm * len(data)
        if np.allclose(got, want, rtol=1e-4, atol=1e-6):
            continue
        if np.array_equal(got, unchanged):
            raise Wrong("The weights are where they started: is there still a step?")
        slips = {
            _(
                "The weights have moved by {moved:.3g} in {steps} steps, and {limit:.3g} is the "
                "most that clipping allows. The gradient that the steps use isn't the clipped one.",
                moved=moved,
                steps=len(data),
                limit=limit,
            ): lambda g: g,
            _("Each number of the gradient is clipped on its own: the direction has to stay."): (
                lambda g, m=max_norm: [part.clamp(-m, m) for part in g]
            ),
            _("Each tensor is clipped by its own norm: the direction of the whole has to stay."): (
                by_norm(max_norm, apart=True)
            ),
            _(
                "The weights, or the whole step, are cut to max_norm: the gradient's norm is meant."
            ): by_norm(max_norm / step_size),
        }
        for message, clip in slips.items():
            if np.allclose(
                got, reference(start(seed), data, step_size, clip), rtol=1e-4, atol=1e-6
            ):
                raise Wrong(message)
        if moved > limit * 1.001:
            raise Wrong(next(iter(slips)))
        raise Wrong(
            "The steps are short enough, but they aren't those of gradient descent with clipping. "
            "Are old gradients cleared before each backward pass?"
        )
    explanation(
        because,
        "b",
        {
            "a": _("It works in place: what it returns is the norm, and that may be thrown away."),
            "c": _("The norm is the gradient's, whatever the step size. When is it cut?"),
            "d": _("`zero_grad` does clear the gradients before each backward pass."),
        },
    )
    return _(
        "Right. It runs either way, and on a quiet day both learn: watch the norm, not the loss."
    )


@exercise("3.8")
def study(results, *, baseline):
    """Accuracies on the marker task, for several starts of a recurrent network."""
    check_study(results, baseline=baseline, bounds=(0.0, 1.0), too_good=1.0, chance=0.5)
    usual = {name: float(np.median(scores)) for name, scores in results.items()}
    gains = {name: usual[name] - usual[baseline] for name in usual if name != baseline}
    if len(gains) < 2:
        raise Wrong("Two starts are to be compared, beside the guess: there is one.")
    if max(gains.values()) < CLEARLY:
        raise Wrong(
            "No variant is clearly better than {baseline!r}: at this distance nothing has learned. "
            "Take a shorter one, so that the starts differ.",
            baseline=baseline,
        )
    if min(gains.values()) >= CLEARLY:
        raise Wrong(
            "Every start is clearly better than {baseline!r}: at this distance all have learned. "
            "Take a longer one, so that the starts differ.",
            baseline=baseline,
        )
    best = [repr(name) for name in gains if usual[name] == max(usual.values())]
    if len(best) == 1:
        words = _("A study that can be read; {best} has the highest median.", best=best[0])
    else:
        both = _(" and ").join(best)
        words = _("A study that can be read; {best} have the highest median.", best=both)
    say = _(
        "Now say what it does not show: would the order hold at another distance, or after more "
        "updates?"
    )
    return f"{words} {say}"
