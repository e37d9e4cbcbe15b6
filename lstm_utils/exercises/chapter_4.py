"""The checks of chapter 4's exercises."""

import numpy as np

from lstm_utils.cells import LSTMParameters, lstm_forward, sigmoid
from lstm_utils.exercises.checking import Nothing, Wrong, call, exercise
from lstm_utils.exercises.comparing import compare, compare_number, explanation, raise_if_slip
from lstm_utils.exercises.studies import check_study
from lstm_utils.messages import translate as _


def _pair(result, names):
    """The parts of a result that should be a tuple, or Wrong."""
    if result is None:
        raise Wrong("Your function returns nothing. Return {names}.", names=", ".join(names))
    asked = {"count": len(names), "names": ", ".join(names)}
    if not isinstance(result, (tuple, list)):
        raise Wrong("Return {count} things, {names}; yours returns one thing.", **asked)
    if len(result) != len(names):
        had = len(result)
        raise Wrong("Return {count} things, {names}; yours returns {had} things.", had=had, **asked)
    return result


@exercise("4.1")
def half_life(half_life_gate, half_life_bias):
    """The gate that halves a memory in 100 steps, and its bias."""
    f = 0.5 ** (1 / 100)
    compare_number(
        half_life_gate,
        f,
        _("the gate"),
        tolerance=1e-5,
        hints={
            0.99: _(
                "After 1 / (1 - f) = 100 steps a memory is at 1/e = 37 %, not at a half: that is "
                "the time constant, not the half-life."
            ),
            np.exp(-1 / 100): _(
                "That gate reaches 1/e after 100 steps: the time constant, not the half-life."
            ),
            0.993: _(
                "The right size, and three digits are too few: 0.993 ** 100 is 0.495. Give five, "
                "or a formula."
            ),
            0.5 ** (1 / 99): _(
                "That halves the memory in 99 steps. The gate acts a hundred times."
            ),
            0.5: _("That halves the memory in one step. The gate acts a hundred times."),
            0.005: _("A gate is the fraction kept at each step, and fractions multiply."),
            0.995: _(
                "You shared the half out evenly (0.5 / 100 a step), but the steps multiply: 0.995 "
                "** 100 is 0.61."
            ),
            1 - f: _("That is the share forgotten at a step. A gate is the fraction kept."),
            1 - np.log(2) / 100: _(
                "Very near: 1 - ln(2) / n is what 0.5 ** (1 / n) approaches for large n. The power "
                "itself is asked for."
            ),
        },
    )
    compare_number(
        half_life_bias,
        np.log(f / (1 - f)),
        _("the bias"),
        tolerance=5e-3,
        hints={
            f: _("That is the gate itself. The bias goes through the sigmoid first."),
            sigmoid(f): _("You took the sigmoid of the gate. Which number's sigmoid is the gate?"),
            -np.log(f / (1 - f)): _("The sign: sigmoid of this number is the share forgotten."),
            np.log(f): _(
                "The inverse of the exponential is not the inverse of the sigmoid: solve f = 1 / "
                "(1 + exp(-b)) for b."
            ),
            np.log10(f / (1 - f)): _("Take the natural logarithm: the sigmoid is made with exp."),
        },
    )
    return _(
        "Right. The gate has to stand within a hundredth of 1, and a bias of 1 or 2 is far from "
        "enough."
    )


@exercise("4.2")
def counts(lstm_in_keras, lstm_in_torch, gru_in_torch):
    """Parameters for 8 inputs and 16 hidden units."""
    D, H = 8, 16
    one = H * (H + D) + H
    compare_number(
        lstm_in_keras,
        4 * one,
        _("the LSTM in Keras"),
        tolerance=0.5,
        hints={
            one: _("That is one of the four layers."),
            3 * one: _("That counts three gates; the candidate is a layer with weights, too."),
            4 * H * (H + D): _("The biases are missing."),
            4 * (H * D + H): _("The weights that look at the hidden state are missing."),
            4 * (H * H + H): _("The weights that look at the input are missing."),
            4 * one + 4 * H: _("That is PyTorch's count: how many biases has a Keras layer?"),
            4 * (D * (D + H) + D): _("Inputs and hidden units have changed places."),
        },
    )
    compare_number(
        lstm_in_torch,
        4 * one + 4 * H,
        _("the LSTM in PyTorch"),
        tolerance=0.5,
        hints={
            4 * one: _("PyTorch has something that Keras has not: look at its biases."),
            8 * one: _("Only the biases are there twice, not the weights."),
            4 * one + H: _("Each of the four layers has a second bias."),
        },
    )
    compare_number(
        gru_in_torch,
        3 * (one + H),
        _("the GRU in PyTorch"),
        tolerance=0.5,
        hints={
            3 * one: _("PyTorch's GRU has two biases for each layer, too."),
            2 * (one + H): _("Two gates, and one layer more: what proposes the new state?"),
            4 * (one + H): _("That is the LSTM again. How many layers has a GRU?"),
        },
    )
    return _("Right. The length of the sequence plays no part: every step uses the same weights.")


@exercise("4.3")
def two_biases(with_sgd, with_adam):
    """How far the sum of PyTorch's two forget biases moves in one step."""
    compare_number(
        with_sgd,
        -0.08,
        _("the step of gradient descent"),
        tolerance=1e-4,
        hints={
            -0.04: _("That is how far one bias moves. Both do, and the question is about the sum."),
            0.08: _("The sign: gradient descent goes against the gradient."),
            0.04: _(
                "That is one bias, and in the direction of the gradient rather than against it."
            ),
            -0.02: _(
                "You shared the gradient between the biases. A sum passes its whole gradient on to "
                "each of its terms."
            ),
            -0.8: _("The step size is missing: 0.1 times the gradient is what one bias moves."),
        },
    )
    compare_number(
        with_adam,
        -0.2,
        _("Adam's first step"),
        tolerance=1e-4,
        hints={
            -0.1: _("That is how far one bias moves. Both do."),
            0.2: _("The sign: Adam, too, goes against the gradient."),
            -0.08: _("Adam's first step does not depend on the gradient's size."),
            -0.04: _(
                "Adam's first step does not depend on the gradient's size, and both biases move."
            ),
        },
    )
    return _("Right. Two biases are one number learned at twice the speed, with either method.")


def _torch_state(rng, D, H):
    """Weights in PyTorch's arrangement, gates i f g o, both biases filled."""
    return {
        "weight_ih_l0": rng.normal(size=(4 * H, D)),
        "weight_hh_l0": rng.normal(size=(4 * H, H)),
        "bias_ih_l0": rng.normal(size=4 * H),
        "bias_hh_l0": rng.normal(size=4 * H),
    }


@exercise("4.4")
def one_step(torch_step):
    """One LSTM step from weights in PyTorch's arrangement: (h_new, c_new)."""
    rng = np.random.default_rng(44)
    for batch, D, H in ((3, 2, 4), (1, 3, 3), (2, 1, 1)):
        weights = list(_torch_state(rng, D, H).values())
        W_ih, W_hh, b_ih, b_hh = weights
        x, h, c = rng.normal(size=(batch, D)), *rng.normal(size=(2, batch, H))
        h_got, c_got = _pair(call(torch_step, *weights, x, h, c), ("h_new", "c_new"))

        def step(z, order="ifgo", candidate=np.tanh, out=np.tanh, c=c):
            parts = dict(zip(order, np.split(z, 4, axis=1), strict=True))
            c_new = sigmoid(parts["f"]) * c + sigmoid(parts["i"]) * candidate(parts["g"])
            return sigmoid(parts["o"]) * out(c_new), c_new

        z = x @ W_ih.T + h @ W_hh.T + b_ih + b_hh
        h_new, c_new = step(z)
        f, i = (sigmoid(np.split(z, 4, axis=1)[k]) for k in (1, 0))
        g = np.tanh(np.split(z, 4, axis=1)[2])
        course = _(
            "The gates are cut in this course's order (f first). PyTorch's order is another one."
        )
        raise_if_slip(
            c_got,
            {
                course: step(z, "figo")[1],
                _(
                    "Candidate and output gate have changed places: which block goes through the "
                    "tanh?"
                ): step(z, "ifog")[1],
                _("One of PyTorch's two biases is missing."): step(z - b_hh)[1],
                _("One of PyTorch's two biases is missing: b_ih."): step(z - b_ih)[1],
                _(
                    "The candidate may be negative, so its layer ends in a tanh, not in a sigmoid."
                ): step(z, candidate=sigmoid)[1],
                _("The old hidden state is not used: each layer looks at h and at x."): (
                    step(z - h @ W_hh.T)[1]
                ),
                _("You multiply the memory by 1 - f. A gate is the fraction kept."): (
                    (1 - f) * c + i * g
                ),
                _("The input gate is missing: how much of the candidate counts?"): f * c + g,
                _(
                    "You return c_new where h_new belongs, and the other way round: h_new comes "
                    "first."
                ): h_new,
            },
        )
        compare(c_got, c_new, _("the new cell state"))
        raise_if_slip(
            h_got,
            {
                _(
                    "The new h is the output gate times the memory itself; before the gate the "
                    "memory goes through a tanh."
                ): step(z, out=lambda c_new: c_new)[0],
                _(
                    "The new h is made of the old cell state: the output gate looks at the new one."
                ): sigmoid(np.split(z, 4, axis=1)[3]) * np.tanh(c),
                _("Your h_new is tanh(c_new): the output gate is missing."): np.tanh(c_new),
            },
        )
        compare(h_got, h_new, _("the new hidden state"))
    return _(
        "Right: the numbers of torch.nn.LSTM, from four blocks in its own order and both its "
        "biases."
    )


@exercise("4.5")
def counter(counter_W, counter_b):
    """Weights of a one-unit LSTM whose cell state counts ones."""
    if counter_W is None or counter_b is None:
        raise Nothing("There is no counter_W, or no counter_b.")
    W, b = (np.asarray(a, dtype=np.float64) for a in (counter_W, counter_b))
    if W.shape != (4, 2):
        words = _(
            "counter_W has shape {shape} and should have (4, 2): a row for each layer, and the "
            "columns h and x.",
            shape=W.shape,
        )
        if W.shape == (2, 4):
            words += " " + _("Yours is transposed.")
        raise Wrong(words)
    if b.shape != (4,):
        raise Wrong(
            "counter_b has shape {shape} and should have (4,): one number for each layer.",
            shape=b.shape,
        )
    if not (np.isfinite(W).all() and np.isfinite(b).all()):
        raise Wrong("There is an infinity or a NaN among your weights: 10 or 20 is large enough.")

    def count(bits, W=W, b=b):
        x = np.asarray(bits, dtype=np.float64)[None, :, None]
        return lstm_forward(LSTMParameters(W, b), x).c[0, 1:, 0]

    bits = np.r_[np.ones(20), np.zeros(20), np.random.default_rng(45).integers(0, 2, 60)]

    def worst(W, b):
        return np.abs(count(bits, W, b) - bits.cumsum()).max()

    if worst(W, b) > 0.25:
        in_pytorch = [1, 0, 2, 3]
        if worst(W[:, ::-1], b) <= 0.25:
            raise Wrong("The columns have changed places: the first is h's, the second x's.")
        if worst(W[in_pytorch], b[in_pytorch]) <= 0.25:
            raise Wrong("The rows stand in PyTorch's order. Here they are f, i, g, o.")

    zeros, ones = count(np.zeros(20)), count(np.ones(20))
    if abs(zeros[-1]) > 0.05:
        raise Wrong(
            "After twenty zeros the counter stands at {count:.2f}: something is let in although "
            "there is nothing to count. Which gate should be shut then?",
            count=zeros[-1],
        )
    if ones[0] < -0.05:
        raise Wrong("A one makes your counter fall: look at the candidate's sign.")
    if ones[0] < 0.05:
        raise Wrong("The first one leaves the counter at 0: which gate lets it in?")
    if abs(ones[0] - 1) > 0.02:
        raise Wrong(
            "The first one counts {count:.2f}. It should count 1: the input gate wide open, and "
            "the candidate near 1, which takes a large argument.",
            count=ones[0],
        )
    at_zero, at_one = sigmoid(b[0]), sigmoid(b[0] + W[0, 1])
    if at_one < 0.5 < at_zero:
        raise Wrong(
            "A one shuts the forget gate, so the counter begins anew with each: that is the "
            "chapter's register, which replaces. A counter adds to what it has."
        )
    held = count([1] + [0] * 19)[-1]
    if held > 1.05:
        raise Wrong(
            "One 1 and then nineteen zeros: the counter has gone on from 1 to {held:.2f} although "
            "nothing came in. Does a layer of yours look at h?",
            held=held,
        )
    if held < 0.95:
        raise Wrong(
            "One 1 and then nineteen zeros: the counter has gone from 1 to {held:.2f}. What keeps "
            "the memory is the forget gate, and it should be wide open whatever comes in.",
            held=held,
        )
    if abs(ones[-1] - 20) > 0.1:
        counted = _("Twenty ones in a row are counted as {count:.2f}.", count=ones[-1])
        if W[:, 0].any():
            raise Wrong(
                "{counted} The first one was right: does a layer of yours look at h?",
                counted=counted,
            )
        if abs(ones[-1] - 20 * ones[0]) < 0.05:
            raise Wrong(
                "{counted} Each one counts {count:.3f}: bring the candidate, or the input gate, "
                "nearer to 1.",
                counted=counted,
                count=ones[0],
            )
        raise Wrong(
            "{counted} The forget gate leaks while ones come in: open it wider.", counted=counted
        )
    if worst(W, b) > 0.25:
        raise Wrong(
            "Over a hundred mixed steps the counter is off by up to {off:.2f}.", off=worst(W, b)
        )
    if np.allclose(W[3], 0) and b[3] > 0:
        return _("Right: it counts. Look at h now: from three ones on it hardly changes.")
    return _("Right: it counts. Look at h now: what does your output gate let out of it?")


@exercise("4.6")
def weights_for_keras(for_keras):
    """PyTorch's LSTM weights as Keras's three arrays."""
    rng = np.random.default_rng(46)
    for D, H in ((2, 3), (3, 2), (4, 4)):
        state = _torch_state(rng, D, H)
        got = _pair(call(for_keras, dict(state)), ("kernel", "recurrent_kernel", "bias"))

        def swapped(rows):
            i, f, g, o = np.split(rows, 4)
            return np.concatenate([f, i, g, o])

        W_x, W_h, b_ih, b_hh = state.values()
        swap = _(
            "The blocks of forget and input gate have changed places. That is needed from this "
            "course's order; compare PyTorch's with Keras's in the table."
        )
        axes = _(
            "The shapes are right and the axes are not: reshape keeps the numbers in their order. "
            "Keras computes x @ kernel, PyTorch W @ x."
        )
        raise_if_slip(got[0], {swap: swapped(W_x).T, axes: W_x.reshape(D, 4 * H)})
        if np.shape(got[0]) == (H, 4 * H) and np.shape(got[1]) == (D, 4 * H) and D != H:
            raise Wrong(
                "The matrix for the input comes first in Keras, then the one for the hidden state."
            )
        compare(got[0], W_x.T, _("the kernel"))
        raise_if_slip(got[1], {swap: swapped(W_h).T, axes: W_h.reshape(H, 4 * H)})
        compare(got[1], W_h.T, _("the recurrent kernel"))
        raise_if_slip(
            got[2],
            {
                swap: swapped(b_ih + b_hh),
                _("One of PyTorch's two biases is lost. What does PyTorch do with the pair?"): b_ih,
                _("One of PyTorch's two biases is lost: b_ih."): b_hh,
                _("You took the mean of the two biases. What does PyTorch do with the pair?"): (
                    (b_ih + b_hh) / 2
                ),
            },
        )
        compare(got[2], b_ih + b_hh, _("the bias"))
    return _("Right. The order is the same; what differs is the axes and the number of biases.")


@exercise("4.7")
def tied_cell(tied_back):
    """The gradients (dz_f, dz_g, dc_before) of the cell with tied gates."""
    rng = np.random.default_rng(47)
    for shape in ((3, 4), (1, 1)):
        c, z_f, z_g, dc = rng.normal(size=(4, *shape))
        f, g = sigmoid(z_f), np.tanh(z_g)
        got = _pair(call(tied_back, c, f, g, dc), ("dz_f", "dz_g", "dc_before"))

        def forward(c, z_f, z_g):
            f = sigmoid(z_f)
            return f * c + (1 - f) * np.tanh(z_g)

        def slope(k, values=(c, z_f, z_g), step=1e-5):
            """The derivative by the k-th argument, by central differences, element by element."""
            above, below = list(values), list(values)
            above[k], below[k] = values[k] + step, values[k] - step
            return (forward(*above) - forward(*below)) / (2 * step)

        want = [dc * slope(k) for k in (1, 2, 0)]
        raise_if_slip(
            got[0],
            {
                _(
                    "In this cell f stands in two places, and you followed only one: the share "
                    "through 1 - f is missing."
                ): dc * c * f * (1 - f),
                _(
                    "The two shares of f are added where one of them has a minus: differentiate 1 "
                    "- f."
                ): dc * (c + g) * f * (1 - f),
                _("Your dz_f stops at the gate: the sigmoid's own slope is missing."): dc * (c - g),
                _(
                    "The sign of dz_f is turned round: which of memory and candidate does a larger "
                    "f favour?"
                ): -dc * (c - g) * f * (1 - f),
            },
        )
        compare(got[0], want[0], _("the gradient dz_f"), rtol=1e-5, atol=1e-7)
        raise_if_slip(
            got[1],
            {
                _("Your dz_g is multiplied by f. What multiplies g in this cell?"): (
                    dc * f * (1 - g**2)
                ),
                _("Your dz_g stops at the candidate: the tanh's own slope is missing."): dc
                * (1 - f),
                _("You used the sigmoid's slope for the candidate, which is a tanh."): (
                    dc * (1 - f) * g * (1 - g)
                ),
                _("What multiplies g in this cell is missing from dz_g."): dc * (1 - g**2),
            },
        )
        compare(got[1], want[1], _("the gradient dz_g"), rtol=1e-5, atol=1e-7)
        raise_if_slip(
            got[2],
            {
                _(
                    "Your dc_before is dc itself: what is the old memory multiplied by on its way?"
                ): dc,
                _("Your dc_before is multiplied by the share forgotten."): dc * (1 - f),
            },
        )
        compare(got[2], want[2], _("the gradient dc_before"), rtol=1e-5, atol=1e-7)
    return _(
        "Right. Where memory and candidate agree dz_f is 0: the gate has nothing to learn there."
    )


@exercise("4.8")
def state_passed_on(read, because):
    """Reading in two parts must give what reading in one go gives."""
    rng = np.random.default_rng(48)
    H, D = 4, 2
    params = LSTMParameters(rng.normal(size=(4 * H, H + D)), rng.normal(size=4 * H))
    for batch in (3, 1):
        x = rng.normal(size=(batch, 9, D))
        whole = lstm_forward(params, x)

        def outputs_and_state(*args):
            outputs, state = _pair(call(read, *args), ("outputs", "(h, c)"))
            return outputs, _pair(state, ("h", "c"))

        outputs, state = outputs_and_state(params, x)
        compare(outputs, whole.h[:, 1:], _("the outputs without a state"), time_axis=1)
        compare(state[0], whole.h[:, -1], _("the last h"))
        compare(state[1], whole.c[:, -1], _("the last c"))
        for cut in (4, 1, 8):
            h, c = whole.h[:, cut].copy(), whole.c[:, cut].copy()
            outputs, last = outputs_and_state(params, x[:, cut:], (h, c))
            none = np.zeros_like(h)
            starts = {
                _(
                    "The second part starts from zeros, whatever state it is handed: reading in "
                    "two parts is not reading in one go. Print h and c before the loop."
                ): (none, none),
                _("The second part gets the old h, but its cell state starts from zeros."): (
                    h,
                    none,
                ),
                _("The second part gets the old c, but its hidden state starts from zeros."): (
                    none,
                    c,
                ),
                _("The states h and c have changed places on the way in."): (c, h),
                _("One of the two states is used for both."): (h, h),
                _("One of the two states is used for both, c."): (c, c),
            }
            raise_if_slip(
                outputs,
                {
                    message: lstm_forward(params, x[:, cut:], *start).h[:, 1:]
                    for message, start in starts.items()
                },
            )
            compare(
                outputs, whole.h[:, cut + 1 :], _("the outputs of the second part"), time_axis=1
            )
            compare(last[1], whole.c[:, -1], _("the last c of the second part"))
    explanation(
        because,
        "b",
        {
            "a": _(
                "The two do share one array of zeros, and that does no harm: the loop binds both "
                "names to new arrays and writes into none."
            ),
            "c": _("The loop uses both; follow what they are before it starts."),
            "d": _(
                "The order (h, c) is the same at both ends. Is the state looked at in the first "
                "place?"
            ),
        },
    )
    return _("Right. Hand a function a state in its test, too: from zeros both versions agree.")


@exercise("4.9")
def open_the_gate(open_forget_gate, because):
    """Set the forget bias of a torch.nn.LSTM, and nothing else."""
    import torch

    for D, H, bias in ((3, 4, 1.0), (2, 5, 3.0)):
        torch.manual_seed(H)
        layer = torch.nn.LSTM(D, H, batch_first=True, dtype=torch.float64)
        before = {name: p.detach().clone().numpy() for name, p in layer.named_parameters()}
        call(open_forget_gate, layer, bias)
        after = {name: p.detach().numpy() for name, p in layer.named_parameters()}
        for name in ("weight_ih_l0", "weight_hh_l0"):
            if not np.array_equal(before[name], after[name]):
                raise Wrong(
                    "{name} has changed: the exercise is about the biases alone.", name=name
                )
        was, now = (s["bias_ih_l0"] + s["bias_hh_l0"] for s in (before, after))
        others = {
            0: _("The bias of the input gate has changed."),
            2: _("The bias of the candidate has changed."),
            3: _("The bias of the output gate has changed."),
        }
        blocks = [slice(k * H, (k + 1) * H) for k in range(4)]
        for k, changed in others.items():
            if not np.allclose(was[blocks[k]], now[blocks[k]]):
                biases = ("bias_ih_l0", "bias_hh_l0")
                kept = [(before[n][blocks[k]] == after[n][blocks[k]]).all() for n in biases]
                zero = [not after[n].any() for n in biases]
                if sum(kept) == sum(zero) == 1:
                    raise Wrong(
                        "One of the two biases is zero from end to end, so the other gates have "
                        "lost their part of it. Leave their quarters as they were."
                    )
                order = _("In which order does PyTorch keep its gates?")
                if np.allclose(was[blocks[1]], now[blocks[1]]):
                    order = _("The forget gate's is as it was.") + " " + order
                raise Wrong(f"{changed} {order}")
        forget = now[blocks[1]]
        if np.allclose(forget, was[blocks[1]]):
            raise Wrong("The forget gate's bias is as it was.")
        if np.allclose(forget, 2 * bias):
            raise Wrong(
                "The forget gate is open too far: you asked for a bias of {bias:g}, and the gate "
                "sees {seen:g}. What does PyTorch do with its two biases?",
                bias=bias,
                seen=forget[0],
            )
        if not np.allclose(forget, bias) and np.ptp(forget) > 1e-9:
            raise Wrong(
                "The gate should see a bias of {bias:g} and sees {seen:.2f}, another number for "
                "each unit: one of the two biases still holds its random start.",
                bias=bias,
                seen=forget[0],
            )
        if not np.allclose(forget, bias):
            raise Wrong(
                "The gate should see a bias of {bias:g} and sees {seen:g}.",
                bias=bias,
                seen=forget[0],
            )
    explanation(
        because,
        "c",
        {
            "a": _(
                "A name that doesn't exist or a wrong length would raise an error; here every "
                "shape fits, which is what makes the mistake so quiet."
            ),
            "b": _(
                "Training can move every bias, but nothing says that it goes where you meant it."
            ),
            "d": _("A loss can fall with the wrong gate open, and it does not say which one is."),
        },
    )
    return _("Right. The second block, and the two biases together make the number.")


@exercise("4.10")
def study(results, *, baseline):
    """Test errors of gated cells of about the same size on the register task."""
    check_study(
        results,
        baseline=baseline,
        bounds=(0.0, np.inf),
        higher_is_better=False,
        too_good=1e-7,
    )
    usual = {name: float(np.median(scores)) for name, scores in results.items()}
    # A value is uniform on (-1, 1), mean square 1/3, and is asked for at three steps of ten.
    if abs(usual[baseline] - 0.1) > 0.02:
        raise Wrong(
            "{baseline!r} scores {score:.3g}. A network that always says zero has the mean square "
            "of the targets as its error, and on this task that is another number.",
            baseline=baseline,
            score=usual[baseline],
        )
    best = min(usual, key=usual.get)
    if best == baseline:
        raise Wrong(
            "No variant is better than {baseline!r}, so this tells nothing about the cells: they "
            "have not learned the task. Train longer, or change the step size.",
            baseline=baseline,
        )
    return _(
        "A study that can be read; {best!r} has the lowest median. Put the number of parameters "
        "beside each, and say what it does not show: would other seeds, or twice the updates, "
        "change the order?",
        best=best,
    )
