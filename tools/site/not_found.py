"""The page that GitHub Pages shows for an address that the book does not have."""

import html
import re
from pathlib import Path
from urllib.parse import urlparse

BODY = """
<section id="no-such-page">
<h1>There is no such page</h1>
<p>The address may be of an older edition, or have lost a letter. Search the book, or choose one of
its pages.</p>
<form action="search.html" method="get" role="search" style="margin-bottom: 1rem">
<input type="search" name="q" aria-label="Search the book" placeholder="forget gate">
<button type="submit">Search</button>
</form>
<ul>
{pages}
</ul>
</section>
"""
# An address that depends on where the page stands: it stands in for any page, in any folder.
RELATIVE = re.compile(r'\b(href|src|action|data-content_root)="(?!#|/|[a-z]+:)(?:\./)?([^"]*)"')


def collect_pages(app):
    env, builder = app.env, app.builder
    names = [app.config.root_doc, *env.toctree_includes[app.config.root_doc]]
    titles = {name: html.escape(env.titles[name].astext()) for name in names}
    pages = "\n".join(
        f'<li><a href="{builder.get_target_uri(name)}">{title}</a></li>'
        for name, title in titles.items()
    )
    description = "The address leads to no page of the book: search it, or choose a page."
    metatags = f'<meta name="description" content="{description}" />'
    metatags += '<meta name="robots" content="noindex" />'
    context = {"title": "No such page", "body": BODY.format(pages=pages), "metatags": metatags}
    yield "404", context, "page.html"


def make_addresses_absolute(app, exception):
    if exception or app.builder.format != "html":
        return
    root = urlparse(app.config.html_baseurl).path
    file = Path(app.outdir) / "404.html"
    page = file.read_text(encoding="utf-8")
    file.write_text(RELATIVE.sub(rf'\1="{root}\2"', page), encoding="utf-8")


def setup(app):
    app.connect("html-collect-pages", collect_pages)
    app.connect("build-finished", make_addresses_absolute)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
