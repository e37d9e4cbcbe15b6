"""The parity networks in the page: the package's own numbers, what is typed, every control."""

import numpy as np
import pytest

from lstm_utils import live
from lstm_utils.cells import lstm_forward
from lstm_utils.live.parity import LONGEST, shown_units
from lstm_utils.models.parity import linear_recurrence, one_hot
from lstm_utils.models.pretrained import load_pretrained
from tests.in_page import drive, press

MODEL = load_pretrained("parity")
UNITS = shown_units(MODEL)


@pytest.fixture
def page(open_page):
    return open_page(live.parity())


def in_numpy(kind, bits):
    """The unit shown, (T,), and the log odds of odd, (T,), by NumPy in float64."""
    x = one_hot(np.array([bits]))
    read_out, bias = (
        MODEL.of(kind)[f"read_out.{part}"].astype(float) for part in ("weight", "bias")
    )
    if kind == "lstm":
        trace = lstm_forward(MODEL.params.astype(np.float64), x)
        held, states = trace.c[0, 1:], trace.h[0, 1:]
    else:
        held = states = linear_recurrence(*(x @ e.astype(float) for e in MODEL.steps(kind)))[0]
    return held[:, UNITS[kind]], states @ read_out[0] + bias[0]


def check(page):
    """What the figure says follows from its bits, by NumPy; its state."""
    told = drive(page, "figure => figure.live.state()")
    bits, step = told["sequence"], told["step"]
    odd = np.cumsum(bits) % 2 == 1
    assert told["bits"] in ("", "".join(map(str, bits))) or not set(told["bits"]) <= set("01")
    assert f"{sum(bits[:step])} one" in told["reading"]
    assert f" come: {'odd' if odd[step - 1] else 'even'}. " in told["reading"]
    for name, kind in (("lstm", "lstm"), ("linear", told["kind"])):
        held, odds = in_numpy(kind, bits)
        assert told["right"][name] == np.count_nonzero((odds > 0) == odd)
        value = f"{held[step - 1]:.2f}".replace("-", "−").replace("−0.00", "0.00")
        assert value in told["reading"]
    return told


@pytest.mark.parametrize("kind", MODEL.kinds)
def test_the_page_computes_the_packages_networks_on_200_random_inputs(page, kind):
    rng = np.random.default_rng(4)
    rows = [rng.integers(0, 2, int(rng.integers(1, 201))).tolist() for _ in range(200)]
    found = drive(
        page,
        "(figure, [kind, rows]) => rows.map((bits) => figure.live.run(kind, bits))",
        [kind, rows],
    )
    for bits, theirs in zip(rows, found, strict=True):
        held, odds = in_numpy(kind, bits)
        np.testing.assert_allclose(theirs["held"], held, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(theirs["odds"], odds, rtol=1e-9, atol=1e-9)
        shipped = MODEL.numpy(kind)([bits])[1][0]
        np.testing.assert_allclose(theirs["odds"], shipped, rtol=1e-3, atol=1e-3)


def test_it_starts_with_sixty_bits_at_the_last_step(page):
    told = check(page)
    assert (len(told["sequence"]), told["step"], told["kind"]) == (60, 60, "signed")
    assert told["right"]["lstm"] == 60


def test_bits_are_typed_and_other_signs_left_out(page):
    field = page.locator("[data-name=bits]")
    field.fill("1 0,1x1")
    told = check(page)
    assert (told["sequence"], told["step"]) == ([1, 0, 1, 1], 4)
    field.fill("")
    assert check(page)["sequence"] == [1, 0, 1, 1]


def test_the_step_moves_by_keyboard(page):
    press(page, "step", "Home")
    assert check(page)["step"] == 1
    press(page, "step", "ArrowRight", 4)
    assert check(page)["step"] == 5


def test_buttons_add_bits_up_to_the_longest_row(page):
    before = check(page)["sequence"]
    page.get_by_role("button", name="1", exact=True).click()
    page.get_by_role("button", name="0", exact=True).click()
    page.get_by_role("button", name="ten ones").click()
    told = check(page)
    assert told["sequence"] == [*before, 1, 0, *[1] * 10]
    assert told["step"] == 72
    page.get_by_role("button", name="1000 ones").click()
    page.get_by_role("button", name="twenty at random").click()
    assert check(page)["sequence"] == [1] * LONGEST
    page.get_by_role("button", name="again from the start").click()
    assert check(page)["sequence"] == before


def test_the_other_linear_network_is_shown_and_fails_on_ones(page):
    page.get_by_role("button", name="40 ones").click()
    signed = check(page)
    page.locator("[data-name=kind]").select_option("positive")
    told = check(page)
    assert told["kind"] == "positive"
    assert told["right"]["linear"] < signed["right"]["linear"]
    assert told["right"]["lstm"] == 40


@pytest.mark.parametrize("width", [360, 1440])
def test_a_step_is_chosen_on_the_drawing(open_page, width):
    page = open_page(live.parity(), width=width)
    box = page.locator(".live-drawing").bounding_box()
    page.mouse.click(box["x"] + 0.5 * box["width"], box["y"] + 120)
    assert 25 <= check(page)["step"] <= 36
