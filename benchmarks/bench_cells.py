"""The NumPy LSTM beside torch.nn.LSTM on the CPU, forward and backward, in float32.

The reference case is batch 32, length 100, hidden 64, input 64; length and hidden size are
doubled one at a time. pytest-benchmark prints the times side by side; the ratio of the medians
is in the `relative` figures of each group.
"""

import numpy as np
import pytest

from lstm_utils.cells import init_lstm, lstm_backward, lstm_forward
from lstm_utils.parity import torch_lstm

CASES = {
    "reference T=100 H=64": (32, 100, 64),
    "doubled length T=200 H=64": (32, 200, 64),
    "doubled again T=400 H=64": (32, 400, 64),
    "doubled hidden T=100 H=128": (32, 100, 128),
}
every_case = pytest.mark.parametrize("case", CASES)


def problem(case):
    batch, steps, hidden = CASES[case]
    rng = np.random.default_rng(0)
    params = init_lstm(hidden, hidden, rng, dtype=np.float32)
    x = rng.normal(size=(batch, steps, hidden)).astype(np.float32)
    return params, x, np.ones((batch, steps, hidden), dtype=np.float32)


@every_case
def test_numpy(benchmark, case):
    benchmark.group = case
    params, x, dh = problem(case)

    def forward_and_backward():
        return lstm_backward(params, lstm_forward(params, x), dh)

    benchmark(forward_and_backward)


@every_case
def test_torch(benchmark, case):
    import torch

    benchmark.group = case
    params, x, dh = problem(case)
    layer = torch_lstm(params, dtype="float32")
    x, dh = torch.tensor(x, requires_grad=True), torch.tensor(dh)

    def forward_and_backward():
        layer.zero_grad()
        layer(x)[0].backward(dh)

    benchmark(forward_and_backward)


def test_import(benchmark):
    """Seconds that `import lstm_utils` takes in a new interpreter, start-up included."""
    import subprocess
    import sys

    benchmark.group = "import lstm_utils"
    benchmark.pedantic(
        subprocess.run, args=([sys.executable, "-c", "import lstm_utils"],), rounds=5
    )
