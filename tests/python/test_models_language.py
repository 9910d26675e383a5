"""Language models on a text of invented documents: the loss, the training, its resumption, perplexity."""

import dataclasses
import itertools
import json
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from rnnvis.config import CELLS, LanguageModelConfig, read_card
from rnnvis.errors import RnnvisError
from rnnvis.nets import checkpoints, language_training, perplexity, streams
from rnnvis.nets.checkpoints import load_language_model
from rnnvis.nets.devices import choose_device, choose_precision
from rnnvis.nets.language_model import LanguageModel, next_word_loss, next_word_losses
from rnnvis.nets.language_training import learning_rate, train
from rnnvis.text import Corpus

from .speaking import speaking_corpus

CONFIG = LanguageModelConfig(
    name="tiny",
    title="Tiny",
    cell="gru",
    units=12,
    seeds=(0,),
    tied=True,
    embedding_dropout=0.1,
    dropout=0.1,
    epochs=4,
    batch=3,
    steps=5,
    learning_rate=0.02,
    precision="float32",
    published_epochs=(1, 2),
)
FILES = ("model.safetensors", "model.json", "training.json", "epoch-1.safetensors", "epoch-2.safetensors")


@pytest.fixture(scope="module")
def corpus():
    return speaking_corpus()


def content(folder):
    return {name: (folder / name).read_bytes() for name in FILES}


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_the_loss_and_its_gradients_are_those_of_cross_entropy(precision):
    torch.manual_seed(0)
    model = LanguageModel(50, 8, 8, "rnn", tied=True)
    hidden = torch.randn(600, 8, requires_grad=True)
    target = torch.randint(-1, 50, (600,))
    wanted = functional.cross_entropy(model.head(hidden), target, ignore_index=-1)
    leaves = (hidden, model.head.weight, model.head.bias)
    gradients = torch.autograd.grad(3 * wanted, leaves)
    loss = next_word_loss(model, hidden, target, precision)
    close = {"rtol": 1e-4, "atol": 1e-6} if precision == torch.float32 else {"rtol": 0.05, "atol": 2e-3}
    assert torch.allclose(loss, wanted, **close)
    for found, expected in zip(torch.autograd.grad(3 * loss, leaves), gradients, strict=True):
        assert torch.allclose(found, expected, **close)
    losses = next_word_losses(model, hidden, target)
    assert torch.allclose(losses.sum() / (target >= 0).sum(), wanted, rtol=1e-5)
    assert (losses[target < 0] == 0).all()


@pytest.mark.parametrize("cell", CELLS)
def test_a_carried_state_equals_one_long_run(cell):
    torch.manual_seed(0)
    model = LanguageModel(20, 6, 6, cell, layers=2).eval()
    ids = torch.randint(0, 20, (2, 30))
    whole, end = model(ids, model.zero_state(2))
    state, parts = model.zero_state(2), []
    for start in range(0, 30, 7):
        hidden, state = model(ids[:, start : start + 7], state)
        parts.append(hidden)
    assert torch.allclose(torch.cat(parts, dim=1), whole, atol=1e-6)
    for a, b in zip(state, end, strict=True):
        assert torch.allclose(a, b, atol=1e-6)


def test_every_word_but_the_first_of_a_document_is_a_target_once():
    texts = [np.arange(100, 100 + n) for n in (1, 2, 23, 40, 6)]
    for segments in (streams.segments(texts, 3, 5), list(streams.side_by_side(texts, 5))):
        found = sorted(int(t) for s in segments for t in s.target.flatten() if t >= 0)
        assert found == sorted(int(w) for text in texts for w in text[1:])
        for segment in segments:
            known = segment.target >= 0
            assert (segment.target[known] == segment.ids[known] + 1).all()


def test_streams_continue_their_document_until_a_fresh_start():
    texts = [np.arange(1000 * n, 1000 * n + size) for n, size in enumerate((31, 8, 50), start=1)]
    segments = streams.segments(texts, 4, 5, np.array([2, 0, 1]))
    assert segments[0].fresh.all()
    for before, after in itertools.pairwise(segments):
        for row in range(4):
            if not after.fresh[row]:
                assert after.ids[row, 0] == before.target[row, -1]


@pytest.mark.parametrize("cell", ["min-gru", "selective", "slstm"])
def test_cells_of_ours_learn_and_are_read_back(corpus, tmp_path, cell):
    train(corpus, dataclasses.replace(CONFIG, cell=cell, epochs=2, published_epochs=()), 0, tmp_path)
    model, _ = load_language_model(tmp_path)
    rows = json.loads((tmp_path / "training.json").read_text(encoding="utf-8"))
    found = perplexity.evaluate(model, corpus, "valid")["perplexity"]
    assert math.isclose(found, min(row["valid_perplexity"] for row in rows), rel_tol=1e-5)
    assert found < len(corpus.vocabulary) / 2


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_it_learns_and_the_same_seed_gives_the_same_bytes(corpus, tmp_path, cell):
    config = dataclasses.replace(CONFIG, cell=cell, epochs=10, layers=2 if cell == "gru" else 1)
    train(corpus, config, 0, tmp_path / "a")
    torch.rand(3)
    train(corpus, config, 0, tmp_path / "b")
    train(corpus, config, 1, tmp_path / "c")
    assert content(tmp_path / "a") == content(tmp_path / "b")
    assert content(tmp_path / "a")["model.safetensors"] != content(tmp_path / "c")["model.safetensors"]
    assert sorted(p.name for p in (tmp_path / "a").iterdir()) == sorted(FILES)
    model, card = load_language_model(tmp_path / "a")
    assert model.head.weight is model.embedding.weight
    rows = json.loads((tmp_path / "a" / "training.json").read_text(encoding="utf-8"))
    best = min(rows, key=lambda row: row["valid_loss"])
    assert card["best_epoch"] == best["epoch"]
    assert math.isclose(
        perplexity.evaluate(model, corpus, "valid")["perplexity"], best["valid_perplexity"], rel_tol=1e-5
    )
    assert perplexity.evaluate(model, corpus, "test")["perplexity"] < 6 < len(corpus.vocabulary)
    assert card["parameters"] == sum(p.numel() for p in model.parameters())
    first, _ = load_language_model(tmp_path / "a", "epoch-1")
    assert math.isclose(
        perplexity.evaluate(first, corpus, "valid")["perplexity"], rows[0]["valid_perplexity"], rel_tol=1e-5
    )


def test_perplexity_is_that_of_a_loop_over_the_words(corpus):
    torch.manual_seed(1)
    model = LanguageModel(len(corpus.vocabulary), 6, 6, "lstm").eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for text in streams.documents(corpus, "test"):
            state = model.zero_state(1)
            for word, following in itertools.pairwise(text):
                hidden, state = model(torch.tensor([[int(word)]]), state)
                total -= float(torch.log_softmax(model.head(hidden[0, 0]), dim=0)[int(following)])
                count += 1
    found = perplexity.evaluate(model, corpus, "test")
    assert found["n"] == count
    assert math.isclose(found["loss"], total / count, rel_tol=1e-5)
    assert math.isclose(found["perplexity"], math.exp(total / count), rel_tol=1e-5)


@pytest.mark.parametrize("stop", [1, 7, 8, 20])
def test_a_training_stopped_in_the_middle_of_an_epoch_ends_with_the_same_bytes(corpus, tmp_path, monkeypatch, stop):
    train(corpus, CONFIG, 0, tmp_path / "whole")
    step = language_training._Run._step
    monkeypatch.setattr(language_training, "KEEP_SECONDS", 0.0)
    taken = []

    def once(run, segment):
        if len(taken) == stop:
            raise KeyboardInterrupt
        taken.append(run.done)
        return step(run, segment)

    monkeypatch.setattr(language_training._Run, "_step", once)
    with pytest.raises(KeyboardInterrupt):
        train(corpus, CONFIG, 0, tmp_path / "stopped", tmp_path / "clock.json")
    again = []
    monkeypatch.setattr(language_training._Run, "_step", lambda run, s: (again.append(run.done), step(run, s))[1])
    train(corpus, CONFIG, 0, tmp_path / "stopped", tmp_path / "clock.json")
    assert again[0] == stop
    assert content(tmp_path / "stopped") == content(tmp_path / "whole")
    said = json.loads((tmp_path / "clock.json").read_text(encoding="utf-8"))
    assert said["segments"] == stop + len(again)
    assert len(said["rows"]) == CONFIG.epochs


CHILD = """
import sys, time
from pathlib import Path
from rnnvis.config import read_card
from rnnvis.text import Corpus
from rnnvis.nets import language_training
step = language_training._Run._step
def slowly(*arguments):
    time.sleep(0.01)
    return step(*arguments)
language_training._Run._step = slowly
language_training.KEEP_SECONDS = 0.0
folder = Path(sys.argv[1])
language_training.train(Corpus.load(folder / "corpus"), read_card(folder / "card.toml"), 0, folder / "model")
"""


def test_a_killed_training_resumes_and_ends_with_the_same_bytes(corpus, tmp_path):
    corpus.save(tmp_path / "corpus")
    card = [f"{key} = {json.dumps(value)}" for key, value in dataclasses.asdict(CONFIG).items() if value is not None]
    (tmp_path / "card.toml").write_text("\n".join(card), encoding="utf-8")
    partial = tmp_path / "model" / "partial"
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path)], env={**os.environ, "OMP_NUM_THREADS": "1"})
    while not list(partial.glob("state-*.safetensors")) and child.poll() is None:
        time.sleep(0.01)
    time.sleep(0.1)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert list(partial.glob("state-*.safetensors"))
    assert not (tmp_path / "model" / "model.json").exists()
    train(Corpus.load(tmp_path / "corpus"), read_card(tmp_path / "card.toml"), 0, tmp_path / "model")
    train(corpus, CONFIG, 0, tmp_path / "uninterrupted")
    assert content(tmp_path / "model") == content(tmp_path / "uninterrupted")


@pytest.mark.parametrize("damaged", ["partial/state-*.safetensors", "epoch-1.safetensors"])
def test_a_partial_training_with_a_flipped_bit_starts_afresh(corpus, tmp_path, damaged):
    config = dataclasses.replace(CONFIG, epochs=3, published_epochs=(1, 2))
    finish = language_training._Run.finish_epoch

    def stopped(run, epoch):
        if epoch == 2:
            raise KeyboardInterrupt
        return finish(run, epoch)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(language_training._Run, "finish_epoch", stopped)
        with pytest.raises(KeyboardInterrupt):
            train(corpus, config, 0, tmp_path / "a")
    (path,) = (tmp_path / "a").glob(damaged)
    data = bytearray(path.read_bytes())
    data[-9] ^= 4
    path.write_bytes(data)
    train(corpus, config, 0, tmp_path / "a")
    train(corpus, config, 0, tmp_path / "b")
    assert content(tmp_path / "a") == content(tmp_path / "b")


def test_training_stops_when_the_validation_text_gains_nothing_and_keeps_the_best_epoch(corpus, tmp_path):
    config = dataclasses.replace(CONFIG, learning_rate=1.0, epochs=30, patience=2, schedule="decay", decay=1.0)
    train(corpus, config, 0, tmp_path)
    rows = json.loads((tmp_path / "training.json").read_text(encoding="utf-8"))
    best = min(rows, key=lambda row: row["valid_loss"])["epoch"]
    assert len(rows) == best + 2 < 30
    model, card = load_language_model(tmp_path)
    assert card["best_epoch"] == best
    loss = perplexity.evaluate(model, corpus, "valid")["loss"]
    assert math.isclose(loss, rows[best - 1]["valid_loss"], rel_tol=1e-5)


def test_a_finished_model_is_recognised_by_what_decided_its_training(corpus, tmp_path):
    train(corpus, CONFIG, 0, tmp_path)
    assert language_training.is_current(tmp_path, corpus, CONFIG, 0)
    assert language_training.is_current(tmp_path, corpus, dataclasses.replace(CONFIG, title="Another"), 0)
    assert not language_training.is_current(tmp_path, corpus, CONFIG, 1)
    assert not language_training.is_current(tmp_path, corpus, dataclasses.replace(CONFIG, dropout=0.2), 0)
    assert not language_training.is_current(tmp_path, speaking_corpus(5), CONFIG, 0)
    other_probe = dataclasses.replace(corpus, tokens=[corpus.tokens[0][::-1], *corpus.tokens[1:]])
    assert other_probe.digest != corpus.digest
    assert language_training.is_current(tmp_path, other_probe, CONFIG, 0)
    (tmp_path / "model.safetensors").write_bytes(b"")
    assert not language_training.is_current(tmp_path, corpus, CONFIG, 0)
    with pytest.raises(RnnvisError, match="does not have the hash"):
        load_language_model(tmp_path)


def test_a_partial_training_of_another_card_is_not_resumed(corpus, tmp_path, monkeypatch):
    keep = checkpoints.keep

    def once(*arguments):
        keep(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoints, "keep", once)
    with pytest.raises(KeyboardInterrupt):
        train(corpus, CONFIG, 0, tmp_path / "a")
    monkeypatch.undo()
    changed = dataclasses.replace(CONFIG, learning_rate=0.01)
    train(corpus, changed, 0, tmp_path / "a")
    train(corpus, changed, 0, tmp_path / "b")
    assert content(tmp_path / "a") == content(tmp_path / "b")


def test_schedules():
    cycle = dataclasses.replace(CONFIG, learning_rate=1.0, epochs=10, warmup=0.2)
    assert learning_rate(cycle, 0) == pytest.approx(0.04)
    assert learning_rate(cycle, 2) == pytest.approx(1.0)
    assert learning_rate(cycle, 6) == pytest.approx(0.5)
    assert learning_rate(cycle, 10) == pytest.approx(0.0, abs=1e-12)
    decay = dataclasses.replace(CONFIG, learning_rate=1.0, schedule="decay", decay=0.5, decay_after=4)
    assert [learning_rate(decay, epoch) for epoch in (0, 3.9, 4, 5)] == [1.0, 1.0, 0.5, 0.25]


def test_plain_gradient_descent_learns_too(corpus, tmp_path):
    config = dataclasses.replace(
        CONFIG,
        optimiser="sgd",
        schedule="decay",
        learning_rate=2.0,
        initial_scale=0.1,
        epochs=8,
        tied=False,
        embedding=7,
    )
    train(corpus, config, 0, tmp_path)
    model, _ = load_language_model(tmp_path)
    assert model.head.weight is not model.embedding.weight
    assert perplexity.evaluate(model, corpus, "test")["perplexity"] < len(corpus.vocabulary) / 2


def test_device_and_precision_are_chosen_by_what_there_is():
    assert choose_device("cpu").type == "cpu"
    assert choose_device("auto").type == ("cuda" if torch.cuda.is_available() else choose_device().type)
    assert choose_precision("float32", torch.device("cpu")) == torch.float32
    assert choose_precision("bfloat16", torch.device("cpu")) == torch.bfloat16
    assert choose_precision("auto", torch.device("mps")) == torch.float32


def test_a_text_without_a_document_to_validate_on_is_refused(tmp_path):
    whole = speaking_corpus()
    bare = dataclasses.replace(whole, split=["train" if s == "valid" else s for s in whole.split])
    with pytest.raises(RnnvisError, match="too little text"):
        train(bare, CONFIG, 0, Path(tmp_path))
