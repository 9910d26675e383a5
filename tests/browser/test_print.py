"""What is printed is what the screen shows: the picture whole on one sheet, lists to their end, pages without menus."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Watched
from tests.browser.test_explorer import READY

SHEET = re.compile(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]")


def sheets(page: Page) -> list[tuple[float, float]]:
    """Width and height of every sheet, in CSS px."""
    printed = page.pdf(prefer_css_page_size=True)
    return [(float(width) / 0.75, float(height) / 0.75) for width, height in SHEET.findall(printed)]


def test_the_picture_is_one_sheet_and_a_list_flows_to_its_end(watched: Watched) -> None:
    page = watched.open("explorer/")
    page.wait_for_function(READY)
    style = page.locator("rnnvis-explorer").get_attribute("style") or ""
    ((width, height),) = sheets(page)
    assert abs(width - 1440) < 2
    assert height > 899, "at least the screen, and all of the panel beside it"
    assert (page.locator("rnnvis-explorer").get_attribute("style") or "") == style
    page = watched.open("explorer/#v1=m=gru&p=find&fi=t:though;tm:words")
    page.reload()
    expect(page.locator("[data-row]").nth(49)).to_be_attached(timeout=30_000)
    assert len(sheets(page)) >= 3
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    bottom = "row => row.getBoundingClientRect().bottom"
    last = page.locator("[data-row]").nth(49).evaluate(bottom)
    assert last < page.locator("rnnvis-explorer").evaluate(bottom), "the last row is on the paper"
    page = watched.open("explorer/#v1=m=gru&p=units")
    page.reload()
    expect(page.locator("[role=row][data-unit]").first).to_be_attached(timeout=30_000)
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    units = page.evaluate("document.querySelector('rnnvis-explorer').explorer.state.units")
    rows = page.locator("[role=row][data-unit]")
    expect(rows).to_have_count(units)
    assert rows.last.evaluate(bottom) <= page.locator("rnnvis-explorer").evaluate(bottom), "every unit is on paper"
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    watched.check()


def test_an_explorer_in_a_page_is_as_wide_as_the_text_and_menus_stay_away(watched: Watched) -> None:
    page = watched.open("")
    page.wait_for_function(READY)
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("rnnvis-explorer").evaluate("e => e.getBoundingClientRect().width") <= 641
    expect(page.locator(".md-header")).to_be_hidden()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("rnnvis-explorer").evaluate("e => e.style.zoom") == ""
    watched.check()
