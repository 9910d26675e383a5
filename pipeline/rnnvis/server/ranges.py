"""A static file server on loopback that answers range requests, as GitHub Pages does."""

from __future__ import annotations

import os
import re
import sys
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, Any

from rnnvis.errors import RnnvisError
from rnnvis.published.kept import KEPT

_RANGE = re.compile(r"bytes=(\d*)-(\d*)$")


class RangeHandler(SimpleHTTPRequestHandler):
    """Serves one folder under `prefix`, whole files and single byte ranges; listings are refused."""

    protocol_version = "HTTP/1.1"
    # Headers and body are two writes: the second would wait for the browser to acknowledge the first, 40 ms a file.
    disable_nagle_algorithm = True
    extensions_map = {  # noqa: RUF012
        **SimpleHTTPRequestHandler.extensions_map,
        ".js": "text/javascript",
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
        ".parquet": "application/vnd.apache.parquet",
        ".woff2": "font/woff2",
    }

    def __init__(self, *args: Any, prefix: str = "/", ranges: bool = True, quiet: bool = True, **kwargs: Any) -> None:
        self.prefix, self.ranges, self.quiet = prefix, ranges, quiet
        super().__init__(*args, **kwargs)

    def translate_path(self, path: str) -> str:
        """The file for the URL `path`; what lies outside the prefix does not exist."""
        inside = path.startswith(self.prefix)
        return apart(super().translate_path("/" + path[len(self.prefix) :])) if inside else os.devnull + "/none"

    def list_directory(self, path: str | os.PathLike[str]) -> None:
        """No listings: a static host has none."""
        self.send_error(HTTPStatus.NOT_FOUND)

    def send_head(self) -> Any:
        """Answer a single satisfiable range with 206; everything else as the standard library does."""
        match = _RANGE.match(self.headers.get("Range", "")) if self.ranges else None
        path = Path(self.translate_path(self.path))
        if not match or not path.is_file() or match[0] == "bytes=-":
            return super().send_head()
        size = path.stat().st_size
        if match[1]:
            start, end = int(match[1]), min(int(match[2] or size - 1), size - 1)
        else:
            start, end = max(0, size - int(match[2])), size - 1
        if start > end:
            self.send_response(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
            self.send_header("Content-Range", f"bytes */{size}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return None
        file = path.open("rb")
        file.seek(start)
        self.send_response(HTTPStatus.PARTIAL_CONTENT)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Range", f"bytes {start}-{end}/{size}")
        self.send_header("Content-Length", str(end - start + 1))
        self.end_headers()
        return _Slice(file, end - start + 1)

    def end_headers(self) -> None:
        """Say that ranges are welcome; never let a browser keep a stale manifest."""
        if self.ranges:
            self.send_header("Accept-Ranges", "bytes")
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are logged only when asked for."""
        if not self.quiet:
            sys.stderr.write(f"{self.address_string()} {format % args}\n")

    def copyfile(self, source: Any, outputfile: Any) -> None:
        """A reader that goes away in the middle of a file is no error."""
        try:
            super().copyfile(source, outputfile)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True


def apart(path: str) -> str:
    """`path`, or where a file of that name is kept for pages that were open when it was published anew."""
    kept = os.path.join(os.path.dirname(path), KEPT, os.path.basename(path))
    return kept if not os.path.exists(path) and os.path.isfile(kept) else path


class _Slice:
    def __init__(self, file: IO[bytes], length: int) -> None:
        self._file, self._left = file, length

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        return data

    def close(self) -> None:
        self._file.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], BrokenPipeError | ConnectionResetError):
            super().handle_error(request, client_address)


def server(folder: Path, port: int = 0, *, prefix: str = "/", ranges: bool = True, quiet: bool = True) -> _Server:
    """A server of `folder` under the URL path `prefix`, bound to loopback and not yet running; port 0 picks one."""
    if not folder.is_dir():
        raise RnnvisError(f"{folder}: no such folder", "build the site first: make demo-build")
    prefix = "/" + prefix.strip("/") + "/" if prefix.strip("/") else "/"
    handler = partial(RangeHandler, directory=str(folder), prefix=prefix, ranges=ranges, quiet=quiet)
    return bind(handler, port)


def bind(handler: Any, port: int) -> _Server:
    """A server for `handler` on a port of loopback, not yet running; port 0 picks one."""
    try:
        return _Server(("127.0.0.1", port), handler)
    except OSError as error:
        raise RnnvisError(
            f"port {port} on 127.0.0.1 cannot be used: {error.strerror}", "choose another: rnnvis serve --port 8001"
        ) from None
