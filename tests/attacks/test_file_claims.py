"""Files that are not what they seem: pipes and devices, claims of size, damage, names and words that are no text."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
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
from rnnvis.api.inputs import read_vocabulary
from rnnvis.api.saved.vocabulary import read_vocabulary_file
from rnnvis.cli import main
from rnnvis.nets import checkpoints

WORDS = [f"w{i}" for i in range(12)]
IDS = np.random.default_rng(1).integers(0, 12, (40, 6))
STATES = np.random.default_rng(0).normal(size=(240, 5)).astype(np.float32)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    np.save("states.npy", STATES)
    np.save("ids.npy", IDS)
    Path("tokens.txt").write_text("".join(" ".join(WORDS[i] for i in row) + "\n" for row in IDS))
    Path("words.txt").write_text("\n".join(WORDS) + "\n")
    return tmp_path


@pytest.fixture
def impatient() -> Iterator[None]:
    """Ends a test that waits for a pipe."""

    def ended(*_: object) -> None:
        pytest.fail("it waits for what never comes")

    before = signal.signal(signal.SIGALRM, ended)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("folder", "impatient")
@pytest.mark.parametrize(
    ("file", "command"),
    [
        ("p.npy", "import p.npy --tokens tokens.txt --out out"),
        ("p.yml", "import p.yml --out out"),
        ("p.txt", "import states.npy --tokens p.txt --out out"),
        ("p.npy", "import states.npy --tokens p.npy --vocabulary words.txt --out out"),
        ("p.txt", "import states.npy --tokens ids.npy --vocabulary p.txt --out out"),
        ("p.json", "import states.npy --tokens ids.npy --vocabulary p.json --out out"),
        ("p.txt", "import states.npy --tokens tokens.txt --labels p.txt --out out"),
        ("p.npy", "import states.npy --tokens tokens.txt --lengths p.npy --out out"),
        ("p.npy", "import states.npy --state rnn.0.h=p.npy --tokens tokens.txt --out out"),
        ("/dev/zero", "import states.npy --tokens /dev/zero --out out"),
        ("p.txt", "corpus inspect p.txt"),
        ("p.csv", "corpus inspect p.csv"),
        ("p", "corpus inspect p"),
        ("/dev/zero", "corpus inspect /dev/zero"),
        ("manifest.json", "verify ."),
        ("manifest.json", "import states.npy --tokens tokens.txt --minimum-count 1 --out ."),
    ],
)
def test_a_pipe_or_a_device_is_refused_by_its_name(file: str, command: str) -> None:
    if not file.startswith("/"):
        os.mkfifo(file)
    done = CliRunner().invoke(main, command.split())
    assert done.exit_code == 1
    assert f"{file}: is no plain file" in done.output
    assert not Path("out").exists()


def claims() -> dict[str, Callable[[], object]]:
    def hdf5(shape: tuple[int, ...], kind: Any) -> Callable[[], object]:
        def write() -> None:
            with h5py.File("lie.h5", "w") as file:
                file.create_dataset("h", shape=shape, dtype=kind, chunks=(1000, *shape[1:]))

        return write

    return {
        "lie.h5 states": hdf5((10**8, 1000), "f4"),
        "lie.h5 tokens": hdf5((10**11,), "i4"),
        "lie.h5 vocabulary": hdf5((10**10,), h5py.string_dtype()),
        "lie.h5 tokens of rows": hdf5((10**10,), h5py.vlen_dtype(np.int32)),
        "lie.h5 labels": hdf5((10**11,), "i4"),
        "lie.pt states": lambda: torch.save({"h": torch.zeros(1).expand(10**9, 1000)}, "lie.pt"),
        "lie.pt tokens": lambda: torch.save({"h": torch.zeros(1, dtype=torch.int64).expand(10**11)}, "lie.pt"),
        "lie.parquet tokens": lambda: pq.write_table(pa.table({"h": np.zeros(10**7, np.int64)}), "lie.parquet"),
    }


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("case", claims())
def test_a_small_file_that_claims_to_be_huge_takes_no_memory(case: str) -> None:
    claims()[case]()
    file, role = case.split()[:2]
    assert Path(file).stat().st_size < 2**17
    given = {"states": "states.npy", "tokens": "ids.npy", "vocabulary": "words.txt"} | {role: file}
    with pytest.raises(rnnvis.RnnvisError, match=rf"{file}: h: claims [\d,]+ bytes"):
        rnnvis.import_states({"rnn.0.h": given.pop("states")}, given.pop("tokens"), **given)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("write", [np.savez, np.savez_compressed])
def test_a_flipped_bit_in_an_archive_of_arrays_is_seen(write: Callable[..., None]) -> None:
    write("s.npz", h=STATES)
    content = bytearray(Path("s.npz").read_bytes())
    content[len(content) // 2] ^= 1
    Path("s.npz").write_bytes(content)
    with pytest.raises(rnnvis.RnnvisError, match=r"s\.npz: h: not readable"):
        rnnvis.import_states({"rnn.0.h": "s.npz"}, "tokens.txt")


@pytest.mark.usefixtures("folder")
def test_words_that_are_no_text_are_named() -> None:
    array = pa.Array.from_buffers(pa.string(), 12, pa.array([b"\xff\xfe"] * 12, pa.binary()).buffers())
    pq.write_table(pa.table({"w": array}), "words.parquet")
    np.save("words.npy", np.array([b"\xff\xfe"] * 12))
    for file in ("words.parquet", "words.npy"):
        with pytest.raises(rnnvis.RnnvisError, match=f"{file}.*not readable"):
            rnnvis.import_states({"rnn.0.h": STATES}, IDS, file)


@pytest.mark.usefixtures("folder")
def test_words_as_bytes_are_read_as_utf_8() -> None:
    np.save("words.npy", np.array([f"é{i}".encode() for i in range(12)]))
    assert read_vocabulary_file("words.npy") == [f"é{i}" for i in range(12)]


@pytest.mark.usefixtures("folder")
def test_an_array_whose_name_is_no_text_is_read() -> None:
    with h5py.File("s.h5", "w") as file:
        file.create_dataset(b"h\xff", data=STATES)
    plain = rnnvis.import_states({"rnn.0.h": STATES}, "tokens.txt")
    assert rnnvis.import_states({"rnn.0.h": "s.h5"}, "tokens.txt").weights == plain.weights


@pytest.mark.usefixtures("folder")
def test_an_empty_value_among_ids_is_no_id() -> None:
    pq.write_table(pa.table({"ids": pa.array([[1, None, *range(4)]] * 40)}), "ids.parquet")
    with pytest.raises(rnnvis.RnnvisError, match=r"ids\.parquet: ids: .* is empty"):
        rnnvis.import_states({"rnn.0.h": STATES}, "ids.parquet", WORDS)


def test_equal_words_are_told_apart_and_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert read_vocabulary(["same", "a", "same", "same <id 2>", "same"]) == (
        *("same", "a", "same <id 2> <id 2>", "same <id 2>", "same <id 4>"),
    )
    assert "has 'same' for the ids 0 and 2, and 1 more" in " ".join(capsys.readouterr().err.split())
    assert read_vocabulary({"<id 1>": 0, "b": 2}) == ("<id 1>", "<id 1> <id 1>", "b")


@pytest.mark.usefixtures("folder")
def test_text_with_a_word_of_two_ids_is_refused_and_ids_are_not() -> None:
    words = ["w1", *WORDS[1:]]
    Path("once.txt").write_text("w2 w3 w4 w5 w6 w7\n" * 40)
    assert rnnvis.import_states({"rnn.0.h": STATES}, "once.txt", words).words[:2] == ("w1", "w1 <id 1>")
    assert rnnvis.import_states({"rnn.0.h": STATES}, IDS, words).words[:2] == ("w1", "w1 <id 1>")
    with pytest.raises(rnnvis.RnnvisError, match=r"tokens\.txt: line \d+ has 'w1', which the vocabulary has for sev"):
        rnnvis.import_states({"rnn.0.h": STATES}, "tokens.txt", words)
    with pytest.raises(rnnvis.RnnvisError, match="'w1' for several ids"):
        rnnvis.import_states({"rnn.0.h": STATES}, IDS.ravel(), words, end="w1")


@pytest.mark.usefixtures("folder")
def test_a_word_twice_in_json_is_refused() -> None:
    Path("words.json").write_text('{"a": 0, "b": 1, "a": 2}')
    with pytest.raises(rnnvis.RnnvisError, match=r"words\.json: gives 'a' the ids 0 and 2"):
        read_vocabulary_file("words.json")
    Path("words.json").write_text(json.dumps({"a": 0, "b": 1}))
    assert read_vocabulary_file("words.json") == {"a": 0, "b": 1}


def test_a_partial_training_with_a_flipped_bit_is_not_gone_on_from(tmp_path: Path) -> None:
    checkpoints.keep(tmp_path, "key", {"w": torch.arange(100.0)}, [{"epoch": 1}])
    found = {"w": torch.zeros(100)}
    assert checkpoints.resume(tmp_path, "key", found) == [{"epoch": 1}]
    path = next(tmp_path.glob("state-*.safetensors"))
    content = bytearray(path.read_bytes())
    content[-50] ^= 1
    path.write_bytes(content)
    left = {"w": torch.zeros(100)}
    assert checkpoints.resume(tmp_path, "key", left) == []
    assert not left["w"].any()
