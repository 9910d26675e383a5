"""What the explorer may cost, counted and not timed: requests, bytes, rows read by ranges, nodes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Response

from benchmarks import viewer
from benchmarks.interactions import TOOLS

UNITS, WORDS = 100_000, 5_000
FIRST_VIEW = 387_000
REQUESTS = 16
# One row is two numbers of four bytes a unit; its pages begin and end a little before and after it.
ROW = 8 * UNITS + 64_000


@pytest.fixture(scope="module")
def large(site: Path) -> Iterator[str]:
    """The explorer over very many units and words."""
    with viewer.generated(site, UNITS, WORDS, 8) as base:
        yield base + "app/"


def _kind(url: str) -> str:
    return re.sub(r"-\w+\.parquet$", "", url.rsplit("/", 1)[-1])


class Reads:
    """Bytes that were fetched of each table since it was last asked."""

    def __init__(self, page: Page) -> None:
        self.seen: list[Response] = []
        page.on("response", lambda response: self.seen.append(response))

    def __call__(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for response in self.seen:
            if response.url.endswith(".parquet"):
                kind = _kind(response.url)
                found[kind] = found.get(kind, 0) + int(response.headers["content-length"])
        self.seen.clear()
        return found


def test_first_view_costs_few_requests_and_bytes(browser: Browser, base: str) -> None:
    sent = viewer.transferred(browser, base + "explorer/")
    names = [url.rsplit("/", 1)[-1] for url in sent]
    assert len(sent) <= REQUESTS, names
    assert viewer.gzipped(sent.values()) <= FIRST_VIEW
    assert any(name.endswith(".woff2") for name in names)
    later = ("duckdb", "engine", "infer", "step_model")
    assert not [url for url in sent if any(name in url for name in later)]
    assert not [name for name in names if name.endswith(".parquet") and not name.startswith("words")]


def test_no_matrix_is_fetched_whole(browser: Browser, large: str) -> None:
    page = viewer.visitor(browser).new_page()
    reads = Reads(page)
    viewer.seen(page, large)
    page.wait_for_selector("rnnvis-explorer canvas[role=slider]")
    first = reads()
    assert first.get("responses", 0) <= 3 * ROW
    page.evaluate(TOOLS)
    words = page.evaluate("window.__bench.words(48)")
    selected = set(page.evaluate("document.querySelector('rnnvis-explorer').explorer.view.words"))
    word = next(word for word in words if word not in selected)
    page.evaluate("(word) => window.__bench.warm(word)", word)
    page.evaluate("(word) => window.__bench.select(word)", word)
    page.wait_for_timeout(500)
    read = reads()
    assert 4 * UNITS < read["responses"] <= ROW
    assert set(read) <= {"responses", "response_quantiles"}
    assert sum(read.values()) <= 2 * ROW
    page.context.close()


def test_nodes_and_listeners_do_not_grow(browser: Browser, base: str) -> None:
    page = viewer.opened(browser, base + "explorer/")
    page.wait_for_selector("rnnvis-explorer canvas[role=slider]")
    page.evaluate(TOOLS)
    words = page.evaluate("window.__bench.words(1e9)")[:8]
    points = page.evaluate("window.__bench.points")
    session = page.context.new_cdp_session(page)

    def count(seed: int, steps: int) -> dict[str, int]:
        heap = viewer.walk(page, words, points, steps, seed=seed)
        page.evaluate("document.querySelector('rnnvis-explorer').explorer.reset()")
        page.evaluate("document.querySelector('rnnvis-explorer').explorer.hover = null")
        page.wait_for_timeout(1500)
        heap()
        counters = session.send("Memory.getDOMCounters")
        return {name: int(counters[name]) for name in ("nodes", "jsEventListeners", "documents")}

    before = count(1, 50)
    after = count(2, 200)
    assert after["documents"] == before["documents"]
    assert after["nodes"] <= 1.02 * before["nodes"]
    assert after["jsEventListeners"] <= 1.02 * before["jsEventListeners"]
    page.context.close()
