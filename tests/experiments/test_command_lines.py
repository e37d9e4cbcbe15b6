"""Every program here answers `--help`, refuses what it doesn't know, and fails in one line.

The programs are found, not listed: a new one is held to the same.
"""

import json
import os
import signal
import socket
import subprocess
import sys

import pytest

from lstm_utils import command_line
from tools import serve
from tools.contents import ROOT

HOMES = ("experiments", "tools", "course", "lstm_utils")
PROGRAMS = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__main__")
    for home in HOMES
    for path in (ROOT / home).rglob("*.py")
    if "node_modules" not in path.parts
    and '\nif __name__ == "__main__":' in path.read_text(encoding="utf-8")
)
# Runs programs one after another, as `python -m` would: exit status, output, error stream of each.
RUNNER = """
import io, json, os, runpy, sys
found = []
for module, *arguments in json.load(sys.stdin):
    sys.modules.pop(module, None)  # imported by another program before
    sys.argv, (out, err) = [module, *arguments], (io.BytesIO(), io.BytesIO())
    sys.stdout, sys.stderr = (io.TextIOWrapper(s, "utf-8") for s in (out, err))
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        status = "went on"
    except SystemExit as end:
        status = end.code
        if isinstance(status, str):
            print(status, file=sys.stderr)
            status = 1
    except BaseException as error:
        status = repr(error)
    sys.stdout.flush(), sys.stderr.flush()
    heavy = [name for name in ("tensorflow", "keras") if name in sys.modules]
    found.append([status or 0, out.getvalue().decode(), err.getvalue().decode(), heavy])
json.dump(found, sys.__stdout__)
"""


def run_all(command_lines):
    """What came of each command line, on a machine without Chromium and other programs."""
    done = subprocess.run(
        [sys.executable, "-c", RUNNER],
        input=json.dumps(command_lines),
        capture_output=True,
        check=True,
        cwd=ROOT,
        encoding="utf-8",
        env=os.environ | {"PATH": "", "PYTHONPATH": str(ROOT)},
    )
    found = json.loads(done.stdout)
    return {tuple(line): rest for line, rest in zip(command_lines, found, strict=True)}


@pytest.fixture(scope="module")
def asked():
    options = ("--help", "--no-such-option")
    return run_all([[program, option] for program in PROGRAMS for option in options])


def test_the_programs_are_found():
    assert {"experiments", "tools.notebooks", "course.jupyterhub.links"} <= set(PROGRAMS)
    assert len(PROGRAMS) > 20


@pytest.mark.parametrize("program", PROGRAMS)
def test_help_is_an_answer_and_nothing_else_happens(asked, program):
    status, out, err, heavy = asked[program, "--help"]
    assert (status, err) == (0, "")
    assert out.startswith("usage: ")
    if program != "tools.environment":  # which an old Python starts by its path
        assert out.startswith(f"usage: python -m {program} ")
    assert not heavy


@pytest.mark.parametrize("program", PROGRAMS)
def test_an_unknown_option_is_refused(asked, program):
    status, out, err, _ = asked[program, "--no-such-option"]
    assert (status, out) == (2, "")
    assert err.startswith("usage: ")
    assert ": error: " in err.splitlines()[-1]


FAILURES = [
    (["tools.notebooks", "execute", "{tmp}/none.ipynb"], 2, "no such notebook: {tmp}/none.ipynb"),
    (["tools.notebooks", "execute", "{tmp}/text.ipynb"], 1, "{tmp}/text.ipynb is no notebook"),
    (["tools.notebooks", "refresh", "{tmp}/list.ipynb"], 1, "{tmp}/list.ipynb is no notebook"),
    (["tools.notebooks", "refresh", "{tmp}/unsealed.ipynb"], 1, "the seal is broken"),
    (["tools.notebooks", "bake", "README.md"], 2, "invalid choice"),
    (["tools.set_repository", "no-slash"], 2, "expected OWNER/NAME"),
    (["tools.set_repository", "a/b/c"], 2, "expected OWNER/NAME"),
    (["tools.browser.pdf", "{tmp}"], 1, "no built book in {tmp}"),
    (["tools.browser.report", "{tmp}"], 1, "no built book in {tmp}"),
    (["tools.browser.report", "--pages", "nowhere"], 2, "no page nowhere"),
    (["tools.browser.report", "--runs", "0"], 2, "--runs counts from 1"),
    (["tools.browser.live", "draw"], 1, "Chromium is needed"),
    (["tools.browser.live", "draw", "nothing"], 2, "nothing to draw for nothing"),
    (["tools.environment", "everything"], 2, "invalid choice"),
    (["course.jupyterhub.links", "hub.example.org"], 2, "expected an address"),
    (["tools.hub.measure_memory", "{tmp}/none.ipynb"], 2, "no such notebook"),
    (["tools.course.proofs", "4.1"], 2, "invalid int value: '4.1'"),
    (["tools.course.proofs", "99"], 2, "no chapter 99"),
    (["tools.course.slides", "99", "{tmp}/x"], 2, "no session 99"),
    (["tools.course.slides", "{tmp}/x", "{tmp}/y"], 2, "expected one folder"),
    (["tools.course.handouts", "{tmp}/file"], 1, "file"),
    (["tools.course.assignments", "{tmp}/file"], 1, "file"),
    (["experiments", "--plam"], 2, "unrecognized arguments: --plam"),
    (["experiments.summary", "--results", "{tmp}"], 1, "no summary without these records"),
    (["experiments.export_weights", "nothing"], 2, "no model nothing"),
    (["experiments.export_weights", "--checkpoints", "{tmp}"], 1, "is missing"),
    (["experiments.cell_speed", "--bench", "--quik"], 2, "unrecognized arguments: --quik"),
    (["experiments.cell_speed", "--seeds", "one"], 2, "invalid int value: 'one'"),
    (["experiments.cell_speed", "--only", "("], 2, "no regular expression"),
    (["experiments.cell_speed", "--only", "nothing"], 2, "no run has such a name"),
    (["experiments.cell_speed", "--quick"], 2, "a --results folder of its own"),
    (["experiments.cell_speed", "--results", "{tmp}/r", "--checkpoints", "{tmp}/file"], 1, "file"),
    (["experiments.cell_speed", "--results", "{tmp}/broken", "--list"], 1, "is no record"),
    (["lstm_utils.predict", "{tmp}/none.txt"], 1, "{tmp}/none.txt: No such file or directory"),
    (["lstm_utils.predict", "{tmp}/file", "--encodin", "utf-8"], 2, "unrecognized arguments"),
    (["experiments.sentiment", "--li"], 2, "unrecognized arguments: --li"),
]


@pytest.fixture(scope="module")
def failed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("failures")
    (folder / "file").write_text("no folder", encoding="utf-8")
    (folder / "text.ipynb").write_text("no JSON", encoding="utf-8")
    (folder / "list.ipynb").write_text("[]", encoding="utf-8")
    unsealed = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (folder / "unsealed.ipynb").write_text(json.dumps(unsealed), encoding="utf-8")
    (folder / "broken" / "cells").mkdir(parents=True)
    for seed in range(3):
        record = folder / "broken" / "cells" / f"numpy-over-torch-seed{seed}.json"
        record.write_text("{", encoding="utf-8")
    lines = [[part.format(tmp=folder) for part in line] for line, _, _ in FAILURES]
    return folder, list(run_all(lines).values())


@pytest.mark.parametrize("case", range(len(FAILURES)), ids=lambda k: " ".join(FAILURES[k][0]))
def test_a_failure_is_one_line_and_an_exit_status(failed, case):
    folder, results = failed
    _, expected, told = FAILURES[case]
    status, out, err, _ = results[case]
    assert (status, out) == (expected, "")
    assert told.format(tmp=folder) in err.splitlines()[-1]
    assert "Traceback" not in err
    if status == 1:
        assert len(err.splitlines()) == 1


def ended(program, **more):
    """A program of one line that runs by `command_line.run`: how it ended, and what it said."""
    imports = "import os, sys, time\nfrom lstm_utils import command_line\n"
    text = f"{imports}command_line.run(lambda: {program})"
    command = [sys.executable, *more.pop("options", []), "-c", text]
    return subprocess.run(command, cwd=ROOT, capture_output=True, **more)


@pytest.mark.parametrize(
    ("program", "told"),
    [
        ("open('no such file')", "no such file: No such file or directory"),
        ("os.mkdir('tests')", "tests: File exists"),
        ("int('x')", "invalid literal for int() with base 10: 'x'"),
        ("{}['key']", "key"),
        ("__import__('no_such_library')", "No module named 'no_such_library'"),
        ("(_ for _ in ()).throw(ValueError('two\\n  lines\\n'))", "two; lines"),
        ("(_ for _ in ()).throw(RuntimeError())", "RuntimeError"),
    ],
)
def test_what_a_person_can_mend_is_one_line(program, told):
    done = ended(program, encoding="utf-8")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith(f"error: {told}")
    assert "Traceback" not in done.stderr


def test_a_mistake_of_the_program_keeps_its_traceback():
    assert "Traceback" in ended("None.nothing", encoding="utf-8").stderr
    shown = ended("int('x')", options=["-X", "dev"], encoding="utf-8").stderr
    assert "Traceback" in shown


def test_an_exit_status_is_passed_on():
    assert [ended(text).returncode for text in ("None", "3")] == [0, 3]


def test_a_letter_that_the_console_lacks_is_written_as_its_code():
    done = ended(r"print('\u2713')", env=os.environ | {"PYTHONIOENCODING": "cp949"})
    assert (done.returncode, done.stdout.strip()) == (0, rb"\u2713")


def test_who_reads_no_further_ends_the_program_quietly():
    text = "print('x' * 10**6)"
    command = [
        sys.executable,
        "-c",
        f"from lstm_utils import command_line as c\nc.run(lambda: {text})",
    ]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(command, cwd=ROOT, **pipes)
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows has another way to interrupt a process")
def test_an_interrupted_program_says_so_in_a_line():
    text = (
        "import signal, time\nfrom lstm_utils import command_line\n"
        # A job in the background ignores Ctrl-C, and hands that on.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "command_line.run(lambda: (print('ready', flush=True), time.sleep(60)))"
    )
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8"}
    process = subprocess.Popen([sys.executable, "-c", text], cwd=ROOT, **pipes)
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.splitlines()[0].endswith("stopped")
    assert len(err.splitlines()) == 1


def test_a_port_in_use_is_named(monkeypatch):
    monkeypatch.setattr(serve, "require_built", lambda site: None)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=rf"port {port} can't be used .*PORT="):
            serve.main(["--port", str(port)])
    with pytest.raises(OSError, match=r"port 70000 can't be used"):
        serve.main(["--port", "70000"])


def test_a_program_is_described_by_its_first_paragraph():
    parser = command_line.parser("What it does,\nand where.\n\nHow it does it.")
    assert parser.description == "What it does,\nand where."
