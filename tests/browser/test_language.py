"""A language model in the explorer: what is drawn beside each word against the planted tables."""

from __future__ import annotations

import csv
import math
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Watched
from tests.browser.planted import plant
from tests.browser.published import Published
from tests.browser.test_explorer import button, opened
from tests.synthetic_language import publish_language_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("language")
    publish_language_model(made)
    return made


@pytest.fixture(scope="module")
def published(folder: Path) -> Published:
    return Published(folder, "planted")


def steps_of(published: Published) -> tuple[list[str], list[dict]]:
    sentence = published.sentence(published.dataset["view"]["sentence"])
    rows = published.rows("steps", "sentence_id = ?", sentence["sentence_id"])
    return sentence["surface"], sorted(rows, key=lambda row: row["step"])


def test_every_row_says_the_probability_of_the_word_that_came(
    watched: Watched, folder: Path, published: Published
) -> None:
    plant(watched.page, folder)
    page = opened(watched)
    surface, steps = steps_of(published)
    for step, row in enumerate(steps):
        label = page.locator(f'rnnvis-explorer [data-step="{step}"]').first.get_attribute("aria-label") or ""
        assert label.startswith(f"{surface[step]}, word {step + 1} of {len(surface)}")
        said = re.search(r"P\(next word\) (\S+?)(,|$)", label)
        if row["p_target"] is None:
            assert said is None
        else:
            assert said is not None
            assert float(said[1]) == pytest.approx(row["p_target"], abs=0.0051)
    watched.check()


def test_the_panel_lists_the_guesses_and_the_word_that_came(
    watched: Watched, folder: Path, published: Published
) -> None:
    plant(watched.page, folder)
    page = opened(watched)
    words = [row["text"] for row in published.rows("words")]
    surface, steps = steps_of(published)
    for step in (1, 6, len(steps) - 1):
        page.locator(f'rnnvis-explorer [data-step="{step}"]').first.click()
        row = steps[step]
        guesses = [f"{words[i]} {p:.3f}" for i, p in zip(row["top5_id"], row["top5_p"], strict=True)]
        chart = page.get_by_role("slider", name=re.compile(r"^What the model expected next"))
        expect(chart).to_have_attribute("aria-label", re.compile(re.escape(", ".join(guesses))))
        figures = page.locator("rnnvis-explorer .details dl").first
        if row["p_target"] is None:
            expect(page.get_by_text("No word came: the sentence ends here.")).to_be_visible()
            expect(figures).not_to_contain_text("P(next word)")
        else:
            expect(chart).to_have_attribute("aria-label", re.compile(re.escape(f"{surface[step + 1]} came.")))
            expect(figures).to_contain_text(f"loss {-math.log(row['p_target']):.2f} nats")
    watched.check()


def test_the_table_of_the_sequence_holds_guesses_and_probabilities(
    watched: Watched, folder: Path, published: Published, tmp_path: Path
) -> None:
    plant(watched.page, folder)
    page = opened(watched)
    words = [row["text"] for row in published.rows("words")]
    _, steps = steps_of(published)
    button(page, "Export").click()
    with page.expect_download() as waiting:
        page.get_by_role("dialog", name="Export").get_by_role("button", name="CSV").click()
    path = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(path)
    lines = list(csv.reader(path.open(encoding="utf-8", newline="")))
    head = next(i for i, line in enumerate(lines) if line[:2] == ["word", "P(next word)"])
    rows = [dict(zip(lines[head], line, strict=True)) for line in lines[head + 1 : head + 1 + len(steps)]]
    assert [row["likeliest next word"] for row in rows] == [words[row["top5_id"][0]] for row in steps]
    assert [float(row["its probability"]) for row in rows] == pytest.approx(
        [row["top5_p"][0] for row in steps], abs=6e-4
    )
    watched.check()
