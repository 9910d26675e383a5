"""Where the command `rnnvis` starts: what stops it early says so, too, while the rest of it is being loaded."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

_SAID = "Stopped. Finished stages are kept; the same command goes on from here."


def main() -> None:
    """Run the command line."""
    signal.signal(signal.SIGINT, _stop)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    from rnnvis.cli import main as command

    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _end)
    command()


def _stop(number: int, _: FrameType | None) -> None:
    print(_SAID, file=sys.stderr, flush=True)
    os._exit(128 + number)


def _end(number: int, _: FrameType | None) -> None:
    """As Ctrl-C, so that what is half made is cleared up; with the status of the signal."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print(_SAID, file=sys.stderr, flush=True)
    sys.exit(128 + number)


if __name__ == "__main__":
    main()
