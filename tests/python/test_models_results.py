import dataclasses
import json

import numpy as np
import pytest

from rnnvis import nets as models
from rnnvis.errors import RnnvisError
from rnnvis.measures.outputs.baselines import MAJORITY, TFIDF
from rnnvis.nets.evaluation import scores
from rnnvis.recipes.study import results

from .invented import invented_corpus
from .test_models_training import CONFIG


@pytest.fixture(scope="module")
def corpus():
    return invented_corpus()


def test_scores():
    found = scores(np.array([[0.9, 0.1], [0.4, 0.6], [0.8, 0.2]]), np.array([0, 1, 1]))
    assert found["accuracy"] == pytest.approx(2 / 3)
    assert found["loss"] == pytest.approx(-np.log([0.9, 0.6, 0.2]).mean())
    assert found["n"] == 3


def test_sentences_without_a_label_are_not_judged(corpus):
    chosen = models.labelled(corpus, "test")
    assert set(corpus.label[chosen]) == {0, 1}
    assert set(chosen) < set(corpus.indices("test"))


def test_the_bootstrap_interval_has_the_width_that_theory_gives():
    generator = np.random.default_rng(1)
    a, b = generator.random(2000) < 0.8, generator.random(2000) < 0.7
    interval = models.paired_bootstrap(a, b, samples=4000)
    difference = a.astype(float) - b
    half = 1.96 * difference.std() / np.sqrt(2000)
    assert interval.difference == pytest.approx(difference.mean())
    assert interval.high - interval.difference == pytest.approx(half, rel=0.1)
    assert interval.difference - interval.low == pytest.approx(half, rel=0.1)
    assert interval == models.paired_bootstrap(a, b, samples=4000)
    same = models.paired_bootstrap(a, a, samples=100)
    assert (same.low, same.difference, same.high) == (0, 0, 0)


def test_baselines(corpus):
    majority, tfidf = models.baselines(corpus)
    assert (majority.name, tfidf.name) == (MAJORITY, TFIDF)
    label = corpus.label[models.labelled(corpus, "test")]
    training = corpus.label[models.labelled(corpus, "train")]
    assert majority.scores(corpus, "test")["accuracy"] == np.mean(label == np.bincount(training).argmax())
    assert tfidf.scores(corpus, "test")["accuracy"] > 0.95
    assert tfidf.choices["training"] == "all sources"


def test_the_tfidf_baseline_may_choose_the_sources_it_trains_on(corpus):
    source = ["shop" if s == "train" and i % 2 else "x" for i, s in enumerate(corpus.split)]
    label = np.array([1 - y if s == "shop" and y >= 0 else y for y, s in zip(corpus.label, source, strict=True)])
    misleading = dataclasses.replace(corpus, source=source, label=label)
    _, tfidf = models.baselines(misleading)
    assert tfidf.choices["training"] == "x only"
    assert tfidf.scores(misleading, "test")["accuracy"] > 0.9


def test_the_table_of_seeds(corpus, tmp_path, monkeypatch):
    config = dataclasses.replace(CONFIG, epochs=3)
    folders = results.run_seeds(corpus, config, (0, 1), tmp_path)
    before = {seed: (path / "model.safetensors").stat().st_mtime_ns for seed, path in folders.items()}
    assert results.run_seeds(corpus, dataclasses.replace(config, seeds=(0, 1)), (0, 1), tmp_path) == folders
    assert before == {seed: (path / "model.safetensors").stat().st_mtime_ns for seed, path in folders.items()}

    table = results.seeds_table(corpus, {"tiny": folders})
    results.write(table, tmp_path / "results" / "seeds.json")
    assert results.read(tmp_path / "results" / "seeds.json") == json.loads(json.dumps(table))
    model = table["models"]["tiny"]
    assert [row["seed"] for row in model["seeds"]] == [0, 1]
    assert model["mean"]["test"]["accuracy"] == np.mean([row["test"]["accuracy"] for row in model["seeds"]])
    alone = models.evaluate(models.load(folders[1])[0], corpus, "test")
    assert model["seeds"][1]["test"] == alone
    tfidf = next(b for b in table["baselines"] if b["name"] == TFIDF)
    difference = model["mean"]["test"]["accuracy"] - tfidf["test"]["accuracy"]
    assert model["against"]["difference"] == pytest.approx(difference)
    assert model["against"]["low"] <= difference <= model["against"]["high"]
    assert table["corpus"]["digest"] == corpus.digest

    changed = dataclasses.replace(config, learning_rate=0.01)
    results.run_seeds(corpus, changed, (0,), tmp_path)
    assert (folders[0] / "model.safetensors").stat().st_mtime_ns != before[0]


def test_a_missing_or_damaged_table_says_so(tmp_path):
    with pytest.raises(RnnvisError, match="no such file"):
        results.read(tmp_path / "seeds.json")
    (tmp_path / "seeds.json").write_text("{", encoding="utf-8")
    with pytest.raises(RnnvisError, match="not readable as JSON"):
        results.read(tmp_path / "seeds.json")
