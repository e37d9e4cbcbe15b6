"""Sphinx extension of this book: mends for its tools, and what a page says of itself.

Parts stand in their own files: mathematics.py (formulas), pages.py (what a page fetches),
course_files.py (notebooks and slides beside the pages), live_figures.py, not_found.py.
"""

import html
import shutil
from pathlib import Path

from docutils import nodes


def set_options(app, config):
    # Sphinx's own `html_theme_options` in _config.yml would replace what Jupyter Book has put
    # there (jupyter_book.config.get_final_config), launch buttons included: so add to it here.
    config.html_theme_options |= {
        "logo": {"text": config.html_title, "alt_text": ""},
        # sphinx-book-theme 1.3.0 empties `navbar_persistent`, pydata-sphinx-theme 0.17 takes
        # "empty" for "default" and opens a second search bar in a header of its own.
        "navbar_persistent": [],
        "search_bar_text": "Search the book",
        "show_toc_level": 2,
    }
    # Without it, pydata-sphinx-theme 0.17 logs a console warning about the theme mode.
    config.html_context["default_mode"] = "auto"


def drop_thebe(app):
    """Unplug sphinx-thebe: the book has no button that would use it.

    Jupyter Book 1.0.4 always loads sphinx-thebe 0.3.1, whose inline script comes twice and so
    declares `const THEBE_JS_URL` twice: an error in the console of every page.
    """
    for listeners in app.events.listeners.values():
        for listener in list(listeners):
            if listener.handler.__module__ == "sphinx_thebe":
                app.disconnect(listener.id)
    app.registry.css_files[:] = [
        (name, attributes) for name, attributes in app.registry.css_files if "thebe" not in name
    ]


def first_paragraph(doctree, limit=160):
    """Return the page's opening text, cut at a word: what a search engine shows under a link."""
    paragraph = next(
        (p for p in doctree.findall(nodes.paragraph) if isinstance(p.parent, nodes.section)), None
    )
    text = " ".join(paragraph.astext().split()) if paragraph else ""
    if len(text) <= limit:
        return text
    return text[:limit].rsplit(" ", 1)[0].rstrip(",;:.") + " …"


def describe_page(app, pagename, templatename, context, doctree):
    """Add a description and Open Graph tags; a page's own `html_meta` description goes first."""
    if doctree is None:
        return
    base = app.config.html_baseurl
    described = [
        n["content"] for n in doctree.findall(nodes.meta) if n.get("name") == "description"
    ]
    description = described[0] if described else first_paragraph(doctree)
    site = app.config.html_title
    title = app.env.titles[pagename].astext()
    tags = {
        "og:title": title,
        "og:description": description,
        "og:type": "website" if pagename == app.config.root_doc else "article",
        "og:site_name": site,
        "og:url": base + app.builder.get_target_uri(pagename),
        "og:image": f"{base}cover.png",
        "og:image:alt": f"{site}: an executable course on LSTM networks",
    }
    lines = [f'<meta property="{k}" content="{html.escape(v)}" />' for k, v in tags.items()]
    if not described:
        lines.append(f'<meta name="description" content="{html.escape(description)}" />')
    lines.append('<meta name="twitter:card" content="summary_large_image" />')
    context["metatags"] = context.get("metatags", "") + "\n" + "\n".join(lines) + "\n"


def write_site_files(app, exception):
    """Add the sitemap, the card of shared links, and the file that lets Pages show `_static`."""
    if exception or app.builder.format != "html":
        return
    output = Path(app.outdir)
    pages = sorted(app.builder.get_target_uri(name) for name in app.env.found_docs)
    urls = "".join(f"<url><loc>{app.config.html_baseurl}{page}</loc></url>\n" for page in pages)
    (output / "sitemap.xml").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{urls}</urlset>\n'
    )
    shutil.copy2(Path(app.srcdir) / "images" / "cover.png", output)
    (output / ".nojekyll").touch()


def setup(app):
    for part in ("course_files", "live_figures", "mathematics", "not_found", "pages"):
        app.setup_extension(f"tools.site.{part}")
    app.connect("config-inited", set_options, priority=900)
    app.connect("config-inited", lambda app, config: drop_thebe(app))
    app.connect("html-page-context", describe_page)
    app.connect("build-finished", write_site_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
