"""The explorer on the built site, in headless Chromium on loopback."""

from __future__ import annotations

import statistics
import threading
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright
from tests.browser import chromium

from benchmarks.report import Table
from rnnvis.stages.serve import server

RUNS = 7
_PICTURE = "document.querySelector('rnnvis-explorer').shadowRoot.querySelector('[data-picture]')"
_CHIPS = f"(() => {{ const d = {_PICTURE}?.inspect?.(); return d ? d.chips.length : 0; }})()"
_SCRIPTING = """async (k) => {
  const root = document.querySelector('rnnvis-explorer').shadowRoot;
  const slider = root.querySelector('input[type=range]');
  slider.value = k;
  const start = performance.now();
  slider.dispatchEvent(new Event('input', { bubbles: true }));
  slider.dispatchEvent(new Event('change', { bubbles: true }));
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  return performance.now() - start;
}"""


def measure(site: Path) -> Table:
    """First view, bytes before it, and a change of k."""
    running = server(site)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{running.server_address[1]}/explorer/"
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium.executable(), args=chromium.ARGUMENTS)
            first, sizes, changes = [], [], []
            for _ in range(RUNS):
                context = browser.new_context(viewport={"width": 1440, "height": 900})
                context.add_init_script("try { localStorage.setItem('rnnvis.tour', 'seen'); } catch {}")
                page = context.new_page()
                took, size = _first_view(page, address)
                first.append(took)
                sizes.append(size)
                page.wait_for_timeout(500)
                for k in (9, 12, 7, 8, 16, 10):
                    changes.append(page.evaluate(_SCRIPTING, k))
                    page.wait_for_timeout(400)
                context.close()
            browser.close()
    finally:
        running.shutdown()
    rows = [
        ("cold navigation to chips and clouds", *_row(first)),
        ("bytes before that, as sent by a server without compression, kB", *_row([s / 1000 for s in sizes])),
        ("k changed to the next frame drawn", *_row(changes)),
    ]
    about = f"{RUNS} cold starts in headless Chromium at 1440 × 900, the site on loopback; times in milliseconds."
    return Table("The explorer", about, ("figure", "median", "95th percentile"), rows)


def _first_view(page: Page, address: str) -> tuple[float, int]:
    sizes: list[int] = []

    def seen(response: Any) -> None:
        sizes.append(int(response.headers.get("content-length", 0)))

    page.on("response", seen)
    start = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_function(f"() => !!document.querySelector('rnnvis-explorer')?.shadowRoot && {_CHIPS} > 0")
    return (time.perf_counter() - start) * 1000, sum(sizes)


def _row(values: list[float]) -> tuple[str, str]:
    ordered = sorted(values)
    return f"{statistics.median(ordered):.0f}", f"{ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]:.0f}"
