"""Capture every step's states and gates of the recurrent modules inside any torch module.

Watchers around `forward` see what goes into and comes out of each `nn.RNN`, `nn.GRU`, `nn.LSTM` and each of their
`*Cell`s; the model is not changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from rnnvis.errors import RnnvisError
from rnnvis.recording import cells
from rnnvis.recording.joined import Call, join
from rnnvis.recording.single_steps import CellCalls
from rnnvis.recording.traces import LayerTrace

Seen = Callable[[tuple[Any, ...], dict[str, Any], Any], None]
CELL_GAP = 2e-6  # relative to max(1, |c|); beyond it cell states are stepped
_KINDS = ("RNN", "GRU", "LSTM", "RNNCell", "GRUCell", "LSTMCell")


def recurrent_modules(model: nn.Module) -> dict[str, nn.RNNBase | nn.RNNCellBase]:
    """The recurrent modules of `model` by path, in registration order.

    RnnvisError if there are none, or if torch.jit or quantisation has put something in their place.
    """
    kinds = (nn.RNNBase, nn.RNNCellBase)
    named = [(path or "model", module) for path, module in model.named_modules()]
    found = {path: module for path, module in named if isinstance(module, kinds)}
    for path, module in named:
        kind = getattr(module, "original_name", type(module).__name__)
        if path not in found and kind in _KINDS and type(module).__module__.startswith("torch."):
            how = "compiled by torch.jit" if isinstance(module, torch.jit.ScriptModule) else "quantised"
            raise RnnvisError(
                f'"{path}" is {kind} {how}, which hides its steps',
                "record the model as it was before: the plain nn.Module with the same weights",
            )
    if not found:
        raise RnnvisError(
            f"{type(model).__name__} holds no nn.RNN, nn.GRU, nn.LSTM or a cell of them, so there are no states to "
            "record",
            "pass the module that holds the recurrent layers, or describe its states with a StateSource",
        )
    return found


@contextmanager
def capture(model: nn.Module, steps: Mapping[str, int] | None = None, gates: bool = True) -> Iterator[list[LayerTrace]]:
    """While open, the calls of the recurrent modules of `model` are watched; on leaving, the list holds their traces.

    A module that is called step after step, as every `*Cell` is, has one trace over all of its calls; `steps` says by
    path how many its words need (see `rnnvis.recording.joined`). Without `gates`, those that no state is computed from
    are left out. `forward` itself is watched, not by hooks: wrappers
    such as dropout of weights call it directly. Dropout between layers cannot be repeated, so a module that has it
    must be in evaluation mode (RnnvisError otherwise).
    """
    traces: list[LayerTrace] = []
    calls: dict[str, list[Call]] = {}
    stepping: dict[str, CellCalls] = {}

    def layers(path: str, module: nn.RNNBase) -> Seen:
        def seen(args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
            started = (args[1] if len(args) > 1 else kwargs.get("hx")) is not None
            out, final = output
            calls.setdefault(path, []).append(Call(_trace(path, module, args, kwargs, out, final, gates), started))

        return seen

    with ExitStack() as watchers:
        for path, module in recurrent_modules(model).items():
            if isinstance(module, nn.RNNBase):
                watchers.enter_context(_watched(module, layers(path, module)))
            else:
                stepping[path] = CellCalls(path, module)
                watchers.enter_context(_watched(module, stepping[path].seen))
        yield traces
    for path, made in calls.items():
        traces.extend(join(made, (steps or {}).get(path)))
    traces.extend(cell.trace() for cell in stepping.values() if cell.steps)


@contextmanager
def _watched(module: nn.Module, seen: Seen) -> Iterator[None]:
    """Inside, every call of the module's `forward` is also shown to `seen`: arguments, keywords, output."""
    forward = module.forward
    own = "forward" in vars(module)

    def watched(*args: Any, **kwargs: Any) -> Any:
        output = forward(*args, **kwargs)
        with torch.no_grad():
            seen(args, kwargs, output)
        return output

    object.__setattr__(module, "forward", watched)
    try:
        yield
    finally:
        if own:
            object.__setattr__(module, "forward", forward)
        else:
            object.__delattr__(module, "forward")


def _trace(
    path: str,
    module: nn.RNNBase,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    output: Any,
    final: Any,
    with_gates: bool,
) -> list[LayerTrace]:
    if module.training and module.dropout > 0 and module.num_layers > 1:
        raise RnnvisError(
            f'"{path}" is in training mode: its dropout between layers cannot be recorded',
            "call model.eval() first",
        )
    given = dict(zip(("input", "hx"), args, strict=False)) | kwargs
    x = _batch_first(given["input"], module)
    starts = _starts(module, given.get("hx"), x)
    directions = 2 if module.bidirectional else 1
    traces = []
    for layer in range(module.num_layers):
        of_layer = slice(layer * directions, (layer + 1) * directions)
        if layer == module.num_layers - 1:
            out, ends = _copied(_batch_first(output, module)), _cell_states(module, final, of_layer)
        else:
            here = [start[of_layer] for start in starts]
            out, last = _one_layer(module, layer)(x, tuple(here) if len(here) > 1 else here[0])
            ends = _cell_states(module, last, slice(None))
        padded_x, lengths = _padded(x)
        padded_out, _ = _padded(out)
        for direction, h in enumerate(padded_out.chunk(directions, dim=-1)):
            start = [s[layer * directions + direction] for s in starts]
            suffix = ".reverse" if direction else ""
            end = ends[direction] if ends is not None else None
            states, previous, gates = _direction(
                module, layer, bool(direction), padded_x, h, start, lengths, end, with_gates
            )
            traces.append(
                LayerTrace(
                    module=path,
                    name=f"{path}.{layer}{suffix}",
                    reverse=bool(direction),
                    packed=isinstance(x, PackedSequence),
                    lengths=lengths,
                    states=states,
                    previous=previous,
                    gates=gates,
                    inputs=padded_x if layer == 0 else None,
                )
            )
        x = out
    return traces


def _direction(
    module: nn.RNNBase,
    layer: int,
    reverse: bool,
    x: Tensor,
    h: Tensor,
    start: list[Tensor],
    lengths: Tensor,
    end: Tensor | None,
    with_gates: bool,
) -> tuple[dict[str, Tensor], dict[str, Tensor], dict[str, Tensor]]:
    states = {"h": h}
    previous = {"h": cells.previous_states(h, start[0], lengths, reverse)}
    gates: dict[str, Tensor] = {}
    if module.mode == "LSTM":
        gates = cells.lstm_gates(x, previous["h"], _weights(module, layer, reverse))
        states["c"] = cells.lstm_cell_states(gates, start[1], lengths, reverse)
        if end is not None and not _ends_in(states["c"], end, lengths, reverse):
            one = _one_layer(module, layer, reverse)
            states["c"] = cells.stepped_cell_states(one, x, previous["h"], start[1], lengths, reverse)
        previous["c"] = cells.previous_states(states["c"], start[1], lengths, reverse)
    elif module.mode == "GRU" and with_gates:
        gates = cells.gru_gates(x, previous["h"], _weights(module, layer, reverse))
    return states, previous, gates


def _weights(module: nn.RNNBase, layer: int, reverse: bool) -> cells.Weights:
    end = f"_l{layer}" + ("_reverse" if reverse else "")
    biases = [getattr(module, name + end) for name in ("bias_ih", "bias_hh")] if module.bias else [None, None]
    return cells.Weights(getattr(module, "weight_ih" + end), getattr(module, "weight_hh" + end), *biases)


def _cell_states(module: nn.RNNBase, final: Any, of: slice) -> Tensor | None:
    """The module's own last cell states [directions, B, H]; None of what has none."""
    if module.mode != "LSTM":
        return None
    return (final[1][:, None] if final[1].dim() == 2 else final[1])[of]


def _ends_in(c: Tensor, end: Tensor, lengths: Tensor, reverse: bool) -> bool:
    """Whether recomputed cell states [B, T, H] arrive where the module's own did [B, H].

    Where a forget gate stays near 1, roundings of it add up over the steps.
    """
    last = torch.zeros_like(lengths) if reverse else lengths - 1
    found = c[torch.arange(len(c), device=c.device), last]
    gap = (found - end).abs() / end.abs().clamp(min=1)
    return bool(gap.max() <= max(CELL_GAP, 16 * torch.finfo(c.dtype).eps))


def _one_layer(module: nn.RNNBase, layer: int, reverse: bool | None = None) -> nn.RNNBase:
    """A batch-first module with the weights of one layer of `module` (shared, not copied), of one direction if said."""
    directions = 2 if module.bidirectional else 1
    width = module.proj_size or module.hidden_size
    options: dict[str, Any] = {
        "input_size": module.input_size if layer == 0 else width * directions,
        "hidden_size": module.hidden_size,
        "bias": module.bias,
        "batch_first": True,
        "bidirectional": module.bidirectional and reverse is None,
        "device": "meta",
    }
    one: nn.RNNBase
    if module.mode == "LSTM":
        one = nn.LSTM(**options, proj_size=module.proj_size)
    elif module.mode == "GRU":
        one = nn.GRU(**options)
    else:
        one = nn.RNN(**options, nonlinearity="relu" if module.mode == "RNN_RELU" else "tanh")
    for name, _ in list(one.named_parameters()):
        weight = getattr(module, name.replace("_l0", f"_l{layer}") + ("_reverse" if reverse else ""))
        setattr(one, name, nn.Parameter(weight.detach(), requires_grad=False))
    return one


def _batch_first(sequence: Any, module: nn.RNNBase) -> Any:
    if isinstance(sequence, PackedSequence):
        return sequence
    if sequence.dim() == 2:
        return sequence[None]
    return sequence if module.batch_first else sequence.transpose(0, 1)


def _copied(sequence: Any) -> Any:
    """A copy: what follows the layer may write into its output."""
    return sequence if isinstance(sequence, PackedSequence) else sequence.clone()


def _padded(sequence: Any) -> tuple[Tensor, Tensor]:
    if isinstance(sequence, PackedSequence):
        padded, lengths = pad_packed_sequence(sequence, batch_first=True)
        return padded, lengths.to(padded.device)
    return sequence, torch.full((sequence.shape[0],), sequence.shape[1], device=sequence.device)


def _starts(module: nn.RNNBase, hx: Any, x: Any) -> list[Tensor]:
    """Initial states [layers × directions, B, units]: h, and c for an LSTM; zero where none were given."""
    if hx is not None:
        given = list(hx) if module.mode == "LSTM" else [hx]
        return [s[:, None] if s.dim() == 2 else s for s in given]
    if isinstance(x, PackedSequence):
        data, rows = x.data, int(x.batch_sizes[0])
    else:
        data, rows = x, x.shape[0]
    layers = module.num_layers * (2 if module.bidirectional else 1)
    sizes = [module.proj_size or module.hidden_size] + [module.hidden_size] * (module.mode == "LSTM")
    dtype = next(module.parameters()).dtype
    return [torch.zeros(layers, rows, size, dtype=dtype, device=data.device) for size in sizes]
