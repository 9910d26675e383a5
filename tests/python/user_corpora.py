"""Corpora of users, made up in the formats that they come in."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from pathlib import Path

from rnnvis.config import Columns, DatasetConfig, Source, Vocabulary
from rnnvis.text import Corpus, read
from rnnvis.text.reading import Reading
from tests.python.tiny import BLAME, PLAIN, PRAISE


def configured(kind: str, path: Path, **keys: object) -> DatasetConfig:
    """A dataset over `path` whose every training word is known."""
    source = Source(kind, path=str(path), **keys)  # type: ignore[arg-type]
    return DatasetConfig("made-up", "Made up", "none", "Made up", source, Vocabulary(1))


def read_from(kind: str, path: Path, **keys: object) -> tuple[Corpus, Reading]:
    return read(configured(kind, path, **keys))


def table(path: Path, content: str | bytes, **keys: object) -> tuple[Corpus, Reading]:
    """The corpus in a table with this content; `text`, `label` … name its columns."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    columns = {key: keys.pop(key) for key in ("text", "label", "split", "group") if key in keys}
    return read_from("table", path, columns=Columns(**columns), **keys)  # type: ignore[arg-type]


def found(corpus: Corpus) -> dict[str, str | None]:
    """Label by text, None for none."""
    return {t: corpus.labels[c] if c >= 0 else None for t, c in zip(corpus.text, corpus.label.tolist(), strict=True)}


def review(number: int, stars: float, text: str, business: str) -> dict[str, object]:
    """A review as Yelp publishes it."""
    return {
        "review_id": f"review-{number}",
        "user_id": f"user-{number % 7}",
        "business_id": business,
        "stars": stars,
        "useful": 0,
        "funny": 1,
        "cool": 0,
        "text": text,
        "date": "2016-05-28 20:38:55",
    }


def reviews(count: int, seed: int = 0) -> list[dict[str, object]]:
    """Reviews of forty businesses, mostly favourable, whose words go with their stars."""
    rng = random.Random(seed)
    made = []
    for n in range(count):
        stars = rng.choice([1, 2, 3, 4, 4, 5, 5, 5, 5])
        side = BLAME if stars < 3 else PLAIN if stars == 3 else PRAISE
        words = [
            *rng.choices(PLAIN, k=5),
            *rng.choices(side, k=2),
            ("poor", "fair", "fine")[stars // 2],
        ]
        rng.shuffle(words)
        made.append(review(n, float(stars), " ".join(words) + f"\n{n % 9} .", f"business-{rng.randrange(40)}"))
    return made


def json_lines(path: Path, objects: Iterable[object]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(item) + "\n" for item in objects), encoding="utf-8")
    return path
