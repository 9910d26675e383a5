"""What of a published folder a page that holds everything in itself takes along."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rnnvis.errors import RnnvisError
from rnnvis.published import files, step_models
from rnnvis.published.publishing import entry, named_files, read_manifest, tables_of, whole
from rnnvis.published.schema.manifest import DatasetEntry, EpochEntry, Manifest, ModelEntry, StateEntry

LIMIT = 10_000_000
"""Bytes of Parquet in a page, before Base64."""

MODELS_LIMIT = 5_000_000
"""Bytes of step models in a page, beside its tables."""

OPTIONAL = {
    "response_quantiles": "how much the responses to a word vary",
    "use_distances": "the surprise of typed sentences",
    "contexts": "where each unit is highest and lowest",
    "projection": "the map",
    "answer_memory": "what of each word is still in the answer",
    "word_in_context": "words by their context",
    "predictions": "verdicts on whole sentences",
    "attention": "attention beside the words",
    "steps": "surprise and verdicts along sentences",
}
"""Tables that the explorer can do without, in the order in which they are left out, in words."""


@dataclass(frozen=True)
class Inlined:
    """A manifest and the files that it names, with what was left out, in words."""

    manifest: Manifest
    files: dict[str, bytes] = field(repr=False)
    left_out: tuple[str, ...]

    @property
    def bytes(self) -> int:
        """Bytes of all files."""
        return sum(map(len, self.files.values()))


def inline(folder: Path, scratch: Path, limit: int = LIMIT) -> Inlined:
    """The published `folder` within `limit` bytes of Parquet; `scratch` takes the tables that are cut.

    What does not fit goes in this order: states along sentences, from the end of the corpus until only the sentence
    that is shown first is left with them; then the tables of `OPTIONAL`, in their order. Raises RnnvisError where the
    rest is still too large. Step models come along beside that, up to 5 MB in all, in the order of the models.
    """
    manifest = read_manifest(folder)
    for dataset in manifest["datasets"]:
        dataset["first_view"] = None
    found = {file["path"]: file for _, _, table in tables_of(manifest) for file in table["files"]}
    sources: dict[str, Path] = {name: whole(folder, file) for name, file in found.items()}
    left_out = _without_models(manifest, folder, sources)
    if _bytes(manifest) > limit:
        left_out += _cut_states(manifest, folder, scratch, limit, sources)
    for table, meaning in OPTIONAL.items():
        if _bytes(manifest) <= limit:
            break
        if _drop(manifest, table):
            left_out.append(meaning)
    size = _bytes(manifest)
    if size > limit:
        raise RnnvisError(
            f"{folder}: {size / 1e6:.1f} MB of tables that the explorer cannot do without; a page may hold "
            f"{limit / 1e6:.1f} MB",
            f"rnnvis.serve({str(folder)!r}) shows all of it; or allow more: limit={-(-size // 1_000_000) * 1_000_000}",
        )
    held = {name: sources[name].read_bytes() for name in sorted(named_files(manifest))}
    return Inlined(manifest, held, tuple(left_out))


def _without_models(manifest: Manifest, folder: Path, sources: dict[str, Path]) -> list[str]:
    """Drop the step models for which there is no room; which, in words. `sources` takes those that are there."""
    room, gone = MODELS_LIMIT, []
    for _, model, file in step_models.of_manifest(manifest):
        served = "look at the published folder with rnnvis.serve"
        if file["bytes"] <= room and not file.get("runtime"):
            room -= file["bytes"]
            sources[file["path"]] = whole(folder, file)
            continue
        model["step_model"] = None
        model["no_step_model"] = (
            f"{model['title']} answers with an ONNX graph, and a page of one file does not hold onnxruntime, which is "
            "larger than the page"
            if file.get("runtime")
            else f"the weights of {model['title']} take {file['bytes'] / 1e6:.1f} MB, and a page of one file holds "
            f"{MODELS_LIMIT / 1e6:.0f} MB of models"
        ) + f"\n  Fix: {served}"
        gone.append(f"the model “{model['title']}” itself")
    return gone


def _bytes(manifest: Manifest) -> int:
    found = {file["path"]: file["bytes"] for _, _, table in tables_of(manifest) for file in table["files"]}
    return sum(found.values())


def _drop(manifest: Manifest, table: str) -> bool:
    holders = [holder["tables"] for holder in _holders(manifest) if table in holder["tables"]]
    for holder in holders:
        del holder[table]
    return bool(holders)


def _holders(manifest: Manifest) -> Iterator[DatasetEntry | ModelEntry | EpochEntry | StateEntry]:
    for dataset in manifest["datasets"]:
        yield dataset
        for model in dataset["models"]:
            for trained in _trained(model):
                yield trained
                yield from trained["states"]


def _trained(model: ModelEntry) -> list[ModelEntry | EpochEntry]:
    return [model, *(model.get("epochs") or [])]


def _cut_states(manifest: Manifest, folder: Path, scratch: Path, limit: int, sources: dict[str, Path]) -> list[str]:
    """Leave states, and what answers are made of, to as many sentences as fit, the one shown first before all others,
    then in corpus order."""
    found = [
        (dataset, trained)
        for dataset in manifest["datasets"]
        for model in dataset["models"]
        for trained in _trained(model)
        if any("states" in state["tables"] for state in trained["states"])
    ]
    with_states = [(dataset, of) for dataset, trained in found for of in trained["states"] if "states" in of["tables"]]
    if not with_states:
        return []
    memories = [(dataset, of) for dataset, of in found if "answer_memory" in of["tables"]]
    cut_short: list[tuple[DatasetEntry, ModelEntry | EpochEntry | StateEntry, str]] = [
        *((dataset, of, "states") for dataset, of in with_states),
        *((dataset, of, "answer_memory") for dataset, of in memories),
    ]
    size = sum(file["bytes"] for _, of, name in cut_short for file in of["tables"][name]["files"])
    room = limit - (_bytes(manifest) - size)
    tables = [
        files.read(name, [folder / file["path"] for file in of["tables"][name]["files"]]) for _, of, name in cut_short
    ]
    share = max(0.0, room / size)
    while True:
        cut: dict[str, set[int]] = {}
        for number, ((dataset, of, name), table) in enumerate(zip(cut_short, tables, strict=True)):
            wanted = _sentences(dataset, folder, table, share)
            inside = scratch / f"{name}-{number}"
            rows = table.filter(pc.is_in(table["sentence_id"], pa.array(wanted, pa.int32())))
            of["tables"][name] = entry(name, files.write(name, rows, inside), inside, scratch)
            for file in of["tables"][name]["files"]:
                sources[file["path"]] = scratch / file["path"]
            if name == "states":
                cast("StateEntry", of)["published_sentences"] = len(wanted)
                gone = set(pc.unique(table["sentence_id"]).to_pylist()) - set(wanted.tolist())
                cut.setdefault(dataset["name"], set()).update(gone)
        if _bytes(manifest) <= limit or share == 0.0:
            break
        share = share * 0.9 if share > 0.01 else 0.0
    of_states = dict(zip(map(id, (of for _, of, _ in cut_short)), tables, strict=True))
    several = len(manifest["datasets"]) > 1
    return [
        f"states along {len(gone):,} of {_published(of_states, with_states, name):,} sentences"
        + (f" of “{name}”" if several else "")
        for name, gone in cut.items()
        if gone
    ]


def _published(tables: dict[int, pa.Table], with_states: list[tuple[DatasetEntry, StateEntry]], name: str) -> int:
    """Sentences of the dataset `name` along which a state was published."""
    of = [tables[id(state)]["sentence_id"] for dataset, state in with_states if dataset["name"] == name]
    return len(pc.unique(pa.chunked_array([chunk for column in of for chunk in column.chunks], pa.int32())))


def _sentences(dataset: DatasetEntry, folder: Path, table: pa.Table, share: float) -> np.ndarray:
    """Numbers of the sentences that keep their states: that share of all steps, and the one shown first anyway."""
    ids, counts = np.unique(table["sentence_id"].to_numpy(), return_counts=True)
    first = np.isin(ids, _shown(dataset, folder))
    order = np.argsort(~first, kind="stable")
    fits = np.cumsum(counts[order]) <= share * table.num_rows
    kept: np.ndarray = np.sort(ids[order[fits | first[order]]])
    return kept


def _shown(dataset: DatasetEntry, folder: Path) -> list[int]:
    view = dataset["view"]
    if view is None or "sentences" not in dataset["tables"]:
        return []
    paths = [folder / file["path"] for file in dataset["tables"]["sentences"]["files"]]
    table = files.read("sentences", paths)
    found: list[int] = table.filter(pc.equal(table["key"], view["sentence"]))["sentence_id"].to_pylist()
    return found
