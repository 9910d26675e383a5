"""Figures of whole states, of pairs of states, and their pictures in the plane, on planted data with known answers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnvis.measures.states import projection
from rnnvis.measures.states.cka import gram_norm, linear_cka
from rnnvis.measures.states.dynamics import median, participation_ratio, per_step, saturated_units
from rnnvis.measures.states.matches import NONE, match, profiles


@given(st.integers(0, 2**16))
@settings(max_examples=20, deadline=None)
def test_a_planted_permutation_of_units_is_found(seed):
    random = np.random.default_rng(seed)
    a = random.standard_normal((200, 24))
    order = random.permutation(24)
    b = a[:, order] * random.uniform(0.1, 9, 24) + 0.05 * random.standard_normal((200, 24))
    found = match(a, b)
    assert (order[found.b] == np.arange(24)).all()
    assert (found.best == found.b).all()
    assert found.strength.min() > 0.5
    assert found.strength == pytest.approx(found.best_strength)


def test_units_left_over_and_units_that_never_move_have_no_strength():
    random = np.random.default_rng(0)
    b = random.standard_normal((60, 2))
    a = np.column_stack([b[:, 1], b[:, 0], np.full(60, 0.3)])
    found = match(a, b)
    assert found.b.tolist() == [1, 0, NONE]
    assert found.strength.tolist() == pytest.approx([1, 1, 0])
    assert found.best_strength[2] == 0


def test_two_units_share_their_best_but_not_their_partner():
    x, y = np.random.default_rng(1).standard_normal((2, 80))
    found = match(np.column_stack([x, x + 0.2 * y]), np.column_stack([x, y]))
    assert found.best.tolist() == [0, 0]
    assert found.b.tolist() == [0, 1]


def test_a_cluster_answers_as_the_mean_of_its_units():
    responses = np.array([[1.0, 3, 10, 7], [0, 2, -4, 7]])
    assert profiles(responses, np.array([0, 0, 2, -1]), 3).tolist() == [[2, 0, 10], [1, 0, -4]]


def test_cka_is_one_for_a_rotated_copy_and_near_zero_for_noise():
    random = np.random.default_rng(2)
    states = random.standard_normal((4000, 12)) * np.linspace(0.2, 2, 12)
    turned = np.linalg.qr(random.standard_normal((12, 12)))[0]
    assert linear_cka(states, 3 * states @ turned + 1) == pytest.approx(1)
    assert linear_cka(states, random.standard_normal((4000, 9))) < 0.01
    assert np.isnan(linear_cka(states, np.ones((4000, 3))))
    other = random.standard_normal((4000, 9)) + states[:, :9]
    assert linear_cka(states, other) == linear_cka(states, other, (gram_norm(states), gram_norm(other)))
    assert linear_cka(states, other) == pytest.approx(linear_cka(other, states))


def test_the_first_component_of_a_planted_line_is_that_line():
    angle = np.linspace(-0.6, 0.6, 31)
    rows = np.outer(np.cos(angle), np.eye(8)[0]) + np.outer(np.sin(angle), np.eye(8)[3])
    at, share = projection.pca(rows * np.linspace(1, 5, 31)[:, None])
    assert np.abs(np.corrcoef(at[:, 0], np.sin(angle))[0, 1]) == pytest.approx(1)
    assert share[0] > 0.95
    assert share.sum() == pytest.approx(1)
    assert at[np.abs(at).argmax(axis=0), (0, 1)].min() > 0


def test_pca_of_nothing_is_zero():
    at, share = projection.pca(np.zeros((5, 4)))
    assert not at.any()
    assert not share.any()


def test_tsne_keeps_planted_groups_together_and_says_the_same_twice():
    random = np.random.default_rng(3)
    centre = random.standard_normal((3, 10))
    group = np.repeat(np.arange(3), 20)
    rows = centre[group] + 0.05 * random.standard_normal((60, 10))
    at = projection.tsne(rows)
    assert np.array_equal(at, projection.tsne(rows))
    distance = np.linalg.norm(at[:, None] - at[None], axis=2) + np.diag(np.full(60, np.inf))
    assert (group[distance.argmin(axis=1)] == group).all()
    assert projection.tsne(rows[:4]) is None


def test_kept_and_change_of_a_sequence_made_by_hand():
    states = np.array([[0.4, -0.2], [0.2, -0.3], [-0.1, -0.3], [0.5, 0.0]])
    found = {f.measure: f for f in per_step(states, np.array([7, 7, 7, 8]))}
    assert found["kept_per_step"].value == pytest.approx(((0.2 + 0.2) / 0.6 + 0.3 / 0.5) / 2)
    changes = [(0.4 + 0.2) / 2, (0.2 + 0.1) / 2, (0.3 + 0) / 2, 0.5 / 2]
    assert found["change_per_step"].value == pytest.approx(np.mean(changes))
    assert np.isnan(found["kept_per_step"].standard_error)
    spread = np.array([sum(changes[:3]) - 3 * np.mean(changes), changes[3] - np.mean(changes)])
    assert found["change_per_step"].standard_error == pytest.approx(np.sqrt(2 * np.square(spread).sum()) / 4)


def test_kept_and_change_of_many_steps_are_those_of_a_plain_loop():
    random = np.random.default_rng(6)
    sentence = np.sort(random.integers(0, 90, 9000))
    states = random.normal(size=(9000, 3)).astype(np.float16)
    starts = random.normal(size=(len(np.unique(sentence)), 3)).astype(np.float16)
    rates, changes, begun = [], [], 0
    for i, now in enumerate(states.astype(np.float64)):
        first = i == 0 or sentence[i] != sentence[i - 1]
        before = (starts[begun] if first else states[i - 1]).astype(np.float64)
        begun += first
        same = now * before > 0
        rates.append(np.minimum(np.abs(now), np.abs(before))[same].sum() / np.abs(before).sum())
        changes.append(np.abs(now - before).mean())
    found = {f.measure: f.value for f in per_step(states, sentence, starts)}
    assert found["kept_per_step"] == pytest.approx(np.mean(rates), rel=1e-5)
    assert found["change_per_step"] == pytest.approx(np.mean(changes), rel=1e-5)


def test_a_sentence_may_start_from_a_state_that_was_carried_to_it():
    states, starts = np.array([[0.4, -0.2], [0.2, -0.3], [0.5, 0.0]]), np.array([[0.0, 0.0], [0.25, 0.5]])
    found = {f.measure: f.value for f in per_step(states, np.array([7, 7, 8]), starts)}
    assert found["kept_per_step"] == pytest.approx(((0.2 + 0.2) / 0.6 + 0.25 / 0.75) / 2)
    assert found["change_per_step"] == pytest.approx(np.mean([0.6 / 2, 0.3 / 2, (0.25 + 0.5) / 2]))


@pytest.mark.parametrize("k", [1, 3, 7])
def test_the_participation_ratio_of_k_equal_directions_is_k(k):
    axes = np.eye(9)[:k]
    assert participation_ratio(np.concatenate([axes, -axes])) == pytest.approx(k)


def test_figures_of_units_that_have_none_are_left_out():
    nothing = np.full(4, np.nan)
    assert [*median("time_scale_median", nothing, ""), *saturated_units(nothing)] == []
    found = [
        *median("time_scale_median", np.array([1, 3, np.nan, 8]), ""),
        *saturated_units(np.array([0.6, 0.4, 0.9, 0.5])),
    ]
    assert {f.measure: f.value for f in found} == {"time_scale_median": 3, "saturated_units": 0.5}
