"""What recurrent modules read and answer in one pass of a model; no states and gates, which a capture computes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

Change = Callable[[int, Any], Any]


@dataclass
class Watched:
    """Calls of one module: what each read, [B, T, inputs], and what came out, as the module gave it."""

    inputs: list[Tensor] = field(default_factory=list)
    outputs: list[Any] = field(default_factory=list)

    @property
    def read(self) -> Tensor | None:
        """Everything that was read in the order of the calls, [B, T, inputs]; None where calls differ in rows."""
        if len({(len(x), x.shape[2]) for x in self.inputs}) != 1:
            return None
        return torch.cat(self.inputs, dim=1)

    @property
    def said(self) -> list[Tensor]:
        """The tensors that came out, call after call."""
        return [value for output in self.outputs for value in _tensors(output)]


@contextmanager
def watching(modules: Mapping[str, nn.Module], changes: Mapping[str, Change]) -> Iterator[dict[str, Watched]]:
    """While open, calls of `modules` are watched; `changes[path](n, output)` takes the n-th one's place."""
    watched = {path: Watched() for path in modules}

    def watch(path: str, module: nn.Module) -> Callable[[], None]:
        forward, own = module.forward, "forward" in vars(module)

        def seen(*args: Any, **kwargs: Any) -> Any:
            output = forward(*args, **kwargs)
            given = args[0] if args else next(v for v in kwargs.values() if isinstance(v, Tensor | PackedSequence))
            watched[path].inputs.append(_batch_first(given, module).detach().clone())
            watched[path].outputs.append(output)
            return changes[path](len(watched[path].outputs) - 1, output) if path in changes else output

        object.__setattr__(module, "forward", seen)
        if own:
            return lambda: object.__setattr__(module, "forward", forward)
        return lambda: object.__delattr__(module, "forward")

    with ExitStack() as undone:
        for path, module in modules.items():
            undone.callback(watch(path, module))
        yield watched


def with_steps(module: nn.Module, calls: Sequence[Any], steps: Sequence[int], number: int, noise: Tensor) -> Any:
    """The output of call `number` among `calls`, with `noise` [units] added at `steps`, counted over all calls.

    None of the rest is changed, so that what follows feels these steps alone.
    """
    out, rest = _split(calls[number])
    before = sum(_steps(module, call) for call in calls[:number])
    here = [step - before for step in steps if 0 <= step - before < _steps(module, calls[number])]
    if not here:
        return calls[number]
    if isinstance(out, PackedSequence):
        starts = torch.cat([torch.zeros(1, dtype=torch.int64), out.batch_sizes.cumsum(0)])
        data = out.data.clone()
        for step in here:
            data[int(starts[step]) : int(starts[step + 1])] += noise
        changed: Any = PackedSequence(data, out.batch_sizes, out.sorted_indices, out.unsorted_indices)
    else:
        changed = out.clone()
        if isinstance(module, nn.RNNCellBase):
            changed += noise
        else:
            batch_first = module.batch_first or changed.dim() == 2
            view = changed if batch_first and changed.dim() == 3 else changed.movedim(0, -2)
            view[..., here, :] += noise
    return (
        (changed, *rest)
        if isinstance(calls[number], tuple) and not isinstance(calls[number], PackedSequence)
        else changed
    )


def _split(output: Any) -> tuple[Any, tuple[Any, ...]]:
    if isinstance(output, tuple) and not isinstance(output, PackedSequence):
        return output[0], tuple(output[1:])
    return output, ()


def _steps(module: nn.Module, output: Any) -> int:
    out, _ = _split(output)
    if isinstance(module, nn.RNNCellBase):
        return 1
    if isinstance(out, PackedSequence):
        return len(out.batch_sizes)
    return out.shape[0] if out.dim() == 2 or not module.batch_first else out.shape[1]


def _tensors(output: Any) -> list[Tensor]:
    if isinstance(output, PackedSequence):
        return [output.data]
    if isinstance(output, Tensor):
        return [output]
    return [value for part in output for value in _tensors(part)] if isinstance(output, tuple | list) else []


def _batch_first(given: Any, module: nn.Module) -> Tensor:
    """What a module was given as [B, T, inputs]."""
    if isinstance(given, PackedSequence):
        return pad_packed_sequence(given, batch_first=True)[0]
    if isinstance(module, nn.RNNCellBase):
        return given[:, None] if given.dim() == 2 else given[None, None]
    if given.dim() == 2:
        return given[None]
    return given if module.batch_first else given.transpose(0, 1)
