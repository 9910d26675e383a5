"""A model and its text, ready to be recorded, in one run or in parts; and what was taken in of them, as a recording."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import chain
from typing import Any

import numpy as np
from torch import nn

from rnnvis import progress
from rnnvis.api.answering import find_answer
from rnnvis.api.answers import Answer, Outputs, read_outputs
from rnnvis.api.calling import own_way, usual_way
from rnnvis.api.carrying import NOTE, Carried, Starts, read_documents
from rnnvis.api.checks import BeyondBoundsError, Bounds, Once
from rnnvis.api.effects import EffectWatch, find_effects
from rnnvis.api.events import Rule
from rnnvis.api.inputs import VOCABULARY, read_classes, read_labels, read_sequences, read_vocabulary
from rnnvis.api.models import at_most, cell_name, fingerprint, module_of, padding_id, padding_of, resolution, unwrapped
from rnnvis.api.reads import Read, row_for_row, with_words_left_out
from rnnvis.api.recording import Recording
from rnnvis.api.rerun import Rerun
from rnnvis.api.sample import Sample
from rnnvis.api.signals import Signals, read_signals
from rnnvis.api.taken import Taken
from rnnvis.errors import RnnvisError
from rnnvis.measures.measure import Observer, compare, measure
from rnnvis.measures.recorder import StateRecorder
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
from rnnvis.recording.steps import batches_of, reading_of, run_alone, run_batches, step_batch
from rnnvis.recording.threads import limited
from rnnvis.text.batches import WHOLE, Shard, length_batches
from rnnvis.text.sentences import Sentences

Passes = Iterator[dict[str, StepBatch]]


@dataclass(frozen=True)
class Asked:
    """What `rnnvis.record` is asked for besides a model and its text; see there."""

    classes: Sequence[str] | None = None
    outputs: Outputs = None
    tokens: Mapping[str, Any] | None = None
    lengths: Iterable[int] | None = None
    initial: str = "zero"
    documents: Iterable[Any] | None = None
    resets: Iterable[bool] | None = None
    only: Collection[str] | None = None
    minimum_count: int = 8
    frequent_count: int = 20
    batch_steps: int = 8192
    check: bool = True
    threads: int = 1
    sample: Sample | None = None
    observers: Sequence[Observer] = ()


def prepare(
    model: nn.Module | StateSource,
    sequences: Iterable[Any],
    vocabulary: Sequence[str] | Mapping[str, int] | Rule | None,
    labels: Iterable[Any] | None,
    forward: Forward | None,
    asked: Asked,
) -> Prepared:
    """Find out how `model` is called and what it answers; RnnvisError as `rnnvis.record` says."""
    model = unwrapped(model)
    plain = isinstance(model, StateSource)
    if plain and (asked.tokens or forward or asked.only):
        raise RnnvisError(
            f"{type(model).__name__} is a StateSource: its steps read the sequences as they are",
            "leave out forward, tokens and only",
        )
    recurrent = {} if plain else recurrent_modules(module_of(model), asked.only)
    batch_steps = at_most(asked.batch_steps, recurrent.values())
    signals, sequences = read_signals(sequences, vocabulary, asked.lengths)
    ids: Sequence[np.ndarray]
    if signals is None:
        if vocabulary is None or isinstance(vocabulary, Rule):
            raise RnnvisError("the sequences are token ids, and no vocabulary names them", VOCABULARY)
        words = read_vocabulary(vocabulary)
        padding = {"": padding_id(model)}
        ids = read_sequences(sequences, words, asked.lengths, padding[""])
    else:
        words, padding, ids = signals.words, {"": signals.frames.fill}, list(signals.events)
    frames = None if signals is None else signals.frames
    names, _ = read_classes(asked.classes), read_outputs(asked.outputs)
    of_input = read_labels(labels, len(ids), np.array([len(row) for row in ids]), names)
    of_sample = (asked.sample or Sample()).checked(len(ids))
    if signals is not None and of_sample.keys is None:
        of_sample = replace(of_sample, keys=signals.keys)
    read = {"": Read(Sentences.of(ids), words, of_input, of_sample)}
    running = read_documents(asked.documents, asked.initial, len(ids), asked.resets)
    tokens = asked.tokens
    if running is not None and (plain or tokens):
        what = f"{type(model).__name__} is a StateSource" if plain else "tokens say what modules read"
        raise RnnvisError(f"{what}, so no state is carried", "a StateSource has `initial`; else leave this out")
    if tokens is not None and not isinstance(tokens, Mapping):
        raise RnnvisError(f"tokens is a {type(tokens).__name__}", 'name the module that reads: tokens={"decoder": ids}')
    for name, given in (tokens or {}).items():
        padding[name] = padding_of(module_of(model), name, recurrent)
        read[name] = row_for_row(name, given, read[""], padding[name])
    bounded = list(getattr(model, "bounded", None) or ()) if plain else []
    texts = {name: one.ids for name, one in read.items()}
    if signals is not None:
        texts[""] = signals.numbers
    fills = {name: number or 0 for name, number in padding.items()}
    plan, own = Plan(), forward is not None
    with limited(asked.threads):
        if not plain:
            given = None if forward is None else fed(forward, frames)
            find = partial(_way, module_of(model), texts, fills, given, batch_steps == 1, asked.only, frames)
            call, plan = with_resets(module_of(model), find)
            forward, bounded = rehearse(Called(module_of(model), texts, fills, call, plan), cut=not own)
        answer = find_answer(
            model,
            texts,
            fills,
            forward,
            plan,
            cut=not own,
            outputs=asked.outputs,
            labels=of_input,
            classes=names,
            words={name: 0 if signals and not name else len(one.words) for name, one in read.items()},
            carried=running is not None and not own,
            frames=frames,
        )
        effects = find_effects(model, texts, fills, forward, plan, answer)
    if running is not None:
        plan.notes.append(NOTE)
    plan.notes[:0] = signals.notes if signals else ()
    for note in plan.notes:
        progress.say(note)
    return Prepared(
        model=model,
        recurrent=recurrent,
        texts=texts,
        fills=fills,
        whole=read,
        read=with_words_left_out(read, plan),
        asked=asked,
        batch_steps=batch_steps,
        forward=forward,
        own=own,
        plan=plan,
        answer=answer,
        effects=effects,
        documents=running,
        bounded=bounded,
        signals=signals,
    )


@dataclass
class Prepared:
    """A model, how it is called, and its text, as `rnnvis.record` found them out.

    `texts` are what modules read, row for row, by name, `whole` the same with words and labels, `read` what is left of
    that where modules leave words out. `bounded` are the states that lie in [−1, 1] as far as is known. One may be
    recorded several times, a shard after the other.
    """

    model: nn.Module | StateSource
    recurrent: Mapping[str, nn.Module]
    texts: Mapping[str, Sentences] = field(repr=False)
    fills: Mapping[str, int]
    whole: Mapping[str, Read] = field(repr=False)
    read: Mapping[str, Read] = field(repr=False)
    asked: Asked
    batch_steps: int
    forward: Forward | None
    own: bool
    plan: Plan
    answer: Answer | None
    effects: EffectWatch | None
    documents: Sequence[np.ndarray] | None
    bounded: list[str]
    signals: Signals | None = field(repr=False)

    def __post_init__(self) -> None:
        self._alone = self.plan.alone

    @cached_property
    def recorders(self) -> Mapping[str, StateRecorder]:
        """One for each text, that has seen nothing."""
        return {n: StateRecorder(one.text, self.asked.frequent_count, self.bounded) for n, one in self.read.items()}

    @cached_property
    def weights(self) -> str:
        """The hash of the model's weights."""
        return fingerprint(self.model)

    @cached_property
    def identity(self) -> dict[str, str]:
        """Hashes of the text, of the model, and of what else decides what is recorded: parts of one recording have the
        same."""
        text = hashlib.sha256()
        for name, one in self.whole.items():
            labels, sample = one.labels, one.sample
            said = [name, one.words, labels.names, labels.tag_names, sample.keys, sample.states_bytes, sample.contexts]
            arrays = [one.ids.ids, one.ids.lengths, labels.of, labels.numbers, *(labels.tags or ())]
            arrays += [sample.measured, sample.always, sample.ended, sample.answered]
            _take(text, said, arrays)
        _take(text, ["documents"], self.documents or ())
        kept = self.asked
        where = None if self.answer is None else {**vars(self.answer.at), "outputs": None}
        told = None if self.answer is None else (self.answer.means, self.answer.classes, where)
        only = None if kept.only is None else sorted(kept.only)
        settings = [kept.frequent_count, self.batch_steps, only, kept.initial, told, self.plan.alignments, self._alone]
        asked = hashlib.sha256(repr(settings).encode()).hexdigest()
        return {"text": text.hexdigest(), "model": self.weights, "settings": asked}

    def sentences(self, shard: Shard) -> np.ndarray:
        """The sequences of a shard, int64."""
        if self.documents is not None:
            parts = list(shard.of(self._longest_first))
        elif isinstance(self.model, StateSource):
            parts = list(shard.of(length_batches(self.texts[""].lengths, self.batch_steps, self.plan.equal)))
        else:
            parts = list(shard.of(batches_of(module_of(self.model), self.texts, self.batch_steps, self.plan)))
        return np.concatenate([np.zeros(0, np.int64), *parts])

    @property
    def _longest_first(self) -> list[np.ndarray]:
        """The documents, so that shards of them are about as long."""
        assert self.documents is not None
        steps = [int(self.texts[""].lengths[document].sum()) for document in self.documents]
        return [self.documents[i] for i in np.argsort(np.negative(steps), kind="stable")]

    def record(self, part: Shard | None = None) -> Taken:
        """Run the model over its text, or over a `part` of it, and take in all steps. Of a part no step is compared
        with others: the responses to the whole text are not known."""
        asked, plan, shard = self.asked, self.plan, part or WHOLE
        plan.alone = self._alone
        text = self.read[""].ids
        mine = np.zeros(len(text.lengths), bool)
        mine[self.sentences(shard)] = True
        carried = self._carried(shard)
        again = SelfCheck(np.where(mine, text.lengths, 0))
        others = ReturnedBeside(again.sentences)
        beside = others if asked.check and self.answer is None else None
        run, alone = self._runs(shard, carried, beside)
        taken = self.begin()
        watching = taken.watching(asked.observers)
        for name in self.read if asked.check else ():
            watching[name].append(Once(again.observer(name)))
        if carried:
            watching[""].append(Once(Starts(carried, again.sentences)))
        with limited(asked.threads):
            while True:
                try:
                    measure(
                        run,
                        taken.recorders,
                        {name: [Bounds(self.bounded), *seen] for name, seen in watching.items()},
                        whole=part is None,
                        sentences=int(mine.sum()),
                    )
                    break
                except BeyondBoundsError as beyond:  # known to be wide from here on: its histogram begins anew
                    self.bounded.remove(beyond.state)
                    plan.say(str(beyond))
                    taken.recorders = self._afresh()
                    for one in chain(*watching.values()):
                        one.again()
            if asked.check:
                again.compare(alone, resolution(self.model))
                if others.gap > max(GAP, 4 * resolution(self.model)):
                    plan.say(
                        "What the model returned for a sequence is not the same alone and in a batch: it differs by "
                        f"{others.gap:.2g} of its largest value, or comes back in another order. The states are the "
                        "same."
                    )
        return taken

    def begin(self) -> Taken:
        """What has taken in nothing yet."""
        taken = Taken(self._afresh(), self.answer, self.effects, self.whole, self.read, self.plan, self.documents)
        if self.signals is not None:
            taken.channels = ChannelCorrelations(self.signals.channels, self.read[""].sample.measured)
        return taken

    def _afresh(self) -> dict[str, StateRecorder]:
        return {name: recorder.afresh(self.bounded) for name, recorder in self.recorders.items()}

    def compare(self, taken: Taken, shard: Shard) -> np.ndarray:
        """Run the model over a shard again, and compare each step with the responses to the whole text, which was
        `taken` in; the sequences that were compared, bool [S]."""
        self.plan.alone = self._alone
        mine = np.zeros(len(self.texts[""].lengths), bool)
        mine[self.sentences(shard)] = True
        run, _ = self._runs(shard, self._carried(shard), None)
        with limited(self.asked.threads):
            compare(run, taken.recorders, int(mine.sum()))
        return mine

    def _runs(
        self, shard: Shard, carried: Carried | None, beside: ReturnedBeside | None
    ) -> tuple[Callable[..., Passes], Callable[..., Passes]]:
        """What runs over a shard, with gates or without, and over single sequences."""
        run: Callable[..., Passes] = partial(self._steps, shard, beside)
        alone: Callable[..., Passes] = partial(run, False)
        if carried:
            run, alone = carried.run, carried.alone
        if self.signals is not None:
            named = {name: one.ids for name, one in self.read.items() if not reading_of(name, self.texts)}
            run, alone = partial(_by_event, run, named), partial(_by_event, alone, named)
        return run, alone

    def _carried(self, shard: Shard) -> Carried | None:
        if self.documents is None or self.forward is None:
            return None
        documents = self.documents if shard == WHOLE else list(shard.of(self._longest_first))
        at = self.answer.at if self.answer else None
        model, text = module_of(self.model), self.texts[""]
        return Carried(model, text, documents, self.forward, self.plan, self.batch_steps, self.fills[""], self.own, at)

    def recording(self, taken: Taken) -> Recording:
        """Everything that was `taken` in of the whole text, as a recording."""
        asked, plan, answer, effects = self.asked, self.plan, self.answer, self.effects
        states = {name: {of.name: of for of in recorder.result()} for name, recorder in taken.recorders.items()}
        followed = self.read[answer.at.reading if answer else ""].ids
        rerun = Rerun(
            self.model,
            self.texts,
            self.fills,
            self.batch_steps,
            self.forward,
            plan,
            answer,
            taken.watch.target if taken.watch else None,
            followed.lengths,
            self.weights,
            fingerprint,
            self.documents,
            self.own,
            asked.threads,
            effects.head if effects else None,
            self.signals.frames if self.signals else None,
        )
        published = np.unique(np.concatenate([np.zeros(0, int), *(of.published for of in states[""].values())]))
        affected = effects.result(published, rerun) if effects else None
        remembered = taken.memory.result(rerun, affected.pushes if affected else None) if taken.memory else None

        def recording(name: str, readings: Mapping[str, Recording]) -> Recording:
            answered = answer is not None and name == answer.at.reading
            one = self.read[name]
            return Recording(
                model_name=type(self.model).__name__,
                parameters=sum(p.numel() for p in self.model.parameters()) if isinstance(self.model, nn.Module) else 0,
                weights=self.weights,
                cell=cell_name(self.recurrent) or type(self.model).__name__,
                words=one.words,
                tokens=one.ids,
                keys=one.keys,
                labels=one.labels,
                notes=tuple(plan.notes),
                checked=asked.check,
                minimum_count=asked.minimum_count,
                frequent_count=asked.frequent_count,
                bounded=frozenset(self.bounded),
                states=states[name],
                readings=readings,
                attention=None if name else taken.attention.result(),
                answers=taken.watch.result() if taken.watch and answered else None,
                effects=affected if answered else None,
                answer_memory=remembered if answered else None,
                next_weights=effects.next_weights if effects and answered else {},
                rerun=rerun,
                measured=one.sample.measured,
                channels=replace(self.signals.channels, correlations=taken.channels.result())
                if self.signals and taken.channels and not name
                else None,
            )

        return recording("", {name: recording(name, {}) for name in self.read if name})

    def _steps(
        self, shard: Shard, beside: ReturnedBeside | None, gates: bool, only: np.ndarray | None = None
    ) -> Passes:
        """All steps of a shard, or one at a time those of the sequences at `only`."""
        answer: Returned | None = self.answer.at if self.answer else None
        texts, fills, plan, forward = self.texts, self.fills, self.plan, self.forward
        if forward is None:
            source: Any = self.model
            for batch in source_steps(
                source,
                texts[""],
                self.batch_steps,
                fills[""],
                only,
                answer=answer,
                equal=plan.equal,
                frames=self.signals.frames if self.signals else None,
                shard=shard,
            ):
                yield {"": batch}
            return
        model = module_of(self.model)
        if only is None:
            told = beside.in_batch if beside else None
            runs = run_batches(model, texts, self.batch_steps, fills, forward, plan, gates, told, answer, shard=shard)
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


def _take(hashed: Any, said: Any, arrays: Iterable[np.ndarray | None]) -> None:
    """Take what is said and `arrays` into a hash."""
    hashed.update(json.dumps(said, default=list).encode())
    for of in arrays:
        hashed.update(b"-" if of is None else f"{of.dtype} {of.shape} ".encode() + np.ascontiguousarray(of).tobytes())


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
