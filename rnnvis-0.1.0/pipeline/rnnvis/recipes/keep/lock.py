"""One command at a time works in a checkout: two would write into the same unfinished folders."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from rnnvis.errors import RnnvisError
from rnnvis.recipes.keep.project import Project


@contextmanager
def working(project: Project) -> Iterator[None]:
    """Hold the checkout while stages run. The system lets go of it when the process ends, however it ends.

    Raises:
        RnnvisError: another command holds it.
    """
    if not (project.root / "datasets").is_dir():
        yield
        return
    project.build.mkdir(parents=True, exist_ok=True)
    holder = project.build / "working.process"
    lock = FileLock(project.build / "working.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        process = holder.read_text(encoding="ascii").strip() if holder.is_file() else "unknown"
        raise RnnvisError(
            f"{project.root}: another rnnvis command is at work here (process {process})",
            "wait until it has ended, or stop it, and run again",
        ) from None
    try:
        holder.write_text(f"{os.getpid()}\n", encoding="ascii")
        yield
    finally:
        lock.release()
