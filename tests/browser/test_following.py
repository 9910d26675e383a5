"""Along a sentence: what of each word is in the answer, and units that are followed, against the planted tables."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from rnnvis.published.verify import verify
from tests.browser.conftest import Watched
from tests.browser.planted import plant
from tests.browser.published import Published
from tests.browser.test_explorer import button, opened, settled
from tests.synthetic_memory import publish_answer_memory


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("memory")
    publish_answer_memory(folder)
    assert verify(folder).problems == []
    return folder


def test_words_in_the_answer_and_followed_units_are_the_published_ones(watched: Watched, folder: Path) -> None:
    plant(watched.page, folder)
    page = opened(watched)
    published = Published(folder, "planted")
    row = published.sentence(published.dataset["view"]["sentence"])
    words = row["surface"]
    parts = {r["step"]: r for r in published.rows("answer_memory", "sentence_id = ?", row["sentence_id"])}
    largest = max(float(np.abs(np.array(r["part"], np.float64)).max()) for r in parts.values())

    button(page, "Follow units or words along the sentence").click()
    button(page, re.compile("Which words are in the answer")).click()
    for step in (len(words) - 1, 3):
        page.locator(f'rnnvis-explorer [data-step="{step}"]').first.press("Enter")
        shown = settled(page, "drawn.memory")["memory"]
        assert shown["from"] == step
        assert [w["part"] for w in shown["words"]] == pytest.approx(parts[step]["part"], abs=1e-6)
        assert sum(w["part"] for w in shown["words"]) + shown["rest"] == pytest.approx(shown["answer"], abs=1e-4)
        widths = [max(0.75, abs(p) / largest * 8) for p in parts[step]["part"]]
        assert [w["width"] for w in shown["words"]] == pytest.approx(widths, abs=1e-6)
    page.locator('rnnvis-explorer [data-step="1"]').first.focus()
    expect(page.locator("rnnvis-explorer [data-picture] .tooltip")).to_contain_text("Direct paths only")

    expect(page.locator("[data-in-answer]")).to_contain_text("by direct paths only")

    button(page, "Follow units or words along the sentence").click()
    button(page, re.compile("The slowest and the fastest unit")).click()
    scales = {r["unit"]: r["time_scale"] for r in published.rows("units", "true") if r["time_scale"] is not None}
    slowest, fastest = max(scales, key=scales.__getitem__), min(scales, key=scales.__getitem__)
    shown = settled(page, "drawn.followed.length")["followed"]
    states = published.rows("states", "sentence_id = ? AND step >= 0", row["sentence_id"])
    for of, unit in zip(shown, (slowest, fastest), strict=True):
        assert of["unit"] == unit
        assert of["values"] == pytest.approx([r["value"][unit] for r in states], abs=1e-6)
    assert f"u={slowest},{fastest}&am=1" in page.url
    twin = page.locator("rnnvis-explorer table").filter(has_text=f"unit {slowest}").first
    expect(twin).to_contain_text(words[0])
    watched.check()
