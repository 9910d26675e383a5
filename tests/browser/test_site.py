"""Every page of the built site in a real browser: no console message, no foreign request, both themes, two widths."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import Watched, watch

Profile = Callable[..., BrowserContext]

PAGES = (
    "",
    "explorer/",
    "how-to-read/",
    "cases/though/",
    "methods/",
    "data/",
    "use/",
    "cli/",
    "embed/",
    "troubleshooting/",
    "benchmarks/",
    "notices/",
)
SCHEMES = {"light": "default", "dark": "slate"}
BACKGROUND = {"light": "rgb(250, 249, 247)", "dark": "rgb(18, 21, 24)"}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", [1440, 400])
@pytest.mark.parametrize("path", PAGES)
def test_page(profile: Profile, base: str, path: str, width: int, scheme: str) -> None:
    watched = watch(profile(viewport={"width": width, "height": 900}, color_scheme=scheme), base)
    page = watched.open(path)
    expect(page.locator("body")).to_have_attribute("data-md-color-scheme", SCHEMES[scheme])
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == BACKGROUND[scheme]
    assert page.locator("h1").count() == 1
    for explorer in page.locator("rnnvis-explorer").all():
        explorer.scroll_into_view_if_needed()
        expect(explorer.locator("canvas").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.fonts.check('16px \"Inter Variable\"')")
    watched.check()


def test_formulas_are_typeset(watched: Watched) -> None:
    page = watched.open("methods/")
    formulas = page.locator(".arithmatex").count()
    assert formulas > 50
    assert page.locator(".arithmatex .katex").count() == formulas
    assert page.locator(".katex-error").count() == 0
    watched.check()


def test_theme_button_goes_around(watched: Watched) -> None:
    page = watched.open("use/")
    seen = []
    for _ in range(3):
        page.locator("form[data-md-component=palette] label:not([hidden])").click()
        seen.append(page.locator("body").get_attribute("data-md-color-scheme"))
    assert sorted(set(filter(None, seen))) == ["default", "slate"]
    watched.check()


def test_chosen_theme_holds_on_the_explorer_page(watched: Watched) -> None:
    page = watched.open("use/")
    label = page.locator("form[data-md-component=palette] label:not([hidden])")
    for _ in range(2):
        label.click()
    expect(page.locator("body")).to_have_attribute("data-md-color-scheme", "slate")
    watched.open("explorer/")
    expect(page.locator("body")).to_have_attribute("data-md-color-scheme", "slate")
    watched.check()


def test_search_finds_pages_without_leaving(watched: Watched) -> None:
    page = watched.open("")
    page.locator(".md-search__input").click()
    page.keyboard.type("reliability")
    expect(page.locator(".md-search-result__link").first).to_be_visible()
    page.locator(".md-search-result__link").first.click()
    expect(page).to_have_url(re.compile(r"/(methods|data)/"))
    watched.check()


def test_links_inside_the_site_lead_somewhere(watched: Watched) -> None:
    links = set()
    for path in PAGES:
        page = watched.open(path)
        links |= {(path, link) for link in page.eval_on_selector_all("a[href]", "links => links.map(a => a.href)")}
    texts: dict[str, str | None] = {}
    missing = []
    for path, link in sorted(links):
        address, _, anchor = link.partition("#")
        if not address.startswith(watched.base):
            continue
        if address not in texts:
            answer = watched.page.request.get(address)
            texts[address] = answer.text() if answer.ok else None
        text = texts[address]
        if text is None or (anchor and "/explorer/" not in address and f'id="{anchor}"' not in text):
            missing.append(f"{path}: {link}")
    assert missing == []


def test_without_javascript_the_pages_read(profile: Profile, base: str) -> None:
    page = profile(java_script_enabled=False).new_page()
    page.goto(base + "explorer/")
    expect(page.get_by_text("It needs JavaScript")).to_be_visible()
    assert re.search("<noscript>.*JavaScript is switched off", page.content(), re.DOTALL)
    page.goto(base + "methods/")
    expect(page.get_by_text("What a word does to a unit")).to_be_visible()


def test_an_old_browser_is_told(context: BrowserContext, base: str) -> None:
    page = context.new_page()
    page.add_init_script("delete HTMLScriptElement.prototype.noModule")
    page.route("**/rnnvis-explorer.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    page.goto(base + "explorer/")
    expect(page.get_by_role("alert")).to_contain_text("too old")


def test_a_browser_that_lacks_something_is_told(context: BrowserContext, base: str) -> None:
    page = context.new_page()
    page.add_init_script("delete CanvasRenderingContext2D.prototype.roundRect")
    page.goto(base + "explorer/")
    expect(page.get_by_role("alert")).to_contain_text("too old")


def test_a_missing_program_is_told(context: BrowserContext, base: str) -> None:
    page = context.new_page()
    page.route("**/rnnvis-explorer.js", lambda route: route.abort())
    page.goto(base)
    expect(page.get_by_role("alert")).to_contain_text("could not be loaded")
