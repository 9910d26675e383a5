"""`rnnvis corpus`: figures against a plain count, guesses about bare files, and datasets made of them."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from rnnvis.cli import main
from rnnvis.recipes.keep.project import Project
from rnnvis.text import FILE_KINDS
from rnnvis.text.guess import source_of
from rnnvis.text.inspect import LEVELS, figures, visible, warnings
from rnnvis.text.tokenizer import tokenize
from tests.python.tiny import sentences
from tests.python.user_corpora import json_lines, read_from, reviews, table


def csv(path: Path, count: int = 240, head: str = "Review,Sentiment") -> Path:
    rows = [f'"{text}",{"good" if score > 0 else "bad"}\n' for score, text in sentences(count, 3)]
    path.write_text(head + "\n" + "".join(rows), encoding="utf-8")
    return path


def run(root: Path, *arguments: str):
    return CliRunner().invoke(main, ["--root", str(root), "corpus", *arguments], env={"COLUMNS": "120"})


def test_figures_are_those_of_a_plain_count(tmp_path):
    made = reviews(500)
    corpus, _ = read_from("yelp", json_lines(tmp_path / "r.json", made), classes=5, most_sentences=300)
    stars = {str(r["text"]).strip(): int(r["stars"]) for r in made}
    by_split: dict[str, list[str]] = {"train": [], "valid": [], "test": []}
    for text, split in zip(corpus.text, corpus.split, strict=True):
        by_split[split].append(text)
    known = {word for text in by_split["train"] for _, word in tokenize(text)}
    for f in figures(corpus):
        texts = by_split[f.split]
        words = [[word for _, word in tokenize(text)] for text in texts]
        everything = [word for sentence in words for word in sentence]
        assert (f.sentences, f.tokens) == (len(texts), len(everything))
        assert f.unknown == pytest.approx(sum(word not in known for word in everything) / len(everything))
        count = Counter(stars[text] for text in texts)
        assert f.of_class == tuple(count[n] for n in range(1, 6))
        ordered = sorted(map(len, words))
        assert f.lengths == tuple(ordered[max(0, int(np.ceil(q / 100 * len(ordered))) - 1)] for q in LEVELS)


def test_warnings_name_what_stands_in_the_way(tmp_path):
    def said(rows: str, **keys: object) -> str:
        corpus, _ = table(tmp_path / "r.csv", "text,label,split\n" + rows, split="split", **keys)
        return " ".join(warnings(corpus.labels, figures(corpus)))

    even = "a,x,train\nb,y,train\na b,x,valid\nb a,y,test\n"
    assert said(even) == ""
    assert "The split test is empty" in said("a,x,train\nb,y,train\nc,x,valid\n")
    assert "only one class, x" in said("a,x,train\nb,x,valid\nc,x,test\n")
    assert "No training sentence is labelled y" in said("a,x,train\nb,y,valid\nc,y,test\n")
    unbalanced = said(even + "a a,x,train\na a a,x,train\na a a a,x,train\n")
    assert unbalanced.startswith("80 % of the training sentences are x: oversample = true")
    assert "held-out words are unknown" in said(even.replace("a b", "q r"))
    assert "most_tokens" in said(even + "b " * 600 + ",y,train\na " + "a " * 600 + ",x,train\n")


def test_a_bare_file_is_inspected_and_becomes_a_dataset(tmp_path):
    path = csv(tmp_path / "my films.csv")
    shown = run(tmp_path, "inspect", str(path))
    assert shown.exit_code == 0, shown.output
    assert 'Text: column "Review". Label: column "Sentiment".' in shown.output
    for part in ("240 sentences", "unknown words", "Balance of the classes", "good", "Length in tokens", "median"):
        assert part in shown.output
    made = run(tmp_path, "new", "films", str(path))
    assert made.exit_code == 0, made.output
    dataset = Project(tmp_path).dataset("films")
    assert Path(dataset.config.source.path).samefile(path)
    assert (tmp_path / "datasets/films/dataset.toml").read_text().count('path = "../../my films.csv"') == 1
    assert list(dataset.cards) == ["gru"]
    assert "| train |" in (tmp_path / "datasets/films/README.md").read_text()
    same = run(tmp_path, "inspect", "films")
    assert shown.output.split("Size")[1] == same.output.split("Size")[1]
    again = run(tmp_path, "new", "films", str(path))
    assert again.exit_code == 1
    assert "is there already" in again.output


def test_kinds_and_columns_are_guessed_or_asked_for(tmp_path):
    assert source_of(json_lines(tmp_path / "r.json", reviews(3))).kind == "yelp"
    assert source_of(json_lines(tmp_path / "t.jsonl", [{"body": "a", "class": 1, "split": "test"}])).columns.split
    (tmp_path / "t.csv").write_text("x;Text;Rating\n1;a, b;3\n")
    guessed = source_of(tmp_path / "t.csv")
    assert (guessed.kind, guessed.delimiter, guessed.columns.text, guessed.columns.label) == (
        "table",
        ";",
        "Text",
        "Rating",
    )
    for arguments, message in (
        (["inspect", str(csv(tmp_path / "u.csv", head="one,two"))], "which column holds the text cannot be told"),
        (["inspect", str(tmp_path / "absent.csv")], "no such file or folder"),
        (["inspect", __file__], "its kind of corpus cannot be told"),
        (["new", "../up", str(tmp_path / "u.csv")], "letters, digits"),
    ):
        result = run(tmp_path, *arguments)
        assert result.exit_code == 1
        assert message in result.output
        assert "Fix: " in result.output
    shown = run(tmp_path, "inspect", str(tmp_path / "u.csv"), "--text", "one", "--label", "two")
    assert shown.exit_code == 0, shown.output


def test_the_command_line_offers_every_kind():
    option = next(o for o in main.commands["corpus"].commands["inspect"].params if o.name == "kind")
    assert set(option.type.choices) == set(FILE_KINDS)


def test_what_a_terminal_would_obey_is_not_printed(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text("text,label\n" + "".join(f"a {n},\x1b[31m[bold]{n % 2}\n" for n in range(40)))
    shown = run(tmp_path, "inspect", str(path))
    assert "\x1b" not in shown.output
    assert "\ufffd[31m[bold]1" in shown.output
    assert visible("a\u202eb\tc") == "a\ufffdb\ufffdc"
