"""Where finished stages are kept: one folder per (stage, what it was for, hash of everything that went in)."""

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

PACKAGE = Path(rnnvis.__file__).parent


@dataclass(frozen=True)
class Step:
    """One piece of work whose result is a folder.

    `inputs` is everything that the result depends on, as plain values (configuration, digests, keys of earlier
    steps); `code` names the modules and rooms of the package whose text it depends on. `resumes` keeps an
    unfinished folder for `build` to go on with; otherwise the work starts afresh.
    """

    stage: str
    label: str
    inputs: dict[str, Any]
    code: tuple[str, ...]
    build: Callable[[Path], None]
    resumes: bool = False

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
        return self.folder(build).is_dir()

    def run(self, build: Path) -> Path:
        """The result's folder, made now unless it is there. A killed run leaves nothing that looks finished."""
        folder = self.folder(build)
        if folder.is_dir():
            return folder
        partial = folder.with_name(folder.name + ".partial")
        try:
            if partial.exists() and not self.resumes:
                shutil.rmtree(partial)
            partial.mkdir(parents=True, exist_ok=True)
            self.build(partial)
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
