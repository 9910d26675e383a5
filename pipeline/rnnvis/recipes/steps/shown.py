"""Of which sentences states are published, where the model in the page works out those of the others."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rnnvis.measures.recorder import sampled
from rnnvis.published import files
from rnnvis.published.publishing import entry
from rnnvis.published.schema.manifest import ModelEntry
from rnnvis.text.corpus import Corpus

LEFT_OUT = ("states", "answer_memory")
"""Tables of which the page works out the rows of sentences that are left out."""
LONGEST = 500
"""Words of a sentence that the page runs at most: MOST_WORDS in viewer/src/data/made.ts."""


AT_ONCE = 10_000_000
"""Bytes of a model that the page fetches without a question: AT_ONCE in viewer/src/state/trying.svelte.ts."""


def worked_out(model: ModelEntry, recorded: Mapping[str, Any]) -> tuple[str, ...]:
    """The tables of `model` that its page can work out, of a classifier, which starts every sentence from zeros.

    States need a step model that answers, so that the page can hold it against the published answers, and that runs
    without a question. Parts of answers need a head that reads one state forward besides, as `recorded` says.
    """
    file = model.get("step_model")
    if (
        model["kind"] != "classifier"
        or file is None
        or model.get("no_step_model")
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


def publish_shown(
    model: ModelEntry,
    sentences: np.ndarray | None,
    recorded: tuple[Mapping[str, Any], Path],
    scratch: Path,
    target: Path,
) -> None:
    """Publish the tables `LEFT_OUT` of `model`: where its page works them out, the rows of `sentences`, int, alone; all
    for None."""
    index, folder = recorded
    fewer = () if sentences is None else worked_out(model, index)
    holders: list[tuple[Any, Mapping[str, Any], Path, Path]] = [(model, index, folder, scratch)]
    for state, of in zip(model["states"], index["states"], strict=True):
        holders.append((state, of, folder / of["name"], scratch / of["name"]))
    for holder, of, source, inside in holders:
        for name in (name for name in LEFT_OUT if name in of["tables"]):
            parts, place = of["tables"][name], source
            if name == "states":
                holder["published_sentences"] = of["published_sentences"]
            if name in fewer:
                rows = files.read(name, [source / part.name for part in parts])
                rows = rows.filter(pc.is_in(rows["sentence_id"], pa.array(sentences, pa.int32())))
                parts, place = files.write(name, rows, inside), inside
                if name == "states":
                    holder["published_sentences"] = len(pc.unique(rows["sentence_id"]))
            holder["tables"][name] = entry(name, parts, place, target)
