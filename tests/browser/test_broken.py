"""Damaged, missing, slow and foreign data: never a blank page, always what, where and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests import synthetic
from tests.browser.planted import Damage, manifest, only, plant, whole


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A planted folder, without the file that holds the first view again."""
    folder = tmp_path_factory.mktemp("planted")
    synthetic.publish(folder, units=32, words=300, sentences=1500)
    return folder


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    exceptions: list[str] = []
    page.on("pageerror", lambda error: exceptions.append(str(error)))
    yield page
    assert exceptions == []


def flipped(content: bytes) -> bytes:
    """One bit in sixty-four bytes is wrong."""
    wrong = bytearray(content)
    end = max(400, len(wrong) - 12_000)
    wrong[100:end:64] = bytes(b ^ 1 for b in wrong[100:end:64])
    return bytes(wrong)


def without_excerpt(value: dict[str, Any]) -> None:
    for dataset in value["datasets"]:
        dataset.pop("first_view", None)


def in_ranges(damage: Damage) -> Damage:
    """The damage, with every table read from its own file."""
    bare = manifest(without_excerpt)
    return lambda name, content: damage(name, bare(name, content))  # type: ignore[arg-type]


def view_of_nothing(value: dict[str, Any]) -> None:
    value["datasets"][0]["view"] = {"model": "none", "sentence": "none", "step": 99, "k": 77, "words": ["none"]}


def other_units(value: dict[str, Any]) -> None:
    value["datasets"][0]["models"][0]["states"][0]["units"] = 31


WHOLE_PAGE: list[tuple[str, Damage, list[str]]] = [
    ("missing", only("manifest", lambda _: 404), ["There is no data here", "rnnvis publish"]),
    ("truncated", only("manifest", lambda b: b[:100]), ["not JSON", "rnnvis verify"]),
    ("too-new", manifest(lambda m: m.update(version=99)), ["version 99", "Update the explorer"]),
    ("empty", manifest(lambda m: m.update(datasets=[])), ["datasets must be a list that is not", "rnnvis publish"]),
    ("foreign", only("manifest", lambda _: b'{"a": 1}'), ["does not say that it is one of rnnvis", "src"]),
    ("failing", only("manifest", lambda _: 503), ["answered 503", "whoever runs the server"]),
    ("lost", only("manifest", lambda _: 0), ["could not be fetched", "connection"]),
]


@pytest.mark.parametrize(("name", "damage", "said"), WHOLE_PAGE, ids=[case[0] for case in WHOLE_PAGE])
def test_a_broken_folder_is_told_and_can_be_tried_again(
    page: Page, base: str, planted: Path, name: str, damage: Damage, said: list[str]
) -> None:
    plant(page, planted, damage)
    page.goto(base + "explorer/")
    alert = page.get_by_role("alert")
    for text in [*said, "manifest.json"]:
        expect(alert).to_contain_text(text)
    page.unroute("**/explorer/data/*")
    plant(page, planted)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("[data-picture]")).to_be_visible()


TABLES: list[tuple[str, Damage, list[str]]] = [
    ("missing", only("states-", lambda _: 404), ["A data file is missing", "states-"]),
    ("truncated", only("states-", lambda b: b[: len(b) // 2]), ["bytes", "states-", "SHA-256"]),
    ("flipped", only("states-", flipped), ["A data file is damaged", "states-", "rnnvis verify"]),
    ("flipped-whole", only("words-", flipped), ["A data file is damaged", "words-"]),
    ("lost", only("states-", lambda _: 0), ["could not be fetched", "states-"]),
    ("other-units", manifest(other_units), ["31 units, but the table", "32", "publish"]),
]


@pytest.mark.parametrize(("name", "damage", "said"), TABLES, ids=[case[0] for case in TABLES])
def test_a_broken_table_is_told_in_its_place(
    page: Page, base: str, planted: Path, name: str, damage: Damage, said: list[str]
) -> None:
    plant(page, planted, in_ranges(damage))
    page.goto(base + "explorer/")
    alert = page.get_by_role("alert").first
    for text in said:
        expect(alert).to_contain_text(text)
    expect(page.get_by_role("button", name="Export")).to_be_visible()


def test_a_first_view_that_names_nothing_known_ends_with_a_picture(page: Page, base: str, planted: Path) -> None:
    plant(page, planted, manifest(view_of_nothing))
    page.goto(base + "explorer/")
    expect(page.locator("[data-picture]")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="another one is shown")).to_be_visible()
    page.wait_for_function(
        "() => document.querySelector('rnnvis-explorer').shadowRoot.querySelector('[data-picture]')"
        ".inspect().glyphs.length"
    )


def test_a_slow_server_is_named_and_what_it_sends_at_last_is_shown(page: Page, base: str, planted: Path) -> None:
    held: list[Route] = []
    plant(page, planted, in_ranges(whole))
    page.route("**/words-*", lambda route: held.append(route))
    page.goto(base + "explorer/")
    waiting = page.locator("rnnvis-explorer").get_by_text("still waiting for words-")
    expect(waiting).to_be_visible(timeout=9000)
    expect(waiting).to_contain_text("parts so far")
    for route in held:
        route.fallback()
    expect(page.locator("[data-picture]")).to_be_visible()


@pytest.mark.parametrize("how", ["missing", "without-wasm"])
def test_the_search_says_why_it_cannot_start_and_the_picture_stays(
    page: Page, base: str, planted: Path, how: str
) -> None:
    plant(page, planted)
    if how == "missing":
        page.route("**/duckdb-eh.wasm", lambda route: route.fulfill(status=404))
    else:
        page.add_init_script("delete globalThis.WebAssembly")
    page.goto(base + "explorer/#v1=p=sql")
    page.locator("rnnvis-explorer textarea").first.fill("SELECT count(*) FROM words")
    page.get_by_role("button", name="Run", exact=True).click()
    alert = page.get_by_role("alert").first
    expect(alert).to_contain_text("The search engine did not start", timeout=15_000)
    said = {"missing": "404", "without-wasm": "no WebAssembly"}[how]
    expect(alert).to_contain_text(said)
    page.goto(base + "explorer/#v1=k=6")
    expect(page.locator("[data-picture]")).to_be_visible()
