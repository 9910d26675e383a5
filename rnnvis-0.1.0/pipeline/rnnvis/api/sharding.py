"""A recording in parts: each shard by itself, and all of them merged into what one run would have come to."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from rnnvis.api.partial import AGAIN, About, Partial, joined, read_partial, together
from rnnvis.api.prepared import Asked, Prepared, prepare
from rnnvis.api.recording import Recording
from rnnvis.api.taken import Taken
from rnnvis.arguments import ANY, check, checks_arguments, is_row, is_whole, shown
from rnnvis.errors import RnnvisError
from rnnvis.measures.kept import flattened, nested
from rnnvis.recording import StateSource
from rnnvis.recording.called import Forward
from rnnvis.recording.threads import limited
from rnnvis.text.batches import Shard
from rnnvis.version import __version__

TORCHRUN = "torchrun"
Given = str | Path | Partial


def read_shard(shard: Any) -> Shard:
    """`shard` as (i, n), or "torchrun", whose ranks are the shards; RnnvisError for anything else."""
    if isinstance(shard, str) and shard == TORCHRUN:
        try:
            shard = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
        except (KeyError, ValueError):
            raise RnnvisError(
                'shard is "torchrun", and this process has no RANK and WORLD_SIZE', "start it with torchrun"
            ) from None
    pair = shard if isinstance(shard, tuple | list) and len(shard) == 2 and all(map(is_whole, shard)) else (0, 0)
    if not 0 <= pair[0] < pair[1]:
        raise RnnvisError(
            f"shard is {shown(shard)}", 'give (i, n), the i-th of n, counted from 0 to n − 1; or "torchrun"'
        )
    return Shard(int(pair[0]), int(pair[1]))


def record_shard(prepared: Prepared, shard: Shard) -> Partial:
    """What the model comes to over one shard."""
    _check_cut(prepared, shard)
    return partial_of(prepared, prepared.record(shard), (shard.index,), shard.count)


def compare_shard(prepared: Prepared, shard: Shard, firsts: Iterable[Given]) -> Partial:
    """How far the steps of a shard lie from the expected responses, which are in the `firsts` of all shards."""
    _check_cut(prepared, shard)
    found = together(_read(firsts), prepared.identity)
    if found[0].about.count != shard.count:
        raise RnnvisError(f"this is shard {shard}, and {found[0].name}", "cut the text into the same number of shards")
    if found[0].about.responses:
        raise RnnvisError(f"{found[0].name} is a second look", "compare with the partials of a first one")
    taken = merged(prepared, found)
    taken.finish()
    return distances_of(prepared, taken, shard)


def distances_of(prepared: Prepared, taken: Taken, shard: Shard) -> Partial:
    """The second look at a shard, with the responses of all that was `taken` in."""
    mine = prepared.compare(taken, shard)
    about = _about(prepared, (shard.index,), shard.count, responses_of(taken))
    return Partial(about, flattened({"seen": np.flatnonzero(mine), "texts": taken.distances(mine)}))


def partial_of(prepared: Prepared, taken: Taken, shards: Sequence[int], count: int) -> Partial:
    """All that was `taken` in, as a partial of these shards."""
    return Partial(_about(prepared, tuple(shards), count), flattened(taken.kept()))


def merged(prepared: Prepared, partials: Sequence[Partial]) -> Taken:
    """What was taken in by all `partials`, which belong together."""
    prepared.bounded = list(partials[0].about.bounded)
    taken = prepared.begin()
    for one in partials:
        _take(one, lambda kept: taken.take(kept))
        for note in one.about.notes:
            prepared.plan.say(note)
    return taken


def merge_partials(prepared: Prepared, partials: Sequence[Partial]) -> Partial:
    """One partial of several of a first look, in the order of their shards."""
    found = together(partials, prepared.identity, whole=False)
    return joined(found, flattened(merged(prepared, found).kept()))


@checks_arguments(partials=ANY, model=ANY, sequences=ANY, vocabulary=ANY)
def reduce(
    partials: Iterable[Given],
    model: nn.Module | StateSource,
    sequences: Iterable[Any],
    vocabulary: Sequence[str] | Mapping[str, int],
    labels: Iterable[Any] | None = None,
    forward: Forward | None = None,
    **options: Any,
) -> Recording:
    """Merge what `rnnvis.record(…, shard=(i, n))` gave for all n shards, or wrote, into one recording.

    `partials` are paths or `rnnvis.Partial`s, in any order; all else is as each shard was recorded with, `options` too.
    The model is found out about again and runs over few sequences only: to see what it answers, and what becomes of
    answers without single words. Counts, histograms, quantiles, contexts and samples are those of one run over all of
    the text; means and variances agree to 1e-6. The surprise of the steps is there where the second looks
    (`compare=`) of all shards are among the partials; without it a recording is published with `text=False`.

    Attention is kept of the first sequences that find room, which need not be those of one run.

    Raises RnnvisError, naming the file or the shard and the fix: one that is missing, there twice, damaged, or foreign:
    of another text, model, version, number of shards, or with other options.
    """
    known = {of.name for of in fields(Asked)}
    unknown = sorted(set(options) - known)
    if unknown:
        raise RnnvisError(
            f"reduce takes no {unknown[0]}", f"options are those of rnnvis.record: {', '.join(sorted(known))}"
        )
    check(
        {
            name: value
            for name, value in options.items()
            if value is not None and name not in ("tokens", "documents", "resets")
        }
    )
    if options.get("observers"):
        raise RnnvisError("observers see the steps of the shards, and none here", "pass them to rnnvis.record(shard=…)")
    found = _read(partials)
    prepared = prepare(model, sequences, vocabulary, labels, forward, Asked(**options))
    firsts = together([one for one in found if not one.about.responses], prepared.identity)
    seconds = [one for one in found if one.about.responses]
    return reduced(prepared, firsts, together(seconds, prepared.identity) if seconds else [])


def reduced(prepared: Prepared, firsts: Sequence[Partial], seconds: Sequence[Partial]) -> Recording:
    """The recording that `firsts` and `seconds` are all parts of."""
    taken = merged(prepared, firsts)
    left = np.flatnonzero((prepared.texts[""].lengths > 0) & ~taken.sentences)
    if len(left):
        raise RnnvisError(
            f"sequence {left[0]} is in none of the shards, and {len(left) - 1} others are not",
            "record all shards again, with one version of torch and one model",
        )
    with limited(prepared.asked.threads):
        taken.finish()
    known = responses_of(taken)
    for one in seconds:
        if one.about.responses != known:
            raise RnnvisError(
                f"{one.name} was compared with other responses than those of these shards",
                "record its second look again, with the partials of all shards: compare=[…]",
            )
        _take(one, lambda kept: _take_distances(taken, kept))
    return prepared.recording(taken)


def responses_of(taken: Taken) -> str:
    """The hash of the expected responses in all that was `taken` in."""
    hashed = hashlib.sha256()
    for text, recorder in taken.recorders.items():
        for state, of in recorder.responses().items():
            hashed.update(f"{text}\0{state}\0{of.used_mean.shape}\0".encode() + of.used_mean.tobytes())
    return hashed.hexdigest()


def _about(prepared: Prepared, shards: tuple[int, ...], count: int, responses: str = "") -> About:
    notes, bounded = tuple(prepared.plan.notes), tuple(sorted(prepared.bounded))
    same = prepared.identity
    return About(
        shards,
        count,
        same["text"],
        same["model"],
        same["settings"],
        __version__,
        responses,
        bounded,
        notes,
        prepared.asked.check,
    )


def _read(partials: Any) -> list[Partial]:
    if isinstance(partials, str | Path | Partial | Mapping) or not is_row(partials):
        raise RnnvisError(
            f"the partials are {shown(partials)}", "pass a list of paths, or of what record(shard=…) gave"
        )
    return [read_partial(one) for one in partials]


def _take(one: Partial, into: Any) -> None:
    try:
        into(nested(one.arrays))
    except RnnvisError as problem:
        raise RnnvisError(f"{one.name}: {problem.message}", problem.fix) from None
    except (KeyError, IndexError, ValueError, TypeError, AttributeError) as error:
        raise RnnvisError(f"{one.name}: does not hold what a partial recording holds ({error})", AGAIN) from None


def _take_distances(taken: Taken, kept: Mapping[str, Any]) -> None:
    mine = np.zeros(len(taken.sentences), bool)
    mine[kept["seen"]] = True
    taken.take_distances(mine, kept.get("texts", {}))


def _check_cut(prepared: Prepared, shard: Shard) -> None:
    if prepared.signals is not None:
        raise RnnvisError(
            "the sequences are signals, whose channels are compared with units in one run only",
            "record them without shard=",
        )
    if prepared.documents is not None and shard.count > len(prepared.documents):
        raise RnnvisError(
            f"states are carried through {len(prepared.documents)} documents, and there are {shard.count} shards",
            'take fewer shards, or name more documents; or record from a fresh state each: initial="zero"',
        )
