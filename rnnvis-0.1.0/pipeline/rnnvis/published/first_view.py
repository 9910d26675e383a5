"""The rows that the first view of a dataset is drawn from, again in one small file: one request instead of dozens.

The tables stay the only source: every slice of the file is a Parquet file of its own, with all rows of one table that
have certain keys, and `rnnvis verify` compares it with that table. A reader that does not know of it loses nothing.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from rnnvis.published import files
from rnnvis.published.schema import BY_NAME
from rnnvis.published.schema.manifest import (
    DatasetEntry,
    ExcerptSlice,
    FirstViewFile,
    ModelEntry,
    StateEntry,
    TableEntry,
)

SLICE_LIMIT = 96 * 2**10
UNITS = 512
"""Units up to which the weights of the head are held: each is named as a key."""
_OF_GROUPING = ("cluster_labels", "block_means", "word_strengths", "cluster_summaries", "cluster_quality")
_OF_WORD = ("responses", "response_quantiles", "word_effects")
_WEIGHTS = ("unit", "output_weight", "output_weights")

Keys = dict[str, list[str | int]]
Owner = tuple[str | None, str | None]
"""Names of a model and a state; none of the state for a table of the model, of neither for one of the dataset."""


def write(dataset: DatasetEntry, folder: Path) -> FirstViewFile | None:
    """Write the first view of `dataset` (its entry in the manifest) into `folder`; the entry that names the file.

    A slice larger than 96 KiB is left out. None where nothing is known of a first view.
    """
    body = io.BytesIO()
    slices: list[ExcerptSlice] = []
    for (model, state), table, entry, keys, columns in _wanted(dataset, folder):
        rows = rows_with(table, entry, keys, folder)
        if columns is not None:
            rows = rows.select(columns)
        piece = io.BytesIO()
        pq.write_table(rows, piece, compression=files.COMPRESSION, use_dictionary=False, store_schema=False)
        if piece.tell() > SLICE_LIMIT:
            continue
        start = body.tell()
        body.write(piece.getvalue())
        end = body.tell()
        held: ExcerptSlice = {
            "model": model,
            "state": state,
            "table": table,
            "keys": keys,
            "start": start,
            "end": end,
        }
        slices.append(held if columns is None else {**held, "columns": columns})
    if not slices:
        return None
    data = body.getvalue()
    sha256 = hashlib.sha256(data).hexdigest()
    path = f"first_view-{sha256[:16]}.pack"
    files.replace(folder / path, data)
    return {"path": path, "bytes": len(data), "sha256": sha256, "slices": slices}


def problems(dataset: DatasetEntry, folder: Path) -> Iterator[str]:
    """What is wrong with the first view that the manifest names for `dataset`, in words."""
    entry = dataset.get("first_view")
    if entry is None:
        return
    at = f"{dataset['name']} / first view: {entry['path']}"
    path = folder / entry["path"]
    if not path.is_file():
        yield f"{at}: missing"
        return
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != entry["sha256"] or len(data) != entry["bytes"]:
        yield f"{at}: checksum differs from the manifest: the file is damaged"
        return
    for piece in entry["slices"]:
        table = piece["table"]
        owner = _owner(dataset, piece)
        if owner is None or table not in owner["tables"] or table not in BY_NAME:
            yield f"{at}: names the table {table}, which was not published"
            continue
        if wrong := _wrong_keys(table, piece["keys"]):
            yield f"{at}: names rows of {table} by {wrong}"
            continue
        columns = piece.get("columns")
        if columns is not None and not set(columns) <= set(BY_NAME[table].arrow().names):
            yield f"{at}: names columns of {table} that it does not have"
            continue
        try:
            held = pq.read_table(io.BytesIO(data[piece["start"] : piece["end"]]))
            rows = rows_with(table, owner["tables"][table], piece["keys"], folder)
            if columns is None:
                same = files.typed(held, BY_NAME[table]).equals(rows)
            else:
                same = held.column_names == columns
                same = same and files.typed(held, BY_NAME[table], columns).equals(rows.select(columns))
        except (pa.ArrowException, OSError, KeyError, UnicodeDecodeError) as error:  # the last one: names of columns
            yield f"{at}: not readable as Parquet: {error}"
            continue
        if not same:
            yield f"{at}: its rows of {table} are not those of the table"


def _wrong_keys(table: str, keys: Keys) -> str | None:
    """Which of the keys that a manifest gives can be none of the table's, in words."""
    schema = BY_NAME[table].arrow()
    for column, values in keys.items():
        if column not in schema.names:
            return f"the column {column!r}, which it does not have"
        try:
            pa.array(values, schema.field(column).type)
        except (pa.ArrowException, OverflowError, TypeError, ValueError):
            return f"values of {column!r} that are none of its kind"
    return None if keys else "no column at all"


def rows_with(table: str, entry: TableEntry, keys: Keys, folder: Path) -> pa.Table:
    """All rows of the table whose key columns hold one of the values, in published order."""
    leading, values = next(iter(keys.items()))
    pieces = []
    for file in entry["files"]:
        first, last = file["first"], file["last"]
        ranged = first is not None and last is not None and leading == BY_NAME[table].sorted_by[0]
        if ranged and not any(first <= value <= last for value in values):  # type: ignore[operator]
            continue
        rows = pq.read_table(folder / file["path"], filters=pc.field(leading).isin(values))
        for column, wanted in keys.items():
            rows = rows.filter(pc.is_in(rows.column(column), pa.array(wanted, rows.schema.field(column).type)))
        pieces.append(files.typed(rows, BY_NAME[table]))
    return pa.concat_tables(pieces).combine_chunks() if pieces else BY_NAME[table].arrow().empty_table()


def _wanted(dataset: DatasetEntry, folder: Path) -> Iterator[tuple[Owner, str, TableEntry, Keys, list[str] | None]]:
    """Owner, table, its entry, the keys of its rows, and its columns if not all; the view is the one that the explorer
    opens with."""
    view = dataset["view"]
    models = dataset["models"]
    model = next((m for m in models if view and m["name"] == view["model"]), models[0])
    state = next((s for s in model["states"] if s["read_by_head"]), model["states"][0])
    of_model: Owner = (model["name"], None)
    of_state: Owner = (model["name"], state["name"])
    if state["k"]:
        k = min(state["k"], key=lambda k: abs(k - (view["k"] if view else 8)))
        grouping: Keys = {
            "method": [_first(state["methods"], "block")],
            "selection": [_first(state["selections"], "reliable")],
        }
        for table in _OF_GROUPING:
            if table in state["tables"]:
                yield of_state, table, state["tables"][table], {**grouping, "k": [k]}, None
    words = _word_ids(dataset, view["words"] if view else [], folder)
    sentence = view["sentence"] if view else next(iter(dataset["probes"].values()), None)
    if sentence is not None and "sentences" in dataset["tables"]:
        keys: Keys = {"key": sorted({sentence, *dataset["probes"].values()})}
        found = rows_with("sentences", dataset["tables"]["sentences"], keys, folder)
        ids = found.column("sentence_id").to_pylist()
        yield (None, None), "sentences", dataset["tables"]["sentences"], {"sentence_id": ids}, None
        shown = {row["sentence_id"]: row["tokens"] for row in found.to_pylist() if row["key"] == sentence}
        if "steps" in model["tables"]:
            yield of_model, "steps", model["tables"]["steps"], {"sentence_id": ids}, None
        if "states" in state["tables"]:
            yield of_state, "states", state["tables"]["states"], {"sentence_id": list(shown)}, None
        words += [tokens[view["step"]] for tokens in shown.values() if view and view["step"] < len(tokens)]
    if words:
        for table in _OF_WORD:
            if table in state["tables"]:
                yield of_state, table, state["tables"][table], {"word_id": sorted(set(words))}, None
    if state["read_by_head"] and "units" in state["tables"] and state["units"] <= UNITS:
        yield of_state, "units", state["tables"]["units"], {"unit": list(range(state["units"]))}, list(_WEIGHTS)


def _word_ids(dataset: DatasetEntry, words: list[str], folder: Path) -> list[int]:
    entry = dataset["tables"].get("words")
    if entry is None or not words:
        return []
    found: list[int] = rows_with("words", entry, {"text": [*words]}, folder).column("word_id").to_pylist()
    return found


def _first(names: list[str], wanted: str) -> str:
    return wanted if wanted in names or not names else names[0]


def _owner(dataset: DatasetEntry, piece: ExcerptSlice) -> DatasetEntry | ModelEntry | StateEntry | None:
    if piece["model"] is None:
        return dataset
    model = next((m for m in dataset["models"] if m["name"] == piece["model"]), None)
    if model is None or piece["state"] is None:
        return model
    return next((s for s in model["states"] if s["name"] == piece["state"]), None)
