"""Block-average co-clustering: word and unit clusters whose block means reproduce the matrix.

X ≈ M[z, u] with word labels z, unit labels u and M[r, c] the mean of X over block (r, c) (Cho, Dhillon,
Guan and Sra 2004; Banerjee et al. 2007). With block sums S and cluster sizes n, m, the explained sum of
squares is Σ S[r, c]² / (n_r m_c), which every step here raises:

- `alternate` assigns all words, then all units, to the nearest row or column of block means; - `exchange`
moves single words or units, by the exact change of the explained sum (Hartigan 1975), which leaves local
optima that alternation is caught in; - `grow` goes from k to k + 1 clusters by splitting one cluster on
each side.

All of it is deterministic. Growing gives the clusterings of all k at once, and close ones for neighbouring k.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

_ROUNDS = 60
_PASSES = 10
_PROJECTED = 30


def grow(x: np.ndarray, words: int, units: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Labels of the rows and columns of `x` [n, m] for k = 1, 2, …; each side stops at its own number of clusters.

    The new cluster of each step is the smaller part of a split and has the highest label. Two splits are
    considered on each side: the best one between block means (given the other side's clusters), and the best
    one between whole rows. For the latter, columns are divided by the square root of their root mean square,
    so that loud units do not hide structure in quiet ones, and projected on the leading 30 singular vectors.
    Of the combinations, the one whose block means explain most of `x` itself goes on. `x` has no zero columns.
    """
    z, u = np.zeros(x.shape[0], dtype=np.int64), np.zeros(x.shape[1], dtype=np.int64)
    yield z, u
    quieted = x / np.sqrt(np.sqrt((x**2).mean(axis=0)))
    rows, columns = _Splitter(project(quieted)), _Splitter(project(quieted.T))
    for k in range(1, max(words, units)):
        of_words = rows.candidates(z, _block_space(x, u)) if k < words else [z]
        of_units = columns.candidates(u, _block_space(x.T, z)) if k < units else [u]
        started = [alternate(x, a, b, rounds=3) for a in of_words for b in of_units]
        z, u = max(started, key=lambda labels: explained(x, *labels))
        z, u = refine(x, z, u)
        yield z, u


def refine(x: np.ndarray, z: np.ndarray, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Alternate and exchange until nothing moves."""
    for _ in range(_PASSES):
        z, u = alternate(x, z, u)
        z, words_moved = exchange(x, z, u)
        u, units_moved = exchange(x.T, u, z)
        if not words_moved and not units_moved:
            break
    return z, u


def indicator(labels: np.ndarray, k: int) -> np.ndarray:
    """float64 [n, k]: 1 where row i has label r. Rows with a negative label are zero."""
    return (labels[:, None] == np.arange(k)).astype(np.float64)


def block_means(x: np.ndarray, z: np.ndarray, u: np.ndarray, words: int, units: int) -> np.ndarray:
    """Mean of `x` over each block, float64 [words, units]; 0 for a block without members."""
    p, q = indicator(z, words), indicator(u, units)
    sizes = np.outer(p.sum(axis=0), q.sum(axis=0))
    return (p.T @ x @ q) / np.maximum(sizes, 1)


def explained(x: np.ndarray, z: np.ndarray, u: np.ndarray) -> float:
    """Σ S² / (n m): the part of ‖x‖² that the block means explain."""
    p, q = indicator(z, int(z.max()) + 1), indicator(u, int(u.max()) + 1)
    sizes = np.outer(p.sum(axis=0), q.sum(axis=0))
    return float(((p.T @ x @ q) ** 2 / np.maximum(sizes, 1)).sum())


def alternate(x: np.ndarray, z: np.ndarray, u: np.ndarray, rounds: int = _ROUNDS) -> tuple[np.ndarray, np.ndarray]:
    """Assign words, then units, to their nearest block means until nothing moves or a cluster would empty."""
    for _ in range(rounds):
        new_z = _nearest(x, z, u)
        new_u = _nearest(x.T, u, new_z)
        if np.array_equal(new_z, z) and np.array_equal(new_u, u):
            break
        z, u = new_z, new_u
    return z, u


def _nearest(x: np.ndarray, z: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Labels of the rows by least squares, given the column clusters; `z` itself if a cluster would empty."""
    k = int(z.max()) + 1
    y = _block_space(x, u)
    p = indicator(z, k)
    centres = (p.T @ y) / p.sum(axis=0)[:, None]
    labels = np.argmin((centres**2).sum(axis=1) - 2 * y @ centres.T, axis=1)
    return labels if np.bincount(labels, minlength=k).all() else z


def _block_space(x: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Rows as sums over column clusters / √size [n, l]: here the distance to a row of block means is Euclidean."""
    q = indicator(u, int(u.max()) + 1)
    return (x @ q) / np.sqrt(q.sum(axis=0))


def exchange(x: np.ndarray, z: np.ndarray, u: np.ndarray) -> tuple[np.ndarray, int]:
    """Move single rows while that raises the explained sum; new labels and the number of moves.

    Moving row y from cluster a (size n_a, sum S_a) to b changes it by
    |S_a − y|²/(n_a − 1) − |S_a|²/n_a + |S_b + y|²/(n_b + 1) − |S_b|²/n_b. The last row of a cluster stays.
    """
    y = _block_space(x, u)
    k = int(z.max()) + 1
    z = z.copy()
    p = indicator(z, k)
    sums, sizes = p.T @ y, p.sum(axis=0)
    least = 1e-10 * float((y**2).sum())
    squares = (y**2).sum(axis=1)
    moves = 0
    for _ in range(_PASSES):
        moved = 0
        for i in _worth_trying(y, squares, z, sums, sizes, least):
            a, row = z[i], y[i]
            if sizes[a] <= 1:
                continue
            norms = (sums**2).sum(axis=1)
            dots = sums @ row
            leave = (norms[a] - 2 * dots[a] + squares[i]) / (sizes[a] - 1) - norms[a] / sizes[a]
            join = (norms + 2 * dots + squares[i]) / (sizes + 1) - norms / sizes
            join[a] = -np.inf
            b = int(np.argmax(join))
            if leave + join[b] > least:
                sums[a] -= row
                sums[b] += row
                sizes[a] -= 1
                sizes[b] += 1
                z[i] = b
                moved += 1
        moves += moved
        if not moved:
            break
    return z, moves


def _worth_trying(
    y: np.ndarray, squares: np.ndarray, z: np.ndarray, sums: np.ndarray, sizes: np.ndarray, least: float
) -> np.ndarray:
    """Rows that a move would help as things stand, best first."""
    norms = (sums**2).sum(axis=1)
    dots = y @ sums.T
    rows = np.arange(len(z))
    left = np.maximum(sizes[z] - 1, 1)
    leave = (norms[z] - 2 * dots[rows, z] + squares) / left - norms[z] / sizes[z]
    join = (norms + 2 * dots + squares[:, None]) / (sizes + 1) - norms / sizes
    join[rows, z] = -np.inf
    gain = np.where(sizes[z] > 1, leave + join.max(axis=1), -np.inf)
    order = np.argsort(-gain, kind="stable")
    return order[gain[order] > least]


def project(x: np.ndarray, rank: int = _PROJECTED) -> np.ndarray:
    """The rows of `x` in the coordinates of its leading right singular vectors, [n, rank]."""
    if x.shape[0] >= x.shape[1]:
        _, vectors = np.linalg.eigh(x.T @ x)
        return x @ vectors[:, ::-1][:, :rank]
    values, vectors = np.linalg.eigh(x @ x.T)
    return vectors[:, ::-1][:, :rank] * np.sqrt(np.maximum(values[::-1][:rank], 0))


class _Splitter:
    """Finds, for one side, which cluster to split and how; splits of unchanged clusters are remembered."""

    def __init__(self, rows: np.ndarray) -> None:
        self._rows = rows
        self._known: dict[bytes, tuple[float, np.ndarray]] = {}

    def candidates(self, labels: np.ndarray, blocks: np.ndarray) -> list[np.ndarray]:
        """Labels after the best split between block means [n, l], and after the best one between whole rows."""
        k = int(labels.max()) + 1
        by_blocks, by_rows = [], []
        for r in range(k):
            members = np.flatnonzero(labels == r)
            key = members.tobytes()
            if key not in self._known:
                self._known[key] = best_split(self._rows[members])
            by_rows.append((*self._known[key], members))
            by_blocks.append((*best_split(blocks[members]), members))
        found: list[np.ndarray] = []
        for splits in (by_blocks, by_rows) if k > 1 else (by_rows,):
            _, part, members = max(splits, key=lambda split: split[0])
            new = labels.copy()
            new[members[part]] = k
            if not any(np.array_equal(new, other) for other in found):
                found.append(new)
        return found


def best_split(y: np.ndarray) -> tuple[float, np.ndarray]:
    """Gain in explained sum of squares of a split of the rows `y` in two, and bool [n], the smaller part.

    Two-means started from the best threshold along the leading principal axis; −1 for a single row.
    """
    part = np.zeros(len(y), dtype=bool)
    if len(y) < 2:
        return -1.0, part
    centred = y - y.mean(axis=0)
    if centred.shape[1] > 1:
        centred = centred @ np.linalg.eigh(centred.T @ centred)[1][:, ::-1]
    along = centred[:, 0]
    order = np.argsort(along, kind="stable")
    below = np.cumsum(along[order])[:-1]
    size = np.arange(1, len(y))
    at = int(np.argmax(below**2 / (size * (len(y) - size))))
    part[order[at + 1 :]] = True
    for _ in range(5):
        centre, other = centred[part].mean(axis=0), centred[~part].mean(axis=0)
        closer = centred @ (centre - other) > ((centre**2).sum() - (other**2).sum()) / 2
        if np.array_equal(closer, part) or closer.all() or not closer.any():
            break
        part = closer
    inside = int(part.sum())
    gain = float((centred[part].sum(axis=0) ** 2).sum()) * (1 / inside + 1 / (len(y) - inside))
    if 2 * inside > len(y) or (2 * inside == len(y) and part[0]):
        part = ~part
    return gain, part
