"""For everybody: axe on every page and state in both themes, the keyboard alone, and what is said aloud."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, FloatRect, Page, expect

from tests.browser.axe import findings
from tests.browser.conftest import serving
from tests.browser.test_explorer import READY, button
from tests.browser.test_site import PAGES

Profile = Callable[..., BrowserContext]
STORE = "document.querySelector('rnnvis-explorer').explorer"
SCHEMES = {"light": None, "dark": "color-contrast"}  # what only colours change is not looked at twice


def said_by_axe(page: Page, name: str, scheme: str) -> list[str]:
    return [f"{name}: {finding}" for finding in findings(page, only=SCHEMES[scheme])]


def opened(page: Page, base: str, fragment: str = "") -> Page:
    page.goto(base + "explorer/" + fragment)
    page.wait_for_function(READY)
    return page


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_grave_on_the_pages(profile: Profile, site: Path, base: str, scheme: str) -> None:
    page = profile(color_scheme=scheme, bypass_csp=True).new_page()
    found = []
    for path in PAGES:
        page.goto(base + path, wait_until="networkidle")
        found += said_by_axe(page, path or "home", scheme)
    if scheme == "light":
        every = {f"{index.parent.relative_to(site)}/" for index in site.rglob("*/index.html")}
        for path in sorted(every - set(PAGES) - {"./", "explorer/app/"}):
            page.goto(base + path)
            found += said_by_axe(page, path, scheme)
    assert not found, "\n".join(found)


def test_what_scrolls_sideways_on_a_narrow_page_is_reached_by_keys(profile: Profile, base: str) -> None:
    page = profile(viewport={"width": 400, "height": 900}, bypass_csp=True).new_page()
    for path, what in (("cases/voice/", "table"), ("methods/", ".katex"), ("your-own-cell/", ".katex")):
        page.goto(base + path)
        boxes = page.locator(".md-content [role=group][tabindex='0'][aria-label]")
        expect(boxes.locator(what).first).to_be_attached()
        assert boxes.evaluate_all("all => all.every((one) => one.scrollWidth > one.clientWidth)")
        assert not findings(page, only="scrollable-region-focusable")


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


def _trying(page: Page) -> None:
    page.evaluate(f"{STORE}.trying.type()")
    panel = page.get_by_role("region", name="Try it")
    panel.get_by_role("button", name="Why?").click()
    expect(panel.get_by_label("Why", exact=True)).to_be_visible()
    panel.get_by_role("button", name="Try every chip alone").click()
    panel.get_by_role("button", name="Try each word").click()
    expect(panel.get_by_role("list", name="Words by how much")).to_be_visible()


STATES: dict[str, Callable[[Page], None]] = {
    "more controls": lambda page: button(page, "More").click(),
    "export": lambda page: button(page, "Export").click(),
    "how to read": lambda page: page.get_by_role("button", name="How to read").first.click(),
    "more words": lambda page: page.get_by_role("button", name="more words of").first.click(force=True),
    "words by cluster": lambda page: page.evaluate(f"{STORE}.setColourWords('cluster')"),
    "sentence picker": _picker,
    "finder": _find,
    "table": _table,
    "help": lambda page: page.evaluate(f"{STORE}.popover = 'help'"),
    "keys": lambda page: page.evaluate(f"{STORE}.popover = 'keys'"),
    "follow": lambda page: button(page, "Follow units or words along the sentence").click(),
    "second sentence": lambda page: button(page, "Add a second sentence").click(),
    "tour": lambda page: page.evaluate(f"{STORE}.popover = 'tour'"),
    "words by part of speech": lambda page: page.evaluate(f"{STORE}.setColourWords('speech')"),
    "nothing chosen": _nothing_chosen,
    "trying": _trying,
}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_grave_in_the_states_of_the_explorer(profile: Profile, base: str, scheme: str) -> None:
    page = opened(profile(color_scheme=scheme, bypass_csp=True).new_page(), base)
    found = []
    for name, reach in STATES.items():
        reach(page)
        found += said_by_axe(page, name, scheme)
        page.keyboard.press("Escape")
        page.evaluate(f"{{ {STORE}.popover = null; {STORE}.setColourWords('none'); }}")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_grave_on_the_pages_of_the_explorer(profile: Profile, base: str, scheme: str) -> None:
    page = opened(profile(color_scheme=scheme, bypass_csp=True).new_page(), base)
    tabs = page.get_by_role("navigation", name="Views").get_by_role("button")
    names = [name.lower() for name in tabs.all_inner_texts() if name != "Picture"]
    assert names
    found = []
    for name in names:
        page.evaluate("(name) => document.querySelector('rnnvis-explorer').explorer.openPage(name)", name)
        expect(page.get_by_role("main").get_by_text("Loading").first).not_to_be_visible()
        page.wait_for_load_state("networkidle")
        found += said_by_axe(page, f"page {name}", scheme)
    page.evaluate(f"{STORE}.openUnit(3)")
    expect(page.get_by_role("heading", name="Unit 3", exact=True)).to_be_visible()
    page.wait_for_load_state("networkidle")
    found += said_by_axe(page, "page unit", scheme)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_grave_where_data_is_missing(profile: Profile, site: Path, scheme: str) -> None:
    page = profile(color_scheme=scheme, bypass_csp=True).new_page()
    with serving(site) as base:
        page.route("**/manifest.json", lambda route: route.fulfill(status=404))
        page.goto(base + "explorer/")
        expect(page.get_by_role("alert").first).to_be_visible()
        found = said_by_axe(page, "no manifest", scheme)
        page.unroute("**/manifest.json")
        for damaged in ("cluster_labels-*.parquet", "first_view-*.pack"):
            page.route(f"**/{damaged}", lambda route: route.fulfill(status=404))
        page.goto(base + "explorer/")
        expect(page.get_by_role("alert").first).to_be_visible()
        found += said_by_axe(page, "no clusters", scheme)
    assert not found, "\n".join(found)


FOCUSED = """() => {
  let at = document.activeElement;
  while (at && at.shadowRoot && at.shadowRoot.activeElement) at = at.shadowRoot.activeElement;
  if (!at || at === document.body) return null;
  const style = getComputedStyle(at);
  const group = at.closest('[role=group], [role=radiogroup]');
  const name = at.getAttribute('aria-label') || at.textContent.trim() || at.id;
  const inner = at.matches('select, [type=radio]');
  const box = inner ? getComputedStyle(at.parentElement) : style;
  return { name, tag: at.tagName, group: group && group.getAttribute('aria-label'), step: at.dataset.step ?? null,
           word: at.dataset.word ?? null, ring: box.outlineStyle !== 'none' && parseFloat(box.outlineWidth) >= 2 };
}"""


def _tab_to(page: Page, wanted: Callable[[dict[str, Any]], bool], most: int = 60) -> list[dict[str, Any]]:
    walked = []
    for _ in range(most):
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUSED)
        if at is None:
            break
        walked.append(at)
        if wanted(at):
            return walked
    raise AssertionError(f"not reached: {[each['name'][:40] for each in walked]}")


def test_the_keyboard_alone_pins_selects_opens_a_unit_and_comes_back(profile: Profile, base: str) -> None:
    page = opened(profile().new_page(), base)
    walked = _tab_to(page, lambda at: at["step"] is not None)
    names = [at["name"] for at in walked]
    assert names[0] == "Skip to the picture"
    for name in ("Picture", "Compare", "Model", "State", "Find a word, unit or sentence", "Help", "More"):
        assert name in names, f"{name} is not in the order of Tab: {names}"
    assert [at["name"] for at in walked if not at["ring"]] == [], "without a focus ring"
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    page.wait_for_function(f"() => {STORE}.view.step === 0")
    expect(page.locator("rnnvis-explorer [data-announcer]")).to_contain_text("pinned")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_function(f"() => {STORE}.view.step === 1")
    _tab_to(page, lambda at: (at["group"] or "").startswith("Memory chips"))
    _tab_to(page, lambda at: "Words" in at["name"] and (at["group"] or "").startswith("Words"))
    page.keyboard.press("ArrowRight")
    word = page.evaluate(FOCUSED)["word"]
    before = page.evaluate(f"{STORE}.view.words.includes({word!r})")
    page.keyboard.press("Enter")
    page.wait_for_function(f"([word, before]) => {STORE}.view.words.includes(word) !== before", arg=[word, before])
    page.keyboard.press("/")
    page.keyboard.type("unit 3")
    expect(page.get_by_role("listbox", name="Found").get_by_role("option").first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Unit 3", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    page.wait_for_function(READY)


def test_the_sheet_of_keys_opens_and_escape_closes_it(profile: Profile, base: str) -> None:
    page = opened(profile().new_page(), base)
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keys")
    expect(sheet).to_be_visible()
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    button(page, "Help").click()
    page.get_by_role("dialog", name="Help").get_by_role("button", name="Keys").click()
    expect(sheet).to_be_visible()
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_tour_comes_once_teaches_by_the_sentence_and_can_be_skipped(
    profile: Profile, base: str, scheme: str
) -> None:
    page = opened(profile(tour=True, color_scheme=scheme, bypass_csp=True).new_page(), base)
    tour = page.locator("rnnvis-explorer [data-tour-dialog]")
    expect(tour.get_by_text("Tour, 1 of 6")).to_be_visible()
    sentence = page.evaluate(f"{STORE}.sentence.text")
    expect(tour).to_contain_text(sentence)
    assert not findings(page)
    for number in range(2, 7):
        tour.get_by_role("button", name="Next").press("Enter")
        expect(tour.get_by_text(f"Tour, {number} of 6")).to_be_visible()
        light = tour.locator(".light").bounding_box()
        assert light
        assert min(light["width"], light["height"]) > 10, "it points at something"
    tour.get_by_role("button", name="Done").click()
    expect(tour).to_have_count(0)
    opened(page, base)
    expect(tour).to_have_count(0)
    button(page, "Help").click()
    page.get_by_role("button", name="Take the tour").click()
    expect(tour.get_by_text("Tour, 1 of 6")).to_be_visible()
    page.keyboard.press("Escape")
    expect(tour).to_have_count(0)


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1024, 768)])
def test_the_card_of_the_tour_hides_nothing_that_it_explains(
    profile: Profile, base: str, width: int, height: int
) -> None:
    page = opened(profile(tour=True, viewport={"width": width, "height": height}).new_page(), base)
    tour = page.locator("rnnvis-explorer [data-tour-dialog]")
    sequence = page.locator("rnnvis-explorer [data-tour=sequence]").bounding_box()
    chips = [chip.bounding_box() for chip in page.locator("rnnvis-explorer [data-chip]").all()]
    spine = page.evaluate(
        "() => { const stage = document.querySelector('rnnvis-explorer').shadowRoot.querySelector('[data-picture]');"
        " const words = stage.inspect().clouds.flatMap((cloud) => cloud.words);"
        " return stage.getBoundingClientRect().left + Math.min(...words.map((w) => w.x)); }"
    )
    assert sequence
    for number in range(1, 6):
        expect(tour.get_by_text(f"Tour, {number} of 6")).to_be_visible()
        card, light = tour.locator(".card").bounding_box(), tour.locator(".light").bounding_box()
        assert card
        assert light
        assert not _overlap(card, light)
        if number in (1, 2):
            assert light["x"] + light["width"] <= sequence["x"] + sequence["width"] + 1, "it ends where ribbons begin"
        if number in (2, 3, 4):
            assert not [chip for chip in chips if chip and _overlap(card, chip)]
        if number == 4:
            assert spine - 16 < light["x"] < spine, "it begins at the rule of the cloud"
        if number < 5:
            tour.get_by_role("button", name="Next").click()


def _overlap(one: FloatRect, other: FloatRect) -> bool:
    """Whether two boxes share more than an edge."""
    apart = any(
        one[at] + one[size] <= other[at] or other[at] + other[size] <= one[at]
        for at, size in (("x", "width"), ("y", "height"))
    )
    return not apart


def test_the_tour_does_not_come_with_a_link_nor_without_storage(profile: Profile, base: str) -> None:
    link = opened(profile().new_page(), base).evaluate(f"'#' + {STORE}.link()")
    page = opened(profile(tour=True).new_page(), base, link)
    assert page.locator("rnnvis-explorer [data-tour-dialog]").count() == 0
    page = profile(tour=True).new_page()
    page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new Error('forbidden'); } })")
    opened(page, base)
    assert page.locator("rnnvis-explorer [data-tour-dialog]").count() == 0
