"""How many threads small pieces of work are computed with."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import torch
from threadpoolctl import ThreadpoolController


@contextmanager
def limited(threads: int = 1) -> Iterator[None]:
    """So many threads inside, for torch and for what NumPy and scikit-learn call; what was set before afterwards.

    The work is many small pieces: a second thread gains little on an idle machine, and beside other programs the
    threads wait for one another (recording the demo's LSTM took 11 to 18 s with one thread, 43 to 67 s with two). The
    same number also gives the same bytes on every machine.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with _libraries(len(sys.modules)).limit(limits=threads):
            yield
    finally:
        torch.set_num_threads(before)


@lru_cache(1)
def _libraries(modules: int) -> ThreadpoolController:
    """The libraries that are loaded while so many `modules` are: to find them takes as long as a short run."""
    return ThreadpoolController()
