"""The frame of the experiments: records, checkpoints, what a kill leaves, the command line."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.runs import Progress, Run, duration, main, make, write_atomically
from lstm_utils import records


@dataclass(frozen=True)
class Recipe:
    steps: int = 5


RUN = Run("toy", "walk", 3, Recipe())


def walk(run, options):
    """A random walk of five steps, a checkpoint a step: a run small enough to watch."""
    with Progress(run, options.checkpoints) as progress:
        rng, place, k = np.random.default_rng(run.seed), np.zeros(2), 0
        if found := progress.load():
            arrays, meta = found
            place, k = arrays["place"], meta["k"]
            rng.bit_generator.state = meta["rng"]
        while k < run.recipe.steps:
            place, k = place + rng.normal(size=2), k + 1
            progress.save({"place": place}, {"k": k, "rng": rng.bit_generator.state})
            if options.stop_after == k and not progress.restarts:
                raise KeyboardInterrupt
        return progress.record(data={}, sizes={}, metrics={"place": place.tolist()})


def stop_after(parser):
    parser.add_argument("--stop-after", type=int)


def run_walk(tmp_path, *arguments, runs=(RUN,)):
    folders = ["--results", str(tmp_path / "results"), "--checkpoints", str(tmp_path / "kept")]
    return main("toy", list(runs), walk, "A walk.", stop_after, [*folders, *arguments])


def record_of(tmp_path, run=RUN):
    return json.loads(run.record_path(tmp_path / "results").read_text(encoding="utf-8"))


def test_an_interrupted_run_ends_as_an_unbroken_one(tmp_path):
    run_walk(tmp_path / "unbroken")
    with pytest.raises(KeyboardInterrupt):
        run_walk(tmp_path / "broken", "--stop-after", "2")
    run_walk(tmp_path / "broken")
    whole, broken = record_of(tmp_path / "unbroken"), record_of(tmp_path / "broken")
    assert (whole["restarts"], broken["restarts"]) == (0, 1)
    assert whole["metrics"] == broken["metrics"]
    assert not list((tmp_path / "broken" / "kept").rglob("*.safetensors"))


def test_a_process_killed_while_it_writes_leaves_a_whole_checkpoint(tmp_path):
    program = textwrap.dedent(
        """
        import sys
        import numpy as np
        from dataclasses import make_dataclass
        from experiments.runs import Progress, Run
        run = Run("toy", "walk", 3, make_dataclass("Recipe", [("steps", int)])(5))
        with Progress(run, sys.argv[1]) as progress:
            for k in range(10_000):
                progress.save({"block": np.full(100_000, k)}, {"k": k})
                if k == 3:
                    print("go", flush=True)
        """
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, cwd=os.getcwd()
    )
    child.stdout.readline()
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()
    arrays, meta = Progress(RUN, tmp_path).load()
    assert meta["k"] >= 3
    assert (arrays["block"] == meta["k"]).all()


def test_a_checkpoint_is_due_so_many_seconds_after_the_last(tmp_path, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("time.perf_counter", lambda: clock[0])
    with Progress(RUN, tmp_path) as progress:
        clock[0] = 29.0
        assert not progress.due(30)
        clock[0] = 31.0
        assert progress.due(30)
        progress.save({})
        clock[0] = 60.0
        assert not progress.due(30)
    with Progress(RUN, tmp_path) as progress:
        progress.load()
        clock[0] = 89.0
        assert not progress.due(30)
        clock[0] = 91.0
        assert progress.due(30)


def test_a_finished_run_is_not_made_twice_unless_asked(tmp_path):
    run_walk(tmp_path)
    path = RUN.record_path(tmp_path / "results")
    first = path.stat().st_mtime_ns
    run_walk(tmp_path)
    assert path.stat().st_mtime_ns == first
    run_walk(tmp_path, "--again")
    assert path.stat().st_mtime_ns > first
    assert record_of(tmp_path)["restarts"] == 0


def test_a_record_of_another_recipe_is_no_record(tmp_path):
    run_walk(tmp_path)
    longer = Run("toy", "walk", 3, Recipe(6))
    assert longer.finished(tmp_path / "results") is None
    run_walk(tmp_path, runs=[longer])
    assert record_of(tmp_path, longer)["recipe"] == {"steps": 6}


def test_a_killed_pass_over_all_runs_goes_on_without_again(tmp_path):
    both = [RUN, Run("toy", "walk", 4, Recipe())]
    paths = [run.record_path(tmp_path / "results") for run in both]
    run_walk(tmp_path, runs=both)
    before = [record_of(tmp_path, run)["metrics"] for run in both]
    with pytest.raises(KeyboardInterrupt):
        run_walk(tmp_path, "--again", "--stop-after", "2", runs=both)
    assert not any(path.exists() for path in paths)
    run_walk(tmp_path, runs=both)
    assert [record_of(tmp_path, run)["restarts"] for run in both] == [1, 0]
    assert [record_of(tmp_path, run)["metrics"] for run in both] == before


def test_a_run_that_two_want_at_once_is_made_once(tmp_path):
    """One is at the run: a second goes on without it, a third waits for it."""
    options = SimpleNamespace(results=tmp_path / "results", checkpoints=tmp_path / "kept")
    begun, may_end, found = threading.Event(), threading.Event(), []

    def slow(run, options):
        begun.set()
        assert may_end.wait(60)
        with Progress(run, options.checkpoints) as progress:
            return progress.record(data={}, sizes={}, metrics={})

    def made_elsewhere(run, options):
        pytest.fail("made twice")

    first = threading.Thread(target=lambda: make(RUN, slow, options))
    third = threading.Thread(target=lambda: found.append(make(RUN, made_elsewhere, options)))
    first.start()
    assert begun.wait(60)
    assert make(RUN, made_elsewhere, options, wait=False) is None
    third.start()
    may_end.set()
    for thread in (first, third):
        thread.join(60)
    assert found == [record_of(tmp_path)]


def test_a_run_is_made_again_where_what_it_leaves_is_missing(tmp_path):
    options = SimpleNamespace(results=tmp_path / "results", checkpoints=tmp_path / "kept")
    made, leaves = [], tmp_path / "weights"

    def execute(run, options):
        made.append(run)
        leaves.touch()
        with Progress(run, options.checkpoints) as progress:
            return progress.record(data={}, sizes={}, metrics={})

    for _ in range(2):
        make(RUN, execute, options, leaves)
    assert len(made) == 1
    leaves.unlink()
    make(RUN, execute, options, leaves)
    assert len(made) == 2


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"recipe": {"steps": 5}}', "\xff"])
def test_a_damaged_record_is_named(tmp_path, text):
    path = RUN.record_path(tmp_path)
    path.parent.mkdir(parents=True)
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError, match=f"{path.name} is no record"):
        RUN.finished(tmp_path)


def test_a_damaged_checkpoint_is_named(tmp_path):
    path = RUN.checkpoint_path(tmp_path)
    write_atomically(path, b"not a checkpoint")
    with Progress(RUN, tmp_path) as progress, pytest.raises(ValueError, match=path.name):
        progress.load()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--only", "nothing-like-it"], "no run has such a name"),
        (["--seeds", "99"], "no run has such a name"),
    ],
)
def test_asking_for_no_run_says_so(tmp_path, capsys, arguments, told):
    assert run_walk(tmp_path, *arguments) == 2
    assert told in capsys.readouterr().err


def test_a_bad_pattern_is_a_clear_message(tmp_path, capsys):
    with pytest.raises(SystemExit):
        run_walk(tmp_path, "--only", "(")
    assert "no regular expression" in capsys.readouterr().err


def test_a_rehearsal_never_lands_among_the_results(capsys):
    with pytest.raises(SystemExit):
        main("toy", [RUN], walk, "A walk.", argv=["--quick"])
    assert "--results" in capsys.readouterr().err


def test_the_list_names_what_is_done(tmp_path, capsys):
    run_walk(tmp_path)
    capsys.readouterr()
    run_walk(tmp_path, "--list", runs=[RUN, Run("toy", "other", 0, Recipe())])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("walk-seed3")
    assert lines[1].split() == ["to", "do", "other-seed0"]


@given(st.integers(0, 10**6))
def test_a_duration_reads_back_within_half_a_minute(seconds):
    text = duration(seconds)
    units = {"s": 1, "min": 60, "h": 3600}
    words = text.split()
    read = sum(int(n) * units[u] for n, u in zip(words[::2], words[1::2], strict=True))
    assert abs(read - seconds) <= 30


def test_every_committed_record_lies_where_its_content_says():
    keys = {"recipe", "data", "sizes", "metrics", "seconds", "peak_memory_mb", "versions"}
    for path in records.results_folder().glob("*/*.json"):
        record = json.loads(path.read_text(encoding="utf-8"))
        assert path.name == f"{record['name']}-seed{record['seed']}.json"
        assert path.parent.name == record["experiment"]
        assert keys | {"processor"} <= record.keys(), path
        assert record["seconds"] >= 0


def test_a_missing_record_lists_those_there_are(tmp_path, monkeypatch):
    run_walk(tmp_path)
    monkeypatch.setattr(records, "results_folder", lambda: tmp_path / "results")
    assert len(records.metric("toy", "walk", "place")) == 1
    with pytest.raises(KeyError, match="walk"):
        records.load_records("toy", "run")
