"""How good the answers of a recorded model are, beside what simpler models make of the same text.

A recording has no splits. Each simpler model is fitted on one half of the sequences and judged on the other, both ways,
so that it answers every sequence without having seen it or one that reads alike; the model itself may have been
trained on any of them.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress
from typing import Any, Literal

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from rnnvis.measures.outputs.baselines import COMMON_TAG, MAJORITY, TFIDF, Features, class_shares, common_tags, logistic
from rnnvis.measures.outputs.intervals import mean_interval, wilson
from rnnvis.measures.outputs.ngrams import KneserNey
from rnnvis.measures.words.responses import sentence_halves

Means = Literal["class", "tag", "next word", "number"]
Row = dict[str, Any]

THIS = "this model"
MAJORITY_TAG = "commonest tag"
MEAN = "mean of the numbers"
NGRAMS = {"unigram": 1, "5-gram, Kneser–Ney": 5}
SEQUENCES, STEPS = 20_000, 1_000_000  # that simpler models are fitted and judged on: seconds
COUNTED = 250_000  # steps, where words are counted for a logistic regression
WEIGHTS = 1_000_000  # of that: classes × features
CLASSES = 50  # beyond these, none
FEATURES = Features(grams=(1, 2), sublinear=True, smallest_count=2)
C = 4.0

_BOTH_WAYS = "fitted on one half of the {of} and judged on the other, both ways"
_TRAINED = "the model may have been trained on any of them"
_ABOUT = {
    "class": ("accuracy", "Share of the {n} labelled sequences whose label is the likeliest class"),
    "tag": ("accuracy", "Share of the {n} tagged steps whose tag is the likeliest"),
}
_LOSS = {
    "class": "Mean −ln of the probability of the label, in nats",
    "tag": "Mean −ln of the probability of the tag, in nats",
    "next word": "Mean −ln of the probability of the word that came, in nats",
    "number": "Mean square of what the answer is off by",
}
_PERPLEXITY = "e to the loss: among so many equally likely words the next one would be as hard to guess"


@dataclass(frozen=True)
class Answered:
    """What a model answered where it is known what is right: N answers, one a labelled sequence (class, number) or one
    a step (tag, next word), sorted by sequence, then step.

    `sequence` int64 [N] and `step` int64 [N] say where; `target` [N] is what is right there: int64, or float64 of
    numbers; `predicted` int64 [N] the likeliest, left out for next words and numbers; `loss` float64 [N] in nats, of
    numbers the squared error. `classes` is how many there are.
    """

    means: Means
    sequence: np.ndarray
    step: np.ndarray = field(repr=False)
    target: np.ndarray = field(repr=False)
    loss: np.ndarray = field(repr=False)
    predicted: np.ndarray | None = field(repr=False, default=None)
    classes: int = 0

    def rows(self, wanted: np.ndarray) -> Answered:
        """The answers that the mask `wanted` [N] names."""
        columns = {name: of[wanted] for name, of in vars(self).items() if isinstance(of, np.ndarray)}
        return replace(self, **columns)


def metric_rows(
    answered: Answered, tokens: Sequence[np.ndarray], keys: Sequence[str], words: int, split: str
) -> list[Row]:
    """Rows of the table `metrics`, the model first: subject, measure, split, value, low, high, about.

    `tokens` int [T] and `keys` are those of all sequences, `words` the size of the vocabulary. The target of a next
    word is the word that its sequence has next, or at its last step any. No rows without answers, no simpler models
    where it is known of one half of the sequences only, and no loss of one that gives what is right no chance.
    """
    if not len(answered.sequence):
        return []
    rows = [*_rows(THIS, answered, answered.loss, answered.predicted, split, f"; {_TRAINED}")]
    halves = _halves(tokens, keys)
    some, kept = _sampled(answered, tokens)
    halves_of = halves[some.sequence]
    if len(np.unique(halves_of)) < 2:
        return rows
    of = f"{kept:,} sequences, an even choice of them," if kept else "sequences"
    note = f"; {_BOTH_WAYS.format(of=of)}; {_TRAINED}"
    with threadpool_limits(1):
        for subject, loss, predicted in _SIMPLER[answered.means](some, tokens, halves, words):
            rows += _rows(subject, some, loss, predicted, split, note)
    return rows


def _rows(
    subject: str, of: Answered, loss: np.ndarray | None, predicted: np.ndarray | None, split: str, note: str
) -> Iterator[Row]:
    def row(measure: str, about: str, value: float, low: float, high: float) -> Row:
        ends = {} if np.isnan(low) else {"low": float(low), "high": float(high)}
        return {"subject": subject, "measure": measure, "split": split, "value": value, **ends, "about": about + note}

    if predicted is not None:
        right = predicted == of.target
        measure, about = _ABOUT[of.means]
        share, low, high = mean_interval(right, of.sequence)
        if of.means == "class":
            low, high = wilson(share, len(right))
        yield row(measure, about.format(n=f"{len(right):,}"), share, max(0.0, low), min(1.0, high))
    if loss is None or not np.isfinite(loss).all():
        return
    mean, low, high = mean_interval(loss, of.sequence)
    yield row("squared error" if of.means == "number" else "loss", _LOSS[of.means], mean, low, high)
    if of.means == "next word":
        yield row("perplexity", _PERPLEXITY, *np.exp([mean, low, high]).tolist())


def _halves(tokens: Sequence[np.ndarray], keys: Sequence[str]) -> np.ndarray:
    """Half (0 or 1) of each sequence, int8: that of its key, or of the first sequence that reads alike."""
    first: dict[bytes, int] = {}
    alike = [first.setdefault(np.asarray(row, np.int32).tobytes(), i) for i, row in enumerate(tokens)]
    return sentence_halves(keys)[alike]


def _sampled(of: Answered, tokens: Sequence[np.ndarray]) -> tuple[Answered, int]:
    """The answers to an even choice of the sequences, and of how many; 0 where that is all of them."""
    there = np.unique(of.sequence)
    steps = sum(len(tokens[i]) for i in there)
    every = max(-(-len(there) // SEQUENCES), -(-steps // (COUNTED if of.means == "class" else STEPS)))
    if every == 1:
        return of, 0
    chosen = there[::every]
    rows = np.isin(of.sequence, chosen)
    return of.rows(rows), len(chosen)


Judged = Iterator[tuple[str, np.ndarray | None, np.ndarray | None]]
"""Simpler models by name: the loss of each answer [N], and the likeliest class [N]."""


def _both_ways(half: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Masks [N] of the answers to fit on and of those to judge, for either half."""
    for fitted in (0, 1):
        yield half == fitted, half != fitted


def _of_classes(of: Answered, tokens: Sequence[np.ndarray], halves: np.ndarray, words: int) -> Judged:
    yield _majority(of, halves)
    if of.classes > CLASSES:
        return
    texts = [[str(word) for word in tokens[i]] for i in of.sequence]
    features = replace(FEATURES, most=max(1, WEIGHTS // of.classes))
    p = np.zeros((len(texts), of.classes))
    for fitted, judged in _both_ways(halves[of.sequence]):
        seen = np.unique(of.target[fitted])
        if len(seen) == 1:
            p[judged, seen] = 1.0
            continue
        vectoriser = features.vectoriser()
        try:
            counted = vectoriser.fit_transform(list(compress(texts, fitted)))
        except ValueError:  # no word in two texts of this half
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model = logistic(counted, of.target[fitted], C)
        p[np.ix_(judged, seen)] = model.predict_proba(vectoriser.transform(compress(texts, judged)))
    yield TFIDF, _surprisal(p[np.arange(len(p)), of.target]), p.argmax(axis=1)


def _of_tags(of: Answered, tokens: Sequence[np.ndarray], halves: np.ndarray, words: int) -> Judged:
    yield _majority(of, halves)
    token = np.array([tokens[i][t] for i, t in zip(of.sequence, of.step, strict=True)])
    predicted = np.empty(len(token), np.int64)
    for fitted, judged in _both_ways(halves[of.sequence]):
        predicted[judged] = common_tags(token[fitted], of.target[fitted], words)[token[judged]]
    yield COMMON_TAG, None, predicted


def _majority(of: Answered, halves: np.ndarray) -> tuple[str, np.ndarray, np.ndarray]:
    loss, predicted = np.empty(len(of.target)), np.empty(len(of.target), np.int64)
    for fitted, judged in _both_ways(halves[of.sequence]):
        shares = class_shares(of.target[fitted], of.classes)
        loss[judged], predicted[judged] = _surprisal(shares[of.target[judged]]), shares.argmax()
    return (MAJORITY if of.means == "class" else MAJORITY_TAG), loss, predicted


def _of_next_words(of: Answered, tokens: Sequence[np.ndarray], halves: np.ndarray, words: int) -> Judged:
    sequences, first = np.unique(of.sequence, return_index=True)
    last = np.append(first[1:], len(of.sequence)) - 1
    ahead = {i: of.target[[row]] for i, row in zip(sequences, last, strict=True) if of.step[row] == len(tokens[i]) - 1}
    texts = [np.concatenate([tokens[i], ahead.get(i, of.target[:0])]) for i in sequences]
    starts = np.cumsum([0, *map(len, texts)])[:-1]
    at = starts[np.searchsorted(sequences, of.sequence)] + of.step + 1
    half = halves[sequences]
    of_word = np.repeat(half, [len(text) for text in texts])
    for name, order in NGRAMS.items():
        p = np.empty(len(of_word))
        for fitted in (0, 1):
            model = KneserNey(list(compress(texts, half == fitted)), words, order)
            p[of_word != fitted] = model.all_probabilities(list(compress(texts, half != fitted)))
        yield name, _surprisal(p[at]), None


def _of_numbers(of: Answered, tokens: Sequence[np.ndarray], halves: np.ndarray, words: int) -> Judged:
    loss = np.empty(len(of.target))
    for fitted, judged in _both_ways(halves[of.sequence]):
        loss[judged] = np.square(of.target[judged] - of.target[fitted].mean())
    yield MEAN, loss, None


def _surprisal(p: np.ndarray) -> np.ndarray:
    """−ln p, infinite where p is 0."""
    with np.errstate(divide="ignore"):
        found: np.ndarray = -np.log(p)
    return found


_SIMPLER: dict[Means, Callable[[Answered, Sequence[np.ndarray], np.ndarray, int], Judged]] = {
    "class": _of_classes,
    "tag": _of_tags,
    "next word": _of_next_words,
    "number": _of_numbers,
}
