"""Settings that all tests share."""

import matplotlib
import pytest
from hypothesis import settings

from tests.in_page import note_what_goes_wrong, page_of
from tools.browser.chromium import MISSING, PROGRAM, open_chromium

matplotlib.use("Agg")
# Shared machines pause for seconds at a time: a deadline would test the machine.
settings.register_profile("book", deadline=None, max_examples=30, derandomize=True)
settings.load_profile("book")


# One a module: an open Playwright holds the event loop that a notebook's kernel needs.
@pytest.fixture(scope="module")
def browser():
    if PROGRAM is None:
        pytest.fail(MISSING, pytrace=False)
    with open_chromium() as chromium:
        yield chromium


@pytest.fixture
def open_page(browser, tmp_path):
    """Open figures from a file, as a reader with no server does; nothing may go wrong there."""
    contexts, wrong = [], []

    def open_page(*figures, body="", width=760, height=900, **context):
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, **context))
        page = contexts[-1].new_page()
        file = tmp_path / f"live{len(contexts)}.html"
        file.write_text(page_of(*figures, body=body), encoding="utf-8")
        note_what_goes_wrong(page, wrong, may_ask=lambda url: url == file.as_uri())
        page.goto(file.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not wrong, wrong
