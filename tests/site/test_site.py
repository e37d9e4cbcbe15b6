"""The built site: a strict build, then every page as a reader's browser sees it."""

import base64
import functools
import gzip
import io
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlparse

import nbformat
import pytest
from bs4 import BeautifulSoup
from fontTools.ttLib import TTFont

from tools.browser.access import axe_findings, keyboard_findings, set_theme, show_all
from tools.browser.report import JUMPS, MOST_SHIFT, StaticHost, served
from tools.contents import BOOK, pages
from tools.course.notebooks import BRANCH
from tools.course.plain_markdown import labels
from tools.set_repository import files_of

ROOT = Path(__file__).resolve().parents[2]
PAGES = pages()


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    """Build the book strictly, outside the working tree."""
    output = tmp_path_factory.mktemp("site")
    tool = shutil.which("jupyter-book", path=Path(sys.executable).parent)
    assert tool, "the book's tools are missing: pip install 'lstm-utils[book]'"
    command = [tool, "build", str(ROOT), "--path-output", str(output), "-n", "-W", "--keep-going"]
    log = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    return log, output / "_build" / "html"


@pytest.fixture(scope="module")
def site(build):
    log, folder = build
    if not (folder / "searchindex.js").exists():
        pytest.fail(f"the book was not built:\n{log.stdout[-3000:]}\n{log.stderr[-3000:]}")
    return folder


@pytest.fixture(scope="module")
def soups(site):
    return {
        page: BeautifulSoup((site / f"{page}.html").read_text(encoding="utf-8"), "html.parser")
        for page in PAGES
    }


def article(soup):
    return soup.find("article", class_="bd-article")


def test_strict_build_ends_without_a_warning(build):
    log, _ = build
    text = re.sub(r"\x1b\[[0-9;]*m", "", log.stdout + log.stderr)
    warnings = [line for line in text.splitlines() if "WARNING" in line or "ERROR" in line]
    assert log.returncode == 0, "\n".join(warnings) or text[-3000:]
    assert not warnings, "\n".join(warnings)


def test_every_internal_link_and_anchor_is_live(site, soups):
    @functools.cache
    def ids(file):
        return {""} | set(re.findall(r'\bid="([^"]+)"', file.read_text(encoding="utf-8")))

    dead = []
    for page, soup in soups.items():
        for link in soup.find_all("a", href=True):
            target, fragment = urldefrag(urljoin(f"/{page}.html", link["href"]))
            if urlparse(target).scheme:
                continue
            file = site / unquote(target).lstrip("/")
            if not file.is_file():
                dead.append(f"{page}: {link['href']}")
            elif file.suffix == ".html" and unquote(fragment) not in ids(file):
                dead.append(f"{page}: {link['href']} (no such anchor)")
    assert not dead, "\n".join(dead)


def test_every_picture_says_in_words_what_it_shows(soups):
    mute = [
        f"{page}: {image['src']} has alt {image.get('alt')!r}"
        for page, soup in soups.items()
        for image in article(soup).find_all("img")
        if len(image.get("alt") or "") < 15 or re.search(r"\.(png|svg|jpe?g)\b", image["alt"])
    ]
    assert not mute, "\n".join(mute)


def test_every_page_describes_itself_to_search_engines(soups):
    described = {}
    for page, soup in soups.items():
        (description,) = soup.find_all("meta", attrs={"name": "description"})
        described[page] = description["content"]
        assert 40 <= len(description["content"]) <= 170, (page, description["content"])
        assert soup.find("meta", property="og:description")["content"] == description["content"]
        assert soup.find("meta", property="og:url")["content"].startswith(BOOK["html"]["baseurl"])
    assert len(set(described.values())) == len(PAGES), described


def test_nothing_on_a_page_is_fetched_from_another_host(soups):
    fetched = [
        f"{page}: {tag.get('src') or tag.get('href')}"
        for page, soup in soups.items()
        for tag in soup.find_all(["img", "script", "iframe", "link", "source"])
        if urlparse(tag.get("src") or tag.get("href") or "").netloc
        and "canonical" not in tag.get("rel", [])
    ]
    assert not fetched, "\n".join(fetched)


def test_launch_and_edit_buttons_point_at_tracked_files(soups):
    tracked = {path.relative_to(ROOT).as_posix() for path in files_of(ROOT)}
    repository = BOOK["repository"]["url"].removeprefix("https://github.com/")
    branch = BOOK["repository"]["branch"]
    for page, soup in soups.items():
        links = [a["href"] for a in soup.select(".header-article__inner a[href]")]
        suffix = ".ipynb" if (ROOT / f"{page}.ipynb").exists() else ".md"
        assert page + suffix in tracked
        expected = {f"https://github.com/{repository}/edit/{branch}/{page}{suffix}"}
        if suffix == ".ipynb":
            colab = "https://colab.research.google.com/github"
            binder = "https://mybinder.org/v2/gh"
            # A chapter opens as the students' notebook, from a branch that holds those alone.
            chapter = re.fullmatch(r"chapters/(0.*)", page)
            file = f"{BRANCH}/{chapter[1]}.ipynb" if chapter else f"{branch}/{page}.ipynb"
            expected |= {
                f"{colab}/{repository}/blob/{file}",
                f"{binder}/{repository}/{branch}?urlpath=lab/tree/{page}.ipynb",
            }
        assert expected <= set(links), (page, expected - set(links))
    landing = [a["href"] for a in article(soups["intro"]).select('a[href*="//colab."]')]
    assert landing == [f"{colab}/{repository}/blob/{BRANCH}/01_gradient_descent.ipynb"]


def test_the_notebooks_for_a_class_give_the_numbers_that_the_site_gives(soups):
    """Figures, equations, exercises and theorems, which the site numbers on its own."""
    different = []
    for label, place in labels().items():
        if not place.page.startswith("chapters/0"):
            continue
        there = soups[place.page].find(id=place.anchor)
        assert there, f"{place.page} has no {place.anchor}"
        kind, _, number = place.name.rpartition(" ")
        if kind == "" and number.startswith("("):
            shown = there.select_one(".eqno").get_text().removesuffix("#").strip()
            different += [(label, place.name, shown)] if shown != place.name else []
        elif kind in ("Figure", "Exercise", "Theorem"):
            shown = there.select_one(".caption-number").get_text().split()[-1]
            different += [(label, place.name, shown)] if shown != number else []
    assert not different


def test_the_map_of_the_chapters_gives_the_times_that_each_chapter_asks_for():
    table = (ROOT / "intro.md").read_text(encoding="utf-8")
    asked = [
        re.search(
            r"(\d+) minutes to read, (\d+) seconds to run",
            nbformat.read(path, as_version=4).cells[0].source,
        ).groups()
        for path in sorted(ROOT.glob("chapters/0*.ipynb"))
    ]
    assert re.findall(r"\| (\d+)\s?min \| (\d+)\s?s \|", table) == asked


def test_previous_and_next_lead_through_the_book_in_the_order_of_its_contents(soups):
    titles = {page: soup.h1.get_text().removesuffix("#").strip() for page, soup in soups.items()}
    for page, before, after in zip(PAGES, [None, *PAGES], [*PAGES[1:], None], strict=False):
        for class_, neighbour in (("left-prev", before), ("right-next", after)):
            link = soups[page].find("a", class_=class_)
            assert (link is None) == (neighbour is None), (page, class_)
            if link:
                assert urljoin(f"{page}.html", link["href"]) == f"{neighbour}.html"
                assert titles[neighbour] in link.get_text(" ", strip=True)


def test_page_for_a_wrong_address_works_in_every_folder(site):
    root = urlparse(BOOK["html"]["baseurl"]).path
    soup = BeautifulSoup((site / "404.html").read_text(encoding="utf-8"), "html.parser")
    addresses = [tag.get("href") or tag.get("src") for tag in soup.select("[href], [src]")]
    own = [a for a in addresses if not a.startswith(("#", "https:"))]
    # It is shown under the address that was asked for: only what starts at the root is found.
    assert [a for a in own if not a.startswith(root)] == []
    files = {urlparse(a).path.removeprefix(root) for a in own}
    assert [file for file in files if not (site / file).is_file()] == []
    assert {f"{page}.html" for page in PAGES} <= files
    (form,) = soup.select("article form")
    assert form["action"] == f"{root}search.html"
    assert form.find("input")["name"] == "q"


@pytest.fixture(scope="module")
def address(site):
    with served(site) as address:
        yield address


def watch(tab, allowed):
    """Note what goes wrong in a tab: messages, and requests to anywhere but `allowed`."""
    tab.wrong = []

    def note_console(message):
        if message.type in ("error", "warning"):
            tab.wrong.append(f"console {message.type}: {message.text}")

    def note_request(request):
        if not request.url.startswith((allowed, "data:", "blob:")):
            tab.wrong.append(f"asked another host: {request.url}")

    def note_response(response):
        if response.status >= 400:
            tab.wrong.append(f"{response.status}: {response.url}")

    tab.on("console", note_console)
    tab.on("pageerror", lambda error: tab.wrong.append(f"uncaught: {error}"))
    tab.on("request", note_request)
    tab.on("response", note_response)
    return tab


@pytest.fixture
def tab(browser, address):
    """Open an empty tab that notes what goes wrong in it."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
    yield watch(context.new_page(), address)
    context.close()


# A page is opened once for the tests that follow; they stand in an order in which each leaves the
# next what it needs.
@pytest.fixture(scope="module", params=[*PAGES, "search", "genindex"])
def opened(request, browser, address):
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
    tab = watch(context.new_page(), address)
    tab.goto(f"{address}/{request.param}.html", wait_until="load")
    show_all(tab)
    yield tab
    context.close()


def wider_than_window(tab):
    return tab.evaluate("document.documentElement.scrollWidth - window.innerWidth") > 0


def test_page_renders_in_light_and_dark_at_three_widths(opened):
    maths = opened.locator(".bd-article .math").count()
    assert opened.locator(".bd-article .math:has(mjx-container)").count() == maths
    assert opened.locator("mjx-merror").count() == 0
    broken = opened.evaluate(
        """async () => {
            const images = [...document.querySelectorAll("article img")];
            for (const image of images) image.loading = "eager";
            await Promise.allSettled(images.map(image => image.decode()));
            return images.filter(image => !image.naturalWidth).map(image => image.src);
        }"""
    )
    assert not broken
    for theme in ("light", "dark"):
        set_theme(opened, theme)
        for width in (1440, 768, 360):
            opened.set_viewport_size({"width": width, "height": 800})
            assert not wider_than_window(opened), f"scrolls sideways at {width} pixels, {theme}"
            flat = opened.evaluate(
                """() => [...document.querySelectorAll("article :is(figure, figure img)")]
                    .filter(one => { const { width, height } = one.getBoundingClientRect();
                                     return one.checkVisibility() && (width < 60 || height < 30); })
                    .map(one => one.outerHTML.slice(0, 150))"""
            )
            assert not flat, (theme, width)
    opened.set_viewport_size({"width": 1440, "height": 900})
    set_theme(opened, "light")
    assert not opened.wrong, opened.wrong


def test_live_figures_of_a_page_react_to_the_keyboard(opened):
    for figure in opened.locator("article figure.lstm-live").all():
        name = figure.get_attribute("data-figure")
        sliders = figure.locator("input[type=range]:visible")
        if not sliders.count():
            continue
        before = figure.evaluate("figure => JSON.stringify(figure.live.state())")
        value = sliders.first.input_value()
        sliders.first.focus()
        # One of the two moves it, wherever it stands.
        for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft"):
            opened.keyboard.press(key)
        assert sliders.first.input_value() != value, name
        assert figure.evaluate("figure => JSON.stringify(figure.live.state())") != before, name
        assert figure.locator("[aria-live=polite]").first.inner_text().strip(), name
    assert not opened.wrong, opened.wrong


def test_tab_key_reaches_every_control_in_order_and_shows_where_it_is(opened):
    stops, faults = keyboard_findings(opened)
    assert stops > 5
    assert not faults, "\n".join(faults)


def test_axe_finds_nothing_in_light_and_in_dark(opened):
    found = axe_findings(opened)
    assert not found, "\n".join(found)


def test_figure_opens_in_full_size_and_closes_by_keyboard(tab, address):
    tab.set_viewport_size({"width": 360, "height": 740})
    tab.goto(f"{address}/{PAGES[1]}.html", wait_until="load")
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
    assert not tab.wrong, tab.wrong


def test_without_scripts_figures_stand_still_and_formulas_stand(browser, address, soups):
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    shown = set()
    for page, soup in soups.items():
        if not article(soup).select("figure.lstm-live"):
            continue
        tab.goto(f"{address}/{page}.html", wait_until="load")
        for figure in tab.locator("figure.lstm-live").all():
            shown.add(figure.get_attribute("data-figure"))
            figure.scroll_into_view_if_needed()
            assert figure.locator("svg").locator("visible=true").count() >= 1, page
            assert figure.locator(".live-off").is_visible(), page
            assert figure.locator("input").locator("visible=true").count() == 0, page
    context.close()
    assert shown


def test_site_works_from_a_copied_folder_without_a_network(browser, site, tmp_path):
    copy = shutil.copytree(site, tmp_path / "elsewhere")
    context = browser.new_context(offline=True)
    tab = watch(context.new_page(), copy.as_uri())
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
    assert not tab.wrong, tab.wrong
    context.close()


def test_page_follows_the_readers_light_or_dark(tab, address):
    tab.goto(f"{address}/{PAGES[1]}.html", wait_until="load")
    background = "getComputedStyle(document.body).backgroundColor"
    light = tab.evaluate(background)
    tab.emulate_media(color_scheme="dark")
    tab.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    assert tab.evaluate(background) != light
    assert not tab.wrong, tab.wrong


def test_answers_open_by_keyboard_and_without_scripts(browser, address):
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    for page in (page for page in PAGES if re.match(r"chapters/\d", page)):
        tab.goto(f"{address}/{page}.html", wait_until="domcontentloaded")
        answers = tab.locator("#test-yourself details")
        assert answers.count() >= 6, page
        assert tab.locator("#test-yourself details[open]").count() == 0, page
        for answer in answers.all():
            answer.locator("summary").focus()
            tab.keyboard.press("Enter")
            assert answer.locator("p").first.inner_text().startswith(("Yes. ", "No. ")), page
    context.close()


@pytest.mark.parametrize("words", ["forget gate", "기울기 소실"])
def test_search_finds(words, tab, address):
    tab.goto(f"{address}/search.html?q={words}", wait_until="load")
    results = tab.locator("#search-results ul.search li a")
    results.first.wait_for(timeout=10_000)
    assert any("chapters/" in link.get_attribute("href") for link in results.all())
    assert not tab.wrong, tab.wrong


def test_front_door_leads_to_the_landing_page(tab, address):
    tab.goto(f"{address}/index.html")
    tab.wait_for_url(f"{address}/{PAGES[0]}.html")
    assert tab.locator("h1").first.inner_text().startswith(BOOK["title"])


def fetched_before_figures(site, page, soup):
    """Return the files that a browser asks for on a page, but for its figures."""
    tags = soup.select("link[rel~=stylesheet], link[rel~=preload], link[rel~=icon]")
    tags += soup.select("script[src], img")
    addresses = [tag.get("src") or tag.get("href") for tag in tags]
    paths = {urlparse(urljoin(f"/{page}.html", address)).path for address in addresses}
    return [site / f"{page}.html"] + [site / p.lstrip("/") for p in paths if "/_images/" not in p]


def test_page_asks_for_little_before_its_figures(site, soups):
    for page, soup in soups.items():
        files = fetched_before_figures(site, page, soup)
        # A stylesheet that named more files would have a browser ask for them too.
        for style in (file for file in files if file.suffix == ".css"):
            css = style.read_text(encoding="utf-8")
            assert set(re.findall(r"url\([\"']?(\w+)", css)) <= {"data", "file"}, style
            assert "@import" not in css, style
        text = {".html", ".css", ".js", ".svg"}
        data = {f: f.read_bytes() for f in files}
        wire = sum(len(gzip.compress(d) if f.suffix in text else d) for f, d in data.items())
        assert wire <= 1_200_000 / 3, (page, wire)
        assert sum(map(len, data.values())) <= 1_700_000, page


def test_formulas_are_drawn_without_a_script(site, soups):
    for page, soup in soups.items():
        sources = " ".join(tag.get("src") or tag.get_text() for tag in soup.find_all("script"))
        assert "mathjax" not in sources.lower(), page
        for formula in article(soup).select(".math"):
            assert formula.select_one("mjx-container mjx-math"), (page, formula["data-tex"])
            spoken = formula.select_one("mjx-assistive-mml math")
            # The letters and digits that stand in the TeX outside of its commands are read aloud.
            bare = re.sub(r"\\(?:begin|end|operatorname|\w+){?\w*\*?}?", " ", formula["data-tex"])
            missing = set(re.findall(r"\d", bare)) - set(re.findall(r"\d", spoken.get_text()))
            assert not missing, (page, formula["data-tex"])
    assert not (site / "mathjax").exists()


def test_every_icon_in_use_is_in_the_cut_fonts(site, soups):
    css = (site / "_static" / "site.css").read_text(encoding="utf-8")
    letters = set()
    for font in re.findall(r"font-family:Font Awesome[^}]*base64,([^)]+)\)", css):
        letters |= set(TTFont(io.BytesIO(base64.b64decode(font))).getBestCmap())
    rules = re.findall(r'([^{}]*\.fa-[^{}]*)\{content:"([^"]*)"', css)
    drawn = {name: code for rule, code in rules for name in re.findall(r"\.(fa-[\w-]+)", rule)}
    sizes = {"fa-solid", "fa-regular", "fa-brands", "fa-lg", "fa-fw"}
    used = {
        name
        for soup in soups.values()
        for icon in soup.select("[class*=fa-]")
        for name in icon["class"]
        if name.startswith("fa-")
    } - sizes
    assert len(used) > 10
    for name in used:
        code = drawn[name]
        assert (int(code[1:], 16) if code.startswith("\\") else ord(code)) in letters, name


class SlowHost(StaticHost):
    """Send a page in pieces: the browser draws each, as on a slow line or a busy machine."""

    def send_body(self, body):
        pieces = range(0, 20_000, 800) if self.path.endswith(".html") else []  # compressed
        for start in pieces:
            self.wfile.write(body[start : start + 800])
            time.sleep(0.02)
        self.wfile.write(body[len(pieces) * 800 :])


@pytest.mark.parametrize("width", [360, 1440])
def test_nothing_jumps_while_a_page_loads(width, browser, site):
    context = browser.new_context(viewport={"width": width, "height": 800})
    context.add_init_script(JUMPS)
    tab = context.new_page()
    jumped, unseen = {}, {}
    with served(site, SlowHost) as address:
        for page in PAGES:
            tab.goto(f"{address}/{page}.html", wait_until="load")
            tab.wait_for_timeout(500)
            jumped[page] = tab.evaluate("window.jumps")
            unseen[page] = tab.locator("table:not(details table)").filter(visible=False).count()
    context.close()
    assert not any(unseen.values()), unseen
    assert {page: jump for page, jump in jumped.items() if jump > MOST_SHIFT} == {}


def test_a_copied_formula_is_its_tex(tab, address):
    tab.goto(f"{address}/chapters/04_gate_mechanics.html", wait_until="load")
    formula = tab.locator("article div.math").first
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
