"""The glossary's entries say which chapter's text uses them first, and no page links to a gap."""

import re

import pytest

from tests.documents import prose, read
from tools.contents import CHAPTERS, NOTEBOOKS, ROOT

GLOSSARY = (ROOT / "chapters" / "reference" / "glossary.md").read_text(encoding="utf-8")
BLOCKS = re.search(r":sorted:\n\n(.*)\n:::", GLOSSARY, re.DOTALL)[1].split("\n\n")
HANGUL = re.compile("[가-힣]")
# Chapters that use the word before in another sense: to rank, to label, a sampling error,
# temperature scaling, what training sets, a state from which a backward pass computes again, a
# parameter of a function.
OTHER_SENSE = {
    "rank": {4, 6},
    "label": {1},
    "sampling": {6},
    "temperature": {6},
    "training set": {2},
    "checkpoint": {2},
    "parameter": {3},
}


def terms_of(block):
    """All names of an entry: the English one first, other forms, and the Korean words."""
    return [line for line in block.split("\n") if not line.startswith(" ")]


def words_of(path):
    """A chapter's prose without mathematics, code, roles and the names of directives."""
    text = re.sub(r"\$\$.*?\$\$", "", prose(read(path)), flags=re.DOTALL)
    text = re.sub(r"\{term\}`([^`<]*)[^`]*`", r"\1", text)
    return re.sub(r"(?m)\$[^$\n]*\$|`[^`\n]*`|^:\w[\w-]*:.*$|^:::+\{.*$", "", text)


def says(term, text):
    spelled = re.escape(term).replace(r"\ ", r"[\s-]+")
    return re.search(rf"(?i)(?<![\w-]){spelled}(s|es)?(?![\w-])", text)


WORDS = {int(path.name[:2]): words_of(path) for path in CHAPTERS}
OTHER_PAGES = {
    re.search(r"\((ref-[\w-]+)\)=", prose(read(path)))[1]: words_of(path)
    for path in NOTEBOOKS
    if path not in CHAPTERS
}


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: terms_of(block)[0])
def test_an_entry_has_a_sentence_a_korean_word_and_the_chapter_that_uses_it_first(block):
    english = [term for term in terms_of(block) if not HANGUL.search(term)]
    uses = [
        number
        for number, text in WORDS.items()
        if number not in OTHER_SENSE.get(english[0], ()) and any(says(t, text) for t in english)
    ]
    assert len(terms_of(block)) > len(english)
    if not uses:  # then a reference page does
        said = re.search(r"\n  (\S.*\.) Met in \{ref\}`[^`]+ <(ref-[\w-]+)>`\.$", block)
        assert any(says(term, OTHER_PAGES[said[2]]) for term in english), english
        return
    said = re.search(r"\n  (\S.*\.) Met in \{ref\}`chapter (\d+) <[\w-]+>`\.$", block)
    assert int(said[2]) == uses[0]


def test_no_two_entries_share_a_name():
    names = [term.lower() for block in BLOCKS for term in terms_of(block)]
    assert len(set(names)) == len(names)


def test_a_term_that_a_page_links_to_has_an_entry():
    names = {term for block in BLOCKS for term in terms_of(block)}
    for path in NOTEBOOKS:
        for shown, target in re.findall(r"\{term\}`([^`<]+?)(?: ?<([^`>]+)>)?`", prose(read(path))):
            assert (target or shown) in names, (path.name, shown)
