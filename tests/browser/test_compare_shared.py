"""Compare: states, epochs and corpora of either side, and what both sides share, against the Parquet."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Watched, watch
from tests.browser.published import Published
from tests.browser.test_compare import BOTH, VIEW, glyphs, settled
from tests.browser.test_compare import planted as planted
from tests.browser.test_explorer import button
from tests.browser.test_pairs import view

KEY = "cb1fd540fca03f14"


@pytest.fixture(scope="module")
def data(site: Path) -> Path:
    return site / "explorer" / "data"


def assert_glyphs(side: dict[str, Any], published: Published, key: str, k: int) -> None:
    """The bars of a side are the published means of its own clusters."""
    expected = glyphs(published, key, k)
    assert len(side["glyphs"]) == len(expected)
    for step, row in enumerate(side["glyphs"]):
        assert len(row["bars"]) == k
        for bar in row["bars"]:
            np.testing.assert_allclose([bar["p"], bar["n"]], expected[step, bar["cluster"]], atol=2e-3)


def test_two_states_of_one_model(watched: Watched, data: Path) -> None:
    page = watched.open("explorer/" + VIEW.replace("m=gru", "m=lstm") + "&b=reviews,lstm,rnn.0.c")
    hidden, cell = Published(data, "lstm"), Published(data, "lstm", "rnn.0.c")
    shown = settled(page, f"{BOTH} && drawn.matches.length === 8")
    expect(page.get_by_role("region", name="Measures")).to_contain_text("States alike")
    assert_glyphs(shown["a"], hidden, KEY, 8)
    assert_glyphs(shown["b"], cell, KEY, 8)
    where = "model_a = 'lstm' AND state_a = 'rnn.0.h' AND model_b = 'lstm' AND state_b = 'rnn.0.c'"
    match = hidden.rows("cluster_matches", f"{where} AND method = 'block' AND selection = 'reliable' AND k = 8")[0]
    for found in shown["matches"]:
        assert found["strength"] == pytest.approx(match["strength"][match["b"].index(found["cluster"])], abs=1e-6)
    kept = [side.rows("state_measures", "measure = 'kept_per_step'")[0]["value"] for side in (hidden, cell)]
    for column, value in enumerate(kept):
        row = page.locator("[data-measures] [data-measure=kept_per_step] td").nth(column)
        expect(row).to_have_text(f"{100 * value:.0f} %")
    watched.check()


def test_the_number_of_clusters_is_shared_and_undone(watched: Watched, data: Path) -> None:
    page = watched.open("explorer/" + VIEW)
    settled(page)
    page.get_by_role("slider", name="Clusters").fill("5")
    shown = settled(page, "drawn.a.chips.length === 5 && drawn.b.chips.length === 5")
    for side, name in (("a", "gru"), ("b", "lstm")):
        assert_glyphs(shown[side], Published(data, name), KEY, 5)
        assert len(shown[side]["clouds"]) == 5
    button(page, "Undo").click()
    settled(page, "drawn.a.chips.length === 8 && drawn.b.chips.length === 8")
    watched.check()


def test_step_and_sentence_are_shared(watched: Watched, data: Path) -> None:
    page = watched.open("explorer/" + VIEW + "&sh=moved")
    settled(page)
    sides = {"a": Published(data, "gru"), "b": Published(data, "lstm")}
    probes = sides["a"].dataset["probes"]
    page.locator("[data-compare] button[data-step='2']").click()
    for key, step in ((KEY, 2), (probes["music-though-reversed"], 7)):
        if key != KEY:
            page.evaluate(
                "([key, step]) => document.querySelector('rnnvis-explorer').explorer.setSentence(key, step)",
                [key, step],
            )
        wanted = {side: published.change(key, step) for side, published in sides.items()}
        page.wait_for_function(
            "(wanted) => { const d = document.querySelector('rnnvis-explorer').shadowRoot"
            ".querySelector('[data-compare]').inspect();"
            " return ['a', 'b'].every((s) => d[s].chips.every((c) => c.cells.every((x) =>"
            " Math.abs(x.value - wanted[s][x.unit]) < 1e-4))); }",
            arg={side: values.tolist() for side, values in wanted.items()},
        )
        shown = settled(page)
        for side, published in sides.items():
            assert [glyph["token"] for glyph in shown[side]["glyphs"]] == published.sentence(key)["surface"]
    assert view(page, "page") == "compare"
    watched.check()


def test_a_word_selected_on_one_side_colours_both(watched: Watched, data: Path) -> None:
    page = watched.open("explorer/" + VIEW.replace("&w=love", "") + "&sh=moved")
    settled(page)
    word = next(
        one["text"]
        for cloud in settled(page)["a"]["clouds"]
        for one in cloud["words"]
        if one["text"].isalpha() and len(one["text"]) > 4
    )
    page.get_by_role("group", name="A", exact=True).locator(f'[data-word="{word}"]').dispatch_event("click")
    wanted = {side: Published(data, name).response(word).tolist() for side, name in (("a", "gru"), ("b", "lstm"))}
    page.wait_for_function(
        "(wanted) => { const d = document.querySelector('rnnvis-explorer').shadowRoot"
        ".querySelector('[data-compare]').inspect();"
        " return ['a', 'b'].every((s) => d[s].chips.every((c) => c.cells.every((x) =>"
        " Math.abs(x.value - wanted[s][x.unit]) < 1e-5))); }",
        arg=wanted,
    )
    watched.check()


@pytest.fixture
def page(planted: tuple[str, Path], profile: Callable[..., BrowserContext]) -> Iterator[Page]:
    """The planted model and its second corpus."""
    watched = watch(profile(), planted[0])
    yield watched.open(
        "explorer/#v1=d=synthetic&m=planted&s=rnn.0.h&g=block.reliable&k=4&q=though&t=5&p=compare&b=second,planted,rnn.0.h"
    )
    assert watched.problems == []


def test_a_second_corpus_has_its_own_words_units_and_matches(page: Page, planted: tuple[str, Path]) -> None:
    shown = settled(page, f"{BOTH} && drawn.matches.length === 4")
    first, second = Published(planted[1], "planted"), Published(planted[1], "planted")
    second.dataset = next(dataset for dataset in _datasets(planted[1]) if dataset["name"] == "second")
    second.model = second.dataset["models"][0]
    second.state = second.model["states"][0]
    for side, published in (("a", first), ("b", second)):
        row = published.clusters("words", 4)
        text = {word["word_id"]: word["text"] for word in published.rows("words")}
        cluster = {text[word]: label for word, label in zip(row["ids"], row["labels"], strict=True)}
        for cloud in shown[side]["clouds"]:
            inside = {word["text"] for word in cloud["words"]} | set(cloud["more"])
            assert inside == {word for word, label in cluster.items() if label == cloud["cluster"]}
    assert_glyphs(shown["a"], first, first.dataset["probes"]["though"], 4)
    assert_glyphs(shown["b"], second, second.dataset["probes"]["though"], 4)
    match = first.rows(
        "cluster_matches", "dataset_b = 'second' AND method = 'block' AND selection = 'reliable' AND k = 4"
    )
    assert len(match) == 1
    for found in shown["matches"]:
        at = match[0]["b"].index(found["cluster"])
        assert found["strength"] == pytest.approx(match[0]["strength"][at], abs=1e-6)


def test_an_epoch_of_either_side(page: Page, planted: tuple[str, Path]) -> None:
    settled(page)
    page.get_by_role("combobox", name="Epoch of A").select_option("1")
    page.wait_for_function("() => location.hash.includes('e=1')")
    early = Published(planted[1], "planted")
    early.model = early.model["epochs"][0]
    early.state = early.model["states"][0]
    key = early.dataset["probes"]["though"]
    wanted = glyphs(early, key, 4)[5]
    shown = settled(
        page, f"drawn.a.glyphs[5].bars.some((b) => b.cluster === 0 && Math.abs(b.p - {wanted[0][0]}) < 2e-3)"
    )
    assert_glyphs(shown["a"], early, key, 4)
    page.keyboard.press("Control+z")
    page.wait_for_function("() => !location.hash.includes('e=1')")


def _datasets(folder: Path) -> list[dict[str, Any]]:
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["datasets"]
