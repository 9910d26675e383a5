"""From a user's file to a published folder: a CSV file of two classes, and Yelp's format with five."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from rnnvis.cli import main
from rnnvis.nets import load, predict
from rnnvis.published import files
from rnnvis.published.publishing import read_manifest
from rnnvis.published.verify import verify
from rnnvis.recipes.steps.train import load_corpus
from rnnvis.text import Corpus
from tests.python.test_corpus_inspect import csv
from tests.python.user_corpora import json_lines, reviews

YELP = """
name = "stars"
title = "Stars"
licence = "made up"
about = "Made up"
[source]
kind = "yelp"
path = "data"
classes = 5
most_sentences = 400
[measure]
minimum_count = 3
frequent_count = 5
selected_words = 30
largest_k = 4
"""
CARD = """
name = "{0}"
title = "{0}"
cell = "{0}"
units = 6
seeds = [0]
embedding = 5
epochs = 1
oversample = true
"""


def run(root: Path, *arguments: str) -> Result:
    load_corpus.cache_clear()
    result = CliRunner().invoke(main, ["--root", str(root), *arguments])
    assert result.exit_code == 0, result.output
    return result


@pytest.fixture(scope="module")
def stars(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("stars")
    folder = root / "datasets" / "stars"
    json_lines(folder / "data" / "yelp_academic_dataset_review.json", reviews(700))
    (folder / "dataset.toml").write_text(YELP)
    for cell in ("gru", "lstm"):
        (folder / f"{cell}.toml").write_text(CARD.format(cell))
    for stage in (("train", "stars"), ("record", "stars"), ("cluster", "stars"), ("publish",), ("verify",)):
        run(root, *stage)
    return root


def tables(root: Path):
    data = root / "site" / "explorer" / "data"
    dataset = read_manifest(data)["datasets"][0]

    def table(holder, name):
        return files.read(name, [data / f["path"] for f in holder["tables"][name]["files"]])

    return dataset, table


def test_five_classes_have_each_its_effects_and_nulls_where_log_odds_have_no_meaning(stars):
    dataset, table = tables(stars)
    assert dataset["labels"] == ["1 star", "2 stars", "3 stars", "4 stars", "5 stars"]
    assert sum(dataset["splits"].values()) == 400
    assert table(dataset, "words")["class_association"].null_count == len(table(dataset, "words"))
    for model in dataset["models"]:
        assert model["classes"] == dataset["labels"]
        steps = table(model, "steps")
        assert steps["push"].null_count == len(steps)
        assert steps["pushes"].null_count == 0
        p = files.matrix(steps["p_class"])
        assert p.shape[1] == 5
        assert np.allclose(p.sum(axis=1), 1, atol=1e-5)
        assert [s["name"] for s in model["states"] if s["read_by_head"]] == ["rnn.0.h"]
        trained, _ = load(next((stars / "build/stages/train").glob(f"stars+{model['name']}+*")))
        weight = trained.head.weight.detach().double().numpy()
        apart = np.stack([weight[c] - np.delete(weight, c, axis=0).mean(axis=0) for c in range(5)])
        for state in model["states"]:
            units, summaries = table(state, "units"), table(state, "cluster_summaries")
            for name in ("output_weight", "label_auc"):
                assert units[name].null_count == 6
            assert summaries["effect"].null_count == len(summaries)
            if not state["read_by_head"]:
                assert not {"word_effects", "word_in_context"} & set(state["tables"])
                assert summaries["effects"].null_count == len(summaries)
                assert units["output_weights"].null_count == 6
                continue
            assert np.allclose(np.array(units["output_weights"].to_pylist()), apart.T, atol=1e-6)
            effects, response = table(state, "word_effects"), files.matrix(table(state, "responses")["mean"])
            word, score = effects["word_id"].to_numpy(), effects["class"].to_numpy()
            assert np.allclose(effects["effect"].to_numpy(), (response @ apart.T)[word, score], atol=1e-5)
            words = [row for row in summaries.to_pylist() if row["side"] == "words"]
            assert words
            assert all(len(row["effects"]) == 5 and row["purity_class"] is not None for row in words if row["size"])


def test_five_classes_are_predicted_as_the_model_does(stars):
    dataset, table = tables(stars)
    corpus = Corpus.load(next((stars / "build/stages/corpus").iterdir()) / "corpus")
    labels = table(dataset, "sentences")["label"].to_numpy()
    assert np.array_equal(labels, corpus.label)
    for model in dataset["models"]:
        trained, card = load(next((stars / "build/stages/train").glob(f"stars+{model['name']}+*")))
        assert card["config"]["oversample"] is True
        found = table(model, "predictions")
        p = predict(trained, corpus, np.arange(len(corpus)))
        assert np.allclose(files.matrix(found["p_class"]), p, atol=1e-5)
        assert np.allclose(found["loss"].to_numpy(), -np.log(p[np.arange(len(p)), labels]), atol=1e-4)
        metrics = {(r["subject"], r["measure"], r["split"]): r["value"] for r in table(model, "metrics").to_pylist()}
        test = corpus.indices("test")
        right = float((p[test].argmax(axis=1) == labels[test]).mean())
        assert metrics["this model", "accuracy", "test"] == pytest.approx(right)


def test_without_a_configured_view_a_test_sentence_is_shown_first(stars):
    dataset, table = tables(stars)
    rows = {r["key"]: r for r in table(dataset, "sentences").to_pylist()}
    shown = rows[dataset["view"]["sentence"]]
    assert shown["split"] == "test"
    lengths = [row["length"] for row in rows.values() if row["split"] == "test"]
    assert abs(shown["length"] - 12) == min(abs(length - 12) for length in lengths)
    assert dataset["view"]["step"] < shown["length"]


def test_from_a_csv_file_to_a_published_folder_in_two_commands(tmp_path):
    run(tmp_path, "corpus", "new", "films", str(csv(tmp_path / "films.csv", 160)))
    card = tmp_path / "datasets" / "films" / "gru.toml"
    card.write_text(card.read_text().replace("epochs = 10", "epochs = 2"))
    run(tmp_path, "regenerate", "--quick", "--no-site")
    data = tmp_path / "site" / "explorer" / "data"
    assert verify(data).problems == []
    dataset, table = tables(tmp_path)
    assert dataset["labels"] == ["bad", "good"]
    state = dataset["models"][0]["states"][0]
    assert len(table(state, "word_effects")) > 10
    assert table(dataset["models"][0], "steps")["push"].null_count == 0
    before = {path.name: path.read_bytes() for path in data.iterdir()}
    assert "to do" not in run(tmp_path, "regenerate", "--quick", "--no-site").output
    assert {path.name: path.read_bytes() for path in data.iterdir()} == before


def test_from_plain_text_to_a_published_language_model(tmp_path):
    path = tmp_path / "talk.txt"
    lines = [f"{a} {b} {c}. " for a in ("The cat", "A dog", "My man") for b in ("sees", "likes") for c in ("it", "us")]
    path.write_text("".join(line * (1 + n % 3) + "\n\n" for n, line in enumerate(lines * 12)), encoding="utf-8")
    shown = run(tmp_path, "corpus", "new", "talk", str(path))
    assert "Balance" not in shown.output
    card = tmp_path / "datasets" / "talk" / "gru.toml"
    card.write_text(card.read_text().replace("epochs = 8", "epochs = 1").replace("units = 64", "units = 8"))
    run(tmp_path, "regenerate", "--quick", "--no-site")
    assert verify(tmp_path / "site" / "explorer" / "data").problems == []
    dataset, table = tables(tmp_path)
    model = dataset["models"][0]
    assert (model["kind"], model["classes"]) == ("language model", [])
    perplexities = {
        r["subject"]: r["value"]
        for r in table(model, "metrics").to_pylist()
        if (r["measure"], r["split"]) == ("perplexity", "test")
    }
    assert perplexities.keys() > {"this model"}
    assert all(1 < value < 100 for value in perplexities.values())
    sentences = table(dataset, "sentences").to_pylist()
    shown_first = next(row for row in sentences if row["key"] == dataset["view"]["sentence"])
    assert shown_first["split"] == "test"
    assert [row["split"] for row in sentences] == sorted(
        (r["split"] for r in sentences), key=["train", "valid", "test"].index
    )
