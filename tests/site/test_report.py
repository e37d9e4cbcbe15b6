"""The committed report on the site is complete and within its goals; `make report` measures."""

import json

import pytest

from tools.browser.report import (
    GOALS,
    MOST_BYTES,
    MOST_SHIFT,
    PAGES,
    REPORT,
    TABLE,
    site_as_markdown,
)

MEASURED = json.loads(REPORT.read_text(encoding="utf-8"))


def test_report_has_every_page_of_the_contents_in_its_order():
    assert list(MEASURED["pages"]) == PAGES


@pytest.mark.parametrize("page", PAGES)
def test_page_reaches_its_goals(page):
    measured = MEASURED["pages"][page]
    for size, goals in GOALS.items():
        missed = {
            name: measured[size][name] for name in goals if measured[size][name] < goals[name]
        }
        assert not missed, (size, missed)
        assert measured[size]["shift"] <= MOST_SHIFT
    assert measured["phone"]["bytes"]["before figures"] <= MOST_BYTES
    assert measured["axe"] == 0
    assert measured["keyboard"]["faults"] == 0


def test_readable_table_is_drawn_from_the_figures():
    assert TABLE.read_text(encoding="utf-8") == site_as_markdown(MEASURED)
