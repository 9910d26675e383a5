"""What a language model has to beat: n-gram models with interpolated modified Kneser–Ney smoothing.

Chen and Goodman (1999), *An empirical study of smoothing techniques for language modeling*, section 3:

p_k(w | h) = max(c(hw) − D(c(hw)), 0) / c(h·) + γ(h) p_{k−1}(w | h'),  h' = h without its first word,

where c counts uses for the highest order and different words before (continuations) for the lower ones, D is D₁, D₂ or
D₃₊ by the count, γ(h) gives away what the discounts took, and p₀ is uniform over the vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

FALLBACK_DISCOUNT = 0.75  # where too few counts of counts are known to estimate one


@dataclass(frozen=True)
class _Order:
    """The k-grams of one order, sorted by `key` = context · V + word; a k-gram's number is its place.

    `discounted` = max(c − D(c), 0) of each; `total` c(h·) and `spare` = γ(h) · c(h·) of each context, which is the
    number of a (k−1)-gram.
    """

    key: np.ndarray = field(repr=False)
    discounted: np.ndarray = field(repr=False)
    total: np.ndarray = field(repr=False)
    spare: np.ndarray = field(repr=False)


class KneserNey:
    """An n-gram model of `order` ≥ 1 over `words` words, trained on documents of word ids.

    No n-gram spans two documents. Every probability is positive, and over the vocabulary they sum to 1.
    """

    def __init__(self, documents: Sequence[np.ndarray], words: int, order: int) -> None:
        self.words, self.order = words, order
        token, start = _stream(documents)
        self._orders: list[_Order] = []
        grams, numbers, context = [], [], np.zeros(len(token), dtype=np.int64)
        for _ in range(order):
            key = np.where(context >= 0, context * words + token, -1)
            unique, number = np.unique(key, return_inverse=True)
            missing = int(len(unique) > 0 and unique[0] < 0)
            grams.append(unique[missing:])
            numbers.append(number - missing)
            context = np.where(start, -1, np.roll(numbers[-1], 1))
        for k in range(order):
            if not len(grams[k]):
                break
            seen = numbers[k][numbers[k] >= 0]
            if k == order - 1:
                count = np.bincount(seen, minlength=len(grams[k]))
            else:
                _, first = np.unique(numbers[k + 1], return_index=True)
                first = first[numbers[k + 1][first] >= 0]
                count = np.bincount(numbers[k][first], minlength=len(grams[k]))
            contexts = 1 if k == 0 else len(grams[k - 1])
            self._orders.append(_smoothed(grams[k], count, contexts, words))

    def probabilities(self, document: np.ndarray) -> np.ndarray:
        """p(w_t | w_1 … w_{t−1}) of every word of `document` [T], float64 [T]; the first has no history."""
        return self.all_probabilities([document])

    def all_probabilities(self, documents: Sequence[np.ndarray]) -> np.ndarray:
        """The same of every word of `documents`, one after the other, float64 [all of their words]."""
        token, start = _stream(documents)
        p = np.full(len(token), 1.0 / self.words)
        context = np.zeros(len(token), dtype=np.int64)
        for order in self._orders:
            p, number = self._extend(order, context, token, p)
            context = np.where(start, -1, np.roll(number, 1))
        return p

    def distribution(self, history: Sequence[int]) -> np.ndarray:
        """p(w | history) of every word w, float64 [V]."""
        p = np.full(self.words, 1.0 / self.words)
        everything = np.arange(self.words)
        for k, order in enumerate(self._orders):
            if k > len(history):
                break
            context = self._number(list(history[len(history) - k :]))
            p, _ = self._extend(order, np.full(self.words, context), everything, p)
        return p

    def _number(self, gram: list[int]) -> int:
        number = 0
        for word, order in zip(gram, self._orders, strict=False):
            number = int(_find(order.key, np.array([number * self.words + word if number >= 0 else -1]))[0])
        return number

    def _extend(
        self, order: _Order, context: np.ndarray, token: np.ndarray, lower: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """One order more: the probabilities, and the number of each k-gram (−1 for none)."""
        number = _find(order.key, np.where(context >= 0, context * self.words + token, -1))
        at = np.maximum(context, 0)
        known = (context >= 0) & (order.total[at] > 0)
        own = np.where(number >= 0, order.discounted[np.maximum(number, 0)], 0.0)
        total = np.where(known, order.total[at], 1.0)
        return np.where(known, (own + order.spare[at] * lower) / total, lower), number


def _stream(documents: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """All documents one after the other, and whether a word is the first of its document."""
    filled = [np.asarray(d, dtype=np.int64) for d in documents if len(d)]
    token = np.concatenate(filled) if filled else np.zeros(0, dtype=np.int64)
    start = np.zeros(len(token), dtype=bool)
    start[np.cumsum([0, *map(len, filled)])[:-1]] = True
    return token, start


def _find(keys: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Place of each wanted key among the sorted `keys`; −1 for none."""
    if not len(keys):
        return np.full(len(wanted), -1)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, at, -1)


def _smoothed(key: np.ndarray, count: np.ndarray, contexts: int, words: int) -> _Order:
    discount = _discounts(count)[np.minimum(count, 3)]
    context = key // words
    total = np.bincount(context, weights=count, minlength=contexts)
    taken = np.bincount(context, weights=np.minimum(discount, count), minlength=contexts)
    return _Order(key, np.maximum(count - discount, 0.0), total, taken)


def _discounts(count: np.ndarray) -> np.ndarray:
    """D₀ = 0, D₁, D₂ and D₃₊ from the numbers n₁ … n₄ of k-grams with such counts (Chen and Goodman, equation 26)."""
    n = np.bincount(np.minimum(count, 5), minlength=5).astype(np.float64)
    found = [0.0]
    for k in (1, 2, 3):
        known = n[1] > 0 and n[k] > 0
        estimate = k - (k + 1) * n[1] / (n[1] + 2 * n[2]) * n[k + 1] / n[k] if known else FALLBACK_DISCOUNT
        found.append(float(np.clip(estimate, 0.0, k)))
    return np.array(found)
