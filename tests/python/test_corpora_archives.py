"""The loaders of the UCI sentences and of the IMDB reviews, on folders laid out as their archives unpack."""

from pathlib import Path

import pytest

from rnnvis.errors import RnnvisError
from rnnvis.text.assembly import hashed_split
from tests.python.user_corpora import found, read_from

UCI = ("amazon_cells_labelled.txt", "imdb_labelled.txt", "yelp_labelled.txt")


def uci(folder: Path, first: bytes = b"A fine phone.\t1\n") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in zip(UCI, (first, b"A dull film \t0\nIt \x85 ends\t1\n", b"Cold food.\t0\n"), strict=True):
        (folder / name).write_bytes(content.replace(b"\x85", b"\xc2\x85"))
    return folder


def test_uci_sentences_are_a_text_a_tab_and_a_label(tmp_path):
    first = b'\xef\xbb\xbf"Not" a\ttab, a quote\t1\r\n\r\nA fine phone. \t1\nA fine phone.\t1\n'
    expected = {'"Not" a\ttab, a quote': "positive", "A fine phone.": "positive", "A dull film": "negative"}
    for folder in (tmp_path / "sentiment labelled sentences", tmp_path):
        uci(tmp_path / "sentiment labelled sentences", first)
        corpus, reading = read_from("uci-sentences", folder)
        assert found(corpus) == expected | {"It \x85 ends": "positive", "Cold food.": "negative"}
        assert dict(zip(corpus.text, corpus.source, strict=True))["Cold food."] == "yelp"
        assert all(s == hashed_split(t) for s, t in zip(corpus.split, corpus.text, strict=True))
        assert reading.left_out == {"exact duplicates": 1}


@pytest.mark.parametrize("line", [b"no label", b"two\t2", b"\t1", b"none\t"])
def test_a_uci_line_that_is_none_names_file_and_line(tmp_path, line):
    with pytest.raises(RnnvisError, match=r"amazon_cells_labelled.txt, line 2: not a sentence, a tab, and 0 or 1"):
        read_from("uci-sentences", uci(tmp_path, b"Fine.\t1\n" + line + b"\n"))
    (tmp_path / UCI[2]).unlink()
    with pytest.raises(RnnvisError, match=r"yelp_labelled.txt: no such file") as caught:
        read_from("uci-sentences", tmp_path)
    assert "UCI Machine Learning Repository" in caught.value.fix


def imdb(root: Path, films: bool = True) -> Path:
    folder = root / "aclImdb"
    for part in ("train", "test"):
        for side, stars in (("neg", 2), ("pos", 9)):
            (folder / part / side).mkdir(parents=True)
            for n in range(40):
                text = f"A {part} review, {side}.<br /><br />Number {n} <BR>of many."
                (folder / part / side / f"{n}_{stars}.txt").write_text(text, encoding="utf-8")
            addresses = "".join(f"http://films.example/title/tt{n // 4}/usercomments\n" for n in range(40))
            if films:
                (folder / part / f"urls_{side}.txt").write_text(addresses)
    (folder / "train" / "unsup").mkdir()
    (folder / "train" / "unsup" / "0_0.txt").write_text("Not read.")
    return folder


def test_imdb_keeps_its_test_and_validates_on_films_of_its_own(tmp_path):
    folder = imdb(tmp_path)
    corpus, _ = read_from("imdb", tmp_path)
    assert len(corpus) == 160
    assert found(corpus)["A train review, pos.\nNumber 3\nof many."] == "positive"
    assert corpus.split.count("test") == 80
    for text, split in zip(corpus.text, corpus.split, strict=True):
        number = int(text.split("Number ")[1].split("\n")[0])
        film = f"http://films.example/title/tt{number // 4}"
        assert split == ("test" if "A test" in text else hashed_split(film, 0.85, 0.15))
    assert {"train", "valid"} < set(corpus.split)
    same, _ = read_from("imdb", folder)
    assert same.digest == corpus.digest


def test_imdb_without_lists_of_films_splits_by_review(tmp_path):
    imdb(tmp_path, films=False)
    corpus, _ = read_from("imdb", tmp_path)
    training = [(t, s) for t, s in zip(corpus.text, corpus.split, strict=True) if s != "test"]
    assert all(s == hashed_split(t, 0.85, 0.15) for t, s in training)


def test_a_broken_imdb_folder_is_named(tmp_path):
    folder = imdb(tmp_path)
    (folder / "train" / "pos" / "99_9.txt").write_text("One more.")
    with pytest.raises(RnnvisError, match=r"99_9.txt: its number is beyond the list of films, of 40 lines"):
        read_from("imdb", tmp_path)
    (folder / "train" / "pos" / "99_9.txt").rename(folder / "train" / "pos" / "copy of 1.txt")
    with pytest.raises(RnnvisError, match=r"copy of 1.txt: not named as a review is"):
        read_from("imdb", tmp_path)
    (folder / "train" / "pos" / "copy of 1.txt").unlink()
    (folder / "test" / "neg" / "0_2.txt").write_bytes(b"fine\n\xe9\n")
    with pytest.raises(RnnvisError, match=r"0_2.txt, line 2: not UTF-8 at byte 1"):
        read_from("imdb", tmp_path)
    with pytest.raises(RnnvisError, match="no reviews there") as caught:
        read_from("imdb", tmp_path / "elsewhere")
    assert "Large Movie Review Dataset" in caught.value.fix
