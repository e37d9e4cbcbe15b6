"""Execute notebooks in place and seal their stored outputs.

`refresh` renews the live figures alone, after an edit of their scripts or styles.

A seal is a checksum, in the notebook's metadata, over every code cell's source and outputs. The
suite recomputes it, so that neither an output edited by hand nor a source edited without
executing it again goes unnoticed, also in the cells that re-execution does not compare.
"""

import argparse
import hashlib
import json
import os
import re
import time
from pathlib import Path

import nbformat

from lstm_utils import command_line

SEAL = "outputs_sha256"
HTML = "text/html"
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
METADATA = {"kernelspec": KERNEL, "language_info": {"name": "python"}}


def resolve_folders():
    """Make the folders absolute that the environment names: each notebook runs in its own."""
    for name in ("LSTM_BOOK_DATA", "LSTM_BOOK_CACHE"):
        if os.environ.get(name, "") not in ("", "sample"):
            os.environ[name] = os.path.abspath(os.path.expanduser(os.environ[name]))


def seal_of(notebook):
    """SHA-256, in hexadecimal, over the id, source and outputs of every code cell, in order."""
    cells = [[c.id, c.source, c.outputs] for c in notebook.cells if c.cell_type == "code"]
    text = json.dumps(cells, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def tidy(notebook):
    """Keep what the book uses and drop what differs from machine to machine, in place."""
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        kept = {key: cell.metadata[key] for key in ("tags", "mystnb") if key in cell.metadata}
        cell.metadata = nbformat.from_dict(kept)
        for output in cell.get("outputs", []):
            # The inline backend's type hints, such as the size of a retina picture.
            if "metadata" in output:
                output.metadata = nbformat.from_dict({})


def read(path):
    """A notebook; raises ValueError, which names the file, if it is none."""
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except OSError:
        raise
    except Exception as error:
        raise ValueError(f"{path} is no notebook: {str(error).splitlines()[0]}") from error
    return notebook


def seal_and_write(notebook, path):
    """Write a notebook beside itself, then rename: the old or the new is always there."""
    notebook.metadata[SEAL] = seal_of(notebook)
    nbformat.validate(notebook)
    beside = path.with_name(f"{path.name}.part")
    beside.write_text(nbformat.writes(notebook).rstrip("\n") + "\n", encoding="utf-8", newline="\n")
    os.replace(beside, path)


def execute(path):
    """Run a notebook from the top in its own folder and write it back, sealed, if no cell fails.

    Raises RuntimeError, which names the file and tells the cell's error.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    notebook = read(path)
    folder = {"metadata": {"path": str(path.parent)}}
    options = {"timeout": 600, "record_timing": False, "coalesce_streams": True}
    client = NotebookClient(notebook, kernel_name="python3", resources=folder, **options)
    started = time.perf_counter()
    try:
        client.execute()
    except CellExecutionError as error:
        raise RuntimeError(f"{path}: a cell failed: {error.ename}: {error.evalue}") from error
    except RuntimeError as error:  # the kernel died
        raise RuntimeError(f"{path}: {error}") from error
    seconds = time.perf_counter() - started
    tidy(notebook)
    seal_and_write(notebook, path)
    print(f"{path}: {seconds:.0f} s")


def live_figure_of(cell):
    """Return the output of a cell that shows a live figure, or None."""
    shown = [o for o in cell.get("outputs", []) if "lstm-live" in o.get("data", {}).get(HTML, "")]
    return shown[0] if shown else None


def made_by(cell):
    """Make the live figure of a cell afresh, by the call that is its last line."""
    from lstm_utils import live

    (call,) = re.findall(r"^(?:live\.)?(\w+)\(\)$", cell.source.splitlines()[-1])
    return getattr(live, call)()


def refresh(path):
    """Renew the stored HTML of a notebook's live figures, without running the notebook.

    A live figure is made by the package alone, from no variable of the page. Where the stored
    outputs are not those that an execution made, only another one helps.
    """
    notebook = read(path)
    if notebook.metadata.get(SEAL) != seal_of(notebook):
        raise ValueError(f"{path}: the seal is broken; execute the notebook instead")
    for cell in notebook.cells:
        output = live_figure_of(cell)
        if output is not None:
            output.data[HTML] = made_by(cell).html
    seal_and_write(notebook, path)


def existing(name):
    """The path of a file that is there, for a parser."""
    if not Path(name).is_file():
        raise argparse.ArgumentTypeError(f"no such notebook: {name}")
    return Path(name)


def add_notebooks(parser):
    """Let a program's command line name notebooks, one or more."""
    parser.add_argument("notebooks", nargs="+", type=existing, metavar="NOTEBOOK")


def main(arguments=None):
    parser = command_line.parser(__doc__)
    parser.add_argument("command", choices=["execute", "refresh"])
    add_notebooks(parser)
    options = parser.parse_args(arguments)
    resolve_folders()
    for path in options.notebooks:
        refresh(path) if options.command == "refresh" else execute(path)


if __name__ == "__main__":
    command_line.run(main)
