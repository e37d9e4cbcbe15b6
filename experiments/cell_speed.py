"""Time the course's NumPy LSTM beside torch.nn.LSTM, forward and backward, on one thread."""

import time
from dataclasses import dataclass

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from lstm_utils import command_line
from lstm_utils.cells import init_lstm, lstm_backward, lstm_forward
from lstm_utils.frameworks import torch_lstm

from .runs import Progress, Run, parser_of
from .runs import main as run_all

CASES = {  # batch, length, hidden size; as many inputs as hidden units
    "reference T=100 H=64": (32, 100, 64),
    "doubled length T=200 H=64": (32, 200, 64),
    "doubled again T=400 H=64": (32, 400, 64),
    "doubled hidden T=100 H=128": (32, 100, 128),
}


@dataclass(frozen=True)
class Recipe:
    cases: dict[str, tuple]
    rounds: int = 41
    warm_up: int = 5  # rounds before those that count
    dtype: str = "float32"
    threads: int = 1


RUNS = [Run("cells", "numpy-over-torch", seed, Recipe(CASES)) for seed in range(3)]


def medians(case, seed, rounds, warm_up):
    """Median seconds of each library, by its name, and NumPy's over PyTorch's.

    Gradients of weights and inputs are computed by both. The two are timed in turn, so that a slow
    moment of the machine meets both.
    """
    batch, steps, hidden = CASES[case]
    rng = np.random.default_rng(seed)
    params = init_lstm(hidden, hidden, rng, dtype=np.float32)
    x = rng.normal(size=(batch, steps, hidden)).astype(np.float32)
    dh = np.ones_like(x)  # the loss's derivative by each output
    torch.set_num_threads(1)
    layer = torch_lstm(params, dtype="float32")
    x_torch, dh_torch = torch.tensor(x, requires_grad=True), torch.tensor(dh)

    def torch_pass():
        layer.zero_grad()
        layer(x_torch)[0].backward(dh_torch)

    passes = {
        "numpy": lambda: lstm_backward(params, lstm_forward(params, x), dh),
        "torch": torch_pass,
    }
    taken = {name: [] for name in passes}
    with threadpool_limits(1):
        for _ in range(warm_up + rounds):
            for name, once in passes.items():
                start = time.perf_counter()
                once()
                taken[name].append(time.perf_counter() - start)
    found = {name: float(np.median(seconds[warm_up:])) for name, seconds in taken.items()}
    return found, found["numpy"] / found["torch"]


def execute(run, options):
    """Time every case; the record holds the medians of the rounds."""
    rounds = 3 if options.quick else run.recipe.rounds
    metrics = {"seconds": {}, "numpy_over_torch": {}}
    with Progress(run, options.checkpoints) as progress:
        for case in CASES:
            seconds, ratio = medians(case, run.seed, rounds, run.recipe.warm_up)
            metrics["seconds"][case] = {name: round(s, 6) for name, s in seconds.items()}
            metrics["numpy_over_torch"][case] = round(ratio, 4)
        sizes = {"cases": len(CASES), "rounds": rounds}
        return progress.record(data={"source": "random numbers"}, sizes=sizes, metrics=metrics)


def bench():
    """Print the times side by side, and no record of them."""
    print(f"{'ms, medians of 21':28}{'NumPy':>8}{'PyTorch':>9}{'ratio':>7}")
    for case in CASES:
        seconds, ratio = medians(case, 0, 21, 3)
        ours, theirs = (1e3 * seconds[name] for name in ("numpy", "torch"))
        print(f"{case:28}{ours:8.1f}{theirs:9.1f}{ratio:7.2f}", flush=True)
    return 0


def add_arguments(parser):
    """What this program's command line has beside the others'."""
    parser.add_argument("--bench", action="store_true", help="print the times, and stop")


def main(argv=None):
    if parser_of(__doc__, add_arguments).parse_args(argv).bench:
        return bench()
    return run_all("cells", RUNS, execute, __doc__, add_arguments, argv)


if __name__ == "__main__":
    command_line.run(main)
