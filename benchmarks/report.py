"""Timing, the machine, and tables in Markdown."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path


@dataclass(frozen=True)
class Table:
    """One measured table: what it shows, its head, and rows of text."""

    title: str
    about: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """The table as Markdown, first column to the left, the others to the right."""
        rule = ["---", *("---:" for _ in self.head[1:])]
        lines = ["| " + " | ".join(row) + " |" for row in (self.head, rule, *self.rows)]
        return f"## {self.title}\n\n{self.about}\n\n" + "\n".join(lines) + "\n"


def seconds(work: Callable[[], object], runs: int = 5) -> list[float]:
    """Wall time of each of `runs` runs, after one that is not counted."""
    work()
    found = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return found


def middle(values: Sequence[float], unit: str = "s") -> str:
    """Median, with the range of the runs."""
    scale, digits = (1000, 0) if unit == "ms" else (1, 2)
    median, low, high = (x * scale for x in (statistics.median(values), min(values), max(values)))
    return f"{median:.{digits}f} {unit} ({low:.{digits}f}–{high:.{digits}f})"


def machine() -> str:
    """The machine and the versions, in a sentence."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        lines = info.read_text(encoding="utf-8", errors="replace").splitlines()
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), model)
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "numpy", "scikit-learn", "pyarrow"))
    return f"{model}, {os.cpu_count()} cores; {platform.system()}, Python {platform.python_version()}, {packages}."
