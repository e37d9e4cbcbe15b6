"""Write the slides: `python -m tools.course.slides [SESSION …] [FOLDER]`, or `make course`.

From course/slides/session_N.md come FOLDER/slides/session_N/index.html, a reveal.js deck, and
beside it the pictures and the style that all decks share. The formulas are rendered here, the
figures are those stored in the notebooks, and a deck asks for nothing outside its folder. Where
reveal.js is missing (npm puts it into tools/node_modules) a deck is one long page to read.

A source is Markdown: a line `---` between two slides, `# ` on the first and `## ` on the others,
`![what it shows](chapters/04_gate_mechanics.ipynb#cell-id)` for a cell's stored picture (with
`![](…)` it keeps the alt text that it has in the chapter), `{live} inside-cell` for a live
figure, and after a line `Note:` what the speaker says.
"""

import base64
import html
import io
import re
import shutil
from functools import cache
from pathlib import Path
from typing import NamedTuple

import nbformat
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from PIL import Image
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from lstm_utils import command_line, live
from lstm_utils.plotting import COLOURS, COLOURS_ON_DARK
from tools.contents import BOOK, ROOT
from tools.site import mathematics

SOURCES = ROOT / "course" / "slides"
REVEAL = ROOT / "tools" / "node_modules" / "reveal.js" / "dist"
REVEAL_FILES = ("reveal.css", "reveal.js", "plugin/notes.js")
WIDTH, HEIGHT = 1280, 720
LONGEST_CODE, WIDEST_CODE = 10, 60  # lines, characters
PANORAMA = 1.75  # a picture at least this much wider than high gets the slide's whole width

HEADING = re.compile(r"^(#{1,2}) (.+)$", re.MULTILINE)
PICTURE = re.compile(r"!\[(.*)\]\((\S+)\)")
LIVE = re.compile(r"\{live\} *(\S*)")
FORMULA = re.compile("\ue000(\\d+)\ue001")  # stands for a formula until all are rendered


class SlideError(Exception):
    """Something is wrong in a source; the message names the file and the slide."""


class Slide(NamedTuple):
    """One slide: HTML whose formulas are still to come."""

    heading: str
    body: str
    notes: str
    kind: str


def sessions():
    """Return the numbers of the sessions that have slides."""
    return sorted(int(path.stem.removeprefix("session_")) for path in SOURCES.glob("session_*.md"))


def split_slides(text):
    """Return the source of each slide; a `---` within a fence of code is no border."""
    slides, fenced = [[]], False
    for line in text.splitlines():
        fenced ^= line.startswith("```")
        if line.rstrip() == "---" and not fenced:
            slides.append([])
        else:
            slides[-1].append(line)
    return ["\n".join(lines).strip() for lines in slides]


class Reader:
    """Reads the sources, and collects the formulas and pictures of all of them."""

    def __init__(self):
        self.pictures = {}  # name -> bytes
        self.formulas = {}  # (TeX, displayed or not) -> its number in the HTML, first place seen
        self.markdown = MarkdownIt("commonmark", {"html": False, "highlight": self.code})
        self.markdown.enable("table")
        self.markdown.use(
            dollarmath_plugin, allow_labels=False, double_inline=True, renderer=self.formula
        )

    def read(self, path):
        """Return the slides whose source lies at `path`."""
        slides = []
        for number, source in enumerate(split_slides(path.read_text(encoding="utf-8")), 1):
            self.place = f"{path.name}, slide {number}"
            slides.append(self.slide(source, number))
        return slides

    def fail(self, reason):
        raise SlideError(f"{self.place}: {reason}")

    def slide(self, source, number):
        body, *notes = re.split(r"^Note:[ ]*", source, flags=re.MULTILINE)
        if not notes or not notes[0].strip():
            self.fail("no speaker notes (what follows a line `Note:`)")
        if len(notes) > 1:
            self.fail("more than one line `Note:`")
        heading = HEADING.match(body)
        wanted = "#" if number == 1 else "##"
        if not heading or heading[1] != wanted:
            self.fail(f"no heading: the slide begins with a line `{wanted} …`")
        if HEADING.search(body, heading.end()):
            self.fail("two headings: one idea a slide")
        text = heading[2].strip()
        kind = "title" if number == 1 else "turn" if text.startswith("Your turn") else "plain"
        inner, layout = self.body(body[heading.end() :])
        said = self.markdown.render(notes[0].strip())
        return Slide(self.markdown.renderInline(text), inner, said, f"{kind} {layout}")

    def body(self, source):
        """Return a slide's HTML below its heading, and its layout."""
        blocks, shown, fenced = [[]], None, False
        for line in source.splitlines():
            fenced ^= line.startswith("```")
            picture, figure = PICTURE.fullmatch(line.strip()), LIVE.fullmatch(line.strip())
            if fenced or not (picture or figure):
                blocks[-1].append(line)
                continue
            if shown:
                self.fail("two figures: one idea a slide")
            shown = self.picture(*picture.groups()) if picture else self.live(figure[1])
            blocks.append([])
        texts = ["\n".join(lines).strip() for lines in blocks]
        parts = [f'<div class="words">{self.markdown.render(t)}</div>' if t else "" for t in texts]
        if "<img" in "".join(parts):
            self.fail("a picture stands on a line of its own")
        if not shown:
            return parts[0], "text"
        figure, layout = shown
        if layout == "upright" and any(parts):  # beside the words, whether before or after it
            words = self.markdown.render("\n\n".join(texts).strip())
            return f'<div class="words">{words}</div>{figure}', "beside"
        return figure.join(parts), "panorama" if layout == "upright" else layout

    def picture(self, alt, target):
        """Return the HTML of a picture, and whether it is a panorama or upright."""
        file, _, cell = target.partition("#")
        path = ROOT / file
        if not path.is_file():
            self.fail(f"there is no file {file}")
        if path.suffix == ".ipynb":
            pictures = stored_pictures(path)
            if cell not in pictures:
                known = ", ".join(pictures)
                self.fail(f"{file} has no cell {cell!r} that stores a picture; there are: {known}")
            kind, data, described = pictures[cell]
            alt = alt or described
            name = f"{path.stem}-{cell}.{kind}"
        else:
            data, name = path.read_bytes(), path.name
        if not alt.strip():
            self.fail(f"the picture {target} has no alt text")
        self.pictures[name] = data
        width, height = size_of(name, data)
        tag = (
            f'<p class="picture"><img src="../figures/{name}" alt="{html.escape(alt.strip())}" '
            f'width="{width}" height="{height}"></p>'
        )
        return tag, "panorama" if width >= PANORAMA * height else "upright"

    def live(self, name):
        if name not in live.FIGURES:
            self.fail(f"there is no live figure {name!r}; there are: {', '.join(live.FIGURES)}")
        return f'<div class="living">{live.FIGURES[name]().html}</div>', "moving"

    def code(self, source, language, _):
        lines = source.rstrip("\n").splitlines()
        if len(lines) > LONGEST_CODE or max(map(len, lines), default=0) > WIDEST_CODE:
            self.fail(f"code of more than {LONGEST_CODE} lines or of {WIDEST_CODE} characters")
        lexer = get_lexer_by_name(language or "text")
        marked = highlight(source, lexer, HtmlFormatter(nowrap=True))
        return f'<pre class="highlight"><code>{marked}</code></pre>'

    def formula(self, tex, options):
        display = options["display_mode"]
        if display and r"\\" in tex:
            tex = rf"\begin{{split}}{tex}\end{{split}}"
        number, _ = self.formulas.setdefault((tex, display), (len(self.formulas), self.place))
        return f"\ue000{number}\ue001"


@cache
def stored_pictures(path):
    """Return the pictures that a notebook's cells store: {cell's id: (kind, bytes, alt text)}."""
    found = {}
    for cell in nbformat.read(path, as_version=4).cells:
        image = cell.metadata.get("mystnb", {}).get("image", {})
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            if "image/png" in data:
                picture = "png", base64.b64decode(data["image/png"])
            elif "image/svg+xml" in data:
                picture = "svg", data["image/svg+xml"].encode()
            else:
                continue
            found.setdefault(cell.id, (*picture, image.get("alt", "")))
    return found


def size_of(name, data):
    """Return a picture's width and height."""
    if name.endswith(".svg"):
        box = re.search(rb'viewBox="[-\d.]+ [-\d.]+ ([\d.]+) ([\d.]+)"', data)
        return round(float(box[1])), round(float(box[2]))
    return Image.open(io.BytesIO(data)).size


def document(session, slides, formulas, with_reveal):
    """Return a session's slides as the text of their HTML file."""
    # The speaker's window has not the slides' style.
    mathml = [re.search("<math.*</math>", formula, re.DOTALL)[0] for formula in formulas]
    sections = []
    for number, slide in enumerate(slides, 1):
        heading = f"<h2>{slide.heading}</h2>"
        if number == 1:
            kicker = f'<p class="kicker">{BOOK["title"]} · Session {session}</p>'
            heading = f"{kicker}\n<h1>{slide.heading}</h1>"
        shown = f'{heading}\n<div class="body">{slide.body}</div>'
        sections.append(
            f'<section id="slide-{number}">\n<div class="slide {slide.kind}">\n'
            f"{FORMULA.sub(lambda found: formulas[int(found[1])], shown)}\n</div>\n"
            f'<aside class="notes" aria-label="Notes on slide {number}">'
            f"{FORMULA.sub(lambda found: mathml[int(found[1])], slide.notes)}</aside>\n</section>"
        )
    title = html.escape(re.sub("<[^>]*>", "", slides[0].heading), quote=False)
    files = ["reveal.js", "notes.js"] * with_reveal + ["slides.js"]
    scripts = "".join(f'<script src="../assets/{file}"></script>\n' for file in files)
    sheets = ["reveal.css"] * with_reveal + ["mathematics.css", "slides.css"]
    styles = "".join(f'<link rel="stylesheet" href="../assets/{sheet}">\n' for sheet in sheets)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Session {session}: {title} · {BOOK["title"]}</title>
<link rel="icon" href="../assets/favicon.svg">
{styles}</head>
<body>
<main>
<div class="deck">
<div class="slides">
{chr(10).join(sections)}
</div>
</div>
</main>
{scripts}</body>
</html>
"""


def stylesheet():
    """Return the decks' stylesheet: the book's palette, the colours of code, and slides.css."""
    dark = 'html[data-theme="dark"]'
    lines = [
        f"{where} {{ {' '.join(f'--{name}: {colour};' for name, colour in colours.items())} }}"
        for where, colours in ((":root", COLOURS), (dark, COLOURS_ON_DARK))
    ]
    for theme, where in (("light", ".highlight"), ("dark", f"{dark} .highlight")):
        formatter = HtmlFormatter(style=f"a11y-high-contrast-{theme}")
        rules = formatter.get_style_defs(where).splitlines()
        lines += [rule for rule in rules if re.search(r"\.highlight \.\w+ \{", rule)]
    return "\n".join([*lines, Path(__file__).with_name("slides.css").read_text(encoding="utf-8")])


def write(folder, numbers=None):
    """Write the decks (all, or these sessions') into `folder`/slides; return their pages."""
    reader = Reader()

    def complain(source, reason):
        raise SlideError(f"{reader.formulas[source][1]}: MathJax: {reason} in {source[0]!r}")

    decks = {n: reader.read(SOURCES / f"session_{n}.md") for n in numbers or sessions()}
    formulas, css = mathematics.render_formulas(reader.formulas, complain)
    place = Path(folder) / "slides"
    assets, figures = place / "assets", place / "figures"
    for part in (assets, figures):
        part.mkdir(parents=True, exist_ok=True)
    with_reveal = all((REVEAL / file).exists() for file in REVEAL_FILES)
    if with_reveal:
        for file in REVEAL_FILES:
            shutil.copyfile(REVEAL / file, assets / Path(file).name)
        shutil.copyfile(REVEAL.parent / "LICENSE", assets / "reveal.txt")
    else:
        print(f"no reveal.js in {REVEAL.parent}: each deck is one long page (npm installs it)")
    (assets / "mathematics.css").write_text(css, encoding="utf-8")
    (assets / "slides.css").write_text(stylesheet(), encoding="utf-8")
    for file in (Path(__file__).with_name("slides.js"), ROOT / "images" / "favicon.svg"):
        shutil.copyfile(file, assets / file.name)
    for name, data in reader.pictures.items():
        (figures / name).write_bytes(data)
    written = []
    for session, slides in decks.items():
        written.append(place / f"session_{session}" / "index.html")
        written[-1].parent.mkdir(exist_ok=True)
        text = document(session, slides, list(formulas.values()), with_reveal)
        written[-1].write_text(text, encoding="utf-8")
    return written


def main(arguments=None):
    parser = command_line.parser(__doc__)
    told = "numbers of sessions (all, if none is named), and the folder to write into"
    parser.add_argument("what", nargs="*", metavar="SESSION|FOLDER", help=told)
    what = parser.parse_args(arguments).what
    numbers = [int(one) for one in what if one.isdecimal()]
    folder, *more = [one for one in what if not one.isdecimal()] or [
        ROOT / "_build" / "html" / "course"
    ]
    if more:
        parser.error(f"expected one folder, and got {more[0]!r} too")
    if unknown := sorted(set(numbers) - set(sessions())):
        parser.error(f"no session {', '.join(map(str, unknown))}")
    for path in write(command_line.path(folder), numbers):
        print(path)


if __name__ == "__main__":
    command_line.run(main)
