"""Language models through all stages, on a checkout in miniature: tables, epochs, results, and resumption."""

import itertools
import json
import math
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pytest
import torch

from rnnvis.api.compared_features import compare
from rnnvis.config import FeaturesConfig
from rnnvis.nets import streams
from rnnvis.nets.checkpoints import load_language_model
from rnnvis.nets.perplexity import word_losses
from rnnvis.published import files
from rnnvis.published.publishing import read_manifest
from rnnvis.published.verify import verify
from rnnvis.recipes.keep.project import Project
from rnnvis.recipes.steps.coded import WORDS_OF_DOCUMENT, coded_language_model
from rnnvis.recipes.steps.features import add_features, features_step, results_file
from rnnvis.recipes.steps.shown import shown_sentences
from rnnvis.recipes.steps.train import train_step
from rnnvis.recording.step_model.model import StepModel
from rnnvis.text import Corpus
from tests.python import tiny_speeches
from tests.python.test_pipeline import inside, published, rnnvis


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    root = tiny_speeches.project(tmp_path_factory.mktemp("speeches"))
    done = rnnvis(root, "regenerate", "--quick", "--no-site")
    assert done.returncode == 0, done.stderr
    assert "other" not in done.stderr
    return root


def dataset_of(root):
    return read_manifest(root / "site" / "explorer" / "data")["datasets"][0]


def rows(root, holder, name):
    data = root / "site" / "explorer" / "data"
    return files.read(name, [data / f["path"] for f in holder["tables"][name]["files"]])


def corpus_of(root):
    return Corpus.load(next((root / "build" / "stages" / "corpus").iterdir()) / "corpus")


def test_the_published_folder_is_whole_and_a_second_run_keeps_everything(finished):
    before = published(finished)
    assert verify(finished / "site" / "explorer" / "data").problems == []
    again = inside(finished, "regenerate", "--quick", "--no-site")
    assert again.returncode == 0
    assert "to do" not in again.stderr
    assert published(finished) == before


def test_a_second_checkout_publishes_the_same_bytes(finished, tmp_path):
    root = tiny_speeches.project(tmp_path)
    for stage in (("train", "speaking", "film"), ("record", "speaking", "film"), ("cluster", "speaking", "film")):
        done = inside(root, *stage)
        assert done.returncode == 0, done.stderr
    assert inside(root, "publish").returncode == 0
    assert published(root) == published(finished)


def test_the_manifest_says_that_it_is_a_language_model(finished):
    dataset = dataset_of(finished)
    (model,) = dataset["models"]
    assert dataset["labels"] == model["classes"] == []
    assert (model["kind"], model["cell"]) == ("language model", "LSTM")
    assert {s["name"]: s["read_by_head"] for s in model["states"]} == {"rnn.0.h": True, "rnn.0.c": False}
    assert {"steps", "metrics", "training"} <= set(model["tables"])
    assert "predictions" not in model["tables"]
    assert "word_effects" not in model["states"][0]["tables"]
    training = rows(finished, model, "training").to_pylist()
    assert [row["epoch"] for row in training] == [1, 2, 3]
    assert all(row["valid_accuracy"] is None for row in training)
    assert all(math.isclose(row["valid_perplexity"], math.exp(row["valid_loss"])) for row in training)


def test_steps_hold_what_the_model_expected(finished):
    (model,) = dataset_of(finished)["models"]
    corpus = corpus_of(finished)
    trained, _ = load_language_model(next((finished / "build" / "stages" / "train").iterdir()))
    steps = rows(finished, model, "steps").to_pylist()
    losses = [row["loss"] for row in steps if corpus.split[row["sentence_id"]] == "test" and row["loss"] is not None]
    expected = np.concatenate(word_losses(trained, streams.documents(corpus, "test")))
    assert math.isclose(np.mean(losses), expected.mean(), rel_tol=1e-4)
    sentence_of = {i: number for number, document in enumerate(corpus.documents) for i in document}
    for row, after in itertools.pairwise(steps):
        goes_on = sentence_of[row["sentence_id"]] == sentence_of[after["sentence_id"]]
        assert (row["p_target"] is not None) == goes_on
        if goes_on and after["token_id"] in row["top5_id"]:
            assert math.isclose(row["top5_p"][row["top5_id"].index(after["token_id"])], row["p_target"], rel_tol=1e-4)
        assert row["top5_p"] == sorted(row["top5_p"], reverse=True)
        assert len(row["surprise"]) == 2


def test_a_sentence_starts_from_the_state_that_the_one_before_ended_in(finished):
    (model,) = dataset_of(finished)["models"]
    corpus = corpus_of(finished)
    for state in model["states"]:
        table = rows(finished, state, "states")
        values = {(row["sentence_id"], row["step"]): np.array(row["value"]) for row in table.to_pylist()}
        for document in corpus.documents:
            assert (document[0], -1) not in values
            for before, i in itertools.pairwise(document):
                assert np.array_equal(values[i, -1], values[before, len(corpus.tokens[before]) - 1])


def test_the_model_itself_is_published_and_says_what_the_tables_do(finished):
    (model,) = dataset_of(finished)["models"]
    found = StepModel.load(finished / "site" / "explorer" / "data" / model["step_model"]["path"])
    corpus = corpus_of(finished)
    assert (found.words["kind"], found.words["share"]) == ("penn", 1.0)
    assert (found.words["unknown"], found.words["end"]) == corpus.special
    states = {state["name"]: rows(finished, state, "states").to_pylist() for state in model["states"]}
    before = {(row["sentence_id"], name): row["value"] for name, of in states.items() for row in of if row["step"] < 0}
    said = {}
    for row in rows(finished, model, "steps").to_pylist():
        said.setdefault(row["sentence_id"], []).append(row)
    assert before
    for sentence in {row["sentence_id"] for row in states["rnn.0.h"]}:
        start = {name: before[sentence, name] for name in states if (sentence, name) in before}
        p = np.exp(found.run(corpus.tokens[sentence], start=start).answers)
        for row in said[sentence]:
            if row["p_target"] is not None:
                # the state that a sentence starts from is published in half precision
                assert abs(p[row["step"], row["target"]] - row["p_target"]) < (1e-3 if start else 1e-4)


def test_units_name_the_next_words_that_they_speak_for(finished):
    (model,) = dataset_of(finished)["models"]
    trained, _ = load_language_model(next((finished / "build" / "stages" / "train").iterdir()))
    weights = trained.head.weight.detach().numpy()
    hidden, cell = (rows(finished, state, "units").to_pylist() for state in model["states"])
    for row in hidden:
        raised = weights[row["raises_next"], row["unit"]]
        assert len(raised) == 10
        assert (np.diff(raised) <= 0).all()
        assert (np.diff(weights[row["lowers_next"], row["unit"]]) >= 0).all()
    assert all(row["raises_next"] is None for row in cell)


def test_metrics_stand_beside_every_n_gram(finished):
    (model,) = dataset_of(finished)["models"]
    found = {
        (row["subject"], row["measure"], row["split"]): row for row in rows(finished, model, "metrics").to_pylist()
    }
    subjects = ("this model", "unigram", "bigram, Kneser–Ney", "3-gram, Kneser–Ney", "5-gram, Kneser–Ney")
    for subject in subjects:
        for split in ("valid", "test"):
            loss, perplexity = found[subject, "loss", split], found[subject, "perplexity", split]
            assert math.isclose(perplexity["value"], math.exp(loss["value"]))
            assert perplexity["low"] < perplexity["value"] < perplexity["high"]
    assert found["this model", "perplexity", "test"]["value"] < found["unigram", "perplexity", "test"]["value"]


def test_training_is_published_as_a_film_whose_clusters_keep_their_names(finished):
    (model,) = dataset_of(finished)["models"]
    best = model["provenance"]["best_epoch"]
    assert [entry["epoch"] for entry in model["epochs"]] == [*(e for e in (1, 2) if e < best), best]
    assert len(model["epochs"]) > 1
    assert model["epochs"][-1]["hash"] == model["hash"] != model["epochs"][0]["hash"]
    assert model["epochs"][-1]["states"] == model["states"]
    for at, entry in enumerate(model["epochs"][:-1]):
        assert "steps" in entry["tables"]
        later = model["epochs"][at + 1]
        for ours, theirs in zip(entry["states"], later["states"], strict=True):
            labels = {
                side: {
                    (row["method"], row["selection"], row["k"], row["side"]): row
                    for row in rows(finished, state, "cluster_labels").to_pylist()
                }
                for side, state in (("ours", ours), ("theirs", theirs))
            }
            for key, row in labels["ours"].items():
                other = labels["theirs"][key]
                assert row["order"] == other["order"]
                assert shared(row, other) == best_shared(row, other)
            responses = files.matrix(rows(finished, ours, "responses")["mean"])
            for block in rows(finished, ours, "block_means").to_pylist():
                key = (block["method"], block["selection"], block["k"])
                words, units = (labels["ours"][*key, side] for side in ("words", "units"))
                k, matrix = block["k"], responses[words["ids"]][:, units["ids"]]
                for a in range(k):
                    for b in range(k):
                        part = matrix[np.ix_(np.array(words["labels"]) == a, np.array(units["labels"]) == b)]
                        assert math.isclose(block["mean"][a * k + b], part.mean(), abs_tol=1e-6)


def test_states_of_a_language_model_are_cut_too_and_its_readers_are_told(finished, tmp_path, monkeypatch):
    """At its end and after each epoch; the size that is said before is that of what is written."""
    root = tmp_path / "fewer"
    shutil.copytree(finished, root)
    chosen = []

    def few(corpus, recorded, megabytes, also):
        chosen.append(shown_sentences(corpus, recorded, megabytes - 1, also))
        return chosen[-1]

    monkeypatch.setattr("rnnvis.recipes.steps.publish.shown_sentences", few)
    done = inside(root, "publish", "--states-megabytes", "1")
    assert done.returncode == 0, done.stderr
    assert verify(root / "site" / "explorer" / "data").problems == []
    (before,), (after,) = (dataset_of(of)["models"] for of in (finished, root))
    wanted, size = set(chosen[-1].tolist()), 0
    assert 0 < len(wanted) < len(corpus_of(root))
    assert len(after["epochs"]) > 1
    for old, new in zip([before, *before["epochs"]], [after, *after["epochs"]], strict=True):
        for was, of in zip(old["states"], new["states"], strict=True):
            left = [row for row in rows(finished, was, "states").to_pylist() if row["sentence_id"] in wanted]
            assert rows(root, of, "states").to_pylist() == left
            assert left
            assert of["published_sentences"] == len({row["sentence_id"] for row in left})
            assert {**of["tables"], "states": 0} == {**was["tables"], "states": 0}
            size += sum(file["bytes"] for file in of["tables"]["states"]["files"]) * (new is not after)
    said = " ".join(done.stderr.split())
    assert f"rnn.0.h of {len(wanted)}, rnn.0.c of {len(wanted)}" in said
    assert "its page does not work out those of the others" in said
    (told,) = re.findall(r"[ :]states (\d+) kB", said)
    assert int(told) == pytest.approx(size / 1e3, rel=0.1)


def shared(row, other):
    theirs = dict(zip(other["ids"], other["labels"], strict=True))
    return sum(theirs.get(i) == label for i, label in zip(row["ids"], row["labels"], strict=True))


def best_shared(row, other):
    """The most items that can keep their label under any renaming, by trying all."""
    k = row["k"]
    return max(
        shared({**row, "labels": [order[label] for label in row["labels"]]}, other)
        for order in itertools.permutations(range(k))
    )


def test_all_seeds_are_written_beside_the_baselines_and_rows_of_other_machines_stay(finished, tmp_path):
    root = tiny_speeches.project(tmp_path)
    done = inside(root, "regenerate", "--no-site")
    assert done.returncode == 0, done.stderr
    path = root / "datasets" / "speaking" / "results" / "perplexity.json"
    table = json.loads(path.read_text(encoding="utf-8"))
    assert table["missing"] == {}
    assert [row["seed"] for row in table["models"]["other"]["seeds"]] == [0, 1]
    assert table["corpus"]["text"] == streams.digest(corpus_of(root), "train", "valid", "test")
    trained = {p.name.split("+seed")[0]: p for p in (root / "build" / "stages" / "train").glob("speaking+film*")}
    (row,) = table["models"]["film"]["seeds"]
    card = json.loads((trained["speaking+film"] / "model.json").read_text(encoding="utf-8"))
    assert (row["sha256"], row["run"]) == (card["sha256"], card["run"])
    assert row["minutes"]["threads"] == 1
    measured = json.loads(path.with_name("measures.json").read_text(encoding="utf-8"))
    assert measured["text"] == table["corpus"]["text"]
    for name, of in measured["models"].items():
        assert [row["sha256"] for row in of["seeds"]] == [row["sha256"] for row in table["models"][name]["seeds"]]
        model = next(m for m in dataset_of(root)["models"] if m["name"] == name)
        for state in model["states"]:
            told = of["seeds"][0]["states"][state["name"]]
            for figure in rows(root, state, "state_measures").to_pylist():
                assert told["figures"][figure["measure"]][0] == pytest.approx(figure["value"], rel=1e-4)
            for of_k in rows(root, state, "cluster_quality").to_pylist():
                if (of_k["method"], of_k["k"]) == ("block", measured["k"]):
                    told_of = told["quality"][of_k["selection"]]
                    assert told_of["held_out_r2"] == pytest.approx(of_k["held_out_r2"], rel=1e-4)
            (clustered,) = (
                side["ids"]
                for side in rows(root, state, "cluster_labels").to_pylist()
                if (side["selection"], side["k"], side["side"]) == ("frequent", measured["k"], "words")
            )
            assert sum(len(cloud["words"]) for cloud in told["clouds"]) == len(clustered)
    values = [row["test"]["perplexity"] for row in table["models"]["other"]["seeds"]]
    over = table["models"]["other"]["over_seeds"]["test"]
    assert math.isclose(over["mean"], np.mean(values))
    assert (over["smallest"], over["largest"]) == (min(values), max(values))
    found = {(r["subject"], r["split"]): r for r in rows_of_model(root, "other") if r["measure"] == "perplexity"}
    assert math.isclose(found["mean of 2 seeds", "test"]["value"], np.mean(values))

    fresh = tiny_speeches.project(tmp_path / "fresh")
    kept = fresh / "datasets" / "speaking" / "results" / "perplexity.json"
    kept.parent.mkdir()
    elsewhere = json.loads(json.dumps(table))
    elsewhere["models"]["other"]["seeds"][0]["sha256"] = "0" * 64
    elsewhere["models"]["film"]["seeds"] = []
    kept.write_text(json.dumps(elsewhere), encoding="utf-8")
    assert inside(fresh, "train", "speaking", "film").returncode == 0
    assert inside(fresh, "results", "speaking").returncode == 0
    assert json.loads(kept.with_name("measures.json").read_text(encoding="utf-8"))["models"] == {}
    again = json.loads(kept.read_text(encoding="utf-8"))
    assert again["models"]["other"]["seeds"] == elsewhere["models"]["other"]["seeds"]
    assert again["models"]["film"]["seeds"][0]["sha256"] == row["sha256"]

    other_card = fresh / "datasets" / "speaking" / "other.toml"
    other_card.write_text(other_card.read_text() + "dropout = 0.5\n", encoding="utf-8")
    assert inside(fresh, "results", "speaking").returncode == 0
    assert json.loads(kept.read_text(encoding="utf-8"))["missing"] == {"other": [0, 1]}


def rows_of_model(root, name):
    model = next(m for m in dataset_of(root)["models"] if m["name"] == name)
    return rows(root, model, "metrics").to_pylist()


def test_a_model_is_not_trained_again_when_only_the_code_around_it_changed(finished, tmp_path, monkeypatch):
    from rnnvis.nets import language_training
    from rnnvis.recipes.keep.project import Project
    from rnnvis.recipes.steps.train import corpus_step, train_step

    root = tiny_speeches.project(tmp_path)
    project = Project(root)
    dataset = project.dataset("speaking")
    corpus_step(project, dataset).run(project.build)
    step = train_step(project, dataset, dataset.cards["film"], 0)
    folder = step.run(project.build)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    monkeypatch.setattr(language_training, "train", lambda *_: pytest.fail("it was trained again"))
    for path in folder.iterdir():
        path.unlink()
    again = train_step(project, dataset, dataset.cards["film"], 0).run(project.build)
    assert {path.name: path.read_bytes() for path in again.iterdir()} == before


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("unitz = 3", 'unknown key "unitz"'),
        ("embedding = 4", '"tied" needs embeddings as wide as the state'),
        ("published_epochs = [9]", '"published_epochs" is 9'),
        ('optimiser = "adagrad"', '"optimiser" is "adagrad"'),
        ("threads = 0", '"threads" is 0'),
    ],
)
def test_an_impossible_card_is_refused_by_name(tmp_path, line, message):
    root = tiny_speeches.project(tmp_path)
    card = root / "datasets" / "speaking" / "other.toml"
    card.write_text(card.read_text() + line + "\n", encoding="utf-8")
    done = inside(root, "regenerate", "--quick", "--no-site")
    assert done.returncode == 1
    assert f"{card}: " in done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_quick_set_names_models_that_there_are(tmp_path):
    root = tiny_speeches.project(tmp_path)
    path = root / "datasets" / "speaking" / "dataset.toml"
    path.write_text(path.read_text().replace('quick = ["film"]', 'quick = ["flim"]'), encoding="utf-8")
    done = inside(root, "regenerate", "--quick", "--no-site")
    assert done.returncode == 1
    assert '"quick" is "flim"' in done.stderr


def test_features_of_the_state_that_is_read_stand_beside_it_and_lose_what_they_do_by_hand(finished):
    project = Project(finished)
    dataset = project.dataset("speaking")
    card = replace(
        dataset.cards["film"], published_epochs=(1, 2), features=FeaturesConfig(latents=5, k=2, seeds=(0, 1), steps=30)
    )
    assert train_step(project, dataset, card, 0).key == train_step(project, dataset, dataset.cards["film"], 0).key
    step = features_step(project, dataset, card)
    step.run(project.build)
    (model,) = dataset_of(finished)["models"]
    before = rows(finished, model, "steps")
    add_features(project, dataset, card, model)
    state, _, features = model["states"]
    after = rows(finished, model, "steps")
    assert after.drop_columns("surprise").equals(before.drop_columns("surprise"))
    for was, now in zip(before["surprise"].to_pylist(), after["surprise"].to_pylist(), strict=True):
        assert (was is None) == (now is None)
        assert was is None or (now[:2] == was and len(now) == 3)
    assert (features["name"], features["units"], features["measured"]) == ("rnn.0.h.features", 5, state["measured"])
    theirs, ours = (
        (table := rows(finished, of, "states")).filter(pc.greater_equal(table["step"], 0)) for of in (state, features)
    )
    assert ours.select(["sentence_id", "step"]).equals(theirs.select(["sentence_id", "step"]))
    assert rows(finished, features, "responses")["count"].equals(rows(finished, state, "responses")["count"])
    of = coded_language_model(project, dataset, card)
    compared = compare(of.trained, of.concepts, "rnn.0.h", 5, 2, (0, 1), 30)
    trained, _ = load_language_model(next((finished / "build" / "stages" / "train").iterdir()))
    corpus, losses = corpus_of(finished), {False: [], True: []}
    code = compared.codes[0]
    for split in ("valid", "test"):
        for document in streams.documents(corpus, split):
            words = torch.tensor(document[:WORDS_OF_DOCUMENT].astype(np.int64))
            for rebuilt, found in losses.items():
                h = trained.zero_state(1)
                for now, after in itertools.pairwise(words):
                    hidden, h = trained(now.reshape(1, 1), h)
                    hidden = hidden[0]
                    if rebuilt:
                        hidden = code.decoded(code.encoded(hidden))
                        h = (hidden[None], h[1])
                    found.append(-torch.log_softmax(trained.head(hidden), 1)[0, after].item())
    table = json.loads(results_file(dataset, card).read_text())
    assert table["seeds"][0]["answers"] == len(losses[True])
    assert math.isclose(table["seeds"][0]["loss"], np.mean(losses[False]), rel_tol=1e-4)
    assert math.isclose(table["seeds"][0]["loss_rebuilt"], np.mean(losses[True]), rel_tol=1e-4)
    train = set(corpus.indices("train").tolist())
    assert set(of.trained.states["rnn.0.h"].published.tolist()) <= train
    tagged = {part for i in train for part in of.concepts[i]}
    assert {row["concept"] for row in table["concepts"]} <= tagged - {None}
