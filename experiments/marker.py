"""Train recurrent networks to carry one bit: chapter 3's marker, with patience and controls."""

from dataclasses import dataclass

import numpy as np
import torch

from lstm_utils import command_line

from .runs import Progress, Run, smaller
from .runs import main as run_all

PATIENCE = (250, 500, 1000, 1500, 2000)  # updates after which a network is scored


@dataclass(frozen=True)
class Recipe:
    kind: str  # plain, orthogonal, identity or lstm
    length: int  # of a sequence; the marker is its first step
    forget_bias: float | None = None
    gate_held: bool | None = None  # the forget gate stays at sigmoid(forget_bias) for good
    noise: float = 0.3  # standard deviation of the steps after the marker
    hidden: int = 24
    batch: int = 32
    rate: float = 3e-3  # of Adam
    clip: float = 1.0  # largest norm of the gradient
    test: int = 1000  # new sequences
    scored: tuple[int, ...] = PATIENCE


RECIPES = {
    "plain-10": Recipe("plain", 10),
    "plain-25": Recipe("plain", 25),
    "plain-50": Recipe("plain", 50),
    "orthogonal-50": Recipe("orthogonal", 50),
    "identity-50": Recipe("identity", 50),
    "lstm-1-50": Recipe("lstm", 50, forget_bias=1.0),
    "lstm-2-50": Recipe("lstm", 50, forget_bias=2.0),
    "lstm-3-50": Recipe("lstm", 50, forget_bias=3.0),
    "lstm-3-held-50": Recipe("lstm", 50, forget_bias=3.0, gate_held=True),
}
BY_LUCK = ("plain-25", "plain-50", "lstm-3-50", "lstm-3-held-50")  # some seeds, so: more seeds
RUNS = [
    Run("marker", name, seed, recipe)
    for name, recipe in RECIPES.items()
    for seed in range(5 if name in BY_LUCK else 3)
]


def sequences(n, recipe, rng):
    """Inputs (n, length, 2), a sign with a flag and then noise, and answers (n,), 0 or 1."""
    x = np.zeros((n, recipe.length, 2), dtype=np.float32)
    x[:, :, 0] = recipe.noise * rng.normal(size=(n, recipe.length))
    y = rng.integers(0, 2, n)
    x[:, 0] = np.stack([2 * y - 1, np.ones(n)], axis=1)
    return torch.tensor(x), torch.tensor(y, dtype=torch.float32)


class Reader(torch.nn.Module):
    """One recurrent layer, and a linear read-out of its last state."""

    def __init__(self, recipe):
        super().__init__()
        layer = torch.nn.LSTM if recipe.kind == "lstm" else torch.nn.RNN
        relu = {"nonlinearity": "relu"} if recipe.kind == "identity" else {}
        self.recurrent = layer(2, recipe.hidden, batch_first=True, **relu)
        self.read_out = torch.nn.Linear(recipe.hidden, 1)
        self.forget = slice(recipe.hidden, 2 * recipe.hidden)  # PyTorch's order: i, f, g, o
        with torch.no_grad():
            self.start(recipe)

    def start(self, recipe):
        """The starting weights that the recipe asks for, PyTorch's where it says nothing."""
        layer = self.recurrent
        if recipe.kind == "orthogonal":
            torch.nn.init.orthogonal_(layer.weight_hh_l0)
        elif recipe.kind == "identity":
            layer.weight_hh_l0.copy_(torch.eye(recipe.hidden))
            layer.weight_ih_l0.normal_(0, 0.1)
            layer.bias_ih_l0.zero_()
            layer.bias_hh_l0.zero_()
        elif recipe.kind == "lstm":
            layer.bias_ih_l0[self.forget] = recipe.forget_bias
            layer.bias_hh_l0[self.forget] = 0.0
            if recipe.gate_held:
                layer.weight_ih_l0[self.forget] = 0.0
                layer.weight_hh_l0[self.forget] = 0.0

    def hold_gate(self):
        """Take the forget gate's weights out of the gradient."""
        for weight in self.recurrent.parameters():
            weight.grad[self.forget] = 0.0

    def forward(self, x):
        return self.read_out(self.recurrent(x)[0][:, -1])[:, 0]


def gradient_at_marker(model, x):
    """Mean norm of the gradient at the state after the marker, from one of norm 1 at the end.

    For an LSTM the norm is of (h, c) together, as in `lstm_utils.gradients.gradient_norm_by_lag`.
    """
    state = model.recurrent(x[:, :1])[1]
    states = [s.detach().requires_grad_() for s in (state if isinstance(state, tuple) else [state])]
    state = tuple(states) if isinstance(state, tuple) else states[0]
    last = model.recurrent(x[:, 1:], state)[0][:, -1]
    generator = torch.Generator().manual_seed(0)
    back = torch.randn(last.shape, generator=generator)
    (last * back / back.norm(dim=1, keepdim=True)).sum().backward()
    found = torch.cat([s.grad[0] for s in states], dim=1).norm(dim=1).mean()
    model.zero_grad()
    return float(found)


def size_of(model):
    """Largest and smallest singular value and spectral radius of a plain layer's W_hh."""
    matrix = model.recurrent.weight_hh_l0.detach().numpy()
    values = np.linalg.svd(matrix, compute_uv=False)
    radius = np.abs(np.linalg.eigvals(matrix)).max()
    found = {"largest": values[0], "smallest": values[-1], "radius": radius}
    return {name: round(float(value), 4) for name, value in found.items()}


def accuracy(model, recipe, seed):
    """Share of right answers on new sequences, always the same for a seed."""
    x, y = sequences(recipe.test, recipe, np.random.default_rng(10_000 + seed))
    with torch.no_grad():
        return float(((model(x) > 0) == (y > 0.5)).float().mean())


def execute(run, options):
    """Train with Adam on fresh batches; the record scores the network as it goes."""
    recipe = smaller(run.recipe, scored=(2, 4), test=50) if options.quick else run.recipe
    torch.set_num_threads(1)
    torch.manual_seed(run.seed)
    rng = np.random.default_rng(run.seed)
    with Progress(run, options.checkpoints) as progress:
        model = Reader(recipe)
        test, _ = sequences(recipe.test, recipe, np.random.default_rng(10_000 + run.seed))
        metrics = {"gradient_at_marker": gradient_at_marker(model, test)}
        matrix = {} if recipe.kind == "lstm" else {"start": size_of(model)}
        optimiser = torch.optim.Adam(model.parameters(), lr=recipe.rate)
        bar, losses, norms, accuracies = progress.bar(recipe.scored[-1]), [], [], {}
        for update in range(1, recipe.scored[-1] + 1):
            x, y = sequences(recipe.batch, recipe, rng)
            optimiser.zero_grad()
            loss = torch.nn.functional.binary_cross_entropy_with_logits(model(x), y)
            loss.backward()
            if recipe.gate_held:
                model.hold_gate()
            norms.append(float(torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)))
            optimiser.step()
            losses.append(loss.item())
            bar.update()
            if update in recipe.scored:
                accuracies[str(update)] = accuracy(model, recipe, run.seed)
        clipped = {n: sum(norm > recipe.clip for norm in norms[: int(n)]) for n in accuracies}
        loss = {n: round(float(np.mean(losses[: int(n)][-20:])), 4) for n in accuracies}
        loss["first"] = round(float(np.mean(losses[:20])), 4)
        if matrix:
            matrix["end"] = size_of(model)
            metrics["matrix"] = matrix
        metrics |= {"accuracy": accuracies, "loss": loss, "clipped": clipped}
        weights = sum(weight.numel() for weight in model.parameters())
        sizes = {"weights": weights, "updates": len(losses), "test": recipe.test}
        return progress.record(data={"source": "random numbers"}, sizes=sizes, metrics=metrics)


def main(argv=None):
    return run_all("marker", RUNS, execute, __doc__, argv=argv)


if __name__ == "__main__":
    command_line.run(main)
