"""The book's MyST text as plain Markdown, for notebooks that are read outside the site.

Roles become words or links to the site, fences become headings, quotations and <details>, labels
go, and equations, figures, exercises and theorems carry the numbers that the site gives them.
"""

import re
from collections import Counter
from functools import cache
from typing import NamedTuple

import nbformat
from pybtex.database import parse_file
from pybtex.richtext import Text

from tools.contents import BOOK, FOLDERS, ROOT, page_of, pages
from tools.korean import texts
from tools.site.theme_words import THEME_WORDS

SITE = BOOK["html"]["baseurl"]
WORKS = parse_file(str(ROOT / "references.bib"), bib_format="bibtex").entries

CODE = re.compile(r"^(`{3,})(?!\{).*?^\1 *$", re.MULTILINE | re.DOTALL)
ROLE = re.compile(r"\{(?P<role>[a-z:]+)\}`(?P<text>[^`]+)`")
REFERENCE = re.compile(r"(?s)(?P<words>.*?)\s*<(?P<label>[^>]+)>")
LABEL = re.compile(r"^\((?P<label>[\w-]+)\)= *\n+(?=(?:#+ (?P<heading>.+))?)", re.MULTILINE)
EQUATION = re.compile(r"\$\$(?P<formula>(?:(?!\$\$).)+)\$\$ *\((?P<label>[\w-]+)\)", re.DOTALL)
OPENING = re.compile(r"^(?P<fence>:{3,}|`{3,})\{(?P<name>[\w:-]+)\} *(?P<title>.*)$")
OPTION = re.compile(r"^:(?P<key>[\w-]+): *(?P<value>.*)$")
NUMBERED = re.compile(
    r"^:{3,}\{(?:prf:)?(?P<kind>exercise|theorem)\}.*\n:label: *(?P<label>\S+)", re.MULTILINE
)
ADMONITIONS = ("note", "tip", "important", "warning")


class Place(NamedTuple):
    """Where a label stands: page, anchor, and what to call it: its number or its heading."""

    page: str
    anchor: str
    name: str
    language: str

    @property
    def url(self):
        return f"{page_url(self.page, self.language)}#{self.anchor}"


def page_url(page, language="en"):
    """Return the address of a page on the site."""
    return f"{SITE}{FOLDERS[language]}{page}.html"


def said(word, language):
    """Return a word of the site's tools, such as "Figure", in a language."""
    return THEME_WORDS[word] if language == "ko" else word


# What the labels stand for ---------------------------------------------------


def _cells(page, language):
    """Return a page's cells; a Markdown page is one."""
    path = texts.path_of(page)
    if path.suffix == ".ipynb":
        return notebook(path, language).cells
    text = path.read_text(encoding="utf-8")
    if language == "ko":
        text = texts.lay_over_page(text, texts.blocks_of(page))
    return [nbformat.v4.new_markdown_cell(text)]


@cache
def notebook(path, language):
    """Return a notebook of the book in a language, to be read and not changed."""
    if language == "ko":
        return texts.korean_notebook(page_of(path))
    return nbformat.read(path, as_version=4)


@cache
def labels(language="en"):
    """Map every label of the book to its Place, with the number that Sphinx gives it as well."""
    return dict(found for page in pages() for found in _labels_of(page, language))


def _labels_of(page, language):
    chapter, counts = re.match(r"chapters/(\d\d)_", page), Counter()
    for cell in _cells(page, language):
        for kind, label, heading in _labelled(cell):
            counts[kind] += 1
            number = f"{int(chapter[1])}.{counts[kind]}" if chapter else ""
            anchor = f"equation-{label}" if kind == "equation" else label
            names = {"heading": heading, "equation": f"({number})"}
            name = names[kind] if kind in names else f"{said(kind.title(), language)} {number}"
            yield label, Place(page, anchor, name, language)


def _labelled(cell):
    """Return what has a label in a cell: (kind, label, words of a heading)."""
    if cell.cell_type == "code":
        name = cell.metadata.get("mystnb", {}).get("figure", {}).get("name")
        return [("figure", name, "")] if name else []
    text = CODE.sub("", cell.source)
    return [
        *(("heading", match["label"], match["heading"] or "") for match in LABEL.finditer(text)),
        *(("equation", match["label"], "") for match in EQUATION.finditer(text)),
        *((match["kind"], match["label"], "") for match in NUMBERED.finditer(text)),
    ]


def _authors(key):
    """Return a work's authors as the site's citations have them: surnames, et al. from four on."""
    people = WORKS[key].persons.get("author") or WORKS[key].persons["editor"]
    names = [str(Text.from_latex(" ".join(p.prelast_names + p.last_names))) for p in people]
    if len(names) > 3:
        return f"{names[0]} et al."
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


# Roles -----------------------------------------------------------------------


def _link(words, url):
    return f"[{words}]({url})"


def _cited(text, in_sentence, language):
    url = page_url("chapters/reference/bibliography", language)
    years = {key.strip(): WORKS[key.strip()].fields.get("year", "") for key in text.split(",")}
    if in_sentence:
        return _link(" and ".join(f"{_authors(key)} ({years[key]})" for key in years), url)
    return f"({_link('; '.join(f'{_authors(key)}, {years[key]}' for key in years), url)})"


def _role(match, page, language):
    role, text = match["role"], match["text"]
    if role.startswith("cite"):
        return _cited(text, role == "cite:t", language)
    named = REFERENCE.fullmatch(text)
    if role == "term":
        url = page_url("chapters/reference/glossary", language)
        return _link(named["words"] if named else text, url)
    if role == "ref" and named:
        return _link(named["words"], labels(language)[named["label"]].url)
    place = labels(language)[text.strip()]
    return place.name if role == "eq" and place.page == page else _link(place.name, place.url)


# Fences ----------------------------------------------------------------------


def plain(text, page, language="en"):
    """Return MyST text of a page, such as "chapters/04_gate_mechanics", as plain Markdown."""
    codes = [code[0] for code in CODE.finditer(text)]
    text = CODE.sub("\ue000", text)
    text = LABEL.sub("", text)
    text = EQUATION.sub(_numbered, text)
    text = _blocks(text.split("\n"), language)
    text = ROLE.sub(lambda match: _role(match, page, language), text)
    text = re.sub("\ue000", lambda _: codes.pop(0), text)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _numbered(match):
    number = labels()[match["label"]].name.strip("()")
    return f"$${match['formula'].rstrip()}\n\\tag{{{number}}}\n$$"


def _blocks(lines, language):
    """Return the lines with their fenced blocks written as plain Markdown."""
    written, lines = [], iter(lines)
    for line in lines:
        opening = OPENING.match(line)
        if not opening:
            written.append(line)
            continue
        body = list(iter(lines.__next__, opening["fence"]))  # up to the fence that closes it
        options = {}
        while body and (option := OPTION.match(body[0])):
            options[option["key"]] = option["value"]
            body.pop(0)
        inside = _blocks(body, language).strip()
        title = opening["title"].strip()
        written += ["", _block(opening["name"], title, options, inside, language), ""]
    return "\n".join(written)


def _block(name, title, options, inside, language):
    """Return one fenced block as plain Markdown."""
    if name == "exercise":
        return f"### {labels(language)[options['label']].name}: {title}\n\n{inside}"
    if name == "solution-start":
        return f"#### {said('Solution', language)}"
    if name == "dropdown":
        summary = re.sub(r"`([^`]+)`", r"<code>\1</code>", title)
        return f"<details>\n<summary>{summary}</summary>\n\n{inside}\n\n</details>"
    if name == "prf:proof":
        return f"*{said('Proof', language)}.* {inside} ∎"
    if name == "prf:theorem":
        return _quoted(f"**{labels(language)[options['label']].name} ({title}).** {inside}")
    if name in ADMONITIONS:
        return _quoted(f"**{title or said(name.capitalize(), language)}.** {inside}")
    if name == "admonition":
        return _quoted(f"**{title}.** {inside}")
    raise ValueError(f"there is no plain form of a block {{{name}}} yet")


def _quoted(text):
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))
