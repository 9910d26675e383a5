"""Small damage to files, drawn by hypothesis: to their bytes, and to the values of a document."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

_SIZES = (1, 2, 4, 8)
_EXTREME = (0, 1, 2**7, 2**8 - 1, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1)
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2, 255, 2**31, 2**63, 2**70, -(2**70), 0.5, -1e300, math.nan, math.inf),
    *("", "x", " ", "\0", "\ud800", "../x", "/etc/passwd", "x" * 1000, "0" * 64, "\u202e", "<script>", "__proto__"),
    *([], {}, [None], [[]], [{}], {"x": 1}, [1, 2, 3], ["x"], {"": {"": []}}),
)
"""What is put in the place of a value in a document."""


@dataclass(frozen=True)
class Edit:
    """`how` at the share `at` of the file's length or of the document's values, with a number for the rest."""

    how: str
    at: float
    number: int


def _flip(data: bytearray, at: int, number: int) -> None:
    data[at] ^= 1 << number % 8


def _byte(data: bytearray, at: int, number: int) -> None:
    data[at] = number % 256


def _extreme(data: bytearray, at: int, number: int) -> None:
    size = _SIZES[number % len(_SIZES)]
    value = _EXTREME[number // 4 % len(_EXTREME)]
    data[at : at + size] = (value % 2 ** (8 * size)).to_bytes(size, "little" if number & 64 else "big")


def _delete(data: bytearray, at: int, number: int) -> None:
    del data[at : at + 1 + number % 40]


def _insert(data: bytearray, at: int, number: int) -> None:
    data[at:at] = number.to_bytes(8, "big") * (1 + number % 5)


def _twice(data: bytearray, at: int, number: int) -> None:
    data[at:at] = data[at : at + 1 + number % 200]


def _cut(data: bytearray, at: int, number: int) -> None:
    del data[at:]


def _sign(data: bytearray, at: int, number: int) -> None:
    signs = b"\0\n\r\t\"',;:=[]{}()#\\-+.eE_ 09<&\xff\xc3\xed\xa0\x80"
    data[at : at + 1] = signs[number % len(signs) :][:1] * (1 + number // 64 % 3)


OF_BYTES: dict[str, Callable[[bytearray, int, int], None]] = {
    "flip": _flip,
    "byte": _byte,
    "extreme": _extreme,
    "delete": _delete,
    "insert": _insert,
    "twice": _twice,
    "cut": _cut,
    "sign": _sign,
}
OF_VALUES = ("value", "value", "value", "missing", "twice", "renamed")


def edits(hows: tuple[str, ...] | dict[str, Any]) -> st.SearchStrategy[list[Edit]]:
    """One to three edits of these kinds."""
    one = st.builds(
        Edit, st.sampled_from([*hows]), st.floats(0, 1, exclude_max=True, width=32), st.integers(0, 2**32 - 1)
    )
    return st.lists(one, min_size=1, max_size=3)


def damaged(data: bytes, found: list[Edit]) -> bytes:
    """`data` after the edits of its bytes."""
    held = bytearray(data)
    for edit in found:
        if held:
            OF_BYTES[edit.how](held, int(edit.at * len(held)), edit.number)
    return bytes(held)


def changed(document: Any, found: list[Edit]) -> Any:
    """`document`, of mappings, lists and values, after the edits of its values."""
    held = [copy.deepcopy(document)]
    for edit in found:
        places = list(_places(held))
        holder, key = places[int(edit.at * len(places))]
        if edit.how == "value" or holder is held:
            holder[key] = copy.deepcopy(VALUES[edit.number % len(VALUES)])
        elif edit.how == "missing":
            del holder[key]
        elif isinstance(holder, list):
            holder.insert(key, copy.deepcopy(holder[key]))
        else:
            holder[f"{key}_" if edit.how == "renamed" else f"{key}2"] = holder[key]
            if edit.how == "renamed":
                del holder[key]
    return held[0]


def _places(holder: Any) -> Any:
    keys = range(len(holder)) if isinstance(holder, list) else list(holder)
    for key in keys:
        yield holder, key
        if isinstance(holder[key], list | dict):
            yield from _places(holder[key])
