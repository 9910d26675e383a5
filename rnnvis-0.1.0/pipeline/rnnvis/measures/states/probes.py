"""What can be read off a state by a linear rule, beside what the same rule reads off shuffled labels."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import RidgeClassifier

from rnnvis.measures.figures import Figure, mean_over_sentences

FEWEST = 40
"""Sentences that are needed on either side: of fewer clusters, standard errors cannot be trusted (Angrist and Pischke
2008, § 8.2.3)."""


def probe(
    name: str, what: str, states: np.ndarray, feature: np.ndarray, group: np.ndarray, fitted: np.ndarray
) -> list[Figure]:
    """Accuracy of a linear probe for `feature` int [N] (negative: unknown) on `states` [N, H]: three figures, or none
    where there are too few sentences or only one value.

    A ridge classifier (one against all, squared loss, penalty 1, standardised states) is fitted to the steps where
    `fitted` bool [N] and judged on the others. Beside its accuracy, with a standard error that takes the sentences
    `group` [N] as independent, stand that of the same probe fitted to shuffled labels (Hewitt and Liang 2019), and
    the share of the commonest value. `what` completes the sentence “Share of the held-out …”.
    """
    known = feature >= 0
    rows, of, sentence = states[known].astype(np.float64), feature[known], group[known]
    inside = fitted[known]
    enough = min(len(np.unique(sentence[inside])), len(np.unique(sentence[~inside]))) >= FEWEST
    if not enough or len(np.unique(of[inside])) < 2:
        return []
    rows -= rows[inside].mean(axis=0)
    spread = rows[inside].std(axis=0)
    rows /= np.where(spread > 0, spread, 1)
    values, counts = np.unique(of[inside], return_counts=True)
    shuffled = np.random.default_rng(0).permutation(of[inside])
    judged, truth, sentences = rows[~inside], of[~inside], sentence[~inside]

    def accuracy(labels: np.ndarray) -> np.ndarray:
        found = RidgeClassifier(alpha=1.0).fit(rows[inside], labels)
        return np.asarray(found.predict(judged) == truth, dtype=np.float64)

    common = np.asarray(truth == values[counts.argmax()], dtype=np.float64)
    return [
        mean_over_sentences(
            f"probe_{name}",
            accuracy(of[inside]),
            sentences,
            f"Share of the held-out {what} that a linear rule reads off",
        ),
        mean_over_sentences(
            f"probe_{name}_shuffled", accuracy(shuffled), sentences, "The same rule fitted to shuffled labels"
        ),
        mean_over_sentences(f"probe_{name}_commonest", common, sentences, "Always naming the commonest one"),
    ]
