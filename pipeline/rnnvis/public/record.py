"""`rnnvis.record`: any torch model over any sequences of token ids."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from rnnvis import progress
from rnnvis.errors import RnnvisError
from rnnvis.public.inputs import read_labels, read_sequences, read_vocabulary
from rnnvis.public.measuring import measured
from rnnvis.public.recording import Recording
from rnnvis.recording import StepBatch, record_steps, recurrent_modules
from rnnvis.recording.steps import Forward


def record(
    model: nn.Module,
    sequences: Iterable[Any],
    vocabulary: Sequence[str] | Mapping[str, int],
    labels: Iterable[Any] | None = None,
    forward: Forward | None = None,
    *,
    lengths: Iterable[int] | None = None,
    minimum_count: int = 8,
    frequent_count: int = 20,
    batch_steps: int = 8192,
) -> Recording:
    """Run `model` over `sequences` and measure what every unit of every recurrent layer responds to.

    `model` is any module that holds `nn.RNN`, `nn.GRU`, `nn.LSTM` or their cells; it is not changed. `sequences` are
    token ids: lists, 1-d tensors, or a DataLoader of padded batches. `vocabulary` names the ids: a list, or a dict
    from word to id. `labels`, one a sequence, are class numbers or names. `forward(model, batch)` says how to call
    the model with a `rnnvis.Batch`; by default with its ids, and with its lengths where the model takes
    two arguments. `lengths` counts the real steps of padded rows where an embedding's `padding_idx` does not show
    them.

    Words with at least `minimum_count` uses are clustered, those with `frequent_count` get quantiles; a batch has at
    most `batch_steps` padded steps.

    Raises RnnvisError, naming the module, sequence or word and the fix: no recurrent module, ids outside the
    vocabulary, a module that reads other steps than the sequences'.
    """
    words = read_vocabulary(vocabulary)
    recurrent = recurrent_modules(model)
    padding = _padding(model)
    tokens = read_sequences(sequences, len(words), lengths, padding)
    classes = read_labels(labels, len(tokens))
    call = forward or _usual(model)

    def batches(title: str) -> Iterator[StepBatch]:
        with progress.bar(title, total=len(tokens)) as bar:
            for batch in record_steps(
                model,
                tokens,
                batch_steps=batch_steps,
                padding_id=padding or 0,
                forward=call,
            ):
                yield batch
                bar.advance(int((batch.step == 0).sum()))

    return measured(
        batches,
        words,
        tokens,
        classes,
        _bounded(recurrent),
        frequent_count=frequent_count,
        minimum_count=minimum_count,
        model_name=type(model).__name__,
        parameters=sum(p.numel() for p in model.parameters()),
        weights=_fingerprint(model),
        cell=_cell(recurrent),
    )


def _usual(model: nn.Module) -> Forward:
    """How to call a model that nobody said how to call: by the number of arguments that it cannot do without."""
    try:
        taken = inspect.signature(model.forward).parameters.values()
    except (TypeError, ValueError):
        return lambda m, batch: m(batch.ids)
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    needed = [p.name for p in taken if p.kind in positional and p.default is p.empty]
    if len(needed) > 2:
        raise RnnvisError(
            f"{type(model).__name__}.forward takes {', '.join(needed)}, and rnnvis cannot know what these are",
            "say how to call it: forward=lambda model, batch: model(batch.ids, …, batch.lengths)",
        )
    if len(needed) == 2:
        if "len" not in needed[1].lower():
            raise RnnvisError(
                f'{type(model).__name__}.forward also takes "{needed[1]}", and rnnvis cannot know what that is',
                f"say how to call it: forward=lambda model, batch: model(batch.ids, …), with … for {needed[1]}",
            )
        return lambda m, batch: m(batch.ids, batch.lengths)
    return lambda m, batch: m(batch.ids)


def _padding(model: nn.Module) -> int | None:
    """The padding id that the embeddings of `model` agree on."""
    found = {m.padding_idx for m in model.modules() if isinstance(m, nn.Embedding)} - {None}
    return found.pop() if len(found) == 1 else None


def _bounded(recurrent: Mapping[str, nn.Module]) -> list[str]:
    """States that lie in [−1, 1]: every h but those of ReLU layers and of projections."""
    names = []
    for path, module in recurrent.items():
        relu = getattr(module, "nonlinearity", "tanh") == "relu"
        if relu or getattr(module, "proj_size", 0):
            continue
        for layer in range(getattr(module, "num_layers", 1)):
            names += [f"{path}.{layer}.h", f"{path}.{layer}.reverse.h"]
    return names


def _cell(recurrent: Mapping[str, nn.Module]) -> str:
    kinds = {type(module).__name__.removesuffix("Cell") for module in recurrent.values()}
    return kinds.pop() if len(kinds) == 1 else "mixed"


def _fingerprint(model: nn.Module) -> str:
    """SHA-256 (hex) over names, shapes and values of everything that the model remembers."""
    hashed = hashlib.sha256()
    for name, value in sorted(model.state_dict().items()):
        if isinstance(value, Tensor):
            plain = value.detach().cpu().contiguous()
            hashed.update(f"{name}\0{plain.dtype}\0{tuple(plain.shape)}\0".encode())
            hashed.update(plain.reshape(-1).view(torch.uint8).numpy().tobytes() if plain.numel() else b"")
    return hashed.hexdigest()
