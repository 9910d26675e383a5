"""A full disk, a folder that cannot be written, too few file handles: one error with its fix, and nothing half made."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rnnvis.published.verify import verify
from tests.soak.processes import finished, held, importing, refused, states


def largest_file(size: int) -> Callable[[], None]:
    """What lets no file of the process grow beyond `size` bytes."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def _handles(count: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))


@contextmanager
def _small_disk(folder: Path, size: str) -> Iterator[bool]:
    """A disk of `size` at `folder`, where this process may mount one; whether it may."""
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True, check=False
    )
    try:
        yield done.returncode == 0
    finally:
        if done.returncode == 0:
            subprocess.run(["umount", folder], check=True)


@contextmanager
def _read_only(folder: Path) -> Iterator[bool]:
    """`folder` cannot be written; whether that could be had. Root writes by any permissions, and needs a mount."""
    if os.geteuid():
        folder.chmod(0o555)
        try:
            yield True
        finally:
            folder.chmod(0o755)
        return

    def mounted(*options: str) -> bool:
        return not subprocess.run(["mount", *options, folder], capture_output=True, check=False).returncode

    bound = mounted("--bind", str(folder))
    try:
        yield bound and mounted("-o", "remount,bind,ro")
    finally:
        if bound:
            subprocess.run(["umount", folder], check=True)


def tried(folder: Path) -> list[str]:
    """Publish under each limit, into a new folder and over a published one; which limits could be tried here.

    AssertionError where one ends in a traceback, in an error without a fix, or changes what was published before.
    """
    folder.mkdir(parents=True, exist_ok=True)
    states(folder)
    finished(importing(0, folder / "before"), folder)
    before = held(folder / "before")
    done = []
    for size in (0, 1000, 20_000):
        for out in (folder / "before", folder / f"new{size}"):
            refused(importing(1, out), folder, largest_file(size))
    done.append("no file may grow beyond 0, 1,000 or 20,000 bytes")
    for count in (12, 16, 20):
        process_said = _few_handles(folder, count)
        assert "Traceback" not in process_said, process_said
    done.append("12, 16 and 20 open files at most")
    with _small_disk(folder / "disk", "300k") as there:
        if there:
            assert "No space left" in refused(importing(1, folder / "disk" / "out"), folder)
            done.append("a disk of 300 kB")
    closed = folder / "closed"
    shutil.copytree(folder / "before", closed)
    with _read_only(closed) as is_closed:
        if is_closed:
            refused(importing(1, closed), folder)
            done.append("a folder that may not be written")
    refused(importing(1, Path("/proc/rnnvis")), folder)
    done.append("a file system that takes no folder")
    assert held(folder / "before") == before, "what was published before has changed"
    assert verify(folder / "before").problems == []
    finished(importing(1, folder / "before"), folder)
    return done


def _few_handles(folder: Path, count: int) -> str:
    """Few handles may be enough or not: it succeeds, or says which file could not be opened."""
    try:
        return refused(importing(1, folder / f"few{count}"), folder, _handles(count))
    except AssertionError as error:
        said = error.args[0]
        if isinstance(said, tuple) and said[0] == 0:
            return str(said[1])
        raise
