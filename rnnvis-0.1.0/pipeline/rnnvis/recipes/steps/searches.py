"""Searches for the few units that carry a verdict, on pairs of test sentences that are judged otherwise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from rnnvis.api.record import record
from rnnvis.api.searching import Searched, search
from rnnvis.nets import SentenceClassifier
from rnnvis.published.clustered import Clustered
from rnnvis.published.columns import Columns
from rnnvis.published.files import nullable
from rnnvis.text.corpus import Corpus

PAIRS, FEWEST = 80, 8
SHORTEST, LONGEST = 8, 30
RUNS, LARGEST = 160, 8
CHIPS = ("block", "reliable", 8)
"""The clusters that the explorer draws first."""


def opposed_pairs(text: Corpus) -> tuple[np.ndarray, np.ndarray]:
    """Test sentences of the first of two labels, and for each one of the second with as many words: int64 [P] each, an
    even choice of all such pairs of 8 to 30 words."""
    test = [i for i in text.indices("test") if SHORTEST <= len(text.tokens[i]) <= LONGEST]
    into: list[int] = []
    of: list[int] = []
    for length in range(SHORTEST, LONGEST + 1):
        first, second = ([i for i in test if len(text.tokens[i]) == length and text.label[i] == c] for c in (0, 1))
        many = min(len(first), len(second))
        into += first[:many]
        of += second[:many]
    chosen = np.linspace(0, len(into) - 1, min(PAIRS, len(into))).astype(np.int64)
    return np.array(into, np.int64)[chosen], np.array(of, np.int64)[chosen]


def searches(
    model: SentenceClassifier, text: Corpus, state: str, labels: pa.Table | None
) -> list[tuple[str, str, Searched]]:
    """Units carried into runs of the first label from those of the second, after half of the words and after the last
    one, and chips after half; each with what its candidates are and where. None where there are too few pairs.

    `labels` are the state's clusters.
    """
    into, of = opposed_pairs(text)
    if len(into) < FEWEST or len(text.labels) != 2:
        return []
    chosen = np.concatenate([into, of])
    recording = record(
        model,
        [text.tokens[i] for i in chosen],
        text.vocabulary,
        text.label[chosen].tolist(),
        classes=text.labels,
        minimum_count=1,
        check=False,
    )
    first, second = np.arange(len(into)), np.arange(len(into), len(chosen))
    half = np.array([len(text.tokens[i]) // 2 for i in into])
    asked: list[tuple[str, str, np.ndarray | int]] = [("units", "half", half), ("units", "last", -1)]
    method, selection, k = CHIPS
    if labels is not None and any((row["method"], row["selection"], row["k"]) == CHIPS for row in labels.to_pylist()):
        recording.kept.clustered[state, (method,), k] = Clustered(
            (method,), (selection,), (k,), None, {"cluster_labels": labels}
        )
        asked.append(("chips", "half", half))
    return [
        (
            kind,
            at,
            search(
                recording,
                first,
                second,
                where,
                state=state,
                chips=CHIPS if kind == "chips" else None,
                largest=LARGEST,
                runs=RUNS,
            ),
        )
        for kind, at, where in asked
    ]


def patching(found: Sequence[tuple[str, str, Searched]]) -> Columns:
    """Table `patching`."""
    rows = sorted(
        ((one.state, kind, at, row["size"], row, one) for kind, at, one in found for row in one.table),
        key=lambda of: of[:4],
    )

    def of(key: str) -> np.ndarray:
        return np.array([np.nan if row[key] is None else row[key] for *_, row, _ in rows], dtype=np.float32)

    return {
        "state": [state for state, *_ in rows],
        "candidates": [kind for _, kind, *_ in rows],
        "place": [at for _, _, at, *_ in rows],
        "size": np.array([size for _, _, _, size, *_ in rows], np.int16),
        "added": np.array([int(row["added"].split()[1]) for *_, row, _ in rows], np.int32),
        "units": np.array([len(row["units"]) for *_, row, _ in rows], np.int32),
        **{key: of(key) for key in ("first_order", "searched", "unseen", "most_different")},
        **{key: nullable(of(key)) for key in ("standard_error", "random", "random_low", "random_high")},
        "random_sets": np.array([row["random_sets"] for *_, row, _ in rows], np.int32),
        "whole": np.array([one.whole for *_, one in rows], np.float32),
        "pairs": np.array([one.confirmed for *_, one in rows], np.int32),
    }
