"""Training on a corpus of a few dozen invented sentences."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch

from rnnvis import nets as models
from rnnvis.config import ModelConfig, Vocabulary, read
from rnnvis.errors import RnnvisError
from rnnvis.nets.checkpoints import described
from rnnvis.nets.training import oversampled, sentence_weights, soft_targets
from rnnvis.text import Corpus
from rnnvis.text.assembly import Sentence, assemble

from .invented import invented_corpus

CONFIG = ModelConfig(
    name="tiny",
    title="Tiny",
    cell="gru",
    units=8,
    seeds=(0,),
    embedding=6,
    epochs=6,
    batch=16,
    learning_rate=0.02,
    averaged_epochs=2,
)
FILES = ("model.safetensors", "model.json", "training.json")


@pytest.fixture(scope="module")
def corpus():
    return invented_corpus()


def content(folder):
    return {name: (folder / name).read_bytes() for name in FILES}


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_it_learns_and_the_same_seed_gives_the_same_bytes(corpus, tmp_path, cell):
    config = dataclasses.replace(CONFIG, cell=cell)
    torch.set_num_threads(2)
    models.train(corpus, config, 0, tmp_path / "a")
    assert torch.get_num_threads() == 2
    torch.rand(3)
    torch.set_num_threads(1)
    models.train(corpus, config, 0, tmp_path / "b")
    models.train(corpus, config, 1, tmp_path / "c")
    assert content(tmp_path / "a") == content(tmp_path / "b")
    assert content(tmp_path / "a")["model.safetensors"] != content(tmp_path / "c")["model.safetensors"]
    assert sorted(p.name for p in (tmp_path / "a").iterdir()) == sorted(FILES)
    model, card = models.load(tmp_path / "a")
    assert models.evaluate(model, corpus, "test")["accuracy"] > 0.9
    assert card["corpus"]["digest"] == corpus.digest
    assert card["architecture"]["cell"] == cell
    assert card["seed"] == 0
    assert card["parameters"] == sum(p.numel() for p in model.parameters())
    rows = json.loads((tmp_path / "a" / "training.json").read_text(encoding="utf-8"))
    assert [row["epoch"] for row in rows] == [1, 2, 3, 4, 5, 6]


def test_the_random_state_outside_is_left_alone(corpus, tmp_path):
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    models.train(corpus, dataclasses.replace(CONFIG, epochs=1, averaged_epochs=1), 0, tmp_path)
    assert torch.equal(torch.rand(2), expected)
    assert not torch.are_deterministic_algorithms_enabled()


CHILD = """
import sys, time
from pathlib import Path
from rnnvis import nets as models
from rnnvis.config import ModelConfig, Vocabulary, read
from rnnvis.text import Corpus
from rnnvis.nets import checkpoints
keep = checkpoints.keep
def slowly(*arguments):
    keep(*arguments)
    time.sleep(0.2)
checkpoints.keep = slowly
folder = Path(sys.argv[1])
models.train(Corpus.load(folder / "corpus"), read(ModelConfig, folder / "card.toml"), 0, folder / "model")
"""


def test_a_killed_training_resumes_and_ends_with_the_same_bytes(corpus, tmp_path):
    corpus.save(tmp_path / "corpus")
    card = [f"{key} = {json.dumps(value)}" for key, value in dataclasses.asdict(CONFIG).items()]
    (tmp_path / "card.toml").write_text("\n".join(card), encoding="utf-8")
    partial = tmp_path / "model" / "partial"
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path)], env={**os.environ, "OMP_NUM_THREADS": "1"})
    while not list(partial.glob("state-*.safetensors")) and child.poll() is None:
        time.sleep(0.01)
    time.sleep(0.3)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert list(partial.glob("state-*.safetensors"))
    assert not (tmp_path / "model" / "model.json").exists()
    epochs = []
    kept = models.checkpoints.keep
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models.checkpoints, "keep", lambda *a: (epochs.append(len(a[3])), kept(*a)))
        models.train(Corpus.load(tmp_path / "corpus"), read(ModelConfig, tmp_path / "card.toml"), 0, tmp_path / "model")
    assert 0 < len(epochs) < CONFIG.epochs
    models.train(corpus, CONFIG, 0, tmp_path / "uninterrupted")
    assert content(tmp_path / "model") == content(tmp_path / "uninterrupted")


def test_a_partial_run_of_another_configuration_is_not_resumed(corpus, tmp_path):
    kept = models.checkpoints.keep

    def once(*arguments):
        kept(*arguments)
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models.checkpoints, "keep", once)
        with pytest.raises(KeyboardInterrupt):
            models.train(corpus, CONFIG, 0, tmp_path / "a")
    changed = dataclasses.replace(CONFIG, learning_rate=0.01)
    models.train(corpus, changed, 0, tmp_path / "a")
    models.train(corpus, changed, 0, tmp_path / "b")
    assert content(tmp_path / "a") == content(tmp_path / "b")


def test_a_partial_run_with_a_flipped_bit_is_not_gone_on_from(corpus, tmp_path):
    kept = models.checkpoints.keep

    def twice(*arguments):
        kept(*arguments)
        if len(arguments[3]) == 2:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models.checkpoints, "keep", twice)
        with pytest.raises(KeyboardInterrupt):
            models.train(corpus, CONFIG, 0, tmp_path / "a")
    (path,) = (tmp_path / "a" / "partial").glob("state-*.safetensors")
    data = bytearray(path.read_bytes())
    data[-9] ^= 4
    path.write_bytes(data)
    models.train(corpus, CONFIG, 0, tmp_path / "a")
    models.train(corpus, CONFIG, 0, tmp_path / "b")
    assert content(tmp_path / "a") == content(tmp_path / "b")


def test_a_truncated_partial_run_is_started_again(corpus, tmp_path):
    (tmp_path / "a" / "partial").mkdir(parents=True)
    (tmp_path / "a" / "partial" / f"state-{64 * '0'}.safetensors").write_bytes(b"\x10\x00\x00")
    models.train(corpus, CONFIG, 0, tmp_path / "a")
    models.train(corpus, CONFIG, 0, tmp_path / "b")
    assert content(tmp_path / "a") == content(tmp_path / "b")


def test_a_damaged_or_missing_model_says_so(corpus, tmp_path):
    with pytest.raises(RnnvisError, match="no such file"):
        models.load(tmp_path / "none")
    models.train(corpus, dataclasses.replace(CONFIG, epochs=2), 0, tmp_path / "a")
    weights = tmp_path / "a" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4] + b"\0\0\0\0")
    with pytest.raises(RnnvisError, match="does not have the hash"):
        models.load(tmp_path / "a")
    (tmp_path / "a" / "model.json").write_text("{", encoding="utf-8")
    with pytest.raises(RnnvisError, match="damaged model"):
        models.load(tmp_path / "a")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cell": "grue"}, 'unknown cell "grue"'),
        ({"units": 0}, "units = 0"),
        ({"dropout": 1.5}, "dropout = 1.5"),
        ({"averaged_epochs": 7}, "averaged_epochs = 7"),
    ],
)
def test_an_impossible_value_is_refused_by_name(corpus, tmp_path, changes, message):
    with pytest.raises(RnnvisError) as caught:
        models.train(corpus, dataclasses.replace(CONFIG, **changes), 0, tmp_path)
    assert message in caught.value.message
    assert not list(tmp_path.iterdir())


def test_an_unknown_key_in_a_card_is_refused_by_name(tmp_path):
    path = tmp_path / "gru.toml"
    path.write_text('name="gru"\ntitle="GRU"\ncell="gru"\nunits=4\nseeds=[0]\nlearning_rat=0.1\n', encoding="utf-8")
    with pytest.raises(RnnvisError) as caught:
        read(ModelConfig, path)
    assert f'{path}: unknown key "learning_rat"' in caught.value.message
    assert "learning_rate" in caught.value.fix


def test_soft_targets_and_weights():
    sentences = [
        Sentence("one", "train", "x", 1, 2.0),
        Sentence("two", "train", "x", -1, 0.2),
        Sentence("three", "train", "y", 0),
        Sentence("four", "train", "y"),
        Sentence("five", "valid", "x", 0, -1.0),
    ]
    corpus = assemble("tiny", ("negative", "positive"), sentences, Vocabulary(1))
    targets = soft_targets(corpus, 1.5).numpy()[[corpus.text.index(s.text) for s in sentences]]
    expected = np.array([1 / (1 + np.exp(-3)), 1 / (1 + np.exp(-0.3)), 0, np.nan, 1 / (1 + np.exp(1.5))])
    np.testing.assert_allclose(targets[:, 1], expected, rtol=1e-5)
    np.testing.assert_allclose(targets[:, 0], 1 - expected, rtol=1e-5)
    weights = sentence_weights(corpus, 0.25)
    assert [float(weights[corpus.text.index(t)]) for t in ("one", "three", "five")] == [1, 0.25, 1]


def test_every_part_of_the_recipe_can_be_left_out(corpus, tmp_path):
    plain = dataclasses.replace(CONFIG, embedding_start="random", embedding_scale=1.0)
    rich = dataclasses.replace(CONFIG, score_scale=0.5, word_dropout=0.1, score_sharpness=1.5)
    for name, config in (("plain", plain), ("rich", rich)):
        models.train(corpus, config, 0, tmp_path / name)
        assert models.evaluate(models.load(tmp_path / name)[0], corpus, "test")["accuracy"] > 0.9


def test_oversampling_repeats_the_rarer_classes_evenly_in_training_only():
    label = np.array([0] * 3 + [1] * 10 + [2] * 5 + [-1] * 2 + [0] * 50)
    chosen = np.arange(20)
    found = oversampled(chosen, label, seed=4)
    assert np.bincount(label[found] + 1).tolist() == [2, 10, 10, 10]
    assert set(found) == set(chosen)
    assert found.tolist() == oversampled(chosen, label, seed=4).tolist()
    times = np.bincount(found, minlength=20)
    for c, least in ((0, 3), (1, 1), (2, 2)):
        assert set(times[chosen[label[chosen] == c]]) <= {least, least + 1}
    assert not np.array_equal(found, oversampled(chosen, label, seed=5))


def test_a_card_that_does_not_oversample_is_described_as_before():
    card = ModelConfig("a", "A", "gru", 4, (0,))
    assert "oversample" not in described(card)
    assert described(dataclasses.replace(card, oversample=True))["oversample"] is True
