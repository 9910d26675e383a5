"""What models return is read as what it is: every shape and scale that people use, against answers computed by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

import rnnvis
from rnnvis.published.files import read
from rnnvis.published.publishing import read_manifest
from rnnvis.published.verify import verify

V, UNITS = 12, 6
WORDS = [f"w{i}" for i in range(V)]
DRAWN = np.random.default_rng(0)
TEXT = [DRAWN.integers(0, V, n).tolist() for n in DRAWN.integers(2, 9, 60)]
TWO = DRAWN.integers(0, 2, len(TEXT)).tolist()
THREE = [i % 3 for i in range(len(TEXT))]
TAGS = [[word % 3 for word in row] for row in TEXT]
Answer = Callable[["Net", Tensor, Tensor], Any]


class Net(nn.Module):
    """Reads words and returns what `say(self, states of each step, lengths)` makes of the states."""

    def __init__(self, say: Answer, size: int, *, both: bool = False, first: bool = True) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.embedding = nn.Embedding(V, 5)
        self.rnn = nn.GRU(5, UNITS, batch_first=first, bidirectional=both)
        self.out = nn.Linear(UNITS * (1 + both), size)
        self.say = say
        with torch.no_grad():
            self.out.weight *= 6
            self.out.bias += torch.arange(size) % 3 - 3.0

    def forward(self, ids: Tensor, lengths: Tensor) -> Any:
        states, _ = self.rnn(self.embedding(ids))
        return self.say(self, states, lengths)


class TimeFirst(Net):
    """The same with time first, which needs no lengths."""

    def forward(self, ids: Tensor) -> Any:
        states, _ = self.rnn(self.embedding(ids))
        return self.say(self, states, torch.tensor(0))


class Packed(Net):
    """The same on packed rows."""

    def forward(self, ids: Tensor, lengths: Tensor) -> Any:
        packed = pack_padded_sequence(self.embedding(ids), lengths, batch_first=True)
        states, _ = self.rnn(packed)
        return self.say(self, states, lengths)


def last(net: Net, states: Tensor, lengths: Tensor) -> Tensor:
    return net.out(states[torch.arange(len(states)), lengths - 1])


def each(net: Net, states: Tensor, lengths: Tensor) -> Tensor:
    return net.out(states)


@dataclass
class Output:
    hidden: Tensor
    logits: Tensor


def logits_by_hand(net: Net) -> list[np.ndarray]:
    """What `out` says after each step of each sequence, run alone, [T, C] each."""
    found = []
    with torch.no_grad():
        for row in TEXT:
            ids = torch.tensor([row])
            embedded = net.embedding(ids)
            states = net.rnn(embedded if net.rnn.batch_first else embedded.transpose(0, 1))[0]
            states = states if net.rnn.batch_first else states.transpose(0, 1)
            found.append(net.out(states[0]).double().numpy())
    return found


def log_softmax(logits: np.ndarray) -> np.ndarray:
    if logits.shape[1] == 1:
        logits = np.concatenate([np.zeros_like(logits), logits], axis=1)
    return (
        logits
        - np.log(np.exp(logits - logits.max(axis=1, keepdims=True)).sum(axis=1, keepdims=True))
        - logits.max(axis=1, keepdims=True)
    )


SEQUENCE: list[tuple[str, Answer, int, str, str | None]] = [
    ("logits", last, 3, "logits", None),
    ("log-probabilities", lambda n, s, k: last(n, s, k).log_softmax(dim=1), 3, "log-probabilities", None),
    ("probabilities", lambda n, s, k: last(n, s, k).softmax(dim=-1), 3, "probabilities", None),
    ("two logits", last, 2, "logits", None),
    ("one logit", last, 1, "logit", None),
    ("one logit, squeezed", lambda n, s, k: last(n, s, k).squeeze(), 1, "logit", None),
    ("one probability", lambda n, s, k: last(n, s, k).sigmoid()[:, 0], 1, "probability", None),
    ("a tuple with the states", lambda n, s, k: (s, last(n, s, k)), 3, "logits", "[1]"),
    (
        "a tuple with attention",
        lambda n, s, k: (last(n, s, k), s.sum(dim=2).softmax(dim=1)),
        3,
        "logits",
        "[0]",
    ),
    ("a loss first", lambda n, s, k: (last(n, s, k).mean(), last(n, s, k)), 3, "logits", "[1]"),
    ("a dict", lambda n, s, k: {"loss": s.mean(), "logits": last(n, s, k)}, 3, "logits", ".logits"),
    ("a dataclass", lambda n, s, k: Output(s, last(n, s, k)), 3, "logits", ".logits"),
    ("an object", lambda n, s, k: SimpleNamespace(logits=last(n, s, k), other="text"), 3, "logits", ".logits"),
    ("an axis more", lambda n, s, k: last(n, s, k)[None], 3, "logits", None),
]


@pytest.mark.parametrize(("say", "size", "scale", "name"), [of[1:] for of in SEQUENCE], ids=[of[0] for of in SEQUENCE])
def test_one_answer_a_sequence(say: Answer, size: int, scale: str, name: str | None) -> None:
    net = Net(say, size)
    labels = TWO if size < 3 else THREE
    answers = rnnvis.record(net, TEXT, WORDS, labels).answers
    assert answers is not None
    assert (answers.per, answers.means, answers.scale, answers.name) == ("sequence", "class", scale, name)
    wanted = np.stack([log_softmax(logits)[-1] for logits in logits_by_hand(net)])
    np.testing.assert_allclose(np.log(answers.of_sequence), wanted, atol=2e-5)
    np.testing.assert_allclose(answers.sequence_loss, -wanted[np.arange(len(TEXT)), labels], atol=2e-5)


def by_rows(net: Net, states: Tensor, lengths: Tensor) -> Tensor:
    return torch.cat([net.out(row[:n]) for row, n in zip(states, lengths, strict=True)])


STEPS: list[tuple[str, type[Net], Answer, dict[str, bool], str, str | None]] = [
    ("logits", Net, each, {}, "logits", None),
    ("both ways", Net, each, {"both": True}, "logits", None),
    ("log-probabilities", Net, lambda n, s, k: each(n, s, k).log_softmax(dim=-1), {}, "log-probabilities", None),
    ("probabilities", Net, lambda n, s, k: each(n, s, k).softmax(dim=2), {}, "probabilities", None),
    ("time first", TimeFirst, each, {"first": False}, "logits", None),
    ("classes second", Net, lambda n, s, k: each(n, s, k).transpose(1, 2), {}, "logits", None),
    ("flat", Net, lambda n, s, k: each(n, s, k).reshape(-1, 3), {}, "logits", None),
    ("flat, time first", TimeFirst, lambda n, s, k: n.out(s).view(-1, 3), {"first": False}, "logits", None),
    ("without padding", Net, by_rows, {}, "logits", None),
    ("packed", Packed, lambda n, s, k: s._replace(data=n.out(s.data)), {}, "logits", None),
    ("the data of packed rows", Packed, lambda n, s, k: (n.out(s.data), None), {}, "logits", "[0]"),
    ("a list of steps", Net, lambda n, s, k: [n.out(h) for h in s.unbind(dim=1)], {}, "logits", None),
    ("a list of rows", Net, lambda n, s, k: [n.out(h[:m]) for h, m in zip(s, k, strict=True)], {}, "logits", None),
    ("a tuple", Net, lambda n, s, k: (each(n, s, k), s[:, -1]), {}, "logits", "[0]"),
]


@pytest.mark.parametrize(
    ("make", "say", "options", "scale", "name"), [of[1:] for of in STEPS], ids=[of[0] for of in STEPS]
)
def test_one_tag_a_step(make: type[Net], say: Answer, options: dict[str, bool], scale: str, name: str | None) -> None:
    net = make(say, 3, **options)
    answers = rnnvis.record(net, TEXT, WORDS, TAGS).answers
    assert answers is not None
    assert (answers.per, answers.means, answers.scale, answers.name) == ("step", "tag", scale, name)
    wanted = np.concatenate([log_softmax(logits) for logits in logits_by_hand(net)])
    assert answers.rows.tolist() == list(range(len(wanted)))
    np.testing.assert_allclose(np.log(answers.p), wanted, atol=2e-5)
    tags = np.concatenate(TAGS)
    np.testing.assert_allclose(answers.loss, -wanted[np.arange(len(tags)), tags], atol=2e-5)
    assert answers.predicted is not None
    assert (answers.predicted == wanted.argmax(axis=1)).all()


def shifted(net: Net, states: Tensor, lengths: Tensor) -> Tensor:
    return each(net, states, lengths)[:, :-1]


NEXT: list[tuple[str, type[Net], Answer, dict[str, bool], int]] = [
    ("logits", Net, each, {}, 0),
    ("time first, flat", TimeFirst, lambda n, s, k: (n.out(s).view(-1, V), s), {"first": False}, 0),
    ("log-probabilities", Net, lambda n, s, k: each(n, s, k).log_softmax(dim=-1), {}, 0),
    ("without the last", Net, shifted, {}, 1),
]


@pytest.mark.parametrize(("make", "say", "options", "missing"), [of[1:] for of in NEXT], ids=[of[0] for of in NEXT])
def test_the_next_word(make: type[Net], say: Answer, options: dict[str, bool], missing: int) -> None:
    net = make(say, V, **options)
    recording = rnnvis.record(net, TEXT, WORDS)
    answers = recording.answers
    assert answers is not None
    assert (answers.means, answers.classes) == ("next word", ())
    wanted, loss = logits_by_hand(net), []
    for row, logits in zip(TEXT, wanted, strict=True):
        own = -log_softmax(logits)
        loss += [own[t, word] for t, word in enumerate(row[1:])] + [np.nan]
    np.testing.assert_allclose(answers.loss, loss, atol=2e-5)
    p = np.exp(np.concatenate([log_softmax(logits)[: len(logits) - missing] for logits in wanted]))
    assert len(answers.rows) == len(p)
    np.testing.assert_allclose(answers.top_p, -np.sort(-p, axis=1)[:, :5], atol=1e-5)
    np.testing.assert_allclose(np.take_along_axis(p, answers.top_id.astype(int), axis=1), answers.top_p, atol=1e-5)


class StartsItself(nn.Module):
    """Puts a start token in front, and answers for each word before it has read it."""

    def __init__(self, drop: bool) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embedding, self.rnn, self.out = nn.Embedding(V + 1, 5), nn.GRU(5, UNITS, batch_first=True), nn.Linear(6, V)
        self.drop = drop

    def forward(self, ids: Tensor) -> Tensor:
        read = torch.cat([torch.full((len(ids), 1), V), ids], dim=1)
        states = self.rnn(self.embedding(read))[0]
        return self.out(states[:, :-1] if self.drop else states)


@pytest.mark.parametrize("drop", [False, True])
def test_an_answer_belongs_to_the_word_that_it_has_read_last(drop: bool) -> None:
    model = StartsItself(drop)
    answers = rnnvis.record(model, TEXT, WORDS).answers
    assert answers is not None
    at = 0
    for row in TEXT:
        with torch.no_grad():
            said = StartsItself(False).forward(torch.tensor([row]))[0].log_softmax(dim=1).numpy()
        wanted = [-said[t + 1, word] for t, word in enumerate(row[1:])]
        np.testing.assert_allclose(answers.loss[at : at + len(wanted)], wanted, atol=1e-5)
        at += len(row)
    assert len(answers.rows) == at - drop * len(TEXT)


def test_a_number_is_shown_as_one_and_judged_by_its_square() -> None:
    net = Net(last, 1)
    values = np.array([logits[-1, 0] for logits in logits_by_hand(net)])
    wanted = DRAWN.normal(size=len(TEXT))
    for labels in (None, wanted.tolist()):
        answers = rnnvis.record(net, TEXT, WORDS, labels).answers
        assert answers is not None
        assert (answers.means, answers.scale, answers.classes) == ("number", "numbers", ())
        np.testing.assert_allclose(answers.of_sequence[:, 0], values, rtol=1e-5)
    np.testing.assert_allclose(answers.sequence_loss, (values - wanted) ** 2, rtol=1e-4)
    for bad in (np.inf, np.nan):
        with torch.no_grad():
            net.out.bias.fill_(bad)
        with pytest.raises(rnnvis.RnnvisError, match="cannot be read as numbers"):
            rnnvis.record(net, TEXT, WORDS)


def multi(net: Net, states: Tensor, lengths: Tensor) -> Tensor:
    return last(net, states, lengths).sigmoid()


UNKNOWN: list[tuple[str, Net, Any, dict[str, Any], str]] = [
    (
        "a hidden state",
        Net(lambda n, s, k: s[torch.arange(len(s)), k - 1], 3),
        TWO,
        {},
        "it is a state that is recorded",
    ),
    ("pooled states", Net(lambda n, s, k: s.sum(dim=1), 3), TWO, {}, "6 numbers, and labels have 2 classes"),
    ("no labels", Net(last, 3), None, {}, "nothing says what they are"),
    ("several labels at once", Net(multi, 3), THREE, {}, "they do not sum to one"),
    ("a softmax over rows", Net(lambda n, s, k: last(n, s, k).softmax(dim=0), 3), THREE, {}, "each other"),
    (
        "a log-softmax over steps",
        Net(lambda n, s, k: each(n, s, k).log_softmax(dim=1), V),
        None,
        {},
        "its softmax goes over another dimension",
    ),
    ("reads ahead", Net(each, V, both=True), None, {}, "has read the word that comes next"),
    ("a word too many", Net(each, V + 1), None, {}, "nothing says what they are"),
    ("a word too few", Net(each, V - 1), None, {}, "nothing says what they are"),
    ("names in no order", Net(last, 2), [["bad", "good"][i] for i in TWO], {}, "nothing says which of its numbers"),
    ("two answers", Net(lambda n, s, k: (last(n, s, k), -last(n, s, k)), 3), THREE, {}, "may each be the answer"),
    (
        "a sigmoid by hand",
        Net(lambda n, s, k: 1 / (1 + (-last(n, s, k)).exp()), 1),
        TWO,
        {},
        "whether it is a logit or a probability",
    ),
    ("one for all rows", Net(lambda n, s, k: last(n, s, k).mean(), 3), THREE, {}, "no answer to a sequence or a step"),
    ("a table", Net(lambda n, s, k: s.unsqueeze(1) * s.unsqueeze(2), 3), THREE, {}, "has the shape"),
]


@pytest.mark.parametrize(("net", "labels", "options", "why"), [of[1:] for of in UNKNOWN], ids=[of[0] for of in UNKNOWN])
def test_what_cannot_be_known_is_not_shown_and_said(net: Net, labels: Any, options: dict[str, Any], why: str) -> None:
    recording = rnnvis.record(net, TEXT, WORDS, labels, **options)
    assert recording.answers is None
    assert any(why in note for note in recording.notes), recording.notes
    assert recording.rerun is not None
    with pytest.raises(rnnvis.RnnvisError, match="what the model answers is not known"):
        recording.rerun.answers(np.arange(3))


def test_as_many_rows_as_classes_and_as_steps_are_told_apart() -> None:
    same = [DRAWN.integers(0, V, 3).tolist() for _ in range(60)]
    labels = [i % 3 for i in range(60)]
    for batch_steps in (6, 9, 12):  # two, three and four rows of three steps, three classes
        answers = rnnvis.record(Net(last, 3), same, WORDS, labels, batch_steps=batch_steps).answers
        assert answers is not None
        assert (answers.per, answers.means) == ("sequence", "class")
        answers = rnnvis.record(Net(each, 3), same, WORDS, [[w % 3 for w in row] for row in same]).answers
        assert answers is not None
        assert (answers.per, answers.means) == ("step", "tag")


def test_where_forward_takes_one_length_only_steps_and_classes_of_one_number_are_not_guessed() -> None:
    same = [DRAWN.integers(0, V, 3).tolist() for _ in range(60)]
    labels, tags = [i % 3 for i in range(60)], [[word % 3 for word in row] for row in same]

    def three(model: Net, batch: rnnvis.Batch) -> Any:
        return model(batch.ids.reshape(-1, 3), batch.lengths)

    for call, known in ((lambda model, batch: model(batch.ids, batch.lengths), True), (three, False)):
        for say, given, per in ((last, labels, "sequence"), (each, tags, "step")):
            answers = rnnvis.record(Net(say, 3), same, WORDS, given, call).answers
            assert (answers is not None) is known
            assert answers is None or answers.per == per


def test_outputs_say_where_the_answer_lies_or_that_there_is_none() -> None:
    net = Net(lambda n, s, k: (last(n, s, k), -last(n, s, k)), 3)
    wanted = np.stack([log_softmax(-logits)[-1] for logits in logits_by_hand(net)])
    answers = rnnvis.record(net, TEXT, WORDS, THREE, outputs=lambda returned: returned[1]).answers
    assert answers is not None
    np.testing.assert_allclose(np.log(answers.of_sequence), wanted, atol=2e-5)
    left_out = rnnvis.record(net, TEXT, WORDS, THREE, outputs="none")
    assert (left_out.answers, left_out.notes) == (None, ())
    for outputs, message in (
        ("logits", "outputs is 'logits'"),
        (lambda returned: returned[5], "outputs failed on what the model returned"),
        (lambda returned: "text", "what outputs gives is no tensor"),
        (lambda returned: returned[0][:, :2], "what outputs gives cannot be read: it is 2 numbers"),
    ):
        with pytest.raises(rnnvis.RnnvisError, match=message):
            rnnvis.record(net, TEXT, WORDS, THREE, outputs=outputs)


def test_classes_are_named_in_the_order_of_the_outputs() -> None:
    names = ["good", "bad", "odd"]
    given = rnnvis.record(Net(last, 3), TEXT, WORDS, [names[i] for i in THREE], classes=names)
    numbers = rnnvis.record(Net(last, 3), TEXT, WORDS, THREE)
    assert given.answers is not None
    assert numbers.answers is not None
    assert given.answers.classes == tuple(names)
    np.testing.assert_array_equal(given.answers.sequence_loss, numbers.answers.sequence_loss)
    without = rnnvis.record(Net(last, 3), TEXT, WORDS, classes=names).answers
    assert without is not None
    assert np.isnan(without.sequence_loss).all()
    for classes, message in (
        (["good", "bad"], "which classes does not name"),
        (["good", "good", "odd"], "classes names good, good, odd"),
        ("good", "classes is 'good'"),
        ([1, 2, 3], "classes names 1"),
    ):
        with pytest.raises(rnnvis.RnnvisError, match=message):
            rnnvis.record(Net(last, 3), TEXT, WORDS, [names[i] for i in THREE], classes=classes)


def test_an_answer_at_the_last_column_is_asked_for_beside_rows_of_its_own_length() -> None:
    net = Net(lambda n, s, k: n.out(s[:, -1]), 3)
    recording = rnnvis.record(net, TEXT, WORDS, THREE)
    assert recording.answers is not None
    assert any("sequences of one length share a batch" in note for note in recording.notes)
    wanted = np.stack([log_softmax(logits)[-1] for logits in logits_by_hand(net)])
    np.testing.assert_allclose(np.log(recording.answers.of_sequence), wanted, atol=2e-5)


class Counts(Net):
    """Answers are right in the first batches, and in later ones those of the row before."""

    def forward(self, ids: Tensor, lengths: Tensor) -> Any:
        found = super().forward(ids, lengths)
        return found.roll(1, dims=0) if len(ids) > 4 else found


def test_answers_that_are_not_the_same_alone_are_refused() -> None:
    with pytest.raises(rnnvis.RnnvisError, match="What the model answers is not the same alone and in a batch"):
        rnnvis.record(Counts(last, 3), TEXT, WORDS, THREE)
    assert rnnvis.record(Counts(last, 3), TEXT, WORDS, THREE, batch_steps=1).answers is not None


def test_labels_of_steps_fit_their_sequences() -> None:
    net = Net(each, 3)
    named = [["abc"[tag] for tag in row] for row in TAGS]
    padded = [row + [-100] * (10 - len(row)) for row in TAGS]
    for labels, options in ((named, {"classes": ["a", "b", "c"]}), (padded, {}), (list(map(np.array, TAGS)), {})):
        recording = rnnvis.record(net, TEXT, WORDS, labels, **options)
        assert recording.labels.tags is not None
        assert np.concatenate(recording.labels.tags).tolist() == np.concatenate(TAGS).tolist()
        assert recording.answers is not None
    partly = [[-100 if word == 0 else word % 3 for word in row] for row in TEXT]
    answers = rnnvis.record(net, TEXT, WORDS, partly).answers
    assert answers is not None
    assert (np.isnan(answers.loss) == (np.concatenate(TEXT) == 0)).all()
    for labels, message in (
        ([row[:-1] for row in TAGS], "has . steps and . labels"),
        ([*TAGS[:-1], 1], r"labels\[59\] is 1"),
        ([[tag + 0.5 for tag in row] for row in TAGS], "a label of a step is 0.5|1.5|2.5"),
    ):
        with pytest.raises(rnnvis.RnnvisError, match=message):
            rnnvis.record(net, TEXT, WORDS, labels)


def table(folder: Path, model: Any, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = read(
        name, [folder / file["path"] for file in model["tables"][name]["files"]]
    ).to_pylist()
    return rows


@pytest.mark.parametrize(
    ("net", "labels", "kind"),
    [
        (Net(last, 3), THREE, "classifier"),
        (Net(last, 1), TWO, "classifier"),
        (Net(each, 3), TAGS, "recording"),
        (Net(each, V), None, "language model"),
        (Net(last, 1), None, "recording"),
    ],
    ids=["class", "logit", "tag", "next word", "number"],
)
def test_answers_are_published(net: Net, labels: Any, kind: str, tmp_path: Path) -> None:
    recording = rnnvis.record(net, TEXT, WORDS, labels)
    answers = recording.answers
    assert answers is not None
    recording.publish(tmp_path, largest_k=2, ablation=False)
    assert verify(tmp_path).problems == []
    [dataset] = read_manifest(tmp_path)["datasets"]
    [model] = dataset["models"]
    assert model["kind"] == kind
    assert model["answer"] is not None
    assert (model["answer"]["per"], model["answer"]["means"]) == (answers.per, answers.means)
    assert model["classes"] == list(answers.classes)
    steps = table(tmp_path, model, "steps")
    lasts = np.cumsum([len(row) for row in TEXT]) - 1
    logits = logits_by_hand(net)
    if answers.means in ("class", "tag"):
        p = np.exp(np.concatenate([log_softmax(of) for of in logits]))
        np.testing.assert_allclose([row["p_class"] for row in steps], p, atol=1e-5)
        right = np.concatenate(TAGS) if answers.means == "tag" else np.repeat(labels, [len(row) for row in TEXT])
        np.testing.assert_allclose([row["p_target"] for row in steps], p[np.arange(len(p)), right], atol=1e-5)
        assert [row["target"] for row in steps] == right.tolist()
    if answers.per == "sequence" and answers.means == "class":
        rows = table(tmp_path, model, "predictions")
        np.testing.assert_allclose([row["p_class"] for row in rows], p[lasts], atol=1e-5)
        assert [row["predicted"] for row in rows] == p[lasts].argmax(axis=1).tolist()
        np.testing.assert_allclose([row["loss"] for row in rows], -np.log(p[lasts, labels]), atol=1e-4)
    if answers.means in ("tag", "next word"):
        rows = table(tmp_path, model, "predictions")
        borders = np.cumsum([len(row) for row in TEXT])[:-1]
        wanted = [np.nanmean(of) for of in np.split(answers.loss, borders)]
        np.testing.assert_allclose([row["loss"] for row in rows], wanted, rtol=1e-5)
        assert {row["predicted"] for row in rows} == {None}
    if answers.means == "next word":
        assert all(len(row["top5_id"]) == 5 for row in steps)
        follow = [word for row in TEXT for word in [*row[1:], None]]
        assert [row["target"] for row in steps] == follow
    if answers.means == "number":
        wanted = np.concatenate(logits)[:, 0]
        np.testing.assert_allclose([row["value"] for row in steps], wanted, rtol=1e-4)
        rows = table(tmp_path, model, "predictions")
        np.testing.assert_allclose([row["value"] for row in rows], wanted[lasts], rtol=1e-4)
        assert {row["measure"] for row in table(tmp_path, model, "metrics")} == {"agreement with leaving words out"}
        return
    figures = {
        row["measure"]: row["value"] for row in table(tmp_path, model, "metrics") if row["subject"] == "this model"
    }
    known = answers.sequence_loss if answers.means == "class" else answers.loss
    assert figures["loss"] == pytest.approx(np.nanmean(known), rel=1e-5)
    recording.publish(tmp_path / "plain", text=False, largest_k=2, ablation=False)
    assert verify(tmp_path / "plain").problems == []


def test_a_model_is_run_again_as_it_was_recorded_and_only_with_the_same_weights() -> None:
    net = Net(last, 3)
    recording = rnnvis.record(net, TEXT, WORDS, THREE)
    assert recording.rerun is not None
    wanted = [log_softmax(logits) for logits in logits_by_hand(net)]
    chosen = np.array([7, 3, 7])
    found = recording.rerun.answers(chosen)
    assert found.sequence_id.tolist() == [7, 3, 7]
    np.testing.assert_allclose(found.values, [wanted[i][-1] for i in chosen], atol=2e-5)
    np.testing.assert_allclose(found.loss, [-wanted[i][-1, THREE[i]] for i in chosen], atol=2e-5)
    lengths = np.arange(1, len(TEXT[7]) + 1)
    found = recording.rerun.answers(np.full(len(lengths), 7), prefixes=lengths)
    np.testing.assert_allclose(found.values, wanted[7], atol=2e-5)
    assert found.step.tolist() == list(range(len(lengths)))
    with pytest.raises(rnnvis.RnnvisError, match="there is no sequence 60"):
        recording.rerun.answers(np.array([60]))
    net.out.weight.data += 1
    with pytest.raises(rnnvis.RnnvisError, match="have changed since it was recorded"):
        recording.rerun.answers(chosen)


def test_a_recording_is_saved_without_its_model() -> None:
    import pickle

    recording = rnnvis.record(Net(each, V), TEXT, WORDS)
    recording.rerun.model.say = None  # type: ignore[union-attr]
    again = pickle.loads(pickle.dumps(recording))
    assert again.rerun is None
    np.testing.assert_array_equal(again.answers.loss, recording.answers.loss)  # type: ignore[union-attr]


class WordByWord(nn.Module):
    """A model of the tutorials: one word and the state go in, the next word's log-probabilities come out."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embedding, self.gru, self.out = nn.Embedding(V, 5), nn.GRU(5, UNITS), nn.Linear(UNITS, V)

    def initHidden(self) -> Tensor:  # noqa: N802
        return torch.zeros(1, 1, UNITS)

    def forward(self, word: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
        output, hidden = self.gru(self.embedding(word).view(1, 1, -1), hidden)
        return self.out(output[0]).log_softmax(dim=1), hidden


def test_a_model_that_is_called_word_by_word_answers_at_each() -> None:
    model, wanted = WordByWord(), []
    answers = rnnvis.record(model, TEXT, WORDS).answers
    for row in TEXT:
        hidden = model.initHidden()
        for t, word in enumerate(row):
            said, hidden = model(torch.tensor([word]), hidden)
            wanted.append(-said[0, row[t + 1]].item() if t + 1 < len(row) else np.nan)
    assert answers is not None
    assert answers.scale == "log-probabilities"
    np.testing.assert_allclose(answers.loss, wanted, atol=1e-5)


class Forced(nn.Module):
    """Encoder and decoder: word by word, and with `always` for so many steps whatever there is to say."""

    def __init__(self, always: int = 0) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embedding = nn.Embedding(V, 5)
        self.encoder, self.decoder = nn.GRU(5, UNITS, batch_first=True), nn.GRUCell(5, UNITS)
        self.out, self.always = nn.Linear(UNITS, 7), always

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        _, state = self.encoder(self.embedding(source))
        state, said = state[0], []
        for t in range(self.always or target.shape[1]):
            word = target[:, t] if t < target.shape[1] else torch.zeros_like(target[:, 0])
            state = self.decoder(self.embedding(word), state)
            said.append(self.out(state))
        return torch.stack(said, dim=1)


@pytest.mark.parametrize("always", [0, 15])
def test_a_decoder_says_the_next_word_of_its_own_text(always: int) -> None:
    targets = [DRAWN.integers(0, 7, n).tolist() for n in DRAWN.integers(2, 9, len(TEXT))]
    model = Forced(always)
    read = rnnvis.Tokens(targets, [f"t{i}" for i in range(7)])
    recording = rnnvis.record(model, TEXT, WORDS, tokens={"decoder": read})
    assert recording.answers is None
    answers = recording.readings["decoder"].answers
    assert answers is not None
    wanted: list[float] = []
    for source, target in zip(TEXT, targets, strict=True):
        with torch.no_grad():
            said = Forced()(torch.tensor([source]), torch.tensor([target]))[0].log_softmax(dim=1).numpy()
        wanted += [-said[t, word] for t, word in enumerate(target[1:])] + [np.nan]
    np.testing.assert_allclose(answers.loss, wanted, atol=1e-5)
    assert recording.rerun is not None
    found = recording.rerun.answers(np.array([4]))
    start = sum(map(len, targets[:4]))
    np.testing.assert_allclose(found.loss, answers.loss[start : start + len(targets[4])], atol=1e-5)


def test_next_words_are_those_of_the_document_where_states_are_carried() -> None:
    net = TimeFirst(lambda n, s, k: n.out(s), V, first=False)
    documents = [i // 12 for i in range(len(TEXT))]
    recording = rnnvis.record(net, TEXT, WORDS, initial="carried", documents=documents)
    answers, wanted = recording.answers, []
    for d in range(5):
        words = [word for row in TEXT[12 * d : 12 * d + 12] for word in row]
        with torch.no_grad():
            said = net(torch.tensor([words]).T)[:, 0].log_softmax(dim=1).numpy()
        wanted += [*(-said[np.arange(len(words) - 1), words[1:]]), np.nan]
    assert answers is not None
    np.testing.assert_allclose(answers.loss, wanted, atol=1e-4)
    assert recording.rerun is not None
    found = recording.rerun.answers(np.array([30, 20]))
    starts = np.cumsum([0, *map(len, TEXT)])
    wanted_of = np.concatenate([answers.loss[starts[i] : starts[i + 1]] for i in (30, 20)])
    np.testing.assert_allclose(found.loss, wanted_of, atol=1e-4)
    of_sequence = rnnvis.record(Net(last, 3), TEXT, WORDS, THREE, initial="carried", documents=documents)
    assert of_sequence.answers is None
    assert any("one answer for several sequences" in note for note in of_sequence.notes)


class Source:
    """A cell of one's own, which says what it answers."""

    states = {"cell.0.h": UNITS}  # noqa: RUF012

    def __init__(self) -> None:
        drawn = torch.Generator().manual_seed(0)
        self.words = torch.randn(V, UNITS, generator=drawn)
        self.out = torch.randn(UNITS, 3, generator=drawn)

    def steps(self, batch: rnnvis.Batch) -> Any:
        h = torch.zeros(len(batch.ids), UNITS)
        for ids in batch.ids.T:
            h = torch.tanh(0.5 * h + self.words[ids])
            yield {"cell.0.h": h}

    def answers(self, batch: rnnvis.Batch) -> Tensor:
        states = torch.stack([of["cell.0.h"] for of in self.steps(batch)], dim=1)
        return states[torch.arange(len(states)), batch.lengths - 1] @ self.out


def test_a_source_of_states_may_say_what_it_answers(tmp_path: Path) -> None:
    source = Source()
    recording = rnnvis.record(source, TEXT, WORDS, THREE)
    wanted = []
    for row in TEXT:
        h = torch.zeros(UNITS)
        for word in row:
            h = torch.tanh(0.5 * h + source.words[word])
        wanted.append((h @ source.out).log_softmax(dim=0).numpy())
    assert recording.answers is not None
    assert recording.rerun is not None
    np.testing.assert_allclose(np.log(recording.answers.of_sequence), wanted, atol=2e-5)
    np.testing.assert_allclose(recording.rerun.answers(np.array([9, 2])).values, [wanted[9], wanted[2]], atol=2e-5)
    recording.publish(tmp_path, largest_k=2, ablation=False)
    assert verify(tmp_path).problems == []
    assert read_manifest(tmp_path)["datasets"][0]["models"][0]["kind"] == "classifier"


def test_models_of_one_folder_agree_on_the_classes(tmp_path: Path) -> None:
    named = ["a", "b", "c"]
    rnnvis.record(Net(last, 3), TEXT, WORDS, THREE, classes=named).publish(tmp_path, "one", largest_k=2, ablation=False)
    other = rnnvis.record(Net(last, 3), TEXT, WORDS, THREE)
    with pytest.raises(rnnvis.RnnvisError, match="has the classes a, b, c"):
        other.publish(tmp_path, "two", largest_k=2, ablation=False)
    alike = rnnvis.record(Net(last, 3), TEXT, WORDS, THREE, classes=named, outputs="none")
    alike.publish(tmp_path, "two", largest_k=2, ablation=False)
    assert verify(tmp_path).problems == []
    assert [m["kind"] for m in read_manifest(tmp_path)["datasets"][0]["models"]] == ["classifier", "recording"]


def test_probabilities_are_probabilities_along_the_whole_text() -> None:
    class Odd(Net):
        def forward(self, ids: Tensor, lengths: Tensor) -> Any:
            found = super().forward(ids, lengths).softmax(dim=1)
            return found * 1.5 if len(ids) > 4 else found

    with pytest.raises(rnnvis.RnnvisError, match="cannot be read as probabilities"):
        rnnvis.record(Odd(last, 3), TEXT, WORDS, THREE)
