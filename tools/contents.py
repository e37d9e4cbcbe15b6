"""The notebooks, the order of the book (_toc.yml) and its settings (_config.yml)."""

from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = sorted(ROOT.glob("chapters/[01]*.ipynb"))
NOTEBOOKS = [*CHAPTERS, *sorted(ROOT.glob("chapters/reference/*.ipynb"))]
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
SESSIONS = {**{n: n for n in range(1, 8)}, 8: 9, 9: 10}  # a session of the course: its chapter
BOOK = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
# The book's editions: what each is called, and the folder of the site where it stands.
TITLES = {"en": BOOK["title"], "ko": "잊는 법을 배우다"}
FOLDERS = {"en": "", "ko": "ko/"}


def page_of(path):
    """Return the name of a file's page, such as "chapters/04_gate_mechanics"."""
    return path.relative_to(ROOT).with_suffix("").as_posix()


def number_of(path):
    """Return the number of a chapter, which its notebook's name begins with."""
    return int(path.name[:2])


def chapter_of(session):
    """Return the notebook of the chapter that a session of the course is about."""
    return CHAPTERS[SESSIONS[session] - 1]


def session_of(path):
    """Return the number of the session about a chapter's notebook, or None if none is planned."""
    planned = (n for n, chapter in SESSIONS.items() if chapter == number_of(path))
    number = next(planned, None)
    return number if (ROOT / "course" / f"session_{number}.md").exists() else None


def require_built(site):
    """Raise FileNotFoundError if no built book is in the folder `site`."""
    if not (site / "searchindex.js").exists():
        raise FileNotFoundError(f"no built book in {site}: run `make book` first")


def pages_of(entry):
    """Return the names of the pages of an entry: its own, then those of its sections."""
    return [entry["file"], *(name for e in entry.get("sections", ()) for name in pages_of(e))]


def parts():
    """Return the parts of the book: (caption, names of its pages); the landing page has no part."""
    named = [(p["caption"], [n for c in p["chapters"] for n in pages_of(c)]) for p in TOC["parts"]]
    return [(None, [TOC["root"]]), *named]


def pages():
    """Return the names of all pages, in order."""
    return [name for _, names in parts() for name in names]
