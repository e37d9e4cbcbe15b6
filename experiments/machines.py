"""Time what one and two processes take: updates, epochs, small batches, an all-reduce by its size.

Started as one process it makes the runs of one process, then starts torchrun for those of two. A
seed is a repetition: what is timed differs from one to the next more than by its random tokens.
"""

import ctypes
import math
import multiprocessing
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import torch
import torch.distributed as dist
import torch.nn.functional as F

from lstm_utils import command_line
from lstm_utils.models.headlines import bits_per_character
from lstm_utils.models.headlines_torch import LanguageModel, StackedLSTM, headline_bits, update

from . import distributed
from .headlines_data import add_arguments, load
from .headlines_training import LSTMRecipe, learn
from .runs import NO_RUN, Run, parser_of, smaller

PROCESSES, SEEDS = (1, 2), (0, 1, 2)
WORDS = 3493  # of the notes' network in chapter 7
SIZES = [4**k for k in range(1, 13)]  # bytes of an all-reduce: 4 bytes to 16 MiB


@dataclass(frozen=True, kw_only=True)
class TeamRecipe:
    """How many processes work together, and how often what they do is timed."""

    processes: int
    threads: int = 1  # of each process
    rounds: int = 12
    warm_up: int = 3  # rounds before those that count


@dataclass(frozen=True, kw_only=True)
class UpdatesRecipe(TeamRecipe):
    kind: str = field(default="updates", init=False)
    vocabulary: int
    hidden_size: int | None = None  # of a LanguageModel; without it, a StackedLSTM
    rows: int
    length: int  # tokens a row


@dataclass(frozen=True, kw_only=True)
class BatchesRecipe(TeamRecipe):
    kind: str = field(default="batches", init=False)
    vocabulary: int
    batches: list[int]  # rows of each


@dataclass(frozen=True, kw_only=True)
class AllReduceRecipe(TeamRecipe):
    kind: str = field(default="all-reduce", init=False)
    bytes: list[int]  # of each array


@dataclass(frozen=True, kw_only=True)
class EpochsRecipe(LSTMRecipe):
    kind: str = field(default="epochs", init=False)
    trained_on: str = "train"
    scored_on: str = "validation"
    epochs: int = 6
    processes: int
    threads: int = 1


def recipes(processes):
    """The recipes for so many processes, by name."""
    # Chapter 7's two networks, and a mean headline. A text makes use of a weight at every step, a
    # window of two words at two steps only.
    sizes = {"vocabulary": 45, "hidden_size": 192, "rows": 32, "length": 44}
    found = {
        "characters-lstm": UpdatesRecipe(processes=processes, **sizes),
        "notes-network": UpdatesRecipe(processes=processes, vocabulary=WORDS, rows=64, length=2),
        "epochs": EpochsRecipe(processes=processes),
    }
    if processes > 1:
        found["all-reduce"] = AllReduceRecipe(processes=processes, bytes=SIZES)
    else:
        batches = {"vocabulary": WORDS, "batches": [64, 32, 16, 1]}
        found["batches"] = BatchesRecipe(processes=1, **batches)
    return found


def all_runs(options):
    """The runs of a team of this size; of any size when they are only to be listed."""
    teams = PROCESSES if options.list else [distributed.team().size]
    wanted = {f"{name}-{n}": recipe for n in teams for name, recipe in recipes(n).items()}
    if options.quick:
        small = {"rounds": 2, "warm_up": 1, "bytes": SIZES[:4], "epochs": 2, "batches": [2, 1]}
        wanted = {name: smaller(recipe, **small) for name, recipe in wanted.items()}
    return [
        Run("machines", name, seed, recipe) for name, recipe in wanted.items() for seed in SEEDS
    ]


def timed(function, recipe):
    """Seconds of a call: median, quartiles, processor's part; and pages touched for a first time.

    All processes start each call together; what is returned is this one's.
    """
    found = []
    for _ in range(recipe.warm_up + recipe.rounds):
        if distributed.team().size > 1:
            dist.barrier()
        start, worked, faults = time.perf_counter(), time.process_time(), page_faults()
        function()
        spent = time.perf_counter() - start, time.process_time() - worked
        found.append((*spent, page_faults() - faults))
    seconds, worked, faults = np.array(found[recipe.warm_up :]).T
    low, middle, high = np.percentile(seconds, [25, 50, 75]).tolist()
    return {
        "median": middle,
        "quartiles": [low, high],
        "processor": float(np.median(worked)),
        "page_faults": float(np.median(faults)),
    }


def page_faults():
    """How often this process has touched a page of memory for the first time."""
    import resource  # which Windows lacks

    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


class Watch:
    """When a process begins an update, is ready for the exchange, has the sums, and is done."""

    def __init__(self, wrapped):
        self.now, self.size = {}, distributed.team().size
        wrapped.register_forward_hook(lambda *_: self.note("forward"))
        wrapped.register_comm_hook(None, self.exchange)

    def note(self, event):
        self.now[event] = time.perf_counter()  # of one clock for all processes of a machine

    def exchange(self, _, bucket):
        self.now.setdefault("first", time.perf_counter())
        self.note("ready")

        def over(future):
            self.note("over")
            return future.value()[0]

        summed = dist.all_reduce(bucket.buffer().div_(self.size), async_op=True)
        return summed.get_future().then(over)

    def of(self, function, recipe):
        """Seconds of each event from the first process's start on, (rounds, processes, events)."""
        found = []
        for _ in range(recipe.warm_up + recipe.rounds):
            self.now = {}
            dist.barrier()
            self.note("start")
            function()
            self.note("done")
            mine = torch.tensor([self.now[event] for event in EVENTS], dtype=torch.float64)
            all_of_them = [torch.empty_like(mine) for _ in range(self.size)]
            dist.all_gather(all_of_them, mine)
            found.append(torch.stack(all_of_them))
        times = torch.stack(found[recipe.warm_up :]).numpy()
        return times - times.min(axis=(1, 2), keepdims=True)


EVENTS = ("start", "forward", "first", "ready", "over", "done")


def told(times):
    """What an exchange is made of, medians over the rounds; and the update of median length."""
    ready, over = times[:, :, EVENTS.index("ready")], times[:, :, EVENTS.index("over")]
    last = ready.max(axis=1)
    length = times.max(axis=(1, 2))
    forward = times[:, :, EVENTS.index("forward")]
    begun = (times[:, :, EVENTS.index("first")] - forward) / (ready - forward)
    return {
        "waited": float(np.median(last - ready.min(axis=1))),
        "moved": float(np.median(over.max(axis=1) - last)),
        "begun": float(np.median(begun)),  # share of the backward pass before any exchange
        "timeline": times[np.argsort(length)[len(length) // 2]].tolist(),
    }


def run_updates(run, options):
    """Time updates on random tokens: with the exchange of gradients, without, each its own."""
    recipe, me = run.recipe, distributed.team()
    with distributed.Progress(run, options.checkpoints) as progress:
        torch.manual_seed(run.seed)
        vocabulary, hidden = recipe.vocabulary, recipe.hidden_size

        def fresh():
            return LanguageModel(vocabulary, hidden, 0.4) if hidden else StackedLSTM(vocabulary)

        model, alone = fresh(), distributed.Team()
        wrapped, own = me.wrap(model), alone.wrap(fresh())
        optimisers = {m: torch.optim.Adam(m.parameters(), fused=True) for m in (wrapped, own)}
        rng, shape = torch.manual_seed(run.seed), (recipe.rows, recipe.length + 1)
        batch = list(torch.randint(3, vocabulary, shape, generator=rng))

        def one_update(network, rows, share):
            if hidden:
                update(network, optimisers[network], rows, share, 1e-3)
                return
            table = torch.stack(rows)
            optimisers[network].zero_grad()
            F.cross_entropy(network(table[:, :-1]), table[:, -1]).backward()
            optimisers[network].step()

        shared = partial(one_update, wrapped, *me.share(batch))
        metrics = {"seconds": timed(shared, recipe)}
        if me.size > 1:
            with wrapped.no_sync():
                metrics["seconds_without_exchange"] = timed(shared, recipe)
            whole = partial(one_update, own, *alone.share(batch))  # as one process alone makes it
            metrics["seconds_side_by_side"] = timed(whole, recipe)
            metrics["exchange"] = told(Watch(wrapped).of(shared, recipe))
        weights = sum(p.numel() for p in model.parameters())
        metrics["seconds_adam"] = timed(optimisers[wrapped].step, recipe)
        metrics["bytes"] = 4 * weights
        sizes = {"weights": weights, "tokens": recipe.rows * recipe.length}
        return progress.record(data={"source": "random"}, sizes=sizes, metrics=metrics, threads=1)


def keep_memory():
    """Let glibc keep what is freed, so that an array is no new memory; Linux only."""
    glibc, M_MMAP_MAX, M_TRIM_THRESHOLD = ctypes.CDLL(None), -4, -1  # as in malloc.h
    glibc.mallopt(M_MMAP_MAX, 0)
    glibc.mallopt(M_TRIM_THRESHOLD, -1)


def passes_by_rows(recipe):
    """Time a forward and a backward pass of the notes' network for each number of rows."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = StackedLSTM(recipe.vocabulary)
    weights = list(model.parameters())
    found = {}
    for rows in recipe.batches:
        x = torch.randint(3, recipe.vocabulary, (rows, 3))

        def forward(x=x):
            return F.cross_entropy(model(x[:, :-1]), x[:, -1])

        def both(forward=forward):
            for weight in weights:
                weight.grad = None  # as `zero_grad` does
            forward().backward()

        with torch.no_grad():
            found[rows] = {"forward": timed(forward, recipe)}
        found[rows]["passes"] = timed(both, recipe)
    return found


def run_batches(run, options):
    """Time small batches, with memory that is new at each update and with memory that is kept."""
    with distributed.Progress(run, options.checkpoints) as progress:
        metrics, spawn = {}, multiprocessing.get_context("spawn")
        for memory, first in {"new": None, "kept": keep_memory}.items():
            with ProcessPoolExecutor(1, mp_context=spawn, initializer=first) as alone:
                metrics[memory] = alone.submit(passes_by_rows, run.recipe).result()
        return progress.record(data={"source": "random"}, sizes={}, metrics=metrics, threads=1)


def run_epochs(run, options):
    """Train the headlines' network for a few epochs: its curve, and seconds an epoch."""
    data = load(options)
    with distributed.Progress(run, options.checkpoints) as progress:
        start = time.perf_counter()
        model, sequences, curve = learn(run, data, progress)
        seconds = time.perf_counter() - start
        if distributed.team().rank:
            return None
        held_out, lines = data.headlines[run.recipe.scored_on], len(sequences.encoded)
        bits = headline_bits(model, sequences.tokeniser, held_out)
        return progress.record(
            data=data.record,
            sizes={"lines": lines, "updates_an_epoch": math.ceil(lines / run.recipe.batch_size)},
            metrics={
                "bits_per_character": bits_per_character(bits, held_out),
                "seconds_an_epoch": seconds / run.recipe.epochs,
            },
            curve=curve,
            threads=1,
        )


def run_all_reduce(run, options):
    """Time the sum of one array over the processes, for arrays of many sizes."""
    recipe, seconds = run.recipe, []
    with distributed.Progress(run, options.checkpoints) as progress:
        for size in recipe.bytes:
            array = torch.zeros(size // 4, device=distributed.team().device)
            seconds.append(timed(partial(dist.all_reduce, array), recipe)["median"])
        metrics = {"bytes": recipe.bytes, "seconds": seconds}
        return progress.record(data={"source": "zeros"}, sizes={}, metrics=metrics, threads=1)


EXECUTE = {
    UpdatesRecipe: run_updates,
    BatchesRecipe: run_batches,
    EpochsRecipe: run_epochs,
    AllReduceRecipe: run_all_reduce,
}


def execute(run, options):
    """Make one run; its record, or None in a process that only helps."""
    return EXECUTE[type(run.recipe)](run, options)


def main(argv=None):
    """Make the runs of this team; if it is a team of one, start the others' teams afterwards."""
    status = distributed.main("machines", all_runs, execute, __doc__, add_arguments, argv)
    argv = sys.argv[1:] if argv is None else argv
    options = parser_of(__doc__, add_arguments).parse_args(argv)
    if "RANK" in os.environ or options.list:
        return status
    found = [status]
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node"]
    for processes in PROCESSES[1:]:
        names = [f"{name}-{processes}" for name in recipes(processes)]
        seeds = set(options.seeds or SEEDS) & set(SEEDS)
        if any(re.search(options.only, name) for name in names) and seeds:
            program = [str(processes), "-m", "experiments.machines", *argv]
            found.append(subprocess.call([*launcher, *program]))
    return next((one for one in found if one not in (0, NO_RUN)), min(found))


if __name__ == "__main__":
    torch.set_num_threads(1)
    command_line.run(main)
