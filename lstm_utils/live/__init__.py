"""Figures that compute in the page: HTML with its own style, still and script, and no server.

Each function returns a `LiveFigure`, which a notebook shows as the last line of a cell: its HTML
asks for nothing outside itself. With scripts off it is a still image with a sentence.
"""

from lstm_utils.live.gradient_reach import gradient_reach
from lstm_utils.live.inside_cell import inside_cell
from lstm_utils.live.marked_product import marked_product
from lstm_utils.live.page import FOLDER, LiveFigure
from lstm_utils.live.parity import parity
from lstm_utils.live.reading_review import reading_review
from lstm_utils.live.shape_calculator import shape_calculator
from lstm_utils.live.step_size import step_size

__all__ = [
    "FIGURES",
    "FOLDER",
    "LiveFigure",
    "gradient_reach",
    "inside_cell",
    "marked_product",
    "parity",
    "reading_review",
    "shape_calculator",
    "step_size",
]

FIGURES = {
    "gradient-reach": gradient_reach,
    "inside-cell": inside_cell,
    "marked-product": marked_product,
    "parity": parity,
    "reading-review": reading_review,
    "shape-calculator": shape_calculator,
    "step-size": step_size,
}
"""Each figure's function by its name, which is that of its files too."""
