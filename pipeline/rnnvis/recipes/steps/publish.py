"""Stage `publish`: everything that is finished, as one folder of Parquet files and a manifest."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa

from rnnvis.config import Card, LanguageModelConfig, PronouncerConfig
from rnnvis.errors import RnnvisError, unusable
from rnnvis.progress import say
from rnnvis.published import columns, files, sizes, step_models
from rnnvis.published.entries import dataset_entry, model_entry, state_entry, table_entries, usual_view
from rnnvis.published.opening import opening_view
from rnnvis.published.publishing import adopt, digest, entry, place, write_manifest
from rnnvis.published.schema import BY_NAME
from rnnvis.published.schema.manifest import (
    DatasetEntry,
    DefaultView,
    EpochEntry,
    Measured,
    ModelEntry,
    StateEntry,
    StepModelFile,
    Tables,
)
from rnnvis.published.state_pairs import PAIR_TABLES
from rnnvis.published.writing import SCRATCH, alone
from rnnvis.recipes.keep.index import read_index
from rnnvis.recipes.keep.project import Dataset, Project
from rnnvis.recipes.keep.store import Step
from rnnvis.recipes.steps.ablate import ablate_step
from rnnvis.recipes.steps.cluster import cluster_step
from rnnvis.recipes.steps.compare import across_step, comparable, compare_step
from rnnvis.recipes.steps.corpus import corpus_step, load_corpus
from rnnvis.recipes.steps.features import add_features
from rnnvis.recipes.steps.film import published_epochs
from rnnvis.recipes.steps.pronounce import pronounce_step
from rnnvis.recipes.steps.record import record_step
from rnnvis.recipes.steps.results import metric_rows
from rnnvis.recipes.steps.shown import (
    LEFT_OUT,
    Kind,
    Runnable,
    cut,
    left_out,
    publish_shown,
    shown_sentences,
    worked_out,
)
from rnnvis.recipes.steps.step_model import card_step_model
from rnnvis.recipes.steps.tag import load_parts, tag_step
from rnnvis.recipes.steps.train import train_step
from rnnvis.recording.step_model.making import Made
from rnnvis.text.corpus import Corpus
from rnnvis.version import __version__

Runnables = dict[str, Runnable]
_SENTENCE = ["sentence_id"]


def publish(project: Project, names: Sequence[str] = (), states_megabytes: int | None = None) -> Path:
    """Write the manifest and the files it names into `site/explorer/data/`; returns that folder.

    A model is published when it has been trained, recorded and clustered with the present configuration and code;
    the others are left out. `states_megabytes` stands for what the datasets say as `published_states_megabytes`.
    """
    with alone(project.data):
        try:
            chosen = [_with_states(dataset, states_megabytes) for dataset in project.datasets(names)]
            across = _across(project, chosen)
            with TemporaryDirectory(dir=project.data, prefix=SCRATCH) as name:
                made = {dataset.config.name: _step_models(project, dataset, Path(name)) for dataset in chosen}
                if size := _size(project, chosen, made):
                    say(f"Publishing {sizes.told(size)}, besides words and sentences")
                found = [
                    entry
                    for dataset in chosen
                    for entry in _entries(project, dataset, across.get(dataset.config.name, {}), made, Path(name))
                ]
        except OSError as error:
            raise unusable(error, project.data) from error
        if not found:
            raise RnnvisError(
                "nothing to publish: no model is trained, recorded and clustered", "rnnvis regenerate --quick"
            )
        write_manifest(found, project.data, f"rnnvis {__version__}")
    return project.data


def _with_states(dataset: Dataset, megabytes: int | None) -> Dataset:
    """The dataset with so many megabytes of states to be published; as it is for None."""
    if megabytes is None:
        return dataset
    measure = replace(dataset.config.measure, published_states_megabytes=megabytes)
    return replace(dataset, config=replace(dataset.config, measure=measure))


def _entries(
    project: Project, dataset: Dataset, across: dict[str, pa.Table], made: Mapping[str, Runnables], models: Path
) -> list[DatasetEntry]:
    """What the manifest says of `dataset`: of a pronouncer a dataset of letters and one of phonemes."""
    if dataset.ready:
        return [entry for card in dataset.ready.values() for entry in _pronounced(project, dataset, card)]
    found = _dataset(project, dataset, across, made[dataset.config.name], models)
    return [found] if found else []


def _pronounced(project: Project, dataset: Dataset, card: PronouncerConfig) -> list[DatasetEntry]:
    """What the manifest says of a pronouncer, with the features of its encoder among the states."""
    step = pronounce_step(project, dataset, card)
    if not step.finished(project.build):
        return []
    found = adopt(step.folder(project.build), project.data)
    add_features(project, dataset, card, found[0]["models"][0])
    return found


def _step_models(project: Project, dataset: Dataset, folder: Path) -> Runnables:
    """The step models of the models that are published, by name; written into `folder`, as one may be large."""
    found: Runnables = {}
    for card in comparable(project, dataset):
        trained = train_step(project, dataset, card, card.seeds[0])
        _finished(project, dataset, corpus_step(project, dataset), trained)
        corpus = load_corpus(corpus_step(project, dataset).folder(project.build))
        made = card_step_model(trained.folder(project.build), dataset, card, corpus)
        file, why_none = _written(card, made, folder)
        kind: Kind = "language model" if isinstance(card, LanguageModelConfig) else "classifier"
        found[card.name] = {"kind": kind, "step_model": file, "no_step_model": why_none}
    return found


def _written(card: Card, made: Made | str, folder: Path) -> tuple[StepModelFile | None, str | None]:
    """The entry of a model's step model, which is written; and why it has none, or none that answers."""
    if isinstance(made, str):
        return None, made
    try:
        return step_models.write(made.model, folder), made.unanswered or None
    except RnnvisError as error:
        return None, f"{card.title}: {error.message}"


def _size(project: Project, datasets: Sequence[Dataset], made: Mapping[str, Runnables]) -> Counter[str]:
    """Bytes by table of what the stages have left to be published, without what is left out of states."""
    found: Counter[str] = Counter()
    for dataset in datasets:
        cards = comparable(project, dataset)
        corpus = load_corpus(corpus_step(project, dataset).folder(project.build)) if cards else None
        sentences = _shown(project, dataset, cards, corpus, None) if corpus else None
        for card in cards:
            model = made[dataset.config.name][card.name]
            for epoch in (None, *_epochs(project, dataset, card)):
                of_epoch: Counter[str] = Counter()
                for step in _steps(project, dataset, card, epoch):
                    of_epoch += sizes.of_files(step.folder(project.build).rglob("*.parquet"))
                found += of_epoch - left_out(model, _recorded(project, dataset, card.name, epoch), sentences)
            if file := model["step_model"]:
                found["step_model"] += file["bytes"]
    return found


def _steps(project: Project, dataset: Dataset, card: Card, epoch: int | None) -> list[Step]:
    seed = card.seeds[0]
    measured = [step(project, dataset, card, seed, epoch) for step in (record_step, cluster_step)]
    return measured if epoch is not None else [*measured, ablate_step(project, dataset, card, seed)]


def _dataset(
    project: Project, dataset: Dataset, across: dict[str, pa.Table], made: Runnables, models_folder: Path
) -> DatasetEntry | None:
    config = dataset.config
    cards = comparable(project, dataset)
    models = [_model(project, dataset, card.name, made[card.name], models_folder) for card in cards]
    if not models:
        return None
    corpus = load_corpus(corpus_step(project, dataset).folder(project.build))
    scratch = project.build / "scratch" / config.name
    parts = load_parts(tag_step(project, dataset).folder(project.build))
    tables = {"words": columns.words(corpus, parts), "sentences": columns.sentences(corpus)}
    probes = [i for i, split in enumerate(corpus.split) if split == "probe"]
    key_of = {probe.name: next(corpus.key[i] for i in probes if corpus.text[i] == probe.text) for probe in config.probe}
    shown = _view(project, dataset, corpus, models, key_of)
    sentences = _shown(project, dataset, cards, corpus, shown)
    for model in models:
        recorded = _recorded(project, dataset, model["name"])
        fewer = cut(made[model["name"]], recorded[0]) if sentences is not None else ()
        inside = scratch / model["name"]
        publish_shown(model, fewer, sentences, recorded, inside, project.data)
        for of in (model.get("epochs") or [])[:-1]:  # the last is the model itself
            earlier = _recorded(project, dataset, model["name"], of["epoch"])
            publish_shown(of, fewer, sentences, earlier, inside / f"epoch-{of['epoch']}", project.data)
        if sentences is not None and not worked_out(made[model["name"]], recorded[0]):
            say(_unseen(dataset, model))
        card = dataset.cards[model["name"]]
        if isinstance(card, LanguageModelConfig):
            add_features(project, dataset, card, model)
    return dataset_entry(
        name=config.name,
        title=config.title,
        licence=config.licence,
        about=config.about,
        labels=corpus.labels,
        splits={s: corpus.split.count(s) for s in ("probe", "train", "valid", "test")},
        view=shown,
        probes=key_of,
        tables={
            name: entry(name, files.write(name, table, scratch), scratch, project.data)
            for name, table in tables.items()
        }
        | _pairs(project, compare_step(project, dataset, cards), across, scratch),
        models=models,
    )


def _view(
    project: Project, dataset: Dataset, corpus: Corpus, models: list[ModelEntry], probes: dict[str, str]
) -> DefaultView | None:
    """What is shown first: the probe that the configuration names, else a test sentence whose states are published.

    It is one whose answer turns at a word, and where there is none the one that fills a screen best.
    """
    view = dataset.config.view
    model = next((model for model in models if view and model["name"] == view.model), models[0])
    if view and view.probe:
        words = list(view.words)
        return {
            "model": model["name"],
            "sentence": probes[view.probe],
            "step": view.step,
            "k": view.k,
            "words": words,
        }
    index, folder = _recorded(project, dataset, model["name"])
    state = index["states"][0]
    rows = files.read("states", [folder / state["name"] / part.name for part in state["tables"]["states"]], _SENTENCE)
    test = np.intersect1d(corpus.indices("test"), rows["sentence_id"].to_numpy())
    known = corpus.counts >= dataset.config.measure.minimum_count
    found = opening_view(model, project.data, test, corpus, known=known, **({"k": view.k} if view else {}))
    return found or usual_view(model, test, np.array([len(row) for row in corpus.tokens]), corpus.key)


def _shown(
    project: Project, dataset: Dataset, cards: Sequence[Card], corpus: Corpus, view: DefaultView | None
) -> np.ndarray | None:
    """Numbers of the sentences whose states are published where a page can work out the others; None for all."""
    asked = dataset.config.measure
    if asked.published_states_megabytes >= asked.states_megabytes:
        return None
    recorded = [_recorded(project, dataset, card.name) for card in cards]
    return shown_sentences(corpus, recorded, asked.published_states_megabytes, [view["sentence"]] if view else [])


def _unseen(dataset: Dataset, model: ModelEntry) -> str:
    """What a reader of a model will miss, whose page cannot work out the states that are left out."""
    said = ", ".join(f"{of['name']} of {of['published_sentences']:,}" for of in model["states"])
    return (
        f"{dataset.config.name}, {model['title']}: states are published of some sentences alone ({said}), and its page "
        "does not work out those of the others by itself"
    )


def _recorded(
    project: Project, dataset: Dataset, name: str, epoch: int | None = None
) -> tuple[Mapping[str, Any], Path]:
    """The index of what the stage `record` left of a model, at its end or after `epoch`, and its folder."""
    card = dataset.cards[name]
    recorded = record_step(project, dataset, card, card.seeds[0], epoch)
    _finished(project, dataset, recorded)
    folder = recorded.folder(project.build)
    return read_index(folder), folder


def _across(project: Project, datasets: Sequence[Dataset]) -> dict[str, dict[str, pa.Table]]:
    """Pairs of states of different datasets: by dataset of the first state, then by table."""
    with_models = [(dataset, cards) for dataset in datasets if (cards := comparable(project, dataset))]
    if len(with_models) < 2:
        return {}
    folder = across_step(project, with_models).run(project.build)
    names = [dataset.config.name for dataset, _ in with_models]
    return {name: _rows(read_index(folder / name)["tables"], folder / name) for name in names}


def _pairs(project: Project, compared: Step, across: dict[str, pa.Table], scratch: Path) -> dict[str, Any]:
    folder = compared.folder(project.build)
    own = _rows(read_index(folder)["tables"], folder) if compared.finished(project.build) else {}
    found = {}
    for name in (name for name in PAIR_TABLES if name in own or name in across):
        rows = pa.concat_tables([tables[name] for tables in (own, across) if name in tables])
        order = [(column, "ascending") for column in BY_NAME[name].sorted_by]
        found[name] = entry(name, files.write(name, rows.sort_by(order), scratch), scratch, project.data)
    return found


def _rows(tables: dict[str, Any], folder: Path) -> dict[str, pa.Table]:
    return {name: files.read(name, [folder / part.name for part in parts]) for name, parts in tables.items()}


def _model(project: Project, dataset: Dataset, name: str, made: Runnable, models: Path) -> ModelEntry:
    card = dataset.cards[name]
    seed = card.seeds[0]
    trained = train_step(project, dataset, card, seed)
    measured = record_step(project, dataset, card, seed)
    _finished(project, dataset, corpus_step(project, dataset), tag_step(project, dataset), trained, measured)
    folder = trained.folder(project.build)
    about = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    corpus = load_corpus(corpus_step(project, dataset).folder(project.build))
    scratch = project.build / "scratch" / dataset.config.name / name
    recorded = read_index(measured.folder(project.build))
    figures = metric_rows(project, dataset, card, corpus) + recorded.get("figures", [])
    metrics = files.write("metrics", columns.metrics(figures), scratch)
    tables, states = _measured(project, dataset, card, None, LEFT_OUT)
    tables["metrics"] = entry("metrics", metrics, scratch, project.data)
    model = model_entry(
        name=name,
        title=card.title,
        kind=made["kind"],
        cell=card.cell.upper(),
        weights_hash=_short(digest(folder / "model.safetensors")),
        parameters=about["parameters"],
        seed=seed,
        classes=corpus.labels,
        provenance={"weights_sha256": digest(folder / "model.safetensors"), **about},
        tables=tables,
        states=states,
    )
    model["answer"] = recorded["answer"]
    model["step_model"], model["no_step_model"] = made["step_model"], made["no_step_model"]
    if file := made["step_model"]:
        place(models, file, project.data)
    epochs: list[EpochEntry] = []
    for epoch in _epochs(project, dataset, card):
        of_epoch = _measured(project, dataset, card, epoch, LEFT_OUT)
        weights = _short(about["epochs"][f"epoch-{epoch}"])
        epochs.append({"epoch": epoch, "hash": weights, "tables": of_epoch[0], "states": of_epoch[1]})
    if epochs:
        last: EpochEntry = {"epoch": about["best_epoch"], "hash": model["hash"], "tables": tables, "states": states}
        model["epochs"] = [*epochs, last]
    return model


def _epochs(project: Project, dataset: Dataset, card: Card) -> list[int]:
    """The epochs before its end of which the model is published too."""
    trained = train_step(project, dataset, card, card.seeds[0]).folder(project.build)
    about = json.loads((trained / "model.json").read_text(encoding="utf-8"))
    return [e for e in published_epochs(card) if f"epoch-{e}" in about["epochs"] and e < about["best_epoch"]]


def _short(weights: str) -> str:
    """A model's hash in links, from the SHA-256 of its weights."""
    return hashlib.sha256(weights.encode()).hexdigest()[:16]


def _measured(
    project: Project, dataset: Dataset, card: Card, epoch: int | None, left_out: Collection[str] = ()
) -> tuple[Tables, list[StateEntry]]:
    """Tables and states of a model at its end, or after `epoch`; without the tables `left_out`."""
    seed, measure = card.seeds[0], dataset.config.measure
    steps = [step(project, dataset, card, seed, epoch) for step in (record_step, cluster_step)]
    _finished(project, dataset, *steps)
    recorded, clustered = (step.folder(project.build) for step in steps)
    index, clusters = read_index(recorded), read_index(clustered)
    carried, without = _ablated(project, dataset, card, epoch)
    text = index["measured"]
    measured: Measured = {
        "splits": text["splits"],
        "steps": text["steps"],
        "sentences": text["sentences"],
        "minimum_count": measure.minimum_count,
        "frequent_count": measure.frequent_count,
    }
    states = []
    for state, clustering in zip(index["states"], clusters["states"], strict=True):
        folders = recorded / state["name"], clustered / state["name"]
        found = state_entry(state, clustering, measured, folders, project.data, left_out=left_out)
        found["tables"] |= without.get(state["name"], {})
        states.append(found)
    kept = {name: parts for name, parts in index["tables"].items() if name not in left_out}
    return table_entries(kept, recorded, project.data) | carried, states


def _ablated(project: Project, dataset: Dataset, card: Card, epoch: int | None) -> tuple[Tables, dict[str, Tables]]:
    """The tables of the stage `ablate`: the model's, and those of its states; none where it has not been run, and none
    of an earlier epoch."""
    step = ablate_step(project, dataset, card, card.seeds[0])
    if epoch is not None or not step.finished(project.build):
        return {}, {}
    folder = step.folder(project.build)
    index = read_index(folder)
    states = {of["name"]: table_entries(of["tables"], folder / of["name"], project.data) for of in index["states"]}
    return table_entries(index["tables"], folder, project.data), states


def _finished(project: Project, dataset: Dataset, *steps: Step) -> None:
    for step in steps:
        if not step.finished(project.build):
            raise RnnvisError(
                f"{step.stage} {step.label}: {step.folder(project.build)} is missing or damaged",
                f"rnnvis regenerate {dataset.config.name}: it makes anew what is damaged",
            )
