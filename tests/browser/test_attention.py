"""Attention beside the words: what is drawn, told, listed and saved against the planted weights."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import Watched
from tests.browser.planted import plant
from tests.browser.published import Published
from tests.browser.test_explorer import button, drawn, opened, settled
from tests.browser.test_exports import SVG, saved
from tests.synthetic_attention import publish_attention


@pytest.fixture(scope="module", params=["pooled", "every step"])
def planted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bool]:
    folder = tmp_path_factory.mktemp("attention")
    publish_attention(folder, pooled=request.param == "pooled")
    return folder, request.param == "pooled"


def weights(folder: Path, sentence: str | None = None) -> tuple[list[str], dict[int, np.ndarray]]:
    """The words of the sentence that is shown first, or of `sentence`, and the weights by the step that pays them."""
    published = Published(folder, "planted")
    row = published.sentence(sentence or published.dataset["view"]["sentence"])
    found = published.rows("attention", "sentence_id = ?", row["sentence_id"])
    return row["surface"], {r["step"]: np.array(r["weight"], np.float64) for r in found}


def hover(page: Page, step: int) -> None:
    page.locator(f'rnnvis-explorer [data-step="{step}"]').first.focus()


def test_the_weights_that_are_drawn_are_the_published_ones(watched: Watched, planted: tuple[Path, bool]) -> None:
    folder, pooled = planted
    plant(watched.page, folder)
    page = opened(watched)
    words, paid = weights(folder)
    largest = max(row.max() for row in paid.values())
    for step in (2, 5):
        hover(page, step)
        shown = settled(page, "drawn.attention")["attention"]
        from_step = len(words) - 1 if pooled else step
        assert (shown["from"], shown["pooled"]) == (from_step, pooled)
        assert [w["weight"] for w in shown["words"]] == pytest.approx(paid[from_step].tolist(), abs=1e-6)
        if pooled:
            bars = np.array([w["bar"] for w in shown["words"]])
            assert bars / bars.max() == pytest.approx(paid[from_step] / largest, abs=1e-6)
    watched.check()


def test_the_tooltip_says_the_weight(watched: Watched, planted: tuple[Path, bool]) -> None:
    folder, pooled = planted
    plant(watched.page, folder)
    page = opened(watched)
    words, paid = weights(folder)
    hover(page, 3)
    tooltip = page.locator("rnnvis-explorer [data-picture] .tooltip")
    if pooled:
        row = paid[len(words) - 1]
        rank = 1 + int((row > row[3]).sum())
        said = f"Attention {row[3]:.3f}: {'the largest' if rank == 1 else f'number {rank}'} of {len(words)}"
    else:
        first = int(paid[3].argmax())
        said = f"Pays most attention to “{words[first]}” {paid[3][first]:.3f}"
    expect(tooltip).to_contain_text(said)
    watched.check()


def test_the_table_and_the_saved_file_hold_every_weight(watched: Watched, planted: tuple[Path, bool]) -> None:
    folder, pooled = planted
    plant(watched.page, folder)
    page = opened(watched)
    words, paid = weights(folder)
    name = "Sequence: attention to every word" if pooled else "Sequence: attention of a row’s word to every word"
    table = page.locator("rnnvis-explorer .twins table", has=page.locator("caption", has_text=name))
    expect(table.locator("tbody tr")).to_have_count(len(words))
    button(page, "Export").click()
    page.locator('rnnvis-explorer input[name="export-part"][value="sequence"]').check()
    with page.expect_download() as waiting:
        page.get_by_role("dialog", name="Export").get_by_role("button", name=re.compile("CSV")).click()
    parts = waiting.value.path().read_bytes().decode().split("\r\n\r\n")
    part = next(part for part in parts if "attention" in part.splitlines()[0])
    rows = list(csv.reader(io.StringIO(part.split("\r\n", 1)[1])))[1:]
    wanted = paid[len(words) - 1][:, None] if pooled else np.stack([paid[step] for step in range(len(words))])
    assert [row[0] for row in rows] == words
    assert np.array([row[1:] for row in rows], float) == pytest.approx(wanted, abs=5.1e-5)
    watched.check()


def test_the_saved_figure_draws_every_weight_and_the_picture_is_inked_there(
    watched: Watched, planted: tuple[Path, bool]
) -> None:
    folder, pooled = planted
    plant(watched.page, folder)
    page = opened(watched)
    words, paid = weights(folder)
    figure = ElementTree.fromstring(saved(page, "SVG").decode())
    of = {kind: list(figure.iter(f"{SVG}{kind}")) for kind in ("text", "rect", "path")}
    head = next(text for text in of["text"] if text.text == "attention")
    largest = max(row.max() for row in paid.values())
    if pooled:
        bars = [r for r in of["rect"] if r.get("x") == head.get("x") and r.get("height") == "9"]
        lengths = np.array([float(bar.attrib["width"]) for bar in bars])
        assert lengths / lengths.max() == pytest.approx(paid[len(words) - 1] / largest, abs=2e-3)
    else:
        step = Published(folder, "planted").dataset["view"]["step"]
        arcs = [float(path.attrib["stroke-width"]) for path in of["path"] if path.get("opacity") == "0.75"]
        shares = np.delete(paid[step], step) / largest
        assert arcs
        assert arcs == pytest.approx(np.maximum(0.75, 7 * shares[shares >= 0.02]), abs=0.01)
    picture = Image.open(io.BytesIO(saved(page, "PNG"))).convert("L")
    scale = picture.width / float(figure.attrib["width"])
    left = float(head.attrib["x"])
    column = np.asarray(picture)[:, int((left + 1) * scale) : int((left + 30) * scale)]
    assert (column < 200).any(axis=1).sum() > 9 * scale, "nothing is drawn where the attention stands"
    watched.check()


def test_a_sentence_without_weights_draws_none_and_the_help_speaks_of_attention(
    watched: Watched, planted: tuple[Path, bool]
) -> None:
    folder, _ = planted
    plant(watched.page, folder)
    last = Published(folder, "planted").rows("sentences")[-1]["key"]
    page = opened(watched, f"#v1=d=synthetic&m=planted&s=rnn.0.h&g=block.reliable&k=4&q={last}")
    assert drawn(page)["attention"] is None
    page.get_by_role("button", name=re.compile("^How to read")).first.click()
    expect(page.locator("rnnvis-explorer")).to_contain_text("are the attention they got")
    watched.check()
