"""Annotated text, a word a line: CoNLL-U (Universal Dependencies) and CoNLL-2003 (Tjong Kim Sang and De Meulder 2003).

The words are text for language models; the tag of each word is a label of its step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from rnnvis.config import Source, Vocabulary
from rnnvis.errors import RnnvisError
from rnnvis.text.assembly import Sentence
from rnnvis.text.kinds.running import TRAIN, VALID, column_lines, spaced_words
from rnnvis.text.lines import broken, head, numbered, suffix
from rnnvis.text.penn import END
from rnnvis.text.reading import FileKind, Reading, missing, split_within, splits_of

DOCUMENT = "-DOCSTART-"
_NEW = ("# newdoc", DOCUMENT)
Word = tuple[str, str]  # as written, tag
Columns = Callable[[Path, int, str], Word | None]


def universal(path: Path, line: int, text: str) -> Word | None:
    """Form and universal part of speech of a CoNLL-U line; None for a range of words or an empty node."""
    fields = text.split("\t")
    if len(fields) != 10:
        raise broken(path, line, f"{len(fields)} of the 10 columns of CoNLL-U", "part the columns by tabs")
    if not fields[0].isdecimal():
        return None
    return fields[1].replace(" ", "_"), fields[3]


def tagged(path: Path, line: int, text: str) -> Word | None:
    """First and last column of a CoNLL-2003 line: word and tag of the named entity."""
    fields = text.split()
    if len(fields) < 2:
        raise broken(path, line, "a word without a tag", "write the word, a blank and its tags on a line")
    return fields[0], fields[-1]


def files(path: Path, fits: Callable[[Path], bool]) -> list[Path]:
    """`path` itself, or the files of this kind in the folder `path`."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise missing(path)
    found = [file for file in sorted(path.iterdir()) if file.is_file() and fits(file)]
    if not found:
        raise RnnvisError(f"{path}: holds no file with a word and its tags a line")
    return found


def read(source: Source, columns: Columns, fits: Callable[[Path], bool]) -> Reading:
    """Sentences in order, in documents where the files part them; one file is cut at 90 and 95 % of its documents."""
    found = files(Path(source.path), fits)
    splits = splits_of(found, split_within) if len(found) > 1 else {}
    gathered = (Gathered(file, splits.get(file, ""), source, columns) for file in found)
    sentences = [sentence for file in gathered for sentence in file.sentences()]
    if not sentences:
        raise RnnvisError(f"{source.path}: holds no sentence", "give more text")
    return Reading((), sentences, words=spaced_words, ending=END, literal=True)


class Gathered:
    """The sentences of one file of `split`, or, where that is "", of splits by its documents."""

    def __init__(self, path: Path, split: str, source: Source, columns: Columns) -> None:
        self.path, self.split, self.encoding, self.columns = path, split, source.encoding, columns

    def sentences(self) -> Iterator[Sentence]:
        """One at a time, each with the tags of its words."""
        documents: list[list[tuple[int, list[Word]]]] = [[]]
        first, words = 0, list[Word]()
        for line, text in [*numbered(self.path, self.encoding), (0, "")]:
            text = text.rstrip()
            if text.startswith(_NEW) and documents[-1]:
                documents.append([])
            if text.startswith(("#", DOCUMENT)):
                continue
            if text:
                first = first if words else line
                if word := self.columns(self.path, line, text):
                    words.append(word)
            elif words:
                documents[-1].append((first, words))
                words = []
        parted = len(documents) > 2
        pieces = documents if parted else [[sentence] for document in documents for sentence in document]
        for number, document in enumerate(pieces):
            name = f"{self.path.stem} {number}" if parted else self.path.stem
            for line, row in document:
                yield Sentence(
                    " ".join(word for word, _ in row),
                    self.split or _share(number / len(pieces)),
                    "conll",
                    document=name,
                    where=f"{self.path}, line {line}",
                    tags=tuple(tag for _, tag in row),
                )


def _share(place: float) -> str:
    return "train" if place < TRAIN else "valid" if place < TRAIN + VALID else "test"


def fits_universal(path: Path) -> bool:
    """A `.conllu` file or one that holds its ten columns, or a folder with one."""
    return _any(path, (".conllu",), "conllu")


def fits_tagged(path: Path) -> bool:
    """A `.conll` file or one with a word and its tags a line, or a folder with one."""
    return _any(path, (".conll", ".bio", ".iob"), "conll2003")


def _any(path: Path, endings: tuple[str, ...], kind: str) -> bool:
    if path.is_dir():
        return any(_any(file, endings, kind) for file in path.iterdir() if file.is_file())
    named = path.name.startswith("eng.") or suffix(path) in (".txt", "", *endings)
    try:
        return named and (suffix(path) in endings or column_lines(path, head(path)) == kind)
    except RnnvisError:
        return False


UNIVERSAL = FileKind(
    name="conllu",
    fits=fits_universal,
    keys=frozenset({"encoding"}),
    get="download a treebank of Universal Dependencies (universaldependencies.org); its folder holds a -train, "
    "a -dev and a -test.conllu",
    files=partial(files, fits=fits_universal),
    read=partial(read, columns=universal, fits=fits_universal),
    vocabulary=Vocabulary(size=10_000),
)
TAGGED = FileKind(
    name="conll2003",
    fits=fits_tagged,
    keys=frozenset({"encoding"}),
    get="files with a word and its tags a line, an empty line between sentences: eng.train, eng.testa, eng.testb",
    files=partial(files, fits=fits_tagged),
    read=partial(read, columns=tagged, fits=fits_tagged),
    vocabulary=Vocabulary(size=10_000),
)
