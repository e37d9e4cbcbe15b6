"""Colab: do the set-up cells work there, and do they leave alone what is there already?

The short tests compare the package's bounds with the versions in `colab.txt`. `make colab` runs
every notebook's set-up cell in a kernel of a virtual environment that has these versions. Two
things are not Colab's: Python is the one that runs this test, and PyTorch and TensorFlow are those
of the environment around it, linked in, because their builds are gigabytes.
"""

import importlib.metadata
import json
import os
import re
import shlex
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import nbformat
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.contents import NOTEBOOKS, ROOT

PYTHON = "3.13.16"
FRAMEWORKS = ("torch", "tensorflow", "keras")
MISSING = {  # what a page needs and Colab lacks
    "06_nsmc_sentiment_keras": {"kiwipiepy"},
    "out_of_the_notebook": {"onnx", "onnxruntime", "onnxscript"},
}
# ONNX from 1.23 on asks for protobuf 6.31, and Colab has 5.29.6.
BOUNDED = {"onnx<1.23"}
FROM_THE_REPOSITORY = '%pip install -q "lstm-utils @ git+'


def colab():
    """Name to version of what Colab has."""
    lines = (Path(__file__).parent / "colab.txt").read_text(encoding="utf-8").splitlines()
    pins = [line.split("==") for line in lines if not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in pins}


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def set_up(path):
    notebook = nbformat.read(path, as_version=4)
    return next(cell.source for cell in notebook.cells if cell.cell_type == "code")


def test_no_bound_of_the_package_asks_colab_for_another_version():
    assert Requirement(f"python{project()['requires-python']}").specifier.contains(PYTHON)
    for line in project()["dependencies"]:
        wanted = Requirement(line)
        have = colab()[canonicalize_name(wanted.name)]
        assert wanted.specifier.contains(have), f"{line}: Colab has {have}, pip would replace it"


def test_what_the_chapters_need_beyond_the_package_is_there_or_known_to_be_missing():
    needed = {Requirement(line).name for line in project()["optional-dependencies"]["chapters"]}
    assert needed - set(colab()) == set().union(*MISSING.values())
    for path in NOTEBOOKS:
        for line in re.findall(r"(?m)^\s*%pip .*$", set_up(path)):
            if FROM_THE_REPOSITORY in line:
                # The extras would bring a second PyTorch and TensorFlow.
                assert "lstm-utils[" not in line
            else:
                words = shlex.split(line)[3:]
                assert {Requirement(word).name for word in words} >= MISSING[path.stem]
                assert {word for word in words if Requirement(word).specifier} <= BOUNDED


# ------------------------------------------------------------------ in an environment like Colab's

LISTING = """\
import importlib.metadata as m, json
print(json.dumps({d.name.lower().replace("_", "-").replace(".", "-"):
                  [d.version, str(d.locate_file(""))] for d in m.distributions()}))"""


def needs(name, found=None):
    """A distribution of this environment and all that it needs, but what Colab's list pins."""
    found = {} if found is None else found
    name = canonicalize_name(name)
    if name in found or (name in colab() and name not in FRAMEWORKS):
        return found
    try:
        found[name] = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return found
    for line in found[name].requires or []:
        wanted = Requirement(line)
        if wanted.marker is None or wanted.marker.evaluate({"extra": ""}):
            needs(wanted.name, found)
    return found


def link_frameworks(folder):
    """A folder with links to PyTorch, TensorFlow and what they need, and to nothing else."""
    folder.mkdir()
    names = ["torch", "keras", "tensorflow-cpu", "tensorflow"]
    for distribution in {n: d for name in names for n, d in needs(name).items()}.values():
        for file in distribution.files or []:
            top = file.parts[0]
            target = Path(distribution.locate_file(top))
            if top not in ("..", "__pycache__") and not (folder / top).exists():
                (folder / top).symlink_to(target.resolve())


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """A virtual environment with Colab's packages, as far as this Python and the index allow."""
    if not os.environ.get("LSTM_BOOK_COLAB"):
        pytest.skip("it takes some minutes: make colab")
    if not (ROOT / ".git").exists():
        pytest.skip("the set-up cells install from a clone with its history")
    place = tmp_path_factory.mktemp("colab")
    subprocess.run([sys.executable, "-m", "venv", place / "venv"], check=True)
    python = place / "venv" / "bin" / "python"
    link_frameworks(place / "frameworks")
    packages = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        encoding="utf-8",
    ).stdout.strip()
    Path(packages, "frameworks.pth").write_text(f"{place / 'frameworks'}\n", encoding="utf-8")
    pins = [f"{name}=={version}" for name, version in colab().items() if name not in FRAMEWORKS]
    installed = subprocess.run(
        [python, "-m", "pip", "install", "--quiet", *pins], capture_output=True, encoding="utf-8"
    )
    if installed.returncode:
        if re.search("connection|Temporary failure|timed out|resolve host", installed.stderr):
            pytest.skip("pip reaches no package index")
        pytest.fail(installed.stderr[-2000:])
    spec = place / "kernels" / "colab"
    spec.mkdir(parents=True)
    argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (spec / "kernel.json").write_text(
        json.dumps({"argv": argv, "display_name": "Colab", "language": "python"}), encoding="utf-8"
    )
    (place / "content").mkdir()
    return place, python


def listing(python):
    done = subprocess.run(
        [python, "-c", LISTING], check=True, capture_output=True, encoding="utf-8", cwd="/"
    )
    return json.loads(done.stdout)


class Kernel:
    """A kernel of that environment, in an empty folder, with git answered from this clone."""

    def __init__(self, place):
        from jupyter_client.kernelspec import KernelSpecManager
        from jupyter_client.manager import KernelManager

        address = project()["urls"]["Homepage"]
        outside = ("PYTHONPATH", "VIRTUAL_ENV", "LSTM_BOOK_DATA")
        variables = {k: v for k, v in os.environ.items() if k not in outside}
        variables |= {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"url.{ROOT.as_uri()}.insteadOf",
            "GIT_CONFIG_VALUE_0": address,
            "LSTM_BOOK_DATA": "sample",
            "PIP_NO_CACHE_DIR": "1",  # as on a machine that is new in each session
        }
        specs = KernelSpecManager(kernel_dirs=[str(place / "kernels")])
        self.manager = KernelManager(kernel_name="colab", kernel_spec_manager=specs)
        self.manager.start_kernel(cwd=str(place / "content"), env=variables)
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def run(self, code):
        """Run a cell: its printed text and the seconds it took."""
        text, begin = [], time.monotonic()

        def hear(message):
            if message["msg_type"] == "stream":
                text.append(message["content"]["text"])

        answer = self.client.execute_interactive(code, output_hook=hear, timeout=280)
        content = answer["content"]
        assert content["status"] == "ok", "\n".join([*text, *content.get("traceback", [])])
        return "".join(text), time.monotonic() - begin


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_set_up_cell_installs_the_package_and_nothing_that_is_there(path, environment):
    place, python = environment
    subprocess.run([python, "-m", "pip", "uninstall", "--quiet", "--yes", "lstm-utils"], check=True)
    before = listing(python)
    assert not {"lstm-utils", *MISSING.get(path.stem, ())} & set(before)
    for name, version in colab().items():
        if name not in FRAMEWORKS:
            assert before[name][0] == version
    with Kernel(place) as kernel:
        process, _ = kernel.run("import os; print(os.getpid(), end='')")
        said, seconds = kernel.run(set_up(path))
        where, _ = kernel.run(
            "import os, lstm_utils; print(os.getpid(), lstm_utils.__file__, end='')"
        )
        after = listing(python)
        again, second = kernel.run(set_up(path))
    assert {name: after.get(name) for name in before} == before, "something was replaced"
    new = set(after) - set(before)
    allowed = MISSING.get(path.stem, set()) | {"kiwipiepy-model", "onnx-ir"}
    assert new <= {"lstm-utils", *allowed}
    assert "lstm-utils" in new
    assert where.split()[0] == process, "the kernel was restarted"
    assert str(place) in where, "the package comes from elsewhere"
    assert "ERROR" not in said
    assert "pip" not in again, "the second run installs again"
    print(f"\n{path.stem}: {seconds:.1f} s the first time, {second:.1f} s the second; new: {new}")
