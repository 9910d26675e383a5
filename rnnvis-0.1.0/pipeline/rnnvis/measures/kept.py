"""What an accumulator has seen, as arrays by name: how a part of a recording is written down, and taken up again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import quote, unquote

import numpy as np

Kept = Mapping[str, Any]
"""Arrays by name, or more of such mappings."""


class Keeping:
    """An accumulator all of whose memory is in the attributes that `KEPT` names: arrays, numbers, dicts of arrays, and
    accumulators of its kind."""

    KEPT: ClassVar[tuple[str, ...]] = ()

    def kept(self) -> dict[str, Any]:
        """What it has seen."""
        return {name.lstrip("_"): _kept(getattr(self, name)) for name in self.KEPT}

    def restore(self, kept: Kept) -> None:
        """Take up what another one of the same shape has `kept`, which stays as it is; nothing was seen before."""
        for name in self.KEPT:
            value, key = getattr(self, name), name.lstrip("_")
            of = kept.get(key, {}) if isinstance(value, dict) else kept[key]  # a mapping without arrays is not written
            setattr(self, name, _restored(value, of))


def _kept(value: Any) -> Any:
    if isinstance(value, Keeping):
        return value.kept()
    if isinstance(value, dict):
        return {name: _kept(of) for name, of in value.items()}
    return np.asarray(value)


def _restored(value: Any, kept: Any) -> Any:
    if isinstance(value, Keeping):
        value.restore(kept)
        return value
    if isinstance(value, dict):
        return {name: _restored(value.get(name), of) for name, of in kept.items()}
    return np.array(kept) if value is None or isinstance(value, np.ndarray) else type(value)(kept)


def flattened(kept: Kept, under: str = "") -> dict[str, np.ndarray]:
    """All arrays by the names that lead to them, as in "states/rnn.0.h/units/absolute"."""
    found: dict[str, np.ndarray] = {}
    for name, value in kept.items():
        path = f"{under}{quote(name, safe='')}"
        found |= (
            flattened(value, f"{path}/")
            if isinstance(value, Mapping)
            else {path: np.ascontiguousarray(value).reshape(value.shape)}
        )
    return found


def nested(arrays: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """What `flattened` was made of; a mapping that was empty is not there."""
    found: dict[str, Any] = {}
    for path, value in arrays.items():
        *above, last = map(unquote, path.split("/"))
        into = found
        for name in above:
            into = into.setdefault(name, {})
        into[last] = value
    return found
