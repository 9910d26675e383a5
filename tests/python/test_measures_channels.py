"""Correlations of units with channels: their errors are honest, and do not depend on how steps come in batches."""

from __future__ import annotations

import numpy as np

from rnnvis.measures.units.channels import ChannelCorrelations, Channels, Correlations, stretches
from rnnvis.recording import StepBatch


def slow(steps: int, columns: int, random: np.random.Generator) -> np.ndarray:
    """Independent series that keep 90 % of themselves at each step, [steps, columns]."""
    noise = random.normal(size=(steps, columns))
    found = np.zeros_like(noise)
    for t in range(1, steps):
        found[t] = 0.9 * found[t - 1] + noise[t]
    return found.astype(np.float32)


def correlated(states: np.ndarray, values: np.ndarray, lengths: np.ndarray, size: int) -> Correlations:
    """The correlations, taken in `size` sequences at a time."""
    names = tuple(str(i) for i in range(values.shape[1]))
    found = ChannelCorrelations(Channels(names, np.zeros(len(names), bool), values, lengths))
    starts = np.concatenate([[0], np.cumsum(lengths)])
    for first in range(0, len(lengths), size):
        last = min(first + size, len(lengths))
        rows = np.arange(starts[first], starts[last])
        sentence = np.repeat(np.arange(first, last), lengths[first:last]).astype(np.int32)
        step = (rows - starts[sentence]).astype(np.int16)
        nothing = np.zeros(len(rows), np.int32)
        found.add(StepBatch(sentence, step, nothing, {"a.0.h": states[rows]}, {}, {}), rows)
    return found.result()["a.0.h"]


def test_of_slow_series_that_have_nothing_to_do_with_each_other_few_seem_to() -> None:
    random = np.random.default_rng(0)
    states, values = slow(6400, 20, random), slow(6400, 20, random)
    found = correlated(states, values, np.full(64, 100), 7)
    beyond = np.abs(found.value) > 1.96 * found.standard_error
    assert 0.01 < beyond.mean() < 0.12
    as_if_independent = np.abs(found.value) > 1.96 / np.sqrt(6400)
    assert as_if_independent.mean() > 0.35  # what a step-by-step error would call clear


def test_correlations_do_not_depend_on_the_batches_and_are_those_of_numpy() -> None:
    random = np.random.default_rng(1)
    lengths = random.integers(1, 40, 90)
    count = int(lengths.sum())
    values = random.normal(3, 2, (count, 3)).astype(np.float32)
    states = np.column_stack([values[:, 0] + random.normal(size=count), np.full(count, 0.7)]).astype(np.float32)
    one, many = (correlated(states, values, lengths, size) for size in (1, 90))
    np.testing.assert_allclose(one.value, many.value, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(one.standard_error, many.standard_error, rtol=1e-4, atol=1e-7)
    for channel in range(3):
        wanted = np.corrcoef(states[:, 0].astype(np.float64), values[:, channel].astype(np.float64))[0, 1]
        np.testing.assert_allclose(one.value[0, channel], wanted, atol=1e-6)
    assert np.isnan(one.value[1]).all()


def test_stretches_hold_whole_sequences_where_there_are_many_and_enough_steps_where_not() -> None:
    many = np.random.default_rng(2).integers(1, 30, 100)
    found = stretches(many)
    of_each = np.split(found, np.cumsum(many)[:-1])
    assert all(len(set(part.tolist())) == 1 for part in of_each)
    assert len(np.unique(found)) == 32
    assert np.bincount(stretches(np.array([1000]))).tolist() == [50] * 20
    assert set(stretches(np.array([30])).tolist()) == {0}
