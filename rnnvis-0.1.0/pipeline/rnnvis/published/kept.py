"""Files that a folder holds beside those of its manifest: those of the publish before, apart, for pages still open."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from rnnvis.errors import unusable
from rnnvis.published.writing import is_plain

KEPT = "kept"  # the folder inside a published one; no part of a site
_ENDINGS = {".parquet", ".pack"}
_STEP_MODEL = "step_model-"


def data_files(folder: Path) -> list[Path]:
    """Every file of rows or of a step model below `folder`, also those that a stopped publish left half written."""
    found = (Path(home, name) for home, _, names in os.walk(folder) for name in names)
    return sorted(path for path in found if _ENDINGS.intersection(path.suffixes) or path.name.startswith(_STEP_MODEL))


def set_aside(folder: Path, before: Iterable[str], named: Iterable[str]) -> list[Path]:
    """Move the files called `before` that are no longer `named` into `kept`; drop what else is not named.

    Returns what is kept from now on. Raises RnnvisError where the folder cannot be changed.
    """
    home, names = folder / KEPT, set(named)
    wanted = {name for name in before if name not in names and is_plain(folder / name)}
    try:
        if home.is_symlink():
            home.unlink()
        for path in home.glob("*"):
            path.unlink()
        for name in sorted(wanted):
            home.mkdir(exist_ok=True)
            (folder / name).replace(home / name)
        for path in data_files(folder):
            inside = path.relative_to(folder)
            at_work = inside.parts[0].startswith(".")  # the scratch folder of a publish
            if not at_work and inside.parts[0] != KEPT and str(inside) not in names:
                path.unlink()
        if home.is_dir() and not wanted:
            home.rmdir()
    except OSError as error:
        raise unusable(error, folder) from error
    return [home / name for name in sorted(wanted)]


def tidy(folder: Path, named: Iterable[str]) -> int:
    """Drop every data file below `folder` that is none of the `named` ones; how many there were."""
    known = {folder / name for name in named}
    found = [path for path in data_files(folder) if path not in known]
    try:
        for path in found:
            path.unlink()
            if path.parent != folder and not any(path.parent.iterdir()):
                path.parent.rmdir()
    except OSError as error:
        raise unusable(error, folder) from error
    return len(found)
