"""A content security policy in every page: browsers themselves refuse what is not of this site."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

from rnnvis.published import files

_INLINE = re.compile(r"<script(?P<attributes>[^>]*)>(?P<body>.*?)</script>", re.DOTALL)
_PLACE = re.compile(r"<meta charset=[^>]*>")
_POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'{hashes}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; connect-src 'self' blob: data:; worker-src 'self' blob:; object-src 'none'; "
    "base-uri 'self'; form-action 'self'"
)


def write_policies(site: Path) -> None:
    """Write the policy into every page under `site`, with the hashes of that page's inline scripts."""
    for path in sorted(site.rglob("*.html")):
        page = path.read_text(encoding="utf-8")
        place = _PLACE.search(page)
        if place:
            meta = f'<meta http-equiv="Content-Security-Policy" content="{policy(page)}">'
            files.replace(path, (page[: place.end()] + meta + page[place.end() :]).encode())


def policy(page: str) -> str:
    """The policy of one page of HTML."""
    bodies = [m["body"] for m in _INLINE.finditer(page) if not re.search(r"\bsrc=|application/json", m["attributes"])]
    hashes = sorted({base64.b64encode(hashlib.sha256(body.encode()).digest()).decode() for body in bodies})
    return _POLICY.format(hashes="".join(f" 'sha256-{h}'" for h in hashes))
