"""The published folder: Parquet files named by their content, and one manifest that names them."""

from __future__ import annotations

import hashlib
import json
import shlex
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rnnvis.errors import RnnvisError, check_plain
from rnnvis.progress import say
from rnnvis.published import first_view, kept, manifest_shape
from rnnvis.published.files import FILE_LIMIT, Part, index_of, replace
from rnnvis.published.schema.manifest import (
    FORMAT,
    VERSION,
    DatasetEntry,
    EpochEntry,
    FirstViewFile,
    Manifest,
    ModelEntry,
    StateEntry,
    StepModelFile,
    TableEntry,
    TableFile,
    Tables,
)
from rnnvis.published.writing import fresh, is_plain

MANIFEST = "manifest.json"


def digest(path: Path) -> str:
    """SHA-256 of the file at `path`, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def entry(table: str, parts: Iterable[Part], source: Path, target: Path) -> TableEntry:
    """Copy the files of `table` from `source` into `target` under their content's name; the manifest entry."""
    files: list[TableFile] = []
    for part in parts:
        path = source / part.name
        sha256 = digest(path)
        size = path.stat().st_size
        if size > FILE_LIMIT:
            raise RnnvisError(f"{path}: {size:,} bytes, more than the {FILE_LIMIT:,} that a file may have")
        name = f"{table}-{sha256[:16]}.parquet"
        _copy(path, target / name)
        index_bytes, index_crc32 = index_of(path)
        files.append(
            {
                "path": name,
                "bytes": size,
                "rows": part.rows,
                "sha256": sha256,
                "first": part.first,
                "last": part.last,
                "index_bytes": index_bytes,
                "index_crc32": index_crc32,
            }
        )
    return {"rows": sum(f["rows"] for f in files), "files": files}


def adopt(folder: Path, target: Path) -> list[DatasetEntry]:
    """Copy the files of the published `folder` into `target`; its datasets, for the manifest there.

    Raises:
        RnnvisError: a file is missing or not as the manifest says.
    """
    manifest = read_manifest(folder, exact=True)
    for _, _, table in tables_of(manifest):
        for file in table["files"]:
            place(folder, file, target)
    for dataset in manifest["datasets"]:
        for model in dataset["models"]:
            if entry := model.get("step_model"):
                place(folder, entry, target)
    return manifest["datasets"]


def place(folder: Path, file: TableFile | StepModelFile, target: Path) -> None:
    """Copy a file that an entry names, which is as the entry says, from `folder` into `target`."""
    _copy(whole(folder, file), target / file["path"])


def read_manifest(folder: Path, exact: bool = False) -> Manifest:
    """The manifest in `folder`; every way in which it can be wrong is an error that says so.

    With `exact`, so is a field that this version does not know.
    """
    path = folder / MANIFEST
    check_plain(path)
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RnnvisError(f"{path}: no such file", "name a published folder, or make one: make demo-build") from None
    except OSError as error:
        raise RnnvisError(f"{path}: cannot be read: {error.strerror}", "make it readable, or publish again") from None
    except (ValueError, RecursionError) as error:
        raise RnnvisError(f"{path}: damaged: {error}", "publish again: rnnvis publish") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise RnnvisError(f'{path}: not a manifest of rnnvis ("format" is not "{FORMAT}")', "name a published folder")
    version = manifest.get("version")
    if type(version) is not int or not 1 <= version <= VERSION:
        raise RnnvisError(
            f"{path}: written in version {version!r} of the format; this rnnvis reads up to {VERSION}",
            "upgrade rnnvis",
        )
    return manifest_shape.check(manifest, str(path), exact)


def write_manifest(datasets: Sequence[DatasetEntry], folder: Path, generator: str) -> None:
    """Put the new manifest in place; the folder then holds the files that it names.

    Those that only the one before names are kept apart for pages that are open, in `kept/`, and it is said how many;
    those of a dataset that is no longer published, or no longer with its sentences, go at once, and so do step models.
    What is written keeps the declaration: no field of a wrong kind, none that is not declared.
    """
    try:
        earlier = read_manifest(folder)["datasets"]
    except RnnvisError:
        earlier = []
    manifest: Manifest = {"format": FORMAT, "version": VERSION, "generator": generator, "datasets": [*datasets]}
    manifest_shape.check(manifest, str(folder / MANIFEST), exact=True)
    manifest["datasets"] = [{**dataset, "first_view": first_view.write(dataset, folder)} for dataset in datasets]
    text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=False, allow_nan=False)
    replace(folder / MANIFEST, text.encode() + b"\n")
    shown = {(dataset["name"], "sentences" in dataset["tables"]) for dataset in datasets}
    still = [dataset for dataset in earlier if (dataset["name"], "sentences" in dataset["tables"]) in shown]
    before = named_files({**manifest, "datasets": still}) - _step_models(still)
    if apart := kept.set_aside(folder, before, named_files(manifest)):
        say(
            f"{len(apart)} files of the publish before are kept in {apart[0].parent} for pages that are still open; "
            "a site has none of them. To drop them: rnnvis tidy"
            + ("" if folder.parts[-3:] == ("site", "explorer", "data") else f" {shlex.quote(str(folder))}")
        )


@dataclass(frozen=True)
class Holder:
    """What has tables of its own: a dataset, a model (at its end or after an epoch, `trained`), or a state of that."""

    where: str
    dataset: DatasetEntry
    model: ModelEntry | None = None
    trained: ModelEntry | EpochEntry | None = None
    state: StateEntry | None = None

    @property
    def tables(self) -> Tables:
        """Its tables by name."""
        return (self.state or self.trained or self.dataset)["tables"]


def holders(manifest: Manifest) -> Iterator[Holder]:
    """Everything in the manifest that has tables, with where it stands."""
    for dataset in manifest["datasets"]:
        yield Holder(dataset["name"], dataset)
        for model in dataset["models"]:
            where = f"{dataset['name']} / {model['name']}"
            yield from _trained(where, dataset, model, model)
            for epoch in model.get("epochs") or []:
                yield from _trained(f"{where} / epoch {epoch['epoch']}", dataset, model, epoch)


def _trained(
    where: str, dataset: DatasetEntry, model: ModelEntry, trained: ModelEntry | EpochEntry
) -> Iterator[Holder]:
    yield Holder(where, dataset, model, trained)
    for state in trained["states"]:
        yield Holder(f"{where} / {state['name']}", dataset, model, trained, state)


def tables_of(manifest: Manifest) -> Iterator[tuple[str, str, TableEntry]]:
    """Every table of the manifest: (where it stands, table name, entry)."""
    for holder in holders(manifest):
        for name, table in holder.tables.items():
            yield holder.where, name, table


def whole(folder: Path, file: TableFile | FirstViewFile | StepModelFile) -> Path:
    """The path of a file that the manifest in `folder` names, which is as it says.

    Raises RnnvisError: it is missing, a link or another thing than a plain file, or its content is another.
    """
    path = folder / file["path"]
    problem = damage(path, file)
    if problem:
        raise RnnvisError(f"{path}: {problem}", "publish again, or get the folder anew from whoever made it")
    return path


def damage(path: Path, file: TableFile | FirstViewFile | StepModelFile) -> str | None:
    """In what the file at `path` is not as the manifest says; None where it is."""
    if not path.exists() and not path.is_symlink():
        return "missing"
    if not is_plain(path):
        return "no plain file, but a link or a device: what it leads to is not read"
    size = path.stat().st_size
    if size != file["bytes"]:
        return f"{size} bytes, {file['bytes']} in the manifest"
    return None if digest(path) == file["sha256"] else "checksum differs from the manifest: the file is damaged"


def named_files(manifest: Manifest) -> set[str]:
    """The names of all files that the manifest lists."""
    found = {file["path"] for _, _, table in tables_of(manifest) for file in table["files"]}
    found |= {entry["path"] for dataset in manifest["datasets"] if (entry := dataset.get("first_view"))}
    return found | _step_models(manifest["datasets"])


def _step_models(datasets: Iterable[DatasetEntry]) -> set[str]:
    """The names of the files of step models."""
    models = (model for dataset in datasets for model in dataset["models"])
    return {entry["path"] for model in models if (entry := model.get("step_model"))}


def _copy(source: Path, target: Path) -> None:
    if is_plain(target) and target.stat().st_size == source.stat().st_size and digest(target) == digest(source):
        return
    with source.open("rb") as read, fresh(target) as written:
        shutil.copyfileobj(read, written)
