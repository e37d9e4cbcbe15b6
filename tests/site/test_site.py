"""The built site: a strict build, and what its files say; test_in_browser.py opens the pages."""

import base64
import functools
import gzip
import io
import re
from urllib.parse import unquote, urldefrag, urljoin, urlparse
from xml.etree import ElementTree

import nbformat
from bs4 import BeautifulSoup
from fontTools.ttLib import TTFont

from tools.contents import BOOK, CHAPTERS, FOLDERS, ROOT, TITLES, pages
from tools.course.handouts import BRANCH
from tools.course.plain_markdown import labels, said
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


def test_every_internal_link_and_anchor_is_live(site, soups, language):
    @functools.cache
    def ids(file):
        return {""} | set(re.findall(r'\bid="([^"]+)"', file.read_text(encoding="utf-8")))

    dead = []
    for page, soup in soups.items():
        for link in soup.find_all("a", href=True):
            target, fragment = urldefrag(urljoin(f"/{FOLDERS[language]}{page}.html", link["href"]))
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


def test_every_page_describes_itself_to_search_engines(soups, language):
    described = {}
    for page, soup in soups.items():
        (description,) = soup.find_all("meta", attrs={"name": "description"})
        described[page] = description["content"]
        shortest = {"en": 40, "ko": 20}[language]
        assert shortest <= len(description["content"]) <= 170, (page, description["content"])
        assert soup.find("meta", property="og:description")["content"] == description["content"]
        assert soup.find("meta", property="og:url")["content"].startswith(BOOK["html"]["baseurl"])
    assert len(set(described.values())) == len(PAGES), described


def test_nothing_on_a_page_is_fetched_from_another_host(soups):
    fetched = [
        f"{page}: {tag.get('src') or tag.get('href')}"
        for page, soup in soups.items()
        for tag in soup.find_all(["img", "script", "iframe", "link", "source"])
        if urlparse(tag.get("src") or tag.get("href") or "").netloc
        and not {"canonical", "alternate"} & set(tag.get("rel", []))
    ]
    assert not fetched, "\n".join(fetched)


def test_launch_and_edit_buttons_point_at_tracked_files(soups, language):
    tracked = {path.relative_to(ROOT).as_posix() for path in tracked_files(ROOT)}
    repository = BOOK["repository"]["url"].removeprefix("https://github.com/")
    branch = BOOK["repository"]["branch"]
    colab = f"https://colab.research.google.com/github/{repository}/blob"
    binder = f"https://mybinder.org/v2/gh/{repository}/{branch}?urlpath=lab/tree"
    place = FOLDERS[language]
    for page, soup in soups.items():
        links = {a["href"] for a in soup.select(".header-article__inner a[href]")}
        suffix = ".ipynb" if (ROOT / f"{page}.ipynb").exists() else ".md"
        assert page + suffix in tracked
        korean = f"ko/{page}.md"
        source = korean if language == "ko" and korean in tracked else page + suffix
        expected = {f"https://github.com/{repository}/edit/{branch}/{source}"}
        if suffix == ".ipynb":
            # A chapter opens as the students' notebook, from a branch that holds those alone; in
            # Korean, any page does, and what Binder would open is English.
            name = page.removeprefix("chapters/").removeprefix("reference/")
            student = place or re.fullmatch(r"chapters/\d\d_.*", page)
            file = f"{BRANCH}/{place}{name}.ipynb" if student else f"{branch}/{page}.ipynb"
            expected |= {f"{colab}/{file}"} | ({f"{binder}/{page}.ipynb"} if not place else set())
        assert expected <= links, (page, expected - links)
        assert not [link for link in links if "mybinder" in link and place]
    landing = [a["href"] for a in article(soups["intro"]).select('a[href*="//colab."]')]
    assert landing == [f"{colab}/{BRANCH}/{place}01_gradient_descent.ipynb"]


def test_the_notebooks_for_a_class_give_the_numbers_that_the_site_gives(soups, language):
    """Figures, equations, exercises and theorems, which the site numbers on its own."""
    different = []
    numbered = {said(word, language) for word in ("Figure", "Exercise", "Theorem")}
    for label, place in labels(language).items():
        if not re.match(r"chapters/\d\d_", place.page):
            continue
        there = soups[place.page].find(id=place.anchor)
        assert there, f"{place.page} has no {place.anchor}"
        kind, _, number = place.name.rpartition(" ")
        if kind == "" and number.startswith("("):
            shown = there.select_one(".eqno").get_text().removesuffix("#").strip()
            different += [(label, place.name, shown)] if shown != place.name else []
        elif kind in numbered:
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
    forms = soup.select("article form")
    assert [form["action"] for form in forms] == [
        f"{root}{place}search.html" for place in FOLDERS.values()
    ]
    assert {form.find("input")["name"] for form in forms} == {"q"}
    assert soup.select_one('article [lang="ko"] h2').get_text().startswith("그런 페이지가 없어요")


def fetched_before_figures(edition, page, soup):
    """Return the files that a browser asks for on a page, but for its figures."""
    tags = soup.select("link[rel~=stylesheet], link[rel~=preload], link[rel~=icon]")
    tags += soup.select("script[src], img")
    addresses = [tag.get("src") or tag.get("href") for tag in tags]
    paths = {urlparse(urljoin(f"/{page}.html", address)).path for address in addresses}
    own = [edition / p.lstrip("/") for p in paths if "/_images/" not in p]
    return [edition / f"{page}.html", *own]


def test_page_asks_for_little_before_its_figures(edition, soups):
    for page, soup in soups.items():
        files = fetched_before_figures(edition, page, soup)
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


def test_formulas_are_drawn_without_a_script(edition, soups):
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
    assert not (edition / "mathjax").exists()


def test_every_icon_in_use_is_in_the_cut_fonts(edition, soups):
    css = (edition / "_static" / "site.css").read_text(encoding="utf-8")
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


# Two editions ----------------------------------------------------------------


def test_a_page_says_its_language_and_names_its_twin_in_both_directions(site, soups, language):
    (other,) = set(FOLDERS) - {language}
    base = BOOK["html"]["baseurl"]
    for page, soup in soups.items():
        assert soup.html["lang"] == language
        own, twin = (f"{base}{FOLDERS[each]}{page}.html" for each in (language, other))
        assert soup.find("link", rel="canonical")["href"] == own
        named = {tag["hreflang"]: tag["href"] for tag in soup.find_all("link", rel="alternate")}
        english = f"{base}{page}.html"
        assert named == {language: own, other: twin, "x-default": english}
        locales = [
            tag["content"] for tag in soup.find_all("meta", property=re.compile("og:locale"))
        ]
        assert sorted(locales) == ["en_GB", "ko_KR"]
        shown = soup.find("meta", property="og:locale")["content"]
        assert shown.startswith(language)
        switch = soup.select_one("a.language")
        assert (switch["hreflang"], switch["lang"]) == (other, other)
        target = urljoin(f"/{FOLDERS[language]}{page}.html", switch["href"])
        assert target == f"/{FOLDERS[other]}{page}.html"
        assert (site / target.lstrip("/")).is_file()


def test_a_plan_of_a_session_is_english_in_the_korean_site_and_says_so(site):
    for page in (page for page in PAGES if re.fullmatch(r"course/session_\d", page)):
        soup = BeautifulSoup((site / f"ko/{page}.html").read_text(encoding="utf-8"), "html.parser")
        assert article(soup)["lang"] == "en"
        notice = article(soup).select_one(".stale-translation")
        assert "영어로만" in notice.get_text()
        assert notice.select('[lang="ko"]')


def test_no_page_shows_an_asterisk_or_a_directive_as_text(soups):
    for page, soup in soups.items():
        for part in article(soup).find_all(["p", "li", "td", "th", "figcaption", "h1", "h2", "h3"]):
            unread = {"code", "pre", "script", "style", "svg", "mjx-container"}
            words = "".join(
                text
                for text in part.find_all(string=True)
                if not any(up.name in unread for up in text.parents)
            )
            assert not re.search(r"\*\*|:::|\{(?:ref|term|eq|cite)", words), (page, words[:200])


def test_search_and_index_have_twins_too(site):
    for name in ("search", "genindex"):
        for language, place in FOLDERS.items():
            file = site / f"{place}{name}.html"
            soup = BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser")
            target = urljoin(f"/{place}{name}.html", soup.select_one("a.language")["href"])
            assert (site / target.lstrip("/")).is_file(), (language, name)


def test_one_sitemap_names_every_page_of_both_editions_with_its_alternates(site):
    found = {}
    for entry in ElementTree.parse(site / "sitemap.xml").getroot():
        (address,) = [e.text for e in entry if e.tag.endswith("loc")]
        found[address] = {e.get("hreflang"): e.get("href") for e in entry if e.get("hreflang")}
    base = BOOK["html"]["baseurl"]
    editions = {
        page: {language: f"{base}{place}{page}.html" for language, place in FOLDERS.items()}
        for page in PAGES
    }
    assert set(found) == {url for urls in editions.values() for url in urls.values()}
    for urls in editions.values():
        for url in urls.values():
            assert found[url] == urls | {"x-default": urls["en"]}
    assert len(list(site.rglob("sitemap*.xml"))) == 1


def test_a_korean_page_has_korean_around_its_text(site):
    """The theme's own words, in what a reader sees or hears; names stay as they are."""
    names = r"English|Colab|GitHub|Ctrl|Learning to Forget|PDF|CC BY|MIT|Keras|PyTorch|TensorFlow"
    for page in ("intro", "chapters/04_gate_mechanics", "chapters/reference/glossary"):
        text = (site / f"ko/{page}.html").read_text(encoding="utf-8")
        soup = BeautifulSoup(text, "html.parser")
        article(soup).decompose()
        for tag in soup.select("script, style, head, .toctree-l2, [lang=en], a.reference.internal"):
            tag.decompose()
        shown = [
            tag.get(name) or "" for tag in soup.find_all(True) for name in ("title", "aria-label")
        ]
        left = [
            words
            for words in [*soup.stripped_strings, *shown]
            if re.search(r"[A-Za-z]{3}", re.sub(names, "", words))
            and not words.startswith((".", "html"))
        ]
        assert not left, (page, left)
        assert TITLES["ko"] in soup.get_text()
