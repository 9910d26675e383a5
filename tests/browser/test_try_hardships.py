"""The model in the page where something is missing, broken or too much: named, bounded, and the rest works on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import recorded
from tests.browser.conftest import Watched
from tests.browser.planted import Damage, plant, whole
from tests.browser.test_try import EXPLORER, Judged, arrived, same

TYPED = "the plot was dull"
BACKGROUND = """(() => {
  const [frame, timer, waiting] = [requestAnimationFrame, setTimeout, []];
  window.behind = false;
  window.requestAnimationFrame = (act) => (window.behind ? waiting.push(act) : frame(act));
  window.setTimeout = (act, ms = 0, ...rest) => timer(act, window.behind ? Math.max(1000, ms) : ms, ...rest);
  Object.defineProperty(document, 'hidden', { get: () => window.behind });
  window.forward = () => { window.behind = false; for (const act of waiting.splice(0)) frame(act); };
})()"""
"""What browsers do to a tab in the background: no frames, timers once a second."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("judge")
    recorded.judge().publish(path, name="judge", largest_k=4)
    return path


def shown(watched: Watched, folder: Path, damage: Damage = whole, before: str = "") -> Page:
    """The explorer over the folder, with the text field open."""
    if before:
        watched.page.add_init_script(before)
    plant(watched.page, folder, damage)
    page = watched.open("explorer/")
    page.wait_for_function(f"() => {EXPLORER}?.ready")
    page.get_by_role("button", name="Type a sentence").first.click()
    return page


def read(page: Page, text: str = TYPED) -> None:
    """Types, and holds what the page comes to against PyTorch."""
    page.get_by_label("Your sentence", exact=True).fill(text)
    page.wait_for_function("(text) => " + EXPLORER + ".sentence.text === text", arg=text)
    same(arrived(page, "first"), Judged(), [])


def opens(page: Page) -> bool:
    """Whether it runs in a worker."""
    asked = f"async () => {{ const t = {EXPLORER}.trying; return (await (await t.reader()).open(t.reading)).apart; }}"
    return page.evaluate(asked)


@pytest.mark.parametrize(
    ("lacking", "apart"),
    [("delete window.Worker", False), ("delete window.WebAssembly; delete window.Worker", False), (BACKGROUND, True)],
    ids=["no worker", "no WebAssembly", "in the background"],
)
def test_it_reads_where_something_is_missing(watched: Watched, folder: Path, lacking: str, apart: bool) -> None:
    view = shown(watched, folder, before=lacking)
    if lacking == BACKGROUND:
        view.evaluate("window.behind = true")
        view.get_by_label("Your sentence", exact=True).fill(TYPED)
        for _ in range(100):
            if view.evaluate(f"{EXPLORER}.sentence.text") == TYPED:
                break
            view.wait_for_timeout(100)
        view.evaluate("window.forward()")
    read(view)
    assert opens(view) is apart
    view.wait_for_function(
        "() => document.querySelector('rnnvis-explorer').shadowRoot"
        ".querySelector('[data-picture]').inspect()?.glyphs.length === 4"
    )
    watched.check()


def cut(name: str, content: bytes) -> bytes:
    return content[:-40] if name.startswith("step_model") else content


def changed(name: str, content: bytes) -> bytes:
    return content[:-4] + b"\0\0\0\0" if name.startswith("step_model") else content


def newer(name: str, content: bytes) -> bytes:
    if name != "manifest.json":
        return content
    manifest = json.loads(content)
    manifest["datasets"][0]["models"][0]["step_model"]["format"] = 99
    return json.dumps(manifest).encode()


@pytest.mark.parametrize(
    ("damage", "said"), [(cut, "bytes"), (changed, "SHA-256"), (newer, "newer")], ids=["cut", "changed", "newer"]
)
def test_a_file_that_is_not_the_model_is_named_and_the_rest_works_on(
    watched: Watched, folder: Path, damage: Damage, said: str
) -> None:
    view = shown(watched, folder, damage)
    panel = view.get_by_role("region", name="Try it")
    expect(panel.get_by_role("alert")).to_contain_text(said)
    view.keyboard.press("Escape")
    panel.get_by_role("button", name="Back to the details").click()
    before = view.evaluate(f"{EXPLORER}.view.sentence")
    other = view.evaluate(f"async () => (await {EXPLORER}.source.sentence({EXPLORER}.dataset, 1)).key")
    view.evaluate(f"{EXPLORER}.setSentence({other!r}, 0)")
    view.wait_for_function(f"() => {EXPLORER}.sentence?.key === {other!r} && {EXPLORER}.sequence")
    assert before != other
    watched.check()


def test_what_is_too_much_is_bounded_and_twenty_edits_end_in_the_last(watched: Watched, folder: Path) -> None:
    view = shown(watched, folder)
    field = view.get_by_label("Your sentence", exact=True)
    alert = view.get_by_role("alert")
    field.fill("film " * 2000)
    expect(alert.filter(has_text="2,000 words; the page runs at most 500").first).to_be_visible()
    field.fill("film " * 5000)
    expect(alert.filter(has_text="25,000 characters; at most 20,000")).to_be_visible()
    field.fill(bytes(range(256)).decode("utf-8", "replace") * 3)
    expect(alert.filter(has_text="no text").first).to_be_visible()
    words = recorded.WORDS
    texts = [f"{TYPED} {words[i % len(words)]}" for i in range(3, 24) if " " not in words[i % len(words)]]
    for text in texts:
        view.evaluate(f"{EXPLORER}.setMade({'typed::' + text!r}, null)")
    view.wait_for_function(f"() => {EXPLORER}.sentence?.text === {texts[-1]!r}")
    same(arrived(view, "first"), Judged(), [])
    expect(alert).to_have_count(0)
    watched.check()
