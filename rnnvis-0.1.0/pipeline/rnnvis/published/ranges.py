"""Do the values of a published table lie where its columns are declared to lie?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rnnvis.published.publishing import Holder
from rnnvis.published.schema import Column, Table

ROUNDING = 1e-5
"""How far beyond its limit a number may lie that was rounded on the way to a file."""

Extent = Mapping[str, int]
"""How many words, sentences, labels, channels, units, classes and states there are; those that nobody knows are left
out."""


def extent(holder: Holder) -> dict[str, int]:
    """How many of each there are, for the tables of `holder`."""
    dataset, model, trained, state = holder.dataset, holder.model, holder.trained, holder.state
    found: dict[str, int] = {
        name: dataset["tables"][name]["rows"]
        for name in ("words", "sentences", "channels")
        if name in dataset["tables"]
    }
    found["labels"] = len(dataset["labels"])
    if model is not None and trained is not None:
        found |= {"classes": len(model["classes"]), "states": len(trained["states"])}
    if state is not None:
        found["units"] = state["units"]
    return found


def problems(rows: pa.Table, table: Table, many: Extent, bounded: bool) -> Iterator[str]:
    """What is wrong with the values in `rows`, in words; `bounded` says that the state lies in [−1, 1]."""
    for column in table.columns:
        values = rows.column(column.name).combine_chunks()
        if pa.types.is_list(values.type):
            yield from _lengths(values, column, rows, many)
        yield from _limits(values, column, many, bounded)
        if column.below:
            yield from _below(values, rows.column(column.below), column)
        for other, value, of in column.of_each:
            if of in many:
                where = pc.fill_null(pc.equal(rows.column(other).combine_chunks(), value), False)
                yield from _numbers(_flat(values.filter(where)), column, of, many[of])


def _limits(values: pa.Array, column: Column, many: Extent, bounded: bool) -> Iterator[str]:
    low, high = column.low, column.high
    if column.bounded and bounded:
        low, high = -1 if low is None else low, 1
    if column.of and column.of in many:
        low, high = 0, many[column.of] - 1
    if low is None and high is None:
        return
    flat = _flat(values)
    if not len(flat):
        return
    slack = ROUNDING if np.issubdtype(flat.dtype, np.floating) else 0
    for limit, worst, beyond in ((low, flat.min(), -1), (high, flat.max(), 1)):
        if limit is not None and (worst - limit) * beyond > slack * max(1, abs(limit)):
            what = f"; there are {many[column.of]} {column.of}" if column.of and column.of in many else ""
            yield f"{column.name} holds {worst:g}, {'above' if beyond > 0 else 'below'} {limit:g}{what}"


def _numbers(flat: np.ndarray, column: Column, of: str, many: int) -> Iterator[str]:
    beyond = flat[(flat < 0) | (flat >= many)]
    if len(beyond):
        yield f"{column.name} holds {beyond[0]}; there are {many} {of}"


def _lengths(values: pa.Array, column: Column, rows: pa.Table, many: Extent) -> Iterator[str]:
    if not column.length:
        return
    held = pc.list_value_length(values)
    wanted = pa.scalar(1)
    for factor in [column.length] if isinstance(column.length, int) else column.length.split(" × "):
        if isinstance(factor, int):
            count = pa.scalar(factor)
        elif factor in many:
            count = pa.scalar(many[factor])
        elif factor in rows.schema.names:
            other = rows.column(factor).combine_chunks()
            count = (pc.list_value_length(other) if pa.types.is_list(other.type) else other).cast(pa.int64())
        else:
            return
        wanted = pc.multiply(wanted, count)
    differ = pc.fill_null(pc.not_equal(held, wanted.cast(pa.int64())), False)
    if pc.any(differ).as_py():
        row = pc.index(differ, True).as_py()
        want = wanted[row].as_py() if isinstance(wanted, pa.Array) else wanted.as_py()
        yield f"{column.name} has {held[row].as_py()} entries where there must be {want}"


def _below(values: pa.Array, limit: pa.ChunkedArray, column: Column) -> Iterator[str]:
    top = limit.to_numpy().astype(np.int64)
    if pa.types.is_list(values.type):
        top = np.repeat(top, pc.fill_null(pc.list_value_length(values), 0).to_numpy())
    flat = _flat(values)
    if len(flat) == len(top) and (flat >= top).any():
        yield f"{column.name} holds {flat[flat >= top][0]}, which is not below {column.below}"


def _flat(values: pa.Array) -> np.ndarray:
    """All numbers, nulls left out; integers stay integers."""
    flat = values.flatten() if pa.types.is_list(values.type) else values.drop_null()
    found: np.ndarray = flat.to_numpy(zero_copy_only=False)
    return found.astype(np.float64) if np.issubdtype(found.dtype, np.floating) else found.astype(np.int64)
