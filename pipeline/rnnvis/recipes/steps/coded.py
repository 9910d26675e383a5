"""What the stage `features` needs of each kind of model: states to train on, concepts, and what judges the features."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa

from rnnvis.api.ablating import Ablated
from rnnvis.api.ablation_tables import SEQUENCES, Judged, even, judged
from rnnvis.api.features import replaced
from rnnvis.api.record import record
from rnnvis.api.recording import Recording
from rnnvis.api.rerun import Rerun
from rnnvis.config import LanguageModelConfig, PronouncerConfig
from rnnvis.errors import RnnvisError
from rnnvis.measures.recorder import STATES_BYTES
from rnnvis.nets.checkpoints import load_language_model
from rnnvis.nets.pronouncer import Pronouncer, load_pronouncer
from rnnvis.published import files
from rnnvis.published.publishing import read_manifest
from rnnvis.recipes.keep.index import read_index
from rnnvis.recipes.keep.project import Dataset, Project
from rnnvis.recipes.spoken import Spoken, spoken
from rnnvis.recipes.steps.ablate import guesses, judged_by
from rnnvis.recipes.steps.corpus import corpus_step, load_corpus
from rnnvis.recipes.steps.language_recorder import head_state, language_model_by
from rnnvis.recipes.steps.pronounce import PROBE, described, pronounce_step, recorded
from rnnvis.recipes.steps.record import record_step
from rnnvis.recipes.steps.tag import load_parts, parts_in_context, tag_step
from rnnvis.recipes.steps.train import train_step
from rnnvis.recording.code import SparseCode
from rnnvis.text.corpus import RECORDED, Corpus
from rnnvis.text.kinds.pronunciations import pronounced
from rnnvis.text.releases import first_release

WORDS_TRAINED, WORDS_JUDGED = 10_000, 1000
PAIRS_IN = 0.01
"""Share of the words from which on a pair of letters is a concept."""
WORDS_OF_DOCUMENT = 400
ENCODER = "encoder.0.h"


@dataclass(frozen=True)
class Coded:
    """`shown` is measured as the published model is; codes of its `state` are trained on the kept states of `trained`,
    whose steps `concepts` name. `replaced` says what the answer loses by a code on other text, `judged` by its features
    alone. `figures` are more of a code, by name. `parts` [W] are the words' parts of speech, −1 for none, `steps` the
    published table of steps, `splits` what is measured, and `titled` all states of the model."""

    state: str
    shown: Recording = field(repr=False)
    trained: Recording = field(repr=False)
    concepts: list[list[str | None]] = field(repr=False)
    replaced: Callable[[SparseCode], Ablated | None] = field(repr=False)
    judged: Callable[[SparseCode], Judged] = field(repr=False)
    figures: Callable[[SparseCode], dict[str, Any]] = field(repr=False)
    corpus: Corpus = field(repr=False)
    parts: np.ndarray = field(repr=False)
    steps: pa.Table = field(repr=False)
    splits: list[str]
    titled: list[str]
    published_count: int = 1


def coded_language_model(project: Project, dataset: Dataset, card: LanguageModelConfig) -> Coded:
    """The state that the head reads, of a language model; parts of speech.

    Codes are trained on sentences of the training text, and judged on the beginnings of the other documents.
    """
    corpus = load_corpus(corpus_step(project, dataset).folder(project.build))
    model, _ = load_language_model(train_step(project, dataset, card, card.seeds[0]).folder(project.build))
    state = head_state(model)
    measure = replace(dataset.config.measure, states_megabytes=STATES_BYTES // 2**20)
    found: Recording = language_model_by(_unanswered, model, corpus, measure, held_out=False)
    whole = found.states[state]
    folder = record_step(project, dataset, card, card.seeds[0]).folder(project.build)
    index = read_index(folder)
    parts = next(of["tables"]["states"] for of in index["states"] if of["name"] == state)
    there = files.read("states", [folder / state / part.name for part in parts], ["sentence_id"])
    shown = replace(found, states={state: whole.only(there["sentence_id"].to_numpy())})
    trained = replace(found, states={state: whole.only(corpus.indices("train"))})
    tagged = dict(zip(read := trained.states[state].published.tolist(), parts_in_context(corpus, read), strict=True))
    judging, _ = guesses(model, corpus, WORDS_OF_DOCUMENT)
    switched, group = guesses(model, corpus)
    return Coded(
        state,
        shown,
        trained,
        [tagged.get(i, [None] * len(row)) for i, row in enumerate(corpus.tokens)],
        lambda code: replaced(judging, code, np.arange(len(judging.tokens))),
        lambda code: judged_by(replace(switched, rerun=_with(switched.rerun, code)), group),
        lambda code: {},
        corpus,
        load_parts(tag_step(project, dataset).folder(project.build)).part,
        files.read("steps", [folder / part.name for part in index["tables"]["steps"]]),
        list(measure.splits),
        list(found.states),
        measure.published_count,
    )


def coded_pronouncer(project: Project, dataset: Dataset, card: PronouncerConfig) -> Coded:
    """The state of the encoder; pairs of letters. Codes are trained and judged on words that are not shown."""
    config = dataset.config
    many = config.source.most_sentences + WORDS_TRAINED + WORDS_JUDGED
    words = pronounced(replace(config, source=replace(config.source, most_sentences=many)), project.downloads)
    model, _ = load_pronouncer(first_release((card.release,), project.downloads))
    probes = len(config.probe)
    first = probes + config.source.most_sentences
    last = len(words) - min(WORDS_JUDGED, (len(words) - first) // 4)
    if not config.source.most_sentences or last == len(words):
        raise RnnvisError(
            f"{config.name}: features are found in words that are not shown, and all but {len(words) - first} are",
            "lower source.most_sentences in dataset.toml, or leave the table [features] out of the card",
        )
    parts = [spoken(model, part) for part in (words[:first], words[first:last], words[last:])]
    split = [PROBE if at < probes else RECORDED for at in range(len(parts[0].words))]
    shown = recorded(model, parts[0], split, card.published_words, dataset)
    trained, judging = (_recorded(model, part, dataset) for part in parts[1:])
    chosen = even(np.arange(len(judging.tokens)), SEQUENCES)
    corpus = described(parts[0], split, dataset, card, {})[config.name].corpus

    published = pronounce_step(project, dataset, card).folder(project.build)
    model_entry = read_manifest(published)["datasets"][0]["models"][0]

    def figures(code: SparseCode) -> dict[str, Any]:
        said = spoken(model, parts[2].words, lambda state: code.decoded(code.encoded(state)))
        return {"words": len(said.words), "exact": _exact(parts[2]), "exact_rebuilt": _exact(said)}

    return Coded(
        ENCODER,
        shown,
        trained,
        pairs([of.word for of in parts[1].words]),
        lambda code: replaced(judging, code, np.arange(len(judging.tokens))),
        lambda code: judged(_with(judging.rerun, code), chosen, code.name, None),
        figures,
        corpus,
        np.full(len(shown.words), -1, np.int8),
        files.read("steps", [published / file["path"] for file in model_entry["tables"]["steps"]["files"]]),
        [RECORDED],
        list(shown.states),
    )


def pairs(words: list[str]) -> list[list[str | None]]:
    """For each letter of each of the `words` the pair that it ends, and None after the word's end: of pairs that
    `PAIRS_IN` of the words have."""
    of = [[None, *(word[i - 1 : i + 1] for i in range(1, len(word))), None] for word in words]
    count = Counter(pair for row in of for pair in set(row) if pair is not None)
    often = {pair for pair, uses in count.items() if uses >= PAIRS_IN * len(words)}
    return [[pair if pair in often else None for pair in row] for row in of]


def _recorded(model: Pronouncer, found: Spoken, dataset: Dataset) -> Recording:
    """The model along all of these words."""
    words = len(found.words)
    return recorded(model, found, [RECORDED] * words, words, dataset)


def _unanswered(*given: Any, sample: Any, **named: Any) -> Recording:
    """`record` without answers."""
    return record(*given, **{**named, "outputs": "none", "sample": replace(sample, answered=None)})


def _exact(found: Spoken) -> float:
    return float((found.edits == 0).mean())


def _with(rerun: Rerun | None, code: SparseCode) -> Rerun:
    assert rerun is not None
    return replace(rerun, codes={code.name: code})
