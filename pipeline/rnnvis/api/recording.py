"""What `rnnvis.record` gives back."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rnnvis.api.ablating import Ablated, ablate
from rnnvis.api.inputs import Labels
from rnnvis.api.intervening import Chip
from rnnvis.api.rerun import Rerun
from rnnvis.api.step_models import made_of
from rnnvis.api.streams import answers_from_the_last_steps, drift
from rnnvis.arguments import ANY, checks_arguments, shown
from rnnvis.errors import RnnvisError
from rnnvis.measures.figures import Figure
from rnnvis.measures.outputs.answer import Answers
from rnnvis.measures.outputs.answer_memory import AnswerMemory
from rnnvis.measures.outputs.pushes import Effects
from rnnvis.measures.outputs.remembering import Remembered
from rnnvis.measures.recorder import StateRecord
from rnnvis.measures.sentences.attention import Attention
from rnnvis.measures.states.drift import Drift
from rnnvis.measures.units.channels import Channels
from rnnvis.measures.units.units import Units
from rnnvis.measures.words.responses import Responses
from rnnvis.recording.step_model.making import Made
from rnnvis.recording.step_model.model import StepModel

if TYPE_CHECKING:
    from rnnvis.api.ablation_tables import Without
    from rnnvis.api.compared_features import Compared
    from rnnvis.api.features import Features
    from rnnvis.measures.words.parts_of_speech import PartsOfSpeech
    from rnnvis.published.clustered import Clustered


@dataclass
class Kept:
    """What publishing found out about a recording, for the next time: the parts of speech of its words, and clusters
    by (state, methods, largest k); the losses without units and chips, by (seconds allowed, methods, largest k); step
    models, by whether they are in half precision. And what was asked last of its streams."""

    speech: PartsOfSpeech | None = None
    clustered: dict[tuple[str, tuple[str, ...], int], Clustered] = field(default_factory=dict)
    without: dict[tuple[float | None, tuple[str, ...], int], Without] = field(default_factory=dict)
    step_models: dict[bool, Made] = field(default_factory=dict)
    drift: dict[str, Drift] | None = None
    remembered: Remembered | None = None


@dataclass(frozen=True)
class Recording:
    """Everything measured of one model over some sequences.

    `responses["rnn.0.h"]` are the expected responses of a state's units to every word, as `Responses`: `.mean`
    float32 [words, units], `.count` int64 [words], `.standard_error` float32 [words, units]. `units["rnn.0.h"]` are
    the measures of its units. `states["rnn.0.h"].of(3)` are the states along the fourth sentence, [steps, units], in
    half precision (single where they are too large or too small for it). `words` are the words by id.

    `readings` holds by name what modules did that read tokens of their own, each with its words and tokens; their
    states are in `responses` and `units` too. `attention` are the weights that a StateSource gave. `answers` is what
    the model answered, None where that is not known, and `effects` what each step and word does to it; `answer_memory`
    is what of each word is still in it, where a linear head reads it from states that gates keep. Of a model that
    says the next word, `next_weights` are the weights [V, H] of its linear head by state. `notes` says, a sentence
    each, how modules read that do not simply read word t at step t, what was taken for the answer, and what reads it.
    `checked` is whether a sample of sequences was run again alone and came to the same; None of what no model was run
    for. `rerun` runs the model again, None of what is no model here; it is not saved with the recording. `channels` are
    the numbers of the signals that were recorded, and `channels.correlations["gru.0.h"]` how its units go along with
    them, `.value` and `.standard_error` float32 [units, channels]; None of words. `measured` bool [sequences] are those
    that the measures took, None for all; `figures` by state are more that is published of it as a whole.
    """

    model_name: str
    parameters: int
    weights: str
    cell: str
    words: tuple[str, ...] = field(repr=False)
    tokens: Sequence[np.ndarray] = field(repr=False)
    keys: list[str] = field(repr=False)
    labels: Labels = field(repr=False)
    minimum_count: int
    frequent_count: int
    bounded: frozenset[str] = field(repr=False)
    states: Mapping[str, StateRecord] = field(repr=False)
    readings: Mapping[str, Recording] = field(repr=False, default_factory=dict)
    attention: Attention | None = field(repr=False, default=None)
    answers: Answers | None = field(repr=False, default=None)
    effects: Effects | None = field(repr=False, default=None)
    answer_memory: AnswerMemory | None = field(repr=False, default=None)
    next_weights: Mapping[str, np.ndarray] = field(repr=False, default_factory=dict)
    notes: tuple[str, ...] = field(repr=False, default=())
    checked: bool | None = field(repr=False, default=None)
    rerun: Rerun | None = field(repr=False, compare=False, default=None)
    channels: Channels | None = field(repr=False, compare=False, default=None)
    measured: np.ndarray | None = field(repr=False, compare=False, default=None)
    figures: Mapping[str, tuple[Figure, ...]] = field(repr=False, default_factory=dict)
    kept: Kept = field(repr=False, init=False, compare=False, default_factory=Kept)

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "rerun": None}

    @property
    def responses(self) -> dict[str, Responses]:
        """Expected responses by the name of the state."""
        return {name: state.responses for name, state in self._all().items()}

    @property
    def units(self) -> dict[str, Units]:
        """Measures of the units by the name of the state."""
        return {name: state.units for name, state in self._all().items()}

    @property
    def steps(self) -> int:
        """Steps that were recorded."""
        return sum(map(len, self.tokens))

    def _all(self) -> dict[str, StateRecord]:
        found = dict(self.states)
        for reading in self.readings.values():
            found |= reading.states
        return found

    def __repr__(self) -> str:
        states = ", ".join(f"{name} [{len(state.units.mean)}]" for name, state in self._all().items())
        return f"Recording of {self.model_name}: {len(self.tokens):,} sequences, {self.steps:,} steps; states {states}"

    def _repr_html_(self) -> str:
        """The explorer, for notebooks; a table of the states where the viewer is not built."""
        return self._notebook

    @checks_arguments(self=ANY)
    def ablate(
        self,
        units: Any = None,
        state: str | None = None,
        hold: Any = "zero",
        from_step: int | None = None,
        sequences: Any = None,
        *,
        chip: Chip | None = None,
    ) -> Ablated:
        """What the model answers, and its loss, while units of one state are held after every step: whatever reads
        them, the next step, the next layer, the head, reads what they are held at.

        `units` are numbers (default: all) of `state`, which has to be named where there are several; or `chip` names
        those of a published cluster, (method, selection, k, cluster). `hold` is "zero", "mean" (over the recorded
        steps), "before" (what each unit was before, so that it stays as it is), a number, or values: [units], or
        [sequences, units], ascending in both. With `from_step` they are held from that word on, counted from 0; a state
        that reads backwards from there to the first word. What a sequence starts from is not held. `sequences` are
        numbers (default: all of them).

        An LSTM's h and c are two states: where c is held, h is what follows from that; where h is, c goes on by itself.

        Raises RnnvisError: no model that can be run or one that has changed, answers that are not known, a state, unit,
        chip or sequence that is not there, a module with a forward of its own that goes on with other states, states
        that are carried from sequence to sequence, a StateSource whose steps take no `hold`.
        """
        return ablate(self, units, state, hold, from_step, sequences, chip)

    @checks_arguments(self=ANY)
    def step_model(self, *, half: bool = False) -> StepModel:
        """The recorded model as layers and a head that run without torch, word by word, with states held or not: what
        a published page runs. See `rnnvis.StepModel`.

        Its shape is told from what it does: words (or vectors) into stacks of RNN, GRU, LSTM or their cells, in one or
        both directions, then linear layers and usual activations on the last state, on each, or on their mean or
        maximum. It is run over up to 50 of the sequences and must come to the same states and answers at every step, to
        1e-4 of max(1, |s|); with `half` its weights are in half precision, and must come to the same to 1e-3.

        Raises RnnvisError, naming the module, the reason and the fix: a model of another shape, one that differs by
        more, no model that can be run, one that has changed since it was recorded.
        """
        return made_of(self, half).model

    @checks_arguments(self=ANY)
    def features(
        self, state: str | None = None, *, latents: int = 512, k: int = 16, seed: int = 0, steps: int = 3000
    ) -> Features:
        """A state as a few of many features: a top-k sparse autoencoder with so many `latents`, of which `k` are not 0
        at a step, trained for `steps` batches of 1,024 states, drawn by `seed`.

        It is trained on the kept states of one half of the sequences (by a hash of their words), and judged on the
        other. `Features.recording` has the latents as one more state, "rnn.0.h.features", with everything that
        states have: responses, chips, clouds, `ablate`, `rnnvis.patch`, `rnnvis.search`, a place in `publish`. A latent
        that is held changes the state along its own direction; what the code does not hold stays as it is.

        Raises RnnvisError: a state that is not there, is kept at too few steps (20 a latent), never changes or holds
        values that are no numbers; `latents` below 2 or `k` above `latents`.
        """
        from rnnvis.api.features import features

        return features(self, state, latents, k, seed, steps)

    @checks_arguments(self=ANY, found=ANY)
    def with_features(self, found: Features) -> Recording:
        """This recording with features that were found in another one of the same model, of more text perhaps, as one
        more state: what `Features.recording` is of that one.

        Raises RnnvisError: a state that is not there, or that has another number of units; no features.
        """
        from rnnvis.api.features import Features, with_features

        if not isinstance(found, Features):
            raise RnnvisError(f"found is {shown(found)}", "pass what recording.features(…) gave")
        return with_features(self, found)

    @checks_arguments(self=ANY)
    def compare_features(
        self,
        concepts: Any,
        state: str | None = None,
        *,
        latents: int = 512,
        k: int = 16,
        seeds: Sequence[int] = (0, 1, 2),
        steps: int = 3000,
    ) -> Compared:
        """How well single features tell `concepts`, beside single units: F1 on held-out steps, over several seeds.

        `concepts` are, for each sequence, the names of its steps, None for none: parts of speech, pairs of letters.
        Those at 20 steps or more in both halves count. For each seed the sequences are halved anew, a code is trained
        on one half, the best feature and the best unit of each concept are chosen there with their thresholds (a unit's
        from above or from below), and judged on the other half.

        Raises RnnvisError: as `features`; concepts of other sequences or steps, or of too few uses; no seeds.
        """
        from rnnvis.api.compared_features import compare

        return compare(self, concepts, state, latents, k, seeds, steps)

    @checks_arguments(self=ANY, ages=ANY)
    def drift(self, ages: Iterable[int] | None = None) -> dict[str, Drift]:
        """By state: the mean of each unit by age of its stream, in standard deviations of the young state.

        A stream is what states are carried through (`initial="carried"`), else each sequence. `ages` are the steps at
        which classes of age begin, rising from 0, and the end of the last one; the first class is the young one
        (default: up to 16 steps, then 32, 64, …). All sequences are run again. States that read backwards are left out.
        What was asked last is published.

        Raises RnnvisError: ages that do not rise from 0, no model that can be run or one that has changed.
        """
        self.kept.drift = drift(self, ages)
        return self.kept.drift

    @checks_arguments(self=ANY, steps=ANY, answers=ANY)
    def remembered(self, steps: Iterable[int] = (1, 2, 4, 8, 16, 32, 64), answers: int = 500) -> Remembered:
        """How much of the answer is remembered from further back than so many `steps`: the total variation between the
        answer from the whole past and that of the model that starts anew and reads the last steps alone.

        The past is that of a stream (`initial="carried"`), else of each sequence. Up to so many `answers` are compared,
        evenly chosen from those with more than the largest of `steps` behind them, the same for each. What was asked
        last is published.

        Raises RnnvisError: answers that are not known, no stream that is long enough, a model with a text or a call of
        its own, no model that can be run or one that has changed.
        """
        self.kept.remembered = answers_from_the_last_steps(self, steps, answers)
        return self.kept.remembered

    # Publishing is imported when it is asked for: it loads scikit-learn, which takes seconds.

    @cached_property
    def _notebook(self) -> str:
        from rnnvis.api.notebook import frame, summary
        from rnnvis.api.page import check_viewer, inlined
        from rnnvis.published.inlining import LIMIT

        try:
            check_viewer()
            with tempfile.TemporaryDirectory(prefix="rnnvis-") as folder:
                self.publish(folder)
                return frame(inlined(Path(folder), LIMIT))
        except RnnvisError as problem:
            return summary(self, problem)

    @checks_arguments(self=ANY)
    def to_html(
        self,
        path: str | Path,
        name: str | None = None,
        *,
        text: bool = True,
        limit: int | None = None,
        methods: Sequence[str] = ("block",),
        largest_k: int = 30,
        ablation: bool | float = 20,
        step_model: bool | str = True,
    ) -> str:
        """Write the explorer with this recording into one HTML file, to open from disk or to send; see
        `rnnvis.to_html`. All but `path` and `limit` are as in `publish`. Returns a sentence about the file.
        """
        from rnnvis.api.page import check_page, to_html
        from rnnvis.published.inlining import LIMIT

        check_page(path)
        with tempfile.TemporaryDirectory(prefix="rnnvis-") as folder:
            self.publish(
                folder,
                name,
                text=text,
                methods=methods,
                largest_k=largest_k,
                ablation=ablation,
                step_model=step_model,
            )
            return to_html(folder, path, limit=LIMIT if limit is None else limit)

    @checks_arguments(self=ANY)
    def publish(
        self,
        folder: str | Path,
        name: str | None = None,
        *,
        text: bool = True,
        dataset: str = "recorded text",
        methods: Sequence[str] = ("block",),
        largest_k: int = 30,
        states_bytes: int | None = None,
        ablation: bool | float = 20,
        step_model: bool | str = True,
    ) -> str:
        """Write everything into `folder` as Parquet and a manifest; returns sentences on what can be read there.

        `name` is shown for the model (default: its class). Recordings of other models over the same sequences and
        vocabulary may be published into the same folder and are then compared; one of the same name is replaced.
        `text=False` leaves the sequences out: what is left are the vocabulary, the responses and the clusters, but no
        sentence and no state along one. `methods` and `largest_k` say which co-clusterings are made; they are kept,
        so that publishing again clusters nothing anew. A state that cannot be clustered (a single unit, too little
        text) is published without clusters, and what is returned names it and says why.

        `states_bytes` publishes of each state about so many bytes of states along sentences: those of a sample, chosen
        by a hash of their words, so that states of one width have the same ones. Otherwise they are published as
        recorded. About how large the folder will be is said on standard error before anything is clustered.
        Where the loss is known, the model runs again without each unit and each chip of up to twelve, on up to 400
        sequences. `ablation` is how many seconds that may take, about: it is estimated, and fewer sequences are taken
        or none, which is said. True is as long as it takes, False not at all; what was found is kept too.

        The model itself is published as a step model, with its weights, so that a page can run it on other text: see
        `step_model`. A model of another shape is not, nor any without text (a model may know by heart what it was
        trained on); it is said why. `step_model="half"` writes weights in half precision, False none.

        Where states are carried, their drift and what answers remember are published: as `drift` and `remembered` were
        asked last, else by their defaults, up to 200,000 steps.

        What a module read of its own (`readings`) becomes a dataset of its own beside the first, "<dataset>, <module>".

        Raises RnnvisError: the folder cannot be written, holds something else, or holds a dataset of this name made
        from other sequences; an unknown method; no sentence fits into `states_bytes`. All of that is looked for before
        anything is clustered.
        """
        from rnnvis.api.choices import Choices
        from rnnvis.api.folder import publish

        if not self._all():
            raise RnnvisError("there are no states to publish", "record a model that holds a recurrent layer")
        called = self.model_name if name is None else name
        if text and any(state.surprise is None for state in self._all().values()):
            raise RnnvisError("this recording was made without the surprise of its steps", "publish it with text=False")
        parts = {dataset: self} | {f"{dataset}, {module}": part for module, part in self.readings.items()}
        with_states = {name: part for name, part in parts.items() if part.states}
        chosen = (methods,) if isinstance(methods, str) else tuple(methods)
        choices = Choices(called, text, chosen, largest_k, _seconds(ablation), states_bytes, step_model)
        return publish(with_states, Path(folder), choices)


def _seconds(ablation: Any) -> float | None:
    """What ablation may take: 0 for not at all, None for as long as it takes."""
    if isinstance(ablation, bool):
        return None if ablation else 0.0
    if not isinstance(ablation, int | float) or not 0 <= ablation < float("inf"):
        raise RnnvisError(f"ablation is {ablation!r}", "give the seconds that it may take, or False or True")
    return float(ablation)
