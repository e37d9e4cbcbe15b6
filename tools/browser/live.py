"""The live figures in Chromium: python -m tools.browser.live draw|measure [NAME ...]

`draw` writes the stills in lstm_utils/live/stills/ anew, those of another language than English in
a folder of their own. A still is what a figure's own script draws first, at a page's width and at
a phone's; the wide one carries the reading that stands under it. The site, Colab and Jupyter show
it where scripts are off.

`measure` asks a figure's script for its network's answers to a fresh test set, and writes what came
out to lstm_utils/live/measured.json: the figures state it, a test measures it again.
"""

import html
import json
import re

import numpy as np
from scipy.stats import binomtest

from lstm_utils import command_line, live, messages
from lstm_utils.corpora import load_nsmc
from lstm_utils.live.page import MEASURED
from lstm_utils.models.marked_product import marked_product, share_within
from tools.browser.chromium import open_chromium

WIDTHS = {"": 720, "-narrow": 330}  # of a still, in pixels


def shown(page, figure, style=""):
    """Show a live figure, and nothing else, on an open page; return its place there."""
    title = '<!doctype html><html lang="en"><title>live</title>'
    page.set_content(f"{title}<style>{style}</style><body>{figure.html}")
    return page.locator("figure.lstm-live")


def still(page, figure, width):
    """Return what a figure draws first in a box of this width, as the text of an SVG file."""
    page.set_viewport_size({"width": 1000, "height": 900})
    box = f".lstm-live{{width:{width}px;padding:0!important;border:0!important}}"
    view_box, content, reading = shown(page, figure, box).evaluate(
        """root => {
            const drawing = root.querySelector(".live-drawing");
            // Line by line, so that a change shows as one.
            const lines = [...drawing.children].map(child => child.outerHTML + "\\n");
            return [drawing.getAttribute("viewBox"), lines.join(""), root.live.state().reading];
        }"""
    )
    content = content.replace(' xmlns="http://www.w3.org/2000/svg"', "")
    content = re.sub(r"></(path|circle|rect|line|ellipse|polygon|polyline)>", "/>", content)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view_box}">\n'
        f"<desc>{html.escape(reading, quote=False)}</desc>\n{content}</svg>\n"
    )


def languages():
    """English, and every language that the package has a catalogue of."""
    return ["en", *sorted(file.parts[-3] for file in messages.FOLDER.glob("*/LC_MESSAGES/*.mo"))]


def still_of(name, suffix, language):
    """Where the still of a figure is kept."""
    folder = live.FOLDER / "stills"
    return (folder if language == "en" else folder / language) / f"{name}{suffix}.svg"


def draw(page, names):
    for language in languages():
        for name in names or live.FIGURES:
            with messages.speaking(language):
                figure = live.FIGURES[name]()
            for suffix, width in WIDTHS.items():
                file = still_of(name, suffix, language)
                file.parent.mkdir(exist_ok=True)
                file.write_text(still(page, figure, width), encoding="utf-8")


def answers_of(figure, questions):
    """Return what a figure's own script answers to sequences or texts: a list of float."""
    return figure.evaluate("(figure, questions) => figure.live.answers(questions)", questions)


def sequences_of(examples):
    """The examples as the script of the marked product reads them, where marks count from 1."""
    return [
        {"numbers": x[:, 1].tolist(), "marks": (marks + 1).tolist()}
        for x, marks in zip(examples.x, examples.marks, strict=True)
    ]


def measure_marked_product(page):
    """Share within 0.04 and mean squared error on 2000 sequences that nothing else uses."""
    test = {"sequences": 2000, "seed": 20251122}
    examples = marked_product(test["sequences"], 100, test["seed"])
    answers = answers_of(shown(page, live.marked_product()), sequences_of(examples))
    errors = (answers - examples.y.astype(float)) ** 2
    return test | {
        "share_within_0_04": share_within(answers, examples.y),
        "mse": float(f"{errors.mean():.4g}"),
    }


def measure_reading_review(page):
    """Share of right verdicts, with its 95 % Wilson interval, on all test reviews of the corpus."""
    reviews = load_nsmc("test")
    if reviews.source == "sample":
        raise SystemExit("the sample is too small to measure on: set LSTM_BOOK_DATA")
    figure = shown(page, live.reading_review())
    answers = []
    for k in range(0, len(reviews.texts), 2000):
        answers += answers_of(figure, reviews.texts[k : k + 2000])
    right = int(((np.array(answers) > 0.5) == reviews.labels).sum())
    bounds = binomtest(right, len(answers)).proportion_ci(method="wilson")
    return {
        "reviews": len(answers),
        "accuracy": round(right / len(answers), 5),
        "interval": [round(float(bounds.low), 4), round(float(bounds.high), 4)],
    }


MEASURES = {"marked-product": measure_marked_product, "reading-review": measure_reading_review}


def measure(page, names):
    measured = json.loads(MEASURED.read_text(encoding="utf-8"))
    for name in names or MEASURES:
        measured[name] = MEASURES[name](page)
        print(name, measured[name])
    MEASURED.write_text(json.dumps(measured, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def main(arguments=None):
    parser = command_line.parser(__doc__)
    parser.add_argument("command", choices=["draw", "measure"])
    parser.add_argument("names", nargs="*", metavar="NAME", help="of a live figure; all without")
    options = parser.parse_args(arguments)
    known = MEASURES if options.command == "measure" else live.FIGURES
    if unknown := sorted(set(options.names) - set(known)):
        parser.error(f"nothing to {options.command} for {', '.join(unknown)}: {', '.join(known)}")
    with open_chromium() as browser:
        page = browser.new_page(color_scheme="light")
        {"draw": draw, "measure": measure}[options.command](page, options.names)


if __name__ == "__main__":
    command_line.run(main)
