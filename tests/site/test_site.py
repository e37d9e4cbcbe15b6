"""The built site: a strict build, and what its files say; test_in_browser.py opens the pages."""

import base64
import functools
import gzip
import io
import re
from urllib.parse import unquote, urldefrag, urljoin, urlparse

import nbformat
from bs4 import BeautifulSoup
from fontTools.ttLib import TTFont

from tools.contents import BOOK, CHAPTERS, ROOT, pages
from tools.course.handouts import BRANCH
from tools.course.plain_markdown import labels
from tools.set_repository import tracked_files

PAGES = pages()


def article(soup):
    return soup.find("article", class_="bd-article")


def test_strict_build_ends_without_a_warning(build):
    text = re.sub(r"\x1b\[[0-9;]*m", "", build[0])
    lines = text.splitlines()
    assert [line for line in lines if "WARNING" in line or "ERROR" in line] == []
    assert [
        line for line in lines if re.search(r" (DEBUG|INFO) \w", line)
    ] == []  # what would hide one
    assert re.findall(r"\nexit (\d+)", text) == ["0", "0"], text[-3000:]  # of either edition


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
    tracked = {path.relative_to(ROOT).as_posix() for path in tracked_files(ROOT)}
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
            chapter = re.fullmatch(r"chapters/(\d\d_.*)", page)
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
        if not re.match(r"chapters/\d\d_", place.page):
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
        for path in CHAPTERS
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
