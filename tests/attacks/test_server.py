"""The server on loopback against other people's pages, folders and clients."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from rnnvis.server import loopback
from rnnvis.server.loopback import Serving, serve_site


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "index.html").write_text("<p>hello")
    (inside / "data.parquet").write_bytes(bytes(1000))
    (inside / ".git").mkdir()
    (inside / ".git" / "config").write_text("secret")
    (inside / ".env").write_text("secret")
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret.txt").write_text("secret")
    (inside / "link.txt").symlink_to(tmp_path / "secret.txt")
    (inside / "linked").symlink_to(tmp_path / "elsewhere")
    (inside / "plain.txt").symlink_to(inside / ".env")
    return inside


@pytest.fixture
def running(folder: Path) -> Iterator[Serving]:
    with serve_site(folder) as serving:
        yield serving


def raw(running: Serving, request: bytes) -> bytes:
    """What comes back for these bytes, until the server ends the connection."""
    with socket.create_connection(("127.0.0.1", running.port), timeout=20) as connection:
        connection.sendall(request)
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


@pytest.mark.parametrize(
    "path",
    ["link.txt", "linked/secret.txt", ".env", ".git/config", "plain.txt", "%2e%2e/secret.txt", "..%2fsecret.txt"],
)
def test_links_out_of_the_folder_and_hidden_files_do_not_exist(running: Serving, path: str) -> None:
    answer = raw(running, f"GET /{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 404")
    assert b"secret" not in answer


def test_a_device_or_a_pipe_in_the_folder_does_not_hang(running: Serving, folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    assert requests.get(running.url + "pipe", timeout=10).status_code == 404


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
def test_only_loopback_is_a_host_so_that_no_rebound_name_reads_files(running: Serving, host: str) -> None:
    assert requests.get(running.url, headers={"Host": host}, timeout=10).status_code == 400


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1234"])
def test_loopback_by_either_name_is_served(running: Serving, host: str) -> None:
    answer = requests.get(running.url, headers={"Host": host}, timeout=10)
    assert (answer.status_code, answer.headers["X-Content-Type-Options"]) == (200, "nosniff")


@pytest.mark.parametrize(
    ("path", "more", "status"),
    [
        ("/%00", "", 404),
        ("/a%00/../index.html", "", 200),
        ("/" + "a" * 5000, "", 404),
        ("/data.parquet", "Range: bytes=" + ",".join(f"{i}-{i}" for i in range(2000)) + "\r\n", 200),
        ("/data.parquet", "Range: bytes=" + "9" * 5000 + "-\r\n", 400),
        ("/data.parquet", "Range: bytes=5-2\r\n", 400),
        ("/data.parquet", "Range: bytes=1000-\r\n", 416),
        ("/index.html/x", "", 404),
    ],
)
def test_odd_requests_are_answered_without_a_traceback(
    running: Serving, capfd: pytest.CaptureFixture[str], path: str, more: str, status: int
) -> None:
    asked = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{more}\r\n"
    answer = raw(running, asked.encode())
    assert answer.startswith(b"HTTP/1.1 %d" % status)
    assert b"Traceback" not in answer
    assert capfd.readouterr().err == ""


def test_what_a_request_holds_does_not_reach_the_terminal_as_it_is(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with serve_site(folder, said=True) as running:
        requests.get(running.url + "%1b%5d0;owned%07", headers={"Range": "bytes=\x1b[31m"}, timeout=10)
    said = capfd.readouterr().err
    assert "owned" in said
    assert "\x1b" not in said
    assert "\x07" not in said


def test_a_connection_that_asks_nothing_ends(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loopback, "IDLE_SECONDS", 0.2)
    with serve_site(folder) as running:
        assert raw(running, b"") == b""
        assert raw(running, b"GET / HTTP/1.1\r\nHost: local") == b""
        assert b"hello" in raw(running, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")


def test_two_hundred_readers_at_once_are_all_served(running: Serving) -> None:
    gate = threading.Barrier(200)

    def read(_: int) -> bytes:
        gate.wait(60)
        return requests.get(running.url + "data.parquet", timeout=60).content

    with ThreadPoolExecutor(200) as readers:
        assert set(readers.map(read, range(200))) == {bytes(1000)}


def test_stopping_does_not_wait_for_readers_that_stay(folder: Path) -> None:
    serving = serve_site(folder)
    with socket.create_connection(("127.0.0.1", serving.port), timeout=20):
        time.sleep(0.1)
        serving.stop()
    with pytest.raises(requests.ConnectionError):
        requests.get(serving.url, timeout=5)
