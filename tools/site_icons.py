"""Icons: of the theme's two thousand, the site keeps those that it shows.

pydata-sphinx-theme 0.17.1 loads Font Awesome twice: a script of 1.5 MB that draws each icon as SVG,
and fonts of 300 KB with 190 KB of style rules. The fonts, cut down, draw all of it.
"""

import re
from pathlib import Path

from site_fonts import data_url

STYLES = "_static/styles/pydata-sphinx-theme.css"
FONTS = "_static/vendor/fontawesome/webfonts"
ICON_RULE = re.compile(r'(?:\.fa-[\w-]+:{1,2}before,?)+\{content:"[^"]*"\}')


def icons_in_use(output):
    """Return the classes of the icons that the pages and their scripts name."""
    files = [*output.rglob("*.html"), *(output / "_static").rglob("*.js")]
    files = [file for file in files if file.name not in ("fontawesome.js", "bootstrap.js")]
    return set().union(*(re.findall(r"\bfa-[\w-]+", f.read_text(encoding="utf-8")) for f in files))


def letters_of(css):
    """Return what a stylesheet draws from an icon font, written as it is or as \\f0c9."""
    codes = re.findall(r"\\([ef][0-9a-f]{3})\b", css)
    return {chr(int(code, 16)) for code in codes} | set(re.findall("[\ue000-\uf8ff]", css))


def cut_icons(app, exception):
    """Keep the rules and the letters of the icons in use; the fonts go into the stylesheet."""
    if exception or app.builder.format != "html":
        return
    output = Path(app.outdir)
    used = icons_in_use(output)

    def keep(rule):
        return rule[0] if used.intersection(re.findall(r"\.(fa-[\w-]+)", rule[0])) else ""

    css = ICON_RULE.sub(keep, (output / STYLES).read_text(encoding="utf-8"))
    letters = letters_of(css).union(
        *(letters_of(file.read_text(encoding="utf-8")) for file in output.glob("_static/*.css")),
        letters_of((output / "_static/styles/sphinx-book-theme.css").read_text(encoding="utf-8")),
    )

    def embed(rule):
        font = re.search(r"webfonts/(fa-[\w-]+)\.woff2", rule[0])
        source = data_url(output / FONTS / f"{font[1]}.ttf", "".join(letters))
        return re.sub(r"src:[^}]*", f"src:url({source})", rule[0])

    css = re.sub(r"@font-face\{[^}]*webfonts/[^}]*\}", embed, css)
    (output / STYLES).write_text(css, encoding="utf-8")


def setup(app):
    app.connect("build-finished", cut_icons)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
