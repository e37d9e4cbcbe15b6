"""The frame of the live figures: HTML with its own style, still and script, and no server."""

import base64
import hashlib
import html
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lstm_utils.messages import catalogue, language
from lstm_utils.messages import translate as _
from lstm_utils.plotting import COLOURS, COLOURS_ON_DARK

FOLDER = Path(__file__).parent
MEASURED = FOLDER / "measured.json"
"""What `python -m tools.browser.live measure` measured in Chromium, by the figures' scripts."""


@dataclass(frozen=True)
class LiveFigure:
    """One live figure: `html` stands for itself on any page; a notebook shows it.

    Parameters
    ----------
    name : str
        As in the file names, "step-size".
    html : str
    """

    name: str
    html: str = field(repr=False)

    def _repr_html_(self):
        return self.html

    def __repr__(self):
        return f"<live figure {self.name}>"


def measured(name):
    """Return what was measured of a figure's network: a dict."""
    return json.loads(MEASURED.read_text(encoding="utf-8"))[name]


def base64_of(array, dtype="<f4"):
    """Return an array's numbers in base64, as `bytesOf` and `floatsOf` of data.js read them."""
    return base64.b64encode(np.ascontiguousarray(array, dtype=dtype).tobytes()).decode()


# --- The controls -------------------------------------------------------------------------
# HTML that core.js finds by `data-name`. A figure may add any native control of its own.


def slider(name, label, low, high, step, value, colour=None):
    """Return a slider with its label and the place where its value is written."""
    accent = f' style="--live-accent:var(--live-{colour})"' if colour else ""
    return (
        f'<div class="live-control"{accent}><label><span>{label}</span>'
        f'<input type="range" data-name="{name}" min="{low}" max="{high}" step="{step}" '
        f'value="{value}"></label><output aria-live="off">{value}</output></div>'
    )


def choice(name, label, options):
    """Return a drop-down list; `options` maps each value to its text, the first is chosen."""
    texts = "".join(f'<option value="{key}">{text}</option>' for key, text in options.items())
    texts = texts.replace("<option", "<option selected", 1)
    return (
        f'<div class="live-control"><label><span>{label}</span>'
        f'<select data-name="{name}">{texts}</select></label></div>'
    )


def button(name, text):
    """Return a button that stands alone."""
    return f'<button type="button" data-name="{name}">{text}</button>'


def buttons(label, texts):
    """Return a row of buttons; `texts` maps each button's name to its text."""
    row = "".join(button(name, text) for name, text in texts.items())
    return (
        f'<div class="live-group" role="group" aria-label="{label}"><span>{label}</span>{row}</div>'
    )


# --- The words ----------------------------------------------------------------------------


def messages_of(script):
    """Return the messages of a script, each once: the literals that it gives to core.js's `say`."""
    literals = re.findall(r'\bsay\(\s*("(?:[^"\\]|\\.)*")', script)
    return list(dict.fromkeys(map(json.loads, literals)))


def spoken():
    """Return the language of the words: the reader's if the package has a catalogue of it."""
    return language() if catalogue(language()).info() else "en"


def _in_script(value):
    """Write a value in a script of an HTML page."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("</", "<\\/")


# --- The frame ----------------------------------------------------------------------------


def assemble(
    name,
    *,
    question,
    shows,
    moves,
    controls,
    after=(),
    uses=(),
    data=None,
    heights=(380, 420),
    lines=(3, 5),
    beside=False,
    note="",
):
    """Put one figure's HTML together.

    Parameters
    ----------
    name : str
        The script is `name`.js, the stills are stills/`name`.svg and stills/`name`-narrow.svg,
        those of another language in a folder of their own, stills/ko; rules of style that no
        other figure needs stand in `name`.css.
    question : str
        What the figure answers: its title.
    shows : str
        The drawing in a sentence, for those who do not see it.
    moves : str
        What can be done with the figure where scripts are on, in a sentence.
    controls : list of str
        HTML from `slider`, `choice`, `buttons` and the like.
    after : list of str
        Likewise, for what stands under the drawing and its reading: on a phone, many controls
        above would push it out of view.
    uses : sequence of str
        Scripts that it needs beside core.js: "axes", "data", "random", "mulberry32",
        "rnn", "lstm", "lstm-backward".
    data : object, optional
        What the script is given; anything that JSON can say.
    heights : (int, int)
        Of the drawing, in pixels, where the figure is wider than 520 pixels and where it is not.
    lines : (int, int)
        Lines of text to reserve for the reading, likewise.
    beside : bool
        Whether the controls stand beside the drawing where there is room.
    note : str
        HTML of a line in small print.
    """
    stills, reading = _first_state(name, shows)
    size = (
        f"--live-wide:{heights[0]}px;--live-narrow:{heights[1]}px;"
        f"--live-lines:{lines[0]};--live-lines-narrow:{lines[1]}"
    )
    *shared, own = (squeeze(_read(f"{file}.js")) for file in ("core", *uses, name))
    told = {message: _(message) for message in messages_of("".join((*shared, own)))}
    words = _in_script({message: text for message, text in told.items() if text != message})
    script = f"{''.join(shared)}const WORDS={words};\n{own}"
    data = _in_script(data)
    key = hashlib.sha256(f"{data}{words}".encode()).hexdigest()[:8]
    lang = "" if spoken() == "en" else f' lang="{spoken()}"'
    off = _("With scripts on, this figure moves. {moves}", moves=moves)
    steering = f'<div class="live-controls">{"".join(controls)}</div>'
    stage = f'<div class="live-stage">{stills}</div>'
    parts = [
        f'<figure class="lstm-live"{lang} data-figure="{name}" data-key="{key}" style="{size}" '
        f'aria-label="{html.escape(question)}">',
        f"<style>{_style(name)}</style>",
        "<noscript><style>.lstm-live .live-controls{display:none!important}</style></noscript>",
        f'<p class="live-question">{question}</p>',
        # As they are seen: a page is drawn while it arrives, and nothing may change its place.
        f'<div class="live-beside">\n{stage}\n{steering}</div>'
        if beside
        else f'<div class="live-below">\n{steering}\n{stage}</div>',
        f'<p class="live-reading" aria-live="polite">{reading}</p>',
        f'<div class="live-controls live-after">{"".join(after)}</div>' if after else "",
        f'<p class="live-note">{note}</p>' if note else "",
        f'<noscript><p class="live-off">{off}</p></noscript>',
        f'<script>(() => {{\n{script}liveFigure("{name}","{key}",{data},build);\n}})();</script>',
        "</figure>",
    ]
    return LiveFigure(name, "\n".join(part for part in parts if part) + "\n")


def squeeze(script):
    """Drop the comment lines and the indentation of a script, which readers find in its file."""
    lines = (line.strip() for line in script.splitlines())
    return "".join(f"{line}\n" for line in lines if line and not line.startswith("//"))


def squeeze_css(style):
    """Drop a style sheet's comments, and the white space that only readers need."""
    style = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    style = re.sub(r"\s*([{};,])\s*", r"\1", re.sub(r"\s+", " ", style))
    return style.replace(": ", ":").replace(";}", "}").strip()


def _read(file):
    return (FOLDER / file).read_text(encoding="utf-8")


def _style(name):
    """Return the rules of all figures and of this one, and each colour as `--live-NAME`."""
    own = FOLDER / f"{name}.css"
    rules = squeeze_css(_read("live.css") + (_read(own.name) if own.exists() else ""))
    pairs = (f"--live-{k}:light-dark({COLOURS[k]},{COLOURS_ON_DARK[k]})" for k in COLOURS)
    return f"{rules}.lstm-live{{{';'.join(pairs)}}}"


def _first_state(name, shows):
    """Return the stills to stand in the page, and the reading that the file of the wide one has.

    Both are in English where there are none in the language spoken.
    """
    drawings, reading = {}, ""
    for kind, suffix in (("wide", ""), ("narrow", "-narrow")):
        folders = (FOLDER / "stills" / spoken(), FOLDER / "stills")
        files = [folder / f"{name}{suffix}.svg" for folder in folders]
        file = next((file for file in files if file.exists()), None)
        if file is None:  # the figure is new: its stills are yet to be drawn
            continue
        head, said, drawing = re.split(r"<desc>(.*?)</desc>", file.read_text(encoding="utf-8"))
        reading = reading or said
        drawing = (head + drawing).strip()
        if drawing not in drawings.values():  # one that only scales serves at every width
            drawings[kind] = drawing
    label = html.escape(shows)
    stills = (
        svg.replace("<svg ", f'<svg class="live-still-{kind}" role="img" aria-label="{label}" ', 1)
        for kind, svg in drawings.items()
    )
    return "".join(stills), reading
