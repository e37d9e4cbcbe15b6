"""The checks of chapter 7's exercises: headlines, losses, and what a language model is worth."""

import copy
import math

import numpy as np

from lstm_utils.exercises.checking import Nothing, Wrong, call, exercise
from lstm_utils.exercises.comparing import compare, compare_number, explanation
from lstm_utils.exercises.studies import check_study, gain_and_spread
from lstm_utils.messages import translate as _


@exercise("7.1")
def half_of_the_weights(V):
    """The vocabulary for which the last layer holds half of the weights."""
    # V² + V = 145 V + 154,112, with V² + 146 V + 154,112 weights in all.
    want = 72 + math.sqrt(72**2 + 154_112)
    compare_number(
        V,
        want,
        _("the number of words"),
        tolerance=1.0,
        hints={
            math.sqrt(154_112): _(
                "You held the last layer against the LSTM alone. The embedding and the first "
                "linear layer grow with V as well."
            ),
            (144 + math.sqrt(144**2 + 4 * 308_224)) / 2: _(
                "The five layers of LSTM are counted twice."
            ),
            7.5 + math.sqrt(7.5**2 + 154_112): _(
                "The first linear layer, from 128 numbers to V, is missing on the other side."
            ),
            35.75 + math.sqrt(35.75**2 + 77_056): _(
                "Half of all weights is meant: as many in the last layer as in all the others "
                "together."
            ),
        },
    )
    return _(
        "Right, about 471 words. With any real vocabulary the last layer holds nearly everything."
    )


@exercise("7.2")
def bits_from_nats(bits):
    """Bits per character from 2.9 nats a token, 2,100 tokens and 5,000 characters."""
    nats, tokens, characters = 2.9, 2100, 5000
    compare_number(
        bits,
        nats * tokens / (math.log(2) * characters),
        _("the number of bits per character"),
        tolerance=0.006,
        hints={
            nats * tokens / characters: _("These are nats per character. How many bits is a nat?"),
            nats / math.log(2): _("These are bits per token. A token is longer than a character."),
            nats / math.log(2) * characters / tokens: _(
                "More bits for a character than for a token? Divide the information of the whole "
                "text by what it is spread over."
            ),
            nats * math.log(2) * tokens / characters: _(
                "A nat is more than a bit: e is more than 2. Multiply or divide by ln 2?"
            ),
            2.9 * tokens / (math.log(2) * (characters + 121)): _(
                "The line ends are counted among the 5,000 characters already."
            ),
        },
    )
    return _("Right, 1.76: a text, not a token, has an information; divide it by the characters.")


def _lessons(headlines, window):
    found = []
    for headline in headlines:
        words = ["<s>"] * window + headline.split() + ["</s>"]
        for i in range(window, len(words)):
            found.append((tuple(words[i - window : i]), words[i]))
    return found


def _as_lessons(got):
    """A list of (tuple of words, word) from what a student's function returned."""
    if got is None:
        raise Nothing("Instead of a list of lessons there is None. Is a return missing?")
    try:
        lessons = [
            (tuple(context) if not isinstance(context, str) else context, word)
            for context, word in got
        ]
    except (TypeError, ValueError):
        raise Wrong("A lesson is a pair: the words before, as a tuple, and the word.") from None
    if any(isinstance(context, str) for context, word in lessons):
        raise Wrong("The words before are a tuple, also if there is one of them: (word,).")
    return lessons


@exercise("7.3")
def lessons(function):
    """All windows of words with the word that follows, one headline at a time."""
    for headlines, window in (
        (["how to read a river", "rain again"], 2),
        (["rain", "a quiet street"], 3),
        (["a river sings", "rain"], 1),
    ):
        before = copy.deepcopy(headlines)
        got = _as_lessons(call(function, headlines, window))
        if headlines != before:
            raise Wrong("Your function changes the list that it is given.")
        want = _lessons(headlines, window)
        if any(len(context) != window for context, word in got):
            if window == 1:
                raise Wrong(
                    "Each lesson has 1 word before its answer, start signs included. Some of yours "
                    "have another number."
                )
            raise Wrong(
                "Each lesson has {window} words before its answer, start signs included. Some of "
                "yours have another number.",
                window=window,
            )
        if got == want:
            continue
        if any("</s>" in context for context, word in got):
            raise Wrong(
                "Some words stand after the end of another headline: a lesson never crosses from "
                "one headline to the next. Begin anew with each."
            )
        firsts = [headline.split()[0] for headline in headlines]
        crossing = [word for context, word in got[1:] if word in firsts and set(context) != {"<s>"}]
        if crossing:
            raise Wrong(
                "The first word of a headline, {word!r}, comes after words of the one before: a "
                "lesson never crosses from one headline to the next.",
                word=crossing[0],
            )
        answers = [word for context, word in got]
        if "<s>" in answers:
            raise Wrong("The start sign is nobody's answer: it is given, not predicted.")
        if "</s>" not in answers:
            raise Wrong(
                "No lesson has the end as its answer: a model that never learns where a headline "
                "ends can't end one."
            )
        if not any(set(context) == {"<s>"} for context, word in got):
            raise Wrong(
                "The first word of a headline is a lesson too: before it stand start signs only."
            )
        if len(got) != len(want):
            raise Wrong(
                "{headlines} makes {want} lessons with a window of {window}, one for each word and "
                "one for each end; yours are {rows}.",
                headlines=headlines,
                want=len(want),
                window=window,
                rows=len(got),
            )
        if sorted(got) == sorted(want):
            raise Wrong("The lessons are right, in another order: headline by headline, as read.")
        raise Wrong(
            "Some words do not stand in front of their answer in the order of the headline: look "
            "at {lesson}.",
            lesson=next(one for one, other in zip(got, want, strict=True) if one != other),
        )
    return _(
        "Right: n words make n + 1 lessons, whatever the window, and none knows its neighbour."
    )


def _scored_batch(rng, lengths, V):
    """Scores (B, T, V) and targets (B, T) with zeros after each row's length."""
    T = max(lengths)
    scores = rng.normal(0, 2, (len(lengths), T, V))
    targets = rng.integers(1, V, (len(lengths), T))
    targets[np.arange(T) >= np.array(lengths)[:, None]] = 0
    return scores, targets


def _nats(scores, targets):
    """−ln p of every target, by the definition of the softmax in float64."""
    shifted = scores - scores.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return -np.take_along_axis(log_p, targets[..., None], axis=-1)[..., 0]


@exercise("7.4")
def perplexity(function):
    """exp of the mean −ln p over the real tokens of a batch."""
    import torch

    rng = np.random.default_rng(4)
    for lengths, V in (([6, 2, 4], 5), ([3, 3], 7), ([1, 9], 4)):
        scores, targets = _scored_batch(rng, lengths, V)
        nats, real = _nats(scores, targets), targets != 0
        got = call(function, torch.tensor(scores), torch.tensor(targets))
        rows = [row[mask].mean() for row, mask in zip(nats, real, strict=True)]
        mean = nats[real].mean()
        compare_number(
            got,
            np.exp(mean),
            _("the perplexity"),
            tolerance=1e-4 * np.exp(mean),
            hints={
                np.exp(nats.mean()): _("The padding is in it: only targets that are not 0 count."),
                np.exp((nats * real).mean()): _(
                    "The padding adds nothing to the sum any more, and still counts in the number "
                    "that you divide by."
                ),
                np.exp(np.mean(rows)): _(
                    "A mean of each row's mean gives a token of a short headline more weight. Take "
                    "all real tokens together."
                ),
                mean: _("That is the mean −ln p; the perplexity has it as its exponent."),
                2**mean: _("The loss is in nats, so 2 is not the number to raise to that power."),
                np.exp(nats[real]).mean(): _(
                    "First the mean, then the exponential: exp of each token lets the worst one "
                    "decide."
                ),
                np.exp(nats[real].sum()): _(
                    "It is a mean, a number per token, that is raised to the power."
                ),
                np.exp(-mean): _("Its sign: a perplexity is at least 1."),
            },
        )
    return _("Right: the number of sides of a fair die that surprises as much as a token does.")


def _nucleus(scores, q):
    p = np.exp(scores - scores.max(axis=-1, keepdims=True))
    p /= p.sum(axis=-1, keepdims=True)
    kept = np.zeros_like(p)
    for row, out in zip(p, kept, strict=True):
        mass = 0.0
        for token in np.argsort(-row):
            if mass >= q:
                break
            out[token] = row[token]
            mass += row[token]
    return p, kept / kept.sum(axis=-1, keepdims=True)


@exercise("7.5")
def nucleus(function):
    """Probabilities (B, V) after the cut: the fewest tokens that hold at least q."""
    import torch

    rng = np.random.default_rng(5)
    cases = [(np.array([[2.0, 1.0, 0.0, -1.0]]), q) for q in (0.5, 0.8, 0.99)]
    cases += [(rng.normal(0, 2, (4, 7)), q) for q in (0.3, 0.9)]
    for scores, q in cases:
        given = torch.tensor(scores)
        got = call(function, given, q)
        if not np.array_equal(given.numpy(), scores):
            raise Wrong("Your function changes the scores that it is given. Work on a copy.")
        p, want = _nucleus(scores, q)
        if got is None:
            raise Nothing("Instead of probabilities there is None. Is a return missing?")
        values = np.asarray(got.detach() if hasattr(got, "detach") else got, dtype=float)
        if values.shape == want.shape and not np.allclose(values, want, atol=1e-6):
            words = _of_nucleus(values, p, want, q)
            if words:
                raise Wrong(words)
        compare(got, want, _("the table of probabilities"), rtol=1e-5, atol=1e-6)
    return _(
        "Right. The first token always stays, and so does the one that crosses the border; how "
        "many that are depends on how sure the model is."
    )


def _of_nucleus(values, p, want, q):
    """Say how a nucleus differs from the right one, or return None."""
    if np.allclose(values, want * p.max() / want.max()) or np.allclose(
        values, np.where(want > 0, p, 0), atol=1e-6
    ):
        return _("The right tokens, but they no longer sum to one: divide by what is left.")
    sums = values.sum(axis=-1)
    if np.isnan(values).any():
        return _("In some rows nothing is left to divide by. Which token always stays?")
    if not np.allclose(sums, 1, atol=1e-4):
        return _("The probabilities of a row sum to {total:.3f}, not to one.", total=sums[0])
    kept, wanted = (values > 0).sum(axis=-1), (want > 0).sum(axis=-1)
    if ((values > 0) & (want == 0)).any() and np.array_equal(kept, wanted):
        return _(
            "As many tokens stay as should, but not the most probable ones. After sorting, a place "
            "in the row is no longer a token: go back to the old order."
        )
    if (kept < wanted).any():
        return _(
            "With q = {q} there is a row whose tokens hold less than that together. What about the "
            "token that crosses the border?",
            q=q,
        )
    if (kept > wanted).any():
        return _(
            "With q = {q} there is a row that keeps {kept} tokens, and fewer hold q already.",
            q=q,
            kept=kept[kept > wanted][0],
        )
    return None


@exercise("7.6")
def best_average(function):
    """The weight of the first model under which the text is most probable."""

    def bits(alpha, first, second):
        return -np.log2(alpha * first + (1 - alpha) * second).mean()

    rng = np.random.default_rng(6)
    grid = np.linspace(0, 1, 1001)
    for lean in (0.35, 0.7):
        right = rng.uniform(size=4000) < lean
        sure, unsure = rng.beta(8, 2, 4000), rng.beta(1, 9, 4000)
        first = np.clip(np.where(right, sure, unsure), 1e-3, None)
        second = np.clip(np.where(right, unsure, sure), 1e-3, None)
        want = grid[np.argmin([bits(alpha, first, second) for alpha in grid])]
        got = call(function, first, second)
        if got is None:
            raise Nothing("There is no number for the weight. Is a return missing?")
        number = np.asarray(got, dtype=float)
        if number.size != 1:
            raise Wrong("One number is asked for, the weight of the first model.")
        number = float(number.reshape(()))
        if abs(number - want) <= 0.02:
            continue
        if not 0 <= number <= 1:
            raise Wrong(
                "{number:.3g} is no weight of an average: it lies between 0 and 1.", number=number
            )
        if abs(1 - number - want) <= 0.02:
            raise Wrong("That is the weight of the second model.")
        if number in (0, 1):
            raise Wrong(
                "You give all the weight to one model. Is it the bits that you average? The "
                "probabilities are averaged, token by token; then come the bits."
            )
        if abs(number - want) <= 0.05:
            raise Wrong(
                "{number:.3g} is close, and within 0.02 is asked for: a finer grid.", number=number
            )
        weights = np.linspace(0, 1, 1001)
        scale = np.mean(first) / (np.mean(first) + np.mean(second))
        means = np.argmin([-(a * first + (1 - a) * second).mean() for a in weights])
        if abs(number - scale) < 0.005 and abs(weights[means] - want) > 0.02:
            raise Wrong("The share of the mean probabilities is not the weight: try some weights.")
        yours, best = bits(number, first, second), bits(want, first, second)
        raise Wrong(
            "With your weight, {number:.3g}, a token costs {yours:.4f} bits, and another weight "
            "costs {gain:.4f} bits less. Is the mean taken over −log₂ of the average?",
            number=number,
            yours=yours,
            gain=yours - best,
        )
    return _(
        "Right. An average never costs more than log₂ (1/weight) bits a token against a member, "
        "and gains wherever the other one knows better."
    )


@exercise("7.7")
def wrong_axis(function, because):
    """Mean cross-entropy over the real tokens of scores (B, T, V)."""
    import torch

    rng = np.random.default_rng(7)
    for lengths, V in (([4, 4], 4), ([5, 2, 3], 6), ([1, 7], 3)):
        scores, targets = _scored_batch(rng, lengths, V)
        nats, real = _nats(scores, targets), targets != 0
        mixed = _nats(
            scores.reshape(len(lengths), V, -1).transpose(0, 2, 1), np.minimum(targets, V - 1)
        )
        got = call(function, torch.tensor(scores), torch.tensor(targets))
        compare_number(
            got,
            nats[real].mean(),
            _("the loss"),
            tolerance=1e-5,
            hints={
                mixed[real].mean(): _(
                    "It runs, and it compares scores of different steps. Make one score large, "
                    "that of word 1 at step 0, say, and look where it lands."
                ),
                nats.mean(): _("The padding counts now: targets of 0 are to be left out."),
                nats[real].sum(): _("A mean over the real tokens is asked for, not a sum."),
                -nats[real].mean(): _("Its sign: a loss is −ln p."),
            },
        )
    explanation(
        because,
        "d",
        {
            "a": _(
                "The padding was left out before and is left out now; the scores are the trouble."
            ),
            "b": _("`cross_entropy` takes scores, and makes probabilities of them itself."),
            "c": _(
                "A batch and a step are treated alike by a mean: their order changes nothing. What "
                "became of the axis of the words?"
            ),
        },
    )
    return _(
        "Right. A view with the right shape can hold the wrong numbers: try a batch in which one "
        "score alone is large, and look where it lands."
    )


@exercise("7.8")
def twice(function, because):
    """Cross-entropy of scores, with one softmax."""
    import torch

    rng = np.random.default_rng(8)
    V = 43
    for N, scale in ((5, 3.0), (1, 1.0), (8, 400.0)):
        scores, targets = rng.normal(0, scale, (N, V)), rng.integers(0, V, N)
        if scale > 100:  # sure and right: a loss of nought
            scores[np.arange(N), targets] += 4 * scale
        want = _nats(scores, targets).mean()
        p = np.exp(scores - scores.max(axis=-1, keepdims=True))
        p /= p.sum(axis=-1, keepdims=True)
        got = call(function, torch.tensor(scores), torch.tensor(targets))
        if got is None:
            raise Nothing("There is no number for the loss. Is a return missing?")
        number = float(np.asarray(got.detach() if hasattr(got, "detach") else got).reshape(()))
        if scale > 100 and not np.isfinite(number):
            raise Wrong(
                "For scores in the thousands the loss is not finite: the exponential overflows, or "
                "a logarithm meets a zero. PyTorch has one function that does both steps safely."
            )
        compare_number(
            number,
            want,
            _("the loss"),
            tolerance=1e-4,
            hints={
                _nats(p, targets).mean(): _(
                    "This loss has a floor: a score of 30 for the right character and 0 for the 42 "
                    "others costs 2.80 and not nearly nothing. What do these lines hand to "
                    "`cross_entropy`?"
                ),
                -p[np.arange(N), targets].mean(): _(
                    "That is minus the probability. A logarithm is missing."
                ),
                -want: _("Its sign: a loss is −ln p."),
            },
        )
    explanation(
        because,
        "a",
        {
            "b": _(
                "A smaller step size reaches the same floor, later. What is the smallest loss that "
                "these lines can return?"
            ),
            "c": _("A larger network can make a score as large as it likes, and the floor stays."),
            "d": _(
                "One headline is the easiest text of all: it can be learned by heart, and then the "
                "loss is nought. What keeps it from that?"
            ),
        },
    )
    return _(
        "Right. Ask of a loss what its least value is, and whether it can be reached: one lesson, "
        "learned by heart, has to bring it to nought."
    )


@exercise("7.9")
def honest_bits(function, because):
    """Bits of a headline in which unknown words are spelled, too."""
    known = {"rain": 0.2, "again": 0.1, "in": 0.3, "<unk>": 0.3, "</s>": 0.1}

    def spell(word):
        return 27.0 ** -(len(word) + 1)

    def price(words, paid=True):
        total = -math.log2(known["</s>"])
        for word in words:
            if word in known:
                total -= math.log2(known[word])
            else:
                total -= math.log2(known["<unk>"])
                total -= math.log2(spell(word)) if paid else 0
        return total

    for headline in ("rain again", "rain in jeju", "x", ""):
        words = headline.split()
        free = [word for word in words if word in known]
        compare_number(
            call(function, headline, known, spell),
            price(words),
            _("the number of bits for {headline!r}", headline=headline),
            tolerance=1e-6,
            hints={
                price(words, paid=False): _(
                    "{headline!r} costs no more than it would with any other unknown word, a long "
                    "one or a short one. How many such headlines are there, and what do their "
                    "probabilities sum to?",
                    headline=headline,
                ),
                price(free): _("An unknown word costs nothing at all now."),
                price(words) + math.log2(known["</s>"]): _(
                    "The end of the headline is a token too."
                ),
                price(words)
                + sum(math.log2(known["<unk>"]) for word in words if word not in known): _(
                    "The word is spelled, but that it is an unknown one has to be said first: "
                    "otherwise all probabilities together are more than one."
                ),
            },
        )
    explanation(
        because,
        "b",
        {
            "a": _(
                "Rare words are hard to predict, that is why leaving them out looks so good. But "
                "is the text that was scored still the headline?"
            ),
            "c": _(
                "The two parts were treated alike. The trouble is what the number is a probability "
                "of."
            ),
            "d": _("Fewer entries make a smaller network, not a text with less in it."),
        },
    )
    return _(
        "Right: all headlines together share one unit again, whatever the list of known words."
    )


@exercise("7.10")
def worth_of_text(results, baseline):
    """Bits per character of at least two models or amounts of text, one a seed."""
    words = check_study(
        results, baseline=baseline, bounds=(0, 8), higher_is_better=False, too_good=0.6
    )
    gain, spread = gain_and_spread(results, baseline, higher_is_better=False)
    return _(
        "{words} The best of the others stands {gain:+.3f} bits from {baseline!r}, and the widest "
        "spread over seeds is {spread:.3f}: say which of the two is larger before you say what "
        "helps.",
        words=words,
        gain=gain,
        baseline=baseline,
        spread=spread,
    )
