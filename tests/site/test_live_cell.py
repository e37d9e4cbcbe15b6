"""The live figure "inside one cell": chapter 4's numbers, NumPy's arithmetic, every control."""

import re
from pathlib import Path

import nbformat
import numpy as np
import pytest

from lstm_utils import live
from lstm_utils.cells import LSTMParameters, lstm_step
from tests.in_page import drive, press

CHAPTER = Path(__file__).parents[2] / "chapters" / "04_gate_mechanics.ipynb"
GATES = {"forget": "f", "input": "i", "candidate": "g", "output": "o"}
PARTS = [*GATES, "cell", "hidden"]


@pytest.fixture
def page(open_page):
    return open_page(live.inside_cell())


def state(page):
    """What the figure holds, with arrays for lists."""
    told = drive(page, "figure => figure.live.state()")
    lists = {k: np.array(v) for k, v in told.items() if isinstance(v, list)}
    return told | lists | {k: {g: np.array(told[k][g]) for g in GATES} for k in ("W", "b", "z")}


def in_numpy(told):
    """The same step by the package: a dict of its values."""
    W = np.concatenate([told["W"][gate] for gate in GATES])
    params = LSTMParameters(W, np.concatenate([told["b"][gate] for gate in GATES]))
    step = lstm_step(params, told["x"][None], told["h"][None], told["c"][None])
    return {name: getattr(step, name)[0] for name in "figoch"}


def check_states(told):
    """The new states are those that NumPy gets from the gates, whoever set them."""
    cell = told["f"] * told["c"] + told["i"] * told["g"]
    np.testing.assert_allclose(told["cell"], cell, atol=1e-12)
    np.testing.assert_allclose(told["hidden"], told["o"] * np.tanh(cell), atol=1e-12)


def test_it_starts_with_the_worked_case_of_chapter_4(page):
    """The reference is the chapter's own code, executed here."""
    cells = {cell.id: cell.source for cell in nbformat.read(CHAPTER, as_version=4).cells}
    chapter = {"np": np, "print": lambda *words: None}
    worked = ("worked-input", "forget-weights", "forget-gate-by-machine", "input-and-candidate")
    for name in ("sigmoid", *worked, "cell-state-by-machine", "output-by-machine"):
        exec(cells[name], chapter)
    told = state(page)
    for ours, theirs in (("x", "x"), ("h", "h"), ("c", "c"), ("f", "f"), ("i", "i"), ("g", "g")):
        np.testing.assert_allclose(told[ours], chapter[theirs], atol=1e-12)
    np.testing.assert_allclose(told["o"], chapter["o"], atol=1e-12)
    np.testing.assert_allclose(told["cell"], chapter["c_new"], atol=1e-12)
    np.testing.assert_allclose(told["hidden"], chapter["h_new"], atol=1e-12)
    for gate, letter in GATES.items():
        np.testing.assert_array_equal(told["W"][gate], chapter[f"W_{letter}"])
        np.testing.assert_allclose(told["b"][gate], chapter[f"b_{letter}"], atol=1e-10)
    assert "keep 30 %" in told["reading"]
    assert "0.12 + 0.35 = 0.47" in told["reading"]


def test_the_page_computes_the_cell_as_numpy_does_on_200_random_ones(page):
    rng = np.random.default_rng(3)
    cases = []
    for _ in range(200):
        scale = rng.uniform(0.1, 3)
        cases.append(
            {
                "mode": "weights",
                "unit": int(rng.integers(4)),
                "x": (rng.normal(size=3) * scale).tolist(),
                "h": rng.uniform(-1, 1, 4).tolist(),
                "c": rng.normal(size=4).tolist(),
                "W": {gate: (rng.normal(size=(4, 7)) * scale).tolist() for gate in GATES},
                "b": {gate: rng.normal(size=4).tolist() for gate in GATES},
            }
        )
    code = """(figure, cases) => cases.map(given => {
        figure.live.load(given);
        const { f, i, g, o, cell, hidden } = figure.live.state();
        return { f, i, g, o, c: cell, h: hidden };
    })"""
    for given, found in zip(cases, drive(page, code, cases), strict=True):
        arrays = {name: np.array(given[name]) for name in "xhc"}
        weights = {k: {gate: np.array(given[k][gate]) for gate in GATES} for k in "Wb"}
        expected = in_numpy(arrays | weights)
        assert max(np.abs(np.array(found[k]) - expected[k]).max() for k in expected) <= 1e-10


def test_the_notes_three_fractions_keep_the_sign(page):
    page.get_by_role("button", name="(0.1, 0.05, 0.9)").click()
    told = state(page)
    np.testing.assert_allclose(told["cell"], [0.15, -0.015, 1.89], atol=1e-12)
    page.get_by_role("button", name="2", exact=True).click()
    assert "5 % of the old memory −0.30" in state(page)["reading"]
    shown = page.locator(".live-drawing text.number").all_text_contents()
    assert {"0.05", "−0.30", "−0.015"} <= set(shown)


@pytest.mark.parametrize(("name", "steps"), [("c", 7), ("f", -9), ("i", 4), ("g", -12), ("o", 3)])
def test_a_slider_moves_one_number_and_all_that_follow(page, name, steps):
    before = state(page)
    press(page, name, "ArrowRight" if steps > 0 else "ArrowLeft", abs(steps))
    after = state(page)
    moved = before[name].copy()
    moved[0] += 0.01 * steps
    np.testing.assert_allclose(after[name], moved, atol=1e-9)
    for other in set("cfigoxh") - {name}:
        np.testing.assert_array_equal(after[other], before[other])
    check_states(after)
    numbers = page.locator(".live-drawing text.number").all_text_contents()
    assert written(after["cell"][0]) in numbers
    assert written(after["hidden"][0]) in numbers


def written(number):
    return re.sub(r"0$", "", f"{round(number, 3) + 0.0:.3f}").replace("-", "−")


@pytest.mark.parametrize("row", GATES)
def test_weights_bias_and_input_drive_the_gates(page, row):
    page.locator("[data-name=mode]").select_option("weights")
    page.locator("[data-name=row]").select_option(row)
    before = state(page)
    np.testing.assert_allclose(before[GATES[row]], in_numpy(before)[GATES[row]], atol=1e-12)
    page.locator("[data-name=w-h2]").fill("-1.5")
    page.locator("[data-name=w-x3]").fill("2")
    page.locator("[data-name=bias]").fill("0.25")
    press(page, "x1", "ArrowRight", 3)
    press(page, "h4", "ArrowLeft", 2)
    after = state(page)
    assert (after["W"][row][0][1], after["W"][row][0][6], after["b"][row][0]) == (-1.5, 2, 0.25)
    np.testing.assert_allclose(after["x"][0], 0.35, atol=1e-9)
    np.testing.assert_allclose(after["h"][3], 0.4, atol=1e-9)
    expected = in_numpy(after)
    for name in "figo":
        np.testing.assert_allclose(after[name], expected[name], atol=1e-12)
    np.testing.assert_allclose(after["cell"], expected["c"], atol=1e-12)
    np.testing.assert_allclose(after["hidden"], expected["h"], atol=1e-12)
    products = after["W"][row][0] * np.concatenate([after["h"], after["x"]])
    told = [t.removeprefix("= ") for t in page.locator("[data-product]").all_inner_texts()]
    assert told == [written(product) for product in products]


def test_weights_follow_gates_that_were_set_by_hand(page):
    """Both ways show the same cell: going over from one to the other changes no number."""
    press(page, "f", "ArrowRight", 20)
    press(page, "g", "ArrowLeft", 30)
    by_hand = state(page)
    page.locator("[data-name=mode]").select_option("weights")
    followed = state(page)
    for name in "figo":
        np.testing.assert_allclose(followed[name], by_hand[name], atol=1e-9)
    page.locator("[data-name=mode]").select_option("gates")
    np.testing.assert_allclose(state(page)["hidden"], by_hand["hidden"], atol=1e-9)


def test_a_next_step_feeds_the_new_states_back(page):
    """With its gates held, a unit's memory goes to where forgetting and adding are level."""
    for _ in range(30):
        page.get_by_role("button", name="Next step").click()
    told = state(page)
    level = told["i"] * told["g"] / (1 - told["f"])
    np.testing.assert_allclose(told["c"][:3], level[:3], atol=1e-2)
    assert told["c"][0] == pytest.approx(0.5, abs=1e-9)
    assert "after 30 more steps" in told["reading"]


@pytest.mark.parametrize(
    ("preset", "expected"),
    [("keep", [0.4, -0.1, 0.6, 0.2]), ("replace", [0.5, -0.4, 0.8, -0.2])],
)
def test_two_presets_hold_and_replace_the_memory(page, preset, expected):
    page.locator(f"[data-name=preset-{preset}]").click()
    np.testing.assert_allclose(state(page)["cell"], expected, atol=1e-12)


def test_a_closed_output_gate_hides_what_is_remembered(page):
    page.locator("[data-name=preset-hide]").click()
    told = state(page)
    np.testing.assert_array_equal(told["hidden"], 0)
    assert np.abs(told["cell"]).min() > 0.1


@pytest.mark.parametrize("part", PARTS)
def test_a_part_in_focus_is_lit_and_explained(page, part):
    page.locator(f"[data-name=part-{part}]").focus()
    told = state(page)
    assert told["part"] == part
    assert re.search(r"\?.* = .*[0-9]", told["reading"]), told["reading"]
    lit = page.locator(".live-drawing g:not(.faded)").evaluate_all(
        "groups => groups.map(group => group.dataset.parts.split(' '))"
    )
    faded = page.locator(".live-drawing g.faded").evaluate_all(
        "groups => groups.map(group => group.dataset.parts.split(' '))"
    )
    assert lit
    assert all(part in parts for parts in lit)
    assert faded
    assert all(part not in parts for parts in faded)
    assert page.locator(f"[data-name=part-{part}]").get_attribute("aria-pressed") == "true"
    page.locator("[data-name=part-none]").click()
    assert page.locator(".live-drawing g.faded").count() == 0


def test_a_finger_on_a_layer_lights_it(open_page):
    page = open_page(live.inside_cell(), width=360, has_touch=True)
    for word, part in (("input", "input"), ("candidate", "candidate"), ("+", "cell")):
        page.locator(".live-drawing").get_by_text(word, exact=True).tap()
        assert state(page)["part"] == part


def test_a_number_that_is_being_typed_stays_as_it_was_typed(page):
    page.locator("[data-name=mode]").select_option("weights")
    field = page.locator("[data-name=w-h1]")
    field.fill("")
    field.press_sequentially("-0.50")
    assert field.input_value() == "-0.50"
    assert state(page)["W"]["forget"][0][0] == -0.5
