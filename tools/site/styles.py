"""One stylesheet for the site, with the rules, icons and letters that its pages use.

Jupyter Book 1.0.4 links a dozen stylesheets, half a megabyte, on every page: all of Bootstrap, and
Font Awesome twice (as rules with fonts, and as a script of 1.5 MB that pages.py leaves out).
A phone waits for them before it shows a word.
"""

import hashlib
import re
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import tinycss2

from tools.site.fonts import data_url

BUNDLE = "site.css"
LINK = re.compile(
    r'<link (?=[^>]*rel="stylesheet")(?![^>]*media=)'
    r'[^>]*href="([^"]*_static/)([^"?]+)[^"]*"[^>]*>\s*'
)
ICON_FONTS = "vendor/fontawesome/webfonts"


def link_bundle(page, output, names):
    """Put one link in the place of a page's stylesheets, whose names are added to `names`."""
    found = LINK.findall(page)
    if not found:
        return page
    for _, name in found:
        if name not in names:
            names.append(name)
    folder = found[0][0]
    version = digest(output, tuple(name for _, name in found))
    link = f'<link rel="stylesheet" href="{folder}{BUNDLE}?v={version}" />\n'
    page = LINK.sub(link, page, count=1)
    return LINK.sub(lambda tag: tag[0] if BUNDLE in tag[2] else "", page)


@lru_cache
def digest(output, names):
    """Return what changes with the stylesheets; myst-nb's, named by its own, is copied later."""
    files = [output / "_static" / name for name in names]
    data = b"".join(file.read_bytes() for file in files if file.exists())
    return hashlib.sha256(data).hexdigest()[:8]


def words_in_use(output):
    """Return each word of the pages and scripts: every class that there is, and then some."""
    files = [*output.rglob("*.html"), *(output / "_static").rglob("*.js")]
    files = [file for file in files if file.name != "fontawesome.js"]
    return set().union(*(re.findall(r"[\w-]+", f.read_text(encoding="utf-8")) for f in files))


def is_used(selectors, words):
    """Return whether the classes of one of these selectors all stand among the words.

    Tokens within brackets don't count: what `:not()` and its like name may be missing.
    """
    classes = [set()]  # of each selector
    for before, token in pairwise([None, *selectors]):
        if token == ",":
            classes.append(set())
        elif before == "." and token.type == "ident":
            classes[-1].add(token.value)
    # Bootstrap puts some of its names together: "bs-tooltip-" and a side.
    return any(all(c in words or c.startswith("bs-") for c in one) for one in classes)


def drop_unused_rules(css, words):
    """Return the stylesheet without the rules whose classes stand on no page and in no script."""
    kept = []
    for rule in tinycss2.parse_rule_list(css):
        if rule.type == "comment" and not rule.value.startswith("!"):
            continue
        if rule.type == "qualified-rule" and not is_used(rule.prelude, words):
            continue
        if rule.type == "at-rule" and rule.lower_at_keyword in ("media", "supports", "container"):
            inner = drop_unused_rules(rule.content, words)
            rule.content = tinycss2.parse_component_value_list(inner)
            if not inner.strip():
                continue
        kept.append(rule)
    return tinycss2.serialize(kept)


def embed_icons(css, static):
    """Put the icon fonts into the stylesheet, cut down to the icons that its rules draw."""
    codes = re.findall(r"\\([ef][0-9a-f]{3})\b", css)
    letters = {chr(int(code, 16)) for code in codes} | set(re.findall("[\ue000-\uf8ff]", css))

    def embed(rule):
        name = re.search(r"webfonts/(fa-[\w-]+)\.woff2", rule[0])[1]
        source = data_url(static / ICON_FONTS / f"{name}.ttf", "".join(letters))
        return re.sub(r"src:[^}]*", f"src:url({source})", rule[0])

    return re.sub(r"@font-face\{[^}]*webfonts/[^}]*\}", embed, css)


def write_bundle(app, names):
    """Write the one stylesheet; a build that wrote no page finds the names in the last one."""
    static = Path(app.outdir) / "_static"
    bundle = static / BUNDLE
    if not names and bundle.exists():
        names = re.match(r"/\*! (.*) \*/", bundle.read_text(encoding="utf-8"))[1].split()

    def read(name):
        css = (static / name).read_text(encoding="utf-8").replace('@charset "UTF-8";', "")
        folder = Path(name).parent
        css = re.sub(r'@import "([^"]+)";', lambda m: read((folder / m[1]).as_posix()), css)
        return css.split("/*# sourceMappingURL")[0]

    css = drop_unused_rules("\n".join(map(read, names)), words_in_use(Path(app.outdir)))
    css = f"/*! {' '.join(names)} */\n{embed_icons(css, static)}"
    bundle.write_text(css, encoding="utf-8")
