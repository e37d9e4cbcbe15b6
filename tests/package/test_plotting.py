"""The book's figures: colours that survive colour blindness and grey print, axes that are named."""

import itertools
import warnings
from types import SimpleNamespace

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pytest

from lstm_utils.plotting import (
    COLOURS,
    COLOURS_ON_DARK,
    LINE_WEIGHTS,
    POINTS,
    TYPE_SCALE,
    gate_traces,
    heat_map,
    line_style,
    loss_curves,
    use_book_style,
)

CELL = ["forget", "input", "candidate", "output", "cell", "hidden", "gradient", "input_data"]
SERIES = ["curve", "first", "second", "third"]
TOGETHER = [
    CELL,
    ["rnn", "lstm", "gru"],
    ["train", "validation", "baseline"],
    [*SERIES, "gradient"],
]
PAIRS = [pair for group in TOGETHER for pair in itertools.combinations(group, 2)]
DARK_GROUND = "#14181E"  # the site's dark theme (pydata-sphinx-theme 0.17), and the live figures'
PALETTES = pytest.mark.parametrize("palette", [COLOURS, COLOURS_ON_DARK], ids=["light", "dark"])

# linear RGB -> XYZ (IEC 61966-2-1), and the same for a deuteranope (Machado et al. 2009, table 1)
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
DEUTERANOPE = np.array(
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]
)


@pytest.fixture(autouse=True)
def _fresh_style():
    with mpl.rc_context(), warnings.catch_warnings():
        warnings.simplefilter("error")
        use_book_style()
        yield
        plt.close("all")


def linear(colour):
    rgb = np.array(mpl.colors.to_rgb(colour))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    """CIE L*a*b* under D65 of a linear RGB colour."""
    x, y, z = TO_XYZ @ np.clip(rgb, 0, 1) / np.array([0.9505, 1.0, 1.089])
    x, y, z = (
        np.cbrt(v) if v > (6 / 29) ** 3 else v / (3 * (6 / 29) ** 2) + 4 / 29 for v in (x, y, z)
    )
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def luminance(colour):
    return float(TO_XYZ[1] @ linear(colour))


def contrast(one, other):
    """Contrast ratio of WCAG 2.2, from 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@PALETTES
def test_colours_drawn_together_differ_for_a_deuteranope(palette):
    seen = {name: lab(DEUTERANOPE @ linear(colour)) for name, colour in palette.items()}
    assert not [(a, b) for a, b in PAIRS if np.linalg.norm(seen[a] - seen[b]) < 20]


@PALETTES
def test_colours_drawn_together_differ_in_grey_print(palette):
    lightness = {name: lab(linear(colour))[0] for name, colour in palette.items()}
    assert not [(a, b) for a, b in PAIRS if abs(lightness[a] - lightness[b]) < 6]


@PALETTES
def test_what_is_no_part_of_a_cell_has_no_parts_colour(palette):
    seen = {name: lab(linear(colour)) for name, colour in palette.items()}
    pairs = itertools.product(["rnn", "lstm", "gru", *SERIES], CELL)
    assert not [(a, part) for a, part in pairs if np.linalg.norm(seen[a] - seen[part]) < 18]


def test_a_line_on_the_dark_ground_has_a_contrast_of_3():
    assert not [k for k, colour in COLOURS_ON_DARK.items() if contrast(colour, DARK_GROUND) < 3]


def test_each_colour_has_a_variant_for_the_dark_ground():
    assert list(COLOURS) == list(COLOURS_ON_DARK)


def test_the_contrast_is_that_of_wcag():
    assert contrast("#FFFFFF", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.005)  # WebAIM's example


def test_the_colour_test_knows_red_and_green_are_confused():
    red, green = "#C4383A", "#6F7D1C"
    plain = np.linalg.norm(lab(linear(red)) - lab(linear(green)))
    blind = np.linalg.norm(lab(DEUTERANOPE @ linear(red)) - lab(DEUTERANOPE @ linear(green)))
    assert plain > 60 > 20 > blind


@pytest.mark.parametrize("group", TOGETHER, ids=lambda group: group[0])
def test_lines_drawn_together_differ_without_colour(group):
    lines = [line_style(name, marker=True) for name in group]
    assert len({(line["linestyle"], line["marker"]) for line in lines}) == len(group)


def test_an_unknown_name_is_refused_with_the_names_there_are():
    with pytest.raises(KeyError, match=r"no colour for 'forgot'; there are: forget, input"):
        line_style("forgot")


def test_charts_take_their_letters_and_lines_from_the_books_scales():
    # A figure 7 inches wide is 504 points, and fills a column of 700 pixels.
    assert pytest.approx(7 * 72 / 700) == POINTS
    assert mpl.rcParams["figure.figsize"][0] <= 7.0
    assert mpl.rcParams["figure.facecolor"] == "white"
    sizes = {mpl.rcParams[f"{part}.labelsize"] for part in ("xtick", "ytick", "axes")}
    assert sizes | {mpl.rcParams["font.size"]} <= {POINTS * size for size in TYPE_SCALE.values()}
    for line in ("axes.linewidth", "grid.linewidth", "lines.linewidth"):
        assert mpl.rcParams[line] in {POINTS * weight for weight in LINE_WEIGHTS.values()}


def test_a_curve_without_a_name_takes_no_parts_colour():
    parts = {COLOURS[part] for part in CELL}
    cycle = mpl.rcParams["axes.prop_cycle"].by_key()
    assert not parts & set(cycle["color"])
    assert len(set(map(str, cycle["linestyle"]))) == len(cycle["color"])


def test_both_scales_rise_in_steps_that_can_be_seen():
    for scale, least in ((TYPE_SCALE, 1.09), (LINE_WEIGHTS, 1.2)):
        assert all(b / a >= least for a, b in itertools.pairwise(scale.values()))


def test_loss_curves_take_the_books_colours_and_name_their_axes():
    _, ax = plt.subplots()
    histories = {"train": [1, 0.5, 0.2], "validation": [1, 0.6, 0.7], "my own": [2, 2, 2]}
    assert loss_curves(ax, histories, y_label="loss (nats)", mark_best=True) is ax
    by_label = {line.get_label(): line for line in ax.lines}
    assert by_label["train"].get_color() == COLOURS["train"]
    assert by_label["validation"].get_linestyle() == "--"
    assert list(by_label["train"].get_xdata()) == [1, 2, 3]
    rings = [line for line in ax.lines if line.get_markerfacecolor() == "none"]
    assert [ring.get_xdata()[0] for ring in rings] == [3, 2, 1]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "loss (nats)")


def test_a_heat_map_keeps_its_values_and_labels():
    figure, ax = plt.subplots()
    matrix = np.array([[1e-6, 1.0, 10.0], [1e-3, 0.0, np.nan]])
    assert heat_map(ax, matrix, "lag", "radius", "norm", log=True, x_ticks=[0, 5, 9]) is ax
    assert ax.images[0].norm.vmin == 1e-6
    assert ax.images[0].norm.vmax == 10
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["0", "5", "9"]
    assert figure.axes[1].get_ylabel() == "norm"


def test_the_centre_of_a_heat_map_is_the_middle_of_its_colours():
    _, ax = plt.subplots()
    heat_map(ax, [[-1.0, 0.5], [0.0, 2.0]], "x", "y", "value", centre=0)
    assert ax.images[0].norm(0.0) == 0.5


def test_gate_traces_leave_out_the_initial_state():
    rng = np.random.default_rng(0)
    gates = {name: rng.random((2, 5, 3)) for name in "figo"}
    states = {name: rng.random((2, 6, 3)) for name in "ch"}
    trace = SimpleNamespace(**gates, **states)
    _, axes = plt.subplots(2, 1)
    assert gate_traces(axes, trace, 1, names=("forget", "cell"), unit=2, marks=[1]) is axes
    np.testing.assert_array_equal(axes[0].lines[0].get_ydata(), trace.f[1, :, 2])
    np.testing.assert_array_equal(axes[1].lines[0].get_ydata(), trace.c[1, 1:, 2])
