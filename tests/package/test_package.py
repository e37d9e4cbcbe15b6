"""The package as a reader's first import meets it, and the map that leads through it."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import lstm_utils
from tools import package_map

PACKAGE = Path(lstm_utils.__file__).parent
MODULES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
FRAMEWORKS = ("_keras", "_torch", "_onnx")  # the endings of modules that need a framework


def test_importing_all_but_the_modules_of_a_framework_loads_nothing_heavy():
    names = ", ".join(
        name.removesuffix(".__init__") for name in MODULES if not name.endswith(FRAMEWORKS)
    )
    code = f"import sys, {names}; print({{m.split('.')[0] for m in sys.modules}})"
    loaded = subprocess.check_output([sys.executable, "-c", code], encoding="utf-8")
    assert "'lstm_utils'" in loaded
    frameworks = ("torch", "tensorflow", "keras", "onnx", "onnxruntime")
    for heavy in (*frameworks, "pandas", "scipy", "requests", "filelock"):
        assert f"'{heavy}'" not in loaded, heavy


def test_every_module_begins_with_a_sentence_that_says_what_it_is_for():
    for name, path in MODULES.items():
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        assert re.match(r"[A-Z`].+?[.:!?]", docstring, re.S), name


# --- the map ----------------------------------------------------------------------------------

RENEW = "renew the map: python -m tools.package_map"


def test_the_packages_docstring_is_its_map():
    assert lstm_utils.__doc__ == package_map.docstring(), RENEW


def test_the_page_about_the_package_lists_what_the_notebooks_import_and_nothing_else():
    assert package_map.PAGE.read_text(encoding="utf-8").endswith(package_map.tables()), RENEW


def test_the_map_names_every_module_in_the_root_and_of_the_models():
    rows = re.findall(r"^\| `([\w.]+)` \| [^|]+\. \| [^|]+ \|$", package_map.tables(), re.M)
    expected = [
        name.removeprefix("lstm_utils.").removesuffix(".__init__")
        for name in MODULES
        if re.fullmatch(
            r"lstm_utils(\.models)?\.[a-z]\w+|lstm_utils\.(exercises|live)\.__init__", name
        )
    ]
    assert sorted(rows) == sorted(expected)


def test_the_map_finds_names_however_a_page_imports_them(tmp_path):
    (tmp_path / "page.py").write_text(
        "from lstm_utils import live, text as book_text\n"
        "from lstm_utils.cells import lstm_step as step, sigmoid\n"
        "from lstm_utils.models import headlines\n"
        "book_text.pad([[1]]), live.inside_cell(), headlines.Mixture.fit, step.text\n",
        encoding="utf-8",
    )
    assert package_map.imported(tmp_path / "page.py") == {
        "cells": {"lstm_step", "sigmoid"},
        "live": {"inside_cell"},
        "text": {"pad"},
        "models.headlines": {"Mixture"},
    }
