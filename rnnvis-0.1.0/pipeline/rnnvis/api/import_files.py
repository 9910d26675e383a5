"""`rnnvis import`: from names of files and arrays to a published folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rnnvis.api.import_states import import_states
from rnnvis.api.saved.arrays import FLOATS, SavedArray
from rnnvis.api.saved.files import listed, open_arrays, open_one, pick, split, together
from rnnvis.api.saved.lstmvis import read_project
from rnnvis.api.saved.steps import NAME
from rnnvis.api.saved.vocabulary import read_vocabulary_file
from rnnvis.errors import RnnvisError, check_plain
from rnnvis.progress import say

_YAML = (".yml", ".yaml")


def import_files(
    files: Sequence[Path],
    *,
    out: Path,
    states: Sequence[str] = (),
    tokens: str | None = None,
    vocabulary: str | None = None,
    labels: str | None = None,
    lengths: str | None = None,
    sentences: str | None = None,
    name: str | None = None,
    dataset: str = "recorded text",
    no_text: bool = False,
    methods: Sequence[str] = (),
    largest_k: int = 30,
    states_megabytes: int | None = None,
    **options: Any,
) -> Iterator[str]:
    """Import `files` and publish into `out`; yields what to tell the user. Options as `rnnvis import --help` says."""
    home = files[0]
    of_text: str | SavedArray
    words: Sequence[str] | Mapping[str, int] | None
    if home.suffix.lower() in _YAML:
        if len(files) > 1 or states or tokens or vocabulary:
            raise RnnvisError(
                f"{home}: says itself which files, states, tokens and words there are", "name the file alone"
            )
        project = read_project(home)
        found, of_text, words, called = project.states, project.word_ids, project.vocabulary, project.name
    else:
        found, called = _states(files, states), home.stem
        if tokens is None:
            raise RnnvisError("nothing says which tokens the states belong to", "name them: --tokens tokens.txt")
        of_text = tokens if _is_text(tokens) else open_one(tokens, home)
        words = None if vocabulary is None else read_vocabulary_file(vocabulary, home)
    recording = import_states(
        found,
        of_text,
        words,
        labels if labels is None or _is_text(labels) else open_one(labels, home),
        lengths=None if lengths is None else open_one(lengths, home),
        sentences=None if sentences is None else open_one(sentences, home),
        name=name or called,
        surprise=not no_text,
        **options,
    )
    yield repr(recording)
    yield recording.publish(
        out,
        name or called,
        text=not no_text,
        dataset=dataset,
        methods=tuple(methods) or ("block",),
        largest_k=largest_k,
        states_bytes=None if states_megabytes is None else states_megabytes * 2**20,
    )


def _is_text(reference: str) -> bool:
    return split(reference)[0].suffix.lower() == ".txt"


def _states(files: Sequence[Path], wanted: Sequence[str]) -> dict[str, SavedArray]:
    """The arrays to measure by the name of their state: those `wanted`, or all that look like states."""
    if wanted:
        found = {}
        for entry in wanted:
            name, equals, reference = entry.partition("=")
            if not equals:
                raise RnnvisError(f"--state {entry}: names no array", "write --state lstm.0.h=ARRAY")
            found[name] = _named(files, reference)
        return found
    arrays = {path: together(open_arrays(path), path) for path in files}
    found = {
        _name_of(name, path): array
        for path, inside in arrays.items()
        for name, array in inside.items()
        if array.dtype in FLOATS and len(array.shape) in (2, 3)
    }
    problems = [array.problem for inside in arrays.values() for array in inside.values() if array.problem]
    if not found and problems:
        raise problems[0]
    for problem in problems:
        say(f"Left out: {problem.message}")
    if not found:
        everything = "; ".join(f"{path} holds {listed(inside)}" for path, inside in arrays.items())
        raise RnnvisError(
            f"no array of floating-point numbers [steps, units] is there: {everything}",
            "save the states so, or say which array they are: --state lstm.0.h=ARRAY",
        )
    return found


def _named(files: Sequence[Path], reference: str) -> SavedArray:
    check_plain(split(reference)[0])
    if split(reference)[0].is_file():
        return open_one(reference)
    for file in files:
        arrays = open_arrays(file)
        if reference in arrays or "*" in reference or len(files) == 1:
            return pick(arrays, reference, file)
    raise RnnvisError(f'there is no array "{reference}" in {", ".join(map(str, files))}', "check its name")


def _name_of(array: str, path: Path) -> str:
    """The state that an array is by its name, or the hidden state of a first layer."""
    if NAME.fullmatch(array):
        return array
    plain = "".join(c if c.isalnum() or c in "_-" else "_" for c in array)
    return f"{plain or path.stem}.0.h"
