"""The book's Matplotlib style, its colours, and three figures that recur, drawn into given axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from cycler import cycler
from matplotlib.colors import LogNorm, TwoSlopeNorm

# The parts of a cell (first eight) differ in lightness as well as hue, so that they stay apart
# for a deuteranope and in grey print; so do the models, the curves of a training run, and the four
# for whatever else a figure shows: a function that is drawn, and up to three things compared.
# A part's colour stands for nothing but that part. tests/package/test_plotting.py measures it.
COLOURS = {
    "forget": "#C24800",
    "input": "#0D9457",
    "candidate": "#F2BD2C",
    "output": "#943574",
    "cell": "#003A75",
    "hidden": "#69B7E6",
    "gradient": "#3D0C2B",
    "input_data": "#9C9A9A",
    "rnn": "#7A4A36",
    "lstm": "#2D74C4",
    "gru": "#52ADA0",
    "train": "#1F4E9C",
    "validation": "#DF7A00",
    "baseline": "#6E6E6E",
    "curve": "#8267CD",
    "first": "#17585F",
    "second": "#596702",
    "third": "#D27A8F",
}

# The same names where the ground is dark (the live figures: #14181E): hues kept, lightness turned.
COLOURS_ON_DARK = {
    "forget": "#E2894D",
    "input": "#45DE96",
    "candidate": "#F5D453",
    "output": "#AC469B",
    "cell": "#6B76D2",
    "hidden": "#5DBEEA",
    "gradient": "#FCDFFF",
    "input_data": "#918E8E",
    "rnn": "#B48573",
    "lstm": "#6FA8FF",
    "gru": "#8AD8CC",
    "train": "#5F86DD",
    "validation": "#F5B555",
    "baseline": "#A3A3A3",
    "curve": "#B582E0",
    "first": "#3B8888",
    "second": "#B4CF58",
    "third": "#F09BB0",
}

# One scale of letters and one of lines, in pixels at the size at which a figure is meant to be
# seen. A figure 7 inches wide fills the page's column of 700 pixels: there a pixel is 0.72 points.
# A drawing's canvas is 360 units wide (diagrams.py), a unit being a pixel on a phone.
TYPE_SCALE = {"small": 12.0, "label": 13.2, "text": 14.6, "title": 16.0}
LINE_WEIGHTS = {"hair": 1.0, "wire": 2.0, "curve": 2.5, "state": 3.6}
POINTS = 0.72

# Colour never stands alone: each name has a line style and a marker of its own too.
_LINES = {
    "forget": ("-", "o"),
    "input": ("--", "s"),
    "candidate": ("-.", "D"),
    "output": (":", "^"),
    "cell": ("-", "P"),
    "hidden": ("--", "v"),
    "gradient": ("-", "X"),
    "input_data": ("-", "."),
    "rnn": ("--", "s"),
    "lstm": ("-", "o"),
    "gru": ("-.", "^"),
    "train": ("-", "o"),
    "validation": ("--", "s"),
    "baseline": (":", "D"),
    "curve": ("-", "."),
    "first": ("-", "o"),
    "second": ("--", "s"),
    "third": ("-.", "^"),
}

_GATE_TITLES = {
    "forget": ("f", "forget gate f"),
    "input": ("i", "input gate i"),
    "candidate": ("g", "candidate g"),
    "output": ("o", "output gate o"),
    "cell": ("c", "cell state c"),
    "hidden": ("h", "hidden state h"),
}


def use_book_style() -> None:
    """Set Matplotlib's defaults for every figure of the book."""
    size = {name: POINTS * pixels for name, pixels in TYPE_SCALE.items()}
    weight = {name: POINTS * pixels for name, pixels in LINE_WEIGHTS.items()}
    mpl.rcParams.update(
        {
            "figure.figsize": (7.0, 3.6),  # the page's column is about 700 px wide
            "figure.dpi": 150,  # crisp on a dense screen, small as a file
            "savefig.dpi": 150,
            "savefig.pad_inches": 0.04,  # a phone's width is for the figure
            "figure.facecolor": "white",  # legible on the dark theme too
            "savefig.facecolor": "white",
            "figure.constrained_layout.use": True,
            "font.size": size["text"],
            "axes.titlesize": size["title"],
            "axes.labelsize": size["text"],
            "xtick.labelsize": size["label"],
            "ytick.labelsize": size["label"],
            "legend.fontsize": size["label"],
            "legend.frameon": False,
            "axes.edgecolor": "#777777",
            "axes.linewidth": weight["hair"],
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.color": "#E3E3E3",
            "grid.linewidth": weight["hair"],
            "xtick.color": "#444444",
            "ytick.color": "#444444",
            "lines.linewidth": weight["curve"],
            "lines.markersize": 5,
            "image.cmap": "cividis",
            "axes.prop_cycle": cycler(
                color=[COLOURS[k] for k in ("first", "second", "third", "curve", "baseline")],
                linestyle=["-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1))],
            ),
        }
    )


def line_style(name: str, marker: bool = False) -> dict:
    """Keywords for `Axes.plot` that draw `name`, a key of `COLOURS`, as the whole book draws it.

    Raises
    ------
    KeyError
        When `COLOURS` has no such name.
    """
    if name not in COLOURS:
        raise KeyError(f"no colour for {name!r}; there are: {', '.join(COLOURS)}")
    style, symbol = _LINES[name]
    return {"color": COLOURS[name], "linestyle": style} | ({"marker": symbol} if marker else {})


def loss_curves(
    ax, histories: Mapping[str, Sequence[float]], y_label: str = "loss", mark_best: bool = False
):
    """Draw one curve for each named history, from epoch 1 on.

    Parameters
    ----------
    histories : mapping of label to values, shape (epochs,)
        A label that begins with a key of `COLOURS` ("validation (held out)") takes that key's
        colour and line.
    y_label : str
    mark_best : bool
        Whether to ring the lowest point of each curve.
    """
    for label, values in histories.items():
        epochs, key = range(1, len(values) + 1), label.split()[0]
        look = line_style(key) if key in COLOURS else {}
        (line,) = ax.plot(epochs, values, label=label, **look)
        if mark_best:
            best, ring = int(np.nanargmin(values)), {"mec": line.get_color(), "mew": 1.6}
            ax.plot(epochs[best], values[best], "o", ms=9, mfc="none", **ring)
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.set(xlabel="epoch", ylabel=y_label)
    ax.legend()
    return ax


def heat_map(
    ax,
    matrix,
    x_label: str,
    y_label: str,
    colour_label: str,
    *,
    x_ticks: Sequence | None = None,
    y_ticks: Sequence | None = None,
    log: bool = False,
    centre: float | None = None,
    vmin: float | None = None,
    vmax: float | None = None,
    max_ticks: int = 8,
):
    """Draw a matrix as colours, its first row at the top, with a labelled colour bar.

    Parameters
    ----------
    matrix : array, shape (rows, columns)
    x_label, y_label, colour_label : str
    x_ticks, y_ticks : sequence, optional
        What the columns and rows stand for; at most `max_ticks` of them are written.
    log : bool
        Whether colour follows the logarithm; values at or below `vmin` take the lowest colour.
    centre : float, optional
        A value that is drawn white, with two hues for more and for less.
    vmin, vmax : float, optional
    max_ticks : int
    """
    matrix = np.asarray(matrix, dtype=float)
    finite = matrix[np.isfinite(matrix) & (matrix > 0 if log else True)]
    low = finite.min() if vmin is None else vmin
    high = finite.max() if vmax is None else vmax
    high = high if high > low else low + 1.0
    norm = mpl.colors.Normalize(low, high)
    if log:
        norm = LogNorm(low, high, clip=True)
    elif centre is not None:
        reach = max(high - centre, centre - low)
        norm = TwoSlopeNorm(centre, centre - reach, centre + reach)
    shown = np.maximum(matrix, low) if log else matrix
    colours = "PuOr" if centre is not None else "cividis"
    image = ax.imshow(shown, aspect="auto", norm=norm, cmap=colours, interpolation="nearest")
    for axis, ticks, n in ((ax.xaxis, x_ticks, matrix.shape[1]), (ax.yaxis, y_ticks, len(matrix))):
        if ticks is not None:
            where = np.arange(0, n, max(1, -(-n // max_ticks)))
            axis.set_ticks(where, [str(ticks[k]) for k in where])
        else:
            axis.get_major_locator().set_params(integer=True)
    ax.grid(False)
    ax.set(xlabel=x_label, ylabel=y_label)
    ax.figure.colorbar(image, ax=ax, label=colour_label, pad=0.02)
    return ax


def gate_traces(
    axes, trace, batch_index: int = 0, *, names: Sequence[str], unit: int, marks: Sequence[int] = ()
):
    """Draw what gates and states of one hidden unit do along one sequence, a panel each.

    Parameters
    ----------
    axes : array of matplotlib.axes.Axes
        As many as `names`, one under another.
    trace : lstm_utils.cells.LSTMTrace
    batch_index : int
        Which sequence of the batch.
    names : sequence of str
        Any of "forget", "input", "candidate", "output", "cell", "hidden".
    unit : int
    marks : sequence of int
        Time steps (from 0) that a vertical line shows.
    """
    for ax, name in zip(axes, names, strict=True):
        attribute, title = _GATE_TITLES[name]
        values = np.asarray(getattr(trace, attribute))[batch_index, :, unit]
        if name in ("cell", "hidden"):
            values = values[1:]  # the first is the initial state, before any input
        look = line_style(name, marker=len(values) <= 20) | {"linestyle": "-"}
        ax.plot(np.arange(len(values)), values, label=title, **look)
        ax.set_ylabel(title.replace(" ", "\n", 1), rotation=0, ha="right", va="center")
        if name not in ("candidate", "cell", "hidden"):
            ax.set_ylim(-0.05, 1.05)
        for mark in marks:
            ax.axvline(mark, color=COLOURS["baseline"], lw=1.2, ls=(0, (2, 2)))
        ax.tick_params(labelbottom=ax is axes[-1])
    axes[-1].set_xlabel("time step")
    return axes
