"""Time a loop, a scan, PyTorch's LSTM and attention against length, on one thread and on two."""

import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from lstm_utils import command_line
from lstm_utils.models.recurrences_torch import MinLSTM, loop

from .runs import Progress, Run
from .runs import main as run_all


@dataclass(frozen=True)
class Recipe:
    threads: int
    tokens: int = 2048  # of a batch: rows times length
    lengths: tuple[int, ...] = (64, 256, 1024, 2048)
    hidden: int = 64
    heads: int = 4
    rounds: int = 5
    warm_up: int = 1  # rounds before those that count


RUNS = [
    Run("scan_speed", f"threads-{threads}", seed, Recipe(threads))
    for threads in (1, 2)
    for seed in range(3)
]


class Attention(nn.Module):
    """Causal attention by PyTorch's fused kernel, and a linear layer on either side."""

    def __init__(self, hidden, heads):
        super().__init__()
        self.heads, self.into, self.out = (
            heads,
            nn.Linear(hidden, 3 * hidden),
            nn.Linear(hidden, hidden),
        )

    def forward(self, x):
        q, k, v = (
            part.unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for part in self.into(x).chunk(3, dim=-1)
        )
        mixed = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out(mixed.transpose(1, 2).flatten(2))


def layers(recipe):
    """What is timed, by name: layers from (B, T, H) to states (B, T, H)."""
    hidden = recipe.hidden
    return {
        "nn.LSTM": nn.LSTM(hidden, hidden, batch_first=True),
        "minLSTM, loop": MinLSTM(hidden, hidden, loop),
        "minLSTM, scan": MinLSTM(hidden, hidden),
        "attention": Attention(hidden, recipe.heads),
    }


def once(layer, x):
    """Seconds of a forward and a backward pass."""
    layer.zero_grad()
    start = time.perf_counter()
    out = layer(x)
    (out[0] if isinstance(out, tuple) else out).sum().backward()
    return time.perf_counter() - start


def execute(run, options):
    """Time all layers in turn, so that a slow moment of the machine meets each of them."""
    recipe = run.recipe
    lengths, rounds = ((8, 16), 1) if options.quick else (recipe.lengths, recipe.rounds)
    tokens = 64 if options.quick else recipe.tokens
    torch.manual_seed(run.seed)
    before = torch.get_num_threads()
    with Progress(run, options.checkpoints) as progress:
        torch.set_num_threads(recipe.threads)
        timed = layers(recipe)
        taken = {name: {str(length): [] for length in lengths} for name in timed}
        bar = progress.bar((recipe.warm_up + rounds) * len(lengths))
        for turn in range(recipe.warm_up + rounds):
            for length in lengths:
                x = torch.randn(tokens // length, length, recipe.hidden, requires_grad=True)
                for name, layer in timed.items():
                    seconds = once(layer, x)
                    if turn >= recipe.warm_up:
                        taken[name][str(length)].append(seconds)
                bar.update()
        torch.set_num_threads(before)
        medians = {
            name: {length: round(float(np.median(each)), 6) for length, each in found.items()}
            for name, found in taken.items()
        }
        sizes = {name: sum(w.numel() for w in layer.parameters()) for name, layer in timed.items()}
        return progress.record(
            data={"source": "random numbers"},
            sizes={"weights": sizes, "rounds": rounds},
            metrics={"seconds": medians},
        )


def main(argv=None):
    return run_all("scan_speed", RUNS, execute, __doc__, argv=argv)


if __name__ == "__main__":
    command_line.run(main)
