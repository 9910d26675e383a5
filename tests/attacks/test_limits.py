"""Limits of the machine, and many readers: the short form of what `make soak` does at length."""

from __future__ import annotations

from pathlib import Path

from tests.soak.limits import largest_file
from tests.soak.processes import importing, refused, states
from tests.soak.readers import reading


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    states(tmp_path)
    said = refused(importing(0, tmp_path / "out"), tmp_path, largest_file(1000))
    assert "File too large" in said
    assert not [path for path in (tmp_path / "out").iterdir() if path.name != ".rnnvis.lock"]


def test_many_readers_of_a_served_folder_get_whole_files(tmp_path: Path) -> None:
    for number, size in enumerate((0, 1, 1000, 300_000)):
        (tmp_path / f"{number}.parquet").write_bytes(bytes(range(256)) * (size // 256 + 1) if size else b"")
    counted = reading(tmp_path, 20, 2)
    assert counted["errors"] == 0
    assert counted["answers"] > 20
