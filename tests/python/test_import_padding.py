"""Padding on either side is seen in ids and states, named, and left out: what is measured is what a stream gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import rnnvis
from rnnvis.cli import main
from rnnvis.errors import RnnvisError

WORDS = [f"word{i}" for i in range(30)]
RANDOM = np.random.default_rng(0)
LENGTHS = RANDOM.integers(4, 10, 60)
IDS = RANDOM.integers(1, 30, int(LENGTHS.sum()))
STATES = np.tanh(RANDOM.normal(size=(len(IDS), 5))).astype("f4")
WIDTH = int(LENGTHS.max()) + 1


def padded(rows: np.ndarray, side: str, fill: float = 0) -> np.ndarray:
    """`rows` [N, …] of all steps as [S, width, …]."""
    found = np.full((len(LENGTHS), WIDTH, *rows.shape[1:]), fill, rows.dtype)
    for i, part in enumerate(np.split(rows, np.cumsum(LENGTHS)[:-1])):
        found[i, slice(-len(part), None) if side == "left" else slice(len(part))] = part
    return found


def lines() -> list[list[str]]:
    return [[WORDS[i] for i in part] for part in np.split(IDS, np.cumsum(LENGTHS)[:-1])]


def same_as_the_stream(found: Any) -> None:
    plain = rnnvis.import_states({"rnn.0.h": STATES}, IDS, WORDS, lengths=LENGTHS, minimum_count=1)
    at = {word: i for i, word in enumerate(found.words)}
    order = [at[word] for word in WORDS if word in at]
    ours, theirs = (r.responses["rnn.0.h"] for r in (found, plain))
    mine = [i for i, word in enumerate(WORDS) if word in at]
    np.testing.assert_array_equal(ours.count[order], theirs.count[mine])
    np.testing.assert_array_equal(ours.mean[order], theirs.mean[mine])
    assert [[found.words[i] for i in row] for row in found.tokens] == lines()


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("fill", [0, 0.25])
@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_is_seen_in_the_states(side: str, fill: float, capsys: pytest.CaptureFixture[str]) -> None:
    same_as_the_stream(rnnvis.import_states({"rnn.0.h": padded(STATES, side, fill)}, lines(), minimum_count=1))
    assert ("padded on the left" in said(capsys)) == (side == "left")


@pytest.mark.parametrize("lengths", [None, LENGTHS])
@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_is_seen_in_the_ids(side: str, lengths: Any, capsys: pytest.CaptureFixture[str]) -> None:
    # A model without a mask leaves states behind that differ, so ids alone tell.
    states = padded(STATES, side)
    states[states == 0] = RANDOM.normal(size=(states == 0).sum())
    found = rnnvis.import_states({"rnn.0.h": states}, padded(IDS, side), WORDS, lengths=lengths, minimum_count=1)
    same_as_the_stream(found)
    told = said(capsys)
    if lengths is None:
        assert f"id 0 ('word0') fills rows on the {side}" in told
    else:
        assert ("padded on the left" in told) == (side == "left")


def test_words_that_pad_are_seen_like_ids() -> None:
    rows = [row + ["<pad>"] * (WIDTH - len(row)) for row in lines()]
    same_as_the_stream(rnnvis.import_states({"rnn.0.h": padded(STATES, "right")}, rows, minimum_count=1))


def test_the_last_state_again_is_padding_on_the_right(capsys: pytest.CaptureFixture[str]) -> None:
    states = padded(STATES, "right")
    for i, n in enumerate(LENGTHS):
        states[i, n:] = states[i, n - 1]
    same_as_the_stream(rnnvis.import_states({"rnn.0.h": states}, lines(), minimum_count=1))
    assert said(capsys) == ""


def test_what_tells_no_side_is_refused_until_it_is_said() -> None:
    states = padded(STATES, "left")
    before = np.tanh(np.arange(1, WIDTH + 1))[:, None] * np.ones(5)
    for i, n in enumerate(LENGTHS):
        states[i, : WIDTH - n] = before[: WIDTH - n]  # a model that ran over the padding
    with pytest.raises(RnnvisError, match=r"same states.*\n.*--padding"):
        rnnvis.import_states({"rnn.0.h": states}, lines())
    same_as_the_stream(rnnvis.import_states({"rnn.0.h": states}, lines(), padding="left", minimum_count=1))
    ids = padded(IDS, "right")
    ids[:, 1] = 0
    with pytest.raises(RnnvisError, match=r"run of id 0 .* also stands inside rows\n.*--lengths FILE"):
        rnnvis.import_states({"rnn.0.h": padded(STATES, "right")}, ids, WORDS)
    found = rnnvis.import_states({"rnn.0.h": padded(STATES, "right")}, ids, WORDS, padding="none")
    assert found.steps == ids.size
    constant = np.ones((len(LENGTHS), WIDTH, 5), "f4")
    with pytest.raises(RnnvisError, match="either side"):
        rnnvis.import_states({"rnn.0.h": constant}, lines())
    with pytest.raises(RnnvisError, match="left as well as on the right"):
        rnnvis.import_states({"rnn.0.h": constant}, np.ones((60, WIDTH), int), WORDS, lengths=LENGTHS)


def test_states_that_differ_behind_sentences_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    states = padded(STATES, "right")
    states[states == 0] = RANDOM.normal(size=(states == 0).sum())
    same_as_the_stream(rnnvis.import_states({"rnn.0.h": states}, lines(), minimum_count=1))
    assert "states that differ" in said(capsys)


def test_rows_that_are_full_are_not_taken_for_padded(capsys: pytest.CaptureFixture[str]) -> None:
    random = np.random.default_rng(1)
    few = random.integers(0, 2, (200, 8))  # a quarter begins, and a quarter ends, with the same two ids
    found = rnnvis.import_states({"rnn.0.h": random.normal(size=(200, 8, 3))}, few, ["a", "b"])
    assert found.steps == few.size
    ended = np.concatenate([random.integers(1, 9, (200, 7)), np.zeros((200, 1), int)], axis=1)  # <eos> once
    found = rnnvis.import_states({"rnn.0.h": random.normal(size=(200, 8, 3))}, ended, WORDS)
    assert found.steps == ended.size
    assert said(capsys) == ""


def test_one_column_of_tokens_is_a_stream(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = rnnvis.import_states({"rnn.0.h": STATES}, IDS[:, None], WORDS)
    plain = rnnvis.import_states({"rnn.0.h": STATES}, IDS, WORDS)
    assert [row.tolist() for row in found.tokens] == [row.tolist() for row in plain.tokens]
    assert "one column" in said(capsys)
    words = np.array(WORDS)[IDS][:, None]
    assert rnnvis.import_states({"rnn.0.h": STATES}, words).steps == len(IDS)


def test_the_command_says_the_side_and_takes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("left.npy", padded(STATES, "left"))
    Path("tokens.txt").write_text("\n".join(map(" ".join, lines())) + "\n")
    done = CliRunner().invoke(main, ["import", "left.npy", "--tokens", "tokens.txt", "--out", "o"])
    assert done.exit_code == 0, done.output
    assert "begin with zeros: they are padded on the left" in " ".join(done.output.split())
    done = CliRunner().invoke(
        main, ["import", "left.npy", "--tokens", "tokens.txt", "--out", "p", "--padding", "right"]
    )
    assert done.exit_code == 0, done.output
    assert "padded on the left" not in " ".join(done.output.split())
