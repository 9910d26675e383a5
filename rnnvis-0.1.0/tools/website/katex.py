"""KaTeX beside the pages: the script, the style and the fonts that browsers ask for."""

from __future__ import annotations

import re
from pathlib import Path

from rnnvis.errors import RnnvisError
from rnnvis.published import files


def copy_katex(viewer: Path, out: Path) -> None:
    """Copy KaTeX from `viewer/node_modules` into `out`, with its WOFF2 fonts only.

    Raises:
        RnnvisError: KaTeX is not installed there.
    """
    source = viewer / "node_modules" / "katex" / "dist"
    if not source.is_dir():
        raise RnnvisError(f"{source}: KaTeX is not installed", "in viewer/: npm ci")
    style = (source / "katex.min.css").read_text(encoding="utf-8")
    style = re.sub(r',url\([^)]*\.(?:woff|ttf)\) format\("(?:woff|truetype)"\)', "", style)
    files.replace(out / "katex.min.css", style.encode())
    files.replace(out / "katex.min.js", (source / "katex.min.js").read_bytes())
    for font in sorted((source / "fonts").glob("*.woff2")):
        files.replace(out / "fonts" / font.name, font.read_bytes())
