"""Draw images/cover.png, the card of a shared link: python -m tools.site.cover"""

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.patches import Rectangle

from lstm_utils import command_line
from lstm_utils.diagrams import INK, lstm_cell
from lstm_utils.plotting import COLOURS, use_book_style
from tools.contents import ROOT


def draw_cover(path):
    """Draw the card: 1200 by 630 pixels, often seen at a quarter of it."""
    figure = plt.figure(figsize=(8.0, 4.2), layout="none")
    figure.add_artist(Rectangle((0, 0), 0.012, 1, facecolor=COLOURS["forget"]))
    title = {"x": 0.05, "size": 40, "weight": "bold", "color": INK}
    figure.text(y=0.73, s="Learning", **title)
    figure.text(y=0.575, s="to Forget", **title)
    sentence = "An LSTM course that runs:\nevery number is computed\non the page that states it."
    figure.text(0.052, 0.26, sentence, size=14, color=INK, linespacing=1.45)
    lstm_cell(figure.add_axes((0.455, 0.05, 0.525, 0.9)), highlight="forget")
    figure.savefig(path, dpi=150)


def main(arguments=None):
    command_line.parser(__doc__).parse_args(arguments)
    mpl.use("agg")
    use_book_style()
    draw_cover(ROOT / "images" / "cover.png")


if __name__ == "__main__":
    command_line.run(main)
