"""The checks of chapter 6's exercises: reviews, their numbers, and what a score is worth."""

import copy

import numpy as np

from lstm_utils.exercises.checking import Nothing, Wrong, call, exercise
from lstm_utils.exercises.comparing import compare, compare_number, explanation
from lstm_utils.exercises.studies import check_study, gain_and_spread
from lstm_utils.messages import translate as _


def _numbers(value, what):
    """A list of lists of integers from what a student's function returned."""
    if value is None:
        raise Nothing("Instead of {what} there is None. Is a return missing?", what=what)
    try:
        return [[int(number) for number in row] for row in value]
    except (TypeError, ValueError):
        raise Wrong(
            "{what} have to be a list of lists of numbers, one list a review.", what=what
        ) from None


@exercise("6.1")
def verdict(reviews):
    """How many reviews two models need, each on its own sample, to differ by 1.96 errors."""
    variance, z, difference = 0.878 * 0.122, 1.96, 0.882 - 0.874
    one = variance * (z / difference) ** 2
    compare_number(
        reviews,
        2 * one,
        _("the number of reviews"),
        tolerance=390,
        hints={
            one: _(
                "That is enough to tell a measured score from a known one. Here both scores are "
                "measured, on samples of their own: what is the variance of a difference?"
            ),
            4 * one: _(
                "Twice too many. Did you add the standard errors? It is the variances of "
                "independent numbers that add up. Or the reviews of both models? Each has its own."
            ),
            2 * variance / difference**2: _(
                "With that many the difference is as large as its standard error. It shall be 1.96 "
                "times as large."
            ),
            2 * variance * z / difference: _(
                "The number of reviews stands under a square root: something has still to be "
                "squared."
            ),
        },
    )
    return _(
        "Right, about 12,860: a test of 10,000 cannot tell these two apart. Half the difference "
        "would need four times as many."
    )


@exercise("6.2")
def two_negations(wrong_side):
    """The sentences that the pretrained network puts on the wrong side of one half."""
    from lstm_utils.models.pretrained import load_pretrained

    sentences = ["재미없어", "재미없지 않았어", "재미있어", "재미있지 않았어"]
    reader_says = np.array([0, 1, 1, 0])
    network_says = np.asarray(load_pretrained("sentiment").predict(sentences)) > 0.5
    right = {int(k) + 1 for k in np.flatnonzero(network_says != reader_says)}
    given = [*wrong_side] if np.iterable(wrong_side) else [wrong_side]
    if not all(isinstance(n, (int, np.integer)) and not isinstance(n, bool) for n in given):
        raise Wrong("Give a list of whole numbers such as [1, 3].")
    given = {int(n) for n in given}
    if given == {number - 1 for number in right}:
        raise Wrong("You counted from zero; the sentences are numbered from 1.")
    if given - {1, 2, 3, 4}:
        raise Wrong("The sentences are numbered 1, 2, 3, 4.")
    for number, words in (
        (2, _("Sentence 2 says that it was not without fun. Is that praise or blame?")),
        (4, _("Sentence 4 says that it was not fun. What would its writer tick?")),
    ):
        if number in right - given:
            missing, ask = _("One is missing."), _("And what does the network say?")
            raise Wrong(f"{missing} {words} {ask}")
    if given - right:
        wrong = min(given - right)
        raise Wrong(
            "Sentence {wrong} is read as it is meant: above one half is kind, below is unkind.",
            wrong=wrong,
        )
    read_rightly = ", ".join(str(n) for n in sorted({1, 2, 3, 4} - right)) or _("none")
    return _(
        "Right: of the four the network puts {read_rightly} on a reader's side. A sum with one "
        "weight a syllable could not get all four.",
        read_rightly=read_rightly,
    )


@exercise("6.3")
def rectangle(function):
    """Ids (N, length) with zeros in front, and the mask of real words, both from lists of ids."""
    cases = [
        ([[5, 8, 3], [7], [2, 9, 4, 6]], 4),
        ([[5, 8, 3, 11, 12, 13], [7, 2], []], 3),
        ([[4, 4]], 5),
    ]
    for rows, length in cases:
        before = copy.deepcopy(rows)
        got = call(function, rows, length)
        if rows != before:
            raise Wrong(
                "Your function changes the lists that it is given: whoever called it still needs "
                "them. Build new rows."
            )
        if got is None:
            raise Nothing("Instead of ids and mask there is None. Is a return missing?")
        if not isinstance(got, (tuple, list)) or len(got) != 2:
            raise Wrong("Return two arrays: the ids and the mask.")
        ids, mask = (np.asarray(part) for part in got)
        fill = [[0] * (length - len(row)) for row in rows]
        want = np.array([zeros + row[:length] for zeros, row in zip(fill, rows, strict=True)])
        after = np.array([row[:length] + zeros for zeros, row in zip(fill, rows, strict=True)])
        last = np.array([zeros + row[-length:] for zeros, row in zip(fill, rows, strict=True)])
        if ids.shape == want.shape and not np.array_equal(ids, want):
            if np.array_equal(ids, after):
                raise Wrong(
                    "The zeros stand after the words. What does an LSTM that reads from left to "
                    "right see last?"
                )
            if np.array_equal(ids, last):
                raise Wrong(
                    "A review that is too long keeps its last words; the exercise asks for its "
                    "first ones."
                )
        compare(ids, want, _("the rectangle of ids"), dtype="int")
        if mask.shape == want.shape and np.array_equal(mask.astype(bool), want == 0):
            raise Wrong(
                "The mask is the wrong way round: True means that the step is a word and is read."
            )
        compare(mask, want != 0, _("the mask"), dtype="bool")
    return _(
        "Right. With zeros in front the words come last; with zeros behind, only the mask keeps "
        "the state. A review without a word keeps a row, and its mask says that there is nothing "
        "to read."
    )


@exercise("6.4")
def encode_reviews(function):
    """Numbers of words by a table from the training part; 1 stands for every other word."""
    # film, really, good; so-so; actor; a hit ("daebak"); plot
    train = [
        ["영화", "정말", "좋다"],
        ["영화", "정말", "별로다"],
        ["영화", "배우", "좋다"],
        ["정말", "영화"],
    ]
    other = [["영화", "대박"], ["대박", "정말", "대박"], [], ["좋다", "줄거리"], ["대박"]]
    want = [[2, 1], [1, 3, 1], [], [4, 1], [1]]
    before = copy.deepcopy((train, other))
    got = _numbers(call(function, train, other, 5), _("the encoded reviews"))
    if (train, other) != before:
        raise Wrong("Your function changes the lists that it is given. Build new ones.")
    if len(got) != len(other):
        raise Wrong(
            "There are {rows} rows for {reviews} reviews: an empty review counts.",
            rows=len(got),
            reviews=len(other),
        )
    for words, numbers in zip(other, got, strict=True):
        if len(numbers) != len(words):
            raise Wrong(
                "A review of {words} words has become a row of length {numbers}. A word that the "
                "table does not hold must leave a trace: its place in the sentence.",
                words=len(words),
                numbers=len(numbers),
            )
    flat = [number for numbers in got for number in numbers]
    if 0 in flat:
        raise Wrong("A word got the number 0, which is kept for the padding of short rows.")
    if got[0][1] != 1:
        raise Wrong(
            "대박 (a hit) stands only in the reviews that are encoded, and it has a number of its "
            "own. Of which part may the table know the words?"
        )
    if got[0][0] == 1:
        raise Wrong(
            "The commonest word of the training part has the number 1, the one for unknown words. "
            "Where does your counting begin?"
        )
    if got != want:
        raise Wrong(
            "The words of the table are not in their order: 2 for the commonest of the training "
            "part, 3 for the next."
        )
    small = _numbers(call(function, train, train[:1], 4), _("the encoded reviews"))[0]
    if max(small) > 3:
        raise Wrong(
            "With a table of 4 rows the number {number} occurs. An embedding of 4 rows has the "
            "numbers 0 to 3: padding and unknown words take up two of them.",
            number=max(small),
        )
    if small != [2, 3, 1]:
        raise Wrong(
            "With a table of 4 rows two words have numbers of their own, beside padding and "
            "unknown words; the rest of the training words are unknown too."
        )
    return _(
        "Right. The unknown word keeps its place, and meets its number in training too, as long as "
        "the table leaves rare training words out."
    )


@exercise("6.5")
def without_the_leak(function):
    """Accuracy on the test reviews whose text does not stand in the training part."""
    train = ["굿", "쓰레기", "재밌다", "정말 좋은 영화"]
    test = ["굿", "최고", "쓰레기", "별로", "정말 좋은", "감동", "최고"]
    labels = np.array([1, 1, 0, 0, 1, 1, 0])
    p = np.array([0.7, 0.9, 0.9, 0.3, 0.8, 0.7, 0.9])
    fresh = np.array([text not in train for text in test])
    right = (p > 0.5) == labels
    got = call(function, train, test, labels, p)
    loose = np.array([not any(text in other for other in train) for text in test])
    once = [k for k in np.flatnonzero(fresh) if test[k] not in test[:k]]
    compare_number(
        got,
        right[fresh].mean(),
        _("the accuracy on fresh reviews"),
        tolerance=1e-6,
        hints={
            right.mean(): _(
                "That is the accuracy on all test reviews, the repeated ones included."
            ),
            right[~fresh].mean(): _(
                "That is the accuracy on the repeats: the other ones are asked for."
            ),
            right[fresh].sum() / len(test): _(
                "The right answers among the fresh reviews are divided by the number of all test "
                "reviews."
            ),
            right[loose].mean(): _(
                "A text that is only a piece of a training text is no repeat: compare whole texts."
            ),
            right[once].mean(): _(
                "A text that occurs twice in the test part counts twice; only training texts are "
                "left out."
            ),
        },
    )
    rng = np.random.default_rng(6)
    test = [f"영화 {k}" for k in rng.integers(0, 40, 60)]
    train = [f"영화 {k}" for k in range(0, 40, 3)]
    labels, p = rng.integers(0, 2, 60), rng.uniform(size=60)
    fresh = np.array([text not in train for text in test])
    want = ((p > 0.5) == labels)[fresh].mean()
    compare_number(call(function, train, test, labels, p), want, _("the accuracy"), tolerance=1e-6)
    return _("Right. Compare whole texts, leave out the repeats, divide by what is left.")


@exercise("6.6")
def wilson(function):
    """The two accuracies from which the measured one lies 1.96 standard errors away."""
    z = 1.96
    for right, n in ((10, 10), (0, 10), (8, 10), (813, 1000), (1, 3)):
        got = call(function, right, n)
        if got is None:
            raise Nothing("Instead of two bounds there is None. Is a return missing?")
        bounds = np.asarray(got, dtype=float).ravel()
        if bounds.size != 2:
            raise Wrong("Return two numbers: the lower bound and the upper one.")
        if not np.isfinite(bounds).all():
            raise Wrong(
                "For {right} right of {n} a bound is not a number. Look at what stands under the "
                "square root, and for a division by zero.",
                right=right,
                n=n,
            )
        if bounds[0] > bounds[1]:
            raise Wrong("The lower bound comes first.")
        a = right / n
        # The roots of (1 + z²/n) p² − (2a + z²/n) p + a² = 0.
        want = np.sort(np.roots([1 + z**2 / n, -(2 * a + z**2 / n), a**2]).real)
        if np.allclose(bounds, want, rtol=0, atol=2e-4):
            continue
        half = z * np.sqrt(a * (1 - a) / n)
        if np.allclose(bounds, np.clip([a - half, a + half], 0, 1), atol=1e-6) or np.allclose(
            bounds, [a - half, a + half], atol=1e-6
        ):
            width = bounds[1] - bounds[0]
            raise Wrong(
                "That is the interval of the chapter. For {right} right of {n} it is {width:.2f} "
                "wide: the standard error was taken at the measured accuracy, not at p.",
                right=right,
                n=n,
                width=width,
            )
        if bounds[0] < -1e-9 or bounds[1] > 1 + 1e-9:
            raise Wrong(
                "For {right} right of {n} the bounds are {low:.3f} and {high:.3f}: an accuracy "
                "lies between 0 and 1. Is something not divided by 1 + z²/n?",
                right=right,
                n=n,
                low=bounds[0],
                high=bounds[1],
            )
        for bound in bounds:
            error = np.sqrt(bound * (1 - bound) / n)
            if abs(abs(a - bound) - z * error) > 1e-3:
                raise Wrong(
                    "For {right} right of {n} your bound is {bound:.4f}. With p = {bound:.4f} the "
                    "measured accuracy lies {away:.2f} standard errors away, not 1.96: put p into "
                    "the equation, then mend the formula.",
                    right=right,
                    n=n,
                    bound=bound,
                    away=abs(a - bound) / max(error, 1e-9),
                )
        if np.ptp(bounds) < np.ptp(want) / 2:
            raise Wrong(
                "For {right} right of {n} both bounds are the same number.", right=right, n=n
            )
    return _(
        "Right. Ten right of ten leaves room for an accuracy near 0.72; on thousands of reviews "
        "the two intervals agree."
    )


def _cross_entropy(log_odds, labels, T):
    return np.mean(np.logaddexp(0, log_odds / T) - labels * log_odds / T)


def _best_temperature(log_odds, labels):
    """The minimum of the cross-entropy, which is convex in 1/T, by bisection of its slope."""
    low, high = 1e-3, 1e3
    for _step in range(200):
        middle = (low + high) / 2
        slope = np.mean(
            log_odds * (1 / (1 + np.exp(-np.clip(middle * log_odds, -500, 500))) - labels)
        )
        low, high = (low, middle) if slope > 0 else (middle, high)
    return 2 / (low + high)


@exercise("6.7", seconds=20)
def temperature(function):
    """The temperature under which the labels are most probable."""
    rng = np.random.default_rng(7)
    for stretch in (3.0, 0.6, 1.0):
        log_odds = np.clip(rng.normal(0.3, 1.5, 3000), -3.8, 3.8)
        labels = (rng.uniform(size=3000) < 1 / (1 + np.exp(-log_odds))).astype(int)
        stated = stretch * log_odds
        p = 1 / (1 + np.exp(-stated))
        got = call(function, p, labels)
        want = _best_temperature(stated, labels)
        if got is None:
            raise Nothing("There is no number for the temperature. Is a return missing?")
        number = np.asarray(got, dtype=float)
        if number.size != 1:
            raise Wrong("One number is asked for, the temperature.")
        number = float(number.reshape(()))
        if not np.isfinite(number):
            raise Wrong("The temperature is not finite. Did the search run away?")
        if abs(number / want - 1) <= 0.03:
            continue
        if not number > 0:
            raise Wrong(
                "A temperature of {number:.3g} turns every answer around: it is positive.",
                number=number,
            )
        if abs(number * want - 1) <= 0.03:
            raise Wrong(
                "Your number is upside down: the log-odds are divided by the temperature, not "
                "multiplied."
            )
        if abs(number / want - 1) <= 0.15:
            raise Wrong(
                "{number:.3g} is close, and within three per cent is asked for. Is the grid fine "
                "enough, and is it the cross-entropy that you minimise?",
                number=number,
            )
        yours, a_bit = (_cross_entropy(stated, labels, T) for T in (number, number * 1.01))
        if a_bit < yours:
            words = _(
                "At your temperature, {number:.3g}, the cross-entropy is still falling towards a "
                "larger one.",
                number=number,
            )
        else:
            words = _(
                "At your temperature, {number:.3g}, the cross-entropy is still falling towards a "
                "smaller one.",
                number=number,
            )
        ask = _(
            "Is it the cross-entropy that you minimise, with the labels of both kinds, and does "
            "the range you search reach far enough?"
        )
        raise Wrong(f"{words} {ask}")
    return _(
        "Right. Above 1 for a boaster, below 1 for one too modest, 1 for one who keeps what it "
        "promises. No answer changes its side."
    )


@exercise("6.8")
def backward_reader(function, because):
    """A rectangle for each of two readers, both with their last word in the last column."""
    for rows, length in (
        ([[5, 8, 3], [7], [2, 9, 4, 6]], 5),
        ([[5, 8, 3, 11, 12], [7, 2], []], 3),
    ):
        before = copy.deepcopy(rows)
        got = call(function, rows, length)
        if rows != before:
            raise Wrong("Your function changes the lists that it is given. Build new rows.")
        if not isinstance(got, (tuple, list)) or len(got) != 2:
            raise Wrong("Return two rectangles: one for each reader.")
        forwards, backwards = (np.asarray(part) for part in got)
        kept = [row[:length] for row in rows]
        want = [
            np.array([[0] * (length - len(row)) + row for row in some])
            for some in (kept, [row[::-1] for row in kept])
        ]
        if (want[0] != 0).tolist() != (forwards != 0).tolist() and np.array_equal(
            forwards[:, ::-1], want[1]
        ):
            raise Wrong(
                "Now it is the first reader who sees the zeros last. Each of the two needs its "
                "zeros in front."
            )
        compare(forwards, want[0], _("the rectangle of the first reader"))
        if backwards.shape == want[1].shape and not np.array_equal(backwards, want[1]):
            if np.array_equal(backwards, forwards[:, ::-1]):
                raise Wrong(
                    "Look at what the second reader gets of the review {review}: {got}. What does "
                    "it read last?",
                    review=rows[1],
                    got=backwards[1].tolist(),
                )
            if np.array_equal(backwards, forwards):
                raise Wrong("Both readers get the same order: the second reads from the end.")
            short = all(len(row) <= length for row in rows)
            if not short:
                raise Wrong(
                    "In a review that is too long the two readers get different words. Crop first, "
                    "then turn around."
                )
        compare(backwards, want[1], _("the rectangle of the second reader"))
    explanation(
        because,
        "b",
        {
            "a": _(
                "The order of the words is turned around, that is true, and it is meant: the "
                "second reader learns its own weights for that order. What else was turned around?"
            ),
            "c": _(
                "They see the same words, but the state that remembers best what stood at the "
                "beginning is worth having: both directions are trained that way. Look at the "
                "zeros."
            ),
            "d": _(
                "A view is read like any other array; a copy of it would hold the same numbers, "
                "and the same zeros."
            ),
        },
    )
    return _("Right. Padding belongs to a reader, not to a text: turn the words, then fill up.")


@exercise("6.9")
def one_name(function, because):
    """What is read for a part is kept under that part's name, and read once."""

    class Reader:
        def __init__(self):
            self.asked = []

        def __call__(self, part):
            self.asked.append(part)
            size = {"train": 6, "test": 4, "validation": 5}[part]
            rng = np.random.default_rng(size)
            return rng.integers(0, 9, (size, 3)), rng.integers(0, 2, size)

    def same(got, part):
        want = Reader()(part)
        if not isinstance(got, (tuple, list)) or len(got) != 2:
            raise Wrong("Return what `read` returns: the numbers and the labels of the part.")
        return all(np.array_equal(a, b) for a, b in zip(got, want, strict=True))

    for order in (("train", "test"), ("test", "validation", "train")):
        read, kept = Reader(), {}
        for place, part in enumerate(order):
            got = call(function, part, read, kept, in_place=True)
            if same(got, part):
                continue
            handed = next((name for name in order[:place] if same(got, name)), None)
            if handed:
                raise Wrong(
                    "Asked for {first!r} and then for {part!r}, it hands out the {handed} part for "
                    "{part!r}. Under which name is a part kept?",
                    first=order[0],
                    part=part,
                    handed=handed,
                )
            raise Wrong(
                "Asked for {first!r} and then for {part!r}, it hands out something else for "
                "{part!r}. Under which name is a part kept?",
                first=order[0],
                part=part,
            )
        for part in order:
            if not same(call(function, part, read, kept, in_place=True), part):
                raise Wrong("Asked again for {part!r}, it hands out something else.", part=part)
        if len(read.asked) != len(order):
            raise Wrong(
                "The right parts, but some are read anew: {readings} readings for {parts} parts. "
                "Keep what has been read once, all parts side by side.",
                readings=len(read.asked),
                parts=len(order),
            )
    fresh, read = {}, Reader()
    call(function, "train", read, fresh, in_place=True)
    if not read.asked:
        raise Wrong("It hands out what it kept for another caller: keep everything in `kept`.")
    explanation(
        because,
        "c",
        {
            "a": _(
                "A network that has learned its reviews by heart scores high on train and lower on "
                "test. Here the two numbers agree to the last digit."
            ),
            "b": _(
                "Repeated reviews lift a test score by a little. They do not make two numbers "
                "agree to the last digit."
            ),
            "d": _(
                "The weights are the same in both scores, seed or not; other reviews would give "
                "another score."
            ),
        },
    )
    return _(
        "Right. Two scores that agree to the last digit come from the same reviews: look at the "
        "number of rows before you look at the score."
    )


@exercise("6.10")
def one_step(results, baseline):
    """Accuracies of at least two pipelines, one a seed."""
    words = check_study(
        results, baseline=baseline, bounds=(0, 1), higher_is_better=True, too_good=0.97
    )
    gain, spread = gain_and_spread(results, baseline)
    return _(
        "{words} The best of the others stands {gain:+.3f} from {baseline!r}, and the widest "
        "spread over seeds is {spread:.3f}: say which of the two is larger before you say which "
        "pipeline is better.",
        words=words,
        gain=gain,
        baseline=baseline,
        spread=spread,
    )
