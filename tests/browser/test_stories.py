"""The home page's stories open the views that they tell of, the case study's picture follows its text, and the surest
wrong answers stand two clicks from the first view."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Watched
from tests.browser.published import Published

STORE = "document.querySelector('rnnvis-explorer').explorer"


@pytest.fixture(scope="module")
def published(site: Path) -> Published:
    return Published(site / "explorer" / "data", "gru")


def followed(watched: Watched, title: str) -> Page:
    """The page that the story's link opens."""
    page = watched.open("")
    page.locator(".rv-story", has_text=title).get_by_role("link").click()
    page.wait_for_url("**/explorer/#v1=**")
    page.wait_for_function(f"() => {STORE}?.ready")
    return page


def test_each_story_opens_what_it_tells_of(watched: Watched) -> None:
    page = followed(watched, "A unit that answers to negation")
    unit = page.evaluate(f"{STORE}.view.units[0]")
    expect(page.get_by_role("heading", name=f"Unit {unit}", exact=True)).to_be_visible()
    assert page.evaluate(f"{STORE}.view.words") == ["without", "not"]
    page = followed(watched, "The same words, the other order")
    assert page.evaluate(f"{STORE}.view.focus") == "difference"
    assert page.evaluate(f"{STORE}.second !== null")
    page = followed(watched, "Two models disagree")
    said = page.locator("[data-verdicts]")
    expect(said.locator("[data-of=a]")).to_contain_text("right")
    expect(said.locator("[data-of=b]")).to_contain_text("wrong")
    watched.check()


def test_the_picture_of_the_case_study_follows_its_text(watched: Watched) -> None:
    page = watched.open("cases/though/")
    stops = page.locator("[data-stop]")
    place = (
        "stop => { const box = stop.getBoundingClientRect();"
        " window.scrollBy({ top: box.top + box.height / 2 - innerHeight * 0.45, behavior: 'instant' }); }"
    )
    stops.first.evaluate(place)
    page.wait_for_function(f"() => {STORE}?.ready")
    source = page.evaluate_handle(f"{STORE}.source")
    for number in (1, 3, stops.count() - 1, 0):
        stop = stops.nth(number)
        stop.evaluate(place)
        told = [stop.get_attribute(f"data-{name}") for name in ("sentence", "step", "sentence2")]
        page.wait_for_function(
            "told => { const { view } = document.querySelector('rnnvis-explorer').explorer;"
            " return [view.sentence, String(view.step), view.sentence2].every((one, i) => one === told[i]); }",
            arg=told,
        )
        expect(stop).to_have_class(re.compile("rv-walk__now"))
    assert page.evaluate(f"source => source === {STORE}.source", source), "it was not started anew"
    watched.check()


def test_the_surest_wrong_answers_and_the_words_that_the_model_did_not_know(
    watched: Watched, published: Published
) -> None:
    page = watched.open("explorer/")
    page.get_by_role("button", name="Find", exact=True).click()
    page.get_by_role("button", name="Sure and wrong").click()
    answers = {row["sentence_id"]: row for row in published.rows("predictions", "true")}
    wrong = [
        row
        for row in published.rows("sentences", "label IS NOT NULL")
        if answers[row["sentence_id"]]["predicted"] != row["label"]
    ]
    wrong.sort(key=lambda row: -answers[row["sentence_id"]]["loss"])
    first = page.locator("[data-row]").first
    expect(first).to_have_attribute("data-key", wrong[0]["key"], timeout=30_000)
    losses = [answers[row["sentence_id"]]["loss"] for row in wrong]
    expect(page.locator("[data-told]")).to_contain_text(f"mean loss {sum(losses) / len(losses):.3f} of {len(wrong):,}")
    unknown = {row["word_id"] for row in published.rows("words", "special")}
    said = {
        row["key"]: [word for word, token in zip(row["surface"], row["tokens"], strict=True) if token in unknown]
        for row in wrong[:50]
    }
    some = [key for key, words in said.items() if words]
    expect(page.locator("[data-unknown]")).to_have_count(len(some), timeout=30_000)
    shown = page.locator(f'[data-key="{some[0]}"] [data-unknown]')
    expect(shown).to_have_text(f"not known to the model: {', '.join(said[some[0]])}")
    watched.check()
