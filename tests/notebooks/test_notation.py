"""The notation page: what it says of the letters that the chapters use."""

import re
from pathlib import Path

import nbformat

CHAPTERS = Path(__file__).parents[2] / "chapters"
PAGE = (CHAPTERS / "reference" / "notation.md").read_text(encoding="utf-8")


def formula(chapter, label):
    """The display formula of a chapter that carries a label."""
    (path,) = CHAPTERS.glob(f"{chapter:02d}_*.ipynb")
    text = "\n".join(cell.source for cell in nbformat.read(path, 4).cells)
    return re.search(rf"\$\$\n((?:(?!\$\$)[\s\S])*)\n\$\$ \({label}\)", text)[1]


def symbols(text):
    """Letters with their index, such as W_f or u_t; t, t − 1 and t + 1 are one."""
    found = set(re.findall(r"(?<![A-Za-z\\])[A-Za-z]_(?:\{[^}]*\}|[A-Za-z])", text))
    return {re.sub(r"_\{t [-+] 1\}", "_t", symbol) for symbol in found}


def test_every_symbol_of_chapter_4s_cells_stands_on_the_notation_page():
    known = symbols(PAGE)
    for label in ("gate-rnn", "gate-forget", "gate-input", "gate-cell", "gate-output", "gate-gru"):
        used = symbols(formula(4, f"eq-{label}"))
        assert used, label
        assert used <= known, label


def test_a_letter_that_a_chapter_defines_anew_stands_among_the_exceptions():
    exceptions = PAGE.split("(sec-notation-elsewhere)=")[1]
    for chapter, letters in (
        (2, "y_t r_t V c"),
        (5, "A B D"),
        (6, "E"),
        (7, "u s C N"),
        (8, "B C T c"),
    ):
        rows = [row for row in exceptions.splitlines() if f"chapter {chapter}" in row]
        written = " ".join(re.findall(r"\$[^$]+\$", " ".join(rows)))
        for letter in letters.split():
            assert re.search(rf"(?<![A-Za-z]){letter}(?![A-Za-z])", written), (chapter, letter)
