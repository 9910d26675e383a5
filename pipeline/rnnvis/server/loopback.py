"""Folders on loopback, as a static host serves them: byte ranges, a sub-path, and nothing that lies outside."""

from __future__ import annotations

import asyncio
import html
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from rnnvis.errors import RnnvisError
from rnnvis.published.kept import KEPT

HOSTS = ("127.0.0.1", "localhost")
BACKLOG = 1024
IDLE_SECONDS = 10
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".wasm": "application/wasm",
    ".parquet": "application/vnd.apache.parquet",
    ".woff2": "font/woff2",
}


class Folder(StaticFiles):
    """The plain files of a folder. What a link leads out of it, hidden files, devices and listings do not exist."""

    def lookup_path(self, path: str) -> tuple[str, Any]:
        """The real path of `path` and its status; no status where there is nothing to serve.

        A file that is gone since the last publish is looked for among those kept for pages that are still open.
        """
        full, status = super().lookup_path(path)
        if status is None:
            full, status = super().lookup_path(str(Path(path).parent / KEPT / Path(path).name))
        if status is None:
            return full, None
        inside = Path(full).relative_to(Path(str(self.directory)).resolve())
        hidden = any(part.startswith(".") for part in (*inside.parts, *Path(path).parts))
        return (full, None) if hidden else (full, status)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """As a static host answers; a file that cannot be read does not exist."""
        try:
            response = await super().get_response(path, scope)
        except OSError:
            raise HTTPException(404) from None
        except HTTPException as error:
            raise HTTPException(404 if error.status_code == 401 else error.status_code, headers=error.headers) from None
        kind = _TYPES.get(Path(path).suffix)
        if kind and response.status_code < 400:
            response.headers["content-type"] = kind
        return response


class _AsAHost:
    """What holds for every answer: ranges or none, no stale manifest, no guessed types; requests are said if asked."""

    def __init__(self, app: ASGIApp, ranges: bool, said: bool) -> None:
        self.app, self.ranges, self.said = app, ranges, said

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self.ranges:
            scope["headers"] = [pair for pair in scope["headers"] if pair[0] != b"range"]

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Cache-Control"] = "no-cache"
                headers["X-Content-Type-Options"] = "nosniff"
                if not self.ranges and "accept-ranges" in headers:
                    del headers["accept-ranges"]
                if self.said:
                    asked = Headers(scope=scope).get("range", "")
                    # As a literal: what a request holds never reaches the terminal as it is.
                    said = ascii(f"{scope['method']} {scope['path']} {asked}".strip())[1:-1]
                    print(said, message["status"], file=sys.stderr, flush=True)
            await send(message)

        await self.app(scope, receive, answer)


class _Impatient(H11Protocol):
    """Ends connections that have not sent a whole request for `IDLE_SECONDS`."""

    _handled: Any = None
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._timer = self.loop.call_later(IDLE_SECONDS, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer:
            self._timer.cancel()
        super().connection_lost(exc)

    def _look(self) -> None:
        answering = self.cycle is not None and not self.cycle.response_complete
        if not answering and self.cycle is self._handled:
            self.transport.close()
            return
        self._handled = self.cycle
        self._timer = self.loop.call_later(IDLE_SECONDS, self._look)


class Serving:
    """A server that runs in the background. `url` is its root; `stop()` or leaving a `with` block ends it."""

    def __init__(
        self, routes: list[BaseRoute], port: int, *, home: str = "/", ranges: bool = True, said: bool = False
    ) -> None:
        try:
            self._socket = socket.create_server(("127.0.0.1", port), backlog=BACKLOG)
        except OSError as error:
            raise RnnvisError(
                f"port {port} on 127.0.0.1 cannot be used: {error.strerror}", "choose another: rnnvis serve --port 8001"
            ) from None
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/"
        app = Starlette(
            routes=routes,
            middleware=[
                Middleware(_AsAHost, ranges=ranges, said=said),
                Middleware(TrustedHostMiddleware, allowed_hosts=list(HOSTS), www_redirect=False),
            ],
            exception_handlers={404: _absent(home), 500: _failed},
        )
        config = uvicorn.Config(
            app,
            http=_Impatient,
            loop="asyncio",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            backlog=BACKLOG,
            timeout_keep_alive=IDLE_SECONDS,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Serve until Ctrl-C."""
        try:
            while self._thread.is_alive():
                self._thread.join(1)
        except KeyboardInterrupt:
            self.stop()

    def stop(self) -> None:
        """Stop serving."""
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    def __enter__(self) -> Serving:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"Serving {self.url}"


def serve_site(folder: Path, port: int = 0, *, prefix: str = "/", ranges: bool = True, said: bool = False) -> Serving:
    """Serve a built site under the URL path `prefix`, with its pages, its redirects to them and its 404 page.

    Port 0 picks a free one; without `ranges` files come whole, as from a simpler host; `said` prints every request.
    """
    if not folder.is_dir():
        raise RnnvisError(f"{folder}: no such folder", "build the site first: make demo-build")
    path = _path(prefix)
    site = Mount(path, Folder(directory=folder, html=True))
    return _under(path, Serving([site], port, home=f"{path}/", ranges=ranges, said=said))


def serve_mounts(
    page: str, folders: Mapping[str, Path], port: int = 0, *, prefix: str = "/", said: bool = False
) -> Serving:
    """Serve `page` (HTML) at the URL path `prefix`, and each of `folders` under its name there; nothing else exists."""

    async def home(_: Any) -> HTMLResponse:
        return HTMLResponse(page)

    path = _path(prefix)
    mounts = [Mount(f"{path}/{name}", Folder(directory=folder)) for name, folder in folders.items()]
    return _under(path, Serving([Route(f"{path}/", home), *mounts], port, home=f"{path}/", said=said))


def _path(prefix: str) -> str:
    return f"/{prefix.strip('/')}" if prefix.strip("/") else ""


def _under(path: str, running: Serving) -> Serving:
    running.url += f"{path[1:]}/" if path else ""
    return running


_NOTHING = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Not found - rnnvis</title>
<link rel="icon" href="data:,">
<style>:root {{ color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }}
body {{ max-width: 36rem; margin: 20vh auto; padding: 0 1.5rem }} a {{ color: inherit }}</style>
<h1>There is nothing here</h1>
<p><a href="{home}">To what is served</a></p>
</html>
"""


def _absent(home: str) -> Callable[[Request, Exception], Awaitable[Response]]:
    """Answers 404: to a browser that opens a page, with one that leads to `home`."""

    async def answer(request: Request, _: Exception) -> Response:
        if "text/html" in request.headers.get("accept", ""):
            return HTMLResponse(_NOTHING.format(home=html.escape(home)), status_code=404)
        return PlainTextResponse("404: there is nothing here", status_code=404)

    return answer


async def _failed(_: Any, __: Exception) -> PlainTextResponse:
    return PlainTextResponse("500: this file could not be read", status_code=500)
