"""Change the repository's address everywhere: python -m tools.set_repository OWNER/NAME"""

import re
import shutil
import subprocess
import tomllib

import nbformat

from lstm_utils import command_line
from tools.contents import ROOT
from tools.notebooks import SEAL, seal_of

# As GitHub has them; a name that ends in .git is the address of a clone.
OWNER_AND_NAME = re.compile(r"[A-Za-z\d][A-Za-z\d_-]*/(?!\.+$|.*\.git$)[A-Za-z\d._-]+")


def current_address(root=ROOT):
    """Return OWNER/NAME as pyproject.toml has it."""
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    return settings["project"]["urls"]["Homepage"].removeprefix("https://github.com/")


def tracked_files(root):
    """Return the files that git tracks, or, outside a clone, all but the hidden and built ones."""
    if shutil.which("git") and (root / ".git").exists():
        command = ["git", "ls-files", "-z"]
        names = subprocess.run(command, cwd=root, capture_output=True, encoding="utf-8", check=True)
        return [root / name for name in names.stdout.split("\0") if (root / name).is_file()]
    skipped = {".git", ".venv", "_build", "__pycache__", "node_modules"}
    files = [path for path in root.rglob("*") if path.is_file()]
    return [path for path in files if not skipped & set(path.relative_to(root).parts)]


def readdressed(text, old, new):
    """Return the text with the repository `old` (OWNER/NAME) called `new`, its site too."""
    (old_owner, old_name), (owner, name) = old.split("/"), new.split("/")
    for before, after in (
        (old, new),
        (f"{old_owner}.github.io/{old_name}", f"{owner.lower()}.github.io/{name}"),
        (f"cd {old_name}", f"cd {name}"),
    ):
        text = re.sub(rf"(?<![\w.-]){re.escape(before)}(?![\w-])", after, text)
    return text


def set_repository(new, root=ROOT):
    """Write the new address into every file and return the files that changed.

    A notebook keeps its outputs and gets a fresh seal, if the old one was right.
    """
    old = current_address(root)
    changed = []
    for path in tracked_files(root):
        try:
            text = path.read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            continue  # a picture
        result = readdressed(text, old, new)
        if result == text:
            continue
        if path.suffix == ".ipynb":
            before = nbformat.reads(text, as_version=4)
            notebook = nbformat.reads(result, as_version=4)
            if before.metadata.get(SEAL) == seal_of(before):
                result = result.replace(before.metadata[SEAL], seal_of(notebook))
        path.write_bytes(result.encode("utf-8"))
        changed.append(path)
    return changed


def main(arguments=None):
    parser = command_line.parser(__doc__)
    parser.add_argument("repository", metavar="OWNER/NAME", help="the fork's name on GitHub")
    new = parser.parse_args(arguments).repository
    if not OWNER_AND_NAME.fullmatch(new):
        parser.error(f"expected OWNER/NAME, such as {current_address()}, and got {new!r}")
    for path in set_repository(new):
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    command_line.run(main)
