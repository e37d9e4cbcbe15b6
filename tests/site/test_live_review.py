"""The live figure that reads a review: its network against NumPy, and what a reader can do."""

import json
import unicodedata
import warnings

import nbformat
import numpy as np
import onnxruntime
import pytest

from lstm_utils import live
from lstm_utils.cells import lstm_backward, lstm_forward
from lstm_utils.corpora import load_nsmc
from lstm_utils.live.page import MEASURED
from lstm_utils.live.reading_review import presets
from lstm_utils.models.pretrained import load_pretrained
from lstm_utils.text import clean_review
from tests.in_page import drive
from tests.package.test_pretrained import same_file
from tools.browser.access import axe_findings
from tools.contents import CHAPTERS

MODEL = load_pretrained("reading")
PRESETS = presets()


@pytest.fixture
def figure(open_page):
    """A page with the figure on it, as a reader finds it."""
    return open_page(live.reading_review())


def letters(rng, first, last, most):
    return "".join(map(chr, rng.integers(ord(first), ord(last) + 1, rng.integers(0, most))))


def reviews_of_all_sorts(n):
    """Texts as readers may type or paste them: real words, odd letters, none at all."""
    rng = np.random.default_rng(6)
    words = " ".join(load_nsmc("test").texts[:300]).split()
    odd = [
        *(
            "",
            " ",
            "\n\t",
            "ㅋㅋㅋㅋㅋㅋ",
            "!!!!!!!!",
            "뷁쀍쮊",
            "Great!! 10/10",
            "😀👍🏽🇰🇷",
            "영화😀최고",
        ),
        *(
            "ﾠ한",
            "\u200b굿\u200d",
            "\u3000굿\u00a0굿",
            "굿\r\n굿",
            "ＡＢＣ１２３",
            "한\u0301국",
            "<b>&amp;</b>",
        ),
        *("ㄱㅏㅁㄷㅗㅇ", "\u1112\u1161\u11ab", "가\u11a8", "ÅngstrÖm İI", "♥♡★☆~^.,?"),
    ]
    makers = [
        lambda: " ".join(rng.choice(words, rng.integers(1, 30))),
        lambda: unicodedata.normalize("NFD", " ".join(rng.choice(words, 5))),
        lambda: letters(rng, "가", "힣", 40),
        lambda: letters(rng, "ㄱ", "ㅣ", 30) + letters(rng, " ", "~", 30),
        lambda: letters(rng, "😀", "🙏", 5) + " ".join(rng.choice(words, 3)),
        lambda: letters(rng, "\u1100", "\u11ff", 20),
        lambda: "".join(rng.choice(list("굿 ㅋ!아a"), 150)),
        lambda: letters(rng, "\u0020", "\ud7ff", 60),
    ]
    return odd + [makers[k % len(makers)]() for k in range(n - len(odd))]


def in_numpy(text):
    """Trace, log odds and the gradient of the last with respect to each step's input; float64."""
    encoded, params = MODEL.encode([text]), MODEL.params.astype(np.float64)
    rows = MODEL.arrays["table"].astype(np.float64)[encoded.ids]
    trace = lstm_forward(params, (rows * (encoded.ids != 0)[..., None]).sum(axis=1)[None])
    kernel, bias = (MODEL.arrays[f"dense/{part}"].astype(np.float64) for part in ("kernel", "bias"))
    dh = np.zeros_like(trace.h[:, 1:])
    dh[:, -1] = kernel[:, 0]
    return trace, (trace.h[0, 1:] @ kernel + bias)[:, 0], lstm_backward(params, trace, dh).x[0]


def test_the_page_reads_as_numpy_does_whatever_is_typed(figure):
    texts = reviews_of_all_sorts(120)
    found = drive(figure, "(figure, texts) => texts.map(figure.live.read)", texts)
    largest = 0
    for text, page in zip(texts, found, strict=True):
        with warnings.catch_warnings():  # NaN for a review of no known piece; the page marks it
            warnings.filterwarnings("ignore", ".*hold nothing that the model knows")
            characters, known, probability = MODEL.read(text)
        assert "".join(page["characters"]) == characters, repr(text)
        assert page["known"] == known.tolist()
        trace, logit, gradient = in_numpy(text)
        np.testing.assert_allclose(page["logit"], logit, rtol=0, atol=1e-10)
        expected = np.where(np.isnan(probability), 1 / (1 + np.exp(-logit)), probability)
        np.testing.assert_allclose(page["probability"], expected, rtol=0, atol=1e-5)
        for name in ("x", "f", "i", "g", "o", "c", "h"):
            ours = getattr(trace, name).ravel()
            np.testing.assert_allclose(page["trace"][name], ours, rtol=0, atol=1e-10)
        np.testing.assert_allclose(page["gradient"], gradient.ravel(), rtol=0, atol=1e-8)
        np.testing.assert_allclose(page["pull"], (gradient * trace.x[0]).sum(axis=1), atol=1e-8)
        np.testing.assert_allclose(page["norm"], np.linalg.norm(gradient, axis=1), atol=1e-8)
        largest = max(largest, len(characters))
    assert largest > 100, "long ones were among them"


def test_the_page_gives_the_log_odds_of_onnx_runtime(figure):
    """The fourth place; NumPy, Keras and ONNX Runtime are compared in tests/package."""
    session = onnxruntime.InferenceSession(MODEL.onnx().SerializeToString())
    start = np.zeros((1, 1, MODEL.params.hidden_size), np.float32)
    texts = reviews_of_all_sorts(40)
    found = drive(figure, "(figure, texts) => texts.map(figure.live.read)", texts)
    for text, page in zip(texts, found, strict=True):
        ids = MODEL.encode([text]).ids[None].astype(np.int64)
        log_odds = session.run(["log_odds"], {"ids": ids, "h": start, "c": start})[0][0]
        np.testing.assert_allclose(page["logit"], log_odds, rtol=0, atol=1e-5)


def test_the_pages_gradient_is_the_slope_of_its_outcome(figure):
    """Finite differences, on the page's own numbers: no backward pass on this side."""
    text = "처음엔 지루했는데 펑펑 울었어요"
    page = drive(figure, "(figure, text) => figure.live.read(text)", text)
    params, step = MODEL.params.astype(np.float64), 1e-5
    kernel = MODEL.arrays["dense/kernel"][:, 0].astype(np.float64)
    x = np.array(page["trace"]["x"]).reshape(1, len(page["characters"]), -1)
    slopes = np.empty(x.size)
    for k in range(x.size):
        ends = []
        for sign in (1, -1):
            moved = x.copy()
            moved.reshape(-1)[k] += sign * step
            ends.append(lstm_forward(params, moved).h[0, -1] @ kernel)
        slopes[k] = (ends[0] - ends[1]) / (2 * step)
    assert np.abs(slopes - page["gradient"]).max() < 1e-8


def test_cleaning_is_pythons_for_every_kind_of_character(figure):
    rng = np.random.default_rng(0)
    codes = np.concatenate([np.arange(1, 0xD800), np.arange(0xE000, 0x1FAFF)])
    alphabet = [chr(code) for code in codes if unicodedata.category(chr(code)) != "Cn"]
    texts = ["".join(part) for part in np.array_split(alphabet, 500)]
    texts += ["".join(rng.choice(list("아ㅋ! \n"), 60)) for _ in range(100)]
    texts += [
        "".join(rng.choice(list("\u1100\u1161\u11a8가\u200d\ufeffe\u0301"), 9)) for _ in range(100)
    ]
    found = drive(figure, "(figure, texts) => texts.map(t => figure.live.clean(t))", texts)
    assert found == [clean_review(text) for text in texts]


# --- How good it is -----------------------------------------------------------------------


def test_the_stated_accuracy_is_the_measured_one_and_the_records():
    measured = json.loads(MEASURED.read_text(encoding="utf-8"))["reading-review"]
    metrics = MODEL.record()["metrics"]
    assert measured["reviews"] == metrics["reviews"]
    # Between single and double precision, and two libraries: a handful of reviews on the border.
    assert measured["accuracy"] == pytest.approx(metrics["accuracy"], abs=1e-4)
    html = live.reading_review().html
    low, high = measured["interval"]
    assert f"{measured['reviews']:,} test reviews: {100 * measured['accuracy']:.1f} %" in html
    assert f"{100 * low:.1f} to {100 * high:.1f} %" in html


def test_the_page_gives_the_verdicts_that_were_measured(figure):
    reviews = load_nsmc("test")
    texts, labels = reviews.texts[:2000], reviews.labels[:2000]
    answers = np.array(drive(figure, "(figure, texts) => figure.live.answers(texts)", texts))
    np.testing.assert_allclose(answers, MODEL.predict(texts), rtol=0, atol=1e-5)
    if not same_file(MODEL.record(), reviews.path):
        pytest.skip("another corpus than the one that was measured")
    stated = json.loads(MEASURED.read_text(encoding="utf-8"))["reading-review"]["accuracy"]
    assert np.mean((answers > 0.5) == labels) == pytest.approx(stated, abs=0.02)


# --- What a reader does -------------------------------------------------------------------


def test_the_examples_are_the_chapters_and_every_word_has_its_gloss():
    chapter = next(path for path in CHAPTERS if path.name.startswith("06"))
    source = "".join(cell.source for cell in nbformat.read(chapter, 4).cells)
    for text, (meaning, gloss, says, whose) in PRESETS.items():
        assert meaning
        assert len(text.split(" ")) == len(gloss.split("|"))
        assert says.split(":")[0] in ("positive", "negative")
        if whose == "From the notes":
            assert f'"{text}": (\n        "{gloss}",' in source
    assert len(PRESETS) == 6


def test_an_example_shows_its_gloss_and_starts_where_the_probability_turns(figure):
    for k, (text, (_, gloss, says, whose)) in enumerate(PRESETS.items()):
        figure.get_by_label("Example").select_option(str(k))
        shown = figure.locator("[data-gloss]").inner_text()
        assert figure.get_by_label("Review, in Korean").input_value() == text
        assert all(meaning in shown for meaning in gloss.split("|"))
        assert f"{whose}; a reader would say {says}." in shown
        probability = MODEL.read(text)[2]
        turn = np.abs(np.diff(probability)).argmax() + 1
        assert drive(figure, "figure => figure.live.values.step") == turn + 1
        reading = figure.locator(".live-reading").inner_text()
        assert f"After it the probability is {probability[turn]:.2f}" in reading


def test_typing_by_an_input_method_is_followed_and_never_disturbed(figure):
    """Syllables are composed letter by letter; the text field belongs to the input method."""
    field = figure.get_by_label("Review, in Korean")
    field.fill("")
    assert drive(figure, "figure => figure.live.state().characters") == [" ", " "]
    keyboard = figure.context.new_cdp_session(figure)
    committed = ""
    for syllable, parts in (("재", "ㅈ재"), ("미", "ㅁ미")):
        for composing in parts:
            keyboard.send(
                "Input.imeSetComposition",
                {"text": composing, "selectionStart": 1, "selectionEnd": 1},
            )
            assert field.input_value() == committed + composing
            characters = drive(figure, "figure => figure.live.state().characters")
            assert "".join(characters) == f" {committed}{composing} "
        keyboard.send("Input.insertText", {"text": syllable})
        committed += syllable
    assert field.input_value() == "재미"
    assert figure.get_by_label("Example").input_value() == "own"
    assert "no translation" in figure.locator("[data-gloss]").inner_text()
    assert drive(figure, "figure => figure.live.values.step") == 3, "the syllable typed last"


def test_a_syllable_is_chosen_by_slider_and_by_touch(figure):
    slider = figure.get_by_role("slider", name="syllable")
    slider.focus()
    figure.keyboard.press("Home")
    reading = figure.locator(".live-reading")
    assert "Chosen: the start, step 1 of" in reading.inner_text()
    figure.keyboard.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") == "배"
    box = figure.locator("text.live-syllable", has_text="좋").bounding_box()
    figure.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert "Chosen: 좋," in reading.inner_text()
    assert "“good, but”" in reading.inner_text()
    figure.keyboard.press("End")


def test_the_reading_says_the_numbers_of_the_step(figure):
    text, step = "돈이 아깝다", 6
    drive(figure, "(figure, text) => figure.live.set('text', text)", text)
    drive(figure, "(figure, step) => figure.live.set('step', step)", step)
    trace, _, gradient = in_numpy(text)
    p = MODEL.read(text)[2]
    t = step - 1
    numbers = {f"After it the probability is {p[t]:.2f}", f"from {p[t - 1]:.2f}"}
    numbers.add(f"size {np.linalg.norm(gradient[t]):.2f}")
    pull = (gradient[t] * trace.x[0, t]).sum()
    numbers.add(f"times input {pull:.2f}, to ".replace("-", "−"))
    for unit in ("mean", "7"):
        drive(figure, "(figure, unit) => figure.live.set('unit', unit)", unit)
        reading = figure.locator(".live-reading").inner_text()
        assert not [told for told in numbers if told not in reading]
        for title, gate in (("forget", trace.f), ("input", trace.i), ("output", trace.o)):
            value = gate[0, t].mean() if unit == "mean" else gate[0, t, 6]
            assert f"{title} {value:.2f}" in reading


def test_what_the_network_cannot_read_is_told_and_marked(figure):
    field, reading = figure.get_by_label("Review, in Korean"), figure.locator(".live-reading")
    field.fill("뷁 영화 😀")
    assert "Not in the network's table: 뷁." in reading.inner_text()
    assert "Cleaning makes a space of 😀." in reading.inner_text()
    assert figure.locator("svg rect[stroke-dasharray]").count() == 1
    drive(figure, "figure => figure.live.set('step', 2)")
    assert "The network has no row for it." in reading.inner_text()
    field.fill("영화 " * 100)
    assert drive(figure, "figure => figure.live.state().characters.length") == 142
    assert "Only the first 140 of 299 characters are read" in reading.inner_text()


@pytest.mark.parametrize("width", [330, 760])
def test_a_long_review_wraps_with_its_marks(open_page, width):
    page = open_page(live.reading_review(), width=width)
    page.get_by_label("Review, in Korean").fill("처음엔 지루했는데 " * 20)
    syllables = page.locator("text.live-syllable")
    assert syllables.count() == 142 - 1  # the last space goes, the end's stands for it
    boxes = [box for box in (s.bounding_box() for s in syllables.all()) if box]
    assert len({round(box["y"]) for box in boxes}) >= (141 * 20 // width)
    stage = page.locator(".live-stage").bounding_box()
    for box in boxes:
        assert stage["x"] <= box["x"]
        assert box["x"] + box["width"] <= stage["x"] + stage["width"] + 1
        assert box["y"] + box["height"] <= stage["y"] + stage["height"]
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_the_bars_under_the_text_are_the_gradient(figure):
    """Their heights, read off the drawing: up for positive, down for negative."""
    for paint in ("pull", "norm"):
        drive(figure, "(figure, paint) => figure.live.set('paint', paint)", paint)
        state = drive(figure, "figure => figure.live.state()")
        bars = drive(
            figure,
            """figure => [...figure.querySelectorAll("svg rect.live-push")].map(
                bar => [bar.y.baseVal.value, bar.height.baseVal.value])""",
        )
        values = np.array(state[paint])
        assert len(bars) == len(values)
        heights = np.array([height for _, height in bars])
        zero = max(y for y, _ in bars if y) if paint == "pull" else None
        large = np.abs(values) > 0.05 * np.abs(values).max()
        ratio = heights[large] / np.abs(values[large])
        assert ratio == pytest.approx(np.full(large.sum(), ratio[0]), rel=0.05)
        if paint == "pull":
            down = np.array([y for y, _ in bars]) >= zero - 0.1
            assert (down[large] == (values[large] < 0)).all()


def test_axe_finds_nothing(figure):
    found = axe_findings(figure, without=["landmark-one-main", "region", "page-has-heading-one"])
    assert not found, "\n".join(found)
