"""Two builds of one project in surroundings as different as can be: which of the published files are not the same."""

from __future__ import annotations

from pathlib import Path

from tests.python import tiny
from tests.soak.processes import command, finished, held

SURROUNDINGS: dict[str, tuple[dict[str, str], int]] = {
    "a": ({"LC_ALL": "C", "TZ": "UTC", "PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1"}, 0o022),
    "ein anderer Ordner 🙂": (
        {"LC_ALL": "C.UTF-8", "LANG": "tr_TR.UTF-8", "TZ": "Pacific/Chatham", "PYTHONHASHSEED": "4242"}
        | {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2", "MKL_NUM_THREADS": "2"},
        0o077,
    ),
}


def differing(folder: Path) -> tuple[int, list[str]]:
    """How many files the first build publishes, and those that differ or that only one of them has."""
    found = []
    for name, (environment, umask) in SURROUNDINGS.items():
        root = tiny.project(folder / name, cells=("gru",), epochs=2)
        build = command("--root", root, "regenerate", "--quick", "--no-site")
        finished(build, folder, environment=environment, umask=umask)
        found.append(held(root / "site" / "explorer" / "data"))
    one, other = found
    return len(one), sorted(name for name in {*one, *other} if one.get(name) != other.get(name))
