"""Which of the user's files a corpus was read from, by their content."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from functools import cache
from pathlib import Path

from rnnvis import progress
from rnnvis.config import Source
from rnnvis.errors import check_plain
from rnnvis.text import source_files

_SHOWN_FROM = 256 * 2**20  # bytes that take long enough for a progress bar
_CHUNK = 2**20


def content_digest(source: Source, build: Path) -> str:
    """SHA-256 over names and content of the files of `source`; "" for a source that is fetched.

    Files are read again only after their size or time of change is another; `build/inputs.json` remembers.

    Raises:
        RnnvisError: the files are not there.
    """
    files = source_files(source)
    if not files:
        return ""
    for file in files:
        check_plain(file)
    found = tuple((str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files)
    return _digest(found, Path(source.path), build / "inputs.json")


@cache
def _digest(found: tuple[tuple[str, int, int], ...], root: Path, memory: Path) -> str:
    seen = hashlib.sha256(json.dumps(found).encode()).hexdigest()
    known = _remembered(memory)
    if seen not in known:
        known[seen] = _read(found, root)
        with suppress(OSError):
            memory.parent.mkdir(parents=True, exist_ok=True)
            part = memory.with_name(f"{memory.name}.{os.getpid()}.part")
            part.write_text(json.dumps(known, indent=0), encoding="utf-8")
            part.replace(memory)
    return known[seen]


def _read(found: tuple[tuple[str, int, int], ...], root: Path) -> str:
    digest = hashlib.sha256()
    total = sum(size for _, size, _ in found)
    with progress.bar("Checking the files", total=total, unit="bytes", shown=total >= _SHOWN_FROM) as bar:
        for name, size, _ in found:
            path = Path(name)
            inside = path.name if path == root else path.relative_to(root).as_posix()
            digest.update(f"{inside}\n{size}\n".encode())
            with path.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
                    bar.advance(len(chunk))
    return digest.hexdigest()


def _remembered(memory: Path) -> dict[str, str]:
    try:
        known = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}
