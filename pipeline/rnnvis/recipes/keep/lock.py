"""One command at a time works in a checkout: two would write into the same unfinished folders."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rnnvis.errors import RnnvisError
from rnnvis.recipes.keep.project import Project


@contextmanager
def working(project: Project) -> Iterator[None]:
    """Hold the checkout while stages run. The system lets go of it when the process ends, however it ends.

    Raises:
        RnnvisError: another command holds it.
    """
    if sys.platform == "win32" or not (project.root / "datasets").is_dir():
        yield
        return
    import fcntl

    project.build.mkdir(parents=True, exist_ok=True)
    with (project.build / "working.lock").open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            process = file.read(20).strip() or "unknown"
            raise RnnvisError(
                f"{project.root}: another rnnvis command is at work here (process {process})",
                "wait until it has ended, or stop it, and run again",
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
