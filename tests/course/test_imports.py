"""How the rooms import one another: by their real names, in one direction, nothing patched."""

import ast
import graphlib
import subprocess
import sys

from tools.contents import ROOT

ROOMS = ("lstm_utils", "experiments", "tools", "course", "tests")
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for room in ROOMS
    for path in sorted(ROOT.joinpath(room).rglob("*.py"))
    if "node_modules" not in path.parts
}


def tree_of(name):
    return ast.parse(MODULES[name].read_text(encoding="utf-8"))


def imported_by(name):
    """Every name that a module imports anywhere, with its modules."""
    for node in ast.walk(tree_of(name)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_slides_and_then_students_answers_in_one_fresh_process(tmp_path):
    """The slides once put tools/ on the path, where `course` was another module."""
    program = f"""
import importlib
from tools.course import slides
slides.write({str(tmp_path)!r}, [1])
importlib.import_module("course.wrong_answers.chapter_1")
from tools.course.answers import ANSWERS
assert ANSWERS["1.1"]
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr


def test_no_module_edits_the_path_or_patches_what_others_define():
    """The modules of every room are found from the root of the repository."""
    for name in MODULES:
        nodes = ast.walk(tree_of(name))
        used = {ast.unparse(node) for node in nodes if isinstance(node, ast.Attribute)}
        assert "sys.path" not in used | set(imported_by(name)), name
        assert name.startswith("tests.") or "unittest.mock" not in imported_by(name), name


def test_no_module_imports_itself_by_a_detour():
    graph = {name: (set(imported_by(name)) & set(MODULES)) - {name} for name in MODULES}
    graphlib.TopologicalSorter(graph).prepare()


POSIX_ONLY = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"}


def test_what_only_linux_and_macos_have_is_imported_where_it_is_used():
    """An import at the top of a module would keep Windows from everything that the module has."""
    found = []
    for name in MODULES:
        for node in tree_of(name).body:
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            found += [(name, one) for one in names if one.split(".")[0] in POSIX_ONLY]
    assert found == []
    assert "tools.environment" in MODULES  # which has one, within `try`
