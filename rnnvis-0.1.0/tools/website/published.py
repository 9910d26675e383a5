"""The published folder as the pages quote it: read back with DuckDB, as any reader of the files would."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from rnnvis.errors import RnnvisError
from rnnvis.published.publishing import read_manifest
from rnnvis.published.schema.manifest import DatasetEntry, ModelEntry, StateEntry, TableEntry

Row = tuple[Any, ...]


class Published:
    """A manifest, and a DuckDB connection with one view for each table of the model that is shown first.

    The model is the default view's, else the first; the state is the one that its head reads, else the first.
    Views are named as the tables are: `words`, `steps`, `responses`, …
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest = read_manifest(folder)
        self.dataset: DatasetEntry = self.manifest["datasets"][0]
        view = self.dataset["view"]
        models = self.dataset["models"]
        self.model: ModelEntry = next((m for m in models if view and m["name"] == view["model"]), models[0])
        states = self.model["states"]
        self.state: StateEntry = next((s for s in states if s["read_by_head"]), states[0])
        self.tables: dict[str, TableEntry] = {
            **self.dataset["tables"],
            **self.model["tables"],
            **self.state["tables"],
        }
        self.connection = duckdb.connect(config={"threads": 1})
        for name, entry in self.tables.items():
            self._relation(entry).create_view(name)

    def has(self, *names: str) -> bool:
        """Whether all of the named tables are there."""
        return all(name in self.tables for name in names)

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[Row]:
        """The rows that `query` over the views gives; `values` are bound to its question marks."""
        try:
            return self.connection.execute(query, list(values)).fetchall()
        except duckdb.Error as error:
            raise self._damaged(error) from None

    def metrics(self, model: ModelEntry) -> list[Row]:
        """The rows of the `metrics` table of any of the models: subject, measure, split, value, low, high, about."""
        entry = model["tables"].get("metrics")
        if entry is None:
            return []
        columns = "subject, measure, split, value, low, high, about"
        return self._relation(entry).project(columns).fetchall()

    def answers(self, model: ModelEntry) -> dict[int, list[float]]:
        """What any of the models answered after the last word: class probabilities by sentence number."""
        entry = model["tables"].get("predictions")
        if entry is None:
            return {}
        rows = self._relation(entry).filter("p_class IS NOT NULL").project("sentence_id, p_class").fetchall()
        return {number: list(p) for number, p in rows}

    def file(self, table: str) -> str:
        """The name of the first file of `table`."""
        return self.tables[table]["files"][0]["path"]

    def shown(self, query: str) -> str:
        """What DuckDB prints for `query`, run inside the published folder."""
        connection = duckdb.connect(config={"threads": 1, "file_search_path": str(self.folder)})
        return str(connection.sql(query)).rstrip()

    def _relation(self, entry: TableEntry) -> duckdb.DuckDBPyRelation:
        paths = [str(self.folder / file["path"]) for file in entry["files"]]
        try:
            return self.connection.read_parquet(paths)
        except duckdb.Error as error:
            raise self._damaged(error) from None

    def _damaged(self, error: Exception) -> RnnvisError:
        reason = str(error).splitlines()[0]
        return RnnvisError(f"{self.folder}: a published file cannot be read: {reason}", "publish again: rnnvis publish")
