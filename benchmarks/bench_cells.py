"""The NumPy LSTM beside torch.nn.LSTM on the CPU, forward and backward, in float32.

The cases are those of `experiments.cell_speed`, which records the ratio of the medians on one
thread; here pytest-benchmark prints the times side by side, on all threads there are.
"""

import pytest

from experiments.cell_speed import CASES, numpy_pass, problem, torch_pass


@pytest.mark.parametrize("library", [numpy_pass, torch_pass], ids=["numpy", "torch"])
@pytest.mark.parametrize("case", CASES)
def test_forward_and_backward(benchmark, case, library):
    benchmark.group = case
    benchmark(library(*problem(case)))


def test_import(benchmark):
    """Seconds that `import lstm_utils` takes in a new interpreter, start-up included."""
    import subprocess
    import sys

    benchmark.group = "import lstm_utils"
    benchmark.pedantic(
        subprocess.run, args=([sys.executable, "-c", "import lstm_utils"],), rounds=5
    )
