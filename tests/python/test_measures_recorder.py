"""Recorders over parts of a corpus, merged, against one over all of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnvis.errors import RnnvisError
from rnnvis.measures import recorder
from rnnvis.measures.recorder import StateRecord, StateRecorder, Text, merge
from rnnvis.measures.units.units import UnitAccumulator, label_auc
from rnnvis.recording import StepBatch

WORDS, UNITS = 6, 3


def text_of(lengths: Sequence[int], seed: int) -> Text:
    random = np.random.default_rng(seed)
    tokens = [random.integers(0, WORDS, n).astype(np.int32) for n in lengths]
    measured = random.random(len(tokens)) < 0.8
    keys = [f"{seed} {i}" for i in range(len(tokens))]
    return Text(tokens, keys, WORDS, measured, ~measured, random.random(len(tokens)) < 0.6)


def batches(text: Text, which: Sequence[int], offset: float = 0.0) -> Iterator[StepBatch]:
    """One batch a sentence: a cell state around `offset`, a hidden state in [−1, 1], and a forget gate."""
    for i in which:
        n = len(text.tokens[i])
        if not n:
            continue
        random = np.random.default_rng([i, n])
        c = offset + random.normal(size=(n, UNITS))
        states = {"rnn.0.c": c.astype(np.float32), "rnn.0.h": np.tanh(c - offset).astype(np.float32)}
        previous = {name: np.concatenate([np.zeros((1, UNITS), np.float32), s[:-1]]) for name, s in states.items()}
        yield StepBatch(
            sentence_id=np.full(n, i, np.int32),
            step=np.arange(n, dtype=np.int16),
            token_id=text.tokens[i],
            states=states,
            previous=previous,
            gates={"rnn.0.f": random.random((n, UNITS)).astype(np.float32)},
        )


def part(text: Text, which: Sequence[int], offset: float = 0.0) -> StateRecorder:
    found = StateRecorder(text, frequent_count=2)
    for batch in batches(text, which, offset):
        found.add(batch)
    return found


def same(found: StateRecord, whole: StateRecord) -> None:
    """Counts, histograms, quantiles, contexts and samples are equal; moments agree within 1e-6."""
    assert found.name == whole.name
    for exact in ("published", "values", "ended", "last"):
        np.testing.assert_array_equal(getattr(found, exact), getattr(whole, exact), err_msg=exact)
    for group, exactly in (
        ("responses", {"count", "half_a_count", "half_b_count"}),
        ("quantiles", {"word_ids", "values"}),
        ("units", {"count", "saturation", "histogram", "edges"}),
        ("contexts", {"unit", "sign", "rank", "sentence_id", "step", "value"}),
    ):
        ours, theirs = getattr(found, group), getattr(whole, group)
        assert exactly <= set(vars(theirs))
        for name, value in vars(theirs).items():
            if name in exactly:
                np.testing.assert_array_equal(getattr(ours, name), value, err_msg=name)
            elif name == "reliability":  # Rounding of two means is divided by their spread.
                np.testing.assert_allclose(getattr(ours, name), value, rtol=1e-4, atol=1e-4, err_msg=name)
            else:
                np.testing.assert_allclose(getattr(ours, name), value, rtol=1e-6, atol=1e-6, err_msg=name)
    for name in ("total", "left"):
        ours, theirs = getattr(found.explained, name), getattr(whole.explained, name)
        # What is left is a difference of sums as large as the total.
        size = 1e-7 * float(np.abs(theirs).max(initial=0))
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=max(1e-5, size), err_msg=name)
    for name, value in vars(whole.explained.pairs).items():
        np.testing.assert_allclose(getattr(found.explained.pairs, name), value, rtol=1e-4, atol=1e-4, err_msg=name)


@given(
    lengths=st.lists(st.integers(0, 9), min_size=3, max_size=14),
    seed=st.integers(0, 1000),
    offset=st.sampled_from([0.0, 50.0]),
    order=st.permutations([0, 1, 2]),
    data=st.data(),
)
@settings(max_examples=40, deadline=None)
def test_parts_of_a_recording_merge_to_the_whole_in_any_order(
    lengths: list[int], seed: int, offset: float, order: list[int], data: st.DataObject
) -> None:
    text = text_of([*lengths, 2], seed)
    everything = range(len(text.tokens))
    shard = data.draw(st.lists(st.integers(0, 2), min_size=len(everything), max_size=len(everything)))
    parts = [part(text, [i for i in everything if shard[i] == n], offset) for n in order]
    whole = part(text, everything, offset)
    left = merge(merge(parts[0], parts[1]), parts[2])
    right = merge(parts[0], merge(parts[1], parts[2]))
    for merged in (left, right):
        for found in merged.result():
            same(found, next(state for state in whole.result() if state.name == found.name))
        assert {state.name for state in merged.result()} == {state.name for state in whole.result()}
    whole.compare(batches(text, everything, offset))
    for n in range(3):
        left.compare(batches(text, [i for i in everything if shard[i] == n], offset))
    for name, distance in whole._distance.items():
        np.testing.assert_allclose(left._distance[name], distance, rtol=1e-5, atol=1e-5 * max(1, offset))


def test_merging_changes_neither_part_and_refuses_a_sentence_twice() -> None:
    text = text_of([4, 3, 5], 1)
    a, b = part(text, [0, 1]), part(text, [2])
    before = [state.responses.count.copy() for state in a.result()]
    merge(a, b)
    for state, count in zip(a.result(), before, strict=True):
        np.testing.assert_array_equal(state.responses.count, count)
    with pytest.raises(RnnvisError, match="sentence 1 is in both recordings"):
        merge(a, part(text, [1]))
    with pytest.raises(RnnvisError, match="different texts"):
        merge(a, part(text_of([4, 3, 5], 2), [2]))


@given(st.lists(st.integers(1, 30), min_size=2, max_size=5), st.floats(-1e4, 1e4), st.booleans(), st.randoms())
@settings(max_examples=40, deadline=None)
def test_unit_measures_merge_in_any_order_far_from_zero(
    lengths: list[int], offset: float, bounded: bool, shuffle: object
) -> None:
    random = np.random.default_rng(sum(lengths))
    states = [np.tanh(random.normal(size=(n, UNITS))) + (0 if bounded else offset) for n in lengths]

    def seen(which: Sequence[int]) -> UnitAccumulator:
        found = UnitAccumulator(UNITS, bounded)
        for i in which:
            previous = np.concatenate([np.zeros((1, UNITS)), states[i][:-1]])
            found.add(states[i], previous, np.arange(len(states[i])) > 0)
        return found

    order = list(range(len(lengths)))
    shuffle.shuffle(order)  # type: ignore[attr-defined]
    merged = seen([])
    for i in order:
        merged.merge(seen([i]))
    whole = seen(range(len(lengths)))
    everything = np.concatenate(states)
    np.testing.assert_array_equal(merged._fine, whole._fine)
    assert merged.count == len(everything)
    found = merged.result()
    np.testing.assert_allclose(found.mean, everything.mean(axis=0), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(found.standard_deviation, everything.std(axis=0), rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(merged._lag_one(), whole._lag_one(), atol=1e-6)


def test_last_states_are_kept_of_labelled_sentences_and_within_their_room(monkeypatch: pytest.MonkeyPatch) -> None:
    text = text_of([3] * 200, 4)
    assert text.labelled is not None
    labelled = np.flatnonzero(text.labelled)
    whole = part(text, range(200)).result()[0]
    np.testing.assert_array_equal(whole.ended, labelled)
    for i, state in zip(whole.ended, whole.last, strict=True):
        np.testing.assert_array_equal(state, next(batches(text, [i])).states[whole.name][-1])
    monkeypatch.setattr(recorder, "STATES_BYTES", 40 * 4 * UNITS)
    fewer = part(text, range(200)).result()[0]
    assert 0 < len(fewer.last) <= 45
    assert set(fewer.ended) < set(labelled)
    label = np.arange(200) % 2
    assert np.isfinite(label_auc(fewer.last, label[fewer.ended])).all()
