"""What pushed the answer: pushes add up to what the model said, and the head of the sentence says so."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Watched
from tests.browser.published import Published
from tests.browser.test_explorer import button, drawn, opened, settled


@pytest.fixture(scope="module")
def published(site: Path) -> Published:
    return Published(site / "explorer" / "data", "gru")


def log_odds(p_class: list[float]) -> float:
    return float(np.log(p_class[1]) - np.log(p_class[0]))


def test_words_add_up_to_the_published_answer_of_every_sentence(published: Published) -> None:
    before: list[float] = []
    rows = published.rows("steps", "sentence_id < 300")
    for number in {row["sentence_id"] for row in rows}:
        steps = sorted((row for row in rows if row["sentence_id"] == number), key=lambda row: row["step"])
        score = log_odds(steps[0]["p_class"]) - steps[0]["push"]
        before.append(score)
        for step in steps:
            score += step["push"]
            assert 1 / (1 + np.exp(-score)) == pytest.approx(step["p_class"][1], abs=1e-3)
    assert np.ptp(before) < 1e-3, "before the first word stands the bias alone"


def test_chips_add_up_to_their_word_and_the_head_says_what_made_the_verdict(
    watched: Watched, published: Published
) -> None:
    page = opened(watched)
    key = published.dataset["view"]["sentence"]
    steps = published.steps(key)
    changes = [published.change(key, step) for step in range(len(steps))]
    labels = np.array(published.clusters("units", published.dataset["view"]["k"])["labels"])
    inspection = drawn(page)
    assert inspection["pushed"]
    for glyph, step, change in zip(inspection["glyphs"], steps, changes, strict=True):
        assert glyph["push"] == pytest.approx(step["push"], abs=1e-5)
        assert sum(bar["amount"] for bar in glyph["bars"]) == pytest.approx(step["push"], abs=1e-3)
        for bar in glyph["bars"]:
            inside = labels == bar["cluster"]
            assert bar["amount"] == pytest.approx(float((published.weights * change)[inside].sum()), abs=1e-5)

    head = page.get_by_role("region", name="The sentence and its answer")
    pushes = np.array([step["push"] for step in steps])
    score = log_odds(steps[-1]["p_class"])
    said = head.inner_text().replace("\u2212", "-")
    for value in (pushes[pushes > 0].sum(), pushes[pushes < 0].sum(), score - pushes.sum(), score):
        assert f"{value:+.2f}" in said
    strongest, weakest = int(np.argmax(np.abs(pushes))), int(np.argmin(np.abs(pushes)))
    page.evaluate(f"document.querySelector('rnnvis-explorer').explorer.pinStep({weakest})")
    of = "drawn.stepLinks && drawn.stepLinks.of.step === "
    weak = settled(page, f"{of}{weakest}")["stepLinks"]["list"]
    head.get_by_role("button", name=re.compile(rf"word {strongest + 1}, pushed")).click()
    page.wait_for_function(f"() => location.hash.includes('t={strongest}')")
    strong = settled(page, f"{of}{strongest}")["stepLinks"]["list"]
    assert max(link["width"] for link in strong) > 2 * max(link["width"] for link in weak), "one scale for the sentence"
    unit = int(np.argmax(np.abs(published.weights * np.sum(changes, axis=0))))
    expect(head.get_by_role("button", name=re.compile(rf"Unit {unit} pushed"))).to_be_visible()

    page.get_by_role("radio", name="Moved").check(force=True)
    moved = settled(page, "!drawn.pushed")
    for chip in moved["chips"]:
        assert chip["amount"] == pytest.approx(np.mean([cell["value"] for cell in chip["cells"]]), abs=1e-6)
    assert "sh=moved" in page.evaluate("location.hash")
    button(page, "Undo").click()
    settled(page, "drawn.pushed")
    watched.check()


def test_what_was_found_in_a_list_goes_on_along_it(watched: Watched, published: Published) -> None:
    of = len(published.dataset["probes"])
    page = opened(watched)
    page.evaluate(
        """() => { const { explorer } = document.querySelector('rnnvis-explorer');
        const keys = Object.values(explorer.dataset.probes);
        explorer.trail.open('probes', keys.map((key) => ({ key, step: 0 })), 0); }"""
    )
    head = page.get_by_role("region", name="The sentence and its answer")
    expect(head.get_by_text(f"1 of {of}")).to_be_visible()
    expect(head.get_by_role("button", name="Previous of the probes")).to_be_disabled()
    head.get_by_role("button", name="Next of the probes").click()
    expect(head.get_by_text(f"2 of {of}")).to_be_visible()
    button(page, "Undo").click()
    expect(head.get_by_text(re.compile(rf"\d of {of}"))).to_have_count(0)
    watched.check()


def test_every_page_that_shows_a_sentence_has_its_head(watched: Watched, published: Published) -> None:
    key = published.dataset["view"]["sentence"]
    lstm = Published(published.folder, "lstm")
    push = np.array([step["push"] for step in lstm.steps(key)])
    score = log_odds(lstm.steps(key)[-1]["p_class"])
    head = watched.page.get_by_role("region", name="The sentence and its answer")
    page = watched.open(f"explorer/#v1=d=reviews&m=lstm&s=rnn.0.c&k=6&q={key}&p=unit&u=5")
    expect(head).to_contain_text("Unit 5 has no push here: the answer does not read this state")
    expect(head).to_contain_text(f"{score:+.2f}".replace("-", "\u2212"))
    page.goto("about:blank")
    watched.open(f"explorer/#v1=d=reviews&m=gru&q={key}&t=3&p=find&fi=m:nearest")
    expect(head).to_contain_text("labelled")
    head.locator("[data-word]").nth(5).click()
    expect(page).to_have_url(re.compile("t=5"))

    page.goto("about:blank")
    watched.open(f"explorer/#v1=d=reviews&m=gru&q={key}&k=5&p=compare")
    of_b = page.locator("[data-verdicts] [data-of=b]")
    words = of_b.locator(".group", has_text="Words").get_by_role("button")
    expect(words.first).to_contain_text(f"{push[np.abs(push).argmax()]:+.2f}".replace("-", "\u2212"), timeout=30_000)
    changes = np.sum([lstm.change(key, step) for step in range(len(push))], axis=0)
    groups = lstm.clusters("units", 5)
    labels = np.array(groups["labels"])[np.argsort(groups["ids"])]
    chips = [float((lstm.weights * changes)[labels == cluster].sum()) for cluster in range(5)]
    chip = of_b.locator(".group", has_text="Chips").get_by_role("button").first
    expect(chip).to_contain_text(f"{max(chips, key=abs):+.2f}".replace("-", "\u2212"))
    chip.click()
    expect(page).to_have_url(re.compile(r"[#&]o=chip\.\d\.b(&|$)"))
    watched.check()
