"""A model of two layers: a switch of the layer shows the other layer's numbers and keeps all that was chosen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Watched, watch
from tests.browser.planted import plant
from tests.browser.published import Published
from tests.browser.test_choices import STORE, view
from tests.browser.test_explorer import READY, button, chip_values, drawn
from tests.synthetic_layers import publish_layers

KEPT = ("dataset", "model", "sentence", "step", "sentence2", "step2", "words", "units", "k", "range", "focus", "page")
LAYERS = ("rnn.0.h", "rnn.1.h")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("layers")
    publish_layers(folder)
    return folder


@pytest.fixture(scope="module")
def layers(folder: Path) -> dict[str, Published]:
    return {name: Published(folder, "planted", name) for name in LAYERS}


@pytest.fixture
def watched(context: BrowserContext, base: str, folder: Path) -> Watched:
    watched = watch(context, base)
    plant(watched.page, folder)
    return watched


def chosen(page: Page) -> dict[str, Any]:
    return {field: view(page, field) for field in KEPT}


def switch(page: Page, name: str) -> None:
    page.get_by_role("combobox", name="State", exact=True).select_option(name)


def shows(page: Page, published: Published, values: np.ndarray) -> None:
    """The chips hold every unit of this layer, once, with these values."""
    page.wait_for_function(f"() => {STORE}.state.name === '{published.state['name']}' && !{STORE}.loading")
    page.wait_for_function(
        "(values) => { const p = document.querySelector('rnnvis-explorer').shadowRoot"
        ".querySelector('[data-picture]')?.inspect(); const cells = p ? p.chips.flatMap((c) => c.cells) : [];"
        " return cells.length === values.length"
        " && cells.every((x) => Math.abs(x.value - values[x.unit]) < 1e-5); }",
        arg=values.tolist(),
    )
    shown = chip_values(drawn(page), published.state["units"])
    assert np.allclose(shown, values, atol=1e-5)


def test_a_switch_of_the_layer_keeps_words_units_sentence_step_and_k(
    watched: Watched, layers: dict[str, Published]
) -> None:
    first, second = (layers[name] for name in LAYERS)
    probes = first.dataset["probes"]
    page = watched.open(
        "explorer/#v1=d=synthetic&m=planted&s=rnn.0.h&g=block.reliable&k=6&w=love,dull,though&u=3,5,11&r=2-4"
        "&q=though&t=5&q2=though-reversed&t2=7"
    )
    page.wait_for_function(READY)
    page.evaluate(f"{STORE}.setShows('moved')")
    before = chosen(page)
    assert (before["k"], before["units"], before["words"]) == (6, [3, 5, 11], ["love", "dull", "though"])
    shows(page, first, first.change(probes["though"], 5))
    switch(page, "rnn.1.h")
    shows(page, second, second.change(probes["though"], 5))
    assert chosen(page) == before
    row = second.clusters("units", 6)
    assert [chip["cluster"] for chip in drawn(page)["chips"]] == row["order"]
    expect(page.locator("rnnvis-explorer [data-word][aria-pressed=true]").first).to_be_attached()
    page.wait_for_function("() => location.hash.includes('s=rnn.1.h') && location.hash.includes('u=3,5,11')")
    button(page, "Undo").click()
    shows(page, first, first.change(probes["though"], 5))
    assert chosen(page) == before
    button(page, "Redo").click()
    shows(page, second, second.change(probes["though"], 5))
    assert chosen(page) == before
    watched.check()


def test_a_word_colours_the_chips_of_either_layer(watched: Watched, layers: dict[str, Published]) -> None:
    page = watched.open("explorer/#v1=d=synthetic&m=planted&s=rnn.0.h&k=6&w=love&q=though&t=5")
    page.wait_for_function(READY)
    page.evaluate(f"{STORE}.setShows('moved')")
    page.evaluate(f"{STORE}.setFocus({{ word: 'love' }})")
    for name in (*LAYERS, LAYERS[0]):
        switch(page, name)
        shows(page, layers[name], layers[name].response("love"))
        assert view(page, "words") == ["love"]
        assert view(page, "focusWord") == "love"
    watched.check()


def test_units_that_a_smaller_layer_lacks_come_back_with_undo(watched: Watched, layers: dict[str, Published]) -> None:
    assert layers["rnn.1.h"].state["units"] <= 20 < layers["rnn.0.h"].state["units"]
    page = watched.open("explorer/#v1=d=synthetic&m=planted&s=rnn.0.h&k=6&u=3,20&q=though&t=5")
    page.wait_for_function(READY)
    page.evaluate(f"{STORE}.setShows('moved')")
    switch(page, "rnn.1.h")
    page.wait_for_function(f"() => {STORE}.state.name === 'rnn.1.h' && !{STORE}.loading")
    assert view(page, "units") == [3]
    button(page, "Undo").click()
    page.wait_for_function(f"() => {STORE}.state.name === 'rnn.0.h'")
    assert view(page, "units") == [3, 20]
    watched.check()


def test_pages_of_units_and_of_a_unit_follow_the_layer(watched: Watched, layers: dict[str, Published]) -> None:
    page = watched.open("explorer/#v1=d=synthetic&m=planted&s=rnn.0.h&k=6&u=3,5&q=though&t=5&p=units")
    for name in LAYERS:
        switch(page, name)
        units = layers[name].state["units"]
        expect(page.get_by_text(f"{units} units", exact=True)).to_be_visible()
        assert view(page, "units") == [3, 5]
    page.evaluate(f"{STORE}.openUnit(5)")
    for name in LAYERS:
        switch(page, name)
        best = layers[name].rows("contexts", "unit = 5 AND sign = 1 AND rank = 0")[0]
        value = page.locator("rnnvis-explorer main ol").first.locator("li .value").first
        expect(value).to_have_text(f"{best['value']:+.2f}".replace("-", "−"))
        expect(page.get_by_role("heading", name="Unit 5", exact=True)).to_be_visible()
        assert view(page, "units") == [5, 3]
    watched.check()
