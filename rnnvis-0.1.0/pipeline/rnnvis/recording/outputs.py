"""Outputs of recurrent modules, kept as the modules gave them, or with other ones in their place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

Change = Callable[[int, Any], Any]


@contextmanager
def outputs(modules: Mapping[str, nn.Module], changes: Mapping[str, Change]) -> Iterator[dict[str, list[Any]]]:
    """While open, outputs of `modules` are kept call by call; `changes[path](n, output)` replaces the n-th."""
    kept: dict[str, list[Any]] = {path: [] for path in modules}

    def watch(path: str, module: nn.Module) -> Callable[[], None]:
        forward, own = module.forward, "forward" in vars(module)

        def seen(*args: Any, **kwargs: Any) -> Any:
            output = forward(*args, **kwargs)
            kept[path].append(_copied(output))
            return changes[path](len(kept[path]) - 1, output) if path in changes else output

        object.__setattr__(module, "forward", seen)
        if own:
            return lambda: object.__setattr__(module, "forward", forward)
        return lambda: object.__delattr__(module, "forward")

    with ExitStack() as undone:
        for path, module in modules.items():
            undone.callback(watch(path, module))
        yield kept


def with_noise(module: nn.Module, calls: Sequence[Any], step: int, number: int) -> Any:
    """Output `number` among those of `calls`, with noise added to the states of `step`, counted over all calls.

    None of the rest is changed, so that what follows feels this step alone.
    """
    out, rest = _split(calls[number])
    here = step - sum(_steps(module, call) for call in calls[:number])
    if not 0 <= here < _steps(module, calls[number]):
        return _copied(calls[number])
    values = out.data if isinstance(out, PackedSequence) else out
    scale = float(values.abs().max()) or 1.0
    noise = scale * torch.cos(torch.arange(values.shape[-1], device=values.device) + 1.0).to(values.dtype)
    values = values.clone()
    changed: Any = values
    if isinstance(out, PackedSequence):
        start = int(out.batch_sizes[:here].sum())
        values[start : start + int(out.batch_sizes[here])] += noise
        changed = PackedSequence(values, out.batch_sizes, out.sorted_indices, out.unsorted_indices)
    elif isinstance(module, nn.RNNCellBase):
        values += noise
    elif getattr(module, "batch_first", False) and values.dim() == 3:
        values[:, here] += noise
    else:
        values[here] += noise
    return (changed, *rest) if rest else changed


def _copied(output: Any) -> Any:
    """A copy: what follows a module may write into its output."""
    if isinstance(output, PackedSequence):
        return PackedSequence(output.data.clone(), output.batch_sizes, output.sorted_indices, output.unsorted_indices)
    if isinstance(output, Tensor):
        return output.clone()
    return tuple(map(_copied, output)) if isinstance(output, tuple) else output


def _split(output: Any) -> tuple[Any, tuple[Any, ...]]:
    if isinstance(output, tuple) and not isinstance(output, PackedSequence):
        return output[0], tuple(output[1:])
    return output, ()


def _steps(module: nn.Module, output: Any) -> int:
    out, _ = _split(output)
    if isinstance(out, PackedSequence):
        return len(out.batch_sizes)
    if isinstance(module, nn.RNNCellBase) or not isinstance(out, Tensor):
        return 1
    return out.shape[1] if getattr(module, "batch_first", False) and out.dim() == 3 else out.shape[0]
