"""What becomes of an answer when a word is left out, and how far other figures of words agree with that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Row = dict[str, object]
AGREEMENT = "agreement with leaving words out"
PARTS, PUSHES = "parts of the answer", "pushes"


@dataclass(frozen=True)
class Deletion:
    """Over `words` of `sentences`: the correlation (Pearson) of what the answer loses where the word is left out with
    its part in the answer, and with its push, each with a standard error (nan where it is not known)."""

    sentences: int
    words: int
    parts: tuple[float, float]
    pushes: tuple[float, float]

    def rows(self, split: str) -> list[Row]:
        """As rows of the table `metrics`."""
        over = f"over {self.words:,} words of {self.sentences:,} sentences"
        told = {PARTS: "the part of a word in the answer", PUSHES: "the push of a word, a simpler figure,"}
        return [
            {
                "subject": subject,
                "measure": AGREEMENT,
                "split": split,
                "value": value,
                "low": None if np.isnan(error) else max(-1.0, value - 1.96 * error),
                "high": None if np.isnan(error) else min(1.0, value + 1.96 * error),
                "about": f"Correlation of {told[subject]} with what the answer loses without the word, {over}"
                + ("" if np.isnan(error) else f"; standard error {error:.3f}, sentences taken as independent"),
            }
            for subject, (value, error) in ((PARTS, self.parts), (PUSHES, self.pushes))
            if not np.isnan(value)
        ]


def deletion(lost: np.ndarray, parts: np.ndarray, pushes: np.ndarray, sentence: np.ndarray) -> Deletion:
    """How far `parts` and `pushes` [n] of words agree with what the answer `lost` [n] without them; `sentence` int [n].

    Words whose push is not known count for the parts alone.
    """
    return Deletion(
        sentences=len(np.unique(sentence)),
        words=len(lost),
        parts=correlation(parts, lost, sentence),
        pushes=correlation(*(of[np.isfinite(pushes)] for of in (pushes, lost, sentence))),
    )


def correlation(x: np.ndarray, y: np.ndarray, group: np.ndarray) -> tuple[float, float]:
    """Pearson's correlation of `x` and `y` [n], and its standard error by the jackknife that leaves out one `group`
    int [n] at a time; nan where there is none, of fewer than two groups the error alone."""
    if len(x) < 2:
        return float("nan"), float("nan")
    a, b = (of.astype(np.float64) - of.mean(dtype=np.float64) for of in (x, y))
    _, place = np.unique(group, return_inverse=True)
    sums = np.stack([np.bincount(place, of) for of in (np.ones(len(a)), a, b, a * a, b * b, a * b)])
    total = sums.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        whole, without = _of_sums(total)[0], _of_sums(total - sums)
    groups = len(without)
    if groups < 2 or not np.isfinite(without).all():
        return float(whole), float("nan")
    spread = np.square(without - without.mean()).sum()
    return float(whole), float(np.sqrt((groups - 1) / groups * spread))


def _of_sums(sums: np.ndarray) -> np.ndarray:
    n, a, b, aa, bb, ab = sums
    found: np.ndarray = (ab - a * b / n) / np.sqrt((aa - a * a / n) * (bb - b * b / n))
    return found
