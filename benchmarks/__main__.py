"""Measure everything and write `benchmarks/results.md`, which the page “Benchmarks” shows.

python -m benchmarks [recording] [record] [parts] [interventions] [memory] [publishing] [demo] [scaling] [coclustering]
                     [planted] [published] [typing] [viewer] [views]
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import (
    clustering,
    demo,
    inference,
    interventions,
    memory,
    parts,
    publishing,
    recording,
    scaling,
    viewer,
    views,
)
from benchmarks.report import Table, machine
from rnnvis.progress import say

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results.md"


def main(wanted: Sequence[str]) -> None:
    """Run the named benchmarks, or all in turn; tables that are not measured again stay as they were."""
    site = ROOT / "build" / "site"
    measures: dict[str, tuple[str, Callable[[], Table]]] = {
        "recording": ("Recording", recording.measure),
        "record": ("Recording beside the model itself", recording.measure_record),
        "parts": (parts.TITLE, parts.measure),
        "interventions": ("Interventions", interventions.measure),
        "memory": ("Memory", memory.measure),
        "publishing": ("Publishing", publishing.measure),
        "demo": ("Building the demo", demo.measure),
        "scaling": (scaling.TITLE, scaling.measure),
        "coclustering": ("Speed of co-clustering", clustering.speed),
        "planted": ("Finding planted groups", clustering.planted),
        "published": (
            "Co-clustering the published responses",
            lambda: clustering.published(site / "explorer" / "data"),
        ),
        "typing": ("The model in the page", lambda: inference.measure(site)),
        "viewer": ("The explorer", lambda: viewer.measure(site)),
        "views": (views.TITLE, lambda: views.measure(site)),
    }
    unknown = sorted(set(wanted) - set(measures))
    if unknown:
        raise SystemExit(f"there is no benchmark {unknown[0]}: {', '.join(measures)}")
    before = _sections(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    sections = []
    for name, (title, measure) in measures.items():
        if wanted and name not in wanted:
            sections += [before[title]] if title in before else []
            continue
        say(f"Measuring {name}")
        sections.append(f"{measure().markdown()}\nMeasured on {machine()}\n")
    text = "Each table says on which machine it was measured.\n\n" + "\n".join(sections)
    RESULTS.write_text(text, encoding="utf-8")
    print(text)


def _sections(text: str) -> dict[str, str]:
    parts = text.split("\n## ")[1:]
    return {part.split("\n", 1)[0]: "## " + part.rstrip("\n") + "\n" for part in parts}


if __name__ == "__main__":
    main(sys.argv[1:])
