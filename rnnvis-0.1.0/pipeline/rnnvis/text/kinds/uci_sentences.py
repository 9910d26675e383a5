"""The UCI dataset “Sentiment Labelled Sentences” (Kotzias et al. 2015): three files of a thousand sentences."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rnnvis.config import Source
from rnnvis.text.assembly import Sentence, hashed_split
from rnnvis.text.lines import broken, numbered
from rnnvis.text.reading import BY_TOKENS, FileKind, Reading, missing

LABELS = ("negative", "positive")
FILES = {source: f"{source}_labelled.txt" for source in ("amazon_cells", "imdb", "yelp")}
FOLDER = "sentiment labelled sentences"


def read(source: Source) -> Reading:
    """The sentences of all three files, split 70/15/15 by a hash of their text."""
    return Reading(LABELS, _sentences(Path(source.path)))


def files(path: Path) -> list[Path]:
    """The three files, in the named folder or in the folder of the archive inside it."""
    folder = path / FOLDER if (path / FOLDER).is_dir() else path
    found = [folder / name for name in FILES.values()]
    for file in found:
        if not file.is_file():
            raise missing(file)
    return found


def _sentences(path: Path) -> Iterator[Sentence]:
    for source, file in zip(FILES, files(path), strict=True):
        for line, content in numbered(file):
            if not content.strip():
                continue
            text, tab, label = content.rpartition("\t")
            if not tab or label.strip() not in ("0", "1") or not text.strip():
                raise broken(file, line, "not a sentence, a tab, and 0 or 1", "correct the line, or unpack it anew")
            text = text.strip()
            yield Sentence(text, hashed_split(text), source, int(label), where=f"{file}, line {line}")


def fits(path: Path) -> bool:
    """The archive's folder, or one that holds it."""
    return (path / FOLDER).is_dir() or (path / FILES["yelp"]).is_file()


KIND = FileKind(
    name="uci-sentences",
    fits=fits,
    keys=BY_TOKENS,
    get=f"download “Sentiment Labelled Sentences” from the UCI Machine Learning Repository; its folder holds "
    f"{', '.join(FILES.values())}",
    files=files,
    read=read,
)
