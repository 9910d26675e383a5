"""The explorer on the built site, in headless Chromium on loopback; larger data is generated."""

from __future__ import annotations

import gzip
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Response, sync_playwright

from benchmarks.interactions import TOOLS, WATCH, Scripting, act
from benchmarks.report import Table
from rnnvis.progress import say
from rnnvis.server.loopback import serve_site
from tests import large
from tests.browser import chromium

STARTS = 9
ROUNDS = 100
WALK = 500
HELD = 48
SENTENCES = 100_000
SEARCHES: dict[str, list[dict[str, Any]]] = {
    "text": [
        {"text": text} for text in ("aal0", "bem1 ", "12", "eos13", "fom1 gin", "nothing", "e", "hur39", "t9", "a")
    ],
    "expression": [{"text": f"/{text}/"} for text in ("^aal", "(bem|eos)1\\b", "[a-c]e[lm]9+$", "hur.*aal", "x")],
    "label, length, loss": [
        {"label": 1},
        {"label": 0, "text": "aal"},
        {"length": [12, 12]},
        {"loss": [1, None]},
        {"loss": [0.5, 1], "order": "loss"},
    ],
}
Row = tuple[str, str, str, str]


def measure(site: Path) -> Table:
    """Every figure of the explorer, beside what was aimed at."""
    rows: list[Row] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.executable(), args=[*chromium.ARGUMENTS, "--js-flags=--expose-gc"]
        )
        say("Cold starts of the explorer")
        with serving(site) as base:
            rows += _first_view(browser, base + "explorer/")
        for units, words in ((600, 500), (100_000, 5_000)):
            of = f"{units:,} units × {words:,} words"
            say(f"Interactions at {of}")
            with generated(site, units, words, 40) as base:
                rows += _interactions(browser, base + "app/", of, units)
        say(f"Search over {SENTENCES:,} sentences")
        with generated(site, 64, 5_000, SENTENCES) as base:
            rows += _searches(browser, base + "app/")
        browser.close()
    about = (
        f"Headless Chromium at 1440 × 900 on loopback; milliseconds unless said otherwise; {STARTS} cold starts, "
        f"{ROUNDS} of each interaction on generated data. “Script” is the time JavaScript ran, by the browser's own "
        "count (ScriptDuration), from the event to after the next frame; “shown” is all the time until then, a "
        "frame's wait included. Words and clusters were looked at before, as a pointer does on its way."
    )
    return Table("The explorer", about, ("figure", "median", "95th percentile", "aim"), rows)


def visitor(browser: Browser) -> BrowserContext:
    """A fresh profile that has seen the tour."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_init_script("try { localStorage.setItem('rnnvis.tour', 'seen'); } catch {}")
    context.add_init_script(WATCH)
    return context


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve `folder`; its address."""
    with serve_site(folder) as running:
        yield running.url


@contextmanager
def generated(
    site: Path, units: int, words: int, sentences: int, also: Callable[[Path], None] = lambda _: None
) -> Iterator[str]:
    """Serve the built explorer over a generated set, in whose folder `also` puts more."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        shutil.copytree(site / "explorer" / "app", root / "app")
        large.publish(root / "data", units, words, sentences)
        also(root / "data")
        with serving(root) as base:
            yield base


def seen(page: Page, address: str, patience: float = 120) -> float:
    """Go to `address`; milliseconds until the first view was drawn. The page is left alone until then."""
    session = page.context.new_cdp_session(page)
    page.goto(address, wait_until="commit")
    start = time.monotonic()
    while time.monotonic() - start < patience:
        page.wait_for_timeout(100)
        value = session.send("Runtime.evaluate", {"expression": "window.__seen ?? null"})["result"].get("value")
        if value is not None:
            return float(value)
    raise TimeoutError(f"{address}: nothing was drawn within {patience:.0f} s")


def opened(browser: Browser, address: str) -> Page:
    """A fresh profile with the first view drawn."""
    page = visitor(browser).new_page()
    seen(page, address)
    return page


def transferred(browser: Browser, address: str) -> dict[str, bytes]:
    """What arrives before the first view: bodies by address."""
    context = visitor(browser)
    page = context.new_page()
    answers: list[Response] = []
    page.on("response", lambda response: answers.append(response))
    seen(page, address)
    asked = page.evaluate(
        "performance.getEntriesByType('resource').filter((e) => e.startTime < window.__seen).map((e) => e.name)"
    )
    before = {address, *asked}
    sent = {answer.url: answer.body() for answer in answers if answer.url in before and answer.status < 300}
    context.close()
    return sent


def gzipped(bodies: Iterable[bytes]) -> int:
    """Bytes if each body were gzipped at level 6."""
    return sum(len(gzip.compress(body, 6)) for body in bodies)


def _first_view(browser: Browser, address: str) -> list[Row]:
    times = []
    for _ in range(STARTS):
        page = visitor(browser).new_page()
        times.append(seen(page, address))
        page.context.close()
    sent = transferred(browser, address)
    return [
        ("cold navigation to chips and clouds", *row(times), "500"),
        ("bytes before that, each body gzipped, kB", f"{gzipped(sent.values()) / 1000:.0f}", "", "600"),
        ("the same as sent without compression, kB", f"{sum(map(len, sent.values())) / 1000:.0f}", "", ""),
        ("requests before that", str(len(sent)), "", ""),
    ]


def _interactions(browser: Browser, address: str, of: str, units: int) -> list[Row]:
    page = opened(browser, address)
    page.wait_for_timeout(1000)
    page.evaluate(TOOLS)
    scripting = Scripting(page.context.new_cdp_session(page))
    words = page.evaluate(f"window.__bench.words({HELD})")[:8]
    chips = page.evaluate("window.__bench.chips")
    for word in words:
        page.evaluate("(word) => window.__bench.warm(word)", word)
    aim = "16" if units <= 600 else "50"
    selected = _repeat(page, scripting, "select", [words[i % len(words)] for i in range(ROUNDS)])
    hovered = _repeat(page, scripting, "hover", [chips[i % len(chips)] for i in range(ROUNDS)])
    for k in range(4, 11):
        page.evaluate("async (k) => { await window.__bench.clusters(k); await window.__bench.settled(k); }", k)
    changed = _repeat(page, scripting, "clusters", [4 + i % 7 for i in range(ROUNDS)])
    rows = [
        (f"{of}: word selected, script", *row([s for _, s in selected]), aim),
        (f"{of}: word selected, shown", *row([t for t, _ in selected]), ""),
        (f"{of}: chip hovered, script", *row([s for _, s in hovered]), ""),
        (f"{of}: chip hovered, shown", *row([t for t, _ in hovered]), ""),
        (f"{of}: number of clusters changed, script", *row([s for _, s in changed]), "50"),
        (f"{of}: number of clusters changed, shown", *row([t for t, _ in changed]), "50"),
    ]
    rows.append(_memory(page, words, page.evaluate("window.__bench.points"), of))
    if units <= 600:
        keys = page.evaluate(
            "async () => { const e = document.querySelector('rnnvis-explorer').explorer;"
            " const t = e.source.table(e.dataset, 'sentences');"
            " return (await t.slice(0, 4, ['key'])).map((row) => row.key); }"
        )
        switched = [float(page.evaluate("(key) => window.__bench.sentence(key)", keys[i % 4])) for i in range(1, 21)]
        rows.append((f"{of}: sentence switched, shown", *row(switched), ""))
    page.context.close()
    return rows


def _searches(browser: Browser, address: str) -> list[Row]:
    page = opened(browser, address)
    page.evaluate(TOOLS)
    page.evaluate("window.__bench.find()")
    page.evaluate("window.__bench.search({ text: 'made once' })")
    rows = []
    for kind, searches in SEARCHES.items():
        wanted = [search for _ in range(4) for search in searches]
        times = [float(page.evaluate("(find) => window.__bench.search(find)", find)) for find in wanted]
        rows.append((f"{SENTENCES:,} sentences searched by {kind}", *row(times), "150"))
    page.context.close()
    return rows


def _repeat(page: Page, scripting: Scripting, call: str, values: Sequence[Any]) -> list[tuple[float, float]]:
    found = []
    for value in values:
        found.append(act(page, scripting, call, value))
        page.wait_for_timeout(60)
    return found


def walk(page: Page, words: list[str], points: list[list[float]], steps: int, seed: int = 7) -> Callable[[], float]:
    """Do `steps` random things; returns what tells the heap in MB after collection."""
    session = page.context.new_cdp_session(page)
    rng = random.Random(seed)
    for _ in range(steps):
        call, value = rng.choice(
            [("select", rng.choice(words)), ("hover", rng.choice(points)), ("clusters", rng.randint(4, 10))]
        )
        page.evaluate(f"(value) => window.__bench.{call}(value)", value)

    def heap() -> float:
        session.send("HeapProfiler.collectGarbage")
        return float(session.send("Runtime.getHeapUsage")["usedSize"]) / 1e6

    return heap


def _memory(page: Page, words: list[str], points: list[list[float]], of: str) -> Row:
    sizes = []
    for part in range(WALK // 100):
        sizes.append(walk(page, words, points, 100, seed=part)())
    slope = (sizes[-1] - sizes[0]) / (len(sizes) - 1)
    return (f"{of}: heap after {WALK} random interactions, MB", f"{sizes[-1]:.1f}", f"{slope:+.2f} per 100", "flat")


def row(values: Sequence[float]) -> tuple[str, str]:
    ordered = sorted(values)
    return f"{statistics.median(ordered):.0f}", f"{ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]:.0f}"
