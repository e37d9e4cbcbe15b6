"""The book's drawn figures: networks in time, the two cells, and the way a gradient takes back.

Each function draws into an Axes of any size and returns it. All share one canvas, 360 units wide
with its y axis down as on a screen, and letters of 12 units and more: on a phone, where the
drawing is about 330 pixels wide, the smallest are 11 pixels high. A figure 5 inches wide suits,
and is meant to be shown 540 pixels wide where there is room; the height that suits is in each
docstring. Boxes are layers with weights, circles are operations without, lines are vectors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Rectangle
from matplotlib.path import Path

from lstm_utils.cell_layout import PARTS, STEP, WIDTH, cell_geometry
from lstm_utils.plotting import COLOURS, LINE_WEIGHTS, TYPE_SCALE

INK, FADED, FADED_INK, PAPER = "#222222", "#C9C9C9", "#767676", "#FAFAF8"
SMALL, LABEL, TEXT, TITLE = TYPE_SCALE.values()
DASHES = (0, (4, 1.6))  # the gradient, where it runs beside what it is the gradient of
_ANCHORS = {"start": "left", "middle": "center", "end": "right"}


def _tint(colour: str) -> tuple[float, ...]:
    """The colour mixed with four parts of white: a ground for dark letters."""
    return tuple(0.2 * channel + 0.8 for channel in to_rgb(colour))


class _Pen:
    """Draws one canvas; what does not belong to the highlighted part comes out grey."""

    def __init__(self, ax, height: float, highlight: str | None = None):
        self.ax, self.highlight, self.sized = ax, highlight, []
        ax.set(xlim=(0, WIDTH), ylim=(height, 0), aspect="equal")
        ax.set_axis_off()

    def _lit(self, parts: Sequence[str]) -> bool:
        return self.highlight is None or self.highlight in parts

    def wire(self, points, key: str, parts=(), arrow=True, weight="wire", style="-"):
        """A line through `points` with round corners, and an arrow head at its end."""
        points = np.asarray(points, dtype=float)
        vertices, codes = [points[0]], [Path.MOVETO]
        for before, corner, after in zip(points, points[1:], points[2:], strict=False):
            for neighbour, code in ((before, Path.LINETO), (after, Path.CURVE3)):
                way = neighbour - corner
                if code == Path.CURVE3:
                    vertices.append(corner)
                    codes.append(Path.CURVE3)
                vertices.append(corner + way * min(8 / np.hypot(*way), 0.5))
                codes.append(code)
        path = Path([*vertices, points[-1]], [*codes, Path.LINETO])
        line = FancyArrowPatch(
            path=path,
            arrowstyle="-|>,head_length=0.45,head_width=0.22" if arrow else "-",
            color=COLOURS[key] if self._lit(parts) else FADED,
            linestyle=style,
            zorder=2,
            capstyle="butt",
            joinstyle="miter",
            shrinkA=0,
            shrinkB=0,
        )
        line.set_gid(" ".join(parts))
        self.ax.add_patch(line)
        width = LINE_WEIGHTS.get(weight, weight)
        self.sized += [(line.set_linewidth, width), (line.set_mutation_scale, 12 + 1.6 * width)]

    def _shape(self, shape, edge, parts):
        shape.set(edgecolor=edge, gid=" ".join(parts))
        self.ax.add_patch(shape)
        self.sized.append((shape.set_linewidth, LINE_WEIGHTS["wire"]))

    def box(self, x, y, width, height, key: str, parts=()):
        """A layer, its top left corner at (x, y)."""
        lit = self._lit(parts)
        shape = FancyBboxPatch(
            (x, y),
            width,
            height,
            boxstyle="round,pad=0,rounding_size=5",
            facecolor=_tint(COLOURS[key]) if lit else "#F7F7F7",
            zorder=3,
        )
        self._shape(shape, COLOURS[key] if lit else FADED, parts)

    def operation(self, x, y, sign: str, key: str, parts=(), radius=12):
        """A circle with the sign of an operation in it."""
        colour = COLOURS[key] if self._lit(parts) else FADED
        self._shape(Circle((x, y), radius, facecolor="white", zorder=4), colour, parts)
        self.text(x, y, sign, parts, size=TITLE if len(sign) == 1 else SMALL)

    def state(self, x, y, symbol: str, key: str, radius):
        """A circle that stands for a vector, not for what is done with one."""
        shape = Circle((x, y), radius, facecolor=_tint(COLOURS[key]), zorder=4)
        self._shape(shape, COLOURS[key], ())
        self.text(x, y, symbol, size=TEXT)

    def text(self, x, y, text, parts=(), size=SMALL, anchor="middle", **more):
        """Letters, the middle of their height at y."""
        ink = INK if self._lit(parts) else FADED_INK
        letters = self.ax.text(
            x, y, text, ha=_ANCHORS[anchor], va="center_baseline", color=ink, **more
        )
        letters.set(zorder=6, gid=" ".join(parts), in_layout=False)
        self.sized.append((letters.set_fontsize, size))

    def rows(self, x, y, lines, parts=(), size=SMALL, anchor="middle"):
        """Lines of letters one under another, the middle of the first at y."""
        for k, line in enumerate(lines):
            self.text(x, y + k * STEP, line, parts, size, anchor)

    def gap(self, x, y, rows):
        """A gap in an upright wire, for rows of numbers of which the first has its middle at y."""
        corner = (x - 21, y - STEP / 2)
        self.ax.add_patch(Rectangle(corner, 42, rows * STEP, facecolor=PAPER, zorder=5))

    def frame(self, x, y, width, height, radius=10):
        """The outline of a cell."""
        shape = FancyBboxPatch(
            (x, y),
            width,
            height,
            boxstyle=f"round,pad=0,rounding_size={radius}",
            facecolor=PAPER,
            edgecolor="#B5B5B5",
            zorder=1,
        )
        self.ax.add_patch(shape)
        self.sized.append((shape.set_linewidth, LINE_WEIGHTS["hair"]))

    def done(self):
        """Give letters and lines the size that the Axes, laid out, has room for."""
        self.ax.figure.draw_without_rendering()
        (x0, _), (x1, _) = self.ax.transData.transform([(0, 0), (WIDTH, 0)])
        points = 72 * (x1 - x0) / self.ax.figure.dpi / WIDTH
        for set_size, size in self.sized:
            set_size(size * points)
        return self.ax


def _centres(steps: int, left: float, right: float, most: int) -> np.ndarray:
    if not 2 <= steps <= most:
        raise ValueError(f"the drawing has room for 2 to {most} steps, not {steps}")
    return np.linspace(left, right, steps)


def _labels(given: Sequence[str] | None, steps: int, symbol: str) -> list[str]:
    if given is None:
        return [f"${symbol}_{{{t + 1}}}$" for t in range(steps)]
    if len(given) != steps:
        raise ValueError(f"{steps} steps need {steps} labels, not {len(given)}: {list(given)}")
    return list(given)


def unrolled_rnn(
    ax,
    steps: int = 4,
    gradient: bool = False,
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
):
    """Draw a recurrent network unrolled in time; a figure of 5 by 2.6 inches suits.

    Parameters
    ----------
    steps : int
        How many time steps, from 2 to 6.
    gradient : bool
        Whether to draw the way of the last error's derivative back through time.
    inputs, outputs : sequence of str, optional
        What stands under and over each step; x_1, x_2, … and E_1, E_2, … without them.
    """
    xs, y = _centres(steps, 58, 288 if gradient else 324, most=6), 90
    half, tall = (19 if steps < 5 else 15), 19
    below, above = _labels(inputs, steps, "x"), _labels(outputs, steps, "E")
    pen = _Pen(ax, 182)
    pen.text(12, y, "$h_0$", size=TEXT)
    for t, x in enumerate(xs):
        start = xs[t - 1] + half if t else 26
        pen.wire([(x, 156), (x, y + tall)], "input_data")
        pen.wire([(x, y - tall), (x, 28)], "hidden")
        pen.wire([(start, y), (x - half, y)], "hidden")
        pen.box(x - half, y - tall, 2 * half, 2 * tall, "rnn")
        pen.text(x, y, f"$h_{{{t + 1}}}$", size=TEXT)
        pen.text(x, 169, below[t], size=TEXT if inputs is None else SMALL)
        pen.text(x, 14, above[t], size=TEXT if outputs is None else SMALL)
        pen.text(x + 5, 132, "$W_{xh}$", size=TEXT, anchor="start")
        if t:
            high = y - (13 if steps < 5 else tall + 10)
            pen.text((start + x - half) / 2, high, "$W_{hh}$", size=TEXT)
    if gradient:
        way = {"key": "gradient", "style": DASHES}
        pen.wire([(xs[-1] + 9, 28), (xs[-1] + 9, y - tall)], **way)
        for before, x in pairwise(xs):
            pen.wire([(x - half, y + 11), (before + half, y + 11)], **way)
        derivative = rf"$\partial E_{{{steps}}}/\partial h_{{{steps}}}$"
        pen.text(xs[-1] + 15, 50, derivative, size=TEXT, anchor="start")
    return pen.done()


def jacobian_chain(ax, steps: int = 4):
    """Draw hidden states in a row and the Jacobian on each way back; 5 by 2.25 inches suit.

    Parameters
    ----------
    steps : int
        How many Jacobians, from 2 to 5.
    """
    xs, y, radius = _centres(steps + 1, 20, 306, most=6), 40, 15
    pen = _Pen(ax, 155)
    for k, (before, x) in enumerate(pairwise(xs), start=1):
        middle = (before + x) / 2
        pen.wire([(before + radius, y - 6), (x - radius + 1.5, y - 6)], "hidden")
        pen.wire([(x - radius, y + 6), (before + radius - 1.5, y + 6)], "gradient", style=DASHES)
        pen.text(middle, y - 23, "$W_{hh}$", size=TEXT)
        pen.text(middle, y + 36, _jacobian(k, k - 1), size=TEXT)
    pen.wire([(xs[-1] + radius, y), (338, y)], "hidden")
    pen.text(348, y, rf"$E_{{{steps}}}$", size=TEXT)
    for k, x in enumerate(xs):
        pen.state(x, y, f"$h_{{{k}}}$", "hidden", radius)
    factors = r"\;".join(_jacobian(k, k - 1)[1:-1] for k in range(steps, 0, -1))
    product = f"{_jacobian(steps, 0)[:-1]} \\;=\\; {factors}$"
    pen.text(WIDTH / 2, 130, product, size=TEXT)
    return pen.done()


def _jacobian(later: int, earlier: int) -> str:
    return rf"$\dfrac{{\partial h_{{{later}}}}}{{\partial h_{{{earlier}}}}}$"


def rnn_cell(ax):
    """Draw one step of a plain recurrent network, in the LSTM's frame; 5 by 2.45 inches suit."""
    pen = _Pen(ax, 169)
    middle, bottom, product = 169, 110, 50
    pen.frame(48, 9, 264, bottom + 15)
    pen.wire([(60, 165), (60, bottom), (72, bottom)], "input_data", arrow=False)
    pen.wire([(2, bottom), (middle, bottom), (middle, product + 20)], "hidden")
    pen.wire([(middle + 42, product), (270, product), (270, bottom), (358, bottom)], "hidden")
    pen.box(middle - 42, product - 20, 84, 40, "rnn")
    pen.rows(middle, product - 7.5, ["one layer", "tanh"])
    for x, index in ((23.5, "t-1"), (336.5, "t")):
        pen.text(x, bottom - 15, f"$h_{{{index}}}$", size=TEXT)
        pen.rows(x, bottom + 15, ["hidden", "state"])
    pen.text(68, 158, "$x_t$", size=TEXT, anchor="start")
    pen.text(110, bottom + 14, "$[h_{t-1}, x_t]$", size=TEXT)
    return pen.done()


def _written(value) -> list[str]:
    """Each number to two places, with a true minus sign."""
    numbers = np.atleast_1d(np.asarray(value, dtype=float)).ravel()
    return [f"{number:.2f}".replace("-", "−") for number in numbers]


def _width(number: str) -> float:
    """How wide Matplotlib's own letters make a number of the small size."""
    return SMALL * sum({"−": 0.84, ".": 0.32}.get(sign, 0.64) for sign in number)


def _formula(runs) -> str:
    """A symbol of the geometry, as Matplotlib writes mathematics."""
    pieces = {"letter": "{}", "index": "_{{{}}}", "sign": "{}"}
    return f"${''.join(pieces[kind].format(text) for text, kind in runs)}$".replace("−", "-")


def lstm_cell(ax, highlight: str | None = None, values: Mapping[str, object] | None = None):
    """Draw one step of an LSTM; 5 by 3.85 inches suit, or 5 by 5.1 with four numbers a place.

    Parameters
    ----------
    highlight : str, optional
        The part that keeps its colour while the rest turns grey: "forget", "input",
        "candidate", "output", "cell" or "hidden".
    values : mapping, optional
        Numbers (one, or up to four) to write where they arise, to two places. Keys: "forget",
        "input", "candidate", "output", "cell", "hidden", "cell_before", "hidden_before",
        "input_data", "kept" (of the old cell state) and "added" (to it).

    Raises
    ------
    ValueError
        When the cell has no such part, or a value has no place.
    """
    if highlight is not None and highlight not in PARTS:
        raise ValueError(
            f"an LSTM cell has no part {highlight!r}; choose one of {', '.join(PARTS)}"
        )
    places = cell_geometry()["places"]
    if unknown := set(values or {}) - set(places):
        raise ValueError(f"no place for {sorted(unknown)}; there are {', '.join(sorted(places))}")
    said = {key: _written(value) for key, value in (values or {}).items()}
    for key, lines in said.items():
        if len(lines) > (most := places[key]["most"]):
            some = "1 value" if most == 1 else f"{most} values"
            raise ValueError(f"the drawing has room for {some} at {key!r}, not {len(lines)}")
    rows = max((len(lines) for key, lines in said.items() if not places[key]["row"]), default=0)
    cell = cell_geometry(rows)

    pen = _Pen(ax, cell["height"], highlight)
    pen.frame(**cell["frame"])
    for wire in cell["wires"]:
        pen.wire(wire["points"], wire["colour"], wire["parts"], wire["arrow"], wire["weight"])
    for box in cell["boxes"]:
        x, y, width, height = (box[key] for key in ("x", "y", "width", "height"))
        pen.box(x, y, width, height, box["colour"], box["parts"])
        pen.rows(x + width / 2, y + 12.5, box["lines"], box["parts"])
    for circle in cell["circles"]:
        x, y, radius = (circle[key] for key in ("x", "y", "r"))
        pen.operation(x, y, circle["sign"], circle["colour"], circle["parts"], radius)
    for symbol in cell["symbols"]:
        formula = _formula(symbol["runs"])
        pen.text(symbol["x"], symbol["y"], formula, symbol["parts"], TEXT, symbol["anchor"])
    for key, place in cell["places"].items():
        x, y, anchor, parts = (place[name] for name in ("x", "y", "anchor", "parts"))
        lines = said.get(key, place["words"])
        if place["row"] and lines:
            pen.text(x, y, "= " + ", ".join(lines), parts, SMALL, anchor)
            continue
        if key in said and place["on_wire"]:
            pen.gap(x, y, len(lines))
        if key in said and anchor == "middle":  # points stand under points
            x, anchor = x + max(map(_width, lines)) / 2, "end"
        pen.rows(x, y, lines, parts, SMALL, anchor)
    return pen.done()


def two_states(
    ax,
    steps: int = 3,
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
):
    """Draw LSTM cells in time, with both states between them; 5 by 2.75 inches suit.

    Parameters
    ----------
    steps : int
        How many time steps, from 2 to 5.
    inputs, outputs : sequence of str, optional
        What stands under and over each step; x_1, x_2, … and y_1, y_2, … without them.
    """
    half = 18 if steps > 3 else 26
    xs, long, short = _centres(steps, 39 + half, 321 - half, most=5), 76, 114
    below, above = _labels(inputs, steps, "x"), _labels(outputs, steps, "y")
    pen = _Pen(ax, 190)
    ends = [19, *xs, 340]
    for t in range(steps + 1):
        left = ends[t] + (half if t else 0)
        right = ends[t + 1] - (half if t < steps else 0)
        pen.wire([(left, long), (right, long)], "cell", weight="state")
        pen.wire([(left, short), (right, short)], "hidden")
    for t, x in enumerate(xs):
        pen.wire([(x, 164), (x, short + 18)], "input_data")
        pen.wire([(x, long - 18), (x, 28)], "hidden")
        pen.box(x - half, long - 18, 2 * half, short - long + 36, "lstm")
        pen.text(x, (long + short) / 2, "LSTM")
        pen.text(x, 176, below[t], size=TEXT if inputs is None else SMALL)
        pen.text(x, 14, above[t], size=TEXT if outputs is None else SMALL)
        if t:
            middle = (xs[t - 1] + x) / 2
            pen.text(middle, long - 18, f"$c_{{{t}}}$", size=TEXT)
            pen.text(middle, short + 18, f"$h_{{{t}}}$", size=TEXT)
    for x, t in ((9, 0), (351, steps)):
        pen.text(x, long, f"$c_{{{t}}}$", size=TEXT)
        pen.text(x, short, f"$h_{{{t}}}$", size=TEXT)
    return pen.done()


# Of each mapping: at which of its steps something is read, and at which something is said.
MAPPINGS = {
    "one to one": ((1,), (1,)),
    "one to many": ((1,), (1, 2, 3)),
    "many to one": ((1, 2, 3), (3,)),
    "many to many": ((1, 2, 3), (1, 2, 3)),
    "delayed": ((1, 2, 3), (4, 5)),
}


def five_mappings(ax):
    """Draw the five ways in which sequences go in and come out; 5 by 4.05 inches suit.

    They are those of `MAPPINGS`: read at some steps, with an arrow from below, and say at some.
    """
    pen = _Pen(ax, 291)
    for name, (left, middle) in zip(
        MAPPINGS, ((40, 76), (124, 76), (257, 76), (40, 226), (183, 226)), strict=True
    ):
        read, said = MAPPINGS[name]
        steps = max(read + said)
        xs = left + 37 * np.arange(steps)
        pen.text(xs.mean(), middle - 62, name, size=LABEL)
        for t, x in enumerate(xs, start=1):
            if t > 1:
                pen.wire([(x - 25, middle), (x - 12, middle)], "hidden")
            if t in read:
                pen.wire([(x, middle + 41), (x, middle + 14)], "input_data")
                pen.text(x, middle + 53, _numbered("x", read, t), size=TEXT)
            if t in said:
                pen.wire([(x, middle - 14), (x, middle - 34)], "hidden")
                pen.text(x, middle - 44, _numbered("y", said, t), size=TEXT)
            pen.box(x - 12, middle - 14, 24, 28, "lstm")
    return pen.done()


def _numbered(letter: str, steps: tuple, step: int) -> str:
    """The letter with the place that this step has among `steps`, without one if it is alone."""
    return f"${letter}_{{{steps.index(step) + 1}}}$" if len(steps) > 1 else f"${letter}$"


def gradient_highway(ax, steps: int = 5, rnn_factor: float = 0.6, forget: float = 0.95):
    """Draw how much of a gradient is left on its way back; 5 by 3.25 inches suit.

    Parameters
    ----------
    steps : int
        How many time steps, from 2 to 6.
    rnn_factor, forget : float
        What one step leaves of it: in the RNN (the size of W_hh and tanh' together) and on the
        LSTM's line of cell states (the forget gate).
    """
    xs, radius = _centres(steps, 24, 336, most=6), 15
    pen = _Pen(ax, 226)
    rows = (
        (
            18,
            "hidden",
            "h",
            rnn_factor,
            f"RNN, through W and tanh′: each step leaves {rnn_factor:g}",
        ),
        (134, "cell", "c", forget, f"LSTM, along the cell state: each step leaves {forget:g}"),
    )
    for top, key, letter, factor, title in rows:
        y = top + 50
        pen.text(4, top - 6, title, size=LABEL, anchor="start")
        for t, x in enumerate(xs):
            left = factor ** (steps - 1 - t)
            written = f"{left:.2f}" if left >= 0.005 else f"{left:.2g}"
            pen.text(x, y + 28, written)
            if t:
                ends = [(x - radius, y), (xs[t - 1] + radius, y)]
                pen.wire(ends, "gradient", weight=max(6 * left, 0.6))
                how = f"× {factor:g}" if key == "hidden" else f"× $f_{{{t + 1}}}$"
                size = SMALL if key == "hidden" else TEXT
                pen.text((x + xs[t - 1]) / 2, y - 22, how, size=size)
            pen.state(x, y, f"${letter}_{{{t + 1}}}$", key, radius)
    return pen.done()
