"""The explorer as one HTML file: viewer, fonts, manifest and tables in the page itself, and no request to anywhere."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import re
import tempfile
from functools import cache
from importlib.resources import files as resources
from pathlib import Path

from rnnvis.api.serve import app
from rnnvis.arguments import checks_arguments
from rnnvis.errors import RnnvisError, unusable
from rnnvis.published.files import replace
from rnnvis.published.inlining import LIMIT, Inlined, inline

VIEWER = "rnnvis-single.js"
FONTS = {"Inter Variable": "inter-latin-wght-normal", "Source Serif 4 Variable": "source-serif-4-latin-wght-normal"}
_PLACE = re.compile(r"@@([A-Z]+)@@")


@checks_arguments()
def to_html(folder: str | Path, path: str | Path, *, limit: int = LIMIT) -> str:
    """Write the explorer with everything in the published `folder` into one HTML file; returns a sentence about it.

    The file opens in a browser from disk, without a server and without any request. At most `limit` bytes of tables
    are taken along: where there are more, states along sentences are left out first, and the page says what is
    missing. Search over the text, concordance and SQL need `rnnvis.serve(folder)`.

    Raises RnnvisError: no published folder, the viewer is not built, tables too large for the limit, a path that
    cannot be written.
    """
    target = Path(path)
    check_page(target)
    held = inlined(Path(folder), limit)
    try:
        replace(target, document(held).encode())
    except OSError as error:
        raise unusable(error, target) from error
    missing = f" Left out: {'; '.join(held.left_out)}." if held.left_out else ""
    return f"{target} holds the explorer and {held.bytes / 1e6:.1f} MB of data.{missing}"


def check_viewer() -> None:
    """Raise RnnvisError where the viewer for pages is not built."""
    _viewer(app())


def check_page(path: str | Path) -> None:
    """Raise RnnvisError where no page can be written to `path`: before the work that goes into one."""
    check_viewer()
    target = Path(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=target.parent).close()
    except OSError as error:
        raise unusable(error, target) from error
    if target.is_dir():
        raise RnnvisError(f"{target} is a folder", "name a file: page.html")


def inlined(folder: Path, limit: int) -> Inlined:
    """The tables of the published `folder` that fit into `limit` bytes."""
    with tempfile.TemporaryDirectory(prefix="rnnvis-") as scratch:
        return inline(folder, Path(scratch), limit)


def document(held: Inlined) -> str:
    """The whole page. Nothing in the data can end a script element: tables are Base64, the manifest has no “<”."""
    ours = resources("rnnvis.api")
    boot = ours.joinpath("page.js").read_text(encoding="utf-8")
    code, packed, fonts = _viewer(app())
    manifest = json.dumps(held.manifest, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    scripts = [
        f'<script type="application/json" data-file="manifest.json">{manifest}</script>',
        *(_script(name, _base64(data)) for name, data in held.files.items()),
        *(_script(name, data, f' data-font="{name}"') for name, data in fonts.items()),
        _script("viewer", packed),
    ]
    said = f"<footer>{html.escape(_footer(held))}</footer>" if held.left_out else ""
    parts = {
        "SCRIPTS": f"{_hash(boot)} {_hash(code)}",
        "TITLE": html.escape(title(held)),
        "COLOURS": ours.joinpath("page.css").read_text(encoding="utf-8"),
        "FOOTER": said,
        "FILES": "\n".join(scripts),
        "BOOT": boot,
    }
    page = ours.joinpath("page.html").read_text(encoding="utf-8")
    return _PLACE.sub(lambda found: parts[found[1]], page)


def title(held: Inlined) -> str:
    """The models that the page shows, in words."""
    models = [model["title"] for dataset in held.manifest["datasets"] for model in dataset["models"]]
    return f"{', '.join(models[:3])}{', …' if len(models) > 3 else ''}: rnnvis"


def _footer(held: Inlined) -> str:
    return f"Left out of this page, which holds {held.bytes / 1e6:.1f} MB of data: {'; '.join(held.left_out)}."


def _script(name: str, content: str, more: str = "") -> str:
    return f'<script type="text/plain" data-file="{name}"{more}>{content}</script>'


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _hash(script: str) -> str:
    return f"'sha256-{_base64(hashlib.sha256(script.encode()).digest())}'"


def _viewer(folder: Path) -> tuple[str, str, dict[str, str]]:
    path = folder / VIEWER
    if not path.is_file():
        raise RnnvisError(f"{path}: no such file: the viewer is of an earlier version", "build it again: rnnvis viewer")
    return _packed(path, path.stat().st_mtime_ns)


@cache
def _packed(path: Path, _changed: int) -> tuple[str, str, dict[str, str]]:
    """The viewer's code; the same as gzip in Base64; and its fonts in Base64, by family."""
    code = path.read_text(encoding="utf-8")
    found = {family: sorted((path.parent / "fonts").glob(f"{name}-*.woff2"))[:1] for family, name in FONTS.items()}
    fonts = {family: _base64(of.read_bytes()) for family, paths in found.items() for of in paths}
    return code, _base64(gzip.compress(code.encode(), 9, mtime=0)), fonts
