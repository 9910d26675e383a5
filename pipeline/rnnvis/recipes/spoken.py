"""What a pronouncer says of words, held against the dictionary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from rnnvis.measures.outputs.edits import nearest
from rnnvis.measures.outputs.intervals import mean_interval, wilson
from rnnvis.measures.outputs.metrics import THIS, Row
from rnnvis.nets.pronouncer import END, PHONEMES, Pronouncer, Through, spelled
from rnnvis.text.corpus import RECORDED
from rnnvis.text.kinds.pronunciations import Pronounced

CLASSES = ("exact", "1 edit", "2 edits", "3+ edits")


@dataclass(frozen=True)
class Spoken:
    """N words and what was said of them: `letters` and `said` int64 [T] each, ids of GRAPHEMES and PHONEMES with END;
    `edits` int64 [N] phonemes to be changed for the nearest pronunciation in the dictionary, which has `right` int64
    [N] of them."""

    words: Sequence[Pronounced] = field(repr=False)
    letters: list[np.ndarray] = field(repr=False)
    said: list[np.ndarray] = field(repr=False)
    edits: np.ndarray = field(repr=False)
    right: np.ndarray = field(repr=False)

    @property
    def ended(self) -> np.ndarray:
        """Whether the model came to an end, bool [N]; else it was broken off."""
        return np.array([len(row) > 0 and row[-1] == PHONEMES.index(END) for row in self.said])

    @property
    def classes(self) -> np.ndarray:
        """Number of each word's class in CLASSES, int64 [N]."""
        return np.minimum(self.edits, len(CLASSES) - 1)

    def figures(self, measured: np.ndarray) -> list[Row]:
        """Rows of the table `metrics` over the words of the mask `measured` [N]."""
        count = int(measured.sum())
        edits, ended = self.edits[measured], self.ended[measured]
        exact, broken = float((edits == 0).mean()), float((~ended).mean())
        mean, low, high = mean_interval(edits.astype(np.float64), np.arange(count))
        words = f"of {count:,} words drawn from the dictionary; the model may have been trained on any of them"
        rows: list[tuple[str, float, tuple[float | None, float | None], str]] = [
            (
                "words said exactly",
                exact,
                wilson(exact, count),
                f"Share {words}: one of the dictionary's pronunciations",
            ),
            (
                "edit distance",
                mean,
                (low, high),
                f"Phonemes to be inserted, deleted or changed for the nearest pronunciation: the mean {words}",
            ),
            (
                "phoneme error rate",
                float(edits.sum() / self.right[measured].sum()),
                (None, None),
                f"The same edits over all phonemes of the nearest pronunciations, {words}",
            ),
            ("words broken off", broken, wilson(broken, count), f"Share {words}: no end after twenty phonemes"),
        ]
        return [
            {
                "subject": THIS,
                "measure": name,
                "split": RECORDED,
                "value": value,
                "low": ends[0],
                "high": ends[1],
                "about": about,
            }
            for name, value, ends, about in rows
        ]


def spoken(model: Pronouncer, words: Sequence[Pronounced], through: Through | None = None) -> Spoken:
    """What `model` says of `words`, greedily; its encoder's state goes `through` a function after every step."""
    letters = [spelled(of.word) for of in words]
    said = model.say(letters, through=through)
    found = [nearest(names(row), of.said) for row, of in zip(said, words, strict=True)]
    return Spoken(
        words,
        letters,
        said,
        np.array([edits for edits, _ in found], np.int64),
        np.array([len(of.said[which]) for of, (_, which) in zip(words, found, strict=True)], np.int64),
    )


def names(said: np.ndarray) -> tuple[str, ...]:
    """The phonemes by name, without END."""
    return tuple(PHONEMES[i] for i in said.tolist() if PHONEMES[i] != END)
