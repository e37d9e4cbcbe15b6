"""Build the Korean book into the English one: python -m tools.korean.book [SITE]

`make book` runs it after the English book; the pages stand in SITE/ko (_build/html/ko).
"""

import sys
from pathlib import Path

import yaml
from jupyter_book.sphinx import build_sphinx

from lstm_utils import command_line
from tools.contents import BOOK, FOLDERS, ROOT, TITLES, TOC
from tools.site.languages import sitemap

PARTS = {"The chapters": "본문", "Reference": "참고", "Teaching": "가르치기"}


def korean_contents():
    """Return the order of the book with the names of its parts in Korean."""
    named = [part | {"caption": PARTS[part["caption"]]} for part in TOC["parts"]]
    return TOC | {"parts": named}


def build(site):
    """Build the Korean book strictly into a folder of the site; return whether that went well."""
    folder = Path(site) / FOLDERS["ko"]
    work = Path(site).parent / "ko"
    work.mkdir(parents=True, exist_ok=True)
    contents = work / "_toc.yml"
    contents.write_text(yaml.safe_dump(korean_contents(), allow_unicode=True), encoding="utf-8")
    result = build_sphinx(
        ROOT,
        folder,
        path_config=ROOT / "_config.yml",
        confoverrides={
            "external_toc_path": contents.as_posix(),
            "latex_individualpages": False,
            "nitpicky": True,
            "language": "ko",
            "html_title": TITLES["ko"],
            "html_baseurl": f"{BOOK['html']['baseurl']}{FOLDERS['ko']}",
            "ogp_site_name": TITLES["ko"],
            "author": "Learning to Forget 저자들",
        },
        noconfig=True,
        doctreedir=work / "doctrees",
        warningiserror=True,
        keep_going=True,
        quiet=True,
    )
    (folder / "404.html").unlink(missing_ok=True)  # a host shows the one at the root, in both
    return result == 0


def main(arguments=None):
    parser = command_line.parser(__doc__)
    default = ROOT / "_build" / "html"
    parser.add_argument("site", nargs="?", type=command_line.path, default=default, metavar="SITE")
    site = parser.parse_args(arguments).site
    well = build(site)
    (site / "sitemap.xml").write_text(sitemap(), encoding="utf-8")
    sys.exit(not well)


if __name__ == "__main__":
    command_line.run(main)
