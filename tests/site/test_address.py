"""The repository's address: the same in every kind of file, and one command changes them all."""

import re
import shutil

import nbformat
import pytest
import yaml

from tools.notebooks import SEAL, seal_of
from tools.set_repository import ROOT, current_address, main, set_repository, tracked_files

# Where the address stands, one place per kind of file; the group is OWNER/NAME.
GITHUB = r"https://github\.com/([\w-]+/[\w-]+)"
PLACES = {
    "pyproject.toml": f'Homepage = "{GITHUB}"',
    "_config.yml": rf"url: {GITHUB}\n",
    "CITATION.cff": f'repository-code: "?{GITHUB}',
    "README.md": f"git clone {GITHUB}",
    "intro.md": f"git clone {GITHUB}",
    "chapters/**/*.ipynb": rf"lstm-utils @ git\+{GITHUB}",
}
# In two parts, or the way back would change this file.
FORK = "/".join(["someone", "my-fork"])


def addresses(root):
    """Map each file that has to name the repository to the names found in its place."""
    return {
        path.relative_to(root): set(re.findall(place, path.read_text(encoding="utf-8")))
        for pattern, place in PLACES.items()
        for path in sorted(root.glob(pattern))
        if ".ipynb_checkpoints" not in path.parts
    }


@pytest.fixture
def copy(tmp_path):
    for path in tracked_files(ROOT):
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    return tmp_path


def contents(root):
    return {path.relative_to(root): path.read_bytes() for path in tracked_files(root)}


def test_every_file_kind_names_the_same_repository():
    found = addresses(ROOT)
    assert {pattern for pattern in PLACES if not list(ROOT.glob(pattern))} == set()
    assert found == {path: {current_address()} for path in found}


def test_the_site_is_at_the_pages_address_of_the_repository():
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    owner, name = current_address().split("/")
    assert config["html"]["baseurl"] == f"https://{owner.lower()}.github.io/{name}/"


def test_one_command_changes_the_address_everywhere(copy):
    old = current_address(copy)
    changed = set_repository(FORK, copy)
    assert set(addresses(copy)) <= {path.relative_to(copy) for path in changed}
    assert all(names == {FORK} for names in addresses(copy).values())
    site = FORK.replace("/", ".github.io/")
    assert f"https://{site}/" in (copy / "_config.yml").read_text(encoding="utf-8")
    left = [path for path, data in contents(copy).items() if old.encode() in data]
    assert not left
    for path in copy.glob("chapters/**/*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        assert notebook.metadata.get(SEAL) == seal_of(notebook), path.name


def test_changing_the_address_back_restores_every_byte(copy):
    before = contents(copy)
    old = current_address(copy)
    set_repository(FORK, copy)
    set_repository(old, copy)
    assert contents(copy) == before


@pytest.mark.parametrize(
    "wrong", ["lstm-book", "https://github.com/a/b", "a/b/c", "a b/c", "a/b.git", "a/..", "김/강의"]
)
def test_a_malformed_name_is_refused_with_an_example(wrong, capsys):
    with pytest.raises(SystemExit):
        main([wrong])
    assert "expected OWNER/NAME, such as" in capsys.readouterr().err
