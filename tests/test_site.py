"""The built site: a strict build, then every page as a reader's browser sees it."""

import functools
import http.server
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlparse

import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup

from tools.set_repository import files_of

ROOT = Path(__file__).resolve().parent.parent
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
PAGES = [TOC["root"]] + [c["file"] for part in TOC["parts"] for c in part["chapters"]]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
# The last five keep Chromium from calling home, which a machine without network answers slowly.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


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
        assert soup.find("meta", property="og:url")["content"].startswith(CONFIG["html"]["baseurl"])
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
    repository = CONFIG["repository"]["url"].removeprefix("https://github.com/")
    branch = CONFIG["repository"]["branch"]
    for page, soup in soups.items():
        links = [a["href"] for a in soup.select(".header-article__inner a[href]")]
        suffix = ".ipynb" if (ROOT / f"{page}.ipynb").exists() else ".md"
        assert page + suffix in tracked
        expected = {f"https://github.com/{repository}/edit/{branch}/{page}{suffix}"}
        if suffix == ".ipynb":
            colab = "https://colab.research.google.com/github"
            binder = "https://mybinder.org/v2/gh"
            expected |= {
                f"{colab}/{repository}/blob/{branch}/{page}.ipynb",
                f"{binder}/{repository}/{branch}?urlpath=lab/tree/{page}.ipynb",
            }
        assert expected <= set(links), (page, expected - set(links))


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


class SilentHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def address(site):
    handler = functools.partial(SilentHandler, directory=site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


# For this module only: an open Playwright holds the event loop that a notebook's kernel needs.
@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: the pages were not opened in a browser")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def tab(browser, address):
    """Open an empty tab that notes what goes wrong in it."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
    page = context.new_page()
    page.wrong = []

    def note_console(message):
        if message.type in ("error", "warning"):
            page.wrong.append(f"console {message.type}: {message.text}")

    def note_request(request):
        if not request.url.startswith((address, "data:", "blob:")):
            page.wrong.append(f"asked another host: {request.url}")

    def note_response(response):
        if response.status >= 400:
            page.wrong.append(f"{response.status}: {response.url}")

    page.on("console", note_console)
    page.on("pageerror", lambda error: page.wrong.append(f"uncaught: {error}"))
    page.on("request", note_request)
    page.on("response", note_response)
    yield page
    context.close()


def wider_than_window(tab):
    return tab.evaluate("document.documentElement.scrollWidth - window.innerWidth") > 0


@pytest.mark.parametrize("page", PAGES)
def test_page_renders_in_a_browser(page, tab, address):
    tab.goto(f"{address}/{page}.html", wait_until="load")
    # A section that is not laid out until it is seen could hide what is too wide.
    tab.add_style_tag(content="section { content-visibility: visible !important; }")
    maths = tab.locator(".bd-article .math").count()
    assert tab.locator(".bd-article .math:has(mjx-container)").count() == maths
    assert tab.locator("mjx-merror").count() == 0, tab.locator("mjx-merror").all_inner_texts()
    empty = tab.evaluate(
        """async () => {
            const broken = [];
            for (const image of document.querySelectorAll("article img")) {
                image.loading = "eager";
                await image.decode().catch(() => broken.push(image.src));
                if (!image.naturalWidth || !image.clientWidth) broken.push(image.src);
            }
            return broken;
        }"""
    )
    # A picture in a closed dropdown has no width until it is opened.
    assert not [image for image in empty if not hidden(tab, image)], empty
    for width in (1440, 768, 360):
        tab.set_viewport_size({"width": width, "height": 800})
        assert not wider_than_window(tab), f"scrolls sideways at {width} pixels"
    assert not tab.wrong, tab.wrong


def hidden(tab, source):
    return tab.evaluate(
        """source => [...document.querySelectorAll("article img")]
            .filter(image => image.src === source)
            .every(image => image.naturalWidth && !image.checkVisibility())""",
        source,
    )


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
    tab.wait_for_url(f"{address}/{TOC['root']}.html")
    assert tab.locator("h1").first.inner_text().startswith(CONFIG["title"])
