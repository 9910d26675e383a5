"""Brushed ranges, two sentences side by side, epochs, and what stays in place when the state or k changes."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page, expect
from scipy.optimize import linear_sum_assignment

from tests import synthetic
from tests.browser.conftest import Watched, serving, watch
from tests.browser.published import Published
from tests.browser.test_explorer import READY, button, drawn, opened, settled, show_moved

EXPLORER = "document.querySelector('rnnvis-explorer').explorer"
PAIR = "#v1=d=reviews&m=gru&s=rnn.0.h&g=block.reliable&k=8&q=music-though&t=5&q2=music-though-reversed&t2=7"


@pytest.fixture(scope="session")
def published(site: Path) -> Published:
    return Published(site / "explorer" / "data", "gru")


MUSIC = "#v1=d=reviews&m=gru&s=rnn.0.h&g=block.reliable&k=8&q=cb1fd540fca03f14&t=5"


def row(page: Page, step: int, sentence: str = "Sequence") -> Any:
    """The button over a row of the sequence."""
    rows = page.get_by_role("group", name=f"{sentence}: one row a word")
    return rows.locator(f"button[data-step='{step}']")


def view(page: Page, field: str) -> Any:
    """One choice of the store."""
    return page.evaluate(f"() => {EXPLORER}.view.{field}")


def changes(published: Published, key: str, step: int, k: int) -> dict[int, float]:
    """Mean change of every unit cluster at a step of the sentence `key`."""
    labels = np.array(published.clusters("units", k)["labels"])
    change = published.change(key, step)
    return {int(c): float(change[labels == c].mean()) for c in np.unique(labels)}


def test_a_range_is_brushed_by_mouse_and_by_keyboard(watched: Watched) -> None:
    page = opened(watched, MUSIC)
    start, end = row(page, 2).bounding_box(), row(page, 4).bounding_box()
    page.mouse.move(start["x"] + 60, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(end["x"] + 60, end["y"] + 4, steps=6)
    page.mouse.up()
    page.mouse.move(2, 2)
    assert settled(page, "drawn.range && drawn.range.join() === '2,4'")["range"] == [2, 4]
    assert view(page, "step") == 5, "a brush pins nothing"
    expect(page.get_by_role("group", name="Brushed words")).to_contain_text("3 words")
    page.wait_for_function("() => location.hash.includes('r=2-4')")
    row(page, 4).focus()
    page.keyboard.press("Escape")
    assert view(page, "range") is None
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    assert view(page, "range") == [4, 6]
    row(page, 9).click(modifiers=["Shift"])
    assert view(page, "range") == [4, 9]
    button(page, "Clear").click()
    assert view(page, "range") is None
    button(page, "Undo").click()
    assert view(page, "range") == [4, 9]
    row(page, 1).click()
    assert (view(page, "step"), view(page, "range")) == (1, [4, 9])
    watched.check()


def test_the_other_order_of_a_sentence_stands_beside_it(watched: Watched, published: Published) -> None:
    page = opened(watched, MUSIC)
    show_moved(page)
    first, step = published.dataset["probes"]["music-though"], 5
    name = next(name for name, key in published.dataset["probes"].items() if key == first)
    other = published.dataset["probes"][f"{name}-reversed"]
    button(page, "Add a second sentence").click()
    page.get_by_role("dialog", name="Add a second sentence").get_by_role("button").first.click()
    inspection = settled(page, "drawn.difference")
    assert view(page, "focus") == "difference"
    expect(page.get_by_role("radio", name="1 minus 2", exact=True)).to_be_checked()
    expect(page.get_by_label("Legend")).to_contain_text("1 minus 2 (orange: higher in 1)")
    tokens = published.sentence(other)["tokens"]
    second = tokens.index(published.sentence(first)["tokens"][step])
    assert (view(page, "sentence2"), view(page, "step2")) == (other, second)
    assert [glyph["token"] for glyph in inspection["glyphs2"]] == published.sentence(other)["surface"]
    assert inspection["glyphs"][step]["y"] == inspection["glyphs2"][second]["y"], "the pinned words lie on one row"
    states = published.states(other)
    k = view(page, "k")
    labels = np.array(published.clusters("units", k)["labels"])
    for glyph in inspection["glyphs2"]:
        for bar in glyph["bars"]:
            now = states[glyph["step"]][labels == bar["cluster"]]
            assert bar["p"] == pytest.approx(np.maximum(now, 0).mean(), abs=1e-5)
            assert bar["n"] == pytest.approx(np.minimum(now, 0).mean(), abs=1e-5)
    ours, theirs = changes(published, first, step, k), changes(published, other, second, k)
    for bar in inspection["difference"]:
        assert bar["value"] == pytest.approx(ours[bar["cluster"]] - theirs[bar["cluster"]], abs=1e-5)
    for chip in inspection["chips"]:
        assert chip["amount"] == pytest.approx(ours[chip["cluster"]] - theirs[chip["cluster"]], abs=1e-5)
    page.wait_for_function(f"() => location.hash.includes('q2={other}&t2={second}')")
    details = page.locator("rnnvis-explorer .details table").first
    for key, at in ((first, step), (other, second)):
        steps = published.rows("steps", "sentence_id = ?", published.sentence(key)["sentence_id"])
        p = [one["p_class"][-1] for one in sorted(steps, key=lambda one: one["step"])]
        expect(details).to_contain_text(f"{p[at - 1]:.2f} → {p[at]:.2f}")
    button(page, "Remove the second sentence").click()
    settled(page, "!drawn.glyphs2")
    button(page, "Undo").click()
    settled(page, "drawn.difference")
    watched.check()


def test_chips_show_either_step_or_the_difference(watched: Watched, published: Published) -> None:
    page = opened(watched, PAIR + "&sh=moved")
    probes = published.dataset["probes"]
    first = published.change(probes["music-though"], 5)
    second = published.change(probes["music-though-reversed"], 7)
    shows = page.get_by_role("radiogroup", name="Chips show")
    for label, expected in (("1 minus 2", first - second), ("2", second), ("1", first)):
        shows.get_by_role("radio", name=label, exact=True).check()
        page.wait_for_function(
            "([unit, value]) => { const p = document.querySelector('rnnvis-explorer').shadowRoot"
            ".querySelector('[data-picture]')?.inspect();"
            " return p.chips.some((c) => c.cells.some((x) => x.unit === unit && Math.abs(x.value - value) < 1e-6)); }",
            arg=[3, float(expected[3])],
        )
    row(page, 2, "Sentence 2").click()
    inspection = settled(page, "drawn.glyphs[5].y === drawn.glyphs2[2].y")
    assert (view(page, "step"), view(page, "step2"), view(page, "focus")) == (5, 2, "second")
    ours = changes(published, probes["music-though"], 5, 8)
    theirs = changes(published, probes["music-though-reversed"], 2, 8)
    for bar in inspection["difference"]:
        assert bar["value"] == pytest.approx(ours[bar["cluster"]] - theirs[bar["cluster"]], abs=1e-5)
    watched.check()


def test_figures_and_tables_hold_both_sentences(watched: Watched, published: Published, tmp_path: Path) -> None:
    page = opened(watched, PAIR + "&sh=moved")
    found = {}
    for form in ("SVG", "CSV"):
        button(page, "Export").click()
        with page.expect_download() as download:
            page.get_by_role("dialog", name="Export").get_by_role("button", name=form).click()
        found[form] = tmp_path / download.value.suggested_filename
        download.value.save_as(found[form])
    svg = found["SVG"].read_text(encoding="utf-8")
    assert all(f'id="{name}"' in svg for name in ("sequence", "sequence-2", "difference"))
    lines = list(csv.reader(found["CSV"].open(encoding="utf-8", newline="")))
    at = next(i for i, line in enumerate(lines) if line and line[0].startswith("Difference"))
    order = published.clusters("units", 8)["order"]
    ours = changes(published, published.dataset["probes"]["music-though"], 5, 8)
    theirs = changes(published, published.dataset["probes"]["music-though-reversed"], 7, 8)
    for line, cluster in zip(lines[at + 2 :], order, strict=False):
        assert float(line[3]) == pytest.approx(ours[cluster] - theirs[cluster], abs=1e-4)
    page.wait_for_function(
        "() => [...document.querySelector('rnnvis-explorer').shadowRoot.querySelectorAll('caption')]"
        ".some((caption) => caption.textContent.startsWith('Difference'))"
    )
    watched.check()


def test_a_change_of_state_keeps_the_selection(watched: Watched) -> None:
    page = opened(watched, PAIR.replace("m=gru", "m=lstm") + "&w=love,dull&u=3,5")
    kept = ("sentence", "step", "sentence2", "step2", "words", "units", "k")
    before = [view(page, field) for field in kept]
    page.get_by_role("combobox", name="State").select_option("rnn.0.c")
    page.wait_for_function(f"() => {EXPLORER}.state.name === 'rnn.0.c' && !{EXPLORER}.loading")
    settled(page, "drawn.difference")
    assert [view(page, field) for field in kept] == before
    watched.check()


@pytest.mark.parametrize("side", ["words", "units"])
def test_one_cluster_more_moves_as_little_as_possible(watched: Watched, published: Published, side: str) -> None:
    page = opened(watched)
    found = {}
    for k in (8, 9):
        page.get_by_role("slider", name="Clusters").fill(str(k))
        inspection = settled(page, f"drawn.chips.length === {k}")
        if side == "units":
            found[k] = {cell["unit"]: chip["cluster"] for chip in inspection["chips"] for cell in chip["cells"]}
        else:
            found[k] = {word["text"]: c["cluster"] for c in inspection["clouds"] for word in c["words"]}
            found[k] |= {text: c["cluster"] for c in inspection["clouds"] for text in c["more"]}
    overlap = np.zeros((8, 9), dtype=int)
    for item, cluster in found[8].items():
        overlap[cluster, found[9][item]] += 1
    rows, columns = linear_sum_assignment(-overlap)
    assert np.trace(overlap) == overlap[rows, columns].sum(), "no other naming of the clusters keeps more in place"
    split = int(np.argmax(overlap[:, 8]))
    stays = np.delete(np.diag(overlap), split).sum() / np.delete(overlap.sum(axis=1), split).sum()
    assert stays > 0.75


def test_a_link_without_a_known_sentence_says_so(watched: Watched) -> None:
    page = opened(watched, "#v1=d=reviews&m=gru&s=rnn.0.h&g=block.reliable&k=8")
    expect(page.get_by_text("The link names no sentence; an example is shown.")).to_be_visible()
    expect(page.get_by_text(re.compile(r"^word \d+ of \d+$"))).to_be_visible()
    page.evaluate("() => location.hash = '#v1=d=reviews&m=gru&s=rnn.0.h&g=block.reliable&k=8&q=0123456789abcdef'")
    expect(
        page.get_by_text("“0123456789abcdef” that was asked for is not in this data; another one is shown.")
    ).to_be_visible()


@pytest.fixture(scope="module")
def planted(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A model after three epochs, on a page of its own."""
    root = tmp_path_factory.mktemp("epochs")
    synthetic.publish(root / "data", units=12, words=60, sentences=60, epochs=3)
    shutil.copytree(site / "explorer" / "app", root / "app")
    (root / "index.html").write_text(
        '<!doctype html><html lang="en"><title>Planted</title><link rel="icon" href="data:,">'
        '<script type="module" src="app/rnnvis-explorer.js"></script><body style="margin: 0">'
        '<rnnvis-explorer src="data/manifest.json" style="display: block; height: 100vh"></rnnvis-explorer>',
        encoding="utf-8",
    )
    with serving(root) as address:
        yield root / "data", address


def test_epochs_are_scrubbed_with_the_selection_kept(planted: tuple[Path, str], context: BrowserContext) -> None:
    folder, address = planted
    watched = watch(context, address)
    page = watched.open("")
    page.wait_for_function(READY)
    show_moved(page)
    published = Published(folder, "planted")
    model = published.model
    key, step = view(page, "sentence"), view(page, "step")
    slider = page.get_by_role("slider", name="Epoch")
    expect(slider).to_have_value("2")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(slider).to_have_value("0")
    assert (view(page, "epoch"), view(page, "sentence"), view(page, "step")) == (1, key, step)
    published.model = model["epochs"][0]
    published.state = published.model["states"][0]
    change = published.change(key, step)
    shown_at_epoch(page, change)
    page.wait_for_function("() => location.hash.includes('e=1')")
    button(page, "Undo").click()
    published.model, published.state = model, model["states"][0]
    assert view(page, "epoch") is None
    shown_at_epoch(page, published.change(key, step))
    button(page, "Play the epochs").click()
    page.wait_for_function(f"() => {EXPLORER}.view.epoch === 1")
    page.wait_for_function(f"() => {EXPLORER}.view.epoch === null")
    expect(button(page, "Play the epochs")).to_be_visible()
    watched.check()


def shown_at_epoch(page: Page, change: np.ndarray) -> None:
    """The chips take the values of `change`."""
    page.wait_for_function(
        "(values) => { const p = document.querySelector('rnnvis-explorer').shadowRoot"
        ".querySelector('[data-picture]')?.inspect();"
        " return p && p.chips.every((c) => c.cells.every((x) => Math.abs(x.value - values[x.unit]) < 1e-5)); }",
        arg=change.tolist(),
    )


def test_less_motion_and_one_epoch_are_respected(
    planted: tuple[Path, str], profile: Callable[..., BrowserContext], base: str
) -> None:
    context = profile(reduced_motion="reduce")
    page = watch(context, planted[1]).open("")
    page.wait_for_function(READY)
    expect(button(page, "Play the epochs")).to_be_disabled()
    page = opened(watch(context, base))
    button(page, "More").click()
    dialog = page.get_by_role("dialog", name="More controls")
    expect(dialog.get_by_role("slider", name="Epoch")).to_be_disabled()
    expect(dialog).to_contain_text("this model was published at one epoch only")
    assert drawn(page)["glyphs"]
