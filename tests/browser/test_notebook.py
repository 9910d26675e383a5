"""The explorer in a notebook, in a notebook saved to HTML, and as one file: whole, alone, and side by side."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from playwright.sync_api import BrowserContext, Frame, Page, expect

import rnnvis
from tests.browser import recorded
from tests.browser.published import Published
from tests.browser.test_explorer import DRAWN, READY, chip_values

ROOT = Path(__file__).parents[2]
STATE = "gru.0.h"
STARTED = "() => document.querySelector('rnnvis-explorer')?.shadowRoot"
CELLS = [
    "import sys; sys.path.insert(0, {root!r})\nfrom tests.browser import recorded",
    "first = recorded.recording()\nfirst.publish('first/')\nfirst",
    "second = recorded.recording(units=16, seed=1)\nsecond.publish('second/')\nsecond",
]


@dataclass
class Alone:
    """A page opened from disk: everything that it asked for, and everything that went wrong on it."""

    page: Page
    requests: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def check(self, path: Path) -> None:
        """Nothing but the page itself was asked for, nothing went wrong, and no text was run."""
        assert self.requests == [path.as_uri()]
        assert self.problems == []
        for frame in self.page.frames:
            assert frame.evaluate("window.hacked") is None


def opened(context: BrowserContext, path: Path, fragment: str = "") -> Alone:
    alone = Alone(context.new_page())
    page = alone.page
    page.on("request", lambda request: alone.requests.append(request.url.split("#")[0]))
    page.on("console", lambda message: alone.problems.append(message.text) if message.type != "log" else None)
    page.on("pageerror", lambda error: alone.problems.append(str(error)))
    page.goto(path.as_uri() + fragment)
    page.wait_for_function(f"() => document.querySelector('iframe') || ({STARTED})()")
    return alone


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A notebook with two recordings, run and saved to HTML; the folders they were published into lie beside it."""
    folder = tmp_path_factory.mktemp("notebook")
    written = nbformat.v4.new_notebook()
    written.cells = [nbformat.v4.new_code_cell(code.format(root=str(ROOT))) for code in CELLS]
    NotebookClient(written, timeout=300, resources={"metadata": {"path": str(folder)}}).execute()
    body, _ = HTMLExporter(template_name="basic").from_notebook_node(written)
    path = folder / "saved.html"
    path.write_text(
        f"<!doctype html><meta charset='utf-8'><link rel='icon' href='data:,'><body>{body}", encoding="utf-8"
    )
    return path


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The explorer over one recording as one file."""
    folder = tmp_path_factory.mktemp("single")
    path = folder / "page.html"
    recorded.recording().publish(folder / "out", name="<b>first</b>", methods=("block", "spectral"))
    rnnvis.to_html(folder / "out", path)
    return path


def shows(frame: Frame | Page, published: Published) -> None:
    """The first view is drawn with the numbers of the Parquet."""
    frame.wait_for_function(STARTED)
    frame.wait_for_function(READY)
    inspection = frame.evaluate(DRAWN)
    view = published.dataset["view"]
    assert [glyph["token"] for glyph in inspection["glyphs"]] == published.sentence(view["sentence"])["surface"]
    values = chip_values(inspection, published.state["units"])
    wanted = published.change(view["sentence"], view["step"]) * (published.weights if inspection["pushed"] else 1)
    np.testing.assert_allclose(values, wanted, atol=2e-3)
    assert len(inspection["chips"]) == view["k"]


def test_outputs_of_a_saved_notebook_stand_side_by_side_and_ask_for_nothing(
    notebook: Path, context: BrowserContext
) -> None:
    alone = opened(context, notebook)
    frames = alone.page.locator("iframe")
    expect(frames).to_have_count(2)
    for number, name in enumerate(("first", "second")):
        element = frames.nth(number)
        element.scroll_into_view_if_needed()
        frame = element.element_handle().content_frame()
        assert frame is not None
        shows(frame, Published(notebook.parent / name, "reader", STATE))
        assert frame.evaluate("self.origin") == "null"
        expect(frame.get_by_role("button", name="Copy link")).to_have_count(0)
    expect(alone.page.get_by_text("Search over the text, concordance and SQL need a server")).to_have_count(2)
    alone.check(notebook)


@pytest.mark.parametrize(
    ("attribute", "system", "theme"),
    [
        (("data-jp-theme-light", "false"), "light", "dark"),
        (("data-jp-theme-light", "true"), "dark", "light"),
        (("data-vscode-theme-kind", "vscode-dark"), "light", "dark"),
        (None, "dark", "dark"),
    ],
)
def test_outputs_follow_the_theme_of_the_notebook(
    notebook: Path, profile: Callable[..., BrowserContext], attribute: tuple[str, str] | None, system: str, theme: str
) -> None:
    context = profile(color_scheme=system)
    alone = opened(context, notebook)
    if attribute:
        alone.page.evaluate("([name, value]) => document.body.setAttribute(name, value)", list(attribute))
    frame = alone.page.locator("iframe").first.element_handle().content_frame()
    assert frame is not None
    frame.wait_for_function(
        "(theme) => document.querySelector('rnnvis-explorer')?.shadowRoot?.querySelector(`[data-theme=${theme}]`)",
        arg=theme,
    )
    alone.check(notebook)


def test_the_single_file_is_the_whole_explorer(single: Path, context: BrowserContext) -> None:
    alone = opened(context, single)
    page, published = alone.page, Published(single.parent / "out", "b-first-b", STATE)
    shows(page, published)
    assert page.title() == "<b>first</b>: rnnvis"
    page.get_by_role("button", name="Choose sentence").click()
    picker = page.get_by_role("dialog", name="Choose a sentence")
    picker.get_by_role("searchbox").fill("FUNNY")
    expect(picker.get_by_role("listitem").first).to_contain_text("funny")
    having = [row for row in published.rows("sentences") if re.search(r"\bfunny\b", row["text"])]
    expect(picker.get_by_role("status").first).to_contain_text(f"of {len(having)} shown")
    picker.get_by_role("listitem").first.get_by_role("button").click()
    page.wait_for_function(f"(first) => ({DRAWN})().glyphs[0].token === first", arg=having[0]["surface"][0])
    for view in ("Units", "Map"):
        page.get_by_role("navigation", name="Views").get_by_role("button", name=view).click()
        expect(page.get_by_role("heading", name=view, exact=True)).to_be_visible()
    alone.check(single)


def test_words_of_a_unit_are_ranked_without_the_engine_as_with_it(single: Path, context: BrowserContext) -> None:
    alone = opened(context, single, "#v1=d=recorded%20text&m=b-first-b&s=gru.0.h&u=3&p=unit")
    page, published = alone.page, Published(single.parent / "out", "b-first-b", STATE)
    chart = page.get_by_role("slider", name=re.compile("^Words that raise this unit most"))
    page.get_by_role("combobox", name=re.compile("ranked by")).select_option(label="certainty")
    enough = published.rows("responses", "count >= 8")
    score = {row["word_id"]: row["mean"][3] / row["standard_error"][3] for row in enough}
    best = max(score, key=lambda word: score[word])
    text = published.rows("words", "word_id = ?", best)[0]["text"]
    chart.focus()
    page.keyboard.press("Home")
    expect(chart).to_have_attribute("aria-valuetext", re.compile(rf"^{re.escape(text)}\. "))
    alone.check(single)


@pytest.mark.parametrize("view", ["Find", "SQL"])
def test_what_needs_the_engine_says_how_to_get_it(single: Path, context: BrowserContext, view: str) -> None:
    alone = opened(context, single)
    alone.page.wait_for_function(READY)
    tabs = alone.page.get_by_role("navigation", name="Views")
    expect(tabs.get_by_role("button", name=view)).to_have_count(0)
    alone.page.evaluate("(name) => document.querySelector('rnnvis-explorer').explorer.openPage(name)", view.lower())
    expect(alone.page.get_by_role("alert")).to_contain_text('rnnvis.serve("out/"')
    tabs.get_by_role("button", name="Picture").click()
    alone.page.wait_for_function(READY)
    alone.check(single)


def test_a_link_into_the_single_file_opens_its_view(single: Path, context: BrowserContext) -> None:
    alone = opened(context, single)
    alone.page.wait_for_function(READY)
    alone.page.get_by_role("slider", name="Clusters").fill("5")
    alone.page.wait_for_function("() => location.hash.includes('k=5')")
    link = alone.page.evaluate("() => location.hash")
    again = opened(context, single, link)
    again.page.wait_for_function(f"() => {{ const d = ({DRAWN})(); return d && d.chips.length === 5; }}")
    again.check(single)


def test_what_was_left_out_stands_in_the_page(
    single: Path, tmp_path: Path, profile: Callable[..., BrowserContext]
) -> None:
    path = tmp_path / "small.html"
    published = Published(single.parent / "out", "b-first-b", STATE)
    tables = [t for h in (published.dataset, published.model, published.state) for t in h["tables"].items()]
    size = {name: sum(file["bytes"] for file in table["files"]) for name, table in tables}
    said = rnnvis.to_html(single.parent / "out", path, limit=sum(size.values()) - size["states"] // 2)
    assert "states along" in said
    alone = opened(profile(viewport={"width": 960, "height": 760}, color_scheme="dark"), path)
    shows(alone.page, published)
    expect(alone.page.locator("body > footer")).to_contain_text("Left out of this page")
    expect(alone.page.locator("body > footer")).to_contain_text("states along")
    alone.check(path)
