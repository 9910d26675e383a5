"""A recorded `StateSource`, whose steps are code of its own, made into a step model, and held against it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rnnvis.recording.holding import Hold
from rnnvis.recording.returned import Returned
from rnnvis.recording.source import StateSource, can_be_held, sizes_of, source_steps, takes_hold
from rnnvis.recording.step_model import graphs, own_graphs
from rnnvis.recording.step_model.answer_head import Answered
from rnnvis.recording.step_model.chains import SAME
from rnnvis.recording.step_model.making import GRAPH, NEAR, NO_ANSWER, Made, checked, graph_head, off_along
from rnnvis.recording.step_model.model import StepModel
from rnnvis.recording.step_model.running import GraphError
from rnnvis.recording.step_model.spec import HeadSpec, Spec, Steps
from rnnvis.recording.step_model.tensors import Tensors, UnfitError
from rnnvis.recording.step_model.watching import Layer, Watched, chosen
from rnnvis.text.encoding import WordsSpec

SPREAD, ROW = 512, 16
"""So many words of the vocabulary, at most, are read whether they occur or not, in rows of so many."""
SHORTEST, LONGEST = 32, 96
"""Words that an answer to a whole text reads: as many as the longest text has, between these."""
HELD = 3
"""So many sentences are run with states held."""


@dataclass(frozen=True)
class OwnWatch:
    """How a source is run to be watched, a sentence at a time; `Watch.run` of a module."""

    source: StateSource
    fill: int
    answer: Returned | None

    def run(self, sentences: Sequence[np.ndarray]) -> tuple[list[Watched], list[Layer], list[str]]:
        """What each of `sentences` came to; of a source no layers are known."""
        return [self.held(sentence, ()) for sentence in sentences], [], []

    def held(self, sentence: np.ndarray, holds: Sequence[Hold]) -> Watched:
        """What one came to with states held."""
        row = np.arange(1)
        [batch] = source_steps(self.source, [sentence], 1, self.fill, row, holds, self.answer)
        given = batch.answer
        known = np.flatnonzero(given.known) if given is not None else np.zeros(0, np.int64)
        values = None if given is None or not len(known) else given.of(known).detach().cpu()
        return Watched(np.asarray(sentence), {}, batch.states, batch.previous, (), values, known)


def make(
    watch: OwnWatch,
    texts: Sequence[np.ndarray],
    words: int,
    answered: Answered | None,
    of_words: WordsSpec | None,
) -> Made:
    """The step model of the source that `watch` runs, over `texts` of `words` words.

    One step is exported as an ONNX graph of the word and of all states, and so is its answer: of a word and the states
    after it, or else of all words and the states along them. They are run over up to 50 of the texts, over words of the
    whole vocabulary, and with states held, and must come to the states and the answers of the source. UnfitError: it
    does not say how its states are held, has states that are matrices, cannot be exported, or comes to other states.
    """
    source = watch.source
    sizes = _sizes(source)
    if (absent := graphs.missing()) is not None:
        raise UnfitError(f"{type(source).__name__} is a StateSource, whose steps are exported as an ONNX graph", absent)
    some = chosen(texts)
    if not some:
        raise UnfitError("there are no words to run", "give at least one sequence with words")
    watched, _, _ = watch.run(some)
    watched += _spread(watch, words)
    tensors = Tensors()
    layers = [_steps(source, sizes, back, watched, tensors) for back in (False, True) if _of(sizes, back)]
    spec: Spec = {
        "format": 3,
        "reads": {"kind": "ids", "words": words},
        "layers": [*layers],
        "states": list(sizes),
        "head": None,
        "words": of_words,
    }
    bare = StepModel(spec, tensors.of)
    try:
        gap, _ = checked(bare, watched, None, None, NEAR)
        _check_held(bare, watch, some, sizes, None)
    except GraphError as error:
        raise UnfitError(f"the graph of its steps: {error.message}", error.fix) from error
    if answered is None:
        return Made(bare, gap)
    found, unanswered = _answering(watch, some, watched, sizes, answered, bare)
    return found if found is not None else Made(bare, gap, unanswered)


def _sizes(source: StateSource) -> dict[str, int]:
    """Units of its states; UnfitError where they cannot be put in."""
    if not takes_hold(source):
        raise own_graphs.missing_hold(source)
    sizes: dict[str, int] = {}
    for name, shape in sizes_of(source).items():
        if len(shape) > 1:
            raise UnfitError(
                f'"{name}" of {type(source).__name__} is a matrix, of which summaries are recorded that no step can '
                "start from",
                f'hand its numbers out as a vector, {{"{name}": {int(np.prod(shape))}}}, for a step model',
            )
        sizes[name] = shape[0]
    return sizes


def _of(sizes: dict[str, int], back: bool) -> dict[str, int]:
    return {name: units for name, units in sizes.items() if (".reverse." in name) == back}


def _steps(
    source: StateSource, sizes: dict[str, int], back: bool, watched: Sequence[Watched], tensors: Tensors
) -> Steps:
    mine = _of(sizes, back)
    initial: dict[str, str | None] = {}
    for name in mine:
        firsts = np.stack([one.previous[name][-1 if back else 0] for one in watched])
        if np.abs(firsts - firsts[0]).max() > SAME * max(1.0, float(np.abs(firsts).max())):
            raise UnfitError(
                f'"{name}" of {type(source).__name__} starts from another state in each sequence',
                "a StateSource whose states start from zero, or always from the same state, has a step model",
            )
        initial[name] = tensors.add(f"{name}.initial", firsts[0]) if firsts[0].any() else None
    graph = "steps.reverse.onnx" if back else "steps.onnx"
    try:
        tensors.of[graph] = own_graphs.step_graph(source, mine, back)
    except UnfitError as error:
        raise UnfitError(f"the steps of {type(source).__name__}: {error.message}", error.fix) from error
    return {
        "name": graph.removesuffix(".onnx"),
        "cell": "graph",
        "graph": graph,
        "states": mine,
        "reversed": back,
        "initial": initial,
    }


def _spread(watch: OwnWatch, words: int) -> list[Watched]:
    """What words of the whole vocabulary come to, the last one among them, whether they occur or not."""
    ids = np.unique(np.linspace(0, words - 1, SPREAD).astype(np.int64))
    try:
        return watch.run([ids[i : i + ROW] for i in range(0, len(ids), ROW)])[0]
    except Exception as error:  # Any error of the user's own code, for words that it was never given.
        raise UnfitError(
            f"{type(watch.source).__name__} cannot read every word of the vocabulary: {error}",
            "give a vocabulary of the words that it reads, rnnvis.record(model, sequences, vocabulary)",
        ) from error


def _answering(
    watch: OwnWatch,
    some: Sequence[np.ndarray],
    watched: Sequence[Watched],
    sizes: dict[str, int],
    answered: Answered,
    bare: StepModel,
) -> tuple[Made | None, str]:
    """The same with its answer; or None, and why."""
    source, answer = watch.source, watch.answer
    assert answer is not None
    if not can_be_held(source):
        return None, str(
            UnfitError(
                f"{type(source).__name__}.answers does not say how its states are held",
                "let answers take one more argument, answers(self, batch, hold), and make them of steps(batch, hold)",
            )
        )
    longest = min(LONGEST, max(SHORTEST, *(len(text) for text in some)))
    short = list(watched)
    if any(len(one.tokens) > longest for one in watched):
        short, _, _ = watch.run([one.tokens[:longest] for one in watched])

    def after_word() -> tuple[np.ndarray, HeadSpec]:
        file = own_graphs.word_graph(source, answer, sizes, answered.rounded)
        return file, {**graph_head(answer, answered, short[0], list(sizes)), "at": "each", "along": True}

    def after_all() -> tuple[np.ndarray, HeadSpec]:
        file = own_graphs.padded_graph(source, answer, sizes, answered.rounded, longest)
        return file, {**graph_head(answer, answered, short[0], list(sizes)), "longest": longest}

    ways: list[tuple[str, Callable[[], tuple[np.ndarray, HeadSpec]], Sequence[Watched]]] = []
    if not _of(sizes, True):
        ways.append(("of the last word and the states after it", after_word, watched))
    ways.append(("of all words and the states along them", after_all, short))
    reasons = []
    for said, way, of in ways:
        try:
            file, head = way()
            model = StepModel({**bare.spec, "head": head}, {**bare.tensors, GRAPH: file})
            gap, off = checked(model, of, None, answered, NEAR)
            off = off or off_along(model, watch, of, answered, NEAR)
            if not off:
                _check_held(model, watch, [one.tokens for one in of[: len(some)]], sizes, answered)
                return Made(model, gap), ""
            reasons.append(f"{said}: {off}")
        except (UnfitError, GraphError) as error:
            reasons.append(f"{said}: {error.message}")
    return None, str(UnfitError(f"its answer as a graph {'; '.join(reasons)}", NO_ANSWER))


def _check_held(
    model: StepModel, watch: OwnWatch, texts: Sequence[np.ndarray], sizes: dict[str, int], answered: Answered | None
) -> None:
    """UnfitError unless the model comes to what the source comes to with states held."""
    bare = watch if answered is not None else replace(watch, answer=None)
    long = sorted(texts, key=len)[-HELD:]
    for text, holds in ((one, held) for one in long for held in _holds(sizes, len(one))):
        wanted = bare.held(text, holds)
        try:
            checked(model, [wanted], None, answered, NEAR, holds)
        except UnfitError as error:
            raise UnfitError(f"with states held, {error.message}", error.fix) from error


def _holds(sizes: dict[str, int], words: int) -> Iterator[list[Hold]]:
    """Every state held in every way, from the middle of the text on."""
    middle = words // 2
    for name, units in sizes.items():
        some = np.arange(0, units, 2)
        yield [
            Hold(name, some, np.linspace(-0.5, 0.5, len(some)), first=middle),
            Hold(name, np.arange(1, units, 2), scale=-1.5),
        ]
        yield [Hold(name, some, None, first=middle)]
