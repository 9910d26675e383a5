"""Which cells a step falls into besides its word: pair with the word before, position, a word drawn at random."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np
import scipy.sparse as sp

from rnnvis.measures.kept import Keeping
from rnnvis.text.sentences import Sentences

BYTES = 16 * 2**20  # a state, for the sums of its pairs
DRAWN = 500  # words drawn at random that are told apart
LEAST = 5  # uses of a pair from which it is kept
MOST = 50_000  # pairs, for a state of few units
EXACT = 32  # positions by themselves; those after them in classes that double
POSITIONS = EXACT + 10
_BLOCK = 2**20


def positions_of(place: np.ndarray) -> np.ndarray:
    """The class of each place [N] in a sentence, counted from 0 as it is read: 0 to 31, 32–63, 64–127, …"""
    far = np.floor(np.log2(np.maximum(place, 1) / EXACT)).astype(np.int64)
    return np.minimum(np.where(place < EXACT, place, EXACT + far), POSITIONS - 1)


@dataclass(frozen=True)
class Cells:
    """Of N measured steps: `half` (0 or 1), and the numbers of their `pair`, `position` and `drawn` word, int64 [N],
    the commonest first, or beyond what is counted."""

    half: np.ndarray
    pair: np.ndarray
    position: np.ndarray
    drawn: np.ndarray
    _summed: dict[tuple[int, int], tuple[np.ndarray, sp.csr_matrix]] = field(default_factory=dict)

    def summed(self, pairs: int, words: int) -> tuple[np.ndarray, sp.csr_matrix]:
        """The cells that have steps, int64 [n], and a matrix [n, N] that sums rows over each of them: first `pairs` of
        pairs, then the positions, then `words` drawn, all of them for the first half, then for the second."""
        if (pairs, words) not in self._summed:
            all_cells = pairs + POSITIONS + words
            first = all_cells * self.half.astype(np.int64)
            parts = [(self.pair, pairs, 0), (self.position, POSITIONS, pairs), (self.drawn, words, pairs + POSITIONS)]
            steps = [np.flatnonzero(of < most) for of, most, _ in parts]
            step = np.concatenate(steps)
            cell = np.concatenate([(of + first + at)[s] for (of, _, at), s in zip(parts, steps, strict=True)])
            order = np.argsort(cell, kind="stable")
            cell, step = cell[order], step[order]
            starts = np.flatnonzero(np.diff(cell, prepend=-1))
            shape = len(starts), len(self.half)
            matrix = sp.csr_matrix((np.ones(len(step), np.float32), step, np.append(starts, len(step))), shape=shape)
            self._summed[pairs, words] = cell[starts], matrix
        return self._summed[pairs, words]


class CellFinder:
    """Finds the cells of steps of a text read in one direction; `measured` bool [S] are the sentences that count."""

    def __init__(
        self, sentences: Sentences, words: int, measured: np.ndarray, uses: np.ndarray, backwards: bool
    ) -> None:
        self.words, self.backwards = words, backwards
        self._sentences, self._measured = sentences, measured
        self._rank = np.empty(words, np.int64)
        self._rank[np.argsort(-uses, kind="stable")] = np.arange(words)

    @cached_property
    def codes(self) -> np.ndarray:
        """Pairs with `LEAST` uses or more, the commonest first, at most `MOST`: int64, (word before + 1) · words +
        word, where the word before is −1 at the first word that is read."""
        codes, count = np.zeros((2, 0), np.int64)
        for token, _, place in self._steps(self._measured):
            found, often = np.unique(self._coded(token, place == 0), return_counts=True)
            codes, at = np.unique(np.concatenate([codes, found]), return_inverse=True)
            count = np.bincount(at, np.concatenate([count, often])).astype(np.int64)
        order = np.argsort(-count, kind="stable")[: min(MOST, int((count >= LEAST).sum()))]
        return codes[order]

    def pair(self, number: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The word before, −1 for none, and the word of pairs by their place in `codes`."""
        before, word = np.divmod(self.codes[number], self.words)
        return before - 1, word

    def places(self, taken: np.ndarray, halves: np.ndarray, group: np.ndarray, groups: int) -> list[sp.csr_matrix]:
        """For each half the uses of each `group` [words] at each position, float64 [groups, POSITIONS], in the
        sentences `taken` bool [S], which are of `halves` [S]."""
        found = sp.csr_matrix((2 * groups, POSITIONS), dtype=np.float64)
        for token, sentence, place in self._steps(taken):
            at = group[token] + groups * halves[sentence].astype(np.int64), positions_of(place)
            found += sp.csr_matrix((np.ones(len(token)), at), shape=found.shape)
        return [found[:groups], found[groups:]]

    @cached_property
    def _sorted(self) -> tuple[np.ndarray, np.ndarray]:
        order = np.argsort(self.codes)
        return self.codes[order], order

    def find(self, token: np.ndarray, sentence: np.ndarray, step: np.ndarray, half: np.ndarray) -> Cells:
        """The cells of whole sentences: words, sentence numbers, steps and halves [N] of their steps."""
        place = self._sentences.lengths[sentence] - 1 - step if self.backwards else step
        place = place.astype(np.int64)
        code, (codes, rank) = self._coded(token.astype(np.int64), place == 0), self._sorted
        at = np.minimum(np.searchsorted(codes, code), max(len(codes) - 1, 0))
        pair = np.where(codes[at] == code, rank[at], len(codes)) if len(codes) else np.zeros(len(code), np.int64)
        rows = (self._sentences.starts[sentence] + step).astype(np.uint64)
        drawn = self._sentences.ids[_mixed(rows) % np.uint64(len(self._sentences.ids))]
        return Cells(half, pair, positions_of(place), self._rank[drawn])

    def _coded(self, token: np.ndarray, first: np.ndarray) -> np.ndarray:
        """Code of the pair that ends at each step [N] of whole sentences; `first` are the first words that are read."""
        before = np.roll(token, -1 if self.backwards else 1)
        return np.where(first, 0, before + 1) * self.words + token

    def _steps(self, taken: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Words, sentence numbers and places of the steps of the sentences `taken`, some whole sentences at a time."""
        starts, lengths = self._sentences.starts, self._sentences.lengths
        borders = np.unique(np.searchsorted(starts, np.arange(0, starts[-1], _BLOCK)))
        for low, high in pairwise([*borders.tolist(), len(lengths)]):
            rows = np.arange(starts[low], starts[high])
            sentence = np.repeat(np.arange(low, high), lengths[low:high])
            place = rows - starts[sentence]
            if self.backwards:
                place = lengths[sentence] - 1 - place
            kept = np.flatnonzero(taken[sentence])
            yield self._sentences.ids[rows[kept]].astype(np.int64), sentence[kept], place[kept]


class CellSums(Keeping):
    """Sums of the changes Δ of one state over cells, for each half; bounded memory. Within a batch they have the
    precision of the changes, over batches that of float64.

    `count` int64 [2, cells], `sums` [2, cells, H]: the cells are `pairs` pairs, then `POSITIONS` positions, then
    `drawn` words drawn at random. `squares` [2, H] are Σ Δ² over the steps in one of the pairs.
    """

    KEPT = ("count", "sums", "squares")

    def __init__(self, finder: CellFinder, units: int) -> None:
        most = BYTES // (16 * max(1, units))
        self.pairs, self.drawn = min(len(finder.codes), most), min(finder.words, DRAWN)
        self.count = np.zeros((2, self.pairs + POSITIONS + self.drawn), dtype=np.int64)
        self.sums = np.zeros((*self.count.shape, units))
        self.squares = np.zeros((2, units))

    def add(self, cells: Cells, delta: np.ndarray) -> None:
        """Take in the changes [N, H] of the steps in `cells`."""
        at, matrix = cells.summed(self.pairs, self.drawn)
        self.sums.reshape(-1, delta.shape[1])[at] += matrix @ delta
        self.count.reshape(-1)[at] += np.diff(matrix.indptr)
        in_pair = cells.pair < self.pairs
        weights = np.stack([in_pair & (cells.half == half) for half in (0, 1)]).astype(delta.dtype)
        self.squares += weights @ np.square(delta)

    def merge(self, other: CellSums) -> None:
        """Take in everything that `other` has seen."""
        for name in ("count", "sums", "squares"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def clear(self) -> None:
        """Give the memory back."""
        self.sums = np.zeros((2, 0, self.sums.shape[2]))


def _mixed(numbers: np.ndarray) -> np.ndarray:
    """Each of `numbers` uint64 [N] as one that looks random (SplitMix64: Steele, Lea and Flood 2014)."""
    mixed = numbers + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
