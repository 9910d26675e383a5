"""What a manifest must look like. Nothing in one is trusted before it has been held against this."""

from __future__ import annotations

import re
from typing import Any

from rnnvis.errors import RnnvisError

_FILE = {
    "path": re.compile(r"[\w.-]+\.parquet"),
    "bytes": int,
    "rows": int,
    "sha256": re.compile(r"[0-9a-f]{64}"),
    "first": (int, None),
    "last": (int, None),
    "index_bytes": (int, None),
    "index_crc32": (int, None),
}
_TABLES = {...: {"rows": int, "files": [_FILE]}}
_STATE = {
    "name": str,
    "title": str,
    "layer": int,
    "kind": str,
    "units": int,
    "bounded": bool,
    "read_by_head": bool,
    "measured": {"splits": [str], "steps": int, "sentences": int, "minimum_count": int, "frequent_count": int},
    "methods": [str],
    "selections": [str],
    "k": [int],
    "tables": _TABLES,
}
_EPOCH = {"epoch": int, "hash": str, "tables": _TABLES, "states": (_STATE, 1)}
_MODEL = {
    "name": str,
    "title": str,
    "kind": str,
    "cell": str,
    "hash": str,
    "parameters": int,
    "seed": (int, None),
    "classes": [str],
    "provenance": dict,
    "tables": _TABLES,
    "states": (_STATE, 1),
    "epochs": ([_EPOCH], None),
}
_SLICE = {"model": (str, None), "state": (str, None), "table": str, "keys": {...: list}, "start": int, "end": int}
_FIRST_VIEW = {
    "path": re.compile(r"[\w.-]+\.pack"),
    "bytes": int,
    "sha256": re.compile(r"[0-9a-f]{64}"),
    "slices": [_SLICE],
}
_DATASET = {
    "name": str,
    "title": str,
    "licence": str,
    "about": (str, None),
    "labels": [str],
    "splits": {...: int},
    "view": ({"model": str, "sentence": str, "step": int, "k": int, "words": [str]}, None),
    "probes": {...: str},
    "first_view": (_FIRST_VIEW, None),
    "tables": _TABLES,
    "models": (_MODEL, 1),
}
_MANIFEST = {"generator": str, "datasets": (_DATASET, 1)}
_PATTERNS = {"parquet": "the name of a Parquet file", "pack": "the name of a published file", "a-f": "a SHA-256"}
_WORDS = {int: "a whole number", str: "text", bool: "true or false", dict: "an object", list: "a list"}


def check(manifest: dict[str, Any], where: str) -> None:
    """Refuse a manifest with a field that is missing or of the wrong kind; `where` names the file.

    Raises:
        RnnvisError: names the first such field.
    """
    _check(manifest, _MANIFEST, "manifest", where)


def _check(value: Any, shape: Any, at: str, where: str) -> None:
    """`shape` is a type, a pattern of text, {field: shape}, {...: shape of every field}, [shape of every item],
    (shape, None) where nothing will do as well, or (shape of every item, least number of items)."""
    if isinstance(shape, tuple) and shape[1] is None:
        if value is not None:
            _check(value, shape[0], at, where)
    elif isinstance(shape, list | tuple):
        _expect(isinstance(value, list), "a list", at, where)
        _expect(isinstance(shape, list) or len(value) >= shape[1], "a list that is not empty", at, where)
        for i, item in enumerate(value):
            _check(item, shape[0], f"{at}[{i}]", where)
    elif isinstance(shape, dict):
        _expect(isinstance(value, dict), "an object", at, where)
        fields = dict.fromkeys(value, shape[...]) if ... in shape else shape
        for name, inside in fields.items():
            _check(value.get(name), inside, f"{at}.{name}", where)
    elif isinstance(shape, re.Pattern):
        right = isinstance(value, str) and shape.fullmatch(value) is not None
        _expect(right, next(word for part, word in _PATTERNS.items() if part in shape.pattern), at, where)
    else:
        right = isinstance(value, shape) and (shape is bool or not isinstance(value, bool))
        _expect(right, _WORDS[shape], at, where)


def _expect(right: bool, wanted: str, at: str, where: str) -> None:
    if not right:
        raise RnnvisError(f"{where}: damaged: {at} must be {wanted}", "publish again: rnnvis publish")
