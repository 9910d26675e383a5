"""The pages, the mark and the single page have the explorer's colours, and no colour of their own."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tools.website import colours

ROOT = Path(__file__).parents[2]
_COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\(")


def test_what_is_generated_is_as_the_source_has_it() -> None:
    assert colours.stale() == []


def test_a_changed_colour_is_noticed_and_reaches_every_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = json.loads(colours.SOURCE.read_text(encoding="utf-8"))
    source["dark"]["surface"] = "#010203"
    source["light"]["positive"]["mark"] = "#040506"
    changed = tmp_path / "colours.json"
    changed.write_text(json.dumps(source), encoding="utf-8")
    monkeypatch.setattr(colours, "SOURCE", changed)
    assert len(colours.stale()) == 3
    site, page, mark = colours.site(), colours.page(), colours.mark()
    dark = site.split('[data-md-color-scheme="slate"]')[1]
    assert "--rv-surface: #010203;" in dark
    assert page.count("--rv-surface: #010203;") == 2
    assert "--rv-positive: #040506;" in site
    assert 'fill="#040506"' in mark


def test_sizes_of_type_and_the_focus_ring_are_the_explorers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = json.loads(colours.TYPE.read_text(encoding="utf-8"))
    source["ring"] = "3px dashed"
    source["interface"]["body"] = "17px/20px"
    changed = tmp_path / "type.json"
    changed.write_text(json.dumps(source), encoding="utf-8")
    monkeypatch.setattr(colours, "TYPE", changed)
    assert colours.stale() == ["site/assets/colours.css"]
    assert "--rv-ring: 3px dashed var(--rv-ink);" in colours.site()
    assert "--rv-size-body: 17px;" in colours.site()
    by_hand = re.compile(r"font(-size)?: [^;]*\dpx|outline: (?!none|var\(--rv-ring\))")
    assert by_hand.findall((ROOT / "site" / "assets" / "site.css").read_text(encoding="utf-8")) == []


def test_pages_and_styles_write_no_colour_by_hand() -> None:
    files = [
        *(ROOT / "site").glob("*.md"),
        *(path for path in (ROOT / "site" / "assets").glob("*.css") if path.name != "colours.css"),
        *(ROOT / "site" / "figures").glob("*.svg"),
        *(ROOT / "tools" / "website" / "templates").glob("*.html"),
        ROOT / "pipeline" / "rnnvis" / "api" / "page.html",
        ROOT / "viewer" / "build" / "page.html",
    ]
    written = {str(path.relative_to(ROOT)): _COLOUR.findall(path.read_text(encoding="utf-8")) for path in files}
    assert len(files) > 10
    assert {name: found for name, found in written.items() if found} == {}
