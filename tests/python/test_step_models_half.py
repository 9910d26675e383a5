"""Weights in half precision, where that is asked for: said in the manifest, and refused where it is too coarse."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from rnnvis.config import DatasetConfig, Source
from rnnvis.errors import RnnvisError
from rnnvis.published.publishing import read_manifest
from rnnvis.published.verify import verify
from rnnvis.recipes.keep.limits import check_models
from rnnvis.recipes.steps import step_model as recipe
from tests.python.test_step_models import Shaped, recorded


def test_the_manifest_says_which_weights_are_in_half_precision(tmp_path):
    recording = recorded(Shaped())
    sizes = []
    for folder, how, said in (("whole", True, None), ("half", "half", "float16")):
        recording.publish(tmp_path / folder, ablation=False, step_model=how)
        entry = read_manifest(tmp_path / folder, exact=True)["datasets"][0]["models"][0]["step_model"]
        assert entry.get("precision") == said
        assert verify(tmp_path / folder).problems == []
        sizes.append(entry["bytes"])
    assert sizes[1] < sizes[0]


def test_a_dataset_names_the_models_whose_weights_are(monkeypatch, tmp_path):
    asked = []
    recording = recorded(Shaped())

    def made_of(_, half=False, words=None):
        asked.append(half)
        return recipe.Made(recording.step_model(half=half), 0.0)

    monkeypatch.setattr(recipe, "made_of", made_of)
    monkeypatch.setattr(recipe, "load", lambda folder: (None,))
    monkeypatch.setattr(recipe, "record_classifier", lambda *_: recording)
    monkeypatch.setattr(recipe, "_few", lambda corpus: corpus)
    monkeypatch.setattr(recipe, "words_spec", lambda *_: None)
    config = DatasetConfig("d", "D", "", "", Source("table"))
    corpus = SimpleNamespace(vocabulary=(), tokens=[], text=[])
    for half in ((), ("gru",)):
        dataset = SimpleNamespace(config=replace(config, half=half))
        made = recipe.card_step_model(tmp_path, dataset, SimpleNamespace(name="gru"), corpus)
        assert made.model.half == bool(half)
    assert asked == [False, True]
    with pytest.raises(RnnvisError, match="half"):
        check_models(replace(config, half=("gru",)), {"lstm": None}, tmp_path)
