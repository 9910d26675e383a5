"""At 1024 and 400 pixels, in both themes: no page scrolls sideways, no text is cut or lies on other text."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import audit
from tests.browser.conftest import Watched, watch
from tests.browser.test_site import PAGES as SITE_PAGES

STORE = "document.querySelector('rnnvis-explorer').explorer"
BUSY = "document.querySelector('rnnvis-explorer').shadowRoot.querySelector('[aria-busy=true], [data-skeleton]')"
VIEW = "#v1=d=reviews&m=gru&s=rnn.0.h&g=block.reliable&k=8&q=music-though&t=5"
PAGES = {
    "picture": ("", "[data-picture] canvas"),
    "pair": (f"{VIEW}&q2=music-though-reversed&t2=7", "[data-picture] canvas"),
    "compare": (f"{VIEW}&p=compare", "[data-compare] canvas"),
    "sentences": (f"{VIEW}&p=find&fi=t:though;s:test;n:5~20", "[data-row]"),
    "concordance": (f"{VIEW}&p=find&fi=m:concordance;p:not%20very", "[data-row]"),
    "fires": (f"{VIEW}&p=find&fi=m:fires;u:7;h:0.4;r:2", "[data-row]"),
    "nearest": (f"{VIEW}&p=find&fi=m:nearest", "[data-row]"),
    "map": (f"{VIEW}&p=map", "[data-kind=word] canvas"),
    "units": (f"{VIEW}&p=units", "[role=row][data-unit]"),
    "unit": (f"{VIEW}&p=unit&u=5", "main h1"),
    "sql": (f"{VIEW}&p=sql", "textarea"),
}
CUT_BY_DESIGN = (
    "[data-row] .left",  # a concordance shows what fits before and after the hit
    "[data-row] .right",
    "nav[aria-label=Units] .words",  # the words' names come whole with the pointer and aloud
)
Profile = Callable[..., BrowserContext]


def opened(profile: Profile, base: str, name: str, width: int) -> Watched:
    height = {1024: 768, 400: 820}[width]
    context = profile(viewport={"width": width, "height": height})
    audit.record(context)
    watched = watch(context, base)
    fragment, shown = PAGES[name]
    page = watched.open(f"explorer/{fragment}")
    page.locator(f"rnnvis-explorer {shown}").first.wait_for(timeout=60_000)
    page.wait_for_function(f"() => !{STORE}.loading && !{BUSY}", timeout=60_000)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(500)
    return watched


@pytest.mark.parametrize("width", [1024, 400])
@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_cut_or_covered(profile: Profile, base: str, name: str, width: int) -> None:
    watched = opened(profile, base, name, width)
    assert audit.findings(watched.page, CUT_BY_DESIGN) == []
    watched.page.emulate_media(color_scheme="dark")
    watched.page.wait_for_function(f"() => {STORE}.theme === 'dark'")
    watched.page.wait_for_timeout(300)
    assert audit.findings(watched.page, CUT_BY_DESIGN) == [], "in the dark"
    watched.check()


@pytest.mark.parametrize("part", ["memory", "words", "detail"])
def test_nothing_is_cut_behind_the_tabs_of_a_phone(profile: Profile, base: str, part: str) -> None:
    watched = opened(profile, base, "pair", 400)
    page = watched.page
    page.get_by_role("tab", name=part.capitalize()).click()
    page.wait_for_timeout(600)
    assert audit.findings(page) == []


def test_the_overlay_fits(profile: Profile, base: str) -> None:
    page = opened(profile, base, "compare", 1024).page
    page.get_by_role("radio", name="Overlay").check()
    page.wait_for_timeout(600)
    assert audit.findings(page) == []


@pytest.mark.parametrize("path", SITE_PAGES)
def test_pages_of_the_site_do_not_scroll_sideways(profile: Profile, base: str, path: str) -> None:
    page = watch(profile(viewport={"width": 1024, "height": 768}), base).open(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1024


DAMAGE = {
    "cut:": "header .value { display: block !important; max-width: 30px; white-space: nowrap !important; }",
    "cut at the side": "header { transform: translateX(120px); }",
    "on each other": ".head.wide { transform: translateY(70px); }",
}


def test_the_audit_sees_what_a_person_sees(profile: Profile, base: str) -> None:
    page = opened(profile, base, "picture", 1024).page
    style = page.evaluate_handle(
        """() => {
          const style = document.createElement('style');
          document.querySelector('rnnvis-explorer').shadowRoot.append(style);
          return style;
        }"""
    )
    for kind, css in DAMAGE.items():
        style.evaluate("(style, css) => { style.textContent = css; }", css)
        assert any(finding.startswith(kind) for finding in audit.findings(page)), kind


def test_on_a_phone_results_follow_the_field_and_conditions_are_told(profile: Profile, base: str) -> None:
    page = opened(profile, base, "sentences", 400).page
    row = page.locator("[data-row]").first.bounding_box()
    assert row
    assert row["y"] + row["height"] < 820, "the first result is in sight"
    expect(page.locator("[data-summary]")).to_have_text("from test, words 5–20")
    toggle = page.get_by_role("button", name="Conditions and examples")
    expect(toggle).to_have_attribute("aria-expanded", "false")
    expect(page.get_by_role("spinbutton", name="Words, at least")).to_be_hidden()
    toggle.click()
    field = page.get_by_role("spinbutton", name="Words, at least")
    field.fill("9")
    field.press("Enter")
    page.wait_for_function(f"() => {STORE}.view.find.length[0] === 9")
    page.get_by_role("button", name="Fewer conditions").click()
    expect(page.locator("[data-summary]")).to_have_text("from test, words 9–20")


def test_the_small_field_that_finds_opens_with_its_focus(profile: Profile, base: str) -> None:
    page: Page = opened(profile, base, "compare", 1024).page
    field = page.get_by_role("combobox", name="Find a word, unit or sentence")
    before = field.bounding_box()
    page.keyboard.press("/")
    expect(field).to_be_focused()
    after = field.bounding_box()
    assert before
    assert after
    assert before["width"] < 80 < 200 < after["width"]
    page.keyboard.type("good")
    expect(page.get_by_role("listbox", name="Found").get_by_role("option").first).to_be_visible()
