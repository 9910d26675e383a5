"""Measure everything and write `benchmarks/results.md`, which the page “Benchmarks” shows."""

from __future__ import annotations

from pathlib import Path

from benchmarks import clustering, recording, viewer
from benchmarks.report import machine
from rnnvis.progress import say

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results.md"


def main() -> None:
    """Run every benchmark in turn."""
    site = ROOT / "build" / "site"
    tables = []
    for name, measure in (
        ("recording", recording.measure),
        ("planted groups", clustering.planted),
        ("published clusterings", lambda: clustering.published(site / "explorer" / "data")),
        ("explorer", lambda: viewer.measure(site)),
    ):
        say(f"Measuring {name}")
        tables.append(measure())
    text = f"Measured on {machine()}\n\n" + "\n".join(table.markdown() for table in tables)
    RESULTS.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
