"""Hostile and broken input to the command line: one clear message, no traceback, and earlier results intact."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pytest
from click.testing import CliRunner, Result

from rnnvis.cli import main
from rnnvis.published.verify import verify
from rnnvis.recipes.keep.project import Project
from rnnvis.recipes.steps.train import load_corpus
from rnnvis.recipes.website import built_site
from tests.python import tiny

REGENERATE = ("regenerate", "--quick", "--no-site")


def run(root: Path, *arguments: str) -> Result:
    load_corpus.cache_clear()
    return CliRunner().invoke(main, ["--root", str(root), *arguments])


def refused(result: Result, *said: str) -> None:
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit)
    assert "Error: " in result.output
    assert "Fix: " in result.output
    for text in said:
        assert text in result.output


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tiny.project(tmp_path_factory.mktemp("finished"), cells=("gru",), epochs=2)
    assert run(root, *REGENERATE).exit_code == 0
    return root


@pytest.fixture
def checkout(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "ein Ordner 🙂 %20"))


def published(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((root / "site/explorer/data").iterdir())}


def stage(root: Path, name: str) -> Path:
    return next((root / "build" / "stages" / name).iterdir())


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("gru.toml", "seeds = [0]", "seeds = []", '"seeds" is empty'),
        ("gru.toml", "seeds = [0]", "seeds = [-1]", '"seeds" is -1'),
        ("gru.toml", "\nepochs = 2", "\nepochs = 2\nlearning_rate = nan", '"learning_rate" is nan'),
        ("gru.toml", "\nepochs = 2", "\nepochs = 2\nweight_decay = -1.0", '"weight_decay" is -1.0'),
        ("gru.toml", 'name = "gru"', 'name = "../../gru"', '"name" is'),
        ("gru.toml", "units = 8", "units = " + "[" * 5000, "not readable as TOML"),
        ("dataset.toml", 'probe = "turn"', 'probe = "absent"', '"view.probe" is "absent"'),
        ("dataset.toml", 'model = "gru"', 'model = "absent"', '"view.model" is "absent"'),
        ("dataset.toml", "step = 4", "step = 99", '"view.step" is 99'),
        ("dataset.toml", 'text = "a wonderful film, but dull music"', 'text = " "', 'the probe "turn" has no words'),
        ("dataset.toml", "largest_k = 4", "largest_k = 1", '"measure.largest_k" is 1'),
        ("dataset.toml", "largest_k = 4", 'largest_k = 4\nsplits = ["absent"]', '"measure.splits" is "absent"'),
        ("dataset.toml", 'filename = "', 'filename = "../../', "source.releases.filename"),
    ],
)
def test_a_bad_value_names_file_and_key_before_anything_runs(
    checkout: Path, file: str, old: str, new: str, said: str
) -> None:
    before = published(checkout)
    path = checkout / "datasets" / "tiny" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    refused(run(checkout, *REGENERATE), str(path), said)
    assert published(checkout) == before


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("corpus", "corpus/corpus.json"),
        ("train", "model.json"),
        ("train", "model.safetensors"),
        ("record", "index.json"),
        ("record", "rnn.0.h/responses.0.parquet"),
        ("record", "rnn.0.h/half_a.npy"),
        ("cluster", "index.json"),
    ],
)
def test_a_damaged_stage_is_never_published_and_is_made_anew(checkout: Path, name: str, file: str) -> None:
    before = published(checkout)
    path = stage(checkout, name) / file
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    if name != "cluster":
        refused(run(checkout, "publish"), "missing or damaged", "rnnvis regenerate")
    assert published(checkout) == before
    assert run(checkout, *REGENERATE).exit_code == 0
    assert published(checkout) == before


class Payload:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self.path),)


def test_a_pickle_in_place_of_a_checkpoint_never_runs(checkout: Path, tmp_path: Path) -> None:
    before, ran = published(checkout), tmp_path / "ran"
    trained = stage(checkout, "train")
    (trained / "model.safetensors").write_bytes(pickle.dumps(Payload(ran)))
    assert run(checkout, *REGENERATE).exit_code == 0
    partial = trained.with_name(trained.name + ".partial")
    trained.rename(partial)
    (partial / "partial").mkdir()
    (partial / "partial" / f"state-{64 * '0'}.safetensors").write_bytes(pickle.dumps(Payload(ran)))
    assert run(checkout, *REGENERATE).exit_code == 0
    assert published(checkout) == before
    assert not ran.exists()


@pytest.mark.parametrize("where", ["build/stages", "build/downloads", "site/explorer/data"])
def test_pickles_in_place_of_all_files_never_run(checkout: Path, tmp_path: Path, where: str) -> None:
    ran = tmp_path / "ran"
    for path in [path for path in (checkout / where).rglob("*") if path.is_file()]:
        path.write_bytes(pickle.dumps(Payload(ran)))
    for command in (("verify",), ("publish",), REGENERATE, ("verify",)):
        run(checkout, *command)
    assert not ran.exists()


def test_two_commands_in_one_checkout_do_not_meet(checkout: Path) -> None:
    with (checkout / "build" / "working.lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        refused(run(checkout, *REGENERATE), "another rnnvis command is at work")
    assert run(checkout, *REGENERATE).exit_code == 0


def edited(change: Callable[[dict], object]) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        path = folder / "manifest.json"
        manifest = json.loads(path.read_text(encoding="utf-8"))
        change(manifest)
        path.write_text(json.dumps(manifest), encoding="utf-8")

    return edit


def file_of(manifest: dict) -> dict:
    return manifest["datasets"][0]["tables"]["words"]["files"][0]


@pytest.mark.parametrize("command", ["verify", "site"])
@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda folder: (folder / "manifest.json").write_text("[" * 200_000), "damaged"),
        (edited(lambda m: m.update(version=99)), "version 99"),
        (edited(lambda m: m.update(version=True)), "version True"),
        (edited(lambda m: m.update(datasets=[])), "manifest.datasets"),
        (edited(lambda m: m["datasets"][0].update(models=[])), "datasets[0].models"),
        (edited(lambda m: m["datasets"][0].pop("title")), "datasets[0].title must be text"),
        (edited(lambda m: file_of(m).update(path="../../../x.parquet")), "path must be the name of a Parquet file"),
        (edited(lambda m: file_of(m).update(path=5)), "path must be the name of a Parquet file"),
        (edited(lambda m: file_of(m).pop("sha256")), "sha256 must be a SHA-256"),
        (lambda folder: next(folder.glob("states-*")).write_bytes(b"PAR1"), "states-"),
        (lambda folder: next(folder.glob("steps-*")).unlink(), "missing"),
    ],
)
def test_damaged_published_data_is_named(
    checkout: Path, command: str, damage: Callable[[Path], None], said: str
) -> None:
    damage(checkout / "site" / "explorer" / "data")
    (checkout / "tools" / "website").mkdir(parents=True)
    (checkout / "tools" / "website" / "__main__.py").touch()  # as a checkout has it; the data are looked at first
    refused(run(checkout, command), said)


HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "'; DROP TABLE sentences; --",
    "a\0b nul\0",
    "שלום עולם",
    "🙂👩‍👩‍👧 🇩🇪",
    "x" * 10_000,
    "\u202egnp.exe\u202c",
    "\x1b[31mred\x07",
    "constructor __proto__ toString",
    "Z" + "\u0301" * 300,
]


def corpus(root: Path, movie: list[tuple[float, str]], amazon: list[tuple[float, str]]) -> None:
    packed = tiny.archive(root / "build" / "downloads", movie, amazon)
    config = root / "datasets" / "tiny" / "dataset.toml"
    sha256 = hashlib.sha256(packed.read_bytes()).hexdigest()
    config.write_text(re.sub('sha256 = ".*"', f'sha256 = "{sha256}"', config.read_text(encoding="utf-8")))


def test_hostile_sentences_are_data(checkout: Path) -> None:
    rows = [(s, f"{HOSTILE[i % len(HOSTILE)]} {t}") for i, (s, t) in enumerate(tiny.sentences(240, 1))]
    corpus(checkout, rows, [])
    assert run(checkout, *REGENERATE).exit_code == 0
    assert verify(checkout / "site" / "explorer" / "data").problems == []


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [(1.0, "good film")],
        [(0.1, t) for _, t in tiny.sentences(240, 1)],
        [(1.0, t) for _, t in tiny.sentences(240, 1)],
    ],
    ids=["nothing", "one sentence", "all neutral", "one class"],
)
def test_a_corpus_that_nothing_can_be_learnt_from(checkout: Path, rows: list[tuple[float, str]]) -> None:
    before = published(checkout)
    corpus(checkout, rows, [])
    refused(run(checkout, *REGENERATE), "tiny:")
    assert published(checkout) == before


def test_a_port_that_is_none(checkout: Path) -> None:
    result = run(checkout, "serve", str(checkout), "--port", "99999")
    assert result.exit_code == 2
    assert "99999" in result.output


def test_an_early_end_of_the_process_is_said_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "datasets").mkdir()
    script = textwrap.dedent("""
        import sys, time, click, rnnvis.cli, rnnvis.start
        def slow():
            print("on", flush=True)
            time.sleep(60)
        rnnvis.cli.main.add_command(click.Command("slow", callback=slow))
        sys.argv = ["rnnvis", "slow"]
        rnnvis.start.main()
    """)
    for number, status in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
        process = subprocess.Popen(
            [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "on\n"
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
        assert process.returncode == status
        assert "Stopped." in said
        assert "Traceback" not in said


def test_ctrl_c_while_the_command_is_being_loaded_is_said(tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("import time; print('loading', flush=True); time.sleep(60)")
    process = subprocess.Popen(
        [sys.executable, "-c", "import rnnvis.start; rnnvis.start.main()"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "loading\n"
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said.count("Stopped."), "Traceback" in said) == (130, 1, False)


@pytest.mark.parametrize("arguments", [["--name", "a\udcff"], ["--dataset", "a\udcff"], ["--out", "a\udcff"]])
def test_names_that_are_no_text_are_named_and_no_traceback_is_shown(tmp_path: Path, arguments: list[str]) -> None:
    np.save(tmp_path / "states.npy", np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32))
    (tmp_path / "tokens.txt").write_text("a b c d\n" * 10)
    given = [] if arguments[0] == "--out" else ["--out", "out"]
    command = ["import", "states.npy", "--tokens", "tokens.txt", "--minimum-count", "1", *given, *arguments]
    script = f"import sys; sys.argv = ['rnnvis', *{command!a}]; import rnnvis.start; rnnvis.start.main()"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert "Traceback" not in done.stderr
    if arguments[0] != "--out":
        assert done.returncode == 1
        assert "no Unicode text" in done.stderr


def test_a_lack_of_memory_is_said(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("rnnvis.recipes.plan.regenerate", full)
    done = run(checkout, *REGENERATE)
    assert done.exit_code == 1
    assert "there is not enough memory" in done.output


def test_ctrl_c_while_duckdb_is_at_work_is_said(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        connection = duckdb.connect()
        threading.Timer(0.3, connection.interrupt).start()
        connection.execute("SELECT sum(a.range * b.range) FROM range(1000000) a, range(1000000) b").fetchall()

    monkeypatch.setattr("rnnvis.recipes.plan.regenerate", interrupted)
    done = run(checkout, *REGENERATE)
    assert (done.exit_code, "Stopped." in done.output) == (130, True)


def test_a_site_whose_build_was_killed_between_its_two_renames_is_there_again(tmp_path: Path) -> None:
    (tmp_path / "build" / "site.old").mkdir(parents=True)
    (tmp_path / "build" / "site.old" / "index.html").write_text("before")
    assert (built_site(Project(tmp_path)) / "index.html").read_text() == "before"
    assert not (tmp_path / "build" / "site.old").exists()


@pytest.mark.parametrize(
    ("line", "said"), [("units = -49", "units = -49 is outside 1"), ('cell = "mgu"', 'unknown cell "mgu"')]
)
def test_every_card_is_checked_before_any_model_is_trained(tmp_path: Path, line: str, said: str) -> None:
    root = tiny.project(tmp_path, cells=("gru", "lstm"), epochs=2)
    card = root / "datasets" / "tiny" / "lstm.toml"
    text = card.read_text(encoding="utf-8")
    card.write_text(re.sub(rf"^{line.split()[0]} = .*$", line, text, flags=re.MULTILINE), encoding="utf-8")
    refused(run(root, *REGENERATE), said, "lstm.toml")
    assert not (root / "build" / "stages" / "train").exists()
