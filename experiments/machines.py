"""Time what one and two processes take: updates, epochs, and an all-reduce by its size.

Started as one process it makes the runs of one process, then starts torchrun for those of two.
"""

import math
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import torch
import torch.distributed as dist
import torch.nn.functional as F

from lstm_utils.models.headlines import bits_per_character
from lstm_utils.models.headlines_torch import LanguageModel, StackedLSTM, headline_bits, update
from tools import command_line

from . import distributed
from .headlines_data import add_arguments, load
from .headlines_training import LSTMRecipe, learn
from .runs import NO_RUN, Run, parser_of, smaller

PROCESSES = (1, 2)
SIZES = [4**k for k in range(1, 13)]  # bytes of an all-reduce: 4 bytes to 16 MiB


@dataclass(frozen=True, kw_only=True)
class TeamRecipe:
    """How many processes work together, and how often what they do is timed."""

    processes: int
    threads: int = 1  # of each process
    rounds: int = 24
    warm_up: int = 4  # rounds before those that count


@dataclass(frozen=True, kw_only=True)
class UpdatesRecipe(TeamRecipe):
    kind: str = field(default="updates", init=False)
    vocabulary: int
    hidden_size: int | None = None  # of a LanguageModel; without it, a StackedLSTM
    rows: int
    length: int  # tokens a row


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
    # One long text makes use of a weight at every step, a window of two words at two steps only.
    sizes = {"vocabulary": 31, "hidden_size": 192, "rows": 32, "length": 60}
    found = {
        "characters-lstm": UpdatesRecipe(processes=processes, **sizes),
        "notes-network": UpdatesRecipe(processes=processes, vocabulary=3619, rows=64, length=2),
        "epochs": EpochsRecipe(processes=processes),
    }
    if processes > 1:
        found["all-reduce"] = AllReduceRecipe(processes=processes, bytes=SIZES)
    return found


def all_runs(options):
    """The runs of a team of this size; of any size when they are only to be listed."""
    teams = PROCESSES if options.list else [distributed.team().size]
    wanted = {f"{name}-{n}": recipe for n in teams for name, recipe in recipes(n).items()}
    if options.quick:
        small = {"rounds": 2, "warm_up": 1, "bytes": SIZES[:4], "epochs": 2}
        wanted = {name: smaller(recipe, **small) for name, recipe in wanted.items()}
    return [Run("machines", name, 0, recipe) for name, recipe in wanted.items()]


def timed(function, recipe):
    """Median and quartiles of a call's seconds; all processes start each call together."""
    seconds = []
    for _ in range(recipe.warm_up + recipe.rounds):
        if distributed.team().size > 1:
            dist.barrier()
        start = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - start)
    low, middle, high = np.percentile(seconds[recipe.warm_up :], [25, 50, 75]).tolist()
    return {"median": middle, "quartiles": [low, high]}


def run_updates(run, options):
    """Time updates on random tokens, with and without the exchange of gradients."""
    recipe, me = run.recipe, distributed.team()
    with distributed.Progress(run, options.checkpoints) as progress:
        torch.manual_seed(0)
        vocabulary, hidden = recipe.vocabulary, recipe.hidden_size
        model = LanguageModel(vocabulary, hidden, 0.4) if hidden else StackedLSTM(vocabulary)
        wrapped = me.wrap(model)
        optimiser = torch.optim.Adam(model.parameters(), fused=True)
        rng, shape = torch.manual_seed(0), (recipe.rows, recipe.length + 1)
        rows, share = me.share(list(torch.randint(3, vocabulary, shape, generator=rng)))
        x, y = torch.stack(rows)[:, :-1], torch.stack(rows)[:, -1]

        def one_update():
            if hidden:
                update(wrapped, optimiser, rows, share, 1e-3)
                return
            optimiser.zero_grad()
            F.cross_entropy(wrapped(x), y).backward()
            optimiser.step()

        metrics = {"seconds": timed(one_update, recipe)}
        if me.size > 1:
            with wrapped.no_sync():
                metrics["seconds_without_exchange"] = timed(one_update, recipe)
        weights = sum(p.numel() for p in model.parameters())
        metrics["seconds_adam"] = timed(optimiser.step, recipe)
        metrics["bytes"] = 4 * weights
        sizes = {"weights": weights, "tokens": recipe.rows * recipe.length}
        return progress.record(data={"source": "random"}, sizes=sizes, metrics=metrics, threads=1)


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


EXECUTE = {UpdatesRecipe: run_updates, EpochsRecipe: run_epochs, AllReduceRecipe: run_all_reduce}


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
        if any(re.search(options.only, name) for name in names) and 0 in (options.seeds or [0]):
            program = [str(processes), "-m", "experiments.machines", *argv]
            found.append(subprocess.call([*launcher, *program]))
    return next((one for one in found if one not in (0, NO_RUN)), min(found))


if __name__ == "__main__":
    torch.set_num_threads(1)
    command_line.run(main)
