"""Signals: sequences of frames in place of words. They become frames by number, and events that name the steps."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, pairwise
from typing import Any

import numpy as np
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from rnnvis.api.events import NAME_THEM, Codebook, Rule, Steps
from rnnvis.api.frames import frame_rows, is_frames
from rnnvis.api.inputs import MOST_STEPS, check_row, read_vocabulary
from rnnvis.arguments import NAMES, is_row, is_whole, read_array, shown
from rnnvis.errors import RnnvisError
from rnnvis.measures.units.channels import Channels
from rnnvis.recording.called import Frames
from rnnvis.text.corpus import sentence_key
from rnnvis.text.sentences import Sentences

TRIED = 16
"""Frames that stand for all of them where it is found out what a model does."""
CANDIDATES = 2000
BANDS = 64
"""Channels of the input that are shown and measured, at most: neighbours of more are put together."""

Names = Sequence[str] | Rule | Callable[[np.ndarray], Sequence[str]]


@dataclass(frozen=True, eq=False)
class Signal:
    """One sequence of frames, which a model is fed step by step: audio frames, rows of sensors, observations.

    `frames` [T, …] are numbers, an array or a tensor; [T] is one channel, [T, 1]. `names` are its events, one a step;
    or a rule of `rnnvis.events`, the same in all signals of a recording; or a function of the frames that gives them.
    Without any a codebook names the steps. `channels` names the numbers of a frame [T, C]; `truth` holds by name what
    else is known of each step, [T] numbers, which the model does not read: units are correlated with both.
    """

    frames: Any
    names: Names | None = None
    channels: Sequence[str] | None = None
    truth: Mapping[str, Any] | None = None

    def pieces(self, steps: int) -> list[Signal]:
        """The signal cut into pieces of so many steps, the last one what is left, with their names and truth; states
        are carried through them with `rnnvis.record(…, initial="carried")`. RnnvisError where `steps` is no number
        from 1, or the frames have no steps."""
        if not is_whole(steps) or steps < 1:
            raise RnnvisError(f"steps is {shown(steps)}", "give the steps of a piece, a whole number from 1")
        frames = read_array(self.frames, "the frames")
        if frames.ndim < 1:
            raise RnnvisError("the frames are a single number", "give an array [T, channels] or [T]")

        def cut(of: Any, start: int) -> Any:
            return of[start : start + steps]

        single = self.names is None or isinstance(self.names, Rule) or callable(self.names)
        return [
            replace(
                self,
                frames=cut(frames, start),
                names=self.names if single else cut(self.names, start),
                truth=None if self.truth is None else {name: cut(of, start) for name, of in self.truth.items()},
            )
            for start in range(0, len(frames), steps)
        ]


@dataclass(frozen=True)
class Signals:
    """The signals of a recording: `frames` by number, `numbers` those of each step, `events` the event of each step
    and `words` their names; `channels` what units are compared with; `notes` what is to be said."""

    frames: Frames
    numbers: Sentences
    events: Sentences
    words: tuple[str, ...]
    channels: Channels
    notes: tuple[str, ...]

    @cached_property
    def keys(self) -> list[str]:
        """A key for each signal, by its frames and events; those that repeat get a number behind it."""
        seen: dict[str, int] = {}
        found = []
        for numbers, events in zip(self.numbers, self.events, strict=True):
            heard = hashlib.sha256(np.ascontiguousarray(self.frames.values[numbers]).tobytes()).hexdigest()
            text = heard + "\n" + "\n".join(self.words[i] for i in events.tolist())
            seen[text] = seen.get(text, 0) + 1
            found.append(sentence_key("recorded", text if seen[text] == 1 else f"{text}\n{seen[text]}"))
        return found


class Peeked:
    """What an iterable gives, of which the first item was looked at; `batch_size` as a DataLoader has it."""

    def __init__(self, first: Any, rest: Iterator[Any], batch_size: Any) -> None:
        self._items, self.batch_size = chain([first], rest), batch_size

    def __iter__(self) -> Iterator[Any]:
        return self._items


def read_signals(sequences: Any, vocabulary: Any, lengths: Iterable[int] | None) -> tuple[Signals | None, Any]:
    """The signals in `sequences`, or None where these are no frames; and the sequences, which may have been begun.

    Frames come as `Signal`s; as arrays [T, …] of floating point numbers; as one array [S, T, …]; or in the batches of a
    DataLoader, [B, T, …], with lengths or without. `vocabulary` may be a rule that names the steps; of `Signal`s with
    names, these in the order that is wanted; or None. Raises RnnvisError, naming the signal and the step, for wrong
    shapes, for what is no number, and where no event can be told.
    """
    if isinstance(sequences, Signal):
        sequences = [sequences]
    if not is_row(sequences) or isinstance(sequences, str | bytes | set | frozenset | Mapping):
        return None, sequences
    first = sequences
    if not isinstance(sequences, np.ndarray | Tensor | PackedSequence):
        if isinstance(sequences, list | tuple):
            first = sequences[0] if sequences else None
        else:
            rest = iter(sequences)
            first = next(rest, None)
            if first is None:
                return None, sequences
            sequences = Peeked(first, rest, getattr(sequences, "batch_size", None))
    named = vocabulary is not None and not isinstance(
        vocabulary, Rule
    )  # words: such numbers may be ids of a wrong type
    if not isinstance(first, Signal) and (named or not is_frames(first)):
        return None, sequences
    if isinstance(first, Signal):
        signals = list(sequences)
        odd = next((i for i, one in enumerate(signals) if not isinstance(one, Signal)), None)
        if odd is not None:
            raise RnnvisError(
                f"sequence {odd} is a {type(signals[odd]).__name__}, and others are rnnvis.Signal", "wrap all of them"
            )
        rows = [_frames(one.frames, i) for i, one in enumerate(signals)]
        if lengths is not None:
            raise RnnvisError("lengths are given, and sequences are signals", "cut the frames: Signal(frames[:n])")
    else:
        rows = [_frames(row, i) for i, row in enumerate(frame_rows(sequences, lengths))]
        signals = [Signal(row) for row in rows]
    return _read(signals, rows, vocabulary), sequences


def _frames(given: Any, number: int) -> np.ndarray:
    """The frames of a signal, float [T, …], one channel [T, 1]."""
    found = read_array(given, f"the frames of signal {number}")
    if found.dtype.kind not in "iufb" or found.ndim < 1:
        kind = f"{found.dtype} {list(found.shape)}"
        raise RnnvisError(f"the frames of signal {number} are {kind}", "give real numbers, [T, channels] or [T]")
    found = found[:, None] if found.ndim == 1 else found
    if 0 in found.shape[1:]:
        raise RnnvisError(f"the frames of signal {number} are {list(found.shape)}: they hold nothing", "leave it out")
    if len(found) > MOST_STEPS:
        raise RnnvisError(
            f"signal {number} has {len(found):,} steps, and steps are numbered up to {MOST_STEPS:,}",
            'cut it into pieces, and pass each as a signal; initial="carried" carries the state on',
        )
    found = found.astype(np.float64 if found.dtype == np.float64 else np.float32)
    flat = found.reshape(len(found), int(np.prod(found.shape[1:])))
    wrong = np.argwhere(~np.isfinite(flat))
    if len(wrong):
        step, channel = wrong[0].tolist()
        raise RnnvisError(
            f"signal {number} is {flat[step, channel]} at step {step}, channel {channel}",
            "leave such steps out, or fill them in, as with the value before",
        )
    return found


def _read(signals: Sequence[Signal], rows: Sequence[np.ndarray], vocabulary: Any) -> Signals:
    shapes = {row.shape[1:]: i for i, row in reversed([*enumerate(rows)])}
    if len(shapes) > 1:
        (one, at), (other, there) = sorted(shapes.items(), key=lambda item: item[1])[:2]
        raise RnnvisError(
            f"the frames of signal {at} are {list(one)}, those of signal {there} {list(other)}",
            "give all signals frames of one shape",
        )
    lengths = np.array([len(row) for row in rows], np.int64)
    if not lengths.sum():
        raise RnnvisError("there is not one step to record", "pass signals that hold at least one frame")
    values = np.concatenate(rows)
    flat = values.reshape(len(values), -1)
    names = _channel_names(signals, flat.shape[1])
    truth_names, truth = _truth(signals, lengths)
    steps = Steps(flat.astype(np.float64), names, lengths)
    events, words, notes = _named(signals, rows, steps, vocabulary)
    table, numbers = _numbered(values, int(lengths[:500].sum()))
    notes += (
        []
        if flat.shape[1] <= BANDS
        else [
            f"Frames of {flat.shape[1]:,} numbers are shown, and compared with units, as {BANDS} means of neighbours."
        ]
    )
    bands, band_names = _bands(flat, names)
    channels = Channels(
        names=(*band_names, *truth_names),
        truth=np.repeat([False, True], [len(band_names), len(truth_names)]),
        values=np.concatenate([bands, truth], axis=1, dtype=np.float32),
        lengths=lengths,
    )
    return Signals(
        Frames(table), Sentences(numbers, lengths), Sentences(events, lengths), words, channels, tuple(notes)
    )


def _channel_names(signals: Sequence[Signal], count: int) -> tuple[str, ...]:
    """Names of the numbers of a frame: those that signals give, all the same."""
    for number, names in enumerate(one.channels for one in signals):
        if names is not None and not (isinstance(names, Sequence | np.ndarray) and NAMES.fits(names)):
            raise RnnvisError(f"channels of signal {number} is {shown(names)}", 'name them in a list: ["x", "y", "z"]')
    given = {tuple(one.channels) for one in signals if one.channels is not None}
    if len(given) > 1:
        raise RnnvisError("signals name their channels differently", 'give all the same: ["x", "y", "z"]')
    called = given.pop() if given else tuple(f"channel {i}" for i in range(count))
    if len(called) != count:
        raise RnnvisError(
            f"signals name {len(called)} channels, and frames hold {count:,} numbers", "name each of them"
        )
    return _unlike(read_vocabulary(list(called)), called, "channel")


def _unlike(read: tuple[str, ...], names: Sequence[str], what: str) -> tuple[str, ...]:
    if tuple(names) != read:
        raise RnnvisError(f"two of the {what}s have one name", f"give each {what} a name of its own")
    return read


def _truth(signals: Sequence[Signal], lengths: np.ndarray) -> tuple[tuple[str, ...], np.ndarray]:
    """Names of what is known of the steps besides, and its values, float64 [N, K]."""
    for number, one in enumerate(signals):
        if one.truth is not None and not isinstance(one.truth, Mapping):
            raise RnnvisError(
                f"truth of signal {number} is {shown(one.truth)}", 'name what is known: truth={"speech": [0, 0, 1, …]}'
            )
    given = [dict(one.truth or {}) for one in signals]
    names = tuple(given[0])
    columns = np.zeros((int(lengths.sum()), len(names)))
    stops = np.cumsum(lengths)
    for number, of in enumerate(given):
        if set(of) != set(names):
            raise RnnvisError(f"signal {number} has another truth than signal 0", "give all signals the same names")
        for place, name in enumerate(names):
            value = read_array(of[name], f'truth["{name}"] of signal {number}')
            if value.dtype.kind not in "iufb" or value.shape != (lengths[number],):
                raise RnnvisError(
                    f'truth["{name}"] of signal {number} is {value.dtype} {list(value.shape)}',
                    f"give one number for each of its {lengths[number]:,} steps",
                )
            if not np.isfinite(value).all():
                raise RnnvisError(f'truth["{name}"] of signal {number} holds nan or infinity', "give finite numbers")
            columns[stops[number] - lengths[number] : stops[number], place] = value
    if names:
        _unlike(read_vocabulary(list(names)), names, "truth")
    return names, columns


def _named(
    signals: Sequence[Signal], rows: Sequence[np.ndarray], steps: Steps, vocabulary: Any
) -> tuple[np.ndarray, tuple[str, ...], list[str]]:
    """The event of each step, int32 [N], the names of the events, and what is to be said of them."""
    given = [one.names for one in signals]
    rule = vocabulary if isinstance(vocabulary, Rule) else None
    order = None if rule is not None or vocabulary is None else read_vocabulary(vocabulary)
    rules = [one for one in given if isinstance(one, Rule)]
    if rules and rule is None:
        rule = rules[0]
    if any(one != rule for one in rules):
        raise RnnvisError("signals have several rules for their events", "give all of them the same one")
    missing = [i for i, one in enumerate(given) if one is None]
    if rule is not None:
        named = next((i for i, one in enumerate(given) if one is not None and not isinstance(one, Rule)), None)
        if named is not None or order is not None:
            where = "the vocabulary" if named is None else f"signal {named}"
            raise RnnvisError(f"{where} names events, and a rule does", "give the rule alone, or the names alone")
    elif len(missing) < len(given):
        if missing:
            raise RnnvisError(f"signal {missing[0]} has no names, and others have", "name the steps of all signals")
        return _by_names([_listed(one, row, i) for i, (one, row) in enumerate(zip(given, rows, strict=True))], order)
    elif order is not None:
        raise RnnvisError("the vocabulary names events, and signals do not say which their steps are", NAME_THEM)
    notes = []
    if rule is None:
        rule = Codebook(None, 0, True)
    events, words = rule.events(steps)
    if len(words) and all(one is None for one in given) and vocabulary is None:
        notes.append(
            f"No events are named: a codebook of {len(words)} names each step by its nearest frame (k-means). To name "
            "them: rnnvis.Signal(frames, names), or a rule of rnnvis.events."
        )
    return np.asarray(events, np.int32), tuple(words), notes


def _listed(names: Any, frames: np.ndarray, number: int) -> list[str]:
    """The events of one signal, given as names or by a function of its frames."""
    found = names(frames) if callable(names) else names
    check_row(found, f"names of signal {number}")
    listed = [name.item() if isinstance(name, np.generic) else name for name in found]
    if len(listed) != len(frames):
        raise RnnvisError(
            f"signal {number} has {len(frames):,} steps and {len(listed):,} names", "give one name for each step"
        )
    odd = next((name for name in listed if not isinstance(name, str)), None)
    if odd is not None:
        raise RnnvisError(f"signal {number} has the name {shown(odd)}", "names of events are text")
    return listed


def _by_names(
    names: Sequence[Sequence[str]], order: tuple[str, ...] | None
) -> tuple[np.ndarray, tuple[str, ...], list[str]]:
    words = order or read_vocabulary(sorted({name for of in names for name in of}))
    place = {word: i for i, word in enumerate(words)}
    for number, of in enumerate(names):
        unknown = next((name for name in of if name not in place), None)
        if unknown is not None:
            raise RnnvisError(
                f"signal {number} has the event {unknown!r}, which the vocabulary does not name", "name every event"
            )
    return np.array([place[name] for of in names for name in of], np.int32), words, []


def _bands(flat: np.ndarray, names: tuple[str, ...]) -> tuple[np.ndarray, tuple[str, ...]]:
    """What is shown of frames [N, C], and its names: all channels, or the means of neighbours, [N, 64]."""
    if flat.shape[1] <= BANDS:
        return flat, names
    cuts = np.linspace(0, flat.shape[1], BANDS + 1).astype(int)
    bands = np.stack([flat[:, a:b].mean(axis=1) for a, b in pairwise(cuts)], axis=1)
    said = tuple(names[a] if b - a == 1 else f"{names[a]} to {names[b - 1]}" for a, b in pairwise(cuts))
    return bands, said


def _numbered(values: np.ndarray, near: int) -> tuple[np.ndarray, np.ndarray]:
    """A table of frames [N + 1, …], the last one of zeros, and the number of each step's frame, int32 [N].

    The first numbers are those of frames far apart, from the first `near` steps: a model is tried with the words that
    it reads most, of equally many the first ones. Of few different frames each has one number.
    """
    zero = np.zeros((1, *values.shape[1:]), values.dtype)
    flat = values.reshape(len(values), -1)
    some = flat[:: max(1, len(flat) // CANDIDATES)]
    if len(np.unique(some, axis=0)) <= TRIED:
        different, numbers = np.unique(flat, axis=0, return_inverse=True)
        if len(different) <= TRIED:
            table = np.concatenate([different.reshape(-1, *values.shape[1:]), zero])
            return table, numbers.astype(np.int32).reshape(-1)
    candidates = np.arange(0, near, max(1, near // CANDIDATES))
    looks = flat[candidates].astype(np.float64)
    scale = looks.std(axis=0)
    looks = looks / np.where(scale > 0, scale, 1)
    far = np.square(looks - looks.mean(axis=0)).sum(axis=1)
    chosen: list[int] = []
    while len(chosen) < min(TRIED, len(candidates)):
        chosen.append(int(far.argmax()))
        gap = np.square(looks - looks[chosen[-1]]).sum(axis=1)
        far = gap if len(chosen) == 1 else np.minimum(far, gap)
        far[chosen] = -1
    first = candidates[chosen]
    order = np.concatenate([first, np.setdiff1d(np.arange(len(values)), first)])
    numbers = np.empty(len(values), np.int32)
    numbers[order] = np.arange(len(values), dtype=np.int32)
    return np.concatenate([values[order], zero]), numbers
