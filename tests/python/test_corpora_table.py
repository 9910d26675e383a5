"""Tables: what a row becomes, however the file was saved, and errors that name file and line."""

import json

import pytest

from rnnvis.errors import RnnvisError
from rnnvis.text.assembly import hashed_split
from tests.python.user_corpora import found, read_from, table

ROWS = "text,label\nA fine film,good\nA dull film,bad\n"
EXPECTED = {"A fine film": "good", "A dull film": "bad"}


@pytest.mark.parametrize(
    "content",
    [
        ROWS.encode(),
        b"\xef\xbb\xbf" + ROWS.encode(),
        ROWS.replace("\n", "\r\n").encode(),
        ROWS.replace("\n", "\n\n").encode(),
        ROWS.removesuffix("\n").encode(),
        b' text ,n,"label"\nA fine film,1,good\nA dull film,2,bad\n',
    ],
    ids=["plain", "byte-order mark", "CRLF", "empty lines", "no last line end", "more columns"],
)
def test_a_csv_file_however_it_was_saved(tmp_path, content):
    assert found(table(tmp_path / "rows.csv", content)[0]) == EXPECTED


def test_quotes_hold_separators_quotes_and_line_ends(tmp_path):
    content = 'text,label\n"Fine, ""very"" fine\nindeed",good\nso "so" it is,bad\n'
    corpus, _ = table(tmp_path / "rows.csv", content)
    assert found(corpus) == {'Fine, "very" fine\nindeed': "good", 'so "so" it is': "bad"}


def test_the_same_rows_as_tabs_semicolons_and_json_lines(tmp_path):
    assert found(table(tmp_path / "r.tsv", ROWS.replace(",", "\t"))[0]) == EXPECTED
    assert found(table(tmp_path / "r.csv", ROWS.replace(",", ";"), delimiter=";")[0]) == EXPECTED
    lines = "\n".join(json.dumps({"text": t, "label": c, "more": [1, {"a": None}]}) for t, c in EXPECTED.items())
    assert found(table(tmp_path / "r.jsonl", "\n" + lines + "\n\n")[0]) == EXPECTED
    assert found(table(tmp_path / "r.txt", ROWS, format="csv")[0]) == EXPECTED


def test_a_tsv_file_without_quoting_keeps_its_quotation_marks(tmp_path):
    content = 'text\tlabel\n"Fine" it is\tgood\ndull " film\tbad\n'
    with pytest.raises(RnnvisError, match=r"rows.tsv, line 2: not readable") as caught:
        table(tmp_path / "rows.tsv", content)
    assert "source.quotes = false" in caught.value.fix
    corpus, _ = table(tmp_path / "rows.tsv", content, quotes=False)
    assert found(corpus) == {'"Fine" it is': "good", 'dull " film': "bad"}


def test_labels_are_numbered_by_value_or_alphabet_or_as_given(tmp_path):
    content = "text,label\na b,10\nc d,2\ne f,1\n"
    assert table(tmp_path / "r.csv", content)[0].labels == ("1", "2", "10")
    assert table(tmp_path / "r.csv", content.replace(",2", ",x"))[0].labels == ("1", "10", "x")
    assert table(tmp_path / "r.csv", content, labels=("2", "10", "1"))[0].labels == ("2", "10", "1")
    lines = '{"text": "a", "label": true}\n{"text": "b", "label": 4.5}\n{"text": "c", "label": null}\n'
    assert found(table(tmp_path / "r.jsonl", lines)[0]) == {"a": "true", "b": "4.5", "c": None}


def test_rows_without_text_are_left_out_and_rows_without_a_label_stay(tmp_path):
    corpus, reading = table(tmp_path / "r.csv", "text,label\n ,good\na film,\nb film,good\nc film,bad\n")
    assert found(corpus) == {"a film": None, "b film": "good", "c film": "bad"}
    assert reading.left_out == {"without text": 1}


def test_duplicates_are_kept_once(tmp_path):
    corpus, reading = table(tmp_path / "r.csv", ROWS + "A fine film,good\nA fine film,bad\n")
    assert found(corpus) == EXPECTED
    assert reading.left_out == {"exact duplicates": 1, "exact duplicates, with another label": 1}


def test_the_split_is_the_hash_of_the_text_or_of_the_group_or_a_column(tmp_path):
    rows = "".join(f"film number {n},{'good' if n % 2 else 'bad'},author {n % 9}\n" for n in range(90))
    content = "text,label,by\n" + rows
    corpus, _ = table(tmp_path / "r.csv", content)
    assert all(s == hashed_split(t) for s, t in zip(corpus.split, corpus.text, strict=True))
    corpus, _ = table(tmp_path / "r.csv", content, group="by")
    splits = dict(zip(corpus.text, corpus.split, strict=True))
    for n in range(90):
        assert splits[f"film number {n}"] == hashed_split(f"author {n % 9}")
    names = ["Train", "training", "dev", "val", "validation", "TEST"]
    content = "text,label,part\n" + "".join(f"film {n},{n % 2},{names[n % 6]}\n" for n in range(12))
    corpus, _ = table(tmp_path / "r.csv", content, split="part")
    expected = ["train", "train", "valid", "valid", "valid", "test"]
    assert dict(zip(corpus.text, corpus.split, strict=True)) == {f"film {n}": expected[n % 6] for n in range(12)}


def test_a_folder_holds_one_table_for_each_split_and_held_out_rows_are_not_trained_on(tmp_path):
    for name, row in (("train", "a film,0\nthe same,0\nb film,1"), ("dev", "c film,1"), ("test", "the same,1")):
        (tmp_path / f"{name}.csv").write_text(f"text,label\n{row}\n")
    corpus, reading = read_from("table", tmp_path)
    splits = dict(zip(corpus.text, corpus.split, strict=True))
    assert splits == {"a film": "train", "b film": "train", "c film": "valid", "the same": "test"}
    assert found(corpus)["the same"] == "1"
    assert reading.left_out == {"exact duplicates, with another label": 1}
    (tmp_path / "validation.csv").write_text("text,label\n")
    with pytest.raises(RnnvisError, match="2 tables for the split valid"):
        read_from("table", tmp_path)


@pytest.mark.parametrize(
    ("content", "message", "fix"),
    [
        (b"", "r.csv: holds no rows", "the first line names the columns"),
        (b"text,label\n", "r.csv: holds no rows", "the first line names the columns"),
        (b"text,label\na,\n", "r.csv: no row has a label", "fill the column"),
        (b"text,label\na,x\nb,y,z\n", "r.csv, line 3: 3 fields, where the first line names 2", "correct the line"),
        (b'text,label\n"a\nb",x\nc\n', "r.csv, line 4: 1 fields", "correct the line"),
        (b'text,label\na,x\n"b,y\nc,z\n', "r.csv, line 3: not readable", "close the field"),
        (b"text,text\na,b\n", 'r.csv, line 1: two columns are called "text"', "its own name"),
        (b"text,lable\na,b\n", 'r.csv, line 1: no column is called "label"', 'did you mean "lable"'),
        (b"text;label\na;b\n", 'r.csv, line 1: no column is called "text"', 'set source.delimiter = ";"'),
        (b"text,label\na,x\n\xff,y\n", "r.csv, line 3: not UTF-8 at byte 1", "save the file as UTF-8"),
        ("text,label\na,x\n".encode("utf-16"), "r.csv, line 1: the file is UTF-16", "save the file as UTF-8"),
    ],
)
def test_a_csv_file_with_a_mistake_names_file_and_line(tmp_path, content, message, fix):
    with pytest.raises(RnnvisError) as caught:
        table(tmp_path / "r.csv", content)
    assert message in caught.value.message
    assert str(tmp_path) in caught.value.message
    assert fix in caught.value.fix


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"text": "b", "label": 1', "line 2: not JSON: column 25"),
        ("[1]", "line 2: not a JSON object"),
        ("[" * 100_000, "line 2: not JSON"),
        ("9" * 5000, "line 2: not JSON"),
        ('{"text": "b"}', 'line 2: the object has no "label"'),
        ('{"text": ["b"], "label": 1}', 'line 2: "text" is neither text nor a number'),
        ('{"text": "\\ud83d", "label": 1}', 'line 2: "text" holds half a character, \\ud83d'),
    ],
)
def test_json_lines_with_a_mistake_name_file_and_line(tmp_path, line, message):
    with pytest.raises(RnnvisError) as caught:
        table(tmp_path / "r.jsonl", f'{{"text": "a", "label": 0}}\n{line}\n')
    assert message in caught.value.message
    assert caught.value.fix


def test_given_labels_splits_and_too_many_labels_are_checked(tmp_path):
    with pytest.raises(RnnvisError, match=r'r.csv, line 3: the label "bad" is none of good, poor'):
        table(tmp_path / "r.csv", ROWS, labels=("good", "poor"))
    with pytest.raises(RnnvisError, match=r'r.csv, line 2: the split "holdout" is unknown'):
        table(tmp_path / "r.csv", "text,label,part\na,b,holdout\n", split="part")
    many = "text,label\n" + "".join(f"a{n},b{n}\n" for n in range(70))
    with pytest.raises(RnnvisError, match=r"line 66: .* more than 64 different labels"):
        table(tmp_path / "r.csv", many)
    with pytest.raises(RnnvisError, match="a label of 300 characters"):
        table(tmp_path / "r.csv", f"text,label\na,{'b' * 300}\n")
    with pytest.raises(RnnvisError, match=r'".xlsx" names no format'):
        table(tmp_path / "r.xlsx", b"PK")
    with pytest.raises(RnnvisError, match=r"absent.csv: no such file") as caught:
        read_from("table", tmp_path / "absent.csv")
    assert "source.path" in caught.value.fix
