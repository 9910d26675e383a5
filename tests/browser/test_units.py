"""The page “Units” and the page of a unit: what they list, filter, link and save is what the Parquet holds."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests import synthetic
from tests.browser.conftest import Watched
from tests.browser.published import Published
from tests.browser.test_details import saved
from tests.browser.test_explorer import button

MANY = 100_000


@pytest.fixture(scope="session")
def published(site: Path) -> Published:
    return Published(site / "explorer" / "data", "gru")


@pytest.fixture(scope="session")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("many")
    synthetic.publish(folder, units=64, words=200, sentences=150)
    synthetic.many_units(folder, MANY)
    return folder


def units_page(watched: Watched, more: str = "") -> Page:
    page = watched.open(f"explorer/#v1=p=units{more}")
    expect(rows(page).first).to_be_visible()
    return page


def rows(page: Page) -> Locator:
    return page.locator("rnnvis-explorer [role=row][data-unit]")


def listed(page: Page) -> list[int]:
    """Units in the order shown, of the rows that are drawn."""
    pairs = rows(page).evaluate_all("all => all.map(row => [row.ariaRowIndex, row.dataset.unit].map(Number))")
    return [unit for _, unit in sorted(pairs)]


def by(published: Published, key: Callable[[dict[str, Any]], Any]) -> list[int]:
    return [row["unit"] for row in sorted(published.rows("units"), key=key)]


def served(folder: Path) -> Callable[[Route], None]:
    """Answers requests for data from another folder."""

    def answer(route: Route) -> None:
        path = folder / urlsplit(route.request.url).path.rsplit("/", 1)[-1]
        route.fulfill(path=path) if path.is_file() else route.fulfill(status=404, body="")

    return answer


def test_rows_and_their_order_are_the_published_ones(watched: Watched, published: Published) -> None:
    page = units_page(watched)
    expect(page.get_by_text("64 units", exact=True)).to_be_visible()
    assert listed(page)[:10] == list(range(10))
    head = page.get_by_role("columnheader", name=re.compile("^Time-scale"))
    button(page, "Time-scale").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    order = by(published, lambda row: -row["time_scale"])
    assert listed(page)[:10] == order[:10]
    first = published.rows("units", "unit = ?", order[0])[0]
    text = published.rows("words", "word_id = ?", first["top_words"][0])[0]["text"]
    shown = rows(page).first.inner_text()
    assert f"{first['time_scale']:.1f} words" in shown
    assert text in shown
    button(page, "Time-scale").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert listed(page)[:10] == by(published, lambda row: row["time_scale"])[:10]
    watched.check()


def test_filters_are_counted_honestly_linked_and_saved(watched: Watched, published: Published, tmp_path: Path) -> None:
    page = units_page(watched, "&us=-outputWeight")
    page.get_by_role("textbox", name="Time-scale, at least").fill("20")
    page.keyboard.press("Enter")
    kept = published.rows("units", "time_scale >= 20")
    expect(page.get_by_role("status").filter(has_text=f"{len(kept)} of 64 units")).to_be_visible()
    page.wait_for_function("() => location.hash.includes('uf=timeScale:20:')")
    known = {row["text"].lower() for row in published.rows("words")}
    top = [published.rows("words", "word_id = ?", word)[0]["text"] for word in kept[0]["top_words"]]
    part = next(word[:-1] for word in top if len(word) > 4 and word[:-1] not in known)
    page.get_by_role("searchbox", name="Moved by").fill(part.upper())
    found = [w["word_id"] for w in published.rows("words", "contains(lower(text), ?)", part)]
    kept = [row for row in kept if {*row["top_words"], *row["bottom_words"]} & set(found)]
    expect(page.get_by_role("status").filter(has_text=f"{len(kept)} of 64 units")).to_be_visible()
    with page.expect_download() as waiting:
        button(page, "Save CSV").click()
    lines = list(csv.DictReader(saved(waiting.value, tmp_path).open(encoding="utf-8", newline="")))
    kept.sort(key=lambda row: -row["output_weight"])
    assert [int(line["unit"]) for line in lines] == [row["unit"] for row in kept]
    assert [float(line["time-scale"]) for line in lines] == pytest.approx([row["time_scale"] for row in kept])
    page.wait_for_function("() => location.hash.includes('ut=')")
    page.reload()
    expect(page.get_by_role("status").filter(has_text=f"{len(kept)} of 64 units")).to_be_visible()
    assert listed(page) == [row["unit"] for row in kept][: len(listed(page))]
    button(page, "Clear filters").first.click()
    expect(page.get_by_text("64 units", exact=True)).to_be_visible()
    watched.check()


def test_a_brush_in_a_head_and_a_chip_filter(watched: Watched, published: Published) -> None:
    page = units_page(watched, "&k=8")
    box = page.get_by_role("columnheader", name=re.compile("^Sparsity")).locator("canvas").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 1, box["y"] + 10, steps=4)
    page.mouse.up()
    low = float(page.get_by_role("textbox", name="Sparsity, at least").input_value())
    high = float(page.get_by_role("textbox", name="Sparsity, at most").input_value())
    kept = published.rows("units", "sparsity BETWEEN ? AND ?", low, high)
    expect(page.get_by_role("status").filter(has_text=f"{len(kept)} of 64 units")).to_be_visible()
    button(page, "Clear filters").click()
    page.get_by_role("combobox", name="Chip", exact=True).select_option("1")
    groups = published.clusters("units", 8)
    chip = sorted(u for u, g in zip(groups["ids"], groups["labels"], strict=True) if g == groups["order"][0])
    expect(page.get_by_role("status").filter(has_text=f"{len(chip)} of 64 units")).to_be_visible()
    assert listed(page) == chip
    watched.check()


def heads(page: Page) -> list[str]:
    """Titles of the columns shown, without the arrow of the order."""
    titles = page.locator("[role=columnheader] button span").all_inner_texts()
    return [title.rstrip("\u00a0↑↓") for title in titles]


CUT = """() => [...document.querySelector('rnnvis-explorer').shadowRoot.querySelectorAll(
    '[role=columnheader] button, [role=columnheader] input, [role=gridcell]')]
    .filter((box) => box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight + 1)
    .map((box) => box.textContent || box.placeholder)"""
SIDEWAYS = "grid => grid.scrollWidth - grid.clientWidth"


@pytest.mark.parametrize(("width", "height", "measures"), [(1440, 900, 8), (1024, 768, 4)])
@pytest.mark.parametrize("more", ["", "&us=-labelBits"])
def test_as_many_columns_as_fit_and_none_is_cut(
    watched: Watched, width: int, height: int, measures: int, more: str
) -> None:
    watched.page.set_viewport_size({"width": width, "height": height})
    page = units_page(watched, more)
    shown = heads(page)
    assert shown[:5] == ["Unit", "Chip", "Activation", "Raised by", "Lowered by"]
    assert len(shown) >= 5 + measures
    assert "Time-scale" in shown
    assert ("Tells label (bits)" in shown) or not more
    assert page.get_by_role("grid").evaluate(SIDEWAYS) == 0
    assert page.evaluate(CUT) == []
    watched.check()


def test_columns_are_chosen_with_the_keyboard_and_stand_in_the_link(watched: Watched) -> None:
    watched.page.set_viewport_size({"width": 1024, "height": 768})
    page = units_page(watched, "&us=-timeScale")
    before = heads(page)
    button(page, re.compile("^Columns")).focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Columns")
    boxes = dialog.get_by_role("checkbox")
    names = [name.strip() for name in dialog.locator("label").all_inner_texts()]
    assert [name for name, box in zip(names, boxes.all(), strict=True) if box.is_checked()] == before[1:]
    expect(dialog.get_by_role("checkbox", name="Time-scale")).to_be_disabled()
    expect(boxes.first).to_be_focused()
    page.keyboard.press("Space")
    expect(page.get_by_role("columnheader", name=re.compile("^Chip"))).to_have_count(0)
    page.wait_for_function("() => location.hash.includes('uv=mean,timeScale,')")
    dialog.get_by_role("button", name="All").press("Enter")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(button(page, re.compile("^Columns"))).to_be_focused()
    assert heads(page) == ["Unit", *names]
    assert page.evaluate(CUT) == []
    grid = page.get_by_role("grid")
    assert grid.evaluate(SIDEWAYS) > 0
    grid.evaluate("grid => { grid.scrollLeft = grid.scrollWidth; }")
    edge = grid.bounding_box()
    first = page.get_by_role("columnheader", name=re.compile("^Unit")).bounding_box()
    last = page.get_by_role("columnheader").last.bounding_box()
    assert edge
    assert first
    assert last
    assert first["x"] == pytest.approx(edge["x"], abs=1)
    assert last["x"] + last["width"] <= edge["x"] + edge["width"]
    page.wait_for_function("() => location.hash.includes('lossCertainty')")
    page.reload()
    expect(rows(page).first).to_be_visible()
    assert heads(page) == ["Unit", *names]
    button(page, re.compile("^Columns")).click()
    dialog.get_by_role("button", name="As many as fit").click()
    page.wait_for_function("() => !location.hash.includes('uv=')")
    assert heads(page) == before
    watched.check()


def test_the_keyboard_selects_and_opens(watched: Watched) -> None:
    page = units_page(watched, "&us=-unit")
    button(page, "Unit").focus()
    page.keyboard.press("ArrowDown")
    for key in ("Space", "ArrowDown", "ArrowDown", "Space", "PageDown", "End"):
        page.keyboard.press(key)
    focused = "() => document.querySelector('rnnvis-explorer').shadowRoot.activeElement.dataset.cell"
    assert page.evaluate(focused).split("-")[0] != "2"
    expect(page.locator("[role=row][aria-selected=true]")).to_have_count(2)
    page.wait_for_function("() => location.hash.includes('u=63,61')")
    page.keyboard.press("Control+Home")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Unit 63", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Units", exact=True)).to_be_visible()
    watched.check()


def test_a_hundred_thousand_units_stay_few_in_the_page(watched: Watched, many: Path) -> None:
    watched.page.route("**/explorer/data/**", served(many))
    page = watched.open("explorer/#v1=p=units")
    drawn = rows(page)
    expect(drawn.first).to_be_visible(timeout=60_000)
    expect(page.get_by_text(f"{MANY:,} units", exact=True)).to_be_visible()
    assert drawn.count() < 100
    button(page, "Unit").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Control+End")
    expect(page.locator(f"[data-unit='{MANY - 1}']")).to_be_visible()
    assert drawn.count() < 100
    button(page, "Time-scale").click()
    table = Published(many, "planted").rows("units")
    order = sorted(table, key=lambda row: (-row["time_scale"], row["unit"]))
    expect(rows(page).first).to_have_attribute("data-unit", str(order[0]["unit"]))
    assert listed(page)[:10] == [row["unit"] for row in order[:10]]
    assert drawn.count() < 100
    assert watched.problems == []


def test_a_units_page_keeps_its_choices_in_the_link_and_is_exported(
    watched: Watched, published: Published, tmp_path: Path
) -> None:
    page = watched.open("explorer/#v1=p=unit&u=33&ur=timeScale&m=gru")
    expect(page.get_by_role("heading", name="Unit 33", exact=True)).to_be_visible()
    order = by(published, lambda row: -row["time_scale"])
    expect(page.get_by_role("listbox", name="Units, by Time-scale")).to_be_visible()
    button(page, "Next").click()
    after = order[(order.index(33) + 1) % len(order)]
    expect(page.get_by_role("heading", name=f"Unit {after}", exact=True)).to_be_visible()
    button(page, "Previous").click()
    expect(page.get_by_role("heading", name="Unit 33", exact=True)).to_be_visible()
    page.get_by_role("combobox", name="Sort the units by").select_option("sparsity")
    page.wait_for_function("() => location.hash.includes('ur=sparsity')")
    expect(page.get_by_role("slider", name=re.compile("^Words that raise"))).to_be_visible()
    for name in ("SVG", "PNG", "CSV"):
        button(page, "Export").click()
        with page.expect_download() as waiting:
            page.get_by_role("dialog", name="Export").get_by_role("button", name=name).click()
        content = saved(waiting.value, tmp_path).read_bytes()
        assert waiting.value.suggested_filename == f"rnnvis-gru-unit-33.{name.lower()}"
        if name == "PNG":
            assert content.startswith(b"\x89PNG")
        else:
            top = published.rows("units", "unit = 33")[0]["top_words"]
            texts = [published.rows("words", "word_id = ?", word)[0]["text"] for word in top[:8]]
            longest = max(texts, key=len)
            assert longest in content.decode("utf-8")
    page.get_by_role("combobox", name="Model").select_option("lstm")
    page.wait_for_function("() => location.hash.includes('m=lstm')")
    expect(page.get_by_role("heading", name="Unit 33", exact=True)).to_be_visible()
    watched.check()
