"""The published numbers of the built site, read with DuckDB: what the page must show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import numpy as np


class Published:
    """One dataset, one model and one state of a published folder."""

    def __init__(self, folder: Path, model: str, state: str = "rnn.0.h") -> None:
        self.folder = folder
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        self.dataset = manifest["datasets"][0]
        self.model = next(m for m in self.dataset["models"] if m["name"] == model)
        self.state = next(s for s in self.model["states"] if s["name"] == state)

    def rows(self, table: str, where: str = "true", *values: Any) -> list[dict[str, Any]]:
        """Rows of `table` that satisfy `where`, in file order."""
        holder = next(h for h in (self.state, self.model, self.dataset) if table in h["tables"])
        files = [str(self.folder / file["path"]) for file in holder["tables"][table]["files"]]
        query = f"SELECT * FROM read_parquet(?) WHERE {where}"
        found = duckdb.connect().execute(query, [files, *values])
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def sentence(self, key: str) -> dict[str, Any]:
        """The sentence whose key is `key`."""
        return self.rows("sentences", "key = ?", key)[0]

    def word_id(self, text: str) -> int:
        """Number of the word `text`."""
        return int(self.rows("words", "text = ?", text)[0]["word_id"])

    def response(self, text: str) -> np.ndarray:
        """Expected response of every unit to the word `text`."""
        return np.array(self.rows("responses", "word_id = ?", self.word_id(text))[0]["mean"])

    def change(self, key: str, step: int) -> np.ndarray:
        """What step `step` of the sentence `key` changed, in every unit."""
        values = self.states(key)
        return values[step] - (values[step - 1] if step else 0)

    @property
    def weights(self) -> np.ndarray:
        """Weight of every unit to the output."""
        return np.array([row["output_weight"] for row in self.rows("units")], dtype=np.float64)

    def steps(self, key: str) -> list[dict[str, Any]]:
        """What the model gave along the sentence `key`."""
        rows = self.rows("steps", "sentence_id = ?", self.sentence(key)["sentence_id"])
        return sorted(rows, key=lambda row: row["step"])

    def states(self, key: str) -> np.ndarray:
        """States along the sentence `key`, [steps, units]."""
        rows = self.rows("states", "sentence_id = ?", self.sentence(key)["sentence_id"])
        return np.array([row["value"] for row in sorted(rows, key=lambda r: r["step"])], dtype=np.float64)

    def clusters(self, side: str, k: int, method: str = "block", selection: str = "reliable") -> dict[str, Any]:
        """Row of `cluster_labels`."""
        where = "side = ? AND k = ? AND method = ? AND selection = ?"
        return self.rows("cluster_labels", where, side, k, method, selection)[0]
