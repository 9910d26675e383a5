"""The page “Compare”: both sides, their matches and their measures are what the Parquet holds."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests import synthetic
from tests.browser.conftest import Watched, serving, watch
from tests.browser.published import Published

INSPECT = """() => {
  const stage = document.querySelector('rnnvis-explorer')?.shadowRoot.querySelector('[data-compare]');
  return stage && stage.inspect ? stage.inspect() : null;
}"""
VIEW = "#v1=d=reviews&m=gru&s=rnn.0.h&g=block.reliable&k=8&q=cb1fd540fca03f14&t=5&w=love&p=compare"
BOTH = "drawn.a.chips.length && drawn.b.chips.length"


def settled(page: Page, condition: str = BOTH) -> dict[str, Any]:
    """What is drawn once `condition`, a JavaScript expression of `drawn`, holds."""
    page.wait_for_function(f"() => {{ const drawn = ({INSPECT})(); return drawn && ({condition}); }}")
    return page.evaluate(INSPECT)


@pytest.fixture(scope="session")
def sides(site: Path) -> tuple[Published, Published]:
    folder = site / "explorer" / "data"
    return Published(folder, "gru"), Published(folder, "lstm")


def glyphs(of: Published, key: str, k: int) -> np.ndarray:
    """Positive and negative mean of each unit cluster after every step, [steps, clusters, 2]."""
    states, row = of.states(key), of.clusters("units", k)
    labels = np.full(states.shape[1], -1)
    labels[row["ids"]] = row["labels"]
    each = [states[:, labels == c] for c in range(k)]
    return np.stack([np.stack([np.maximum(s, 0).mean(1), np.minimum(s, 0).mean(1)], -1) for s in each], 1)


def matching(of: Published, to: str, k: int) -> dict[str, Any]:
    where = "model_a = ? AND state_a = 'rnn.0.h' AND model_b = ? AND state_b = 'rnn.0.h'"
    by = "method = 'block' AND selection = 'reliable' AND k = ?"
    return of.rows("cluster_matches", f"{where} AND {by}", of.model["name"], to, k)[0]


def test_both_sides_are_the_published_ones(watched: Watched, sides: tuple[Published, Published]) -> None:
    page = watched.open("explorer/" + VIEW)
    shown = settled(page)
    for name, published in zip("ab", sides, strict=True):
        expected = glyphs(published, "cb1fd540fca03f14", 8)
        assert len(shown[name]["glyphs"]) == len(expected)
        for step, row in enumerate(shown[name]["glyphs"]):
            for bar in row["bars"]:
                np.testing.assert_allclose([bar["p"], bar["n"]], expected[step, bar["cluster"]], atol=2e-3)
    assert shown["a"]["colourLimit"] == shown["b"]["colourLimit"]
    match = matching(sides[0], "lstm", 8)
    assert len(shown["matches"]) == 8
    for cluster, found in ((one["cluster"], one) for one in shown["matches"]):
        strength = match["strength"][match["b"].index(cluster)]
        assert found["strength"] == pytest.approx(strength, abs=1e-6)
        assert f"{abs(strength):.2f}" in found["label"]
        assert found["label"].startswith("weak" if strength < 0.5 else "match")
    order = [chip["cluster"] for chip in shown["a"]["chips"]]
    assert [chip["cluster"] for chip in shown["b"]["chips"]] == [match["b"][c] for c in order]
    watched.check()


def test_measures_are_those_of_the_tables(watched: Watched, sides: tuple[Published, Published]) -> None:
    page = watched.open("explorer/" + VIEW)
    settled(page)
    table = page.locator("[data-measures]")
    for column, published in enumerate(sides):
        accuracy = published.rows("metrics", "subject = 'this model' AND measure = 'accuracy' AND split = 'test'")[0]
        kept = published.rows("state_measures", "measure = 'kept_per_step'")[0]
        cell = table.locator("[data-measure=accuracy] td").nth(column)
        expect(cell).to_have_text(f"{100 * accuracy['value']:.1f} %")
        expect(table.locator("[data-measure=kept_per_step] td").nth(column)).to_have_text(
            f"{100 * kept['value']:.0f} %"
        )
    pair = sides[0].rows("state_pairs", "model_a = 'gru' AND model_b = 'lstm' AND state_b = 'rnn.0.h'")[0]
    expect(table.locator("[data-measure=cka] td")).to_have_text(f"{pair['cka']:.2f}")


def test_swap_overlay_words_and_the_link(watched: Watched) -> None:
    page = watched.open("explorer/" + VIEW)
    before = settled(page)
    page.get_by_role("button", name="Swap A and B", exact=True).click()
    swapped = settled(page, "drawn.a.glyphs[5].bars[0].p !== " + repr(before["a"]["glyphs"][5]["bars"][0]["p"]))
    bars = {bar["cluster"]: bar["p"] for bar in before["a"]["glyphs"][5]["bars"]}
    assert {bar["cluster"]: bar["p"] for bar in swapped["b"]["glyphs"][5]["bars"]} == bars
    page.get_by_role("radio", name="Overlay").check()
    over = settled(page, "drawn.layout === 'overlay'")
    tops = [[chip["y"] for chip in over[side]["chips"]] for side in "ab"]
    assert tops[0] == tops[1]
    page.get_by_role("radio", name="Mirror").check()
    settled(page, "drawn.layout === 'mirror'")
    word = page.get_by_role("group", name="B", exact=True).locator("[data-word]").first
    text = word.get_attribute("data-word")
    word.dispatch_event("click")
    expect(page.locator(f'[data-word="{text}"][aria-pressed=true]').first).to_be_attached()
    page.wait_for_function("() => location.hash.includes('b=reviews,gru')")
    link = page.evaluate("() => location.hash")
    chips = settled(page)["b"]["chips"]
    page.goto("about:blank")
    page.goto(watched.base + "explorer/" + link)
    again = settled(page)
    assert [chip["cluster"] for chip in again["b"]["chips"]] == [chip["cluster"] for chip in chips]
    watched.check()


def test_a_chip_lights_its_match(watched: Watched, sides: tuple[Published, Published]) -> None:
    page = watched.open("explorer/" + VIEW)
    shown = settled(page)
    chip = shown["a"]["chips"][2]
    page.locator('[data-compare] [data-chip="3"]').first.hover(position={"x": 60, "y": 6})
    lit = settled(page, "drawn.hovers.b && drawn.hovers.b.kind === 'chip'")
    match = matching(sides[0], "lstm", 8)
    assert lit["hovers"]["b"]["cluster"] == match["b"][chip["cluster"]]
    expect(page.locator("[data-compare] .tooltip")).to_contain_text(f"{abs(match['strength'][chip['cluster']]):.2f}")


@pytest.mark.parametrize("side", ["a", "b"])
def test_a_chip_of_either_side_says_what_happens_without_it(
    watched: Watched, sides: tuple[Published, Published], side: str
) -> None:
    page = watched.open("explorer/" + VIEW)
    shown = settled(page)
    published = sides["ab".index(side)]
    assert not [name for name in watched.requests if "cluster_ablation" in name]
    chip = shown[side]["chips"][2]
    group = page.get_by_role("group", name=side.upper(), exact=True)
    group.locator('[data-chip="3"]').hover(position={"x": 60, "y": 6})
    tooltip = page.locator("[data-compare] .tooltip")
    of = "method = 'block' AND selection = 'reliable' AND k = 8 AND cluster = ? AND subject = 'all'"
    row = published.rows("cluster_ablation", of, chip["cluster"])[0]
    direction = "rises" if row["increase"] > 0 else "falls"
    expect(tooltip).to_contain_text(f"Without it the loss {direction} by")
    size = published.clusters("units", 8)["labels"].count(chip["cluster"])
    said = tooltip.inner_text().split("Without it")[1].split("Chip ")[0]
    assert f"without {size} random units" in said or (size == 1 and "a random unit" in said)
    numbers = [float(number) for number in re.findall(r"\d\.\d+", said)]
    expected = [row["increase"], row["standard_error"], row["random"], row["random_spread"]]
    assert numbers == pytest.approx([abs(value) for value in expected], rel=0.05)
    group.locator('[data-chip="2"]').hover(position={"x": 60, "y": 6})
    expect(tooltip).to_contain_text("Without it the loss")
    assert len({name for name in watched.requests if "cluster_ablation" in name}) == 1
    watched.check()


@pytest.fixture(scope="module")
def planted(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The explorer over a planted folder with epochs and a second dataset: its address, and the folder."""
    root = tmp_path_factory.mktemp("planted") / "site"
    shutil.copytree(site, root, ignore=shutil.ignore_patterns("data", "cases", "search"))
    synthetic.publish(root / "explorer" / "data", units=16, words=120, sentences=60, epochs=3, second=True)
    with serving(root) as address:
        yield address, root / "explorer" / "data"


def test_epochs_and_corpora(planted: tuple[str, Path], profile: Callable[..., BrowserContext]) -> None:
    page = watch(profile(), planted[0]).open(
        "explorer/#v1=d=synthetic&m=planted&s=rnn.0.h&g=block.reliable&k=4&p=compare"
    )
    shown = settled(page)
    assert shown["matches"] == []
    expect(page.get_by_text("Matches are published between last epochs only")).to_be_visible()
    page.get_by_role("combobox", name="B", exact=True).select_option(index=1)
    shown = settled(page, f"{BOTH} && drawn.matches.length === 4")
    match = matching(Published(planted[1], "planted"), "planted", 4)
    for found in shown["matches"]:
        assert found["strength"] == pytest.approx(match["strength"][match["b"].index(found["cluster"])], abs=1e-6)
    order = [chip["cluster"] for chip in shown["a"]["chips"]]
    assert [chip["cluster"] for chip in shown["b"]["chips"]] == [match["b"][cluster] for cluster in order]
    page.wait_for_function("() => location.hash.includes('b=second,planted')")


CUT = """() => [...document.querySelector('rnnvis-explorer').shadowRoot.querySelectorAll('header .value')]
    .filter((value) => value.scrollWidth > value.clientWidth || value.scrollHeight > value.clientHeight + 1)
    .map((value) => value.textContent)"""


def test_names_in_the_bar_are_whole_or_shown_whole_on_focus(
    planted: tuple[str, Path], profile: Callable[..., BrowserContext]
) -> None:
    watched = watch(profile(), planted[0])
    page = watched.open(
        "explorer/#v1=d=synthetic&m=planted&s=rnn.0.h&g=block.reliable&k=4&q=though&t=5&p=compare&b=second,planted,rnn.0.h,1"
    )
    settled(page)
    assert page.evaluate(CUT) == []
    page.set_viewport_size({"width": 1024, "height": 768})
    page.wait_for_function(f"() => ({CUT})().length > 0")
    choice = page.get_by_role("combobox", name="B", exact=True)
    choice.focus()
    full = choice.evaluate("select => select.selectedOptions[0].textContent.trim()")
    expect(page.locator("rnnvis-explorer header span.whole:visible")).to_have_text(full)
    watched.check()
