"""The weights in an ONNX file, read as the numbers that they are: its graph is not run, and nothing in it is executed.

An ONNX file is one message of protocol buffers: field 7 of it is the graph, field 5 of that a weight, whose fields are
its sides (1), its type (2), its numbers (4: floats, 9: bytes in little-endian order) and its name (8).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from rnnvis.text.releases import damaged

_GRAPH, _WEIGHT = 7, 5
_SIDES, _TYPE, _FLOATS, _NAME, _BYTES, _ELSEWHERE = 1, 2, 4, 8, 9, 14
_FLOAT32 = 1
_VARINT, _EIGHT, _BLOCK, _FOUR = 0, 1, 2, 5
_WIDTH = {_EIGHT: 8, _FOUR: 4}


def initialisers(data: bytes, where: str) -> dict[str, np.ndarray]:
    """The float32 weights of the graph in the ONNX file `data`, by name; those of other types are passed over.

    Raises:
        RnnvisError: it ends too early, or a weight is not as it says; named as `where`.
    """
    found: dict[str, np.ndarray] = {}
    try:
        for field, graph in _fields(memoryview(data)):
            if field == _GRAPH and isinstance(graph, memoryview):
                for part, weight in _fields(graph):
                    if part == _WEIGHT and isinstance(weight, memoryview):
                        found |= _weight(weight)
    except (ValueError, IndexError, UnicodeDecodeError) as error:
        raise damaged(f"{where}: not readable as ONNX: {error}") from None
    return found


def _weight(data: memoryview) -> dict[str, np.ndarray]:
    sides: list[int] = []
    name, kind, numbers = "", 0, np.zeros(0, np.float32)
    for field, value in _fields(data):
        if field == _SIDES:
            sides += [value] if isinstance(value, int) else _varints(value)
        elif field == _TYPE and isinstance(value, int):
            kind = value
        elif field == _NAME and isinstance(value, memoryview):
            name = bytes(value).decode("utf-8")
        elif field in (_FLOATS, _BYTES) and isinstance(value, memoryview):
            numbers = np.concatenate([numbers, np.frombuffer(value, "<f4")]) if kind in (0, _FLOAT32) else numbers
        elif field == _ELSEWHERE and value:
            raise ValueError("its weights are in another file")
    if kind != _FLOAT32:
        return {}
    if len(numbers) != math.prod(sides):
        raise ValueError(f"{name} has {len(numbers)} numbers for the sides {sides}")
    return {name: numbers.reshape(sides).astype(np.float32)}


def _fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Number and value of each field of a message: whole numbers as they are, the rest as bytes."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        kind = key & 7
        if kind == _VARINT:
            value, at = _varint(data, at)
            yield key >> 3, value
            continue
        if kind == _BLOCK:
            size, at = _varint(data, at)
        elif kind in _WIDTH:
            size = _WIDTH[kind]
        else:
            raise ValueError(f"a field of type {kind} at byte {at}")
        if at + size > len(data):
            raise ValueError(f"it ends within a field of {size} bytes")
        yield key >> 3, data[at : at + size]
        at += size


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """The whole number at byte `at`, seven bits a byte, and where it ends."""
    value = 0
    for place in range(10):
        byte = data[at + place]
        value |= (byte & 127) << (7 * place)
        if byte < 128:
            return value, at + place + 1
    raise ValueError(f"a number of more than ten bytes at byte {at}")


def _varints(data: memoryview) -> list[int]:
    found, at = [], 0
    while at < len(data):
        value, at = _varint(data, at)
        found.append(value)
    return found
