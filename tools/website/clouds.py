"""The words of the clouds in the order in which the explorer draws them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np

from tools.website.published import Published

_PIECE = re.compile(r"\d|^##|@@$")
_SCRIPTS = ("LATIN", "GREEK", "CYRILLIC")
_WORDS_OF_A_LETTER = ("a", "i", "o")


def is_fragment(text: str) -> bool:
    """Whether `text` says little by itself, as in `clouds.ts`: digits, marks, a single letter, a piece of a word."""
    letters = [c for c in text if unicodedata.category(c).startswith("L")]
    if not letters or _PIECE.search(text):
        return True
    alphabetic = any(unicodedata.name(c, "").startswith(_SCRIPTS) for c in text)
    return len(letters) == 1 and alphabetic and text.lower() not in _WORDS_OF_A_LETTER


def strongest(published: Published, method: str, selection: str, k: int) -> list[list[str]]:
    """The words of each cloud, from the top cloud to the lowest one: those drawn largest first, fragments last.

    The size of a word is its mean response over the chip that its cloud moves most, either way.
    """
    at = (method, selection, k)
    where = "method = ? AND selection = ? AND k = ?"
    sides = {
        side: (ids, np.array(labels), list(order))
        for side, ids, labels, order in published.rows(
            f'SELECT side, ids, labels, "order" FROM cluster_labels WHERE {where}', at
        )
    }
    means = _matrix(published.rows(f"SELECT mean FROM block_means WHERE {where}", at), k)
    strengths = _matrix(published.rows(f"SELECT strength FROM word_strengths WHERE {where}", at), k)
    name: dict[int, str] = dict(published.rows("SELECT word_id, text FROM words"))
    ids, labels, order = sides["words"]
    chips = sides["units"][2]
    found = []
    for cloud in order:
        chip = max(chips, key=lambda c: abs(means[cloud, c]))
        members = np.flatnonzero(labels == cloud)
        ranked = sorted(members, key=lambda i: (is_fragment(name[ids[i]]), -abs(strengths[i, chip]), ids[i]))
        found.append([name[ids[i]] for i in ranked])
    return found


def _matrix(rows: Sequence[Sequence[object]], columns: int) -> np.ndarray:
    return np.array(rows[0][0], float).reshape(-1, columns)
