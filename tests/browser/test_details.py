"""The panel and the unit page on the real demo build: every figure they show is one that the Parquet holds."""

from __future__ import annotations

import csv
import math
import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Download, Page, expect

from tests.browser.conftest import Watched
from tests.browser.published import Published
from tests.browser.test_explorer import button, opened, show_moved

MINUS = "−"


@pytest.fixture(scope="session")
def published(site: Path) -> Published:
    return Published(site / "explorer" / "data", "gru")


def panel(watched: Watched) -> Page:
    page = opened(watched)
    expect(page.get_by_role("slider", name=re.compile("^Push of every unit at this step"))).to_be_visible()
    show_moved(page)
    expect(page.get_by_role("slider", name=re.compile("^Change of every unit at this step"))).to_be_visible()
    return page


def number(text: str) -> float:
    return float(text.replace(MINUS, "-").replace(",", ""))


def saved(download: Download, folder: Path) -> Path:
    path = folder / download.suggested_filename
    download.save_as(path)
    return path


def test_the_pinned_step_is_told_in_published_figures(watched: Watched, published: Published) -> None:
    page = panel(watched)
    view = published.dataset["view"]
    key, step = view["sentence"], view["step"]
    sentence = published.sentence(key)
    steps = published.rows("steps", "sentence_id = ?", sentence["sentence_id"])
    steps.sort(key=lambda row: row["step"])
    states = published.states(key)
    figures = page.locator("rnnvis-explorer .details dl").first.inner_text()
    before, after = steps[step - 1]["p_class"][-1], steps[step]["p_class"][-1]
    assert f"{before:.2f} → {after:.2f}" in figures
    now, old = states[step], states[step - 1]
    same = np.sign(now) == np.sign(old)
    kept = np.minimum(np.abs(now), np.abs(old))[same].sum() / np.abs(old).sum()
    assert f"{100 * kept:.0f} %" in figures
    surprise = steps[step]["surprise"][0]
    said = "Very unusual" if surprise >= 95 else "Unusual" if surprise >= 75 else "Ordinary"
    assert said in figures
    assert f"beyond {math.floor(surprise)} % of uses" in figures
    watched.check()


def test_the_saved_table_is_the_published_table(watched: Watched, published: Published, tmp_path: Path) -> None:
    page = panel(watched)
    view = published.dataset["view"]
    with page.expect_download() as waiting:
        button(page, "Save CSV").first.click()
    rows = list(csv.DictReader(saved(waiting.value, tmp_path).open(encoding="utf-8", newline="")))
    units = [int(row["unit"]) for row in rows]
    pinned = published.sentence(view["sentence"])["surface"][view["step"]]
    usual = published.response(pinned)
    assert units == sorted(range(len(usual)), key=lambda unit: (-usual[unit], unit))
    change = published.change(view["sentence"], view["step"])
    assert [float(row["this step"]) for row in rows] == pytest.approx(change[units], abs=1e-6)
    for word in (pinned, *view["words"]):
        assert [float(row[f"{word} mean"]) for row in rows] == pytest.approx(published.response(word)[units], abs=1e-6)
        quantiles = published.rows("response_quantiles", "word_id = ?", published.word_id(word))
        q75 = {row["unit"]: row["q75"] for row in quantiles}
        assert [float(row[f"{word}, 75 % of uses below"]) for row in rows] == pytest.approx(
            [q75[unit] for unit in units], abs=1e-6
        )
    watched.check()


def test_the_saved_figure_says_what_it_encodes(watched: Watched, tmp_path: Path) -> None:
    page = panel(watched)
    with page.expect_download() as waiting:
        button(page, "Save SVG").first.click()
    svg = saved(waiting.value, tmp_path).read_text(encoding="utf-8")
    assert svg.count("<title>Unit ") >= 64
    drawn = re.sub(r"<style>.*?</style>", "", svg, flags=re.DOTALL)  # base64 of a font may hold any letters
    assert not re.search("NaN|undefined|<script", drawn)


def test_the_keyboard_reaches_every_unit(watched: Watched, published: Published) -> None:
    page = panel(watched)
    view = published.dataset["view"]
    chart = page.get_by_role("slider", name=re.compile("^Change of every unit at this step"))
    chart.focus()
    page.keyboard.press("Home")
    text = chart.get_attribute("aria-valuetext") or ""
    pinned = published.sentence(view["sentence"])["surface"][view["step"]]
    unit = int(np.argmax(published.response(pinned)))
    assert text.startswith(f"Unit {unit},")
    said = re.search(rf"at this step: ([+{MINUS}]?\d+\.\d+)", text)
    assert said
    assert number(said[1]) == pytest.approx(published.change(view["sentence"], view["step"])[unit], abs=6e-4)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"Unit {unit}", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    expect(chart).to_be_visible()
    watched.check()


def test_a_word_is_added_by_typing(watched: Watched, published: Published) -> None:
    page = panel(watched)
    word = "wonderful"
    button(page, "Add").click()
    page.get_by_role("combobox", name="Add a word").fill(word)
    page.keyboard.press("Enter")
    row = page.locator("rnnvis-explorer .details table tbody tr", has_text=word)
    expect(row).to_be_visible()
    response = published.rows("responses", "word_id = ?", published.word_id(word))[0]
    effect = published.rows("word_effects", "word_id = ?", published.word_id(word))[0]
    cells = row.locator("td").all_inner_texts()
    assert number(cells[0]) == response["count"]
    push, error = (number(part) for part in cells[1].split("±"))
    assert push == pytest.approx(effect["push"], abs=0.006)
    assert error == pytest.approx(effect["push_standard_error"], abs=0.006)
    assert number(cells[2].removeprefix("r ")) == pytest.approx(response["reliability"], abs=6e-4)
    button(page, f"Remove {word}").click()
    expect(row).to_have_count(0)
    watched.check()


@pytest.mark.parametrize("title", ["the sequence", "the memory chips", "the words", "this step against the usual"])
def test_help_opens_in_place_holds_the_focus_and_closes(watched: Watched, title: str) -> None:
    page = panel(watched)
    opener = page.get_by_title(f"How to read {title}", exact=True)
    opener.click()
    dialog = page.get_by_role("dialog", name=f"How to read {title}")
    expect(dialog).to_be_visible()
    assert dialog.locator("li").count() in (3, 4)
    expect(dialog.get_by_role("img")).to_be_visible()
    for _ in range(3):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "() => { const a = document.querySelector('rnnvis-explorer').shadowRoot.activeElement;"
            " return !a || a === document.body || !!a.closest('dialog'); }"
        )
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(opener).to_be_focused()
    watched.check()


def test_the_unit_page_shows_published_contexts(watched: Watched, published: Published) -> None:
    page = panel(watched)
    unit = 5
    page.evaluate("(u) => document.querySelector('rnnvis-explorer').explorer.openUnit(u)", unit)
    expect(page.get_by_role("heading", name=f"Unit {unit}", exact=True)).to_be_visible()
    for sign in (1, -1):
        best = published.rows("contexts", "unit = ? AND sign = ? AND rank = 0", unit, sign)[0]
        sentence = published.rows("sentences", "sentence_id = ?", best["sentence_id"])[0]
        row = page.locator("rnnvis-explorer main ol").nth(0 if sign > 0 else 1).locator("li").first
        assert number(row.locator(".value").inner_text()) == pytest.approx(best["value"], abs=0.006)
        assert row.get_by_role("button").inner_text() == sentence["surface"][best["step"]]
        states = published.states(sentence["key"])
        assert states[best["step"], unit] == pytest.approx(best["value"], abs=2e-3)
    watched.check()


def test_words_of_a_unit_are_ranked_by_duckdb(watched: Watched, published: Published) -> None:
    page = panel(watched)
    unit = 5
    page.evaluate("(u) => document.querySelector('rnnvis-explorer').explorer.openUnit(u)", unit)
    chart = page.get_by_role("slider", name=re.compile("^Words that raise this unit most"))
    expect(chart).to_be_visible(timeout=30_000)
    page.get_by_role("combobox", name=re.compile("ranked by")).select_option(label="certainty")
    special = {row["word_id"] for row in published.rows("words", "special")}
    least = published.state["measured"]["minimum_count"]
    rows = [row for row in published.rows("responses", "count >= ?", least) if row["word_id"] not in special]
    strongest = max(rows, key=lambda row: row["mean"][unit] / row["standard_error"][unit])
    text = published.rows("words", "word_id = ?", strongest["word_id"])[0]["text"]
    chart.focus()
    page.keyboard.press("Home")
    expect(chart).to_have_attribute("aria-valuetext", re.compile(rf"^{re.escape(text)}\. "), timeout=30_000)
    watched.check()


def test_the_saved_units_are_all_units(watched: Watched, published: Published) -> None:
    page = panel(watched)
    page.evaluate("() => document.querySelector('rnnvis-explorer').explorer.openUnit(0)")
    button(page, "View as table").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox", name="Table").select_option(label="All units")
    assert dialog.locator("tbody tr").count() == published.state["units"]
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("heading", name="Unit 0", exact=True)).to_be_visible()
    watched.check()
