"""Recurrent models of Hugging Face's `transformers`, by the cache that they hand from token to token."""

from __future__ import annotations

import inspect
from typing import Any

import torch
from torch import Tensor, nn

from rnnvis.errors import RnnvisError
from rnnvis.sources.stepping import Speaking, Stepped, Stepping
from rnnvis.sources.written import watched

_CACHES = ("cache", "cache_params", "past_key_values", "state")
"""What versions and models call the argument."""
_IN_MODULES = ("recurrent_states", "conv1d_state")
"""What RecurrentGemma keeps in its modules."""


def cached(model: nn.Module) -> Stepping:
    """A source of the states that `model` keeps between tokens: Mamba, Mamba-2, Falcon Mamba, RWKV, xLSTM,
    RecurrentGemma, and others whose cache has recurrent states.

    States are called by layer: `layers.0.ssm`, [units, N] of each channel of Mamba or [heads, units, N] of Mamba-2;
    `layers.0.lru` of RecurrentGemma; `layers.0.wkv` of RWKV, the weighted mean of the values so far; `layers.0.C`,
    `layers.0.n`, `layers.0.m` of xLSTM. Beside the matrices of Mamba-2 and xLSTM stand `layers.0.written` and
    `layers.0.read` [heads]: how much was written into each head so far, and read. What convolutions see, the last few
    inputs of a layer, and keys and values of attention are no recurrent states and are left out. A model with a head
    answers at each step.

    Raises RnnvisError: a model without such a cache, and, at the first batch, one that answers otherwise token by token
    than all at once.
    """
    forward = getattr(model, "forward", None)
    taken = inspect.signature(forward).parameters if isinstance(model, nn.Module) and callable(forward) else {}
    argument = next((name for name in _CACHES if name in taken), None)
    if argument is None or not hasattr(model, "config"):
        raise RnnvisError(
            f"{type(model).__name__} takes no cache, as the recurrent models of transformers do",
            "record(model, …) finds layers of torch by itself; for anything else write a rnnvis.StateSource",
        )
    speaking = getattr(model, "get_output_embeddings", lambda: None)() is not None
    return (_SpeakingCached if speaking else _Cached)(model, argument)


class _Cached(Stepping):
    def __init__(self, model: nn.Module, argument: str) -> None:
        self._argument = argument
        super().__init__(model)

    def run(self, ids: Tensor) -> Stepped:
        """Token by token."""
        model: Any = self.model
        model.eval()
        self._forget()
        cache = _cache_of(model)
        outputs, states = [], []
        with watched(model) as written:
            for t, token in enumerate(ids.unbind(dim=1)):
                said = {self._argument: cache, "use_cache": True}
                if "position_ids" in inspect.signature(model.forward).parameters:
                    said["position_ids"] = torch.full((len(ids), 1), t, device=ids.device)
                given = model(token[:, None], **said)
                cache = next((c for name in _CACHES if (c := getattr(given, name, None)) is not None), cache)
                outputs.append(_output(given)[:, 0])
                found = {name: of.clone() for name, of in _states(model, cache).items()}
                states.append(found | written.after(found, cache))
        self._forget()
        return Stepped(torch.stack(outputs, dim=1), states)

    def whole(self, ids: Tensor) -> Tensor:
        """The output [B, T, …] to all tokens at once."""
        model: Any = self.model
        model.eval()
        self._forget()
        output = _output(model(ids, use_cache=False))
        self._forget()
        return output

    def _forget(self) -> None:
        for module in self.model.modules():
            for name in _IN_MODULES:
                if name in vars(module):
                    setattr(module, name, None)


class _SpeakingCached(_Cached, Speaking):
    pass


def _output(given: Any) -> Tensor:
    logits = getattr(given, "logits", None)
    output: Tensor = given.last_hidden_state if logits is None else logits
    return output


def _cache_of(model: Any) -> Any:
    """An empty cache to begin with, for models that hand none back."""
    if not any(name in vars(module) for module in model.modules() for name in _IN_MODULES):
        return None
    from transformers import DynamicCache

    return DynamicCache(config=model.config)


def _states(model: Any, cache: Any) -> dict[str, Tensor]:
    """The recurrent states [B, …] after a token, by name."""
    found: dict[str, Tensor] = {}
    for i, layer in enumerate(getattr(cache, "layers", ())):
        states: Any = getattr(layer, "recurrent_states", None)
        for j, state in states.items() if isinstance(states, dict) else ():
            if state is not None:
                found[f"layers.{i}.ssm" if len(states) == 1 else f"layers.{i}.ssm{j}"] = state
    for i, state in getattr(cache, "rnn_state", {}).items():
        matrix, normaliser, stabiliser = state
        found |= {f"layers.{i}.C": matrix, f"layers.{i}.n": normaliser, f"layers.{i}.m": stabiliser}
    if isinstance(cache, list) and len(cache) == 5:  # RWKV: of two, the input before; sums of values, of weights; scale
        _, _, values, weights, _ = cache
        mean = torch.where(weights > 0, values / weights.clamp_min(torch.finfo(weights.dtype).tiny), 0)
        found |= {f"layers.{i}.wkv": of for i, of in enumerate(mean.unbind(dim=-1))}
    for name, module in model.named_modules():
        state = vars(module).get("recurrent_states")
        if isinstance(state, Tensor):
            number = next(part for part in name.split(".") if part.isdigit())
            found[f"layers.{number}.lru"] = state
    if not found:
        raise RnnvisError(
            f"the cache of {type(model).__name__}, a {type(cache).__name__}, holds no recurrent states that are known",
            "hand its states out yourself as a rnnvis.StateSource",
        )
    return {
        name: of.float().flatten(1) if name.rsplit(".", 1)[1] in ("n", "m") else of.float()
        for name, of in found.items()
    }
