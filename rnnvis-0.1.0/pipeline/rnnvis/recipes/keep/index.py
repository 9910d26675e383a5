"""`index.json`: what a stage left in its folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rnnvis.published import files
from rnnvis.published.files import Part

INDEX = "index.json"


def write_index(folder: Path, index: Mapping[str, Any]) -> None:
    """Write `index.json`; parts become plain tables."""
    files.replace(folder / INDEX, json.dumps(index, indent=1, default=asdict).encode())


def read_index(folder: Path) -> dict[str, Any]:
    """Read `index.json`; every list under a `tables` key is a list of `Part`."""
    index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    for holder in (index, *index["states"]):
        tables = holder.get("tables", {})
        holder["tables"] = {name: [Part(**part) for part in parts] for name, parts in tables.items()}
    return index
