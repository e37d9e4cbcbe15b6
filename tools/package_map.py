"""The map of `lstm_utils`: its modules, and which of their names each page of the book imports.

`python -m tools.package_map` writes it into the package's docstring and into the page about it.
"""

import ast
from collections import defaultdict
from functools import cache

from lstm_utils import command_line
from tools.contents import CHAPTERS, NOTEBOOKS, ROOT, number_of
from tools.course.exercises import cells_of, title_of, without_magics

FOLDER = ROOT / "lstm_utils"
PAGE = ROOT / "chapters" / "reference" / "package.md"
PACKAGES = [FOLDER / name / "__init__.py" for name in ("exercises", "live")]
PUBLIC = sorted([*FOLDER.glob("[!_]*.py"), *PACKAGES]) + sorted(FOLDER.glob("models/[!_]*.py"))
MODULES = {
    ".".join(path.relative_to(FOLDER).with_suffix("").parts).removesuffix(".__init__"): path
    for path in PUBLIC
}


def files_of(path):
    """Return the files of a module: all in its folder where that is one of `PACKAGES`."""
    return path.parent.glob("*.py") if path in PACKAGES else [path]


@cache
def imported(path):
    """Return what a page or a module imports from `lstm_utils`: a set of names for each module.

    Of a module that is imported whole, they are the names that are taken from it.
    """
    if path.suffix == ".ipynb":
        sources = [cell.source for cell in cells_of(path) if cell.cell_type == "code"]
        tree = ast.parse(without_magics("\n".join(sources)))
    else:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    names, whole = defaultdict(set), {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lstm_utils"):
            for each in node.names:
                full_name = f"{node.module}.{each.name}".removeprefix("lstm_utils.")
                module, _, name = full_name.rpartition(".")
                if full_name in MODULES:
                    whole[each.asname or name] = full_name
                else:
                    names[module].add(name)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", None) in whole:
            names[whole[node.value.id]].add(node.attr)
    return {module: names[module] for module in MODULES if module in names}


def readers(module):
    """Return who imports a module: chapters by number, other pages; else modules of the package."""
    pages = [path for path in NOTEBOOKS if module in imported(path)]
    found = [path.stem.replace("_", " ") for path in pages if path not in CHAPTERS]
    if len(found) > 3:
        found = [f"{len(found)} reference pages"]
    numbers = [str(number_of(path)) for path in pages if path in CHAPTERS]
    if len(numbers) == len(CHAPTERS):
        found.insert(0, "every chapter")
    elif numbers:
        found.insert(0, f"chapter{'s' * (len(numbers) > 1)} {', '.join(numbers)}")
    others = {name: path for name, path in MODULES.items() if name != module}
    behind = [
        name for name, path in others.items() if any(module in imported(f) for f in files_of(path))
    ]
    told = ", ".join(behind) if len(behind) < 4 else f"{len(behind)} modules"
    return "; ".join(found) or (f"behind {told}" if told else "a command")


def described():
    """Yield every module, who imports it, and the first line of its docstring."""
    for module, path in MODULES.items():
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        yield module, readers(module), docstring.splitlines()[0]


def docstring():
    """Return the package's docstring."""
    head = (
        "The code that the chapters of *Learning to Forget* share: a map of it, module by module."
    )
    return f"{head}\n\n" + "".join(f"{name} ({by})\n    {text}\n" for name, by, text in described())


def tables():
    """Return the page's two parts: the map, and the names that each notebook imports."""
    lines = ["## The modules", "", "| module | what it holds | imported by |", "|---|---|---|"]
    lines += [f"| `{module}` | {text} | {by} |" for module, by, text in described()]
    lines += ["", "## The names, page by page"]
    for path in NOTEBOOKS:
        number = f"{number_of(path)} · " if path in CHAPTERS else "Reference: "
        lines += ["", f"### {number}{title_of(path)}", "", "| module | names |", "|---|---|"]
        for module, names in imported(path).items():
            lines.append(f"| `{module}` | {', '.join(f'`{n}`' for n in sorted(names))} |")
    return "\n".join(lines) + "\n"


def main(arguments=None):
    command_line.parser(__doc__).parse_args(arguments)
    init = FOLDER / "__init__.py"
    _, _, code = init.read_text(encoding="utf-8").split('"""', 2)
    init.write_text(f'"""{docstring()}"""{code}', encoding="utf-8")
    prose = PAGE.read_text(encoding="utf-8").split("## The modules")[0]
    PAGE.write_text(prose + tables(), encoding="utf-8")


if __name__ == "__main__":
    command_line.run(main)
