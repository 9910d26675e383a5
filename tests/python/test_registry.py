"""The package registry, played by a small server on loopback."""

import errno
import hashlib
import http.server
import os
import threading
from pathlib import Path

import pytest

from rnnvis.errors import RnnvisError
from rnnvis.text import registry

CONTENT = b"some text in a package\n" * 5000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
PAGE = '<html><body><a href="../../files/snippets-1.0.tar.gz">snippets-1.0.tar.gz</a></body></html>'


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        answers = {
            "/simple/snippets/": ("text/html", PAGE.encode()),
            "/files/snippets-1.0.tar.gz": ("application/octet-stream", self.server.content),
            "/simple/odd/": ("image/png", b"not an index"),
        }
        kind, body = answers.get(self.path, ("text/plain", b"no such page"))
        self.send_response(200 if self.path in answers else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) + self.server.missing))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def index(monkeypatch):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.content, server.asked, server.missing = CONTENT, [], 0
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_port}/simple/")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield server
        server.shutdown()
        thread.join()


def fetch(cache, name="snippets", filename="snippets-1.0.tar.gz", sha256=SHA256):
    return registry.fetch(name, "1.0", filename, sha256, cache)


def failure(cache, **changes):
    with pytest.raises(RnnvisError) as caught:
        fetch(cache, **changes)
    assert caught.value.fix
    assert not cache.exists() or not list(cache.iterdir())
    return str(caught.value)


def test_a_file_is_downloaded_once(index, tmp_path):
    path = fetch(tmp_path)
    assert path.read_bytes() == CONTENT
    assert [p.name for p in tmp_path.iterdir()] == ["snippets-1.0.tar.gz"]
    asked = list(index.asked)
    assert fetch(tmp_path) == path
    assert index.asked == asked


def test_a_damaged_copy_in_the_cache_is_replaced(index, tmp_path):
    (tmp_path / "snippets-1.0.tar.gz").write_bytes(CONTENT[:100])
    assert fetch(tmp_path).read_bytes() == CONTENT


def test_a_wrong_hash_leaves_no_file(index, tmp_path):
    message = failure(tmp_path / "cache", sha256="0" * 64)
    assert SHA256 in message
    assert "0" * 64 in message


def test_a_download_without_an_end_is_stopped(index, tmp_path, monkeypatch):
    monkeypatch.setattr(registry, "LARGEST_DOWNLOAD", len(CONTENT) - 1)
    assert f"larger than {len(CONTENT) - 1:,} bytes" in failure(tmp_path)


def test_what_a_killed_download_left_goes_with_the_next_one(index, tmp_path):
    left, at_work = (tmp_path / f"snippets-1.0.tar.gz.{number}.part" for number in (1, 2))
    for path in (left, at_work):
        path.write_bytes(b"half")
    os.utime(left, (0, 0))
    fetch(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["snippets-1.0.tar.gz", at_work.name]


def test_an_unknown_file_names_the_versions_there_are(index, tmp_path):
    message = failure(tmp_path / "cache", filename="snippets-2.0.tar.gz")
    assert "snippets-2.0.tar.gz" in message
    assert "1.0" in message


def test_an_unknown_package(index, tmp_path):
    assert "has no package absent" in failure(tmp_path / "cache", name="absent")


def test_an_answer_that_is_no_index(index, tmp_path):
    assert "does not answer like a package index" in failure(tmp_path / "cache", name="odd")


def test_a_download_cut_short_leaves_no_file(index, tmp_path, monkeypatch):
    whole_page = registry._find

    def then_cut(*arguments):
        package = whole_page(*arguments)
        index.missing = 10
        return package

    monkeypatch.setattr(registry, "_find", then_cut)
    assert "cannot be used" in failure(tmp_path / "cache")


def test_an_unreachable_registry_shows_no_password(monkeypatch, tmp_path):
    monkeypatch.setenv("PIP_INDEX_URL", "http://someone:secret@127.0.0.1:9/simple/")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    message = failure(tmp_path / "cache")
    assert "127.0.0.1:9" in message
    assert "PIP_INDEX_URL" in message
    assert "secret" not in message


def test_a_full_disk_is_named(index, tmp_path, monkeypatch):
    opened = Path.open

    class Full:
        def __init__(self, file):
            self.file = file

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.file.close()

        def write(self, data):
            raise OSError(errno.ENOSPC, "No space left on device")

    def open_(self, mode="r", *rest, **named):
        file = opened(self, mode, *rest, **named)
        return Full(file) if mode == "wb" else file

    monkeypatch.setattr(Path, "open", open_)
    assert "no space left" in failure(tmp_path / "cache")


def test_the_index_comes_from_the_environment_then_from_pip(monkeypatch):
    monkeypatch.setattr(registry, "_pip_setting", lambda key: "http://pip.example/simple")
    monkeypatch.setenv("PIP_INDEX_URL", " http://environment.example/simple ")
    assert registry.index_url() == "http://environment.example/simple"
    monkeypatch.delenv("PIP_INDEX_URL")
    assert registry.index_url() == "http://pip.example/simple"
    monkeypatch.setattr(registry, "_pip_setting", lambda key: "")
    assert registry.index_url() == registry.PYPI_SIMPLE_ENDPOINT
