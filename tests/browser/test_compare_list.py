"""Where two models disagree: three clicks from the first view, with the figures of the published tables."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Watched
from tests.browser.published import Published
from tests.browser.test_find import tinted

WORD = re.compile(r"(?<!\w)but(?!\w)", re.IGNORECASE)


@pytest.fixture(scope="module")
def asked(site: Path) -> list[tuple[str, int, int, int, float]]:
    """Of the labelled test sentences with “but”: key, label, what GRU and LSTM say, and how far they lie apart."""
    gru, lstm = (Published(site / "explorer" / "data", model) for model in ("gru", "lstm"))
    answers = [{row["sentence_id"]: row for row in of.rows("predictions", "true")} for of in (gru, lstm)]
    found = []
    for row in gru.rows("sentences", "split = 'test' AND label IS NOT NULL"):
        if WORD.search(row["text"]):
            a, b = (of[row["sentence_id"]] for of in answers)
            apart = abs(a["p_class"][1] - b["p_class"][1])
            found.append((row["key"], row["label"], a["predicted"], b["predicted"], apart))
    return sorted(found, key=lambda row: -row[-1])


def test_where_they_disagree_on_a_word(
    watched: Watched, site: Path, asked: list[tuple[str, int, int, int, float]]
) -> None:
    page = watched.open("explorer/")
    page.get_by_role("button", name="Compare", exact=True).click()
    page.get_by_role("button", name="Where they disagree").click()
    listed = page.get_by_role("complementary", name="Where they disagree")
    listed.get_by_role("searchbox").fill("but")
    right = [sum(row[1] == row[2 + side] for row in asked) for side in (0, 1)]
    expect(listed.locator("thead")).to_contain_text(f"right of {len(asked)}", timeout=60_000)
    for side, count in zip("ab", right, strict=True):
        expect(listed.locator(f"tr[data-of={side}]")).to_contain_text(f"{100 * count / len(asked):.1f} %")
    expect(listed.locator("[data-difference]")).to_contain_text("Share right: the difference is within noise")
    listed.get_by_role("button", name=re.compile("^only GRU right")).click()
    alone = [row for row in asked if row[1] == row[2] != row[3]]
    expect(listed.locator("[data-key]")).to_have_count(len(alone))
    tinted(page, Published(site / "explorer" / "data", "gru"), listed.locator("[data-key]"))
    first = listed.locator("[data-key]").first
    expect(first).to_have_attribute("data-key", alone[0][0])
    first.click()
    verdicts = page.locator("[data-verdicts]")
    expect(verdicts.locator("[data-of=a]")).to_contain_text("right")
    expect(verdicts.locator("[data-of=b]")).to_contain_text("wrong")
    expect(verdicts).to_contain_text(f"1 of {len(alone)}")
    verdicts.get_by_role("button", name="Next of the sentences where they disagree").click()
    expect(verdicts).to_contain_text(f"2 of {len(alone)}")
    page.wait_for_function("key => location.hash.includes(key)", arg=alone[1][0])
    page.get_by_role("button", name="Picture", exact=True).click()
    head = page.get_by_role("region", name="The sentence and its answer")
    expect(head.get_by_text(f"2 of {len(alone)}")).to_be_visible()
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(verdicts).to_contain_text(f"2 of {len(alone)}")
    link = page.evaluate("() => location.hash")
    page.goto("about:blank")
    page.goto(watched.base + "explorer/" + link)
    expect(page.locator("[data-apart] [data-key]")).to_have_count(len(alone), timeout=60_000)
    expect(page.locator("[data-verdicts]")).to_contain_text(f"2 of {len(alone)}")
    watched.check()
