"""`rnnvis.serve`: page, viewer and data on loopback, and nothing else."""

from __future__ import annotations

import urllib.error
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner

import rnnvis
from rnnvis.api import serve
from rnnvis.cli import main
from rnnvis.server import loopback
from tests import synthetic


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    app = tmp_path / "app"
    app.mkdir()
    (app / "rnnvis-explorer.js").write_text("export {};\n", encoding="ascii")
    monkeypatch.setattr(serve, "app", lambda: app)
    (tmp_path / "secret.txt").write_text("mine", encoding="ascii")
    synthetic.publish(tmp_path / "data", units=12, words=60, sentences=60)
    return tmp_path / "data"


def test_the_page_finds_the_viewer_and_the_data(folder: Path) -> None:
    with rnnvis.serve(folder) as running:
        page = urllib.request.urlopen(running.url).read().decode()
        assert 'src="app/rnnvis-explorer.js"' in page
        assert "default-src 'self'" in page
        for path in ("app/rnnvis-explorer.js", "data/manifest.json"):
            assert urllib.request.urlopen(running.url + path).status == 200
        part = urllib.request.Request(running.url + "data/manifest.json", headers={"Range": "bytes=0-9"})
        assert len(urllib.request.urlopen(part).read()) == 10


def test_the_command_shows_the_explorer_over_a_published_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bytes] = []
    monkeypatch.setattr(
        loopback.Serving, "wait", lambda running: seen.append(urllib.request.urlopen(running.url).read())
    )
    result = CliRunner().invoke(main, ["serve", str(folder), "--port", "0"])
    assert result.exit_code == 0, result.output
    assert "Serving http://127.0.0.1:" in result.output
    assert b'src="app/rnnvis-explorer.js"' in seen[0]


@pytest.mark.parametrize(
    "path", ["data/../secret.txt", "data/%2e%2e/secret.txt", "secret.txt", "etc/passwd", "data/", "app"]
)
def test_nothing_else_exists(folder: Path, path: str) -> None:
    with rnnvis.serve(folder) as running, pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(running.url + path)


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(rnnvis.RnnvisError, match=r"manifest\.json: no such file"):
        rnnvis.serve(tmp_path)
