"""The first release of a source that can be had, and what to say when its file is not as expected."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

from rnnvis import progress
from rnnvis.config import Release
from rnnvis.errors import RnnvisError
from rnnvis.text import registry


def first_release(releases: tuple[Release, ...], cache: Path) -> Path:
    """Fetch the releases in order until one is there; its path under `cache`, or the first one's error."""
    if not releases:
        raise RnnvisError("the source names no release", "add [[source.releases]] to the dataset's TOML")
    failures = []
    for release in releases:
        try:
            return registry.fetch(release.package, release.version, release.filename, release.sha256, cache)
        except RnnvisError as error:
            failures.append(error)
            if release is not releases[-1]:
                progress.say(f"{error.message}; trying the next release")
    raise failures[0]


def member(archive: Path, name: str, largest: int) -> bytes:
    """The file `name` in a downloaded `archive`, of at most `largest` bytes; RnnvisError for one that is not there."""
    try:
        with zipfile.ZipFile(archive) as of:
            size = of.getinfo(name).file_size
            if size > largest:
                raise damaged(f"{archive.name}:{name}: {size:,} bytes, more than the {largest:,} that are read")
            return of.read(name)
    except KeyError:
        raise damaged(f"{archive.name}: holds no {name}") from None
    except (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError) as error:
        raise damaged(f"{archive.name}: not a readable archive: {error}") from None


def damaged(message: str) -> RnnvisError:
    """The error for a downloaded file that does not hold what it should."""
    return RnnvisError(
        message, "delete the downloaded file and run again, or correct the release in the dataset's TOML"
    )
