"""Print the built book as one PDF: `python -m tools.browser.pdf [SITE] [PDF]`, or `make pdf`.

The articles of all pages are put one after another in the order of _toc.yml, with links between
pages made links within the one document, and Chromium prints it. (Jupyter Book's own `pdfhtml`
prints one page, and Sphinx's `singlehtml` builder has no visitor for the cells of MyST-NB 1.4.)
"""

import os
import re
import sys
from pathlib import Path
from urllib.parse import quote, unquote, urldefrag

from bs4 import BeautifulSoup

from tools.browser.chromium import open_chromium
from tools.contents import BOOK, ROOT, pages, parts

STYLE = Path(__file__).with_name("pdf.css")
# Attributes that name ids: one, or several with spaces between.
REFERENCES = ("aria-labelledby", "aria-describedby", "aria-controls", "for")
# Buttons, and what only a script brings to life.
SCREEN_ONLY = "script, noscript, button, .headerlink, .live-controls, .tocwrapper, .screen-only"


def slug(page):
    return page.replace("/", "-")


def combined_id(page, fragment):
    """Return the id that `fragment` of `page` has in the one document; none means its beginning."""
    return f"{slug(page)}--{fragment}" if fragment else slug(page)


class Page:
    """One page's article, ready to stand beside the others."""

    def __init__(self, site, name, names, base):
        self.site, self.name, self.names, self.base = site, name, names, base
        file = site / f"{name}.html"
        self.soup = BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser")
        self.article = self.soup.find("article", class_="bd-article")
        for element in self.article.select(SCREEN_ONLY):
            element.decompose()
        self.title = " ".join(self.article.find("h1").get_text(" ", strip=True).split())
        for element in self.article.find_all(True):
            self.rename_ids(element)
        for link in self.article.find_all("a", href=True):
            link["href"] = self.address(link["href"])
        for image in self.article.find_all("img"):
            image["src"] = quote(os.path.normpath(f"{Path(name).parent}/{unquote(image['src'])}"))
            image.attrs.pop("loading", None)
        for link in self.article.select("a.enlarge"):
            link.unwrap()
        # Each element of a tagged PDF costs bytes: a name or a comma in code needs no colour.
        for span in self.article.select("pre span:is(.n, .p, .w, .o, .linenos, :not([class]))"):
            span.unwrap()
        self.article.smooth()
        for details in self.article.find_all("details"):
            details["open"] = ""
        self.article["id"] = slug(name)

    def rename_ids(self, element):
        if "id" in element.attrs:
            element["id"] = combined_id(self.name, element["id"])
        for attribute in REFERENCES:
            if attribute in element.attrs:
                names = element[attribute].split()
                element[attribute] = " ".join(combined_id(self.name, name) for name in names)

    def address(self, href):
        """Return where a link leads in the one document, or on the site if it leaves the book."""
        if re.match(r"[a-z]+:", href):
            return href
        target, fragment = urldefrag(href)
        file = os.path.normpath(f"{Path(self.name).parent}/{target}") if target else self.name
        page = file.removesuffix(".html")
        if page in self.names:
            return "#" + combined_id(page, unquote(fragment))
        return self.base + file + (f"#{fragment}" if fragment else "")


def contents_list(articles):
    lines = []
    for caption, names in parts():
        lines += [f'<p class="part">{caption}</p>'] if caption else []
        for name in names:
            sections = articles[name].article.select("h2")
            inner = "".join(
                f'<li><a href="#{h.find_parent(id=True)["id"]}">{h.get_text().strip()}</a></li>'
                for h in sections
                if h.find_parent(id=True)
            )
            title = f'<a href="#{slug(name)}">{articles[name].title}</a>'
            lines.append(f"<ol><li>{title}<ol>{inner}</ol></li></ol>")
    return "\n".join(lines)


def combine(site):
    """Return the whole book as one HTML document, whose files lie in the folder `site`."""
    names = pages()
    articles = {name: Page(site, name, names, BOOK["html"]["baseurl"]) for name in names}
    chapter = names[1]
    sheets = [
        os.path.normpath(f"{Path(chapter).parent}/{link['href'].split('?')[0]}")
        for link in articles[chapter].soup.select("link[rel=stylesheet]")
    ]
    styles = "".join(f'<link rel="stylesheet" href="{sheet}">\n' for sheet in sheets)
    running = "".join(
        f"@page {slug(n)} {{ @top-center {{ content: {quoted(articles[n].title)}; }} }}\n"
        f"#{slug(n)} {{ page: {slug(n)}; }}\n"
        for n in names
    )
    body = "\n".join(str(articles[name].article) for name in names)
    return f"""<!DOCTYPE html>
<html lang="en" data-theme="light" data-mode="light"><head><meta charset="utf-8">
<title>{BOOK["title"]}</title>
{styles}<style>{STYLE.read_text(encoding="utf-8")}\n{running}</style></head>
<body class="whole-book">
<div class="title-page"><img src="cover.png" alt="">
<p class="book-title">{BOOK["title"]}</p>
<p>An executable course on LSTM networks</p>
<p>By {BOOK["author"]}</p>
<p class="small">{BOOK["html"]["extra_footer"]} What moves, what runs and the newest text:
<a href="{BOOK["html"]["baseurl"]}">{BOOK["html"]["baseurl"]}</a></p></div>
<div class="contents"><h1 id="contents">Contents</h1>{contents_list(articles)}</div>
{body}
</body></html>
"""


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def print_book(site, output):
    output.parent.mkdir(parents=True, exist_ok=True)
    # Beside the pages, so that their pictures and styles are found; gone when it is printed.
    document = site / "whole-book.html"
    document.write_text(combine(site), encoding="utf-8")
    try:
        with open_chromium() as browser:
            page = browser.new_page()
            page.goto(document.as_uri(), wait_until="load")
            page.evaluate("document.fonts.ready")
            page.pdf(path=output, prefer_css_page_size=True, outline=True, tagged=True)
    finally:
        document.unlink()


def main():
    site = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "_build" / "html").resolve()
    output = Path(
        sys.argv[2] if len(sys.argv) > 2 else site.parent / "pdf" / "learning-to-forget.pdf"
    )
    if not (site / "searchindex.js").exists():
        sys.exit(f"no built book in {site}: run `make book` first")
    print_book(site, output)
    print(f"{output} ({output.stat().st_size / 1e6:.1f} MB)")


if __name__ == "__main__":
    main()
