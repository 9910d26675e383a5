"""Folders that `Recording.publish` wrote, in the explorer that `rnnvis.serve` opens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

import rnnvis
from tests.browser import recorded
from tests.browser.conftest import Watched
from tests.browser.published import Published
from tests.browser.test_compare import settled

STATE = "gru.0.h"


def opened(context: BrowserContext, url: str, fragment: str) -> Watched:
    watched = Watched(context.new_page(), url, url)
    watched.watch()
    watched.open(fragment)
    return watched


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A folder with two recorded models of one text, and one of another, served."""
    folder = tmp_path_factory.mktemp("pair")
    recorded.recording(units=12, seed=1).publish(folder, name="first", largest_k=8)
    recorded.recording(units=20, seed=2).publish(folder, name="second", largest_k=8)
    words = [*recorded.WORDS[4:], "harbour", "ferry"]
    model = recorded.Reader(len(words), 9, 3)
    other = rnnvis.record(model, recorded.sentences(words=len(words)), words)
    other.publish(folder, name="third", dataset="other text", largest_k=8)
    with rnnvis.serve(folder) as running:
        yield folder, running.url


@pytest.fixture(scope="module")
def wordless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A folder without sentences, served."""
    folder = tmp_path_factory.mktemp("wordless")
    recorded.recording().publish(folder, text=False, largest_k=8)
    with rnnvis.serve(folder) as running:
        yield running.url


@pytest.mark.parametrize(("dataset", "model"), [("recorded text", "second"), ("other text", "third")])
def test_recordings_in_one_folder_compare_by_their_published_matches(
    pair: tuple[Path, str], context: BrowserContext, dataset: str, model: str
) -> None:
    folder, url = pair
    link = f"#v1=d=recorded%20text&m=first&s={STATE}&g=block.reliable&k=6&p=compare&b={dataset.replace(' ', '%20')}"
    watched = opened(context, url, f"{link},{model},{STATE}")
    shown = settled(watched.page, "drawn.a.chips.length === 6 && drawn.b.chips.length === 6 && drawn.matches.length")
    other = None if dataset == "recorded text" else dataset
    where = "model_a = 'first' AND model_b = ? AND dataset_b IS NOT DISTINCT FROM ?"
    published = Published(folder, "first", STATE)
    by = "method = 'block' AND selection = 'reliable' AND k = 6"
    [row] = published.rows("cluster_matches", f"{where} AND {by}", model, other)
    partner = {cluster: b for cluster, b in enumerate(row["b"])}
    assert [chip["cluster"] for chip in shown["b"]["chips"]] == [partner[c["cluster"]] for c in shown["a"]["chips"]]
    assert len(shown["matches"]) == 6
    for match in shown["matches"]:
        strength = row["strength"][row["b"].index(match["cluster"])]
        assert match["strength"] == pytest.approx(strength, abs=1e-6)
    [whole] = published.rows("state_pairs", where, model, other)
    if other is None:
        cell = watched.page.locator("[data-measure=cka] td")
        expect(cell).to_have_text(f"{whole['cka']:.2f}")
    else:
        assert whole["cka"] is None
    expect(watched.page.get_by_text("No matches were published")).to_have_count(0)
    watched.check()


def test_without_text_the_rest_works_and_find_says_why_it_does_not(wordless: str, context: BrowserContext) -> None:
    watched = opened(context, wordless, "")
    page: Page = watched.page
    expect(page.get_by_text("The sentences were not published")).to_be_visible()
    picture = "document.querySelector('rnnvis-explorer').shadowRoot.querySelector('[data-picture]').inspect()"
    page.wait_for_function(f"() => {picture}.chips.length === 8 && {picture}.clouds.length > 0")
    tabs = page.get_by_role("navigation", name="Views")
    expect(tabs.get_by_role("button", name="Find")).to_have_count(0)
    page.get_by_role("combobox", name="Find a word, unit or sentence").fill("story")
    expect(page.get_by_role("option", name="story")).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_function("() => location.hash.includes('w=story')")
    for view in ("Units", "Map", "SQL"):
        tabs.get_by_role("button", name=view).click()
        expect(page.get_by_role("heading", level=1).first).to_be_visible()
    page.evaluate("() => document.querySelector('rnnvis-explorer').explorer.openPage('find')")
    expect(page.get_by_role("alert")).to_contain_text("published without its sentences")
    watched.check()


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A folder with a model that read one sentence, served."""
    folder = tmp_path_factory.mktemp("single")
    text = [list(range(len(recorded.HOSTILE), len(recorded.WORDS)))]
    model = recorded.Reader(len(recorded.WORDS), 12, 0)
    recording = rnnvis.record(model, text, recorded.WORDS, minimum_count=1, frequent_count=1)
    recording.publish(folder, name="one sentence")
    with rnnvis.serve(folder) as running:
        yield folder, running.url


def test_one_sentence_is_shown_without_clusters_and_it_says_why(
    single: tuple[Path, str], context: BrowserContext
) -> None:
    folder, url = single
    watched = opened(context, url, "")
    page: Page = watched.page
    published = Published(folder, "one-sentence", STATE)
    assert published.state["k"] == []
    expect(page.locator("[data-ungrouped]")).to_contain_text("not grouped")
    expect(page.locator("[data-ungrouped]")).to_contain_text(published.state["unclustered"])
    picture = "document.querySelector('rnnvis-explorer').shadowRoot.querySelector('[data-picture]').inspect()"
    page.wait_for_function(f"() => {picture}.chips.length === 1 && {picture}.glyphs.length > 0")
    expect(page.get_by_role("slider", name="Clusters")).to_have_count(0)
    shown = page.evaluate(f"() => {picture}")
    key = published.dataset["view"]["sentence"]
    step = published.dataset["view"]["step"]
    change = published.change(key, step)
    assert shown["chips"][0]["amount"] == pytest.approx(change.mean(), abs=1e-5)
    tabs = page.get_by_role("navigation", name="Views")
    for view in ("Units", "Map", "Find", "SQL"):
        tabs.get_by_role("button", name=view).click()
        expect(tabs.get_by_role("button", name=view)).to_have_attribute("aria-current", "page")
        page.wait_for_timeout(300)
    watched.check()
