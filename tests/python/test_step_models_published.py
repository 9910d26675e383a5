"""Step models in a published folder: written, held against the manifest, taken along in one page, left out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

import rnnvis
from rnnvis.published import inlining
from rnnvis.published.publishing import read_manifest
from rnnvis.published.verify import verify
from rnnvis.recording.step_model.model import StepModel
from tests.python.test_step_models import NAMES, Scaled, Shaped, recorded
from tests.step_models import LONG, TEXT


@pytest.fixture(scope="module")
def recording() -> rnnvis.Recording:
    return recorded(Shaped())


@pytest.fixture
def folder(recording, tmp_path) -> Path:
    said = recording.publish(tmp_path / "out", ablation=False)
    assert "weights are there too" in said
    return tmp_path / "out"


def entry(folder: Path) -> dict:
    return read_manifest(folder, exact=True)["datasets"][0]["models"][0]


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("step_model-*"))


def test_the_published_file_is_the_model(recording, folder):
    found = entry(folder)
    assert found["no_step_model"] is None
    assert verify(folder).problems == []
    read = StepModel.load(folder / found["step_model"]["path"])
    assert np.array_equal(read.run(LONG).answers, recording.step_model().run(LONG).answers)
    assert list(read.units.items()) == [(state["name"], state["units"]) for state in found["states"]]


def test_verify_finds_a_damaged_file_and_that_of_another_model(folder):
    path = folder / entry(folder)["step_model"]["path"]
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert any("checksum differs" in problem for problem in verify(folder).problems)
    path.unlink()
    assert any("step model" in problem and "missing" in problem for problem in verify(folder).problems)
    path.write_bytes(whole)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["datasets"][0]["models"][0]["answer"]["means"] = "number"
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert any("it answers a class" in problem for problem in verify(folder).problems)


def test_a_model_that_is_no_longer_published_goes_at_once(recording, folder):
    assert len(files(folder)) == 1
    said = recording.publish(folder, ablation=False, step_model=False)
    assert "Without the model itself" in said
    assert files(folder) == []
    assert entry(folder)["step_model"] is None
    assert verify(folder).problems == []


def test_without_text_there_are_no_weights_either(recording, tmp_path):
    recording.publish(tmp_path / "out", ablation=False, text=False)
    assert files(tmp_path) == []
    assert "know text by heart" in entry(tmp_path / "out")["no_step_model"]


def test_a_model_that_does_not_fit_says_so_in_the_manifest(tmp_path):
    said = recorded(Shaped(between=Scaled(1.01))).publish(tmp_path / "out", ablation=False)
    found = entry(tmp_path / "out")
    assert found["step_model"] is None
    assert found["no_step_model"].startswith('what "two" reads')
    assert "Fix:" in found["no_step_model"]
    assert 'Without the model itself: what "two" reads' in said
    assert any(note.startswith("Without the model itself: what") for note in found["notes"])


def test_states_without_a_model_have_none(tmp_path):
    states = {"rnn.0.h": [np.sin(np.arange(len(row) * 3)).reshape(-1, 3).astype(np.float32) for row in TEXT]}
    rnnvis.import_states(states, TEXT, NAMES).publish(tmp_path / "out", ablation=False)
    assert "holds states, and no model" in entry(tmp_path / "out")["no_step_model"]


def test_one_page_takes_it_along_where_it_is_small(folder, tmp_path, monkeypatch):
    held = inlining.inline(folder, tmp_path)
    assert files(folder)[0] in held.files
    monkeypatch.setattr(inlining, "MODELS_LIMIT", 100)
    held = inlining.inline(folder, tmp_path)
    model = held.manifest["datasets"][0]["models"][0]
    assert files(folder)[0] not in held.files
    assert model["step_model"] is None
    assert "rnnvis.serve" in model["no_step_model"]
    assert held.left_out == ("the model “Shaped” itself",)


def test_publishing_again_gives_the_same_bytes(tmp_path):
    names = []
    for number in range(2):
        torch.manual_seed(3)
        recorded(Shaped()).publish(tmp_path / str(number), ablation=False)
        names.append(files(tmp_path / str(number)))
    assert names[0] == names[1]
