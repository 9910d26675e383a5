"""The stages end to end on a checkout in miniature: order, resumption, identical bytes, and errors."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from rnnvis.api.record import record
from rnnvis.api.sample import Sample
from rnnvis.cli import main
from rnnvis.nets import load, predict
from rnnvis.published import files
from rnnvis.published.publishing import digest, read_manifest
from rnnvis.published.recorded import write_state
from rnnvis.published.verify import verify
from rnnvis.recipes.steps.shown import shown_sentences, worked_out
from rnnvis.recording.step_model.model import StepModel
from rnnvis.text import Corpus
from tests.python import tiny

ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}


def rnnvis(root: Path, *arguments: str, **options) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "rnnvis.cli", "--root", str(root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, timeout=300, check=False, **options)


def inside(root: Path, *arguments: str) -> subprocess.CompletedProcess:
    """The same command without a process of its own, which would load torch first."""
    done = CliRunner().invoke(main, ["--root", str(root), *arguments], catch_exceptions=False)
    return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)


def published(root: Path) -> dict[str, str]:
    folder = root / "site" / "explorer" / "data"
    return {path.name: digest(path) for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    root = tiny.project(tmp_path_factory.mktemp("a folder") / "with spaces")
    done = rnnvis(root, "regenerate", "--quick", "--no-site")
    assert done.returncode == 0, done.stderr
    return root


def test_the_published_folder_is_whole_and_a_second_run_keeps_everything(finished):
    before = published(finished)
    assert verify(finished / "site" / "explorer" / "data").problems == []
    again = rnnvis(finished, "regenerate", "--quick", "--no-site")
    assert again.returncode == 0
    assert "to do" not in again.stderr
    assert published(finished) == before


def test_the_models_themselves_are_published_and_say_what_the_tables_do(finished):
    folder = finished / "site" / "explorer" / "data"
    (dataset,) = read_manifest(folder)["datasets"]

    def rows(holder, table):
        paths = [folder / file["path"] for file in holder["tables"][table]["files"]]
        return files.read(table, paths).to_pylist()

    tokens = [row["tokens"] for row in rows(dataset, "sentences")]
    for entry in dataset["models"]:
        model = StepModel.load(folder / entry["step_model"]["path"])
        assert model.words["kind"] == "words"
        assert model.words["share"] == 1.0
        said = {(row["sentence_id"], row["step"]): row["p_class"] for row in rows(entry, "steps")}
        for sentence in range(0, len(tokens), 10):
            along = np.exp(model.run(tokens[sentence]).along)
            assert np.abs(along - [said[sentence, step] for step in range(len(along))]).max() < 1e-4


def test_a_recording_in_shards_is_the_stage_in_one_run(finished):
    """`record --shard` for each, their second looks, and `reduce`: the tables are those of `record`."""
    stages = finished / "build" / "stages"
    (whole,) = stages.joinpath("record").glob("tiny+gru+*")
    before = finished / "before"
    shutil.copytree(whole, before)
    shutil.rmtree(whole)

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(main, ["--root", str(finished), *arguments], catch_exceptions=False)
        return done.output if done.exit_code else ""

    try:
        for shard in ("0/2", "1/2"):
            assert not run("record", "tiny", "gru", "--shard", shard)
        assert "of 2 second looks of the shards 2 are not recorded" in run("reduce", "tiny", "gru", "--shards", "2")
        assert "of 3 shards 3 are not recorded" in run("record", "tiny", "gru", "--shard", "0/3", "--second")
        for shard in ("1/2", "0/2"):
            assert not run("record", "tiny", "gru", "--shard", shard, "--second")
        assert not run("reduce", "tiny", "gru", "--shards", "2")
        names = sorted(path.relative_to(before) for path in before.rglob("*.parquet"))
        assert names == sorted(path.relative_to(whole) for path in whole.rglob("*.parquet"))
        for name in names:
            now, then = (files.pq.read_table(folder / name).to_pydict() for folder in (whole, before))
            assert list(now) == list(then)
            for column, values in then.items():
                assert now[column] == values or _near(now[column], values), (name, column)
        for given, message in ((["--shard", "2/2"], "shard is (2, 2)"), (["--second"], "--second is given without")):
            assert message in run("record", "tiny", "gru", *given)
        assert "is not I/N" in run("record", "tiny", "gru", "--shard", "one")
    finally:
        shutil.rmtree(whole, ignore_errors=True)
        shutil.move(before, whole)


def _near(now: list, then: list) -> bool:
    """Whether two columns of numbers agree to 1e-6, of halves to their last digit."""
    return all(
        (a is None) == (b is None) and (a is None or np.allclose(a, b, rtol=2e-3, atol=1e-6))
        for a, b in zip(now, then, strict=True)
    )


STAGES = ("train", "record", "cluster", "ablate")


@pytest.mark.parametrize("stage", STAGES)
def test_killed_in_the_middle_of_a_stage_and_run_again_ends_in_the_same_bytes(finished, tmp_path, stage):
    root = tmp_path / "killed"
    shutil.copytree(finished, root)
    shutil.rmtree(root / "site" / "explorer" / "data")
    for later in STAGES[STAGES.index(stage) :]:
        shutil.rmtree(root / "build" / "stages" / later)
    command = [sys.executable, "-m", "rnnvis.cli", "--root", str(root), "regenerate", "--quick", "--no-site"]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT)
    folder = root / "build" / "stages" / stage
    deadline = time.monotonic() + 240
    while not list(folder.glob("*.partial")) and running.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert list(folder.glob("*.partial")), f"the run was not in the middle of {stage} when it was killed"
    assert not (root / "site" / "explorer" / "data" / "manifest.json").exists()
    done = rnnvis(root, "regenerate", "--quick", "--no-site")
    assert done.returncode == 0, done.stderr
    assert published(root) == published(finished)


def test_a_missing_stage_names_the_command_that_runs_it(tmp_path):
    root = tiny.project(tmp_path)
    assert "nothing to publish" in inside(root, "publish").stderr
    for stage, needed in (("cluster", "rnnvis record tiny gru"), ("record", "rnnvis train tiny gru")):
        done = inside(root, stage, "tiny")
        assert done.returncode == 1
        assert needed in done.stderr
        assert "Traceback" not in done.stderr
    assert "nothing to publish" in inside(root, "publish").stderr


def test_the_stages_one_by_one_publish_the_same_bytes(finished, tmp_path):
    root = tiny.project(tmp_path / "single")
    for stage in (("train", "tiny"), ("record", "tiny"), ("cluster", "tiny"), ("ablate", "tiny"), ("publish",)):
        done = inside(root, *stage)
        assert done.returncode == 0, done.stderr
    assert published(root) == published(finished)


def test_two_steps_at_once_publish_the_same_bytes(finished, tmp_path):
    root = tiny.project(tmp_path)
    done = rnnvis(root, "regenerate", "--quick", "--no-site", "--jobs", "2")
    assert done.returncode == 0, done.stderr
    assert published(root) == published(finished)


def test_an_unknown_key_in_a_model_card_stops_before_anything_runs(tmp_path):
    root = tiny.project(tmp_path)
    card = root / "datasets" / "tiny" / "gru.toml"
    card.write_text(card.read_text() + "unitz = 3\n")
    done = inside(root, "regenerate", "--quick", "--no-site")
    assert done.returncode == 1
    assert f'{card}: unknown key "unitz"' in done.stderr
    assert 'did you mean "units"?' in done.stderr


def test_a_dry_run_changes_nothing(tmp_path):
    root = tiny.project(tmp_path)
    done = inside(root, "regenerate", "--quick", "--dry-run")
    assert done.returncode == 0
    assert "to do" in done.stderr
    assert not (root / "build" / "stages").exists()


def stage_folder(root: Path, stage: str, model: str) -> Path:
    return next((root / "build" / "stages" / stage).glob(f"tiny+{model}+*"))


@pytest.mark.parametrize("model", ["gru", "lstm"])
def test_what_is_published_is_what_the_model_does(finished, model):
    data = finished / "site" / "explorer" / "data"
    dataset = read_manifest(data)["datasets"][0]
    entry = next(m for m in dataset["models"] if m["name"] == model)
    assert [s["name"] for s in entry["states"]] == (["rnn.0.h"] if model == "gru" else ["rnn.0.h", "rnn.0.c"])

    def table(holder, name):
        return files.read(name, [data / f["path"] for f in holder["tables"][name]["files"]])

    corpus = Corpus.load(next((finished / "build" / "stages" / "corpus").iterdir()) / "corpus")
    trained, _ = load(stage_folder(finished, "train", model))
    p = files.matrix(table(entry, "predictions")["p_class"])
    assert np.allclose(p, predict(trained, corpus, np.arange(len(corpus))), atol=1e-5)

    state = entry["states"][0]
    sentence = table(state, "states")["sentence_id"].to_numpy()
    values = files.matrix(table(state, "states")["value"]).astype(np.float64)
    steps = table(entry, "steps")
    first = np.append(True, sentence[1:] != sentence[:-1])
    before = np.where(first[:, None], 0, np.vstack([np.zeros((1, 8)), values[:-1]]))
    delta = values - before
    token = steps["token_id"].to_numpy()
    measured = np.array([corpus.split[s] != "probe" for s in sentence])
    response = files.matrix(table(state, "responses")["mean"])
    for word in np.flatnonzero(np.bincount(token[measured]) >= 3):
        uses = delta[measured & (token == word)]
        assert np.allclose(response[word], uses.mean(axis=0), atol=2e-3), corpus.vocabulary[word]
    weight = trained.head.weight.detach().numpy()
    v = weight[1] - weight[0]
    assert np.allclose(steps["push"].to_numpy(), delta @ v, atol=6e-3)
    labels = table(state, "cluster_labels").to_pylist()
    blocks = {(r["method"], r["selection"], r["k"]): r for r in table(state, "block_means").to_pylist()}
    sides = {(r["method"], r["selection"], r["k"], r["side"]): r for r in labels}
    for (method, selection, k), row in blocks.items():
        words, units = (sides[method, selection, k, side] for side in ("words", "units"))
        z, u = np.array(words["labels"]), np.array(units["labels"])
        block = np.array(row["mean"]).reshape(k, k)
        matrix = response[words["ids"]][:, units["ids"]]
        drawn = np.array([[matrix[np.ix_(z == a, u == b)].mean() for b in range(k)] for a in range(k)])
        assert np.allclose(block, drawn, atol=1e-6)
        chips = np.stack([matrix[:, u == b] @ v[units["ids"]][u == b] for b in range(k)], axis=1)
        through = np.array([chips[z == a].mean(axis=0) for a in range(k)])
        assert np.allclose(np.array(row["push"]).reshape(k, k), through, atol=1e-5)
        assert sorted(words["order"]) == sorted(units["order"]) == list(range(k))


@pytest.mark.parametrize("model", ["gru", "lstm"])
def test_record_gives_a_persons_own_model_the_tables_of_the_recipe_byte_for_byte(finished, tmp_path, model):
    corpus = Corpus.load(next((finished / "build" / "stages" / "corpus").iterdir()) / "corpus")
    trained, _ = load(stage_folder(finished, "train", model))
    split = np.array(corpus.split)
    sample = Sample(split != "probe", split == "probe", split == "test", corpus.key)
    recording = record(trained, corpus.tokens, corpus.vocabulary, frequent_count=5, sample=sample)
    recorded = stage_folder(finished, "record", model)
    for name, state in recording.states.items():
        write_state(state, corpus, tmp_path, title=name, frequent_count=5, published_count=1, bounded=True)
        same = [path.name for path in (tmp_path / name).iterdir() if not path.name.startswith("units.")]
        assert {"responses.0.parquet", "states.0.parquet", "contexts.0.parquet", "half_a.npy"} <= set(same)
        for file in same:
            assert (tmp_path / name / file).read_bytes() == (recorded / name / file).read_bytes(), file
        ours, theirs = (files.read("units", [root / name / "units.0.parquet"]) for root in (tmp_path, recorded))
        answered = {"output_weight", "label_auc"}
        for column in set(ours.column_names) - answered:
            assert ours[column].equals(theirs[column]), column


def test_probes_are_recorded_and_left_out_of_the_responses(finished):
    data = finished / "site" / "explorer" / "data"
    dataset = read_manifest(data)["datasets"][0]
    rows = files.read("sentences", [data / f["path"] for f in dataset["tables"]["sentences"]["files"]]).to_pylist()
    probes = [row for row in rows if row["split"] == "probe"]
    assert {row["key"] for row in probes} == set(dataset["probes"].values())
    measured = dataset["models"][0]["states"][0]["measured"]
    assert measured["steps"] == sum(row["length"] for row in rows if row["split"] != "probe")
    assert dataset["view"]["sentence"] == dataset["probes"]["turn"]
    model = dataset["models"][0]
    assert json.dumps(model["provenance"])
    assert {"config", "seed", "versions", "corpus", "licence"} <= set(model["provenance"])


def test_pairs_of_states_and_pictures_of_states_are_published(finished):
    data = finished / "site" / "explorer" / "data"
    dataset = read_manifest(data)["datasets"][0]

    def rows(holder, name):
        return files.read(name, [data / f["path"] for f in holder["tables"][name]["files"]]).to_pylist()

    pairs = rows(dataset, "state_pairs")
    assert len(pairs) == len(rows(dataset, "unit_matches")) == 6
    cka = {(p["model_a"], p["state_a"], p["model_b"], p["state_b"]): p["cka"] for p in pairs}
    for (a, b, c, d), value in cka.items():
        assert 0 <= value <= 1
        assert abs(value - cka[c, d, a, b]) < 1e-9
    for row in rows(dataset, "unit_matches"):
        taken = [b for b in row["b"] if b >= 0]
        assert len(set(taken)) == len(taken)
    words = {row["text"]: row["part_of_speech"] for row in rows(dataset, "words")}
    assert (words["the"], words["film"], words["<unk>"]) == ("determiner", "noun", None)
    for model in dataset["models"]:
        for state in model["states"]:
            points = rows(state, "projection")
            assert {p["method"] for p in points} == {"pca", "tsne"}
            assert sum(p["item"] == "unit" for p in points) == 2 * state["units"]
            figures = {row["measure"]: row["value"] for row in rows(state, "state_measures")}
            assert 0 < figures["kept_per_step"] < 1
            assert 1 <= figures["effective_dimension_states"] <= state["units"]


def test_units_gates_and_clusters_are_measured(finished):
    data = finished / "site" / "explorer" / "data"
    dataset = read_manifest(data)["datasets"][0]

    def rows(holder, name):
        return files.read(name, [data / f["path"] for f in holder["tables"][name]["files"]]).to_pylist()

    parts = {row["part_of_speech"] for row in rows(dataset, "words")}
    for model in dataset["models"]:
        for state in model["states"]:
            units = range(state["units"])
            gates = {(row["unit"], row["gate"]) for row in rows(state, "gates")}
            assert gates == {(unit, gate) for unit in units for gate in ("rz" if model["name"] == "gru" else "ifo")}
            told = {(row["unit"], row["feature"]): row for row in rows(state, "selectivity")}
            assert set(told) == {(unit, name) for unit in units for name in ("part_of_speech", "label", "position")}
            assert {told[unit, "part_of_speech"]["highest"] for unit in units} <= parts
            assert {told[unit, "label"]["lowest"] for unit in units} <= set(dataset["labels"])
            figures = {row["measure"]: row["value"] for row in rows(state, "state_measures")}
            assert figures["probe_label"] > figures["probe_label_shuffled"]
            assert 0 <= figures["sparsity_of_words"] <= 1
            assert ("saturation" in figures) == state["bounded"]
            assert [row["unit"] for row in rows(state, "unit_ablation")] == list(units)
            effects = {
                (r["selection"], r["k"], r["cluster"], r["subject"], r["value"]): r
                for r in rows(state, "cluster_ablation")
            }
            for (selection, k, cluster, subject, _), row in effects.items():
                if subject == "all":
                    classes = [effects[selection, k, cluster, "class", value] for value in (0, 1)]
                    assert sum(of["count"] for of in classes) == row["count"]
                    mean = sum(of["count"] * of["increase"] for of in classes) / row["count"]
                    assert row["increase"] == pytest.approx(mean, abs=1e-5)
        h = next(state for state in model["states"] if state["name"].endswith(".h"))
        alone = {row["unit"]: row["increase"] for row in rows(h, "unit_ablation")}
        for other in model["states"]:  # a cell state acts through its hidden state alone
            assert {row["unit"]: row["increase"] for row in rows(other, "unit_ablation")} == alone


def test_a_folder_leaves_out_states_that_its_page_works_out(finished, tmp_path, monkeypatch):
    """Of sentences that no unit is most active in, all but a sample; every other table stays as it was."""
    root = tmp_path / "fewer"
    shutil.copytree(finished, root)
    corpus = Corpus.load(next((root / "build" / "stages" / "corpus").iterdir()) / "corpus")
    shown = shown_sentences

    def few(corpus, recorded, megabytes, also):
        assert megabytes == 1
        assert len(shown(corpus, recorded, 1, also)) == len(corpus), "all of so small a text fit"
        return shown(corpus, recorded, 0, also)

    monkeypatch.setattr("rnnvis.recipes.steps.publish.shown_sentences", few)
    done = inside(root, "publish", "--states-megabytes", "1")
    assert done.returncode == 0, done.stderr
    folders = {of: of / "site" / "explorer" / "data" for of in (finished, root)}
    assert verify(folders[root]).problems == []
    (before,), (after,) = (read_manifest(folder)["datasets"] for folder in folders.values())
    assert after["view"] == before["view"]

    def rows(of, holder, name):
        return files.read(name, [folders[of] / file["path"] for file in holder["tables"][name]["files"]]).to_pylist()

    wanted = {i for i, split in enumerate(corpus.split) if split == "probe"}
    wanted.add(corpus.key.index(after["view"]["sentence"]))
    for model in after["models"]:
        wanted |= {row["sentence_id"] for state in model["states"] for row in rows(root, state, "contexts")}
    assert 0 < len(wanted) < len(corpus)
    said = sum(len(corpus.tokens[i]) for i in wanted) / sum(map(len, corpus.tokens))
    size = sum(file["bytes"] for m in before["models"] for s in m["states"] for file in s["tables"]["states"]["files"])
    (told,) = re.findall(r"states (\d+) kB", " ".join(done.stderr.split()))
    assert int(told) == pytest.approx(said * size / 1e3, rel=0.05)
    for old, new in zip(before["models"], after["models"], strict=True):
        for was, of in zip([old, *old["states"]], [new, *new["states"]], strict=True):
            assert {*was["tables"]} == {*of["tables"]}
            for name in of["tables"]:
                if name in ("states", "answer_memory"):
                    left = [row for row in rows(finished, was, name) if row["sentence_id"] in wanted]
                    assert rows(root, of, name) == left, name
                    assert left
                else:
                    assert of["tables"][name] == was["tables"][name], name
        assert {state["published_sentences"] for state in new["states"]} == {len(wanted)}


@pytest.mark.parametrize(
    "said",
    [
        {"kind": "language model"},
        {"step_model": None},
        {"no_step_model": "its answers are not known"},
        {"step_model": {"bytes": 100, "runtime": "onnx"}},
        {"step_model": {"bytes": 10_000_001}},
    ],
)
def test_states_are_left_out_only_where_a_page_can_work_them_out(said):
    recorded = {"states": [{"name": "rnn.0.h", "read_by_head": True}, {"name": "rnn.0.c", "read_by_head": False}]}
    model = {"kind": "classifier", "step_model": {"bytes": 100}, "no_step_model": None}
    assert worked_out(model, recorded) == ("states", "answer_memory")
    backwards = {"states": [{"name": "rnn.0.reverse.h", "read_by_head": True}]}
    both = {"states": [*recorded["states"], *backwards["states"]]}
    assert worked_out(model, backwards) == worked_out(model, both) == ("states",)
    assert worked_out(model | said, recorded) == ()


def test_states_of_two_datasets_compare_over_the_words_that_both_know(finished, tmp_path):
    root = tmp_path / "two"
    shutil.copytree(finished, root)
    second = root / "datasets" / "second"
    second.mkdir()
    (second / "gru.toml").write_text(
        (root / "datasets" / "tiny" / "gru.toml").read_text().replace("units = 8", "units = 5")
    )
    about = (root / "datasets" / "tiny" / "dataset.toml").read_text()
    (second / "dataset.toml").write_text(
        about.replace('"tiny"', '"second"').replace("minimum_count = 3", "minimum_count = 40")
    )
    assert inside(root, "regenerate", "second", "--quick", "--no-site").returncode == 0
    assert {d["name"] for d in read_manifest(root / "site" / "explorer" / "data")["datasets"]} == {"second"}
    done = inside(root, "publish")
    assert done.returncode == 0, done.stderr
    folder = root / "site" / "explorer" / "data"
    assert verify(folder).problems == []
    datasets = {d["name"]: d for d in read_manifest(folder)["datasets"]}

    def rows(dataset, table):
        paths = [folder / file["path"] for file in datasets[dataset]["tables"][table]["files"]]
        return files.read(table, paths).to_pylist()

    across = {name: [row for row in rows(name, "state_pairs") if row["dataset_b"]] for name in datasets}
    enough = sum(count >= 40 for count in _counts(folder, datasets["second"]))
    assert {row["shared_words"] for of in across.values() for row in of} == {enough}
    assert {(row["model_a"], row["dataset_b"]) for row in across["second"]} == {("gru", "tiny")}
    assert {(row["model_a"], row["dataset_b"]) for row in across["tiny"]} == {("gru", "second"), ("lstm", "second")}
    matches = [row for row in rows("second", "unit_matches") if row["dataset_b"] == "tiny"]
    assert {len(row["b"]) for row in matches} == {5}
    assert len(matches) == len(across["second"])
    assert {row["k"] for row in rows("second", "cluster_matches") if row["dataset_b"] == "tiny"} == {2, 3, 4}


def _counts(folder, dataset):
    """Uses of the words that are none of the special ones, in the state's responses."""
    state = dataset["models"][0]["states"][0]
    words, responses = (
        files.read(name, [folder / file["path"] for file in holder["tables"][name]["files"]])
        for name, holder in (("words", dataset), ("responses", state))
    )
    special = words["special"].to_pylist()
    return [n for n, of in zip(responses["count"].to_pylist(), special, strict=True) if not of]
