"""The drawn figures: no warning, no letters over letters or lines, nothing cut off, lit parts."""

import itertools
import json
import warnings
from functools import cache

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.font_manager import FontProperties
from matplotlib.mathtext import MathTextParser
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path

from lstm_utils import diagrams
from lstm_utils.cell_layout import PARTS, cell_geometry
from lstm_utils.plotting import COLOURS, use_book_style

FOUR = [0.3, -0.8, 0.1, 0.9]
WORDS = ["The", "student", "reads", "old", "books"]
TAGS = ["article", "noun", "verb", "adjective", "noun"]
PLACES = [*PARTS, "cell_before", "hidden_before", "kept", "added"]
FOURS = {**dict.fromkeys(PLACES, FOUR), "input_data": [0.2, -0.5, 0.8, -0.1]}
ONES = {**dict.fromkeys(PLACES, -0.12), "squashed": -0.12, "input_data": 0.2}
DRAWINGS = {
    "unrolled": (diagrams.unrolled_rnn, {}, 2.6),
    "unrolled back": (diagrams.unrolled_rnn, {"gradient": True}, 2.6),
    "unrolled long": (diagrams.unrolled_rnn, {"steps": 6, "gradient": True}, 2.6),
    "unrolled words": (diagrams.unrolled_rnn, {"steps": 5, "inputs": WORDS, "outputs": TAGS}, 2.6),
    "chain": (diagrams.jacobian_chain, {}, 2.25),
    "chain of five": (diagrams.jacobian_chain, {"steps": 5}, 2.25),
    "rnn cell": (diagrams.rnn_cell, {}, 2.45),
    "lstm cell": (diagrams.lstm_cell, {}, 3.85),
    "lstm cell, one number": (diagrams.lstm_cell, {"values": ONES}, 4.1),
    "lstm cell, four": (diagrams.lstm_cell, {"values": FOURS}, 5.1),
    "two states": (diagrams.two_states, {}, 2.75),
    "two states, words": (
        diagrams.two_states,
        {"steps": 5, "inputs": WORDS, "outputs": TAGS},
        2.75,
    ),
    "five mappings": (diagrams.five_mappings, {}, 4.05),
    "highway": (diagrams.gradient_highway, {}, 3.25),
    "highway, long": (diagrams.gradient_highway, {"steps": 6, "rnn_factor": 0.3}, 3.25),
}
PHONE = 330  # CSS pixels that a phone has for a figure


@pytest.fixture(autouse=True)
def _fresh_style():
    with mpl.rc_context():
        use_book_style()
        yield
        plt.close("all")


def draw(function, options, height, width=5.0):
    """Draw it, warnings being errors, and return the axes with its renderer."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure, ax = plt.subplots(figsize=(width, height * width / 5.0))
        assert function(ax, **options) is ax
        figure.draw_without_rendering()
    return ax, figure.canvas.get_renderer()


@cache
def drawn(name):
    return draw(*DRAWINGS[name])


def part_of(ax, kind, part):
    return [patch for patch in ax.patches if isinstance(patch, kind) and patch.get_gid() == part]


every_drawing = pytest.mark.parametrize("name", DRAWINGS)


@every_drawing
def test_no_letters_touch_other_letters(name):
    ax, renderer = drawn(name)
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in ax.texts]
    touching = [
        (one, other)
        for (one, here), (other, there) in itertools.combinations(boxes, 2)
        if here.overlaps(there)
    ]
    assert not touching


@every_drawing
def test_no_line_runs_through_letters(name):
    ax, renderer = drawn(name)
    lines = [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]
    shapes = [patch for patch in ax.patches if not isinstance(patch, FancyArrowPatch)]
    for text in ax.texts:
        extent = text.get_window_extent(renderer)
        middle = (extent.x0 + extent.x1) / 2, (extent.y0 + extent.y1) / 2
        covered = any(
            shape.get_zorder() > 2 and shape.get_window_extent(renderer).contains(*middle)
            for shape in shapes
        )
        if covered:  # letters in a box or circle, which hides the line behind it
            continue
        for line in lines:
            for stroke in line.get_path().to_polygons(line.get_transform(), closed_only=False):
                assert not Path(stroke).intersects_bbox(extent, filled=False), text.get_text()


@every_drawing
def test_nothing_leaves_the_axes(name):
    ax, renderer = drawn(name)
    frame = ax.get_window_extent(renderer).padded(1)
    for artist in [*ax.texts, *ax.patches]:
        extent = artist.get_window_extent(renderer)
        assert frame.contains(extent.x0, extent.y0), artist
        assert frame.contains(extent.x1, extent.y1), artist


def letter_sizes(text):
    """The sizes of the letters of `text` in points; an index is smaller than its letter."""
    size = text.get_fontsize()
    if "$" not in text.get_text():
        return {size}
    font = FontProperties(size=size)
    return {glyph[1] for glyph in MathTextParser("path").parse(text.get_text(), 72, font).glyphs}


@every_drawing
def test_a_phone_shows_words_and_numbers_at_10_pixels_and_indices_at_9(name):
    ax, _ = drawn(name)
    pixels = PHONE / (72 * ax.figure.get_figwidth())
    for text in ax.texts:
        sizes = [pixels * size for size in letter_sizes(text)]
        assert max(sizes) >= 10.5, text
        assert min(sizes) >= 9, text


@every_drawing
def test_a_drawing_fills_its_figure(name):
    ax, renderer = drawn(name)
    drawing = ax.get_tightbbox(renderer)
    assert drawing.width >= 0.9 * ax.figure.bbox.width
    assert drawing.height >= 0.9 * ax.figure.bbox.height


def test_letters_shrink_with_a_smaller_figure():
    large, _ = draw(*DRAWINGS["lstm cell"])
    small, _ = draw(*DRAWINGS["lstm cell"], width=2.5)
    sizes = [[text.get_fontsize() for text in ax.texts] for ax in (large, small)]
    np.testing.assert_allclose(np.array(sizes[1]) / sizes[0], 0.5, rtol=0.05)


@pytest.mark.parametrize("part", ["forget", "input", "candidate", "output"])
def test_highlighting_a_gate_leaves_only_its_layer_coloured(part):
    ax, _ = draw(diagrams.lstm_cell, {"highlight": part}, 3.85)
    for key in ("forget", "input", "candidate", "output"):
        (layer,) = part_of(ax, FancyBboxPatch, key)
        colour = COLOURS[key] if key == part else diagrams.FADED
        assert layer.get_edgecolor() == to_rgba(colour)


@pytest.mark.parametrize("part", ["cell", "hidden"])
def test_highlighting_a_state_greys_every_layer_but_not_the_state(part):
    ax, _ = draw(diagrams.lstm_cell, {"highlight": part}, 3.85)
    layers = [box for box in ax.patches if isinstance(box, FancyBboxPatch) and box.get_gid()]
    assert len(layers) == 4
    assert {layer.get_edgecolor() for layer in layers} == {to_rgba(diagrams.FADED)}
    lit = {line.get_edgecolor() for line in ax.patches if isinstance(line, FancyArrowPatch)}
    assert to_rgba(COLOURS[part]) in lit


def test_without_highlight_nothing_is_grey():
    ax, _ = drawn("lstm cell")
    assert to_rgba(diagrams.FADED) not in {patch.get_edgecolor() for patch in ax.patches}


def test_a_part_the_cell_does_not_have_is_refused():
    with pytest.raises(ValueError, match=r"no part 'forgte'; choose one of forget, input, cand"):
        diagrams.lstm_cell(plt.subplots()[1], highlight="forgte")


def test_values_are_written_with_a_true_minus_and_must_have_a_place():
    values = {"forget": FOUR, "cell": -0.5}
    ax, renderer = draw(diagrams.lstm_cell, {"values": values}, 5.1)
    written = [text.get_text() for text in ax.texts]
    assert {"0.30", "−0.80", "0.10", "0.90", "−0.50"} <= set(written)
    column = [
        text.get_window_extent(renderer) for text in ax.texts if text.get_text() in ("0.10", "0.90")
    ]
    assert len({round(number.x1) for number in column}) == 1  # points under points
    with pytest.raises(ValueError, match=r"no place for \['memory'\]"):
        diagrams.lstm_cell(ax, values={"memory": 1.0})
    with pytest.raises(ValueError, match="room for 4 values at 'forget', not 5"):
        diagrams.lstm_cell(ax, values={"forget": [0.1] * 5})
    with pytest.raises(ValueError, match="room for 1 value at 'squashed', not 2"):
        diagrams.lstm_cell(ax, values={"squashed": [0.1] * 2})


def test_labels_must_match_the_steps():
    _, ax = plt.subplots()
    with pytest.raises(ValueError, match="3 steps need 3 labels, not 2"):
        diagrams.unrolled_rnn(ax, steps=3, inputs=["one", "two"])
    with pytest.raises(ValueError, match="room for 2 to 5 steps, not 1"):
        diagrams.two_states(ax, steps=1)


def test_the_highway_writes_what_is_left_after_each_step():
    ax, _ = draw(diagrams.gradient_highway, {"steps": 3, "rnn_factor": 0.5, "forget": 0.9}, 3.25)
    written = [text.get_text() for text in ax.texts]
    assert {"0.25", "0.50", "0.81", "0.90"} <= set(written)
    arrows = [line for line in ax.patches if isinstance(line, FancyArrowPatch)]
    rnn, lstm = arrows[:2], arrows[2:]
    assert rnn[0].get_linewidth() / rnn[1].get_linewidth() == pytest.approx(0.5)
    assert lstm[0].get_linewidth() / lstm[1].get_linewidth() == pytest.approx(0.9)


def test_the_five_mappings_have_an_arrow_for_each_step_that_is_read_or_said():
    ax, _ = drawn("five mappings")
    steps = [max(read + said) for read, said in diagrams.MAPPINGS.values()]
    letters = [text.get_text()[1] for text in ax.texts if text.get_text().startswith("$")]
    assert len([box for box in ax.patches if isinstance(box, FancyBboxPatch)]) == sum(steps)
    assert letters.count("x") == sum(len(read) for read, _ in diagrams.MAPPINGS.values())
    assert letters.count("y") == sum(len(said) for _, said in diagrams.MAPPINGS.values())
    arrows = [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]
    between = sum(steps) - len(steps)
    assert len(arrows) == between + len(letters)
    assert {name for name in diagrams.MAPPINGS} <= {text.get_text() for text in ax.texts}


def test_the_cell_as_data_is_what_matplotlib_draws():
    cell = cell_geometry(rows=4)
    assert json.loads(json.dumps(cell)) == cell
    ax, _ = drawn("lstm cell, four")
    circles = [patch for patch in ax.patches if isinstance(patch, Circle)]
    assert [(*c.center, c.radius) for c in circles] == [
        (c["x"], c["y"], c["r"]) for c in cell["circles"]
    ]
    lines = [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]
    for line, wire in zip(lines, cell["wires"], strict=True):
        assert line.get_edgecolor() == to_rgba(COLOURS[wire["colour"]])


@pytest.mark.parametrize("rows", range(5))
def test_every_wire_begins_and_ends_at_something(rows):
    cell = cell_geometry(rows)
    corners = [point for wire in cell["wires"] for point in wire["points"]]

    def touches(x, y):
        on_box = any(
            box["x"] <= x <= box["x"] + box["width"] and y in (box["y"], box["y"] + box["height"])
            for box in cell["boxes"]
        )
        on_circle = any(
            np.hypot(x - c["x"], y - c["y"]) == pytest.approx(c["r"]) for c in cell["circles"]
        )
        edge = x in (2, cell["width"] - 2) or y == cell["height"] - 4
        on_wire = any(
            min(a[0], b[0]) <= x <= max(a[0], b[0]) and min(a[1], b[1]) <= y <= max(a[1], b[1])
            for wire in cell["wires"]
            for a, b in itertools.pairwise(wire["points"])
            if [x, y] not in (a, b) or corners.count([x, y]) > 1
        )
        return on_box or on_circle or edge or on_wire

    for wire in cell["wires"]:
        for end in (wire["points"][0], wire["points"][-1]):
            assert touches(*end), (wire["name"], end)


def test_a_cell_with_five_rows_is_refused():
    with pytest.raises(ValueError, match="room for 4 values at a place, not 5"):
        cell_geometry(5)
