"""How much of a unit's changes the word alone explains, and what the word before and the position add.

What is predicted from one half of the sentences is held against the changes Δ in the other:

R² = 1 − Σ (Δ − m)² / Σ (Δ − μ)²,

with μ the mean change in the half that was learnt from, so that to know nothing gives 0. Means of a group of n changes
are shrunk towards their common mean by m = μ + n τ² / (n τ² + σ²) · (mean − μ), the best linear prediction where groups
differ by a variance τ² around μ and changes by σ² around their group (Bühlmann and Straub 1970; Robinson 1991). Both
variances come from the same half, by the analysis of variance (Searle, Casella and McCulloch 1992, section 3.6).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp

from rnnvis.measures.units.cells import POSITIONS, CellFinder, CellSums
from rnnvis.measures.words.responses import Responses

SWEEPS = 1  # of fitting words and positions again (backfitting: Buja, Hastie and Tibshirani 1989)
NOTHING = 1e-8  # a spread of this share of the mean square may be rounding
OF_UNIT = 10  # pairs that are named
MUCH = 0.05  # of a unit's changes, that the word before has to add for that
_COLUMNS = 64
KNOWN = ("word", "pair", "position", "shuffled")
"""What is known of a step: its word; the word before too; its position in the sentence too; a word drawn at random."""


@dataclass(frozen=True)
class Pairs:
    """The pairs of words that add most to what the word alone says of a unit, `OF_UNIT` at most of each unit to which
    they add much: `unit` int32 [n], `rank` int16, `before` int32 (−1: the word is the first), `word` int32, `count`
    int64 uses, `mean` float32 the mean change there, `alone` float32 that at all uses of the word."""

    unit: np.ndarray
    rank: np.ndarray
    before: np.ndarray
    word: np.ndarray
    count: np.ndarray
    mean: np.ndarray
    alone: np.ndarray


@dataclass(frozen=True)
class Explained:
    """Of H units, for either half that was learnt from: `total` float64 [2, H] = Σ (Δ − μ)² over the other half,
    `left` float64 [2, 4, H] = Σ (Δ − m)² for each of `KNOWN`; nan where a half has no steps."""

    total: np.ndarray = field(repr=False)
    left: np.ndarray = field(repr=False)
    pairs: Pairs = field(repr=False)

    def measures(self) -> dict[str, np.ndarray]:
        """R² of every unit, float32 [H], as `explained_word`, …; nan for a unit that never changes otherwise."""
        return {name: of.astype(np.float32) for name, of in shares(self.total, self.left).items()}


def shares(total: np.ndarray, left: np.ndarray, groups: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """R² by `explained_` and what is known, float64, mean of both ways: of every unit [H], or of groups of units, whose
    squares are added up; `groups` bool [G, H]."""
    if groups is not None:
        total, left = total @ groups.T, left @ groups.T
    with np.errstate(invalid="ignore", divide="ignore"):
        found = (1 - left / np.where(total > 0, total, np.nan)[:, None]).mean(axis=0)
    return {f"explained_{name}": of for name, of in zip(KNOWN, found, strict=True)}


def explained(
    responses: Responses, within: np.ndarray, cells: CellSums, finder: CellFinder, seen: np.ndarray, halves: np.ndarray
) -> Explained:
    """R² of the units that have these `responses`. Words that only one half has are taken for one.

    `within` [2, H] are the squares of the changes around their word's mean, in each half; `cells` their sums over the
    cells of `finder`; `seen` bool [S] the sentences that were measured, `halves` int [S] the half of each.
    """
    counts = [of[responses.count > 0].astype(np.float64) for of in (responses.half_a_count, responses.half_b_count)]
    means = responses.used_half_a, responses.used_half_b
    both = np.flatnonzero((counts[0] > 0) & (counts[1] > 0))
    rest = np.flatnonzero((counts[0] > 0) ^ (counts[1] > 0))
    row = np.full(finder.words, len(both))
    row[np.flatnonzero(responses.count)[both]] = np.arange(len(both))
    before, word = finder.pair(np.arange(cells.pairs))
    of_pair = row[word]
    places = finder.places(seen, halves, row, len(both) + 1)
    units = within.shape[1]
    total, left = np.zeros((2, units)), np.zeros((2, len(KNOWN), units))
    nobody = np.zeros(0, np.int64)
    named: list[Named] = [(nobody, nobody, nobody, nobody, nobody)]
    for first in range(0, units if len(both) + len(rest) else 0, _COLUMNS):
        columns = slice(first, first + _COLUMNS)
        a, b = (
            _Half(
                *_grouped(counts[half], means[half][:, columns], within[half, columns], both, rest),
                cells.count[half].astype(np.float64),
                cells.sums[half][:, columns],
                cells.squares[half, columns],
                places[half],
            )
            for half in (0, 1)
        )
        centre = (a.n @ a.mean + b.n @ b.mean) / (a.n.sum() + b.n.sum())  # so that no large sums are subtracted
        ways = _Centred(a, centre), _Centred(b, centre)
        for way, (fitted, judged) in enumerate((ways, ways[::-1])):
            total[way, columns], left[way, :, columns] = _judged(fitted, judged, of_pair)
        of_known = shares(total[:, columns], left[:, :, columns])
        much = np.flatnonzero(of_known["explained_pair"] - of_known["explained_word"] > MUCH)
        named.append(_named(a, b, of_pair, much, first))
    unit, rank, pair, mean, alone = (np.concatenate(of) for of in zip(*named, strict=True))
    found = Pairs(
        unit.astype(np.int32),
        rank.astype(np.int16),
        before[pair].astype(np.int32),
        word[pair].astype(np.int32),
        cells.count.sum(axis=0)[pair],
        mean.astype(np.float32),
        alone.astype(np.float32),
    )
    return Explained(total, left, found)


def _grouped(
    count: np.ndarray, mean: np.ndarray, within: np.ndarray, both: np.ndarray, rest: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Uses [W], means [W, h] and squares around them [h] of the words `both`, and of all words `rest` as one."""
    others, uses = mean[rest].astype(np.float64), count[rest].sum()
    of_rest = count[rest] @ others / max(1.0, uses)
    n = np.append(count[both], uses)
    return n, np.concatenate([mean[both], of_rest[None]]), within + _norm(count[rest], others - of_rest)


@dataclass(frozen=True)
class _Half:
    """What half of the sentences says of some units: uses `n` [W] of words, their mean changes `mean` [W, h], the
    squares `within` [h] around these; counts [cells] and `sums` [cells, h] over cells, the `squares` [h] of the steps
    in pairs; uses of words at positions, sparse [W, Q]."""

    n: np.ndarray
    mean: np.ndarray
    within: np.ndarray
    count: np.ndarray
    sums: np.ndarray
    squares: np.ndarray
    at: sp.csr_matrix


class _Centred:
    """The sums of a half, of the changes less `centre` [h]."""

    def __init__(self, half: _Half, centre: np.ndarray) -> None:
        self.n, self.at, self.count, self.steps = half.n, half.at, half.count, half.n.sum()
        self.mean = half.mean - centre
        self.mean[half.n == 0] = 0
        self.sums = self.n[:, None] * self.mean
        self.squares = half.within + _dot(self.sums, self.mean)
        self.within, self.raw = half.within, self.squares + self.steps * centre**2
        self.cells = half.sums - half.count[:, None] * centre
        self._half, self._centre = half, centre

    def pair_squares(self, pairs: int) -> np.ndarray:
        """Σ (Δ − centre)² [h] over the steps in pairs."""
        steps, sums = self.count[:pairs].sum(), self._half.sums[:pairs].sum(axis=0)
        return self._half.squares - 2 * self._centre * sums + steps * self._centre**2

    def left(self, count: np.ndarray, sums: np.ndarray, predicted: np.ndarray) -> np.ndarray:
        """Σ (Δ − predicted)² [h], by groups with so many steps [G], sums and predictions [G, h]."""
        return self.squares - 2 * _dot(sums, predicted) + _norm(count, predicted)


def _dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Σ a b over the rows of both [G, h]."""
    found: np.ndarray = np.einsum("gh,gh->h", a, b)
    return found


def _norm(count: np.ndarray, a: np.ndarray) -> np.ndarray:
    """Σ n a² over the rows [G, h], of which there are `count` n [G] each."""
    found: np.ndarray = count @ np.square(a)
    return found


def _shrunk(count: np.ndarray, mean: np.ndarray, within: np.ndarray) -> np.ndarray:
    """Means [G, h] of groups of `count` [G] changes, shrunk towards the mean of all; that where a group has none."""
    steps, groups = count.sum(), np.count_nonzero(count)
    centre = count @ mean / steps
    off = mean - centre
    noise = within / max(1.0, steps - groups)
    room = steps - count @ count / steps
    if steps == groups or room <= 0:
        return np.broadcast_to(centre, mean.shape)
    off *= _kept(count, noise, np.maximum((_norm(count, off) - (groups - 1) * noise) / room, 0))
    off += centre
    return off


def _kept(count: np.ndarray, noise: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """n τ² / (n τ² + σ²) = n / (n + σ² / τ²), [G, h]; nothing is kept where there is no spread τ² [h]."""
    with np.errstate(over="ignore"):
        ratio = np.where(spread > 0, noise / np.maximum(spread, np.finfo(float).tiny), np.inf)
    rest = count[:, None] + ratio
    return np.divide(count[:, None], rest, out=rest, where=rest > 0)


def _judged(a: _Centred, b: _Centred, of_pair: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Squares [h] around the mean, and [4, h] around what is predicted, of the changes in `b`, all learnt from `a`."""
    if not a.steps or not b.steps:
        return np.zeros(a.mean.shape[1]), np.zeros((len(KNOWN), a.mean.shape[1]))
    words, pairs = _shrunk(a.n, a.mean, a.within), len(of_pair)
    of_words = b.left(b.n, b.sums, words)
    left = np.stack(
        [
            of_words,
            of_words - _gained_by_pairs(a, b, words, of_pair),
            _left_by_positions(a, b, words, slice(pairs, pairs + POSITIONS)),
            _left_by_drawn(a, b, slice(pairs + POSITIONS, None)),
        ]
    )
    total = b.left(np.array([b.steps]), b.sums.sum(axis=0)[None], (a.sums.sum(axis=0) / a.steps)[None])
    known = total > NOTHING * b.raw
    return np.where(known, total, 0), np.where(known, left, 0)


def _gained_by_pairs(a: _Centred, b: _Centred, words: np.ndarray, of_pair: np.ndarray) -> np.ndarray:
    """By how much the squares [h] become less where the word before is known too: means of pairs, shrunk towards the
    prediction `words` [W, h] for the word `of_pair` [P]. Pairs that are not counted are predicted as their word."""
    pairs = len(of_pair)
    n, sums = a.count[:pairs], a.cells[:pairs]
    known = np.flatnonzero(n)
    n, sums, word = n[known], sums[known], of_pair[known]
    by_word = sp.csr_matrix((np.ones(len(word)), (word, np.arange(len(word)))), shape=(len(words), len(word)))
    in_word = by_word @ n
    steps, free = n.sum(), len(word) - np.count_nonzero(in_word)
    room = steps - (n**2 / in_word[word]).sum()
    if free <= 0 or steps <= len(word) or room <= 0:
        return np.zeros(words.shape[1])
    mean = sums / n[:, None]
    noise = np.maximum(a.pair_squares(pairs) - _dot(sums, mean), 0) / (steps - len(word))
    of_word = (by_word @ sums) / np.maximum(in_word, 1)[:, None]
    between = _norm(n, mean - of_word[word]) - free * noise
    more = (mean - words[word]) * _kept(n, noise, np.maximum(between / room, 0))
    count = b.count[:pairs][known]
    rest = b.cells[:pairs][known] - count[:, None] * words[word]
    return 2 * _dot(more, rest) - _norm(count, more)


def _left_by_positions(a: _Centred, b: _Centred, word: np.ndarray, places: slice) -> np.ndarray:
    """Squares [h] that are left where word and position are known: Δ = word + position, each fitted to what the other
    leaves, in turn, from the predictions `word` [W, h] of the word alone."""
    n, sums = a.count[places], a.cells[places]
    position = _fitted(n, sums - a.at.T @ word, a.left(a.n, a.sums, word))
    for _ in range(SWEEPS):
        word = _fitted(a.n, a.sums - a.at @ position, a.left(n, sums, position))
        position = _fitted(n, sums - a.at.T @ word, a.left(a.n, a.sums, word))
    both = b.left(b.n, b.sums, word) + b.left(b.count[places], b.cells[places], position) - b.squares
    return both + 2 * _dot(word, b.at @ position)


def _fitted(n: np.ndarray, sums: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """Shrunk means [G, h] of groups with n [G] steps and `sums` [G, h], of changes whose squares are `squares` [h]."""
    mean = sums / np.maximum(n, 1)[:, None]
    return _shrunk(n, mean, np.maximum(squares - _norm(n, mean), 0))


def _left_by_drawn(a: _Centred, b: _Centred, drawn: slice) -> np.ndarray:
    """Squares [h] that are left where a word drawn at random is known; words beyond those counted are one."""
    (n, sums), (count, theirs) = (
        (
            np.append(of.count[drawn], of.steps - of.count[drawn].sum()),
            np.concatenate([of.cells[drawn], (of.sums.sum(axis=0) - of.cells[drawn].sum(axis=0))[None]]),
        )
        for of in (a, b)
    )
    return b.left(count, theirs, _fitted(n, sums, a.squares))


Named = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def _named(a: _Half, b: _Half, of_pair: np.ndarray, units: np.ndarray, first: int) -> Named:
    """The pairs that add most to what their word says of these `units`: numbers of units (counted on from `first`),
    ranks, pairs, mean changes there, and at all uses of the word.

    Most is n · (m_pair − m_word)², with one factor from either half, so that chance adds nothing on average.
    """
    pairs = len(of_pair)
    n = a.count[:pairs] + b.count[:pairs]
    off = [
        of.sums[:pairs, units] / np.maximum(of.count[:pairs], 1)[:, None] - of.mean[of_pair][:, units] for of in (a, b)
    ]
    both = (a.count[:pairs] > 0) & (b.count[:pairs] > 0)
    adds = np.where(both[:, None], n[:, None] * off[0] * off[1], 0)
    best = np.argsort(-adds, axis=0, kind="stable")[:OF_UNIT].T
    row, rank = np.nonzero(np.take_along_axis(adds.T, best, axis=1) > 0)
    pair, unit = best[row, rank], units[row]
    mean = (a.sums[pair, unit] + b.sums[pair, unit]) / n[pair]
    word = of_pair[pair]
    alone = (a.n[word] * a.mean[word, unit] + b.n[word] * b.mean[word, unit]) / (a.n[word] + b.n[word])
    return first + unit, rank, pair, mean, alone
