"""Vocabularies in files: one word a line, `word id` lines, JSON, or an array of text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from rnnvis.api.saved.arrays import TEXT
from rnnvis.api.saved.files import READERS, open_one, split
from rnnvis.errors import RnnvisError, check_plain

_PAIR = re.compile(r"(?P<word>.+)\s(?P<id>[0-9]{1,9})\s*")


def read_vocabulary_file(reference: str, home: Path | None = None) -> Sequence[str] | Mapping[str, int]:
    """Words by id: `.txt` (a word a line), `.dict` (`word id` a line), `.json` (list, or word -> id), or an array."""
    path, _ = split(reference)
    check_plain(path)
    suffix = path.suffix.lower()
    if suffix in READERS or not path.is_file():
        array = open_one(reference, home)
        if array.dtype != TEXT or len(array.shape) != 1:
            raise RnnvisError(f"{array}: holds {array.dtype}, not words", "save the words as one array of text")
        return [str(word) for word in array.read()]
    text = read_text(path)
    if suffix == ".json":
        return _json(path, text)
    if suffix == ".dict":
        return numbered(path, text)
    return text.removesuffix("\n").split("\n")


def numbered(path: Path, text: str) -> dict[str, int]:
    """`word id` lines, as LSTMVis writes its `.dict` files; the word may be a blank."""
    found: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        pair = _PAIR.fullmatch(line)
        if not pair:
            raise RnnvisError(f"{path}: line {number} is not a word, a space and its id", "correct the line")
        word = pair["word"].strip() or pair["word"]
        if word in found:
            raise RnnvisError(f"{path}: line {number} gives {word!r} a second id", "give each word one id")
        found[word] = int(pair["id"])
    return found


def read_text(path: Path) -> str:
    """A UTF-8 file whole, line ends as `\\n`; RnnvisError where it is not there or not UTF-8."""
    check_plain(path)
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise RnnvisError(f"{path}: no such file", "check the name") from None
    except UnicodeDecodeError as error:
        raise RnnvisError(f"{path}: byte {error.start:,} is not UTF-8", "save the text as UTF-8") from None
    except OSError as error:
        raise RnnvisError(f"{path}: {error.strerror or error}", "check the file and its permissions") from None


def _once(path: Path, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for word, number in pairs:
        if word in found:
            raise RnnvisError(f"{path}: gives {word!r} the ids {found[word]} and {number}", "give each word one id")
        found[word] = number
    return found


def _json(path: Path, text: str) -> Sequence[str] | Mapping[str, int]:
    try:
        found = json.loads(text, object_pairs_hook=partial(_once, path))
    except (ValueError, RecursionError) as error:
        raise RnnvisError(f"{path}: not readable as JSON: {error}", "write a list of words, or word -> id") from None
    if not isinstance(found, list | dict):
        raise RnnvisError(
            f"{path}: holds {type(found).__name__}, no vocabulary", "write a list of words, or word -> id"
        )
    return found
