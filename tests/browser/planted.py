"""A planted folder in the place of the built site's data, and damage done to it on the way to the browser."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Route

Damage = Callable[[str, bytes], bytes | int]


def whole(_name: str, content: bytes) -> bytes:
    """No damage."""
    return content


def plant(page: Page, folder: Path, damage: Damage = whole) -> list[str]:
    """Serve `folder` to `page` as the explorer's data, in ranges; `damage` gives other bytes or a status instead.

    Returns the names of the files asked for, filled as they are.
    """
    asked: list[str] = []

    def answer(route: Route) -> None:
        name = route.request.url.rsplit("/", 1)[1]
        asked.append(name)
        path = folder / name
        content = damage(name, path.read_bytes()) if path.is_file() else 404
        if isinstance(content, int):
            route.abort() if content == 0 else route.fulfill(status=content)
            return
        size = len(content)
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", route.request.headers.get("range", ""))
        if not found:
            route.fulfill(body=content)
        elif int(found[1]) >= size:
            route.fulfill(status=416)
        else:
            start, end = int(found[1]), min(int(found[2]), size - 1)
            about = {"Content-Range": f"bytes {start}-{end}/{size}"}
            route.fulfill(status=206, headers=about, body=content[start : end + 1])

    page.route("**/explorer/data/*", answer)
    return asked


def only(prefix: str, change: Callable[[bytes], bytes | int]) -> Damage:
    """Damage to the files whose name begins with `prefix`."""
    return lambda name, content: change(content) if name.startswith(prefix) else content


def manifest(change: Callable[[dict[str, Any]], Any]) -> Damage:
    """Damage to the manifest: `change` alters it in place."""

    def damaged(content: bytes) -> bytes:
        value = json.loads(content)
        change(value)
        return json.dumps(value).encode()

    return only("manifest", damaged)
