"""Glyph quantities against loops over units, and the golden file that the viewer is tested against."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnvis.measures.sentences.golden import sequence_cases, write
from rnnvis.measures.sentences.sequences import glyphs

GOLDEN = Path(__file__).parents[1] / "golden" / "sequences.json"


def loop(states, labels, k, start):
    """The definitions, one unit at a time."""
    names = ("p", "n", "delta_p", "delta_n", "gained_p", "lost_p", "gained_n", "lost_n", "kept", "kept_rate")
    out = {name: [] for name in names}
    before = start
    for now in states:
        row = {name: [] for name in names}
        for c in range(k):
            units = [u for u in range(len(labels)) if labels[u] == c]
            size = max(len(units), 1)
            p, n = sum(max(now[u], 0) for u in units) / size, sum(min(now[u], 0) for u in units) / size
            p0, n0 = sum(max(before[u], 0) for u in units) / size, sum(min(before[u], 0) for u in units) / size
            row["p"].append(p)
            row["n"].append(n)
            row["delta_p"].append(p - p0)
            row["delta_n"].append(n - n0)
            rise = [max(now[u], 0) - max(before[u], 0) for u in units]
            fall = [min(before[u], 0) - min(now[u], 0) for u in units]
            row["gained_p"].append(sum(x for x in rise if x > 0) / size)
            row["lost_p"].append(-sum(x for x in rise if x < 0) / size)
            row["gained_n"].append(sum(x for x in fall if x > 0) / size)
            row["lost_n"].append(-sum(x for x in fall if x < 0) / size)
            kept = sum(min(abs(now[u]), abs(before[u])) for u in units if now[u] * before[u] > 0)
            had = sum(abs(before[u]) for u in units)
            row["kept"].append(kept)
            row["kept_rate"].append(kept / had if had else np.nan)
        for name in names:
            out[name].append(row[name])
        before = now
    return out


@given(st.integers(0, 10**6), st.integers(1, 6), st.integers(1, 7), st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_glyphs_equal_a_loop_over_units(seed, steps, units, k):
    random = np.random.default_rng(seed)
    states = random.choice([-0.9, -0.2, 0.0, 0.3, 0.8], (steps, units))
    labels, start = random.integers(0, k, units), random.choice([-0.5, 0.0, 0.7], units)
    found = glyphs(states, labels, k, start)
    for name, wanted in loop(states, labels, k, start).items():
        np.testing.assert_allclose(getattr(found, name), wanted, atol=1e-12, err_msg=name)
    np.testing.assert_allclose(found.delta_p, found.gained_p - found.lost_p, atol=1e-12)
    np.testing.assert_allclose(found.delta_n, found.lost_n - found.gained_n, atol=1e-12)
    rate = found.kept_rate[~np.isnan(found.kept_rate)]
    assert ((rate >= 0) & (rate <= 1)).all()


def test_nothing_is_kept_at_the_first_step_and_everything_when_nothing_changes():
    found = glyphs(np.array([[0.5, -0.5], [0.5, -0.5]]), np.zeros(2, int), 1)
    assert np.isnan(found.kept_rate[0, 0])
    assert found.kept_rate[1, 0] == 1
    assert found.delta_p[1, 0] == found.delta_n[1, 0] == 0


def test_units_of_no_cluster_count_nowhere():
    found = glyphs(np.array([[0.5, 0.9]]), np.array([0, -1]), 1)
    assert found.p[0, 0] == pytest.approx(0.5)


def test_golden_file_is_what_the_code_computes(tmp_path):
    write(tmp_path / "sequences.json")
    assert (tmp_path / "sequences.json").read_bytes() == GOLDEN.read_bytes()
    for case in json.loads(GOLDEN.read_text(encoding="utf-8")):
        wanted = loop(case["states"], case["labels"], case["clusters"], case["start"])
        for name, value in case["expected"].items():
            got = np.array(value, dtype=float)
            np.testing.assert_allclose(got, wanted[name], atol=1e-11, err_msg=name)
    assert len(sequence_cases()) == 4
