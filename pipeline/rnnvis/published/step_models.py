"""Step models in a published folder: one file for each model that has one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from rnnvis.errors import RnnvisError
from rnnvis.published import files
from rnnvis.published.files import FILE_LIMIT
from rnnvis.published.publishing import damage
from rnnvis.published.schema.manifest import DatasetEntry, Manifest, ModelEntry, StepModelFile
from rnnvis.recording.code import made_of
from rnnvis.recording.step_model.model import StepModel


def write(model: StepModel, folder: Path) -> StepModelFile:
    """Write `model` into `folder` under its content's name; the entry that names the file.

    RnnvisError: it is larger than a file may be.
    """
    data = model.serialised()
    if len(data) > FILE_LIMIT:
        raise RnnvisError(
            f"its weights take {len(data) / 1e6:,.0f} MB, and a file may have {FILE_LIMIT / 1e6:,.0f} MB",
            'publish them in half precision where that is enough: step_model="half"',
        )
    sha256 = hashlib.sha256(data).hexdigest()
    path = f"step_model-{sha256[:16]}.safetensors"
    files.replace(folder / path, data)
    entry: StepModelFile = {"path": path, "bytes": len(data), "sha256": sha256, "format": model.spec["format"]}
    if model.graphs:
        entry["runtime"] = "onnx"
    if model.half:
        entry["precision"] = "float16"
    return entry


def of_manifest(manifest: Manifest) -> Iterator[tuple[DatasetEntry, ModelEntry, StepModelFile]]:
    """Every step model that the manifest names."""
    for dataset in manifest["datasets"]:
        for model in dataset["models"]:
            if entry := model.get("step_model"):
                yield dataset, model, entry


def problems(manifest: Manifest, folder: Path) -> Iterator[str]:
    """What is wrong with the step models in `folder`, in words: damaged, no step models, or those of other models."""
    for dataset, model, entry in of_manifest(manifest):
        at = f"{dataset['name']} / {model['name']} / step model: {entry['path']}"
        if damaged := damage(folder / entry["path"], entry):
            yield f"{at}: {damaged}"
            continue
        try:
            found = StepModel.load(folder / entry["path"])
            yield from (f"{at}: {wrong}" for wrong in _other(found, dataset, model))
            yield from (f"{at}: {wrong}" for wrong in _alone(found, manifest, dataset, model))
        except RnnvisError as error:
            yield f"{at}: {error.message}"


def _other(found: StepModel, dataset: DatasetEntry, model: ModelEntry) -> Iterator[str]:
    """In what a step model is another one than that of `model`."""
    states = {state["name"]: state["units"] for state in model["states"] if made_of(state["name"]) is None}
    if found.units != states:
        yield f"its states are {_listed(found.units)}, those of the model {_listed(states)}"
    words = dataset["tables"]["words"]["rows"] if "words" in dataset["tables"] else None
    if found.vocabulary is not None and words is not None and found.vocabulary != words:
        yield f"it reads {found.vocabulary:,} words, and the vocabulary has {words:,}"
    head = found.spec["head"]
    answer = model.get("answer")
    if head is not None and (answer is None or (head["means"], head["per"]) != (answer["means"], answer["per"])):
        yield f"it answers a {head['means']} for each {head['per']}, which the model does not"


def _alone(found: StepModel, manifest: Manifest, dataset: DatasetEntry, model: ModelEntry) -> Iterator[str]:
    """What it starts from that no model of the dataset before hands over."""
    before = [of for of in manifest["datasets"] if of["name"] == dataset.get("source")]
    there = {
        state["name"]: state["units"]
        for of in before
        for other in of["models"]
        if other["name"] == model["name"] and other.get("step_model")
        for state in other["states"]
    }
    for own, other in found.spec.get("handed", {"states": {}})["states"].items():
        if there.get(other) != found.units[own]:
            yield f"{own} [{found.units[own]}] starts from {other}, which no model that can be run hands over"


def _listed(states: dict[str, int]) -> str:
    return ", ".join(f"{name} [{units}]" for name, units in states.items()) or "none"
