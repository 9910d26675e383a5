"""A browser, and the built site served on loopback under a sub-path as a project page on a static host is."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from rnnvis.server.loopback import serve_site
from tests.browser import chromium

SITE = Path(__file__).parents[2] / "build" / "site"
OUTPUT = Path(__file__).parent / "output"
TOUR_SEEN = "try { localStorage.setItem('rnnvis.tour', 'seen'); } catch {}"
PREFIX = "/some/where/rnnvis/"


@dataclass
class Watched:
    """A page and what went wrong on it: console errors and warnings, exceptions, failed and foreign requests."""

    page: Page
    origin: str
    base: str
    problems: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def open(self, path: str, **options: Any) -> Page:
        """Go to `path` of the site and wait until the page has loaded."""
        self.page.goto(self.base + path, wait_until="load", **options)
        return self.page

    def watch(self) -> None:
        """Start collecting."""
        page = self.page
        page.on("console", lambda m: self.problems.append(f"{m.type}: {m.text}") if _bad(m.type) else None)
        page.on("pageerror", lambda error: self.problems.append(f"exception: {error}"))
        page.on("response", lambda r: self.problems.append(f"{r.status}: {r.url}") if r.status >= 400 else None)
        page.context.on("request", lambda request: self._seen(request.url))

    def _seen(self, url: str) -> None:
        self.requests.append(url)
        inside = url.startswith((self.base, "data:", f"blob:{self.origin}"))
        if not inside:
            self.foreign.append(url)

    def check(self) -> None:
        """Nothing may have gone wrong."""
        assert self.problems == []
        assert self.foreign == []


def _bad(kind: str) -> bool:
    return kind in ("error", "warning")


@contextmanager
def serving(folder: Path, *, ranges: bool = True) -> Iterator[str]:
    """Serve `folder` on loopback; the address of its root, with a slash at the end."""
    with serve_site(folder, prefix=PREFIX, ranges=ranges) as running:
        yield running.url


@pytest.fixture(scope="session")
def site() -> Path:
    """The built site."""
    assert (SITE / "index.html").is_file(), f"{SITE} is not built: make demo-build"
    return SITE


@pytest.fixture(scope="session")
def base(site: Path) -> Iterator[str]:
    """The address of the site, on a server that answers ranges."""
    with serving(site) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless Chromium for all tests."""
    path = chromium.executable()
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=chromium.ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def profile(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes fresh profiles: 1440 × 900, a light system and the tour already seen unless said otherwise."""
    opened = []

    def make(*, tour: bool = False, **options: Any) -> BrowserContext:
        usual = {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"}
        opened.append(browser.new_context(**{**usual, **options}))
        if not tour:
            opened[-1].add_init_script(TOUR_SEEN)
        return opened[-1]

    yield make
    for context in opened:
        context.close()


@pytest.fixture
def context(profile: Callable[..., BrowserContext]) -> BrowserContext:
    """A fresh profile."""
    return profile()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep a picture of every page that was open when a test failed."""
    report = yield
    browser = getattr(item, "funcargs", {}).get("browser")
    if report.when == "call" and report.failed and browser:
        pages = [page for context in browser.contexts for page in context.pages]
        for number, page in enumerate(pages):
            name = re.sub(r"[^\w-]+", "-", item.name).strip("-")
            page.screenshot(path=OUTPUT / f"{name}-{number}.png")
    return report


@pytest.fixture
def watched(context: BrowserContext, base: str) -> Watched:
    """A page on which everything that goes wrong is collected."""
    return watch(context, base)


def watch(context: BrowserContext, base: str) -> Watched:
    """A new page of `context`, watched."""
    page = Watched(context.new_page(), base.removesuffix(PREFIX), base)
    page.watch()
    return page
