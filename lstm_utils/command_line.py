"""How every program here begins and ends: its help, and one line on the error stream if it fails.

`python -X dev -m PROGRAM` shows where an error was raised instead.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

# What a person can mend: a file, a number, a network. Anything else from Python itself is a mistake
# of the program, and keeps its traceback; an error of a library is told in its own words.
TOLD = (OSError, ValueError, LookupError, RuntimeError, ImportError, subprocess.SubprocessError)


def name():
    """The command that runs, such as `python -m tools.notebooks`."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return f"python -m {spec.name.removesuffix('.__main__')}" if spec else sys.argv[0]


def parser(docstring, **more):
    """The parser of a program, described by the first paragraph of its docstring."""
    first = docstring.partition("\n\n")[0]
    return argparse.ArgumentParser(prog=name(), description=first, allow_abbrev=False, **more)


def path(text):
    """The type of an argument that names a file or a folder: ~ is the home folder in quotes too."""
    return Path(text).expanduser()


def in_a_line(error):
    """What an error says, in one line."""
    if isinstance(error, OSError) and error.strerror and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    text = error.args[0] if isinstance(error, KeyError) and error.args else error
    lines = [line.strip() for line in str(text).splitlines() if line.strip()]
    return "; ".join(lines) or type(error).__name__


def run(main):
    """Run a program's `main` and end the process: with what it returns, or 1 if it fails."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # a console may lack a letter
    try:
        status = main()
        sys.stdout.flush()
        sys.exit(status)
    except KeyboardInterrupt:
        print(f"{name()}: stopped", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:  # whoever read the output has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        own = isinstance(error, TOLD) or type(error).__module__ != "builtins"
        if sys.flags.dev_mode or not own:
            raise
        print(f"{name()}: error: {in_a_line(error)}", file=sys.stderr)
        sys.exit(1)
