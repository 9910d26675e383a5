"""Every condition and order of the page “Find”, its ways in from the picture, and chips: against the Parquet."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Watched
from tests.browser.published import Published
from tests.browser.test_explorer import button
from tests.browser.test_find import counted, opened, rows, runs
from tests.browser.test_find import states as states
from tests.browser.test_pairs import row, view

Row = dict[str, Any]
BELOW_ALL, ABOVE_ALL = float("-inf"), float("inf")


@pytest.fixture(scope="module")
def published(site: Path) -> Published:
    return Published(site / "explorer" / "data", "gru")


@pytest.fixture(scope="module")
def corpus(published: Published) -> list[Row]:
    """Every sentence with what the model made of it."""
    made = {one["sentence_id"]: one for one in published.rows("predictions")}
    nothing = dict.fromkeys(next(iter(made.values())))
    return [{**nothing, **made.get(one["sentence_id"], {}), **one} for one in published.rows("sentences")]


def within(value: float | None, low: float, high: float) -> bool:
    return value is not None and low <= value <= high


CONDITIONS: dict[str, tuple[str, Callable[[Row], bool]]] = {
    "label": ("l:1", lambda one: one["label"] == 1),
    "split": ("s:valid", lambda one: one["split"] == "valid"),
    "wrong": ("v:wrong", lambda one: one["label"] is not None and one["predicted"] not in (one["label"], None)),
    "right": ("v:right", lambda one: one["label"] is not None and one["predicted"] == one["label"]),
    "length": ("n:3~6", lambda one: within(one["length"], 3, 6)),
    "loss": ("x:1.5~", lambda one: within(one["loss"], 1.5, ABOVE_ALL)),
    "loss both": ("x:0.2~0.4", lambda one: within(one["loss"], 0.2, 0.4)),
    "surprise": ("y:~60", lambda one: within(one["surprise"], BELOW_ALL, 60)),
    "all": (
        "t:film;l:0;s:train;v:right;n:8~30;x:~0.5;y:90~",
        lambda one: (
            "film" in one["text"].lower()
            and one["label"] == one["predicted"] == 0
            and one["split"] == "train"
            and within(one["length"], 8, 30)
            and within(one["loss"], BELOW_ALL, 0.5)
            and within(one["surprise"], 90, ABOVE_ALL)
        ),
    ),
}


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_condition_leaves_the_sentences_that_the_tables_say(watched: Watched, corpus: list[Row], name: str) -> None:
    search, holds = CONDITIONS[name]
    wanted = [one for one in corpus if holds(one)]
    assert 0 < len(wanted) < len(corpus)
    page = opened(watched, search)
    counted(page, f"{min(50, len(wanted)):,} of {len(wanted):,} sentences")
    assert rows(page, "key") == [(one["key"],) for one in wanted[:50]]
    watched.check()


def last(value: float | None) -> float:
    return -ABOVE_ALL if value is None else value


ORDERS: dict[str, Callable[[Row], Any]] = {
    "loss": lambda one: -last(one["loss"]),
    "surprise": lambda one: -last(one["surprise"]),
    "longest": lambda one: -one["length"],
    "shortest": lambda one: one["length"],
}


@pytest.mark.parametrize("order", ORDERS)
def test_an_order_is_that_of_the_numbers(watched: Watched, corpus: list[Row], order: str) -> None:
    wanted = sorted(
        (one for one in corpus if one["split"] == "test"), key=lambda one: (ORDERS[order](one), one["sentence_id"])
    )
    page = opened(watched, f"s:test;o:{order}")
    counted(page, f"50 of {len(wanted):,} sentences")
    assert rows(page, "key") == [(one["key"],) for one in wanted[:50]]
    watched.check()


def test_the_fields_are_the_conditions(watched: Watched, corpus: list[Row]) -> None:
    page = opened(watched, "")
    counted(page, f"50 of {len(corpus):,} sentences")
    page.get_by_role("combobox", name="Label").select_option("1")
    page.get_by_role("combobox", name="Verdict").select_option("wrong")
    for field, value in (("Loss, at least", "0.9"), ("Surprise, at most", "95"), ("Words, at least", "4")):
        page.get_by_role("spinbutton", name=field).fill(value)
        page.keyboard.press("Enter")
    wanted = [
        one
        for one in corpus
        if one["label"] == 1
        and one["predicted"] == 0
        and within(one["loss"], 0.9, ABOVE_ALL)
        and within(one["surprise"], BELOW_ALL, 95)
        and one["length"] >= 4
    ]
    counted(page, re.compile(rf"^{min(50, len(wanted))} of {len(wanted):,} sentences?$"))
    assert rows(page, "key") == [(one["key"],) for one in wanted[:50]]
    watched.check()


def test_where_a_chip_is_low(
    watched: Watched, published: Published, states: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> None:
    sentence, step, value = states
    groups = published.clusters("units", 8)
    labels = np.array(groups["labels"])[np.argsort(groups["ids"])]
    mean = value[:, labels == groups["order"][2]].astype(np.float64).mean(axis=1)
    found = [(start, end) for start, end in runs(sentence, mean <= -0.15) if end - start >= 2]
    assert found
    page = opened(watched, "m:fires;b:chip;c:3;w:1;h:-0.15;r:2", "&k=8")
    many = len({int(sentence[start]) for start, _ in found})
    counted(
        page,
        f"{min(50, len(found))} of {len(found):,} stretches, in {many:,} of {len(set(sentence)):,} sentences",
    )
    found.sort(key=lambda run: (float(mean[run[0] : run[1]].mean()), run[0]))
    assert rows(page, "from", "to")[:10] == [(str(step[a]), str(step[b - 1])) for a, b in found[:10]]
    watched.check()


def test_a_brush_in_the_picture_leads_to_where_else_it_happens(watched: Watched) -> None:
    page = watched.open("explorer/")
    row(page, 3).focus()
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    button(page, "Where else does this happen?").click()
    expect(page.get_by_role("radio", name="Range")).to_be_checked()
    assert (view(page, "range"), view(page, "page")) == ([3, 5], "find")
    assert page.get_by_role("spinbutton", name="From word").input_value() == "4"
    assert page.get_by_role("spinbutton", name="to word").input_value() == "6"
    button(page, "Undo").click()
    expect(page.locator("[data-picture]")).to_be_visible()
    assert view(page, "range") == [3, 5]
    watched.check()


def test_the_panel_leads_to_where_a_chip_fires_to_nearest_steps_and_to_a_concordance(watched: Watched) -> None:
    page = watched.open("explorer/#v1=d=reviews&m=gru&s=rnn.0.h&g=block.reliable&k=8&q=music-though&t=5")
    ways = page.get_by_role("group", name="Find in the corpus")
    ways.get_by_role("combobox", name="Where a chip fires").select_option("5")
    expect(page.get_by_role("combobox", name="Chip", exact=True)).to_have_value("5")
    expect(page.locator("[data-row]").first).to_be_visible(timeout=60_000)
    page.go_back()
    ways.get_by_role("button", name="Nearest steps").click()
    expect(page.get_by_role("tab", name="Nearest steps")).to_have_attribute("aria-selected", "true")
    page.go_back()
    ways.get_by_role("button", name=re.compile("^Concordance of")).click()
    expect(page.get_by_role("searchbox", name="Word or phrase")).to_have_value("though")
    counted(page, re.compile(r"^100 of \d+ uses in \d+ sentences$"))
    watched.check()
