"""Golden values of the glyph quantities, for programs that compute them again (the viewer does).

`python -m rnnvis.measures.sentences.golden FILE` writes the JSON that the tests of both sides read.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from rnnvis.measures.sentences.sequences import glyphs


def sequence_cases(seed: int = 7) -> list[dict[str, Any]]:
    """A few short random state sequences with labels and the quantities expected of them, as plain lists.

    The states have few decimals, so that every language reads the same numbers; they include zeros, sign
    changes, an empty cluster, and a start that is not zero. A kept rate without a previous state is None.
    """
    random = np.random.default_rng(seed)
    cases = []
    for steps, units, k, with_start in ((6, 8, 3, False), (1, 4, 2, False), (5, 7, 4, True), (4, 3, 1, False)):
        states = np.round(random.uniform(-1, 1, (steps, units)), 3)
        states[random.random(states.shape) < 0.15] = 0
        if steps > 4:
            states[3] = states[2]
            states[4, : units // 2] = -states[3, : units // 2]
        labels = random.integers(0, k, units)
        if k == 4:
            labels[labels == 2] = 0
        start = np.round(random.uniform(-1, 1, units), 3) if with_start else np.zeros(units)
        found = glyphs(states, labels, k, start)
        cases.append(
            {"states": states.tolist(), "labels": labels.tolist(), "clusters": k, "start": start.tolist()}
            | {"expected": {name: _plain(value) for name, value in vars(found).items()}}
        )
    return cases


def _plain(value: np.ndarray) -> list[list[float | None]]:
    return [[None if np.isnan(x) else round(float(x), 12) + 0.0 for x in row] for row in value]


def write(path: Path) -> None:
    """Write the cases to `path` as JSON, one case a line."""
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in sequence_cases())
    path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
