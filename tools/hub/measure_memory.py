"""How much memory a student's kernel takes in each chapter.

    python -m tools.hub.measure_memory chapters/[01]*.ipynb

Runs each notebook from top to bottom in a kernel of its own, one thread, and asks the kernel
afterwards. What it prints is the table in README.md; the Jupyter server beside it comes on top.
"""

import os

import nbclient
import nbformat

from lstm_utils import command_line
from tools.notebooks import add_notebooks, resolve_folders

ASK = """\
import resource as r
a, b = r.getrusage(r.RUSAGE_SELF), r.getrusage(r.RUSAGE_CHILDREN)
print(a.ru_maxrss, b.ru_maxrss)"""


def measure(path):
    """Peak MiB of the kernel, and of its largest child."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(ASK))
    # As a student who runs everything: a cell that raises does not stop the rest.
    client = nbclient.NotebookClient(
        notebook, timeout=300, allow_errors=True, resources={"metadata": {"path": path.parent}}
    )
    client.execute()
    kernel, child = map(float, notebook.cells[-1].outputs[0].text.split())
    return kernel / 1024, child / 1024


def main(arguments=None):
    parser = command_line.parser(__doc__)
    add_notebooks(parser)
    options = parser.parse_args(arguments)
    resolve_folders()
    os.environ["OMP_NUM_THREADS"] = "1"
    print("| chapter | kernel, peak | a process it starts |")
    print("|---|---|---|")
    for path in options.notebooks:
        kernel, child = measure(path)
        print(f"| {path.stem} | {kernel:.0f} MiB | {child:.0f} MiB |", flush=True)


if __name__ == "__main__":
    command_line.run(main)
