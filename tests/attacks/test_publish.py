"""Publishing into folders that others prepared, beside other publishes, and after ones that were stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import rnnvis
from rnnvis.api import page
from rnnvis.errors import RnnvisError
from rnnvis.published.publishing import read_manifest
from rnnvis.published.verify import verify
from rnnvis.published.writing import LOCK

WORDS = [f"w{i}" for i in range(12)]


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.rnn = nn.Embedding(12, 5), nn.GRU(5, 4, batch_first=True)

    def forward(self, ids: Tensor) -> Tensor:
        states: Tensor = self.rnn(self.embedding(ids))[0]
        return states


def text() -> list[list[int]]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 12, 7).tolist() for _ in range(40)]


def recording(seed: int = 0) -> rnnvis.Recording:
    torch.manual_seed(seed)
    return rnnvis.record(Model(), text(), WORDS, minimum_count=1, frequent_count=2)


@pytest.fixture(scope="module")
def recorded() -> rnnvis.Recording:
    return recording()


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret.txt"
    path.write_text("mine")
    return path


@pytest.fixture
def folder(recorded: rnnvis.Recording, tmp_path: Path) -> Path:
    recorded.publish(tmp_path / "folder", largest_k=3)
    return tmp_path / "folder"


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.name != LOCK}


@pytest.mark.parametrize("name", ["manifest.json.tmp", "page.html.tmp", "words-0000000000000000.parquet.tmp"])
def test_a_prepared_link_is_never_written_through(
    folder: Path, recorded: rnnvis.Recording, secret: Path, name: str
) -> None:
    (folder / name).symlink_to(secret)
    recorded.publish(folder, "again", largest_k=3)
    assert secret.read_text() == "mine"


def test_the_manifest_and_the_page_as_links_are_replaced_and_not_followed(
    folder: Path, recorded: rnnvis.Recording, secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "check_viewer", lambda: None)
    monkeypatch.setattr(page, "document", lambda held: "<html>")
    target = folder.parent / "page.html"
    target.symlink_to(secret)
    rnnvis.to_html(folder, target)
    assert (secret.read_text(), target.read_text(), target.is_symlink()) == ("mine", "<html>", False)


def test_files_of_others_behind_a_link_called_kept_stay(folder: Path, recorded: rnnvis.Recording) -> None:
    others = folder.parent / "others"
    others.mkdir()
    (others / "letter.txt").write_text("mine")
    (folder / "kept").symlink_to(others)
    recording(1).publish(folder, largest_k=3)
    assert (others / "letter.txt").read_text() == "mine"
    assert verify(folder).problems == []


def test_a_lock_that_is_a_link_is_refused(folder: Path, recorded: rnnvis.Recording, secret: Path) -> None:
    (folder / LOCK).unlink()
    (folder / LOCK).symlink_to(secret)
    with pytest.raises(RnnvisError, match="is a link"):
        recorded.publish(folder, largest_k=3)
    assert secret.read_text() == "mine"


def table(folder: Path, name: str) -> Path:
    return folder / read_manifest(folder)["datasets"][0]["tables"][name]["files"][0]["path"]


@pytest.mark.parametrize("how", ["link", "damaged", "missing", "pipe"])
def test_a_table_that_is_not_what_the_manifest_says_goes_into_no_page_and_no_publish(
    folder: Path, recorded: rnnvis.Recording, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "check_viewer", lambda: None)
    path = table(folder, "words")
    held = path.read_bytes()
    path.unlink()
    if how == "link":
        elsewhere = folder.parent / "elsewhere.parquet"
        elsewhere.write_bytes(held)
        path.symlink_to(elsewhere)
    elif how == "damaged":
        path.write_bytes(bytes([held[0] ^ 1]) + held[1:])
    elif how == "pipe":
        os.mkfifo(path)
    with pytest.raises(RnnvisError, match=path.name):
        rnnvis.to_html(folder, folder.parent / "page.html")
    assert not (folder.parent / "page.html").exists()
    with pytest.raises(RnnvisError, match=path.name):
        recorded.publish(folder, "another", largest_k=3)
    assert any(path.name in problem for problem in verify(folder).problems)


SLOW = """
    import sys, torch
    from tests.attacks.test_publish import recording
    print(recording(int(sys.argv[2])).publish(sys.argv[1], sys.argv[3], largest_k=3), flush=True)
"""


def publishing(folder: Path, name: str, seed: int, script: str = SLOW) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(script), str(folder), str(seed), name]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        command,
        cwd=Path(__file__).parents[2],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_publishes_at_once_into_one_folder_keep_both_models(tmp_path: Path) -> None:
    running = [publishing(tmp_path / "folder", f"model {i}", i) for i in range(2)]
    for process in running:
        _, said = process.communicate(timeout=300)
        assert process.returncode == 0, said
    assert verify(tmp_path / "folder").problems == []
    models = read_manifest(tmp_path / "folder")["datasets"][0]["models"]
    assert sorted(model["title"] for model in models) == ["model 0", "model 1"]


STOPPED = """
    import sys, time
    from rnnvis.api import folder
    from tests.attacks.test_publish import recording
    def pause(*_):
        print("half made", flush=True)
        time.sleep(300)
    folder.write_manifest = pause
    recording(0).publish(sys.argv[1], "first", largest_k=3)
"""


def test_a_publish_that_was_killed_can_be_repeated_and_leaves_nothing(
    tmp_path: Path, recorded: rnnvis.Recording
) -> None:
    folder = tmp_path / "folder"
    process = publishing(folder, "first", 0, STOPPED)
    assert process.stdout is not None
    assert "half made" in process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert len(files(folder)) > 1
    recorded.publish(folder, largest_k=3)
    assert verify(folder).problems == []
    recorded.publish(tmp_path / "fresh", largest_k=3)
    assert files(folder) == files(tmp_path / "fresh")


def test_a_publish_that_fails_leaves_the_folder_as_it_was(
    folder: Path, recorded: rnnvis.Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = files(folder)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("rnnvis.api.folder.write_manifest", full)
    with pytest.raises(RnnvisError, match="No space left"):
        recording(2).publish(folder, "other", largest_k=3)
    assert files(folder) == before
    with pytest.raises(RnnvisError, match="No space left"):
        recording(2).publish(folder.parent / "new", "other", largest_k=3)
    assert files(folder.parent / "new") == set()


def test_a_folder_of_other_files_is_left_alone(tmp_path: Path, recorded: rnnvis.Recording) -> None:
    (tmp_path / "words-0123456789abcdef.parquet").write_bytes(b"not by its content")
    with pytest.raises(RnnvisError, match="holds files"):
        recorded.publish(tmp_path)
    assert (tmp_path / "words-0123456789abcdef.parquet").read_bytes() == b"not by its content"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"dataset": 5}, "dataset is 5"),
        ({"dataset": " "}, "dataset is ' '"),
        ({"name": 5}, "name is 5"),
        ({"name": "a\ud800"}, r"name is 'a\\ud800'"),
        ({"largest_k": 2.5}, "largest_k is 2.5"),
        ({"largest_k": True}, "largest_k is True"),
        ({"methods": ("none",)}, 'unknown co-clustering method "none"'),
    ],
)
def test_odd_arguments_are_refused_before_anything_is_written(
    tmp_path: Path, recorded: rnnvis.Recording, given: dict[str, object], said: str
) -> None:
    with pytest.raises(RnnvisError, match=said):
        recorded.publish(tmp_path / "folder", **given)  # type: ignore[arg-type]
    assert not (tmp_path / "folder").exists()


def test_old_manifests_stay_where_the_new_one_breaks_the_declaration(
    folder: Path, recorded: rnnvis.Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = json.loads((folder / "manifest.json").read_text())
    real = recorded.frequent_count
    object.__setattr__(recorded, "frequent_count", 2.5)
    try:
        with pytest.raises(RnnvisError, match="frequent_count"):
            recorded.publish(folder, "broken", largest_k=3)
    finally:
        object.__setattr__(recorded, "frequent_count", real)
    assert json.loads((folder / "manifest.json").read_text()) == before


def test_a_wait_for_another_publish_is_said(tmp_path: Path, recorded: rnnvis.Recording) -> None:
    holding = publishing(tmp_path / "folder", "first", 0, STOPPED)
    assert holding.stdout is not None
    assert "half made" in holding.stdout.readline()
    waiting = publishing(tmp_path / "folder", "second", 1)
    assert waiting.stderr is not None
    said = ""
    until = time.monotonic() + 120
    while "Waiting for another publish" not in said and time.monotonic() < until:
        said += waiting.stderr.readline()
    holding.kill()
    holding.wait()
    waiting.communicate(timeout=300)
    assert "Waiting for another publish" in said
    assert waiting.returncode == 0
    assert verify(tmp_path / "folder").problems == []
