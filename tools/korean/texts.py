"""The Korean text of a page, block by block, laid over its English cells.

`ko/NAME.md` holds the Korean of the page NAME: a block for each English Markdown cell, and one
for each code cell whose figure has a caption or an alternative text. A block begins with a line
such as

    +++ {"cell": "forget-question", "of": "3f9a1b2c4d"}

where `of` says which wording of the English cell it translates. A page that is no notebook is cut
into cells at its headings, and a glossary at its entries.
"""

import hashlib
import json
import re
from copy import deepcopy
from dataclasses import dataclass, field

import nbformat

from lstm_utils.messages import speaking
from tools.contents import ROOT, pages
from tools.notebooks import HTML, live_figure_of, made_by

FOLDER = ROOT / "ko"
BLOCK = re.compile(r"^\+\+\+ (\{.*\})[ \t]*$", re.MULTILINE)
FIGURE = re.compile(r"\A(?:caption: (?P<caption>.*))?\s*(?:alt: (?P<alt>.*))?\Z")
HEADING = re.compile(r"^(?:\((?P<label>[\w-]+)\)=\n)?#{1,6} (?P<words>.+)$", re.MULTILINE)
FENCED = re.compile(r"^(`{3,}|:{3,})\{?.*?^\1 *$", re.MULTILINE | re.DOTALL)
HEAD = re.compile(r"(?:---\n.*?\n---\n+)?(?:\([\w-]+\)=\n+)?#{1,6} [^\n]+\n?", re.DOTALL)
ENGLISH_STAYS = re.compile(r"course/session_\d+")  # plans of the sessions
STALE = """\
:::{admonition} 이 부분은 아직 영어예요
:class: stale-translation
번역한 뒤에 영어 원문이 바뀌어서, 다시 번역할 때까지 원문을 그대로 보여 줘요.
:::"""
STALE_CAPTION = " (이 설명은 아직 영어예요.)"
ONLY_ENGLISH = """\
:::{admonition} 이 페이지는 영어로만 있어요
:class: stale-translation
수업 계획과 슬라이드는 아직 한국어로 옮기지 않았어요. 장과 연습 문제, 참고 페이지는 모두 \
한국어로 읽을 수 있어요.
:::"""


class KoreanError(ValueError):
    """A Korean file is not written as it has to be; the message names file and block."""


@dataclass(frozen=True)
class English:
    """One English cell that needs a Korean text: its id and its words."""

    id: str
    text: str

    @property
    def hash(self):
        """Ten hexadecimal digits of the SHA-256 of the words."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:10]

    def is_translated_by(self, block):
        """Return whether a block, or None, is the Korean of this wording."""
        return block is not None and block.of == self.hash


@dataclass(frozen=True)
class Block:
    """One Korean block: the English cell that it is for, which wording of that, and the text."""

    id: str
    of: str
    text: str


@dataclass
class State:
    """How a page's Korean stands: what is current, stale, missing, or for no English cell."""

    page: str
    current: list = field(default_factory=list)  # (English, Block)
    stale: list = field(default_factory=list)  # (English, Block)
    missing: list = field(default_factory=list)  # English
    left_over: list = field(default_factory=list)  # Block


# The English side ------------------------------------------------------------


def path_of(page):
    """Return the English file of a page, such as "chapters/04_gate_mechanics" or "intro"."""
    notebook = ROOT / f"{page}.ipynb"
    return notebook if notebook.exists() else ROOT / f"{page}.md"


def words_of_figure(cell):
    """Return caption and alternative text of a code cell's figure as a block has them, or ""."""
    shown = cell.metadata.get("mystnb", {})
    caption = shown.get("figure", {}).get("caption")
    alt = shown.get("image", {}).get("alt")
    lines = [f"caption: {caption}"] * bool(caption) + [f"alt: {alt}"] * bool(alt)
    return "\n".join(lines)


def cells_of_notebook(notebook):
    """Yield what of a notebook needs a Korean text."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            yield English(cell.id, cell.source)
        elif words := words_of_figure(cell):
            yield English(cell.id, words)


def slug(words):
    """Return a heading as an id: lower case, hyphens."""
    words = re.sub(r"\{[a-z:]+\}`([^`<]*)[^`]*`", r"\1", words)
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def cut_page(text):
    """Cut a Markdown page into its cells: (id, text), of which the joined texts are the page."""
    hidden = FENCED.sub(lambda m: re.sub(r"[^\n]", "x", m[0]), text)
    starts = {0: "top"}
    for match in HEADING.finditer(hidden):
        if match.start():
            starts[match.start()] = match["label"] or slug(match["words"])
    for glossary in re.finditer(r"^:::\{glossary\}\n(?::\w+:.*\n)*", text, re.MULTILINE):
        end = text.index("\n:::", glossary.end())
        for entry in re.finditer(r"\n\n(\S.*)\n", text[glossary.end() - 1 : end]):
            starts[glossary.end() - 1 + entry.start(1)] = f"term-{slug(entry[1])}"
        starts[end + 1] = "glossary-end"
    seen, places = {}, sorted(starts)
    for start, stop in zip(places, [*places[1:], len(text)], strict=True):
        name = starts[start]
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name}-{seen[name]}", text[start:stop]


def english(page, text=None):
    """Return what of a page needs a Korean text; `text` is the file's, if not that on disk."""
    path = path_of(page)
    text = path.read_text(encoding="utf-8") if text is None else text
    if path.suffix == ".ipynb":
        return list(cells_of_notebook(nbformat.reads(text, as_version=4)))
    cells = [English(name, part.strip("\n")) for name, part in cut_page(text)]
    return [cell for cell in cells if cell.text not in ("", ":::")]


# The Korean side -------------------------------------------------------------


def korean_path(page):
    """Return the Korean file of a page."""
    return FOLDER / f"{page}.md"


def read_blocks(text, name):
    """Return the blocks of a Korean file by their id.

    Raises
    ------
    KoreanError
        If a header is no JSON with "cell" and "of", a block comes twice, or text stands before.
    """
    head, *rest = BLOCK.split(text)
    if head.strip():
        raise KoreanError(f"{name}: text before the first line `+++ {{…}}`")
    blocks = {}
    for header, body in zip(rest[::2], rest[1::2], strict=True):
        try:
            told = json.loads(header)
            block = Block(told["cell"], told["of"], body.strip("\n"))
        except (ValueError, KeyError, TypeError):
            raise KoreanError(
                f'{name}: expected +++ {{"cell": …, "of": …}}, got {header}'
            ) from None
        if block.id in blocks:
            raise KoreanError(f"{name}: two blocks for the cell {block.id}")
        blocks[block.id] = block
    if "+++" in re.sub(BLOCK, "", text):
        raise KoreanError(f"{name}: a line +++ without a header")
    return blocks


def blocks_of(page):
    """Return the Korean blocks of a page by their id; none if it has no Korean file."""
    path = korean_path(page)
    if not path.exists():
        return {}
    return read_blocks(path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix())


def header(cell):
    """Return the line that begins the block for an English cell."""
    return f'+++ {{"cell": "{cell.id}", "of": "{cell.hash}"}}'


def state(page):
    """Return how a page's Korean stands beside its English."""
    blocks, found = blocks_of(page), State(page)
    for cell in english(page):
        block = blocks.pop(cell.id, None)
        if block is None:
            found.missing.append(cell)
        else:
            fits = cell.is_translated_by(block)
            (found.current if fits else found.stale).append((cell, block))
    found.left_over = list(blocks.values())
    return found


def stays_english(config, page):
    """Return whether Sphinx, set up by `config`, shows a page in English within the Korean site."""
    return config.language == "ko" and bool(ENGLISH_STAYS.fullmatch(page))


def translated():
    """Return the names of the pages that have a Korean text: all but the plans of sessions."""
    return [page for page in pages() if not ENGLISH_STAYS.fullmatch(page)]


# Both together ---------------------------------------------------------------


def caption_and_alt(text, name):
    """Return the caption and the alternative text of a figure's block; None for what it lacks."""
    match = FIGURE.match(text)
    if not match:
        raise KoreanError(f"{name}: expected a line `caption: …` and a line `alt: …`")
    return match["caption"], match["alt"]


def lay_over(notebook, blocks):
    """Return a notebook with the Korean words of `blocks` in place of the English.

    Code, outputs, counts, ids and tags are the English notebook's, but that a live figure, which
    the package makes from no variable of the page, is made again in Korean. Where a block is
    missing or was made for another wording, the English stays, with a line that says so.
    """
    korean = deepcopy(notebook)
    for cell in korean.cells:
        if output := live_figure_of(cell):
            with speaking("ko"):
                output.data[HTML] = made_by(cell).html
        words = cell.source if cell.cell_type == "markdown" else words_of_figure(cell)
        if not words:
            continue
        block = blocks.get(cell.id)
        if not English(cell.id, words).is_translated_by(block):
            if cell.cell_type == "markdown":
                cell.source = with_notice(cell.source)
            elif "caption" in (figure := cell.metadata["mystnb"].get("figure", {})):
                figure["caption"] += STALE_CAPTION
            continue
        if cell.cell_type == "markdown":
            cell.source = block.text
            continue
        caption, alt = caption_and_alt(block.text, cell.id)
        if caption:
            cell.metadata["mystnb"]["figure"]["caption"] = caption
        if alt:
            cell.metadata["mystnb"]["image"]["alt"] = alt
    return korean


def with_notice(text, notice=STALE):
    """Return an English text with the line that says why it is English, below its heading."""
    if text.startswith(":::{solution-end}"):  # the end of a frame has no words
        return text
    head = HEAD.match(text)
    start = head.end() if head else 0
    parts = (text[:start], notice, text[start:])
    return "\n\n".join(part.strip("\n") for part in parts if part.strip("\n"))


def lay_over_page(text, blocks):
    """Return a Markdown page with the Korean words of `blocks`; see `lay_over`."""
    parts = []
    for name, part in cut_page(text):
        words = part.strip("\n")
        block = blocks.get(name)
        if English(name, words).is_translated_by(block):
            parts.append(part.replace(words, block.text, 1))
        elif words in ("", ":::") or name.startswith("term-"):
            parts.append(part)
        else:
            parts.append(part.replace(words, with_notice(words), 1))
    return "".join(parts)


def korean_notebook(page):
    """Return the Korean edition of a notebook."""
    return lay_over(nbformat.read(path_of(page), as_version=4), blocks_of(page))
