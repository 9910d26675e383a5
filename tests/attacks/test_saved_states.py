"""Hostile and broken files of states: nothing in them runs, and what is wrong is said with file and array."""

from __future__ import annotations

import builtins
import io
import json
import os
import pickle
import re
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from click.testing import CliRunner, Result
from safetensors.numpy import save_file

import rnnvis
from rnnvis.cli import main
from rnnvis.published.verify import verify

WORDS, STEPS, UNITS = 12, 240, 5


class Payload:
    """Makes a folder when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self.path),)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with good states, tokens and vocabulary, in which everything runs."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    ids = random.integers(0, WORDS, STEPS)
    words = [f"word{i}" for i in range(WORDS)]
    lines = [" ".join(words[i] for i in row) for row in ids.reshape(-1, 6)]
    Path("tokens.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    Path("words.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    np.save("ids.npy", ids)
    np.save("states.npy", states())
    return tmp_path


def states() -> np.ndarray:
    return np.tanh(np.random.default_rng(1).normal(size=(STEPS, UNITS))).astype(np.float32)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["import", *arguments, "--out", "out"])


def refused(result: Result, *said: str) -> None:
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit), result.exception
    assert "Error: " in result.output
    assert "Fix: " in result.output
    for text in said:
        assert text in result.output, result.output
    assert not Path("out/manifest.json").exists(), "nothing is published"


def object_array(payload: Payload) -> bytes:
    out = io.BytesIO()
    np.save(out, np.array([payload], dtype=object), allow_pickle=True)
    return out.getvalue()


def zipped(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, content)
    return out.getvalue()


def torch_file(payload: Any, new: bool = True) -> bytes:
    out = io.BytesIO()
    torch.save(payload, out, _use_new_zipfile_serialization=new)
    return out.getvalue()


HOSTILE: dict[str, Callable[[Payload], bytes]] = {
    "pickle.npy": pickle.dumps,
    "objects.npy": object_array,
    "objects.npz": lambda payload: zipped("h.npy", object_array(payload)),
    "pickle.npz": lambda payload: zipped("h.npy", pickle.dumps(payload)),
    "bare.npz": pickle.dumps,
    "pickle.pt": pickle.dumps,
    "inside.pt": lambda payload: torch_file({"h": payload}),
    "model.pth": lambda payload: torch_file([torch.zeros(2, 2), payload]),
    "legacy.pt": lambda payload: torch_file({"h": payload}, new=False),
    "pickle.h5": pickle.dumps,
    "pickle.hdf5": pickle.dumps,
    "pickle.safetensors": pickle.dumps,
    "pickle.parquet": pickle.dumps,
}


def test_the_payload_would_run(tmp_path: Path) -> None:
    for name, make in HOSTILE.items():
        ran = tmp_path / name
        content = make(Payload(ran))
        if name.endswith((".pt", ".pth")) and not name.startswith("pickle"):
            torch.load(io.BytesIO(content), weights_only=False)
        elif "objects" in name:
            np.load(io.BytesIO(content), allow_pickle=True)["h" if name.endswith("npz") else ...]
        else:
            pickle.loads(content if name != "pickle.npz" else zipfile.ZipFile(io.BytesIO(content)).read("h.npy"))
        assert ran.is_dir(), name


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("role", ["states", "tokens", "vocabulary", "labels", "lengths"])
def test_nothing_in_a_file_is_executed(folder: Path, name: str, role: str) -> None:
    ran = folder / "ran"
    Path(name).write_bytes(HOSTILE[name](Payload(ran)))
    arguments = {"states": "states.npy", "tokens": "ids.npy", "vocabulary": "words.txt"} | {role: name}
    options = [part for key, value in arguments.items() if key != "states" for part in (f"--{key}", value)]
    refused(run(arguments["states"], *options), name)
    assert not ran.exists()
    given = {key: value for key, value in arguments.items() if key not in ("states", "tokens")}
    with pytest.raises(rnnvis.RnnvisError, match=name):
        rnnvis.import_states({"rnn.0.h": arguments["states"]}, arguments["tokens"], **given)
    assert not ran.exists()


def test_objects_in_arrays_from_python_are_refused(folder: Path) -> None:
    ran = folder / "ran"
    objects = np.array([[Payload(ran)] * UNITS] * STEPS, dtype=object)
    with pytest.raises(rnnvis.RnnvisError, match="Python objects"):
        rnnvis.import_states({"rnn.0.h": objects}, "tokens.txt")
    assert not ran.exists()


def test_no_code_of_the_package_loads_pickles() -> None:
    """Every loader that could is called with the option that forbids it."""
    for path in Path(rnnvis.__file__).parent.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "pickle.load" not in text
        assert "allow_pickle=True" not in text
        assert "weights_only=False" not in text
        calls = re.findall(r"(?<!safetensors\.)\b(?:torch|np)\.load\(.*", text)
        assert all("weights_only=True" in call or "allow_pickle=False" in call for call in calls), path


PROJECT = """
name: project
files: {states: states.hdf5, train: train.hdf5, words: words.dict}
word_sequence: {file: train, path: word_ids, dict_file: words}
states: {file: states, types: [{type: output, layer: 1, path: output1}]}
"""


@pytest.fixture
def project(folder: Path) -> Path:
    with h5py.File("states.hdf5", "w") as file:
        file["output1"] = states()
    with h5py.File("train.hdf5", "w") as file:
        file["word_ids"] = np.load("ids.npy", allow_pickle=False)
    Path("words.dict").write_text("".join(f"word{i} {i}\n" for i in range(WORDS)), encoding="utf-8")
    Path("lstm.yml").write_text(PROJECT, encoding="utf-8")
    return folder


def test_a_project_of_lstmvis_is_imported(project: Path) -> None:
    assert run("lstm.yml", "--every", "10").exit_code == 0
    assert verify(project / "out").problems == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("name: project", "name: !!python/object/apply:os.mkdir [ran]", "not readable as YAML"),
        ("name: project", "name: !!python/name:os.mkdir ''", "not readable as YAML"),
        ("name: project", "name: [" + "[" * 5000, "not readable as YAML"),
        (PROJECT, "just text", "holds no fields"),
        ("files: {states", "files: {other", "states.types[0].file is 'states', which \"files\" does not name"),
        ("file: train,", "file: words_of,", "word_sequence.file is 'words_of'"),
        ("path: word_ids", "path: absent", 'train.hdf5: there is no array "absent"'),
        ("path: output1", "path: states9", 'states.hdf5: there is no array "states9"'),
        ("layer: 1", "layer: 0", "states.types[0] has the type 'output' and the layer 0"),
        ("type: output", "type: gate", "the type 'gate'"),
        ("{type: output, layer: 1, path: output1}", "1", "states.types[0] is 1"),
        ("words: words.dict", "words: ../words.dict", "points out of its folder"),
        ("words: words.dict", 'words: "\\ud800.dict"', '"files.words" is no Unicode text'),
        ("words: words.dict", "words: /etc/passwd", "points out of its folder"),
        ("states.hdf5", "absent.hdf5", "absent.hdf5"),
        ("word_sequence:", "words:", '"word_sequence" is missing'),
    ],
)
def test_a_bad_project_names_the_field(project: Path, old: str, new: str, said: str) -> None:
    assert old in PROJECT
    Path("lstm.yml").write_text(PROJECT.replace(old, new), encoding="utf-8")
    refused(run("lstm.yml"), said)
    assert not Path("ran").exists()


def test_aliases_of_yaml_that_multiply_end_in_a_message(project: Path) -> None:
    bomb = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 30))
    Path("lstm.yml").write_text(bomb + PROJECT.replace("path: output1", "path: *a29"), encoding="utf-8")
    refused(run("lstm.yml"), '"states.types[0].path" is missing or not of the right kind')


def test_a_damaged_dictionary_names_the_line(project: Path) -> None:
    Path("words.dict").write_text("word0 0\nword1\n", encoding="utf-8")
    refused(run("lstm.yml"), "words.dict: line 2")
    Path("words.dict").write_text("word0 0\n", encoding="utf-8")
    refused(run("lstm.yml"), "train.hdf5: word_ids", "the vocabulary has the ids 0 to 0")


def test_hdf5_does_not_reach_into_other_files(project: Path) -> None:
    with h5py.File("other.hdf5", "w") as file:
        file["secret"] = states()
    with h5py.File("states.hdf5", "w") as file:
        file["output1"] = h5py.ExternalLink("other.hdf5", "/secret")
        file["other"] = np.zeros(3)
    refused(run("lstm.yml"), 'states.hdf5: there is no array "output1"')
    layout = h5py.VirtualLayout(shape=(STEPS, UNITS), dtype="f4")
    layout[:] = h5py.VirtualSource("other.hdf5", "secret", shape=(STEPS, UNITS))
    with h5py.File("states.hdf5", "w") as file:
        file.create_virtual_dataset("output1", layout)
    refused(run("lstm.yml"), "states.hdf5: output1: points into other files")


@pytest.mark.parametrize(("package", "file"), [("h5py", "states.hdf5"), ("yaml", "lstm.yml")])
def test_a_missing_package_is_named_with_its_command(
    project: Path, package: str, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def absent(name: str, *rest: Any, **more: Any) -> Any:
        if name == package:
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", absent)
    refused(run(file, *([] if package == "yaml" else ["--tokens", "tokens.txt"])), 'pip install "rnnvis[import]"', file)


def npz_bomb() -> bytes:
    """128 MB of zeros in 130 kB."""
    out, head = io.BytesIO(), io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "<f4", "fortran_order": False, "shape": (2**24, 2)})
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("h.npy", "w", force_zip64=True) as file,
    ):
        file.write(head.getvalue())
        for _ in range(2**7):
            file.write(bytes(2**20))
    return out.getvalue()


def test_a_bomb_is_not_unpacked(folder: Path) -> None:
    Path("bomb.npz").write_bytes(npz_bomb())
    assert Path("bomb.npz").stat().st_size < 2**18
    refused(run("bomb.npz", "--tokens", "tokens.txt"), "bomb.npz: h", "claim to unpack to 134,217,856")


def test_a_head_that_lies_about_its_size_allocates_nothing(folder: Path) -> None:
    content = Path("states.npy").read_bytes()
    Path("lie.npy").write_bytes(content.replace(b"(240, 5), ", b"(24" + b"0" * 5 + b",5),"))
    refused(run("lie.npy", "--tokens", "tokens.txt"), "lie.npy", "its head says")
    head = {"h": {"dtype": "F32", "shape": [10**9, 10**6], "data_offsets": [0, 4 * 10**15]}}
    raw = json.dumps(head).encode()
    Path("lie.safetensors").write_bytes(struct.pack("<Q", len(raw)) + raw)
    refused(run("lie.safetensors", "--tokens", "tokens.txt"), "lie.safetensors")
    Path("lie.npz").write_bytes(zipped("h.npy", content[: len(content) // 2]))
    refused(run("lie.npz", "--tokens", "tokens.txt"), "lie.npz: h", "its head says")


def formats() -> dict[str, Callable[[np.ndarray], None]]:
    def hdf5(array: np.ndarray) -> None:
        with h5py.File("s.h5", "w") as file:
            file.create_dataset("h", data=array, chunks=(30, UNITS), compression="gzip")

    return {
        "s.npy": lambda array: np.save("s.npy", array),
        "s.npz": lambda array: np.savez("s.npz", h=array),
        "packed.npz": lambda array: np.savez_compressed("packed.npz", h=array),
        "s.parquet": lambda array: pq.write_table(pa.table({"h": list(array)}), "s.parquet"),
        "s.safetensors": lambda array: save_file({"h": array}, "s.safetensors"),
        "s.h5": hdf5,
        "s.pt": lambda array: torch.save({"h": torch.from_numpy(array)}, "s.pt"),
    }


@pytest.mark.parametrize("name", formats())
def test_every_format_gives_the_same_numbers_and_says_what_is_wrong(folder: Path, name: str) -> None:
    write = formats()[name]
    write(states())
    result = run(name, "--tokens", "tokens.txt")
    assert result.exit_code == 0, result.output
    manifest = json.loads(Path("out/manifest.json").read_text(encoding="utf-8"))
    model = manifest["datasets"][0]["models"][0]
    plain = rnnvis.import_states({"rnn.0.h": states()}, "tokens.txt")
    assert model["provenance"]["weights_sha256"] == plain.weights
    os.rename("out", "good")

    write(states()[:-1])
    refused(run(name, "--tokens", "tokens.txt"), name, "has 239 steps", "tokens.txt has 240 tokens")
    wrong = states()
    wrong[17, 3] = np.nan
    write(wrong)
    refused(run(name, "--tokens", "tokens.txt"), name, "sentence 2, step 5, unit 3 is nan")
    wrong[17, 3] = np.inf
    write(wrong)
    refused(run(name, "--tokens", "tokens.txt"), name, "is inf")
    write((states() * 9).astype(np.int32))
    refused(run(name, "--tokens", "tokens.txt"), "no array of floating-point numbers", name)

    write(states())
    content = Path(name).read_bytes()
    Path(name).write_bytes(content[: len(content) // 2])
    refused(run(name, "--tokens", "tokens.txt"), name)
    Path(name).write_bytes(b"")
    refused(run(name, "--tokens", "tokens.txt"), name)
    Path(name).unlink()
    refused(run(name, "--tokens", "tokens.txt"), f"{name}: no such file")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["states.npy"], "--tokens"),
        (["states.npy", "--tokens", "absent.txt"], "absent.txt: no such file"),
        (["states.npy", "--tokens", "states.npy", "--vocabulary", "words.txt"], "holds float32, not tokens"),
        (["states.npy", "--tokens", "ids.npy"], "nothing says which words"),
        (["states.npy", "--tokens", "ids.npy", "--vocabulary", "few.txt"], "ids.npy: step 0 holds the id"),
        (["states.npy", "--tokens", "tokens.txt", "--vocabulary", "few.txt"], "tokens.txt: line 1 has 'word"),
        (["states.npy", "--tokens", "tokens.txt", "--every", "5"], "holds sentences already"),
        (["states.npy", "--tokens", "tokens.txt", "--labels", "two.txt"], "2 labels for 40 sequences"),
        (["states.npy", "--tokens", "latin.txt"], "latin.txt: byte 4 is not UTF-8"),
        (["states.npy", "--tokens", "tokens.txt", "--state", "h=states.npy"], '"h" is no name of a state'),
        (["states.npy", "--tokens", "tokens.txt", "--state", "rnn.0.h"], "names no array"),
        (["states.npy", "--tokens", "tokens.txt", "--state", "rnn.0.h=absent"], 'no array "absent"'),
        (["states.npy", "--tokens", "tokens.txt", "--lengths", "two.npy"], "two.npy: 2 lengths for 40 sentences"),
        (["states.npy", "--tokens", "ids.npy", "--vocabulary", "words.txt", "--lengths", "two.npy"], "add up to 7"),
        (["states.npy", "--tokens", "ids.npy", "--vocabulary", "words.txt", "--end", "no"], "'no' is not in"),
        (
            ["states.npy", "--tokens", "ids.npy", "--vocabulary", "words.txt", "--end", "word1", "--every", "5"],
            "end and every both say",
        ),
        (["notes.docx", "--tokens", "tokens.txt"], 'end in ".docx" are not read'),
        (["vector.npy", "--tokens", "tokens.txt"], "no array of floating-point numbers [steps, units]"),
    ],
)
def test_what_does_not_fit_is_said_with_its_name(folder: Path, arguments: list[str], said: str) -> None:
    Path("few.txt").write_text("word0\n", encoding="utf-8")
    Path("two.txt").write_text("good\nbad\n", encoding="utf-8")
    Path("latin.txt").write_bytes("déj\u00e0".encode("latin-1").replace(b"d\xe9", b"d\xc3\xa9"))
    np.save("two.npy", [3, 4])
    np.save("vector.npy", np.zeros(STEPS))
    np.save("long.npy", np.zeros((40_000, 2), np.float32))
    refused(run(*arguments), said)


def test_too_little_text_to_cluster_is_said(folder: Path) -> None:
    found = run("states.npy", "--tokens", "tokens.txt", "--minimum-count", "99")
    assert found.exit_code == 0
    assert "No word is used 99 times or more" in " ".join(found.output.split())
    assert verify(folder / "out").problems == []


def test_a_sentence_too_long_to_number_is_refused(folder: Path) -> None:
    Path("long.txt").write_text("word " * 40_000, encoding="utf-8")
    np.save("long.npy", np.zeros((40_000, 2), np.float32))
    refused(run("long.npy", "--tokens", "long.txt"), "long.txt: sentence 0 has 40,000 steps")


def test_text_is_left_out_when_asked(folder: Path) -> None:
    assert run("states.npy", "--tokens", "tokens.txt", "--no-text").exit_code == 0
    manifest = json.loads(Path("out/manifest.json").read_text(encoding="utf-8"))
    dataset = manifest["datasets"][0]
    assert "sentences" not in dataset["tables"]
    assert "states" not in dataset["models"][0]["states"][0]["tables"]
    assert verify(folder / "out").problems == []
    quiet = rnnvis.import_states({"rnn.0.h": states()}, "tokens.txt", surprise=False)
    with pytest.raises(rnnvis.RnnvisError, match="text=False"):
        quiet.publish("other")
    assert not Path("other").exists()
