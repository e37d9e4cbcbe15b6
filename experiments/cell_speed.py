"""Time the course's NumPy LSTM beside torch.nn.LSTM, forward and backward, on one thread."""

import sys
import time

import numpy as np

from lstm_utils.cells import init_lstm, lstm_backward, lstm_forward
from lstm_utils.frameworks import torch_lstm

from .runs import Progress, Run
from .runs import main as run_all

REFERENCE = "reference T=100 H=64"
CASES = {
    REFERENCE: (32, 100, 64),
    "doubled length T=200 H=64": (32, 200, 64),
    "doubled again T=400 H=64": (32, 400, 64),
    "doubled hidden T=100 H=128": (32, 100, 128),
}
"""Batch, length, hidden size; as many inputs as hidden units."""
RUNS = [
    Run(
        "cells",
        "numpy-over-torch",
        seed,
        {"cases": CASES, "rounds": 41, "warm_up": 5, "dtype": "float32", "threads": 1},
    )
    for seed in range(3)
]


def problem(case, seed=0):
    """Weights, inputs (B, T, D) and the loss's derivative by each output (B, T, H), in float32."""
    batch, steps, hidden = CASES[case]
    rng = np.random.default_rng(seed)
    params = init_lstm(hidden, hidden, rng, dtype=np.float32)
    x = rng.normal(size=(batch, steps, hidden)).astype(np.float32)
    return params, x, np.ones((batch, steps, hidden), dtype=np.float32)


def numpy_pass(params, x, dh):
    """A function of no argument: one forward and one backward pass in NumPy."""
    return lambda: lstm_backward(params, lstm_forward(params, x), dh)


def torch_pass(params, x, dh):
    """The same in PyTorch, gradients of weights and inputs included."""
    import torch

    layer = torch_lstm(params, dtype="float32")
    x, dh = torch.tensor(x, requires_grad=True), torch.tensor(dh)

    def forward_and_backward():
        layer.zero_grad()
        layer(x)[0].backward(dh)

    return forward_and_backward


def execute(run, options):
    """Time both in turn, so that a slow moment of the machine meets both; medians of the rounds."""
    import torch
    from threadpoolctl import threadpool_limits

    torch.set_num_threads(1)
    rounds = 3 if options.quick else run.recipe["rounds"]
    metrics = {"seconds": {}, "numpy_over_torch": {}}
    with Progress(run, options.checkpoints) as progress, threadpool_limits(1):
        for case in CASES:
            passes = {"numpy": numpy_pass, "torch": torch_pass}
            passes = {name: make(*problem(case, run.seed)) for name, make in passes.items()}
            taken = {name: [] for name in passes}
            for k in range(run.recipe["warm_up"] + rounds):
                for name, once in passes.items():
                    start = time.perf_counter()
                    once()
                    if k >= run.recipe["warm_up"]:
                        taken[name].append(time.perf_counter() - start)
            medians = {name: float(np.median(seconds)) for name, seconds in taken.items()}
            metrics["seconds"][case] = {name: round(s, 6) for name, s in medians.items()}
            metrics["numpy_over_torch"][case] = round(medians["numpy"] / medians["torch"], 4)
        sizes = {"cases": len(CASES), "rounds": rounds}
        return progress.record(data={"source": "random numbers"}, sizes=sizes, metrics=metrics)


def main(argv=None):
    return run_all("cells", RUNS, execute, __doc__, argv=argv)


if __name__ == "__main__":
    sys.exit(main())
