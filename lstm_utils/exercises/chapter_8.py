"""The checks of chapter 8's exercises."""

import copy
import math

import numpy as np

from lstm_utils.exercises.checking import Wrong, call, exercise
from lstm_utils.exercises.comparing import compare, compare_number, explanation
from lstm_utils.exercises.studies import check_study
from lstm_utils.messages import translate as _


@exercise("8.1")
def slower_network(times):
    """How many times as fast 8 processes are over 1-gigabit Ethernet."""

    def speed_up(latency=14 * 50e-6, sent=14 / 8 * 20e6, passes=2 / 8, weights=0.02):
        return 2.02 / (passes + weights + latency + sent / 1.25e8)

    compare_number(
        times,
        speed_up(),
        _("the speed-up"),
        tolerance=0.009,
        hints={
            speed_up(sent=14 / 8 * 5e6): _("A float32 weight has 4 bytes: B is not 5 MB."),
            speed_up(sent=14 / 8 * 40e6): _("A float32 weight has 4 bytes, not 8."),
            speed_up(sent=14 / 8 * 2.5e6): _("Bits and bytes: beta is in bytes a second already."),
            speed_up(sent=20e6): _("In the ring each rank sends more than B: see the formula."),
            speed_up(sent=7 / 8 * 20e6): _(
                "Half the bytes: the chunks go round twice, in float32."
            ),
            speed_up(sent=14 * 20e6): _(
                "A step of the ring sends a chunk, an eighth of B, and not B."
            ),
            speed_up(sent=0, latency=0): _("That leaves the exchange out."),
            speed_up(weights=0.0025): _(
                "Every rank updates all weights: 0.02 s don't divide by 8."
            ),
            8.0: _("That would be the ideal, with nothing to exchange."),
            3.7: _("Two decimals are asked for."),
            1 / speed_up(): _(
                "Time with one process over time with eight, not the other way round."
            ),
            2.02 / speed_up(): _(
                "These are the seconds of an update. How many times as fast is that?"
            ),
        },
    )
    return _("Right. The exchange is half of the update, and nearly all of it is bytes.")


@exercise("8.2")
def how_often(minutes):
    """Young's interval, in minutes, for 25 machines."""
    day = 24 * 60

    def young(machines=25.0, two=2.0):
        return math.sqrt(two * (8 / 60) * 100 * day / machines)

    compare_number(
        minutes,
        young(),
        _("the interval"),
        tolerance=0.06,
        hints={
            39.0: _("One decimal is asked for."),
            young(machines=1.0): _("That is for one machine. How often does one of 25 fail?"),
            young(two=1.0): _("There is a 2 under the root: half an interval is lost on average."),
            young(machines=1.0) / 25: _(
                "Failures go with the number of machines, tau with its root."
            ),
            young() * 60: _("These are seconds."),
            float(round(young() * 60)): _("These are seconds."),
            young() / 60: _("These are hours."),
            young(machines=1 / 25): _("More machines fail more often: M is divided by 25."),
            young() * math.sqrt(60): _("Seconds under the root and minutes outside: use one unit."),
            young() / math.sqrt(60): _("Seconds under the root and minutes outside: use one unit."),
            young() ** 2: _("The root is missing."),
        },
    )
    return _("Right. A fifth of what one machine would need: the root of 25.")


@exercise("8.3")
def average(answer):
    """The gradient of the whole batch from the ranks' means and their numbers of targets."""
    rng = np.random.default_rng(83)
    for shape, targets in (((3,), [10, 30]), ((2, 4), [5, 1, 2]), ((3,), [4, 0, 9]), ((2,), [7])):
        tokens = [rng.normal(size=(n, *shape)) + r for r, n in enumerate(targets)]
        want = np.concatenate(tokens).mean(axis=0)
        means = [part.mean(axis=0) if len(part) else np.full(shape, np.nan) for part in tokens]
        got = call(answer, means, targets)
        what = _(
            "the gradient of {ranks} ranks with {targets} targets",
            ranks=len(targets),
            targets=targets,
        )
        if 0 in targets and got is not None and np.isnan(np.asarray(got, dtype=float)).any():
            raise Wrong(
                "One rank has no targets, and its mean is 0/0, NaN. Zero times NaN is NaN: leave "
                "that rank out of the sum."
            )
        if got is not None and np.shape(got) == shape:
            full = [mean for mean, n in zip(means, targets, strict=True) if n]
            counts = [n for n in targets if n]
            if len(targets) > 1 and np.allclose(got, sum(full) / len(targets)):
                raise Wrong(
                    "That is the mean of the ranks' means. A target on a rank with few of them "
                    "counts for more than one elsewhere."
                )
            weighted = sum(n * mean for n, mean in zip(counts, full, strict=True))
            if len(targets) > 1 and np.allclose(got, sum(full)):
                raise Wrong("That is the sum of the means; a gradient of a mean lies between them.")
            if sum(targets) > 1 and np.allclose(got, weighted):
                raise Wrong("That is the gradient of the summed loss. Divide by all targets.")
            if len(targets) > 1 and np.allclose(got, weighted / len(targets)):
                raise Wrong("The sum over all targets is divided by the ranks, not by the targets.")
        compare(got, want, what)
    return _("Right. With equal shares it is the plain mean, and that is why the mistake hides.")


@exercise("8.4")
def accumulate(answer):
    """Leaves in `.grad` the gradient of the mean squared error over the targets of all parts."""
    import torch

    for sizes in ([3, 3], [5, 1], [2, 3, 4], [4]):
        generator = torch.Generator().manual_seed(len(sizes))
        model = torch.nn.Linear(3, 1).double()
        parts = []
        for n in sizes:
            x = torch.randn(n, 3, generator=generator, dtype=torch.float64)
            parts.append((x, torch.randn(n, generator=generator, dtype=torch.float64)))
        x, y = (torch.cat(pieces) for pieces in zip(*parts, strict=True))
        means = [_mse_gradient(model, *part) for part in parts]
        whole = _mse_gradient(model, x, y)
        before = [p.detach().clone() for p in model.parameters()]
        stale = np.full(len(whole), 7.0)
        for p in model.parameters():
            p.grad = torch.full_like(p, 7.0)
        shown = _Shown()
        with_hook = model.register_forward_hook(shown)
        call(answer, model, parts)
        with_hook.remove()
        if any(not torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True)):
            raise Wrong("The weights have changed. Only their gradients are asked for.")
        if any(p.grad is None for p in model.parameters()):
            raise Wrong("There is no gradient in `.grad`: call `backward` on each part's loss.")
        got = torch.cat([p.grad.flatten() for p in model.parameters()]).numpy()
        if len(sizes) > 1 and shown.calls and max(shown.calls) > max(sizes):
            raise Wrong(
                "The network got {rows} rows at once, and only {most} fit: one part after another.",
                rows=max(shown.calls),
                most=max(sizes),
            )
        if len(sizes) > 1 and shown.most > max(sizes):
            raise Wrong(
                "What the forward passes of {rows} rows keep is in memory at once, and only {most} "
                "rows fit. When is a part's memory free again?",
                rows=shown.most,
                most=max(sizes),
            )
        if np.allclose(got, stale):
            raise Wrong("Nothing has been added to `.grad`: call `backward` on each part's loss.")
        if not np.allclose(got, whole) and np.allclose(got - stale, whole):
            raise Wrong("What stood in `.grad` before is still in it: start with zero.")
        total = sum(sizes)
        scaled = [n / total * mean for n, mean in zip(sizes, means, strict=True)]
        known = [
            (sum(means), _("The parts' means are added up. Which number should divide each sum?")),
            (
                sum(means) / len(means),
                _(
                    "The parts' means count alike, although one has fewer rows: divide each part's "
                    "sum by the rows of all parts."
                ),
            ),
            (means[-1], _("Only the last part is left: the gradient was set to zero in between.")),
            (scaled[-1], _("Only the last part is left: the gradient was set to zero in between.")),
            (total * whole, _("That is the gradient of the sum. Divide by the rows of all parts.")),
            (whole * len(sizes), _("Too large by the number of parts: nothing is averaged here.")),
        ]
        start = _("(And start with zero.)")
        _tell(got, whole, known if len(sizes) > 1 else known[4:5])
        _tell(got - stale, whole, [(w, f"{m} {start}") for w, m in known[:2]])
        if not np.allclose(got, whole):
            # (batch, 1) minus (batch,), the slip of chapter 5
            crossed = sum(_gradient(model, ((model(a) - b) ** 2).sum()) for a, b in parts)
            if any(np.allclose(got, crossed / k) for k in (1, total, total**2)):
                raise Wrong(
                    "The network answers (rows, 1) and the truths are (rows,): mind the shapes."
                )
        compare(got, whole, _("the gradient from parts of {sizes} rows", sizes=sizes))
    return _("Right. Any batch fits, if you have the time: the remedy for memory on one machine.")


class _Shown:
    """How many rows a network is shown in each call, and the most that wait for a backward pass."""

    def __init__(self):
        self.calls, self.waiting, self.most = [], 0, 0

    def __call__(self, network, given, out):
        rows = len(given[0])
        self.calls.append(rows)
        if out.requires_grad:
            self.waiting += rows
            self.most = max(self.most, self.waiting)
            out.register_hook(lambda gradient: self.gone_back(rows))

    def gone_back(self, rows):
        self.waiting -= rows


def _gradient(model, loss):
    import torch

    return torch.cat([g.flatten() for g in torch.autograd.grad(loss, model.parameters())]).numpy()


def _mse_gradient(model, x, y):
    return _gradient(model, ((model(x)[:, 0] - y) ** 2).mean())


def _tell(got, right, known):
    """Raise Wrong with the words for the first known wrong array that `got` is."""
    if got is None or np.shape(got) != np.shape(right) or np.allclose(got, right):
        return
    for wrong, message in known:
        if np.allclose(got, wrong):
            raise Wrong(message)


@exercise("8.5")
def butterfly(answer):
    """The sum on every rank, in log2(R) steps, and the bytes that each rank sends."""
    rng = np.random.default_rng(85)
    for R in (2, 4, 8, 1):
        arrays = [rng.normal(size=6) for rank in range(R)]
        want = np.sum(arrays, axis=0)
        got = call(answer, arrays)
        if not isinstance(got, tuple | list) or len(got) != 2 or np.size(got[1]) != 1:
            raise Wrong(
                "Give back two things: the list of arrays, and one number: the bytes of one rank."
            )
        held, sent = got
        if len(held) != R:
            raise Wrong(
                "There are {R} ranks, and {arrays} arrays come back.", R=R, arrays=len(held)
            )
        held = [np.asarray(array, dtype=float) for array in held]
        if any(array.shape != want.shape for array in held):
            raise Wrong("Each rank should hold an array of the shape {shape}.", shape=want.shape)
        if R > 1 and all(np.allclose(a, b) for a, b in zip(held, arrays, strict=True)):
            raise Wrong("Every rank still holds only its own array.")
        good = [np.allclose(array, want) for array in held]
        if R > 1 and all(np.allclose(array, want / R) for array in held):
            raise Wrong("That is the mean. An all-reduce leaves the sum.")
        if not all(good):
            if sum(good):
                raise Wrong(
                    "With {R} ranks, some hold the sum and others do not. Did one take its "
                    "partner's array after the partner had added to it?",
                    R=R,
                )
            pairs = [arrays[r] + arrays[r ^ 1] for r in range(R)]
            if R > 2 and all(np.allclose(a, b) for a, b in zip(held, pairs, strict=True)):
                raise Wrong(
                    "With {R} ranks one exchange is not enough: go on with 2, 4, … apart.", R=R
                )
            raise Wrong(
                "With {R} ranks no rank holds the sum. Print who hears from whom in each step: "
                "after step k everyone knows of 2^(k+1) ranks, each once.",
                R=R,
            )
        steps = R.bit_length() - 1
        nbytes = want.nbytes
        one = float(steps * nbytes)
        hints = {
            one * R: _("These are the bytes of all ranks: count one rank."),
            one / 8: _("Numbers are counted here and not bytes: a float64 has eight."),
            one * 2: _("Twice too many: count one rank, and only what it sends."),
            (R - 1.0) * nbytes: _("A rank has a partner in each of log2(R) steps, not R - 1."),
            2 * (R - 1) / R * nbytes: _(
                "That is the ring's count. Here a rank sends whole arrays."
            ),
        }
        what = _("the bytes sent by each of {R} ranks", R=R)
        compare_number(np.reshape(sent, ()), one, what, tolerance=0.5, hints=hints)
    return _("Right. Six steps for 64 ranks instead of the ring's 126, and three times the bytes.")


@exercise("8.6")
def share(answer, because):
    """Rows that a rank reads in an epoch: together each row once, in a new order each epoch."""
    for n, size in ((12, 3), (101, 2), (100, 4), (5, 1)):
        epochs = []
        for epoch in (0, 1):
            ranks = [np.asarray(call(answer, r, size, n, 7, epoch)) for r in range(size)]
            if any(rows.ndim != 1 for rows in ranks):
                raise Wrong("Each rank gets a list of row numbers.")
            rows = np.concatenate(ranks)
            if rows.dtype.kind not in "iu" or (len(rows) and (rows.min() < 0 or rows.max() >= n)):
                raise Wrong("Row numbers are whole and go from 0 to {last}.", last=n - 1)
            count = np.bincount(rows, minlength=n)
            if size > 1 and all(np.array_equal(ranks[0], other) for other in ranks[1:]):
                raise Wrong("All ranks read the same rows: two do the work of one, twice.")
            if size > 1 and len(rows) == size * n:
                raise Wrong("Every rank reads all rows: nothing is shared out.")
            if (count != 1).any():
                raise Wrong(
                    "In one epoch, {size} ranks leave {unread} of {n} rows unread and read {twice} "
                    "more than once. Compare the orders that they draw.",
                    size=size,
                    unread=(count == 0).sum(),
                    n=n,
                    twice=(count > 1).sum(),
                )
            if max(map(len, ranks)) - min(map(len, ranks)) > 1:
                raise Wrong("The shares differ by more than one row: some ranks would wait.")
            epochs.append(ranks)
        if n > 5 and all(np.array_equal(a, b) for a, b in zip(*epochs, strict=True)):
            raise Wrong("Epoch 1 has the same order as epoch 0: shuffle anew in each.")
        if size > 1 and all(set(a) == set(b) for a, b in zip(*epochs, strict=True)):
            raise Wrong("Each rank keeps its rows for ever: let an epoch deal them out anew.")
        again = [np.asarray(call(answer, r, size, n, 7, 1)) for r in range(size)]
        if any(not np.array_equal(a, b) for a, b in zip(again, epochs[1], strict=True)):
            raise Wrong(
                "Asked twice for the same epoch, a rank gets other rows: seed the generator."
            )
        other = [np.asarray(call(answer, r, size, n, 8, 1)) for r in range(size)]
        if n > 5 and all(np.array_equal(a, b) for a, b in zip(other, epochs[1], strict=True)):
            raise Wrong("Another seed gives the same order: the seed is not used.")
    explanation(
        because,
        "d",
        {
            "a": _("Each rank's own slice has no row twice. Compare the slices of two ranks."),
            "b": _("The gradients do add up to one; only, of which rows?"),
            "c": _("The weights stay equal: every rank gets the same average."),
        },
    )
    return _("Right. One order for all, drawn by each rank for itself: nobody needs to send it.")


def _small_training(state=None):
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0 if state is None else 1)
        model = torch.nn.Linear(4, 1).double()
    return model, torch.optim.Adam(model.parameters(), lr=0.05)


def _go_on(model, optimiser, first, last):
    import torch

    losses = []
    for k in range(first, last):
        generator = torch.Generator().manual_seed(k)
        x = torch.randn(8, 4, generator=generator, dtype=torch.float64)
        loss = ((model(x)[:, 0] - x.sum(dim=1)) ** 2).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return losses


@exercise("8.7")
def checkpoint(save, restore, because):
    """A state in memory from which training goes on as if it had never stopped."""
    model, optimiser = _small_training()
    unbroken = _go_on(model, optimiser, 0, 12)
    kept = [p.detach().clone() for p in model.parameters()]
    for at in (1, 5):
        model, optimiser = _small_training()
        _go_on(model, optimiser, 0, at)
        then = copy.deepcopy(model.state_dict())
        moments = copy.deepcopy(optimiser.state_dict())
        state = call(save, model, optimiser, at)
        if state is None:
            raise Wrong("`save` gives back nothing: return the state.")
        _go_on(model, optimiser, at, at + 3)  # what is lost
        fresh_model, fresh_optimiser = _small_training(state)
        epoch = call(restore, state, fresh_model, fresh_optimiser, in_place=True)
        if epoch != at:
            raise Wrong(
                "`restore` gives back {epoch!r}, and the state was saved at epoch {at}.",
                epoch=epoch,
                at=at,
            )
        now = fresh_model.state_dict()
        same = all((now[name] == then[name]).all() for name in then)
        if not same and all((now[k] == v).all() for k, v in model.state_dict().items()):
            raise Wrong(
                "Three updates after it was saved, the state holds other weights: those of now. "
                "Whose memory are they in?"
            )
        if not same:
            raise Wrong("The restored weights are not the ones that were saved.")
        found = fresh_optimiser.state_dict()["state"]
        if not found:
            raise Wrong(
                "The weights are right now, and so is the next loss; but not the update that "
                "follows it. What else has learnt something by then?"
            )
        for k, want in moments["state"].items():
            if any((found[k][name] != value).any() for name, value in want.items()):
                raise Wrong(
                    "Three updates after it was saved, the state holds other moments of Adam's: "
                    "those of now. Treat them as you treat the weights."
                )
        resumed = _go_on(fresh_model, fresh_optimiser, at, 12)
        if resumed != unbroken[at:]:
            raise Wrong("After the restart the losses are not those of the unbroken run.")
    if any((a != b).any() for a, b in zip(kept, fresh_model.parameters(), strict=True)):
        raise Wrong("After the restart the weights are not those of the unbroken run.")
    explanation(
        because,
        "a",
        {
            "b": _("The data of an update are drawn from its number alone, before and after."),
            "c": _("Everything is float64, and the losses should agree to the last bit."),
            "d": _("`load_state_dict` does overwrite all weights of the new network."),
        },
    )
    return _("Right. Bit for bit: a checkpoint holds everything that the next update depends on.")


@exercise("8.8")
def larger_batches(results, *, baseline):
    """A study of larger batches with the same number of examples, three seeds a variant."""
    return check_study(
        results,
        baseline=baseline,
        at_least=3,
        bounds=(0.0, 1.0),
        higher_is_better=False,
        too_good=1e-7,
    )
