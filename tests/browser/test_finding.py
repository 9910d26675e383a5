"""Things are found at once: the search box takes what the keyboard chose, and sentences need no engine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Watched
from tests.browser.published import Published

READY = "() => document.querySelector('rnnvis-explorer')?.explorer?.ready"
MB = 1e6


@pytest.fixture(scope="module")
def published(site: Path) -> Published:
    return Published(site / "explorer" / "data", "gru")


def selected(page: Page) -> list[str]:
    words: list[str] = page.evaluate("document.querySelector('rnnvis-explorer').explorer.view.words")
    return words


def test_the_search_box_takes_what_the_keyboard_chose_and_gives_the_focus_back(watched: Watched) -> None:
    page = watched.open("explorer/")
    page.wait_for_function(READY)
    before = selected(page)
    page.get_by_role("button", name="Copy link").focus()
    page.keyboard.press("/")
    page.keyboard.type("not")
    offers = page.get_by_role("listbox", name="Found").get_by_role("option")
    expect(offers.nth(1)).to_contain_text("part of words")
    expect(offers.first).to_contain_text("word")
    resting = offers.nth(2).bounding_box()
    assert resting
    page.mouse.move(resting["x"] + 40, resting["y"] + 10)
    expect(offers.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    assert selected(page) == [*before, "not"][-3:]
    expect(page.get_by_role("button", name="Copy link")).to_be_focused()
    page.keyboard.press("Control+z")
    assert selected(page) == before
    page.keyboard.press("/")
    page.keyboard.press("Control+Shift+z")
    assert selected(page) == [*before, "not"][-3:]
    watched.check()


def test_a_list_of_sentences_is_there_without_the_engine_and_as_large_as_announced(
    watched: Watched, published: Published
) -> None:
    page = watched.page
    held: list[Route] = []
    sizes: list[int] = []

    def hold(route: Route) -> None:
        # The ends of the files say how much there is to read; what is read then waits.
        asked = route.request.headers.get("range", "")
        start, end = (int(part) for part in re.findall(r"\d+", asked)) if asked else (0, 0)
        if end - start + 1 > 20 * 1024 + 1 and len(held) < 1:
            held.append(route)
        else:
            route.continue_()

    page.on(
        "response",
        lambda r: (
            sizes.append(int(r.headers["content-length"]))
            if re.search("/(sentences|predictions|steps)-", r.url)
            else None
        ),
    )
    page.route("**/sentences-*.parquet", hold)
    watched.open("explorer/#v1=m=gru&p=find&fi=t:but;tm:letters;l:0")
    said = page.get_by_text(re.compile(r"Reading the sentences: [\d.]+ (MB|kB), once"))
    expect(said).to_be_visible()
    announced = re.search(r"([\d.]+) (MB|kB)", said.inner_text())
    assert announced
    held[0].continue_()
    wanted = len(published.rows("sentences", "contains(strip_accents(lower(text)), 'but') AND label = 0"))
    expect(page.locator("[data-count]")).to_have_text(f"50 of {wanted:,} sentences")
    said_bytes = float(announced[1]) * (MB if announced[2] == "MB" else 1e3)
    for _ in range(200):  # what tints the words comes after them
        if sum(sizes) > 0.98 * said_bytes:
            break
        page.wait_for_timeout(100)
    # The rows of the example sentence, read before the list, come besides.
    assert said_bytes == pytest.approx(sum(sizes), rel=0.05)
    words = len(
        published.rows("sentences", "list_contains(list_transform(surface, lambda w: lower(w)), 'but') AND label = 0")
    )
    assert words < wanted
    page.get_by_role("radio", name="words").check()
    expect(page.locator("[data-count]")).to_have_text(f"50 of {words:,} sentences")
    page.get_by_role("button", name="Take away: negative").click()
    expect(page.locator("[data-condition]")).to_have_count(0)
    page.evaluate("document.querySelector('rnnvis-explorer').explorer.setFind({ verdict: 'wrong' })")
    expect(page.locator("[data-condition]")).to_have_text(["wrong×"])
    page.get_by_role("combobox", name="Find a word").fill("though")
    page.get_by_role("option").filter(has_text="All with the word “though”").click()
    expect(page.locator("[data-condition]")).to_have_count(0)
    assert not any("duckdb" in url for url in watched.requests)
    watched.check()


def test_an_expression_without_end_does_not_stop_the_page(watched: Watched) -> None:
    page = watched.open("explorer/#v1=m=gru&p=find&fi=t:%2F(%2B)%2F".replace("(%2B)", "(.%2B)%2B%5Cx00"))
    expect(page.get_by_role("searchbox")).to_be_visible()
    page.get_by_role("searchbox").fill("/^so$/")
    expect(page.locator("[data-count]")).to_have_text(re.compile(r"\d+ sentences?"), timeout=5_000)
    watched.check()


def test_what_is_held_stands_in_the_link_and_back_takes_choices_back_one_by_one(watched: Watched) -> None:
    page = watched.open("explorer/#v1=d=reviews&m=gru&s=rnn.0.h&g=block.reliable&k=8")
    page.wait_for_function(READY)
    held = "() => JSON.stringify(document.querySelector('rnnvis-explorer').explorer.held)"
    act = "(code) => document.querySelector('rnnvis-explorer').explorer.{}"
    chip = page.evaluate("document.querySelector('rnnvis-explorer').explorer.clustering.units.order[2]")
    assert chip != 3, "the label of the third chip is not its number"
    page.evaluate(act.format(f"held = {{ kind: 'chip', cluster: {chip} }}"))
    expect(page).to_have_url(re.compile(r"[#&]o=chip\.3(&|$)"))
    page.evaluate(act.format("toggleWord('film')"))
    expect(page).to_have_url(re.compile(r"film"))
    page.reload()
    page.wait_for_function(READY)
    assert page.evaluate(held) == f'{{"kind":"chip","cluster":{chip}}}'
    page.go_back()
    expect(page).not_to_have_url(re.compile("film"))
    assert page.evaluate(held) == f'{{"kind":"chip","cluster":{chip}}}'
    page.go_back()
    expect(page).not_to_have_url(re.compile("chip"))
    page.wait_for_function("() => document.querySelector('rnnvis-explorer').explorer.held === null")
    page.go_forward()
    page.wait_for_function(
        "(chip) => document.querySelector('rnnvis-explorer').explorer.held?.cluster === chip", arg=chip
    )
    page.evaluate(act.format("setClusters(6)"))
    assert page.evaluate(held) == "null"
    watched.check()
