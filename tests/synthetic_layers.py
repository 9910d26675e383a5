"""The planted model of `tests.synthetic` with a second layer, smaller than the first, that reads the first."""

from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from rnnvis.published import files, publishing
from tests.synthetic import Tables, _model, publish


def publish_layers(folder: Path, *, units: int = 24, second: int = 16, words: int = 200, sentences: int = 200) -> None:
    """Write a folder as `tests.synthetic.publish` does, whose model has the states `rnn.0.h` and `rnn.1.h`.

    The state of layer 2 leaks more slowly than that of layer 1 and adds a random mixture of it.
    """
    publish(folder, units=units, words=words, sentences=sentences)
    dataset = publishing.read_manifest(folder)["datasets"][0]
    model = dataset["models"][0]
    below = model["states"][0]
    rng = np.random.default_rng(11)
    mixture = rng.normal(0, 0.35, (units, second))
    text = _rows(folder, dataset, "sentences")
    tokens = [np.array(row) for row in text["tokens"]]
    states = np.stack(_rows(folder, below, "states")["value"]).astype(np.float64)
    starts = np.cumsum([0, *map(len, tokens)])
    above = [_run(states[a:b] @ mixture) for a, b in pairwise(starts)]
    labels = np.array([0 if label is None else label for label in text["label"]], np.int16)
    steps = _rows(folder, model, "steps")
    with tempfile.TemporaryDirectory() as scratch:
        tables = Tables(Path(scratch), folder)
        made = _model(tables, tokens, above, labels, words, rng.normal(0, 0.5, second))
        surprise = _rows(folder, made, "steps")["surprise"]
        steps["surprise"] = [[*one, *two] for one, two in zip(steps["surprise"], surprise, strict=True)]
        model["tables"]["steps"] = tables("steps", _columns(steps))
    layer = made["states"][0] | {"name": "rnn.1.h", "title": "Layer 2, hidden h", "layer": 1}
    model["states"] = [below | {"read_by_head": False}, layer]
    del below["tables"]["word_effects"]
    publishing.write_manifest([dataset], folder, "synthetic")


def _rows(folder: Path, holder: dict[str, Any], table: str) -> dict[str, list[Any]]:
    paths = [folder / part["path"] for part in holder["tables"][table]["files"]]
    return pq.read_table(paths[0] if len(paths) == 1 else paths).to_pydict()


def _columns(rows: dict[str, list[Any]]) -> dict[str, Any]:
    lists = ("p_class", "surprise")
    return {
        name: files.list_column(np.array(values, np.float32)) if name in lists else values
        for name, values in rows.items()
        if any(value is not None for value in values)
    }


def _run(drive: np.ndarray) -> np.ndarray:
    state, out = np.zeros(drive.shape[1]), []
    for one in drive:
        state = np.tanh(0.7 * state + 0.3 * one)
        out.append(state)
    return np.array(out, np.float32)
