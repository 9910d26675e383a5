"""The snippets of the guide, run as they stand on the page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnnvis.tables.publishing import read_manifest
from rnnvis.tables.verify import verify

PAGE = Path(__file__).parents[2] / "site" / "your-model.md"
CODE = re.compile(r"^(<!-- not run[^\n]*-->\n)?```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def snippets() -> list[str]:
    return [code for skipped, code in CODE.findall(PAGE.read_text(encoding="utf-8")) if not skipped]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """What the page's names stand for after all of its snippets, and the folder they were run in."""
    folder = tmp_path_factory.mktemp("guide")
    random = np.random.default_rng(0)
    names: dict[str, Any] = {
        "vocabulary": [f"word{i}" for i in range(40)],
        "sequences": [random.integers(0, 40, random.integers(2, 15)).tolist() for _ in range(120)],
        "labels": random.integers(0, 2, 120).tolist(),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for code in snippets():
            exec(compile(code, str(PAGE), "exec"), names)
    return names, folder


def test_every_snippet_runs_and_publishes_whole_folders(ran: tuple[dict[str, Any], Path]) -> None:
    names, folder = ran
    assert len(snippets()) == 7
    for name in ("out", "translator"):
        assert verify(folder / name).problems == []
    manifest = read_manifest(folder / "translator")
    assert [(d["name"], d["models"][0]["title"]) for d in manifest["datasets"]] == [
        ("sources", "encoder"),
        ("targets", "decoder"),
    ]
    assert set(names["recording"].states) == {"cell.0.h", "cell.0.c"}
    for name in ("my-classifier.html", "everything.html"):
        assert "<rnnvis-explorer>" in (folder / name).read_text(encoding="utf-8")


def test_a_snippet_is_short_enough_to_copy() -> None:
    assert all(len([line for line in code.splitlines() if line.strip()]) < 30 for code in snippets())


def test_counts_are_those_of_the_text(ran: tuple[dict[str, Any], Path]) -> None:
    names, _ = ran
    count = names["recording"].responses["cell.0.c"].count
    assert dict(zip(names["characters"], count.tolist(), strict=True)) == {
        c: "".join(names["text"]).count(c) for c in names["characters"]
    }
