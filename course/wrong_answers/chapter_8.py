"""What students answer in chapter 8's exercises, and what the check says."""

import copy

import numpy as np

from tools.course.answers import right, wrong

wrong("8.1", 2.02 / (0.25 + 0.02 + 0.0007 + 0.07), "one byte a weight", says="4 bytes")
wrong("8.1", 2.02 / (0.25 + 0.0025 + 0.2807), "shared out Adam's work", says="don't divide by 8")
wrong("8.1", 2.02 / 0.27, "forgot the exchange", says="leaves the exchange out")
wrong("8.1", 3.7, "gave one decimal", says="Two decimals")
wrong("8.1", 4.92, "halved the bytes", says="go round twice")
wrong("8.1", 0.5507, "gave the seconds of an update", says="seconds of an update")
right("8.1", 3.67)

wrong("8.2", 196.0, "took the failures of one machine", says="one of 25")
wrong("8.2", 196.0 / 25, "divided the interval by 25", says="with its root")
wrong("8.2", 2352, "gave seconds", says="These are seconds")
wrong("8.2", 39, "left the decimal out", says="One decimal")
wrong("8.2", 27.7, "left the 2 out", says="half an interval")
right("8.2", 39.2)


@wrong("8.3", "the plain mean of the means", says="counts for more than one elsewhere")
def plain_mean(means, targets):
    return sum(means) / len(means)


@wrong("8.3", "added the means up", says="lies between them")
def sum_of_means(means, targets):
    return sum(means)


@wrong("8.3", "did not divide at all", says="Divide by all targets")
def weighted_sum(means, targets):
    return sum(n * mean for n, mean in zip(targets, means, strict=True))


@wrong("8.3", "multiplied NaN by zero", says="Zero times NaN is NaN")
def with_nan(means, targets):
    return sum(n * mean for n, mean in zip(targets, means, strict=True)) / sum(targets)


@right("8.3")
def by_numpy(means, targets):
    return np.average(np.nan_to_num(np.stack(means)), axis=0, weights=targets)


def _loss(model, x, y, reduction):
    import torch.nn.functional as F

    return F.mse_loss(model(x)[:, 0], y, reduction=reduction)


@wrong("8.4", "averaged the parts' means", says="one has fewer rows")
def mean_of_means(model, parts):
    model.zero_grad()
    for x, y in parts:
        (_loss(model, x, y, "mean") / len(parts)).backward()


@wrong("8.4", "set the gradient to zero before each part", says="Only the last part is left")
def zero_in_between(model, parts):
    rows = sum(len(y) for _, y in parts)
    for x, y in parts:
        model.zero_grad()
        (_loss(model, x, y, "sum") / rows).backward()


@wrong("8.4", "never set the gradient to zero", says="start with zero")
def never_zero(model, parts):
    rows = sum(len(y) for _, y in parts)
    for x, y in parts:
        (_loss(model, x, y, "sum") / rows).backward()


@wrong("8.4", "put the parts together", says="one part after another")
def all_at_once(model, parts):
    import torch

    x, y = (torch.cat(pieces) for pieces in zip(*parts, strict=True))
    model.zero_grad()
    _loss(model, x, y, "mean").backward()


@wrong("8.4", "subtracted (rows,) from (rows, 1)", says="mind the shapes")
def crossed(model, parts):
    rows = sum(len(y) for _, y in parts)
    model.zero_grad()
    for x, y in parts:
        (((model(x) - y) ** 2).sum() / rows).backward()


@wrong("8.4", "went back once, through all parts", says="in memory at once")
def one_backward(model, parts):
    rows = sum(len(y) for _, y in parts)
    model.zero_grad()
    (sum(_loss(model, x, y, "sum") for x, y in parts) / rows).backward()


@right("8.4")
def row_by_row(model, parts):
    rows = sum(len(y) for _, y in parts)
    model.zero_grad()
    for x, y in parts:
        loss = sum(_loss(model, x[k : k + 1], y[k : k + 1], "sum") for k in range(len(y)))
        (loss / rows).backward()


@right("8.4")
def by_autograd(model, parts):
    import torch

    weights, rows = list(model.parameters()), sum(len(y) for _, y in parts)
    sums = [torch.zeros_like(w) for w in weights]
    for x, y in parts:
        for total, new in zip(
            sums, torch.autograd.grad(_loss(model, x, y, "sum"), weights), strict=True
        ):
            total += new
    for weight, total in zip(weights, sums, strict=True):
        weight.grad = total / rows


@wrong("8.5", "added in place, rank by rank", says="after the partner had added to it")
def in_place(arrays):
    held, sent, apart = [array.copy() for array in arrays], 0, 1
    while apart < len(held):
        sent += held[0].nbytes
        for r in range(len(held)):
            held[r] += held[r ^ apart]
        apart *= 2
    return held, sent


@wrong("8.5", "made one exchange only", says="go on with 2, 4")
def one_exchange(arrays):
    held = [arrays[r] + arrays[r ^ 1] if len(arrays) > 1 else arrays[r] for r in range(len(arrays))]
    return held, arrays[0].nbytes * (len(arrays) > 1)


@wrong("8.5", "counted the bytes of all ranks", says="count one rank")
def bytes_of_all(arrays):
    held, sent = recursive(arrays)
    return held, sent * len(arrays)


@wrong("8.5", "counted a message for every other rank", says="log2(R) steps")
def everyone_to_everyone(arrays):
    return [sum(arrays) for _ in arrays], arrays[0].nbytes * (len(arrays) - 1)


@right("8.5")
def recursive(arrays):
    R = len(arrays)
    if R == 1:
        return [arrays[0].copy()], 0
    low, sent = recursive(arrays[: R // 2])
    high, _ = recursive(arrays[R // 2 :])
    both = [a + b for a, b in zip(low, high, strict=True)]
    return both + both, sent + arrays[0].nbytes


def _own_order(rank, size, n, seed, epoch):
    return np.random.default_rng([seed, rank, epoch]).permutation(n)[rank::size]


def _same_rows(rank, size, n, seed, epoch):
    return np.random.default_rng([seed, epoch]).permutation(n)[0::size]


def _never_dealt_anew(rank, size, n, seed, epoch):
    return np.random.default_rng([seed]).permutation(n)[rank::size]


def _own_block(rank, size, n, seed, epoch):
    rows = np.arange(rank, n, size)
    return np.random.default_rng([seed, epoch]).permutation(rows)


def _mended(rank, size, n, seed, epoch):
    order = np.arange(n)
    np.random.default_rng(seed + 1000 * epoch).shuffle(order)
    return np.array_split(order, size)[rank].tolist()


wrong("8.6", (_own_order, "d"), "explained it and left it", says="orders that they draw")
wrong("8.6", (_same_rows, "d"), "gave all ranks the same share", says="two do the work of one")
wrong("8.6", (_never_dealt_anew, "d"), "took the epoch out", says="shuffle anew in each")
wrong("8.6", (_own_block, "d"), "gave each rank rows for ever", says="deal them out anew")
wrong("8.6", (_mended, "c"), "thought that the weights drift apart", says="the same average")
right("8.6", (_mended, "d"))


def _references(model, optimiser, epoch):
    return {"m": model.state_dict(), "o": optimiser.state_dict(), "epoch": epoch}


def _copies(model, optimiser, epoch):
    return copy.deepcopy(_references(model, optimiser, epoch))


def _half_copied(model, optimiser, epoch):
    state = _references(model, optimiser, epoch)
    return {**state, "m": copy.deepcopy(state["m"])}


def _weights_only(state, model, optimiser):
    model.load_state_dict(state["m"])
    return state["epoch"]


def _all(state, model, optimiser):
    model.load_state_dict(state["m"])
    optimiser.load_state_dict(state["o"])
    return state["epoch"]


def _one_further(state, model, optimiser):
    return _all(state, model, optimiser) + 1


def _to_a_file(model, optimiser, epoch):
    import io

    import torch

    file = io.BytesIO()
    torch.save(_references(model, optimiser, epoch), file)
    return file.getvalue()


def _from_a_file(state, model, optimiser):
    import io

    import torch

    return _all(torch.load(io.BytesIO(state)), model, optimiser)


wrong("8.7", (_references, _all, "a"), "saved references", says="Whose memory")
wrong("8.7", (_copies, _weights_only, "a"), "left Adam out", says="What else has learnt something")
wrong("8.7", (_half_copied, _all, "a"), "copied the weights only", says="as you treat the weights")
wrong("8.7", (_copies, _one_further, "a"), "counted the epoch twice", says="was saved at epoch")
wrong("8.7", (_copies, _all, "b"), "blamed the data", says="from its number alone")
right("8.7", (_to_a_file, _from_a_file, "a"))

wrong(
    "8.8",
    {"batch 32": [0.001, 0.002, 0.001]},
    "only one variant",
    says="at least two variants",
    named={"baseline": "batch 32"},
)
wrong(
    "8.8",
    {"batch 32": [0.001, 0.002, 0.003], "batch 128": [0.001, 0.002, 0.003]},
    "the batch size never reached the training loop",
    says="Does the change reach the model?",
    named={"baseline": "batch 32"},
)
wrong(
    "8.8",
    {"batch 32": [0.001, 0.002, 0.003], "batch 128": [0.02, float("nan"), 0.03]},
    "a rate at which one run diverges",
    says="did that run diverge",
    named={"baseline": "batch 32"},
)
