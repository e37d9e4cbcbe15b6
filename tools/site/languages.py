"""The two editions of the site, English at its root and Korean in ko/: a page knows its twin."""

from urllib.parse import urljoin, urlparse

from tools.contents import BOOK, FOLDERS, pages

SITE = BOOK["html"]["baseurl"]
# What a language calls itself, and its name for the card of a shared link.
NAMES = {"en": ("English", "en_GB"), "ko": ("한국어", "ko_KR")}
SITEMAP_HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>\n'
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
    'xmlns:xhtml="http://www.w3.org/1999/xhtml">\n'
)


def address(page, language):
    """Return the address of a page's edition on the web."""
    return urljoin(SITE, f"{FOLDERS[language]}{page}.html")


def alternates(page, tag="link"):
    """Return the lines that name a page's editions, for its head or for the sitemap."""
    languages = [(language, address(page, language)) for language in FOLDERS]
    languages.append(("x-default", address(page, "en")))
    return "".join(
        f'<{tag} rel="alternate" hreflang="{language}" href="{url}" />\n'
        for language, url in languages
    )


def name_the_twin(app, pagename, templatename, context, doctree):
    """Give the switcher its link, and say in the page's head which editions there are."""
    (other,) = set(FOLDERS) - {app.config.language}
    up = "../" * (pagename + FOLDERS[app.config.language]).count("/")
    page = pagename
    if pagename == "404":  # one for both editions, shown under any address
        up, page = urlparse(SITE).path, app.config.root_doc
    url = f"{up}{FOLDERS[other]}{page}.html"
    context["twin"] = {"language": other, "name": NAMES[other][0], "url": url}
    if pagename not in app.env.found_docs:
        return
    context["metatags"] += alternates(pagename)
    for language, (_, code) in NAMES.items():
        extra = "" if language == app.config.language else ":alternate"
        context["metatags"] += f'<meta property="og:locale{extra}" content="{code}" />\n'


def sitemap():
    """Return the one sitemap: every page in both editions, each with its alternates."""
    entries = (
        f"<url><loc>{address(page, language)}</loc>\n{alternates(page, 'xhtml:link')}</url>\n"
        for language in FOLDERS
        for page in pages()
    )
    return f"{SITEMAP_HEAD}{''.join(entries)}</urlset>\n"


def setup(app):
    app.connect("html-page-context", name_the_twin, priority=450)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
