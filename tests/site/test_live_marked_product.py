"""The trained LSTM in the page: the book's network, its measured accuracy, every control."""

import json

import numpy as np
import onnxruntime
import pytest

from lstm_utils import live
from lstm_utils.cells import lstm_forward
from lstm_utils.models.marked_product import CONSTANT_GUESS_MSE, marked_product
from lstm_utils.models.pretrained import load_pretrained
from tests.in_page import drive, press
from tools.browser.live import answers_of, measure_marked_product, sequences_of, shown

MODEL = load_pretrained("marked-product")


@pytest.fixture
def page(open_page):
    return open_page(live.marked_product())


def state(page):
    return drive(page, "figure => figure.live.state()")


def in_numpy(told):
    """The book's network on the figure's numbers: the trace, and the answer after each step."""
    x = np.zeros((1, 100, 2))
    x[0, :, 1] = told["numbers"]
    x[0, np.array(told["marks"]) - 1, 0] = 1
    trace = lstm_forward(MODEL.params.astype(np.float64), x)
    dense, bias = (MODEL.arrays[f"dense/{part}"].astype(float) for part in ("kernel", "bias"))
    return trace, (trace.h[0, 1:] @ dense + bias)[:, 0]


def check(page):
    """What the figure holds and says follows from its numbers and marks, by NumPy."""
    told = state(page)
    trace, answers = in_numpy(told)
    first, second = (told["numbers"][mark - 1] for mark in told["marks"])
    assert told["answer"] == pytest.approx(answers[-1], abs=1e-9)
    assert told["product"] == pytest.approx(first * second)
    step, unit = told["step"], told["unit"] - 1
    keeps = round(100 * trace.f[0, step - 1, unit])
    cell = f"{trace.c[0, step, unit]:.2f}".replace("-", "−").replace("−0.00", "0.00")
    assert f"keeps {keeps} % of" in told["reading"]
    assert f"holds {cell}." in told["reading"]
    assert f"answers {answers[-1]:.3f}; " in told["reading"]
    assert f"off by {abs(0.25 - first * second):.3f}." in told["reading"]
    return told


def test_the_page_computes_the_books_network_on_200_random_sequences(page):
    examples = marked_product(200, 100, 5)
    sequences = sequences_of(examples)
    found = np.array(answers_of(page.locator("figure"), sequences))
    exact = [in_numpy(sequence)[1][-1] for sequence in sequences]
    assert np.abs(found - exact).max() <= 1e-10
    # and the float32 network as it is shipped
    assert np.abs(found - MODEL.predict(examples.x)).max() <= 1e-5


def test_the_page_answers_as_onnx_runtime_does(page):
    """The fourth place; NumPy, Keras and ONNX Runtime are compared in tests/package."""
    examples = marked_product(50, 100, 6)
    session = onnxruntime.InferenceSession(MODEL.onnx().SerializeToString())
    start = np.zeros((1, 50, MODEL.params.hidden_size), np.float32)
    answers = session.run(["answers"], {"x": examples.x, "h": start, "c": start})[0]
    found = np.array(answers_of(page.locator("figure"), sequences_of(examples)))
    assert np.abs(found - answers).max() <= 1e-5


def test_every_gate_and_cell_of_the_page_is_numpys(page):
    trace, answers = in_numpy(state(page))
    found = drive(
        page,
        """figure => Object.fromEntries(Object.entries(figure.live.trace())
            .filter(([name]) => name !== "T").map(([name, values]) => [name, [...values]]))""",
    )
    for name in "figoch":
        np.testing.assert_allclose(found[name], getattr(trace, name)[0].ravel(), atol=1e-10)
    np.testing.assert_allclose(found["answers"], answers, atol=1e-10)


def test_the_accuracy_beside_the_figure_is_measured_with_the_pages_arithmetic(browser):
    stated = json.loads((live.FOLDER / "measured.json").read_text(encoding="utf-8"))
    stated = stated["marked-product"]
    page = browser.new_page()
    again = measure_marked_product(page)
    assert again["share_within_0_04"] == stated["share_within_0_04"]
    assert again["mse"] == pytest.approx(stated["mse"], rel=1e-3)
    # Another way to the same: NumPy on the same sequences.
    fresh = marked_product(stated["sequences"], 100, stated["seed"])
    assert again["mse"] == pytest.approx(np.mean((MODEL.predict(fresh.x) - fresh.y) ** 2), rel=1e-2)
    note = page.locator(".live-note").inner_text()
    assert f"{stated['sequences']:,} new sequences" in note
    assert f"{100 * stated['share_within_0_04']:.1f} % of the answers" in note
    assert f"mean squared error {stated['mse']:.6f}" in note
    assert f"always ¼ has {CONSTANT_GUESS_MSE:.4f}" in note
    # The measure can tell a wrong network: read backwards, the marks are elsewhere in time.
    turned = marked_product(50, 100, 1)
    turned.x[:, :, 1] = turned.x[:, ::-1, 1]
    figure = shown(page, live.marked_product())
    answers = np.array(answers_of(figure, sequences_of(turned)))
    assert np.mean((answers - turned.y) ** 2) > 10 * stated["mse"]
    page.close()


def test_it_starts_with_marks_at_20_and_70_and_chapter_5s_keeper(page):
    told = check(page)
    assert (told["marks"], told["step"]) == ([20, 70], 70)
    assert [told["numbers"][mark - 1] for mark in told["marks"]] == [0.5, 0.9]
    # Chapter 5 picks it in its cell figure-gates, counting from 0.
    assert told["unit"] == 26
    assert abs(told["answer"] - 0.45) < 0.04 < abs(0.25 - 0.45)
    assert f"ends at {told['answer']:.3f}, close to" in page.content()


def test_the_time_slider_goes_through_the_steps_by_keyboard(page):
    press(page, "step", "Home")
    assert check(page)["step"] == 1
    press(page, "step", "ArrowRight", 4)
    assert check(page)["step"] == 5
    press(page, "step", "End")
    assert check(page)["step"] == 100


def test_the_number_of_a_step_is_changed_by_keyboard_and_the_answer_follows(page):
    before = check(page)
    press(page, "number", "ArrowLeft", 60)
    after = check(page)
    assert after["numbers"][69] == pytest.approx(0.3)
    assert after["numbers"][:69] + after["numbers"][70:] == (
        before["numbers"][:69] + before["numbers"][70:]
    )
    assert abs(after["answer"] - 0.15) < 0.04


def test_a_mark_takes_its_number_along_and_never_passes_the_other(page):
    before = check(page)
    press(page, "first", "ArrowRight", 3)
    told = check(page)
    assert told["marks"] == [23, 70]
    assert told["product"] == pytest.approx(before["product"])
    assert sorted(told["numbers"]) == sorted(before["numbers"])
    press(page, "first", "ArrowLeft", 3)
    assert check(page)["numbers"] == before["numbers"]
    press(page, "first", "End")
    assert check(page)["marks"] == [69, 70]
    press(page, "second", "Home")
    assert check(page)["marks"] == [69, 70]
    press(page, "second", "End")
    assert check(page)["marks"] == [69, 100]


def test_the_presets_move_the_marks_or_draw_new_numbers(page):
    start = check(page)
    page.get_by_role("button", name="marks side by side").click()
    told = check(page)
    assert told["marks"][1] - told["marks"][0] == 1
    page.get_by_role("button", name="marks far apart").click()
    told = check(page)
    assert told["marks"] == [1, 100]
    assert told["product"] == pytest.approx(start["product"])
    page.get_by_role("button", name="new numbers").click()
    first = check(page)
    page.get_by_role("button", name="new numbers").click()
    second = check(page)
    assert first["numbers"] != second["numbers"]
    assert 0 <= min(second["numbers"]) <= max(second["numbers"]) <= 1
    assert 1 <= second["marks"][0] < second["marks"][1] <= 100
    page.get_by_role("button", name="again from the start").click()
    again = check(page)
    assert {k: again[k] for k in ("numbers", "marks")} == {
        k: start[k] for k in ("numbers", "marks")
    }


def test_another_unit_is_shown(page):
    page.locator("[data-name=unit]").select_option("22")
    assert check(page)["unit"] == 22


def test_play_goes_on_by_itself_and_stops_when_asked(page):
    page.clock.install()
    press(page, "step", "Home")
    page.get_by_role("button", name="Play").click()
    page.clock.run_for(2000)
    page.get_by_role("button", name="Pause").click()  # the page's clock runs on until then
    stopped = check(page)["step"]
    assert stopped > 4
    page.clock.run_for(2000)
    assert check(page)["step"] == stopped


def middle(page, selector, index=0):
    box = page.locator(selector).nth(index).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.mark.parametrize("width", [360, 1440])
def test_a_ring_is_dragged_along_and_up_and_down(open_page, width):
    page = open_page(live.marked_product(), width=width)
    x, y = middle(page, ".grip", 1)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 12, y + 20, steps=4)
    page.mouse.up()
    told = check(page)
    assert told["marks"][0] == 20
    assert told["marks"][1] in range(72, 76)
    assert 0.55 < told["numbers"][told["marks"][1] - 1] < 0.75


def test_numbers_are_drawn_in_the_window_by_mouse(page):
    box = page.locator("path.near.slot").bounding_box()
    first = int(page.locator(".live-drawing text", has_text="Steps").text_content().split()[1])
    page.mouse.move(box["x"] + 5, box["y"] + box["height"] * 0.75)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.75, steps=20)
    page.mouse.up()
    told = check(page)
    drawn = told["numbers"][first - 1 : first + 3]
    assert drawn == pytest.approx([0.25] * 4, abs=0.02)
    assert told["step"] >= first + 4


def swipe(page, start, end, steps=8):
    """A finger that goes from one point to another, as the browser's own input."""
    session = page.context.new_cdp_session(page)
    for k in range(steps + 1):
        x, y = (a + (b - a) * k / steps for a, b in zip(start, end, strict=True))
        kind = "touchStart" if k == 0 else "touchMove"
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_a_finger_draws_up_and_down_without_moving_the_page(open_page):
    page = open_page(live.marked_product(), width=360, height=640, has_touch=True)
    page.evaluate("scrollTo(0, 60)")
    x, y = middle(page, ".grip", 0)
    swipe(page, (x, y), (x, y + 24))
    assert check(page)["numbers"][19] < 0.35
    assert page.evaluate("window.scrollY") == 60
    page.locator("path.near.slot").scroll_into_view_if_needed()
    at = page.evaluate("window.scrollY")
    box = page.locator("path.near.slot").bounding_box()
    x = box["x"] + 14
    swipe(page, (x, box["y"] + 60), (x, box["y"] + 8))
    step = check(page)["step"]
    assert check(page)["numbers"][step - 1] > 0.85
    assert page.evaluate("window.scrollY") == at


def test_a_finger_elsewhere_on_the_drawing_still_scrolls_the_page(open_page):
    page = open_page(live.marked_product(), width=360, height=500, has_touch=True)
    box = page.locator(".live-drawing").bounding_box()
    page.evaluate("scrollTo(0, 200)")
    x, y = box["x"] + box["width"] / 2, box["y"] + 180 - 200
    swipe(page, (x, y + 100), (x, y))
    assert page.evaluate("window.scrollY") > 230
