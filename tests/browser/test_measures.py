"""Selectivity, gates, ablation and next words: the unit page, the units and a held chip show what the Parquet holds."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests import synthetic, synthetic_language
from tests.browser.axe import findings
from tests.browser.conftest import Watched
from tests.browser.planted import manifest, plant, whole
from tests.browser.published import Published
from tests.browser.test_details import number, saved
from tests.browser.test_explorer import button
from tests.synthetic_measures import MISSED, NAMES, NOISY, TELLING

STORE = "document.querySelector('rnnvis-explorer').explorer"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("measures")
    synthetic.publish(folder, units=40, words=220, sentences=160)
    return folder


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("spoken")
    synthetic_language.publish_language_model(folder, units=24, words=220, sentences=100)
    return folder


def state_of(value: dict[str, Any]) -> dict[str, Any]:
    state: dict[str, Any] = value["datasets"][0]["models"][0]["states"][0]
    return state


def without_tables(value: dict[str, Any]) -> None:
    for name in NAMES:
        state_of(value)["tables"].pop(name, None)


def shown(watched: Watched, folder: Path, link: str = "", damage: Any = whole) -> tuple[Page, list[str]]:
    """The explorer over `folder`, and the names of the files asked for."""
    asked = plant(watched.page, folder, damage)
    page = watched.open(f"explorer/#v1={link}" if link else "explorer/")
    page.wait_for_function(f"() => {STORE}?.ready")
    return page, asked


def clustered(page: Page, k: int) -> None:
    page.evaluate(f"() => {STORE}.setClusters({k})")
    page.wait_for_function(f"() => {STORE}.clustering?.k === {k}")


def strip(page: Page, title: str) -> Locator:
    """The measure of this name on the unit page."""
    return page.locator("rnnvis-explorer .measures > div", has=page.get_by_text(title, exact=True))


def loss(text: str) -> float:
    found = re.search(r"[+−]?\d+\.\d+", text)
    assert found, text
    return number(found[0])


def hold(page: Page, chip: int) -> None:
    page.locator(f"[data-chip='{chip}']").focus()
    page.keyboard.press("Enter")


def chip_cluster(published: Published, chip: int, k: int) -> int:
    return int(published.clusters("units", k)["order"][chip - 1])


def test_a_unit_says_what_it_tells(watched: Watched, folder: Path) -> None:
    page, _ = shown(watched, folder, f"p=unit&u={TELLING}")
    table = page.get_by_role("table", name="What its state tells")
    expect(table).to_be_visible()
    published = Published(folder, "planted")
    for row in published.rows("selectivity", "unit = ?", TELLING):
        cells = table.locator(f"[data-feature={row['feature']}] td").all_inner_texts()
        assert number(cells[1].removesuffix(" bits")) == pytest.approx(row["bits"], abs=0.006)
        assert number(cells[2].removesuffix(" bits")) == pytest.approx(row["shuffled"], abs=0.0006)
        assert row["highest"] in cells[3]
        assert row["lowest"] in cells[4]
    page.get_by_role("combobox", name="Sort the units by").select_option(label="Tells part of speech")
    order = published.rows("selectivity", "feature = 'part_of_speech' ORDER BY bits DESC, unit")
    rail = page.get_by_role("listbox", name="Units, by Tells part of speech").get_by_role("option")
    first = [option.get_attribute("aria-label") or "" for option in rail.all()[:5]]
    assert [int(label.split()[0]) for label in first] == [row["unit"] for row in order[:5]]
    assert order[0]["unit"] == TELLING
    watched.check()


def test_a_unit_is_ranked_by_effect_over_error(watched: Watched, folder: Path) -> None:
    page, _ = shown(watched, folder, f"p=unit&u={NOISY}&ur=lossWithout")
    published = Published(folder, "planted")
    rows = {row["unit"]: row for row in published.rows("unit_ablation")}
    own = rows[NOISY]
    assert max(rows.values(), key=lambda row: row["increase"]) == own
    told = strip(page, "Loss without it").inner_text()
    assert loss(told) == pytest.approx(own["increase"], rel=0.02)
    assert loss(told.split("±")[1]) == pytest.approx(own["standard_error"], rel=0.02)
    certain = strip(page, "Effect over error").inner_text()
    assert loss(certain) == pytest.approx(own["increase"] / own["standard_error"], abs=0.06)
    assert "may be noise" in certain
    page.get_by_role("combobox", name="Sort the units by").select_option(label="Effect over error")
    rail = page.get_by_role("listbox", name="Units, by Effect over error").get_by_role("option").first
    expect(rail).to_have_attribute("aria-label", re.compile(rf"^{MISSED} "))
    rail.click()
    expect(page.get_by_role("heading", name=f"Unit {MISSED}", exact=True)).to_be_visible()
    assert "number 1 of 39" in strip(page, "Effect over error").inner_text()
    page.evaluate(f"() => {STORE}.openUnit(39)")
    expect(strip(page, "Loss without it")).to_contain_text("standard error not known")
    watched.check()


def test_a_unit_shows_its_gates(watched: Watched, folder: Path) -> None:
    page, _ = shown(watched, folder, f"p=unit&u={TELLING}")
    chart = page.get_by_role("slider", name=re.compile("^Gates of the unit"))
    chart.focus()
    for key, gate, name in (("Home", "r", "Reset gate"), ("End", "z", "Update gate")):
        page.keyboard.press(key)
        row = Published(folder, "planted").rows("gates", "unit = ? AND gate = ?", TELLING, gate)[0]
        text = chart.get_attribute("aria-valuetext") or ""
        assert text.startswith(f"{name}: mean {row['mean']:.2f}. Nearly closed, below 0.1, at ")
        closed, opened = (float(share) for share in re.findall(r"at (\d+(?:\.\d)?) %", text))
        assert closed == pytest.approx(100 * row["closed"], abs=0.6)
        assert opened == pytest.approx(100 * row["open"], abs=0.6)
    watched.check()


def test_a_language_model_shows_the_next_words(watched: Watched, spoken: Path) -> None:
    page, _ = shown(watched, spoken, f"p=unit&u={TELLING}")
    published = Published(spoken, "planted")
    row = published.rows("units", "unit = ?", TELLING)[0]
    words = {word["word_id"]: word["text"] for word in published.rows("words")}
    lists = page.locator("dl[aria-label='Next words'] dd")
    expect(lists).to_have_count(2)
    for i, name in enumerate(("raises_next", "lowers_next")):
        assert lists.nth(i).locator("bdi").all_inner_texts() == [words[word] for word in row[name]]
        assert len(row[name]) == 10
    expect(page.get_by_role("table", name="What its state tells").locator("[data-feature=label]")).to_have_count(0)
    watched.check()


def test_the_units_are_sorted_filtered_and_saved_by_them(watched: Watched, folder: Path, tmp_path: Path) -> None:
    page, asked = shown(watched, folder, "p=units&us=-lossCertainty")
    published = Published(folder, "planted")
    loss_rows = {row["unit"]: row for row in published.rows("unit_ablation")}
    bits = {row["unit"]: row["bits"] for row in published.rows("selectivity", "feature = 'part_of_speech'")}

    def certainty(unit: int) -> float:
        row = loss_rows[unit]
        return row["increase"] / row["standard_error"] if row["standard_error"] else -1e9

    drawn = page.locator("rnnvis-explorer [role=row][data-unit]")
    expect(drawn.first).to_have_attribute("data-unit", str(MISSED))
    page.get_by_role("textbox", name="Tells part of speech, at least").fill("0.03")
    page.keyboard.press("Enter")
    kept = [unit for unit, value in bits.items() if value >= 0.03]
    expect(page.get_by_role("status").filter(has_text=f"{len(kept)} of 40 units")).to_be_visible()
    page.wait_for_function("() => location.hash.includes('uf=speechBits:0.03:')")
    with page.expect_download() as waiting:
        button(page, "Save CSV").click()
    lines = list(csv.DictReader(saved(waiting.value, tmp_path).open(encoding="utf-8", newline="")))
    assert [int(line["unit"]) for line in lines] == sorted(kept, key=lambda unit: (-certainty(unit), unit))
    assert TELLING in kept
    for line in lines:
        row = loss_rows[int(line["unit"])]
        assert float(line["tells part of speech"]) == pytest.approx(bits[int(line["unit"])])
        assert float(line["loss without it"]) == pytest.approx(row["increase"])
        error = line["loss without it, standard error"]
        assert (float(error) if error else None) == pytest.approx(row["standard_error"])
    assert not [name for name in asked if name.startswith(("gates", "cluster_ablation"))]
    watched.check()


@pytest.mark.parametrize("k", [8, 3])
def test_a_held_chip_says_what_happens_without_it(watched: Watched, folder: Path, tmp_path: Path, k: int) -> None:
    page, asked = shown(watched, folder)
    clustered(page, k)
    assert not [name for name in asked if name.startswith(NAMES)]
    published = Published(folder, "planted")
    chip = 2
    cluster = chip_cluster(published, chip, k)
    of = "method = 'block' AND selection = 'reliable' AND k = ? AND cluster = ?"
    rows = published.rows("cluster_ablation", of, k, cluster)
    size = published.clusters("units", k)["labels"].count(cluster)
    hold(page, chip)
    panel = page.get_by_role("region", name=f"Chip {chip}", exact=True)
    said = panel.get_by_role("status").inner_text()
    whole_text = next(row for row in rows if row["subject"] == "all")
    assert f"{size} random unit" in said or (size == 1 and "a random unit" in said)
    rise, error, random, spread = (float(found) for found in re.findall(r"\d\.\d+", said)[:4])
    assert rise == pytest.approx(whole_text["increase"], rel=0.03)
    assert error == pytest.approx(whole_text["standard_error"], rel=0.03)
    assert random == pytest.approx(whole_text["random"], rel=0.03)
    assert spread == pytest.approx(whole_text["random_spread"], rel=0.03)

    order = published.clusters("words", k)["order"]
    names = {"all": lambda _: "All text", "words": lambda value: f"Words {order.index(value) + 1}"}
    names["class"] = lambda value: published.dataset["labels"][value]
    button(page, "View as table").last.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox", name="Table").select_option(label=f"Without chip {chip}")
    with page.expect_download() as waiting:
        dialog.get_by_role("button", name="Save CSV").click()
    page.keyboard.press("Escape")
    lines = list(csv.DictReader(saved(waiting.value, tmp_path).open(encoding="utf-8", newline="")))
    assert len(lines) == len(rows) == 3 + k
    by_name = {line["text"]: line for line in lines}
    assert [line["text"] for line in lines[3:]] == [f"Words {i + 1}" for i in range(k)]
    for row in rows:
        line = by_name[names[row["subject"]](row["value"])]
        assert int(line["count"]) == row["count"]
        assert float(line["increase"]) == pytest.approx(row["increase"])
        assert float(line["random"]) == pytest.approx(row["random"])
        assert (float(line["standard error"]) if line["standard error"] else None) == pytest.approx(
            row["standard_error"]
        )
    chart = panel.get_by_role("slider")
    chart.focus()
    page.keyboard.press("End")
    last = next(row for row in rows if row["subject"] == "words" and row["value"] == order[-1])
    assert loss((chart.get_attribute("aria-valuetext") or "").split("loss ")[1]) == pytest.approx(
        abs(last["increase"]), rel=0.03
    )
    assert findings(page) == []
    panel.get_by_role("button", name="Let go").click()
    expect(panel).to_have_count(0)
    watched.check()


def test_a_chip_under_the_pointer_says_it_in_its_tooltip(watched: Watched, folder: Path) -> None:
    page, asked = shown(watched, folder)
    box = page.locator("[data-chip='1']").bounding_box()
    assert box
    page.mouse.move(box["x"] + 10, box["y"] + 8)
    tooltip = page.locator("rnnvis-explorer .tooltip")
    expect(tooltip).to_contain_text("Without it the loss rises by")
    cluster = chip_cluster(Published(folder, "planted"), 1, 8)
    row = Published(folder, "planted").rows(
        "cluster_ablation", "selection = 'reliable' AND k = 8 AND cluster = ? AND subject = 'all'", cluster
    )[0]
    assert loss(tooltip.inner_text().split("loss rises by")[1]) == pytest.approx(row["increase"], rel=0.03)
    once = len(asked)
    page.mouse.move(box["x"] + 10, box["y"] + box["height"] + 60)
    page.mouse.move(box["x"] + 12, box["y"] + 8)
    expect(tooltip).to_contain_text("Without it the loss rises by")
    assert len(asked) == once
    watched.check()


def test_what_was_not_measured_is_said(watched: Watched, folder: Path) -> None:
    page, _ = shown(watched, folder)
    clustered(page, 16)
    hold(page, 2)
    expect(page.get_by_text("Measured for up to 12 chips; here are 16.")).to_be_visible()
    clustered(page, 12)
    hold(page, 2)
    expect(page.get_by_role("region", name="Chip 2", exact=True).get_by_role("status")).to_contain_text(
        "the loss rises"
    )
    watched.check()


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (None, "No ablation was published for this state."),
        ("Nothing was switched off: it was not known how.", "Nothing was switched off: it was not known how."),
    ],
)
def test_where_the_tables_are_missing_the_reason_stands(
    watched: Watched, folder: Path, reason: str | None, said: str
) -> None:
    def change(value: dict[str, Any]) -> None:
        without_tables(value)
        value["datasets"][0]["models"][0]["ablation"] = reason

    page, asked = shown(watched, folder, damage=manifest(change))
    hold(page, 2)
    panel = page.get_by_role("region", name="Chip 2", exact=True)
    expect(panel.get_by_text(said, exact=True)).to_be_visible()
    expect(panel.get_by_role("slider")).to_have_count(0)
    page.evaluate(f"() => {STORE}.openUnit({TELLING})")
    expect(page.get_by_text(said)).to_be_visible()
    expect(page.get_by_text("What its state tells about words was not published.")).to_be_visible()
    expect(page.get_by_role("table", name="What its state tells")).to_have_count(0)
    options = page.get_by_role("combobox", name="Sort the units by").locator("option").all_inner_texts()
    assert not [option for option in options if "Loss" in option or "part of speech" in option]
    assert not [name for name in asked if name.startswith(NAMES)]
    watched.check()


def test_the_figures_of_the_page_hold_them(watched: Watched, folder: Path, tmp_path: Path) -> None:
    page, _ = shown(watched, folder, f"p=unit&u={TELLING}")
    expect(page.get_by_role("slider", name=re.compile("^Words that raise"))).to_be_visible()
    expect(page.get_by_role("slider", name=re.compile("^Gates of the unit"))).to_be_visible()
    with page.expect_download() as waiting:
        button(page, "Save SVG").click()
    svg = saved(waiting.value, tmp_path).read_text(encoding="utf-8")
    for text in ("Tells the part of speech of the word: 1.25 bits", "Update gate", "Without it the loss"):
        assert text in svg
    page.evaluate(f"() => {STORE}.closeUnit()")
    page.wait_for_function(f"() => {STORE}.ready")
    hold(page, 2)
    expect(page.get_by_role("region", name="Chip 2", exact=True).get_by_role("slider")).to_be_visible()
    with page.expect_download() as waiting:
        button(page, "Save SVG").last.click()
    svg = saved(waiting.value, tmp_path).read_text(encoding="utf-8")
    assert "Without chip 2" in svg
    assert svg.count("Without the chip the loss") >= 11
    watched.check()


def test_a_damaged_table_leaves_the_rest(watched: Watched, folder: Path) -> None:
    def damage(name: str, content: bytes) -> bytes:
        return content[: len(content) // 2] if name.startswith("selectivity") else content

    page, _ = shown(watched, folder, f"p=unit&u={TELLING}", damage)
    expect(strip(page, "Loss without it")).to_be_visible()
    expect(page.get_by_role("alert").first).to_contain_text("selectivity")
