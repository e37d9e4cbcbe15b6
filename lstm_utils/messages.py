"""The package's words in the reader's language: English, or what locale/ has for it."""

import contextlib
import functools
import gettext
import os
from pathlib import Path

LANGUAGE = "LSTM_BOOK_LANGUAGE"
FOLDER = Path(__file__).parent / "locale"


def language():
    """The language that the environment names in `LSTM_BOOK_LANGUAGE`, such as "ko"; else "en"."""
    return os.environ.get(LANGUAGE) or "en"


@contextlib.contextmanager
def speaking(code):
    """Speak a language within a `with` block, whatever the environment names."""
    before = os.environ.get(LANGUAGE)
    os.environ[LANGUAGE] = code
    try:
        yield
    finally:
        if before is None:
            del os.environ[LANGUAGE]
        else:
            os.environ[LANGUAGE] = before


@functools.cache
def catalogue(code):
    """The catalogue of a language; one without words where the package has none for it."""
    return gettext.translation("lstm_utils", FOLDER, languages=[code], fallback=True)


def translate(message, /, **values):
    """A message in the reader's language, with values in the place of its `{names}`.

    Imported as `_`, by which Babel finds the messages; what has no translation stays English.
    """
    text = catalogue(language()).gettext(message) if message else message
    return text.format(**values) if values else text
