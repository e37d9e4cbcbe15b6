"""The shape calculator: its rules against Python's, its code against the frameworks."""

import numpy as np
import pytest
import torch

from lstm_utils import live
from lstm_utils.measuring import keras_on_tensorflow
from lstm_utils.shapes import GATES_OF, recurrent_shapes
from tests.in_page import drive, press
from tools.browser.access import axe_findings


def random_setting(rng):
    """Any setting that the controls can make."""
    setting = {
        "framework": str(rng.choice(["keras", "torch"])),
        "layer": str(rng.choice(list(GATES_OF))),
        "batch": int(rng.integers(1, 65)),
        "steps": int(rng.integers(1, 101)),
        "input_size": int(rng.integers(1, 301)),
        "hidden_size": int(rng.integers(1, 513)),
        "num_layers": int(rng.integers(1, 5)),
        "proj_size": 0,
    }
    for name in ("bidirectional", "return_sequences", "reset_after", "batch_first", "bias"):
        setting[name] = bool(rng.integers(2))
    if setting["framework"] == "torch":
        setting |= {"return_sequences": False, "reset_after": True}
        if setting["layer"] == "LSTM":
            setting["proj_size"] = int(rng.integers(setting["hidden_size"]))
    else:
        setting["batch_first"] = False
    if setting["layer"] != "GRU":
        setting["reset_after"] = True
    return setting


def as_lists(shapes):
    return {
        "input": list(shapes.input),
        "output": list(shapes.output),
        "states": {name: list(shape) for name, shape in shapes.states.items()},
        "weights": {name: list(shape) for name, shape in shapes.weights.items()},
        "parameters": shapes.parameters,
    }


@pytest.fixture
def page(open_page):
    return open_page(live.shape_calculator())


def put(page, setting):
    """Set every control as a reader would leave it, and tell what the figure then holds."""
    return drive(
        page,
        """(figure, setting) => {
            for (const [name, value] of Object.entries(setting)) figure.live.put(name, value);
            figure.live.set("layer", setting.layer);
            return figure.live.state();
        }""",
        setting,
    )


def test_the_page_and_python_have_the_same_rules_on_200_random_settings(page):
    rng = np.random.default_rng(15)
    cases = [random_setting(rng) for _ in range(200)]
    code = "(figure, cases) => cases.map(figure.live.shapes)"
    for setting, found in zip(cases, drive(page, code, cases), strict=True):
        expected = as_lists(recurrent_shapes(**setting))
        assert found == expected
        for kind in ("states", "weights"):
            assert list(found[kind]) == list(expected[kind])


def test_controls_and_words_and_table_and_drawing_say_the_same(page):
    rng = np.random.default_rng(16)
    for _ in range(40):
        setting = random_setting(rng)
        expected = recurrent_shapes(**setting)
        told = put(page, setting)
        assert told["setting"] == setting
        assert f"{expected.parameters:,} numbers to learn" in told["reading"]
        assert f"In goes {expected.input}, out comes {expected.output}" in told["reading"]
        letters = page.locator(".live-drawing text.shape").all_text_contents()
        assert letters == [f"output {expected.output}", f"input {expected.input}"]
        counts = page.locator("tbody td:last-child").all_inner_texts()
        *each, total = (int(count.replace(",", "")) for count in counts)
        assert sum(each) == total == expected.parameters


def test_the_code_that_is_shown_makes_a_network_with_these_parameters(page):
    keras_on_tensorflow()
    import keras

    rng = np.random.default_rng(17)
    for _ in range(12):
        setting = random_setting(rng) | {"steps": 2, "batch": 2}
        expected = put(page, setting)["parameters"]
        code = page.locator(".live-code").inner_text()
        if setting["framework"] == "torch":
            network = eval(code, {"torch": torch})
            assert sum(p.numel() for p in network.parameters()) == expected
            continue
        layers = [eval(line, {"keras": keras}) for line in code.splitlines()]
        network = keras.Sequential([keras.Input((2, setting["input_size"])), *layers])
        assert network.count_params() == expected
        assert network.output_shape[1:] == recurrent_shapes(**setting).output[1:]


def test_options_stand_where_the_framework_has_them(page):
    def shown():
        boxes = page.locator("[data-applies]").locator("visible=true").locator("[data-name]")
        return boxes.evaluate_all("boxes => boxes.map(box => box.dataset.name)")

    assert shown() == ["return_sequences"]
    page.locator("[data-name=layer]").select_option("GRU")
    assert shown() == ["return_sequences", "reset_after"]
    page.locator("[data-name=framework]").select_option("torch")
    assert shown() == ["batch_first"]
    page.locator("[data-name=layer]").select_option("LSTM")
    assert shown() == ["batch_first", "proj_size"]


def test_a_projection_stays_smaller_than_what_it_projects(page):
    page.locator("[data-name=framework]").select_option("torch")
    put(page, random_setting(np.random.default_rng(0)) | {"framework": "torch", "layer": "LSTM"})
    drive(page, "figure => figure.live.set('proj_size', 40)")
    drive(page, "figure => figure.live.set('hidden_size', 20)")
    assert drive(page, "figure => figure.live.state()")["setting"]["proj_size"] == 19


def test_keys_move_the_sizes_and_tick_the_boxes(page):
    press(page, "hidden_size", "ArrowRight", 3)
    press(page, "bidirectional", "Space")
    press(page, "return_sequences", "Space")
    told = drive(page, "figure => figure.live.state()")
    assert told["output"] == [32, 10, 2 * 67]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_reader_is_shut_out(open_page, scheme):
    page = open_page(live.shape_calculator(), color_scheme=scheme, width=360)
    put(page, random_setting(np.random.default_rng(3)) | {"framework": "torch"})
    assert not axe_findings(page, without=["landmark-one-main", "region", "page-has-heading-one"])
