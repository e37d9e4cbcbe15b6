"""`make` in folders, and with values, of every kind; its virtual environment is made for once.

The environments are real; pytest, pip and jupyter_book are stand-ins that write down what they got.
"""

import ast
import json
import os
import platform
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tools import environment
from tools.contents import ROOT

WRITE_DOWN = """
import json, os, sys
def main():
    names = ("LSTM_BOOK_DATA", "LSTM_BOOK_CACHE", "PWD")
    seen = [os.path.basename(__file__), sys.argv[1:], {n: os.environ.get(n) for n in names}]
    with open("seen.jsonl", "a", encoding="utf-8") as file:
        file.write(json.dumps(seen) + "\\n")
if __name__ == "__main__":
    main()
"""
pytestmark = [
    pytest.mark.skipif(not shutil.which("make"), reason="make is missing"),
    pytest.mark.skipif(sys.getfilesystemencoding() != "utf-8", reason="file names are not UTF-8"),
    pytest.mark.skipif(os.name == "nt", reason="on Windows the course goes by hand"),
]
ODD = "a book's $HOME & 한글 #1"


def checkout(folder):
    """As much of a clone as `make` needs; the programs in it only write down their arguments."""
    (folder / "tools").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "constraints.txt", "tools/environment.py"):
        shutil.copy(ROOT / name, folder / name)
    for program in ("pip", "pytest", "jupyter_book/cli/main", "tools/korean/book"):
        file = folder / f"{program}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(WRITE_DOWN, encoding="utf-8")
    return folder


def make(folder, *arguments, **more):
    """Run `make` there: what it said, and how it ended."""
    left_out = (
        "MAKEFLAGS",
        "MAKELEVEL",
        "PYTHON",
        "LSTM_BOOK_DATA",
        "LSTM_BOOK_CACHE",
        "PYTHONPATH",
    )
    clean = {name: value for name, value in os.environ.items() if name not in left_out}
    clean["LANGUAGE"] = "en"  # make speaks the system's language, in the system's encoding
    settings = {"cwd": folder, "env": clean | more, "capture_output": True, "encoding": "utf-8"}
    return subprocess.run(["make", *arguments], **settings)


def seen(folder, program):
    """What that stand-in wrote down, call by call: its arguments and its environment."""
    lines = (folder / "seen.jsonl").read_text(encoding="utf-8").splitlines()
    return [rest for name, *rest in map(json.loads, lines) if name == f"{program}.py"]


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """A clone in a folder of an odd name, whose environment is there."""
    folder = checkout(tmp_path_factory.mktemp("make") / ODD)
    done = make(folder, "test", "book")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_a_folder_of_any_name_holds_the_book(book):
    (_, environment_of_build), *_ = [
        call for call in seen(book, "main") if call[0][:2] == ["build", "."]
    ]
    assert environment_of_build["PWD"] == str(book)


def test_the_file_of_the_book_is_named_as_it_is(book):
    assert f"file://{book}/_build/html/index.html" in make(book, "book").stdout


def test_what_is_there_is_not_installed_again(book):
    installed = [call for call in seen(book, "pip") if "--editable" in call[0]]
    assert [call[0][-1] for call in installed] == [".[test]"]
    for target in ("test", "book"):
        assert "Setting up" not in make(book, target).stdout


@pytest.mark.parametrize("given", ["environment", "command line"])
@pytest.mark.parametrize(
    "value",
    ["/x/my data", "~/data", "$HOME/data", "/x/$(shell id)", "/x/'q\"", "/x/#1;%d&", "/x/한글/",
     "data", "../da ta/", "sample", " ", "$$"],
)  # fmt: skip
def test_a_folder_of_corpora_reaches_the_programs_letter_for_letter(book, value, given):
    (book / "seen.jsonl").unlink(missing_ok=True)
    if given == "environment":
        done = make(book, "test", LSTM_BOOK_DATA=value)
    else:
        done = make(book, "test", f"LSTM_BOOK_DATA={value}")
    assert done.returncode == 0, done.stderr
    assert seen(book, "pytest")[-1][1]["LSTM_BOOK_DATA"] == (
        value if given == "environment" else value.lstrip()
    )


def test_a_cache_is_named_letter_for_letter_too(book):
    make(book, "test", "LSTM_BOOK_CACHE=/x/$HOME y")
    assert seen(book, "pytest")[-1][1]["LSTM_BOOK_CACHE"] == "/x/$HOME y"


def test_without_a_folder_of_corpora_none_is_named(book):
    make(book, "test")
    assert seen(book, "pytest")[-1][1]["LSTM_BOOK_DATA"] is None


def test_the_tests_may_have_spaces_in_their_names(book):
    make(book, "test", "TESTS='chapters/my copy.ipynb' tests/package")
    assert seen(book, "pytest")[-1][0][-2:] == ["chapters/my copy.ipynb", "tests/package"]


def test_a_changed_list_of_packages_is_installed(book):
    with (book / "constraints.txt").open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert "Setting up .venv for `test`" in make(book, "test").stdout
    assert "Setting up" not in make(book, "test").stdout


def test_an_environment_whose_python_is_gone_is_made_anew(book):
    for program in (book / ".venv" / "bin").glob("python*"):
        program.unlink()
    done = make(book, "test")
    assert done.returncode == 0, done.stderr
    assert "Setting up" in done.stdout


def test_a_copied_checkout_gets_an_environment_of_its_own(book, tmp_path):
    copied = tmp_path / "copy"
    shutil.copytree(book, copied, symlinks=True)
    done = make(copied, "test")
    assert f"was made as {book}" in done.stdout
    assert (
        (copied / ".venv" / "pyvenv.cfg").read_text(encoding="utf-8").endswith(f"{copied}/.venv\n")
    )


def test_two_at_once_set_up_one_environment(tmp_path):
    folder = checkout(tmp_path / "twice")
    command = [sys.executable, "tools/environment.py", "test"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "encoding": "utf-8"}
    both = [subprocess.Popen(command, cwd=folder, **pipes) for _ in range(2)]
    told = sorted(process.communicate()[0] for process in both)
    assert [process.returncode for process in both] == [0, 0], told
    assert told[0] == "Another `make` is setting up .venv: waiting for it …\n"
    assert len([call for call in seen(folder, "pip") if "--editable" in call[0]]) == 1


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ("/no/such/python", "PYTHON=/no/such/python is no Python that runs"),
        ("{folder}/old python", "PYTHON={folder}/old python is 3.14.1: make PYTHON="),
    ],
)
def test_a_python_that_does_not_fit_is_named(tmp_path, named, told):
    folder = checkout(tmp_path / "named")
    old = folder / "old python"
    old.write_text('#!/bin/sh\necho \'["3.14.1", "Linux", "x86_64", "glibc", true]\'\n', "utf-8")
    old.chmod(0o755)
    done = make(folder, "test", f"PYTHON={named.format(folder=folder)}")
    assert done.returncode == 2
    assert told.format(folder=folder) in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / ".venv").exists()


def test_a_file_in_the_place_of_the_environment_is_named(tmp_path):
    folder = checkout(tmp_path / "file")
    (folder / ".venv").touch()
    done = make(folder, "test")
    assert done.returncode == 2
    assert str(folder / ".venv") in done.stderr
    assert "Traceback" not in done.stderr


def test_a_fitting_python_is_found_beside_one_that_does_not_fit(monkeypatch):
    """As on a machine whose `python3` is 3.14 and which has 3.13 too."""
    versions = {"python3": "3.14.0", "python": "2.7.18", "python3.13": "3.13.1"}
    monkeypatch.setattr(
        environment.shutil, "which", lambda name: name if name in versions else None
    )
    answers = {
        name: [version, "Linux", "x86_64", "glibc", True] for name, version in versions.items()
    }
    monkeypatch.setattr(environment, "probe", answers.get)
    assert environment.choose(None)[0] == "python3.13"
    del versions["python3.13"]
    with pytest.raises(SystemExit, match=r"Python 3.11 to 3.13 is needed"):
        environment.choose(None)


@pytest.mark.parametrize(
    ("system", "told"),
    [
        (["Darwin", "x86_64", "", True], "Intel"),
        (["Darwin", "arm64", "", True], None),
        (["Linux", "x86_64", "glibc", True], None),
        (["Linux", "aarch64", "glibc", True], None),
        (["Linux", "x86_64", "", True], "Alpine"),
        (["Windows", "amd64", "", True], None),
        (["Windows", "arm64", "", True], "ARM"),
        (["Windows", "x86", "", False], "32 bits"),
    ],
)
def test_a_system_without_frameworks_is_told_before_pip_speaks(system, told):
    found = environment.without_frameworks(["3.13.0", *system])
    assert (told in found) if told else found is None


def test_this_machine_is_told_as_it_is():
    version, system, machine, *_ = environment.probe(sys.executable)
    assert (version, system) == (platform.python_version(), platform.system())
    assert machine == platform.machine().lower()


def test_the_versions_are_those_of_the_package():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    first, last = environment.VERSIONS[0], environment.VERSIONS[-1]
    below = f"3.{int(last.split('.')[1]) + 1}"
    assert tomllib.loads(text)["project"]["requires-python"] == f">={first},<{below}"


def test_an_old_python_can_read_the_file_that_refuses_it():
    text = Path(environment.__file__).read_text(encoding="utf-8")
    ast.parse(text, feature_version=(3, 7))
