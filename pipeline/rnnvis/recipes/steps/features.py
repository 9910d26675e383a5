"""Stage `features`: a state of a recorded model in a sparse code, as one more state that is published with it, and its
features held against its units."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from rnnvis import progress
from rnnvis.api.ablation_tables import ablation_tables, runs_of
from rnnvis.api.compared_features import compare
from rnnvis.api.features import Features
from rnnvis.api.recording import Recording
from rnnvis.config import LanguageModelConfig, PronouncerConfig, as_table
from rnnvis.measures.words.selections import SELECTIONS
from rnnvis.published import files
from rnnvis.published.clustered import cluster_state
from rnnvis.published.entries import state_entry, state_title, table_entries
from rnnvis.published.recorded import write_state
from rnnvis.published.schema.manifest import Measured, ModelEntry
from rnnvis.recipes.keep.index import read_index, write_index
from rnnvis.recipes.keep.project import Dataset, Project
from rnnvis.recipes.keep.store import Step
from rnnvis.recipes.steps.coded import Coded, coded_language_model, coded_pronouncer
from rnnvis.recipes.steps.pronounce import pronounce_step
from rnnvis.recipes.steps.record import record_step
from rnnvis.recipes.steps.tag import tag_step
from rnnvis.recipes.study import results
from rnnvis.recipes.study.features import told
from rnnvis.text.corpus import Corpus
from rnnvis.text.sentences import Sentences

Asked = LanguageModelConfig | PronouncerConfig
_RECORDED, _CLUSTERED = "recorded", "clustered"


def features_step(project: Project, dataset: Dataset, card: Asked) -> Step:
    """Train a code for each seed on states of the model, hold single features against single units, and measure those
    of the first seed as a state. The figures are written to `datasets/<name>/results/<model>-features.json` as well."""
    asked = card.features
    assert asked is not None
    inputs: dict[str, Any] = {"features": as_table(asked), "measure": as_table(dataset.config.measure)}
    if isinstance(card, PronouncerConfig):
        inputs |= {"pronounced": pronounce_step(project, dataset, card).key}
        label = f"{dataset.config.name}+{card.name}"
    else:
        inputs |= {"recorded": record_step(project, dataset, card, card.seeds[0]).key}
        inputs |= {"tagged": tag_step(project, dataset).key}
        label = dataset.label(card, card.seeds[0])

    def build(folder: Path) -> None:
        if isinstance(card, PronouncerConfig):
            of = coded_pronouncer(project, dataset, card)
        else:
            of = coded_language_model(project, dataset, card)
        found = compare(of.trained, of.concepts, of.state, asked.latents, asked.k, asked.seeds, asked.steps)
        replaced = [of.replaced(code) for code in found.codes]
        figures = [of.figures(code) for code in found.codes]
        table = {"model": card.name, "title": card.title, **told(asked, found, replaced, figures)}
        features = Features(of.shown, found.codes[0], asked.seeds[0], found.quality[0], replaced[0])
        shown = of.shown.with_features(features)
        steps = with_surprise(of.steps, shown.states[features.name].surprise, of.corpus)
        tables = {"steps": files.write("steps", steps, folder)}
        write_index(folder, {"tables": tables, "states": [_state(features, shown, of, dataset, folder)]})
        results.write(table, folder / "results.json")
        results.write(table, results_file(dataset, card))

    source = coded_pronouncer if isinstance(card, PronouncerConfig) else coded_language_model
    work = (source, compare, write_state, cluster_state, ablation_tables, told)
    return Step("features", label, inputs, work, build, seconds=900.0)


def results_file(dataset: Dataset, card: Asked) -> Path:
    """Where the figures are kept under version control."""
    return dataset.folder / "results" / f"{card.name}-features.json"


def add_features(project: Project, dataset: Dataset, card: Asked, model: ModelEntry) -> None:
    """Put the features of a model among its states, and copy their files into the published folder; nothing is done
    where the card asks for none, or the stage has not been run."""
    if card.features is None or not (step := features_step(project, dataset, card)).finished(project.build):
        return
    folder = step.folder(project.build)
    index = read_index(folder)
    model["tables"] |= table_entries(index["tables"], folder, project.data)
    for state in index["states"]:
        recorded, clustered = ({**state[of], "tables": _parts(state[of])} for of in (_RECORDED, _CLUSTERED))
        places = (folder / _RECORDED / state["name"], folder / _CLUSTERED / state["name"])
        entry = state_entry(recorded, clustered, state["measured"], places, project.data)
        entry["tables"] |= table_entries(state["tables"], folder / state["name"], project.data)
        model["states"].append(entry)


def with_surprise(steps: pa.Table, surprise: np.ndarray | None, corpus: Corpus) -> pa.Table:
    """The table `steps` of a model with that of one more state: its `surprise` float32 [N] at all steps of `corpus`."""
    assert surprise is not None
    starts = Sentences.of(corpus.tokens).starts
    more = surprise[starts[steps["sentence_id"].to_numpy()] + steps["step"].to_numpy()].tolist()
    rows = [
        None if before is None or np.isnan(last) else [*before, last]
        for before, last in zip(steps["surprise"].to_pylist(), more, strict=True)
    ]
    place, column = steps.schema.get_field_index("surprise"), steps.schema.field("surprise")
    return steps.set_column(place, column, pa.array(rows, column.type))


def _parts(of: dict[str, Any]) -> dict[str, list[files.Part]]:
    return {name: [files.Part(**part) for part in parts] for name, parts in of["tables"].items()}


def _state(features: Features, shown: Recording, of: Coded, dataset: Dataset, folder: Path) -> dict[str, Any]:
    """Write the features, a state of `shown`, into `folder`; their entry in the index."""
    measure, name = dataset.config.measure, features.name
    record = shown.states[name]
    recorded = write_state(
        record,
        of.corpus,
        folder / _RECORDED,
        title=state_title(name, [*of.titled, name]),
        frequent_count=shown.frequent_count,
        published_count=of.published_count,
        bounded=False,
        figures=features.figures,
    )
    with progress.bar("Clustering", total=len(SELECTIONS) * len(measure.methods)) as bar:
        clusters = cluster_state(folder / _RECORDED / name, recorded, of.corpus, of.parts, measure, bar)
    if clusters.unclustered:
        progress.say(f"{name} is left without clusters: {clusters.unclustered}")
    clustered = clusters.write(folder / _CLUSTERED / name)
    labels = {name: clusters.tables["cluster_labels"]} if "cluster_labels" in clusters.tables else {}
    size = {name: features.code.size}
    with progress.bar("Switching features off", total=runs_of(size, labels)) as bar:
        without = ablation_tables(of.judged(features.code), size, labels, bar.advance)[name]
    tables = {table: files.write(table, rows, folder / name) for table, rows in without.items()}
    inside = np.ones(len(of.corpus), bool) if shown.measured is None else shown.measured
    measured: Measured = {
        "splits": of.splits,
        "steps": sum(len(of.corpus.tokens[i]) for i in np.flatnonzero(inside)),
        "sentences": int(inside.sum()),
        "minimum_count": measure.minimum_count,
        "frequent_count": measure.frequent_count,
    }
    return {"name": name, "recorded": recorded, "clustered": clustered, "measured": measured, "tables": tables}
