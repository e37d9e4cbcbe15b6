"""Mends of the finished pages, most of them for readers who listen to them or use no mouse.

Each entry of `MENDS` names the package whose HTML is at fault, most often a template of the theme.
They are made in a page as it is written (pages.py), which warns of one that no page needs any more.
"""

import re
from collections import Counter

TABLE = r"(?s)<table\b.*?</table>"
EMPTY_HEADING = re.compile(r'<th(?: class="[^"]*")?>(?:<p></p>)?</th>')
FIRST_CELL = re.compile(r"(<tr[^>]*>\s*)<td>(.*?)</td>", re.DOTALL)


def mend_table(table):
    head, end, body = table[0].partition("</thead>")
    if not (end and EMPTY_HEADING.search(head)):
        return table[0]
    body = FIRST_CELL.sub(r'\1<th scope="row">\2</th>', body)
    return EMPTY_HEADING.sub("<td></td>", head) + end + body


# (what is wrong and in which package, pattern, replacement)
MENDS = [
    (
        "docutils 0.21.2: where the corner of a table is empty, its rows have names, and it makes a"
        " heading of the corner and none of the names",
        TABLE,
        mend_table,
    ),
    (
        "A figure is shown whole on a phone, and then its letters are small: it leads to itself in"
        " full size, in a dialog where scripts run (book.js)",
        r'(<figure\b[^>]*>\s*)(<img\b[^>]*\bsrc="([^"]*_images/[^"]+)"[^>]*>)',
        r'\1<a class="enlarge" href="\3">\2</a>',
    ),
    (
        "Scripts that hold the page up: each runs after it, in their order",
        r"<script (?![^>]*\bdefer)(?=[^>]*\bsrc=)",
        "<script defer ",
    ),
    (
        "pydata-sphinx-theme 0.17.1: the logo's text stands in no landmark",
        r'<div class="sidebar-primary-item">(?=\s*<a class="navbar-brand logo")',
        '<div class="sidebar-primary-item" role="navigation" aria-label="Home">',
    ),
    (
        "pydata-sphinx-theme 0.17.1: a button that shows “Search Ctrl+K” is named “Search”, so that"
        " who speaks what is to be seen does not reach it",
        r'(<button class="btn search-button-field[^>]*?) title="([^"]+)" aria-label="\2"',
        r'\1 aria-keyshortcuts="Control+K"',
    ),
    *(
        (
            f"pydata-sphinx-theme 0.17.1: the {part} has no name",
            f'<dialog id="pst-{part}">',
            f'<dialog id="pst-{part}" aria-label="{name}">',
        )
        for part, name in (
            ("search-dialog", "Search"),
            ("primary-sidebar-modal", "Chapters"),
            ("secondary-sidebar-modal", "On this page"),
        )
    ),
    (
        "docutils 0.21.2: an entry of the bibliography has a role that ARIA has withdrawn, and that"
        " a list may not hold",
        r'role="doc-biblioentry"',
        'role="listitem"',
    ),
    (
        "sphinx-proof 0.4.0, sphinx-exercise 1.2.1: every theorem, exercise and solution of a page"
        " has the same id",
        r'(<section[^>]*?) id="(?:proof|exercise|solution)-content"',
        r"\1",
    ),
    (
        "pydata-sphinx-theme 0.17.1: the icons' titles count as text of a button with another name",
        r'(<i class="theme-switch[^>]*?) title="[^"]*"',
        r"\1",
    ),
    (
        "pydata-sphinx-theme 0.17.1: the arrow that opens a page's sections has no name",
        r'(>([^<]+)</a><details[^>]*>)<summary>(?=<span class="toctree-toggle")',
        r'\1<summary aria-label="Pages under “\2”">',
    ),
]
made = Counter()  # how often each was made

KOREAN = re.compile(
    # What holds no prose, or may hold no <span>, is passed over in one piece, like any tag.
    r"<(?P<name>head|script|style|svg|math|mjx-container|option|textarea)\b.*?</(?P=name)>"
    r"|<!--.*?-->|<[^>]+>"
    r"|(?P<words>[ㄱ-ㆎ가-힣]+(?:[ ,.!?~]+[ㄱ-ㆎ가-힣]+)*)",
    re.DOTALL,
)


def mark_korean(page):
    """Say of Korean words that they are Korean: a screen reader changes its voice for them."""
    return KOREAN.sub(lambda m: f'<span lang="ko">{m[0]}</span>' if m["words"] else m[0], page)


def mend(page):
    """Return a page of the site with all faults of `MENDS` put right, and its Korean marked."""
    for fault, pattern, replacement in MENDS:
        page, count = re.subn(pattern, replacement, page)
        made[fault] += count
    return page if '<html lang="ko"' in page else mark_korean(page)
