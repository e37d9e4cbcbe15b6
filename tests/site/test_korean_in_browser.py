"""The Korean pages as a browser shows them; what both editions have in common stands elsewhere."""

import pytest

from tools.browser.access import axe_findings, keyboard_findings, set_theme, show_all
from tools.contents import pages

PAGES = [f"ko/{page}" for page in [*pages(), "search", "genindex"]]


def test_no_page_scrolls_sideways_on_a_phone_or_shows_an_error_of_a_formula(visit):
    wide = {}
    for page in PAGES:
        tab = visit(page, viewport={"width": 360, "height": 800})
        show_all(tab)
        assert tab.locator("mjx-merror").count() == 0, page
        over = tab.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if over > 0:
            wide[page] = over
        tab.context.close()
    assert not wide


@pytest.mark.parametrize("page", ["intro", "chapters/04_gate_mechanics", "search"])
def test_axe_and_the_tab_key_find_nothing(page, visit):
    tab = visit(f"ko/{page}")
    show_all(tab)
    _, faults = keyboard_findings(tab)
    assert not faults, "\n".join(faults)
    found = axe_findings(tab)
    assert not found, "\n".join(found)


def test_the_switch_leads_to_the_same_page_and_back(visit, address):
    tab = visit("chapters/04_gate_mechanics")
    tab.locator("a.language").click()
    tab.wait_for_url(f"{address}/ko/chapters/04_gate_mechanics.html")
    assert tab.locator("html").get_attribute("lang") == "ko"
    tab.locator("a.language").click()
    tab.wait_for_url(f"{address}/chapters/04_gate_mechanics.html")


def test_hangul_breaks_between_words_and_in_the_dark_too(visit):
    tab = visit("ko/chapters/04_gate_mechanics")
    for theme in ("light", "dark"):
        set_theme(tab, theme)
        style = tab.locator("article p").first.evaluate("p => getComputedStyle(p).wordBreak")
        assert style == "keep-all"
