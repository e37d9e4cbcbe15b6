"""Print the built book as one PDF: `python -m tools.browser.pdf [SITE] [PDF]`, or `make pdf`.

The articles of all pages are put one after another in the order of _toc.yml, with links between
pages made links within the one document, and Chromium prints it. (Jupyter Book's own `pdfhtml`
prints one page, and Sphinx's `singlehtml` builder has no visitor for the cells of MyST-NB 1.4.)
"""

import json
import posixpath
import re
from pathlib import Path
from urllib.parse import quote, unquote, urldefrag

import jinja2
from bs4 import BeautifulSoup

from lstm_utils import command_line
from tools.browser.chromium import open_chromium
from tools.contents import BOOK, ROOT, pages, parts, require_built

FOLDER = Path(__file__).parent
PAGES = pages()
# Attributes that name ids: one, or several with spaces between.
REFERENCES = ("aria-labelledby", "aria-describedby", "aria-controls", "for")
# Each element of a tagged PDF costs bytes: names, numbers and commas in code need no colour.
UNCOLOURED = ".n, .nb, .mi, .mf, .p, .w, .o, .linenos, :not([class])"
# Buttons, and what only a script brings to life.
SCREEN_ONLY = "script, noscript, button, .headerlink, .live-controls, .tocwrapper, .screen-only"


def combined_id(page, fragment=""):
    """Return the id that `fragment` of `page` has in the one document; none means its beginning."""
    slug = page.replace("/", "-")
    return f"{slug}--{fragment}" if fragment else slug


class Page:
    """One page's article, ready to stand beside the others."""

    def __init__(self, site, name):
        self.name, self.id = name, combined_id(name)
        file = site / f"{name}.html"
        self.soup = BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser")
        self.article = self.soup.find("article", class_="bd-article")
        for element in self.article.select(SCREEN_ONLY):
            element.decompose()
        for cell in self.article.select("div.cell"):  # the claims stay, not their code
            if (code := cell.select_one(".cell_input")) and "verify(" in code.get_text():
                code.decompose()
        self.title = " ".join(self.article.find("h1").get_text(" ", strip=True).split())
        self.quoted_title = json.dumps(self.title, ensure_ascii=False)  # CSS quotes alike
        for element in self.article.find_all(True):
            for attribute in element.attrs.keys() & {"id", *REFERENCES}:
                names = element[attribute].split()
                element[attribute] = " ".join(combined_id(name, one) for one in names)
        for link in self.article.find_all("a", href=True):
            link["href"] = self.address(link["href"])
        for image in self.article.find_all("img"):
            image["src"] = quote(self.path(unquote(image["src"])))
            image.attrs.pop("loading", None)
        for link in self.article.select("a.enlarge"):
            link.unwrap()
        for span in self.article.select(f"pre span:is({UNCOLOURED})"):
            span.unwrap()
        self.article.smooth()
        for details in self.article.find_all("details"):
            details["open"] = ""
        self.article["id"] = self.id

    def path(self, relative):
        """Return where a path of this page leads, from the site's root."""
        return posixpath.normpath(posixpath.join(posixpath.dirname(self.name), relative))

    def address(self, href):
        """Return where a link leads in the one document, or on the site if it leaves the book."""
        if re.match(r"[a-z]+:", href):
            return href
        target, fragment = urldefrag(href)
        file = self.path(target) if target else self.name
        page = file.removesuffix(".html")
        if page in PAGES:
            return "#" + combined_id(page, unquote(fragment))
        return BOOK["html"]["baseurl"] + file + (f"#{fragment}" if fragment else "")

    def sections(self):
        """Return (id, heading) of each of the page's sections."""
        found = [(heading.find_parent(id=True), heading) for heading in self.article.select("h2")]
        return [(parent["id"], h.get_text().strip()) for parent, h in found if parent]


def combine(site):
    """Return the whole book as one HTML document, whose files lie in the folder `site`."""
    articles = {name: Page(site, name) for name in PAGES}
    chapter = articles[PAGES[1]]
    links = chapter.soup.select("link[rel=stylesheet]")
    loader = jinja2.FileSystemLoader(FOLDER)
    template = jinja2.Environment(loader=loader, trim_blocks=True).get_template("pdf.html")
    return template.render(
        book=BOOK,
        parts=parts(),
        articles=articles,
        sheets=[chapter.path(link["href"].split("?")[0]) for link in links],
        style=(FOLDER / "pdf.css").read_text(encoding="utf-8"),
    )


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


def main(arguments=None):
    parser = command_line.parser(__doc__)
    site, pdf = ROOT / "_build/html", ROOT / "_build/pdf/learning-to-forget.pdf"
    parser.add_argument("site", nargs="?", type=command_line.path, default=site)
    parser.add_argument("pdf", nargs="?", type=command_line.path, default=pdf)
    options = parser.parse_args(arguments)
    require_built(options.site)
    print_book(options.site.resolve(), options.pdf)
    print(f"{options.pdf} ({options.pdf.stat().st_size / 1e6:.1f} MB)")


if __name__ == "__main__":
    command_line.run(main)
