"""The checks of chapter 5's exercises."""

import math

import numpy as np

from lstm_utils.exercises.checking import Wrong, call, exercise
from lstm_utils.exercises.comparing import compare, compare_number, explanation
from lstm_utils.exercises.studies import check_study
from lstm_utils.messages import translate as _
from lstm_utils.models.marked_product import CONSTANT_GUESS_MSE, share_within


@exercise("5.1")
def fairer_width(units):
    """The least width of two plain layers with at least the parameters of two LSTM layers of 30."""
    one_layer = _(
        "That is for one plain layer. The network has two, and the second reads H numbers."
    )
    compare_number(
        units,
        61,
        _("the number of units"),
        tolerance=0.01,
        hints={
            60: _("60 units own 11,101 parameters, a little less than 11,311: one more."),
            120: _("Four times the units is too much: most weights stand in squares, H times H."),
            15: _("Fewer units have fewer parameters. It is the plain network that has to grow."),
            105: one_layer,
            106: one_layer,
            62: _("62 units do, and 61 do as well: you are asked for the least."),
        },
    )
    return _("Right. Twice the width makes four times the squares, and the squares are nearly all.")


@exercise("5.2")
def more_numbers(score):
    """The variance of the product of three independent uniform numbers."""
    compare_number(
        score,
        3.0**-3 - 4.0**-3,
        _("the mean squared error"),
        tolerance=5e-5,
        hints={
            7 / 144: _("That is the score for two numbers. Do the same with three factors."),
            1 / 27: _("That is E[P²]. The variance has (E[P])² taken away."),
            1 / 27 - 1 / 8: _("E[P] = 1/8 has to be squared; a variance is never negative."),
            12.0**-3: _("The variance of a product is not the product of the variances."),
            1 / 8: _("That is the best constant guess, not what it scores."),
            math.sqrt(3.0**-3 - 4.0**-3): _("That is its root. The score is a mean of squares."),
        },
    )
    return _(
        "Right. Less than half of 7/144: a small loss may be the task's and not the network's."
    )


@exercise("5.3")
def forget_bias(bias):
    """The forget bias whose gate, to the power of 100, is one half."""
    gate = 2.0**-0.01
    compare_number(
        bias,
        math.log(gate / (1 - gate)),
        _("the forget bias"),
        tolerance=0.02,
        hints={
            gate: _("That is the gate. Which bias does the sigmoid turn into it?"),
            math.log((1 - gate) / gate): _(
                "The sign: a gate that is nearly open has a positive bias."
            ),
            math.log(gate): _(
                "That is the logarithm of the gate; the inverse of a sigmoid has two terms."
            ),
            5.0: _("Nearly. Give two decimals."),
            0.0: _(
                "A bias of 0 opens the gate by half at each step. Half is to be left after 100."
            ),
            -math.log(2 ** (1 / 25) - 1): _("That is for 25 steps."),
        },
    )
    return _(
        "Right. A gate of 0.993: with Keras's start at 1, it is 0.731, and 0.731¹⁰⁰ is 2.5e-14."
    )


def _arrays(got):
    if not isinstance(got, tuple | list) or len(got) != 2:
        raise Wrong("Give back two arrays, x and y: `return x, y`.")
    return [np.asarray(part) for part in got]


def _well_mixed(first, second, values):
    """Wrong where places or values (4000, 10) are not drawn as the exercise asks."""
    n, half = len(values), values.shape[1] // 2
    for mark, places, low in (
        (_("the first mark"), first, 0),
        (_("the second mark"), second, half),
    ):
        met = np.unique(places)
        if len(met) == 1:
            raise Wrong(
                "{mark} stands at the same step in all sequences: draw one each.", mark=mark
            )
        if missing := sorted(set(range(low, low + half)) - set(met.tolist())):
            raise Wrong(
                "In 4,000 sequences of 10 {mark} never stands at step {step} (counted from 0). "
                "Which end does `integers` leave out?",
                mark=mark,
                step=missing[0],
            )
        share = np.bincount(places - low, minlength=half) / n
        if np.abs(share - 1 / half).max() > 0.04:
            raise Wrong("{mark} prefers some steps to others: each should be as likely.", mark=mark)
    if abs(np.corrcoef(first, second)[0, 1]) > 0.1:
        raise Wrong("The second mark can be told from the first: draw it by itself.")
    if len(np.unique(values[:, 0])) < n / 2:
        raise Wrong("Sequences repeat the same values: draw n rows of them.")
    if np.abs(np.corrcoef(values.T) - np.eye(2 * half)).max() > 0.1:
        raise Wrong("The values of a sequence hang together: draw one for each step by itself.")
    if np.abs(np.sort(values.ravel()) - np.linspace(0, 1, values.size)).max() > 0.02:
        raise Wrong("The values crowd: between 0 and 1 each should be as likely. See `rng.random`.")


@exercise("5.4")
def marked_halves(answer):
    """Examples (n, length, 2) and products (n,) with one mark in either half."""
    for n, length in ((5, 6), (4000, 10), (1, 2)):
        half = length // 2
        x, y = _arrays(call(answer, n, length, np.random.default_rng(3)))
        if x.shape != (n, length, 2):
            raise Wrong(
                "The inputs have the shape {got} and should have {want}.",
                got=x.shape,
                want=(n, length, 2),
            )
        if y.shape != (n,):
            raise Wrong(
                "The products have the shape {got} and should have {want}: one a sequence.",
                got=y.shape,
                want=(n,),
            )
        for what, array in ((_("the inputs"), x), (_("the products"), y)):
            if array.dtype != np.float32:
                raise Wrong(
                    "{what} are {dtype}; TensorFlow's layers want float32.",
                    what=what,
                    dtype=array.dtype,
                )
        marks, values = x[:, :, 0], x[:, :, 1]
        if not np.isin(marks, (0, 1)).all():
            if np.isin(values, (0, 1)).all():
                raise Wrong("Marks and values have changed places: the marks come first.")
            raise Wrong("A mark is 1 or 0, and x[:, :, 0] holds other numbers.")
        if (marks.sum(axis=1) != 2).any():
            count = marks.sum(axis=1)
            row = int(np.flatnonzero(count != 2)[0])
            raise Wrong(
                "Sequence {row} has {count:.0f} marks instead of two.", row=row, count=count[row]
            )
        odd = int((marks[:, :half].sum(axis=1) != 1).sum())
        if odd:
            raise Wrong("{odd} of {n} sequences have both marks in the same half.", odd=odd, n=n)
        if (values < 0).any() or (values > 1).any():
            raise Wrong("Values lie between 0 and 1.")
        first, second = marks[:, :half].argmax(axis=1), half + marks[:, half:].argmax(axis=1)
        rows = np.arange(n)
        a, b = values[rows, first], values[rows, second]
        if not np.allclose(y, a * b, atol=1e-6):
            if np.allclose(y, a + b, atol=1e-6):
                raise Wrong("These are the sums of the marked values. The task asks for products.")
            raise Wrong("Not every y is the product of the values under the two marks.")
        if n == 4000:
            _well_mixed(first, second, values)
    x, again, other = (
        _arrays(call(answer, 40, 10, np.random.default_rng(seed)))[0] for seed in (3, 3, 4)
    )
    if not np.array_equal(x, again):
        raise Wrong(
            "The same generator gives other examples the second time: draw from `rng` alone."
        )
    if np.array_equal(x, other):
        raise Wrong(
            "Another generator gives the same examples: draw from `rng`, not from your own."
        )
    return _(
        "Right. The second number has to be waited for at least one step, and at most for all but "
        "one."
    )


def _best_share(y, tolerance):
    """The largest share of y in any open window of twice the tolerance, and where that begins."""
    y = np.sort(y)
    inside = np.searchsorted(y, y + 2 * tolerance, side="left") - np.arange(len(y))
    return float(inside.max() / len(y)), y[inside.argmax()]


@exercise("5.5")
def most_often_right(answer):
    """A constant that is within the tolerance of as many answers as any."""
    rng = np.random.default_rng(55)
    products = rng.random((4000, 2)).prod(axis=1)
    two_heaps = np.concatenate([rng.uniform(0.3, 0.5, 900), rng.uniform(0.7, 0.75, 700)])
    high = 1 - products
    cases = ((products, 0.04), (high, 0.04), (two_heaps, 0.04), (products[:500], 0.1))
    for y, tolerance in cases:
        got = call(answer, y, tolerance)
        if got is None or np.size(got) != 1:
            raise Wrong("Give back one number, the constant.")
        constant = float(np.asarray(got).item())
        if not math.isfinite(constant):
            raise Wrong("The constant is not a number.")
        share = share_within(np.full(len(y), constant), y, tolerance)
        best, left_end = _best_share(y, tolerance)
        if share >= best - 0.006:
            continue
        told = _(
            "{constant:.3f} is right for {share:.1%} of these answers; more is possible.",
            constant=constant,
            share=share,
        )
        if math.isclose(constant, best, abs_tol=1e-3):
            raise Wrong("That looks like the share itself. Give back the constant that reaches it.")
        if math.isclose(constant, y.mean(), abs_tol=1e-3):
            raise Wrong(
                "{told} The mean makes the squared error small, not the misses few.", told=told
            )
        if math.isclose(constant, np.median(y), abs_tol=1e-3):
            raise Wrong(
                "{told} The median makes the absolute error small, not the misses few.", told=told
            )
        if y is products and abs(constant - left_end) < tolerance / 4:
            raise Wrong(
                "{told} Is it the left end of the best window? Its middle is asked for.", told=told
            )
        if constant < y.min() + tolerance / 2:
            raise Wrong("{told} Part of that window lies where there are no answers.", told=told)
        if y is two_heaps:
            raise Wrong("{told} The larger heap of answers is not the denser one.", told=told)
        raise Wrong(
            "{told} Count how many answers lie in a window, and move the window.", told=told
        )
    return _(
        "Right. On the marked product it is near 0.04: often right, and with a large squared error."
    )


@exercise("5.6")
def paired_interval(answer):
    """Ends of the 95 % interval (Student's t) of the mean difference, seed by seed."""
    from scipy.stats import t

    rng = np.random.default_rng(56)
    for n in (3, 5, 10):
        luck = rng.normal(0, 1.0, n)
        a, b = 5 + luck + rng.normal(0, 0.1, n), 4.5 + luck + rng.normal(0, 0.1, n)
        d = a - b
        deviation, mean = d.std(ddof=1), d.mean()

        def ends(half, middle=mean):
            return np.array([middle - half, middle + half])

        error, quantile = deviation / math.sqrt(n), t.ppf(0.975, n - 1)
        right = quantile * error
        got = call(answer, a.tolist() if n == 3 else a, b.tolist() if n == 3 else b)
        if np.shape(got) != (2,):
            raise Wrong("Give back two numbers, the lower end and the upper end.")
        got = np.asarray(got, dtype=float)
        apart = math.sqrt(a.var(ddof=1) / n + b.var(ddof=1) / n)  # as if not paired
        normal = _("1.96 is for many seeds. With few, the distribution has wider tails.")
        shared = _(
            "Much too wide: the luck that both recipes share in a seed should cancel. Take the "
            "differences first."
        )
        known = [
            (ends(right)[::-1], _("The lower end comes first.")),
            (ends(right, -mean), _("The sign: how much *larger* are the first recipe's scores?")),
            (
                np.array([mean, right]),
                _("That is the middle and half the width: give the two ends."),
            ),
            (ends(1.96 * error), normal),
            (ends(t.ppf(0.975, 1e9) * error), normal),
            (
                ends(right * d.std() / deviation),
                _("A little too narrow: the deviation divides by n where n - 1 belongs."),
            ),
            (
                ends(right * math.sqrt(n)),
                _("Too wide: that is where one more seed may fall. The mean of n is steadier."),
            ),
            (
                ends(t.ppf(0.95, n - 1) * error),
                _("Too narrow: 5 % are left out in all, half of them on either side."),
            ),
            (
                ends(t.ppf(0.975, n) * error),
                _("A little too narrow: n differences have n - 1 degrees of freedom."),
            ),
            (ends(t.ppf(0.975, 2 * n - 2) * apart), shared),
            (ends(quantile * apart), shared),
            (ends(1.96 * apart), shared),
        ]
        for wrong, message in known:
            if np.allclose(got, wrong, rtol=1e-4):
                raise Wrong(message)
        compare(got, ends(right), _("the interval from {n} seeds", n=n), rtol=1e-4)
    return _(
        "Right. If the interval holds 0, these seeds can't tell the two means apart; errors that "
        "differ by factors are better compared by their logarithms."
    )


@exercise("5.7")
def loss(answer, because):
    """The mean squared error of answers (batch, 1) and truths (batch,), as one number."""
    import tensorflow as tf

    rng = np.random.default_rng(57)
    for n in (4, 1, 7):
        a, y = rng.random((n, 1)).astype(np.float32), rng.random(n).astype(np.float32)
        weights = tf.Variable(a)
        with tf.GradientTape() as tape:
            got = call(answer, tf.convert_to_tensor(weights), tf.constant(y))
        if not tf.is_tensor(got):
            raise Wrong("No gradient comes through: stay with TensorFlow's operations.")
        if np.shape(got) != ():
            raise Wrong(
                "The loss has the shape {shape}: an update needs one number.", shape=np.shape(got)
            )
        right = np.mean((a[:, 0] - y) ** 2)
        if n > 1 and np.isclose(float(got), np.mean((a - y) ** 2), rtol=1e-4):
            raise Wrong(
                "For {n} answers this is not the mean of their {n} squared errors. Print the shape "
                "of the difference.",
                n=n,
            )
        if n > 1 and np.isclose(float(got), (a.mean() - y.mean()) ** 2, rtol=1e-4):
            raise Wrong("This compares the mean answer with the mean truth. Pair them one by one.")
        if n > 1 and np.isclose(float(got), n * right, rtol=1e-4):
            raise Wrong("This is the sum over the batch: its size would change the step.")
        compare(float(got), float(right), _("the loss"), rtol=1e-4)
        gradient = tape.gradient(got, weights)
        if gradient is None:
            raise Wrong("No gradient comes through: stay with TensorFlow's operations.")
        compare(gradient, 2 * (a - y[:, None]) / n, _("the gradient by the answers"), rtol=1e-4)
    explanation(
        because,
        "c",
        {
            "a": _("A wrong gradient that is never zero? Work out where it is zero."),
            "b": _("Compare two batches by hand: the two losses are not in a fixed ratio."),
            "d": _("TensorFlow did not fill anything in; it repeated what was there."),
        },
    )
    return _(
        "Right. The planted loss is smallest where all answers are the mean: the plateau at 7/144."
    )


def _rows(dataset):
    """The (first value of x, y) pairs of one pass."""
    try:
        return [(int(np.ravel(x)[0]), int(y)) for x, y in dataset]
    except (TypeError, ValueError):
        raise Wrong("Each element should be one example, (x, y), not a batch of them.") from None


@exercise("5.8")
def split(answer, because):
    """Two tf.data sets, disjoint in every pass; the training set shuffled anew in each."""
    n, held_out = 60, 15
    x = np.arange(n, dtype=np.float32)[:, None, None] * np.ones((1, 4, 2), np.float32)
    y = 1000 + np.arange(n)
    got = call(answer, x, y, held_out, 5)
    if not isinstance(got, tuple | list) or len(got) != 2:
        raise Wrong("Give back two sets: `return training, validation`.")
    passes = {"training": [], "validation": []}
    for _once in range(3):
        for name, dataset in zip(passes, got, strict=True):
            passes[name].append(_rows(dataset))
    for name, what, want in (
        ("training", _("the training set"), n - held_out),
        ("validation", _("the validation set"), held_out),
    ):
        for found in passes[name]:
            if any(b != 1000 + a for a, b in found):
                raise Wrong("Inputs and answers have lost each other: shuffle the pairs.")
            if len(found) != want:
                raise Wrong(
                    "{what} has {count} examples a pass instead of {want}.",
                    what=what,
                    count=len(found),
                    want=want,
                )
    taught, *later = (set(found) for found in passes["training"])
    taught = taught.union(*later)
    asked = set(passes["validation"][0]).union(*passes["validation"][1:])
    if taught & asked:
        raise Wrong(
            "After three passes, some of the validation examples have been taught. "
            "Read one of the sets twice and compare."
        )
    if passes["training"][0] == passes["training"][1]:
        raise Wrong(
            "Disjoint now. But every pass has the training examples in the same order: "
            "let them be shuffled anew each time."
        )
    explanation(
        because,
        "b",
        {
            "a": _(
                "A training set with all examples would lack none. Count it, and read it twice."
            ),
            "c": _("The seed is the same, and still the second pass has another order. Print two."),
            "d": _(
                "A buffer as large as the set shuffles perfectly. What happens in the next pass?"
            ),
        },
    )
    return _("Right. First cut, then shuffle the part that is taught.")


@exercise("5.9")
def every_length(results, *, baseline):
    """A study of networks that are taught several lengths, three seeds a variant."""
    return check_study(
        results,
        baseline=baseline,
        at_least=3,
        bounds=(0.0, 1.0),
        higher_is_better=False,
        too_good=CONSTANT_GUESS_MSE * 1e-5,
    )
