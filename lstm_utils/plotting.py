"""The book's Matplotlib style, its colours, and the three figures that recur."""

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
    """Keywords for `Axes.plot` that draw `name` as the whole book draws it.

    Parameters
    ----------
    name : str
        A key of `COLOURS`.
    marker : bool
        Whether to add the marker that belongs to the name.

    Returns
    -------
    dict
        `color`, `linestyle`, and `marker` when asked for.

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
    ax,
    histories: Mapping[str, Sequence[float]],
    *,
    x_label: str = "epoch",
    y_label: str = "loss",
    log: bool = True,
    first: int = 1,
    baseline: tuple[str, float] | None = None,
    styles: Mapping[str, str] | None = None,
    mark_best: bool = False,
):
    """Draw one curve for each named history.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    histories : mapping of label to values, shape (epochs,)
        A label that is, or begins with, a key of `COLOURS` ("validation", "LSTM, 30 units")
        takes that key's colour and line.
    x_label, y_label : str
    log : bool
        Whether the loss axis is logarithmic.
    first : int
        The epoch of the first value.
    baseline : (str, float), optional
        The label and height of a horizontal line, for instance a constant guess.
    styles : mapping of label to key of COLOURS, optional
        The style of a label whose first word is not a key.
    mark_best : bool
        Whether to ring the lowest point of each curve.

    Returns
    -------
    matplotlib.axes.Axes
    """
    for label, values in histories.items():
        values = np.asarray(values, dtype=float)
        epochs = np.arange(first, first + len(values))
        words = label.lower().replace(",", " ").split()
        key = (styles or {}).get(label, words[0] if words else "")
        (line,) = ax.plot(
            epochs, values, label=label, **(line_style(key) if key in COLOURS else {})
        )
        if mark_best and np.isfinite(values).any():
            best = int(np.nanargmin(values))
            ax.plot(
                epochs[best], values[best], "o", ms=9, mfc="none", mec=line.get_color(), mew=1.6
            )
    if baseline is not None:
        ax.axhline(baseline[1], label=baseline[0], linewidth=1.4, **line_style("baseline"))
    if log:
        ax.set_yscale("log")
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.set(xlabel=x_label, ylabel=y_label)
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
    annotate: str | None = None,
    max_ticks: int = 8,
):
    """Draw a matrix as colours, its first row at the top, with a labelled colour bar.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    matrix : array, shape (rows, columns)
    x_label, y_label, colour_label : str
    x_ticks, y_ticks : sequence, optional
        What the columns and rows stand for; at most `max_ticks` of them are written.
    log : bool
        Whether colour follows the logarithm; values at or below `vmin` take the lowest colour.
    centre : float, optional
        A value that is drawn white, with two hues for more and for less.
    vmin, vmax : float, optional
    annotate : str, optional
        A format such as ".2f" with which to write each value in its square.
    max_ticks : int

    Returns
    -------
    matplotlib.axes.Axes
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
    if annotate is not None:
        for (row, column), value in np.ndenumerate(matrix):
            red, green, blue, _ = image.cmap(norm(shown[row, column]))
            dark = 0.3 * red + 0.59 * green + 0.11 * blue < 0.5
            ink = "white" if dark else "black"
            ax.text(column, row, format(value, annotate), ha="center", va="center", color=ink)
    ax.grid(False)
    ax.set(xlabel=x_label, ylabel=y_label)
    ax.figure.colorbar(image, ax=ax, label=colour_label, pad=0.02)
    return ax


def gate_traces(
    axes,
    trace,
    batch_index: int = 0,
    *,
    names: Sequence[str] = ("forget", "input", "output", "cell", "hidden"),
    unit: int | None = None,
    marks: Sequence[int] = (),
    x_ticks: Sequence[str] | None = None,
):
    """Draw what the gates and states of an LSTM do along one sequence.

    Parameters
    ----------
    axes : one Axes or an array of them
        As many as `names`, one under another; or a single one, which then holds all names.
    trace : lstm_utils.cells.LSTMTrace
    batch_index : int
        Which sequence of the batch.
    names : sequence of str
        Any of "forget", "input", "candidate", "output", "cell", "hidden".
    unit : int, optional
        One hidden unit. Without it: each unit as a thin line, their mean as a thick one.
    marks : sequence of int
        Time steps (from 0) that a vertical line shows.
    x_ticks : sequence of str, optional
        A word under each time step.

    Returns
    -------
    The axes that were given.
    """
    each = np.atleast_1d(np.asarray(axes, dtype=object)).ravel()
    if len(each) not in (1, len(names)):
        raise ValueError(f"{len(names)} names need 1 or {len(names)} axes, not {len(each)}")
    for k, name in enumerate(names):
        attribute, title = _GATE_TITLES[name]
        values = np.asarray(getattr(trace, attribute))[batch_index]
        if name in ("cell", "hidden"):
            values = values[1:]  # the first is the initial state, before any input
        steps = np.arange(len(values))
        ax = each[min(k, len(each) - 1)]
        if unit is None:
            if len(each) > 1:
                ax.plot(steps, values, color=COLOURS[name], linestyle="-", lw=0.6, alpha=0.35)
            values = values.mean(axis=1)
        else:
            values = values[:, unit]
        look = line_style(name, marker=len(steps) <= 20)
        if len(each) > 1:
            look["linestyle"] = "-"  # its own panel tells it apart
        ax.plot(steps, values, label=title, **look)
        if len(each) > 1:
            ax.set_ylabel(title.replace(" ", "\n", 1), rotation=0, ha="right", va="center")
        if name not in ("candidate", "cell", "hidden"):
            ax.set_ylim(-0.05, 1.05)
    if len(each) == 1:
        each[0].set_ylim(auto=True)
        each[0].set_ylabel("value")
        each[0].legend()
    for ax in each:
        for mark in marks:
            ax.axvline(mark, color=COLOURS["baseline"], lw=1.2, ls=(0, (2, 2)))
        if x_ticks is not None:
            ax.set_xticks(range(len(x_ticks)), x_ticks)
        ax.tick_params(labelbottom=ax is each[-1])
    each[-1].set_xlabel("time step" if x_ticks is None else "")
    return axes
