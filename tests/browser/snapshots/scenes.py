"""What is pictured: each scene is a window, and what is done in it to the explorer over planted data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserType, Page

from tests import synthetic
from tests.browser import chromium
from tests.browser.conftest import TOUR_SEEN
from tests.browser.planted import plant

THEMES = {"light": "default", "dark": "slate"}
"""Each theme, and the name that the pages give it."""
STORE = "document.querySelector('rnnvis-explorer').explorer"
SENTENCE, OTHER = "though", "though-reversed"
DESK, SMALL, PHONE = (1440, 900), (1024, 768), (400, 820)
STILL = "[data-clock] { visibility: hidden !important; }"
"""Times that a query took are not pictured."""


@dataclass(frozen=True)
class Scene:
    """A picture: `act` is JavaScript on the store `e`, `then` what is done by hand, `part` the only part to picture."""

    name: str
    act: str = ""
    then: Callable[[Page], None] | None = None
    part: str | None = None
    size: tuple[int, int] = DESK
    tour: bool = False
    forced: bool = False


def _click(name: str, place: str = "rnnvis-explorer") -> Callable[[Page], None]:
    return lambda page: page.locator(place).get_by_role("button", name=name).first.click()


def _rows(page: Page) -> None:
    page.locator("[data-row]").first.wait_for(timeout=60_000)


def _sql(page: Page) -> None:
    page.get_by_role("button", name="The cluster of “though” for every k").click()
    page.get_by_role("table").last.wait_for(timeout=60_000)


DETAILS = "aside[aria-label='Details']"
SECOND = f"await e.addSecond('{OTHER}')"
CORPORA = "e.compare({ b: { dataset: 'second', model: 'planted', state: 'rnn.0.h', epoch: null } })"
SCENES: tuple[Scene, ...] = (
    Scene("picture"),
    Scene("picture-words-by-cluster", "e.setColourWords('cluster'); e.setChipAlign('height'); e.toggleWord('film')"),
    Scene("details-word", "e.pinStep(null); e.toggleWord('film')", part=DETAILS),
    Scene("details-step", "", part=DETAILS),
    Scene("details-chip", "e.held = { kind: 'chip', cluster: e.clustering.units.order[1] }", part=DETAILS),
    Scene("pair", SECOND),
    Scene("pair-difference", f"{SECOND}; e.setFocus('difference')", part=DETAILS),
    Scene("compare-mirror", f"e.openPage('compare'); {CORPORA}"),
    Scene("compare-overlay", f"e.openPage('compare'); {CORPORA}; e.compare({{ compareLayout: 'overlay' }})"),
    Scene("find", "e.openPage('find')", _rows),
    Scene("find-concordance", "e.openFind({ mode: 'concordance', phrase: 'though' })", _rows),
    Scene("find-fires", "e.openFind({ mode: 'fires', by: 'unit', unit: 3, threshold: 0.3 })", _rows),
    Scene("map", "e.openPage('map')"),
    Scene("units", "e.openPage('units')"),
    Scene("unit", "e.openUnit(3)"),
    Scene("sql", "e.openPage('sql')", _sql),
    Scene("help", "", _click("How to read"), part="dialog[open]"),
    Scene("tour", tour=True),
    Scene("picture-1024", size=SMALL),
    Scene("compare-1024", f"e.openPage('compare'); {CORPORA}", size=SMALL),
    Scene("picture-400", size=PHONE),
    Scene("find-400", "e.openPage('find')", _rows, size=PHONE),
    Scene("picture-forced-colours", size=SMALL, forced=True),
)
BY_NAME = {scene.name: scene for scene in SCENES}


def publish(folder: Path) -> Path:
    """Write the planted data that every scene shows into `folder`."""
    synthetic.publish(folder, units=40, words=220, sentences=160, epochs=2, second=True)
    return folder


def steady(kind: BrowserType) -> Browser:
    """A Chromium whose letters stand where the font says, not where hinting moves them."""
    arguments = [*chromium.ARGUMENTS, "--font-render-hinting=none"]
    return kind.launch(executable_path=chromium.executable(), args=arguments)


def pictured(browser: Browser, base: str, data: Path, scene: Scene) -> Iterator[tuple[str, bytes]]:
    """Each theme with a PNG of `scene` in it, taken when nothing moves any more."""
    width, height = scene.size
    options: dict[str, Any] = {"forced_colors": "active"} if scene.forced else {}
    context = browser.new_context(
        viewport={"width": width, "height": height},
        device_scale_factor=1,
        color_scheme="light",
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="UTC",
        **options,
    )
    try:
        if not scene.tour:
            context.add_init_script(TOUR_SEEN)
        page = context.new_page()
        plant(page, data)
        page.goto(f"{base}explorer/")
        _until(page, f"{STORE}?.ready")
        page.evaluate("async () => { await document.fonts.ready; }")
        if scene.act:
            page.evaluate(f"async () => {{ const e = {STORE}; {scene.act} }}")
        if scene.then:
            scene.then(page)
        if scene.tour:
            _until(page, f"{STORE}.popover === 'tour'")
        for theme, scheme in THEMES.items():
            page.evaluate("(scheme) => document.body.setAttribute('data-md-color-scheme', scheme)", scheme)
            page.emulate_media(color_scheme=theme)
            _until(page, f"{STORE}.theme === '{theme}'")
            yield theme, _still(page, scene.part)
    finally:
        context.close()


def _until(page: Page, condition: str) -> None:
    """Wait until `condition` holds; asked from here, because the page's own policy forbids a polling script."""
    for _ in range(600):
        if page.evaluate(f"Boolean({condition})"):
            return
        page.wait_for_timeout(50)
    raise TimeoutError(condition)


BUSY = "document.querySelector('rnnvis-explorer').shadowRoot.querySelector('[aria-busy=true], [data-skeleton]')"


def _still(page: Page, part: str | None) -> bytes:
    """The picture, once two in a row, a moment apart, are the same."""
    place = page.locator(part).first if part else page
    before = b""
    for _ in range(40):
        _until(page, f"!{STORE}.loading && !{BUSY}")
        now = place.screenshot(animations="disabled", caret="hide", style=STILL)
        if now == before:
            return now
        before = now
        page.wait_for_timeout(200)
    raise TimeoutError("the page does not come to rest")
