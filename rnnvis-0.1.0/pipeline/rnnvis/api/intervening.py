"""What an intervention is about: which state, which of its units, held at what, in which sequences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from rnnvis.arguments import LARGEST, is_row, is_whole, read_array, shown
from rnnvis.errors import RnnvisError
from rnnvis.recording.holding import Hold

if TYPE_CHECKING:
    from rnnvis.api.recording import Recording
    from rnnvis.api.rerun import Rerun

Chip = tuple[str, str, int, int]
"""Method, selection, number of clusters, and the number of one of them, as the tables of clusters name it."""

HOLDS = ("zero", "mean", "before")


def rerun_of(recording: Recording) -> Rerun:
    """What runs the recorded model again; RnnvisError where there is no model."""
    if recording.rerun is None:
        raise RnnvisError(
            f"{recording.model_name} cannot be run again: this recording holds states, and no model",
            "record the model itself, rnnvis.record(model, …), in the same process",
        )
    return recording.rerun


def state_of(recording: Recording, state: str | None) -> str:
    """The state that is meant; the only one where none is named."""
    known = recording.units
    if state is None and len(known) == 1:
        return next(iter(known))
    if not isinstance(state, str) or state not in known:
        named = "several states, and none is named" if state is None else f'no state "{state}"'
        raise RnnvisError(f"the recording has {named}", f"name one of {', '.join(known)}: state=…")
    return state


def units_of(recording: Recording, state: str, units: Any, chip: Chip | None) -> np.ndarray:
    """Numbers of the units, int64, ascending; those of the chip, or all where nothing is named."""
    if chip is not None:
        if units is not None:
            raise RnnvisError("both units and a chip are named", "name one of them")
        if not isinstance(chip, tuple | list) or len(chip) != 4:
            raise RnnvisError(f"chip is {chip!r}", 'give method, selection, k and cluster: ("block", "reliable", 8, 3)')
        method, selection, k, cluster = chip
        members = chips_of(recording, state, (method, selection, k))
        if not isinstance(cluster, int | np.integer) or not 0 <= cluster < len(members):
            raise RnnvisError(f"there is no cluster {cluster!r} of {k}", f"they are 0 to {len(members) - 1}")
        if not len(members[cluster]):
            raise RnnvisError(f"cluster {cluster} of {k} has no units", "name another one")
        return members[cluster]
    size = len(recording.units[state].mean)
    if units is None:
        return np.arange(size)
    found = _whole_numbers(units, "units")
    if not len(found):
        raise RnnvisError("no unit is named", "name at least one")
    outside = found[(found < 0) | (found >= size)]
    if len(outside):
        raise RnnvisError(f'"{state}" has no unit {outside[0]}', f"its units are 0 to {size - 1}")
    if len(np.unique(found)) < len(found):
        raise RnnvisError("a unit is named twice", "name each once")
    return np.sort(found)


def lengths_of(recording: Recording, state: str) -> np.ndarray:
    """Words of each sequence that the state reads, int64 [S]: those of the input, or of the text of its module."""
    of = next((r for r in (recording, *recording.readings.values()) if state in r.states), recording)
    return np.array([len(row) for row in of.tokens], np.int64)


def chips_of(recording: Recording, state: str, of: tuple[str, str, int]) -> list[np.ndarray]:
    """Numbers of the units of each cluster of one co-clustering, as it was published; RnnvisError where none was."""
    if not isinstance(of, tuple | list) or len(of) != 3:
        raise RnnvisError(f"chips is {of!r}", 'give method, selection and k: ("block", "reliable", 8)')
    method, selection, k = of
    parts = (recording, *recording.readings.values())
    for (name, methods, _), clustered in (item for part in parts for item in part.kept.clustered.items()):
        if name != state or method not in methods or "cluster_labels" not in clustered.tables:
            continue
        for row in clustered.tables["cluster_labels"].to_pylist():
            if (row["method"], row["selection"], row["k"], row["side"]) == (method, selection, k, "units"):
                ids, labels = np.array(row["ids"], dtype=np.int64), np.array(row["labels"])
                return [ids[labels == cluster] for cluster in range(k)]
    raise RnnvisError(
        f'"{state}" has no clusters ({method}, {selection}, k = {k})',
        'they are made by publishing: recording.publish("out/") first, with that method and as large a largest_k',
    )


def sequences_of(recording: Recording, sequences: Any) -> np.ndarray:
    """Numbers of sequences, int64, ascending; of all that have words where none is named."""
    lengths = np.array([len(row) for row in recording.tokens])
    if sequences is None:
        return np.flatnonzero(lengths)
    return np.unique(checked_sequences(recording, sequences))


def checked_sequences(recording: Recording, sequences: Any, name: str = "sequences") -> np.ndarray:
    """Numbers of sequences as they are given, int64; RnnvisError for one that is not there or has no words."""
    found = _whole_numbers(sequences, name)
    count = len(recording.tokens)
    for number in found.tolist():
        if not 0 <= number < count:
            raise RnnvisError(f"{name} names sequence {number}", f"they are 0 to {count - 1}")
        if not len(recording.tokens[number]):
            raise RnnvisError(f"sequence {number} has no words, so no state", "leave it out")
    if not len(found):
        raise RnnvisError(f"{name} names no sequence", "name at least one")
    return found


def step_of(given: Any, lengths: np.ndarray, name: str) -> np.ndarray:
    """Steps [P] of sequences of `lengths` [P], given as one number or one each, from the end where negative."""
    steps = _whole_numbers(given, name)
    if len(steps) not in (1, len(lengths)):
        raise RnnvisError(f"{name} has {len(steps)} steps for {len(lengths)} sequences", "give one, or one for each")
    steps = np.broadcast_to(steps, lengths.shape)
    found = np.where(steps < 0, lengths + steps, steps)
    outside = np.flatnonzero((found < 0) | (found >= lengths))
    if len(outside):
        raise RnnvisError(
            f"{name} is {steps[outside[0]]}, and a sequence has {lengths[outside[0]]} words",
            "count from 0, or from the end with -1",
        )
    return found


def hold_of(
    recording: Recording, state: str, units: np.ndarray, hold: Any, from_step: int | None, sequences: np.ndarray
) -> Hold:
    """What holds `units` of `state`: "zero", "mean" (of the recorded steps), "before", or values that are given."""
    if isinstance(hold, str) and hold not in HOLDS:
        raise RnnvisError(f'hold is "{hold}"', f"one of {', '.join(HOLDS)}, or values")
    if isinstance(hold, str) and hold == "before":
        return Hold(state, units, None, from_step)
    if isinstance(hold, str):
        mean = recording.units[state].mean[units]
        return Hold(state, units, np.zeros(len(units)) if hold == "zero" else np.asarray(mean, np.float64), from_step)
    try:
        values = read_array(hold, "hold").astype(np.float64)
    except (TypeError, ValueError):
        raise RnnvisError(f"hold is a {type(hold).__name__}", f"one of {', '.join(HOLDS)}, or values") from None
    if not np.isfinite(values).all():
        raise RnnvisError("hold has values that are no finite numbers", "give finite ones")
    if values.shape == (len(sequences), len(units)) and values.ndim == 2:
        return Hold(state, units, values, from_step, sequences=sequences)
    if values.shape not in ((), (len(units),)):
        raise RnnvisError(
            f"hold has the shape {list(values.shape)} for {len(units)} units in {len(sequences)} sequences",
            "give a number, one value for each unit, or a row of them for each sequence",
        )
    return Hold(state, units, np.broadcast_to(values, len(units)).copy(), from_step)


def _whole_numbers(given: Any, name: str) -> np.ndarray:
    if isinstance(given, str | Mapping) or not (is_whole(given) or is_row(given)):
        raise RnnvisError(f"{name} is {shown(given)}", "give whole numbers")
    found = np.atleast_1d(read_array(given if is_whole(given) or hasattr(given, "dtype") else [*given], name))
    if found.ndim != 1 or (len(found) and (found.dtype.kind not in "iu" or found.max() > LARGEST)):
        raise RnnvisError(f"{name} holds something else than whole numbers", "give whole numbers")
    return found.astype(np.int64)
