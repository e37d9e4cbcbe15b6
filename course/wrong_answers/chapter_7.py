"""What students answer in chapter 7's exercises, and what the check says."""

import math

import numpy as np

from tools.course.answers import right, wrong

# 7.1 Where the weights are
wrong("7.1", 392, "holds the last layer against the LSTM alone", says="grow with V as well")
wrong("7.1", 400, "forgets the first linear layer", says="first linear layer")
wrong("7.1", 316, "half as many as the others", says="as in all the others")
wrong("7.1", 3493, "takes the vocabulary of the page", says="too large")
right("7.1", 471)

# 7.2 From the screen to bits per character
wrong("7.2", 1.218, "leaves the nats", says="nats per character")
wrong("7.2", 4.184, "leaves the tokens", says="bits per token")
wrong("7.2", 0.844, "multiplies by ln 2", says="Multiply or divide")
wrong("7.2", 9.962, "multiplies by characters a token", says="More bits for a character")


# 7.3 Lessons that stay in their headline
@wrong("7.3", "cuts windows from one long text", says="never crosses")
def one_long_text(headlines, window):
    words = ["<s>"] * window
    for headline in headlines:
        words += [*headline.split(), "</s>"]
    return [(tuple(words[i - window : i]), words[i]) for i in range(window, len(words))]


@wrong("7.3", "goes on from the headline before, without ends", says="never crosses")
def joined(headlines, window):
    words = ["<s>"] * window + " ".join(headlines).split()
    return [(tuple(words[i - window : i]), words[i]) for i in range(window, len(words))]


@wrong("7.3", "forgets the end", says="where a headline ends")
def no_end(headlines, window):
    found = []
    for headline in headlines:
        words = ["<s>"] * window + headline.split()
        found += [(tuple(words[i - window : i]), words[i]) for i in range(window, len(words))]
    return found


@wrong("7.3", "begins with the first full window, as the chapter does", says="start signs only")
def full_windows(headlines, window):
    found = []
    for headline in headlines:
        words = [*headline.split(), "</s>"]
        found += [(tuple(words[i - window : i]), words[i]) for i in range(window, len(words))]
    return found


@wrong("7.3", "one start sign, whatever the window", says="another number")
def one_start_sign(headlines, window):
    found = []
    for headline in headlines:
        words = ["<s>", *headline.split(), "</s>"]
        found += [(tuple(words[max(0, i - window) : i]), words[i]) for i in range(1, len(words))]
    return found


@right("7.3")
def by_slices(headlines, window):
    found = []
    for headline in headlines:
        words = ["<s>"] * window + headline.split() + ["</s>"]
        columns = [words[k:] for k in range(window + 1)]
        found += [(list(row[:-1]), row[-1]) for row in zip(*columns, strict=False)]
    return found


# 7.4 Perplexity of a padded batch
def _nats(scores, targets):
    return -scores.log_softmax(dim=2).gather(2, targets[..., None])[..., 0]


@wrong("7.4", "counts the padding", says="The padding is in it")
def with_padding(scores, targets):
    return _nats(scores, targets).mean().exp()


@wrong("7.4", "sets the padding to zero and takes the mean", says="number that you divide by")
def zeros_in_the_mean(scores, targets):
    return (_nats(scores, targets) * (targets != 0)).mean().exp()


@wrong("7.4", "averages the rows' means", says="a token of a short headline more weight")
def mean_of_means(scores, targets):
    real = targets != 0
    return ((_nats(scores, targets) * real).sum(dim=1) / real.sum(dim=1)).mean().exp()


@wrong("7.4", "takes 2 to the power of nats", says="in nats")
def two_to_the_nats(scores, targets):
    return 2 ** _nats(scores, targets)[targets != 0].mean()


@wrong("7.4", "exponentials first", says="lets the worst one decide")
def exponentials_first(scores, targets):
    return _nats(scores, targets)[targets != 0].exp().mean()


@right("7.4")
def by_cross_entropy(scores, targets):
    from torch.nn.functional import cross_entropy

    return cross_entropy(scores.flatten(0, 1), targets.flatten(), ignore_index=0).exp()


# 7.5 The nucleus
def _cut(scores, q, keep):
    ordered = scores.softmax(dim=-1).sort(dim=-1, descending=True)
    sums = ordered.values.cumsum(dim=-1)
    return ordered, ordered.values.where(keep(sums, ordered.values), 0 * sums)


@wrong("7.5", "drops the token that crosses the border", says="nothing is left")
def before_the_border(scores, q):
    ordered, kept = _cut(scores, q, lambda sums, p: sums < q)
    kept = kept / kept.sum(dim=-1, keepdim=True)
    return kept.scatter(-1, ordered.indices, kept)


@wrong("7.5", "drops it, but keeps one token at least", says="crosses the border")
def one_at_least(scores, q):
    ordered, kept = _cut(scores, q, lambda sums, p: (sums < q) | (sums == p))
    kept = kept / kept.sum(dim=-1, keepdim=True)
    return kept.scatter(-1, ordered.indices, kept)


@wrong("7.5", "does not divide by what is left", says="divide by what is left")
def not_divided(scores, q):
    ordered, kept = _cut(scores, q, lambda sums, p: sums - p < q)
    return kept.scatter(-1, ordered.indices, kept)


@wrong("7.5", "leaves the sorted order", says="go back to the old order")
def sorted_order(scores, q):
    _, kept = _cut(scores, q, lambda sums, p: sums - p < q)
    return kept / kept.sum(dim=-1, keepdim=True)


@wrong("7.5", "keeps every token above 1 − q", says="fewer hold q already")
def by_threshold(scores, q):
    p = scores.softmax(dim=-1)
    kept = p.where(p >= (1 - q) * p.amax(dim=-1, keepdim=True), 0 * p)
    return kept / kept.sum(dim=-1, keepdim=True)


@right("7.5")
def token_by_token(scores, q):
    rows = []
    for row in scores.softmax(dim=-1).numpy():
        kept, mass = np.zeros_like(row), 0.0
        for token in row.argsort()[::-1]:
            if mass < q:
                kept[token] = row[token]
                mass += row[token]
        rows.append(kept / kept.sum())
    return np.array(rows)


# 7.6 Two models, averaged
_WEIGHTS = np.linspace(0, 1, 101)


@wrong("7.6", "averages the bits", says="Is it the bits that you average")
def mean_of_bits(first, second):
    bits = [-np.mean(a * np.log2(first) + (1 - a) * np.log2(second)) for a in _WEIGHTS]
    return _WEIGHTS[np.argmin(bits)]


@wrong("7.6", "gives the weight of the other model", says="second model")
def of_the_second(first, second):
    bits = [-np.log2((1 - a) * first + a * second).mean() for a in _WEIGHTS]
    return _WEIGHTS[np.argmin(bits)]


@wrong("7.6", "maximises the bits", says="all the weight to one model")
def the_most_bits(first, second):
    bits = [-np.log2(a * first + (1 - a) * second).mean() for a in _WEIGHTS]
    return _WEIGHTS[np.argmax(bits)]


@wrong("7.6", "takes a half without looking", says="another weight")
def a_half(first, second):
    return 0.5


@wrong("7.6", "searches in steps of a tenth", says="a finer grid")
def coarse(first, second):
    weights = np.linspace(0, 1, 11)
    bits = [-np.log2(a * first + (1 - a) * second).mean() for a in weights]
    return weights[np.argmin(bits)]


@right("7.6")
def by_responsibility(first, second):
    alpha = 0.5
    for _ in range(400):  # expectation and maximisation
        alpha = np.mean(alpha * first / (alpha * first + (1 - alpha) * second))
    return alpha


# 7.7 Which axis holds the words?
def _reshaped(scores, targets):
    from torch.nn.functional import cross_entropy

    B, T, V = scores.shape
    return cross_entropy(scores.reshape(B, V, T), targets, ignore_index=0)


def _padding_counts(scores, targets):
    from torch.nn.functional import cross_entropy

    return cross_entropy(scores.transpose(1, 2), targets)


def _summed(scores, targets):
    from torch.nn.functional import cross_entropy

    return cross_entropy(scores.transpose(1, 2), targets, ignore_index=0, reduction="sum")


def _transposed(scores, targets):
    from torch.nn.functional import cross_entropy

    return cross_entropy(scores.transpose(1, 2), targets, ignore_index=0)


def _flattened(scores, targets):
    from torch.nn.functional import cross_entropy

    return cross_entropy(scores.flatten(0, 1), targets.flatten(), ignore_index=0)


wrong("7.7", (_reshaped, "d"), "explains it, but leaves it", says="where it lands")
wrong("7.7", (_padding_counts, "d"), "loses ignore_index", says="The padding counts now")
wrong("7.7", (_summed, "d"), "sums", says="not a sum")
wrong("7.7", (_transposed, "b"), "wants a softmax", says="makes probabilities of them itself")
wrong("7.7", (_transposed, "c"), "blames batch and time", says="axis of the words")
right("7.7", (_flattened, "d"))


# 7.8 A loss with a floor
def _two_softmaxes(scores, targets):
    from torch.nn.functional import cross_entropy

    return cross_entropy(scores.softmax(dim=1), targets)


def _log_of_softmax(scores, targets):
    p = scores.exp() / scores.exp().sum(dim=1, keepdim=True)
    return -p.log().gather(1, targets[:, None]).mean()


def _no_logarithm(scores, targets):
    from torch.nn.functional import nll_loss

    return nll_loss(scores.softmax(dim=1), targets)


def _one_softmax(scores, targets):
    from torch.nn.functional import cross_entropy

    return cross_entropy(scores, targets)


def _by_hand(scores, targets):
    return -scores.log_softmax(dim=1).gather(1, targets[:, None]).mean()


wrong("7.8", (_two_softmaxes, "a"), "explains it, but leaves it", says="has a floor")
wrong("7.8", (_log_of_softmax, "a"), "logarithm of a softmax by hand", says="not finite")
wrong("7.8", (_no_logarithm, "a"), "softmax and nll_loss", says="logarithm is missing")
wrong("7.8", (_one_softmax, "b"), "blames the step size", says="reaches the same floor")
wrong("7.8", (_one_softmax, "d"), "blames the text", says="by heart")
right("7.8", (_by_hand, "A"))


# 7.9 A score that likes ignorance
def _with_gaps(headline, known, spell):
    tokens = [word if word in known else "<unk>" for word in headline.split()] + ["</s>"]
    return -sum(math.log2(known[token]) for token in tokens)


def _for_nothing(headline, known, spell):
    tokens = [word for word in headline.split() if word in known] + ["</s>"]
    return -sum(math.log2(known[token]) for token in tokens)


def _unannounced(headline, known, spell):
    return -sum(
        math.log2(known[word] if word in known else spell(word))
        for word in [*headline.split(), "</s>"]
    )


def _spelled(headline, known, spell):
    p = known["</s>"]
    for word in headline.split():
        p *= known[word] if word in known else known["<unk>"] * spell(word)
    return -math.log2(p)


wrong("7.9", (_with_gaps, "b"), "explains it, but leaves it", says="sum to")
wrong("7.9", (_for_nothing, "b"), "leaves unknown words out", says="costs nothing")
wrong("7.9", (_unannounced, "b"), "spells without saying so", says="said first")
wrong("7.9", (_spelled, "a"), "blames the rare words", says="still the headline")
wrong("7.9", (_spelled, "d"), "thinks of the network", says="not a text with less in it")
right("7.9", (_spelled, "b"))

# 7.10 The worth of more text
wrong(
    "7.10",
    {"counts": [2.7, 2.71, 2.69], "LSTM": [2.9, 2.9, 2.9]},
    "three runs from one seed",
    named={"baseline": "counts"},
    says="own seed",
)
wrong(
    "7.10",
    {"counts": [2.7, 2.71, 2.69], "LSTM": [0.4, 0.5, 0.4]},
    "targets that are the inputs",
    named={"baseline": "counts"},
    says="too good to be true",
)
wrong(
    "7.10",
    {"counts": [18.0, 18.3, 17.9], "LSTM": [20.0, 21.0, 20.5]},
    "perplexities instead of bits",
    named={"baseline": "counts"},
    says="outside what is possible",
)
