"""One array, row or tensor a sentence measures as the stream of all of them; odd arrays beside block nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from click.testing import CliRunner

import rnnvis
from rnnvis.api.saved.arrays import in_memory, joined
from rnnvis.api.saved.files import open_arrays, open_one
from rnnvis.cli import main
from rnnvis.published import files, publishing

WORDS = [f"word{i}" for i in range(20)]
RANDOM = np.random.default_rng(0)
LENGTHS = RANDOM.integers(1, 9, 300)
IDS = RANDOM.integers(0, 20, int(LENGTHS.sum()))
STATES = RANDOM.normal(size=(len(IDS), 4)).astype("f4")
CUTS = np.cumsum(LENGTHS)[:-1]
PIECES, SENTENCES = np.split(STATES, CUTS), np.split(IDS, CUTS)


def run(*arguments: str) -> str:
    done = CliRunner().invoke(main, ["import", *arguments, "--out", "out"])
    assert done.exit_code == 0, done.output
    return " ".join(done.output.split())


def published(table: str) -> pa.Table:
    dataset = publishing.read_manifest(Path("out"))["datasets"][0]
    tables = {**dataset["tables"], **dataset["models"][0]["states"][0]["tables"]}
    return files.read(table, [Path("out") / file["path"] for file in tables[table]["files"]])


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("words.txt").write_text("\n".join(WORDS) + "\n")
    Path("tokens.txt").write_text("\n".join(" ".join(WORDS[i] for i in ids) for ids in SENTENCES) + "\n")


@pytest.fixture(scope="module")
def expected() -> dict[str, tuple[int, list[float]]]:
    """Count and mean change of each word, by a plain loop over sentences that start from zero."""
    change = []
    for piece in PIECES:
        before = np.zeros(4)
        for state in piece:
            change.append(state - before)
            before = state
    of = np.array(change)
    return {word: (int((i == IDS).sum()), of[i == IDS].mean(axis=0).tolist()) for i, word in enumerate(WORDS)}


def write_npz() -> list[str]:
    np.savez("pieces.npz", *PIECES)
    return ["pieces.npz", "--tokens", "tokens.txt"]


def write_npz_by_name() -> list[str]:
    np.savez("pieces.npz", ids=IDS, **{f"s{i}": piece for i, piece in enumerate(PIECES)})
    return ["pieces.npz", "--state", "rnn.0.h=s*", "--tokens", "ids", "--vocabulary", "words.txt"]


def write_list() -> list[str]:
    torch.save([torch.tensor(piece) for piece in PIECES], "pieces.pt")
    return ["pieces.pt", "--tokens", "tokens.txt"]


def write_tuple_of_ids() -> list[str]:
    torch.save(tuple(torch.tensor(ids) for ids in SENTENCES), "ids.pt")
    np.save("states.npy", STATES)
    return ["states.npy", "--tokens", "ids.pt", "--vocabulary", "words.txt"]


def write_parquet() -> list[str]:
    Path("h").mkdir(exist_ok=True)  # a folder called as the column is no file
    text = [" ".join(WORDS[i] for i in ids) for ids in SENTENCES]
    pq.write_table(pa.table({"h": [p.tolist() for p in PIECES], "text": text}), "rows.parquet", row_group_size=70)
    return ["rows.parquet", "--state", "rnn.0.h=h", "--tokens", "text"]


def write_parquet_of_ids() -> list[str]:
    pq.write_table(pa.table({"h": [p.tolist() for p in PIECES], "ids": list(SENTENCES)}), "rows.parquet")
    return ["rows.parquet", "--tokens", "ids", "--vocabulary", "words.txt"]


def write_vlen() -> list[str]:
    with h5py.File("rows.h5", "w") as file:
        file["h"] = STATES
        ids = file.create_dataset("ids", (len(SENTENCES),), dtype=h5py.vlen_dtype(np.int32))
        for i, row in enumerate(SENTENCES):
            ids[i] = row
    return ["rows.h5", "--state", "rnn.0.h=h", "--tokens", "ids", "--vocabulary", "words.txt"]


WRITERS: list[Callable[[], list[str]]] = [
    write_npz,
    write_npz_by_name,
    write_list,
    write_tuple_of_ids,
    write_parquet,
    write_parquet_of_ids,
    write_vlen,
]


@pytest.mark.parametrize("write", WRITERS)
def test_pieces_measure_as_the_stream(write: Callable[[], list[str]], expected: dict[str, Any]) -> None:
    said = run(*write())
    assert f"{len(LENGTHS):,} sequences, {len(IDS):,} steps" in said
    table = published("words").to_pydict()
    words = dict(zip(table["word_id"], table["text"], strict=True))
    found = published("responses").to_pydict()
    for word, count, mean in zip(found["word_id"], found["count"], found["mean"], strict=True):
        assert count == expected[words[word]][0]
        np.testing.assert_allclose(mean, expected[words[word]][1], atol=2e-3)
    assert sorted(words.values()) == sorted(WORDS)


def test_a_list_of_arrays_in_python_is_one_a_sentence() -> None:
    found = rnnvis.import_states({"rnn.0.h": PIECES}, IDS, WORDS)
    assert [row.tolist() for row in found.tokens] == [ids.tolist() for ids in SENTENCES]
    with pytest.raises(rnnvis.RnnvisError, match=f"sentence 7 has {LENGTHS[7]} steps"):
        rnnvis.import_states({"rnn.0.h": PIECES}, [*SENTENCES[:7], [*SENTENCES[7], 1], *SENTENCES[8:]], WORDS)


def test_any_stretch_of_joined_pieces_is_that_of_all() -> None:
    whole = joined("pieces", [in_memory("piece", piece) for piece in (STATES[:0], *PIECES[:40], STATES[:0])])
    rows = np.concatenate(PIECES[:40])
    for start in range(0, len(rows), 7):
        for stop in range(start, len(rows) + 1, 5):
            np.testing.assert_array_equal(whole.read(start, stop), rows[start:stop])


def test_layers_that_are_numbered_are_no_sentences() -> None:
    np.savez("layers.npz", h0=STATES, h1=-STATES, h2=2 * STATES)
    assert sorted(open_arrays(Path("layers.npz"))) == ["h0", "h1", "h2"]
    assert "states h0.0.h [4], h1.0.h [4], h2.0.h [4]" in run("layers.npz", "--tokens", "tokens.txt")


def test_rows_of_parquet_are_read_forwards_and_again() -> None:
    array = open_one(write_parquet()[0] + ":h")
    for start, stop in ((0, 3), (600, 650), (10, 11), (0, len(STATES))):
        np.testing.assert_allclose(array.read(start, stop), STATES[start:stop], rtol=1e-6)


@pytest.mark.parametrize("chosen", [["--state", "rnn.0.h=h"], []])
def test_an_odd_array_beside_blocks_nothing(chosen: list[str]) -> None:
    np.savez("beside.npz", h=STATES, sentences=np.array([[1, 2], [3]], dtype=object))
    torch.save({"h": torch.tensor(STATES), "epoch": 3}, "beside.pt")
    with h5py.File("beside.h5", "w") as file:
        file["h"] = STATES
        row = file.create_dataset("floats", (1,), dtype=h5py.vlen_dtype(np.float32))
        row[0] = [1.0]
    for name in ("beside.npz", "beside.pt", "beside.h5"):
        said = run(name, *chosen, "--tokens", "tokens.txt")
        assert f"{len(IDS):,} steps" in said
        assert ("Left out" in said) == (not chosen), said
    odd = {"npz": ("sentences", "Python objects"), "pt": ("epoch", "a int"), "h5": ("floats", "lengths")}
    for name, (array, why) in odd.items():
        command = ["import", f"beside.{name}", "--state", f"rnn.0.h={array}", "--tokens", "tokens.txt", "--out", "o"]
        done = CliRunner().invoke(main, command)
        assert done.exit_code == 1
        assert why in done.output
        assert "Python objects" not in done.output or name == "npz"


def project(folder: str, states: np.ndarray, words: np.ndarray, dictionary: str) -> list[str]:
    Path(folder).mkdir()
    with h5py.File(f"{folder}/states.hdf5", "w") as file:
        file["states1"] = states
    with h5py.File(f"{folder}/train.hdf5", "w") as file:
        file["words"] = words
    Path(f"{folder}/train.dict").write_text(dictionary)
    Path(f"{folder}/lstm.yml").write_text(
        "files: {states: states.hdf5, train: train.hdf5, words: train.dict}\n"
        "word_sequence: {file: train, path: words, dict_file: words}\n"
        "states: {file: states, types: [{type: state, layer: 1, path: states1}]}\n"
    )
    return [f"{folder}/lstm.yml"]


def test_states_of_whole_blocks_are_those_of_the_first_words(expected: dict[str, Any]) -> None:
    kept = len(IDS) // 35 * 35
    dictionary = "".join(f"{word} {i}\n" for i, word in enumerate(WORDS))
    said = run(*project("blocks", STATES[:kept], IDS, dictionary))
    assert f"the last {len(IDS) - kept} of {len(IDS):,} words are left out" in said
    assert f"{kept:,} steps" in said
    done = CliRunner().invoke(main, ["import", *project("few", STATES[:50], IDS, dictionary), "--out", "o"])
    assert done.exit_code == 1
    assert "has 50 steps" in done.output


def test_a_blank_is_a_word() -> None:
    ids = np.arange(40) % 3 + 1
    run(*project("blank", RANDOM.normal(size=(40, 3)).astype("f4"), ids, "a 1\n  2\nb   3\n"), "--every", "10")
    assert sorted(published("words")["text"].to_pylist()) == [" ", "<id 0>", "a", "b"]
