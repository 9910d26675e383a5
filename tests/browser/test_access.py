"""For everybody: axe on every page and state in both themes, the keyboard alone, and what is said aloud."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.axe import findings
from tests.browser.conftest import serving
from tests.browser.test_explorer import READY, button
from tests.browser.test_site import PAGES

Profile = Callable[..., BrowserContext]
STORE = "document.querySelector('rnnvis-explorer').explorer"
SCHEMES = ("light", "dark")


def said_by_axe(page: Page, name: str) -> list[str]:
    return [f"{name}: {finding}" for finding in findings(page)]


def opened(page: Page, base: str, fragment: str = "") -> Page:
    page.goto(base + "explorer/" + fragment)
    page.wait_for_function(READY)
    return page


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_grave_on_the_pages(profile: Profile, base: str, scheme: str) -> None:
    page = profile(color_scheme=scheme, bypass_csp=True).new_page()
    found = []
    for path in PAGES:
        page.goto(base + path, wait_until="networkidle")
        found += said_by_axe(page, path or "home")
    assert not found, "\n".join(found)


def _picker(page: Page) -> None:
    button(page, "Choose sentence").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def _find(page: Page) -> None:
    page.get_by_role("combobox", name="Find a word, unit or sentence").fill("good")
    expect(page.get_by_role("listbox", name="Found").get_by_role("option").first).to_be_visible()


def _table(page: Page) -> None:
    page.get_by_role("complementary").get_by_role("button", name="View as table").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def _nothing_chosen(page: Page) -> None:
    page.evaluate(
        f"{{ const e = {STORE}; e.pinStep(null); for (const word of [...e.view.words]) e.removeWord(word); }}"
    )
    expect(button(page, "Unpin")).to_have_count(0)


STATES: dict[str, Callable[[Page], None]] = {
    "more controls": lambda page: button(page, "More").click(),
    "export": lambda page: button(page, "Export").click(),
    "how to read": lambda page: page.get_by_role("button", name="How to read").first.click(),
    "more words": lambda page: page.get_by_role("button", name="more words of").first.click(force=True),
    "words by cluster": lambda page: page.evaluate(f"{STORE}.setColourWords('cluster')"),
    "sentence picker": _picker,
    "finder": _find,
    "table": _table,
    "nothing chosen": _nothing_chosen,
}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_grave_in_the_states_of_the_explorer(profile: Profile, base: str, scheme: str) -> None:
    page = opened(profile(color_scheme=scheme, bypass_csp=True).new_page(), base)
    found = []
    for name, reach in STATES.items():
        reach(page)
        found += said_by_axe(page, name)
        page.keyboard.press("Escape")
        page.evaluate(f"{{ {STORE}.popover = null; {STORE}.setColourWords('none'); }}")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_grave_on_the_pages_of_the_explorer(profile: Profile, base: str, scheme: str) -> None:
    page = opened(profile(color_scheme=scheme, bypass_csp=True).new_page(), base)
    select = page.get_by_role("combobox", name="View", exact=True)
    names = [
        name for name in select.locator("option").evaluate_all("all => all.map((o) => o.value)") if name != "picture"
    ]
    assert names
    found = []
    for name in names:
        page.evaluate("(name) => document.querySelector('rnnvis-explorer').explorer.openPage(name)", name)
        expect(page.get_by_role("main").get_by_text("Loading").first).not_to_be_visible()
        page.wait_for_load_state("networkidle")
        found += said_by_axe(page, f"page {name}")
    page.evaluate(f"{STORE}.openUnit(3)")
    expect(page.get_by_role("heading", name="Unit 3", exact=True)).to_be_visible()
    page.wait_for_load_state("networkidle")
    found += said_by_axe(page, "page unit")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_grave_where_data_is_missing(profile: Profile, site: Path, scheme: str) -> None:
    page = profile(color_scheme=scheme, bypass_csp=True).new_page()
    with serving(site) as base:
        page.route("**/manifest.json", lambda route: route.fulfill(status=404))
        page.goto(base + "explorer/")
        expect(page.get_by_role("alert").first).to_be_visible()
        found = said_by_axe(page, "no manifest")
        page.unroute("**/manifest.json")
        page.route("**/cluster_labels-*.parquet", lambda route: route.fulfill(status=404))
        page.goto(base + "explorer/")
        expect(page.get_by_role("alert").first).to_be_visible()
        found += said_by_axe(page, "no clusters")
    assert not found, "\n".join(found)
