"""What every view has: a way to learn to read it, a table twin, figures with title, legend and model, and rest."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.conftest import Watched, watch
from tests.browser.published import Published
from tests.browser.test_explorer import button, drawn, opened, settled, show_moved
from tests.browser.test_exports import saved, texts
from tests.browser.test_pairs import PAIR
from tests.browser.test_widths import PAGES, STORE

Profile = Callable[..., BrowserContext]


@pytest.fixture(scope="module")
def published(site: Path) -> Published:
    return Published(site / "explorer" / "data", "gru")


def shown(watched: Watched, name: str) -> Page:
    fragment, wanted = PAGES[name]
    page = watched.open(f"explorer/{fragment}")
    page.locator(f"rnnvis-explorer {wanted}").first.wait_for(timeout=60_000)
    page.wait_for_load_state("networkidle")  # what comes later brings tables and help of its own
    page.wait_for_timeout(300)
    return page


@pytest.mark.parametrize("name", [name for name in PAGES if name != "picture"])
def test_every_view_says_how_to_read_it(watched: Watched, name: str) -> None:
    page = shown(watched, name)
    openers = page.locator("rnnvis-explorer").get_by_role("button", name="How to read")
    openers.first.wait_for()
    titles, count = set(), openers.count()
    for i in range(count):
        openers.nth(i).click()
        dialog = page.get_by_role("dialog", name=re.compile("^How to"))
        expect(dialog).to_be_visible()
        assert dialog.locator("li").count() >= 3
        titles.add(dialog.get_attribute("aria-label") or dialog.get_by_role("heading").first.inner_text())
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
    assert len(titles) == count, "each says something of its own"
    watched.check()


def twins(page: Page, place: str) -> dict[str, list[list[str]]]:
    """Cells of every table for screen readers, by their captions."""
    page.wait_for_function(
        "(place) => document.querySelector('rnnvis-explorer').shadowRoot.querySelector(`${place} .twins table`)",
        arg=place,
    )
    return page.locator(f"rnnvis-explorer {place} .twins table").evaluate_all(
        "tables => Object.fromEntries(tables.map((table) => [table.caption.textContent,"
        " [...table.rows].map((row) => [...row.cells].map((cell) => cell.textContent))]))"
    )


def number(text: str) -> float:
    return float(text.replace("−", "-").replace(" %", ""))


def test_the_twin_of_the_picture_has_its_numbers(watched: Watched, published: Published) -> None:
    key, step = published.dataset["view"]["sentence"], published.dataset["view"]["step"]
    page = opened(watched, f"#v1=d=reviews&m=gru&s=rnn.0.h&g=block.reliable&k=8&q={key}&t={step}&sh=moved")
    found = twins(page, "[data-picture]")
    names = [
        next(name for name in found if name.startswith(start)) for start in ("Sequence", "Memory", "Words", "Links")
    ]
    sequence, memory, words, links = (found[name] for name in names)
    sentence = published.sentence(key)
    assert [row[0] for row in sequence[1:]] == sentence["surface"]
    rows = published.rows("steps", "sentence_id = ? ORDER BY step", sentence["sentence_id"])
    assert [number(row[1]) for row in sequence[1:]] == pytest.approx([one["push"] for one in rows], abs=6e-5)
    assert [number(row[2]) for row in sequence[1:]] == pytest.approx([one["p_class"][1] for one in rows], abs=6e-4)
    change = published.change(key, step)
    assert {int(row[2]): number(row[3]) for row in memory[1:]} == pytest.approx(dict(enumerate(change)), abs=6e-5)
    clusters = published.clusters("words", 8)
    assert len(words) - 1 == len(clusters["ids"]), "every word, drawn or not"
    means = published.rows("block_means", "method = 'block' AND selection = 'reliable' AND k = 8")[0]["mean"]
    order = (clusters["order"], published.clusters("units", 8)["order"])
    for cloud, chip, value in links[1:]:
        wanted = means[order[0][int(cloud) - 1] * 8 + order[1][int(chip) - 1]]
        assert number(value) == pytest.approx(wanted, abs=6e-5)
    watched.check()


@pytest.mark.parametrize("name", ["compare", "pair", "unit", "map", "units", "sentences"])
def test_every_picture_has_a_table(watched: Watched, name: str) -> None:
    page = shown(watched, name)
    places = {"compare": "[data-compare]", "pair": "[data-picture]"}
    if name in places:
        tables = twins(page, places[name])
        assert len(tables) >= 4
        assert all(len(rows) > 1 for rows in tables.values())
    elif name in ("units", "sentences"):
        role = {"units": "[role=row][data-unit]", "sentences": "[data-row]"}[name]
        assert page.locator(role).count() >= 10
    else:
        button(page, "View as table").first.click()
        assert page.get_by_role("dialog").get_by_role("row").count() > 10
    watched.check()


MOVED = ("carried over", "rising", "falling", "lost")
PUSHED = ("towards positive", "towards negative")
LEGEND = ("share kept", "words raise chip", "words lower chip")


@pytest.mark.parametrize("view", ["", PAIR])
def test_a_figure_has_its_title_legend_and_model_as_text(watched: Watched, published: Published, view: str) -> None:
    page = opened(watched, view)
    words = texts(saved(page, "SVG"))
    assert all(said in words for said in PUSHED)
    assert not any(said in words for said in MOVED)
    show_moved(page)
    words = texts(saved(page, "SVG"))
    for said in (*MOVED, *LEGEND, "Sequence" if not view else "Memory", "Words"):
        assert said in words, f"{said} is text"
    assert any(published.model["title"] in text and published.dataset["title"] in text for text in words)
    assert any(f"model {published.model['hash']}" in text for text in words)
    watched.check()


@pytest.mark.parametrize("view", ["", PAIR])
def test_a_picture_is_saved_as_png_with_the_colours_of_its_chips(watched: Watched, view: str) -> None:
    page = opened(watched, view)
    settled(page, "drawn.difference" if view else "drawn.stepLinks")
    colours = {cell["colour"] for chip in drawn(page)["chips"] for cell in chip["cells"]}
    picture = Image.open(io.BytesIO(saved(page, "PNG"))).convert("RGB")
    assert picture.width == 2 * 1056
    painted = np.array([colour for _, colour in picture.getcolors(1 << 24) or []])
    rgb = page.evaluate(
        "(colours) => { const x = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });"
        " return colours.map((c) => { x.fillStyle = c; x.fillRect(0, 0, 1, 1);"
        " return [...x.getImageData(0, 0, 1, 1).data].slice(0, 3); }); }",
        sorted(colours),
    )
    for colour in rgb:
        assert np.abs(painted - np.array(colour)).max(axis=1).min() <= 1, f"{colour} is in the picture"
    watched.check()


def test_less_motion_is_respected_when_the_grouping_changes(profile: Profile, base: str) -> None:
    seen: dict[str, int] = {}
    for wish in ("no-preference", "reduce"):
        page = opened(watch(profile(reduced_motion=wish), base))
        page.evaluate(
            """() => {
              const root = document.querySelector('rnnvis-explorer').shadowRoot;
              const context = root.querySelector('[data-picture] canvas').getContext('2d');
              const clear = context.clearRect;
              globalThis.frames_painted = 0;
              context.clearRect = function (...box) { globalThis.frames_painted += 1; return clear.apply(this, box); };
            }"""
        )
        page.get_by_role("slider", name="Clusters").fill("9")
        settled(page, "drawn.chips.length === 9")
        seen[wish] = page.evaluate("globalThis.frames_painted")
    assert seen["reduce"] <= 4 < seen["no-preference"]


def test_a_skeleton_stands_there_until_data_come_and_says_what_is_loading(watched: Watched) -> None:
    held: list[Route] = []
    page = watched.page
    page.route("**/manifest.json", lambda route: held.append(route))
    page.goto(watched.base + "explorer/")
    skeleton = page.locator("rnnvis-explorer .skeleton")
    expect(skeleton).to_be_visible()
    expect(skeleton).to_have_attribute("aria-busy", "true")
    expect(skeleton.get_by_role("status")).to_contain_text("manifest")
    for route in held:
        route.fallback()
    page.locator("[data-picture] canvas").first.wait_for()
    expect(skeleton).to_have_count(0)
    watched.check()


def tab(page: Page) -> dict[str, Any]:
    return page.evaluate(f"JSON.parse(JSON.stringify({STORE}.view))")


def test_reset_undoes_every_kind_of_choice_at_once(watched: Watched) -> None:
    page = opened(watched)
    first = tab(page)
    page.evaluate(
        f"""() => {{
          const e = {STORE};
          e.setClusters(12); e.setLinkThreshold(0.7); e.setLinkWidth(2); e.setColourScale('fixed');
          e.setColourWords('cluster'); e.setChipAlign('height'); e.toggleWord('film'); e.toggleUnit(4); e.pinStep(1);
          e.setRange([1, 3]);
        }}"""
    )
    changed = tab(page)
    assert sum(changed[name] != first[name] for name in first) >= 9
    button(page, "More").click()
    button(page, "Reset the view").click()
    assert tab(page) == first
    page.keyboard.press("Escape")
    button(page, "Undo").click()
    assert tab(page) == changed
    button(page, "Redo").click()
    assert tab(page) == first
    watched.check()
