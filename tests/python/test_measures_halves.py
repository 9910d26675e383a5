"""Half precision where it holds the values, whatever the order in which they come."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnvis.measures.halves import KeptStates, halved


def rows_of(scale: float, count: int = 60) -> np.ndarray:
    return (np.random.default_rng(0).normal(size=(count, 4)) * scale).astype(np.float32)


@pytest.mark.parametrize(
    ("scale", "kind"), [(1.0, np.float16), (1e-3, np.float16), (4e4, np.float32), (2e6, np.float32), (1e-7, np.float32)]
)
def test_every_value_keeps_eleven_bits(scale: float, kind: type) -> None:
    values = rows_of(scale)
    values[7, 2] = np.nan
    found = halved(values)
    assert found.dtype == kind
    wrong = np.abs(found.astype(np.float64) - values)
    assert (np.delete(wrong, 7, 0) <= np.maximum(np.abs(np.delete(values, 7, 0)) * 2.0**-11, 2.0**-25)).all()
    assert np.isnan(found[7, 2])


def test_zeros_and_nothing_are_halves() -> None:
    assert halved(np.zeros((3, 2), np.float32)).dtype == np.float16
    assert halved(np.zeros((0, 2), np.float32)).dtype == np.float16


@given(st.lists(st.sampled_from([0.0, 1e-9, 1e-5, 1.0, 3e4, 1e6, 1e14]), min_size=1, max_size=6), st.randoms())
@settings(max_examples=60, deadline=None)
def test_what_is_kept_depends_on_the_rows_alone(scales: list[float], shuffled: object) -> None:
    parts = [rows_of(scale, 5) for scale in scales]
    wanted = halved(np.concatenate(parts))
    order = list(range(len(parts)))
    shuffled.shuffle(order)  # type: ignore[attr-defined]
    kept = KeptStates(5 * len(parts), 4)
    for number in order:
        kept.put(np.arange(5) + 5 * number, parts[number])
    found = kept.result()
    assert found.dtype == wanted.dtype
    np.testing.assert_array_equal(found, wanted)
