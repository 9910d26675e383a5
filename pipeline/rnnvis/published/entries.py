"""What the manifest says of a dataset, a model and a state: the one place where its entries are put together."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np

from rnnvis.published.files import Part
from rnnvis.published.publishing import entry
from rnnvis.published.schema.manifest import DatasetEntry, DefaultView, Measured, ModelEntry, StateEntry, Tables
from rnnvis.recording.code import made_of

SHOWN_STEPS, SHOWN_K = 12, 8


def table_entries(tables: Mapping[str, Sequence[Part]], source: Path, target: Path) -> Tables:
    """Copy the files of `tables` from `source` into the published folder `target`; their entries by table."""
    return {name: entry(name, parts, source, target) for name, parts in tables.items()}


def state_entry(
    recorded: Mapping[str, Any],
    clustered: Mapping[str, Any],
    measured: Measured,
    folders: tuple[Path, Path],
    target: Path,
    *,
    left_out: Collection[str] = (),
) -> StateEntry:
    """The entry of one state, as `write_state` (`recorded`) and `Clustered.write` (`clustered`) left it in `folders`.

    `measured` says what text it was measured on; tables `left_out` are not published.
    """
    kept = {name: parts for name, parts in recorded["tables"].items() if name not in left_out}
    apart = ("tables", "figures")  # figures are rows of state_measures
    said = {name: value for of in (recorded, clustered) for name, value in of.items() if name not in apart}
    found = {
        **said,
        "published_sentences": recorded["published_sentences"] if "states" in kept else 0,
        "measured": measured,
        "tables": table_entries(kept, folders[0], target) | table_entries(clustered["tables"], folders[1], target),
    }
    return cast(StateEntry, found)


def model_entry(
    *,
    name: str,
    title: str,
    kind: Literal["classifier", "language model", "recording"],
    cell: str,
    weights_hash: str,
    parameters: int,
    seed: int | None,
    classes: Sequence[str],
    provenance: Mapping[str, Any],
    tables: Tables,
    states: list[StateEntry],
) -> ModelEntry:
    """The entry of one model; `weights_hash` are the 16 hex digits by which a link knows the training."""
    return {
        "name": name,
        "title": title,
        "kind": kind,
        "cell": cell,
        "hash": weights_hash,
        "parameters": parameters,
        "seed": seed,
        "classes": list(classes),
        "provenance": dict(provenance),
        "tables": tables,
        "states": states,
    }


def dataset_entry(
    *,
    name: str,
    title: str,
    licence: str,
    about: str | None,
    labels: Sequence[str],
    splits: Mapping[str, int],
    view: DefaultView | None,
    probes: Mapping[str, str],
    tables: Tables,
    models: list[ModelEntry],
) -> DatasetEntry:
    """The entry of one dataset; `splits` are sentences by split, `probes` keys of sentences by name."""
    return {
        "name": name,
        "title": title,
        "licence": licence,
        "about": about,
        "labels": list(labels),
        "splits": dict(splits),
        "view": view,
        "probes": dict(probes),
        "tables": tables,
        "models": models,
    }


def usual_view(
    model: ModelEntry, candidates: np.ndarray, lengths: np.ndarray, keys: Sequence[str]
) -> DefaultView | None:
    """What is shown first where nobody said: of the sentences `candidates` the one that fills a screen best.

    `lengths` [S] and `keys` are those of all sentences. None without candidates.
    """
    if not len(candidates):
        return None
    chosen = int(candidates[np.argmin(np.abs(lengths[candidates] - SHOWN_STEPS))])
    ks = next((state["k"] for state in model["states"] if state["k"]), [SHOWN_K])
    return {
        "model": model["name"],
        "sentence": keys[chosen],
        "step": int(lengths[chosen]) // 2,
        "k": min(ks, key=lambda k: abs(k - SHOWN_K)),
        "words": [],
    }


def state_title(name: str, among: Collection[str]) -> str:
    """How the state `name` of the states `among` is called on the page: “Layer 1, hidden h”.

    The direction and the module are named where `among` has several.
    """
    if (of := made_of(name)) is not None:
        return f"{state_title(of, [other for other in among if made_of(other) is None])}, features"
    path, kind = name.rsplit(".", 1)
    modules = {_module(made_of(other) or other) for other in among}
    layer = int(path.removesuffix(".reverse").rsplit(".", 1)[1]) + 1
    words = [f"{_module(name)}, layer {layer}" if len(modules) > 1 else f"Layer {layer}"]
    if any(".reverse." in other for other in among):
        words.append("backward" if path.endswith(".reverse") else "forward")
    words.append({"h": "hidden h", "c": "cell c"}.get(kind, kind))
    return ", ".join(words)


def _module(state: str) -> str:
    return state.rsplit(".", 1)[0].removesuffix(".reverse").rsplit(".", 1)[0]
