"""What a model has to beat: the commonest class, and what words alone tell without their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import spmatrix
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

MAJORITY = "majority class"
TFIDF = "TF-IDF + logistic regression"
COMMON_TAG = "commonest tag of each word"


def class_shares(labels: np.ndarray, classes: int) -> np.ndarray:
    """Share of each class among `labels` [n ≥ 1], float64 [classes]: the probabilities of a majority baseline."""
    counts = np.bincount(labels, minlength=classes)
    return counts / counts.sum()


def common_tags(token: np.ndarray, tag: np.ndarray, words: int) -> np.ndarray:
    """The tag that each word has most often among the steps [n ≥ 1], int64 [words]; the commonest of all for a word
    without steps. Ties go to the smaller number."""
    found = np.full(words, np.bincount(tag).argmax())
    pairs, count = np.unique(np.stack([token, tag]), axis=1, return_counts=True)
    order = np.lexsort((pairs[1], -count, pairs[0]))
    word, tags = pairs[:, order]
    first = np.flatnonzero(np.diff(word, prepend=-1))
    found[word[first]] = tags[first]
    return found


@dataclass(frozen=True)
class Features:
    """How texts become TF-IDF features: runs of `grams` = (fewest, most) words, of those in `smallest_count` texts or
    more, at most `most` of them; counts as they are, or 1 + ln of them where `sublinear`."""

    grams: tuple[int, int]
    sublinear: bool
    smallest_count: int
    most: int | None = None

    def vectoriser(self) -> TfidfVectorizer:
        """A vectoriser of lists of words."""
        return TfidfVectorizer(
            analyzer=_Grams(self.grams),
            sublinear_tf=self.sublinear,
            min_df=self.smallest_count,
            max_features=self.most,
        )


def logistic(features: spmatrix, labels: np.ndarray, c: float) -> LogisticRegression:
    """Logistic regression of `labels` [n], two classes or more of them, on `features` [n, F]."""
    return LogisticRegression(C=c, max_iter=1000).fit(features, labels)


@dataclass(frozen=True)
class _Grams:
    """All runs of `lengths` = (fewest, most) words."""

    lengths: tuple[int, int]

    def __call__(self, words: Sequence[str]) -> list[str]:
        fewest, most = self.lengths
        return [" ".join(words[i : i + n]) for n in range(fewest, most + 1) for i in range(len(words) - n + 1)]
