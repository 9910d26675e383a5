"""What a bare file or folder most likely is: kind of corpus and, of a table, its columns."""

from __future__ import annotations

from pathlib import Path

from rnnvis.config import Columns, Source, Vocabulary
from rnnvis.errors import RnnvisError
from rnnvis.text.json_lines import parsed
from rnnvis.text.kinds import imdb, ptb, table, uci_sentences, yelp
from rnnvis.text.kinds import running as text
from rnnvis.text.kinds.table import FORMATS
from rnnvis.text.lines import numbered

TEXT_NAMES = ("text", "sentence", "review", "content", "body", "comment", "message", "tweet", "document")
LABEL_NAMES = ("label", "class", "sentiment", "category", "target", "polarity", "stars", "rating")
SPLIT_NAME = "split"


def source_of(path: Path, kind: str = "", columns: Columns | None = None) -> Source:
    """A source for the file or folder at `path`; what `kind` and `columns` leave open is guessed.

    Raises:
        RnnvisError: there is nothing at `path`, or nothing can be guessed; says which option decides it.
    """
    if not path.exists():
        raise RnnvisError(f"{path}: no such file or folder", "name a file, a folder, or a dataset under datasets/")
    kind = kind or _kind(path)
    if kind != "table":
        return Source(kind, path=str(path))
    file = table.files(path)[0]
    source = Source(kind, path=str(path), delimiter=_delimiter(file))
    names = table.header(file, source)
    given = columns or Columns("", "", "", "")
    chosen = Columns(
        text=given.text or _first(TEXT_NAMES, names, file, "text"),
        label=given.label or _first(LABEL_NAMES, names, file, "label"),
        split=given.split or next((name for name in names if name.lower() == SPLIT_NAME and path.is_file()), ""),
        group=given.group,
    )
    return Source(kind, path=str(path), delimiter=source.delimiter, columns=chosen)


def usual_vocabulary(source: Source) -> Vocabulary:
    """The vocabulary of a dataset that says nothing of one: all words of the Penn Treebank, 10,000 of other text."""
    if source.kind == "ptb":
        return Vocabulary(minimum_count=1)
    return Vocabulary(size=10_000) if source.kind == "text" else Vocabulary()


def _kind(path: Path) -> str:
    if path.is_dir():
        if (path / yelp.FILE).is_file():
            return "yelp"
        if (path / imdb.FOLDER).is_dir() or (path / "train" / "pos").is_dir():
            return "imdb"
        if (path / uci_sentences.FOLDER).is_dir() or (path / uci_sentences.FILES["yelp"]).is_file():
            return "uci-sentences"
        if (path / ptb.INSIDE).is_dir() or (path / "ptb.train.txt").is_file():
            return "ptb"
        return "text" if any(path.glob(f"*{text.SUFFIX}")) else "table"
    if FORMATS.get(path.suffix.lower()) == "jsonl":
        return "yelp" if {"stars", "business_id", "text"} <= _first_object(path).keys() else "table"
    if path.suffix.lower() in FORMATS:
        return "table"
    if path.suffix.lower() == text.SUFFIX:
        return "text"
    raise RnnvisError(f"{path}: its kind of corpus cannot be told from its name", "say it: --kind table, for example")


def _first_object(path: Path) -> dict[str, object]:
    return next((parsed(path, line, text) for line, text in numbered(path) if text.strip()), {})


def _delimiter(file: Path) -> str:
    """The semicolon that some spreadsheets write into a CSV file; "" for the usual one."""
    if FORMATS.get(file.suffix.lower()) != "csv":
        return ""
    head = next((line for _, line in numbered(file) if line.strip()), "")
    return ";" if ";" in head and "," not in head else ""


def _first(known: tuple[str, ...], names: list[str], file: Path, what: str) -> str:
    by_name = {name.lower(): name for name in reversed(names)}
    found = next((by_name[name] for name in known if name in by_name), None)
    if found is None:
        raise RnnvisError(
            f"{file}: which column holds the {what} cannot be told from {', '.join(names)}", f"name it: --{what} COLUMN"
        )
    return found
