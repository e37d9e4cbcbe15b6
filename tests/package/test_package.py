"""The package as a reader's first import meets it."""

import re
import subprocess
import sys
from pathlib import Path

import lstm_utils

PACKAGE = Path(lstm_utils.__file__).parent
MODULES = sorted(PACKAGE.glob("*.py"))
FRAMEWORKS = {"language_models", "memory_task", "reviews"}  # made of PyTorch or Keras layers


def run(code):
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_importing_the_other_modules_loads_nothing_heavy():
    names = ", ".join(
        f"lstm_utils.{m.stem}" for m in MODULES if m.stem not in {"__init__", *FRAMEWORKS}
    )
    loaded = run(f"import sys, {names}; print(sorted({{m.split('.')[0] for m in sys.modules}}))")
    assert "lstm_utils" in loaded
    for heavy in ("torch", "tensorflow", "keras", "pandas", "scipy", "pooch", "kagglehub"):
        assert f"'{heavy}'" not in loaded, heavy


def test_every_module_begins_with_a_sentence_that_says_what_it_is_for():
    for module in MODULES:
        assert re.match(r'"""[A-Z][^"]+?[.:!?]', module.read_text(encoding="utf-8")), module.name
