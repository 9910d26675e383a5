"""How many threads a stage computes with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from threadpoolctl import threadpool_limits


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread inside, for torch and for what NumPy and scikit-learn call; what was set before afterwards.

    The work of a stage is many small pieces: a second thread gains little on an idle machine, and beside other
    programs the threads wait for one another (recording the demo's LSTM took 11 to 18 s with one thread, 43 to 67 s
    with two). The same thread count also gives the same bytes on every machine. A training sets its own.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(before)
