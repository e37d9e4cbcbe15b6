"""Chromium, as the tools and the tests start it."""

import contextlib
import shutil

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PROGRAM = next(filter(None, map(shutil.which, BROWSERS)), None)
MISSING = f"Chromium is needed (apt install chromium fonts-nanum): no {' or '.join(BROWSERS)} here"
# The last five keep Chromium from calling home, which a machine without network answers slowly.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextlib.contextmanager
def open_chromium():
    """Start Chromium, and yield Playwright's browser."""
    from playwright.sync_api import sync_playwright

    if PROGRAM is None:
        raise FileNotFoundError(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=FLAGS)
        yield browser
        browser.close()
