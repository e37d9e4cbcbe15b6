"""The slides: what tools/course/slides.py refuses, and every slide of every deck in a browser."""

import pypdf
import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import expect

from tests.in_page import note_what_goes_wrong
from tools.browser.access import axe_findings
from tools.course import slides

SESSIONS = range(1, 10)
every_session = pytest.mark.parametrize("number", SESSIONS)
GO = """k => new Promise((there) => {
    Reveal.slide(k);
    requestAnimationFrame(() => requestAnimationFrame(there)); // a live figure draws itself anew
})"""
# Slide by slide: whatever stands outside its box, is cut off, or is too small for the back row.
INSPECT = """() => {
    const wrong = [];
    const slide = Reveal.getCurrentSlide().querySelector(".slide");
    const inside = (part, whole, name) => {
        const a = part.getBoundingClientRect(), b = whole.getBoundingClientRect();
        if (!a.width || !a.height) return;
        const across = Math.max(b.left - a.left, a.right - b.right);
        const over = Math.max(across, b.top - a.top, a.bottom - b.bottom);
        if (over > 1.5) wrong.push(`${name} is ${Math.round(over)} px out`);
    };
    const body = slide.querySelector(".body");
    for (const box of [slide, body, ...slide.querySelectorAll(".words, .living, pre")]) {
        const name = box.className || box.tagName;
        if (box.scrollHeight > box.clientHeight + 2) {
            wrong.push(`${name}: ${box.scrollHeight} px in a height of ${box.clientHeight}`);
        }
        if (box.scrollWidth > box.clientWidth + 2) {
            wrong.push(`${name}: ${box.scrollWidth} px in a width of ${box.clientWidth}`);
        }
    }
    for (const part of slide.querySelectorAll("*")) {
        if (part.closest("mjx-assistive-mml, noscript, script, style")) continue;
        // A drawing clips its own lines.
        if (part.ownerSVGElement && part.tagName !== "text") continue;
        if (part.closest("mjx-container") && part.tagName !== "MJX-CONTAINER") continue;
        const name = part.className.baseVal ?? part.className;
        const whole = body.contains(part) && !part.ownerSVGElement ? body : slide;
        inside(part, whole, name || part.tagName);
    }
    const letters = document.createTreeWalker(slide, NodeFilter.SHOW_TEXT);
    while (letters.nextNode()) {
        const owner = letters.currentNode.parentElement;
        if (!letters.currentNode.data.trim() || owner.closest("script, style, noscript")) continue;
        if (owner.closest("mjx-container") || !owner.checkVisibility()) continue;
        const live = owner.closest(".lstm-live"), code = owner.closest("code");
        const zoom = live ? Number(getComputedStyle(live).zoom) : 1;
        const least = live ? 14 : code ? 22 : 28;
        const size = zoom * parseFloat(getComputedStyle(owner).fontSize);
        if (size < least) wrong.push(`${size.toFixed(1)} px: ${letters.currentNode.data.trim()}`);
    }
    for (const formula of slide.querySelectorAll("mjx-container")) {
        const size = parseFloat(getComputedStyle(formula).fontSize);
        if (size < 28) wrong.push(`a formula of ${size} px`);
    }
    for (const image of slide.querySelectorAll(".picture img")) {
        if (!image.complete || !image.naturalWidth) wrong.push("a picture has not loaded");
        const shown = Math.min(image.clientWidth / image.naturalWidth,
            image.clientHeight / image.naturalHeight);
        // 150 pixels to the inch and letters of 9.5 points (plotting.TYPE_SCALE's "label").
        const size = shown * 150 * 9.5 / 72;
        if (size < 13) wrong.push(`the figure's labels are ${size.toFixed(1)} px`);
    }
    return [...new Set(wrong)];
}"""


EVERY_SLIDE = f"""async () => {{
    const go = {GO}, inspect = {INSPECT}, found = {{}};
    for (let k = 0; k < Reveal.getTotalSlides(); k++) {{
        await go(k);
        const wrong = inspect();
        if (wrong.length) found[k + 1] = wrong;
    }}
    return found;
}}"""


def inspect(page):
    """Return {slide's number: what is wrong} of the deck that is open."""
    return page.evaluate(EVERY_SLIDE)


# --- The sources --------------------------------------------------------------------------


@pytest.fixture
def source(tmp_path, monkeypatch):
    """Make a course of one deck from the sources of its slides."""
    monkeypatch.setattr(slides, "SOURCES", tmp_path)

    def source(*texts):
        text = "\n\n---\n".join(("# Title\n\nWords.\n\nNote: Say it.", *texts))
        (tmp_path / "session_1.md").write_text(text, encoding="utf-8")
        (path,) = slides.write(tmp_path / "course")
        return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")

    return source


def test_every_session_has_slides():
    assert slides.sessions() == list(SESSIONS)


@pytest.mark.parametrize(
    ("slide", "reason"),
    [
        ("## Heading\n\nWords.", "no speaker notes"),
        ("## Heading\n\nWords.\n\nNote:", "no speaker notes"),
        ("Words.\n\nNote: n", "no heading"),
        ("# Heading\n\nNote: n", "no heading: the slide begins with a line `## …`"),
        ("## One\n\n## Two\n\nNote: n", "two headings"),
        ("## H\n\n![a](chapters/09_none.ipynb#x)\n\nNote: n", "no file chapters/09_none.ipynb"),
        (
            "## H\n\n![a](chapters/01_gradient_descent.ipynb#set-up)\n\nNote: n",
            "no cell 'set-up' that stores a picture; there are: seedling-figure, ",
        ),
        ("## H\n\n![](images/cover.png)\n\nNote: n", "images/cover.png has no alt text"),
        ("## H\n\nSee ![a](images/cover.png)\n\nNote: n", "on a line of its own"),
        ("## H\n\n{live} no-such\n\nNote: n", "no live figure 'no-such'; there are: "),
        ("## H\n\n{live} step-size\n{live} inside-cell\n\nNote: n", "two figures"),
        ("## H\n\n```python\n" + "x = 1\n" * 11 + "```\n\nNote: n", "more than 10 lines"),
        ("## H\n\n$$\\nosuch$$\n\nNote: n", "MathJax: .*nosuch"),
    ],
)
def test_a_mistake_is_named_with_its_file_and_slide(source, slide, reason):
    with pytest.raises(slides.SlideError, match=f"session_1.md, slide 3: .*{reason}"):
        source("## Right\n\nNote: n", slide)


def test_what_a_source_becomes(source):
    page = source(
        "## A $x^2$\n\n```python\na = 1\n---\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n"
        "Note: One\n\n- $y$",
        "## Wide\n\n![Text & alt](chapters/01_gradient_descent.ipynb#seedling-figure)\n\nNote: n",
        "## Upright\n\nWords.\n\n![a](images/favicon.svg)\n\nNote: n",
        "## Your turn: Exercise 1.1 (5 minutes)\n\n{live} step-size\n\nNote: n",
    )
    title, first, wide, upright, turn = page.select("section > .slide")
    assert page.title.text == "Session 1: Title · Learning to Forget"
    assert "title" in title["class"]
    assert first.select_one("h2 math msup")
    assert first.select_one("pre.highlight .mi").text == "1"
    assert first.select_one("table")
    assert "panorama" in wide["class"]
    assert wide.img["alt"] == "Text & alt"
    assert "beside" in upright["class"]
    assert {"turn", "moving"} <= set(turn["class"])
    notes = first.find_parent("section").select_one("aside.notes")
    # The speaker's window has no stylesheet for MathJax's own boxes.
    assert notes.select_one("li math")
    assert not notes.select_one("mjx-container")


# --- The decks ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def decks(written):
    """The page of each session's deck."""
    missing = [file for file in slides.REVEAL_FILES if not (slides.REVEAL / file).exists()]
    assert not missing, "reveal.js is missing: npm install --prefix tools (`make course` does it)"
    return {n: written / "slides" / f"session_{n}" / "index.html" for n in SESSIONS}


def test_every_figure_has_a_text_and_is_there(decks):
    for path in decks.values():
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for image in page.select("img"):
            assert len(image["alt"].split()) >= 5, image
            assert (path.parent / image["src"]).exists()


@pytest.fixture
def open_deck(browser, decks):
    """Open a deck from its file; nothing may go wrong there, and nothing outside is asked for."""
    contexts, wrong = [], []

    def open_deck(number, hash="", width=1280, height=720, path=None, **context):
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, **context))
        page = contexts[-1].new_page()
        path = path or decks[number]
        folder = path.parents[1].as_uri()
        note_what_goes_wrong(page, wrong, lambda url: url.startswith((folder, "data:")))
        page.goto(path.as_uri() + hash)
        page.wait_for_function("!window.Reveal || innerWidth < 700 || Reveal.isReady()")
        return page

    yield open_deck
    for context in contexts:
        context.close()
    assert not wrong, wrong


def test_a_slide_that_holds_too_much_is_found(open_deck, tmp_path, monkeypatch):
    monkeypatch.setattr(slides, "SOURCES", tmp_path)
    full, wide = "A line.\n\n" * 12, "$" + "+ x" * 60 + "$"
    text = "# T\n\nNote: n" + "".join(f"\n\n---\n## H\n\n{w}\n\nNote: n" for w in ("W", full, wide))
    (tmp_path / "session_1.md").write_text(text, encoding="utf-8")
    (path,) = slides.write(tmp_path / "course")
    page = open_deck(1, path=path)
    assert set(inspect(page)) == {"3", "4"}


@every_session
def test_every_slide_holds_what_it_shows_in_letters_for_the_back_row(open_deck, number):
    page = open_deck(number)
    assert inspect(page) == {}
    notes = page.evaluate(
        """() => Reveal.getSlides().map((slide) => {
            const text = document.createElement("div");
            text.innerHTML = Reveal.getSlideNotes(slide);
            return text.innerText.split(/\\s+/).length;
        })"""
    )
    assert min(notes) >= 8


VISIBLE = "parts => parts.map(part => part.checkVisibility() && part.offsetHeight > 0)"


@every_session
def test_on_a_phone_a_deck_is_one_long_page(open_deck, number):
    page = open_deck(number, width=390, height=844)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    visible = page.locator("section > .slide > :is(h1, h2)").evaluate_all(VISIBLE)
    assert len(visible) == page.locator("section").count()
    assert all(visible)


def test_without_node_a_deck_is_one_long_page(open_deck, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(slides, "REVEAL", tmp_path / "nothing")
    (path,) = slides.write(tmp_path, [1])
    assert "no reveal.js" in capsys.readouterr().out
    page = open_deck(1, path=path, width=1280)
    assert all(page.locator("section :is(h1, h2)").evaluate_all(VISIBLE))
    assert page.locator("aside.notes").first.is_visible()


def slide_with(path, selector):
    """Return the number of the first slide that holds this."""
    page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    return next(k for k, s in enumerate(page.select("section"), 1) if s.select_one(selector))


def test_a_live_figure_keeps_its_keys_and_page_down_turns_the_slide(open_deck, decks):
    number = slide_with(decks[1], "[data-figure=step-size]")
    page = open_deck(1, hash=f"#/slide-{number}")
    here = "() => Reveal.getState().indexh + 1"
    assert page.evaluate(here) == number
    figure = page.locator(".present .lstm-live")
    reading = figure.locator(".live-reading")
    before = reading.text_content()
    slider = figure.locator("[data-name=mu]")
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    assert float(slider.input_value()) == pytest.approx(0.124)
    assert reading.text_content() != before
    curve = figure.locator("select")
    curve.focus()
    page.keyboard.press("ArrowDown")
    figure.locator("button").first.focus()
    page.keyboard.press("Space")
    assert page.evaluate(here) == number
    # A hand on the drawing, which reveal.js has scaled.
    drawing = figure.locator("svg.live-drawing").bounding_box()
    before = reading.text_content()
    page.mouse.move(drawing["x"] + 0.3 * drawing["width"], drawing["y"] + 0.94 * drawing["height"])
    page.mouse.down()
    page.mouse.move(drawing["x"] + 0.5 * drawing["width"], drawing["y"] + 0.94 * drawing["height"])
    page.mouse.up()
    assert reading.text_content() != before
    slider.focus()
    page.keyboard.press("PageDown")
    assert page.evaluate(here) == number + 1
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(here) == number
    slider.focus()
    page.keyboard.press("Escape")
    assert not page.evaluate("Reveal.isOverview()")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(here) == number + 1


def test_the_system_or_the_key_d_chooses_dark_or_light(open_deck):
    page = open_deck(1, color_scheme="dark")
    ground = "() => getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(20, 24, 30)"
    page.keyboard.press("d")
    assert page.evaluate(ground) == "rgb(255, 255, 255)"


def test_the_speakers_window_has_this_slides_notes_and_the_next_slide(open_deck):
    page = open_deck(1, hash="#/slide-3")
    notes = page.locator("#slide-3 .notes p").first.text_content()
    following = page.locator("#slide-4 h2").text_content()
    with page.expect_popup() as opened:
        page.keyboard.press("s")
    speaker = opened.value
    shown = speaker.locator(".speaker-controls-notes .value")
    expect(shown).to_contain_text(notes[:40])
    upcoming = speaker.frame_locator("#upcoming-slide iframe")
    expect(upcoming.locator(".reveal .present h2")).to_have_text(following)
    page.keyboard.press("ArrowRight")
    expect(speaker.frame_locator("#current-slide iframe").locator(".present h2")).to_have_text(
        following
    )
    speaker.close()


def test_a_deck_prints_a_slide_a_page(browser, decks, tmp_path):
    page = browser.new_page(color_scheme="light")
    page.goto(f"{decks[1].as_uri()}?print-pdf", wait_until="load")
    page.wait_for_function("Reveal.isReady() && document.querySelector('.pdf-page')")
    page.evaluate("document.fonts.ready")
    page.pdf(
        path=tmp_path / "deck.pdf", prefer_css_page_size=True, print_background=True, tagged=True
    )
    page.close()
    printed = pypdf.PdfReader(tmp_path / "deck.pdf").pages
    headings = BeautifulSoup(decks[1].read_text(encoding="utf-8"), "html.parser").select("h1, h2")
    assert len(printed) == len(headings)
    for page, heading in zip(printed, headings, strict=True):
        assert page.mediabox.width / page.mediabox.height == pytest.approx(16 / 9, rel=0.01)
        assert heading.get_text().split()[0] in page.extract_text()


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_in_light_and_in_dark(open_deck, decks, width):
    page = open_deck(1, width=width, height=720)
    shown = (1, slide_with(decks[1], "pre"), slide_with(decks[1], ".lstm-live"))
    for number in shown if width > 700 else (1,):  # a phone has all slides at once
        page.evaluate("k => { window.Reveal?.isReady?.() && Reveal.slide(k) }", number - 1)
        assert axe_findings(page) == []
