"""Where models are trained, recorded, ablated and judged: on CUDA where there is one. Shown without one."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import rnnvis
from benchmarks import gpu
from rnnvis.config import Measure, ModelConfig, Study
from rnnvis.errors import RnnvisError
from rnnvis.nets import checkpoints, devices, evaluation, language_training, perplexity, training
from rnnvis.nets.devices import choose_device, device_to_run
from rnnvis.nets.pronouncer import GRAPHEMES, PHONEMES, START, load_pronouncer
from rnnvis.recipes.spoken import spoken
from rnnvis.recipes.steps.ablate import _verdicts, guesses
from rnnvis.recipes.steps.language_recorder import record_language_model
from rnnvis.recipes.steps.recorder import record_classifier
from rnnvis.recipes.study import pronouncing as study
from rnnvis.recipes.study import pronouncing_ends as ends
from rnnvis.recording.untouched import untouched
from rnnvis.text.kinds.pronunciations import Pronounced
from tests.python import elsewhere, pronouncing
from tests.python.invented import invented_corpus
from tests.python.speaking import speaking_corpus
from tests.python.test_models_language import CONFIG as SPEAKER

ROOT = Path(__file__).parents[2]
JUDGE = ModelConfig(
    name="tiny",
    title="Tiny",
    cell="gru",
    units=8,
    seeds=(0,),
    embedding=6,
    epochs=2,
    batch=16,
    learning_rate=0.02,
    dropout=0,
    embedding_dropout=0,
)
GUESSER = dataclasses.replace(SPEAKER, epochs=2, tied=False, embedding_dropout=0, dropout=0, published_epochs=())
MEASURE = Measure(minimum_count=3, frequent_count=5, selected_words=10, largest_k=3)


@pytest.mark.parametrize(("mps", "run"), [(True, "mps"), (False, "cpu")])
def test_auto_is_cuda_where_there_is_one(monkeypatch: pytest.MonkeyPatch, mps: bool, run: str) -> None:
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert choose_device("auto", mps).type == run
    assert device_to_run("mps").type == "cpu", "measures take double precision, which MPS has not"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device("auto", mps).type == device_to_run("auto").type == "cuda"
    assert device_to_run("cpu").type == "cpu"


def test_a_device_that_is_not_there_is_refused_before_anything_is_trained(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(RnnvisError, match='device = "cuda": torch finds no such device') as refused:
        training.train(invented_corpus(), dataclasses.replace(JUDGE, device="cuda"), 0, tmp_path)
    assert refused.value.fix
    with pytest.raises(RnnvisError, match='unknown device "gpu"'):
        training.train(invented_corpus(), dataclasses.replace(JUDGE, device="gpu"), 0, tmp_path)


@pytest.mark.parametrize("apart", [False, True])
def test_recurrent_layers_are_not_rounded_to_tf32_while_they_are_watched(apart: bool) -> None:
    cudnn = torch.backends.cudnn
    own = cudnn.conv.fp32_precision
    try:
        if apart:
            cudnn.conv.fp32_precision = "ieee"
        before = cudnn.rnn.fp32_precision, cudnn.conv.fp32_precision
        assert before[0] == "tf32", "torch's own default has changed"
        with untouched(torch.nn.GRU(2, 2)):
            assert "tf32" not in (cudnn.rnn.fp32_precision, cudnn.conv.fp32_precision)
        assert (cudnn.rnn.fp32_precision, cudnn.conv.fp32_precision) == before
    finally:
        cudnn.conv.fp32_precision = own


def test_everything_runs_elsewhere_and_comes_to_the_same(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.python.test_devices", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert {name: len(of) for name, of in found["gaps"].items()} == {
        "classifier": 6,
        "language model": 6,
        "pronouncer": 5,
    }
    for of in found["gaps"].values():
        assert max(of.values()) < 1e-5, found
    assert found["script for a GPU"] < 1e-4
    assert found["trained here"] == found["run here"] == 0
    assert found["trained there"] > 40
    assert found["run there"] > 5


def _compared(folder: Path) -> dict[str, Any]:
    """Both models trained, recorded, ablated, searched and judged here and elsewhere; a pronouncer all but trained."""
    elsewhere.declare()
    here = {
        "classifier": _classifier(folder / "a"),
        "language model": _language_model(folder / "b"),
        "pronouncer": _pronouncer(folder / "e.whl"),
    }
    assert all(where == "cpu" for _, where in here.values())
    with elsewhere.elsewhere() as calls:
        for module in (devices, training, language_training):
            module.choose_device = lambda *asked, **named: torch.device(elsewhere.NAME)  # type: ignore[attr-defined]
        there = {
            "classifier": _classifier(folder / "c", calls),
            "language model": _language_model(folder / "d", calls),
            "pronouncer": _pronouncer(folder / "f.whl", calls),
        }
        gap = float(gpu.measure(torch.device(elsewhere.NAME), gpu.SMALL, gpu.SMALL).rows[0][1])
        assert calls.pop("there") > 0
        assert calls.pop("here") > 0, "the states of the processor are what it compares with"
    assert all(where == elsewhere.NAME for _, where in there.values())
    gaps = {
        name: {
            what: float(np.abs(np.asarray(of, np.float64) - there[name][0][what]).max()) for what, of in found.items()
        }
        for name, (found, _) in here.items()
    }
    return {"gaps": gaps, "script for a GPU": gap, **calls}


def _classifier(folder: Path, calls: Any = None) -> tuple[dict[str, Any], str]:
    corpus = invented_corpus()
    training.train(corpus, JUDGE, 0, folder)
    _count(calls, "trained")
    model, _ = checkpoints.load(folder)
    recorded = record_classifier(model, corpus, MEASURE, Study())
    ablated = _verdicts(model, corpus)
    first, second = (np.flatnonzero(np.array([len(of) for of in ablated.tokens]) > 3)[i::2][:6] for i in (0, 1))
    searched = rnnvis.search(ablated, first, second, state="rnn.0.h", runs=12)
    found = {
        "weights": _weights(model),
        "responses": np.nan_to_num(recorded.responses["rnn.0.h"].mean),
        "losses": np.nan_to_num(recorded.answers.sequence_loss),  # type: ignore[union-attr]
        "without a unit": np.nan_to_num(ablated.ablate(2, "rnn.0.h").after.loss),
        "what a search finds": np.array([searched.whole, *(row["first_order"] for row in searched.table)]),
        "judged": evaluation.predict(model, corpus, corpus.indices("test")),
    }
    _count(calls, "run")
    return found, model.head.weight.device.type


def _language_model(folder: Path, calls: Any = None) -> tuple[dict[str, Any], str]:
    corpus = speaking_corpus()
    language_training.train(corpus, GUESSER, 0, folder)
    _count(calls, "trained")
    model, _ = checkpoints.load_language_model(folder)
    recorded = record_language_model(model, corpus, MEASURE)
    ablated, _ = guesses(model, corpus)
    patched = rnnvis.patch(ablated, [0, 1], [1, 0], at=3, state="rnn.0.h", answer=4)
    found = {
        "weights": _weights(model),
        "responses": np.nan_to_num(recorded.responses["rnn.0.h"].mean),
        "losses": recorded.answers.loss[np.isfinite(recorded.answers.loss)],  # type: ignore[union-attr]
        "without a unit": np.nan_to_num(ablated.ablate(2, "rnn.0.h").after.loss),
        "patched": patched.after,
        "judged": perplexity.word_losses(model, [np.arange(8)])[0],
    }
    _count(calls, "run")
    return found, model.head.weight.device.type


def _pronouncer(path: Path, calls: Any = None) -> tuple[dict[str, Any], str]:
    """What the stage `pronounce` records, and what its results are made of."""
    model, _ = load_pronouncer(pronouncing.model_wheel(path, pronouncing.arrays()))
    found = spoken(model, [Pronounced(word, (("B", "AE1", "D"),)) for word in pronouncing.WORDS[:12]])
    tokens = {"decoder": rnnvis.Tokens([np.append(PHONEMES.index(START), row) for row in found.said], PHONEMES)}
    recorded = rnnvis.record(model, found.letters, GRAPHEMES, tokens=tokens, minimum_count=1)
    ranked = study.end_units(model, found)
    without = model.say(found.letters, {"encoder": ranked[:40], "decoder": ranked[:40]})
    given = {
        "responses": np.nan_to_num(recorded.responses["encoder.0.h"].mean),
        "handed over": model.handed_over(found.letters),
        "said": np.concatenate([*found.said, *without]),
        "units for the end": ranked,
        "units that carry it": ends.carrying_units(model, found)[1],
    }
    _count(calls, "run")
    return given, model.head.weight.device.type


def _weights(model: torch.nn.Module) -> np.ndarray:
    return torch.cat([of.detach().cpu().flatten() for of in model.parameters()]).numpy()


def _count(calls: Any, what: str) -> None:
    if calls is not None:
        for where in ("here", "there"):
            calls[f"{what} {where}"] += calls.pop(where, 0)


if __name__ == "__main__":
    print(json.dumps(_compared(Path(sys.argv[1]))))


def test_products_of_matrices_are_not_rounded_to_tf32_either() -> None:
    matmul, before = torch.backends.cuda.matmul, torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high")
    try:
        assert matmul.fp32_precision == "tf32"
        with untouched(torch.nn.Linear(1, 1)):
            assert matmul.fp32_precision == "ieee"
        assert (matmul.fp32_precision, torch.get_float32_matmul_precision()) == ("tf32", "high")
    finally:
        torch.set_float32_matmul_precision(before)


def test_a_model_that_was_trained_on_a_device_that_is_not_here_runs_on_the_processor(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert device_to_run("cuda") == torch.device("cpu")
    assert "trained on CUDA" in "".join(capsys.readouterr())
    with pytest.raises(RnnvisError, match='device = "cuda": torch finds no such device'):
        choose_device("cuda")
