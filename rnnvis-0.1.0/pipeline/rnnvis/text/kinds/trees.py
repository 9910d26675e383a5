"""The Stanford Sentiment Treebank (Socher et al. 2013): a tree in brackets a line, whose root says the sentiment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from rnnvis.config import Source
from rnnvis.errors import RnnvisError
from rnnvis.text.assembly import Sentence, hashed_split
from rnnvis.text.kinds.running import tree_lines
from rnnvis.text.lines import broken, head, numbered, suffix
from rnnvis.text.reading import FileKind, Reading, missing, splits_of
from rnnvis.text.tokenizer import Tokens, word_of

FIVE = ("very negative", "negative", "neutral", "positive", "very positive")
BINARY = ("negative", "positive")
UNDECIDED = "of neutral sentences"
_LEAF = re.compile(r"\((\d) ([^()\s]+)\)")
_NODE = re.compile(r"\(\d (?:\x00 ?)+\)")
_BRACKETS = {"-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]", "-LCB-": "{", "-RCB-": "}"}


def files(path: Path) -> list[Path]:
    """`path` itself, or the files of trees in the folder `path`."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise missing(path)
    found = [file for file in sorted(path.iterdir()) if file.is_file() and fits(file)]
    if not found:
        raise RnnvisError(f"{path}: holds no file of trees, a line such as (3 (2 It) (4 works)) each")
    return found


def read(source: Source) -> Reading:
    """Whole sentences with the sentiment of their root: of two classes, without the neutral ones, or of five."""
    reading = Reading(FIVE if source.classes == 5 else BINARY, (), words=leaves, literal=True)
    reading.sentences = _sentences(files(Path(source.path)), source, reading)
    return reading


def leaves(text: str) -> Tokens:
    """The words of a sentence as the treebank parts them, in lower case."""
    return [(word, word_of(word)) for word in text.split()]


def _sentences(found: list[Path], source: Source, reading: Reading) -> Iterator[Sentence]:
    splits = splits_of(found) if len(found) > 1 else {}
    for file in found:
        for line, tree in numbered(file, source.encoding, shown=True):
            if not tree.strip():
                continue
            root, words = _parsed(file, line, tree.strip())
            if source.classes == 2 and root == 2:
                reading.left_out[UNDECIDED] += 1
                continue
            text = " ".join(_BRACKETS.get(word, word) for word in words)
            label = root if source.classes == 5 else int(root > 2)
            yield Sentence(text, splits.get(file) or hashed_split(text), "sst", label, where=f"{file}, line {line}")


def _parsed(path: Path, line: int, tree: str) -> tuple[int, list[str]]:
    """(sentiment of the root, words) of a tree; every node has a sentiment from 0 to 4."""
    fix = "write (sentiment child child), such as (3 (2 It) (4 works)), or correct the line"
    words = [match[2] for match in _LEAF.finditer(tree)]
    rest, before = _LEAF.sub("\x00", tree), ""
    while rest != before:
        rest, before = _NODE.sub("\x00", rest), rest
    sentiment = tree[1:2]
    if rest.strip() != "\x00" or not words or sentiment not in tuple("01234"):
        raise broken(path, line, "not a tree in brackets with a sentiment from 0 to 4 at its root", fix)
    return int(sentiment), words


def fits(path: Path) -> bool:
    """A text file whose lines are such trees, or a folder of them."""
    if path.is_dir():
        texts = [file for file in path.iterdir() if suffix(file) == ".txt"]
        return bool(texts) and all(fits(file) for file in texts)
    try:
        return suffix(path) in (".txt", ".ptb", "") and tree_lines(head(path))
    except RnnvisError:
        return False


KIND = FileKind(
    name="sst",
    fits=fits,
    keys=frozenset({"classes", "encoding", "most_sentences", "most_tokens"}),
    get="download the Stanford Sentiment Treebank as trees (nlp.stanford.edu/sentiment: trainDevTestTrees_PTB.zip), "
    "whose folder trees holds train.txt, dev.txt and test.txt",
    files=files,
    read=read,
)
