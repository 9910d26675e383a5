"""The planted model of `tests.synthetic` with what of each word is in its answers."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from rnnvis.published import publishing
from tests.synthetic import Tables, publish


def publish_answer_memory(folder: Path, *, units: int = 24, words: int = 300, sentences: int = 120) -> None:
    """Write a folder as `tests.synthetic.publish` does, with drawn parts for every step of all sentences but the last,
    which sum with the rest to the log-odds that the steps say, and whose units have time-scales of their own."""
    publish(folder, units=units, words=words, sentences=sentences)
    dataset = publishing.read_manifest(folder)["datasets"][0]
    tables = dataset["models"][0]["tables"]
    text = pq.read_table(folder / dataset["tables"]["sentences"]["files"][0]["path"])
    steps = pq.read_table(folder / tables["steps"]["files"][0]["path"]).to_pylist()
    odds = {(row["sentence_id"], row["step"]): np.log(row["p_class"][1] / row["p_class"][0]) for row in steps}
    rng = np.random.default_rng(6)
    rows = []
    for sentence, length in enumerate(text["length"].to_pylist()[:-1]):
        for step in range(length):
            part = rng.normal(size=step + 1).astype(np.float16)
            answer = np.float32(odds[sentence, step])
            rows.append((sentence, step, 1, answer, np.float32(answer - part.sum(dtype=np.float64)), part))
    names = ("sentence_id", "step", "class", "answer", "rest", "part")
    columns = {name: [row[i] for row in rows] for i, name in enumerate(names)}
    state = dataset["models"][0]["states"][0]
    of_units = pq.read_table(folder / state["tables"]["units"]["files"][0]["path"]).to_pydict()
    of_units["time_scale"] = (1 + rng.permutation(len(of_units["unit"]))).tolist()
    with tempfile.TemporaryDirectory() as scratch:
        state["tables"]["units"] = Tables(Path(scratch), folder)("units", of_units)
        tables["answer_memory"] = Tables(Path(scratch), folder)("answer_memory", columns)
    publishing.write_manifest([dataset], folder, "synthetic")
