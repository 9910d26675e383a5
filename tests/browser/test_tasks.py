"""Six tasks of a newcomer, from the first view as it opens, each in so many clicks, and what they lead to is true."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.conftest import watch
from tests.browser.published import Published

NUMBER = re.compile(r"[+\u2212]\d+\.\d+")


class Newcomer:
    """Uses a page by its pointer, and counts the clicks. What is typed into a field that has the focus is no click."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.clicks = 0

    def begin(self) -> None:
        """The first view, as it opens without a link."""
        self.page.goto("about:blank")
        self.page.goto(self.address)
        self.page.wait_for_function("() => document.querySelector('rnnvis-explorer')?.explorer?.ready", timeout=60_000)
        self.clicks = 0

    def click(self, target: Locator) -> None:
        """One click."""
        target.click()
        self.clicks += 1

    def press(self, name: str) -> None:
        """A click on the button of that name."""
        self.click(self.page.get_by_role("button", name=name, exact=True))

    def choose(self, menu: str, value: str) -> None:
        """Two clicks: one opens the menu, and one chooses."""
        self.page.get_by_role("combobox", name=menu, exact=True).select_option(value)
        self.clicks += 2


@pytest.fixture(scope="module")
def gru(site: Path) -> Published:
    return Published(site / "explorer" / "data", "gru")


def number(text: str) -> float:
    return float(text.replace("\u2212", "-"))


def why_negative(one: Newcomer, gru: Published) -> None:
    """The words, chips and units that made the verdict: what is in the way is the tour, which comes by itself once."""
    one.click(one.page.get_by_role("button", name="Skip the tour"))
    head = one.page.get_by_role("region", name="The sentence and its answer")
    expect(head).to_contain_text("negative")
    for group in ("Words", "Chips", "Units"):
        expect(head.locator(".group", has_text=group)).to_be_visible()
    steps = gru.steps(gru.dataset["view"]["sentence"])
    pushes = np.array([step["push"] for step in steps])
    shown = head.locator(".group", has_text="Words").get_by_role("button").first
    assert number(NUMBER.search(shown.inner_text())[0]) == pytest.approx(pushes[np.abs(pushes).argmax()], abs=0.0051)
    states = gru.states(gru.dataset["view"]["sentence"])
    by_unit = gru.weights * (states[-1] - 0)
    first = head.locator(".group", has_text="Units").get_by_role("button").first
    assert int(first.inner_text().split()[0]) == np.abs(by_unit).argmax()


def units_of_negation(one: Newcomer, gru: Published) -> None:
    one.press("Units")
    one.click(one.page.get_by_label("Moved by"))
    one.page.keyboard.type("not")
    response = gru.response("not")
    rows = one.page.locator("[role=row][data-unit]")
    expect(rows.first).to_have_attribute("data-unit", str(np.abs(response).argmax()), timeout=60_000)
    order = [int(rows.nth(i).get_attribute("data-unit") or -1) for i in range(5)]
    assert order == list(np.argsort(-np.abs(response))[:5])
    expect(rows.first).to_contain_text(f"{response[order[0]]:+.4f}".replace("-", "\u2212"))


def disagreement(one: Newcomer, gru: Published) -> None:
    one.press("Compare")
    one.press("Where they disagree")
    listed = one.page.get_by_role("complementary", name="Where they disagree")
    one.click(listed.get_by_role("searchbox"))
    one.page.keyboard.type("but")
    expect(listed.locator("thead")).to_contain_text(re.compile(r"right of \d+"), timeout=60_000)
    word = re.compile(r"(?<!\w)but(?!\w)", re.IGNORECASE)
    asked = [row for row in gru.rows("sentences", "split = 'test' AND label IS NOT NULL") if word.search(row["text"])]
    expect(listed.locator("thead")).to_contain_text(f"right of {len(asked)}")
    answers = {row["sentence_id"]: row["predicted"] for row in gru.rows("predictions")}
    right = sum(answers[row["sentence_id"]] == row["label"] for row in asked)
    expect(listed.locator("tr[data-of=a]")).to_contain_text(f"{100 * right / len(asked):.1f} %")
    expect(listed.locator("[data-difference]")).to_contain_text("noise")
    expect(listed.locator("[data-key]").first).to_be_visible()


def longest_memory(one: Newcomer, gru: Published) -> None:
    scales = [row["time_scale"] for row in gru.rows("units")]
    slowest = int(np.nanargmax(np.array(scales, dtype=float)))
    one.press("Units")
    one.click(one.page.get_by_role("columnheader", name=re.compile("^Time-scale")).get_by_role("button").first)
    row = one.page.locator(f"[role=row][data-unit='{slowest}']")
    expect(one.page.locator("[role=row][data-unit]").first).to_have_attribute("data-unit", str(slowest))
    one.click(row.locator("[role=cell], [role=gridcell]").nth(1))
    expect(one.page.get_by_role("heading", name=f"Unit {slowest}", exact=True)).to_be_visible(timeout=60_000)
    expect(one.page.get_by_role("region", name="Along the sentence")).to_be_visible()


def chips_and_clouds(one: Newcomer, gru: Published) -> None:
    lstm = Published(gru.folder, "lstm", "rnn.0.c")
    one.choose("State", '["lstm","rnn.0.c"]')
    one.press("Raise clusters to 6")
    one.page.wait_for_function(
        """() => { const { explorer } = document.querySelector('rnnvis-explorer');
        return explorer.ready && explorer.model.name === 'lstm' && explorer.clustering?.units.order.length === 6; }"""
    )
    with one.page.expect_download() as download:
        one.press("Save chips and clouds")
    assert download.value.suggested_filename == "rnnvis-lstm-rnn-0-c-6-clusters-chips-and-clouds.zip"
    with zipfile.ZipFile(download.value.path()) as archive:
        assert archive.testzip() is None
        files = {Path(name).suffix: archive.read(name).decode() for name in archive.namelist()}
    assert set(files) == {".svg", ".csv"}
    labels = lstm.clusters("units", 6)["labels"]
    rows = list(csv.reader(io.StringIO(files[".csv"])))
    chips = {int(row[2]): row[0] for row in rows[2 : 2 + len(labels)]}
    assert set(chips) == set(range(len(labels)))
    assert len(set(zip(labels, (chips[unit] for unit in range(len(labels))), strict=True))) == len(set(labels)) == 6
    texts = [text.text for text in ElementTree.fromstring(files[".svg"]).iter("{http://www.w3.org/2000/svg}text")]
    assert {"Memory", "Words"} <= set(texts)
    alone = one.page.context.new_page()
    alone.set_content(files[".svg"])
    outside = alone.evaluate(
        """() => { const sheet = document.querySelector('svg').getBoundingClientRect();
        const all = [...document.querySelectorAll('svg text, svg rect')];
        const marks = all.filter((one) => !one.closest('defs, clipPath'));
        return marks.map((one) => [one, one.getBoundingClientRect()])
          .filter(([, box]) => box.left < sheet.left - 1 || box.right > sheet.right + 1
            || box.top < sheet.top - 1 || box.bottom > sheet.bottom + 1)
          .map(([one]) => one.textContent); }"""
    )
    alone.close()
    assert outside == []


def surest_and_wrong(one: Newcomer, gru: Published) -> None:
    one.press("Find")
    one.click(one.page.get_by_role("button", name="Sure and wrong"))
    sentences = {row["sentence_id"]: row for row in gru.rows("sentences", "label IS NOT NULL")}
    answers = [row for row in gru.rows("predictions") if row["sentence_id"] in sentences]
    wrong = [row for row in answers if row["predicted"] != sentences[row["sentence_id"]]["label"]]
    worst = max(wrong, key=lambda row: row["loss"])
    text = sentences[worst["sentence_id"]]
    first = one.page.locator("[data-row]").first
    expect(first).to_contain_text("wrong", timeout=60_000)
    expect(first).to_contain_text(f"{worst['loss']:.2f}")
    special = {row["word_id"] for row in gru.rows("words") if row["special"]}
    unknown = [word for word, token in zip(text["surface"], text["tokens"], strict=True) if token in special]
    assert unknown
    expect(first).to_contain_text(f"not known to the model: {', '.join(unknown)}")


TASKS: dict[Callable[[Newcomer, Published], None], int] = {
    why_negative: 1,
    units_of_negation: 3,
    disagreement: 3,
    longest_memory: 3,
    chips_and_clouds: 4,
    surest_and_wrong: 2,
}


def test_six_tasks_take_no_more_clicks_than_promised(
    profile: Callable[..., BrowserContext], base: str, gru: Published
) -> None:
    watched = watch(profile(tour=True), base)
    one = Newcomer(watched.page, base + "explorer/")
    counted = {}
    for task in TASKS:
        one.begin()
        task(one, gru)
        counted[task] = one.clicks
    assert {task.__name__: n for task, n in counted.items() if n > TASKS[task]} == {}
    watched.check()
