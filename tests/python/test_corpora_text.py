"""Running text: plain files and folders, tokenised text, and the Penn Treebank's three files."""

import hashlib

import numpy as np
import pytest

from rnnvis.errors import RnnvisError
from rnnvis.text.assembly import hashed_split
from tests.python.user_corpora import read_from

WRAPPED = "One cat sat. It slept\r\nfor 3 hours.\r\n\r\nMr. Smith woke it.\r\n\r\n"


def spoken(corpus, split):
    ids = corpus.indices(split)
    return [" ".join(corpus.vocabulary[t] for t in corpus.tokens[i]) for i in ids]


def test_plain_text_is_cut_into_sentences_and_ends_them(tmp_path):
    path = tmp_path / "book.txt"
    path.write_bytes(b"\xef\xbb\xbf" + WRAPPED.encode() * 10)
    corpus, _ = read_from("text", path)
    assert corpus.labels == ()
    assert len(corpus) == 30
    assert [corpus.split.count(s) for s in ("train", "valid", "test")] == [27, 2, 1]
    assert spoken(corpus, "train")[:3] == ["one cat sat <eos>", "it slept for N hours <eos>", "mr smith woke it <eos>"]
    assert [corpus.text[i] for i in corpus.indices("valid", "test")] == [
        "One cat sat.",
        "It slept for 3 hours.",
        "Mr. Smith woke it.",
    ]
    assert {corpus.vocabulary[i] for i in corpus.special} == {"<unk>", "<eos>"}
    assert [d.tolist() for d in corpus.documents] == [list(range(27)), [27, 28], [29]]


def test_without_empty_lines_each_line_is_a_paragraph(tmp_path):
    path = tmp_path / "lines.txt"
    path.write_text("first line\nsecond line. And more\n" * 10)
    corpus, _ = read_from("text", path)
    assert spoken(corpus, "train")[:3] == ["first line <eos>", "second line <eos>", "and more <eos>"]


def test_tokenised_text_stays_as_it_is(tmp_path):
    path = tmp_path / "wiki.txt"
    path.write_text(" = A Title = \n\nThe <unk> of 1990 's , no doubt .\n" * 10)
    corpus, _ = read_from("text", path, tokenised=True)
    assert spoken(corpus, "train")[:2] == ["= A Title = <eos>", "The <unk> of 1990 's , no doubt . <eos>"]


def test_a_folder_is_three_splits_or_documents_by_the_hash_of_their_names(tmp_path):
    for name in ("train", "validation", "test"):
        (tmp_path / f"{name}.txt").write_text(f"A {name} sentence. The same. The same.")
    corpus, _ = read_from("text", tmp_path)
    assert spoken(corpus, "valid") == ["a <unk> sentence <eos>", "the same <eos>", "the same <eos>"]
    assert len(set(corpus.key)) == len(corpus) == 9
    books = tmp_path / "books"
    books.mkdir()
    for n in range(60):
        (books / f"book-{n}.txt").write_text(f"Book {n} begins. Number {n} ends.")
    corpus, _ = read_from("text", books)
    assert corpus.document is not None
    for document, split in zip(corpus.document, corpus.split, strict=True):
        assert split == hashed_split(f"{document}.txt", 0.90, 0.05)
    assert {len(d) for d in corpus.documents} == {2}
    assert len(corpus.documents) == 60


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfeb\0", b"a b.\n\xe9 c.\n"])
def test_text_that_cannot_be_read_names_the_file(tmp_path, content):
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(RnnvisError) as caught:
        read_from("text", tmp_path / "a.txt")
    assert str(tmp_path / "a.txt") in caught.value.message
    assert caught.value.fix
    with pytest.raises(RnnvisError, match="no such file"):
        read_from("text", tmp_path / "b.txt")
    (tmp_path / "empty").mkdir()
    with pytest.raises(RnnvisError, match=r"holds no file that ends in .txt"):
        read_from("text", tmp_path / "empty")


def treebank(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for split, text in (
        ("train", " mr. <unk> is chairman of <unk> n.v.\n N years old\n" * 3),
        ("valid", " pierre is N\n"),
        ("test", " mr. pierre\n"),
    ):
        (folder / f"ptb.{split}.txt").write_text(text)
    return folder


def test_the_penn_treebank_is_not_tokenised_again(tmp_path):
    folder = treebank(tmp_path / "simple-examples" / "data")
    for path in (tmp_path, folder):
        corpus, reading = read_from("ptb", path)
        assert spoken(corpus, "train") == ["mr. <unk> is chairman of <unk> n.v. <eos>", "N years old <eos>"] * 3
        assert spoken(corpus, "valid") == ["<unk> is N <eos>"]
        assert set(corpus.vocabulary) == set("mr. <unk> is chairman of n.v. N years old <eos>".split())
        counts = dict(zip(corpus.vocabulary, corpus.counts.tolist(), strict=True))
        assert (counts["<unk>"], counts["<eos>"], counts["mr."]) == (6, 6, 3)
        assert [d.tolist() for d in corpus.documents] == [list(range(6)), [6], [7]]
        assert len(reading.notes) == 3
    digest = hashlib.md5((folder / "ptb.valid.txt").read_bytes()).hexdigest()
    assert f"ptb.valid.txt: not the usual Penn Treebank file (its MD5 is {digest})" in reading.notes[1]
    assert np.all(corpus.label == -1)


def test_the_usual_files_raise_no_warning(tmp_path, monkeypatch):
    folder = treebank(tmp_path)
    usual = {s: hashlib.md5((folder / f"ptb.{s}.txt").read_bytes()).hexdigest() for s in ("train", "valid", "test")}
    monkeypatch.setattr("rnnvis.text.kinds.ptb.MD5", usual)
    assert read_from("ptb", folder)[1].notes == []


def test_a_missing_or_empty_treebank_file_is_named(tmp_path):
    folder = treebank(tmp_path)
    (folder / "ptb.valid.txt").write_text("\n")
    with pytest.raises(RnnvisError, match=r"ptb.valid.txt: holds no sentence"):
        read_from("ptb", folder)
    (folder / "ptb.valid.txt").unlink()
    with pytest.raises(RnnvisError, match=r"ptb.valid.txt: no such file") as caught:
        read_from("ptb", folder)
    assert "simple-examples" in caught.value.fix
