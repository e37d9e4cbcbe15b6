"""Mathematics rendered when the site is built: MathJax runs here, and not in the reader's browser.

MathJax 3 (PyPI: sphinx-mathjax-offline) runs in V8 (PyPI: mini-racer) over MathJax's own small
document model. A page then holds each formula laid out, beside it the same formula as MathML for
screen readers, and fetches one stylesheet with the letters that the book uses. Nothing moves
while a page loads, and the formulas are there without scripts.
"""

import html
import importlib.util
import re
from collections import defaultdict
from pathlib import Path

from docutils import nodes
from py_mini_racer import JSEvalException, mini_racer
from sphinx.ext import mathjax
from sphinx.util import logging

from tools.site.fonts import data_url, draws_any

logger = logging.getLogger(__name__)

# The package's name has hyphens, so no import statement can reach it.
MATHJAX = Path(importlib.util.find_spec("sphinx-mathjax-offline").origin).parent / "static/mathjax"
PARTS = ("loader", "core", "adaptors/liteDOM", "input/tex-full", "output/chtml")
PARTS += ("output/chtml/fonts/tex", "a11y/assistive-mml")
FONTS = MATHJAX / "output/chtml/fonts/woff-v2"
STYLESHEET = "mathematics.css"

# Without `noundefined` and `noerrors`: what MathJax does not know is an error here, not red text.
PROGRAM = """
const { TeX } = MathJax._.input.tex_ts;
const { CHTML } = MathJax._.output.chtml_ts;
const { TeXFont } = MathJax._.output.chtml.fonts.tex_ts;
const adaptor = MathJax._.adaptors.liteAdaptor.liteAdaptor();
MathJax._.a11y["assistive-mml"].AssistiveMmlHandler(
  MathJax._.handlers.html_ts.RegisterHTMLHandler(adaptor));
const output = new CHTML({ font: new TeXFont({ fontURL: "." }), matchFontHeight: false });
const page = MathJax._.mathjax.mathjax.document("", {
  InputJax: new TeX({
    packages: ["base", "ams", "boldsymbol", "color", "newcommand"],
    formatError: (input, error) => { throw error; },
  }),
  OutputJax: output,
});
function render(tex, display) {
  return adaptor.outerHTML(page.convert(tex, { display, em: 16, ex: 8 }));
}
function stylesheet() {
  return adaptor.textContent(output.styleSheet(page));
}
"""

# MathJax in a page measures its neighbours' letters and scales a formula to them: 1ex in a
# font-size is the surrounding text's, and 0.442 the height of MathJax's own x.
MATCHED_SIZE = 'mjx-container[jax="CHTML"] { font-size: calc(1ex / 0.442); position: relative; }\n'

rendered = {}  # (TeX, displayed or not) -> HTML


def source_of(node):
    """Return the TeX of a formula's node as Sphinx hands it to MathJax, and if it is displayed."""
    if isinstance(node, nodes.math):
        return node.astext(), False
    if node.get("nowrap"):
        return node.astext(), True
    parts = [part for part in node.astext().split("\n\n") if part.strip()]
    lines = [rf"\begin{{split}}{p}\end{{split}}" if r"\\" in p else p for p in parts]
    if len(lines) == 1:
        return lines[0], True
    rows = r"\\".join(lines)
    return rf"\begin{{align}}\begin{{aligned}}{rows}\end{{aligned}}\end{{align}}", True


def render_formulas(sources, complain):
    """Return {source: HTML} and the stylesheet that these formulas need, fonts included.

    A source is a formula's TeX and whether it is displayed. `complain(source, reason)` is called
    for each that MathJax does not know.
    """
    found = {}
    with mini_racer() as script:
        for part in PARTS:
            script.eval((MATHJAX / f"{part}.js").read_text(encoding="utf-8"))
        script.eval(PROGRAM)
        for source in sources:
            try:
                found[source] = script.call("render", *source)
            except JSEvalException as error:
                complain(source, str(error).splitlines()[0])
        return found, embed_fonts(script.call("stylesheet") + MATCHED_SIZE)


def render_all(app, builder):
    """Render every formula of the book, and write the stylesheet that they need."""
    if builder.format != "html":
        return
    found = {}
    for name in sorted(app.env.found_docs):
        for node in app.env.get_doctree(name).findall():
            if isinstance(node, (nodes.math, nodes.math_block)):
                found.setdefault(source_of(node), name)

    def complain(source, reason):
        logger.warning("MathJax: %s in %r", reason, source[0], location=found[source])

    formulas, css = render_formulas(found, complain)
    rendered.update(formulas)
    static = Path(builder.outdir) / "_static"
    static.mkdir(exist_ok=True)
    (static / STYLESHEET).write_text(css, encoding="utf-8")


def letters_by_font(css):
    """Return what each of MathJax's fonts has to draw: {"MJXTEX-I": {"x", "y", …}, …}."""
    letters = defaultdict(set)
    for selector, content in re.findall(r'([^{}]+)\{[^{}]*content: "([^"]*)"', css):
        text = re.sub(r"\\([0-9A-Fa-f]+) ?", lambda code: chr(int(code[1], 16)), content)
        fonts = [f"MJXTEX{font}" for font in re.findall(r"\.TEX(-\w+)", selector)]
        if "stretch" in selector:  # a tall bracket, put together from pieces
            fonts = ["MJXTEX", "MJXTEX-A", "MJXTEX-S1", "MJXTEX-S4"]
        for font in fonts or ["MJXTEX"]:
            letters[font] |= set(text.replace("\\", ""))
    return letters


def embed_fonts(css):
    """Put the fonts in use into MathJax's stylesheet, cut down to the letters in use.

    As data, since Firefox fetches no font for a page that is opened from a folder (file://).
    """
    letters = letters_by_font(css)

    def embed(rule):
        family, file = re.search(r"family: ([\w-]+);.*/([\w-]+\.woff)", rule[0], re.DOTALL).groups()
        if family == "MJXZERO":  # holds lines apart and draws nothing: too small to cut
            return rule[0].replace(f"./{file}", data_url(FONTS / file))
        if family not in letters or not draws_any(FONTS / file, letters[family]):
            return ""
        return rule[0].replace(f"./{file}", data_url(FONTS / file, "".join(letters[family])))

    return re.sub(r"@font-face[^{]*\{[^}]*\}", embed, css)


def visit_math(translator, node):
    """Write a formula, with the number that Sphinx gives it if it is displayed.

    It is TeX where MathJax has complained of it; `data-tex` is what book.js puts into a copied
    text.
    """
    source = source_of(node)
    tag, end = ("div", "\n") if isinstance(node, nodes.math_block) else ("span", "")
    attributes = {"CLASS": "math notranslate nohighlight", "data-tex": node.astext().strip()}
    translator.body.append(translator.starttag(node, tag, end, **attributes))
    if node.get("number"):
        number = mathjax.get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    formula = rendered.get(source, html.escape(source[0]))
    translator.body.append(f"{formula}</{tag}>{end}")
    raise nodes.SkipNode
