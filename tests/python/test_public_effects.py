"""Effects of any recorded model: its head, beginnings of sentences where it has none, and the tables of both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from torch import Tensor, nn

import rnnvis
from rnnvis.api.recording import Recording
from rnnvis.api.sample import Sample
from rnnvis.published.publishing import read_manifest
from tests.python.answering import CLASSES, WORDS, Reader, after_each, odds, sentences

VOCABULARY = [f"w{i}" for i in range(WORDS)]
LENGTHS = np.array([len(row) for row in sentences()])


def recorded(model: nn.Module, **options: Any) -> Recording:
    if "outputs" not in options:
        options.setdefault("classes", [f"class {i}" for i in range(CLASSES)])
    return rnnvis.record(
        model, sentences(), VOCABULARY, forward=lambda m, b: m(b.ids, b.lengths), frequent_count=5, **options
    )


def ended(model: Reader) -> np.ndarray:
    """The scores if sentences ended at each step: every beginning run by hand."""
    return np.concatenate([odds(after_each(model, row)) for row in sentences()])


class Attention(Reader):
    def answer(self, output: Tensor, final: Any, lengths: Tensor) -> Tensor:
        weights = output.sum(dim=-1).masked_fill(torch.arange(output.shape[1]) >= lengths[:, None], -torch.inf)
        return self.fc((weights.softmax(dim=1)[..., None] * output).sum(dim=1))


class Curved(Reader):
    def answer(self, output: Tensor, final: Any, lengths: Tensor) -> Tensor:
        return self.fc(torch.tanh(4 * self.last(output, lengths)))


def test_a_linear_head_is_exact_and_said() -> None:
    model = Reader().eval()
    recording = recorded(model)
    found = recording.effects
    assert found is not None
    np.testing.assert_allclose(found.ended, ended(model), atol=1e-6)
    assert (found.exact, found.ended_by, found.states) == (True, "head", ("rnn.0.h",))
    assert 'The answer reads rnn.0.h, by "fc", linearly: effects on it are exact.' in recording.notes


def test_any_other_head_is_of_first_order_and_says_what_that_accounts_for() -> None:
    recording = recorded(Curved().eval())
    found = recording.effects
    assert found is not None
    assert not found.exact
    share = found.accounts_for
    assert share is not None
    said = f"effects on it are of first order and account for {100 * share:.0f} % of its real changes."
    assert any(note.endswith(said) for note in recording.notes)


@pytest.mark.parametrize("kind", ["attention", "both directions"])
def test_without_such_a_head_beginnings_are_run(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model = (Attention() if kind == "attention" else Reader(bidirectional=True)).eval()
    recording = recorded(model)
    found = recording.effects
    assert found is not None
    by_hand = ended(model)
    np.testing.assert_allclose(found.ended, by_hand, atol=1e-6)
    assert found.ended_by == "prefixes"
    assert any(
        note.startswith("If a sentence ended at one of its words is found by running") for note in recording.notes
    )
    starts = np.cumsum(LENGTHS) - LENGTHS
    if kind == "attention":
        change = np.diff(by_hand, axis=0, prepend=np.nan)
        change[starts] = np.nan
        np.testing.assert_allclose(found.pushes, change, atol=1e-6)
        assert not found.weights
    else:
        assert set(found.weights) == {"rnn.0.h", "rnn.0.reverse.h"}
    monkeypatch.setattr("rnnvis.api.effects.BEGINNINGS", int((LENGTHS[:5] * (LENGTHS[:5] + 1) // 2).sum()))
    some = recorded(model)
    assert some.effects is not None
    known = np.repeat(np.arange(len(LENGTHS)), LENGTHS) < 5  # whole sentences, as many as the steps suffice for
    np.testing.assert_array_equal(np.isfinite(some.effects.ended).all(axis=1), known)
    assert any(f"of 5 sentences (of {len(LENGTHS)} whose states are published)" in note for note in some.notes)


def test_a_tagger_and_a_model_of_numbers_have_effects_too() -> None:
    class Tagger(Reader):
        def answer(self, output: Tensor, final: Any, lengths: Tensor) -> Tensor:
            return self.fc(output)

    tags = [row % CLASSES for row in sentences()]
    tagger = Tagger(bidirectional=True).eval()
    recording = recorded(tagger, labels=tags)
    assert recording.effects is not None
    assert recording.effects.ended is None  # it answers after every step as it is
    weight = odds(tagger.fc.weight.detach().numpy().T).T
    np.testing.assert_allclose(recording.effects.weights["rnn.0.h"], weight[:, :6], atol=1e-9)
    one = Reader("LSTM", 1).eval()
    numbers = np.random.default_rng(0).normal(size=len(LENGTHS)).tolist()
    of_numbers = recorded(one, labels=numbers, classes=None).effects
    assert of_numbers is not None
    np.testing.assert_allclose(of_numbers.ended, ended(one), atol=1e-6)
    assert not of_numbers.in_context


def test_a_model_of_next_words_has_the_weights_of_its_units_for_them() -> None:
    class Next(Reader):
        def answer(self, output: Tensor, final: Any, lengths: Tensor) -> Tensor:
            return self.fc(output).log_softmax(dim=-1)

    model = Next(classes=WORDS).eval()
    recording = recorded(model, classes=None)
    assert recording.effects is None
    np.testing.assert_allclose(recording.next_weights["rnn.0.h"], odds(model.fc.weight.detach().numpy().T).T, atol=1e-9)


def test_the_answers_of_a_decoder_are_read_from_its_own_states() -> None:
    class Translator(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.embedding = nn.Embedding(WORDS, 5)
            self.encoder, self.decoder = nn.GRU(5, 6, batch_first=True), nn.GRU(5, 6, batch_first=True)
            self.out = nn.Linear(6, WORDS)

        def forward(self, source: Tensor, target: Tensor) -> Tensor:
            _, state = self.encoder(self.embedding(source))
            return self.out(self.decoder(self.embedding(target), state)[0])

    model = Translator().double().eval()
    others = [np.append(row, row[:1]) for row in sentences()]
    recording = rnnvis.record(model, sentences(), VOCABULARY, tokens={"decoder": others}, frequent_count=5)
    found = recording.readings["decoder"].next_weights
    np.testing.assert_allclose(found["decoder.0.h"], odds(model.out.weight.detach().numpy().T).T, atol=1e-12)


def test_what_has_no_effects_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    class Looking(Reader):
        def answer(self, output: Tensor, final: Any, lengths: Tensor) -> Tensor:
            return self.fc(output) + self.fc(output.cumsum(dim=1))

    tags = [row % CLASSES for row in sentences()]
    looking = recorded(Looking().eval(), labels=tags)
    assert looking.effects is None
    assert "The answer at a step reads more than its states: no effects on it are known." in looking.notes
    monkeypatch.setattr("rnnvis.api.effects.MANY", 2)
    many = recorded(Reader().eval())
    assert many.effects is None
    assert "Pushes on each of 3 classes are left out: there are more than 2." in many.notes


@pytest.mark.parametrize("contexts", [(0.7, 0.3), (-0.1, 0.5), (0.5, 0.5), (0.3, 1.2)])
def test_contexts_are_two_probabilities(contexts: tuple[float, float]) -> None:
    with pytest.raises(rnnvis.RnnvisError, match=r"sample\.contexts is"):
        Sample(contexts=contexts).checked(3)


def test_many_words_of_many_classes_keep_pushes_and_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = recorded(Reader().eval()).effects
    monkeypatch.setattr("rnnvis.measures.outputs.pushes.BY_WORD", WORDS * CLASSES - 1)
    recording = recorded(Reader().eval(), minimum_count=2)
    found = recording.effects
    assert whole is not None
    assert found is not None
    assert not found.words
    np.testing.assert_array_equal(found.pushes, whole.pushes)
    recording.publish(tmp_path, largest_k=3)
    of_state = tables(tmp_path, "rnn.0.h")
    assert "word_effects" not in of_state
    assert of_state["units"]["output_weights"].null_count == 0


def tables(folder: Path, state: str) -> dict[str, pa.Table]:
    model = read_manifest(folder)["datasets"][0]["models"][0]
    entry = next(one for one in model["states"] if one["name"] == state)
    of = {**model["tables"], **entry["tables"]}
    return {name: pa.concat_tables([pq.read_table(folder / f["path"]) for f in t["files"]]) for name, t in of.items()}


KEYS = ("method", "selection", "k")


def test_published_effects_are_those_of_every_class(tmp_path: Path) -> None:
    model = Reader().eval()
    recording = recorded(model, minimum_count=2)
    recording.publish(tmp_path, largest_k=4)
    found = tables(tmp_path, "rnn.0.h")
    weight = odds(model.fc.weight.detach().numpy().T).T
    units = np.array(found["units"]["output_weights"].to_pylist())
    np.testing.assert_allclose(units, weight.T, atol=1e-6)
    assert found["units"]["output_weight"].null_count == len(units)
    effects = found["word_effects"]
    assert effects["class"].to_pylist()[: 2 * CLASSES] == [*range(CLASSES)] * 2
    response = recording.responses["rnn.0.h"].mean
    word, score = effects["word_id"].to_numpy(), effects["class"].to_numpy()
    by_hand = (response @ weight.T)[word, score]
    np.testing.assert_allclose(effects["effect"].to_numpy(), by_hand, atol=1e-6)
    np.testing.assert_allclose(effects["push"].to_numpy(), by_hand, atol=1e-5)  # its uses are those of the response
    assert set(found["word_in_context"]["class"].to_pylist()) <= set(range(CLASSES))
    pushes = np.array(found["steps"]["pushes"].to_pylist())
    scores = [odds(after_each(model, row)) for row in sentences()]
    start = odds(model.fc.bias.detach().numpy()[None])
    np.testing.assert_allclose(pushes, np.concatenate([np.diff(s, axis=0, prepend=start) for s in scores]), atol=1e-6)
    labels = {
        (row["selection"], row["k"]): row
        for row in found["cluster_labels"].to_pylist()
        if row["side"] == "words" and row["method"] == "block"
    }
    for row in found["cluster_summaries"].to_pylist():
        if row["side"] != "words":
            assert row["effects"] is None
            continue
        of = labels[row["selection"], row["k"]]
        words = np.array(of["ids"])[np.array(of["labels"]) == row["cluster"]]
        mine = (response @ weight.T)[words]
        np.testing.assert_allclose(row["effects"], mine.mean(axis=0), atol=1e-5)
        block = next(b for b in found["block_means"].to_pylist() if all(b[of] == row[of] for of in KEYS))
        through = np.array(block["pushes"]).reshape(CLASSES, row["k"], row["k"])
        assert block["push"] is None
        np.testing.assert_allclose(through[:, row["cluster"]].sum(axis=1), row["effects"], atol=1e-5)
        most = np.bincount(mine.argmax(axis=1)).max() / len(words)
        assert row["purity_class"] == pytest.approx(most, abs=1e-6)
        assert row["effect"] is None


def test_published_effects_of_two_classes_are_on_the_second(tmp_path: Path) -> None:
    model = Reader(classes=2).eval()
    recorded(model, minimum_count=2, classes=["bad", "good"]).publish(tmp_path, largest_k=3)
    found = tables(tmp_path, "rnn.0.h")
    weight = odds(model.fc.weight.detach().numpy().T)[:, 0]
    np.testing.assert_allclose(found["units"]["output_weight"].to_numpy(), weight, atol=1e-6)
    assert set(found["word_effects"]["class"].to_pylist()) == {1}
    assert found["steps"]["push"].null_count == 0
    assert found["cluster_summaries"]["effect"].null_count < len(found["cluster_summaries"])
