"""What the built site says of the review models, checked against the tables it publishes."""

import json
from pathlib import Path

import numpy as np
import pytest

from rnnvis.published.verify import verify
from tests.browser.published import Published

RESULTS = Path(__file__).parents[2] / "datasets" / "reviews" / "results" / "seeds.json"


@pytest.fixture(scope="module")
def data(site: Path) -> Path:
    return site / "explorer" / "data"


def test_the_published_folder_passes_verification(data: Path) -> None:
    assert verify(data).problems == []


def test_the_clouds_of_the_review_gru_separate_praise_from_complaint(data: Path) -> None:
    published = Published(data, "gru")
    row = published.clusters("words", 8)
    effect = {r["word_id"]: r["effect"] for r in published.rows("word_effects")}
    effects = np.array([effect[word] for word in row["ids"]])
    labels = np.array(row["labels"])
    mean = np.array([effects[labels == cluster].mean() for cluster in range(8)])
    strong = np.flatnonzero(np.abs(mean) >= np.abs(mean).max() / 2)
    assert (mean[strong] > 0).any()
    assert (mean[strong] < 0).any()
    for cluster in strong:
        assert (np.sign(effects[labels == cluster]) == np.sign(mean[cluster])).mean() >= 0.9


@pytest.mark.parametrize("name", ["gru", "lstm"])
def test_effects_are_the_output_weights_times_the_responses(data: Path, name: str) -> None:
    published = Published(data, name)
    v = np.array([row["output_weight"] for row in published.rows("units")])
    for row in published.rows("word_effects", "count > 200"):
        response = published.rows("responses", "word_id = ?", row["word_id"])[0]["mean"]
        assert row["effect"] == pytest.approx(v @ np.array(response), abs=1e-5)
        assert row["push"] == pytest.approx(row["effect"], abs=1e-4)


def test_the_results_of_all_seeds_belong_to_this_corpus_and_beat_tfidf(data: Path) -> None:
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    published = Published(data, "gru")
    assert results["corpus"]["digest"] == published.model["provenance"]["corpus"]["digest"]
    gru = results["models"]["gru"]
    assert len(gru["seeds"]) == 3
    tfidf = next(b for b in results["baselines"] if b["name"].startswith("TF-IDF"))
    assert gru["mean"]["test"]["accuracy"] >= tfidf["test"]["accuracy"] + 0.006
    assert gru["against"]["low"] < gru["against"]["difference"] < gru["against"]["high"]
    subjects = {row["subject"] for row in published.rows("metrics")}
    assert {"this model", "majority class", tfidf["name"], "mean of 3 seeds"} <= subjects


def test_unknown_words_of_the_probes_are_marked(data: Path) -> None:
    published = Published(data, "gru")
    vocabulary = {row["text"] for row in published.rows("words") if not row["special"]}
    special = {row["word_id"] for row in published.rows("words") if row["special"]}
    unknown = {
        surface
        for row in published.rows("sentences", "split = 'probe'")
        for token, surface in zip(row["tokens"], row["surface"], strict=True)
        if token in special
    }
    assert unknown, "a probe holds a word outside the vocabulary"
    assert not {word.lower() for word in unknown} & vocabulary
