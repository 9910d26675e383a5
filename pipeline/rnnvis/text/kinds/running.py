"""Running text for language models: plain text files, split into sentences, or tokenised text, a sentence a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from rnnvis.config import Source
from rnnvis.errors import RnnvisError
from rnnvis.text.assembly import Sentence, hashed_split
from rnnvis.text.lines import numbered
from rnnvis.text.penn import END, penn_words, split_sentences
from rnnvis.text.reading import SPLIT_NAMES, FileKind, Reading, missing

TRAIN, VALID = 0.90, 0.05
SUFFIX = ".txt"


def files(path: Path) -> list[Path]:
    """`path` itself, or every text file in the folder `path`, by name."""
    if path.is_file():
        return [path]
    if not path.exists():
        raise missing(path)
    found = sorted(file for file in path.iterdir() if file.suffix.lower() == SUFFIX and file.is_file())
    if not found:
        raise RnnvisError(f"{path}: holds no file that ends in {SUFFIX}")
    return found


def read(source: Source) -> Reading:
    """The sentences of the text at `source.path`, documents in order.

    One file is cut at 90 and 95 % of its sentences into train, valid and test. In a folder either three files are
    named after the splits, or each file is a document, split 90/5/5 by the SHA-256 of its name.
    """
    found = files(Path(source.path))
    named = [SPLIT_NAMES.get(file.stem.lower()) for file in found]
    if sorted(map(str, named)) == ["test", "train", "valid"]:
        splits = {file: str(split) for file, split in zip(found, named, strict=True)}
    else:
        splits = {file: hashed_split(file.name, TRAIN, VALID) for file in found}
    words = spaced_words if source.tokenised else penn_words
    reading = Reading((), (), words=words, ending=END)
    if len(found) == 1:
        reading.sentences = _cut(list(sentences(found[0], source.tokenised)), found[0])
    else:
        reading.sentences = (
            Sentence(text, splits[file], "text", document=file.stem, where=f"{file}, line {line}")
            for file in found
            for line, text in sentences(file, source.tokenised)
        )
    return reading


def spaced_words(text: str) -> list[tuple[str, str]]:
    """What stands between the spaces, as it stands, and `<eos>` last; empty where there is no word."""
    words = [(word, word) for word in text.split()]
    return [*words, (END, END)] if words else []


def sentences(path: Path, tokenised: bool) -> Iterator[tuple[int, str]]:
    """(number of the line where it begins, sentence) of one file.

    Tokenised text has a sentence a line. Other text is cut at full stops; where the file has empty lines these part
    its paragraphs, else each line is a paragraph.
    """
    if tokenised:
        yield from ((number, line) for number, line in numbered(path) if line.strip())
        return
    wrapped = any(not line.strip() for _, line in numbered(path))
    for number, paragraph in _paragraphs(numbered(path), wrapped):
        yield from ((number, sentence) for sentence in split_sentences(paragraph))


def _paragraphs(lines: Iterable[tuple[int, str]], wrapped: bool) -> Iterator[tuple[int, str]]:
    first, gathered = 0, list[str]()
    for number, line in chain(lines, [(0, "")]):
        if line.strip():
            first = first if gathered else number
            gathered.append(line.strip())
        if gathered and (not wrapped or not line.strip()):
            yield first, " ".join(gathered)
            gathered = []


def _cut(found: list[tuple[int, str]], path: Path) -> Iterator[Sentence]:
    if not found:
        raise RnnvisError(f"{path}: holds no sentence", "give more text")
    for place, (line, text) in enumerate(found):
        share = place / len(found)
        split = "train" if share < TRAIN else "valid" if share < TRAIN + VALID else "test"
        yield Sentence(text, split, "text", document=path.stem, where=f"{path}, line {line}")


KIND = FileKind(
    keys=frozenset({"tokenised"}),
    get="a text file of your own, a folder of them, or a folder with train.txt, valid.txt and test.txt",
    files=files,
    read=read,
)
