"""Kinds of words that anybody recognises, and in which cloud of a model each of them is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rnnvis.measures.words.parts_of_speech import PARTS

AUXILIARIES = frozenset(
    "can could may might must shall should will would ought ca wo am are be been being is was were do does did done "
    "has have had having n't 'll 'd 've 're 'm".split()
)
"""Modal and auxiliary verbs of English, contracted ones included: a closed class (Quirk et al. 1985, § 3.21)."""

KINDS = ("noun", "verb", "adjective", "adverb", "pronoun", "determiner", "preposition", "conjunction", "number")
FEWEST = 5
SHUFFLES = 200


def kinds(words: Sequence[str], parts: Sequence[int]) -> dict[str, np.ndarray]:
    """Which of the words belongs to each kind, bool [W]: modals and auxiliaries, then parts of speech, auxiliaries not
    among the verbs. Kinds with fewer than `FEWEST` words are left out."""
    of = np.array(parts)
    auxiliary = np.array([word in AUXILIARIES for word in words], dtype=bool)
    found = {"modal or auxiliary": auxiliary}
    found |= {kind: (of == PARTS.index(kind)) & ~auxiliary for kind in KINDS}
    return {kind: member for kind, member in found.items() if member.sum() >= FEWEST}


@dataclass(frozen=True)
class Home:
    """The cluster that fits a kind of `words` words best, among the `cluster`s of every `k`: the share of the kind that
    is in it, the share of it that is of the kind, `f1` their harmonic mean, and `chance`, the best f1 after dealing out
    the kind anew, mean of many."""

    k: int
    cluster: int
    words: int
    of_kind: float
    of_cluster: float
    f1: float
    chance: float


def homes(labels: Mapping[int, np.ndarray], members: Mapping[str, np.ndarray]) -> dict[str, Home]:
    """The home of each kind among the clusterings `labels`, by k, of the same W words, [W] each; of equals the one of
    the smallest k. `members` bool [W] says which words are of the kind."""
    random = np.random.default_rng(0)
    dealt = [random.permutation(len(next(iter(labels.values())))) for _ in range(SHUFFLES)]
    found = {}
    for kind, member in members.items():
        scores = {k: _f1(of, k, member) for k, of in sorted(labels.items())}
        k = max(scores, key=lambda k: float(scores[k].max()))
        best = int(scores[k].argmax())
        inside = int((labels[k][member] == best).sum())
        by_chance = [max(float(_f1(of, k, member[deal]).max()) for k, of in labels.items()) for deal in dealt]
        found[kind] = Home(
            k=k,
            cluster=best,
            words=int(member.sum()),
            of_kind=inside / int(member.sum()),
            of_cluster=inside / int((labels[k] == best).sum()),
            f1=float(scores[k][best]),
            chance=float(np.mean(by_chance)),
        )
    return found


def _f1(labels: np.ndarray, k: int, member: np.ndarray) -> np.ndarray:
    """Of each cluster as an answer to which words are of the kind, float64 [k]."""
    inside, size = np.bincount(labels[member], minlength=k), np.bincount(labels, minlength=k)
    return 2 * inside / (size + member.sum())
