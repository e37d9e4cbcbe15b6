"""The whole book as one PDF, printed from the built site."""

import re

import pypdf
import pytest

from tools.browser.pdf import print_book
from tools.contents import CHAPTERS, ROOT, TOC, pages


@pytest.fixture(scope="module")
def printed(site, tmp_path_factory):
    path = tmp_path_factory.mktemp("pdf") / "book.pdf"
    print_book(site, path)
    return path


@pytest.fixture(scope="module")
def book(printed):
    return pypdf.PdfReader(printed)


@pytest.fixture(scope="module")
def links(book):
    """Return every link of every page: its dictionary as the PDF has it."""
    annotations = [a.get_object() for page in book.pages for a in (page.get("/Annots") or ())]
    return [a for a in annotations if a.get("/Subtype") == "/Link"]


def titles():
    """Return the pages' titles in the order of _toc.yml, numbered where the toc says so."""
    parts = TOC["parts"]
    numbered = {c["file"] for part in parts if part.get("numbered") for c in part["chapters"]}
    found = []
    for name in pages():
        (source,) = [p for s in (".ipynb", ".md") if (p := ROOT / f"{name}{s}").exists()]
        text = source.read_text(encoding="utf-8")
        title = re.search(r'^ *"?# ([^"\\\n]+)', text, re.MULTILINE)[1].strip()
        found.append(f"{len(found)}. {title}" if name in numbered else title)
    return found


def test_outline_is_the_table_of_contents(book):
    top = [entry.title for entry in book.outline if not isinstance(entry, list)]
    assert top == ["Contents", *titles()]


def test_every_link_within_the_book_has_a_live_destination(book, links):
    named = book.named_destinations
    pages = {page.indirect_reference.idnum for page in book.pages}
    inner = []
    for link in links:
        target = link.get("/Dest") or link["/A"].get("/D")
        if target is None:
            continue
        inner.append(target)
        if isinstance(target, list):
            assert target[0].idnum in pages, target
        else:
            assert str(target).lstrip("/") in {name.lstrip("/") for name in named}, target
    sections = sum(
        len(re.findall(r"^ *\"?## ", p.read_text(encoding="utf-8"), re.MULTILINE)) for p in CHAPTERS
    )
    assert len(inner) > sections  # the table of contents alone has that many


def test_no_link_leads_to_a_file_of_the_machine_that_printed(links):
    addresses = [str(link["/A"]["/URI"]) for link in links if "/URI" in link.get("/A", {})]
    assert addresses
    assert not [a for a in addresses if not re.match(r"(https?|mailto):", a)]


def test_korean_is_text_that_can_be_searched(book):
    starts = {o.title: o for o in book.outline if not isinstance(o, list)}
    first, after = (
        book.get_destination_page_number(starts[title]) for title in ("Glossary", "Bibliography")
    )
    text = " ".join(page.extract_text() for page in book.pages[first:after])
    words = " ".join(text.split())
    assert "기울기 소실" in words
    assert "망각 게이트" in words
    assert "forget gate" in words


def test_every_font_is_embedded(book):
    loose = set()
    for page in book.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            font = font.get_object()
            if font["/Subtype"] == "/Type3":  # its letters are drawings in the file itself
                continue
            for one in font.get("/DescendantFonts", [font]):
                descriptor = one.get_object().get("/FontDescriptor", {})
                if not any(f"/FontFile{k}" in descriptor for k in ("", 2, 3)):
                    loose.add(str(font.get("/BaseFont")))
    assert not loose


def test_book_has_a_books_length_and_a_bearable_size(book, printed):
    """With all that stands around it, a chapter is worth 57 pages and 3.1 MB at most."""
    assert 100 <= len(book.pages) <= 57 * len(CHAPTERS)
    assert printed.stat().st_size < 3.1e6 * len(CHAPTERS)


def test_pdf_is_tagged_and_names_its_language(book):
    assert book.root_object["/MarkInfo"]["/Marked"]
    assert str(book.root_object["/Lang"]).startswith("en")
