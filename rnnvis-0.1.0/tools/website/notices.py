"""The notices page: everything by others that ships with the site, with its whole licence."""

from __future__ import annotations

import importlib.metadata
import json
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup, escape

from rnnvis.errors import RnnvisError
from rnnvis.published import files
from tools.website.markup import details, piece, table, text

LICENCES = Path(__file__).parent / "licences"

SHIPPED = {
    "@duckdb/duckdb-wasm": "queries in the browser",
    "@fontsource-variable/inter": "typeface of the interface",
    "@fontsource-variable/source-serif-4": "typeface of words from the corpus",
    "@noble/hashes": "checks of a model's file on pages without HTTPS",
    "@uwdata/flechette": "reads what DuckDB answers",
    "apache-arrow": "used by DuckDB-WASM",
    "clsx": "used by Svelte",
    "d3-array": "arithmetic on lists",
    "d3-color": "used by d3-interpolate",
    "d3-format": "used by d3-scale",
    "d3-interpolate": "used by d3-scale",
    "d3-scale": "axes",
    "flatbuffers": "used by Apache Arrow",
    "hyparquet": "first reads of the Parquet files",
    "katex": "formulas on these pages",
    "onnxruntime-common": "used by onnxruntime-web",
    "onnxruntime-web": "runs models whose answer is an ONNX graph",
    "svelte": "the explorer's interface",
    "tslib": "used by Apache Arrow",
}
"""npm packages whose code or fonts are in the built site, and what for."""


@dataclass(frozen=True)
class Notice:
    """One component: who it is by is in its licence's text."""

    name: str
    version: str
    licence: str
    use: str
    text: str


def write_notices(viewer: Path, out: Path) -> None:
    """Write `notices.md` into `out`, from the licences of the packages installed in `viewer/node_modules`.

    Raises:
        RnnvisError: a package that ships with the site is not installed.
    """
    notices = [_of_npm(viewer / "node_modules" / name, use) for name, use in SHIPPED.items()]
    notices += [
        _of_file(
            "DuckDB and its Parquet extension", "1.3.2", "MIT and others", "queries in the browser", "duckdb-1.3.2"
        ),
        _of_python("mkdocs-material", "MIT", "these pages"),
        _of_file("Libraries in Material for MkDocs", "", "MIT, Apache-2.0, W3C", "these pages", "material"),
    ]
    notices.sort(key=lambda n: n.name.lstrip("@").lower())
    files.replace(out / "notices.md", _page(notices).encode())


def _page(notices: list[Notice]) -> str:
    rows = [(text(n.name), text(n.version), text(n.licence), text(n.use)) for n in notices]
    parts = [table("What ships with this site", ("component", "version", "licence", "used for"), rows)]
    for n in notices:
        # One line each, with its line ends as entities: a blank line would end the block of HTML.
        body = escape(n.text).replace("\n", Markup("&#10;"))
        parts.append(details(f"{n.name} {n.version}", piece("pre", "rv-licence", body)))
    return "\n".join(parts)


def _of_npm(folder: Path, use: str) -> Notice:
    try:
        about = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RnnvisError(f"{folder}: the package is not installed", "in viewer/: npm ci") from None
    found = [
        p for p in sorted(folder.iterdir()) if p.stem.lower() in ("license", "licence", "notice", "copyrightnotice")
    ]
    whole = "\n\n".join(path.read_text(encoding="utf-8").replace("\r", "").strip() for path in found)
    if about["name"] == "@duckdb/duckdb-wasm":
        whole = "See DuckDB: the package ships no licence file; DuckDB's page of licences holds DuckDB-WASM's."
    if not whole and about["name"].startswith("onnxruntime-"):  # The packages ship no licence file.
        whole = (LICENCES / "onnxruntime.txt").read_text(encoding="utf-8").strip()
        if about["name"] == "onnxruntime-web":
            whole = f"{whole}\n\n{_inside_onnxruntime(about['version'])}"
    if not whole:
        raise RnnvisError(f"{folder}: no licence file", "name the package's licence under tools/website/licences/")
    return Notice(about["name"], about["version"], about.get("license", "see its text"), use, whole)


def _inside_onnxruntime(version: str) -> str:
    """Notices of what is built into the WebAssembly of onnxruntime: npm ships none, the wheel of that version does."""
    path = LICENCES / f"onnxruntime-{version}-third-party.txt"
    if not path.is_file():
        raise RnnvisError(
            f"{path.name}: the notices of onnxruntime {version} are not there",
            f"take onnxruntime/ThirdPartyNotices.txt out of the wheel of onnxruntime {version}: "
            f"pip download --no-deps onnxruntime=={version}",
        )
    return path.read_text(encoding="utf-8").strip()


def _of_python(name: str, licence: str, use: str) -> Notice:
    distribution = importlib.metadata.distribution(name)
    found = next(f for f in distribution.files or [] if f.name.upper().startswith("LICENSE") and "dist-info" in str(f))
    return Notice(name, distribution.version, licence, use, found.read_text(encoding="utf-8").strip())


def _of_file(name: str, version: str, licence: str, use: str, file: str) -> Notice:
    return Notice(name, version, licence, use, (LICENCES / f"{file}.txt").read_text(encoding="utf-8").strip())
