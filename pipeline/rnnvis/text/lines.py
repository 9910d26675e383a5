"""Text files of users as numbered lines: UTF-8 with or without a byte-order mark, LF or CRLF."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from rnnvis import progress
from rnnvis.errors import RnnvisError

LONGEST_LINE = 16 * 2**20  # bytes
_SHOWN_EVERY = 4096  # lines
_OTHER_MARKS = {codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16"}


def numbered(path: Path, *, shown: bool = False) -> Iterator[tuple[int, str]]:
    """(line number from 1, line without its end) of the file at `path`, one line in memory at a time.

    `shown`: with a progress bar. Only LF and CRLF end a line; whatever else Unicode counts as a line end is text.

    Raises:
        RnnvisError: names file and line of what is not UTF-8 or longer than 16 MiB.
    """
    try:
        with path.open("rb") as file:
            if not shown:
                yield from _lines(file, path)
                return
            with progress.bar(f"Reading {path.name}", total=path.stat().st_size, unit="bytes") as bar:
                before = 0
                for number, line in _lines(file, path):
                    if number % _SHOWN_EVERY == 0:
                        bar.advance(file.tell() - before)
                        before = file.tell()
                    yield number, line
    except OSError as error:
        raise RnnvisError(f"{path}: cannot be read: {error.strerror}", "make it a readable file") from None


def whole(path: Path) -> str:
    """The text of a small file, its lines joined by LF; errors as in `numbered`."""
    return "\n".join(line for _, line in numbered(path))


def broken(path: Path, number: int, what: str, fix: str) -> RnnvisError:
    """The error about line `number` of the file at `path`."""
    return RnnvisError(f"{path}, line {number}: {what}", fix)


def _lines(file: BinaryIO, path: Path) -> Iterator[tuple[int, str]]:
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise broken(path, number, f"longer than {LONGEST_LINE:,} bytes", "check that the file has line ends")
        if number == 1:
            line = _without_mark(line, path)
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as error:
            where = f"not UTF-8 at byte {error.start + 1} of the line"
            raise broken(path, number, where, "save the file as UTF-8, or correct that character") from None
        yield number, text.removesuffix("\n").removesuffix("\r")


def _without_mark(line: bytes, path: Path) -> bytes:
    for mark, name in _OTHER_MARKS.items():
        if line.startswith(mark):
            raise broken(path, 1, f"the file is {name}", "save the file as UTF-8")
    return line.removeprefix(codecs.BOM_UTF8)
