"""A recording as a published folder, beside the recordings of other models over the same text."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from threadpoolctl import threadpool_limits

from rnnvis import progress
from rnnvis.api.ablation_tables import published_ablation
from rnnvis.api.choices import Choices, size
from rnnvis.api.described import Described
from rnnvis.api.step_models import made_of
from rnnvis.api.stream_tables import add_streams
from rnnvis.config import Measure
from rnnvis.errors import RnnvisError, unusable
from rnnvis.measures.clusters.methods import METHODS
from rnnvis.measures.recorder import STATES_BYTES
from rnnvis.measures.units.units import label_auc
from rnnvis.measures.words.parts_of_speech import PartsOfSpeech, looks_english, no_parts, parts_of_speech
from rnnvis.measures.words.pieces import joining, readable
from rnnvis.measures.words.selections import SELECTIONS
from rnnvis.published import columns, files, pairs, sizes, step_models
from rnnvis.published.answered import Told
from rnnvis.published.clustered import cluster_state
from rnnvis.published.entries import (
    dataset_entry,
    model_entry,
    state_entry,
    state_title,
    table_entries,
    usual_view,
)
from rnnvis.published.opening import opening_view
from rnnvis.published.publishing import MANIFEST, digest, named_files, read_manifest, tables_of, whole, write_manifest
from rnnvis.published.recorded import UNPUBLISHED, write_state
from rnnvis.published.schema.manifest import (
    DatasetEntry,
    DefaultView,
    Measured,
    ModelEntry,
    Nouns,
    StateEntry,
    StepModelFile,
    Tables,
)
from rnnvis.published.signals import dataset_tables
from rnnvis.published.writing import alone, is_plain
from rnnvis.published.writing import scratch as new_scratch
from rnnvis.text.corpus import RECORDED, Corpus
from rnnvis.text.sentences import Sentences
from rnnvis.version import __version__

if TYPE_CHECKING:
    from rnnvis.api.recording import Recording

LARGEST_K = 255
TAGGED = 200_000  # tokens whose part of speech is looked up: some ten seconds
MARK = re.compile(r"<[^<>\s]*>|\[[A-Z]+\]")  # words that stand for no word: <unk>, [PAD]
SIGNAL_NOUNS: Nouns = {"step": "event", "steps": "events", "sentence": "signal", "sentences": "signals"}
_OF_TEXT = ("states", "contexts", "unit_pairs")
_HASHED = re.compile(r"[a-z_]+-([0-9a-f]{16})\.(?:parquet|pack|safetensors)")
_TEXT = "text"  # words and sentences wait there until it is known that they may be published


def publish(
    parts: Mapping[str, Recording], folder: Path, choices: Choices, described: Mapping[str, Described] | None = None
) -> str:
    """Write the tables of the recordings `parts`, by dataset, into `folder`, and its manifest anew; see
    `Recording.publish`. Whatever can be known to be wrong is found before anything is clustered. Datasets are
    `described` where more is known of them than was recorded."""
    _check(parts, choices)
    _check_folder(folder)
    # Small work: a second thread only waits, and beside other programs for long.
    with alone(folder), threadpool_limits(limits=1):
        return _published(parts, folder, choices, described or {})


def _published(
    parts: Mapping[str, Recording], folder: Path, choices: Choices, described: Mapping[str, Described]
) -> str:
    scratch = None
    try:
        datasets = _there(folder)
        scratch = new_scratch(folder)
        _room(parts.values(), folder)
        progress.say(f"Publishing about {sizes.told(size(parts.values(), choices))}")
        begun = [
            _begin(name, recording, choices, scratch / str(i), described.get(name))
            for i, (name, recording) in enumerate(parts.items())
        ]
        for part in begun:
            name = _read_before(part.dataset["name"], parts)
            if name is not None:
                part.dataset["source"] = name
            _join(datasets, part.dataset, folder)
        for path in (path for part in begun for path in (part.scratch / _TEXT).iterdir()):
            path.replace(folder / path.name)
        without = []
        for part in begun:
            dataset, model = part.dataset, _model(part, choices, folder)
            dataset["models"] = [other for other in dataset["models"] if other["name"] != model["name"]] + [model]
            pairs.update(datasets, dataset["name"], model["name"], folder, part.scratch)
            if choices.text and dataset["view"] is None:
                dataset["view"] = _view(part, choices, model, folder)
            without += [
                f"Without clusters: {s['name']}: {s['unclustered']}" for s in model["states"] if s.get("unclustered")
            ]
            without += [_said_of_model(model)]
            of = part.recording.kept.without.get(choices.ablated_as)
            without += [of.said] if of and of.left_out else []
        write_manifest(datasets, folder, f"rnnvis {__version__}")
    except OSError as error:
        raise unusable(error, folder) from error
    except UnicodeEncodeError as error:
        raise RnnvisError(f"{error.object!r} is no Unicode text", "name it in another way") from None
    finally:
        if scratch is not None:
            shutil.rmtree(scratch, ignore_errors=True)
        _forget_unnamed(folder)
    return _said(parts, folder, choices, without)


def _read_before(name: str, parts: Mapping[str, Recording]) -> str | None:
    """The dataset of the input, of whose recording the dataset `name` is a reading; None for the input itself."""
    return next((of for of, one in parts.items() if any(name == f"{of}, {module}" for module in one.readings)), None)


def _check(parts: Mapping[str, Recording], choices: Choices) -> None:
    unknown = [name for name in choices.methods if name not in METHODS]
    if unknown:
        raise RnnvisError(f'unknown co-clustering method "{unknown[0]}"', f"methods: {', '.join(METHODS)}")
    if not 2 <= choices.largest_k <= LARGEST_K:
        raise RnnvisError(f"largest_k is {choices.largest_k}", f"give a number of clusters from 2 to {LARGEST_K}")
    states = {name: state for of in parts.values() for name, state in of.states.items()}
    if not any(state.responses.mean.any() for state in states.values()):
        raise RnnvisError(
            f"no word moves any unit of {', '.join(states)}",
            "check that these are states of the model, one at each step: they never change",
        )


def _room(recordings: Iterable[Recording], folder: Path) -> None:
    """Refuse a disk on which not even the arrays that are written as they are find room."""
    states = [state for recording in recordings for state in recording.states.values()]
    needed = sum(getattr(state.responses, name).nbytes for state in states for name in UNPUBLISHED)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise RnnvisError(
            f"{folder}: {free / 1e6:,.0f} MB are free there, and at least {needed / 1e6:,.0f} MB are needed",
            "free some disk space, or name a folder on another disk",
        )


def _there(folder: Path) -> list[DatasetEntry]:
    if (folder / MANIFEST).exists():
        manifest = read_manifest(folder, exact=True)
        for _, _, table in tables_of(manifest):
            for file in table["files"]:
                whole(folder, file)
        for _, _, model in step_models.of_manifest(manifest):
            whole(folder, model)
        return manifest["datasets"]
    return []


def _check_folder(folder: Path) -> None:
    """Refuse a folder of somebody else's files, before anything is left in it."""
    try:
        found = list(folder.iterdir()) if folder.exists() and not (folder / MANIFEST).exists() else []
    except OSError as error:
        raise unusable(error, folder) from error
    if any(not (path.name.startswith(".") or _ours(path)) for path in found):
        raise RnnvisError(f"{folder}: holds files, but no {MANIFEST} of rnnvis", "name an empty or a new folder")


def _ours(path: Path) -> bool:
    """Whether `path` is a file of rows called by its own content, as a publish that was stopped leaves them."""
    found = _HASHED.fullmatch(path.name)
    return bool(found and is_plain(path) and digest(path).startswith(found[1]))


def _forget_unnamed(folder: Path) -> None:
    """Drop the files of a publish that did not come to its end: those of rows which no manifest names."""
    with suppress(RnnvisError, OSError):
        named = named_files(read_manifest(folder)) if (folder / MANIFEST).exists() else set()
        for path in folder.iterdir():
            if path.name not in named and _ours(path):
                path.unlink()


def _join(datasets: list[DatasetEntry], dataset: DatasetEntry, folder: Path) -> None:
    """Put `dataset` in its place among `datasets`, with the models that are there already."""
    for place, before in enumerate(datasets):
        if before["name"] != dataset["name"]:
            continue
        for table in ("words", "sentences", "channels"):
            ours, theirs = (d["tables"].get(table) for d in (dataset, before))
            if ours != theirs:
                raise RnnvisError(
                    f'{folder}: its dataset "{dataset["name"]}" has other {table} than this recording',
                    "record the same sequences with the same vocabulary and publish them alike, or publish into "
                    "another folder, or under another name: publish(…, dataset=…)",
                )
        if before["labels"] and dataset["labels"] and before["labels"] != list(dataset["labels"]):
            raise RnnvisError(
                f'{folder}: its dataset "{dataset["name"]}" has the classes {", ".join(before["labels"])}, and this '
                f"recording {', '.join(dataset['labels'])}",
                "name them alike: rnnvis.record(…, classes=[…]); or publish under another name: publish(…, dataset=…)",
            )
        dataset["labels"] = dataset["labels"] or before["labels"]
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
        return no_parts(words)
    every = slice(None, None, -(-int(corpus.counts.sum()) // TAGGED))
    found = parts_of_speech(corpus.tokens[every], corpus.surface[every], words)
    marks = [i for i, word in enumerate(corpus.vocabulary) if MARK.fullmatch(word)]
    found.part[marks], found.share[marks] = -1, np.nan
    return found


@dataclass(frozen=True)
class _Part:
    """A recording on its way into a folder: its entry, which has no model yet, and what its text is."""

    dataset: DatasetEntry
    recording: Recording
    corpus: Corpus
    speech: PartsOfSpeech
    scratch: Path
    described: Described | None = None


def _begin(
    name: str, recording: Recording, choices: Choices, scratch: Path, described: Described | None = None
) -> _Part:
    corpus = described.corpus if described else recorded_corpus(recording)
    kept = recording.kept
    signals = recording.channels
    kept.speech = speech = kept.speech or (_parts(corpus) if signals is None else no_parts(len(corpus.vocabulary)))
    tables = {"words": columns.words(corpus, speech)}
    if choices.text:
        tables["sentences"] = columns.sentences(corpus)
    if signals is not None:
        tables |= dataset_tables(signals, recording.keys, choices.states_bytes or STATES_BYTES, choices.text)
    written = {table: files.write(table, of, scratch) for table, of in tables.items()}
    dataset = dataset_entry(
        name=name,
        title=described.title if described else name,
        licence=described.licence if described else "as its owner says",
        about=described.about if described else None,
        labels=_labels(recording),
        splits=Counter(corpus.split) if choices.text else {},
        view=described.view if described else None,
        probes=described.probes if described else {},
        tables=table_entries(written, scratch, scratch / _TEXT),
        models=[],
    )
    nouns = described.nouns if described and described.nouns else SIGNAL_NOUNS if signals is not None else None
    if nouns:
        dataset["nouns"] = nouns
    return _Part(dataset, recording, corpus, speech, scratch, described)


def _model(part: _Part, choices: Choices, folder: Path) -> ModelEntry:
    recording, corpus, scratch = part.recording, part.corpus, part.scratch
    measure = Measure(
        splits=(RECORDED,),
        minimum_count=recording.minimum_count,
        frequent_count=recording.frequent_count,
        methods=choices.methods,
        largest_k=choices.largest_k,
    )
    measured: Measured = {
        "splits": [RECORDED],
        "steps": sum(len(corpus.tokens[i]) for i in corpus.indices(RECORDED)),
        "sentences": len(corpus.indices(RECORDED)),
        "minimum_count": measure.minimum_count,
        "frequent_count": measure.frequent_count,
    }
    recorded, clustered = scratch / "recorded", scratch / "clustered"
    binary = len(recording.labels.names) == 2
    states = []
    with progress.bar("Clustering", total=len(recording.states) * len(SELECTIONS) * len(choices.methods)) as bar:
        for name, state in choices.shown(recording).items():
            index = write_state(
                state,
                corpus,
                recorded,
                title=state_title(name, recording.states),
                frequent_count=recording.frequent_count,
                bounded=name in recording.bounded,
                effects=recording.effects,
                next_weights=recording.next_weights.get(name),
                auc=label_auc(state.last, recording.labels.of[state.ended]) if binary else None,
                correlations=recording.channels.correlations.get(name) if recording.channels else None,
                figures=recording.figures.get(name, ()),
            )
            key = (name, choices.methods, choices.largest_k)
            found = recording.kept.clustered.get(key)
            if found is None:
                found = cluster_state(recorded / name, index, corpus, part.speech.part, measure, bar)
                recording.kept.clustered[key] = found
            grouped = found.write(clustered / name)
            left_out = () if choices.text else _OF_TEXT
            places = (recorded / name, clustered / name)
            states.append(state_entry(index, grouped, measured, places, folder, left_out=left_out))
    told = told_of(recording)
    tables: Tables = {}
    if choices.text:
        written = {"steps": files.write("steps", told.steps(), scratch)}
        if (predictions := told.predictions()) is not None:
            written["predictions"] = files.write("predictions", predictions, scratch)
        if recording.attention:
            written["attention"] = files.write("attention", columns.attention(recording.attention), scratch)
        if recording.answer_memory:
            shown = np.unique(np.concatenate([state.published for state in choices.shown(recording).values()]))
            memory = columns.answer_memory(recording.answer_memory.only(shown))
            written["answer_memory"] = files.write("answer_memory", memory, scratch)
        tables = table_entries(written, scratch, folder)
    if part.described and part.described.figures is not None:
        figures = list(part.described.figures)
    else:
        figures = told.metrics(recording.keys, len(recording.words), RECORDED)
    if recording.answer_memory and recording.answer_memory.deletion:
        figures += recording.answer_memory.deletion.rows(RECORDED)
    if figures:
        metrics = files.write("metrics", columns.metrics(figures), scratch)
        tables |= table_entries({"metrics": metrics}, scratch, folder)
    entry = model_entry(
        name=re.sub(r"[^\w.-]+", "-", choices.name).strip("-").lower() or "model",
        title=choices.name,
        kind=_kind(recording),
        cell=recording.cell,
        weights_hash=recording.weights[:16],
        parameters=recording.parameters,
        seed=None,
        classes=recording.answers.classes if recording.answers else (),
        provenance={"class": recording.model_name, "weights_sha256": recording.weights}
        | dict(part.described.provenance if part.described else {}),
        tables=tables,
        states=states,
    )
    entry |= {"answer": told.entry(), "checked": recording.checked, "notes": list(recording.notes)}
    entry["step_model"], entry["no_step_model"] = _step_model(part, choices, folder)
    if entry["no_step_model"]:
        entry["notes"] = [*entry["notes"], _said_of_model(entry)]
    if choices.ablation != 0:
        entry["ablation"] = _without(part, choices, states, folder)
    add_streams(recording, entry, part.scratch / "streams", folder)
    return entry


def _step_model(part: _Part, choices: Choices, folder: Path) -> tuple[StepModelFile | None, str | None]:
    """The step model's entry, which is written into `folder`; and why there is none, or none that answers."""
    recording = part.recording
    if not choices.text:
        return None, "it was published without text, and a model may know text by heart"
    if not choices.step_model:
        return None, "it was published with step_model=False"
    if recording.channels is not None:
        return None, "it reads the frames of signals, and a page has no more than words to type"
    try:
        known = part.described.step_model if part.described else None
        made = known or made_of(recording, half=choices.step_model == "half")
        return step_models.write(made.model, folder), made.unanswered or None
    except RnnvisError as error:
        return None, str(error)


def _without(part: _Part, choices: Choices, states: list[StateEntry], folder: Path) -> str:
    """Add the tables of ablation to the entries of the `states`; a sentence about them, or on why there are none."""
    recording = part.recording
    key = choices.ablated_as
    if key not in recording.kept.without:
        clustered = {
            name: recording.kept.clustered[name, choices.methods, choices.largest_k] for name in recording.states
        }
        labels = {n: of.tables["cluster_labels"] for n, of in clustered.items() if "cluster_labels" in of.tables}
        recording.kept.without[key] = published_ablation(recording, labels, choices.ablation)
    found = recording.kept.without[key]
    for state in states:
        for table, rows in found.tables.get(state["name"], {}).items():
            written = {table: files.write(table, rows, part.scratch / "without" / state["name"])}
            state["tables"] |= table_entries(written, part.scratch / "without" / state["name"], folder)
    return found.said


def told_of(recording: Recording) -> Told:
    """What a recorded model answered along its text, for the tables."""
    return Told(Sentences.of(recording.tokens), _surprise(recording), recording.answers, recording.effects)


def _kind(recording: Recording) -> Literal["classifier", "language model", "recording"]:
    """What the outputs of a recorded model mean, as the manifest says it."""
    means = recording.answers.means if recording.answers else None
    return "classifier" if means == "class" else "language model" if means == "next word" else "recording"


def _labels(recording: Recording) -> tuple[str, ...]:
    """Names of the sentences' classes: those of the labels, or of what the model says of a sentence."""
    said = recording.answers.classes if recording.answers and recording.answers.means == "class" else ()
    return said or recording.labels.names


def _view(part: _Part, choices: Choices, model: ModelEntry, folder: Path) -> DefaultView | None:
    """What is shown first: one of the sentences along which the first state is published, if possible one whose answer
    turns at a word."""
    recording, corpus = part.recording, part.corpus
    first = next(iter(choices.shown(recording).values()))
    known = corpus.counts >= recording.minimum_count
    found = opening_view(model, folder, first.published, corpus, known=known)
    return found or usual_view(model, first.published, np.array([len(row) for row in corpus.tokens]), corpus.key)


def _surprise(recording: Recording) -> np.ndarray:
    """Of every step by each state, [N, states]; nan where it was left out."""
    found = [state.surprise for state in recording.states.values() if state.surprise is not None]
    return np.stack(found, axis=1) if found else np.full((recording.steps, 1), np.nan, np.float32)


def recorded_corpus(recording: Recording) -> Corpus:
    """The recorded sequences as a corpus over the recorded vocabulary."""
    words = readable(recording.words)
    everything = np.concatenate(recording.tokens)
    surface = [tuple(words[i] for i in row) for row in recording.tokens]
    joined = joining(recording.words)
    return Corpus(
        name=RECORDED,
        labels=_labels(recording),
        vocabulary=words,
        counts=np.bincount(everything, minlength=len(words)).astype(np.int64),
        special=(),
        tokens=list(recording.tokens),
        surface=surface,
        text=[joined([recording.words[i] for i in row]) for row in recording.tokens],
        split=[RECORDED] * len(surface),
        label=recording.labels.of,
        score=np.full(len(surface), np.nan, np.float32),
        source=[RECORDED] * len(surface),
        key=recording.keys,
        tags=_tags(recording),
    )


def _tags(recording: Recording) -> list[tuple[str, ...]] | None:
    """The name of each step's tag, empty where it has none."""
    labels = recording.labels
    if labels.tags is None:
        return None
    return [tuple(labels.tag_names[tag] if tag >= 0 else "" for tag in row.tolist()) for row in labels.tags]


def _said(parts: Mapping[str, Recording], folder: Path, choices: Choices, without: Sequence[str]) -> str:
    """A sentence on what can be read in `folder`, and those on what is there `without` something."""
    each = [_counted(of) for of in parts.values()]
    if not choices.text:
        readable = "no sentence can be read there; the vocabulary can"
    else:
        named = [f'{said} of "{name}"' for name, said in zip(parts, each, strict=True)] if len(parts) > 1 else each
        readable = f"{' and '.join(named)} can be read there by whoever gets the folder"
    shown = f'"{choices.name}" is in {folder}: {readable}. Look at it with rnnvis.serve({str(folder)!r}).'
    return " ".join([shown, *without])


def _said_of_model(model: ModelEntry) -> str:
    """What the folder holds of the model itself, and what not and why."""
    entry, missing = model.get("step_model"), (model.get("no_step_model") or "").replace("\n  Fix: ", "; ")
    if entry is None:
        return f"Without the model itself: {missing}."
    held = f"The model's weights are there too ({entry['bytes'] / 1e6:,.1f} MB), so that a page can run it"
    return f"{held}, but without its answer: {missing}." if missing else f"{held}."


def _counted(recording: Recording) -> str:
    """`12 sentences`, of signals `12 signals`."""
    count = len(recording.tokens)
    what = "sentence" if recording.channels is None else "signal"
    return f"{count:,} {what}{'' if count == 1 else 's'}"
