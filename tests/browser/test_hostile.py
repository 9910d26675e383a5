"""Text of a corpus, names in a manifest and links made by hand: shown as text or refused, and nothing executed."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from rnnvis.published import files
from tests import synthetic
from tests.browser.planted import Damage, manifest, plant

WORDS = [
    "<img src=x onerror=alert(1)>",
    "'; DROP TABLE words; --",
    "\u202eevil\u202c",
    "שלום",
    "👩\u200d👩\u200d👧",
    "zero\u200bwidth",
    "z" + "\u0301" * 300,
    "nul\0\x07",
    "x" * 10_000,
    '=HYPERLINK("http://evil","x")',
]
POLICY = re.compile(
    r"default-src 'self'; script-src 'self' 'wasm-unsafe-eval'(?: 'sha256-[\w+/=]+')*; "
    r"style-src 'self' 'unsafe-inline'; "
    r"img-src 'self' data: blob:; connect-src 'self' blob: data:; worker-src 'self' blob:; object-src 'none'; "
    r"base-uri 'self'; form-action 'self'"
)
VIOLATIONS = """() => {
  window.violations = [];
  const note = (event) => window.violations.push(event.violatedDirective + ' ' + event.blockedURI);
  document.addEventListener('securitypolicyviolation', note);
  window.alert = () => window.violations.push('alert');
}"""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A planted folder whose most used words are hostile, the probe's among them."""
    folder = tmp_path_factory.mktemp("hostile")
    usual = files.write

    def write(name: str, columns: Any, *rest: Any) -> Any:
        if name == "words":
            columns = {**columns, "text": [*columns["text"][:1], *WORDS, *columns["text"][1 + len(WORDS) :]]}
        if name == "sentences":
            surface = [[*WORDS, *line[len(WORDS) :]] if i == 0 else line for i, line in enumerate(columns["surface"])]
            columns = {**columns, "surface": surface, "text": [" ".join(line) for line in surface]}
        return usual(name, columns, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "write", write)
        synthetic.publish(folder, units=16, words=300, sentences=300)
    return folder


def opened(context: BrowserContext, base: str, folder: Path, fragment: str = "", damage: Damage | None = None) -> Page:
    page = context.new_page()
    page.add_init_script(f"({VIOLATIONS})()")
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog: {dialog.message}"))
    plant(page, folder, damage or (lambda _name, content: content))
    page.goto(base + "explorer/" + fragment)
    expect(page.locator("[data-picture]")).to_be_visible()
    page.wait_for_function(
        "() => document.querySelector('rnnvis-explorer').shadowRoot.querySelector('[data-picture]').inspect()"
    )
    return page


def test_hostile_words_are_text_on_the_page_and_in_figures(context: BrowserContext, base: str, hostile: Path) -> None:
    page = opened(context, base, hostile)
    shown = page.evaluate(
        "() => document.querySelector('rnnvis-explorer').shadowRoot.querySelector('[data-picture]')"
        ".inspect().glyphs.map(glyph => glyph.token)"
    )
    assert shown[:3] == WORDS[:3]
    page.get_by_role("button", name="Export", exact=True).click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="SVG").first.click()
    text = Path(saved.value.path()).read_text(encoding="utf-8")
    root = ElementTree.fromstring(text)
    tags = {element.tag.rsplit("}", 1)[1] for element in root.iter()}
    assert not tags & {"script", "image", "foreignObject"}
    assert not any(name.startswith("on") for element in root.iter() for name in element.attrib)
    words = {element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")}
    assert any(word.startswith("◌evil") for word in words) or any(word.startswith("◌") for word in words)
    assert not re.search("[\u202a-\u202e\u200b]", "".join(words))
    page.get_by_role("button", name="Export", exact=True).click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="CSV").first.click()
    table = Path(saved.value.path()).read_text(encoding="utf-8")
    assert not re.search(r"(?m)(^|,)\"?=HYPERLINK", table)
    assert page.evaluate("window.violations") == []
    assert page.locator("rnnvis-explorer img").count() == 0


def test_hostile_names_in_a_manifest_are_text(context: BrowserContext, base: str, hostile: Path) -> None:
    title = "</title><script>alert(1)</script>\u202e<b>"

    def renamed(value: dict[str, Any]) -> None:
        dataset = value["datasets"][0]
        dataset["title"] = dataset["about"] = dataset["models"][0]["title"] = title
        dataset["models"][0]["states"][0]["title"] = title

    page = opened(context, base, hostile, damage=manifest(renamed))
    assert page.locator("rnnvis-explorer script").count() == 0
    names = page.locator("rnnvis-explorer header").inner_text()
    assert "<b>" in names
    assert "\u202e" not in names
    assert page.evaluate("window.violations") == []


def test_long_names_leave_room_for_help_and_are_whole_on_focus(
    context: BrowserContext, base: str, hostile: Path
) -> None:
    title = "A model of a name with everything that was tuned in it " * 6

    def renamed(value: dict[str, Any]) -> None:
        for model in value["datasets"][0]["models"]:
            model["title"] = title
            for state in model["states"]:
                state["title"] = "s" * 300

    page = opened(context, base, hostile, damage=manifest(renamed))
    page.set_viewport_size({"width": 1024, "height": 768})
    for fragment in ("", "#v1=p=sql", "#v1=p=compare"):
        page.goto(base + "explorer/" + fragment)
        last = page.get_by_role("button", name="Help", exact=True)
        expect(last).to_be_visible()
        box = last.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= 1024
    page.goto(base + "explorer/")
    page.get_by_label("Model", exact=True).focus()
    expect(page.locator("rnnvis-explorer header .whole").first).to_have_text(title.strip())


LINKS = [
    "__proto__=1",
    "constructor=1",
    "k=NaN",
    "k=-4",
    "t=1e9",
    "w=%E0%A4%A",
    "q=" + "x" * 5000,
    "p=__proto__",
    "l=Infinity",
    "u=1,2,3,4,5,6,7",
    "d=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E",
    "w=%F0%9F%98%80,%E2%80%AEevil",
    "k=8&k=9",
]


def test_links_made_by_hand_are_refused_or_fitted(context: BrowserContext, base: str, hostile: Path) -> None:
    page = opened(context, base, hostile)
    for link in LINKS:
        page.evaluate("link => { location.hash = 'v1=' + link }", link)
        page.wait_for_timeout(30)
        expect(page.locator("[data-picture]")).to_be_visible()
    assert page.evaluate("({}).polluted === undefined && Object.keys(Object.prototype).length === 0")
    assert page.evaluate("window.violations") == []


def test_every_built_page_has_the_policy(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert site / "404.html" in pages
    for path in pages:
        found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', path.read_text(encoding="utf-8"))
        assert found, path
        assert POLICY.fullmatch(found[1]), (path, found[1])


def test_hostile_attributes_of_the_element_are_harmless(context: BrowserContext, base: str, hostile: Path) -> None:
    page = opened(context, base, hostile)
    page.evaluate(
        """() => {
      const element = document.querySelector('rnnvis-explorer');
      const hostile = { model: '__proto__', k: '-1', step: '1e9', sentence: 'x'.repeat(9000), layout: 'javascript:' };
      hostile.words = '<img src=x onerror=alert(1)>,,,';
      for (const [name, value] of Object.entries(hostile)) element.setAttribute(name, value);
    }"""
    )
    expect(page.locator("[data-picture]")).to_be_visible()
    assert page.evaluate("window.violations") == []
