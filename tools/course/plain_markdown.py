"""The book's MyST text as plain Markdown, for notebooks that are read outside the site.

Roles become words or links to the site, fences become headings, quotations and <details>, labels
go, and equations, figures, exercises and theorems carry the numbers that the site gives them.
"""

import re
import unicodedata
from functools import cache
from typing import NamedTuple

import nbformat
from pybtex.database import parse_file

from tools.contents import BOOK, ROOT, pages

SITE = BOOK["html"]["baseurl"]
CHAPTER = re.compile(r"chapters/0(\d)_")

CODE = re.compile(r"^(`{3,})(?!\{).*?^\1 *$", re.MULTILINE | re.DOTALL)
ROLE = re.compile(r"\{(?P<role>[a-z:]+)\}`(?P<text>[^`]+)`")
TARGET = re.compile(r"(?s)(?P<words>.*?)\s*<(?P<label>[^>]+)>")
LABEL = re.compile(r"^\((?P<label>[\w-]+)\)= *\n+", re.MULTILINE)
EQUATION = re.compile(r"\$\$(?P<formula>(?:(?!\$\$).)+)\$\$ *\((?P<label>[\w-]+)\)", re.DOTALL)
OPENING = re.compile(r"^(?P<fence>:{3,}|`{3,})\{(?P<name>[\w:-]+)\} *(?P<title>.*)$")
OPTION = re.compile(r"^:(?P<key>[\w-]+): *(?P<value>.*)$")
NUMBERED = re.compile(
    r"^:{3,}\{(?P<name>exercise|prf:theorem)\} *(?P<title>.*)\n:label: *(?P<label>\S+)",
    re.MULTILINE,
)


class Place(NamedTuple):
    """Where a label stands: page, anchor, what to call it, and its heading or title."""

    page: str
    anchor: str
    name: str
    title: str = ""

    @property
    def url(self):
        return f"{SITE}{self.page}.html#{self.anchor}"


def page_url(page):
    """Return the address of a page on the site."""
    return f"{SITE}{page}.html"


# What the labels stand for ---------------------------------------------------


def _cells(page):
    """Return a page's cells; a Markdown page is one."""
    path = ROOT / f"{page}.ipynb"
    if path.exists():
        return nbformat.read(path, as_version=4).cells
    return [nbformat.v4.new_markdown_cell((ROOT / f"{page}.md").read_text(encoding="utf-8"))]


@cache
def labels():
    """Map every label of the book to its Place."""
    found = {}
    for page in pages():
        found |= _labels_of(page)
    return found


def _labels_of(page):
    chapter = CHAPTER.match(page)
    counts, found = {}, {}

    def add(label, kind, name, anchor, title=""):
        counts[kind] = counts.get(kind, 0) + 1
        number = f"{chapter[1]}.{counts[kind]}" if chapter else ""
        found[label] = Place(page, anchor, name.format(number), title)

    for cell in _cells(page):
        if cell.cell_type == "code":
            name = cell.metadata.get("mystnb", {}).get("figure", {}).get("name")
            if name:
                add(name, "figure", "Figure {}", name)
            continue
        text = CODE.sub("", cell.source)
        for match in LABEL.finditer(text):
            heading = re.match(r"#+ (.+)", text[match.end() :])
            found[match["label"]] = Place(
                page, match["label"], heading[1] if heading else "", heading[1] if heading else ""
            )
        for match in EQUATION.finditer(text):
            add(match["label"], "equation", "({})", f"equation-{match['label']}")
        for match in NUMBERED.finditer(text):
            kind = match["name"].removeprefix("prf:")
            add(match["label"], kind, f"{kind.title()} {{}}", match["label"], match["title"])
    return found


@cache
def _works():
    return parse_file(str(ROOT / "references.bib"), bib_format="bibtex").entries


def _authors(key):
    """Return a work's authors as the site's citations have them: surnames, et al. from four on."""
    work = _works()[key]
    people = work.persons.get("author") or work.persons.get("editor") or []
    names = [" ".join(p.prelast_names + p.last_names).replace("{", "") for p in people]
    names = [_unescaped(name.replace("}", "")) for name in names]
    if len(names) > 3:
        return f"{names[0]} et al."
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1] if names else key]))


def _unescaped(text):
    """Turn what is left of LaTeX's accents into letters."""
    marks = {
        '"': "\u0308",
        "'": "\u0301",
        "`": "\u0300",
        "^": "\u0302",
        "~": "\u0303",
        "c": "\u0327",
    }
    return unicodedata.normalize(
        "NFC",
        re.sub(r"\\([\"'`^~c]) ?\{?\\?([A-Za-z])\}?", lambda m: m[2] + marks[m[1]], text),
    )


# Roles -----------------------------------------------------------------------


def _link(words, url):
    return f"[{words}]({url})"


def _cited(text, in_sentence):
    url = page_url("chapters/reference/bibliography")
    cited = []
    for key in re.split(r"\s*,\s*", text.strip()):
        year = _works()[key].fields.get("year", "")
        cited.append(f"{_authors(key)} ({year})" if in_sentence else f"{_authors(key)}, {year}")
    return _link(" and ".join(cited), url) if in_sentence else f"({_link('; '.join(cited), url)})"


def _role(match, page):
    role, text = match["role"], match["text"]
    named = TARGET.fullmatch(text)
    label = named["label"] if named else text.strip()
    words = named["words"] if named else None
    if role.startswith("cite"):
        return _cited(text, role == "cite:t")
    if role == "doc":
        target = _relative(page, label)
        return _link(words or _title(target), page_url(target))
    place = labels()[label]
    if role == "eq" and place.page == page:
        return place.name
    if role == "numref" and words:
        words = words.replace("{number}", place.name.split()[-1]).replace("{name}", place.title)
        words = words.replace("%s", place.name.split()[-1])
    return _link(words or place.name, place.url)


def _relative(page, target):
    """Return the page that a {doc} role on another page names."""
    if target.startswith("/"):
        return target[1:]
    parts = page.split("/")[:-1]
    for part in target.split("/"):
        parts = parts[:-1] if part == ".." else [*parts, part]
    return "/".join(parts)


def _title(page):
    return next(
        match[1] for cell in _cells(page) if (match := re.search(r"(?m)^# (.+)$", cell.source))
    )


# Fences ----------------------------------------------------------------------


def plain(text, page):
    """Return MyST text as plain Markdown.

    Parameters
    ----------
    text : str
        What a cell of the page holds.
    page : str
        The page that it stands on, such as "chapters/04_gate_mechanics".
    """
    kept = []

    def keep(match):
        kept.append(match[0])
        return f"\ue000{len(kept) - 1}\ue001"

    text = CODE.sub(keep, text)
    text = LABEL.sub("", text)
    text = EQUATION.sub(_numbered, text)
    text = _blocks(text.split("\n"), page)
    text = ROLE.sub(lambda match: _role(match, page), text)
    text = re.sub("\ue000(\\d+)\ue001", lambda match: kept[int(match[1])], text)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _numbered(match):
    place = labels().get(match["label"])
    number = place.name.strip("()") if place else ""
    tag = f"\\tag{{{number}}}\n" if number else ""
    return f"$${match['formula'].rstrip()}\n{tag}$$"


def _blocks(lines, page):
    """Return the lines with their fenced blocks written as plain Markdown."""
    written = []
    lines = list(lines)
    while lines:
        line = lines.pop(0)
        opening = OPENING.match(line)
        if not opening:
            written.append(line)
            continue
        body = []
        while lines and lines[0].rstrip() != opening["fence"]:
            body.append(lines.pop(0))
        if lines:
            lines.pop(0)
        options = {}
        while body and (option := OPTION.match(body[0])):
            options[option["key"]] = option["value"]
            body.pop(0)
        inside = _blocks(body, page).strip()
        written += ["", _block(opening["name"], opening["title"].strip(), options, inside), ""]
    return "\n".join(written)


def _block(name, title, options, inside):
    """Return one fenced block as plain Markdown."""
    place = labels().get(options.get("label"))
    if name == "exercise":
        return f"### {place.name if place else 'Exercise'}: {title}\n\n{inside}"
    if name in ("solution", "solution-start"):
        return f"#### Solution\n\n{inside}"
    if name == "solution-end":
        return ""
    if name == "dropdown":
        return _details(title, inside)
    if name == "prf:proof":
        return f"*Proof.* {inside} ∎"
    if name.startswith("prf:"):
        called = f"{place.name} ({title})" if place else title
        return _quoted(f"**{called}.** {inside}")
    if name == "math":
        return f"$$\n{inside}\n$$"
    if name == "admonition" and "dropdown" in options.get("class", ""):
        return _details(title, inside)
    head = title or name.capitalize()
    return _quoted(f"**{head}{'' if head[-1] in '.?!' else '.'}** {inside}")


def _details(summary, inside):
    summary = re.sub(r"`([^`]+)`", r"<code>\1</code>", summary)
    return f"<details>\n<summary>{summary}</summary>\n\n{inside}\n\n</details>"


def _quoted(text):
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))
