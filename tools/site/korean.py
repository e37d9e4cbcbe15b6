"""The Korean edition of the site: the English pages with the words of ko/ laid over them.

Works where Sphinx builds in Korean (tools/korean/book.py), and leaves the English site alone.
"""

import re
from gettext import NullTranslations

import nbformat
from sphinx import locale
from sphinx.search import SearchLanguage

from tools.contents import BOOK
from tools.korean import texts
from tools.site.theme_words import THEME_WORDS

REPOSITORY = BOOK["repository"]
FORMATS = {name: f"{THEME_WORDS[name.title()]} %s" for name in ("figure", "exercise")}
FORMATS |= {"table": "표 %s", "code-block": "코드 %s", "section": "%s절"}
# Links of the pages to files beside the English site: notebooks in Korean, and what both share.
NOTEBOOKS = re.compile(r"/blob/student/|<a href=\"(?:student|instructor)/")
FILES = re.compile(r'(<a href=")((?:slides|student|instructor)/|index\.html|nbgrader\.zip)')


class Words(NullTranslations):
    """The theme's words in Korean, before what its own catalogues say."""

    def gettext(self, message):
        return THEME_WORDS.get(message) or super().gettext(message)


class KoreanSearch(SearchLanguage):
    """Search by pairs of syllables: 망각 is found in 망각게이트는, whatever is attached to it.

    A Korean word carries its particles with it, and a compound is written with a space or without.
    So every pair of neighbouring syllables is a term of the index, also across a space; a query is
    cut within its words, and a page has to hold all of its pairs. Other words stay whole.
    """

    lang = "ko"
    language_name = "Korean"
    WORD = re.compile(r"[가-힣ㄱ-ㆎ]+(?: [가-힣ㄱ-ㆎ]+)*|(?:(?![가-힣ㄱ-ㆎ])\w)+")
    js_splitter_code = """
function splitQuery(query) {
  const words = query.match(/[가-힣ㄱ-ㆎ]+|(?:(?![가-힣ㄱ-ㆎ])[\\p{Letter}\\p{Number}_])+/gu) ?? [];
  return words.flatMap((word) =>
    /^[가-힣ㄱ-ㆎ]{3,}$/.test(word)
      ? Array.from({ length: word.length - 1 }, (_, k) => word.slice(k, k + 2))
      : [word],
  );
}
"""

    def split(self, input):
        found = []
        for text in self.WORD.findall(input):
            if re.match("[가-힣ㄱ-ㆎ]", text):
                found += [word for word in text.split(" ") if len(word) == 1]
                text = text.replace(" ", "")
                found += [text[k : k + 2] for k in range(len(text) - 1)]
            else:
                found.append(text)
        return found

    def word_filter(self, word):
        return bool(word)


def is_korean(app):
    return app.config.language == "ko"


def set_formats(app, config):
    """Number figures and the like in Korean, before extensions add their English words."""
    if config.language == "ko":
        config.numfig_format = FORMATS | config.numfig_format


def set_words(app, config):
    """Give Sphinx and its theme their Korean words."""
    if config.language != "ko":
        return
    config.html_theme_options |= {
        "search_bar_text": "책에서 찾기",
        "toc_title": "차례",
        "extra_footer": "글은 CC BY 4.0, 코드는 MIT 라이선스를 따라요.",
    }
    for catalogue in ("sphinx", "booktheme", "exercise", "proof", "togglebutton"):
        own = Words()
        if theirs := locale.translators.get(("general", catalogue)):
            own.add_fallback(theirs)
        locale.translators["general", catalogue] = own
    app.translator = locale.translators["general", "sphinx"]


def read_in_korean(app, page, source):
    """Lay a page's Korean over the English that Sphinx has read."""
    if not is_korean(app):
        return
    path = texts.korean_path(page)
    if path.exists():
        app.env.note_dependency(str(path))
    blocks = texts.blocks_of(page)
    if texts.stays_english(app.config, page):
        text = texts.with_notice(source[0], texts.ONLY_ENGLISH)
    elif texts.path_of(page).suffix == ".md":
        text = texts.lay_over_page(source[0], blocks)
    else:
        notebook = texts.lay_over(nbformat.reads(source[0], as_version=4), blocks)
        text = nbformat.writes(notebook)
    source[0] = FILES.sub(r"\1../../course/\2", NOTEBOOKS.sub(r"\g<0>ko/", text))


def lead_to_the_korean_files(app, pagename, templatename, context, doctree):
    """Let the edit button open the Korean text, and leave out what would open the English."""
    if not is_korean(app) or pagename not in app.env.found_docs:
        return
    edit = f"{REPOSITORY['url']}/edit/{REPOSITORY['branch']}"
    for group in context.get("header_buttons", []):
        kept = []
        for button in group.get("buttons", [group]):
            url = button.get("url", "")
            if "//mybinder.org" in url:
                continue  # it would open the English notebook
            if url.startswith(edit) and texts.korean_path(pagename).exists():
                button["url"] = f"{edit}/ko/{pagename}.md"
            kept.append(button)
        if "buttons" in group:
            group["buttons"] = kept


def setup(app):
    app.add_search_language(KoreanSearch)
    app.connect("config-inited", set_formats, priority=100)
    app.connect("config-inited", set_words, priority=950)
    app.connect("source-read", read_in_korean)
    app.connect("html-page-context", lead_to_the_korean_files, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
