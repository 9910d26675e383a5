"""Shares of a gap that are closed, and the search for the smallest set, on planted answers."""

from __future__ import annotations

import numpy as np
import pytest

from rnnvis.errors import RnnvisError
from rnnvis.measures.outputs.patching import Runs, share_closed, smallest_set

UNITS = 20


def test_shares_and_errors_are_those_of_a_plain_loop():
    random = np.random.default_rng(0)
    before, after, wanted = (random.standard_normal(7) for _ in range(3))
    share, error = share_closed(before, after, wanted)
    moved, size = [], []
    for b, a, w in zip(before, after, wanted, strict=True):
        moved.append((a - b) if w > b else (b - a))
        size.append(abs(w - b))
    by_hand = sum(moved) / sum(size)
    rest = sum((m - by_hand * s) ** 2 for m, s in zip(moved, size, strict=True))
    assert share == pytest.approx(by_hand)
    assert error == pytest.approx((rest * 7 / 6) ** 0.5 / sum(size))
    assert share_closed(before, wanted, wanted)[0] == pytest.approx(1)
    assert share_closed(before, before, wanted)[0] == 0
    assert np.isnan(share_closed(before, after, before)).all()
    assert np.isnan(share_closed(before[:1], after[:1], wanted[:1])[1])


def planted(seed: int, noise: float = 0.0) -> Runs:
    """M = 2 max(d_3, d_11) where both are there, else .1 of each, and a little of unit 5, which differs most."""
    random = np.random.default_rng(seed)
    gap = random.uniform(1, 2, 12) * random.choice([-1, 1], 12)
    before = random.standard_normal(12)

    def patched(units: np.ndarray) -> np.ndarray:
        has = np.isin([3, 11, 5], units)
        share = 0.9 if has[0] and has[1] else 0.1 * (has[0] + has[1])
        return before + gap * (share + 0.05 * has[2]) + noise * len(units)

    return Runs(before, before + gap, patched)


def search(**options):
    first = np.zeros(UNITS)
    first[[3, 11, 5, 7, 8]] = [0.3, 0.25, 0.2, 0.1, 0.05]
    difference = np.arange(UNITS) == 5
    given = {"shortlist": 4, "largest": 4, "enough": 0.85, "budget": 60} | options
    ones = [np.array([unit]) for unit in range(UNITS)]
    return smallest_set(ones, UNITS, first, difference.astype(float), planted(0), planted(1), **given)


def test_the_planted_pair_is_found_and_confirmed_beside_random_sets_and_the_unit_that_differs_most():
    calls = []
    found = search(advance=lambda: calls.append(1))
    assert [set(stage.candidates) for stage in found] == [{3}, {3, 11}]
    assert [stage.seen for stage in found] == pytest.approx([0.1, 0.9])
    assert [stage.unseen for stage in found] == pytest.approx([0.1, 0.9])
    assert [stage.first_order for stage in found] == pytest.approx([0.3, 0.55])
    assert found[0].differing == pytest.approx(0.05)
    assert found[1].differing == pytest.approx(0.05)  # units 5 and 0
    each = (60 - 4 - 3) // 2 - 2
    assert [len(stage.random) for stage in found] == [each, each]
    assert len(calls) == 7 + 2 * (each + 2)
    assert np.array_equal(found[1].random, search()[1].random)


def test_what_cannot_help_ends_the_search_and_a_budget_is_kept():
    assert len(search(enough=2.0)) == 3  # 3 and 11, then 5; nothing after it adds anything
    assert len(search(enough=2.0, largest=1)) == 1
    assert len(search(budget=10)) == 1  # a round of four, and half of ten leave no second one
    with pytest.raises(RnnvisError, match="a budget of 5 runs leaves none for random sets"):
        search(budget=5)


def test_clusters_come_as_wholes_and_random_sets_have_as_many_units():
    candidates = [np.array([0, 1, 2]), np.array([3, 11]), np.array([5, 6])]
    runs = planted(0)
    sizes = []

    def patched(units):
        sizes.append(len(units))
        return runs.patched(units)

    unseen = Runs(runs.before, runs.wanted, patched)
    found = smallest_set(
        candidates,
        UNITS,
        np.array([0, 0.5, 0.1]),
        np.array([1.0, 0, 0]),
        runs,
        unseen,
        shortlist=3,
        largest=2,
        enough=0.9,
        budget=12,
    )
    assert found[0].units.tolist() == [3, 11]
    assert sizes == [2, 3, *[2] * 7]
