"""What a hover and a pin light up, in the numbers of the Parquet; and an order that keeps links short."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Watched
from tests.browser.published import Published
from tests.browser.test_explorer import drawn, opened, settled, show_moved
from tests.browser.test_pairs import MUSIC, changes, row, view

K = 8


@pytest.fixture(scope="module")
def published(site: Path) -> Published:
    return Published(site / "explorer" / "data", "gru")


def chip(page: Page, number: int) -> Locator:
    """The button over the head of a chip."""
    return page.locator(f'[data-picture] [data-chip="{number}"]').first


def tooltip(page: Page) -> Locator:
    return page.locator("[data-picture] .tooltip")


def faint(inspection: dict[str, Any], side: str, cluster: int) -> tuple[set[float], set[float]]:
    """Opacities of the links of a cluster, and those of all other links."""
    own = {link["opacity"] for link in inspection["links"] if link[side] == cluster}
    return own, {link["opacity"] for link in inspection["links"] if link[side] != cluster}


def test_a_hovered_row_shows_its_own_links_and_says_what_it_did(watched: Watched, published: Published) -> None:
    page = opened(watched, MUSIC)
    show_moved(page)
    key, pinned = published.dataset["probes"]["music-though"], 5
    before = drawn(page)["stepLinks"]
    assert before["of"]["step"] == pinned
    hovered = pinned + 2
    box = row(page, hovered).bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + box["height"] / 2)
    shown = settled(page, f"drawn.stepLinks && drawn.stepLinks.of.step === {hovered}")["stepLinks"]["list"]
    wanted = changes(published, key, hovered, K)
    assert {link["unitCluster"]: link["value"] for link in shown} == pytest.approx(wanted, abs=1e-5)
    by_size = sorted(shown, key=lambda link: abs(link["value"]))
    widths = [link["width"] for link in by_size]
    assert widths == sorted(widths)
    assert widths[0] < widths[-1]
    sentence = published.sentence(key)
    rows = published.rows("steps", "sentence_id = ? ORDER BY step", sentence["sentence_id"])
    p = [one["p_class"][1] for one in rows]
    said = tooltip(page)
    expect(said).to_contain_text(f"word {hovered + 1} of {len(p)}")
    expect(said).to_contain_text(f"P(positive) {p[hovered - 1]:.2f} → {p[hovered]:.2f}")
    now, old = published.states(key)[hovered], published.states(key)[hovered - 1]
    kept = np.minimum(np.abs(now), np.abs(old))[np.sign(now) == np.sign(old)].sum() / np.abs(old).sum()
    expect(said).to_contain_text(f"{100 * kept:.0f} % of the memory was kept")
    page.mouse.move(2, 2)
    assert settled(page, f"drawn.stepLinks.of.step === {pinned}")["stepLinks"] == before
    watched.check()


def test_a_hovered_chip_brings_its_links_to_the_front(watched: Watched, published: Published) -> None:
    page = opened(watched, MUSIC)
    show_moved(page)
    order, before = published.clusters("units", K)["order"], drawn(page)["links"]
    chip(page, 3).hover(position={"x": 60, "y": 6})
    inspection = settled(page, f"drawn.links.every((l) => (l.unitCluster === {order[2]}) === l.opacity > 0.5)")
    own, rest = faint(inspection, "unitCluster", order[2])
    assert min(own) > max(rest)
    mean = changes(published, published.dataset["probes"]["music-though"], 5, K)[order[2]]
    expect(tooltip(page)).to_contain_text(f"by {abs(mean):.3f} on average")
    page.mouse.move(2, 2)
    settled(page, f"!drawn.links.every((l) => (l.unitCluster === {order[2]}) === l.opacity > 0.5)")
    assert drawn(page)["links"] == before
    watched.check()


def test_a_pinned_chip_sizes_all_words_by_their_published_response_to_it(
    watched: Watched, published: Published
) -> None:
    page = opened(watched, MUSIC)
    units = published.clusters("units", K)
    cluster = units["order"][3]
    members = [unit for unit, label in zip(units["ids"], units["labels"], strict=True) if label == cluster]
    before = drawn(page)["clouds"]
    chip(page, 4).click(position={"x": 60, "y": 6})
    page.mouse.move(2, 2)
    inspection = settled(page, f"drawn.clouds.every((cloud) => cloud.sizedBy === {cluster})")
    assert [cloud["cluster"] for cloud in inspection["clouds"]] == [cloud["cluster"] for cloud in before]
    own, rest = faint(inspection, "unitCluster", cluster)
    assert min(own) > max(rest)
    words = [word for cloud in inspection["clouds"] for word in cloud["words"]]
    for word in words[::9]:
        assert word["strength"] == pytest.approx(published.response(word["text"])[members].mean(), rel=2**-11, abs=1e-5)
    by_size = sorted(words, key=lambda word: abs(word["strength"]))
    assert [word["size"] for word in by_size] == sorted(word["size"] for word in words)
    chip(page, 4).focus()
    page.keyboard.press("Escape")
    back = settled(page, f"drawn.clouds.some((cloud) => cloud.sizedBy !== {cluster})")["clouds"]
    assert [cloud["sizedBy"] for cloud in back] == [cloud["sizedBy"] for cloud in before]
    watched.check()


def test_a_pinned_cloud_keeps_its_links_in_front(watched: Watched, published: Published) -> None:
    page = opened(watched, MUSIC)
    order = published.clusters("words", K)["order"]
    page.locator(f'[data-picture] .cloud[data-name="{order[4]}"]').dispatch_event("click")
    page.mouse.move(2, 2)
    inspection = settled(page, f"drawn.links.every((l) => (l.wordCluster === {order[4]}) === l.opacity > 0.5)")
    own, rest = faint(inspection, "wordCluster", order[4])
    assert min(own) > max(rest)
    watched.check()


def test_a_click_on_the_pinned_row_lets_go(watched: Watched) -> None:
    page = opened(watched, MUSIC)
    step = view(page, "step")
    row(page, step).click()
    page.mouse.move(2, 2)
    assert settled(page, "drawn.stepLinks === null")["chips"]
    assert view(page, "step") is None
    page.get_by_role("button", name="Undo", exact=True).click()
    settled(page, f"drawn.stepLinks && drawn.stepLinks.of.step === {step}")
    watched.check()


@pytest.mark.parametrize("k", [6, 12, 20])
def test_the_order_of_chips_and_clouds_keeps_links_short(watched: Watched, published: Published, k: int) -> None:
    page = opened(watched, MUSIC)
    page.get_by_role("slider", name="Clusters").fill(str(k))
    inspection = settled(page, f"drawn.chips.length === {k}")
    chips = [chip["cluster"] for chip in inspection["chips"]]
    clouds = [cloud["cluster"] for cloud in inspection["clouds"]]
    where = "method = 'block' AND selection = 'reliable' AND k = ?"
    means = np.abs(np.array(published.rows("block_means", where, k)[0]["mean"]).reshape(k, k))
    drawn_means = means[np.ix_(clouds, chips)]
    apart = np.abs(np.arange(k)[:, None] - np.arange(k)[None, :])
    length = float((drawn_means * apart).sum())
    random = np.random.default_rng(0)
    other = [float((drawn_means[random.permutation(k)] * apart).sum()) for _ in range(500)]
    assert length < np.quantile(other, 0.02)
