"""The snippets of the guide, run as they stand on the page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnnvis.tables.files import read
from rnnvis.tables.publishing import read_manifest
from rnnvis.tables.verify import verify
from tests import synthetic

PAGE = Path(__file__).parents[2] / "site" / "your-model.md"
CODE = re.compile(r"^(<!-- not run[^\n]*-->\n)?```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def snippets(page: Path = PAGE) -> list[str]:
    return [code for skipped, code in CODE.findall(page.read_text(encoding="utf-8")) if not skipped]


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
    _, folder = ran
    assert len(snippets()) == 6
    for name in ("out", "translator"):
        assert verify(folder / name).problems == []
    manifest = read_manifest(folder / "translator")
    states = [(d["name"], [s["name"] for s in d["models"][0]["states"]]) for d in manifest["datasets"]]
    assert states == [
        ("sources", ["encoder.0.h", "encoder.0.c"]),
        ("sources, decoder", ["decoder.0.h", "decoder.0.c"]),
    ]


def test_a_snippet_is_short_enough_to_copy() -> None:
    assert all(len([line for line in code.splitlines() if line.strip()]) < 30 for code in snippets())


def test_counts_are_those_of_the_text(ran: tuple[dict[str, Any], Path]) -> None:
    names, _ = ran
    count = names["spelled"].responses["cell.0.c"].count
    assert dict(zip(names["characters"], count.tolist(), strict=True)) == {
        c: "".join(names["text"]).count(c) for c in names["characters"]
    }


def test_a_cell_of_ones_own_learns_and_publishes_its_attention(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = PAGE.with_name("your-own-cell.md")
    code = snippets(page)
    assert sum(len([line for line in part.splitlines() if line.strip()]) for part in code[:3]) < 80
    synthetic.publish(tmp_path / "site" / "explorer" / "data", units=8, words=80, sentences=2400)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for part in code:
        exec(compile(part, str(page), "exec"), names)
    assert verify(tmp_path / "mgu").problems == []
    model = read_manifest(tmp_path / "mgu")["datasets"][0]["models"][0]
    assert [state["name"] for state in model["states"]] == ["mgu.0.h"]
    rows = read("attention", [tmp_path / "mgu" / file["path"] for file in model["tables"]["attention"]["files"]])
    sums = [sum(weights) for weights in rows["weight"].to_pylist()]
    assert len(sums) == len(names["sequences"])
    np.testing.assert_allclose(sums, 1, atol=5e-3)
    assert float(names["loss"].detach()) < 0.6, "no better than guessing"
    assert set(names["matrices"].states) == {f"memory.0.M_{name}" for name in ("rows", "columns", "singular")}
