"""`rnnvis.record`: any torch model over any sequences of token ids."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, overload

from torch import nn

from rnnvis.api.answers import Outputs
from rnnvis.api.events import Rule
from rnnvis.api.partial import Partial
from rnnvis.api.prepared import Asked, prepare
from rnnvis.api.recording import Recording
from rnnvis.api.sample import Sample
from rnnvis.api.sharding import compare_shard, read_shard, record_shard
from rnnvis.arguments import ANY, checks_arguments, instance
from rnnvis.errors import RnnvisError
from rnnvis.measures.measure import Observer
from rnnvis.recording import StateSource
from rnnvis.recording.called import Forward


@overload
def record(
    model: nn.Module | StateSource,
    sequences: Iterable[Any],
    vocabulary: Sequence[str] | Mapping[str, int] | Rule | None = None,
    labels: Iterable[Any] | None = None,
    forward: Forward | None = None,
    *,
    classes: Sequence[str] | None = None,
    outputs: Outputs = None,
    tokens: Mapping[str, Any] | None = None,
    lengths: Iterable[int] | None = None,
    initial: str = "zero",
    documents: Iterable[Any] | None = None,
    resets: Iterable[bool] | None = None,
    only: Collection[str] | None = None,
    minimum_count: int = 8,
    frequent_count: int = 20,
    batch_steps: int = 8192,
    check: bool = True,
    threads: int = 1,
    sample: Sample | None = None,
    observers: Sequence[Observer] = (),
    shard: None = None,
    compare: None = None,
) -> Recording: ...
@overload
def record(
    model: nn.Module | StateSource,
    sequences: Iterable[Any],
    vocabulary: Sequence[str] | Mapping[str, int] | Rule | None = None,
    labels: Iterable[Any] | None = None,
    forward: Forward | None = None,
    *,
    classes: Sequence[str] | None = None,
    outputs: Outputs = None,
    tokens: Mapping[str, Any] | None = None,
    lengths: Iterable[int] | None = None,
    initial: str = "zero",
    documents: Iterable[Any] | None = None,
    resets: Iterable[bool] | None = None,
    only: Collection[str] | None = None,
    minimum_count: int = 8,
    frequent_count: int = 20,
    batch_steps: int = 8192,
    check: bool = True,
    threads: int = 1,
    sample: Sample | None = None,
    observers: Sequence[Observer] = (),
    shard: tuple[int, int] | str,
    compare: Iterable[str | Path | Partial] | None = None,
) -> Partial: ...
@checks_arguments(
    model=ANY, sequences=ANY, vocabulary=ANY, tokens=ANY, documents=ANY, resets=ANY, sample=instance(Sample)
)
def record(
    model: nn.Module | StateSource,
    sequences: Iterable[Any],
    vocabulary: Sequence[str] | Mapping[str, int] | Rule | None = None,
    labels: Iterable[Any] | None = None,
    forward: Forward | None = None,
    *,
    classes: Sequence[str] | None = None,
    outputs: Outputs = None,
    tokens: Mapping[str, Any] | None = None,
    lengths: Iterable[int] | None = None,
    initial: str = "zero",
    documents: Iterable[Any] | None = None,
    resets: Iterable[bool] | None = None,
    only: Collection[str] | None = None,
    minimum_count: int = 8,
    frequent_count: int = 20,
    batch_steps: int = 8192,
    check: bool = True,
    threads: int = 1,
    sample: Sample | None = None,
    observers: Sequence[Observer] = (),
    shard: tuple[int, int] | str | None = None,
    compare: Iterable[str | Path | Partial] | None = None,
) -> Recording | Partial:
    """Run `model` over `sequences` and measure what every unit of every recurrent layer responds to.

    `model` is any module that holds `nn.RNN`, `nn.GRU`, `nn.LSTM` or their cells, or a `rnnvis.StateSource`; it is not
    changed. `sequences` are token ids: lists, 1-d tensors, or a DataLoader of padded batches. `vocabulary` names the
    ids: a list, or a dict from word to id. Or they are frames that the model is fed step by step: `rnnvis.Signal`s,
    arrays [T, …], or a DataLoader of batches [B, T, …]; `vocabulary` may then be a rule that names the steps
    (`rnnvis.events`), and by default a codebook does. Units are compared with the channels: `Recording.channels`.
    `labels`, one a sequence or one a step, are class numbers or names; numbers that are no classes are what a model of
    numbers should say.

    What the model returns is looked at for its answers: one a sequence or one a step; logits, log-probabilities,
    probabilities, or a number; alone, or in a tuple, list, dict, dataclass, or as `.logits`. They are classes where
    there are as many as labels have, tags where labels are one a step, and the next word where there are as many as
    words and it has not been read yet. `Recording.notes` say what was taken for what, or why nothing was. `classes`
    names the classes in the order of the outputs; `outputs`, a function of what the model returned, says where the
    answers lie, and "none" that they are to be left out.

    `forward(model, batch)` says how to call the model with a `rnnvis.Batch`; without it the usual ways are tried: ids
    batch first or time first, with lengths or first states, step by step, one sequence at a time; one-hot where there
    is no embedding. `tokens` maps a recurrent module, or a module around it, to the ids that its steps read where they
    are not the input's, row for row: a decoder. It may be a `rnnvis.Tokens` with a vocabulary of its own; what such a
    module did is in `Recording.readings`. Which word a step reads is found out by changing words: a module that reads
    them from the last to the first counts as a backward direction; start tokens that forward puts in, words that it
    leaves out and rows that it puts into another order are seen, and said in `Recording.notes`. So is what resets a
    model that keeps states from call to call. `lengths` counts the real steps of padded rows where an embedding's
    `padding_idx` does not show them. `only` names the recurrent modules to record, or modules around them, where others
    read something else: `only=["lstm"]` beside a layer over letters.

    `initial="carried"` is for running text: each sequence starts from the state that the one before it ended in, in its
    document, which `documents` names, a number or a text for each sequence (default: all are one). `resets`, True or
    False for each sequence, says where a document begins anew, as after a pause in a stream. The recurrent modules are
    handed that state whatever forward passes to them; a document starts as the model does.

    Words with at least `minimum_count` uses are clustered, those with `frequent_count` get quantiles; a batch has at
    most `batch_steps` padded steps, and fewer of wide models (50 MB of states and gates). `check` runs a few of the
    sequences again, each alone, and compares: at most 2 % of the steps, but two sequences at least. `sample` says which
    of the sequences are measured, and whose states are kept; `observers` see every step of them as it passes, as
    `observer.add(batch, rows)` with a `StepBatch` and the places of its steps among all steps. `threads` is how many
    torch and NumPy compute with meanwhile: with small layers a second one helps little, and beside other programs it is
    waited for.

    `shard=(i, n)`, i from 0, records the i-th of n parts of the text and gives it back as a `rnnvis.Partial`, which
    `rnnvis.reduce` merges with the others; "torchrun" takes both from the process's rank and their number. Every part
    is called with the whole text, whose ids it reads, and runs the model over its own batches: those of the text in one
    run, so that it comes to the same states; of states that are carried, over its own documents. `compare` are the
    partials of all n: the part is run again, and what is given back is how far its steps lie from the responses to the
    whole text, of which `reduce` makes the surprise of each step.

    Raises RnnvisError, naming the module, sequence or word and the fix: no recurrent module, ids outside the
    vocabulary, a module that reads other words than the sequences', states or answers that differ from those of the
    sequence alone by more than 1e-4 of the largest, that are no numbers, or states that are kept from call to call and
    nothing resets.
    """
    asked = Asked(
        classes=classes,
        outputs=outputs,
        tokens=tokens,
        lengths=lengths,
        initial=initial,
        documents=documents,
        resets=resets,
        only=only,
        minimum_count=minimum_count,
        frequent_count=frequent_count,
        batch_steps=batch_steps,
        check=check,
        threads=threads,
        sample=sample,
        observers=observers,
    )
    part = None if shard is None else read_shard(shard)
    if part is None and compare is not None:
        raise RnnvisError("compare is given without a shard", "say which: shard=(i, n)")
    prepared = prepare(model, sequences, vocabulary, labels, forward, asked)
    if part is None:
        return prepared.recording(prepared.record())
    return record_shard(prepared, part) if compare is None else compare_shard(prepared, part, compare)
