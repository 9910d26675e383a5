"""The planted model of `tests.synthetic` with attention: pooled, or paid anew at every step."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from rnnvis.published import publishing
from tests.synthetic import Tables, publish


def publish_attention(folder: Path, *, pooled: bool, units: int = 24, words: int = 300, sentences: int = 120) -> None:
    """Write a folder as `tests.synthetic.publish` does, whose model weighs the words of every sentence but the last.

    Weights are drawn at random and sum to 1; with attention at every step, step t weighs the positions up to t.
    """
    publish(folder, units=units, words=words, sentences=sentences)
    dataset = publishing.read_manifest(folder)["datasets"][0]
    text = pq.read_table(folder / dataset["tables"]["sentences"]["files"][0]["path"])
    rng = np.random.default_rng(5)
    rows = []
    for sentence, length in enumerate(text["length"].to_pylist()[:-1]):
        for step in [length - 1] if pooled else range(length):
            weight = np.zeros(length, np.float16)
            weight[: step + 1] = rng.dirichlet(np.full(step + 1, 0.5))
            rows.append((sentence, step, weight))
    columns = {name: [row[i] for row in rows] for i, name in enumerate(("sentence_id", "step", "weight"))}
    with tempfile.TemporaryDirectory() as scratch:
        dataset["models"][0]["tables"]["attention"] = Tables(Path(scratch), folder)("attention", columns)
    publishing.write_manifest([dataset], folder, "synthetic")
