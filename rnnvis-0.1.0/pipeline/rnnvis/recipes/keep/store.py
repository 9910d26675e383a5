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
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import rnnvis
from rnnvis.errors import RnnvisError
from rnnvis.progress import say
from rnnvis.recording.threads import limited

SEAL = "sealed.json"
PACKAGE = Path(rnnvis.__file__).parent
_ASIDE = {"rnnvis", "rnnvis.errors", "rnnvis.progress", "rnnvis.config", "rnnvis.version"}
_KEEPING = "rnnvis.recipes.keep."


@dataclass(frozen=True)
class Step:
    """One piece of work whose result is a folder.

    `inputs` is everything that the result depends on, as plain values (configuration, digests, keys of earlier
    steps); `work` are the functions that make it: the result depends on the text of their modules, of all that these
    import, and of the module of `build` alone. `resumes` keeps an
    unfinished folder for `build` to go on with; otherwise the work starts afresh. `seconds` is about how long it takes,
    where that is not what its stage usually takes.
    """

    stage: str
    label: str
    inputs: dict[str, Any]
    work: tuple[Callable[..., Any], ...]
    build: Callable[[Path], None]
    resumes: bool = False
    seconds: float | None = None

    @property
    def key(self) -> str:
        """16 hex digits that change when anything that went in changes."""
        said = json.dumps(self.inputs, sort_keys=True, default=str)
        said += code_digest(self.build.__module__, tuple(sorted({function.__module__ for function in self.work})))
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
            with limited():
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
def code_digest(alone: str, modules: tuple[str, ...]) -> str:
    """SHA-256 over the code of `alone`, of `modules` and of all that these import, comments and docstrings aside."""
    digest = hashlib.sha256()
    for name in sorted({alone, *imported(modules)}):
        file = module_file(name)
        if file is None:
            continue
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
                node.body = node.body[1:]
        digest.update(f"{name}\n{ast.dump(tree)}\n".encode())
    return digest.hexdigest()


def imported(modules: Iterable[str]) -> set[str]:
    """`modules` and every module of the package that they import, directly or not, at the top of their text.

    An import inside a function is of what publishes or shows a result, and not of what makes it (a test holds this).
    What only reports, configures or keeps is left out: it cannot change a result, or its values are inputs.
    """
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name in found or name in _ASIDE or name.startswith(_KEEPING):
            continue
        if module_file(name) is not None:
            found.add(name)
            waiting += _imports(name)
    return found


@cache
def _imports(name: str) -> tuple[str, ...]:
    file = module_file(name)
    assert file is not None
    found = []
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == PACKAGE.name:
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            found += [one if module_file(one) else node.module for one in inside]
    return tuple(found)


def module_file(name: str) -> Path | None:
    """The file of a module of the package; None where there is none, as for a module of somebody else."""
    room, *inside = name.split(".")
    if room != PACKAGE.name:
        return None
    path = PACKAGE.joinpath(*inside)
    return next((file for file in (path / "__init__.py", path.with_name(path.name + ".py")) if file.is_file()), None)
