"""A built site holds the text of what is published, and of nothing else."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rnnvis.errors import RnnvisError
from rnnvis.published import files, publishing
from rnnvis.recipes.keep.project import Project
from tests import synthetic
from tools.website import site as website
from tools.website.fragments import write_fragments

ROOT = Path(__file__).parents[2]


def everything_in(folder: Path) -> str:
    """Whatever can be read in the files of `folder`: tables decoded, tables inside packs too."""
    said = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        data = path.read_bytes()
        said.append(data.decode("utf-8", "ignore"))
        pieces = [data] if path.suffix == ".parquet" else packed(data) if path.suffix == ".pack" else []
        said += [str(pq.read_table(io.BytesIO(piece)).to_pydict()) for piece in pieces]
    return "\n".join(said)


def packed(data: bytes) -> list[bytes]:
    """The Parquet files that stand one behind the other in `data`: each begins and ends with PAR1."""
    marks = [i for i in range(len(data) - 3) if data[i : i + 4] == b"PAR1"]
    found, start = [], 0
    for end in (mark + 4 for mark in marks[1:]):
        try:
            pq.read_table(io.BytesIO(data[start:end]))
        except (pa.ArrowException, OSError):
            continue
        found.append(data[start:end])
        start = end
    assert start == len(data)
    return found


@pytest.fixture
def checkout(tmp_path: Path) -> Project:
    """The pages with two planted datasets published, without the viewer."""
    ignored = shutil.ignore_patterns("generated", "app", "data", "katex")
    shutil.copytree(ROOT / "site", tmp_path / "site", ignore=ignored)
    shutil.copy(ROOT / "mkdocs.yml", tmp_path)
    (tmp_path / "benchmarks").mkdir()
    for page in (ROOT / "benchmarks").glob("*.md"):
        shutil.copy(page, tmp_path / "benchmarks")
    (tmp_path / "datasets" / "graphemes").mkdir(parents=True)
    shutil.copy(ROOT / "datasets" / "graphemes" / "LICENSE.cmudict", tmp_path / "datasets" / "graphemes")
    (tmp_path / "tests" / "soak").mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "soak" / "results.md", tmp_path / "tests" / "soak")
    (tmp_path / "site" / "explorer" / "app").mkdir(parents=True, exist_ok=True)
    (tmp_path / "site" / "explorer" / "app" / "rnnvis-explorer.js").write_text("export {}\n")
    (tmp_path / "site" / "explorer" / "app" / "rnnvis-fonts.css").write_text("")
    project = Project(tmp_path)
    project.data.mkdir()
    synthetic.publish(project.data, units=16, words=60, sentences=60, second=True)
    write_fragments(project.data, tmp_path / "site" / "generated", ROOT / "datasets")
    (tmp_path / "site" / "generated" / "notices.md").write_text("<p>Notices</p>\n")
    return project


def marked(project: Project, dataset: dict, mark: str) -> dict:
    """`dataset` with `mark` in every sentence, in the tables as in the first view."""
    held = dataset["tables"]["sentences"]["files"]
    rows = pa.concat_tables([pq.read_table(project.data / file["path"]) for file in held])
    text = pa.array([f"{mark} {text}" for text in rows["text"].to_pylist()])
    rows = rows.set_column(rows.schema.get_field_index("text"), rows.schema.field("text"), text)
    scratch = project.root / mark
    parts = files.write("sentences", rows, scratch)
    entry = publishing.entry("sentences", parts, scratch, project.data)
    return {**dataset, "tables": {**dataset["tables"], "sentences": entry}}


def test_a_site_built_after_publishing_one_of_two_datasets_holds_no_sentence_of_the_other(checkout: Project) -> None:
    first, second = publishing.read_manifest(checkout.data)["datasets"]
    open_one, secret = marked(checkout, first, "zzopenzz"), marked(checkout, second, "zzsecretzz")
    publishing.write_manifest([open_one, secret], checkout.data, "test")
    website._mkdocs(checkout)
    held = everything_in(checkout.build / "site")
    assert held.count("zzopenzz") > 60  # in the table, and in the first view
    assert held.count("zzsecretzz") > 60
    publishing.write_manifest([marked(checkout, open_one, "zzagainzz")], checkout.data, "test")
    write_fragments(checkout.data, checkout.root / "site" / "generated", ROOT / "datasets")
    assert any((checkout.data / "kept").iterdir())
    website._mkdocs(checkout)
    held = everything_in(checkout.build / "site")
    assert "zzsecretzz" not in held
    assert "zzagainzz" in held
    names = {path.name for path in (checkout.build / "site" / "explorer" / "data").iterdir()}
    assert names == publishing.named_files(publishing.read_manifest(checkout.data)) | {"manifest.json"}


def test_a_site_with_rows_that_no_manifest_names_is_not_built(checkout: Project) -> None:
    (checkout.data / "sentences-0000000000000000.parquet").write_bytes(b"PAR1")
    with pytest.raises(RnnvisError, match="no manifest names it"):
        website._mkdocs(checkout)
    assert not (checkout.build / "site").exists()
    done = subprocess.run(
        [sys.executable, "-m", "rnnvis.cli", "verify", str(checkout.data)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "no manifest names it" in done.stderr
