"""`rnnvis.record`: any torch model over any sequences of token ids."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
from torch import nn

from rnnvis import progress
from rnnvis.api.answer_memory import MemoryWatch
from rnnvis.api.answering import answer_watch, find_answer
from rnnvis.api.answers import Outputs, read_outputs
from rnnvis.api.calling import own_way, usual_way
from rnnvis.api.carrying import NOTE, Carried, Starts, read_documents
from rnnvis.api.checks import BeyondBoundsError, Bounds, Numbers, Once, SameStates
from rnnvis.api.effects import find_effects
from rnnvis.api.events import Rule
from rnnvis.api.inputs import (
    VOCABULARY,
    read_classes,
    read_labels,
    read_sequences,
    read_vocabulary,
)
from rnnvis.api.models import at_most, cell_name, fingerprint, module_of, padding_id, padding_of, resolution, unwrapped
from rnnvis.api.reads import Read, row_for_row, with_words_left_out
from rnnvis.api.recording import Recording
from rnnvis.api.rerun import Rerun
from rnnvis.api.sample import Sample
from rnnvis.api.signals import read_signals
from rnnvis.arguments import ANY, checks_arguments, instance
from rnnvis.errors import RnnvisError
from rnnvis.measures.measure import Observer, measure
from rnnvis.measures.recorder import StateRecorder
from rnnvis.measures.sentences.attention import AttentionRecorder
from rnnvis.measures.units.channels import ChannelCorrelations
from rnnvis.recording import StateSource, StepBatch, recurrent_modules
from rnnvis.recording.alignment import Plan
from rnnvis.recording.beside import ReturnedBeside
from rnnvis.recording.called import Called, Forward, Frames, fed
from rnnvis.recording.checking import GAP, SelfCheck
from rnnvis.recording.fresh import Around, with_resets
from rnnvis.recording.rehearsal import rehearse
from rnnvis.recording.returned import Returned
from rnnvis.recording.source import source_steps
from rnnvis.recording.steps import reading_of, run_alone, run_batches, step_batch
from rnnvis.recording.threads import limited
from rnnvis.text.sentences import Sentences

Passes = Iterator[dict[str, StepBatch]]


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
) -> Recording:
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

    Raises RnnvisError, naming the module, sequence or word and the fix: no recurrent module, ids outside the
    vocabulary, a module that reads other words than the sequences', states or answers that differ from those of the
    sequence alone by more than 1e-4 of the largest, that are no numbers, or states that are kept from call to call and
    nothing resets.
    """
    model = unwrapped(model)
    plain = isinstance(model, StateSource)
    if plain and (tokens or forward or only):
        raise RnnvisError(
            f"{type(model).__name__} is a StateSource: its steps read the sequences as they are",
            "leave out forward, tokens and only",
        )
    recurrent = {} if plain else recurrent_modules(module_of(model), only)
    batch_steps = at_most(batch_steps, recurrent.values())
    signals, sequences = read_signals(sequences, vocabulary, lengths)
    if signals is None:
        if vocabulary is None or isinstance(vocabulary, Rule):
            raise RnnvisError("the sequences are token ids, and no vocabulary names them", VOCABULARY)
        words = read_vocabulary(vocabulary)
        padding = {"": padding_id(model)}
        ids = read_sequences(sequences, words, lengths, padding[""])
    else:
        words, padding, ids = signals.words, {"": signals.frames.fill}, list(signals.events)
    frames = None if signals is None else signals.frames
    names, _ = read_classes(classes), read_outputs(outputs)
    of_input = read_labels(labels, len(ids), np.array([len(row) for row in ids]), names)
    of_sample = (sample or Sample()).checked(len(ids))
    if signals is not None and of_sample.keys is None:
        of_sample = replace(of_sample, keys=signals.keys)
    read = {"": Read(Sentences.of(ids), words, of_input, of_sample)}
    running = read_documents(documents, initial, len(ids), resets)
    if running is not None and (plain or tokens):
        what = f"{type(model).__name__} is a StateSource" if plain else "tokens say what modules read"
        raise RnnvisError(f"{what}, so no state is carried", "a StateSource has `initial`; else leave this out")
    if tokens is not None and not isinstance(tokens, Mapping):
        raise RnnvisError(f"tokens is a {type(tokens).__name__}", 'name the module that reads: tokens={"decoder": ids}')
    for name, given in (tokens or {}).items():
        padding[name] = padding_of(module_of(model), name, recurrent)
        read[name] = row_for_row(name, given, read[""], padding[name])
    bounded = list(getattr(model, "bounded", None) or ()) if plain else []
    attention = AttentionRecorder()
    texts = {name: one.ids for name, one in read.items()}
    if signals is not None:
        texts[""] = signals.numbers
    fills = {name: number or 0 for name, number in padding.items()}
    plan, own = Plan(), forward is not None
    with limited(threads):
        if not plain:
            given = None if forward is None else fed(forward, frames)
            find = partial(_way, module_of(model), texts, fills, given, batch_steps == 1, only, frames)
            call, plan = with_resets(module_of(model), find)
            forward, bounded = rehearse(Called(module_of(model), texts, fills, call, plan), cut=not own)
        answer = find_answer(
            model,
            texts,
            fills,
            forward,
            plan,
            cut=not own,
            outputs=outputs,
            labels=of_input,
            classes=names,
            words={name: 0 if signals and not name else len(one.words) for name, one in read.items()},
            carried=running is not None and not own,
            frames=frames,
        )
        effects = find_effects(model, texts, fills, forward, plan, answer)
    at = answer.at if answer else None
    carried = None
    if running is not None and forward is not None:
        fill = fills[""]
        carried = Carried(module_of(model), texts[""], running, forward, plan, batch_steps, fill, own, at)
        plan.notes.append(NOTE)
    plan.notes[:0] = signals.notes if signals else ()
    for note in plan.notes:
        progress.say(note)
    whole, read = read, with_words_left_out(read, plan)
    watching: dict[str, list[Once]] = {name: [Once(Numbers(name)), Once(SameStates())] for name in read}
    watching[""] += map(Once, [attention, *observers])
    watch = answer_watch(answer, whole, read, plan, running) if answer else None
    if watch and answer:
        watching[answer.at.reading].append(Once(watch))
    if effects and answer:
        effects.take(read[answer.at.reading].text, read[answer.at.reading].sample.contexts)
        watching[answer.at.reading].append(Once(effects))
    memory = MemoryWatch(plan, answer, effects.head) if effects and watch and answer else None
    if memory and watch and answer:
        memory.take(read[answer.at.reading].text, watch.target)
        watching[answer.at.reading].append(Once(memory))
    beside_steps = None
    if signals is not None:
        beside_steps = ChannelCorrelations(signals.channels, of_sample.measured)
        watching[""].append(Once(beside_steps))
    again = SelfCheck(read[""].ids.lengths)
    others = ReturnedBeside(again.sentences)
    beside = others if check and answer is None else None
    run: Callable[..., Passes] = partial(_steps, model, texts, fills, batch_steps, forward, plan, at, beside, frames)
    alone: Callable[..., Passes] = partial(run, False)
    if carried:
        run, alone = carried.run, carried.alone
    if signals is not None:
        named = {name: one.ids for name, one in read.items() if not reading_of(name, texts)}
        run, alone = partial(_by_event, run, named), partial(_by_event, alone, named)
    for name in read if check else ():
        watching[name].append(Once(again.observer(name)))
    if carried:
        watching[""].append(Once(Starts(carried, again.sentences)))
    with limited(threads):
        while True:
            recorders = {name: StateRecorder(one.text, frequent_count, bounded) for name, one in read.items()}
            try:
                measure(
                    run,
                    recorders,
                    {name: [Bounds(bounded), *seen] for name, seen in watching.items()},
                )
                break
            except BeyondBoundsError as beyond:  # known to be wide from here on: its histogram begins anew
                bounded = [name for name in bounded if name != beyond.state]
                plan.say(str(beyond))
                for one in chain(*watching.values()):
                    one.again()
        if check:
            again.compare(alone, resolution(model))
            if others.gap > max(GAP, 4 * resolution(model)):
                plan.say(
                    "What the model returned for a sequence is not the same alone and in a batch: it differs by "
                    f"{others.gap:.2g} of its largest value, or comes back in another order. The states are the same."
                )

    states = {name: {state.name: state for state in recorder.result()} for name, recorder in recorders.items()}
    weights = fingerprint(model)
    followed = read[at.reading if at else ""].ids
    target = watch.target if watch else None
    rerun = Rerun(
        model,
        texts,
        fills,
        batch_steps,
        forward,
        plan,
        answer,
        target,
        followed.lengths,
        weights,
        fingerprint,
        running,
        own,
        threads,
        effects.head if effects else None,
        frames,
    )
    published = np.unique(np.concatenate([np.zeros(0, int), *(state.published for state in states[""].values())]))
    affected = effects.result(published, rerun) if effects else None
    remembered = memory.result(rerun, affected.pushes if affected else None) if memory else None

    def recording(name: str, readings: Mapping[str, Recording]) -> Recording:
        answered = answer is not None and name == answer.at.reading
        return Recording(
            model_name=type(model).__name__,
            parameters=sum(p.numel() for p in model.parameters()) if isinstance(model, nn.Module) else 0,
            weights=weights,
            cell=cell_name(recurrent) or type(model).__name__,
            words=read[name].words,
            tokens=read[name].ids,
            keys=read[name].keys,
            labels=read[name].labels,
            notes=tuple(plan.notes),
            checked=check,
            minimum_count=minimum_count,
            frequent_count=frequent_count,
            bounded=frozenset(bounded),
            states=states[name],
            readings=readings,
            attention=None if name else attention.result(),
            answers=watch.result() if watch and answered else None,
            effects=affected if answered else None,
            answer_memory=remembered if answered else None,
            next_weights=effects.next_weights if effects and answered else {},
            rerun=rerun,
            channels=replace(signals.channels, correlations=beside_steps.result())
            if signals and beside_steps and not name
            else None,
        )

    return recording("", {name: recording(name, {}) for name in read if name})


def _way(
    model: nn.Module,
    texts: Mapping[str, Sequence[np.ndarray]],
    fills: Mapping[str, int],
    forward: Forward | None,
    alone: bool,
    only: Collection[str] | None,
    frames: Frames | None,
    around: Around,
) -> tuple[Forward, Plan]:
    """How to call the model, and how its steps follow the words when it is called by what `around` makes of that."""
    if forward:
        return forward, own_way(model, texts, fills, around(forward), alone, only)
    return usual_way(model, texts, fills, only, around, frames)


def _steps(
    model: Any,
    texts: Mapping[str, Sequence[np.ndarray]],
    fills: Mapping[str, int],
    batch_steps: int,
    forward: Forward | None,
    plan: Plan,
    answer: Returned | None,
    beside: ReturnedBeside | None,
    frames: Frames | None,
    gates: bool,
    only: np.ndarray | None = None,
) -> Passes:
    """All steps, or one at a time those of the sequences at `only`."""
    if forward is None:
        text, equal = texts[""], plan.equal
        for batch in source_steps(model, text, batch_steps, fills[""], only, answer=answer, equal=equal, frames=frames):
            yield {"": batch}
        return
    if only is None:
        told = beside.in_batch if beside else None
        runs = run_batches(model, texts, batch_steps, fills, forward, plan, gates, told, answer)
    else:
        runs = run_alone(model, texts, only, fills, forward, plan, beside.alone if beside else None, answer)
    for rows, traces, reads, given in runs:
        found = {
            name: step_batch(
                rows,
                read,
                [t for t in traces if reading_of(t.module, reads) == name],
                gates=gates,
                answer=given if answer is not None and name == answer.reading else None,
            )
            for name, read in reads.items()
        }
        del given
        traces.clear()  # copied by now
        yield found
        del found


def _by_event(run: Callable[..., Passes], named: Mapping[str, Sentences], *args: Any) -> Passes:
    """What `run` gives, with the event of each step, as the texts `named` have it, in place of its frame."""
    for found in run(*args):
        for name, text in named.items():
            if name in found:
                of = found[name]
                found[name] = replace(of, token_id=text.ids[text.starts[of.sentence_id] + of.step])
                del of
        yield found
        del found
