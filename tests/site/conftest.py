"""The built site and its pages, as the tests of this room read and open them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from filelock import FileLock

from tests.in_page import note_what_goes_wrong
from tools.browser.report import served
from tools.contents import FOLDERS, ROOT, pages


@pytest.fixture(scope="session")
def build(tmp_path_factory):
    """Build both editions strictly, outside the working tree, once for all processes of a run."""
    tool = shutil.which("jupyter-book", path=Path(sys.executable).parent)
    assert tool, "the book's tools are missing: pip install 'lstm-utils[book]'"
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    output, log = shared / "site", shared / "site.log"
    command = [tool, "build", str(ROOT), "--path-output", str(output), "-n", "-W", "--keep-going"]
    site = output / "_build" / "html"
    korean = [sys.executable, "-m", "tools.korean.book", str(site)]
    with FileLock(shared / "site.lock"):
        if not log.exists():
            settings = {"capture_output": True, "encoding": "utf-8", "timeout": 600, "cwd": ROOT}
            done = [subprocess.run(each, **settings) for each in (command, korean)]
            said = (f"{one.stdout}{one.stderr}\nexit {one.returncode}" for one in done)
            log.write_text("\n".join(said), encoding="utf-8")
    return log.read_text(encoding="utf-8"), site


@pytest.fixture(scope="session")
def site(build):
    log, folder = build
    if not (folder / "searchindex.js").exists():
        pytest.fail(f"the book was not built:\n{log[-3000:]}", pytrace=False)
    return folder


@pytest.fixture(scope="session", params=FOLDERS)
def language(request):
    """The language of an edition; a test that asks for it looks at both."""
    return request.param


@pytest.fixture(scope="session")
def edition(site, language):
    """The folder of an edition's pages."""
    return site / FOLDERS[language]


@pytest.fixture(scope="session")
def soups(edition):
    """Each page of an edition's contents, parsed: to be read and not changed."""
    return {
        page: BeautifulSoup((edition / f"{page}.html").read_text(encoding="utf-8"), "html.parser")
        for page in pages()
    }


@pytest.fixture(scope="session")
def address(site):
    with served(site) as address:
        yield address


@pytest.fixture
def open_tab(browser, address):
    """Open an empty tab in a context of its own; nothing may go wrong in it."""
    contexts, wrong = [], []

    def open_tab(allowed=address, **settings):
        settings = {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"} | settings
        contexts.append(browser.new_context(**settings))
        tab = contexts[-1].new_page()
        own = (allowed, "data:", "blob:")
        note_what_goes_wrong(tab, wrong, may_ask=lambda url: url.startswith(own))
        return tab

    yield open_tab
    for context in contexts:
        context.close()
    wrong = [said for said in wrong if not said.startswith("log: ")]  # what the theme did
    assert not wrong, wrong


@pytest.fixture
def visit(open_tab, address):
    """Open a page of the site in a fresh tab."""

    def visit(page, **settings):
        tab = open_tab(**settings)
        tab.goto(f"{address}/{page}.html", wait_until="load")
        return tab

    return visit
