"""What a reader looks at does not move while the first view loads: shifts of layout, as the browser measures them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext

from tests.browser.conftest import watch

LEAST = 0.02
WATCH = """window.shifts = [];
new PerformanceObserver((list) => window.shifts.push(...list.getEntries().map(({ value }) => value)))
  .observe({ type: 'layout-shift', buffered: true });"""


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1024, 768), (400, 800)])
def test_the_first_view_keeps_its_places(
    profile: Callable[..., BrowserContext], base: str, width: int, height: int
) -> None:
    context = profile(viewport={"width": width, "height": height})
    context.add_init_script(WATCH)
    page = watch(context, base).open("explorer/")
    page.wait_for_function("() => document.querySelector('rnnvis-explorer')?.explorer?.ready")
    page.wait_for_load_state("networkidle")
    # Entries are told a frame after what they measure.
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    shifts = page.evaluate("() => window.shifts")
    assert shifts, "nothing was measured"
    assert sum(shifts) < LEAST
