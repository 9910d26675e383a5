"""What a shard of a recording came to, in memory or in a file, and whether several of them are parts of one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from rnnvis.arguments import is_whole
from rnnvis.errors import RnnvisError, check_plain, unusable
from rnnvis.published.writing import fresh
from rnnvis.version import __version__

FORMAT = "rnnvis partial recording 1"
AGAIN = "record that shard again"
_KEY = "rnnvis"
_ALIKE = {
    "text": "another text",
    "model": "another model, or the same with other weights",
    "settings": "other settings",
}
_SAME = "call rnnvis.record for every shard, and rnnvis.reduce, with the same text, model and settings"


@dataclass(frozen=True)
class About:
    """What a partial recording is of: shards `shards` of `count`; hashes of `text`, `model` and `settings`; `version`
    of rnnvis. `responses` is the hash of the expected responses that steps were compared with, "" of a first look.
    `bounded` and `notes` are as in `Recording`; `checked`, whether a sample of its sequences was run again alone."""

    shards: tuple[int, ...]
    count: int
    text: str
    model: str
    settings: str
    version: str
    responses: str
    bounded: tuple[str, ...]
    notes: tuple[str, ...]
    checked: bool


@dataclass(frozen=True)
class Partial:
    """What one shard, or several, of a recording came to: `arrays` by name, and what they are `about`.

    Without `responses` in `about` it holds everything that is measured: counts, means, sums of squares, histograms, the
    top contexts, samples of states, losses. With them, the distance of each step from its word's expected response.
    `where` is the file that it was read from.
    """

    about: About
    arrays: Mapping[str, np.ndarray] = field(repr=False)
    where: str = ""

    @property
    def name(self) -> str:
        """How messages call it."""
        many = len(self.about.shards) > 1
        shards = ", ".join(map(str, self.about.shards))
        return f"{self.where + ': ' if self.where else ''}shard{'s' if many else ''} {shards} of {self.about.count}"

    def save(self, path: str | Path) -> Path:
        """Write it to `path`, whole or not at all: safetensors, with a checksum. Returns the path."""
        path = Path(path)
        sums = {"sha256": _checksum(self.arrays), "names": list(self.arrays)}  # states stay in their order
        said = {"format": FORMAT, "about": asdict(self.about), **sums}
        with fresh(path) as file:
            file.write(safetensors.numpy.save(dict(self.arrays), {_KEY: json.dumps(said)}))
        return path


def read_partial(given: Any) -> Partial:
    """A partial, or that in a file. RnnvisError, naming the file and the fix: missing, damaged, something else."""
    if isinstance(given, Partial):
        return given
    if not isinstance(given, str | Path):
        raise RnnvisError(
            f"a {type(given).__name__} is no partial recording", "pass paths, or what record(shard=…) gave"
        )
    path = Path(given)
    check_plain(path)
    if not path.is_file():
        raise RnnvisError(f"{path}: no such file", "check the name; a shard that was killed is recorded again, alone")
    try:
        with safetensors.safe_open(path, framework="np") as kept:
            said = json.loads((kept.metadata() or {}).get(_KEY, "null"))
            arrays = {name: kept.get_tensor(name) for name in kept.keys()}  # noqa: SIM118
    except OSError as error:
        raise unusable(error, path) from None
    except (safetensors.SafetensorError, ValueError, TypeError) as error:
        raise RnnvisError(f"{path}: damaged, or no partial recording ({error})", AGAIN) from None
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise RnnvisError(f"{path}: holds no partial recording of this version", AGAIN)
    names = said.get("names")
    if not isinstance(names, list) or said.get("sha256") != _checksum(arrays) or sorted(names) != sorted(arrays):
        raise RnnvisError(f"{path}: damaged: its arrays are not those that were written", AGAIN)
    about = _about(said.get("about"))
    if about is None:
        raise RnnvisError(f"{path}: damaged: it does not say what it holds", AGAIN)
    return Partial(about, {name: arrays[name] for name in names}, str(path))


def _about(said: Any) -> About | None:
    """What a file says that it is about; None where it does not."""
    try:
        found = About(
            shards=tuple(said["shards"]),
            bounded=tuple(said["bounded"]),
            notes=tuple(said["notes"]),
            **{name: said[name] for name in ("count", "text", "model", "settings", "version", "responses", "checked")},
        )
    except (KeyError, TypeError):
        return None
    whole = all(map(is_whole, (found.count, *found.shards))) and {*found.shards} <= {*range(found.count)}
    named = (found.text, found.model, found.settings, found.version, found.responses, *found.bounded, *found.notes)
    return found if whole and found.shards and all(isinstance(name, str) for name in named) else None


def together(partials: Sequence[Partial], identity: Mapping[str, str], whole: bool = True) -> list[Partial]:
    """The partials in the order of their shards. RnnvisError, naming the first that does not belong to a recording of
    this `identity`: foreign, or there twice; and, of a `whole`, the shards that are missing."""
    if not partials:
        raise RnnvisError("there are no partial recordings", "pass what rnnvis.record(…, shard=(i, n)) gave or wrote")
    first = partials[0]
    for one in partials:
        for key, what in _ALIKE.items():
            if getattr(one.about, key) != identity[key]:
                raise RnnvisError(f"{one.name} is of {what}", _SAME)
        if one.about.version != __version__:
            raise RnnvisError(f"{one.name} was recorded with rnnvis {one.about.version}, this is {__version__}", AGAIN)
        if one.about.count != first.about.count:
            raise RnnvisError(f"{one.name}, and {first.name}", "cut the text into the same number of shards")
        if one.about.bounded != first.about.bounded:
            other = sorted({*one.about.bounded} ^ {*first.about.bounded})
            raise RnnvisError(
                f"{', '.join(other)} goes beyond ±1 in one of these and not in the other, so their histograms "
                f"differ: {one.name}; {first.name}",
                "record the text in one run, where that is known from the first such step on",
            )
        if one.about.responses != first.about.responses:
            raise RnnvisError(
                f"{one.name} was compared with other responses than {first.name}",
                "record the second look of that shard again, with the partials of all shards: compare=[…]",
            )
    there: dict[int, Partial] = {}
    for one in partials:
        for shard in one.about.shards:
            if shard in there:
                raise RnnvisError(f"shard {shard} is there twice: {there[shard].name}; {one.name}", "pass it once")
            there[shard] = one
    missing = sorted({*range(first.about.count)} - {*there})
    if missing and whole:
        named = ", ".join(map(str, missing[:5])) + (", …" if len(missing) > 5 else "")
        raise RnnvisError(
            f"of {first.about.count} shards {len(missing)} are missing: {named}",
            f"record them and pass them too: rnnvis.record(…, shard=({missing[0]}, {first.about.count}))",
        )
    return sorted(partials, key=lambda one: one.about.shards)


def joined(partials: Sequence[Partial], arrays: Mapping[str, np.ndarray]) -> Partial:
    """One partial of all their shards that holds `arrays`."""
    about = [one.about for one in partials]
    notes = dict.fromkeys(note for of in about for note in of.notes)
    shards = tuple(sorted(shard for of in about for shard in of.shards))
    checked = all(of.checked for of in about)
    return Partial(replace(about[0], shards=shards, notes=tuple(notes), checked=checked), arrays)


def _checksum(arrays: Mapping[str, np.ndarray]) -> str:
    hashed = hashlib.sha256()
    for name in sorted(arrays):
        of = np.ascontiguousarray(arrays[name])
        hashed.update(f"{name}\0{of.dtype}\0{of.shape}\0".encode("utf-8", "surrogatepass"))
        hashed.update(of.reshape(-1).view(np.uint8).data if of.size else b"")
    return hashed.hexdigest()
