"""The corpus `reviews`: movie and product snippets, each scored by about twenty people.

Hutto and Gilbert (2014), *VADER: A parsimonious rule-based model for sentiment analysis of social media text*,
collected the scores; the text lies in an archive inside the source distributions of `vaderSentiment`.
"""

from __future__ import annotations

import html
import io
import math
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from rnnvis.config import DatasetConfig
from rnnvis.text.assembly import Sentence, assemble, hashed_split, probe_sentences
from rnnvis.text.corpus import NO_LABEL, Corpus
from rnnvis.text.releases import damaged, first_release

LABELS = ("negative", "positive")
NEUTRAL_BELOW = 0.5  # |score|; nearer to zero the raters took no side
LARGEST_SCORE = 4.0
LARGEST_MEMBER = 64 * 2**20  # bytes; the real archive has under 3 million
ARCHIVE = "additional_resources/hutto_ICWSM_2014.tar.gz"
FILES = {
    "movie": "movieReviewSnippets_GroundTruth.txt",
    "amazon": "amazonReviewSnippets_GroundTruth.txt",
}


def load(config: DatasetConfig, cache: Path) -> Corpus:
    """Fetch the first release of `config.source` that can be had, and read the corpus from it."""
    return assemble(
        config.name,
        LABELS,
        [*probe_sentences(config.probe), *sentences(first_release(config.source.releases, cache))],
        config.vocabulary,
    )


def sentences(path: Path) -> Iterator[Sentence]:
    """The sentences in the source distribution at `path` (.tar.gz or .zip), exact duplicates dropped.

    Movie sentences are split 70/15/15 by a hash of their text; Amazon sentences are all for training.
    """
    inner = io.BytesIO(_member(path))
    seen: set[str] = set()
    for source, name in FILES.items():
        where = f"{path.name}:{name}"
        inner.seek(0)
        for score, text in parse(_from_tar(inner, name, where), where):
            if text in seen:
                continue
            seen.add(text)
            split = hashed_split(text) if source == "movie" else "train"
            yield Sentence(text, split, source, _label(score), score)


def parse(content: bytes, where: str) -> Iterator[tuple[float, str]]:
    """(mean score, text) of each line of `content`: id, score and text, separated by tabs.

    The text may hold tabs of its own. `where` names the file in errors.
    """
    for number, line in enumerate(content.split(b"\n"), start=1):
        line = line.removesuffix(b"\r")
        if not line:
            continue
        try:
            fields = line.decode("utf-8").split("\t", 2)
        except UnicodeDecodeError as error:
            raise damaged(f"{where}, line {number}: not UTF-8 at byte {error.start}") from None
        if len(fields) != 3:
            raise damaged(f"{where}, line {number}: {len(fields)} of 3 tab-separated fields (id, score, text)")
        text = html.unescape(fields[2]).strip()
        if not text:
            raise damaged(f"{where}, line {number}: the text is empty")
        yield _score(fields[1], where, number), text


def _score(field: str, where: str, number: int) -> float:
    try:
        score = float(field)
    except ValueError:
        score = math.nan
    if not abs(score) <= LARGEST_SCORE:
        raise damaged(f'{where}, line {number}: the score "{field}" is no number between -4 and 4')
    return score


def _label(score: float) -> int:
    if abs(score) < NEUTRAL_BELOW:
        return NO_LABEL
    return int(score > 0)


def _member(path: Path) -> bytes:
    """The bytes of the archive inside the source distribution."""
    if path.suffix != ".zip":
        with path.open("rb") as file:
            return _from_tar(file, ARCHIVE, path.name)

    def read() -> bytes | None:
        with zipfile.ZipFile(path) as archive:
            name = next((n for n in archive.namelist() if n.endswith("/" + ARCHIVE)), None)
            if name:
                _bearable(archive.getinfo(name).file_size, name)
            return archive.read(name) if name else None

    return _found(read, ARCHIVE, path.name)


def _from_tar(file: io.BufferedIOBase | io.BufferedReader, name: str, where: str) -> bytes:
    def read() -> bytes | None:
        with tarfile.open(fileobj=file, mode="r:gz") as archive:
            member = next((m for m in archive if m.isfile() and m.name.endswith("/" + name)), None)
            if member:
                _bearable(member.size, name)
            content = archive.extractfile(member) if member else None
            return content.read() if content else None

    return _found(read, name, where)


def _found(read: Callable[[], bytes | None], name: str, where: str) -> bytes:
    try:
        content = read()
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, RuntimeError, OSError, EOFError) as error:
        raise damaged(f"{where}: not a readable archive: {error}") from None
    if content is None:
        raise damaged(f"{where}: holds no {name}")
    return content


def _bearable(size: int, name: str) -> None:
    if size > LARGEST_MEMBER:
        raise damaged(f"{name}: {size:,} bytes, more than the {LARGEST_MEMBER:,} that are read")
