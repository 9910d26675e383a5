"""Every page is saved as SVG, PNG and CSV from one button, and the files hold what the page shows, or all of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Watched, watch
from tests.browser.published import Published
from tests.browser.test_compare import VIEW, settled
from tests.browser.test_explorer import button

SVG = "{http://www.w3.org/2000/svg}"
PAGES = {
    "find": ("m:concordance;p:not%20very", "[data-row]"),
    "units": ("", "[role=row][data-unit]"),
    "map": ("", "canvas"),
}


@pytest.fixture(scope="module")
def published(site: Path) -> Published:
    return Published(site / "explorer" / "data", "gru")


def saved(page: Page, kind: str) -> bytes:
    """The file that Export gives."""
    expect(button(page, "Export")).to_be_enabled(timeout=60_000)
    button(page, "Export").click()
    with page.expect_download() as download:
        page.get_by_role("dialog", name="Export").get_by_role("button", name=kind).click()
    return download.value.path().read_bytes()


def texts(svg: bytes) -> list[str]:
    return [text.text or "" for text in ElementTree.fromstring(svg.decode()).iter(f"{SVG}text")]


def read(content: bytes) -> list[dict[str, Any]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def test_the_figure_carries_its_sentence_and_stands_alone(watched: Watched, published: Published) -> None:
    page = watched.open("explorer/")
    page.wait_for_function("() => document.querySelector('rnnvis-explorer')?.explorer?.ready")
    view = published.dataset["view"]
    sentence, steps = published.sentence(view["sentence"]), published.steps(view["sentence"])
    svg = saved(page, "SVG")
    words = texts(svg)
    pushes = np.array([step["push"] for step in steps])
    last = steps[-1]["p_class"]
    answer = published.model["classes"][int(np.argmax(last))]
    label = published.dataset["labels"][sentence["label"]]
    assert "right: labelled" in " ".join(words) or f"wrong: labelled {label}" in words
    assert f"{answer}, {100 * max(last):.0f} % sure" in words
    for value in (pushes[pushes > 0].sum(), pushes[pushes < 0].sum(), np.log(last[1] / last[0])):
        assert any(text.replace("\u2212", "-").startswith(f"{value:+.2f}") for text in words)
    assert {f"{value:+.2f}".replace("-", "\u2212") for value in pushes[np.argsort(-np.abs(pushes))[:3]]} <= set(words)
    alone = page.context.new_page()
    alone.set_content(svg.decode())
    boxes = alone.evaluate(
        """() => { const svg = document.querySelector('svg'), sheet = svg.getBoundingClientRect();
        return [...svg.querySelectorAll('text')].map((text) => { const box = text.getBoundingClientRect();
        return [text.textContent, box.left - sheet.left, box.right - sheet.left, box.top - sheet.top,
        box.bottom - sheet.top, sheet.width, sheet.height]; }); }"""
    )
    for text, left, right, top, bottom, width, height in boxes:
        assert min(left, top) >= -1, text
        assert right <= width + 1, text
        assert bottom <= height + 1, text
    head = [box for box in boxes if box[3] < 50]
    assert [box[0] for box in head[: len(steps)]] == sentence["surface"], "above all stands the sentence"
    for one, other in pairwise(head[: len(steps)]):
        assert other[1] >= one[2] - 1.5, "words do not run into each other"
    alone.close()
    picture = Image.open(io.BytesIO(saved(page, "PNG"))).convert("RGB")
    assert abs(picture.height - 2 * boxes[0][6]) <= 2
    watched.check()


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_saved_with_their_model_as_text_and_as_a_picture(
    watched: Watched, published: Published, name: str
) -> None:
    search, shown = PAGES[name]
    page = watched.open(f"explorer/#v1=d=reviews&m=gru&s=rnn.0.h&g=block.reliable&k=8&p={name}&fi={search}")
    page.locator(shown).first.wait_for(timeout=60_000)
    assert any(published.model["title"] in text for text in texts(saved(page, "SVG")))
    picture = Image.open(io.BytesIO(saved(page, "PNG")))
    assert picture.width > 900
    assert len(picture.convert("RGB").getcolors(1 << 24) or []) > 20
    assert len(read(saved(page, "CSV"))) > 10
    watched.check()


def test_the_figure_of_the_units_has_their_numbers_and_the_file_all_of_them(
    watched: Watched, published: Published
) -> None:
    page = watched.open("explorer/#v1=d=reviews&m=gru&s=rnn.0.h&g=block.reliable&k=8&p=units")
    page.locator("[role=row][data-unit]").first.wait_for()
    units = published.rows("units")
    words = texts(saved(page, "SVG"))
    assert f"{units[0]['time_scale']:.1f} words" in words
    assert any(text.startswith(f"The first 60 of {len(units)} rows.") for text in words)
    rows = read(saved(page, "CSV"))
    assert [int(row["unit"]) for row in rows] == [unit["unit"] for unit in units]
    assert float(rows[3]["time-scale"]) == pytest.approx(units[3]["time_scale"], rel=1e-6)
    watched.check()


def test_a_result_of_sql_is_saved_whole(watched: Watched, published: Published) -> None:
    page = watched.open("explorer/#v1=d=reviews&m=gru&s=rnn.0.h&g=block.reliable&k=8&p=sql")
    page.get_by_role("button", name="units", exact=True).click()
    page.get_by_role("table").last.wait_for(timeout=60_000)
    rows = read(saved(page, "CSV"))
    assert [float(row["mean"]) for row in rows] == pytest.approx([row["mean"] for row in published.rows("units")][:10])
    assert "Result of a query" in texts(saved(page, "SVG"))
    watched.check()


def test_the_file_of_stretches_holds_every_one(watched: Watched, published: Published) -> None:
    page = watched.open("explorer/#v1=m=gru&p=find&fi=m:fires;b:unit;u:3;h:0.5")
    page.locator("[data-row]").first.wait_for(timeout=60_000)
    expect(button(page, "Save CSV")).to_be_enabled(timeout=60_000)
    rows = read(saved(page, "CSV"))
    state = [(row["sentence_id"], row["step"], float(np.float32(row["value"][3]))) for row in published.rows("states")]
    runs, before = 0, (-1, False)
    for sentence, _, value in state:
        on = value >= 0.5
        runs += on and before != (sentence, True)
        before = (sentence, on)
    assert len(rows) == runs
    scores = [float(row["score"]) for row in rows]
    assert scores == sorted(scores, reverse=True)
    watched.check()


def test_a_concordance_says_what_each_use_did_to_the_memory(watched: Watched, published: Published) -> None:
    page = watched.open("explorer/#v1=m=gru&s=rnn.0.h&p=find&fi=m:concordance;p:not%20very;pm:1;po:change")
    page.locator("[data-change]").first.wait_for(timeout=60_000)
    rows = read(saved(page, "CSV"))
    assert len(rows) > 20
    known = published.state["published_sentences"]
    expect(page.locator("[data-sampled]")).to_contain_text(f"in the {known:,} of")
    changes = []
    for row in rows:
        states, step = published.states(row["key"]), int(row["word"])
        if not len(states):
            assert row["change"] == row["kept"] == "", "states that are not published"
            continue
        before, now = states[step - 1], states[step]
        change = float(np.linalg.norm(now - before))
        same = np.sign(before) == np.sign(now)
        kept = float(np.minimum(np.abs(before), np.abs(now))[same].sum() / np.abs(before).sum())
        assert float(row["change"]) == pytest.approx(change, abs=1e-5)
        assert float(row["kept"]) == pytest.approx(kept, abs=1e-5)
        changes.append(change)
    assert len(changes) > 2
    assert [row["change"] != "" for row in rows] == sorted((row["change"] != "" for row in rows), reverse=True)
    assert changes == sorted(changes, reverse=True)
    expect(page.locator("[data-change]").first).to_have_text(f"{changes[0]:.2f}")
    watched.check()


def test_compare_is_saved_with_both_models(watched: Watched, site: Path) -> None:
    page = watched.open("explorer/" + VIEW)
    shown = settled(page)
    sides = [Published(site / "explorer" / "data", name) for name in ("gru", "lstm")]
    words = texts(saved(page, "SVG"))
    for side in sides:
        assert any(side.model["title"] in text or side.model["cell"] in text for text in words)
    assert {glyph["token"] for glyph in shown["a"]["glyphs"]} <= set(words), "the sentence is text"
    picture = Image.open(io.BytesIO(saved(page, "PNG")))
    assert picture.width >= 2 * 1200
    page.evaluate("document.querySelector('rnnvis-explorer').explorer.setShows('moved')")
    page.wait_for_function("() => location.hash.includes('sh=moved')")
    content = saved(page, "CSV").decode()
    change = sides[0].change("cb1fd540fca03f14", 5)
    assert f"{change[0]:.4f}"[:6] in content
    watched.check()


WHOLE = """async (part) => {
  const { explorer } = document.querySelector('rnnvis-explorer');
  const cut = [];
  const blob = await explorer.exporter.save('svg', { part, print: false });
  const place = document.createElement('div');
  place.style.cssText = 'position: absolute; left: 0; top: 0';
  document.body.append(place);
  place.attachShadow({ mode: 'open' }).innerHTML = await blob.text();
  const svg = place.shadowRoot.querySelector('svg');
  const sheet = svg.getBoundingClientRect();
  const drawn = [...svg.querySelectorAll('text, rect, path, circle, line')];
  const marks = drawn.filter((mark) => !mark.closest('defs, clipPath'));
  for (const mark of marks) {
    const box = mark.getBoundingClientRect();
    const least = Math.min(box.left - sheet.left, box.top - sheet.top);
    const most = Math.max(box.right - sheet.right, box.bottom - sheet.bottom);
    if (least < -1 || most > 1) cut.push([mark.tagName, mark.textContent, least, most]);
  }
  const text = [...svg.querySelectorAll('text')].map((one) => one.textContent);
  place.remove();
  return { cut, marks: marks.length, text };
}"""


def test_no_part_of_a_figure_is_cut_at_any_number_of_clusters(
    profile: Callable[..., BrowserContext], base: str
) -> None:
    """Every mark of a figure that stands alone lies inside its sheet at every k, on a low screen."""
    watched = watch(profile(viewport={"width": 1440, "height": 500}), base)
    page = watched.open("explorer/")
    page.wait_for_function("() => document.querySelector('rnnvis-explorer')?.explorer?.exporter")
    numbers = page.evaluate("() => document.querySelector('rnnvis-explorer').explorer.state.k")
    assert len(numbers) > 5
    for k in numbers:
        page.evaluate("k => document.querySelector('rnnvis-explorer').explorer.setClusters(k)", k)
        page.wait_for_function(
            "k => document.querySelector('rnnvis-explorer').explorer.clustering?.units.order.length === k", arg=k
        )
        for part in ("board", "memory", "words") if k in (numbers[0], 8, numbers[-1]) else ("board",):
            whole = page.evaluate(WHOLE, part)
            assert whole["cut"] == [], f"{part} at k = {k}"
            if part == "board":
                shown = page.locator("[data-picture]").first.evaluate("e => e.inspect()")
                lost = {word["text"] for cloud in shown["clouds"] for word in cloud["words"]} - set(whole["text"])
                assert not lost, f"words of the screen at k = {k}"
            assert whole["marks"] > k
            if part != "words":
                assert {str(number + 1) for number in range(k)} <= set(whole["text"]), f"chips of {part} at k = {k}"
    watched.check()
