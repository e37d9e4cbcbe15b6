"""The nbgitpuller links of the course: python -m course.jupyterhub.links https://hub.example.org

Who follows one gets the newest notebooks of the branch `student` into the folder `lstm-book` of
their home, and the chapter open; what they wrote stays. The form is that of nbgitpuller's own link
generator.
"""

import re
import tomllib
from pathlib import Path
from urllib.parse import urlencode

from lstm_utils import command_line

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = sorted(path.name for path in ROOT.glob("chapters/[01]*.ipynb"))
BRANCH = "student"


def repository():
    """The address of the course's repository, as pyproject.toml has it."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)["project"]["urls"]["Homepage"]


def query(notebook, repo=None):
    """What stands behind `git-pull?`: repository, branch, and what to open."""
    repo = repo or repository()
    folder = repo.rstrip("/").split("/")[-1]
    return urlencode({"repo": repo, "urlpath": f"lab/tree/{folder}/{notebook}", "branch": BRANCH})


def link(hub, notebook, repo=None):
    """The link for one notebook on a JupyterHub."""
    return f"{hub.rstrip('/')}/hub/user-redirect/git-pull?{query(notebook, repo)}"


def binder_link(notebook):
    """The same on Binder: its environment from `main`, the notebooks from `student`."""
    name = re.fullmatch(r"https://github\.com/(.+)", repository())[1]
    inner = urlencode({"urlpath": f"git-pull?{query(notebook)}"})
    return f"https://mybinder.org/v2/gh/{name}/main?{inner}"


def main(arguments=None):
    parser = command_line.parser(__doc__)
    parser.add_argument("hub", metavar="HUB", help="address of a JupyterHub, or binder")
    hub = parser.parse_args(arguments).hub
    if hub != "binder" and not re.fullmatch(r"https?://[^/?#\s]+(/(?!hub\b)[^/?#\s]+)*/?", hub):
        parser.error(
            "expected an address such as https://hub.example.org, without /hub and what stands "
            f"behind it, and got {hub!r}"
        )
    for name in CHAPTERS:
        print(f"- [{Path(name).stem}]({binder_link(name) if hub == 'binder' else link(hub, name)})")


if __name__ == "__main__":
    command_line.run(main)
