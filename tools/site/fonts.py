"""Fonts cut down to the letters that the site draws, as data to be put into a stylesheet."""

import base64
import io
import logging

from fontTools import subset
from fontTools.ttLib import TTFont

logging.getLogger("fontTools").setLevel(logging.WARNING)  # eighty lines of what it drops


def data_url(path, letters=None):
    """Return the font at `path`, or these letters of it, as a `data:` address (WOFF)."""
    options = subset.Options(flavor="woff", hinting=False, desubroutinize=True, layout_features=[])
    options.drop_tables += ["FFTM"]  # FontForge's dates, which the subsetter asks about
    font = subset.load_font(path, options)
    if letters is not None:
        subsetter = subset.Subsetter(options)
        subsetter.populate(text=letters)
        subsetter.subset(font)
    data = io.BytesIO()
    subset.save_font(font, data, options)
    return f"data:font/woff;base64,{base64.b64encode(data.getvalue()).decode()}"


def draws_any(path, letters):
    """Return whether the font at `path` has at least one of these letters."""
    return not letters.isdisjoint(map(chr, TTFont(path).getBestCmap()))
