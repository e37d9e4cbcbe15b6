"""Say what of the Korean text is stale, missing or wrong: `make korean`.

    python -m tools.korean                       every page
    python -m tools.korean chapters/04_gate_mechanics
    python -m tools.korean show PAGE             the English cells, with the headers of their blocks
    python -m tools.korean accept PAGE CELL …    say that these blocks fit the English as it stands

A stale cell is shown with what has changed in the English since its Korean was written.
"""

import argparse
import difflib
import re
import subprocess
import sys

from lstm_utils import command_line
from tools.contents import ROOT, pages
from tools.korean import texts
from tools.korean.parity import complaints


def earlier_wording(page, cell_id, of):
    """Return a cell's English when its hash was `of`, from git's history; None if not there."""
    path = texts.path_of(page).relative_to(ROOT).as_posix()
    git = ["git", "-C", str(ROOT)]
    log = subprocess.run([*git, "log", "--format=%H", "--", path], capture_output=True, text=True)
    for commit in log.stdout.split():
        old = subprocess.run([*git, "show", f"{commit}:{path}"], capture_output=True, text=True)
        if old.returncode:
            continue
        for cell in texts.english(page, old.stdout):
            if cell.id == cell_id and cell.hash == of:
                return cell.text
    return None


def marked_difference(old, new):
    """Return the new wording with what went as [-…-] and what came as {+…+}, word by word."""
    a, b = (re.findall(r"\s+|[^\s]+", text) for text in (old, new))
    parts = []
    for kind, i, j, k, m in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        gone, come = "".join(a[i:j]), "".join(b[k:m])
        if kind == "equal":
            parts.append(come)
        else:
            parts.append(f"[-{gone}-]" * bool(gone) + f"{{+{come}+}}" * bool(come))
    return "".join(parts)


def report(page):
    """Print what is to be done for a page; return how many things that are."""
    found = texts.state(page)
    file = texts.korean_path(page).relative_to(ROOT)
    todo = 0
    for cell, block in found.stale:
        old = earlier_wording(page, cell.id, block.of)
        print(f"\n{file}: STALE {cell.id}: the English has changed since:")
        print(
            marked_difference(old, cell.text) if old else f"{cell.text}\n(earlier wording unknown)"
        )
        print("The Korean as it stands:")
        print(block.text)
        print(f"Write it again, then: python -m tools.korean accept {page} {cell.id}")
        todo += 1
    for cell in found.missing:
        like = [b for b in found.left_over if earlier_wording(page, b.id, b.of) == cell.text]
        also = (
            f" (its text was the cell {like[0].id}: give that block the new name)" if like else ""
        )
        print(f"\n{file}: MISSING {cell.id}{also}. Add:\n{texts.header(cell)}\n{cell.text}")
        todo += 1
    for block in found.left_over:
        print(f"\n{file}: NO SUCH CELL {block.id}: rename or delete the block")
        todo += 1
    for cell, block in found.current:
        for complaint in complaints(cell, block):
            print(f"{file}: {cell.id}: {complaint}")
            todo += 1
    return todo


def show(page):
    """Print the English cells of a page, each under the header of its block."""
    for cell in texts.english(page):
        print(f"{texts.header(cell)}\n{cell.text}\n")


def accept(page, cells):
    """Write into the blocks of these cells that they fit the English as it stands."""
    path = texts.korean_path(page)
    text = path.read_text(encoding="utf-8")
    known = {cell.id: cell for cell in texts.english(page)}
    for name in cells:
        if name not in known:
            raise ValueError(f"{page} has no cell {name}")
        text, count = re.subn(
            rf'^\+\+\+ \{{"cell": "{re.escape(name)}", .*\}}$',
            lambda _, cell=known[name]: texts.header(cell),
            text,
            flags=re.MULTILINE,
        )
        if not count:
            raise ValueError(f"{path.relative_to(ROOT)} has no block for the cell {name}")
    path.write_text(text, encoding="utf-8", newline="\n")


def a_page(name):
    """Return the name of a page, for a parser."""
    name = re.sub(r"^(?:\./)?(?:ko/)?|\.(?:md|ipynb)$", "", name)
    if name not in pages():
        raise argparse.ArgumentTypeError(f"the book has no page {name}")
    return name


def main(arguments=None):
    parser = command_line.parser(__doc__)
    parser.add_argument("what", nargs="*", metavar="[show|accept] PAGE …")
    what = parser.parse_args(arguments).what
    try:
        if what[:1] == ["show"]:
            for name in what[1:]:
                show(a_page(name))
        elif what[:1] == ["accept"]:
            if len(what) < 3:
                parser.error("accept needs a page and one cell or more")
            accept(a_page(what[1]), what[2:])
        else:
            todo = sum(map(report, map(a_page, what) if what else texts.translated()))
            print(f"{todo} things to do" if todo else "The Korean text is complete and current.")
            sys.exit(todo > 0)
    except argparse.ArgumentTypeError as error:
        parser.error(str(error))


if __name__ == "__main__":
    command_line.run(main)
