"""Every format that rnnvis reads, with what a damaged file of it must come to: our error, or the numbers in it.

A format makes its good file once, and says how a damaged one is read. What is read without an error is held against an
independent reader of the same bytes.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from safetensors.numpy import load, save_file

import rnnvis
from rnnvis.published import inlining
from rnnvis.published.publishing import digest
from rnnvis.published.verify import verify
from rnnvis.recipes.keep.project import Project
from tests import synthetic
from tests.python import tiny
from tests.python.user_corpora import json_lines, table
from tests.soak.edits import OF_BYTES, OF_VALUES, Edit, changed, damaged

WORDS = [f"w{i}" for i in range(12)]
IDS = np.random.default_rng(1).integers(0, 12, (40, 6))
STATES = np.tanh(np.random.default_rng(0).normal(size=(240, 5))).astype(np.float32)
ROWS = [{"text": f"a {w} film, number {i}", "label": ("bad", "good")[i % 2]} for i, w in enumerate(WORDS * 3)]
LINE = ", ".join(WORDS)

RIGHT, SAID = "read, and right", "refused by name"


@dataclass(frozen=True)
class Format:
    """`make(folder)` writes the good file; `read(folder, edits)` damages it, reads it, and checks what comes out.

    `read` raises RnnvisError where the damage is named; anything else that it raises is a fault.
    """

    hows: tuple[str, ...]
    make: Callable[[Path], None]
    read: Callable[[Path, list[Edit]], None]


def outcome(of: Format, folder: Path, found: list[Edit]) -> str:
    """What became of the file of `folder` with these edits. Raises whatever is no RnnvisError."""
    try:
        of.read(folder, found)
    except rnnvis.RnnvisError as error:
        return SAID if str(error).encode().strip() else "refused without a word"
    return RIGHT


def _digest(states: np.ndarray) -> str:
    return rnnvis.import_states({"rnn.0.h": states}, IDS, WORDS).weights


def _states(name: str, write: Callable[[Path], None], load_it: Callable[[bytes], np.ndarray]) -> Format:
    """A file of states: what is imported is what another reader finds in it."""

    def read(folder: Path, found: list[Edit]) -> None:
        data = damaged((folder / name).read_bytes(), found)
        path = folder / f"damaged{Path(name).suffix}"
        path.write_bytes(data)
        recording = rnnvis.import_states({"rnn.0.h": str(path)}, IDS, WORDS)
        assert recording.weights == _digest(load_it(data)), "other states than those in the file"

    return Format((*OF_BYTES,), lambda folder: write(folder / name), read)


def _tokens(name: str, write: Callable[[Path], None], load_it: Callable[[bytes], np.ndarray]) -> Format:
    def read(folder: Path, found: list[Edit]) -> None:
        data = damaged((folder / name).read_bytes(), found)
        path = folder / f"damaged{Path(name).suffix}"
        path.write_bytes(data)
        recording = rnnvis.import_states({"rnn.0.h": STATES}, str(path), WORDS, every=6)
        assert np.array_equal(np.concatenate(recording.tokens), load_it(data)), "other ids than those in the file"

    return Format((*OF_BYTES,), lambda folder: write(folder / name), read)


def _hdf5(compressed: bool) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        options = {"chunks": (30, 5), "compression": "gzip", "fletcher32": True} if compressed else {}
        with h5py.File(path, "w") as file:
            file.create_dataset("h", data=STATES, **options)

    return write


def _from_hdf5(data: bytes) -> np.ndarray:
    with h5py.File(io.BytesIO(data)) as file:
        return np.asarray(next(iter(file.values())))


def _from_npz(data: bytes) -> np.ndarray:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return np.load(io.BytesIO(archive.read(archive.namelist()[0])))


def _only(arrays: Any) -> np.ndarray:
    return np.asarray(arrays[next(iter(arrays))])


def _from_parquet(data: bytes) -> np.ndarray:
    return np.array(pq.read_table(io.BytesIO(data)).column(0).to_pylist(), np.float32)


def _vocabulary(name: str, content: bytes) -> Format:
    def read(folder: Path, found: list[Edit]) -> None:
        path = folder / f"damaged{Path(name).suffix}"
        path.write_bytes(damaged(content, found))
        made = rnnvis.import_states({"rnn.0.h": STATES}, IDS, str(path))
        assert len(made.words) == len(set(made.words)) > int(IDS.max())

    return Format((*OF_BYTES,), lambda folder: None, read)


PROJECT = {
    "name": "project",
    "files": {"states": "states.h5", "train": "train.h5", "words": "words.dict"},
    "word_sequence": {"file": "train", "path": "ids", "dict_file": "words"},
    "states": {"file": "states", "types": [{"type": "output", "layer": 1, "path": "h"}]},
}


def _project(folder: Path) -> None:
    _hdf5(False)(folder / "states.h5")
    with h5py.File(folder / "train.h5", "w") as file:
        file["ids"] = IDS.ravel()
    (folder / "words.dict").write_text("".join(f"{word} {i}\n" for i, word in enumerate(WORDS)))


def _read_project(folder: Path, text: bytes) -> None:
    from rnnvis.api.saved.lstmvis import read_project

    (folder / "lstm.yml").write_bytes(text)
    found = read_project(folder / "lstm.yml")
    for array in found.states.values():
        assert np.array_equal(array.read(), STATES)


def _yaml_bytes() -> bytes:
    return json.dumps(PROJECT, indent=1).encode()  # JSON is YAML


def _published(folder: Path) -> None:
    synthetic.publish(folder / "good", units=8, words=60, sentences=60)


def _copy(folder: Path) -> Path:
    shutil.rmtree(folder / "copy", ignore_errors=True)
    return Path(shutil.copytree(folder / "good", folder / "copy"))


def _every_reader(folder: Path) -> None:
    """All that read a manifest. What `verify` has nothing against, the others must take."""
    problems = verify(folder).problems
    assert all(isinstance(problem, str) and problem for problem in problems)
    with contextlib.nullcontext() if not problems else contextlib.suppress(rnnvis.RnnvisError):
        held = inlining.inline(folder, folder.parent / "cut")
        with contextlib.suppress(rnnvis.RnnvisError):  # too large without its states too
            inlining.inline(folder, folder.parent / "cut", limit=held.bytes * 2 // 3)
    if problems:
        raise rnnvis.RnnvisError(problems[0])


def _read_manifest(folder: Path, found: list[Edit]) -> None:
    home = _copy(folder)
    document = json.loads((home / "manifest.json").read_text(encoding="utf-8"))
    (home / "manifest.json").write_text(json.dumps(changed(document, found)), encoding="utf-8")
    _every_reader(home)


def _read_manifest_bytes(folder: Path, found: list[Edit]) -> None:
    home = _copy(folder)
    (home / "manifest.json").write_bytes(damaged((home / "manifest.json").read_bytes(), found))
    _every_reader(home)


def _read_table(folder: Path, found: list[Edit]) -> None:
    """One of the tables, damaged before it was hashed and named: checksums are right, and the rows are not."""
    home = _copy(folder)
    names = sorted(path.name for path in home.glob("*.parquet"))
    path = home / names[sum(edit.number for edit in found) % len(names)]
    before = pq.read_table(path)
    path.write_bytes(damaged(path.read_bytes(), found))
    text = (home / "manifest.json").read_text(encoding="utf-8")
    document = json.loads(text)
    for entry in _files(document):
        if entry["path"] == path.name:
            entry["bytes"], entry["sha256"] = path.stat().st_size, digest(path)
    (home / "manifest.json").write_text(json.dumps(document), encoding="utf-8")
    _every_reader(home)
    assert pq.read_table(path).equals(before), "other rows, and verify says nothing"


def _files(holder: Any) -> Any:
    if isinstance(holder, dict) and {"path", "sha256"} <= set(holder):
        yield holder
    for inside in holder.values() if isinstance(holder, dict) else holder if isinstance(holder, list) else ():
        yield from _files(inside)


def _read_first_view(folder: Path, found: list[Edit]) -> None:
    home = _copy(folder)
    path = next(home.glob("*.pack"))
    before = path.read_bytes()
    path.write_bytes(damaged(before, found))
    document = json.loads((home / "manifest.json").read_text(encoding="utf-8"))
    for entry in _files(document):
        if entry["path"] == path.name:
            entry["bytes"], entry["sha256"] = path.stat().st_size, digest(path)
    (home / "manifest.json").write_text(json.dumps(document), encoding="utf-8")
    _every_reader(home)


def _configured(name: str) -> Format:
    def read(folder: Path, found: list[Edit]) -> None:
        path = folder / "datasets" / "tiny" / name
        good = path.read_bytes()
        try:
            path.write_bytes(damaged(good, found))
            held = Project(folder).dataset("tiny")
            assert held.config.name == "tiny"
            for card in held.cards.values():
                assert card.units >= 1
                assert card.epochs >= 1
        finally:
            path.write_bytes(good)

    return Format((*OF_BYTES,), lambda folder: tiny.project(folder) and None, read)  # type: ignore[func-returns-value]


def _corpus(name: str, write: Callable[[Path], None], texts: Callable[[bytes], set[str]], **options: Any) -> Format:
    """A table of sentences: each that is read stands in the file."""

    def read(folder: Path, found: list[Edit]) -> None:
        data = damaged((folder / name).read_bytes(), found)
        corpus, _ = table(folder / f"damaged{Path(name).suffix}", data, text="text", label="label", **options)
        strange = {*map(_plain, corpus.text)} - {*map(_plain, texts(data))}
        assert not strange, f"sentences that are not in the file: {sorted(strange)[:3]}"
        assert all(label < len(corpus.labels) for label in corpus.label)

    return Format((*OF_BYTES,), lambda folder: write(folder / name), read)


def _plain(text: str) -> str:
    return " ".join(text.split())


def _from_csv(data: bytes, delimiter: str = ",") -> set[str]:
    rows = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=delimiter)
    return {field for row in rows for field in row}


def _from_jsonl(data: bytes) -> set[str]:
    found = [json.loads(line) for line in data.decode("utf-8-sig").splitlines() if line.strip()]
    return {str(value) for row in found for value in row.values()}


def _write_csv(path: Path, delimiter: str = ",") -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["text", "label"], delimiter=delimiter)
        writer.writeheader()
        writer.writerows(ROWS)


FORMATS: dict[str, Format] = {
    "configuration of a dataset": _configured("dataset.toml"),
    "model card": _configured("gru.toml"),
    "manifest, by its values": Format(OF_VALUES, _published, _read_manifest),
    "manifest, by its bytes": Format((*OF_BYTES,), _published, _read_manifest_bytes),
    "published Parquet": Format((*OF_BYTES,), _published, _read_table),
    "first view": Format((*OF_BYTES,), _published, _read_first_view),
    "states in .npy": _states("s.npy", lambda path: np.save(path, STATES), lambda data: np.load(io.BytesIO(data))),
    "states in .npz": _states("s.npz", lambda path: np.savez(path, h=STATES), _from_npz),
    "states in .npz, compressed": _states("c.npz", lambda path: np.savez_compressed(path, h=STATES), _from_npz),
    "states in safetensors": _states(
        "s.safetensors", lambda path: save_file({"h": STATES}, path), lambda data: _only(load(data))
    ),
    "states in HDF5": _states("s.h5", _hdf5(False), _from_hdf5),
    "states in HDF5, compressed": _states("c.h5", _hdf5(True), _from_hdf5),
    "states in Parquet": _states(
        "s.parquet", lambda path: pq.write_table(pa.table({"h": list(STATES)}), path), _from_parquet
    ),
    "states in .pt": _states(
        "s.pt",
        lambda path: torch.save({"h": torch.from_numpy(STATES)}, path),
        lambda data: _only(torch.load(io.BytesIO(data), weights_only=True)),
    ),
    "ids in .npy": _tokens("t.npy", lambda path: np.save(path, IDS.ravel()), lambda data: np.load(io.BytesIO(data))),
    "ids in Parquet": _tokens(
        "t.parquet", lambda path: pq.write_table(pa.table({"t": IDS.ravel()}), path), _from_parquet
    ),
    "vocabulary in JSON": _vocabulary("v.json", json.dumps({word: i for i, word in enumerate(WORDS)}).encode()),
    "vocabulary in text": _vocabulary("v.txt", "\n".join(WORDS).encode()),
    "LSTMVis project, by its values": Format(
        OF_VALUES,
        _project,
        lambda folder, found: _read_project(folder, json.dumps(changed(PROJECT, found)).encode()),
    ),
    "LSTMVis project, by its bytes": Format(
        (*OF_BYTES,), _project, lambda folder, found: _read_project(folder, damaged(_yaml_bytes(), found))
    ),
    "sentences in CSV": _corpus("s.csv", _write_csv, _from_csv),
    "sentences in TSV": _corpus(
        "s.tsv", lambda path: _write_csv(path, "\t"), lambda data: _from_csv(data, "\t") | _from_plain(data)
    ),
    "sentences in JSON Lines": _corpus("s.jsonl", lambda path: json_lines(path, ROWS) and None, _from_jsonl),  # type: ignore[func-returns-value]
    "sentences in Parquet": _corpus(
        "s.parquet",
        lambda path: pq.write_table(pa.Table.from_pylist(ROWS), path),
        lambda data: {str(value) for row in pq.read_table(io.BytesIO(data)).to_pylist() for value in row.values()},
    ),
}


def _from_plain(data: bytes) -> set[str]:
    """Fields of lines in which quotation marks are text."""
    return {field for line in data.decode("utf-8-sig").splitlines() for field in line.split("\t")}
