"""Set up .venv for `make`: python tools/environment.py book|pdf|test|check|dev

Says before pip does what this machine lacks, and installs nothing where all is as it should be.
Any Python from 3.6 on can run this file; the environment gets one that fits.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys

try:
    import fcntl
except ImportError:  # on Windows, where two at once are not kept apart
    fcntl = None

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FOLDER = os.path.join(ROOT, ".venv")
VERSIONS = ("3.11", "3.12", "3.13")  # as pyproject.toml's `requires-python`; the outputs' own first
HOLDS = {  # extra: those that it contains
    "book": (),
    "pdf": ("book",),
    "test": ("book",),
    "check": ("book", "pdf", "test"),
    "dev": ("book", "test"),
}
PROBE = """
import json, platform, sys
print(json.dumps([sys.version.split()[0], platform.system(), platform.machine().lower(),
                  platform.libc_ver()[0], sys.maxsize > 2**32]))"""


def probe(python):
    """What a Python says of itself and of its system, or None if it doesn't run."""
    try:
        told = subprocess.check_output([python, "-c", PROBE], stderr=subprocess.DEVNULL)
        return json.loads(told.decode())
    except (OSError, subprocess.CalledProcessError, ValueError):
        return None


def fits(found):
    return found is not None and ".".join(found[0].split(".")[:2]) in VERSIONS


def choose(named):
    """A program that fits, and what it says of itself; `named` is what PYTHON names, if anything.

    Raises SystemExit where there is none.
    """
    usual = [f"python{version}" for version in VERSIONS] + ["python3", "python", sys.executable]
    for program in [named] if named else filter(None, map(shutil.which, usual)):
        found = probe(program)
        if fits(found):
            return program, found
    if named:
        has = f"PYTHON={named} is {found[0] if found else 'no Python that runs'}"
    else:
        has = f"this machine has {sys.version.split()[0]}"
    raise SystemExit(
        f"Python {VERSIONS[0]} to {VERSIONS[-1]} is needed, for which PyTorch and TensorFlow are "
        f"made, and {has}: make PYTHON=/path/to/python{VERSIONS[-1]} …"
    )


def without_frameworks(found):
    """The kind of system for which PyTorch or TensorFlow is not made, or None."""
    _, system, machine, libc, wide = found
    kinds = {
        "Macs with an Intel processor (or a Python made for them)": (
            system == "Darwin" and machine == "x86_64"
        ),
        "Windows on ARM": system == "Windows" and machine == "arm64",
        "a Linux without glibc, such as Alpine": system == "Linux" and libc != "glibc",
        "a Python of 32 bits": not wide,
    }
    return next((kind for kind, true in kinds.items() if true), None)


def fingerprint():
    """What an installation depends on: where this folder is, and the files that say what it is."""
    digest = hashlib.sha256(ROOT.encode("utf-8", "surrogateescape"))
    for name in ("pyproject.toml", "constraints.txt"):
        with open(os.path.join(ROOT, name), "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def read(name):
    """The text of a file in the environment; "" if there is none."""
    try:
        with open(os.path.join(FOLDER, name), encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def made_in():
    """The folder that an environment was made as, which its programs go on naming."""
    found = re.search(r"(?m)^command = .* -m venv (?:--\S+ )*(.+)$", read("pyvenv.cfg"))
    return found[1] if found else FOLDER


def install(extra):
    python = os.path.join(FOLDER, *(("Scripts",) if os.name == "nt" else ("bin",)), "python")
    has = probe(python)
    if fits(has) and read(f"{extra}.stamp") == fingerprint():
        return
    program, found = choose(os.environ.get("PYTHON"))
    lacking = without_frameworks(found)
    if lacking and extra not in ("book", "pdf"):
        raise SystemExit(
            f"PyTorch and TensorFlow are not made for {lacking}: run the notebooks in Colab, or "
            "all of it in a Linux container (README.md); `make book` works here"
        )
    size = "about a minute" if extra in ("book", "pdf") else "some minutes, about 3 GB"
    print(f"Setting up .venv for `{extra}` (once, {size}) …", flush=True)
    moved = os.path.realpath(made_in()) != os.path.realpath(FOLDER)
    if moved:
        print(f"The one that is here was made as {made_in()}: it is made anew.", flush=True)
    if moved or not fits(has):
        subprocess.check_call([program, "-m", "venv", "--clear", FOLDER])
    elif subprocess.call([python, "-c", "import pip"], stderr=subprocess.DEVNULL):
        subprocess.check_call([program, "-m", "venv", FOLDER])
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    wanted = "test,dev" if extra == "dev" else extra
    pip += ["--constraint", "constraints.txt", "--editable", f".[{wanted}]"]
    subprocess.check_call(pip, cwd=ROOT)
    for name in (extra,) + HOLDS[extra]:
        with open(os.path.join(FOLDER, f"{name}.stamp"), "w", encoding="utf-8") as file:
            file.write(fingerprint())


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("extra", choices=HOLDS, help="of pyproject.toml's extras")
    extra = parser.parse_args(arguments).extra
    with open(os.path.join(ROOT, "pyproject.toml"), "rb") as file:
        if fcntl:  # the system lets go of it, however this process ends
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print("Another `make` is setting up .venv: waiting for it …", flush=True)
                fcntl.flock(file, fcntl.LOCK_EX)
        try:
            install(extra)
        except subprocess.CalledProcessError as error:
            raise SystemExit(f"setting up .venv failed: exit status {error.returncode}") from None
        except OSError as error:
            raise SystemExit(f"can't set up .venv: {error}") from None


if __name__ == "__main__":
    main()
