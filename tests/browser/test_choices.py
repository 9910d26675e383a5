"""Every choice of the picture changes what is drawn as the Parquet says it must, stands in the link, and is undone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Watched, watch
from tests.browser.published import Published
from tests.browser.test_explorer import READY, button, drawn, opened, settled

STORE = "document.querySelector('rnnvis-explorer').explorer"
APP = "document.querySelector('rnnvis-explorer').shadowRoot.querySelector('.app')"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def published(site: Path) -> Published:
    return Published(site / "explorer" / "data", "gru")


def view(page: Page, field: str) -> Any:
    return page.evaluate(f"{STORE}.view.{field}")


def fills(page: Page) -> dict[str, str]:
    """The colour of every word in the saved drawing of the clouds, which the screen's own code paints."""
    button(page, "Export").click()
    page.get_by_role("radio", name="Words").check()
    with page.expect_download() as saved:
        page.get_by_role("dialog", name="Export").get_by_role("button", name="SVG").click()
    texts = ElementTree.parse(saved.value.path()).iter(f"{SVG}text")
    return {text.text or "": text.get("fill", "") for text in texts}


def rgb(colour: str) -> np.ndarray:
    """#rrggbb as three numbers."""
    digits = colour.strip().removeprefix("#")
    return np.array([int(digits[i : i + 2], 16) for i in (0, 2, 4)], dtype=float)


def away(colour: np.ndarray, grey: np.ndarray) -> np.ndarray:
    """The direction in which a colour leaves grey: its hue, whatever its strength."""
    return (colour - grey) / np.linalg.norm(colour - grey)


def drawn_words(page: Page) -> dict[str, int]:
    """The cloud of every word that is drawn."""
    return {word["text"]: cloud["cluster"] for cloud in drawn(page)["clouds"] for word in cloud["words"]}


def test_three_words_are_selected_and_a_fourth_takes_the_place_of_the_third(watched: Watched) -> None:
    page = opened(watched, "#v1=d=reviews&m=gru&s=rnn.0.h&g=block.reliable&k=8&q=cb1fd540fca03f14&t=5&w=love,dull")
    first = view(page, "words")
    free = [word for word in drawn_words(page) if word not in first and re.fullmatch(r"[a-z]{4,}", word)][:2]
    for word in free:
        page.locator(f'[data-word="{word}"]').first.dispatch_event("click")
    assert view(page, "words") == [*first, free[1]], "two were there, the third was replaced by the fourth"
    expect(page.locator('[data-word]:not([data-word=""])[aria-pressed=true]')).to_have_count(3)
    page.locator(f'[data-word="{first[0]}"]').first.dispatch_event("click")
    assert view(page, "words") == [first[1], free[1]]
    watched.check()


def test_selected_words_are_drawn_in_the_details_with_their_published_responses(
    watched: Watched, published: Published, tmp_path: Path
) -> None:
    words = ["love", "dull", "though"]
    page = opened(
        watched,
        f"#v1=d=reviews&m=gru&s=rnn.0.h&g=block.reliable&k=8&q=cb1fd540fca03f14&t=5&sh=moved&w={','.join(words)}",
    )
    panel = page.get_by_role("complementary", name="Details")
    with page.expect_download() as saved:
        panel.get_by_role("button", name="Save CSV").click()
    text = saved.value.path().read_text(encoding="utf-8")
    for word in words:
        assert word in text
        assert f"{published.response(word)[0]:.4f}"[:6] in text
    watched.check()


def test_three_units_are_selected_and_kept_by_another_view(watched: Watched) -> None:
    page = watched.open("explorer/#v1=d=reviews&m=gru&s=rnn.0.h&g=block.reliable&k=8&p=units")
    for unit in (0, 1, 2, 3):
        page.get_by_role("checkbox", name=f"Select unit {unit}", exact=True).check()
    assert view(page, "units") == [0, 1, 3]
    page.get_by_role("navigation", name="Views").get_by_role("button", name="Map").click()
    page.wait_for_function("() => location.hash.includes('p=map')")
    assert view(page, "units") == [0, 1, 3]
    watched.check()


def test_the_filter_leaves_the_strong_links_and_says_how_many(watched: Watched, published: Published) -> None:
    page = opened(watched, "#v1=d=reviews&m=gru&s=rnn.0.h&g=block.reliable&k=8&q=cb1fd540fca03f14&t=5")
    row = published.rows("block_means", "method = 'block' AND selection = 'reliable' AND k = 8")[0]
    strength = np.abs(np.array(row["push"]))
    for share in (0.0, 0.5, 1.0):
        page.get_by_role("slider", name="Links from").fill(str(share))
        wanted = int((strength >= share * strength.max() - 1e-7).sum())
        shown = settled(page, f"drawn.links.length === {wanted}")
        assert min((abs(link["value"]) for link in shown["links"]), default=0) >= share * strength.max() - 1e-6
        expect(page.get_by_text(f"{wanted} of 64", exact=True)).to_be_visible()
    watched.check()


def test_the_width_of_links_is_in_proportion_to_their_size_and_grows_with_the_slider(watched: Watched) -> None:
    page = opened(watched)
    button(page, "More").click()
    slider = page.get_by_role("slider", name="Link width")
    factors = []
    for width in (0.5, 1, 2):
        slider.fill(str(width))
        page.wait_for_function(f"() => location.hash.includes('lw={width}') || {width} === 1")
        page.wait_for_timeout(600)
        links = drawn(page)["links"]
        thinnest = min(link["width"] for link in links)
        thick = [link["width"] / abs(link["value"]) for link in links if link["width"] > thinnest + 1e-9]
        assert max(thick) == pytest.approx(min(thick), rel=1e-6), "one factor for all"
        factors.append(thick[0])
    assert factors[0] * 1.2 < factors[1] < factors[2]
    watched.check()


def test_the_response_scale_fits_what_is_shown_or_stays(watched: Watched) -> None:
    page = opened(watched)

    def limits() -> set[float]:
        found = set()
        for step in (1, 5, 9):
            page.evaluate(f"{STORE}.pinStep({step})")
            page.wait_for_function(f"() => {STORE}.step === {step}")
            page.wait_for_timeout(400)
            found.add(round(drawn(page)["colourLimit"], 6))
        return found

    page.get_by_role("combobox", name="Colour scale").select_option("fixed")
    assert len(limits()) == 1
    page.get_by_role("combobox", name="Colour scale").select_option("fit")
    assert len(limits()) > 1
    watched.check()


def test_words_take_the_colour_of_their_cluster_or_of_the_class_they_speak_for(
    watched: Watched, published: Published
) -> None:
    page = opened(watched)
    pinned = published.sentence(view(page, "sentence"))["surface"][view(page, "step")].lower()
    free = {*view(page, "words"), pinned}
    clouds = {word: cluster for word, cluster in drawn_words(page).items() if word not in free}
    page.get_by_role("radio", name="Cluster", exact=True).check()
    by_cluster = fills(page)
    grey = rgb(page.evaluate(f"getComputedStyle({APP}).getPropertyValue('--ink-3')"))
    hues = {word: away(rgb(by_cluster[word]), grey) for word in clouds}
    middle = {c: np.mean([hues[word] for word in clouds if clouds[word] == c], axis=0) for c in set(clouds.values())}
    for word, hue in hues.items():
        nearest = max(middle, key=lambda c: float(hue @ middle[c]) / float(np.linalg.norm(middle[c])))
        assert nearest == clouds[word], f"{word} has the hue of its own cloud"
    page.get_by_role("radio", name="Class", exact=True).check()
    by_class = fills(page)
    effect = {row["word_id"]: row["effect"] for row in published.rows("word_effects")}
    strong = {word: effect[published.word_id(word)] for word in list(clouds)[:60]}
    strong = {word: value for word, value in strong.items() if abs(value) > 0.2}
    assert {value > 0 for value in strong.values()} == {True, False}
    for word, value in strong.items():
        red, _, blue = rgb(by_class[word])
        assert (red > blue) == (value > 0), f"{word} is orange where it raises the log-odds, blue where it lowers them"
    watched.check()


def test_chips_are_aligned_by_width_or_by_height(watched: Watched) -> None:
    page = opened(watched)
    by_width = drawn(page)["chips"]
    assert len({round(chip["width"], 1) for chip in by_width}) == 1
    button(page, "More").click()
    page.get_by_role("radio", name="Height").check()
    page.keyboard.press("Escape")
    by_height = settled(page, "new Set(drawn.chips.map((chip) => Math.round(chip.width))).size > 1")["chips"]
    assert len({round(chip["height"], 1) for chip in by_height}) == 1
    cells = [{cell["unit"] for chip in chips for cell in chip["cells"]} for chips in (by_width, by_height)]
    assert cells[0] == cells[1], "every unit is drawn either way"
    watched.check()


def test_no_word_is_silently_dropped_from_a_cloud(watched: Watched, published: Published) -> None:
    page = opened(watched)
    for k in (3, 8, 20):
        page.get_by_role("slider", name="Clusters").fill(str(k))
        clouds = settled(page, f"drawn.chips.length === {k}")["clouds"]
        row = published.clusters("words", k)
        text = {word["word_id"]: word["text"] for word in published.rows("words")}
        wanted: dict[int, set[str]] = {cluster: set() for cluster in range(k)}
        for word, label in zip(row["ids"], row["labels"], strict=True):
            wanted[label].add(text[word])
        for cloud in clouds:
            shown = {word["text"] for word in cloud["words"]}
            assert shown | set(cloud["more"]) == wanted[cloud["cluster"]]
            assert not shown & set(cloud["more"])
    hidden = next(cloud for cloud in clouds if cloud["more"])
    name = f"{len(hidden['more'])} more words of words {hidden['drawnNumber']}"
    page.get_by_role("button", name=re.compile(rf"^{len(hidden['more'])} more")).first.dispatch_event("click")
    listed = page.get_by_role("dialog").get_by_role("listitem")
    assert listed.count() in {len(cloud["more"]) for cloud in clouds}, name
    watched.check()


def test_reset_returns_to_the_first_view_and_undo_leads_back_through_every_choice(watched: Watched) -> None:
    page = opened(watched)
    first = page.evaluate(f"JSON.stringify({STORE}.view)")
    page.get_by_role("slider", name="Clusters").fill("7")
    settled(page, "drawn.chips.length === 7")
    page.get_by_role("radio", name="Cluster", exact=True).check()
    changed = page.evaluate(f"JSON.stringify({STORE}.view)")
    button(page, "More").click()
    button(page, "Reset the view").click()
    assert page.evaluate(f"JSON.stringify({STORE}.view)") == first
    page.keyboard.press("Escape")
    button(page, "Undo").click()
    assert page.evaluate(f"JSON.stringify({STORE}.view)") == changed
    button(page, "Undo").click()
    button(page, "Undo").click()
    assert page.evaluate(f"JSON.stringify({STORE}.view)") == first
    expect(button(page, "Undo")).to_be_disabled()
    watched.check()


def test_forced_colours_keep_the_data_and_leave_the_rest_to_the_person(watched: Watched) -> None:
    page = watched.page
    page.emulate_media(forced_colors="active", color_scheme="dark")
    page = watched.open("explorer/")
    page.wait_for_function(READY)
    assert page.evaluate(f"{STORE}.theme") == "dark", "the canvas follows the person's ground"
    style = page.evaluate(
        "() => { const app = document.querySelector('rnnvis-explorer').shadowRoot.querySelector('.app');"
        " const style = getComputedStyle(app); return [style.backgroundColor, style.color]; }"
    )
    assert style == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    chosen = page.get_by_role("radio", name="None").locator("xpath=ancestor::label")
    ground = chosen.evaluate("(label) => getComputedStyle(label).backgroundColor")
    assert ground == "rgb(255, 255, 255)", "what is chosen stands out"
    watched.check()


def pair_norms(published: Published, name: str) -> list[float]:
    """How far “though” moved the memory in a probe sentence and in its reversed twin."""
    norms = []
    for key in (published.dataset["probes"][name], published.dataset["probes"][f"{name}-reversed"]):
        step = published.sentence(key)["surface"].index("though")
        norms.append(float(np.linalg.norm(published.change(key, step))))
    return norms


def told_of_both(page: Page, published: Published, name: str) -> None:
    """The panel says in the published numbers what “though” did in a probe sentence and its reversed twin."""
    settled(page, "drawn.difference")
    probes, panel = published.dataset["probes"], page.get_by_role("complementary", name="Details")
    told = panel.locator(".told")
    norms = []
    for key in (probes[name], probes[f"{name}-reversed"]):
        sentence = published.sentence(key)
        step = sentence["surface"].index("though")
        rows = published.rows("steps", "sentence_id = ? ORDER BY step", sentence["sentence_id"])
        before, after = (rows[i]["p_class"][1] for i in (step - 1, step))
        expect(told).to_contain_text(f"from {before:.2f} to {after:.2f}")
        norms.append(float(np.linalg.norm(published.change(key, step))))
    larger = int(np.argmax(norms))
    both = f"response norm {max(norms):.2f} against {min(norms):.2f}"
    expect(told).to_contain_text(f"It changed the memory more in sentence {larger + 1} ({both}).")


def test_two_clicks_lead_from_the_home_page_to_what_the_word_did_in_two_sentences(
    watched: Watched, published: Published
) -> None:
    page = watched.open("")
    page.get_by_role("link", name="What “though” did", exact=True).click()
    page.get_by_role("link", name="See what though did in both, side by side").click()
    page.wait_for_url("**/explorer/#v1=**")
    page.locator("[data-picture] canvas").first.wait_for()
    pairs = [name for name in published.dataset["probes"] if f"{name}-reversed" in published.dataset["probes"]]
    apart = {name: abs(np.log(np.divide(*pair_norms(published, name)))) for name in pairs}
    told_of_both(page, published, max(apart, key=lambda name: apart[name]))
    watched.check()


def test_the_tour_ends_at_what_the_word_did_in_two_sentences(
    profile: Callable[..., BrowserContext], base: str, published: Published
) -> None:
    watched = watch(profile(), base)
    page = opened(watched, "#v1=d=reviews&m=gru&s=rnn.0.h&g=block.reliable&k=8&q=music-though&t=5")
    page.evaluate(f"{STORE}.startTour()")
    tour = page.locator("rnnvis-explorer [data-tour-dialog]")
    for number in range(1, 5):
        expect(tour.get_by_text(f"Tour, {number} of 6")).to_be_visible()
        tour.get_by_role("button", name="Next").click()
    tour.get_by_role("button", name="Show both sentences").click()
    expect(tour).to_have_count(0)
    told_of_both(page, published, "music-though")
    assert view(page, "sentence2") == published.dataset["probes"]["music-though-reversed"]
    watched.check()
