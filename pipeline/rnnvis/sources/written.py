"""What is written into a matrix memory at a step, and what is read out of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid, silu, softplus

from rnnvis.errors import RnnvisError

RANK_ONE = 1e-3
"""How far what is written may be from a rank of one, by Frobenius norms, as a share of the memory."""


@dataclass
class Memory:
    """A layer with a matrix memory S_t = a_t S_{t−1} + v_t k_tᵀ in each head: `states` names it, `module` computes it.

    What was `seen` on the way of a token is kept by what it is."""

    name: str
    module: Any
    seen: dict[str, Tensor] = field(default_factory=dict)

    @property
    def state(self) -> str:
        """Which state of the layer the memory is."""
        raise NotImplementedError

    def watched(self) -> Iterator[tuple[nn.Module, Any]]:
        """Modules with the hooks that see what is asked for below."""
        raise NotImplementedError

    def kept(self, now: Mapping[str, Tensor], before: Mapping[str, Tensor]) -> Tensor:
        """a_t, [B, heads]."""
        raise NotImplementedError

    def read(self, memory: Tensor, cache: Any) -> Tensor:
        """What the layer reads, [B, heads, n]."""
        raise NotImplementedError


class MLSTM(Memory):
    """An mLSTM (Beck et al. 2024), stabilised: a_t = exp(ln σ(f_t) + m_{t−1} − m_t)."""

    state = "C"

    def watched(self) -> Iterator[tuple[nn.Module, Any]]:
        yield _first(self.module, _GATES), lambda _, given, out: self.seen.update(forget=out)
        yield _first(self.module, _NORMS), lambda _, given, out: self.seen.update(read=given[0])

    def kept(self, now: Mapping[str, Tensor], before: Mapping[str, Tensor]) -> Tensor:
        heads = now[f"{self.name}.m"].shape[1]
        forget = self.seen["forget"].reshape(-1, heads)
        cap = getattr(self.module.config, "gate_soft_cap", None)
        forget = forget if cap is None else cap * torch.tanh(forget / cap)
        return torch.exp(logsigmoid(forget) + before[f"{self.name}.m"] - now[f"{self.name}.m"])

    def read(self, memory: Tensor, cache: Any) -> Tensor:
        return self.seen["read"].reshape(*memory.shape[:2], -1)


class Mamba2(Memory):
    """A Mamba-2 layer (Dao and Gu 2024): a_t = exp(Δ_t A), v_t = Δ_t x_t, k_t = B_t, and S_t C_t is read."""

    state = "ssm"

    def watched(self) -> Iterator[tuple[nn.Module, Any]]:
        yield self.module.in_proj, lambda _, given, out: self.seen.update(inside=out)

    def kept(self, now: Mapping[str, Tensor], before: Mapping[str, Tensor]) -> Tensor:
        of = self.module
        pace = softplus(self.seen["inside"][:, -1, -of.num_heads :] + of.dt_bias)
        return torch.exp(-pace * of.A_log.exp())

    def read(self, memory: Tensor, cache: Any) -> Tensor:
        of = self.module
        window = cache.get_conv_state(of.layer_idx, state_idx=0)
        inside = (window * of.conv1d.weight.squeeze(1)).sum(dim=-1)
        inside = silu(inside if of.conv1d.bias is None else inside + of.conv1d.bias)
        query = inside[:, -of.n_groups * of.ssm_state_size :].reshape(len(inside), of.n_groups, 1, -1)
        query = query.expand(-1, -1, of.num_heads // of.n_groups, -1).reshape(*memory.shape[:2], -1, 1)
        return (memory @ query)[..., 0]


_GATES, _NORMS = ("fgate", "fgate_preact"), ("outnorm", "multihead_norm")
"""What the modules are called in `xlstm` and in `transformers`."""


class Written:
    """Follows the memories of `model` from token to token: `after(states, cache)` gives, by layer, how much has been
    `written` and `read` so far in each head, so that the change at a step is what it writes and reads itself."""

    def __init__(self, memories: list[Memory]) -> None:
        self._memories = memories
        self._before: Mapping[str, Tensor] = {}
        self._sums: dict[str, Tensor] = {}

    def after(self, states: Mapping[str, Tensor], cache: Any) -> dict[str, Tensor]:
        """Of the `states` after a token, [B, heads] each."""
        for of in self._memories:
            memory = states[f"{of.name}.{of.state}"]
            before = {name: self._before.get(name, torch.zeros_like(state)) for name, state in states.items()}
            kept = of.kept(states, before).to(memory)
            written = memory - kept[:, :, None, None] * before[f"{of.name}.{of.state}"]
            self._check(of, written, memory)
            found = {"written": written.flatten(2).norm(dim=2), "read": of.read(memory, cache).float().norm(dim=2)}
            for name, amount in found.items():
                key = f"{of.name}.{name}"
                self._sums[key] = self._sums[key] + amount if key in self._sums else amount
        self._before = states
        return dict(self._sums)

    def _check(self, of: Memory, written: Tensor, memory: Tensor) -> None:
        largest = written.norm(dim=-2, keepdim=True).argmax(-1, keepdim=True)
        column = written.gather(-1, largest.expand(*written.shape[:-1], 1))
        unit = column / column.norm(dim=-2, keepdim=True).clamp_min(torch.finfo(written.dtype).tiny)
        rest = (written - unit @ (unit.mT @ written)).flatten(2).norm(dim=2)
        finite = bool(torch.isfinite(written).all())
        if finite and bool((rest > RANK_ONE * memory.flatten(2).norm(dim=2)).any()):
            raise RnnvisError(
                f"what {of.name} writes at a step is no product of a value and a key, as its formula has it",
                "this version of the library computes otherwise: hand its states out yourself as a rnnvis.StateSource",
            )


@contextmanager
def watched(model: nn.Module) -> Iterator[Written]:
    """Watch the matrix memories of `model`, those of mLSTM and Mamba-2 layers, while it reads token by token."""
    memories = _memories(model)
    hooks = [module.register_forward_hook(hook) for of in memories for module, hook in of.watched()]
    try:
        yield Written(memories)
    finally:
        for hook in hooks:
            hook.remove()


def _memories(model: nn.Module) -> list[Memory]:
    found: list[Memory] = []
    for path, module in model.named_modules():
        number = next((part for part in path.split(".") if part.isdigit()), None)
        if number is None:
            continue
        if _first(module, _GATES) is not None and _first(module, _NORMS) is not None:
            found.append(MLSTM(f"layers.{number}", module))
        elif all(hasattr(module, name) for name in ("A_log", "dt_bias", "in_proj", "conv1d", "num_heads")):
            if hasattr(module, "mup_vector"):  # Falcon-H1 scales what its in_proj gives: what is read is not seen here.
                continue
            found.append(Mamba2(f"layers.{number}", module))
    return found


def _first(module: nn.Module, names: tuple[str, ...]) -> Any:
    return next((getattr(module, name) for name in names if hasattr(module, name)), None)
