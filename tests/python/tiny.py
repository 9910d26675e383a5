"""A checkout in miniature: a corpus of planted reviews, packed as the real one is, and two small model cards."""

from __future__ import annotations

import hashlib
import io
import random
import tarfile
from pathlib import Path

from rnnvis.text.kinds.reviews import ARCHIVE, FILES

PRAISE = "wonderful moving superb charming witty delightful great enjoyable".split()
BLAME = "dull tedious awful boring clumsy lame dreadful stale".split()
PLAIN = "the a film plot music cast story scene is was with and of it this very".split()


def sentences(count: int, seed: int) -> list[tuple[float, str]]:
    """(score, text): praise or blame among plain words, a turn with "but" in some."""
    rng = random.Random(seed)
    found = []
    for n in range(count):
        good = n % 2 == 0
        words = rng.choices(PLAIN, k=rng.randint(2, 6)) + rng.choices(PRAISE if good else BLAME, k=2)
        rng.shuffle(words)
        if n % 3 == 0:
            words = [rng.choice(BLAME if good else PRAISE), "but", *words]
        score = rng.uniform(1, 3) * (1 if good else -1)
        found.append((round(score, 3), " ".join(words) + f" {n % 7} ."))
    return found


def archive(folder: Path, movie: list[tuple[float, str]], amazon: list[tuple[float, str]]) -> Path:
    """A source distribution that holds the two score files in its nested archive."""
    inner = io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w:gz") as tar:
        for source, rows in (("movie", movie), ("amazon", amazon)):
            text = "".join(f"{i}\t{score}\t{sentence}\r\n" for i, (score, sentence) in enumerate(rows, 1))
            _add(tar, f"hutto_ICWSM_2014/{FILES[source]}", text.encode())
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "vaderSentiment-3.3.2.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        _add(tar, f"vaderSentiment-3.3.2/{ARCHIVE}", inner.getvalue())
    return path


def project(root: Path, cells: tuple[str, ...] = ("gru", "lstm"), epochs: int = 3) -> Path:
    """Write datasets/tiny/ and the corpus in the download cache; returns `root`."""
    packed = archive(root / "build" / "downloads", sentences(240, 1), sentences(80, 2))
    folder = root / "datasets" / "tiny"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dataset.toml").write_text(
        f"""
name = "tiny"
title = "Tiny reviews"
licence = "generated"
about = "Planted praise and blame"
[source]
kind = "reviews"
[[source.releases]]
package = "vaderSentiment"
version = "3.3.2"
filename = "{packed.name}"
sha256 = "{hashlib.sha256(packed.read_bytes()).hexdigest()}"
[measure]
minimum_count = 3
frequent_count = 5
selected_words = 30
largest_k = 4
[[probe]]
name = "turn"
text = "a wonderful film, but dull music"
[[probe]]
name = "turn-reversed"
text = "dull music, but a wonderful film"
[view]
model = "{cells[0]}"
probe = "turn"
step = 4
k = 3
words = ["dull"]
""",
        encoding="utf-8",
    )
    for cell in cells:
        (folder / f"{cell}.toml").write_text(
            f'name = "{cell}"\ntitle = "Tiny {cell}"\ncell = "{cell}"\nunits = 8\nseeds = [0]\n'
            f"embedding = 6\nepochs = {epochs}\nbatch = 16\naveraged_epochs = 2\n",
            encoding="utf-8",
        )
    return root


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))
