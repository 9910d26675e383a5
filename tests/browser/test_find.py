"""The page “Find” on the built demo: counts and rows are those of the Parquet, and hostile text stays text."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import Watched
from tests.browser.published import Published

HITS = "[data-row]"


@pytest.fixture(scope="module")
def published(site: Path) -> Published:
    return Published(site / "explorer" / "data", "gru")


@pytest.fixture(scope="module")
def states(published: Published) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sentence, step and state of every published step."""
    holder = published.state["tables"]["states"]["files"]
    files = [str(published.folder / file["path"]) for file in holder]
    import duckdb

    found = duckdb.connect().execute("SELECT sentence_id, step, value FROM read_parquet(?)", [files]).fetchnumpy()
    return found["sentence_id"], found["step"], np.stack(found["value"])


def opened(watched: Watched, search: str, view: str = "") -> Page:
    """The page “Find” with this search in the link."""
    return watched.open(f"explorer/#v1=m=gru{view}&p=find&fi={search}")


def counted(page: Page, text: str | re.Pattern[str]) -> None:
    expect(page.locator("[data-count]")).to_have_text(text, timeout=30_000)


def rows(page: Page, *names: str) -> list[tuple[Any, ...]]:
    """The data of the rows, read from their attributes."""
    read = "(rows, names) => rows.map((row) => names.map((name) => row.dataset[name]))"
    return [tuple(row) for row in page.locator(HITS).evaluate_all(read, list(names))]


def runs(sentence: np.ndarray, on: np.ndarray) -> list[tuple[int, int]]:
    """First row and row after the last of each run of `on` inside one sentence."""
    same = np.concatenate([[False], sentence[1:] == sentence[:-1]])
    starts = np.flatnonzero(on & ~(np.concatenate([[False], on[:-1]]) & same))
    ends = [start + 1 for start in starts]
    for i, start in enumerate(starts):
        end = int(start) + 1
        while end < len(on) and on[end] and same[end]:
            end += 1
        ends[i] = end
    return [(int(start), int(end)) for start, end in zip(starts, ends, strict=True)]


def test_a_concordance_begins_with_the_pinned_word(watched: Watched) -> None:
    page = watched.open("explorer/#v1=m=gru&q=cb1fd540fca03f14&t=5&p=find")
    page.wait_for_function("() => document.querySelector('rnnvis-explorer').explorer?.sentence")
    page.get_by_role("tab", name="Concordance").click()
    expect(page.get_by_label("Word or phrase")).to_have_value("though", timeout=30_000)
    expect(page.locator(HITS).first).to_be_visible(timeout=30_000)
    written = "rows => rows.map((row) => [row.children[3].textContent, row.children[3].style.color])"
    for push, colour in page.locator(HITS).evaluate_all(written):
        assert (colour == "") == (push.strip("+\u2212") in {"0.00", ""}), "what is written as zero has no colour"
    watched.check()


TINTED = """row => [...row.querySelectorAll('[style*=background]')].map((word) =>
  [word.textContent, getComputedStyle(word).backgroundColor.match(/\\d+/g).map(Number)])"""


def tinted(page: Page, published: Published, within: Locator) -> None:
    """Sentences of a list, `within` the rows that have its keys, are tinted by what their words pushed."""
    keys = [key for key in within.evaluate_all("rows => rows.map((row) => row.dataset.key)") if key]
    pushes = {key: np.array([step["push"] for step in published.steps(key)]) for key in keys}
    most = max(np.abs(of).max() for of in pushes.values())
    expect(page.locator("[data-tinted]")).to_contain_text(f"strongest in the list ±{most:.2f}")
    for number, key in enumerate(keys[:8]):
        found = within.nth(number).evaluate(TINTED)
        shown = [i for i, push in enumerate(pushes[key]) if abs(push) / most > 0.02]
        surface = published.sentence(key)["surface"]
        assert [text.lower() for text, _ in found] == [surface[i].lower() for i in shown]
        for i, (_, (red, _, blue)) in zip(shown, found, strict=True):
            if abs(pushes[key][i]) > 0.1 * most:
                assert (red > blue) == (pushes[key][i] > 0), "orange rises, blue falls"


def told(page: Page, published: Published, sentences: set[int]) -> None:
    """What the model made of all these sentences stands over the list."""
    labels = {row["sentence_id"]: row["label"] for row in published.rows("sentences")}
    made = [row for row in published.rows("predictions") if row["sentence_id"] in sentences]
    judged = [row["predicted"] == labels[row["sentence_id"]] for row in made if labels[row["sentence_id"]] is not None]
    line = page.locator("[data-told]")
    expect(line).to_contain_text(f"{100 * np.mean(judged):.1f} % right of {len(judged):,} with a label", timeout=30_000)
    expect(line).to_contain_text(
        f"mean loss {np.nanmean([row['loss'] for row in made if row['loss'] is not None]):.3f}"
    )


def test_every_row_says_what_pushed_it_and_what_the_model_answered(watched: Watched, published: Published) -> None:
    page = opened(watched, "m:sentences;t:though;tm:words")
    expect(page.locator("[data-tinted]")).to_be_visible(timeout=30_000)
    keys = [key for (key,) in rows(page, "key")]
    tinted(page, published, page.locator(HITS))
    answers = {row["sentence_id"]: row for row in published.rows("predictions", "true")}
    classes = published.model["classes"]
    for number, key in enumerate(keys[:8]):
        row, sentence = page.locator(HITS).nth(number), published.sentence(key)
        answer = answers[sentence["sentence_id"]]
        sure = answer["p_class"][answer["predicted"]]
        expect(row.locator("[data-answer]")).to_have_text(f"{classes[answer['predicted']]} {100 * sure:.0f} %")

    lstm = Published(published.folder, "lstm")
    pushed = f"**/{lstm.model['tables']['steps']['files'][0]['path']}"
    waiting: list[Route] = []
    page.route(pushed, lambda route: waiting.append(route))  # Playwright takes no builtin
    page.get_by_label("Model").first.select_option("lstm")
    expect(page.locator("[data-tinted]")).to_have_count(0)
    assert not page.locator(HITS).first.evaluate(TINTED), "what another model pushed is not shown as this one's"
    for route in waiting:
        route.continue_()
    page.unroute(pushed)
    expect(page.locator("[data-tinted]")).to_be_visible(timeout=30_000)
    tinted(page, lstm, page.locator(HITS))
    watched.check()


def test_sentences_are_counted_ordered_and_opened_at_the_hit(watched: Watched, published: Published) -> None:
    where = "contains(strip_accents(lower(text)), 'though') AND split = 'test' AND length BETWEEN 5 AND 20"
    wanted = published.rows("sentences", where)
    loss = {row["sentence_id"]: row["loss"] for row in published.rows("predictions")}
    page = opened(watched, "t:though;s:test;n:5~20;o:loss")
    counted(page, f"{min(50, len(wanted))} of {len(wanted)} sentences")
    wanted.sort(key=lambda row: (-(loss[row["sentence_id"]] or -1), row["sentence_id"]))
    assert rows(page, "key") == [(row["key"],) for row in wanted[:50]]
    expect(page.locator(f"{HITS} mark").first).to_have_text(re.compile("though", re.I))
    first = wanted[0]
    step = next(i for i, word in enumerate(first["surface"]) if "though" in word.lower())
    page.locator(HITS).first.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"q={first['key']}&t={step}(&|$)"))
    page.go_back()
    counted(page, f"{min(50, len(wanted))} of {len(wanted)} sentences")
    watched.check()


@pytest.mark.parametrize(
    "text",
    ["'; DROP TABLE sentences; --", "%", "_", "(((", "\\", "a\0b", "🎬", "שלום", '"><img src=x onerror=alert(1)>'],
)
def test_hostile_text_is_only_text(watched: Watched, published: Published, text: str) -> None:
    page = opened(watched, f"t:{quote(text, safe='')}")
    wanted = len(
        published.rows(
            "sentences", "contains(strip_accents(lower(text)), strip_accents(lower(?)))", text.replace("\0", " ")
        )
    )
    shown = f"{min(50, wanted)} of {wanted} sentence" + ("" if wanted == 1 else "s") if wanted else "0 sentences"
    counted(page, shown)
    page.get_by_role("button", name="Clear all").click()
    counted(page, f"50 of {len(published.rows('sentences')):,} sentences")
    watched.check()


def test_expressions_are_checked_and_long_text_is_refused(watched: Watched, published: Published) -> None:
    page = opened(watched, "t:%2F(((%2F")
    expect(page.get_by_role("alert")).to_contain_text("cannot be read", timeout=30_000)
    field = page.get_by_role("searchbox")
    field.fill("/\\bnot (very|too)\\b/")
    wanted = published.rows("sentences", "regexp_matches(text, '\\bnot (very|too)\\b', 'i')")
    counted(page, f"{min(50, len(wanted))} of {len(wanted)} sentences")
    field.fill("x" * 10_000)
    expect(page.get_by_role("alert")).to_contain_text("10,000 characters")
    counted(page, f"{min(50, len(wanted))} of {len(wanted)} sentences")
    watched.check()


def test_a_concordance_has_every_use_with_its_numbers(watched: Watched, published: Published) -> None:
    uses = []
    for sentence in published.rows("sentences"):
        words = [word.lower() for word in sentence["surface"]]
        uses += [(sentence, i) for i, pair in enumerate(pairwise(words)) if pair == ("not", "very")]
    many = len({sentence["sentence_id"] for sentence, _ in uses})
    page = opened(watched, "m:concordance;p:not%20very;po:rising")
    counted(page, f"{min(100, len(uses))} of {len(uses)} uses in {many} sentences")
    told(page, published, {sentence["sentence_id"] for sentence, _ in uses})
    push = {(row["sentence_id"], row["step"]): row["push"] for row in published.rows("steps")}
    uses.sort(key=lambda use: (-push[use[0]["sentence_id"], use[1] + 1], use[0]["sentence_id"], use[1]))
    assert rows(page, "key", "step") == [(sentence["key"], str(step)) for sentence, step in uses[:100]]
    expect(page.locator(HITS).first).to_contain_text(
        f"{push[uses[0][0]['sentence_id'], uses[0][1] + 1]:+.2f}".replace("-", "−")
    )
    page.locator(HITS).first.click()
    expect(page).to_have_url(re.compile(f"q={uses[0][0]['key']}&t={uses[0][1] + 1}(&|$)"))
    watched.check()


def test_where_a_unit_fires(
    watched: Watched, published: Published, states: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> None:
    sentence, step, value = states
    found = [(start, end) for start, end in runs(sentence, value[:, 7] >= 0.4) if end - start >= 2]
    page = opened(watched, "m:fires;u:7;h:0.4;r:2")
    many = len({int(sentence[start]) for start, _ in found})
    counted(page, f"{min(50, len(found))} of {len(found):,} stretches, in {many:,} of {len(set(sentence)):,} sentences")
    told(page, published, {int(sentence[start]) for start, _ in found})
    found.sort(key=lambda run: (-float(value[run[0] : run[1], 7].astype(np.float64).mean()), run[0]))
    wanted = [(str(step[start]), str(step[end - 1])) for start, end in found[:50]]
    assert rows(page, "from", "to") == wanted
    watched.check()


def test_units_active_exactly_in_a_range_and_where_else(
    watched: Watched, published: Published, states: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> None:
    sentence, step, value = states
    key = published.dataset["view"]["sentence"]
    own = published.states(key)
    length, threshold = 2, 0.3

    def exactly(first: int) -> list[int]:
        signs = np.sign(own[first])
        on = np.vstack([np.zeros(own.shape[1], bool), signs * own >= threshold, np.zeros(own.shape[1], bool)])
        inside = on[first + 1 : first + 1 + length].all(axis=0)
        return [int(unit) for unit in np.flatnonzero(inside & ~on[first] & ~on[first + 1 + length])]

    first = max(range(len(own) - length + 1), key=lambda step: len(exactly(step)))
    last, signs, active = first + length - 1, np.sign(own[first]), exactly(first)
    assert active
    scores: dict[int, int] = {}
    for unit in active:
        for start, end in runs(sentence, signs[unit] * value[:, unit] >= threshold):
            if end - start == last - first + 1:
                scores[start] = scores.get(start, 0) + 1
    page = opened(watched, f"m:fires;b:range;h:{threshold}", f"&q={key}&r={first}-{last}")
    expect(page.locator(f'[data-active="{len(active)}"]')).to_be_visible(timeout=30_000)
    assert (
        sorted(
            int(unit)
            for unit in page.locator("[data-unit]").evaluate_all("(cells) => cells.map((c) => c.dataset.unit)")
        )
        == active
    )
    many = len({int(sentence[start]) for start in scores})
    counted(
        page, f"{min(50, len(scores))} of {len(scores):,} stretches, in {many:,} of {len(set(sentence)):,} sentences"
    )
    best = sorted(scores, key=lambda start: (-scores[start], start))[:50]
    assert rows(page, "from", "to") == [(str(step[start]), str(step[start] + last - first)) for start in best]
    watched.check()


def test_nearest_steps(
    watched: Watched, published: Published, states: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> None:
    sentence, step, value = states
    view = published.dataset["view"]
    own = published.sentence(view["sentence"])["sentence_id"]
    target = published.states(view["sentence"])[view["step"]]
    distance = np.linalg.norm(value.astype(np.float64) - target, axis=1)
    best: dict[int, int] = {}
    for row in np.argsort(distance, kind="stable"):
        if sentence[row] != own:
            best.setdefault(int(sentence[row]), int(row))
    wanted = sorted(best.values(), key=lambda row: distance[row])[:20]
    page = opened(watched, "m:nearest;d:euclidean", f"&q={view['sentence']}&t={view['step']}")
    others = len(best)
    counted(page, f"50 of {others:,} steps, in {others:,} of {others + 1:,} sentences")
    shown = [
        float(row) for row in page.locator("[data-score]").evaluate_all("(cells) => cells.map((c) => c.dataset.score)")
    ]
    assert np.allclose(shown[:20], distance[wanted], atol=1e-5)
    assert rows(page, "from")[0] == (str(step[wanted[0]]),)
    tinted(page, published, page.locator(HITS))
    page.get_by_role("radio", name="Cosine").check()
    counted(page, f"50 of {others:,} steps, in {others:,} of {others + 1:,} sentences")
    expect(page).not_to_have_url(re.compile("euclidean"))
    watched.check()
