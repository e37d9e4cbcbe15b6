"""One process or many: the same losses, a clear end when one dies, and the same result after."""

import json
import os
import subprocess
import sys
import textwrap
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.numpy import load_file

from experiments import distributed, headlines, machines, runs
from lstm_utils.models.headlines_torch import LanguageModel, StackedLSTM, shifted
from tools.contents import ROOT

RUN = "characters-lstm-validation"
# As `python -m experiments.headlines`, but rank 1 can be told to die before its n-th update.
PROGRAM = textwrap.dedent(
    """
    import os, signal, sys
    from experiments import headlines, headlines_training
    made, whole = 0, headlines_training.update

    def update(*arguments):
        global made
        made += 1
        if os.environ["RANK"] == "1" and made == int(os.environ.get("DIES_AT", 0)):
            os.kill(os.getpid(), signal.SIGKILL)
        return whole(*arguments)

    headlines_training.update = update
    sys.exit(headlines.main())
    """
)


def arguments(folder):
    chosen = ["--quick", "--only", f"^{RUN}$", "--seeds", "0"]
    return [*chosen, "--results", str(folder / "results"), "--checkpoints", str(folder / "kept")]


def two_processes(folder, **environment):
    """Run the experiment under torchrun; (exit status, what it wrote to stderr)."""
    folder.mkdir(exist_ok=True)
    (folder / "program.py").write_text(PROGRAM, encoding="utf-8")
    threads = {"OMP_NUM_THREADS": "1", "LSTM_BOOK_DATA": "sample"}
    # One machine, whatever its name resolves to: the loopback interface is there without a network.
    address = ["--local-addr", "127.0.0.1", "--rdzv-backend", "c10d"]
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", *address]
    done = subprocess.run(
        [*launcher, "--rdzv-endpoint", "127.0.0.1:0", folder / "program.py", *arguments(folder)],
        env=os.environ | {"PYTHONPATH": str(ROOT)} | threads | environment,
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )
    return done.returncode, done.stderr


def record_of(folder):
    return json.loads(
        (folder / "results" / "headlines" / f"{RUN}-seed0.json").read_text(encoding="utf-8")
    )


def weights_of(folder):
    (path,) = (folder / "kept").rglob("*.weights.safetensors")
    return load_file(path)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unbroken")
    status, errors = two_processes(folder)
    assert status == 0, errors
    return folder


def test_two_processes_learn_what_one_learns(unbroken, tmp_path, monkeypatch):
    monkeypatch.setenv("LSTM_BOOK_DATA", "sample")
    headlines.main(arguments(tmp_path))
    one, two = record_of(tmp_path), record_of(unbroken)
    assert (one["processes"], two["processes"]) == (1, 2)
    assert one["recipe"] == two["recipe"]
    # Sums in another order: rounding, and nothing else, with dropout on.
    assert two["curve"] == pytest.approx(one["curve"], abs=2e-4)
    assert two["metrics"] == pytest.approx(one["metrics"], rel=1e-5)
    ours, theirs = weights_of(tmp_path), weights_of(unbroken)
    for name in ours:
        np.testing.assert_allclose(theirs[name], ours[name], atol=2e-5, err_msg=name)


def test_a_killed_process_ends_the_job_and_the_next_start_ends_as_if_unbroken(unbroken, tmp_path):
    whole = record_of(unbroken)
    updates = -(-whole["sizes"]["lines"] // whole["recipe"]["batch_size"])
    status, errors = two_processes(tmp_path, DIES_AT=str(updates + 3))  # in the second epoch
    assert status != 0
    assert "rank 0 of 2:" in errors
    assert "Start the same command again: it goes on from the last checkpoint" in errors
    cause = errors[errors.index("Root Cause") :]
    assert "rank      : 1 " in cause
    assert "SIGKILL" in cause
    assert list((tmp_path / "kept").rglob("*.safetensors"))
    assert not (tmp_path / "results").exists()

    status, errors = two_processes(tmp_path)
    assert status == 0, errors
    resumed = record_of(tmp_path)
    assert (whole["restarts"], resumed["restarts"]) == (0, 1)
    assert resumed["metrics"] == whole["metrics"]
    assert resumed["curve"] == whole["curve"]
    ours, theirs = weights_of(tmp_path), weights_of(unbroken)
    assert all((ours[name] == theirs[name]).all() for name in ours)


def batch_of(*lengths):
    return [torch.randint(1, 9, (n,), generator=torch.manual_seed(n)) for n in lengths]


def summed_loss(model, rows):
    inputs, targets = shifted(rows)
    scores = model(inputs)[0].transpose(1, 2)
    return F.cross_entropy(scores, targets, ignore_index=0, reduction="sum")


@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_the_average_of_the_ranks_gradients_is_that_of_the_whole_batch(size, dropout):
    batch = batch_of(3, 9, 4, 7)  # four rows: of five ranks one has none
    torch.manual_seed(0)
    weights = LanguageModel(9, 6, dropout).double().state_dict()

    def gradient(team):
        model = LanguageModel(9, 6, dropout).double()
        model.load_state_dict(weights)
        team.drop_by_row(model)
        rows, share = team.share(batch)
        torch.manual_seed(1)
        (summed_loss(model, rows) / share).backward()
        return torch.cat([p.grad.flatten() for p in model.parameters()])

    whole = gradient(distributed.Team())
    ranks = [gradient(distributed.Team(rank, size)) for rank in range(size)]
    torch.testing.assert_close(sum(ranks) / size, whole, rtol=1e-10, atol=1e-12)


def test_every_row_is_read_once_whatever_the_number_of_processes():
    batch = batch_of(2, 3, 4, 5, 6, 7, 8)
    for size in (1, 2, 3, 7):
        shares = [distributed.Team(rank, size).share(batch)[0] for rank in range(size)]
        assert sorted(len(row) for rows in shares for row in rows) == [2, 3, 4, 5, 6, 7, 8]


def test_dropout_by_row_keeps_the_mean_and_is_off_when_scoring():
    layer = distributed.RowDropout(0.25)
    layer.batch = (100, 10)
    x = torch.ones(100, 10, 30)
    torch.manual_seed(0)
    y = layer(x)
    assert y.unique().tolist() == pytest.approx([0, 1 / 0.75])
    assert y.mean().item() == pytest.approx(1, abs=0.01)
    assert layer.eval()(x) is x


@pytest.mark.parametrize(("gpus", "chosen"), [(0, "gloo"), (1, "gloo"), (2, "nccl"), (8, "nccl")])
def test_nccl_is_chosen_where_each_of_two_processes_has_a_gpu(monkeypatch, gpus, chosen):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    monkeypatch.setattr(torch.distributed, "is_nccl_available", lambda: True)
    assert distributed.backend(2) == chosen


def test_only_a_lost_connection_counts_as_one():
    assert distributed.sign_of_loss(RuntimeError("… Connection closed by peer [127.0.0.1]"))
    assert distributed.sign_of_loss(torch.distributed.DistBackendError("NCCL error"))
    assert distributed.sign_of_loss(RuntimeError("shapes cannot be multiplied")) is None


def test_the_timing_program_records_what_one_process_takes(tmp_path, monkeypatch):
    monkeypatch.setenv("LSTM_BOOK_DATA", "sample")
    monkeypatch.setenv("RANK", "0")  # as one of torchrun's: it starts no torchrun of its own
    folders = ["--results", str(tmp_path), "--checkpoints", str(tmp_path / "kept")]
    quick = ["--quick", *folders, "--seeds", "0", "--only"]
    assert machines.main([*quick, "characters|epochs"]) == 0
    found = {
        path.stem: json.loads(path.read_text(encoding="utf-8"))
        for path in tmp_path.glob("machines/*.json")
    }
    assert found.keys() == {"characters-lstm-1-seed0", "epochs-1-seed0"}
    one = found["characters-lstm-1-seed0"]
    assert one["metrics"]["bytes"] == 4 * one["sizes"]["weights"]
    low, high = one["metrics"]["seconds"]["quartiles"]
    assert 0 < low <= one["metrics"]["seconds"]["median"] <= high
    assert one["metrics"]["seconds"]["processor"] <= high * 1.5


@pytest.mark.skipif(sys.platform != "linux", reason="glibc alone can be told to keep memory")
def test_memory_that_is_kept_is_not_touched_for_a_first_time():
    recipe = machines.BatchesRecipe(
        processes=1, vocabulary=machines.WORDS, batches=[1], rounds=3, warm_up=2
    )
    run = runs.Run("machines", "batches-1", 0, recipe)
    metrics = machines.run_batches(run, SimpleNamespace(checkpoints="."))["metrics"]
    faults = {memory: found[1]["passes"]["page_faults"] for memory, found in metrics.items()}
    page = os.sysconf("SC_PAGE_SIZE")
    gradients = 4 * sum(p.numel() for p in StackedLSTM(machines.WORDS).parameters())
    # Nearly all of the gradients lie in arrays that are new each time, and a page is touched once.
    assert faults["new"] == pytest.approx(gradients / page, rel=0.1)
    assert faults["kept"] < 0.05 * faults["new"]
