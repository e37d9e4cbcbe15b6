"""The site's part in the course: its files beside the pages, and the way to Colab.

The files are written by every build, so that links to them are alive after `make book` alone;
`make course` adds reveal.js to the slides.
"""

from pathlib import Path

from tools.contents import FOLDERS

HOME = "course/README"


def open_students_notebook(app, pagename, templatename, context, doctree):
    """Let a chapter's Colab button open the students' notebook, which is written for Colab.

    In Korean, that of any page: the notebooks outside that branch are English.
    """
    from tools.course.handouts import CHAPTERS, COLAB, NOTEBOOKS, page_of

    place = FOLDERS[app.config.language]
    chapters = {page_of(path): path.name for path in (NOTEBOOKS if place else CHAPTERS)}
    if pagename not in chapters:
        return
    for group in context.get("header_buttons", []):
        for button in group.get("buttons", []):
            if button.get("url", "").startswith("https://colab."):
                button["url"] = f"{COLAB}/{place}{chapters[pagename]}"


def write_course(app, exception):
    """Write the course's files, if this site has the course."""
    if exception or app.builder.format != "html" or HOME not in app.env.found_docs:
        return
    if FOLDERS[app.config.language]:
        return  # the English site has the notebooks of both languages
    from tools.course import handouts

    handouts.write(Path(app.outdir) / "course")


def setup(app):
    # After sphinx-book-theme's buttons (501).
    app.connect("html-page-context", open_students_notebook, priority=900)
    app.connect("build-finished", write_course)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
