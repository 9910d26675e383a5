"""The page of the chip that is switched off, against planted tables: what it says follows from the figures."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest

from tests import synthetic
from tools.website import chips
from tools.website.chips import ChipCase, Over
from tools.website.fragments import CHIPS
from tools.website.published import Published


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    path = tmp_path_factory.mktemp("published")
    synthetic.publish(path, units=16, words=60, sentences=80)
    return Published(path)


def figures(flips: float, random: float) -> dict:
    known = {"flips": flips, "to_wrong": flips / 2, "to_right": flips / 2, "loss": flips, "moved": 1.0}
    groups = {name: [value * random / flips, 0.01, 0.5] for name, value in known.items()}
    return {"sentences": 100, **known, "random": groups, "groups_below": 24 if flips > 0.3 else 3}


def seed(number: int, inside: tuple[float, float], outside: tuple[float, float], mean: tuple[float, float]) -> dict:
    parts = {"inside": figures(*inside), "outside": figures(*outside), "all": figures(*outside)}
    held = {"inside": figures(*mean), "outside": figures(*outside), "all": figures(*outside)}
    kind = {"words": ["not", "<b>"], "units": [0, 1, 5], "strength": 9.0 + number, "next_strength": 3.0}
    run = {"into": "a", "of": "b", "step": 3, "from_step": 4, "here": 1.0, "there": -3.0}
    run |= {"before": 0.5, "wanted": -0.5, "whole": -0.5 - 0.1 * number}
    run["chips"] = {"negation": {"after": 0.3, "random": [0.4, 0.1]}}
    carried = [run | {"place": place} for place in ("before", "at")]
    kinds = {"negation": kind | {"holds": {"zero": parts, "mean": held}}}
    return {"seed": number, "sha256": f"{number:064d}", "accuracy": 0.8, "kinds": kinds, "carried": carried}


def case(tmp_path: Path, published: Published, seeds: list[dict], sentences: list[dict] | None = None) -> ChipCase:
    folder = tmp_path / "reviews" / "results"
    folder.mkdir(parents=True)
    table = {"groups": 24, "word": "though", "seeds": seeds, "sentences": {"negation": sentences or []}}
    (folder / "chips.json").write_text(json.dumps(table), encoding="utf-8")
    return ChipCase.read(tmp_path, published)


def test_errors_are_those_over_the_trainings():
    found = Over.of([0.1, 0.2, 0.6])
    assert found.mean == pytest.approx(0.3)
    assert found.error == pytest.approx(np.std([0.1, 0.2, 0.6], ddof=1) / math.sqrt(3))
    assert Over.of([1.0, 1.1, 0.9]).clear
    assert not found.clear
    assert not Over.of([5.0]).clear


def test_a_chip_that_matters_is_said_to(tmp_path, published):
    seeds = [seed(n, (0.4 + 0.01 * n, 0.1), (0.12, 0.1), (0.4, 0.1)) for n in range(4)]
    found = case(tmp_path, published, seeds)
    said = chips.conclusion(found)
    assert "The chip of negation matters more than as many units taken at random." in said
    assert "41.5 ± 0.6\N{NO-BREAK SPACE}%" in said
    assert "+31.5 ± 0.6 points" in said
    assert "In 4 of 4 trainings" in said
    assert "more so where such a word stands than elsewhere, by 29.5 ± 0.6 points" in said
    assert "part of this is its level" not in said
    shown = chips.switched(found)
    assert "41.5 ± 0.6" in shown
    assert "+31.5 ± 0.6" in shown


def test_a_chip_that_does_not_matter_is_said_not_to(tmp_path, published):
    seeds = [seed(n, (0.1 + 0.04 * (n % 2), 0.12), (0.11, 0.1), (0.4, 0.1)) for n in range(4)]
    said = chips.conclusion(case(tmp_path, published, seeds))
    assert "does not clearly matter more than as many units taken at random" in said
    assert "In 0 of 4 trainings" in said
    assert "what it holds is not about negation alone" in said
    assert "part of this is its level" in said


def test_a_chip_that_matters_everywhere_is_not_said_to_be_about_its_words(tmp_path, published):
    seeds = [seed(n, (0.4 + 0.01 * (n % 2), 0.1), (0.4, 0.1), (0.4, 0.1)) for n in range(4)]
    said = chips.conclusion(case(tmp_path, published, seeds))
    assert "matters more than as many units" in said
    assert "not about negation alone" in said


def test_what_is_left_of_a_state_is_a_share_of_what_was_brought(tmp_path, published):
    seeds = [seed(n, (0.4, 0.1), (0.1, 0.1), (0.4, 0.1)) for n in range(3)]
    said = chips.carried_conclusion(case(tmp_path, published, seeds))
    # brought −4 log-odds; at the end −1.0, −1.1 and −1.2; the chip −0.2, random groups −0.1
    assert "4.0 ± 0.0 log-odds apart. Of that, 27.5 ± 1.4\N{NO-BREAK SPACE}% is left at the end" in said
    assert "+2.5 ± 0.0 points beyond random groups of its size: more" in said


def test_sentences_are_those_that_this_site_holds(tmp_path, published):
    (key, text), _ = published.rows("SELECT key, text FROM sentences WHERE split = 'test' ORDER BY key LIMIT 2")
    rows = [
        {"key": key, "runs": 3, "before": 0.0, "after": math.log(3), "random": 0.25},
        {"key": "elsewhere", "runs": 4, "before": 0.0, "after": 1.0, "random": 0.1},
    ]
    seeds = [seed(n, (0.4, 0.1), (0.1, 0.1), (0.4, 0.1)) for n in range(4)]
    shown = chips.sentences(case(tmp_path, published, seeds, rows))
    assert shown.count("<tr>") == 2  # a head and one sentence
    assert text.split()[0] in shown
    for figure in ("3 of 4", "0.50 → 0.75", "25 %"):
        assert figure in shown


def test_words_are_escaped_and_weights_compared(tmp_path, published):
    seeds = [seed(n, (0.4, 0.1), (0.1, 0.1), (0.4, 0.1)) for n in range(3)]
    found = case(tmp_path, published, seeds)
    shown = chips.chosen(found)
    assert "&lt;b&gt;" in shown
    assert "<b>" not in shown
    assert "9.0 to 11.0" in shown
    assert "3.33 ± 0.19" in shown
    assert "one chip is the chip of" not in shown
    assert "other weights" in chips.reproduced(found)
    published.model["provenance"]["sha256"] = "f" * 64
    seeds[1]["sha256"] = "f" * 64
    (tmp_path / "again").mkdir()
    assert "training with seed 1" in chips.reproduced(case(tmp_path / "again", published, seeds))


def test_without_a_table_every_part_says_so(tmp_path, published):
    found = ChipCase.read(tmp_path, published)
    for name, fragment in CHIPS.items():
        assert re.search("The published data hold no|No table of results tells of", fragment(found)), name
