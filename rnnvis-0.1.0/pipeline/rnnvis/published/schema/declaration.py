"""What a published table is: its columns, its order, and the Arrow types behind the names of types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from rnnvis.published.schema.said import Said

Scope = Literal["dataset", "model", "state"]
Many = Literal["words", "sentences", "labels", "channels", "units", "classes", "states"]

ONE_EACH = {many: f"one for each of the {many}" for many in ("channels", "units", "classes", "states")}


@dataclass(frozen=True)
class Column:
    """One column: name, type, what it holds, and whether it may be null.

    A type “A or B” is A in all files of a table, or B where A cannot hold the values.

    Values, those of a list too, lie from `low` to `high`, and in [−1, 1] where `bounded` and the state is; they are
    numbers `of` words, sentences, units or classes; they are `below` another column of their row. `of_each` are
    (column, value, many): numbers of `many` in the rows where that column has that value. A list has `length` entries:
    so many, one for each unit, class or state, or as many as another column says or has, or (`k × k`) a product.

    `said` is what the viewer says of the column as a measure of units, once for each row of a unit.
    """

    name: str
    type: str
    about: str
    nullable: bool = False
    low: float | None = None
    high: float | None = None
    bounded: bool = False
    of: Many | None = None
    of_each: tuple[tuple[str, str, Many], ...] = ()
    below: str = ""
    length: int | str = ""
    said: tuple[Said, ...] = ()

    def arrow(self, found: pa.DataType | None = None) -> pa.DataType:
        """Its Arrow type: `found` if the column may have it, else the first."""
        kinds = [ARROW[kind] for kind in self.type.split(" or ")]
        return next((kind for kind in kinds if found is not None and same_type(kind, found)), kinds[0])

    def values(self) -> str:
        """Which values it may have, in words; empty where any."""
        said = []
        if self.of:
            said.append(f"numbers of {self.of}")
        said += [f"numbers of {many} where {column} is {value}" for column, value, many in self.of_each]
        if self.high is not None:
            said.append(f"up to {self.high:g}" if self.low is None else f"{self.low:g} to {self.high:g}")
        elif self.low is not None:
            said.append(f"{self.low:g} or more")
        if self.bounded:
            said.append("−1 to 1 where the state is bounded")
        if self.below:
            said.append(f"below {self.below}")
        if isinstance(self.length, int):
            said.append(f"{self.length} entries")
        elif self.length:
            said.append(ONE_EACH.get(self.length, f"as many as {self.length}"))
        return "; ".join(said).replace("-", "−")


@dataclass(frozen=True)
class Table:
    """One table: what a row is, how rows are sorted, and how many share a Parquet row group.

    No two rows have the same values in the columns `sorted_by` and `apart`. With `one_each` there is a row for each
    word, sentence or unit, in their order. `group` is the number of rows of a row group; `cut` names the column at
    whose borders groups end instead.
    """

    name: str
    scope: Scope
    row: str
    sorted_by: tuple[str, ...]
    columns: tuple[Column, ...]
    group: int = 4096
    cut: str = ""
    apart: tuple[str, ...] = ()
    one_each: Many | None = None

    def arrow(self, found: Mapping[str, pa.DataType] | None = None) -> pa.Schema:
        """The Arrow schema of a file of this table; `found` are the types that its columns have."""
        given = found or {}
        return pa.schema([pa.field(c.name, c.arrow(given.get(c.name)), nullable=c.nullable) for c in self.columns])


def same_type(found: pa.DataType, wanted: pa.DataType) -> bool:
    """Whether two Arrow types are one, whatever the items of a list are called."""
    if pa.types.is_list(found) and pa.types.is_list(wanted):
        return bool(found.value_type == wanted.value_type)
    return bool(found == wanted)


def _list(item: pa.DataType) -> pa.DataType:
    return pa.list_(pa.field("element", item, nullable=False))


ARROW: dict[str, pa.DataType] = {
    "int8": pa.int8(),
    "uint8": pa.uint8(),
    "int16": pa.int16(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float32": pa.float32(),
    "float64": pa.float64(),
    "string": pa.string(),
    "bool": pa.bool_(),
    "list<int32>": _list(pa.int32()),
    "list<int64>": _list(pa.int64()),
    "list<uint8>": _list(pa.uint8()),
    "list<float16>": _list(pa.float16()),
    "list<float32>": _list(pa.float32()),
    "list<string>": _list(pa.string()),
}
HALVES = "list<float16> or list<float32>"

EXPLAINED = {
    "explained_word": "Share of the changes in one half of the text that means of words in the other half explain",
    "explained_pair": "The same with the word before as well",
    "explained_position": "The same with the position in the sentence as well",
    "explained_shuffled": "The same with words drawn at random in place of those read: chance",
}
"""What is said of the shares explained, of a unit, of a cluster of units, and of a state."""

# The columns that name a co-clustering, in every table that has one row or more for each.
CLUSTERING = (
    Column("method", "string", "Co-clustering method: block, direction, spectral, modularity or rnnvis"),
    Column("selection", "string", "Which words were clustered: reliable or frequent"),
    Column("k", "uint8", "Number of clusters asked for, the same for words and units", low=1),
)
