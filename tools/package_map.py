"""The map of `lstm_utils`: its modules, and which of their names each page of the book imports.

`python -m tools.package_map` writes it into the package's docstring and into the page about it.
"""

import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "lstm_utils"
PAGE = ROOT / "chapters" / "reference" / "package.md"
CHAPTERS = sorted(ROOT.glob("chapters/0*.ipynb"))
NOTEBOOKS = [*CHAPTERS, *sorted(ROOT.glob("chapters/reference/*.ipynb"))]


@cache
def syntax_of(path):
    """Return the syntax tree of a Python file, or of a notebook's code without its magics."""
    if path.suffix != ".ipynb":
        return ast.parse(path.read_text(encoding="utf-8"))
    cells = nbformat.read(path, as_version=4).cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    return ast.parse(re.sub(r"^(\s*)[%!].*", r"\1pass", code, flags=re.M))


def modules():
    """Return the public modules and the packages for exercises and live figures, by name: paths."""
    paths = [*FOLDER.glob("*.py"), FOLDER / "exercises", FOLDER / "live"]
    paths = [*sorted(paths), *sorted(FOLDER.glob("models/*.py"))]
    named = {".".join(p.relative_to(FOLDER).with_suffix("").parts): p for p in paths}
    return {
        name: path / "__init__.py" if path.is_dir() else path
        for name, path in named.items()
        if not path.stem.startswith("_")
    }


def first_sentence(path):
    """Return the first line of a module's docstring."""
    return ast.get_docstring(syntax_of(path)).split("\n")[0]


@cache
def imported(path):
    """Return what a file imports from `lstm_utils`: a set of names for each module.

    Of a module that is imported whole, they are the names that the file takes from it.
    """
    tree, known, names, whole = syntax_of(path), modules(), defaultdict(set), {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lstm_utils"):
            source = node.module.removeprefix("lstm_utils").removeprefix(".")
            for each in node.names:
                inner = f"{source}.{each.name}".removeprefix(".")
                if inner in known:
                    whole[each.asname or each.name] = inner
                else:
                    names[source].add(each.name)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", None) in whole:
            names[whole[node.value.id]].add(node.attr)
    return {module: names[module] for module in known if module in names}


def readers(module):
    """Return who imports a module: chapters by number, other pages; else modules of the package."""
    chapters = [f"{int(path.name[:2])}" for path in CHAPTERS if module in imported(path)]
    pages = [p.stem.replace("_", " ") for p in NOTEBOOKS[len(CHAPTERS) :] if module in imported(p)]
    if len(chapters) == len(CHAPTERS):
        pages = ["every chapter", *pages]
    elif chapters:
        pages = [f"chapter{'s' * (len(chapters) > 1)} {', '.join(chapters)}", *pages]
    behind = [name for name, path in modules().items() if module in imported(path)]
    return "; ".join(pages) or f"behind {', '.join(behind)}"


def docstring():
    """Return the package's docstring: every module, who imports it, and its first sentence."""
    lines = [
        "The code that the chapters of *Learning to Forget* share: a map of it, module by module.",
        "",
    ]
    for module, path in modules().items():
        lines += [f"{module} ({readers(module)})", f"    {first_sentence(path)}"]
    return "\n".join(lines) + "\n"


def tables():
    """Return the page's two parts: the map, and the names that each notebook imports."""
    lines = ["## The modules", "", "| module | imported by | what it holds |", "|---|---|---|"]
    for module, path in modules().items():
        lines.append(f"| `{module}` | {readers(module)} | {first_sentence(path)} |")
    lines += ["", "## The names, page by page"]
    for path in NOTEBOOKS:
        title = re.search(r"^# (.+)", nbformat.read(path, as_version=4).cells[0].source, re.M)[1]
        number = f"{int(path.name[:2])} · " if path in CHAPTERS else ""
        lines += ["", f"### {number}{title}", "", "| module | names |", "|---|---|"]
        for module, names in imported(path).items():
            lines.append(f"| `{module}` | {', '.join(f'`{n}`' for n in sorted(names))} |")
    return "\n".join(lines) + "\n"


def main():
    init = FOLDER / "__init__.py"
    _, _, code = init.read_text(encoding="utf-8").split('"""', 2)
    init.write_text(f'"""{docstring()}"""{code}', encoding="utf-8")
    prose = PAGE.read_text(encoding="utf-8").split("## The modules")[0]
    PAGE.write_text(prose + tables(), encoding="utf-8")


if __name__ == "__main__":
    main()
