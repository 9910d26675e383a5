"""Pages that show the explorer ask for its code and fonts at once, instead of one after the other."""

from __future__ import annotations

import os
import re
from pathlib import Path

from rnnvis.published import files

ENTRY = "rnnvis-explorer.js"
_ANY = re.compile(r"""(?:from|import)\s*\(?\s*["'`]\./([\w.-]+\.js)["'`]""")
_AT_ONCE = re.compile(r"""(?:from|import)\s*["'`]\./([\w.-]+\.js)["'`]""")
_LATIN = re.compile(r"url\(\.?/?(fonts/[\w-]*-latin-wght-normal-[\w-]*\.woff2)\)")
_HEAD = re.compile(r"</title>")


def write_preloads(site: Path) -> None:
    """Name in the head of every page with an explorer what it will need to draw anything."""
    app = site / "explorer" / "app"
    scripts, fonts = _scripts(app), _fonts(app)
    for path in sorted(site.rglob("*.html")):
        page = path.read_text(encoding="utf-8")
        place = _HEAD.search(page)
        if place is None or ENTRY not in page or path.parent == app:
            continue
        home = Path(os.path.relpath(app, path.parent)).as_posix()
        links = [f'<link rel="modulepreload" href="{home}/{name}">' for name in scripts]
        links += [
            f'<link rel="preload" href="{home}/{name}" as="font" type="font/woff2" crossorigin>' for name in fonts
        ]
        files.replace(path, (page[: place.end()] + "".join(links) + page[place.end() :]).encode())


def _scripts(app: Path) -> list[str]:
    """The entry, what it starts, and what these import themselves; what they load later on stays out."""
    found = [ENTRY, *dict.fromkeys(_ANY.findall((app / ENTRY).read_text(encoding="utf-8")))]
    for name in found:
        found += [n for n in _AT_ONCE.findall((app / name).read_text(encoding="utf-8")) if n not in found]
    return list(dict.fromkeys(found))


def _fonts(app: Path) -> list[str]:
    return sorted(set(_LATIN.findall((app / "rnnvis-fonts.css").read_text(encoding="utf-8"))))
