"""A saved SVG by itself, in a browser without the page's fonts, looks as the screen does, and nothing is cut."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import Watched, watch
from tests.browser.test_explorer import READY, button
from tests.browser.test_exports import saved as exported

PARTS = ("Whole picture", "Chips + clouds", "Sequence", "Memory", "Words")
OUTSIDE = """() => {
  const svg = document.documentElement;
  const { width, height } = svg.viewBox.baseVal;
  const cut = [];
  for (const element of svg.querySelectorAll('rect, text, circle')) {
    if (element.closest('clipPath')) continue;
    const { left, top, right, bottom } = element.getBoundingClientRect();
    if (left < -1 || top < -1 || right > width + 1 || bottom > height + 1) cut.push(element.outerHTML.slice(0, 90));
    const clip = element.closest('[clip-path]')?.getAttribute('clip-path').slice(5, -1);
    const room = clip && svg.querySelector(`#${clip} rect`);
    if (!room || element.tagName !== 'text') continue;
    const { y, height: h } = element.getBBox();
    const translated = element.closest('[clip-path]').getScreenCTM().f;
    const from = Number(room.getAttribute('y')) + translated;
    const to = from + Number(room.getAttribute('height'));
    if (top + 2 < from || bottom - 2 > to) cut.push(`clipped: ${element.textContent}`);
  }
  return cut;
}"""


WHOLE = """() => {
  const svg = document.documentElement;
  const { height } = svg.viewBox.baseVal;
  return [...svg.querySelectorAll('text')].flatMap((text) => {
    const { top, bottom } = text.getBoundingClientRect();
    const clipped = text.closest('[clip-path]');
    const room = clipped && svg.querySelector(`#${clipped.getAttribute('clip-path').slice(5, -1)} rect`);
    const from = room ? Number(room.getAttribute('y')) + clipped.getScreenCTM().f : 0;
    const to = room ? from + Number(room.getAttribute('height')) : height;
    return top + 2 >= from && bottom - 2 <= to ? [text.textContent] : [];
  });
}"""
"""Texts of which nothing is hidden."""


def saved(page: Page, part: str, kind: str) -> bytes:
    button(page, "Export").click()
    dialog = page.get_by_role("dialog", name="Export")
    dialog.get_by_role("radio", name=part, exact=True).check()
    with page.expect_download() as download:
        dialog.get_by_role("button", name=kind).click()
    return download.value.path().read_bytes()


def alone(browser: Browser, svg: str, tmp_path: Path, question: str = OUTSIDE) -> tuple[np.ndarray, list[str]]:
    """The file in a browser of its own: its picture at twice its size, and what `question` says of it."""
    (tmp_path / "figure.svg").write_text(svg, "utf-8")
    size = re.search(r'viewBox="0 0 (\d+) (\d+)"', svg)
    assert size
    context = browser.new_context(viewport={"width": int(size[1]), "height": int(size[2])}, device_scale_factor=2)
    page = context.new_page()
    page.goto((tmp_path / "figure.svg").as_uri())
    page.wait_for_function("() => document.fonts.status === 'loaded'")
    picture = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("L"), float)
    said: list[str] = page.evaluate(question)
    context.close()
    return picture, said


def test_every_part_of_the_picture_stands_by_itself_as_on_the_screen(
    watched: Watched, browser: Browser, tmp_path: Path
) -> None:
    page = watched.open("explorer/#v1=d=reviews&m=lstm&s=rnn.0.c&g=block.reliable&k=30")
    page.wait_for_function(READY)
    sentence = page.evaluate("() => document.querySelector('rnnvis-explorer').explorer.sentence.text")
    for part in PARTS:
        svg = saved(page, part, "SVG").decode()
        screen = np.asarray(Image.open(io.BytesIO(saved(page, part, "PNG"))).convert("L"), float)
        picture, cut = alone(browser, svg, tmp_path)
        assert cut == [], part
        assert picture.shape == screen.shape, part
        differs = (np.abs(picture - screen) > 60).mean()
        bare = re.sub(r"<style>.*?</style>", "", svg, flags=re.DOTALL)
        assert bare != svg
        without = (np.abs(alone(browser, bare, tmp_path)[0] - screen) > 60).mean()
        assert differs < 0.004, (part, differs)
        assert without > 3 * differs, (part, differs, without)
        said = re.sub(r"<[^>]+>", " ", svg.split("</style>")[1])
        for text in ("LSTM, 64 units", "30 clusters by", "Movie and product snippets"):
            assert text in " ".join(said.split()), part
        if part == "Sequence":
            assert sentence.split()[0] in said
    watched.check()


VIEW = "explorer/#v1=d=reviews&m=gru&s=rnn.0.h&g=block.reliable&k=8"
OTHERS = {
    "compare": ("&q=cb1fd540fca03f14&t=5&w=love&p=compare", None),
    "map": ("&p=map", None),
    "units": ("&p=units", None),
    "unit": ("&q=cb1fd540fca03f14&t=5&u=33,30&p=unit", "Along the sentence of the picture"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_figures_of_other_pages_stand_by_themselves_as_their_png(
    watched: Watched, browser: Browser, tmp_path: Path, name: str
) -> None:
    more, section = OTHERS[name]
    page = watched.open(VIEW + more)
    page.wait_for_load_state("networkidle")
    svg = exported(page, "SVG").decode()
    screen = np.asarray(Image.open(io.BytesIO(exported(page, "PNG"))).convert("L"), float)
    picture, cut = alone(browser, svg, tmp_path)
    assert cut == []
    assert picture.shape == screen.shape
    assert (np.abs(picture - screen) > 60).mean() < 0.004
    if section:
        assert section in svg
        assert "Unit 30" in svg
    watched.check()


CANVASES = """() => [...document.querySelector('rnnvis-explorer').shadowRoot.querySelectorAll('canvas[aria-hidden]')]
  .filter((canvas) => canvas.clientWidth > 300).map((canvas) => canvas.toDataURL())"""
"""What is drawn on the screen, without what lies over it."""


def drawn(page: Page) -> list[np.ndarray]:
    read = (Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))) for url in page.evaluate(CANVASES))
    found = []
    for picture in read:
        ground = Image.new("RGBA", picture.size, "#FAF9F7")
        found.append(np.asarray(Image.alpha_composite(ground, picture.convert("RGBA")).convert("L"), float))
    return found


def test_saved_pictures_and_maps_are_those_on_the_screen(profile: Callable[..., BrowserContext], base: str) -> None:
    """Pixel for pixel at the size of the screen: what stands below the titles, and each map."""
    watched = watch(profile(device_scale_factor=2), base)
    page = watched.open(VIEW + "&q=cb1fd540fca03f14&t=5&w=love&f=word")
    page.wait_for_function(READY)
    ground = page.locator("[data-picture] canvas").first
    page.set_viewport_size({"width": 1440, "height": 900 + 772 - round(ground.bounding_box()["height"])})
    expect(ground).to_have_js_property("clientHeight", 772)
    page.wait_for_function("() => document.fonts.status === 'loaded'")
    page.wait_for_timeout(400)
    (screen,) = drawn(page)
    picture = np.asarray(Image.open(io.BytesIO(saved(page, "Whole picture", "PNG"))).convert("L"), float)
    below = 2 * 60
    fits = [
        (np.abs(picture[at + below : at + len(screen)] - screen[below:]) > 60).mean()
        for at in range(2 * 60, 2 * 160)
        if at + len(screen) <= len(picture)
    ]
    assert screen[below:].std() > 10
    assert min(fits) < 0.004
    page = watched.open(VIEW + "&p=map")
    page.reload()
    page.locator("[data-kind=word] canvas").first.wait_for()
    page.wait_for_function("() => document.querySelector('rnnvis-explorer').explorer.exporter")
    maps = drawn(page)
    assert len(maps) == 2
    picture = np.asarray(Image.open(io.BytesIO(exported(page, "PNG"))).convert("L"), float)
    left = 2 * 24
    for screen in maps:
        height, width = screen.shape
        shown = picture[2 * 36 : 2 * 36 + height, left : left + width]
        assert shown.shape == screen.shape
        edge = slice(4, -4)
        assert (np.abs(shown - screen)[edge, edge] > 60).mean() < 0.001
        left += width + 2 * 24
    watched.check()


def test_a_long_sentence_is_folded_and_none_of_its_words_is_cut(
    watched: Watched, browser: Browser, tmp_path: Path
) -> None:
    page = watched.open("explorer/#v1=d=reviews&m=gru&p=find&fi=t:movie;tm:words;n:30~50")
    page.locator("[data-row]").first.click()
    page.wait_for_function(READY)
    tokens = page.evaluate("() => document.querySelector('rnnvis-explorer').explorer.sentence.surface")
    expect(button(page, "Export")).to_be_enabled()
    svg = saved(page, "Sequence", "SVG").decode()
    size = re.search(r'viewBox="0 0 (\d+) (\d+)"', svg)
    assert size
    assert int(size[1]) == 560 * -(-len(tokens) // 24)
    assert int(size[2]) < 1500
    whole = alone(browser, svg, tmp_path, WHOLE)[1]
    for token in tokens:
        assert any(text.rstrip("…") and token.startswith(text.rstrip("…")) for text in whole), token
    watched.check()
