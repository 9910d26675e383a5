"""Every published table and the manifest, declared once.

The Parquet writer, `rnnvis verify`, the viewer's types and checks, and the schema page are all made from, or
checked against, the declarations here.
"""

from __future__ import annotations

from rnnvis.published.schema.dataset import DATASET
from rnnvis.published.schema.declaration import ARROW, Column, Scope, Table, same_type
from rnnvis.published.schema.manifest import FORMAT, VERSION
from rnnvis.published.schema.model import MODEL
from rnnvis.published.schema.pairs import PAIRS
from rnnvis.published.schema.state import STATE

__all__ = ["ARROW", "BY_NAME", "FORMAT", "TABLES", "VERSION", "Column", "Scope", "Table", "same_type"]

TABLES: tuple[Table, ...] = (*DATASET, *STATE, *MODEL, *PAIRS)
BY_NAME: dict[str, Table] = {table.name: table for table in TABLES}
