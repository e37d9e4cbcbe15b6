"""The book's drawn figures: networks in time, the two cells, and the way a gradient takes back.

Each function draws into an Axes of any size and returns it. All share one canvas, 14 units wide,
so that a figure 7 inches wide has text of 8 points and more; the height that suits is in each
docstring. Boxes are layers with weights, circles are operations without, lines are vectors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path

from .plotting import COLOURS

WIDTH = 14.0
PARTS = ("forget", "input", "candidate", "output", "cell", "hidden")
INK, FADED = "#222222", "#C9C9C9"


def _tint(colour: str) -> tuple[float, ...]:
    """The colour mixed with four parts of white: a ground for dark letters."""
    return tuple(0.2 * channel + 0.8 for channel in to_rgb(colour))


class _Pen:
    """Draws one canvas; what does not belong to the highlighted part comes out grey."""

    def __init__(self, ax, height: float, highlight: str | None = None):
        self.ax, self.highlight, self.sized = ax, highlight, []
        ax.set(xlim=(0, WIDTH), ylim=(0, height), aspect="equal")
        ax.set_axis_off()

    def _lit(self, part: str) -> bool:
        return self.highlight is None or self.highlight in part.split()

    def wire(self, points, key: str, part: str = "", arrow: bool = True, width=1.8, style="-"):
        """A line through `points` with round corners, and an arrow head at its end."""
        points = np.asarray(points, dtype=float)
        vertices, codes = [points[0]], [Path.MOVETO]
        for before, corner, after in zip(points, points[1:], points[2:], strict=False):
            for neighbour, code in ((before, Path.LINETO), (after, Path.CURVE3)):
                way = neighbour - corner
                if code == Path.CURVE3:
                    vertices.append(corner)
                    codes.append(Path.CURVE3)
                vertices.append(corner + way * min(0.25 / np.hypot(*way), 0.5))
                codes.append(code)
        path = Path([*vertices, points[-1]], [*codes, Path.LINETO])
        colour = COLOURS.get(key, key) if self._lit(part) else FADED
        head = "-|>" if arrow else "-"
        line = FancyArrowPatch(
            path=path, arrowstyle=head, color=colour, linestyle=style, zorder=2, capstyle="butt"
        )
        line.set_gid(part)
        self.ax.add_patch(line)
        self.sized += [(line.set_linewidth, width), (line.set_mutation_scale, 10.5 + 1.5 * width)]

    def box(self, x, y, width, height, text, key: str, part: str = "", size=11.0):
        """A layer, centred on (x, y)."""
        lit = self._lit(part)
        shape = FancyBboxPatch(
            (x - width / 2, y - height / 2),
            width,
            height,
            boxstyle="round,pad=0,rounding_size=0.15",
            facecolor=_tint(COLOURS[key]) if lit else "#F7F7F7",
            edgecolor=COLOURS[key] if lit else FADED,
            zorder=3,
        )
        shape.set_gid(part)
        self.ax.add_patch(shape)
        self.sized.append((shape.set_linewidth, 1.8))
        self.text(x, y, text, part, size=size)

    def operation(self, x, y, symbol: str, key: str, part: str = "", radius=0.36):
        """A circle with the sign of an operation in it."""
        colour = COLOURS[key] if self._lit(part) else FADED
        shape = Circle((x, y), radius, facecolor="white", edgecolor=colour, zorder=4)
        shape.set_gid(part)
        self.ax.add_patch(shape)
        self.sized.append((shape.set_linewidth, 1.8))
        self.text(x, y, symbol, part, size=13 if len(symbol) == 1 else 8.5)

    def text(self, x, y, text, part="", size=11.0, ha="center", va="center", colour=INK, **more):
        letters = self.ax.text(
            x, y, text, ha=ha, va=va, color=colour if self._lit(part) else "#A5A5A5", **more
        )
        letters.set(zorder=6, gid=part)
        self.sized.append((letters.set_fontsize, size))

    def frame(self, left, bottom, right, top):
        """The outline of a cell."""
        shape = FancyBboxPatch(
            (left, bottom),
            right - left,
            top - bottom,
            boxstyle="round,pad=0,rounding_size=0.3",
            facecolor="#FAFAF8",
            edgecolor="#B5B5B5",
            linewidth=1,
            zorder=1,
        )
        self.ax.add_patch(shape)

    def done(self):
        """Give letters and lines the size that the Axes, laid out, has room for."""
        self.ax.figure.draw_without_rendering()
        (x0, _), (x1, _) = self.ax.transData.transform([(0, 0), (WIDTH, 0)])
        scale = (x1 - x0) / self.ax.figure.dpi / 7.0
        for set_size, size in self.sized:
            set_size(size * scale)
        return self.ax


def _centres(steps: int, left: float, right: float) -> np.ndarray:
    if steps < 2:
        raise ValueError(f"a sequence in time needs at least 2 steps, not {steps}")
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
    """Draw a recurrent network unrolled in time; a figure of 7 by 2.9 inches suits.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    steps : int
        How many time steps, from 2 to 6.
    gradient : bool
        Whether to draw the way of the last error's derivative back through time.
    inputs, outputs : sequence of str, optional
        What stands under and over each step; x_1, x_2, … and E_1, E_2, … without them.

    Returns
    -------
    matplotlib.axes.Axes
    """
    pen = _Pen(ax, 5.8)
    xs, y = _centres(steps, 2.2, 12.2), 2.9
    half = 0.75
    below, above = _labels(inputs, steps, "x"), _labels(outputs, steps, "E")
    edges = [0.3, *xs, WIDTH]
    for t, x in enumerate(xs):
        pen.box(x, y, 2 * half, 1.1, f"$h_{{{t + 1}}}$", "rnn", size=13)
        pen.text(x, 0.4, below[t], size=11)
        pen.text(x, 5.45, above[t], size=11)
        pen.wire([(x, 0.75), (x, y - 0.58)], "input_data")
        pen.wire([(x, y + 0.58), (x, 5.1)], "hidden")
        start = 0.9 if t == 0 else edges[t] + half
        pen.wire([(start, y), (x - half - 0.03, y)], "rnn")
        pen.text(x + 0.16, 1.5, "$W_{xh}$", size=9.5, ha="left")
        if t:
            pen.text((start + x - half) / 2, y + 0.36, "$W_{hh}$", size=9.5)
    pen.text(0.5, y, "$h_0$")
    if gradient:
        pen.wire([(xs[-1] + 0.32, 5.1), (xs[-1] + 0.32, y + 0.6)], "gradient", style=(0, (4, 2)))
        for before, x in pairwise(xs):
            ends = [(x - half, y - 0.34), (before + half + 0.03, y - 0.34)]
            pen.wire(ends, "gradient", style=(0, (4, 2)))
        last = steps
        pen.text(
            xs[-1] + 0.45,
            4.35,
            rf"$\partial E_{{{last}}}/\partial h_{{{last}}}$",
            size=9,
            ha="left",
        )
    return pen.done()


def jacobian_chain(ax, steps: int = 4):
    """Draw hidden states in a row and the Jacobian on each way back; 7 by 1.7 inches suit.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    steps : int
        How many Jacobians, from 2 to 5.

    Returns
    -------
    matplotlib.axes.Axes
    """
    pen = _Pen(ax, 3.4)
    xs, y = _centres(steps + 1, 0.9, 12.4), 2.3
    for k, x in enumerate(xs):
        pen.operation(x, y, f"$h_{{{k}}}$", "hidden", radius=0.5)
    for k, (before, x) in enumerate(pairwise(xs), start=1):
        pen.wire([(before + 0.55, y + 0.18), (x - 0.55, y + 0.18)], "rnn")
        pen.wire([(x - 0.55, y - 0.2), (before + 0.55, y - 0.2)], "gradient", style=(0, (4, 2)))
        fraction = rf"$\partial h_{{{k}}}/\partial h_{{{k - 1}}}$"
        pen.text((before + x) / 2, y - 0.65, fraction, size=9.5)
        pen.text((before + x) / 2, y + 0.55, "$W_{hh}$", size=9.5)
    pen.wire([(xs[-1] + 0.5, y), (13.35, y)], "hidden")
    pen.text(13.65, y, rf"$E_{{{steps}}}$", size=10)
    factors = "".join(
        rf"\frac{{\partial h_{{{k}}}}}{{\partial h_{{{k - 1}}}}}\;" for k in range(steps, 0, -1)
    )
    product = rf"$\frac{{\partial h_{{{steps}}}}}{{\partial h_0}} = {factors}$"
    pen.text(WIDTH / 2, 0.6, product, size=14)
    return pen.done()


def rnn_cell(ax):
    """Draw one step of a plain recurrent network, in the LSTM's frame; 7 by 2.4 inches suit.

    Parameters
    ----------
    ax : matplotlib.axes.Axes

    Returns
    -------
    matplotlib.axes.Axes
    """
    pen = _Pen(ax, 4.8)
    pen.frame(1.7, 1.15, 12.3, 4.5)
    y = 2.0
    pen.wire([(0.2, y), (6.6, y), (6.6, 2.62)], "hidden")
    pen.wire([(2.1, 0.15), (2.1, y), (2.36, y)], "input_data", arrow=False)
    pen.box(6.6, 3.15, 3.0, 1.0, "one layer\n$\\tanh$", "rnn")
    pen.wire([(8.13, 3.15), (11.2, 3.15), (11.2, y), (13.8, y)], "hidden")
    pen.text(0.85, y + 0.4, "$h_{t-1}$")
    pen.text(0.85, y - 0.55, "hidden\nstate", size=8.5)
    pen.text(13.15, y + 0.4, "$h_t$")
    pen.text(13.15, y - 0.55, "output,\nstate", size=8.5)
    pen.text(2.4, 0.5, "$x_t$", ha="left")
    pen.text(4.4, y + 0.38, "$[h_{t-1},\\, x_t]$")
    return pen.done()


def _written(value, digits: int) -> str:
    """One number, or a column of them, with a true minus sign."""
    numbers = np.atleast_1d(np.asarray(value, dtype=float)).ravel()
    if len(numbers) > 4:
        raise ValueError(f"the drawing has room for 4 values at a place, not {len(numbers)}")
    return "\n".join(f"{number:.{digits}f}".replace("-", "−") for number in numbers)


def lstm_cell(
    ax, highlight: str | None = None, values: Mapping[str, object] | None = None, digits: int = 2
):
    """Draw one step of an LSTM; a figure of 7 by 4 inches suits.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    highlight : str, optional
        The part that keeps its colour while the rest turns grey: "forget", "input",
        "candidate", "output", "cell" or "hidden".
    values : mapping, optional
        Numbers (one, or up to four) to write where they arise. Keys: "forget", "input",
        "candidate", "output", "cell", "hidden", "cell_before", "hidden_before", "input_data".
    digits : int
        Decimal places of the numbers.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        When the cell has no such part, or a value has no place.
    """
    if highlight is not None and highlight not in PARTS:
        raise ValueError(
            f"an LSTM cell has no part {highlight!r}; choose one of {', '.join(PARTS)}"
        )
    places = {*PARTS, "cell_before", "hidden_before", "input_data"}
    if unknown := set(values or {}) - places:
        raise ValueError(f"no place for {sorted(unknown)}; there are {', '.join(sorted(places))}")
    said = {key: _written(value, digits) for key, value in (values or {}).items()}

    pen = _Pen(ax, 8.0, highlight)
    pen.frame(1.7, 1.35, 12.3, 7.75)
    top, bottom = 6.95, 2.0
    at = {"forget": 3.2, "input": 5.5, "candidate": 7.8, "output": 10.1}
    out = 11.6

    # the two states, and the input that joins the lower one
    pen.wire([(0.2, top), (13.8, top)], "cell", "cell forget input candidate", width=3.2)
    gates = "forget input candidate output hidden"
    turn = (at["candidate"], bottom)
    pen.wire([(2.1, 0.15), (2.1, bottom), (2.36, bottom)], "input_data", gates, arrow=False)
    pen.wire([(0.2, bottom), turn], "hidden", gates, arrow=False)
    pen.wire([turn, (at["output"], bottom), (at["output"], 2.72)], "hidden", "output")
    pen.text(5.5, bottom - 0.36, "$[h_{t-1},\\, x_t]$", gates, size=10)

    # four layers side by side
    names = {
        "forget": "$\\sigma$",
        "input": "$\\sigma$",
        "candidate": "$\\tanh$",
        "output": "$\\sigma$",
    }
    for key, x in at.items():
        if key != "output":
            pen.wire([(x, bottom), (x, 2.72)], "hidden", key)
        pen.box(x, 3.25, 1.8, 1.0, f"{key}\n{names[key]}", key, key, size=9.5)
    letters = {"forget": "$f_t$", "input": "$i_t$", "candidate": "$g_t$", "output": "$o_t$"}
    for key, x in at.items():
        label = letters[key] + ("\n" + said[key] if key in said else "")
        side = 1 if key in ("forget", "candidate") else -1
        pen.text(
            x + 0.17 * side,
            3.87,
            label,
            key,
            size=9.5,
            ha="left" if side > 0 else "right",
            va="bottom",
            linespacing=1.05,
        )

    # what they do to the cell state, and what is let out
    product, last = 5.75, 4.6
    pen.wire([(at["forget"], 3.78), (at["forget"], top - 0.38)], "forget", "forget")
    pen.wire(
        [(at["input"], 3.78), (at["input"], product), (at["candidate"] - 0.38, product)],
        "input",
        "input",
    )
    pen.wire([(at["candidate"], 3.78), (at["candidate"], product - 0.38)], "candidate", "candidate")
    pen.wire(
        [(at["candidate"], product + 0.3), (at["candidate"], top - 0.38)],
        "cell",
        "input candidate cell",
    )
    pen.wire([(at["output"], 3.78), (at["output"], last), (out - 0.38, last)], "output", "output")
    pen.wire([(out, top), (out, last + 0.38)], "cell", "output hidden")
    pen.wire([(out, last - 0.3), (out, bottom), (13.8, bottom)], "hidden", "output hidden")
    pen.operation(at["forget"], top, "×", "cell", "forget cell")
    pen.operation(at["candidate"], top, "+", "cell", "input candidate cell")
    pen.operation(at["candidate"], product, "×", "cell", "input candidate")
    pen.operation(out, 5.95, "tanh", "cell", "output hidden", radius=0.44)
    pen.operation(out, last, "×", "hidden", "output hidden")

    # the ends
    for x, y, label, key, name, part in (
        (0.85, top, "$c_{t-1}$", "cell_before", "cell\nstate", "cell forget"),
        (13.15, top, "$c_t$", "cell", "cell\nstate", "cell input candidate"),
        (0.85, bottom, "$h_{t-1}$", "hidden_before", "hidden\nstate", gates),
        (13.15, bottom, "$h_t$", "hidden", "output,\nstate", "hidden output"),
    ):
        pen.text(x, y + 0.42, label, part)
        pen.text(x, y - 0.22, said.get(key, name), part, size=8.5, va="top")
    x_label = "$x_t$" + (f" = {said['input_data']}" if "input_data" in said else "")
    pen.text(2.4, 0.5, x_label.replace("\n", ", "), gates, ha="left")
    return pen.done()


def two_states(
    ax,
    steps: int = 3,
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
):
    """Draw LSTM cells in time, with both states between them; 7 by 2.8 inches suit.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    steps : int
        How many time steps, from 2 to 6.
    inputs, outputs : sequence of str, optional
        What stands under and over each step; x_1, x_2, … and y_1, y_2, … without them.

    Returns
    -------
    matplotlib.axes.Axes
    """
    pen = _Pen(ax, 5.6)
    xs, long, short = _centres(steps, 2.6, 11.6), 3.3, 2.2
    half = min(0.95, 3.2 / steps)
    below, above = _labels(inputs, steps, "x"), _labels(outputs, steps, "y")
    ends = [0.85, *xs, 13.15]
    for t in range(steps + 1):
        left = ends[t] + (half if t else 0)
        right = ends[t + 1] - (half + 0.03 if t < steps else 0)
        pen.wire([(left, long), (right, long)], "cell", "cell", width=3.2)
        pen.wire([(left, short), (right, short)], "hidden", "hidden", style=(0, (5, 1.5)))
    for t, x in enumerate(xs):
        pen.box(x, (long + short) / 2, 2 * half, 2.1, "LSTM", "lstm", size=9.5)
        pen.text(x, 0.4, below[t])
        pen.text(x, 5.25, above[t])
        pen.wire([(x, 0.75), (x, 1.67)], "input_data")
        pen.wire([(x, 3.83), (x, 4.9)], "hidden", style=(0, (5, 1.5)))
        if t:
            middle = (xs[t - 1] + x) / 2
            pen.text(middle, long + 0.38, f"$c_{{{t}}}$", size=10)
            pen.text(middle, short - 0.42, f"$h_{{{t}}}$", size=10)
    for x, t in ((0.45, 0), (13.55, steps)):
        pen.text(x, long, f"$c_{{{t}}}$", size=10)
        pen.text(x, short, f"$h_{{{t}}}$", size=10)
    return pen.done()


def gradient_highway(ax, steps: int = 5, rnn_factor: float = 0.6, forget: float = 0.95):
    """Draw how much of a gradient is left on its way back; 7 by 3.4 inches suit.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    steps : int
        How many time steps, from 2 to 6.
    rnn_factor, forget : float
        What one step leaves of it: in the RNN (the size of W_hh and tanh' together) and on the
        LSTM's line of cell states (the forget gate).

    Returns
    -------
    matplotlib.axes.Axes
    """
    pen = _Pen(ax, 6.8)
    xs = _centres(steps, 1.7, 12.6)
    gap = xs[1] - xs[0]
    half = min(0.6, 0.28 * gap)
    for y, key, factor, symbol in ((4.9, "rnn", rnn_factor, "h"), (1.6, "lstm", forget, "c")):
        for t, x in enumerate(xs):
            left = factor ** (steps - 1 - t)
            pen.box(x, y, 2 * half, 0.95, f"${symbol}_{{{t + 1}}}$", key)
            written = f"{left:.2f}" if left >= 0.005 else f"{left:.2g}"
            pen.text(x, y - 0.85, written, size=9.5)
            if t:
                ends = [(x - half, y), (xs[t - 1] + half + 0.03, y)]
                width = max(6 * left, 0.5)
                pen.wire(ends, "gradient", width=width)
                middle = (x + xs[t - 1]) / 2
                how = "$W_{hh},\\ \\tanh^\\prime$" if key == "rnn" else f"× $f_{{{t + 1}}}$"
                pen.text(middle, y + 0.75, how, size=8.5)
    pen.text(0.2, 6.45, f"RNN: each step back leaves {rnn_factor:g} of the gradient", ha="left")
    pen.text(0.2, 3.1, f"LSTM, along the cell state: each step leaves {forget:g}", ha="left")
    return pen.done()
