"""The live figures of chapters 1 and 3: what they compute, and what a hand does to them."""

import re

import numpy as np
import pytest

from lstm_utils import live
from lstm_utils.cells import (
    LSTMParameters,
    RNNParameters,
    init_lstm,
    init_rnn,
    lstm_forward,
    rnn_forward,
)
from lstm_utils.gradients import gradient_norm_by_lag
from lstm_utils.live.gradient_reach import sequences
from tests.in_page import drive

READING = "figure => figure.live.state().reading"


def state(page):
    return drive(page, "figure => figure.live.state()")


def set_to(page, **values):
    """Move several controls, one after the other, and return the state."""
    for name, value in values.items():
        drive(page, "(figure, [name, value]) => figure.live.set(name, value)", [name, value])
    return state(page)


# --- Step size ----------------------------------------------------------------------------

SLOPES = {"parabola": lambda w: 15 * (w - 1.5), "valleys": lambda w: w**3 - 2 * w + 0.3}


@pytest.fixture
def step_page(open_page):
    return open_page(live.step_size())


@pytest.mark.parametrize(
    ("curve", "mu", "start"),
    [("parabola", 0.03, 0), ("parabola", 0.13, 3.1), ("valleys", 0.05, 0.2), ("valleys", 0.5, 1.2)],
)
def test_the_drawn_path_is_gradient_descents(step_page, curve, mu, start):
    path = [start]
    for _ in range(30):
        path.append(path[-1] - mu * SLOPES[curve](path[-1]))
    found = set_to(step_page, curve=curve, mu=mu, start=start)
    np.testing.assert_allclose(found["path"], path, rtol=1e-9)


@pytest.mark.parametrize(
    ("product", "kind"), [(0.06, "crawls"), (0.6, "settles"), (1.845, "oscillates")]
)
def test_the_verdict_is_the_theorems(step_page, product, kind):
    """|1 − μλ|ᵏ under a hundredth gives the number of steps."""
    found = set_to(step_page, mu=product / 15)
    assert found["verdict"]["kind"] == kind
    assert found["verdict"]["steps"] == int(np.ceil(np.log(0.01) / np.log(abs(1 - product))))
    assert f"is {product:.3f}, under the border 2" in found["reading"]


def test_a_step_size_of_nothing_moves_nothing(step_page):
    assert "leaves the weight where it is" in set_to(step_page, mu=0)["reading"]


def test_the_border_parts_those_that_settle_from_those_that_fly_off(step_page):
    kinds = [set_to(step_page, mu=mu)["verdict"]["kind"] for mu in (0.132, 0.133, 0.134, 0.135)]
    assert kinds == ["oscillates", "oscillates", "flies off", "flies off"]
    assert "2/λ = 0.133" in step_page.locator(".live-drawing").text_content()


def test_the_two_valleys_behave_as_the_chapter_prints(step_page):
    """Chapter 1: at μ = 0.4 both walks settle, at 0.5 the deep valley holds a cycle only."""
    for start, name in ((-1.6, "the deep valley"), (1.2, "the shallow valley")):
        found = set_to(step_page, curve="valleys", mu=0.4, start=start)["verdict"]
        assert found["minimum"]["name"] == name
    assert found["minimum"]["w"] == pytest.approx(1.3322, abs=1e-4)
    cycle = set_to(step_page, start=-1.6, mu=0.5)
    assert cycle["verdict"]["among"] == pytest.approx([-1.688, -1.122], abs=5e-4)
    assert "hops for ever between 2 places, −1.688 and −1.122" in cycle["reading"]
    assert set_to(step_page, start=1.2)["verdict"]["kind"] == "oscillates"


def test_the_borders_of_the_valleys_are_those_of_the_chapter(step_page):
    set_to(step_page, curve="valleys")
    drawn = step_page.locator(".live-drawing").text_content()
    assert "2/λ = 0.434" in drawn
    assert "2/λ = 0.602" in drawn


@pytest.mark.parametrize("curve", SLOPES)
def test_each_button_shows_what_it_says(step_page, curve):
    set_to(step_page, curve=curve)
    said = {"crawl": "crawls", "settle": "settles", "oscillate": "oscillates", "fly off": "flies"}
    for button, word in said.items():
        step_page.get_by_role("button", name=button).click()
        assert f"The path {word}" in drive(step_page, READING)


def test_the_step_size_moves_by_keyboard_and_the_reading_follows(step_page):
    slider = step_page.get_by_role("slider", name="step size μ")
    slider.focus()
    for _ in range(11):
        step_page.keyboard.press("ArrowRight")
    assert slider.input_value() == "0.134"
    assert slider.get_attribute("aria-valuetext") == "0.134"
    assert "The path flies off" in step_page.locator(".live-reading").inner_text()


@pytest.mark.parametrize("hand", ["mouse", "touch"])
def test_start_and_step_size_are_dragged_on_the_drawing(open_page, hand):
    page = open_page(live.step_size(), has_touch=hand == "touch")
    box = page.locator(".live-drawing").bounding_box()
    curve, ribbon = box["y"] + 0.3 * box["height"], box["y"] + box["height"] - 15
    middle = box["x"] + box["width"] / 2

    def drag(y):
        if hand == "mouse":
            page.mouse.move(middle, y)
            page.mouse.down()
            page.mouse.move(middle + 100, y, steps=4)
            page.mouse.up()
        else:
            wire = page.context.new_cdp_session(page)
            for kind, dx in (("Start", 0), ("Move", 20), ("Move", 100), ("End", None)):
                points = [] if dx is None else [{"x": middle + dx, "y": y}]
                wire.send(
                    "Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points}
                )

    before = state(page)
    drag(curve)
    dragged = state(page)
    assert dragged["start"] > 2
    assert dragged["mu"] == before["mu"]
    drag(ribbon)
    assert state(page)["start"] == dragged["start"]
    assert 0.09 < state(page)["mu"] < 0.123
    page.mouse.move(middle - 200, curve)  # nothing is held any more
    assert state(page)["start"] == dragged["start"]


# --- Gradient reach -----------------------------------------------------------------------


def scaled(matrix, radius):
    return matrix * radius / np.abs(np.linalg.eigvals(matrix)).max()


def norms_of_the_package(radius, bias, length):
    """Chapter 3's two networks, from the package's own functions."""
    x, last = sequences()
    x = x[:, :length]
    rnn = init_rnn(1, 32, np.random.default_rng(0))
    rnn = RNNParameters(rnn.W_xh, scaled(rnn.W_hh, radius), rnn.b)
    lstm = init_lstm(1, 32, np.random.default_rng(0), forget_bias=bias)
    W = lstm.W.copy()
    for block in np.split(W, 4):
        block[:, :32] = scaled(block[:, :32], radius)
    lstm = LSTMParameters(W, lstm.b)
    return {
        "rnn": gradient_norm_by_lag(rnn, rnn_forward(rnn, x), last),
        "lstm": gradient_norm_by_lag(lstm, lstm_forward(lstm, x), last),
    }


@pytest.mark.parametrize(
    ("radius", "bias", "length"), [(0.9, 3, 60), (0.5, 0, 100), (1.5, 5, 100), (1.2, 1, 10)]
)
def test_the_norms_of_the_page_are_the_packages(open_page, radius, bias, length):
    page = open_page(live.gradient_reach())
    found = set_to(page, radius=radius, bias=bias, length=length)
    for name, norms in norms_of_the_package(radius, bias, length).items():
        np.testing.assert_allclose(found[name], norms, rtol=1e-8)


def test_the_reading_gives_the_reach_in_steps(open_page):
    page = open_page(live.gradient_reach())
    norms = norms_of_the_package(0.9, 3, 60)["rnn"]
    steps = int(np.argmax(norms < 0.01 * norms[0])) - 1
    reading = drive(page, READING)
    assert f"In the RNN it reaches {steps} steps back" in reading
    assert "In the LSTM with forget bias 3.0 it arrives at the first 2.7 times as large" in reading
    assert f"reaches {steps} steps" in page.locator(".live-drawing").text_content()


def test_one_slider_turns_the_lstm_and_leaves_the_rnn_alone(open_page):
    page = open_page(live.gradient_reach())
    before = state(page)
    page.get_by_role("slider", name="forget bias").focus()
    for _ in range(6):
        page.keyboard.press("ArrowLeft")
    after = state(page)
    assert after["bias"] == 0
    assert after["rnn"] == before["rnn"]
    assert after["lstm"][60] < 1e-6 < before["lstm"][60]


def test_a_gradient_that_grows_is_said_to_grow(open_page):
    page = open_page(live.gradient_reach())
    found = set_to(page, radius=1.5, length=100)
    assert found["rnn"][100] > 10
    assert re.search(r"In the RNN it arrives at the first \d+ times as large", found["reading"])


def test_the_strip_of_the_radius_is_as_wide_as_chapter_3_says():
    """In this draw, at a hundred steps: lost up to 1.0, kept up to 1.2, grown tenfold from 1.25."""
    radii = np.arange(0.5, 1.51, 0.05)
    ends = np.array([norms_of_the_package(radius, 3, 100)["rnn"][100] for radius in radii])
    assert ends[radii < 1.02].max() < 0.01
    kept = ends[(radii > 1.02) & (radii < 1.22)]
    assert 0.01 < kept.min() < kept.max() < 10
    assert ends[radii > 1.22].min() > 10


def test_the_forget_bias_and_the_radius_count_as_chapter_3_says():
    """At a hundred steps: 3 grows at every radius, 0 loses at every one, 1 depends on it."""
    radii = (0.5, 0.75, 1.0, 1.2, 1.25, 1.5)
    ends = {b: [norms_of_the_package(r, b, 100)["lstm"][100] for r in radii] for b in (0, 1, 3)}
    assert min(norms_of_the_package(r, 3, 100)["lstm"].min() for r in radii) > 0.01
    assert min(ends[3]) > 1
    assert 25 < max(ends[3]) < 35
    assert radii[int(np.argmax(ends[3]))] == 1.2
    assert max(ends[0]) < 1e-6
    assert ends[1][0] < 1e-7
    assert max(ends[1]) > 0.1
