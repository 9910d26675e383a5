"""What is shown first: a sentence whose answer turns at one word.

The rule. Of the sentences asked about, with 6 to 12 words that are all known, take those that the model gets right in
the end, and whose answer turns at one word: before it the model held another class likelier, from it on the right one,
and no other word of the sentence moves the log-odds of the right class as far. Of these take the one in which both
opinions are surest: the smaller of the largest log-odds against the right class before the turn, and of the log-odds
for it at the end, is largest. Of equals the first one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from rnnvis.published.schema.manifest import DefaultView, ModelEntry
from rnnvis.text.corpus import Corpus

SHORTEST, LONGEST = 6, 12
FEW = 5
"""Chips that are shown with such a sentence."""
_SMALLEST = 1e-6


@dataclass(frozen=True)
class Turn:
    """The sentence, the step at which its answer turns, and the words that move the answer most.

    `up` and `down` are the steps that raise and lower the log-odds of the last class most, None where none does.
    """

    sentence: int
    step: int
    up: int | None
    down: int | None
    surest: float
    """The smaller of both opinions, in log-odds"""


def turn_of(probabilities: np.ndarray, label: int) -> tuple[int, float] | None:
    """The step at which the answer turns to `label`, and how sure the less sure opinion is; None where none does.

    `probabilities` float [T, C] are those of the classes after every step.
    """
    if len(probabilities) < 2 or not np.isfinite(probabilities).all():
        return None
    odds = log_odds(probabilities[:, label])
    others = np.delete(probabilities, label, axis=1).max(axis=1)
    ahead = probabilities[:, label] > others
    if not ahead[-1] or ahead.all():
        return None
    turn = int(np.flatnonzero(~ahead)[-1]) + 1
    if int(np.argmax(np.abs(np.diff(odds)))) + 1 != turn:
        return None
    return turn, float(min(-odds[:turn].min(), odds[-1]))


def log_odds(p: np.ndarray) -> np.ndarray:
    """ln(p / (1 − p)), with p kept from 0 and 1 by 1e-6; float64 of the shape of `p`."""
    kept = np.clip(p.astype(np.float64), _SMALLEST, 1 - _SMALLEST)
    return np.log(kept) - np.log1p(-kept)


def turning(
    steps: pa.Table, candidates: np.ndarray, tokens: Sequence[np.ndarray], labels: np.ndarray, unknown: Collection[int]
) -> Turn | None:
    """The sentence of `candidates` that the rule takes; None where no answer turns.

    `steps` holds `sentence_id` and `p_class` [classes], in order; `candidates` int [N] are sentence numbers.
    `tokens` and `labels` [S] are those of all sentences, a label below 0 is none; `unknown` are word ids that stand for
    words the model does not know.
    """
    best: Turn | None = None
    for sentence, probabilities in _along(steps, candidates):
        words = tokens[sentence]
        if not SHORTEST <= len(words) <= LONGEST or len(words) != len(probabilities) or labels[sentence] < 0:
            continue
        if not set(np.asarray(words).tolist()).isdisjoint(unknown) or labels[sentence] >= probabilities.shape[1]:
            continue
        found = turn_of(probabilities, int(labels[sentence]))
        if found and (best is None or found[1] > best.surest):
            moved = np.diff(log_odds(probabilities[:, -1]))
            up, down = int(np.argmax(moved)), int(np.argmin(moved))
            best = Turn(
                sentence, found[0], up + 1 if moved[up] > 0 else None, down + 1 if moved[down] < 0 else None, found[1]
            )
    return best


def _along(steps: pa.Table, candidates: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """The class probabilities [T, C] along each of the `candidates` that has some at every step, by sentence number."""
    sentence = steps["sentence_id"].to_numpy()
    column = steps["p_class"].combine_chunks()
    width = np.asarray(column.value_lengths().fill_null(0))
    start = np.cumsum(width) - width
    values = column.flatten().to_numpy(zero_copy_only=False)
    for one in np.sort(candidates).tolist():
        low, high = np.searchsorted(sentence, [one, one + 1])
        classes = int(width[low]) if high > low else 0
        if classes > 1 and (width[low:high] == classes).all():
            yield one, values[start[low] : start[low] + classes * (high - low)].reshape(-1, classes)


def opening_view(
    model: ModelEntry,
    folder: Path,
    candidates: np.ndarray,
    corpus: Corpus,
    *,
    known: np.ndarray,
    k: int = FEW,
) -> DefaultView | None:
    """The view that the rule takes for `model`, as published in `folder`: the turn pinned, beside the words that move
    the answer most. None where no answer turns.

    `candidates` int [N] are sentence numbers; `known` bool [V] says of which words the response is measured. Of the
    numbers of clusters that are published the one next to `k` is shown.
    """
    if "steps" not in model["tables"] or len(model["classes"]) < 2:
        return None
    columns = ["sentence_id", "p_class"]
    steps = pa.concat_tables(
        [pq.read_table(folder / file["path"], columns=columns) for file in model["tables"]["steps"]["files"]]
    )
    turn = turning(steps, candidates, corpus.tokens, corpus.label, corpus.special)
    if turn is None:
        return None
    words = [int(corpus.tokens[turn.sentence][step]) for step in (turn.up, turn.down) if step is not None]
    ks = next((state["k"] for state in model["states"] if state["k"]), [k])
    return {
        "model": model["name"],
        "sentence": corpus.key[turn.sentence],
        "step": turn.step,
        "k": min(ks, key=lambda one: abs(one - k)),
        "words": list(dict.fromkeys(corpus.vocabulary[word] for word in words if known[word])),
    }
