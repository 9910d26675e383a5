"""Of which sentences states are published, where the model in the page works out those of the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypedDict

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rnnvis.measures.recorder import sampled
from rnnvis.published import files
from rnnvis.published.publishing import entry
from rnnvis.published.schema.manifest import EpochEntry, ModelEntry, StepModelFile
from rnnvis.text.corpus import Corpus

LEFT_OUT = ("states", "answer_memory")
"""Tables of which rows are left out: the page works them out, or says that they are not there."""
LONGEST = 500
"""Words of a sentence that the page runs at most: MOST_WORDS in viewer/src/data/made.ts."""


AT_ONCE = 10_000_000
"""Bytes of a model that the page fetches without a question: AT_ONCE in viewer/src/state/trying.svelte.ts."""


Kind = Literal["classifier", "language model"]


class Runnable(TypedDict):
    """Of a model, what its page can run: the entry of its step model, and why it has none, or none that answers."""

    kind: Kind
    step_model: StepModelFile | None
    no_step_model: str | None


def worked_out(model: Runnable, recorded: Mapping[str, Any]) -> tuple[str, ...]:
    """The tables of `model` that its page works out by itself, of a classifier, which starts every sentence from zeros.

    States need a step model that answers, so that the page can hold it against the published answers, and that runs
    without a question. Parts of answers need a head that reads one state forward besides, as `recorded` says.
    """
    file = model["step_model"]
    if (
        model["kind"] != "classifier"
        or file is None
        or model["no_step_model"]
        or file.get("runtime")
        or file["bytes"] > AT_ONCE
    ):
        return ()
    read = [state["name"] for state in recorded["states"] if state["read_by_head"]]
    return LEFT_OUT if len(read) == 1 and ".reverse." not in read[0] else ("states",)


def shown_sentences(
    corpus: Corpus, recorded: Sequence[tuple[Mapping[str, Any], Path]], megabytes: int, also: Collection[str]
) -> np.ndarray:
    """Numbers of the sentences whose states are published, int64 ascending: about `megabytes` a state.

    Always those in which a unit is most active, the probes, those with the keys `also`, and those that are too long for
    the page; of the others a sample by a hash of their words. `recorded` are the indexes of models with their folders.
    """
    lengths = np.array([len(words) for words in corpus.tokens])
    always = np.array(corpus.split) == "probe"
    always |= np.isin(corpus.key, [*also]) | (lengths > LONGEST)
    units = 1
    for index, folder in recorded:
        for state in index["states"]:
            units = max(units, state["units"])
            parts = [folder / state["name"] / part.name for part in state["tables"].get("contexts", [])]
            always[files.read("contexts", parts, ["sentence_id"])["sentence_id"].to_numpy()] = True
    return sampled(corpus.key, 2 * units * lengths, always, megabytes * 2**20)


def cut(model: Runnable, recorded: Mapping[str, Any]) -> tuple[str, ...]:
    """The tables of `model` whose rows are left out: those that its page works out, all where it works out none."""
    return worked_out(model, recorded) or LEFT_OUT


def left_out(model: Runnable, recorded: tuple[Mapping[str, Any], Path], sentences: np.ndarray | None) -> Counter[str]:
    """About how many bytes of what is recorded of `model` are left out, by table, where `sentences` are published."""
    found: Counter[str] = Counter()
    if sentences is None:
        return found
    index, folder = recorded
    for of, source in _holders(index, folder):
        for name in (name for name in cut(model, index) if name in of["tables"]):
            paths = [source / part.name for part in of["tables"][name]]
            kept = np.isin(files.read(name, paths, ["sentence_id"])["sentence_id"].to_numpy(), sentences)
            if len(kept):
                found[name] += round(sum(path.stat().st_size for path in paths) * (1 - kept.mean()))
    return found


def _holders(index: Mapping[str, Any], folder: Path) -> list[tuple[Mapping[str, Any], Path]]:
    """What has tables: the model and its states, each with the folder that they lie in."""
    return [(index, folder), *((of, folder / of["name"]) for of in index["states"])]


def publish_shown(
    holder: ModelEntry | EpochEntry,
    fewer: Collection[str],
    sentences: np.ndarray | None,
    recorded: tuple[Mapping[str, Any], Path],
    scratch: Path,
    target: Path,
) -> None:
    """Publish the tables `LEFT_OUT` of a model, at its end or after an epoch: of those named in `fewer` the rows of
    `sentences`, int; all of the others."""
    index, folder = recorded
    entries: list[Any] = [holder, *holder["states"]]
    for found, (of, source) in zip(entries, _holders(index, folder), strict=True):
        for name in (name for name in LEFT_OUT if name in of["tables"]):
            parts, place = of["tables"][name], source
            if name == "states":
                found["published_sentences"] = of["published_sentences"]
            if name in fewer:
                rows = files.read(name, [source / part.name for part in parts])
                rows = rows.filter(pc.is_in(rows["sentence_id"], pa.array(sentences, pa.int32())))
                place = scratch if of is index else scratch / of["name"]
                parts = files.write(name, rows, place)
                if name == "states":
                    found["published_sentences"] = len(pc.unique(rows["sentence_id"]))
            found["tables"][name] = entry(name, parts, place, target)
