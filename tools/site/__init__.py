"""Sphinx extension of this book: mends for its tools, and what a page says of itself.

Parts stand in their own files: mathematics.py (formulas), pages.py (what a page fetches) and
course_files.py (notebooks and slides beside the pages); `setup` connects them.
"""

import html
import shutil
from pathlib import Path
from urllib.parse import urlparse

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from lstm_utils import live, messages
from tools.site.mathematics import STYLESHEET, render_all, visit_math
from tools.site.pages import finish_site


class LiveFigureDirective(SphinxDirective):
    """`{live-figure} NAME` in a Markdown page; in a notebook a live figure is a cell's output."""

    required_arguments = 1

    def run(self):
        (name,) = self.arguments
        if name not in live.FIGURES:
            known = ", ".join(live.FIGURES)
            raise self.error(f"no live figure {name!r}; there are: {known}")
        # An edit of a figure's script or of its words is an edit of the page.
        for part in [*live.FOLDER.rglob("*"), *messages.FOLDER.rglob("*.mo")]:
            if part.is_file() and "__pycache__" not in part.parts:
                self.env.note_dependency(str(part))
        with messages.speaking(self.config.language):
            return [nodes.raw("", live.FIGURES[name]().html, format="html")]


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
        # Not beside the buttons, which would push it as they arrive.
        "article_header_start": ["toggle-primary-sidebar.html", "language.html"],
    }
    # Without it, pydata-sphinx-theme 0.17 logs a console warning about the theme mode.
    config.html_context["default_mode"] = "auto"
    config.html_math_renderer = "built"
    config.template_bridge = "tools.site.pages.Templates"
    config.ogp_site_url = config.html_baseurl
    config.notfound_urls_prefix = urlparse(config.html_baseurl).path


def drop_thebe(app, config):
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


def opening(doctree, limit=160):
    """Return the page's opening text, cut at a word: what a search engine shows under a link."""
    paragraph = next(
        (p for p in doctree.findall(nodes.paragraph) if isinstance(p.parent, nodes.section)), None
    )
    text = " ".join(paragraph.astext().split()) if paragraph else ""
    if len(text) <= limit:
        return text
    return text[:limit].rsplit(" ", 1)[0].rstrip(",;:.") + " …"


def describe_page(app, pagename, templatename, context, doctree):
    """Say what sphinxext-opengraph is to say of a page: its own `html_meta`, else its opening.

    Left alone, the extension cuts a description within a word, and numbers the title.
    """
    if doctree is None:
        return
    own = [n["content"] for n in doctree.findall(nodes.meta) if n.get("name") == "description"]
    description = html.escape(own[0] if own else opening(doctree))
    context["meta"] = (context["meta"] or {}) | {
        "og:title": html.escape(app.env.titles[pagename].astext()),
        "og:description": description,
        "og:type": "website" if pagename == app.config.root_doc else "article",
    }
    if not own:
        context["metatags"] += f'<meta name="description" content="{description}" />\n'


def add_files(app, exception):
    """Add the card of shared links, and the file that lets GitHub Pages show `_static`."""
    if not exception and app.builder.format == "html":
        shutil.copy2(Path(app.srcdir) / "images" / "cover.png", app.outdir)
        (Path(app.outdir) / ".nojekyll").touch()


def setup(app):
    for part in ("course_files", "languages", "korean"):
        app.setup_extension(f"tools.site.{part}")
    app.add_directive("live-figure", LiveFigureDirective)
    app.add_html_math_renderer("built", (visit_math, None), (visit_math, None))
    app.add_css_file(STYLESHEET, priority=400)
    app.connect("config-inited", set_options, priority=900)
    app.connect("config-inited", drop_thebe)
    app.connect("write-started", render_all)
    app.connect("html-page-context", describe_page, priority=400)  # before sphinxext-opengraph
    app.connect("build-finished", add_files)
    app.connect("build-finished", finish_site, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
