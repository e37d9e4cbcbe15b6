"""Draw the stills of the live figures, in a browser: python -m tools.browser.live_stills [NAME ...]

A still is what a figure's own script draws first, at a page's width and at a phone's; the wide
one carries the reading that stands under it. The site, Colab and Jupyter show it where scripts
are off. `python -m tools.draw_images` draws these too.
"""

import html
import re
import sys

from lstm_utils import live
from tools.browser.chromium import open_chromium

WIDTHS = {"": 720, "-narrow": 330}  # of the drawing, in pixels


def still(page, figure, width):
    """Return what a figure draws first in a box of this width, as the text of an SVG file."""
    page.set_viewport_size({"width": 1000, "height": 900})
    page.set_content(
        '<!doctype html><html lang="en"><title>still</title><style>'
        f".lstm-live{{width:{width}px;padding:0!important;border:0!important}}</style>"
        f"<body>{figure.html}"
    )
    drawing, reading = page.locator("figure.lstm-live").evaluate(
        """root => [root.querySelector(".live-drawing"), root.live.state().reading].map(
            part => part.innerHTML === undefined ? part : [part.getAttribute("viewBox"),
                // Line by line, so that a change shows as one.
                [...part.children].map(child => child.outerHTML + "\\n").join("")])"""
    )
    box, content = drawing
    content = content.replace(' xmlns="http://www.w3.org/2000/svg"', "")
    content = re.sub(r"></(path|circle|rect|line|ellipse|polygon|polyline)>", "/>", content)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}">\n'
        f"<desc>{html.escape(reading, quote=False)}</desc>\n{content}</svg>\n"
    )


def draw_stills(names=()):
    """Write lstm_utils/live/stills/ anew, for all figures or for those named."""
    folder = live.FOLDER / "stills"
    folder.mkdir(exist_ok=True)
    with open_chromium() as browser:
        page = browser.new_page(color_scheme="light")
        for name in names or live.FIGURES:
            for suffix, width in WIDTHS.items():
                drawn = still(page, live.FIGURES[name](), width)
                (folder / f"{name}{suffix}.svg").write_text(drawn, encoding="utf-8")


if __name__ == "__main__":
    draw_stills(sys.argv[1:])
