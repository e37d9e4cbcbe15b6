"""The checks of chapter 2's exercises."""

import weakref

import numpy as np

from lstm_utils.exercises.checking import Wrong, call, exercise
from lstm_utils.exercises.comparing import compare, compare_number, explanation, same
from lstm_utils.exercises.studies import check_study
from lstm_utils.messages import translate as _


@exercise("2.1")
def two_steps_by_hand(derivative):
    """∂E/∂w of two steps, from its two paths."""
    h_1 = np.tanh(0.5 * 1.0 + 0.2)
    h_2 = np.tanh(0.5 * h_1 - 0.4)
    alpha_2 = (1 - h_2**2) * (h_2 - 1.0)
    alpha_1 = (1 - h_1**2) * 0.5 * alpha_2
    lag_0, lag_1 = alpha_2 * h_1, alpha_1 * 1.0
    if isinstance(derivative, float) and 2e-4 < abs(derivative - lag_0 - lag_1) < 6e-3:
        raise Wrong("The first digits are right. Keep more of them on the way: four are asked for.")
    compare_number(
        derivative,
        lag_0 + lag_1,
        _("the derivative"),
        tolerance=2e-4,
        hints={
            lag_0: _("That is the path of step 2 alone. The same w acted at step 1, too."),
            lag_1: _("That is the path of step 1 alone. The same w acted at step 2, too."),
            -(lag_0 + lag_1): _("The sign is turned: the miss is h_2 − r, not r − h_2."),
            (h_2 - 1) * (h_1 + 0.5): _(
                "The slopes of tanh are missing: one factor 1 − h² for each tanh on a path."
            ),
            alpha_2 * h_1 + (1 - h_1**2) * alpha_2: _(
                "One passage is missing: from h_2 back to h_1 the path goes through w."
            ),
            alpha_2 * h_2 + alpha_1 * h_1: _(
                "Each use of w multiplies the state *before* the step: h_1 at step 2, h_0 at step "
                "1."
            ),
        },
    )
    return _("Right. Two uses of one weight, two paths: multiply along each, add between them.")


def _gradients(rng, steps, hidden, bug=None):
    """The gradients of a layer's weights on a random problem; `bug` as in the chapter."""
    batch, inputs = 3, 2
    W_xh = rng.normal(0, 0.5, (hidden, inputs))
    W_hh = rng.normal(0, 0.9 / hidden**0.5, (hidden, hidden))
    x = rng.normal(size=(batch, steps, inputs))
    h = np.zeros((batch, steps + 1, hidden))
    h[:, 0] = rng.normal(0, 0.5, (batch, hidden))
    for t in range(steps):
        h[:, t + 1] = np.tanh(x[:, t] @ W_xh.T + h[:, t] @ W_hh.T)
    direct = rng.normal(size=(batch, steps, hidden))
    alpha, later = np.zeros_like(direct), np.zeros((batch, hidden))
    for t in range(steps, 0, -1):
        received = 0 if bug == "later" else later
        alpha[:, t - 1] = (1 - h[:, t] ** 2) * (direct[:, t - 1] + received)
        later = alpha[:, t - 1] @ (W_hh.T if bug == "transpose" else W_hh)
    return np.concatenate(
        [
            np.einsum("bth,btd->hd", alpha, x),
            np.einsum("bth,btk->hk", alpha, h[:, :-1]),
            alpha.sum(axis=(0, 1))[:, None],
        ],
        axis=1,
    )


@exercise("2.2")
def blind(hides_later, hides_transpose):
    """Sizes (T, H) of a test problem that cannot see a bug in the gradients of the weights."""
    for sizes, bug, name, hint in (
        (hides_later, "later", "hides_later", _("When is there no later step at all?")),
        (
            hides_transpose,
            "transpose",
            "hides_transpose",
            _("Which matrices are their own transpose, whatever their entries?"),
        ),
    ):
        if not isinstance(sizes, tuple | list) or len(sizes) != 2:
            raise Wrong("`{name}` is a pair (steps, hidden), such as (20, 8).", name=name)
        steps, hidden = sizes
        whole = [isinstance(n, int | np.integer) and not isinstance(n, bool) for n in sizes]
        if not all(whole) or not all(1 <= n <= 200 for n in sizes):
            raise Wrong("`{name}` is a pair of whole numbers from 1 to 200.", name=name)
        if bug == "transpose" and steps == 1:
            raise Wrong(
                "With one step the bug is hidden because nothing is handed on at all. "
                "Find sizes with several steps."
            )
        right, faulty = (
            _gradients(np.random.default_rng(22), steps, hidden, b) for b in (None, bug)
        )
        off = np.linalg.norm(right - faulty) / max(np.linalg.norm(right), np.linalg.norm(faulty))
        if off > 1e-10:
            raise Wrong(
                "With {name} = ({steps}, {hidden}) the check sees the bug: a relative error of "
                "{off:.2f}. {hint}",
                name=name,
                steps=steps,
                hidden=hidden,
                off=off,
                hint=hint,
            )
    return _("Right. So test with several steps, several units and no symmetry: it costs nothing.")


@exercise("2.3")
def word_at_each_step(cross_entropy_readout):
    """Cross entropy at each step, and p − one-hot in the place of the miss."""
    rng = np.random.default_rng(23)
    for batch, steps, hidden, classes in ((3, 5, 4, 6), (2, 7, 3, 7), (1, 1, 2, 2)):
        V, c = rng.normal(size=(classes, hidden)), rng.normal(size=classes)
        h = rng.normal(size=(batch, steps + 1, hidden))
        k = rng.integers(0, classes, (batch, steps))
        scores = np.einsum("oh,bth->bto", V, h[:, 1:]) + c
        p = np.exp(scores - scores.max(axis=2, keepdims=True))
        p = p / p.sum(axis=2, keepdims=True)
        one_hot = (k[:, :, None] == np.arange(classes)).astype(float)
        log_p = np.log((p * one_hot).sum(axis=2))
        error, miss = -log_p.sum(), p - one_hot

        answer = call(cross_entropy_readout, V, c, h, k)
        if not isinstance(answer, tuple | list) or len(answer) != 2:
            raise Wrong("The readout returns two things: the error and what replaces the miss.")
        if steps > 1:
            over_time = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
            if same(answer[1], over_time - one_hot):
                raise Wrong("The softmax runs along time: at each *step* the classes add up to 1.")
            if steps != hidden and np.shape(answer[1]) == (batch, steps + 1, classes):
                raise Wrong(
                    "There is one step too many: h[:, 0] is the first state, and has no word."
                )
            if same(answer[1], miss / (batch * steps)) or same(answer[0], error / (batch * steps)):
                raise Wrong("That is the mean over steps and sequences; this E is a sum.")
        early = np.exp(np.einsum("oh,bth->bto", V, h[:, :-1]) + c)
        if same(answer[1], early / early.sum(axis=2, keepdims=True) - one_hot):
            raise Wrong("The words are read one step early: h[:, 0] is the first state, h_0.")
        if same(answer[1], one_hot - p):
            raise Wrong(
                "The sign of the miss is turned: where the right class has p < 1, more of its "
                "score lowers E, so its derivative is negative."
            )
        if same(answer[1], p):
            raise Wrong("p alone is positive everywhere: where does the right class come in?")
        compare_number(
            answer[0],
            error,
            _("the error"),
            tolerance=1e-8 * abs(error),
            hints={-error: _("The error is negative: ln p is negative, and E is minus ln p.")},
        )
        compare(answer[1], miss, _("what replaces the miss"))

    for other, right in ((0.0, 0), (0.0, 1), (999.0, 0)):  # scores 1000 and `other`; two steps
        k = np.full((1, 2), right)
        V = np.array([[1000.0], [other]])
        big = call(cross_entropy_readout, V, np.zeros(2), np.ones((1, 3, 1)), k)
        if not np.isfinite(np.asarray(big[1], dtype=float)).all():
            raise Wrong(
                "With a score of 1000 it is not a number any more: exp(1000) overflows. "
                "A number taken from all scores alike changes no p."
            )
        if not np.isfinite(float(big[0])) and right == 0:
            raise Wrong(
                "With a score of 1000 the other p is rounded to 0, and 0 times ln 0 is not a "
                "number. Write ln p as a difference: a score minus the logarithm of a sum."
            )
        p = 1 / (1 + np.exp(other - 1000))
        log_p = [np.log(p), other - 1000 + np.log(p)][right]
        if abs(float(big[0]) + 2 * log_p) > 1e-8 * max(1, abs(log_p)):
            raise Wrong(
                "Scores of 1000 and {other:g}, and class {right} is right: E of two steps is "
                "{want:.4g}, and not {got:.4g}. Where is p rounded to 0, or a score cut off? ln p "
                "is a difference: a score minus the logarithm of a sum.",
                other=other,
                right=right,
                want=-2 * log_p,
                got=float(big[0]),
            )
        miss = np.tile(np.array([p, 1 - p]) - np.eye(2)[right], (1, 2, 1))
        compare(
            big[1], miss, _("what replaces the miss, for scores of 1000 and {other:g}", other=other)
        )
    return _("Right. Only the miss changes; nothing behind it knows which error was chosen.")


@exercise("2.4")
def recomputed(checkpointed):
    """The full gradient from chunks; the instruments count what is asked for."""
    rng = np.random.default_rng(24)
    for steps, window in ((10, 4), (12, 4), (7, 1), (5, 9), (40, 5)):
        hidden = 3
        W = rng.normal(0, 0.8, (hidden, hidden))
        drive = rng.normal(size=(steps, hidden))
        direct = rng.normal(size=(steps, hidden))
        start = rng.normal(size=hidden)
        asked, given = [], []

        def run(state, first, last, W=W, drive=drive, steps=steps, asked=asked, given=given):
            if not 0 <= first < last <= steps:
                raise Wrong(
                    "`run` was asked for the steps {first} to {last} of a sequence of {steps}: "
                    "`first` is included, `last` is not, and the last chunk may be shorter.",
                    first=first,
                    last=last,
                    steps=steps,
                )
            asked.append(("forward", first, last))
            h = [np.asarray(state, dtype=float)]
            for t in range(first, last):
                h.append(np.tanh(W @ h[-1] + drive[t]))
            h = np.array(h)
            given.append(weakref.ref(h))
            return h

        def back(states, first, last, later, W=W, direct=direct, asked=asked, given=given):
            if np.shape(states) != (last - first + 1, 3):
                raise Wrong(
                    "`back` was given {given} states for the steps {first} to {last}; it needs "
                    "{needed}, the one before them included.",
                    given=len(states),
                    first=first,
                    last=last,
                    needed=last - first + 1,
                )
            alive = [array for array in (ref() for ref in given) if array is not None]
            asked.append(("back", first, last, sum(len(array) for array in alive)))
            gradient = np.zeros_like(W)
            for t in range(last - 1, first - 1, -1):
                alpha = (1 - states[t - first + 1] ** 2) * (direct[t] + later)
                gradient += np.outer(alpha, states[t - first])
                later = alpha @ W
            return gradient, later

        h = run(start, 0, steps)
        want = back(h, 0, steps, np.zeros(hidden))[0]
        truncated = sum(
            back(h[s : s + window + 1], s, min(s + window, steps), np.zeros(hidden))[0]
            for s in range(0, steps, window)
        )
        asked.clear()
        given.clear()
        got = call(checkpointed, run, back, start, steps, window)
        if steps > window and same(got, truncated):
            raise Wrong(
                "That is the truncated gradient: nothing crosses a cut on the way back. "
                "What does the later chunk hand to the earlier one?"
            )
        longest = max((last - first for kind, first, last, *_rest in asked), default=0)
        if longest > window:
            raise Wrong(
                "A call asked for {longest} steps at once where the window is {window}: then all "
                "their states are in memory.",
                longest=longest,
                window=window,
            )
        backs = [first for kind, first, *_rest in asked if kind == "back"]
        if backs and backs != sorted(backs, reverse=True):
            raise Wrong("The chunks go backward in time: the last one first.")
        compare(
            got, want, _("the gradient, T = {steps} and K = {window}", steps=steps, window=window)
        )
        forwards = sum(last - first for kind, first, last, *_rest in asked if kind == "forward")
        if forwards > 2 * steps:
            raise Wrong(
                "{forwards} steps forward for a sequence of {steps}: twice is enough. Keep the "
                "state at each cut on the way forward.",
                forwards=forwards,
                steps=steps,
            )
        if _went_back_without_running(asked):
            raise Wrong(
                "A chunk's states were kept from the way forward: then all states are in memory. "
                "Keep the one at each cut, and run a chunk again when its turn has come."
            )
        most = max((n for kind, *_rest, n in asked if kind == "back"), default=0)
        if most > -(-steps // window) + 2 * (window + 1):
            raise Wrong(
                "{most} states are still in memory for T = {steps} and K = {window}. A slice such "
                "as `states[-1]` keeps the whole array alive: copy the state that you keep.",
                most=most,
                steps=steps,
                window=window,
            )
    return _("Right: the full gradient, no bias, for a second pass forward.")


def _went_back_without_running(asked):
    """Whether a chunk before the last one was not run again since the chunk after it went back."""
    ran, later_chunks = 0, 0
    for kind, first, last, *_rest in asked:
        if kind == "forward":
            ran += last - first
        else:
            if later_chunks and ran < last - first:
                return True
            ran, later_chunks = 0, later_chunks + 1
    return False


@exercise("2.5")
def leaking(leaky_backward):
    """BPTT for h_t = (1 − leak) h_{t−1} + leak · tanh(…), against finite differences."""
    rng = np.random.default_rng(25)
    sizes = ((2, 6, 3, 0.3), (3, 5, 4, 0.7), (2, 4, 3, 1.0), (1, 1, 2, 0.3))
    for batch, steps, hidden, leak in sizes:
        W_hh = rng.normal(0, 0.8, (hidden, hidden))
        drive = rng.normal(size=(batch, steps, hidden))
        direct = rng.normal(size=(batch, steps, hidden))
        start = rng.normal(0, 0.5, (batch, hidden))

        def states(W, h0, drive=drive, leak=leak):
            h, g = [h0], []
            for t in range(drive.shape[1]):
                g.append(np.tanh(h[-1] @ W.T + drive[:, t]))
                h.append((1 - leak) * h[-1] + leak * g[-1])
            return np.stack(h, axis=1), np.stack(g, axis=1)

        def differences(f, at):
            slope = np.zeros_like(at)
            for index in np.ndindex(at.shape):
                move = np.zeros_like(at)
                move[index] = 1e-5
                slope[index] = (f(at + move) - f(at - move)) / 2e-5
            return slope

        def error(W, h0, states=states, direct=direct):
            return np.sum(direct * states(W, h0)[0][:, 1:])

        want_W = differences(lambda W: error(W, start), W_hh)  # noqa: B023 (called at once)
        want_h0 = differences(lambda h0: error(W_hh, h0), start)  # noqa: B023
        h, g = states(W_hh, start)
        answer = call(leaky_backward, W_hh, leak, h, g, direct)
        if not isinstance(answer, tuple | list) or len(answer) != 2:
            raise Wrong("`leaky_backward` returns two arrays: ∂E/∂W_hh and ∂E/∂h_0.")
        if np.shape(answer[0]) == W_hh.shape and steps > 1:
            mistakes = {
                "straight": _(
                    "The straight way is missing: h_{t−1} reaches h_t by the leak as well, past "
                    "the tanh."
                ),
                "slope": _(
                    "The slope of the tanh is 1 − g², with tanh's own value g; h is no tanh any "
                    "more."
                ),
                "leak": _(
                    "The way through the tanh has lost its factor: h_t holds only the share `leak` "
                    "of it."
                ),
                "after": _("In the sum for W_hh stands h_t; it was multiplied with h_{t−1}."),
                "whole": _(
                    "The straight way has lost its factor: h_t keeps only the share 1 − leak of "
                    "h_{t−1}."
                ),
                "alpha": _("Straight on goes a share of δ. α has been through the tanh already."),
                "turned": _("The transpose goes the wrong way: rows are sequences."),
            }
            for mistake, words in mistakes.items():
                if leak < 1 and same(answer[0], _leaky(W_hh, leak, h, g, direct, mistake)[0]):
                    raise Wrong(words)
        if batch > 1 and np.shape(answer[1]) == (hidden,):
            raise Wrong("Each sequence has a first state of its own: do not sum ∂E/∂h_0.")
        compare(answer[0], want_W, "∂E/∂W_hh", rtol=1e-6, atol=1e-8)
        compare(answer[1], want_h0, "∂E/∂h_0", rtol=1e-6, atol=1e-8)
    return _("Right. A second way from state to state, with a factor of its own: keep it in mind.")


def _leaky(W_hh, leak, h, g, direct, mistake):
    """The backward pass of exercise 2.5 with one mistake, to recognise it."""
    later, gradient = np.zeros_like(h[:, 0]), np.zeros_like(W_hh)
    for t in range(direct.shape[1], 0, -1):
        delta = direct[:, t - 1] + later
        slope = 1 - (h[:, t] if mistake == "slope" else g[:, t - 1]) ** 2
        alpha = (1 if mistake == "leak" else leak) * slope * delta
        gradient += alpha.T @ h[:, t if mistake == "after" else t - 1]
        later = alpha @ (W_hh.T if mistake == "turned" else W_hh)
        if mistake != "straight":
            kept = alpha if mistake == "alpha" else delta
            later = later + (1.0 if mistake == "whole" else 1 - leak) * kept
    return gradient, later


@exercise("2.6")
def past_the_tanh(alphas, because):
    """α_t of a layer; the planted bug leads the direct part past the tanh."""
    rng = np.random.default_rng(26)
    for batch, steps, hidden in ((1, 1, 2), (2, 5, 3), (3, 4, 4)):
        W_hh = rng.normal(0, 0.8, (hidden, hidden))
        h = np.tanh(rng.normal(0, 1.2, (batch, steps + 1, hidden)))
        direct = rng.normal(size=(batch, steps, hidden))
        want, planted, past = (np.zeros_like(direct) for each in range(3))
        later = np.zeros((3, batch, hidden))
        for t in range(steps - 1, -1, -1):
            slope = 1 - h[:, t + 1] ** 2
            want[:, t] = slope * direct[:, t] + slope * later[0]
            planted[:, t] = slope * later[1] + direct[:, t]
            past[:, t] = slope * direct[:, t] + later[2]
            for k, alpha in enumerate((want, planted, past)):
                later[k] = np.einsum("bh,hk->bk", alpha[:, t], W_hh)
        got = call(alphas, W_hh, h, direct)
        if same(got, planted):
            raise Wrong(
                "At the last step α equals the direct derivative, whatever the state is. "
                "Work that step out by hand, for a state of 0.99."
            )
        if steps > 1 and same(got, past):
            raise Wrong("Now the later step's share goes past the tanh instead.")
        if steps > 1 and same(got, _alphas(W_hh, h[:, 1:], direct, range(steps))):
            raise Wrong("The loop runs forward in time: what comes from later is not there yet.")
        if same(got, _alphas(W_hh, h[:, :-1], direct, range(steps - 1, -1, -1))):
            raise Wrong("The slope is taken one step early: h[:, 0] is the first state, h_0.")
        compare(got, want, _("the array of α"), time_axis=1)
    explanation(
        because,
        "b",
        {
            "a": _(
                "With the transpose the right way or the wrong, the last step would be right: "
                "nothing has been handed on there yet. And it is wrong already."
            ),
            "c": _("The later step's share does go through the slope. Look at the other summand."),
            "d": _(
                "1 + h² would hide behind small states as well. But at the last step the planted α "
                "is the direct derivative itself: no slope stands there, with either sign."
            ),
        },
    )
    return _(
        "Right. Both shares arrive at h_t, and from h_t every way down leads through the tanh."
    )


def _alphas(W_hh, h, direct, order):
    """α for states h that belong to the same steps as `direct`, in a given order of steps."""
    alpha, later = np.zeros_like(direct), 0.0
    for t in order:
        alpha[:, t] = (1 - h[:, t] ** 2) * (direct[:, t] + later)
        later = alpha[:, t] @ W_hh
    return alpha


@exercise("2.7")
def cuts_at_random(results, baseline):
    """Mean squared error at the end of training, one number a seed; guessing zero has 1."""
    said = check_study(
        results, baseline=baseline, at_least=3, bounds=(0, 1e6), higher_is_better=False
    )
    for name, scores in results.items():
        if min(scores) < 1e-9:
            raise Wrong(
                "The error of {name!r} is zero to nine digits, which no such network reaches: is "
                "the target an input?",
                name=name,
            )
        if min(scores) > 3:
            raise Wrong(
                "{name!r} is far worse than a guess of zero, which scores 1: is it still learning, "
                "or is its step size too long?",
                name=name,
            )
    return said
