"""Text files of users as numbered lines: UTF-8 with or without a byte-order mark, or another encoding that is named;
LF, CRLF or, in files without any LF, CR; gzipped or not.
"""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from rnnvis import progress
from rnnvis.errors import RnnvisError, check_plain

LONGEST_LINE = 16 * 2**20  # bytes
GZIP = ".gz"
_SHOWN_EVERY = 4096  # lines
_LOOKED_AT = 2**16  # bytes, for the kind of line end
_OTHER_MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_SAID = "--encoding {} (encoding in [source])"


def suffix(path: Path) -> str:
    """The ending that says the format, in lower case: of `a.CSV.gz` it is `.csv`."""
    name = path.name.lower().removesuffix(GZIP)
    return Path(name).suffix


def numbered(path: Path, encoding: str = "", *, shown: bool = False) -> Iterator[tuple[int, str]]:
    """(line number from 1, line without its end) of the file at `path`, one line in memory at a time.

    `encoding` is a name that Python knows, UTF-8 if empty. `shown`: with a progress bar. Only LF and CRLF end a line,
    and CR in a file whose beginning has no LF; whatever else Unicode counts as a line end is text.

    Raises:
        RnnvisError: names file and line of what is not in the encoding or longer than 16 MiB.
    """
    check_plain(path)
    try:
        with path.open("rb") as raw, _unpacked(raw) as file:
            if not shown:
                yield from _lines(file, path, encoding)
                return
            with progress.bar(f"Reading {path.name}", total=path.stat().st_size, unit="bytes") as bar:
                before = 0
                for number, line in _lines(file, path, encoding):
                    if number % _SHOWN_EVERY == 0:
                        bar.advance(raw.tell() - before)
                        before = raw.tell()
                    yield number, line
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise RnnvisError(f"{path}: not readable as gzip: {error}", "copy or download the file again") from None
    except OSError as error:
        raise RnnvisError(f"{path}: cannot be read: {error.strerror or error}", "make it a readable file") from None


def whole(path: Path, encoding: str = "") -> str:
    """The text of a small file, its lines joined by LF; errors as in `numbered`."""
    return "\n".join(line for _, line in numbered(path, encoding))


def head(path: Path, encoding: str = "", lines: int = 400) -> list[str]:
    """The first `lines` lines of a file that hold more than white space."""
    found: list[str] = []
    for _, line in numbered(path, encoding):
        if line.strip():
            found.append(line)
        if len(found) == lines:
            break
    return found


def broken(path: Path, number: int, what: str, fix: str) -> RnnvisError:
    """The error about line `number` of the file at `path`."""
    return RnnvisError(f"{path}, line {number}: {what}", fix)


def check_encoding(encoding: str, where: str) -> None:
    """Refuse a name of an encoding of text that Python does not know; `where` says where it stands."""
    try:
        known = codecs.lookup(encoding) if encoding else None
    except (LookupError, ValueError):
        known = None
    if encoding and (known is None or not getattr(known, "_is_text_encoding", True)):
        raise RnnvisError(f'{where}: "{encoding}" is no encoding', "name one, such as latin-1, cp1252 or utf-16")


@contextmanager
def _unpacked(raw: BinaryIO) -> Iterator[BinaryIO]:
    packed = raw.read(2) == b"\x1f\x8b"
    raw.seek(0)
    if not packed:
        yield raw
        return
    with gzip.GzipFile(fileobj=raw) as file:
        yield io.BufferedReader(file)


def _lines(file: BinaryIO, path: Path, encoding: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(_raw(file, path, encoding), 1):
        if len(line) > LONGEST_LINE:
            raise broken(path, number, f"longer than {LONGEST_LINE:,} bytes", "check that the file has line ends")
        if number == 1:
            line = line if encoding else _without_mark(line, path)
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as error:
            where = f"not UTF-8 at byte {error.start + 1} of the line"
            fix = f"say which encoding it is, such as {_SAID.format('latin-1')}, or save the file as UTF-8"
            raise broken(path, number, where, fix) from None
        yield number, text.removesuffix("\n").removesuffix("\r")


def _raw(file: BinaryIO, path: Path, encoding: str) -> Iterator[bytes]:
    """Lines in UTF-8, each with its end; at most `LONGEST_LINE` + 1 bytes of one."""
    recoded: Any = file
    if encoding and codecs.lookup(encoding).name != "utf-8":
        recoded = io.BufferedReader(cast(Any, _Recoded(file, path, encoding)), _LOOKED_AT)
    start = recoded.peek(_LOOKED_AT)[:_LOOKED_AT]
    if b"\n" in start or b"\r" not in start:
        while line := recoded.readline(LONGEST_LINE + 1):
            yield line
        return
    rest = b""
    while chunk := recoded.read(_LOOKED_AT):
        *lines, rest = (rest + chunk).split(b"\r")
        yield from (line + b"\n" for line in lines)
        if len(rest) > LONGEST_LINE:
            break
    if rest:
        yield rest


class _Recoded(io.RawIOBase):
    """A file in another encoding, as UTF-8."""

    def __init__(self, file: BinaryIO, path: Path, encoding: str) -> None:
        self._file, self._path, self._encoding = file, path, encoding
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._held, self._lines, self._ended = b"", 1, False

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        """Fill `buffer` with the next bytes; 0 at the end."""
        while not self._held and not self._ended:
            chunk = self._file.read(_LOOKED_AT)
            self._ended = not chunk
            try:
                text = self._decoder.decode(chunk, final=self._ended)
            except UnicodeError as error:
                at = self._lines + chunk[: getattr(error, "start", 0)].count(b"\n")
                fix = f"name the encoding that it has, such as {_SAID.format('utf-8')}"
                raise broken(self._path, at, f"not {self._encoding}: {error}", fix) from None
            self._lines += text.count("\n")
            self._held = text.removeprefix("\ufeff").encode("utf-8", "replace")
        count = min(len(buffer), len(self._held))
        buffer[:count], self._held = self._held[:count], self._held[count:]
        return count


def _without_mark(line: bytes, path: Path) -> bytes:
    for mark, name in _OTHER_MARKS.items():
        if line.startswith(mark):
            fix = f"say so: {_SAID.format(name)}; or save the file as UTF-8"
            raise broken(path, 1, f"the file is {name.upper()}", fix)
    return line.removeprefix(codecs.BOM_UTF8)
