"""Running text for language models: plain text files, split into sentences, or tokenised text, a sentence a line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from pathlib import Path

from rnnvis.config import Source, Vocabulary
from rnnvis.errors import RnnvisError
from rnnvis.text.assembly import Sentence, hashed_split
from rnnvis.text.lines import head, numbered, suffix
from rnnvis.text.penn import END, ended, penn_words, split_sentences
from rnnvis.text.reading import FileKind, Reading, missing, splits_of
from rnnvis.text.rows import tabbed
from rnnvis.text.segmenter import reader
from rnnvis.text.tokenizer import Tokens, characters

TRAIN, VALID = 0.90, 0.05
SUFFIXES = (".txt", ".text")
WIKITEXT = ".tokens"  # wiki.train.tokens: tokenised
_TAG = re.compile(r"[A-Z][A-Z0-9$]*(?:-\w+)*|[^\w\s]+")  # B-PER, O, NN, VBZ


def files(path: Path) -> list[Path]:
    """`path` itself, or every text file in the folder `path`, by name."""
    if path.is_file():
        return [path]
    if not path.exists():
        raise missing(path)
    found = sorted(file for file in path.iterdir() if suffix(file) in (*SUFFIXES, WIKITEXT) and file.is_file())
    if not found:
        raise RnnvisError(f"{path}: holds no file that ends in {' or '.join(SUFFIXES)}")
    return found


def read(source: Source) -> Reading:
    """The sentences of the text at `source.path`, documents in order.

    One file is cut at 90 and 95 % of its sentences into train, valid and test. In a folder either three files are
    named after the splits, or each file is a document, split 90/5/5 by the SHA-256 of its name.
    """
    found = files(Path(source.path))
    for file in found:
        _check(file, head(file, source.encoding))
    tokenised = source.tokenised or all(suffix(file) == WIKITEXT for file in found)
    splits = splits_of(found) if len(found) > 1 else {}
    splits = splits or {file: hashed_split(file.name, TRAIN, VALID) for file in found}
    if source.tokens == "characters":
        words = character_words
    else:
        words = spaced_words if tokenised else partial(penn_words, read=reader(source.tokens, source.addresses))
    reading = Reading((), (), words=words, ending=END, literal=tokenised)
    if len(found) == 1:
        reading.sentences = _cut(list(sentences(found[0], tokenised, source.encoding)), found[0])
    else:
        if len(set(splits.values())) < len(splits) and "train" not in splits.values():
            raise RnnvisError(f"{source.path}: by the hashes of their names no file is for training", "add more files")
        reading.sentences = (
            Sentence(text, splits[file], "text", document=file.stem, where=f"{file}, line {line}")
            for file in found
            for line, text in sentences(file, tokenised, source.encoding)
        )
    return reading


def spaced_words(text: str) -> Tokens:
    """What stands between the spaces, as it stands, and `<eos>` last; empty where there is no word."""
    return ended([(word, word) for word in text.split()])


def character_words(text: str) -> Tokens:
    """The characters, and `<eos>` last; empty where there is none."""
    return ended(characters(text))


def sentences(path: Path, tokenised: bool, encoding: str = "") -> Iterator[tuple[int, str]]:
    """(number of the line where it begins, sentence) of one file.

    Tokenised text has a sentence a line. Other text is cut at full stops; where the file has empty lines these part
    its paragraphs, else each line is a paragraph.
    """
    if tokenised:
        yield from ((number, line) for number, line in numbered(path, encoding) if line.strip())
        return
    wrapped = any(not line.strip() for _, line in numbered(path, encoding))
    for number, paragraph in _paragraphs(numbered(path, encoding), wrapped):
        yield from ((number, sentence) for sentence in split_sentences(paragraph))


def _check(path: Path, lines: Sequence[str]) -> None:
    """Refuse what is no running text, saying what it looks like and how to read it."""
    if len(lines) < 3:
        return
    if tree_lines(lines):
        raise RnnvisError(f"{path}: its lines are trees in brackets, not running text", "--kind sst")
    if kind := column_lines(path, lines):
        raise RnnvisError(f"{path}: a word a line with columns of tags, not running text", f"--kind {kind}")
    if tabbed(lines):
        fix = "--kind table --no-header --text 1 --label 2, with the positions of its columns"
        raise RnnvisError(f"{path}: its lines are rows between tabs, not running text", fix)
    if sum(line.strip().isdecimal() for line in lines) > len(lines) / 2:
        fix = "put it beside its texts, as train_text.txt and train_labels.txt, and read the folder: --kind parallel"
        raise RnnvisError(f"{path}: its lines are numbers, such as labels, not running text", fix)


def tree_lines(lines: Sequence[str]) -> bool:
    """Whether lines are trees as the Stanford Sentiment Treebank has them: (3 (2 It) (4 …))."""
    return bool(lines) and all(re.fullmatch(r"\(\d .*\)", line.strip()) for line in lines)


def column_lines(path: Path, lines: Sequence[str]) -> str:
    """The kind of a file with a word a line: `conllu` (ten columns), `conll2003` (columns between blanks), or ""."""
    told = [line for line in lines if not line.startswith("#")]
    if told and all(line.count("\t") == 9 for line in told):
        return "conllu"
    widths = {len(line.split()) for line in told if not line.startswith("-DOCSTART-")}
    parted = any(not line.strip() for _, line in numbered(path))
    tagged = all(_TAG.fullmatch(line.split()[-1]) for line in told)
    return "conll2003" if parted and tagged and len(widths) == 1 and 2 <= next(iter(widths)) <= 10 else ""


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


def fits(path: Path) -> bool:
    """A text file, or a folder that holds one."""
    if path.is_dir():
        return any(suffix(file) in (*SUFFIXES, WIKITEXT) for file in path.iterdir())
    return suffix(path) in (*SUFFIXES, WIKITEXT)


KIND = FileKind(
    name="text",
    fits=fits,
    keys=frozenset({"tokenised", "tokens", "addresses", "encoding"}),
    get="a text file of your own, a folder of them, or a folder with train.txt, valid.txt and test.txt",
    files=files,
    read=read,
    vocabulary=Vocabulary(size=10_000),
)
