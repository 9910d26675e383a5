"""Sparse codes of states: planted features in superposition are found, and F1 is that of every threshold tried."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rnnvis.measures.states.concepts import detectors, f1_of
from rnnvis.measures.states.sparse import quality, train_code
from rnnvis.recording.code import SparseCode, made_of, top


def superposed(rows: int, units: int, planted: int, active: int, seed: int = 0) -> tuple[np.ndarray, ...]:
    """States that are sums of `active` of `planted` directions: states, directions of length one, and amounts."""
    draw = np.random.default_rng(seed)
    directions = draw.normal(size=(planted, units))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    amounts = np.zeros((rows, planted))
    for row in amounts:
        row[draw.choice(planted, active, replace=False)] = draw.uniform(1, 2, active)
    return (amounts @ directions + 0.5).astype(np.float32), directions, amounts


@pytest.fixture(scope="module")
def planted():
    states, directions, amounts = superposed(6000, 16, 24, 2)
    return states, directions, amounts, train_code("rnn.0.h", states[:4000], 32, 2, steps=1500, seed=0)


def test_features_in_superposition_are_found(planted):
    states, directions, amounts, code = planted
    alike = directions @ code.decoder.T
    best = alike.argmax(axis=1)
    assert np.linalg.norm(code.decoder, axis=1) == pytest.approx(1, abs=1e-5)
    assert (alike.max(axis=1) > 0.95).mean() > 0.9
    found = quality(code, states[:4000], states[4000:])
    assert found.kept > 0.95
    units = np.corrcoef(np.hstack([states, amounts]).T)[:16, 16:]
    latents = np.corrcoef(np.hstack([code.latents(states[4000:])[:, best], amounts[4000:]]).T)[:24, 24:]
    assert np.median(np.diag(latents)) > 0.95 > np.abs(units).max()


def test_what_is_kept_and_what_is_dead_are_plain_sums(planted):
    states, _, _, code = planted
    held_out = states[4000:4300]
    found = quality(code, states[:4000], held_out)
    rebuilt, alive = [], np.zeros(32, bool)
    for state in held_out.astype(np.float64):
        raw = np.maximum(code.encoder.astype(np.float64) @ (state - code.bias) + code.encoder_bias, 0)
        z = np.where(raw >= np.sort(raw)[-2], raw, 0)
        rebuilt.append(z @ code.decoder + code.bias)
    for state in states[:4300]:
        raw = np.maximum(code.encoder @ (state - code.bias) + code.encoder_bias, 0)
        alive |= (raw >= np.sort(raw)[-2]) & (raw > 0)
    left = np.square(held_out - np.array(rebuilt)).sum()
    assert found.kept == pytest.approx(1 - left / np.square(held_out - held_out.mean(axis=0)).sum(), abs=1e-4)
    assert found.dead.tolist() == np.flatnonzero(~alive).tolist()
    assert found.active.sum() == pytest.approx(2, abs=0.05)
    assert np.allclose(code.rebuilt(held_out), rebuilt, atol=1e-4)


def test_the_same_seed_gives_the_same_code_whatever_the_scale():
    states, *_ = superposed(1500, 8, 10, 2)
    first, again, other = (train_code("s.0.h", states, 12, 2, steps=60, seed=seed) for seed in (3, 3, 4))
    assert first.encoder.tobytes() == again.encoder.tobytes()
    assert first.bias.tobytes() == again.bias.tobytes()
    assert first.encoder.tobytes() != other.encoder.tobytes()
    large = train_code("s.0.h", 64 * states + 3, 12, 2, steps=60, seed=3)
    assert np.allclose(large.decoder, first.decoder, atol=1e-2)
    assert quality(large, 64 * states + 3, 64 * states + 3).kept == pytest.approx(
        quality(first, states, states).kept, abs=1e-2
    )


def test_the_k_largest_stay():
    values = torch.tensor([[3.0, 1.0, 2.0, 0.0], [0.0, 0.0, 5.0, 0.0], [1.0, 1.0, 1.0, 4.0]])
    assert top(values, 2).tolist() == [[3, 0, 2, 0], [0, 0, 5, 0], [1, 1, 1, 4]]
    assert top(values, 9) is values


def test_a_change_of_latents_moves_the_state_along_their_directions():
    draw = np.random.default_rng(0)
    code = SparseCode("a.0.h", 2, *(draw.normal(size=s).astype(np.float32) for s in ((5, 3), (5,), (5, 3), (3,))))
    states, by = torch.randn(4, 3), torch.randn(4, 2)
    moved = code.changed(states, torch.tensor([1, 4]), by)
    assert torch.allclose(moved, states + by @ torch.from_numpy(code.decoder[[1, 4]]))
    assert code.name == "a.0.h.features"


def test_names_of_features_are_told_from_states_of_that_kind():
    assert made_of("rnn.0.h.features") == "rnn.0.h"
    assert made_of("encoder.1.reverse.c.features") == "encoder.1.reverse.c"
    assert made_of("encoder.0.features") is None
    assert made_of("a.0.0.features") is None
    assert made_of("rnn.0.h") is None


def test_detectors_are_the_best_of_every_threshold():
    draw = np.random.default_rng(1)
    seen, unseen = draw.normal(size=(60, 4)).round(1), draw.normal(size=(50, 4)).round(1)
    where = {"low": (seen[:, 2] < -0.8, unseen[:, 2] < -0.8), "any": (draw.random(60) < 0.3, draw.random(50) < 0.3)}
    found = detectors(seen, unseen, where, both_ways=True)
    for name, (member, other) in where.items():
        tries = [
            (f1_of(sign * seen[:, unit] > cut, member), unit, sign)
            for unit in range(4)
            for sign in (1, -1)
            for cut in (np.unique(sign * seen[:, unit])[:-1] + np.unique(sign * seen[:, unit])[1:]) / 2
        ]
        assert found[name].seen == pytest.approx(max(score for score, *_ in tries))
        said = found[name].sign * unseen[:, found[name].unit] > found[name].threshold
        tp, fp, fn = (said & other).sum(), (said & ~other).sum(), (~said & other).sum()
        assert found[name].unseen == pytest.approx(2 * tp / (2 * tp + fp + fn))
    assert (found["low"].unit, found["low"].sign, found["low"].seen) == (2, -1, 1)
    one_way = detectors(seen, unseen, where, both_ways=False)
    assert one_way["low"].seen < 1
    constant = detectors(np.ones((5, 2)), np.ones((5, 2)), {"a": (np.ones(5, bool), np.ones(5, bool))}, both_ways=True)
    assert constant["a"].seen == 0
