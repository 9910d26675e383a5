"""Memory that is refused, by the browser itself or in its place: told at once, and the rest works on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests import synthetic
from tests.browser.conftest import Watched, watch
from tests.browser.planted import plant
from tests.browser.test_explorer import READY, button, settled

AT_ONCE = 8_000
"""Well before a silent engine is given up, in ms."""
WORKER = "**/duckdb-browser-eh.worker.js"
EXHAUSTED = """() => {
  globalThis.held = [];
  try {
    for (;;) globalThis.held.push(new WebAssembly.Memory({ initial: 1, maximum: 65536 }));
  } catch (error) {
    return [globalThis.held.length, error.name];
  }
}"""
"""Takes all the room that Chromium has for memories of WebAssembly: the next one is truly refused."""
REFUSED = """
const refuse = () => Promise.reject(new RangeError('WebAssembly.instantiate(): Out of memory: no room for code'));
WebAssembly.instantiateStreaming = WebAssembly.instantiate = refuse;
"""
NO_GROWTH = """
WebAssembly.Memory.prototype.grow = () => { throw new RangeError('WebAssembly.Memory.grow(): Unable to grow'); };
"""
NO_ROOM = """(name) => {
  const real = globalThis.fetch;
  const refuse = () => Promise.reject(new RangeError('Array buffer allocation failed'));
  globalThis.fetch = async (...request) => {
    const response = await real(...request);
    if (!String(request[0]).includes(name)) return response;
    return Object.defineProperties(response, { body: { value: null }, arrayBuffer: { value: refuse } });
  };
}"""


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("memory")
    synthetic.publish(folder, units=32, words=300, sentences=400)
    return folder


@pytest.fixture
def page(context: BrowserContext, base: str, planted: Path) -> Page:
    """The picture on planted data."""
    page = context.new_page()
    plant(page, planted)
    page.goto(f"{base}explorer/")
    page.wait_for_function(READY)
    return page


def before_the_worker(page: Page, site: Path, script: str) -> None:
    """Run `script` in the engine's worker before anything else."""
    body = script + (site / "explorer" / "app" / "duckdb" / "duckdb-browser-eh.worker.js").read_text("utf-8")

    def answer(route: Route) -> None:
        route.fulfill(content_type="text/javascript", body="" if route.request.method == "HEAD" else body)

    page.route(WORKER, answer)


def the_rest_works(page: Page) -> None:
    page.evaluate("document.querySelector('rnnvis-explorer').explorer.openPage('picture')")
    page.wait_for_function(READY)
    page.get_by_role("slider", name="Clusters").fill("4")
    settled(page, "drawn.chips.length === 4")


def find(page: Page) -> None:
    """A scan of the states: sentences are found without the engine."""
    page.evaluate(
        "() => document.querySelector('rnnvis-explorer').explorer.openFind({ mode: 'fires', by: 'unit', unit: 7 })"
    )


def test_an_engine_that_the_browser_has_no_room_for_is_told_at_once(page: Page) -> None:
    held, error = page.evaluate(EXHAUSTED)
    assert held > 0
    assert error == "RangeError"
    find(page)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("The search engine did not start", timeout=AT_ONCE)
    for said in ("could not allocate memory", "close other tabs or programs and try again", "/duckdb/"):
        expect(alert).to_contain_text(said)
    the_rest_works(page)


def test_memory_that_is_given_back_lets_the_search_start(page: Page) -> None:
    page.evaluate(EXHAUSTED)
    find(page)
    expect(page.get_by_role("alert")).to_be_visible(timeout=AT_ONCE)
    page.evaluate("() => { globalThis.held = null; }")
    page.request_gc()
    button(page, "Try again").click()
    expect(page.locator("[data-count]")).to_have_text(re.compile(r"\d+ of [\d,]+ stretch"), timeout=30_000)
    expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize("where", ["find", "sql"])
def test_a_refusal_that_the_worker_does_not_report_itself_is_heard(page: Page, site: Path, where: str) -> None:
    before_the_worker(page, site, REFUSED)
    if where == "find":
        find(page)
    else:
        page.evaluate("document.querySelector('rnnvis-explorer').explorer.openPage('sql')")
        page.locator("rnnvis-explorer textarea").first.fill("SELECT count(*) FROM words")
        button(page, "Run").click()
    alert = page.get_by_role("alert").first
    expect(alert).to_contain_text("The search engine did not start", timeout=AT_ONCE)
    expect(alert).to_contain_text("no room for code")
    expect(alert).to_contain_text("close other tabs or programs and try again")
    the_rest_works(page)


def test_a_search_that_runs_out_of_memory_is_told_and_the_engine_starts_anew(page: Page, site: Path) -> None:
    before_the_worker(page, site, NO_GROWTH)
    page.evaluate(
        """() => {
          const { explorer } = document.querySelector('rnnvis-explorer');
          const phrase = explorer.vocabulary.text.find((_, id) => !explorer.vocabulary.special[id]);
          explorer.openFind({ mode: 'concordance', phrase, memory: true });
        }"""
    )
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("The search ran out of memory", timeout=30_000)
    for said in ("DuckDB", "search for less, and try again", "The rest works without it"):
        expect(alert).to_contain_text(said)
    page.unroute(WORKER)
    button(page, "Try again").click()
    expect(page.locator("[data-count]")).to_have_text(re.compile(r"\d+ of [\d,]+ uses? in"), timeout=30_000)
    the_rest_works(page)


def test_a_table_that_does_not_fit_is_told_in_its_place(context: BrowserContext, base: str) -> None:
    watched: Watched = watch(context, base)
    page = watched.open("explorer/")
    page.wait_for_function(READY)
    page.evaluate(NO_ROOM, "/units-")
    page.evaluate("document.querySelector('rnnvis-explorer').explorer.openPage('units')")
    alert = page.get_by_role("alert").first
    expect(alert).to_contain_text("The browser has no memory left for this", timeout=AT_ONCE)
    expect(alert).to_contain_text("Close other tabs or programs and try again")
    the_rest_works(page)
    watched.check()
