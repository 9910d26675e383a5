"""The stories of the home page and the walk of the case study against the tables that they quote."""

from __future__ import annotations

import re

import numpy as np
import pytest

from tests import synthetic
from tools.website import markup, stories, walk
from tools.website.probes import shown_pair
from tools.website.published import Published


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    path = tmp_path_factory.mktemp("published")
    synthetic.publish(path, units=32, words=150, sentences=300)
    return Published(path)


def test_the_unit_is_the_one_that_both_words_single_out(published: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [row[0] for row in published.rows("SELECT text FROM words WHERE NOT special ORDER BY word_id")]
    rows = {
        text: (count, np.array(mean), np.array(error))
        for text, count, mean, error in published.rows(
            "SELECT text, r.count, mean, standard_error FROM responses r JOIN words USING (word_id) WHERE NOT special"
        )
        if mean is not None and error is not None and count >= stories.USED
    }
    pair = [name for name in names if name in rows][3:5]
    monkeypatch.setattr(stories, "PAIR", tuple(pair))
    found = stories.chosen_unit(published)
    assert found is not None
    best, unit = -1.0, -1
    for one in range(32):
        values = [row[1][one] for row in rows.values()]
        mean, spread = sum(values) / len(values), np.std(values)
        counted = [(rows[name][1][one] - mean) / spread for name in pair]
        if counted[0] * counted[1] > 0 and min(map(abs, counted)) > best:
            best, unit = min(map(abs, counted)), one
    assert found.unit == unit
    assert found.words == len(rows)
    said = stories.unit_story(published)
    assert f"unit {unit}" in said
    for name in pair:
        count, mean, error = rows[name]
        assert f"{markup.with_error(abs(mean[unit]), error[unit], 2)} ({count:,} uses)" in said
    assert f"u={unit}&amp;p=unit" in said


def labelled(published: Published) -> list[tuple[int, str, str, int, int]]:
    """Number, key, text, label and length of the labelled test sentences."""
    return published.rows(
        "SELECT sentence_id, key, text, label, length FROM sentences WHERE split = 'test' AND label IS NOT NULL "
        "ORDER BY sentence_id"
    )


def test_the_first_view_is_told_with_its_probabilities(published: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    number, key, text, label, _ = labelled(published)[0]
    monkeypatch.setitem(
        published.dataset, "view", {"model": "planted", "sentence": key, "step": 2, "k": 5, "words": []}
    )
    said = stories.opening(published)
    p = [
        row[0] for row in published.rows("SELECT p_class[2] FROM steps WHERE sentence_id = ? ORDER BY step", (number,))
    ]
    assert re.findall(r"\d\.\d\d", said) == [markup.decimal(value, 2) for value in (p[1], p[2], p[-1])]
    assert text in said
    assert published.dataset["labels"][label] in said


@pytest.mark.parametrize("runs", [False, True])
def test_the_models_story_takes_the_surest_disagreement(
    published: Published, monkeypatch: pytest.MonkeyPatch, runs: bool
) -> None:
    """Also of sentences whose states are left out, where both models run in the page."""
    model = {**published.dataset["models"][0], "step_model": {"path": "step_model-0.safetensors"} if runs else None}
    monkeypatch.setitem(
        published.dataset,
        "models",
        [{**model, "title": "One, 3 units"}, {**model, "name": "two", "title": "Two, 3 units"}],
    )
    rows = [row for row in labelled(published) if 6 <= row[4] <= 12][:5]
    out = rows.pop(2)
    ask = published.rows

    def sampled(sql: str, values: tuple = ()) -> list:
        there = f"(SELECT sentence_id FROM states WHERE sentence_id <> {out[0]})"
        return ask(sql.replace("(SELECT sentence_id FROM states)", there), values)

    monkeypatch.setattr(published, "rows", sampled)
    sure = [(0.9, 0.6), (0.8, 0.7), (0.9, 0.9), (0.6, 0.9), (0.95, 0.95)]
    right, wrong = {}, {}
    for (number, _, _, label, _), (good, bad) in zip([*rows, out], sure, strict=True):
        right[number] = [good, 1 - good] if label == 0 else [1 - good, good]
        wrong[number] = [1 - bad, bad] if label == 0 else [bad, 1 - bad]
    wrong[rows[2][0]] = right[rows[2][0]]
    monkeypatch.setattr(published, "answers", lambda of: wrong if of["name"] == "two" else right)
    found = stories.chosen_sentence(published)
    assert found is not None
    best, p = (out, (0.95, pytest.approx(0.05))) if runs else (rows[1], (0.8, pytest.approx(0.3)))
    assert (found.key, found.right, found.wrong) == (best[1], model["name"], "two")
    assert (found.p_right, found.p_wrong) == p
    said = stories.models_story(published)
    assert "The One agrees" in said
    assert f"q={best[1]}&amp;p=compare&amp;b=" in said


def test_every_stop_shows_the_step_that_it_tells_of(published: Published) -> None:
    first, second = shown_pair(published)
    told = walk.stops(published, first, second)
    assert [stop.second for stop in told] == [None] * (len(told) - 1) + [second]
    for stop in told[:-1]:
        rows = published.rows(
            "SELECT p_class[2], push FROM steps JOIN sentences USING (sentence_id) WHERE key = ? ORDER BY step",
            (stop.shown.key,),
        )
        before, after = rows[stop.step - 1][0], rows[stop.step][0]
        assert f"{markup.decimal(before, 2)} to {markup.decimal(after, 2)}" in stop.told
        push = rows[stop.step][1]
        assert f"a push of {markup.decimal(push, 2, sign=True)} log-odds" in stop.told
        assert f">{stop.shown.surface[stop.step]}</span>" in stop.told
        pushes = [abs(row[1]) for row in rows]
        if stop.step > stop.shown.step:
            assert abs(push) == max(pushes[stop.shown.step + 1 :])
        if stop.step < stop.shown.step:
            assert abs(push) == max(pushes[: stop.shown.step])
    page = walk.pair_walk(published)
    assert page.count("data-stop") == len(told)
    assert page.count("<rnnvis-explorer") == 1
    assert "\n\n" not in page.strip()


def test_what_is_not_published_is_said(published: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stories, "PAIR", ("no such", "words"))
    assert "hold no responses" in stories.unit_story(published)
    assert "hold no two models" in stories.models_story(published)
