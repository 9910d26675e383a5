"""One JSON object on each line of a file, with errors that name the line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rnnvis.text.lines import broken


def parsed(path: Path, line: int, text: str) -> dict[str, Any]:
    """The JSON object on one line of a file."""
    fix = "each line is one JSON object: correct the line or remove it"
    try:
        found = json.loads(text)
    except ValueError as error:
        what = f"column {error.colno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else str(error)
        raise broken(path, line, f"not JSON: {what}", fix) from None
    except RecursionError:
        raise broken(path, line, "not JSON: brackets are nested too deep", fix) from None
    if not isinstance(found, dict):
        raise broken(path, line, "not a JSON object", fix)
    return found


def encodable(path: Path, line: int, name: str, text: str) -> str:
    """`text`, unless it holds half a surrogate pair, which no file can be written with."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        what = f'"{name}" holds half a character, \\u{ord(text[error.start]):04x}'
        raise broken(path, line, what, "correct or remove the line") from None
    return text
