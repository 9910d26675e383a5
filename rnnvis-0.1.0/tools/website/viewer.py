"""The viewer's static files, built with Node, with DuckDB's Parquet extension beside them.

It imports little, so that it is at work as soon as it is called.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import zipfile
from pathlib import Path

from rnnvis.errors import RnnvisError
from rnnvis.progress import say
from rnnvis.recipes.keep.project import Project
from rnnvis.text import registry
from tools.website import node

DUCKDB = "v1.3.2"
_WHEEL = {
    "name": "embedding-atlas",
    "version": "0.19.0",
    "filename": "embedding_atlas-0.19.0-py3-none-any.whl",
    "sha256": "94c30fe37d079b3c344fa6f3927fcba22ae2555daad1642c24c62833268b493c",
}
_EXTENSION = f"{DUCKDB}/wasm_eh/parquet.duckdb_extension.wasm"
_EXTENSION_SHA256 = "0cd8dbaeeba5773e82254b2a2ae115d8bac33b67e55b1d5b55308796b5f86ce0"
_VIEWER_OUTSIDE = {"node_modules", "dist", "coverage", "test-results"}


def build_viewer(project: Project) -> Path:
    """The viewer's static files, with DuckDB's Parquet extension beside them, in `site/explorer/app`."""
    viewer, app = project.root / "viewer", project.root / "site" / "explorer" / "app"
    key = _viewer_key(viewer)
    stamp = app / "build.txt"
    if not stamp.is_file() or stamp.read_text(encoding="ascii").strip() != key:
        npm = node.npm()
        _install(npm, viewer)
        say("Building the viewer")
        run([*npm, "run", "build"], viewer, "the viewer did not build")
        extension = _extension(project)
        target = app / "duckdb" / "extensions" / _EXTENSION
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(extension)
        stamp.write_text(key + "\n", encoding="ascii")
    return app


def check_tools(project: Project) -> None:
    """Refuse, before anything is trained, where the viewer is not built and there is no Node to build it with."""
    stamp = project.root / "site" / "explorer" / "app" / "build.txt"
    if not stamp.is_file() or stamp.read_text(encoding="ascii").strip() != _viewer_key(project.root / "viewer"):
        node.npm()


def _viewer_key(viewer: Path) -> str:
    digest = hashlib.sha256(_EXTENSION_SHA256.encode())
    for path in sorted(viewer.rglob("*")):
        inside = path.relative_to(viewer)
        if not _VIEWER_OUTSIDE.intersection(inside.parts) and path.is_file():
            digest.update(inside.as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _install(npm: list[str], viewer: Path) -> None:
    lock = hashlib.sha256((viewer / "package-lock.json").read_bytes()).hexdigest()
    stamp = viewer / "node_modules" / ".installed"
    if stamp.is_file() and stamp.read_text(encoding="ascii") == lock:
        return
    say("Installing the viewer's dependencies")
    run([*npm, "ci", "--no-audit", "--no-fund"], viewer, "npm could not install the viewer's dependencies")
    stamp.write_text(lock, encoding="ascii")


def _extension(project: Project) -> bytes:
    wheel = registry.fetch(**_WHEEL, cache=project.downloads)
    with zipfile.ZipFile(wheel) as archive:
        data = archive.read(f"embedding_atlas/static/duckdb-wasm/{_EXTENSION}")
    if hashlib.sha256(data).hexdigest() != _EXTENSION_SHA256:
        raise RnnvisError(
            f"{wheel}: the DuckDB extension inside has another SHA-256 than expected", "delete the file and run again"
        )
    return data


def run(command: list[str], folder: Path, failed: str) -> None:
    """Run `command` in `folder`; RnnvisError with `failed` and the end of what it printed."""
    path = os.pathsep.join([str(Path(command[0]).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path, "NO_MKDOCS_2_WARNING": "1"}
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise RnnvisError(f"{failed}: {command[0]}: {error.strerror}") from None
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-25:])
        raise RnnvisError(f"{failed}:\n{tail}", "mend what is named above and run again; earlier results are kept")
