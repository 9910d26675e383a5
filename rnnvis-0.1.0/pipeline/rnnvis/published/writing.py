"""Files that are written whole or not at all, in folders that somebody else may have prepared.

A temporary name is unpredictable and opened exclusively, and no link is followed: a folder that was received from
somebody else cannot make a publish write, read or delete anywhere but inside of it.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from filelock import FileLock, Timeout

from rnnvis.errors import RnnvisError, unusable
from rnnvis.progress import say

LOCK = ".rnnvis.lock"
SCRATCH = ".rnnvis-"


def is_plain(path: Path, directory: bool = False) -> bool:
    """Whether `path` itself, not what a link leads to, is a plain file (or a directory)."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        return False
    return stat.S_ISDIR(mode) if directory else stat.S_ISREG(mode)


@contextmanager
def fresh(path: Path) -> Iterator[IO[bytes]]:
    """A new file that takes the place of `path` at the end; after an exception nothing is left of it.

    A link at `path` is replaced, and what it leads to stays as it is.

    Raises:
        RnnvisError: the folder cannot be written, or the disk is full.
    """
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:80]}.", suffix=".tmp", dir=path.parent)
        temporary = Path(name)
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        raise RnnvisError(
            f"{path}: cannot be written: {error.strerror or error}", "free some disk space and run again"
        ) from None
    except UnicodeEncodeError:
        raise RnnvisError(
            f"{str(path)!a}: a name that is no Unicode text cannot be written", "choose another name"
        ) from None
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the published `folder`, which is made if need be: one publish at a time writes there, others wait.

    What a publish that was killed left half made is cleared.

    Raises:
        RnnvisError: the folder cannot be written, or its lock is a link.
    """
    lock = folder / LOCK
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if lock.is_symlink():
            raise RnnvisError(f"{lock} is a link, which rnnvis never makes", f"delete it: rm {lock}")
        held = FileLock(lock)
        try:
            held.acquire(timeout=0)
        except Timeout:
            say(f"Waiting for another publish into {folder} to end")
            held.acquire()
    except OSError as error:
        raise unusable(error, folder) from error
    try:
        for remains in folder.glob(f"{SCRATCH}*"):
            if is_plain(remains, directory=True):
                shutil.rmtree(remains, ignore_errors=True)
        for remains in folder.glob(".*.tmp"):
            remains.unlink(missing_ok=True)
        yield
    finally:
        held.release()


def scratch(folder: Path) -> Path:
    """A new folder inside the published `folder` for what is not finished; `alone` clears those of killed publishes"""
    return Path(tempfile.mkdtemp(prefix=SCRATCH, dir=folder))
