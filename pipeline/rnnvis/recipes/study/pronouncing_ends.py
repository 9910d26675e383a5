"""What a pronouncer's encoder keeps of the end of a word: the units without which the end is missed, and endings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from rnnvis.measures.outputs.intervals import wilson
from rnnvis.nets.pronouncer import END, PHONEMES, START, Pronouncer, spelled
from rnnvis.recipes.spoken import Spoken

Row = dict[str, Any]
ENDINGS = ("s", "ed", "ing", "er", "ly", "tion")
SHORTEST = 3
"""Letters before an ending, at least."""
EXCHANGED = (1, 4, 16, 64)
RANDOM_SETS = 20
UNITS = 32
"""Units that are switched off beside each other, each alone."""
_END = PHONEMES.index(END)


@torch.no_grad()
def carrying_units(model: Pronouncer, found: Spoken) -> tuple[np.ndarray, np.ndarray]:
    """Units of the encoder, those without which the end is missed most first, int64 [H]; and by how much of its
    log-probability, in nats, float64 [H] in the same order.

    Each unit alone is zero after every letter, the decoder reads what it had said with everything, and the
    log-probability of END is looked at where it had ended; the mean over the words that ended.
    """
    units = model.encoder.hidden_size
    lost, words = np.zeros(units), 0
    for letters, said in _groups(found):
        words += len(letters)
        whole = _ended(model, letters, said, None)
        for first in range(0, units, UNITS):
            some = np.arange(first, min(first + UNITS, units))
            lost[some] += (whole - _ended(model, letters, said, some)).sum(axis=1)
    lost /= max(1, words)
    order: np.ndarray = np.argsort(-lost, kind="stable")
    return order, lost[order]


def _groups(found: Spoken) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Words that ended, letters [n, T] and phonemes [n, U], those of the same lengths together."""
    ended = found.ended
    sizes = [(len(a), len(b)) for a, b in zip(found.letters, found.said, strict=True)]
    for size in sorted(set(sizes)):
        rows = [i for i, of in enumerate(sizes) if of == size and ended[i]]
        if rows:
            yield np.stack([found.letters[i] for i in rows]), np.stack([found.said[i] for i in rows])


def _ended(model: Pronouncer, letters: np.ndarray, said: np.ndarray, units: np.ndarray | None) -> np.ndarray:
    """The log-probability of END after all else that was said, with each of `units` off alone, float64 [units, n];
    [1, n] with nothing off."""
    times = 1 if units is None else len(units)
    device = model.head.weight.device
    state = torch.zeros(1, times * len(letters), model.encoder.hidden_size, device=device)
    for t in range(letters.shape[1]):
        letter = torch.from_numpy(np.tile(letters[:, t], times)).to(device)
        state = model.encoder(model.letters(letter[:, None]), state)[1]
        if units is not None:
            rows = np.arange(times * len(letters))
            state[0, rows, np.repeat(units, len(letters))] = 0
    read = np.concatenate([np.full((len(said), 1), PHONEMES.index(START)), said[:, :-1]], axis=1)
    phonemes = torch.from_numpy(np.tile(read, (times, 1))).to(device)
    along = model.decoder(model.phonemes(phonemes), state)[1][0]
    ends = model.head(along).double().log_softmax(dim=1)[:, _END]
    found: np.ndarray = ends.cpu().numpy().reshape(times, len(letters))
    return found


def endings(model: Pronouncer, searched: Spoken, unseen: Spoken, seed: int = 0) -> list[Row]:
    """For each of ENDINGS: of the `unseen` words that have it, how many are said exactly; in how many what is said of
    the word without it is the beginning of what is said of the whole; how far the state that is handed over moves by
    it, against how far two words lie apart; and in how many the ending is not said any more where some units of
    that state are exchanged for those of the word without it: those that move most on the `searched` words, beside
    RANDOM_SETS sets of as many others."""
    rng = np.random.default_rng(seed)
    states = model.handed_over(unseen.letters)
    apart = float(np.linalg.norm(states - np.roll(states, len(states) // 2, axis=0), axis=1).mean())
    rows = []
    for ending in ENDINGS:
        chosen = [i for i, of in enumerate(unseen.words) if _has(of.word, ending)]
        before = [i for i, of in enumerate(searched.words) if _has(of.word, ending)]
        if not chosen or not before:
            continue
        moved = np.abs(
            model.handed_over([searched.letters[i] for i in before])
            - model.handed_over([_stem(searched.words[i].word, ending) for i in before])
        ).mean(axis=0)
        ranked = np.argsort(-moved, kind="stable")
        stems = [_stem(unseen.words[i].word, ending) for i in chosen]
        whole, stem = states[chosen], model.handed_over(stems)
        said = [unseen.said[i] for i in chosen]
        of_stem = model.say(stems)
        other = [n for n in range(len(chosen)) if not np.array_equal(said[n], of_stem[n])]
        row: Row = {
            "ending": ending,
            "words": len(chosen),
            "exact": _share(float((unseen.edits[chosen] == 0).mean()), len(chosen)),
            "begins": _share(
                float(np.mean([np.array_equal(a[: len(b) - 1], b[:-1]) for a, b in zip(said, of_stem, strict=True)])),
                len(chosen),
            ),
            "moved": float(np.linalg.norm(whole - stem, axis=1).mean() / apart),
            "other": len(other),
            "exchanged": [],
        }
        for size in EXCHANGED if other else ():
            sets = [ranked[:size], *(rng.choice(ranked[size:], size, replace=False) for _ in range(RANDOM_SETS))]
            own, *random = (_lost(model, whole[other], stem[other], [of_stem[n] for n in other], s) for s in sets)
            row["exchanged"].append(
                {
                    "units": size,
                    "lost": _share(own, len(other)),
                    "random": [float(f(random)) for f in (np.mean, np.min, np.max)],
                }
            )
        rows.append(row)
    return rows


def _lost(
    model: Pronouncer, whole: np.ndarray, stem: np.ndarray, of_stem: list[np.ndarray], units: np.ndarray
) -> float:
    """Share of words of which the state of the `whole` with `units` of the `stem`'s makes what is said of the stem."""
    mixed = whole.copy()
    mixed[:, units] = stem[:, units]
    said = model.say_from(mixed)
    return float(np.mean([np.array_equal(a, b) for a, b in zip(said, of_stem, strict=True)]))


def _has(word: str, ending: str) -> bool:
    return word.endswith(ending) and len(word) - len(ending) >= SHORTEST and not word.endswith("ss")


def _stem(word: str, ending: str) -> np.ndarray:
    return spelled(word[: -len(ending)])


def _share(value: float, count: int) -> list[float]:
    """A share with the ends of its 95 % interval."""
    return [value, *wilson(value, count)]
