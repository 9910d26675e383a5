"""`rnnvis.serve`: the prebuilt explorer over a published folder, on loopback."""

from __future__ import annotations

import threading
import webbrowser
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Any

import rnnvis
from rnnvis.errors import RnnvisError
from rnnvis.published.publishing import read_manifest
from rnnvis.server.ranges import RangeHandler, bind

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>rnnvis</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="app/rnnvis-fonts.css">
<meta http-equiv="Content-Security-Policy" content="default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; \
style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; worker-src 'self' blob:">
<style>html, body { margin: 0; height: 100% } rnnvis-explorer { display: block; height: 100vh }</style>
<script type="module" src="app/rnnvis-explorer.js"></script>
<rnnvis-explorer src="data/manifest.json"></rnnvis-explorer>
</html>
"""


def app() -> Path:
    """The folder of the built viewer: in the installed package, else in the checkout that it was installed from."""
    package = Path(rnnvis.__file__).parent
    for folder in (package / "app", package.parents[1] / "site" / "explorer" / "app"):
        if (folder / "rnnvis-explorer.js").is_file():
            return folder
    checkout = package.parents[1]
    if (checkout / "viewer" / "package.json").is_file():
        raise RnnvisError("the viewer is not built", f"in {checkout}: rnnvis viewer (it needs Node, once)")
    raise RnnvisError(
        f"rnnvis was installed without its viewer: {package / 'app'} is missing",
        "install a wheel that holds it: in a checkout of rnnvis, `make wheel` builds build/dist/rnnvis-….whl",
    )


class Serving:
    """A running server. `url` opens the explorer; `stop()` or leaving a `with` block ends it."""

    def __init__(self, folder: Path, port: int) -> None:
        self._server = bind(partial(_Mounted, mounts={"app": app(), "data": folder}), port)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Serve until Ctrl-C."""
        try:
            self._thread.join()
        except KeyboardInterrupt:
            self.stop()

    def stop(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Serving:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"Serving the explorer on {self.url}"


def serve(folder: str | Path, port: int = 0, *, browse: bool = False) -> Serving:
    """Serve the published `folder` with the explorer on 127.0.0.1, in the background; port 0 picks a free one.

    `browse` opens the address in the system's browser. Raises RnnvisError: the folder holds no manifest of rnnvis, the
    viewer is not built, the port is taken.
    """
    read_manifest(Path(folder))
    running = Serving(Path(folder).resolve(), port)
    if browse:
        webbrowser.open(running.url)
    return running


class _Mounted(RangeHandler):
    """`/` is the page, `/app/…` the viewer, `/data/…` the published folder; nothing else exists."""

    def __init__(self, *args: Any, mounts: Mapping[str, Path], **kwargs: Any) -> None:
        self.mounts = mounts
        super().__init__(*args, **kwargs)

    def translate_path(self, path: str) -> str:
        """The file for a URL path, inside one of the mounted folders."""
        mount, _, rest = path.split("?")[0].split("#")[0].lstrip("/").partition("/")
        self.directory = str(self.mounts.get(mount, Path("/nowhere")))
        return super().translate_path("/" + rest)

    def send_head(self) -> Any:
        """The page itself, or a file."""
        if self.path.split("?")[0] != "/":
            return super().send_head()
        body = _PAGE.encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return BytesIO(body)
