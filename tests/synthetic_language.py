"""The planted model of `tests.synthetic` as a language model: it guesses the next word, and has no verdict."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from rnnvis.published import files, publishing
from tests import synthetic_measures
from tests.synthetic import Tables, publish

SPOKEN = 10
"""Next words that a unit raises, and as many that it lowers."""


def publish_language_model(folder: Path, *, units: int = 64, words: int = 600, sentences: int = 200) -> None:
    """Write a folder as `tests.synthetic.publish` does, whose model gives five guesses and a loss at every step.

    At the last step of a sentence nothing comes: there `p_target` and `loss` are null. Unit u speaks for the words
    u + 1, u + 2, … and against those as far from the end of the vocabulary.
    """
    publish(folder, units=units, words=words, sentences=sentences)
    dataset = publishing.read_manifest(folder)["datasets"][0]
    model = dataset["models"][0]
    text = pq.read_table(folder / dataset["tables"]["sentences"]["files"][0]["path"])
    tokens = [np.array(row) for row in text["tokens"].to_pylist()]
    steps = _steps(tokens, words, np.random.default_rng(3))
    dataset["labels"] = []
    model |= {"kind": "language model", "classes": [], "title": "Planted language model"}
    del model["tables"]["predictions"], model["tables"]["metrics"]
    for state in model["states"]:
        state["read_by_head"] = False
        del state["tables"]["word_effects"]
    with tempfile.TemporaryDirectory() as scratch:
        tables = Tables(Path(scratch), folder)
        model["tables"]["steps"] = tables("steps", steps)
        for state in model["states"]:
            state["tables"] |= {name: tables(name, of) for name, of in _measures(folder, state, words).items()}
    publishing.write_manifest([dataset], folder, "synthetic")


def _measures(folder: Path, state: dict[str, Any], words: int) -> dict[str, Any]:
    units = files.read("units", [folder / part["path"] for part in state["tables"]["units"]["files"]])
    numbers = np.arange(units.num_rows, dtype=np.int32)[:, None] % (words - 2 * SPOKEN)
    first = 1 + numbers + np.arange(SPOKEN, dtype=np.int32)
    spoken = {"raises_next": files.list_column(first), "lowers_next": files.list_column(words - first)}
    kept = {name: units[name] for name in units.column_names if name not in spoken}
    return {
        "units": kept | spoken,
        "selectivity": synthetic_measures.selectivity(units.num_rows, labels=()),
        "cluster_ablation": synthetic_measures.cluster_ablation(state["k"], classes=0),
    }


def _steps(tokens: list[np.ndarray], words: int, rng: np.random.Generator) -> dict[str, object]:
    """Guesses at every step: the word that came is the likeliest at every second step, and absent at every third."""
    rows: dict[str, list[object]] = {name: [] for name in ("top5_id", "top5_p", "p_target", "loss", "surprise")}
    for row in tokens:
        for step in range(len(row)):
            ids = rng.choice(words, 5, replace=False).astype(np.int32)
            p = np.sort(rng.dirichlet(np.ones(6)))[::-1].astype(np.float32)
            target: float | None = None
            if step + 1 < len(row):
                came = int(row[step + 1])
                target, ids = float(p[5]), np.where(ids == came, (ids + 1) % words, ids)
                if step % 3:
                    rank = 0 if step % 2 else 3
                    ids[rank], target = came, float(p[rank])
            rows["top5_id"].append(ids.tolist())
            rows["top5_p"].append(p[:5].tolist())
            rows["p_target"].append(target)
            rows["loss"].append(None if target is None else -float(np.log(target)))
            rows["surprise"].append([float(rng.uniform(0, 100))])
    return {
        "sentence_id": np.repeat(np.arange(len(tokens)), [len(row) for row in tokens]),
        "step": np.concatenate([np.arange(len(row)) for row in tokens]),
        "token_id": np.concatenate(tokens),
        **{
            name: files.list_column(np.array(rows[name], np.int32 if name == "top5_id" else np.float32))
            for name in ("top5_id", "top5_p", "surprise")
        },
        "p_target": rows["p_target"],
        "loss": rows["loss"],
    }
