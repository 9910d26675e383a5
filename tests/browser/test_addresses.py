"""Pages under addresses as other servers have them: without the slash at the end, and where nothing is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import Watched


class Slashless(SimpleHTTPRequestHandler):
    """Shows `page/index.html` under `page`, without a redirect, below `/under/it/`; `404.html` where nothing is."""

    def __init__(self, *args: Any, site: Path, **kwargs: Any) -> None:
        self.site = site
        super().__init__(*args, directory=str(site), **kwargs)

    def send_head(self) -> Any:
        inside = self.path.split("?")[0].removeprefix("/under/it").lstrip("/")
        file = self.site / inside
        file = file / "index.html" if file.is_dir() else file
        found = self.path.startswith("/under/it") and file.is_file()
        shown = file if found else self.site / "404.html"
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", self.guess_type(str(shown)))
        self.end_headers()
        return shown.open("rb")

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture
def slashless(site: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Slashless, site=site))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/under/it"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("page", ["", "/methods", "/cases/though", "/methods/"])
def test_a_page_keeps_its_styles_and_links_without_its_slash(
    slashless: str, context: BrowserContext, page: str
) -> None:
    tab = context.new_page()
    failed: list[str] = []
    tab.on("response", lambda answer: failed.append(answer.url) if answer.status >= 400 else None)
    tab.goto(slashless + page)
    tab.wait_for_load_state("load")
    assert failed == []
    sheets = "[...document.styleSheets].filter((sheet) => sheet.href && sheet.cssRules.length).length"
    assert tab.evaluate(sheets) >= 3
    home = tab.evaluate("document.querySelector('a.md-logo').href")
    assert home.rstrip("/") == slashless


def test_the_explorer_starts_without_the_slash(slashless: str, context: BrowserContext) -> None:
    tab = context.new_page()
    tab.goto(f"{slashless}/explorer")
    tab.wait_for_function("document.querySelector('rnnvis-explorer')?.shadowRoot !== null")
    assert "too old" not in tab.inner_text("body")
    assert "could not be loaded" not in tab.inner_text("body")


@pytest.mark.parametrize("page", ["/nothing", "/no/such/page/", "/explorer/none"])
def test_where_nothing_is_a_page_with_a_style_leads_home(slashless: str, context: BrowserContext, page: str) -> None:
    tab = context.new_page()
    answer = tab.goto(slashless + page)
    assert answer is not None
    assert answer.status == 404
    assert tab.inner_text("h1") == "There is no such page here"
    assert tab.evaluate("getComputedStyle(document.body).maxWidth") != "none"
    tab.wait_for_function("(home) => document.getElementById('home').href === home", arg=f"{slashless}/")


def test_everything_of_a_link_that_does_not_fit_is_named(watched: Watched) -> None:
    page = watched.open("explorer/#v1=m=gru&s=rnn.0.h&q=cb1fd540fca03f14&t=999&u=9999")
    expect(page.get_by_text("there is no word 1000 to pin")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("there is no unit 9999")).to_be_visible()
    watched.check()
