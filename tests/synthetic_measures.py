"""Planted gates, selectivity and ablation: one unit tells the part of speech, one is missed most, one by chance."""

from __future__ import annotations

from typing import Any

import numpy as np

TELLING = 3
"""The unit that tells the part of speech."""
MISSED, NOISY = 7, 5
"""Without the first the loss rises by most standard errors; without the second by most, but so it might by chance."""
POSITIONS = ("1", "2", "3–4", "5–8", "9–16", "17–32")
LARGEST_K = 12

NAMES = ("gates", "selectivity", "unit_ablation", "cluster_ablation")
Columns = dict[str, Any]


def of_state(units: int, ks: list[int]) -> dict[str, Columns]:
    """All tables of a classifier's state, by name."""
    return dict(zip(NAMES, (gates(units), selectivity(units), unit_ablation(units), cluster_ablation(ks)), strict=True))


def gates(units: int, names: tuple[str, ...] = ("r", "z")) -> Columns:
    """Table `gates`: the first gate opens from the first unit to the last, the others close."""
    place = np.linspace(0.05, 0.95, units)
    mean = np.stack([place if i == 0 else 1 - place for i in range(len(names))], 1)
    return {
        "unit": np.repeat(np.arange(units), len(names)),
        "gate": list(names) * units,
        "mean": mean.ravel(),
        "closed": np.clip(0.8 - mean, 0.02, 1).ravel() * 0.6,
        "open": np.clip(mean - 0.2, 0.02, 1).ravel() * 0.5,
    }


def selectivity(units: int, labels: tuple[str, ...] = ("negative", "positive")) -> Columns:
    """Table `selectivity`: little more than chance, but for the unit `TELLING` and the part of speech."""
    features = ["part_of_speech", "position"] + (["label"] if labels else [])
    number = np.arange(units)
    bits = np.stack([0.02 + 0.001 * number, 0.05 + 0.002 * number, 0.3 - 0.004 * number], 1)[:, : len(features)]
    bits[TELLING, 0] = 1.25
    ends = {
        "part_of_speech": ("determiner", "punctuation"),
        "position": (POSITIONS[-1], POSITIONS[0]),
        "label": labels[::-1],
    }
    other = {"part_of_speech": ("noun", "verb"), "position": POSITIONS[2:4], "label": labels}
    at = [ends[f] if unit % 2 else other[f] for unit in number for f in features]
    return {
        "unit": np.repeat(number, len(features)),
        "feature": features * units,
        "bits": bits.ravel(),
        "shuffled": np.full(bits.size, 0.015),
        "highest": [pair[0] for pair in at],
        "lowest": [pair[1] for pair in at],
    }


def unit_ablation(units: int) -> Columns:
    """Table `unit_ablation`; the last unit has no standard error."""
    increase = 0.0004 * np.sin(np.arange(units)) + 0.0002
    error: list[float | None] = [0.0003] * units
    increase[MISSED], error[MISSED] = 0.0042, 0.0004
    increase[NOISY], error[NOISY] = 0.0057, 0.0061
    error[-1] = None
    return {"unit": np.arange(units), "increase": increase, "standard_error": error}


def cluster_ablation(
    ks: list[int], classes: int = 2, selections: tuple[str, ...] = ("reliable", "frequent")
) -> Columns:
    """Table `cluster_ablation` of the method `block`, up to `LARGEST_K` clusters: the first cluster is missed most.

    Without cluster c the loss rises by 0.06 / (c + 1), on the texts with words of word cluster c by 0.05 more; it
    falls a little on those of the cluster before. Random groups cost a quarter of it.
    """
    rows = []
    for selection in selections:
        for k in (k for k in ks if k <= LARGEST_K):
            for cluster in range(k):
                subjects = [("all", -1), *(("class", c) for c in range(classes)), *(("words", w) for w in range(k))]
                for subject, value in subjects:
                    base = 0.06 / (cluster + 1) * (1.2 if selection == "frequent" else 1)
                    more = 0.05 if value == cluster else -1.1 * base if value == cluster - 1 else 0.0
                    extra = more if subject == "words" else 0.01 * value if subject == "class" else 0.0
                    few = subject == "words" and value == k - 1
                    rows.append(
                        {
                            "method": "block",
                            "selection": selection,
                            "k": k,
                            "cluster": cluster,
                            "subject": subject,
                            "value": value,
                            "count": 400
                            if subject == "all"
                            else 200
                            if subject == "class"
                            else 1
                            if few
                            else 40 + value,
                            "increase": base + extra,
                            "standard_error": None if few else 0.004 + 0.001 * (subject == "words"),
                            "random": base / 4,
                            "random_spread": 0.006,
                        }
                    )
    return {name: [row[name] for row in rows] for name in rows[0]}
