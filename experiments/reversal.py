"""Train networks to reverse digits through one vector or with attention, and test longer rows."""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from lstm_utils import command_line
from lstm_utils.models.reversal_torch import Reverser, digit_batch, share_reversed

from .runs import Progress, Run, smaller
from .runs import main as run_all

RATES = (1e-3, 3e-3, 1e-2, 3e-2)  # of Adam: the same grid for every kind
TUNED_WITH = (100,)  # seeds that no scored network has
LENGTHS = (3, 5, 8, 10, 12, 14, 16, 18, 20, 21, 22, 23, 24, 26, 28, 30)
KINDS = {"vector": False, "attention": True}  # whether the writer may look back


@dataclass(frozen=True, kw_only=True)
class Training:
    """What all networks have in common, those that tune and those that are scored."""

    attention: bool
    hidden: int = 64
    updates: int = 1200
    batch: int = 64  # rows of one length, which is drawn anew for every update:
    shortest: int = 3
    longest: int = 20
    clip: float = 1.0  # largest norm of the gradient


@dataclass(frozen=True, kw_only=True)
class Recipe(Training):
    rate: float
    test: int = 200  # new rows of each of LENGTHS


@dataclass(frozen=True, kw_only=True)
class TuningRecipe(Training):
    rates: tuple[float, ...] = RATES
    seeds: tuple[int, ...] = TUNED_WITH
    validation: int = 200  # new rows of each of these lengths:
    validation_lengths: tuple[int, ...] = (10, 15, 20)


# The step size with the largest mean share of validation rows that are right: `reversal_tuning`.
CHOSEN = {"vector": 1e-2, "attention": 3e-3}


def all_runs():
    """Tuning first; then what its choice leads to."""
    runs = []
    for kind, attention in KINDS.items():
        runs.append(Run("reversal_tuning", kind, 0, TuningRecipe(attention=attention)))
    for kind, rate in CHOSEN.items():
        recipe = Recipe(attention=KINDS[kind], rate=rate)
        runs += [Run("reversal", kind, seed, recipe) for seed in range(3)]
    return runs


def train(recipe, rate, seed, step):
    """A network trained on fresh batches, with the right digits before each one that it writes."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = Reverser(recipe.hidden, recipe.attention)
    optimiser = torch.optim.Adam(network.parameters(), lr=rate)
    for _ in range(recipe.updates):
        length = int(rng.integers(recipe.shortest, recipe.longest + 1))
        digits = digit_batch(recipe.batch, length, rng)
        optimiser.zero_grad()
        loss = F.cross_entropy(network(digits).transpose(1, 2), digits.flip(1))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), recipe.clip)
        optimiser.step()
        step()
    return network.eval()


def execute(run, options):
    """Train one kind, at one step size or at each of the grid, and score whole rows."""
    recipe, tuning = run.recipe, run.experiment == "reversal_tuning"
    if options.quick:
        recipe = smaller(recipe, updates=2, test=4, validation=4, seeds=TUNED_WITH[:1])
    torch.set_num_threads(1)
    with Progress(run, options.checkpoints) as progress:
        rates, seeds = (recipe.rates, recipe.seeds) if tuning else ((recipe.rate,), (run.seed,))
        bar = progress.bar(len(rates) * len(seeds) * recipe.updates)
        lengths, rows = (
            (recipe.validation_lengths, recipe.validation) if tuning else (LENGTHS, recipe.test)
        )
        found = {}
        for rate in rates:
            for seed in seeds:
                network = train(recipe, rate, seed, bar.update)
                rng = np.random.default_rng(10_000 + seed)
                shares = {str(n): share_reversed(network, rows, n, rng) for n in lengths}
                found.setdefault(str(rate), []).append(shares)
        weights = sum(weight.numel() for weight in network.parameters())
        sizes = {"weights": weights, "updates": recipe.updates, "rows_of_each_length": rows}
        metrics = (
            {"validation_share_reversed": found}
            if tuning
            else {"share_reversed": found[str(recipe.rate)][0]}
        )
        return progress.record(data={"source": "random numbers"}, sizes=sizes, metrics=metrics)


def main(argv=None):
    return run_all("reversal", all_runs(), execute, __doc__, argv=argv)


if __name__ == "__main__":
    command_line.run(main)
