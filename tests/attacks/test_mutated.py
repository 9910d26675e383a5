"""Damaged files of every format end in our error or in a right result: the short form of what `make soak` does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak.campaign import campaign
from tests.soak.edits import Edit, changed, damaged
from tests.soak.formats import FORMATS, RIGHT, SAID

INPUTS = 40


@pytest.mark.parametrize("name", FORMATS)
def test_damaged_inputs_are_named_or_read_right(tmp_path: Path, name: str) -> None:
    ended = campaign(name, tmp_path / "files", INPUTS)
    assert {*ended} <= {RIGHT, SAID}
    assert ended[SAID] > INPUTS // 4, "the damage reaches what is checked"
    assert sum(ended.values()) >= INPUTS // 2


def test_a_fault_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a reader lets the error of its library through, the campaign does not pass."""

    def broken(*_: object) -> None:
        raise IndexError("of a library")

    monkeypatch.setattr("rnnvis.api.saved.numpy_files._whole", broken)
    monkeypatch.setattr("tests.soak.campaign.assert_good", lambda *_: None)
    with pytest.raises(IndexError, match="of a library"):
        campaign("ids in .npy", tmp_path / "files", 20)


def test_a_wrong_result_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = FORMATS["ids in .npy"].read
    monkeypatch.setattr("rnnvis.api.saved.tokens.checked_ids", lambda ids, words, where: (ids * 0).astype("int32"))
    FORMATS["ids in .npy"].make(tmp_path)
    with pytest.raises(AssertionError, match="other ids than those in the file"):
        real(tmp_path, [])


def test_edits_change_what_they_say() -> None:
    assert damaged(b"abc", [Edit("flip", 0.0, 0)]) == b"`bc"
    assert damaged(b"abcdef", [Edit("cut", 0.5, 0)]) == b"abc"
    assert damaged(b"", [Edit("delete", 0.5, 0)]) == b""
    assert changed({"a": [1, 2]}, [Edit("missing", 0.9, 0)]) == {"a": [1]}
    assert changed({"a": 1}, [Edit("renamed", 0.9, 0)]) == {"a_": 1}
