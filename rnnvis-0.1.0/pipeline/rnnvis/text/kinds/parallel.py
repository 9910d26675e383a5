"""Parallel files: a text a line, its label on the same line of another file: train_text.txt, train_labels.txt."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from rnnvis.config import Source
from rnnvis.errors import RnnvisError
from rnnvis.text.assembly import Sentence, hashed_split
from rnnvis.text.kinds.table import MOST_CLASSES, class_of
from rnnvis.text.lines import broken, numbered, suffix
from rnnvis.text.reading import BY_TOKENS, NO_TEXT, FileKind, Reading, missing, split_within, splits_of

_LABELS = re.compile(r"labels?(?![a-z])")
_TEXTS = ("text", "texts", "sentence", "sentences", "review", "reviews", "data", "input", "tweets")


def files(path: Path) -> list[Path]:
    """Texts and labels in turn, for each file of labels in the folder `path`."""
    if not path.is_dir():
        raise missing(path) if not path.exists() else RnnvisError(f"{path}: is a file", "name the folder of the files")
    found = []
    for labels in sorted(file for file in path.iterdir() if _LABELS.search(file.name) and suffix(file) == ".txt"):
        texts = [path / _LABELS.sub(word, labels.name) for word in _TEXTS]
        text = next((file for file in texts if file.is_file()), None)
        if text is None:
            raise RnnvisError(f"{labels}: no file of texts beside it", f"call it {texts[0].name}")
        found += [text, labels]
    if not found:
        raise RnnvisError(f"{path}: holds no file of labels, such as train_labels.txt beside train_text.txt")
    return found


def read(source: Source) -> Reading:
    """The lines of all pairs of files, in the splits that they are named after, else split 70/15/15 by a hash."""
    found = files(Path(source.path))
    pairs = list(zip(found[::2], found[1::2], strict=True))
    labels = sorted({line.strip() for _, file in pairs for _, line in numbered(file, source.encoding) if line.strip()})
    if len(labels) > MOST_CLASSES:
        raise RnnvisError(f"{pairs[0][1]}: {len(labels):,} different labels", "name the folder of texts and labels")
    if labels and all(label.isdecimal() for label in labels):
        labels.sort(key=int)
    reading = Reading(source.labels or tuple(labels), ())
    reading.sentences = _sentences(pairs, source, reading, class_of(tuple(labels), source.labels))
    return reading


def _sentences(
    pairs: list[tuple[Path, Path]], source: Source, reading: Reading, number_of: dict[str, int]
) -> Iterator[Sentence]:
    splits = splits_of([text for text, _ in pairs], split_within) if len(pairs) > 1 else {}
    for text_file, label_file in pairs:
        both = zip_longest(numbered(text_file, source.encoding), numbered(label_file, source.encoding))
        for text_line, label_line in both:
            if text_line is None or label_line is None:
                line = (text_line or label_line or (0, ""))[0]
                ended, other = (text_file, label_file) if text_line is None else (label_file, text_file)
                raise broken(other, line, f"{ended.name} has ended", "the files go line by line: correct them")
            (line, text), label = text_line, label_line[1].strip()
            if not text.strip():
                reading.left_out[NO_TEXT] += 1
                continue
            if label not in number_of:
                what = f'the label "{label}" is none of {", ".join(reading.labels)}'
                raise broken(
                    label_file, line, what, "correct it, or --labels (source.labels): a name for each number, in order"
                )
            split = splits.get(text_file) or hashed_split(text.strip())
            yield Sentence(text.strip(), split, "parallel", number_of[label], where=f"{text_file}, line {line}")


def fits(path: Path) -> bool:
    """A folder with a file of labels and its file of texts."""
    try:
        return path.is_dir() and bool(files(path))
    except RnnvisError:
        return False


KIND = FileKind(
    name="parallel",
    fits=fits,
    keys=BY_TOKENS | {"labels", "encoding"},
    get="a folder with files of texts and of labels: train_text.txt and train_labels.txt, and so for val and test",
    files=files,
    read=read,
)
