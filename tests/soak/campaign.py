"""Damaged inputs by the thousand: each ends in our error or in a right result, within seconds and within memory."""

from __future__ import annotations

import resource
import signal
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, seed, settings

from tests.soak.edits import Edit, edits
from tests.soak.formats import FORMATS, Format, outcome

SECONDS = 20
MEMORY = 2**30
"""How long one input may take, and how much memory all of a format may add."""


class TooLongError(BaseException):
    """No Exception: nothing on the way may take it for an error of the file."""


def campaign(name: str, folder: Path, inputs: int, start: int | None = None) -> Counter[str]:
    """Read `inputs` damaged files of the format `name`, written into `folder`; how many ended in which way.

    `start` seeds the choice; without it, it is always the same. Raises for the first input, made as small as
    hypothesis can, that ends in another exception than RnnvisError, in a wrong result, or after `SECONDS`.
    """
    of = FORMATS[name]
    folder.mkdir(parents=True, exist_ok=True)
    of.make(folder)
    assert_good(of, folder)
    ended: Counter[str] = Counter()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def one(found: list[Edit]) -> None:
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                ended[outcome(of, folder, found)] += 1
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def late(*_: Any) -> None:
        raise TooLongError(f"an input of {name} takes longer than {SECONDS} s")

    checks = settings(
        max_examples=inputs,
        deadline=None,
        database=None,
        derandomize=start is None,
        suppress_health_check=[*HealthCheck],
    )
    run = checks(given(edits(of.hows))(one))
    earlier = signal.signal(signal.SIGALRM, late)
    try:
        (run if start is None else seed(start)(run))()
    finally:
        signal.signal(signal.SIGALRM, earlier)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown < MEMORY, f"{name} took {grown:,} bytes"
    return ended


def assert_good(of: Format, folder: Path) -> None:
    """The file as it is is read."""
    of.read(folder, [])
