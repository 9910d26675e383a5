"""The Large Movie Review Dataset (Maas et al. 2011), as its archive unpacks: `aclImdb/{train,test}/{neg,pos}/*.txt`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from rnnvis import progress
from rnnvis.config import Source
from rnnvis.errors import RnnvisError
from rnnvis.text.assembly import Sentence, hashed_split
from rnnvis.text.lines import numbered, whole
from rnnvis.text.reading import BY_TOKENS, NO_TEXT, FileKind, Reading

LABELS = ("negative", "positive")
SIDES = ("neg", "pos")
FOLDER = "aclImdb"
VALID_SHARE = 0.15  # of the films of the training reviews
_BREAK = re.compile(r"(?:\s*<br\s*/?>\s*)+", re.IGNORECASE)
_NAME = re.compile(r"(\d+)_\d+\.txt")
_FIX = "unpack the archive anew"


def read(source: Source) -> Reading:
    """The test reviews as the archive has them; of the training reviews those of 15 % of the films validate.

    A film is known by its address in `urls_neg.txt` and `urls_pos.txt`; without these files a review is one by itself.
    """
    reading = Reading(LABELS, ())
    reading.sentences = _sentences(Path(source.path), reading)
    return reading


def files(path: Path) -> list[Path]:
    """Every labelled review and the lists of films, in the named folder or in `aclImdb` inside it."""
    folder = _folder(path)
    found = []
    for part in ("train", "test"):
        for side in SIDES:
            reviews = sorted((folder / part / side).glob("*.txt"))
            if not reviews:
                raise RnnvisError(f"{folder / part / side}: no reviews there")
            films = folder / part / f"urls_{side}.txt"
            found += ([films] if films.is_file() else []) + reviews
    return found


def _folder(path: Path) -> Path:
    return path / FOLDER if (path / FOLDER).is_dir() else path


def _sentences(path: Path, reading: Reading) -> Iterator[Sentence]:
    found = files(path)
    films = {file: [film for _, film in numbered(file)] for file in found if file.name.startswith("urls_")}
    reviews = [file for file in found if file not in films]
    with progress.bar("Reading reviews", total=len(reviews)) as bar:
        for file in reviews:
            name = _NAME.fullmatch(file.name)
            if not name:
                raise RnnvisError(f"{file}: not named as a review is, 0_9.txt", _FIX)
            part, side = file.parent.parent.name, file.parent.name
            text = _BREAK.sub("\n", whole(file)).strip()
            bar.advance()
            if not text:
                reading.left_out[NO_TEXT] += 1
                continue
            split = "test"
            if part == "train":
                addresses = films.get(file.parent.parent / f"urls_{side}.txt")
                split = hashed_split(_film(addresses, int(name[1]), file) or text, 1 - VALID_SHARE, VALID_SHARE)
            yield Sentence(text, split, "imdb", SIDES.index(side), where=str(file))


def _film(addresses: list[str] | None, number: int, file: Path) -> str:
    """The film's address: line `number`, counted from 0, of the list beside the reviews; "" without a list."""
    if addresses is None:
        return ""
    if number >= len(addresses):
        raise RnnvisError(f"{file}: its number is beyond the list of films, of {len(addresses):,} lines", _FIX)
    return addresses[number].split("/usercomments")[0].strip()


def fits(path: Path) -> bool:
    """The archive's folder, or one that holds it."""
    return (path / FOLDER).is_dir() or (path / "train" / "pos").is_dir()


KIND = FileKind(
    name="imdb",
    fits=fits,
    keys=BY_TOKENS,
    get="download the Large Movie Review Dataset (ai.stanford.edu/~amaas/data/sentiment) and unpack it; its folder "
    f"is called {FOLDER}",
    files=files,
    read=read,
)
