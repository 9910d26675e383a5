"""The tables of signals: their channels, their frames, and how units go along with them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rnnvis.measures.halves import halved
from rnnvis.measures.recorder import sampled
from rnnvis.measures.units.channels import Channels, Correlations
from rnnvis.published.columns import Columns
from rnnvis.published.files import list_column, nullable


def dataset_tables(found: Channels, keys: Sequence[str], budget: int, text: bool) -> dict[str, Columns]:
    """The tables of a dataset of signals with these `keys`: its channels and, with `text`, the frames of so many as
    `budget` bytes hold, the same for every model that reads them."""
    tables = {"channels": _channels(found)}
    if text:
        size = 2 * len(found.names) * found.lengths
        tables["frames"] = _frames(found, sampled(keys, size, np.zeros(len(size), bool), budget))
    return tables


def _channels(found: Channels) -> Columns:
    """Table `channels`."""
    low, high = np.quantile(found.values, [0.01, 0.99], axis=0).astype(np.float32)
    return {
        "channel": np.arange(len(found.names), dtype=np.int32),
        "name": list(found.names),
        "truth": found.truth.tolist(),
        "mean": found.values.mean(axis=0, dtype=np.float64).astype(np.float32),
        "standard_deviation": found.values.std(axis=0, dtype=np.float64).astype(np.float32),
        "low": low,
        "high": high,
    }


def _frames(found: Channels, sequences: np.ndarray) -> Columns:
    """Table `frames` of the signals `sequences` int64 [P], ascending."""
    lengths = found.lengths[sequences]
    step = np.concatenate([np.zeros(0, np.int64), *(np.arange(n) for n in lengths.tolist())])
    rows = np.repeat((np.cumsum(found.lengths) - found.lengths)[sequences], lengths) + step
    return {
        "sentence_id": np.repeat(sequences, lengths).astype(np.int32),
        "step": step.astype(np.int16),
        "value": list_column(halved(found.values[rows])),
    }


def unit_channels(found: Correlations) -> Columns:
    """Table `unit_channels`."""
    units, many = found.value.shape
    return {
        "unit": np.repeat(np.arange(units, dtype=np.int32), many),
        "channel": np.tile(np.arange(many, dtype=np.int32), units),
        "correlation": nullable(found.value.reshape(-1)),
        "standard_error": nullable(found.standard_error.reshape(-1)),
    }
