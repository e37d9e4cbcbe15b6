"""The last touch on a written page: it fetches what it uses, and nothing jumps."""

import re
from pathlib import Path

from PIL import Image
from sphinx.jinja2glue import BuiltinTemplateLoader
from sphinx.util import logging

from tools.korean.texts import stays_english
from tools.site.mends import made, mark_korean, mend
from tools.site.styles import link_bundle, write_bundle
from tools.site.theme_words import in_korean

logger = logging.getLogger(__name__)
ARTICLE = '<article class="bd-article"'
OPTIONS = re.compile(r'<script src="[^"]*documentation_options\.js[^"]*"></script>')


class Templates(BuiltinTemplateLoader):
    """Sphinx's templates, with a page finished before it is written."""

    def init(self, builder, *arguments, **options):
        super().init(builder, *arguments, **options)
        self.builder = builder
        self.styles = []
        self.written = set()

    def render(self, template, context):
        page = super().render(template, context)
        if template.endswith(".html"):
            page = mend(self.finish(page))
            if self.builder.config.language == "ko":
                page = in_korean(page)
            if (name := context.get("pagename")) and stays_english(self.builder.config, name):
                page = mark_korean(page.replace(ARTICLE, f'{ARTICLE} lang="en"', 1))
            self.written.add(context.get("pagename"))
        return page

    def finish(self, page):
        output = Path(self.builder.outdir)
        # An inline script of the theme needs Sphinx's options at once.
        options = (output / "_static/documentation_options.js").read_text(encoding="utf-8").strip()
        page = OPTIONS.sub(lambda tag: f"<script>{options}</script>", page)
        page = link_bundle(page, output, self.styles)
        self.pictures = 0
        self.stored = {file: path for path, file in self.builder.images.items()}
        return re.sub(r'<img ([^>]*src="([^"]+)"[^>]*)>', self.place_image, page)

    def place_image(self, tag):
        """Give a picture its size, so that the text below does not jump when it arrives."""
        attributes, source = tag.groups()
        size = self.size_of(source)
        if size and "width=" not in attributes:
            attributes = f'width="{size[0]}" height="{size[1]}" {attributes}'
        if "_images/" in source:
            # The first may be in view at once: a browser that waits for the layout fetches it late.
            lazy = 'loading="lazy" ' if self.pictures else ""
            attributes = f'{lazy}decoding="async" {attributes}'
            self.pictures += 1
        return f"<img {attributes}>"

    def size_of(self, source):
        folder, _, name = source.rpartition("/")
        if folder.endswith("_images"):  # copied when all pages are written
            path = Path(self.builder.srcdir, self.stored.get(name, name))
        else:
            path = Path(self.builder.outdir, source.lstrip("./"))
        if path.suffix == ".svg" or not path.exists():
            return None
        with Image.open(path) as image:
            return image.size


COPY_WORDS = """const messages = {
  'ko': {
    'copy': '복사',
    'copy_to_clipboard': '클립보드에 복사',
    'copy_success': '복사했어요',
    'copy_failure': '복사하지 못했어요',
  },"""


def mend_scripts(static, language):
    """Take out of the theme's script what book.js does in pauses, and the page needs once.

    pydata-sphinx-theme 0.17.1 measures every box that may scroll, one by one, and changes each
    before it measures the next: on a phone, a second in which nothing answers.
    """
    script = static / "scripts" / "pydata-sphinx-theme.js"
    text = script.read_text(encoding="utf-8")
    measure = (
        r"(\w)\.tabIndex=\1\.scrollWidth>\1\.clientWidth\|\|\1\.scrollHeight>\1\.clientHeight\?0:-1"
    )
    script.write_text(re.sub(measure, "", text), encoding="utf-8")
    # sphinx-copybutton 0.5.2 has no Korean.
    copy = static / "copybutton.js"
    text = copy.read_text(encoding="utf-8")
    if "'ko': {" not in text:
        copy.write_text(text.replace("const messages = {", COPY_WORDS, 1), encoding="utf-8")
    if language == "ko":  # sphinx-togglebutton 0.4.5 asks for no translation of its label
        toggle = static / "togglebutton.js"
        toggle.write_text(in_korean(toggle.read_text(encoding="utf-8")), encoding="utf-8")


def finish_site(app, exception):
    if exception or app.builder.format != "html":
        return
    templates = app.builder.templates
    mend_scripts(Path(app.outdir) / "_static", app.config.language)
    write_bundle(app, templates.styles)
    if templates.written >= app.env.found_docs:  # not only those that have changed
        for fault in (fault for fault, count in made.items() if not count):
            logger.warning("no page needs this mend any more: %s", fault)
