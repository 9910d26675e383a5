"""The reviews of the Yelp Open Dataset: a JSON object a line, read as a stream.

The second case study of Ming et al. (2017) reads reviews of this dataset as negative or positive.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rnnvis.config import Source
from rnnvis.errors import RnnvisError
from rnnvis.text.assembly import Sentence, hashed_split
from rnnvis.text.lines import broken, head, numbered, suffix
from rnnvis.text.objects import encodable, parsed
from rnnvis.text.reading import BY_TOKENS, NO_TEXT, FileKind, Reading, one_file

FILE = "yelp_academic_dataset_review.json"
BINARY = ("negative", "positive")  # 1 and 2 stars, 4 and 5 stars
FIVE = tuple(f"{n} star{'s' if n > 1 else ''}" for n in range(1, 6))
UNDECIDED = "of three stars"
_FIX = "each line is one review with text, stars (1 to 5) and business_id, as Yelp publishes it: correct the line"


def read(source: Source) -> Reading:
    """Reviews with the classes negative and positive, or with one class for each number of stars.

    All reviews of one business are in the same split: 70/15/15 by a hash of its id.
    """
    reading = Reading(FIVE if source.classes == 5 else BINARY, ())
    reading.sentences = _sentences(files(Path(source.path))[0], source.classes, reading)
    return reading


def files(path: Path) -> list[Path]:
    """The file of reviews, named or in the named folder."""
    return one_file(path, FILE)


def _sentences(path: Path, classes: int, reading: Reading) -> Iterator[Sentence]:
    for line, text in numbered(path, shown=True):
        if not text.strip():
            continue
        review = parsed(path, line, text)
        stars = _stars(path, line, review)
        words, business = (_text(path, line, review, name) for name in ("text", "business_id"))
        if classes == 2 and stars == 3:
            reading.left_out[UNDECIDED] += 1
        elif not words.strip():
            reading.left_out[NO_TEXT] += 1
        else:
            label = stars - 1 if classes == 5 else int(stars > 3)
            yield Sentence(words.strip(), hashed_split(business), "yelp", label, where=f"{path}, line {line}")


def _stars(path: Path, line: int, review: dict[str, Any]) -> int:
    stars = review.get("stars")
    if isinstance(stars, bool) or stars not in (1, 2, 3, 4, 5):
        raise broken(path, line, f'"stars" is {stars!r}', _FIX)
    return int(stars)


def _text(path: Path, line: int, review: dict[str, Any], name: str) -> str:
    text = review.get(name)
    if not isinstance(text, str):
        raise broken(path, line, f'"{name}" is {"not text" if name in review else "missing"}', _FIX)
    return encodable(path, line, name, text)


def fits(path: Path) -> bool:
    """Yelp's file of reviews by its name, or any with its fields in the first object."""
    if path.is_dir():
        return (path / FILE).is_file()
    if suffix(path) not in (".json", ".jsonl", ".ndjson"):
        return False
    try:
        first = json.loads(next(iter(head(path, lines=1)), ""))
    except (ValueError, RecursionError, RnnvisError):
        return False
    return isinstance(first, dict) and {"stars", "business_id", "text"} <= first.keys()


KIND = FileKind(
    name="yelp",
    fits=fits,
    keys=BY_TOKENS | {"classes"},
    get=f"ask Yelp for its Open Dataset (www.yelp.com/dataset), accept its terms, and unpack {FILE}",
    files=files,
    read=read,
)
