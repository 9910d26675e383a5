"""What a pronouncer keeps of a word: letters that are not said, length, and the units that bring it to an end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from rnnvis.errors import RnnvisError
from rnnvis.measures.outputs.intervals import wilson
from rnnvis.nets.pronouncer import END, PHONEMES, START, Pronouncer, spelled
from rnnvis.recipes.spoken import Spoken, names

Row = dict[str, Any]
VOWELS = frozenset("aeiouy")
LENGTHS = ((1, 4), (5, 6), (7, 8), (9, 10), (11, 13), (14, 99))
SIZES = (4, 8, 16, 32)
RANDOM_SETS = 20
_END = PHONEMES.index(END)


@dataclass(frozen=True)
class Letters:
    """A kind of letters: `places` gives the places of those in a word."""

    name: str
    places: Callable[[str], Sequence[int]] = field(repr=False)


def _doubled(word: str) -> list[int]:
    return [i for i in range(1, len(word)) if word[i] == word[i - 1] and word[i] not in VOWELS]


def _single(word: str) -> list[int]:
    beside = ["", *word, ""]
    return [i for i, letter in enumerate(word) if letter not in VOWELS and letter not in (beside[i], beside[i + 2])]


def _final_e(word: str) -> list[int]:
    return [len(word) - 1] if len(word) > 3 and word[-1] == "e" and word[-2] not in VOWELS else []


def _other_e(word: str) -> list[int]:
    return [i for i, letter in enumerate(word[:-1]) if letter == "e"]


def _before(first: str, second: str, at_start: bool) -> Callable[[str], list[int]]:
    def places(word: str) -> list[int]:
        whole = first + second
        if at_start:
            return [0] if word.startswith(whole) else []
        return [i for i in range(len(word) - len(whole) + 1) if word.startswith(whole, i)]

    return places


KINDS = (
    Letters("second of a doubled consonant", _doubled),
    Letters("any other consonant", _single),
    Letters("e at the end, after a consonant", _final_e),
    Letters("e anywhere else", _other_e),
    Letters("k of kn at the beginning", _before("k", "n", True)),
    Letters("w of wr at the beginning", _before("w", "r", True)),
    Letters("g of ght", _before("g", "ht", False)),
)


def by_length(found: Spoken) -> list[Row]:
    """Share of words said exactly, and edits a phoneme, by the number of letters."""
    letters = np.array([len(row) - 1 for row in found.letters])
    rows = []
    for low, high in LENGTHS:
        inside = (letters >= low) & (letters <= high)
        if not inside.any():
            continue
        exact = float((found.edits[inside] == 0).mean())
        rows.append(
            {
                "letters": [low, int(letters[inside].max())],
                "words": int(inside.sum()),
                "exact": _share(exact, int(inside.sum())),
                "error_rate": float(found.edits[inside].sum() / found.right[inside].sum()),
            }
        )
    return rows


def without_letters(model: Pronouncer, found: Spoken) -> list[Row]:
    """For each of KINDS in how many words something else is said where one such letter is left out; of several in a
    word one is taken, the first in one word, the second in the next. `moved` is how far the state that is handed over
    moves by it, against how far those of two words of the list lie apart: each word and the one that is as many places
    behind it as half of the list is long."""
    states = model.handed_over(found.letters)
    apart = float(np.linalg.norm(states - np.roll(states, len(states) // 2, axis=0), axis=1).mean())
    rows = []
    for kind in KINDS:
        chosen = [(n, at) for n, of in enumerate(found.words) if (at := kind.places(of.word)) and len(of.word) > 1]
        if not chosen:
            continue
        places = [at[n % len(at)] for n, at in chosen]
        cut = [found.words[n].word for n, _ in chosen]
        cut = [word[:at] + word[at + 1 :] for word, at in zip(cut, places, strict=True)]
        letters = [spelled(word) for word in cut]
        said = model.say(letters)
        changed = [not np.array_equal(said[i], found.said[n]) for i, (n, _) in enumerate(chosen)]
        whole = model.handed_over([found.letters[n] for n, _ in chosen])
        moved = np.linalg.norm(model.handed_over(letters) - whole, axis=1)
        rows.append(
            {
                "kind": kind.name,
                "words": len(chosen),
                "changed": _share(float(np.mean(changed)), len(chosen)),
                "moved": float(moved.mean() / apart),
            }
        )
    return rows


def ends(found: Spoken) -> list[Row]:
    """How often the first and the last phoneme are one that the dictionary has there."""
    rows = []
    for place, at in (("first", 0), ("last", -1)):
        right = [
            bool(said) and said[at] in {of[at] for of in word.said}
            for said, word in ((names(row), word) for row, word in zip(found.said, found.words, strict=True))
        ]
        rows.append({"place": place, "words": len(right), "right": _share(float(np.mean(right)), len(right))})
    return rows


def named(found: Spoken) -> list[Row]:
    """Words with what was said, and the nearest of the dictionary's pronunciations by its number of edits."""
    return [
        {
            "word": word.word,
            "said": list(names(said)),
            "dictionary": [list(of) for of in word.said],
            "edits": int(edits),
            "ended": bool(ended),
        }
        for word, said, edits, ended in zip(found.words, found.said, found.edits, found.ended, strict=True)
    ]


def repeated(said: np.ndarray) -> int:
    """How many times the phonemes that are repeated most often stand one after the other, in groups of one to four."""
    row, most = [i for i in said.tolist() if i != _END], 1
    for size in range(1, 5):
        for start in range(len(row)):
            times = 1
            while row[start + times * size : start + (times + 1) * size] == row[start : start + size]:
                times += 1
            most = max(most, times if len(row[start : start + size]) == size else 1)
    return most


@torch.no_grad()
def end_units(model: Pronouncer, found: Spoken) -> np.ndarray:
    """Units of the decoder, those that raise the logit of END most first: int64 [H].

    What a unit adds is its weight for END against the mean weight of all phonemes, times how much higher it stands
    where END is said than where another phoneme is.
    """
    at_end, elsewhere = [], []
    device = model.head.weight.device
    for length in sorted({(len(a), len(b)) for a, b in zip(found.letters, found.said, strict=True)}):
        rows = [i for i, row in enumerate(found.said) if (len(found.letters[i]), len(row)) == length]
        _, state = model.encoder(model.letters(torch.from_numpy(np.stack([found.letters[i] for i in rows])).to(device)))
        said = np.stack([found.said[i] for i in rows])
        read = np.concatenate([np.full((len(rows), 1), PHONEMES.index(START)), said[:, :-1]], axis=1)
        along = model.decoder(model.phonemes(torch.from_numpy(read).to(device)), state)[0].cpu().numpy()
        at_end.append(along[said == _END])
        elsewhere.append(along[said != _END])
    if not any(map(len, at_end)) or not any(map(len, elsewhere)):
        raise RnnvisError("all of the words, or none, end at once", "choose the units on other words")
    weights = model.head.weight.cpu().numpy()
    higher = np.concatenate(at_end).mean(axis=0, dtype=np.float64) - np.concatenate(elsewhere).mean(
        axis=0, dtype=np.float64
    )
    added = (weights[_END] - weights.mean(axis=0)) * higher
    order: np.ndarray = np.argsort(-added, kind="stable")
    return order


def switched_off(
    model: Pronouncer, ranked: np.ndarray, unseen: Spoken, seed: int = 0, side: str = "decoder"
) -> list[Row]:
    """What is said of `unseen` words without the first units of `ranked`, beside RANDOM_SETS sets of as many others;
    they are of the `side` "encoder" or "decoder"."""
    rng = np.random.default_rng(seed)
    rows = []
    for size in SIZES:
        own = _without(model, unseen, side, ranked[:size])
        others = [rng.choice(ranked[size:], size, replace=False) for _ in range(RANDOM_SETS)]
        random = [_without(model, unseen, side, units) for units in others]
        rows.append(
            {
                "units": np.sort(ranked[:size]).tolist(),
                "words": len(unseen.words),
                **{name: _share(value, len(unseen.words)) for name, value in own.items()},
                "random_sets": RANDOM_SETS,
                "random": {
                    name: [float(f([of[name] for of in random])) for f in (np.mean, np.min, np.max)] for name in own
                },
            }
        )
    return rows


def _without(model: Pronouncer, of: Spoken, side: str, units: np.ndarray) -> dict[str, float]:
    """Shares of words: said as before; said as before and then not ended, but gone on; said as before and ended
    earlier; broken off after all."""
    said = model.say(of.letters, {side: units})
    same = np.array([np.array_equal(a, b) for a, b in zip(said, of.said, strict=True)])
    as_far = np.array([np.array_equal(a[: len(b) - 1], b[: len(b) - 1]) for a, b in zip(said, of.said, strict=True)])
    goes_on = as_far & np.array([len(a) > len(b) for a, b in zip(said, of.said, strict=True)])
    broken = np.array([row[-1] != _END for row in said])
    early = np.array(
        [
            len(a) < len(b) and a[-1] == _END and np.array_equal(a[:-1], b[: len(a) - 1])
            for a, b in zip(said, of.said, strict=True)
        ]
    )
    found = {"same": same, "goes_on": goes_on, "early": early, "broken": broken}
    return {name: float(of_words.mean()) for name, of_words in found.items()}


def _share(value: float, count: int) -> list[float]:
    """A share with the ends of its 95 % interval."""
    return [value, *wilson(value, count)]
