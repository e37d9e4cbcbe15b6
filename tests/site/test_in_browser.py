"""Every page of the built site as a reader's browser shows it, and what a reader does there."""

import re
import shutil
import time

import pytest
from playwright.sync_api import expect

from tools.browser.access import axe_findings, keyboard_findings, set_theme, show_all
from tools.browser.report import MOST_SHIFT, StaticHost, served
from tools.contents import BOOK, FOLDERS, pages

PAGES = pages()
every_page = pytest.mark.parametrize("page", [*PAGES, "search", "genindex"])


@every_page
def test_page_renders_at_three_widths_and_in_the_dark(page, visit):
    tab = visit(page)
    show_all(tab)
    maths = tab.locator(".bd-article .math").count()
    assert tab.locator(".bd-article .math:has(mjx-container)").count() == maths
    assert tab.locator("mjx-merror").count() == 0
    broken = tab.evaluate(
        """async () => {
            const images = [...document.querySelectorAll("article img")];
            for (const image of images) image.loading = "eager";
            await Promise.allSettled(images.map(image => image.decode()));
            return images.filter(image => !image.naturalWidth).map(image => image.src);
        }"""
    )
    assert not broken
    for theme, widths in (("light", (1440, 768, 360)), ("dark", (360,))):
        set_theme(tab, theme)
        for width in widths:
            tab.set_viewport_size({"width": width, "height": 800})
            wide = tab.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert wide <= 0, f"scrolls sideways at {width} pixels, {theme}"
            flat = tab.evaluate(
                """() => [...document.querySelectorAll("article :is(figure, figure img)")]
                    .filter(one => { const { width, height } = one.getBoundingClientRect();
                                     return one.checkVisibility() && (width < 60 || height < 30); })
                    .map(one => one.outerHTML.slice(0, 150))"""
            )
            assert not flat, (theme, width)


@every_page
def test_tab_key_reaches_every_control_in_order_and_shows_where_it_is(page, visit):
    tab = visit(page)
    show_all(tab)
    stops, faults = keyboard_findings(tab)
    assert stops > 5
    assert not faults, "\n".join(faults)


@every_page
def test_axe_finds_nothing_in_light_and_in_dark(page, visit):
    found = axe_findings(visit(page))
    assert not found, "\n".join(found)


@pytest.fixture(scope="session")
def moving(soups, language):
    """The pages of an edition with live figures."""
    live = [page for page, soup in soups.items() if soup.select("article figure.lstm-live")]
    assert len(live) >= 5
    return [f"{FOLDERS[language]}{page}" for page in live]


def test_live_figures_of_a_page_react_to_the_keyboard(moving, visit):
    for page in moving:
        tab = visit(page)
        for figure in tab.locator("article figure.lstm-live").all():
            name = figure.get_attribute("data-figure")
            slider = figure.locator("input[type=range]:visible").first
            before = figure.evaluate("figure => JSON.stringify(figure.live.state())")
            value = slider.input_value()
            slider.focus()
            # One of the two moves it, wherever it stands.
            for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft"):
                tab.keyboard.press(key)
            assert slider.input_value() != value, name
            assert figure.evaluate("figure => JSON.stringify(figure.live.state())") != before, name
            assert figure.locator("[aria-live=polite]").first.inner_text().strip(), name


def test_figure_opens_in_full_size_and_closes_by_keyboard(visit):
    tab = visit(PAGES[1], viewport={"width": 360, "height": 740})
    link = tab.locator("a.enlarge").first
    link.focus()
    tab.keyboard.press("Enter")
    dialog = tab.locator("dialog.enlarged")
    picture = dialog.locator("img")
    picture.wait_for()
    assert picture.evaluate("image => image.clientWidth === image.naturalWidth")
    assert picture.get_attribute("alt") == link.locator("img").get_attribute("alt")
    tab.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    assert link.evaluate("link => link === document.activeElement")


def test_without_scripts_figures_stand_still(moving, visit):
    for page in moving:
        tab = visit(page, java_script_enabled=False)
        for figure in tab.locator("figure.lstm-live").all():
            figure.scroll_into_view_if_needed()
            assert figure.locator("svg").locator("visible=true").count() >= 1, page
            assert figure.locator(".live-off").is_visible(), page
            assert figure.locator("input").locator("visible=true").count() == 0, page


def test_site_works_from_a_copied_folder_without_a_network(open_tab, site, tmp_path):
    copy = shutil.copytree(site, tmp_path / "elsewhere")
    tab = open_tab(allowed=copy.as_uri(), offline=True)
    live = 0
    for page in PAGES[:5]:
        tab.goto((copy / f"{page}.html").as_uri(), wait_until="load")
        assert tab.locator("article h1").first.is_visible()
        for figure in tab.locator("figure.lstm-live").all():
            live += 1
            assert figure.evaluate("figure => Boolean(figure.live.state())")
    tab.locator("nav.bd-links a").first.click()
    tab.wait_for_url("**/01_gradient_descent.html")
    tab.goto((copy / "search.html").as_uri() + "?q=forget+gate", wait_until="load")
    tab.locator("#search-results ul.search li a").first.wait_for(timeout=10_000)
    assert live


def test_page_follows_the_readers_light_or_dark(visit):
    tab = visit(PAGES[1])
    background = "getComputedStyle(document.body).backgroundColor"
    light = tab.evaluate(background)
    set_theme(tab, "dark")
    assert tab.evaluate(background) != light


def test_answers_open_by_keyboard_and_without_scripts(open_tab, address):
    tab = open_tab(java_script_enabled=False)
    for page in (page for page in PAGES if re.match(r"chapters/\d", page)):
        tab.goto(f"{address}/{page}.html", wait_until="domcontentloaded")
        answers = tab.locator("#test-yourself details")
        assert answers.count() >= 6, page
        assert tab.locator("#test-yourself details[open]").count() == 0, page
        for answer in answers.all():
            answer.locator("summary").focus()
            tab.keyboard.press("Enter")
            assert answer.locator("p").first.inner_text().startswith(("Yes. ", "No. ")), page


@pytest.mark.parametrize(
    ("language", "words"),
    [
        *(("en", words) for words in ("forget gate", "기울기 소실")),
        *(("ko", words) for words in ("망각", "기울기 소실", "망각게이트", "퍼플렉서티", "LSTM")),
    ],
)
def test_search_finds(language, words, open_tab, address):
    tab = open_tab()
    tab.goto(f"{address}/{FOLDERS[language]}search.html?q={words}", wait_until="load")
    results = tab.locator("#search-results ul.search li a")
    results.first.wait_for(timeout=10_000)
    assert any("chapters/" in link.get_attribute("href") for link in results.all())


def test_front_door_leads_to_the_landing_page(browser, address):
    tab = browser.new_page()
    tab.goto(f"{address}/index.html")
    tab.wait_for_url(f"{address}/{PAGES[0]}.html")
    assert tab.locator("h1").first.inner_text().startswith(BOOK["title"])
    tab.close()


JUMPS = """
    window.jumps = 0;
    new PerformanceObserver((list) => {
      for (const jump of list.getEntries()) if (!jump.hadRecentInput) window.jumps += jump.value;
    }).observe({ type: "layout-shift", buffered: true });
"""
# What scripts do after the page is there may make it jump: wait till they and the letters are done.
SETTLED = """async () => {
    await document.fonts.ready;
    for (const wait of [requestIdleCallback, requestAnimationFrame, requestAnimationFrame])
        await new Promise(done => wait(done));
}"""


class SlowHost(StaticHost):
    """Send a page in pieces: the browser draws each, as on a slow line or a busy machine."""

    def send_body(self, body):
        pieces = range(0, 20_000, 2000) if self.path.endswith(".html") else []  # compressed
        for start in pieces:
            self.wfile.write(body[start : start + 2000])
            time.sleep(0.02)  # one frame, and a little
        self.wfile.write(body[len(pieces) * 2000 :])


@pytest.mark.parametrize("width", [360, 1440])
def test_nothing_jumps_while_a_page_loads(width, browser, site):
    context = browser.new_context(viewport={"width": width, "height": 800})
    context.add_init_script(JUMPS)
    tab = context.new_page()
    jumped = {}
    with served(site, SlowHost) as address:
        for page in PAGES:
            tab.goto(f"{address}/{page}.html", wait_until="load")
            tab.evaluate(SETTLED)
            jumped[page] = tab.evaluate("window.jumps")
            unseen = tab.locator("table:not(details table)").filter(visible=False)
            expect(unseen, page).to_have_count(0)  # at once, or when the browser has drawn the end
    context.close()
    assert {page: jump for page, jump in jumped.items() if jump > MOST_SHIFT} == {}


def test_a_copied_formula_is_its_tex(visit):
    formula = visit("chapters/04_gate_mechanics").locator("article div.math").first
    copied = formula.evaluate(
        """formula => {
            getSelection().selectAllChildren(formula.parentNode);
            const event = new ClipboardEvent("copy", {
                clipboardData: new DataTransfer(), bubbles: true, cancelable: true });
            document.dispatchEvent(event);
            return event.clipboardData.getData("text/plain");
        }"""
    )
    assert f"$${formula.get_attribute('data-tex')}$$" in copied
