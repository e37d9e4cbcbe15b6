"""The live figures: their arithmetic against NumPy, and each of them driven in a browser."""

import base64
import re

import nbformat
import numpy as np
import pytest

from lstm_utils import live
from lstm_utils.cells import (
    init_lstm,
    init_rnn,
    lstm_backward,
    lstm_forward,
    lstm_step,
    rnn_backward,
    rnn_forward,
)
from lstm_utils.messages import LANGUAGE
from tests.documents import read
from tests.in_page import drive, page_of
from tools.browser.live import WIDTHS, languages, still, still_of
from tools.contents import NOTEBOOKS
from tools.notebooks import SEAL, live_figure_of, made_by, refresh, seal_of

every_figure = pytest.mark.parametrize("name", live.FIGURES)
every_language = pytest.mark.parametrize("language", ["en", "ko"], indirect=True)
SCRIPTS = ("core", "axes", "data", "random", "rnn", "lstm", "lstm-backward")
CORE = "".join((live.FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS)


# --- The arithmetic of the shared scripts -------------------------------------------------


@pytest.fixture(scope="module")
def core(browser):
    """Open an empty page that knows the shared scripts."""
    page = browser.new_page()
    page.add_script_tag(content=CORE)
    yield page
    page.close()


def flat(array):
    return np.asarray(array, dtype=np.float64).ravel().tolist()


def gap(theirs, ours):
    """Return the largest difference, in units of the larger of 1 and the reference's size."""
    ours = np.asarray(ours).ravel()
    theirs = np.array(theirs, dtype=np.float64)
    assert theirs.shape == ours.shape
    return float(np.max(np.abs(theirs - ours) / np.maximum(1.0, np.abs(ours))))


def random_sequences(n):
    """Yield sizes, a generator and the inputs of `n` random sequences."""
    rng = np.random.default_rng(20)
    for _ in range(n):
        size, width, steps = rng.integers(1, 7), rng.integers(1, 5), rng.integers(1, 12)
        yield (
            rng,
            int(width),
            int(size),
            rng.normal(size=(1, steps, width)) * rng.uniform(0.1, 3),
            rng.normal(size=(1, steps, size)),
        )


def test_the_rnn_of_the_page_is_the_packages_forward_and_backward(core):
    cases, expected = [], []
    for rng, width, size, x, dh in random_sequences(200):
        params = init_rnn(width, size, rng, scale=rng.uniform(0.1, 2))
        h0 = rng.normal(size=(1, size))
        trace = rnn_forward(params, x, h0)
        back = rnn_backward(params, trace, dh)
        weights = {"W_xh": params.W_xh, "W_hh": params.W_hh, "b": params.b}
        cases.append(
            {"D": width, "H": size, "x": flat(x), "dh": flat(dh), "h0": flat(h0)}
            | {name: flat(value) for name, value in weights.items()}
        )
        expected.append(
            {"h": trace.h, "x": back.x, "h0": back.h0}
            | {f"d{name}": getattr(back.params, name) for name in weights}
        )
    found = core.evaluate(
        """cases => cases.map(({ D, H, ...numbers }) => {
            const n = Object.fromEntries(
                Object.entries(numbers).map(([k, v]) => [k, Float64Array.from(v)]));
            const p = { D, H, W_xh: n.W_xh, W_hh: n.W_hh, b: n.b };
            const trace = rnnForward(p, n.x, n.h0);
            const back = rnnBackward(p, trace, n.dh);
            return { h: [...trace.h], x: [...back.x], h0: [...back.h0],
                     dW_xh: [...back.W_xh], dW_hh: [...back.W_hh], db: [...back.b] };
        })""",
        cases,
    )
    for theirs, ours in zip(found, expected, strict=True):
        assert max(gap(theirs[name], ours[name]) for name in ours) < 1e-12


def test_the_lstm_of_the_page_is_the_packages_forward_and_backward(core):
    cases, expected = [], []
    for rng, width, size, x, dh in random_sequences(200):
        params = init_lstm(width, size, rng, forget_bias=rng.normal(), scale=rng.uniform(0.1, 2))
        h0, c0, dc = rng.normal(size=(3, 1, size))
        trace = lstm_forward(params, x, h0, c0)
        back = lstm_backward(params, trace, dh, dc)
        numbers = {"W": params.W, "b": params.b, "x": x, "dh": dh, "h0": h0, "c0": c0, "dc": dc}
        cases.append({"D": width, "H": size} | {k: flat(v) for k, v in numbers.items()})
        expected.append(
            {name: getattr(trace, name) for name in "figoch"}
            | {"dx": back.x, "dh0": back.h0, "dc0": back.c0}
            | {"dW": back.params.W, "db": back.params.b}
            | {f"one_{k}": v for k, v in vars(lstm_step(params, x[:, 0], h0, c0)).items()}
        )
    found = core.evaluate(
        """cases => cases.map(({ D, H, ...numbers }) => {
            const n = Object.fromEntries(
                Object.entries(numbers).map(([k, v]) => [k, Float64Array.from(v)]));
            const p = { D, H, W: n.W, b: n.b };
            const trace = lstmForward(p, n.x, n.h0, n.c0);
            const back = lstmBackward(p, trace, n.dh, n.dc);
            const step = lstmStep(p, n.x.subarray(0, D), n.h0, n.c0);
            const all = {};
            for (const k of "figoch") { all[k] = [...trace[k]]; all["one_" + k] = [...step[k]]; }
            for (const k of ["x", "h0", "c0", "W", "b"]) all["d" + k] = [...back[k]];
            return all;
        })""",
        cases,
    )
    for theirs, ours in zip(found, expected, strict=True):
        assert max(gap(theirs[name], ours[name]) for name in ours) < 1e-12


def test_the_random_numbers_of_the_page_are_numpys(core):
    for seed in (0, 7, 2**40):
        rng = np.random.default_rng(seed)
        start = rng.bit_generator.state["state"]
        found = core.evaluate(
            """([state, inc]) => {
                const random = pcg64(state, inc);
                return Array.from({ length: 300 }, random);
            }""",
            [str(start["state"]), str(start["inc"])],
        )
        assert found == rng.random(300).tolist()


@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_weights_arrive_in_the_page_bit_by_bit(core, kind):
    numbers = np.random.default_rng(1).normal(size=50).astype(kind)
    text = base64.b64encode(numbers.astype(f"<f{numbers.itemsize}").tobytes()).decode()
    code = "([text, kind]) => [...floatsOf(text, kind)]"
    assert core.evaluate(code, [text, kind]) == flat(numbers)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (41.234, "41"),
        (-0.0213, "−0.021"),
        (3.14e-7, "3.1 × 10⁻⁷"),
        (9.96e-5, "1.0 × 10⁻⁴"),
        (123456789, "1.2 × 10⁸"),
        (0.999, "1.0"),
    ],
)
def test_a_number_of_any_size_is_written_for_a_reader(core, number, text):
    assert core.evaluate("x => short(x)", number) == text


def test_a_small_negative_number_is_not_written_as_minus_zero(core):
    assert core.evaluate("[-0.004, -0.006, -Infinity].map(x => fixed(x))") == [
        "0.00",
        "−0.01",
        "−∞",
    ]


# --- What holds of every figure -----------------------------------------------------------


@pytest.fixture
def language(request, monkeypatch):
    """The language that the package speaks."""
    monkeypatch.setenv(LANGUAGE, request.param)
    return request.param


@every_language
@every_figure
def test_a_figure_stands_for_itself_and_is_small(name, language):
    figure = live.FIGURES[name]()
    assert figure.name == name
    assert figure._repr_html_() == figure.html == live.FIGURES[name]().html
    assert repr(figure) == f"<live figure {name}>"
    # Addresses: SVG's namespace is a name, and nothing is fetched from it.
    assert set(re.findall(r"https?://[^\s\"']+", figure.html)) <= {"http://www.w3.org/2000/svg"}
    assert not re.findall(r'\b(?:src|href|id)="|\burl\(|@import|\bfetch\(', figure.html)
    code = re.sub(r'(liveFigure\("[^"]+","[^"]+",).*(,build\);)', r"\1\2", figure.html)
    assert len(code.encode()) < 60_000


@every_figure
def test_the_still_is_what_the_page_draws_first(name, browser, monkeypatch):
    page = browser.new_page(color_scheme="light")
    for language in languages():
        monkeypatch.setenv(LANGUAGE, language)
        for suffix, width in WIDTHS.items():
            kept = still_of(name, suffix, language).read_text(encoding="utf-8")
            drawn = still(page, live.FIGURES[name](), width)
            assert drawn == kept, "python -m tools.browser.live draw"
    page.close()


@every_language
@every_figure
@pytest.mark.parametrize("width", [330, 760])
def test_nothing_moves_when_the_script_starts(name, browser, width, language):
    """With scripts and without, everything but the sentence for those without is in its place."""
    boxes = []
    for scripts in (True, False):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=scripts
        )
        page = context.new_page()
        # Where scripts are off, the controls go; here they stay, to be compared.
        page.set_content(re.sub(r"<noscript>.*?</noscript>", "", page_of(live.FIGURES[name]())))
        parts = page.locator("figure.lstm-live, .live-controls, .live-stage, .live-reading").all()
        boxes.append([part.bounding_box() for part in parts])
        context.close()
    assert len(boxes[0]) in (4, 5)  # some have controls under the drawing too
    assert boxes[0] == boxes[1]


@every_language
@every_figure
def test_without_scripts_there_is_a_still_and_a_sentence(name, open_page, language):
    page = open_page(live.FIGURES[name](), java_script_enabled=False)
    pictures = page.locator(".live-stage svg[role=img]").locator("visible=true")
    assert pictures.count() == 1
    assert len(pictures.get_attribute("aria-label").split()) >= 10
    assert pictures.bounding_box()["height"] > 150
    assert len(page.locator(".live-reading").inner_text().split()) >= 10
    assert page.locator(".live-off").is_visible()
    assert page.locator(".live-controls").locator("visible=true").count() == 0


@every_figure
def test_every_control_has_a_name_and_moves_by_keyboard(name, open_page):
    page = open_page(live.FIGURES[name]())
    for slider in page.locator("input[type=range]:visible").all():
        slider.focus()
        before = (slider.input_value(), drive(page, "figure => figure.live.state().reading"))
        page.keyboard.press("ArrowRight")
        if slider.input_value() == before[0]:  # at its end already
            page.keyboard.press("ArrowLeft")
        assert slider.input_value() != before[0]
        shown = slider.locator("xpath=ancestor::*[@class='live-control']").locator("output")
        assert shown.inner_text() == slider.get_attribute("aria-valuetext")
        assert slider.bounding_box()["height"] >= 24
    for control in page.locator("[data-name]").all():
        named = control.evaluate("c => c.labels?.[0]?.textContent ?? c.textContent")
        assert named.strip(), control.get_attribute("data-name")


@every_figure
def test_two_of_a_kind_on_one_page_keep_their_own_values(name, open_page):
    figure = live.FIGURES[name]()
    page = open_page(figure, figure)
    sliders = page.locator("figure.lstm-live >> nth=0 >> input[type=range]").first
    other = page.locator("figure.lstm-live").nth(1)
    before = other.evaluate("figure => JSON.stringify(figure.live.state())")
    sliders.focus()
    page.keyboard.press("ArrowRight")
    assert other.evaluate("figure => JSON.stringify(figure.live.state())") == before
    assert page.locator(".live-drawing").count() == 2


@every_language
@every_figure
@pytest.mark.parametrize("width", [330, 520, 760, 1440])
def test_letters_are_large_enough_and_nothing_scrolls(name, open_page, width, language):
    page = open_page(live.FIGURES[name](), width=width)
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    smallest = drive(
        page,
        """figure => Math.min(...[...figure.querySelectorAll("svg text")].map(text =>
            parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a))""",
    )
    assert smallest >= 11
    outside = drive(
        page,
        """figure => {
            const box = figure.getBoundingClientRect();
            return [...figure.querySelectorAll("svg text")].filter(text => {
                const here = text.getBoundingClientRect();
                return here.left < box.left || here.right > box.right;
            }).map(text => text.textContent);
        }""",
    )
    assert not outside


HOSTS = {
    "the book's site": ("document.documentElement.dataset.theme = '{}'", "light", "dark"),
    "JupyterLab": ("document.body.dataset.jpThemeLight = '{}'", "true", "false"),
    "Colab": ("document.documentElement.setAttribute('theme', '{}')", "light", "dark"),
    "VS Code": ("document.body.className = '{}'", "vscode-light", "vscode-dark"),
}


@pytest.mark.parametrize("host", HOSTS)
def test_a_figure_follows_the_light_or_dark_of_its_host(host, open_page):
    """Against the browser's own preference, so that the host is seen to decide."""
    switch, light, dark = HOSTS[host]
    for preference, said in (("dark", light), ("light", dark)):
        page = open_page(live.step_size(), color_scheme=preference)
        page.evaluate(switch.format(said))
        background = drive(page, "figure => getComputedStyle(figure).backgroundColor")
        assert background == ("rgb(255, 255, 255)" if said == light else "rgb(20, 24, 30)")


def test_html_that_is_rendered_twice_starts_each_figure_once(open_page):
    """JupyterLab sets an output's HTML and runs its scripts itself, perhaps again later."""
    figure = live.step_size()
    page = open_page(figure)
    page.evaluate(
        """html => {
            const output = document.body.appendChild(document.createElement("div"));
            output.innerHTML = html;
            for (const still of output.querySelectorAll("script")) {
                const script = document.createElement("script");
                script.textContent = still.textContent;
                still.replaceWith(script);
            }
            const again = document.createElement("script");
            again.textContent = output.querySelector("script").textContent;
            document.body.append(again);
        }""",
        figure.html,
    )
    assert page.locator(".live-drawing").count() == 2
    second = page.locator("figure.lstm-live").nth(1)
    second.get_by_role("button", name="settle").click()
    assert second.evaluate("figure => figure.live.values.mu") == 0.04
    assert drive(page, "figure => figure.live.values.mu") == 0.123


# --- In a notebook ------------------------------------------------------------------------


def notebook_with(source, output):
    cell = nbformat.v4.new_code_cell(source, id="live", execution_count=1)
    cell.outputs = [nbformat.v4.new_output("execute_result", {"text/html": output})]
    cell.outputs[0].execution_count = 1
    notebook = nbformat.v4.new_notebook(cells=[cell])
    notebook.metadata[SEAL] = seal_of(notebook)
    return notebook


def test_refreshing_a_notebook_renews_its_live_figures_and_nothing_else(tmp_path):
    old = live.step_size().html.replace("How long may a step be?", "An older title")
    notebook = notebook_with("from lstm_utils.live import step_size\n\nstep_size()", old)
    notebook.cells.append(nbformat.v4.new_code_cell("1 + 1", id="other", execution_count=2))
    notebook.cells[1].outputs = [nbformat.v4.new_output("stream", text="2")]
    notebook.metadata[SEAL] = seal_of(notebook)
    nbformat.write(notebook, tmp_path / "page.ipynb")
    refresh(tmp_path / "page.ipynb")
    renewed = nbformat.read(tmp_path / "page.ipynb", as_version=4)
    assert renewed.cells[0].outputs[0].data["text/html"] == live.step_size().html
    assert renewed.metadata[SEAL] == seal_of(renewed) != notebook.metadata[SEAL]
    assert renewed.cells[1] == notebook.cells[1]


def test_a_notebook_that_was_edited_by_hand_is_not_refreshed(tmp_path):
    notebook = notebook_with("step_size()", live.step_size().html)
    notebook.cells[0].source = "x = 1\nstep_size()"
    nbformat.write(notebook, tmp_path / "page.ipynb")
    with pytest.raises(ValueError, match="execute the notebook instead"):
        refresh(tmp_path / "page.ipynb")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_live_figure_of_a_notebook_is_the_packages_of_today(path):
    """And it is the only HTML with a script, announced, named and read like any other figure."""
    cells = read(path).cells
    for index, cell in enumerate(cells):
        output = live_figure_of(cell)
        pages = [o.get("data", {}).get("text/html", "") for o in cell.get("outputs", [])]
        assert not any("<script" in page for page in pages) or output, cell.id
        if output is None:
            continue
        figure = made_by(cell)
        assert output.data["text/html"] == figure.html, f"notebooks.py refresh {path.name}"
        assert output.data["text/plain"] == repr(figure)
        assert len(cell.outputs) == 1
        look = cell.metadata["mystnb"]["figure"]
        assert look["caption"]
        assert look["name"] == f"fig-live-{figure.name}"
        before, after = cells[index - 1], cells[index + 1]
        assert before.cell_type == after.cell_type == "markdown"
        assert "?" in before.source, "a figure answers a question"
