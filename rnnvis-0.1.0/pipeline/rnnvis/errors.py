"""The one kind of error that a user is meant to read."""

from __future__ import annotations

import errno
import stat
from pathlib import Path


class RnnvisError(Exception):
    """Something the user can put right.

    `message` says what is wrong and where (file, line or field); `fix` says what to do about it. The command
    line prints both and exits with status 1, without a traceback.
    """

    def __init__(self, message: str, fix: str = "") -> None:
        self.message = printable(message)
        self.fix = printable(fix)
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message}\n  Fix: {self.fix}" if self.fix else self.message


def printable(text: str) -> str:
    """`text` with half characters written out: names of files and words of users may hold some, and UTF-8 cannot."""
    return text.encode("utf-8", "backslashreplace").decode()


_FIXES = {
    errno.ENOSPC: "free some disk space, and run again",
    errno.EDQUOT: "free some of your disk quota, and run again",
    errno.ENOENT: "check the name: there is no such file or folder",
    errno.EACCES: "make it readable and its folder writable, and run again",
    errno.EPERM: "make it readable and its folder writable, and run again",
    errno.EROFS: "choose a folder that can be written, and run again",
    errno.ENOTDIR: "check the name: a part of it is a file, not a folder",
    errno.EISDIR: "name a file: this is a folder",
    errno.EMFILE: "allow more open files (ulimit -n), and run again",
}


def check_plain(path: Path) -> None:
    """Raise RnnvisError where `path` is a pipe, a socket or a device: reading it might never end."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise RnnvisError(
            f"{path}: is no plain file, but a pipe, a socket or a device",
            "copy what it gives into a file, and name that",
        )


def unusable(error: OSError, where: object = "") -> RnnvisError:
    """The error to show where the operating system refused something: a full disk, a read-only folder.

    `where` is named when the system does not say which file it was.
    """
    cause = error.strerror or str(error)
    named = error.filename or where
    message = f"{named}: {cause}" if named else cause
    return RnnvisError(message, _FIXES.get(error.errno or 0, "see what the system says of it, and run again"))
