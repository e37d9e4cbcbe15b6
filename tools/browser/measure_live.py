"""Measure the live figures' networks in the arithmetic of their own pages.

    python -m tools.browser.measure_live [NAME ...]

It opens a figure in Chromium, asks its script for the answers to a fresh test set, and writes
what came out to lstm_utils/live/measured.json: the figures state it, a test measures it again.
"""

import json
import sys

import numpy as np
from scipy.stats import binomtest

from lstm_utils import live
from lstm_utils.corpora import load_nsmc
from lstm_utils.live.page import MEASURED
from lstm_utils.models.marked_product import marked_product, share_within
from tools.browser.chromium import open_chromium


def sequences_of(examples):
    """The examples as the page's script reads them, where marks count from 1."""
    return [
        {"numbers": x[:, 1].tolist(), "marks": (marks + 1).tolist()}
        for x, marks in zip(examples.x, examples.marks, strict=True)
    ]


def marked_product_answers(page, examples):
    """What the page's own script answers to `examples`: a list of float."""
    page.set_content(f"<!doctype html><title>measure</title>{live.marked_product().html}")
    code = "(figure, sequences) => figure.live.answers(sequences)"
    return page.locator("figure.lstm-live").evaluate(code, sequences_of(examples))


def measure_marked_product(page):
    """Share within 0.04 and mean squared error on 2000 sequences that nothing else uses."""
    test = {"sequences": 2000, "seed": 20251122}
    examples = marked_product(test["sequences"], 100, test["seed"])
    answers = marked_product_answers(page, examples)
    errors = (answers - examples.y.astype(float)) ** 2
    return test | {
        "share_within_0_04": share_within(answers, examples.y),
        "mse": float(f"{errors.mean():.4g}"),
    }


def measure_reading_review(page):
    """Share of right verdicts, with its 95 % Wilson interval, on all test reviews of the corpus."""
    reviews = load_nsmc("test")
    if reviews.source == "sample":
        raise SystemExit("the sample is too small to measure on: set LSTM_BOOK_DATA")
    page.set_content(f"<!doctype html><title>measure</title>{live.reading_review().html}")
    answers = []
    for k in range(0, len(reviews.texts), 2000):
        code = "(figure, texts) => figure.live.answers(texts)"
        part = page.locator("figure.lstm-live").evaluate(code, reviews.texts[k : k + 2000])
        answers += part
    right = int(((np.array(answers) > 0.5) == reviews.labels).sum())
    bounds = binomtest(right, len(answers)).proportion_ci(method="wilson")
    return {
        "reviews": len(answers),
        "accuracy": round(right / len(answers), 5),
        "interval": [round(float(bounds.low), 4), round(float(bounds.high), 4)],
    }


MEASURES = {"marked-product": measure_marked_product, "reading-review": measure_reading_review}


def main(names):
    measured = json.loads(MEASURED.read_text(encoding="utf-8"))
    with open_chromium() as browser:
        page = browser.new_page()
        for name in names or MEASURES:
            measured[name] = MEASURES[name](page)
            print(name, measured[name])
    MEASURED.write_text(json.dumps(measured, indent=2, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
