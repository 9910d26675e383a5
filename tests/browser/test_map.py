"""The page “Map” and colours by part of speech: marks where the Parquet puts them, linked to the other views."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Watched
from tests.browser.published import Published

VIEW = "explorer/#v1=d=reviews&m=gru&s=rnn.0.h&g=block.reliable&k=8&p=map"
MAP = """(kind) => {
  const root = document.querySelector('rnnvis-explorer').shadowRoot.querySelector(`[data-kind=${kind}]`);
  return root && root.inspect ? root.inspect() : null;
}"""


@pytest.fixture(scope="module")
def published(site: Path) -> Published:
    return Published(site / "explorer" / "data", "gru")


def opened(watched: Watched, fragment: str = "") -> Page:
    page = watched.open(VIEW + fragment)
    page.wait_for_function(f"() => {{ const drawn = ({MAP})('word'); return drawn && drawn.labels.length > 0; }}")
    return page


def drawn(page: Page, kind: str) -> dict[str, Any]:
    return page.evaluate(MAP, kind)


def settled(page: Page, kind: str, condition: str) -> dict[str, Any]:
    """Wait until `condition` holds of what the map of `kind` has drawn (a JavaScript expression of `drawn`)."""
    page.wait_for_function(f"() => {{ const drawn = ({MAP})('{kind}'); return drawn && ({condition}); }}")
    return drawn(page, kind)


def assert_is(found: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    """Every published row is one mark, in its place up to one scale for both axes."""
    assert [point["id"] for point in found["points"]] == [row["id"] for row in rows]
    at = np.array([[row["x"], -row["y"]] for row in rows])
    pixels = np.array([[point["px"], point["py"]] for point in found["points"]])
    scale = np.ptp(pixels[:, 0]) / np.ptp(at[:, 0])
    assert np.allclose(pixels - pixels.mean(0), scale * (at - at.mean(0)), atol=0.01)


def test_every_unit_and_word_is_a_mark_where_the_table_puts_it(watched: Watched, published: Published) -> None:
    page = opened(watched)
    for method, button in (("pca", None), ("tsne", "t-SNE")):
        if button:
            page.get_by_role("radio", name=button).check()
            page.wait_for_function("() => location.hash.includes('mm=tsne')")
        for kind in ("unit", "word"):
            assert_is(drawn(page, kind), published.rows("projection", "method = ? AND item = ?", method, kind))
    expect(page.get_by_text("mean nothing in t-SNE")).to_be_visible()
    labels = drawn(page, "word")["labels"]
    words = {row["word_id"]: row["text"] for row in published.rows("words")}
    assert {words[p["id"]] for p in drawn(page, "word")["points"]} >= {label["name"] for label in labels}
    expect(page.get_by_role("region", name="Words")).to_contain_text(f"{len(labels)} labelled")
    watched.check()


def test_marks_take_the_number_of_their_group_and_the_colour_of_their_part_of_speech(
    watched: Watched, published: Published
) -> None:
    page = opened(watched)
    for kind, side in (("unit", "units"), ("word", "words")):
        row = published.clusters(side, 8)
        number = dict(zip(row["ids"], (row["order"].index(label) + 1 for label in row["labels"]), strict=True))
        assert {p["id"]: p["number"] for p in drawn(page, kind)["points"] if p["number"]} == number
    page.get_by_role("radio", name="Part of speech").check()
    found = settled(page, "word", "new Set(drawn.points.map((p) => p.colour)).size > 6")
    part = {row["word_id"]: row["part_of_speech"] for row in published.rows("words")}
    of_part: dict[str, set[str]] = {}
    for point in found["points"]:
        of_part.setdefault(part[point["id"]], set()).add(point["colour"])
    assert all(len(colours) == 1 for colours in of_part.values())
    assert of_part["noun"] != of_part["verb"] != of_part["adjective"]
    watched.check()


def test_a_click_and_the_keyboard_select_as_elsewhere_and_the_link_keeps_it(
    watched: Watched, published: Published
) -> None:
    page = opened(watched, "&w=love")
    assert [p["name"] for p in drawn(page, "word")["points"] if p["selected"] == 0] == ["love"]
    label = next(
        entry for entry in drawn(page, "word")["labels"] if entry["name"].isalpha() and entry["name"] != "love"
    )
    word = label["name"]
    words = page.get_by_role("slider", name="Map of the words")
    words.hover(position={"x": label["x"] + 5, "y": label["y"] - 4})
    row = published.rows("words", "text = ?", word)[0]
    share = f"{row['part_of_speech'].capitalize()} in {round(100 * row['part_of_speech_share'])} % of its uses"
    expect(words).to_have_attribute("aria-valuetext", re.compile(re.escape(share)))
    words.click(position={"x": label["x"] + 5, "y": label["y"] - 4})
    settled(page, "word", f"drawn.points.some((p) => p.name === '{word}' && p.selected === 1)")
    units = page.get_by_role("slider", name="Map of the units")
    units.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    found = settled(page, "unit", "drawn.points.some((p) => p.selected === 0)")
    unit = next(p["id"] for p in found["points"] if p["selected"] == 0)
    page.wait_for_function(f"() => location.hash.includes('w=love,{word}') && location.hash.includes('u={unit}')")
    watched.check()


def test_wheel_drag_and_keys_move_the_map_and_the_link_keeps_the_place(watched: Watched, base: str) -> None:
    page = opened(watched)
    before, units = drawn(page, "word"), drawn(page, "unit")
    words = page.get_by_role("slider", name="Map of the words")
    words.hover(position={"x": 60, "y": 300})
    page.mouse.wheel(0, -600)
    zoomed = settled(page, "word", f"Math.abs(drawn.points[0].px - {before['points'][0]['px']}) > 1")
    assert np.ptp([p["px"] for p in zoomed["points"]]) > 3 * np.ptp([p["px"] for p in before["points"]])
    assert drawn(page, "unit") == units
    box = words.bounding_box()
    assert box
    page.mouse.down()
    page.mouse.move(box["x"] + 100, box["y"] + 325)
    page.mouse.up()
    page.wait_for_function("() => /mz=,/.test(location.hash)")
    page.wait_for_timeout(400)
    link, place = page.evaluate("location.hash"), drawn(page, "word")["points"][0]
    page.goto("about:blank")
    again = watched.open("explorer/" + link)
    again.wait_for_function(f"() => {{ const drawn = ({MAP})('word'); return drawn && drawn.labels.length > 0; }}")
    assert drawn(again, "word")["points"][0]["px"] == pytest.approx(place["px"], abs=0.5)
    again.get_by_role("slider", name="Map of the words").press("0")
    back = settled(again, "word", f"Math.abs(drawn.points[0].px - {before['points'][0]['px']}) < 0.01")
    assert len(back["points"]) == len(before["points"])
    watched.check()


def test_table_csv_svg_and_png_hold_every_mark(watched: Watched, published: Published) -> None:
    page = opened(watched)
    rows = published.rows("projection", "method = 'pca' AND item = 'word'")
    page.get_by_role("button", name="View as table").click()
    assert page.get_by_role("dialog").get_by_role("row").count() == len(rows) + 1
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save CSV").click()
    with saved.value.path().open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    assert [float(row["x"]) for row in table] == pytest.approx([row["x"] for row in rows], abs=1e-6)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save SVG").click()
    svg = saved.value.path().read_text(encoding="utf-8")
    assert svg.count("<circle") >= len(rows) + published.state["units"]
    assert published.model["title"] in svg
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save PNG").click()
    assert saved.value.path().read_bytes().startswith(b"\x89PNG")
    watched.check()


def test_words_of_the_picture_take_the_colour_of_their_part_of_speech(watched: Watched) -> None:
    page = watched.open("explorer/")
    page.get_by_role("radio", name="Part of speech").check()
    page.wait_for_function("() => location.hash.includes('cw=speech')")
    expect(page.get_by_label("Colours of the words")).to_contain_text("adjective")
    watched.check()
