"""Where finished stages are kept: one folder per (stage, what it was for, hash of everything that went in).

Every finished folder holds a list of its files with their hashes. A folder that is not as its list says is not
finished: it is made anew, and nothing damaged is ever read or published.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import rnnvis
from rnnvis.errors import RnnvisError
from rnnvis.progress import say

SEAL = "sealed.json"
PACKAGE = Path(rnnvis.__file__).parent


@dataclass(frozen=True)
class Step:
    """One piece of work whose result is a folder.

    `inputs` is everything that the result depends on, as plain values (configuration, digests, keys of earlier
    steps); `code` names the modules and rooms of the package whose text it depends on. `resumes` keeps an
    unfinished folder for `build` to go on with; otherwise the work starts afresh. `seconds` is about how long it takes,
    where that is not what its stage usually takes.
    """

    stage: str
    label: str
    inputs: dict[str, Any]
    code: tuple[str, ...]
    build: Callable[[Path], None]
    resumes: bool = False
    seconds: float | None = None

    @property
    def key(self) -> str:
        """16 hex digits that change when anything that went in changes."""
        said = json.dumps(self.inputs, sort_keys=True, default=str) + "".join(code_digest(c) for c in self.code)
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    def folder(self, build: Path) -> Path:
        """Where the finished result lies under `build`."""
        return build / "stages" / self.stage / f"{self.label}-{self.key}"

    def finished(self, build: Path) -> bool:
        """Whether the result is there, whole."""
        return is_whole(self.folder(build))

    def run(self, build: Path) -> Path:
        """The result's folder, made now unless it is there. A killed run leaves nothing that looks finished."""
        folder = self.folder(build)
        if is_whole(folder):
            return folder
        partial = folder.with_name(folder.name + ".partial")
        try:
            if folder.exists():
                say(f"{self.stage} {self.label}: {folder} is damaged, and is made anew")
                shutil.rmtree(folder)
            if partial.exists() and not self.resumes:
                shutil.rmtree(partial)
            partial.mkdir(parents=True, exist_ok=True)
            self.build(partial)
            seal(partial)
            os.replace(partial, folder)
        except OSError as error:
            raise RnnvisError(
                f"{self.stage} {self.label}: {error.filename or partial}: {error.strerror or error}",
                "free some disk space or make the folder writable, and run again: finished stages are kept",
            ) from error
        self._forget_older(build)
        return folder

    def _forget_older(self, build: Path) -> None:
        for other in sorted(self.folder(build).parent.glob(f"{self.label}-*")):
            if other != self.folder(build) and len(other.name.removeprefix(self.label + "-").split(".")[0]) == 16:
                shutil.rmtree(other)


def seal(folder: Path) -> None:
    """Write the list of the files in `folder`: size and SHA-256 by name."""
    (folder / SEAL).unlink(missing_ok=True)
    files = {name: [size, _sha256(folder / name)] for name, size, _ in _files(folder)}
    (folder / SEAL).write_text(json.dumps(files, indent=0), encoding="utf-8")


def is_whole(folder: Path) -> bool:
    """Whether `folder` holds exactly the files of its list, unchanged."""
    return folder.is_dir() and _as_sealed(folder, _files(folder))


@cache
def _as_sealed(folder: Path, found: tuple[tuple[str, int, int], ...]) -> bool:
    try:
        files = json.loads((folder / SEAL).read_text(encoding="utf-8"))
        return files == {name: [size, _sha256(folder / name)] for name, size, _ in found if name != SEAL}
    except (OSError, ValueError):
        return False


def _files(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """(name, bytes, time of the last change) of every file in `folder`, by name."""
    found = ((path.relative_to(folder).as_posix(), path.stat()) for path in folder.rglob("*") if path.is_file())
    return tuple(sorted((name, stat.st_size, stat.st_mtime_ns) for name, stat in found))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def code_digest(name: str) -> str:
    """SHA-256 over the code of a module or room of the package (`measures`, `registry.py`), comments aside."""
    path = PACKAGE / name
    files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
    digest = hashlib.sha256()
    for file in files:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
                node.body = node.body[1:]
        digest.update(f"{file.relative_to(PACKAGE).as_posix()}\n{ast.dump(tree)}\n".encode())
    return digest.hexdigest()
