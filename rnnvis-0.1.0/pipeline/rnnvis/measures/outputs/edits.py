"""Edit distance: how many signs of what was said are to be changed for what should have been said."""

from __future__ import annotations

from collections.abc import Hashable, Sequence


def edit_distance(said: Sequence[Hashable], right: Sequence[Hashable]) -> int:
    """The fewest insertions, deletions and substitutions that make `said` to `right` (Levenshtein 1966)."""
    above = list(range(len(right) + 1))
    for i, a in enumerate(said, start=1):
        row = [i]
        for j, b in enumerate(right, start=1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (a != b)))
        above = row
    return above[-1]


def nearest(said: Sequence[Hashable], allowed: Sequence[Sequence[Hashable]]) -> tuple[int, int]:
    """The edit distance to the nearest of what is `allowed`, and which one that is: the first of several."""
    return min((edit_distance(said, right), number) for number, right in enumerate(allowed))
