from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from rnnvis.errors import RnnvisError
from rnnvis.server.loopback import serve_mounts, serve_site

DATA = bytes(range(256)) * 40


@contextmanager
def serving(folder: Path, **options):
    with serve_site(folder, **options) as running:
        yield running.url.rstrip("/")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "data.parquet").write_bytes(DATA)
    (tmp_path / "inside" / "index.html").write_text("<p>hello")
    (tmp_path / "secret.txt").write_text("not served")
    return tmp_path / "inside"


@pytest.mark.parametrize(
    ("asked", "start", "end"), [("bytes=0-9", 0, 9), ("bytes=100-", 100, 10239), ("bytes=-8", 10232, 10239)]
)
def test_a_range_is_answered_with_exactly_its_bytes(folder, asked, start, end):
    with serving(folder) as url:
        answer = requests.get(f"{url}/data.parquet", headers={"Range": asked}, timeout=10)
    assert answer.status_code == 206
    assert answer.content == DATA[start : end + 1]
    assert answer.headers["Content-Range"] == f"bytes {start}-{end}/{len(DATA)}"


def test_a_range_past_the_end_is_refused_and_no_range_gives_the_whole_file(folder):
    with serving(folder) as url:
        assert requests.get(f"{url}/data.parquet", headers={"Range": "bytes=99999-"}, timeout=10).status_code == 416
        assert requests.get(f"{url}/data.parquet", timeout=10).content == DATA


def test_without_ranges_the_whole_file_comes_with_200(folder):
    with serving(folder, ranges=False) as url:
        answer = requests.get(f"{url}/data.parquet", headers={"Range": "bytes=0-9"}, timeout=10)
    assert (answer.status_code, answer.content) == (200, DATA)


def test_a_sub_path_is_the_only_way_in(folder):
    with serving(folder, prefix="/some/where") as url:
        assert requests.get(f"{url}/", timeout=10).text == "<p>hello"
        root = url.removesuffix("/some/where")
        assert requests.get(f"{root}/data.parquet", timeout=10).status_code == 404
        assert requests.get(f"{url}/%2e%2e/secret.txt", timeout=10).status_code == 404


def test_a_taken_port_and_a_missing_folder_are_explained(folder, tmp_path):
    with serving(folder) as url, pytest.raises(RnnvisError, match="cannot be used"):
        serve_site(folder, int(url.rsplit(":", 1)[1]))
    with pytest.raises(RnnvisError, match="no such folder"):
        serve_site(tmp_path / "nowhere")


def test_a_page_without_its_slash_and_a_missing_one_are_answered_as_a_static_host_does(folder):
    (folder / "methods").mkdir()
    (folder / "methods" / "index.html").write_text("<p>methods")
    (folder / "404.html").write_text("<p>not here")
    with serving(folder, prefix="/sub") as url:
        answer = requests.get(f"{url}/methods", timeout=10)
        assert (answer.url, answer.text) == (f"{url}/methods/", "<p>methods")
        missing = requests.get(f"{url}/nowhere", timeout=10)
        assert (missing.status_code, missing.text) == (404, "<p>not here")


def test_a_file_that_is_unchanged_is_not_sent_again(folder):
    with serving(folder) as url:
        first = requests.get(f"{url}/data.parquet", timeout=10)
        again = {"If-None-Match": first.headers["ETag"]}
        assert requests.get(f"{url}/data.parquet", headers=again, timeout=10).status_code == 304
        (folder / "data.parquet").write_bytes(b"other")
        assert requests.get(f"{url}/data.parquet", headers=again, timeout=10).content == b"other"


def test_a_browser_that_opens_nothing_is_led_to_what_is_served(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    pages = {"accept": "text/html,*/*;q=0.8"}
    with serve_mounts("<p>here", {"data": tmp_path / "data"}, prefix="/some/where") as running:
        root = running.url.removesuffix("some/where/")
        for address in (f"{running.url}nothing", f"{root}elsewhere"):
            missing = requests.get(address, headers=pages, timeout=10)
            assert missing.status_code == 404
            assert '<a href="/some/where/">' in missing.text
        assert requests.get(f"{root}some/where/", timeout=10).text == "<p>here"
        assert "<a" not in requests.get(f"{running.url}nothing", headers={"accept": "*/*"}, timeout=10).text
