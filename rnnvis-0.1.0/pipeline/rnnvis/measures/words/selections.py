"""Which words are clustered."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np

from rnnvis.errors import RnnvisError
from rnnvis.measures.words.responses import Responses

SELECTIONS = ("reliable", "frequent")


@dataclass(frozen=True)
class Selection:
    """`word_ids` int32, ascending; `score` float64, the score of each; `set_aside` int32: words with enough uses that
    cannot be clustered because they move nothing (a response of zero)."""

    name: str
    word_ids: np.ndarray
    score: np.ndarray = field(repr=False)
    set_aside: np.ndarray


def reliable_norm(responses: Responses) -> np.ndarray:
    """Reliability-weighted norm of each word's response, float64 [W].

    ‖m‖ · max(0, 1 − ‖SE‖² / ‖m‖²): the norm times the share of ‖m‖² that is not sampling error. It shrinks
    the responses of rare words, where ranking by ‖m‖ alone favours noise and ranking by ‖m‖ / ‖SE‖ favours
    frequency. Zero below two uses.
    """
    signal = np.square(responses.mean, dtype=np.float64).sum(axis=1)
    noise = np.square(responses.standard_error, dtype=np.float64).sum(axis=1)
    share = 1 - np.divide(noise, signal, out=np.ones(len(signal)), where=signal > 0)
    return np.sqrt(signal) * np.maximum(np.nan_to_num(share), 0)


def select_words(
    responses: Responses,
    by: str,
    size: int = 500,
    minimum_count: int = 8,
    special: Collection[int] = (),
    always: Collection[int] = (),
) -> Selection:
    """The `size` words with the highest score among those with at least `minimum_count` measured uses.

    `by` is "reliable" (score: `reliable_norm`) or "frequent" (score: measured uses). Ties go to the smaller
    word number. Special words (such as <unk>) are left out; words whose response is zero are set aside. The words
    `always` (those of the probe sentences) come first where they have enough uses, so that a sentence that is shown
    finds its words in the clouds.
    """
    if by not in SELECTIONS:
        raise RnnvisError(f'unknown word selection "{by}"', "choose one of: " + ", ".join(SELECTIONS))
    enough = responses.count >= minimum_count
    enough[list(special)] = False
    zero = enough & ~responses.mean.any(axis=1)
    score = reliable_norm(responses) if by == "reliable" else responses.count.astype(np.float64)
    candidates = np.flatnonzero(enough & ~zero)
    later = ~np.isin(candidates, list(always))
    best = candidates[np.lexsort((candidates, -score[candidates], later))[:size]]
    chosen = np.sort(best).astype(np.int32)
    return Selection(by, chosen, score[chosen], np.flatnonzero(zero).astype(np.int32))
