"""Which word of a row each step of a recurrent module reads, told from where a change of a word is felt."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from rnnvis import progress
from rnnvis.errors import RnnvisError
from rnnvis.recording.traces import LayerTrace

_WIDEST_BAND = 3
_MOST_LEFT_OUT = 2  # words at either end; a module that reads fewer reads something else


class UnfollowedError(RnnvisError):
    """A module took its steps, but which words they read cannot be told."""


@dataclass(frozen=True)
class Alignment:
    """Word p of a row of n words is read at step p + shift or, `backward`, at step n − 1 − p + shift.

    The `first` first and the `last` last words of a row are not read at all. `extra` are the steps beyond the words,
    None where their number is not the same for every row. `by_word`: what is read is decided by the word alone.
    `mover`: the module that puts rows into another order, in which this one finds them too.
    """

    backward: bool = False
    shift: int = 0
    first: int = 0
    last: int = 0
    extra: int | None = 0
    by_word: bool = False
    mover: str | None = None

    @property
    def start(self) -> int:
        """The step that reads the first word, or the last one if `backward`, of those that are read."""
        return self.shift + (self.last if self.backward else self.first)

    @property
    def all_words(self) -> bool:
        return not self.first and not self.last

    def kept(self, row: np.ndarray) -> np.ndarray:
        """The words of `row` that are read."""
        return row[self.first : max(self.first, len(row) - self.last)]

    def placed(self, trace: LayerTrace, steps: int) -> LayerTrace:
        """`trace` with as many `steps` as words are kept, each at its word."""
        cut = slice(self.start, self.start + steps)

        def at_words(of: dict[str, object]) -> dict[str, object]:
            return {kind: value[:, cut] for kind, value in of.items()}  # type: ignore[index]

        if self.start or trace.states["h"].shape[1] != steps:
            trace = replace(
                trace,
                states=at_words(trace.states),  # type: ignore[arg-type]
                previous=at_words(trace.previous),  # type: ignore[arg-type]
                gates=at_words(trace.gates),  # type: ignore[arg-type]
                inputs=None if trace.inputs is None else trace.inputs[:, cut],
            )
        return trace.turned() if self.backward else trace


@dataclass
class Plan:
    """How the steps of a model are taken: an alignment by the path of its module (others read word t at step t), rows
    `alone` or in batches, which hold rows of one length if `equal`, and `notes` on what is not as it mostly is. `only`
    are the modules that are recorded, or modules around them (default: all).
    """

    alignments: Mapping[str, Alignment] = field(default_factory=dict)
    alone: bool = False
    notes: list[str] = field(default_factory=list)
    only: Collection[str] | None = None
    equal: bool = False

    def say(self, note: str) -> None:
        """Keep `note`, and say it the first time."""
        if note not in self.notes:
            self.notes.append(note)
            progress.say(note)

    def of(self, path: str) -> Alignment:
        """The alignment of the module at `path`."""
        return self.alignments.get(path, AS_THEY_STAND)

    def apart(self, reading_of: Callable[[str], str]) -> dict[str, Alignment]:
        """Which readings leave words out, by name: one of `reading_of(path)` where all of its modules leave out the
        same, else the module itself, which so gets a text of its own."""
        parts: dict[str, set[tuple[int, int]]] = {}
        for path, one in self.alignments.items():
            parts.setdefault(reading_of(path), set()).add((one.first, one.last))
        return {
            reading_of(path) if len(parts[reading_of(path)]) == 1 else path: one
            for path, one in self.alignments.items()
            if not one.all_words
        }


AS_THEY_STAND = Alignment(extra=None)


def aligned(reached: np.ndarray, places: np.ndarray, words: int) -> Alignment | str:
    """The alignment that `reached` bool [P, T] shows: whether a change of word `places[i]` of a row of `words` words
    changes what is read at step t. A sentence that says what is wrong, where there is none.

    A step reads the last word that it is reached by: no step before has felt that word. Of steps that later words reach
    as well, it reads the first such word (as what another layer says from the end), or the one in the middle (as a
    convolution).
    """
    steps = reached.shape[1]
    felt = np.flatnonzero(reached.any(axis=1))
    if not len(felt):
        return "stays the same whichever word is changed"
    inner = reached[felt[0] : felt[-1] + 1]
    if not inner.any(axis=1).all():
        hole = int(places[felt[0] + np.flatnonzero(~inner.any(axis=1))[0]])
        return f"stays the same when word {hole + 1} of {words} is changed"
    word = places[felt]
    earliest = np.array([np.flatnonzero(row)[0] for row in inner])
    latest = np.array([np.flatnonzero(row)[-1] for row in inner])
    first, last = int(word[0]), int(words - 1 - word[-1])
    if max(first, last) > _MOST_LEFT_OUT:
        return f"stays the same whichever of {words} words but {_numbers(word + 1)} is changed"
    for way, place in ((False, word), (True, words - 1 - word)):
        shifts = [int(end[0] - place[0]) for end in (earliest, latest) if (end - place == end[0] - place[0]).all()]
        if len(word) > 1 and not shifts:
            continue
        shift = shifts[0]
        if shift + (last if way else first) < 0 or (len(word) == 1 and way):
            continue
        return Alignment(way, shift, first, last, steps - words)
    for reach in range(1, _WIDEST_BAND + 1):  # a convolution in front of the layer
        wide = (np.abs(np.arange(steps) - places[:, None]) <= reach) if steps >= words else np.zeros_like(reached)
        if steps == words > 2 * reach and (reached == wide).all():
            return Alignment()
    each = steps / words
    if each > 1 and each == int(each) and (earliest == word * int(each)).all():
        return f"takes {int(each)} steps for each word"
    return (
        f"follows the words neither forwards nor backwards (word {int(word[-1]) + 1} of {words} is first felt at step "
        f"{int(earliest[-1]) + 1} of {steps}, word {int(word[0]) + 1} at step {int(earliest[0]) + 1})"
    )


def strongest(size: np.ndarray, places: np.ndarray, words: int) -> Alignment | None:
    """The alignment in which a change of each word, `size` [P, T], is largest at the step that reads it, if it is; for
    steps that all words reach."""
    if size.shape[1] != words or len(places) < 3:
        return None
    at = size.argmax(axis=1)
    if (at == places).all():
        return Alignment()
    return Alignment(backward=True) if (at == words - 1 - places).all() else None


def _numbers(words: np.ndarray) -> str:
    return "word " + ", ".join(map(str, words.tolist()))
