"""What the loss becomes when units are held at zero: of single units, and of clusters against random groups."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from rnnvis.measures.figures import clustered_mean

RANDOM_GROUPS = 8
Losses = Callable[[np.ndarray], np.ndarray]
"""From unit numbers to the losses [N] without them."""
Kind = Literal["all", "class", "words"]
"""The whole text, that of one class, or what is about the words of one cluster."""


@dataclass(frozen=True)
class Subject:
    """Part of the text on which losses are compared: rows `inside` bool [N]; `kind` and `value` name it."""

    kind: Kind
    value: int
    inside: np.ndarray = field(repr=False)


@dataclass(frozen=True)
class Effect:
    """Increase of the loss of one cluster on one subject, in nats, with its standard error, over `count` rows.

    `random` and `random_spread` are mean and standard deviation of the same over random groups of as many units; nan
    where a group could only be the whole state.
    """

    subject: Subject
    count: int
    increase: float
    standard_error: float
    random: float
    random_spread: float


class Ablation:
    """Increases of the loss over `losses(no units)`, each group of units run once.

    `group` int [N] is the sentence of each row, for standard errors; random groups are drawn from `units` units, eight
    of each size, always the same ones.
    """

    def __init__(self, losses: Losses, units: int, group: np.ndarray) -> None:
        self.losses, self.units, self.group = losses, units, group
        self._whole = losses(np.zeros(0, dtype=np.int64))
        self._known: dict[bytes, np.ndarray] = {}
        self._drawn: dict[int, np.ndarray] = {}

    def increase(self, without: np.ndarray) -> np.ndarray:
        """The increase of every loss without these units, float64 [N]."""
        key = np.sort(np.asarray(without, dtype=np.int64)).tobytes()
        if key not in self._known:
            self._known[key] = self.losses(np.frombuffer(key, dtype=np.int64)).astype(np.float64) - self._whole
        return self._known[key]

    def of_units(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean increase without each unit alone and its standard error, float32 [H] each."""
        found = [clustered_mean(self.increase(np.array([unit])), self.group) for unit in range(self.units)]
        mean, error = np.array(found, dtype=np.float32).T
        return mean, error

    def of_cluster(self, members: np.ndarray, subjects: Sequence[Subject]) -> Iterator[Effect]:
        """The effect of a cluster on every subject that has rows."""
        change, random = self.increase(members), self._random(len(members))
        for subject in subjects:
            if not subject.inside.any():
                continue
            mean, error = clustered_mean(change[subject.inside], self.group[subject.inside])
            by_chance = random[:, subject.inside].mean(axis=1) if len(random) else np.full(2, np.nan)
            yield Effect(
                subject,
                int(subject.inside.sum()),
                mean,
                error,
                float(by_chance.mean()),
                float(by_chance.std(ddof=1)),
            )

    def _random(self, size: int) -> np.ndarray:
        if size >= self.units:
            return np.zeros((0, len(self._whole)))
        if size not in self._drawn:
            draw = np.random.default_rng(size)
            groups = [draw.choice(self.units, size, replace=False) for _ in range(RANDOM_GROUPS)]
            self._drawn[size] = np.stack([self.increase(group) for group in groups])
        return self._drawn[size]
