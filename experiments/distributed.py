"""One program for one process or many: who reads which rows, what is added up, who writes.

``python -m experiments.headlines`` is a team of one; ``torchrun --standalone --nproc-per-node 2
-m experiments.headlines`` a team of two, with half of every batch each and the same loss curve.
"""

import functools
import os
import signal
import sys
import time
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from experiments import runs as alone

# A machine that is switched off closes no connection: after this long it counts as gone.
PATIENCE = timedelta(minutes=2)
# Between two runs the others wait while rank 0 fits and scores what needs no team.
BETWEEN_RUNS = timedelta(days=1)
CLOSED = ("Connection closed by peer", "Connection reset by peer", "Broken pipe")
SIGNS_OF_LOSS = (*CLOSED, "Timed out", "timeout")


class RowDropout(nn.Dropout):
    """Dropout whose mask belongs to the row of the whole batch, whichever process reads it.

    Every process draws the whole batch's mask from the same generator and takes its own rows.
    The draws that it throws away are the price for the same training with any number of processes.
    """

    def __init__(self, p, rank=0, size=1):
        super().__init__(p)
        self.rank, self.size, self.batch = rank, size, None

    def forward(self, x):  # (B, T, H), of this process
        if not self.training or self.p == 0:
            return x
        rows, steps = self.batch
        mask = torch.empty(rows, steps, x.shape[-1]).bernoulli_(1 - self.p)
        mine = mask[self.rank :: self.size] if self.rank < rows else mask[:1]
        return x * mine[:, : x.shape[1]].to(x) / (1 - self.p)


def backend(processes_here):
    """NCCL where every process on this machine has a GPU of its own, else gloo on CPUs."""
    gpus = torch.cuda.device_count() if dist.is_nccl_available() else 0
    return "nccl" if gpus >= processes_here else "gloo"


class Team:
    """The processes that train one model together; this one, `rank` of `size`, uses `device`."""

    def __init__(self, rank=0, size=1):
        self.rank, self.size, self.device = rank, size, torch.device("cpu")
        self._dropouts, self._words, self._orders = [], None, None

    def connect(self):
        """Find the others, at the address that torchrun has put into the environment."""
        chosen = backend(int(os.environ["LOCAL_WORLD_SIZE"]))
        if chosen == "nccl":
            self.device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
            torch.cuda.set_device(self.device)
        dist.init_process_group(chosen, timeout=PATIENCE)
        # What is no gradient lies on the CPU: a number, a checkpoint, the next run.
        self._words = dist.new_group(timeout=PATIENCE, backend="gloo")
        self._orders = dist.new_group(timeout=BETWEEN_RUNS, backend="gloo")

    def wrap(self, model):
        """The model as it is trained: gradients averaged in `backward`, dropout by row.

        The model itself stays what is scored and stored; the two share their weights.
        """
        self.drop_by_row(model)
        model.to(self.device)
        return model if self.size == 1 else DistributedDataParallel(model)

    def drop_by_row(self, model):
        """Put `RowDropout` in the place of a model's dropout."""
        for module in list(model.modules()):
            for name, child in module.named_children():
                if type(child) is nn.Dropout:
                    setattr(module, name, RowDropout(child.p, self.rank, self.size))
        self._dropouts = [m for m in model.modules() if isinstance(m, RowDropout)]

    def share(self, rows):
        """This process's rows of a batch, and what to divide their summed loss by.

        Every process is given the whole batch, a list of int64 tensors (T + 1,), and takes each
        `size`-th: never none, one without a row gets one whose only target is padding. The divisor
        is the batch's targets over the number of processes: ranks have different numbers of
        targets, and DistributedDataParallel averages their gradients; divided so, the average is
        the gradient of the mean over the whole batch.
        """
        for dropout in self._dropouts:
            dropout.batch = len(rows), max(len(row) for row in rows) - 1
        mine = rows[self.rank :: self.size] or [torch.stack([rows[0][0], torch.tensor(0)])]
        targets = sum(len(row) - 1 for row in rows)
        return [row.to(self.device) for row in mine], targets / self.size

    def total(self, value):
        """The sum of a number over the processes, known to all."""
        if self.size == 1:
            return value
        number = torch.tensor(value, dtype=torch.float64)
        dist.all_reduce(number, group=self._words)
        return number.item()

    def first(self, function):
        """What `function()` gives on rank 0, known to all: one opinion on when to stop."""
        return self._said(function() if self.rank == 0 else None, self._words)

    def order(self, order=None):
        """Rank 0 says what comes next (None: nothing); the others wait for it and return it."""
        return self._said(order, self._orders)

    def _said(self, value, group):
        said = [value]
        if self.size > 1:
            dist.broadcast_object_list(said, src=0, group=group)
        return said[0]


@functools.cache
def team():
    """The team that torchrun has set up for this process, or a team of one."""
    me = Team(int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1)))
    if me.size > 1:
        me.connect()
    return me


class Progress(alone.Progress):
    """A `runs.Progress` for the team: rank 0 writes, and what it loads all have."""

    def load(self):
        return team().first(super().load)

    def save(self, arrays, meta=None):
        if team().rank == 0:
            super().save(arrays, meta)
        else:
            self._saved = self.seconds

    def bar(self, *arguments, **more):
        return alone.tqdm(disable=True) if team().rank else super().bar(*arguments, **more)

    def record(self, **parts):
        return super().record(processes=team().size, **parts)


def _say(me, reason):
    print(
        f"rank {me.rank} of {me.size}: {reason}. Start the same command again: "
        "it goes on from the last checkpoint.",
        file=sys.stderr,
        flush=True,
    )


def _stopped(me):
    _say(me, "stopped, since another process ended")
    os._exit(1)  # no collective can be finished any more, not even that of a tidy exit


def sign_of_loss(error):
    """What an error says about the connection, or None: then it is a mistake of the program."""
    found = [sign for sign in SIGNS_OF_LOSS if sign in str(error)]
    if not found and isinstance(error, dist.DistError):
        return type(error).__name__
    return found[0] if found else None


def _help(me, execute):
    """Execute what rank 0 orders, until it orders nothing more."""
    while (order := me.order()) is not None:
        execute(*order)


def make(run, execute, options, leaves=None):
    """`runs.make` for the team: rank 0 claims and writes, all execute; None where rank is not 0."""
    me = team()
    if me.rank:
        return _help(me, execute)

    def together(run, options):
        me.order((run, options))
        return execute(run, options)

    record = alone.make(run, together, options, leaves)
    me.order(None)
    return record


def _work(me, experiment, runs, execute, *rest):
    if me.rank:
        _help(me, execute)
        return 0

    waiting = True  # are the others in `order`, or in the middle of a run?

    def together(run, options):
        nonlocal waiting
        me.order((run, options))
        waiting = False
        record = execute(run, options)
        waiting = True
        return record

    try:
        status = alone.main(experiment, runs, together, *rest)
    except SystemExit:  # a command line that asks for help, or for what there is not
        if waiting:
            me.order(None)
        raise
    me.order(None)
    return status


def main(experiment, runs, execute, description, add_arguments=None, argv=None):
    """`runs.main` for a team: rank 0 goes through the list, the others help with each run.

    A process that dies ends the job: torchrun stops the others and names it, and each of the
    others says how to go on.
    """
    me = team()
    if me.size == 1:
        return alone.main(experiment, runs, execute, description, add_arguments, argv)
    signal.signal(signal.SIGTERM, lambda *_: _stopped(me))
    try:
        status = _work(me, experiment, runs, execute, description, add_arguments, argv)
    except RuntimeError as error:
        if (sign := sign_of_loss(error)) is None:
            raise
        signal.signal(signal.SIGTERM, lambda *_: os._exit(1))
        _say(me, f"lost another process ({sign})")
        time.sleep(10)  # torchrun is to see first, and name, the process that ended first
        os._exit(1)
    dist.destroy_process_group()
    return status
