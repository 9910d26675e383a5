"""`rnnvis.record` on models and data as users have them."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from threadpoolctl import threadpool_info
from torch import nn
from torch.nn.utils.rnn import pack_sequence

import rnnvis
from rnnvis.measures.words.pieces import readable
from rnnvis.published import files
from rnnvis.published.files import read
from rnnvis.published.publishing import read_manifest
from rnnvis.published.verify import verify
from rnnvis.published.writing import LOCK
from tests.python.stepping import record_steps

WORDS = [f"w{i}" for i in range(12)]


class Plain(nn.Module):
    def __init__(self, padding: int | None = None) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embedding = nn.Embedding(len(WORDS), 4, padding_idx=padding)
        self.rnn = nn.GRU(4, 6, batch_first=True)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.rnn(self.embedding(ids))[0]


def sentences(seed: int = 0, count: int = 60) -> list[list[int]]:
    random = np.random.default_rng(seed)
    return [random.integers(1, len(WORDS), random.integers(1, 9)).tolist() for _ in range(count)]


def by_hand(model: Plain, text: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Mean change of every unit at every word, and uses, one sentence at a time."""
    total, count = np.zeros((len(WORDS), 6)), np.zeros(len(WORDS), int)
    for ids in text:
        with torch.no_grad():
            states = model(torch.tensor([ids]))[0].numpy()
        change = np.diff(states, axis=0, prepend=np.zeros((1, 6)))
        np.add.at(total, ids, change)
        np.add.at(count, ids, 1)
    return total / np.maximum(count, 1)[:, None], count


def test_responses_are_the_mean_changes() -> None:
    model, text = Plain(), sentences()
    mean, count = by_hand(model, text)
    responses = rnnvis.record(model, text, WORDS).responses["rnn.0.h"]
    np.testing.assert_array_equal(responses.count, count)
    np.testing.assert_allclose(responses.mean, mean, atol=1e-6)


def test_what_last_states_tell_of_the_label_is_published(tmp_path: Path) -> None:
    model, text = Plain(), sentences()
    with torch.no_grad():
        last = np.stack([model(torch.tensor([ids]))[0, -1].numpy() for ids in text])
    labels: list[int | None] = [int(value) for value in last[:, 2] > np.median(last[:, 2])]
    labels[5] = None
    rnnvis.record(model, text, WORDS, labels).publish(tmp_path / "out")
    state = read_manifest(tmp_path / "out")["datasets"][0]["models"][0]["states"][0]
    found = pq.read_table(tmp_path / "out" / state["tables"]["units"]["files"][0]["path"])["label_auc"].to_numpy()
    known = np.array([label is not None for label in labels])
    above = [
        np.mean(unit[known & (np.array(labels) == 1)][:, None] > unit[known & (np.array(labels) == 0)])
        for unit in last.T
    ]
    np.testing.assert_allclose(found, above, atol=1e-6)
    assert found[2] == 1


def padded(text: list[list[int]]) -> torch.Tensor:
    return torch.tensor([ids + [0] * (9 - len(ids)) for ids in text])


@pytest.mark.parametrize("shape", ["lists", "tensors", "batches", "tuples", "packed", "lengths", "dict"])
def test_the_shape_of_the_input_does_not_matter(shape: str) -> None:
    model, text = Plain(padding=0), sentences()
    vocabulary: Any = {word: i for i, word in enumerate(WORDS)} if shape == "dict" else WORDS
    given: Any = {
        "lists": text,
        "dict": text,
        "tensors": [torch.tensor(ids) for ids in text],
        "batches": [padded(text[:20]), padded(text[20:])],
        "tuples": [(padded(text[:20]), torch.zeros(20)), (padded(text[20:]), torch.zeros(40))],
        "packed": [pack_sequence([torch.tensor(ids) for ids in text], enforce_sorted=False)],
        "lengths": [padded(text)],
    }[shape]
    if shape == "lengths":
        model.embedding.padding_idx = None
    found = rnnvis.record(model, given, vocabulary, lengths=map(len, text) if shape == "lengths" else None)
    wanted = rnnvis.record(model, text, WORDS)
    np.testing.assert_array_equal(found.responses["rnn.0.h"].mean, wanted.responses["rnn.0.h"].mean)


def test_the_model_is_left_as_it_was_also_after_an_exception() -> None:
    model = Plain().train()
    before = copy.deepcopy(model.state_dict())
    torch.manual_seed(4)
    wanted = torch.rand(2)
    torch.manual_seed(4)
    rnnvis.record(model, sentences(), WORDS)
    with pytest.raises(ZeroDivisionError):
        rnnvis.record(model, sentences(), WORDS, forward=lambda m, batch: (m(batch.ids), 1 / 0))
    torch.testing.assert_close(torch.rand(2), wanted, rtol=0, atol=0)
    assert all(module.training and not module._forward_hooks for module in model.modules())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


class TwoArguments(Plain):
    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        return super().forward(ids)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sequences": [[1, 2], [3, 12]]}, r"sequence 1 holds the id 12; the vocabulary has the ids 0 to 11"),
        ({"sequences": [[1, -2]]}, r"sequence 0 holds the id -2"),
        ({"sequences": [[0.5, 1.5]]}, r"sequence 0 holds numbers with fractions, not token ids"),
        ({"sequences": []}, r"not one step"),
        ({"sequences": [[1], ["a"]]}, r"sequence 1 holds"),
        ({"vocabulary": []}, r"the vocabulary is empty"),
        ({"vocabulary": {"a": 0, "b": 0}}, r"the same id 0"),
        ({"vocabulary": ["a", 7]}, r"word 1 of the vocabulary is 7"),
        ({"labels": [1]}, r"1 labels for 60 sequences"),
        ({"labels": [0.5, "a"] * 30}, r"a label is 0.5"),
        ({"lengths": [3]}, r"1 lengths for 60 sequences"),
        ({"model": nn.Linear(3, 3)}, r"Linear holds no nn.RNN"),
        ({"model": TwoArguments()}, r'forward also takes "mask"'),
        ({"model": TwoArguments()}, r"words that a decoder reads go in as tokens=\{'rnn': ids\}"),
        ({"model": "model.pt"}, r'"model.pt" is a path, not a model'),
        ({"model": Path("model.pt")}, r'"model.pt" is a path, not a model'),
        ({"model": Plain().state_dict()}, r"this is a state dict"),
        ({"model": Plain}, r"Plain is a class, not a model"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], message: str) -> None:
    arguments = {"model": Plain(), "sequences": sentences(), "vocabulary": WORDS, **change}
    with pytest.raises(rnnvis.RnnvisError, match=message):
        rnnvis.record(**arguments)


def test_two_models_of_one_text_share_a_folder_and_another_text_is_refused(tmp_path: Path) -> None:
    text = sentences()
    for name in ("first", "second", "first"):
        said = rnnvis.record(Plain(), text, WORDS, labels=["yes" if len(s) > 4 else "no" for s in text]).publish(
            tmp_path, name=name, largest_k=4
        )
        assert "60 sentences can be read there" in said
    [dataset] = read_manifest(tmp_path)["datasets"]
    assert [model["name"] for model in dataset["models"]] == ["second", "first"]
    assert dataset["labels"] == ["no", "yes"]
    assert verify(tmp_path).problems == []
    with pytest.raises(rnnvis.RnnvisError, match=r"has other (words|sentences)"):
        rnnvis.record(Plain(), sentences(1), WORDS).publish(tmp_path, name="third")
    assert verify(tmp_path).problems == []
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == [LOCK]


def test_words_of_english_get_their_part_of_speech_and_others_none(tmp_path: Path) -> None:
    english = "the a film plot is was good dull very and [PAD] .".split()
    rnnvis.record(Plain(), sentences(), english).publish(tmp_path / "english", largest_k=3)
    rnnvis.record(Plain(), sentences(), WORDS).publish(tmp_path / "names", largest_k=3)
    parts = {}
    for name in ("english", "names"):
        [file] = read_manifest(tmp_path / name)["datasets"][0]["tables"]["words"]["files"]
        table = files.read("words", [tmp_path / name / file["path"]])
        parts[name] = dict(zip(table["text"].to_pylist(), table["part_of_speech"].to_pylist(), strict=True))
    assert {"film": "noun", "and": "conjunction", ".": "punctuation", "[PAD]": None}.items() <= parts["english"].items()
    assert set(parts["names"].values()) == {None}


def test_without_text_no_sentence_is_left(tmp_path: Path) -> None:
    said = rnnvis.record(Plain(), sentences(), WORDS).publish(tmp_path, text=False, largest_k=4)
    assert "no sentence can be read" in said
    names = {path.name.split("-")[0] for path in tmp_path.glob("*.parquet")}
    assert not names & {"sentences", "states", "contexts", "steps"}
    assert verify(tmp_path).problems == []


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(rnnvis.RnnvisError, match=r"holds files, but no manifest\.json"):
        rnnvis.record(Plain(), sentences(), WORDS).publish(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("options", [{"num_layers": 2}, {"bidirectional": True}, {"proj_size": 3}])
def test_every_layer_and_direction_comes_out_and_is_published(options: dict[str, Any], tmp_path: Path) -> None:
    model = Plain()
    model.rnn = nn.LSTM(4, 6, batch_first=True, **options)
    recording = rnnvis.record(model, sentences(), WORDS)
    layers = ["rnn.0", "rnn.1"] if "num_layers" in options else ["rnn.0"]
    layers += ["rnn.0.reverse"] if "bidirectional" in options else []
    assert set(recording.states) == {f"{layer}.{kind}" for layer in layers for kind in "hc"}
    recording.publish(tmp_path, largest_k=3)
    states = read_manifest(tmp_path)["datasets"][0]["models"][0]["states"]
    assert len({state["title"] for state in states}) == len(states)
    assert verify(tmp_path).problems == []
    for state in states:
        paths = [tmp_path / file["path"] for file in state["tables"]["states"]["files"]]
        assert min(files.read("states", paths)["step"].to_pylist()) == 0


@pytest.mark.parametrize("kind", [nn.GRU, nn.LSTM])
def test_a_thousand_steps_stay_true_to_stepping(kind: type[nn.RNNBase]) -> None:
    torch.manual_seed(1)
    model = Plain()
    model.rnn = kind(4, 6, num_layers=2, batch_first=True)
    for weight in model.rnn.parameters():
        nn.init.normal_(weight, std=1.0)
    ids = np.random.default_rng(2).integers(0, len(WORDS), 1000)
    [batch] = record_steps(model, [ids], forward=lambda m, b: m(b.ids))
    x = model.embedding(torch.from_numpy(ids)).detach()
    for layer in range(2):
        cell = {nn.GRU: nn.GRUCell, nn.LSTM: nn.LSTMCell}[kind](x.shape[1], 6)
        cell.load_state_dict({name: getattr(model.rnn, f"{name}_l{layer}") for name in cell.state_dict()})
        state: Any = None
        seen: dict[str, list[np.ndarray]] = {"h": [], "c": []}
        with torch.no_grad():
            for row in x:
                state = cell(row[None], state)
                for name, value in zip("hc", state if isinstance(state, tuple) else (state,), strict=False):
                    seen[name].append(value[0].numpy())
        for name, values in seen.items():
            if values:
                wanted, found = np.array(values), batch.states[f"rnn.{layer}.{name}"]
                assert np.all(np.abs(found - wanted) <= 1e-5 * np.maximum(1, np.abs(wanted)))
        x = torch.from_numpy(np.array(seen["h"]))


PIECES = {
    "GPT-2": (
        ["The", "Ġfilm", "Ġwas", "Ġn", "ot", "ĠcafÃ©", "s", "<|endoftext|>"],
        "The film was not cafés<|endoftext|>",
    ),
    "sentencepiece": (["▁The", "▁film", "▁was", "▁n", "ot", "▁café", "s", "▁"], "The film was not cafés "),
    "WordPiece": (["the", "film", "was", "no", "##t", "#", "##", "[SEP]"], "the film was not # ## [SEP]"),
    "subword-nmt": (["the", "film", "was", "n@@", "ot", "café@@", "s", "</s>"], "the film was not cafés </s>"),
    "older BPE": (
        ["the</w>", "film</w>", "was</w>", "n", "ot</w>", "café", "s</w>", ".</w>"],
        "the film was not cafés .",
    ),
    "characters": (list("the film"), "the film"),
    "words": (["the", "film", "was", "not", "##", "C#", "@", "▁"], "the film was not ## C# @ ▁"),
}


@pytest.mark.parametrize("kind", PIECES)
def test_pieces_of_words_are_kept_joined_readably_and_get_no_part_of_speech(kind: str, tmp_path: Path) -> None:
    words, text = PIECES[kind]
    rnnvis.record(Plain(), [list(range(8)), [1, 2]] * 10, words).publish(tmp_path, largest_k=2)
    tables = read_manifest(tmp_path)["datasets"][0]["tables"]
    rows = {name: read(name, [tmp_path / f["path"] for f in tables[name]["files"]]) for name in ("words", "sentences")}
    shown = [word.replace("Ã©", "é") for word in words]
    assert rows["words"]["text"].to_pylist() == shown
    assert any(rows["words"]["part_of_speech"].to_pylist()) == (kind == "words")
    assert rows["sentences"]["surface"].to_pylist()[0] == shown
    assert rows["sentences"]["text"].to_pylist()[0] == text


GREEK = ["Ġthe", "ĠÎµÎ¹Î½", "Î±Î¹", "ĠÎ", "µ", "Ċ", "<|endoftext|>", "ĠcafÃ©", "ĠĠ", "ing"]


def test_words_of_byte_level_vocabularies_are_shown_as_they_read(tmp_path: Path) -> None:
    text = [[0, 1, 2, 7], [6, 3, 4, 9, 5, 8]] * 10
    recording = rnnvis.record(Plain(), text, GREEK)
    assert recording.words == tuple(GREEK)
    recording.publish(tmp_path, largest_k=2)
    tables = read_manifest(tmp_path)["datasets"][0]["tables"]
    rows = {name: read(name, [tmp_path / f["path"] for f in tables[name]["files"]]) for name in ("words", "sentences")}
    shown = ["Ġthe", "Ġειν", "αι", "ĠÎ", "µ", "Ċ", "<|endoftext|>", "Ġcafé", "ĠĠ", "ing"]
    assert rows["words"]["text"].to_pylist() == shown
    assert rows["sentences"]["surface"].to_pylist()[0] == ["Ġthe", "Ġειν", "αι", "Ġcafé"]
    assert rows["sentences"]["text"].to_pylist()[:2] == ["the ειναι café", "<|endoftext|> εing\n  "]


@pytest.mark.parametrize(
    "words",
    [
        ["Ġthe", "ĠÎµÎ¹Î½", "Ġ\u03b5\u03b9", "\u03b1"],  # spaces are marked, but letters are letters
        ["the", "cafÃ©", "Î¼", "of"],  # no spaces marked: not known to be bytes
        ["Ġthe", "Ġa", "é", "ĠcafÃ", "Ġ"],  # half characters
    ],
)
def test_words_that_may_be_no_bytes_stay_as_they_are(words: list[str]) -> None:
    assert readable(words) == tuple(words)


def test_two_words_never_read_alike() -> None:
    assert readable(["Ġa", "ĠÄł", "ĠĠ", "Ġb"]) == ("Ġa", "ĠÄł", "ĠĠ", "Ġb")


def test_states_of_a_sentence_are_those_of_stepping() -> None:
    model, text = Plain(), sentences()
    record = rnnvis.record(model, [*text, []], WORDS).states["rnn.0.h"]
    with torch.no_grad():
        for number, ids in enumerate(text):
            np.testing.assert_allclose(record.of(number), model(torch.tensor([ids]))[0].numpy(), atol=2.0**-11)
    record.of(3)[:] = 9
    assert np.abs(record.of(3)).max() <= 1
    for wrong in (61, -1, True, 2.0, None, [1]):
        with pytest.raises(rnnvis.RnnvisError, match="is none of them"):
            record.of(wrong)
    assert record.of(60).shape == (0, 6)


def test_recording_computes_with_one_thread_unless_more_are_asked_for() -> None:
    seen: set[int] = set()

    class Threads:
        def add(self, batch: object, rows: object) -> None:
            seen.update([torch.get_num_threads(), *(pool["num_threads"] for pool in threadpool_info())])

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        for threads in (1, 2):
            seen.clear()
            rnnvis.record(Plain(), sentences(), WORDS, threads=threads, observers=[Threads()])
            assert seen == {threads}
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_sequences_that_are_not_measured_are_read_and_kept_only() -> None:
    model, text = Plain(), sentences()
    measured = np.arange(len(text)) % 3 > 0
    sample = rnnvis.Sample(measured=measured, keys=[f"s{i}" for i in range(len(text))])
    some = rnnvis.record(model, text, WORDS, sample=sample)
    alone = rnnvis.record(model, [row for row, use in zip(text, measured, strict=True) if use], WORDS)
    assert some.keys[:2] == ["s0", "s1"]
    assert len(some.states["rnn.0.h"].published) == len(text)
    for name in ("count", "mean"):
        ours, theirs = (getattr(of.responses["rnn.0.h"], name) for of in (some, alone))
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"measured": [True]}, r"sample\.measured is bool \[1\] for 60 sequences"),
        ({"always": np.zeros(60)}, r"sample\.always is float64 \[60\]"),
        ({"keys": ["a"] * 60}, r"sample\.keys names 1 of 60"),
    ],
)
def test_a_sample_that_does_not_fit_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(rnnvis.RnnvisError, match=said):
        rnnvis.record(Plain(), sentences(), WORDS, sample=rnnvis.Sample(**given))


def test_states_of_a_sample_are_those_of_its_sentences() -> None:
    model, text = Plain(), sentences()
    record = rnnvis.record(model, text, WORDS, sample=rnnvis.Sample(states_bytes=1000)).states["rnn.0.h"]
    assert 0 < len(record.published) < 60
    with torch.no_grad():
        for number in record.published.tolist():
            np.testing.assert_allclose(record.of(number), model(torch.tensor([text[number]]))[0].numpy(), atol=2.0**-11)
    with pytest.raises(rnnvis.RnnvisError, match=r'recording.states\["rnn.0.h"\].published'):
        record.of(next(number for number in range(60) if number not in record.published))


def test_a_numeric_series_is_refused_clearly() -> None:
    series = [torch.sin(torch.arange(20.0))]
    with pytest.raises(rnnvis.RnnvisError, match="numbers with fractions, not token ids") as error:
        rnnvis.record(Plain(), series, WORDS)
    assert "rnnvis.Signal(frames)" in error.value.fix
