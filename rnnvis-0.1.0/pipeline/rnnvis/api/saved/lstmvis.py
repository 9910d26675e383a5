"""The layout of LSTMVis: `lstm.yml` beside HDF5 files of states and word ids, and a `.dict` vocabulary.

https://github.com/HendrikStrobelt/LSTMVis: `files` names the files, `word_sequence` the ids (`file`, `path`,
`dict_file`), `states` the datasets (`types`: `type` state or output, `layer` from 1, `path`, and `file` where it is not
the common one). Its `transform` belongs to its drawing and is not applied: the values are measured as they are stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rnnvis.api.saved.arrays import SavedArray
from rnnvis.api.saved.files import pick, read_with
from rnnvis.api.saved.hdf5_files import needs, open_hdf5
from rnnvis.api.saved.vocabulary import numbered, read_text
from rnnvis.errors import RnnvisError
from rnnvis.progress import say

KINDS = {"state": "c", "output": "h"}
_LARGEST = 2**20


@dataclass(frozen=True)
class Project:
    """What an `lstm.yml` describes."""

    name: str
    states: dict[str, SavedArray]
    word_ids: SavedArray
    vocabulary: dict[str, int]


def read_project(path: Path) -> Project:
    """The project of the file `path`; RnnvisError names field, file or dataset that is missing or wrong."""
    config = _yaml(path)
    sequence, states = _get(config, "word_sequence", dict, path), _get(config, "states", dict, path)
    opened: dict[str, dict[str, SavedArray]] = {}

    def dataset(holder: dict[str, Any], at: str, common: str | None = None) -> SavedArray:
        file = common if common is not None and "file" not in holder else _get(holder, "file", str, path, at)
        target = _file(path, config, file, f"{at}.file")
        if file not in opened:
            opened[file] = read_with(open_hdf5, target)
        return pick(opened[file], _get(holder, "path", str, path, at), target)

    found: dict[str, SavedArray] = {}
    for number, entry in enumerate(_get(states, "types", list, path, "states")):
        at = f"states.types[{number}]"
        if not isinstance(entry, dict):
            raise RnnvisError(f"{path}: {at} is {entry!r}", "write {type: state, layer: 1, path: states1}")
        kind, layer = entry.get("type"), entry.get("layer")
        if not isinstance(kind, str) or kind not in KINDS or type(layer) is not int or not 1 <= layer < 1000:
            raise RnnvisError(
                f"{path}: {at} has the type {kind!r} and the layer {layer!r}",
                "the type is state or output, the layer counts from 1",
            )
        name = f"lstm.{layer - 1}.{KINDS[kind]}"
        if name in found:
            raise RnnvisError(f"{path}: {at} is a second {kind} of layer {layer}", "keep one of the two")
        found[name] = dataset(entry, at, _get(states, "file", str, path, "states"))
    words = _file(path, config, _get(sequence, "dict_file", str, path, "word_sequence"), "word_sequence.dict_file")
    return Project(
        name=str(config.get("name") or path.parent.resolve().name),
        states=found,
        word_ids=_whole_blocks(dataset(sequence, "word_sequence"), list(found.values())),
        vocabulary=numbered(words, read_text(words)),
    )


def _whole_blocks(ids: SavedArray, states: Sequence[SavedArray]) -> SavedArray:
    """The words that have states: LSTMVis writes states for whole blocks of words only, and leaves out the rest."""
    steps = {state.shape[0] for state in states if len(state.shape) == 2}
    behind = ids.shape[0] - max(steps, default=ids.shape[0]) if len(ids.shape) == 1 and len(steps) == 1 else 0
    if not 0 < behind < max(steps, default=0):
        return ids
    say(f"{ids.where}: the last {behind:,} of {ids.shape[0]:,} words are left out: there are no states of them")
    return replace(ids, shape=(ids.shape[0] - behind,))


def _yaml(path: Path) -> dict[str, Any]:
    yaml = needs("yaml", path)
    if path.is_file() and path.stat().st_size > _LARGEST:
        raise RnnvisError(f"{path}: is larger than a configuration can be", "name the lstm.yml of the project")
    try:
        config = yaml.safe_load(read_text(path))
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        said = " ".join(str(error).split())
        raise RnnvisError(f"{path}: not readable as YAML: {said}", "correct it; tags of Python are refused") from None
    if not isinstance(config, dict):
        raise RnnvisError(f"{path}: holds no fields", "name the lstm.yml of the project")
    return config


def _get(holder: dict[str, Any], field: str, kind: type, path: Path, at: str = "") -> Any:
    value = holder.get(field)
    if not isinstance(value, kind):
        where = f"{at}.{field}" if at else field
        raise RnnvisError(
            f'{path}: "{where}" is missing or not of the right kind', f"write it as LSTMVis reads it: {where}"
        )
    return value


def _file(path: Path, config: dict[str, Any], reference: str, at: str) -> Path:
    """The file that `reference` names under `files`; it must lie in the project's folder."""
    files = _get(config, "files", dict, path)
    name = files.get(reference)
    if not isinstance(name, str):
        raise RnnvisError(
            f'{path}: {at} is {reference!r}, which "files" does not name', f"files has: {', '.join(map(str, files))}"
        )
    target = path.parent / name
    if any("\ud800" <= character <= "\udfff" for character in name):
        raise RnnvisError(f'{path}: "files.{reference}" is no Unicode text: {name!r}', "name the file as it is called")
    if "\0" in name or not target.resolve().is_relative_to(path.parent.resolve()):
        raise RnnvisError(f'{path}: "files.{reference}" points out of its folder: {name}', "move the file beside it")
    return target
