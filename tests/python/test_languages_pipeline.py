"""From a file in another language to a published folder, without a checkout; and what is said on the way."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import CliRunner

from rnnvis.cli import main
from rnnvis.errors import unusable
from rnnvis.published import files, publishing
from rnnvis.published.verify import verify

GOOD, BAD = ("अच्छी", "शानदार"), ("बेकार", "उबाऊ")
THINGS = ("यह फ़िल्म", "इसकी कहानी", "मुख्य अभिनेता", "हर दृश्य", "संगीत")


def run(root: Path, *command: str, code: int = 0) -> str:
    done = CliRunner().invoke(main, ["--root", str(root), *command])
    assert done.exit_code == code, done.output
    return " ".join(done.output.split())


def quickened(root: Path, name: str) -> None:
    card = root / "datasets" / name / "gru.toml"
    text = card.read_text()
    for before, after in (
        ("epochs = 10", "epochs = 1"),
        ("epochs = 8", "epochs = 1"),
        ("averaged_epochs = 2", "averaged_epochs = 1"),
    ):
        text = text.replace(before, after)
    card.write_text(text)


def published(root: Path) -> tuple[dict, dict[str, pa.Table]]:
    data = root / "site" / "explorer" / "data"
    assert verify(data).problems == []
    dataset = publishing.read_manifest(data)["datasets"][0]
    return dataset, {
        name: files.read(name, [data / file["path"] for file in table["files"]])
        for name, table in dataset["tables"].items()
        if name in ("words", "sentences")
    }


@pytest.fixture
def hindi(tmp_path: Path) -> Path:
    rows = [
        f"{thing} {'सच में ' * (n % 3)}{word} थी {n},{int(word in GOOD)}"
        for n in range(16)
        for thing in THINGS
        for word in GOOD + BAD
    ]
    path = tmp_path / "hindi.csv"
    path.write_text("text,label\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_hindi_is_words_without_english_parts_of_speech(tmp_path: Path, hindi: Path) -> None:
    said = run(tmp_path, "corpus", "new", "hindi", str(hindi))
    assert "Next: rnnvis regenerate hindi --quick --no-site, then rnnvis serve" in said
    assert str(tmp_path / "site" / "explorer" / "data") in said.replace(" ", "") or "site/explorer/data" in said
    quickened(tmp_path, "hindi")
    refused = run(tmp_path, "regenerate", "hindi", "--quick", code=1)
    assert "--no-site" in refused
    assert not list((tmp_path / "build").glob("train*")), "it is refused before anything is trained"
    said = run(tmp_path, "regenerate", "hindi", "--quick", "--no-site")
    assert "TF-IDF" in said
    assert "majority class" in said
    assert "Look at it: rnnvis serve" in said
    _, tables = published(tmp_path)
    words = tables["words"]["text"].to_pylist()
    assert {"फ़िल्म", "अच्छी", "शानदार", "बेकार", "उबाऊ", "दृश्य"} <= set(words)
    assert tables["words"]["part_of_speech"].null_count == len(words)
    assert tables["sentences"]["tags"].null_count == len(tables["sentences"])


def test_annotated_words_have_their_own_parts_of_speech_and_tags_of_their_steps(tmp_path: Path) -> None:
    rows = [("El", "DET"), ("perro", "NOUN"), ("come", "VERB"), ("mucho", "ADV"), (".", "PUNCT")]
    line = "{}\t{}\t_\t{}\t_\t_\t0\t_\t_\t_\n".format
    sentence = "".join(line(i, word, tag) for i, (word, tag) in enumerate(rows, 1)) + "\n"
    other = sentence.replace("perro", "gato").replace("come", "bebe")
    path = tmp_path / "spanish.conllu"
    path.write_text((sentence + other) * 60, encoding="utf-8")
    run(tmp_path, "corpus", "new", "spanish", str(path))
    quickened(tmp_path, "spanish")
    said = run(tmp_path, "regenerate", "spanish", "--quick", "--no-site")
    assert "Kneser" in said
    assert "perplexity" in said
    _, tables = published(tmp_path)
    parts = dict(zip(tables["words"]["text"].to_pylist(), tables["words"]["part_of_speech"].to_pylist(), strict=True))
    assert (parts["perro"], parts["bebe"], parts["El"], parts["."]) == ("noun", "verb", "determiner", "punctuation")
    assert parts["<eos>"] is None
    for row in tables["sentences"].to_pylist():
        assert row["tags"] == ["DET", "NOUN", "VERB", "ADV", "PUNCT", ""]
        assert len(row["tags"]) == row["length"]


@pytest.mark.parametrize(
    ("number", "fix"),
    [
        (errno.ENOENT, "no such file"),
        (errno.ENOSPC, "disk space"),
        (errno.EACCES, "readable"),
        (errno.EROFS, "written"),
    ],
)
def test_what_the_system_refuses_is_told_with_its_own_fix(number: int, fix: str) -> None:
    error = unusable(OSError(number, os.strerror(number), "package-lock.json"))
    assert "package-lock.json" in error.message
    assert fix in error.fix
    assert ("disk space" in error.fix) == (number == errno.ENOSPC)
