"""Draw the pictures of images/ that come from the package: python tools/draw_images.py"""

from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt

from lstm_utils.diagrams import lstm_cell
from lstm_utils.plotting import COLOURS, use_book_style

IMAGES = Path(__file__).resolve().parent.parent / "images"


def draw_cell():
    figure, axes = plt.subplots(figsize=(7.0, 4.0))
    lstm_cell(axes)
    # No date and no random ids, so that the same drawing is the same file.
    figure.savefig(IMAGES / "lstm_cell.svg", metadata={"Date": None})


def draw_cover():
    """Draw the card that a shared link shows: 1200 by 630 pixels."""
    figure = plt.figure(figsize=(8.0, 4.2), layout="none")
    title = {"x": 0.05, "size": 32, "weight": "bold", "color": COLOURS["cell"]}
    figure.text(y=0.62, s="Learning", **title)
    figure.text(y=0.49, s="to Forget", **title)
    figure.text(0.052, 0.3, "An executable course\non LSTM networks", size=13.5, color="#333333")
    lstm_cell(figure.add_axes((0.39, 0.04, 0.59, 0.92)), highlight="forget")
    figure.savefig(IMAGES / "cover.png", dpi=150)


if __name__ == "__main__":
    from live_stills import draw_stills  # a file beside this one; it needs a browser

    mpl.use("agg")
    use_book_style()
    mpl.rcParams["svg.hashsalt"] = "lstm-book"
    draw_cell()
    draw_cover()
    draw_stills()
