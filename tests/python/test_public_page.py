"""A recording as one HTML page: what goes in, what is left out, and what a notebook shows without the viewer."""

from __future__ import annotations

import base64
import gzip
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rnnvis
from rnnvis.api import page as pages
from rnnvis.published import files
from rnnvis.published.inlining import LIMIT, OPTIONAL, Inlined, inline
from rnnvis.published.publishing import named_files, read_manifest
from tests.browser import recorded

FILE = re.compile(r'<script type="text/plain" data-file="([^"]+)"[^>]*>([^<]*)</script>')
MANIFEST = re.compile(r'<script type="application/json" data-file="manifest\.json">([^<]*)</script>')


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published folder with one recording."""
    folder = tmp_path_factory.mktemp("out")
    recorded.recording().publish(folder, name="<b>one</b>", largest_k=5)
    return folder


@pytest.fixture
def viewer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A viewer that does nothing."""
    app = tmp_path / "app"
    (app / "fonts").mkdir(parents=True)
    (app / pages.VIEWER).write_text("console.log('</script>')", encoding="utf-8")
    (app / "fonts" / "inter-latin-wght-normal-abc.woff2").write_bytes(b"font")
    monkeypatch.setattr(pages, "app", lambda: app)
    return app


def sizes(folder: Path) -> dict[str, int]:
    """Bytes of the published tables, by table."""
    found: dict[str, int] = {}
    for name in named_files(read_manifest(folder)):
        table = name.rsplit("-", 1)[0]
        found[table] = found.get(table, 0) + (folder / name).stat().st_size
    del found["first_view"], found["step_model"]
    return found


def tables(held: Inlined) -> int:
    """Bytes of the tables in a page."""
    return sum(len(data) for name, data in held.files.items() if name.endswith(".parquet"))


def test_the_page_holds_every_file_and_its_text_ends_no_element(folder: Path, viewer: Path, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    assert str(path) in rnnvis.to_html(folder, path)
    text = path.read_text(encoding="utf-8")
    [manifest] = MANIFEST.findall(text)
    held = {name: base64.b64decode(content) for name, content in FILE.findall(text)}
    named = named_files(json.loads(manifest))
    assert {name for name in held if name.endswith((".parquet", ".safetensors"))} == named
    assert all(held[name] == (folder / name).read_bytes() for name in named)
    assert gzip.decompress(held["viewer"]) == (viewer / pages.VIEWER).read_bytes()
    assert held["Inter Variable"] == b"font"
    assert text.count("<script") == text.count("</script>") == len(held) + 2
    assert "<title>&lt;b&gt;one&lt;/b&gt;: rnnvis</title>" in text
    assert not re.search(r"(src|href)=(?!\"data:,\")", text)
    rnnvis.to_html(folder, path)
    assert path.read_text(encoding="utf-8") == text


def test_states_go_first_and_the_sentence_shown_keeps_its_own(folder: Path, tmp_path: Path) -> None:
    size = sizes(folder)
    whole = inline(folder, tmp_path / "whole")
    assert (tables(whole), whole.left_out) == (sum(size.values()), ())
    limit = sum(size.values()) - size["states"] // 2
    cut = inline(folder, tmp_path / "cut", limit)
    assert tables(cut) <= limit
    [dataset] = cut.manifest["datasets"]
    [state] = dataset["models"][0]["states"]
    for name, data in cut.files.items():
        (tmp_path / name).write_bytes(data)
    rows = {
        place: files.read("states", [at / file["path"] for file in entry["tables"]["states"]["files"]])
        for place, at, entry in (
            ("cut", tmp_path, state),
            ("whole", folder, read_manifest(folder)["datasets"][0]["models"][0]["states"][0]),
        )
    }
    kept = set(rows["cut"]["sentence_id"].to_pylist())
    assert state["published_sentences"] == len(kept) < len(recorded.sentences())
    assert cut.left_out == (f"states along {120 - len(kept)} of 120 sentences",)
    inside = np.isin(rows["whole"]["sentence_id"].to_numpy(), list(kept))
    assert rows["cut"].equals(rows["whole"].filter(inside))
    shown = files.read("sentences", [folder / f["path"] for f in dataset["tables"]["sentences"]["files"]])
    assert shown["key"].to_pylist().index(dataset["view"]["sentence"]) in kept
    there = {name.rsplit("-", 1)[0] for name in cut.files}
    assert {table for table in size if table != "states"} == there - {"states", "step_model"}


def test_tables_follow_in_their_order_and_what_is_needed_is_never_cut(folder: Path, tmp_path: Path) -> None:
    size = sizes(folder)
    there = [table for table in OPTIONAL if table in size]
    assert len(there) >= 4
    needed = sum(n for table, n in size.items() if table != "states" and table not in OPTIONAL)
    before: tuple[str, ...] = ()
    for gone in range(1, len(there) + 1):
        limit = needed + sum(size[table] for table in there[gone:]) + 1500
        held = inline(folder, tmp_path / str(gone), limit)
        assert held.left_out[1:] == tuple(OPTIONAL[table] for table in there[:gone])
        assert held.left_out[1 : len(before) + 1] == before
        before = held.left_out[1:]
    with pytest.raises(rnnvis.RnnvisError, match=r"cannot do without; a page may hold 0\.0 MB"):
        inline(folder, tmp_path / "none", needed // 2)
    assert LIMIT == 10_000_000


def test_a_notebook_without_the_viewer_shows_a_table_and_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Path:
        raise rnnvis.RnnvisError("the viewer is not built", "in /there: rnnvis viewer")

    monkeypatch.setattr(pages, "app", missing)
    recording = recorded.recording()
    shown = recording._repr_html_()
    assert "iframe" not in shown
    assert "rnnvis viewer" in shown
    assert "<td><code>gru.0.h</code></td><td>12</td>" in shown
    responses = recording.responses["gru.0.h"]
    norm = np.where(responses.count >= 8, np.linalg.norm(responses.mean, axis=1), 0)
    top = [recorded.WORDS[i] for i in np.argsort(-norm)[:6]]
    assert all(word.replace("<", "&lt;").replace(">", "&gt;") in shown for word in top if '"' not in word)
    assert "<script" not in shown
    assert "<img" not in shown


def test_the_frame_is_sandboxed_and_made_once(viewer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recording = recorded.recording()
    shown = recording._repr_html_()
    assert shown.startswith('<iframe sandbox="allow-scripts allow-downloads"')
    assert "allow-same-origin" not in shown
    assert shown.count("<iframe") == 1
    assert shown.count("<script>") == shown.count("<script") == 1
    assert recording._repr_html_() is shown


@pytest.mark.parametrize(
    ("arrange", "message"),
    [
        (lambda folder, tmp: (tmp / "nothing", tmp / "page.html"), r"nothing/manifest\.json: no such file"),
        (lambda folder, tmp: (folder, tmp / "file" / "page.html"), r"file"),
    ],
)
def test_what_is_wrong_is_named(arrange: Any, message: str, folder: Path, viewer: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(rnnvis.RnnvisError, match=message):
        rnnvis.to_html(*arrange(folder, tmp_path))


def test_a_viewer_of_before_is_named(folder: Path, viewer: Path, tmp_path: Path) -> None:
    (viewer / pages.VIEWER).unlink()
    with pytest.raises(rnnvis.RnnvisError, match="earlier version"):
        rnnvis.to_html(folder, tmp_path / "page.html")
