"""A recording as a published folder, beside the recordings of other models over the same text."""

from __future__ import annotations

import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rnnvis import progress
from rnnvis.config import Measure
from rnnvis.errors import RnnvisError, unusable
from rnnvis.measures.units.units import label_auc
from rnnvis.measures.words.parts_of_speech import PartsOfSpeech, looks_english, parts_of_speech
from rnnvis.measures.words.pieces import joining
from rnnvis.measures.words.selections import SELECTIONS
from rnnvis.published import columns, files, pairs
from rnnvis.published.clustered import cluster_state
from rnnvis.published.publishing import MANIFEST, entry, read_manifest, write_manifest
from rnnvis.published.recorded import write_state
from rnnvis.published.schema.manifest import DatasetEntry, DefaultView, ModelEntry, Tables
from rnnvis.text.corpus import RECORDED, Corpus
from rnnvis.version import __version__

if TYPE_CHECKING:
    from rnnvis.api.recording import Recording

SHOWN_STEPS, SHOWN_K = 12, 8
TAGGED = 200_000  # tokens whose part of speech is looked up: some ten seconds
MARK = re.compile(r"<[^<>\s]*>|\[[A-Z]+\]")  # words that stand for no word: <unk>, [PAD]
_OF_TEXT = ("states", "contexts")


@dataclass(frozen=True)
class Choices:
    """What the user chose for `Recording.publish`."""

    name: str
    dataset: str
    text: bool
    methods: tuple[str, ...]
    largest_k: int


def publish(recording: Recording, folder: Path, choices: Choices) -> str:
    """Write the tables of `recording` into `folder`, and its manifest anew; see `Recording.publish`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        datasets = _there(folder)
        scratch = Path(tempfile.mkdtemp(prefix=".rnnvis-", dir=folder))
    except OSError as error:
        raise unusable(error, folder) from error
    try:
        corpus = _corpus(recording)
        parts = _parts(corpus)
        dataset = _dataset(recording, corpus, parts, choices, scratch, folder)
        _join(datasets, dataset, folder)
        model = _model(recording, corpus, parts, choices, scratch, folder)
        dataset["models"] = [other for other in dataset["models"] if other["name"] != model["name"]] + [model]
        pairs.update(datasets, dataset["name"], model["name"], folder, scratch)
        dataset["view"] = dataset["view"] or (_view(recording, model) if choices.text else None)
        write_manifest(datasets, folder, f"rnnvis {__version__}")
    except OSError as error:
        raise unusable(error, folder) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return _said(recording, folder, choices)


def _there(folder: Path) -> list[DatasetEntry]:
    if (folder / MANIFEST).exists():
        return read_manifest(folder, exact=True)["datasets"]
    if any(path for path in folder.iterdir() if not path.name.startswith(".")):
        raise RnnvisError(f"{folder}: holds files, but no {MANIFEST} of rnnvis", "name an empty or a new folder")
    return []


def _join(datasets: list[DatasetEntry], dataset: DatasetEntry, folder: Path) -> None:
    """Put `dataset` in its place among `datasets`, with the models that are there already."""
    for place, before in enumerate(datasets):
        if before["name"] != dataset["name"]:
            continue
        for table in ("words", "sentences"):
            ours, theirs = (d["tables"].get(table) for d in (dataset, before))
            if ours != theirs:
                raise RnnvisError(
                    f'{folder}: its dataset "{dataset["name"]}" has other {table} than this recording',
                    "record the same sequences with the same vocabulary and publish them alike, or publish into "
                    "another folder, or under another name: publish(…, dataset=…)",
                )
        dataset["models"], dataset["view"] = before["models"], before["view"]
        dataset["tables"] = {**before["tables"], **dataset["tables"]}
        datasets[place] = dataset
        return
    datasets.append(dataset)


def _parts(corpus: Corpus) -> PartsOfSpeech:
    """Parts of speech from the recorded sentences, from an even choice of them where there are many; none where the
    words do not look English."""
    words = len(corpus.vocabulary)
    if not looks_english(corpus.vocabulary, corpus.counts):
        return PartsOfSpeech(np.full(words, -1, np.int8), np.full(words, np.nan, np.float32))
    every = slice(None, None, -(-int(corpus.counts.sum()) // TAGGED))
    found = parts_of_speech(corpus.tokens[every], corpus.surface[every], words)
    marks = [i for i, word in enumerate(corpus.vocabulary) if MARK.fullmatch(word)]
    found.part[marks], found.share[marks] = -1, np.nan
    return found


def _dataset(
    recording: Recording, corpus: Corpus, parts: PartsOfSpeech, choices: Choices, scratch: Path, folder: Path
) -> DatasetEntry:
    tables = {"words": columns.words(corpus, parts)}
    if choices.text:
        tables["sentences"] = columns.sentences(corpus)
    return {
        "name": choices.dataset,
        "title": choices.dataset,
        "licence": "as its owner says",
        "about": None,
        "labels": list(recording.labels.names),
        "splits": {RECORDED: len(corpus)} if choices.text else {},
        "view": None,
        "probes": {},
        "tables": {
            name: entry(name, files.write(name, table, scratch), scratch, folder) for name, table in tables.items()
        },
        "models": [],
    }


def _model(
    recording: Recording, corpus: Corpus, parts: PartsOfSpeech, choices: Choices, scratch: Path, folder: Path
) -> ModelEntry:
    measure = Measure(
        splits=(RECORDED,),
        minimum_count=recording.minimum_count,
        frequent_count=recording.frequent_count,
        methods=choices.methods,
        largest_k=choices.largest_k,
    )
    recorded, clustered = scratch / "recorded", scratch / "clustered"
    states: list[Any] = []
    with progress.bar("Clustering", total=len(recording.states) * len(SELECTIONS) * len(choices.methods)) as bar:
        for name, state in recording.states.items():
            binary = len(recording.labels.names) == 2
            index = write_state(
                state,
                corpus,
                recorded,
                title=title(name, list(recording.states)),
                frequent_count=recording.frequent_count,
                bounded=name in recording.bounded,
                auc=label_auc(state.last, recording.labels.of[state.ended]) if binary else None,
            )
            groups = cluster_state(recorded, clustered, index, corpus, parts.part, measure, bar)
            measured, grouped = index.pop("tables"), groups.pop("tables")
            left_out = () if choices.text else _OF_TEXT
            kept = {table: files_of for table, files_of in measured.items() if table not in left_out}
            states.append(
                {
                    **index,
                    **groups,
                    "published_sentences": len(state.published) if choices.text else 0,
                    "measured": {
                        "splits": [RECORDED],
                        "steps": recording.steps,
                        "sentences": len(corpus),
                        "minimum_count": measure.minimum_count,
                        "frequent_count": measure.frequent_count,
                    },
                    "tables": {
                        **{table: entry(table, of, recorded / name, folder) for table, of in kept.items()},
                        **{table: entry(table, of, clustered / name, folder) for table, of in grouped.items()},
                    },
                }
            )
    tables: Tables = {}
    if choices.text:
        written = files.write("steps", columns.plain_steps(corpus.tokens, _surprise(recording)), scratch)
        tables["steps"] = entry("steps", written, scratch, folder)
        if recording.attention:
            written = files.write("attention", columns.attention(recording.attention), scratch)
            tables["attention"] = entry("attention", written, scratch, folder)
    return {
        "name": re.sub(r"[^\w.-]+", "-", choices.name).strip("-").lower() or "model",
        "title": choices.name,
        "kind": "recording",
        "cell": recording.cell,
        "hash": recording.weights[:16],
        "parameters": recording.parameters,
        "seed": None,
        "classes": [],
        "provenance": {"class": recording.model_name, "weights_sha256": recording.weights},
        "tables": tables,
        "states": states,
    }


def _view(recording: Recording, model: ModelEntry) -> DefaultView:
    """What is shown first: the sequence whose length is nearest to what a screen holds, one step pinned."""
    lengths = np.array([len(row) for row in recording.tokens])
    first = int(np.argmin(np.abs(lengths - SHOWN_STEPS)))
    ks = model["states"][0]["k"]
    return {
        "model": model["name"],
        "sentence": recording.keys[first],
        "step": int(lengths[first]) // 2,
        "k": min(ks, key=lambda k: abs(k - SHOWN_K)) if ks else SHOWN_K,
        "words": [],
    }


def title(state: str, among: list[str]) -> str:
    """How a state is called on the page: “Layer 1, hidden h”, with direction and module where there are several."""
    path, kind = state.rsplit(".", 1)
    reverse = path.endswith(".reverse")
    module, layer = path.removesuffix(".reverse").rsplit(".", 1)
    modules = {other.rsplit(".", 1)[0].removesuffix(".reverse").rsplit(".", 1)[0] for other in among}
    words = [f"{module}, layer {int(layer) + 1}" if len(modules) > 1 else f"Layer {int(layer) + 1}"]
    if any(".reverse." in other for other in among):
        words.append("backward" if reverse else "forward")
    words.append({"h": "hidden h", "c": "cell c"}.get(kind, kind))
    return ", ".join(words)


def _surprise(recording: Recording) -> np.ndarray:
    found = [state.surprise for state in recording.states.values() if state.surprise is not None]
    return np.stack(found, axis=1)


def _corpus(recording: Recording) -> Corpus:
    words = recording.words
    everything = np.concatenate(recording.tokens)
    surface = [tuple(words[i] for i in row) for row in recording.tokens]
    joined = joining(words)
    return Corpus(
        name=RECORDED,
        labels=recording.labels.names,
        vocabulary=words,
        counts=np.bincount(everything, minlength=len(words)).astype(np.int64),
        special=(),
        tokens=list(recording.tokens),
        surface=surface,
        text=[joined(row) for row in surface],
        split=[RECORDED] * len(surface),
        label=recording.labels.of,
        score=np.full(len(surface), np.nan, np.float32),
        source=[RECORDED] * len(surface),
        key=recording.keys,
    )


def _said(recording: Recording, folder: Path, choices: Choices) -> str:
    readable = (
        f"{len(recording.tokens):,} sentences can be read there by whoever gets the folder"
        if choices.text
        else "no sentence can be read there; the vocabulary can"
    )
    return f'"{choices.name}" is in {folder}: {readable}. Look at it with rnnvis.serve({str(folder)!r}).'
