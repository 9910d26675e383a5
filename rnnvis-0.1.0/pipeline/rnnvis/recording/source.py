"""Models with recurrent code of their own: they hand out their states themselves."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor, nn

from rnnvis.errors import RnnvisError
from rnnvis.recording.alignment import AS_THEY_STAND
from rnnvis.recording.called import Batch, Frames, device_of
from rnnvis.recording.complex_states import FIX
from rnnvis.recording.holding import Held, Hold
from rnnvis.recording.passes import tolerance
from rnnvis.recording.returned import Given, Returned
from rnnvis.recording.steps import StepBatch
from rnnvis.recording.untouched import untouched
from rnnvis.text.batches import WHOLE, Rows, Shard, length_batches, padded
from rnnvis.text.sentences import lengths_of

NAME = re.compile(r"[^.\s]+(\.[^.\s]+)*\.\d+(\.reverse)?\.\w+")
LARGEST, NOTHING = float(np.finfo(np.float16).max), 1e-6  # weights: the largest published, what counts as none
REDUCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "rows": lambda m: torch.linalg.vector_norm(m, dim=-1),
    "columns": lambda m: torch.linalg.vector_norm(m, dim=-2),
    "singular": torch.linalg.svdvals,
}


@runtime_checkable
class StateSource(Protocol):
    """What a model with recurrent code of its own tells about its states.

    `states` gives the size of each state by name, `<module>.<layer>.<kind>` as in "mgu.0.h": a number of units, (m, n)
    for a state that is a matrix, or (heads, m, n). `steps(batch)` takes a `rnnvis.Batch` of B padded sequences of T
    ids and yields T times, step after step, a mapping from each name to the states after that step, [B, units],
    [B, m, n] or [B, heads, m, n], of real numbers. A state called `<module>.<layer>.reverse.<kind>` reads from the
    last word to the first: its change at a step is taken against the step after it.

    Four more are looked for. `initial`, a mapping or `initial(batch)`, gives the states that sentences start from by
    name, [units], [B, units] or the same of matrices; what it does not name starts from zero, and a reversed state
    starts so at a sentence's last word. `attention(batch)` gives weights ≥ 0, [B, T] where the model reads the words
    once after the last one (pooling), or [B, T, T] where step t weighs the positions s, weights[:, t, s]; positions of
    the same sentence, never of another text. `bounded` names the states that lie in [−1, 1].

    `answers(batch)`, where there is one, gives what the model answers in any of the shapes that are read of a module:
    [B, C] or [B, T, C], logits, log-probabilities or probabilities, or numbers.

    A matrix is summarised by three states, of which none changes with the sign of an entry: `M_rows`, the Euclidean
    norms of its m rows; `M_columns`, those of its n columns; `M_singular`, its singular values, largest first. Any of
    them squared and summed is the squared Frobenius norm. Of heads each has these units of its own, head after head.

    Where `steps` takes an argument called `hold`, `steps(batch, hold)`, states can be held (`Recording.ablate`,
    `rnnvis.patch`): `state = hold(name, step, state)`, called once for every state at every step as soon as it is
    computed, [B, units], gives what everything has to read from there on; `step` is the word's place. `answers` has to
    take it too. `hold` is None where nothing is held.
    """

    @property
    def states(self) -> Mapping[str, int | tuple[int, ...]]:
        """Sizes by name."""
        ...

    def steps(self, batch: Batch) -> Iterable[Mapping[str, Any]]:
        """The states after each step of `batch`."""
        ...


def source_steps(
    source: StateSource,
    sentences: Sequence[np.ndarray],
    batch_steps: int,
    padding_id: int,
    only: np.ndarray | None = None,
    holds: Sequence[Hold] = (),
    answer: Returned | None = None,
    equal: bool = False,
    numbers: np.ndarray | None = None,
    frames: Frames | None = None,
    shard: Shard = WHOLE,
) -> Iterator[StepBatch]:
    """Every step of `sentences`, longest first, as `run_batches` takes them through a torch layer; of those at `only`,
    or of a `shard`.
    States are held as `holds` say; `answer` says how what `answers` gives is read. With `equal`, sentences of one
    length share a batch. `numbers` int64 [S] are the positions that they have in the whole text, `frames` what the ids
    of signals stand for.

    A source that is an `nn.Module` runs in evaluation mode and is left as it was. Raises RnnvisError, naming the state,
    for sizes that are not those that `states` gives, for complex numbers, for values beyond 1 of a state that is said
    to be bounded, and for a number of steps that is not the batch's.
    """
    sizes = sizes_of(source)
    bounded = _bounded(source, sizes)
    _check_holds(source, sizes, holds)
    model = source if isinstance(source, nn.Module) else nn.Module()
    device = device_of(model)
    everything = length_batches(lengths_of(sentences), batch_steps, equal)
    batches = shard.of(everything) if only is None else only[:, None]
    for rows in batches:
        read = padded([sentences[i] for i in rows], padding_id)
        known = rows if numbers is None else numbers[rows]
        ids, lengths, places = (torch.from_numpy(a).to(device) for a in (read.ids, read.lengths, known))
        batch = Batch(ids, lengths, places)
        batch = batch if frames is None else frames.beside(batch, source)
        with untouched(model), torch.no_grad():
            starts = _initial(source, batch, sizes)
            held = [hold.bound(known, read.lengths, device, AS_THEY_STAND) for hold in holds]
            values = _states(source, batch, sizes, SourceHold(held, holds, starts, lengths) if holds else None)
            weights = _attention(source, batch) if not holds else None
            anew = SourceHold(held, holds, starts, lengths) if holds else None
            given = None if answer is None else _given(source, batch, answer, read, rows, anew)
        for name in bounded if not holds else ():
            _check_bounded(name, values[name][read.real])
        before = {name: _before(name, v, starts[name], read.lengths) for name, v in values.items()}
        for hold, one in zip(holds, held, strict=True):
            state, previous = (torch.from_numpy(of[hold.state]).to(device) for of in (values, before))
            if one.gap(state, previous, lengths) > tolerance(state.dtype):
                raise RnnvisError(
                    f'{type(source).__name__}.steps yields other values of "{hold.state}" than are held',
                    f'call state = hold("{hold.state}", step, state) for each step, and go on with what it gives back',
                )
        yield StepBatch(
            sentence_id=np.repeat(rows, read.lengths).astype(np.int32),
            step=np.nonzero(read.real)[1].astype(np.int16),
            token_id=read.ids[read.real].astype(np.int32),
            states={name: v[read.real] for name, v in values.items()},
            previous={name: v[read.real] for name, v in before.items()},
            gates={},
            attention=weights,
            answer=given,
        )


def answers_of(source: StateSource) -> Callable[[Batch], object] | None:
    """What gives the answers of a source; None of one without."""
    given = getattr(source, "answers", None)
    return given if callable(given) and not isinstance(given, nn.Module) else None


def _given(
    source: StateSource, batch: Batch, answer: Returned, read: Rows, rows: np.ndarray, hold: SourceHold | None
) -> Given:
    give: Any = answers_of(source)
    assert give is not None
    if hold is not None and not _takes_hold(give):
        raise RnnvisError(
            f"{type(source).__name__}.answers does not say how its states are held",
            "let answers take one more argument, answers(self, batch, hold), and make them of steps(batch, hold)",
        )
    returned = give(batch, hold=hold) if _takes_hold(give) else give(batch)
    if hold is not None and not hold.asked_for(read.ids.shape[1]):
        raise RnnvisError(
            f"{type(source).__name__}.answers takes a hold, and does not hand it the states of every step",
            "make the answers of steps(batch, hold)",
        )
    given = answer.given(returned, read.lengths, read.ids.shape[1])
    return replace(given, sentences=rows) if answer.per == "sequence" else given


def sizes_of(source: StateSource) -> dict[str, tuple[int, ...]]:
    """The shape of each state by name; RnnvisError for names and sizes that are none."""
    if not isinstance(source.states, Mapping):
        raise RnnvisError(
            f"{type(source).__name__}.states is a {type(source.states).__name__}", 'give sizes by name: {"mgu.0.h": 32}'
        )
    sizes: dict[str, tuple[int, ...]] = {
        name: size if isinstance(size, tuple) else (size,) for name, size in source.states.items()
    }
    if not sizes:
        raise RnnvisError(f"{type(source).__name__}.states names no state", 'give sizes by name: {"mgu.0.h": 32}')
    for name, size in sizes.items():
        if not NAME.fullmatch(name):
            raise RnnvisError(f'a state is called "{name}"', 'names are <module>.<layer>.<kind>, as in "mgu.0.h"')
        if not 1 <= len(size) <= 3 or not all(_whole(n) and n >= 1 for n in size):
            raise RnnvisError(
                f'"{name}" has the size {size if len(size) > 1 else size[0] if size else ()}',
                "give the number of units, (m, n) for a matrix, or (heads, m, n)",
            )
    return sizes


def _whole(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _bounded(source: StateSource, sizes: Mapping[str, tuple[int, ...]]) -> tuple[str, ...]:
    given = getattr(source, "bounded", None) or ()
    known = _summaries(sizes)
    names = (given,) if isinstance(given, str) else tuple(given)
    for name in names:
        if name not in known:
            raise RnnvisError(
                f"{type(source).__name__}.bounded names {name!r}, which is no state", f"its states: {', '.join(known)}"
            )
    if isinstance(given, str):
        raise RnnvisError(f"{type(source).__name__}.bounded is text", f'give names in a tuple: ("{given}",)')
    return names


def _summaries(sizes: Mapping[str, tuple[int, ...]]) -> list[str]:
    """Names of the states that are measured."""
    of_matrix = {name: [f"{name}_{how}" for how in REDUCTIONS] for name, size in sizes.items() if len(size) > 1}
    return [measured for name in sizes for measured in of_matrix.get(name, [name])]


def _check_bounded(name: str, values: np.ndarray) -> None:
    largest = float(np.abs(values).max(initial=0))
    if largest > 1 + 1e-5:
        raise RnnvisError(
            f'"{name}" is said to be bounded, and reaches {largest:.4g}', "name in `bounded` what stays within −1 and 1"
        )


class SourceHold:
    """What the steps of a StateSource hand their states to, so that they are held."""

    def __init__(
        self, held: Sequence[Held], holds: Sequence[Hold], starts: Mapping[str, np.ndarray], lengths: Tensor
    ) -> None:
        self._lengths = lengths
        self._held: dict[str, list[Held]] = {}
        for one, hold in zip(held, holds, strict=True):
            self._held.setdefault(hold.state, []).append(one)
        self._before = {name: torch.from_numpy(starts[name]) for name in self._held}
        self._asked: dict[str, set[int]] = {name: set() for name in self._held}

    def __call__(self, name: str, step: int, state: Any) -> Any:
        """What is to be read for the state `name` [B, units] after `step`, the word's place."""
        if name not in self._held:
            return state
        state = torch.as_tensor(state)
        self._asked[name].add(int(step))
        before = self._before[name].to(state).expand_as(state)
        for one in self._held[name]:
            state = one.into(state, before, step, slice(None))
        self._before[name] = torch.where((step < self._lengths)[:, None], state, before)  # none comes before padding
        return state

    def asked_for(self, steps: int) -> bool:
        """Whether every state that is held was handed over at each of so many steps."""
        return all(asked >= set(range(steps)) for asked in self._asked.values())


def _check_holds(source: StateSource, sizes: Mapping[str, tuple[int, ...]], holds: Sequence[Hold]) -> None:
    if holds and not takes_hold(source):
        raise RnnvisError(
            f"{type(source).__name__} is a StateSource that does not say how its states are held",
            "let steps take one more argument: steps(self, batch, hold), with state = hold(name, step, state) as soon "
            "as a state is computed",
        )
    for hold in holds:
        if hold.state not in sizes:
            raise RnnvisError(f'there is no state "{hold.state}" to hold', f"states: {', '.join(sizes)}")
        if hold.code is not None:
            raise RnnvisError(
                f'features of "{hold.state}" are not held: {type(source).__name__} is a StateSource',
                "hold units of the state itself",
            )
        if len(sizes[hold.state]) > 1:
            raise RnnvisError(f'"{hold.state}" is a matrix, which is not held', "hold a state that is a vector")
        outside = [unit for unit in hold.units.tolist() if not 0 <= unit < sizes[hold.state][0]]
        if outside:
            raise RnnvisError(f'"{hold.state}" has no unit {outside[0]}', f"its units: 0 to {sizes[hold.state][0] - 1}")


def takes_hold(source: StateSource) -> bool:
    """Whether the steps of `source` take what holds its states."""
    return _takes_hold(source.steps)


def can_be_held(source: StateSource) -> bool:
    """Whether its steps, and its answers where it gives any, say how states are held."""
    give = answers_of(source)
    return takes_hold(source) and (give is None or _takes_hold(give))


def _takes_hold(method: Callable[..., Any]) -> bool:
    try:
        return "hold" in inspect.signature(method).parameters
    except (TypeError, ValueError):
        return False


def _states(
    source: StateSource, batch: Batch, sizes: Mapping[str, tuple[int, ...]], hold: SourceHold | None = None
) -> dict[str, np.ndarray]:
    rows, steps = batch.ids.shape
    found: dict[str, list[Tensor]] = {name: [] for name in sizes}
    taken = 0
    given_steps = source.steps(batch, hold=hold) if takes_hold(source) else source.steps(batch)  # type: ignore[call-arg]
    for taken, given in enumerate(given_steps, 1):
        if taken > steps:
            break
        if not isinstance(given, Mapping):
            raise RnnvisError(
                f"{type(source).__name__}.steps yields a {type(given).__name__} at step {taken}",
                'yield states by name: {"mgu.0.h": h}',
            )
        for name, size in sizes.items():
            if name not in given:
                raise RnnvisError(f'step {taken} has no state "{name}"', "yield every state that `states` names")
            value = _real(name, given[name], f" at step {taken}")
            if tuple(value.shape) != (rows, *size):
                raise RnnvisError(
                    f'"{name}" is {list(value.shape)} at step {taken}, where {[rows, *size]} is wanted',
                    "yield the states of the whole batch: [B, units], or [B, m, n] for a matrix",
                )
            found[name].append(value.clone())
    if taken != steps:
        more = "more than " if taken > steps else ""
        raise RnnvisError(
            f"{type(source).__name__}.steps yielded {more}{min(taken, steps)} steps for sequences of {steps}",
            "yield once for each column of batch.ids",
        )
    return _measured({name: torch.stack(values, dim=1) for name, values in found.items()}, sizes)


def _measured(values: Mapping[str, Tensor], sizes: Mapping[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """The states that are measured, [B, T, units], of `values` [B, T, …]."""
    plain: dict[str, np.ndarray] = {}
    for name, value in values.items():
        exact = value if value.dtype == torch.float64 else value.float()
        if len(sizes[name]) == 1:
            plain[name] = exact.cpu().numpy()
        else:
            plain |= {f"{name}_{how}": reduce(exact).flatten(2).cpu().numpy() for how, reduce in REDUCTIONS.items()}
    return plain


def _real(name: str, given: Any, where: str) -> Tensor:
    if isinstance(given, np.ma.MaskedArray):
        raise RnnvisError(
            f'"{name}" is a masked array{where}', "yield whole states; what lies on padding does not count"
        )
    try:
        value = torch.as_tensor(given).detach()
        value = value if value.layout == torch.strided else value.to_dense()
    except (TypeError, ValueError, RuntimeError) as error:
        raise RnnvisError(f'"{name}" is no array{where}: {error}', "yield tensors or NumPy arrays") from None
    if value.is_complex():
        raise RnnvisError(f'"{name}" holds complex numbers{where}', FIX)
    return value


def _initial(source: StateSource, batch: Batch, sizes: Mapping[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """The states that the sentences of `batch` start from, [B, units] or [1, units]: zero unless the source says."""
    given = getattr(source, "initial", None)
    if callable(given) and not isinstance(given, nn.Module):
        try:
            inspect.signature(given).bind(batch)
        except TypeError as error:
            raise RnnvisError(
                f"{type(source).__name__}.initial: {error}", "define it as initial(self, batch)"
            ) from None
        given = given(batch)
    if given is not None and not isinstance(given, Mapping):
        raise RnnvisError(
            f"{type(source).__name__}.initial is a {type(given).__name__}", 'give states by name: {"mgu.0.h": tensor}'
        )
    unknown = next((name for name in given or {} if name not in sizes), None)
    if unknown is not None:
        raise RnnvisError(
            f"{type(source).__name__}.initial names {unknown!r}, which is no state", f"its states: {', '.join(sizes)}"
        )
    starts = {}
    for name, size in sizes.items():
        value = _real(name, (given or {}).get(name, torch.zeros(size)), " before the first step")
        if tuple(value.shape) not in (size, (1, *size), (len(batch.ids), *size)):
            raise RnnvisError(
                f'the initial "{name}" is {list(value.shape)}; {list(size)} or {[len(batch.ids), *size]} is wanted',
                "give the state of one sentence, or of each of the batch",
            )
        if not torch.isfinite(value).all():
            raise RnnvisError(f'the initial "{name}" holds values that are no numbers', "give finite states")
        starts[name] = value.reshape(-1, 1, *size)
    return {name: value[:, 0] for name, value in _measured(starts, sizes).items()}


def _before(name: str, values: np.ndarray, start: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The state that each step of `values` [B, T, units] started from: the step before it, or after it in reverse."""
    found = np.empty_like(values)
    if ".reverse." in name:
        found[:, :-1] = values[:, 1:]
        found[np.arange(len(values)), lengths - 1] = start
    else:
        found[:, 1:] = values[:, :-1]
        found[:, 0] = start
    return found


def _attention(source: StateSource, batch: Batch) -> np.ndarray | None:
    give = getattr(source, "attention", None)
    if not callable(give) or isinstance(give, nn.Module):
        return None
    weights = _real("attention", give(batch), "").float().cpu().numpy()
    rows, steps = batch.ids.shape
    if weights.shape not in ((rows, steps), (rows, steps, steps)):
        raise RnnvisError(
            f"attention is {list(weights.shape)} for a batch of {rows} × {steps} ids",
            f"give [B, T] for pooling or [B, T, T] for a row of weights at every step, over the positions of the same "
            f"sentence: here B = {rows}, T = {steps}; a decoder's weights over its source cannot be shown",
        )
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise RnnvisError("attention holds weights below 0 or no numbers", "give the weights after the softmax")
    if (weights > LARGEST).any():
        raise RnnvisError(f"attention holds the weight {weights.max():.4g}", "give the weights after the softmax")
    lengths = batch.lengths.cpu().numpy()
    real = np.arange(steps) < lengths[:, None]
    outside = (weights * (~real if weights.ndim == 2 else real[:, :, None] & ~real[:, None, :])).max(initial=0)
    if outside > NOTHING:
        raise RnnvisError(
            f"attention gives a weight of {outside:.2g} to padding, which is no word of the sentence",
            "mask the positions after batch.lengths before the softmax, or record with batch_steps=1",
        )
    return weights
