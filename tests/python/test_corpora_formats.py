"""Files as other people have them: what is read, and what is recognised and refused with the option to type."""

from __future__ import annotations

import gzip
import json
import shlex
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from rnnvis.cli import main
from rnnvis.errors import RnnvisError
from rnnvis.recipes.keep.project import Project
from rnnvis.text import read, segmenter
from rnnvis.text.corpus import Corpus
from rnnvis.text.kinds import FILE_KINDS
from tests.python.user_corpora import configured, found, read_from, table

ROWS = "text,label\n" + "".join(f"film {n} is {'good' if n % 2 else 'bad'},{n % 2}\n" for n in range(40))


def inspected(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["corpus", "inspect", *arguments])
    return done.exit_code, " ".join(done.output.split())


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


# Splits


def test_a_sample_is_drawn_from_all_splits_alike() -> None:
    rows = "text,label\n" + "".join(f"film number {n},{n % 2}\n" for n in range(6000))
    corpus, _ = table(Path("rows.csv"), rows, most_sentences=600)
    counts = Counter(corpus.split)
    assert sum(counts.values()) == 600
    for split, share in (("train", 0.70), ("valid", 0.15), ("test", 0.15)):
        assert abs(counts[split] / 600 - share) < 0.05  # three standard deviations of the largest


@pytest.mark.parametrize("names", [["valid.txt", "test.txt"], ["train.txt", "test.txt"], ["train.txt", "notes.txt"]])
def test_a_folder_named_after_some_of_the_splits_is_refused(names: list[str]) -> None:
    for name in names:
        Path(name).write_text("A sentence.\n")
    with pytest.raises(RnnvisError, match=r"named after splits|after no split"):
        read_from("text", Path.cwd())


def test_it_is_said_where_the_splits_come_from() -> None:
    for split in ("train", "dev", "test"):
        Path("folder").mkdir(exist_ok=True)
        Path(f"folder/{split}.tsv").write_text(f"text\tlabel\n{split} good\t1\n{split} bad\t0\n")
    assert "Splits by the names of the files." in inspected("folder")[1]
    Path("rows.csv").write_text(ROWS)
    assert "Splits by a hash of the text, 70/15/15." in inspected("rows.csv")[1]


# Tables


def test_quotes_that_join_rows_are_refused_until_they_are_said() -> None:
    merged = 'text\tlabel\n"Oh well, he said\t1\nanother line\t0\nthird so"\t1\n' + "".join(
        f"line {n}\t{n % 2}\n" for n in range(9)
    )
    Path("rows.tsv").write_text(merged)
    code, said = inspected("rows.tsv")
    assert code == 1
    assert "rows.tsv, line 2: a quotation mark joins the lines 2 to 4" in said
    assert "--no-quotes" in said
    text = inspected("rows.tsv", "--no-quotes")[1]
    assert "12 sentences" in text
    assert "10 sentences" in inspected("rows.tsv", "--quotes")[1]
    commas = 'text,label\n"Oh well\nanother line,0\nthird so",1\n' + "".join(f"line {n},{n % 2}\n" for n in range(9))
    Path("rows.csv").write_text(commas)
    assert "joins the lines 2 to 4, and line 3 looks like a row" in inspected("rows.csv")[1]
    honest = 'text,label\n"Fine,\nso fine, indeed\nso it is",1\n' + "".join(f"line {n},{n % 2}\n" for n in range(9))
    Path("rows.csv").write_text(honest)
    assert inspected("rows.csv")[0] == 0


def test_every_fix_of_a_table_can_be_typed_where_it_stands() -> None:
    Path("latin.csv").write_bytes(ROWS.replace("film 3", "fällt 3").encode("latin-1"))
    Path("wide.csv").write_bytes(("\ufeff" + ROWS).encode("utf-16"))
    Path("pipes.csv").write_text(ROWS.replace(",", "|"))
    Path("nothing.csv").write_text(ROWS.split("\n", 1)[1])
    Path("single.csv").write_text(ROWS.replace("film 3 is good", "'film, 3'"))
    for arguments, told, then in (
        ("latin.csv", "--encoding latin-1", "latin.csv --encoding latin-1"),
        ("wide.csv", "--encoding utf-16", "wide.csv --encoding utf-16"),
        ("nothing.csv", "--no-header --text 1 --label 2", "nothing.csv --no-header --text 1 --label 2"),
        ("single.csv", "3 fields", 'single.csv --quote "\'"'),
        ("latin.csv --encoding nonsense", "latin-1", "latin.csv --encoding cp1252"),
        ("pipes.csv --delimiter ,, ", "one character", "pipes.csv"),
        ("nothing.csv --kind yelp --quotes", "leave it out", "nothing.csv --no-header --text 1 --label 2"),
    ):
        code, said = inspected(*shlex.split(arguments))
        assert code == 1, said
        assert told in said
        code, said = inspected(*shlex.split(then))
        assert code == 0, said
        assert "40 sentences" in said
    assert "fällt 3 is good" in found(table(Path("l.csv"), Path("latin.csv").read_bytes(), encoding="latin-1")[0])
    assert "film, 3" in found(table(Path("s.csv"), Path("single.csv").read_bytes(), quote="'")[0])


def test_what_was_said_is_kept_in_the_dataset(home: Path) -> None:
    (home / "datasets").mkdir()
    Path("rows.txt").write_bytes(ROWS.split("\n", 1)[1].replace(",", ";").replace("film", "fälle").encode("latin-1"))
    options = (
        "--kind table --no-header --text 1 --label 2 --encoding latin-1 --delimiter ; --no-quotes --tokens characters"
    )
    done = CliRunner().invoke(main, ["corpus", "new", "mine", "rows.txt", *shlex.split(options)])
    assert done.exit_code == 1  # the ending says nothing, and there is no tab
    assert "--format" in done.output
    options += " --format csv --labels bad,good"
    done = CliRunner().invoke(main, ["corpus", "new", "mine", "rows.txt", *shlex.split(options)])
    assert done.exit_code == 0, done.output
    corpus, _ = read(Project(home).dataset("mine").config)
    assert len(corpus) == 40
    assert corpus.labels == ("bad", "good")
    assert corpus.surface[0][:2] == ("f", "ä")


@pytest.mark.parametrize("ending", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize("packed", [False, True])
def test_line_ends_and_gzip(ending: str, packed: bool) -> None:
    content = ROWS.replace("\n", ending).encode()
    path = Path("rows.csv.gz" if packed else "rows.csv")
    path.write_bytes(gzip.compress(content) if packed else content)
    assert "40 sentences" in inspected(str(path))[1]
    assert len(read_from("table", path)[0]) == 40


def test_a_damaged_gzip_file_is_named() -> None:
    Path("rows.csv.gz").write_bytes(gzip.compress(ROWS.encode())[:-12])
    code, said = inspected("rows.csv.gz")
    assert (code, "rows.csv.gz: not readable as gzip" in said) == (1, True)


def test_json_documents_and_parquet_are_tables() -> None:
    rows = [{"text": f"film {n}", "label": n % 2, "more": [{"a": None}]} for n in range(40)]
    Path("list.json").write_text(json.dumps(rows, indent=1))
    Path("one_line.json").write_text(json.dumps(rows))
    Path("inside.json").write_text(json.dumps({"version": 1, "data": rows}, indent=2))
    Path("flat.json").write_text(json.dumps({"version": 1, "data": rows}))
    Path("lines.json").write_text("\n".join(map(json.dumps, rows)))
    pq.write_table(pa.Table.from_pylist(rows), "rows.parquet", row_group_size=7)
    expected = {f"film {n}": str(n % 2) for n in range(40)}
    for name in ("list.json", "one_line.json", "inside.json", "flat.json", "lines.json", "rows.parquet"):
        assert found(read_from("table", Path(name))[0]) == expected, name
        assert "40 sentences" in inspected(name)[1]
    assert read_from("table", Path("rows.parquet"))[1].left_out == {}
    for content in ('{"a": 1,\n"b": 2}', "[1, 2]", "[\n{]", '[{"text": "a"}]'):
        Path("bad.json").write_text(content)
        code, said = inspected("bad.json", "--text", "text", "--label", "label")
        assert (code, "Fix:" in said) == (1, True), said
    Path("bad.parquet").write_bytes(b"PAR1")
    assert "not readable as Parquet" in inspected("bad.parquet")[1]


def test_columns_without_a_name_go_by_position() -> None:
    rows = "kind,said,,\n" + "".join(f"{'spam' if n % 3 else 'ham'},message {n},,\n" for n in range(30))
    Path("rows.csv").write_text(rows)
    assert "3, 4" in inspected("rows.csv")[1]
    corpus, _ = table(Path("r.csv"), rows, text="2", label="kind")
    assert found(corpus)["message 3"] == "ham"


@pytest.mark.parametrize(
    ("values", "labels", "expected"),
    [
        ("01", ("bad", "good"), ("bad", "good")),
        ("12", ("bad", "good"), ("bad", "good")),
        ("13", ("low", "middle", "high"), ("low", "high")),
        (("-1", "1"), ("bad", "good"), ("bad", "good")),
        (("9", "10"), ("nine", "ten"), ("nine", "ten")),
        (("b", "a"), ("b", "a"), ("b", "a")),
    ],
)
def test_classes_are_named_in_the_order_of_their_numbers(
    values: str, labels: tuple[str, ...], expected: tuple[str, str]
) -> None:
    content = "text,label\n" + "".join(f"film {n},{values[n % 2]}\n" for n in range(8))
    corpus, _ = table(Path("r.csv"), content, labels=labels)
    assert corpus.labels == labels
    assert {text: found(corpus)[text] for text in ("film 0", "film 1")} == dict(
        zip(("film 0", "film 1"), expected, strict=True)
    )


def test_more_numbers_than_names_are_refused() -> None:
    with pytest.raises(RnnvisError, match=r'the label "0" is none of bad, good\n.*in their order'):
        table(Path("r.csv"), "text,label\na,0\nb,1\nc,2\n", labels=("bad", "good"))


# Other formats

TREES = "(3 (2 It) (4 (2 's) (4 (2 -LRB-) (2 fun))))\n(1 (2 Film) (0 bad))\n(2 (2 So) (2 so))\n"
UNIVERSAL = (
    "# newdoc id = 1\n# text = Vámonos al mar.\n1-2\tVámonos\t_\t_\t_\t_\t_\t_\t_\t_\n"
    "1\tVamos\tir\tVERB\t_\t_\t0\troot\t_\t_\n"
    "2\tnos\tnosotros\tPRON\t_\t_\t1\tobj\t_\t_\n"
    "3\tal mar\tmar\tNOUN\t_\t_\t1\tobl\t_\t_\n3.1\tx\tx\tX\t_\t_\t_\t_\t_\t_\n\n"
)
TAGGED = "-DOCSTART- -X- -X- O\n\nEU NNP B-NP B-ORG\nrejects VBZ B-VP O\n\nPeter NNP B-NP B-PER\n. . O O\n\n"


def written(name: str, content: str) -> Path:
    path = Path(name)
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(content)
    return path


def test_trees_of_the_sentiment_treebank() -> None:
    for split in ("train", "dev", "test"):
        written(f"trees/{split}.txt", TREES.replace("Film", f"Film{split}"))
    corpus, reading = read_from("sst", Path("trees"))
    assert corpus.labels == ("negative", "positive")
    assert found(corpus)["Filmtrain bad"] == "negative"
    assert dict(zip(corpus.text, corpus.split, strict=True))["Filmdev bad"] == "valid"
    at = corpus.text.index("It 's ( fun")
    assert corpus.surface[at] == ("It", "'s", "(", "fun")
    assert reading.left_out["of neutral sentences"] == 3
    five, _ = read_from("sst", Path("trees"), classes=5)
    assert found(five)["So so"] == "neutral"
    assert "sentences" in inspected("trees", "--minimum-count", "1")[1]
    for bad in ("(3 (2 a) (4 b)\n", "(9 (2 a) (2 b))\n", "(2 a) (3 b)\n"):
        with pytest.raises(RnnvisError, match=r"t.txt, line 1: not a tree"):
            read_from("sst", written("t.txt", bad + TREES))


def tags(corpus: Corpus, text: str) -> tuple[str, ...]:
    assert corpus.tags is not None
    return corpus.tags[corpus.text.index(text)]


def test_universal_dependencies_are_words_with_their_parts_of_speech(tmp_path: Path) -> None:
    for split in ("train", "dev", "test"):
        written(f"ud/es_x-ud-{split}.conllu", UNIVERSAL.replace("Vamos", f"Vamos{split}"))
    assert "3 sentences" in inspected("ud", "--minimum-count", "1")[1]
    corpus, _ = read_from("conllu", Path("ud"))
    assert dict(zip(corpus.text, corpus.split, strict=True))["Vamosdev nos al_mar"] == "valid"
    assert tags(corpus, "Vamostest nos al_mar") == ("VERB", "PRON", "NOUN", "")
    corpus.save(tmp_path / "kept")
    kept = Corpus.load(tmp_path / "kept")
    assert kept.tags == corpus.tags
    assert kept.digest == corpus.digest
    with pytest.raises(RnnvisError, match=r"a.conllu, line 1: 9 of the 10 columns"):
        read_from("conllu", written("a.conllu", "\t".join("123456789") + "\n"))


def test_named_entities_are_tags_of_words() -> None:
    for name in ("eng.train", "eng.testa", "eng.testb"):
        written(f"ner/{name}", TAGGED * 3)
    assert "without a word" not in inspected("ner")[1]
    corpus, _ = read_from("conll2003", Path("ner"))
    assert Counter(corpus.split) == {"train": 6, "valid": 6, "test": 6}
    assert tags(corpus, "EU rejects") == ("B-ORG", "O", "")
    assert len(corpus.documents) == 9
    with pytest.raises(RnnvisError, match=r"b.conll, line 1: a word without a tag"):
        read_from("conll2003", written("b.conll", "word\n"))


def test_parallel_files_are_read_line_by_line() -> None:
    for split in ("train", "val", "test"):
        written(f"pair/{split}_text.txt", f"{split} one\n{split} two\n\n")
        written(f"pair/{split}_labels.txt", "1\n0\n1\n")
    assert "6 sentences" in inspected("pair")[1]
    corpus, _ = read_from("parallel", Path("pair"), labels=("no", "yes"))
    assert found(corpus)["val one"] == "yes"
    assert dict(zip(corpus.text, corpus.split, strict=True))["val two"] == "valid"
    written("pair/val_labels.txt", "1\n")
    with pytest.raises(RnnvisError, match=r"val_text.txt, line 2: val_labels.txt has ended"):
        read_from("parallel", Path("pair"))


def test_wikitext_is_tokenised_text_in_three_splits() -> None:
    for split in ("train", "valid", "test"):
        written(f"wiki/wiki.{split}.tokens", f" = A {split} = \n \n The <unk> @-@ word . \n")
    corpus, _ = read_from("text", Path("wiki"))
    assert Counter(corpus.split) == {"train": 2, "valid": 2, "test": 2}
    assert corpus.surface[1] == ("The", "<unk>", "@-@", "word", ".", "<eos>") or corpus.surface[0][1] == "<unk>"
    assert "6 sentences" in inspected("wiki")[1]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("tree.txt", TREES, "--kind sst"),
        ("rows.txt", "a b\tX\nb c\tY\nc d\tX\n", "--kind table --no-header --text 1 --label 2"),
        ("ud.txt", UNIVERSAL, "--kind conllu"),
        ("ner.txt", TAGGED, "--kind conll2003"),
        ("labels.txt", "0\n1\n1\n0\n", "--kind parallel"),
    ],
)
def test_what_is_no_running_text_is_told_with_its_option(name: str, content: str, told: str) -> None:
    written(name, content)
    code, said = inspected(name, "--kind", "text")
    assert code == 1
    assert "not running text" in said
    assert told in said
    if "parallel" not in told:
        written(name, "".join(content.replace("a b", f"a b {n}").replace("Film", f"Film{n}") for n in range(20)))
        code, said = inspected(name, *told.split())
        assert code == 0, said


def test_poems_are_running_text() -> None:
    lines = "The sea is blue\nThe sky is far\n\nA ship is here\nIt is not there\n\n"
    assert inspected(str(written("poem.txt", lines * 6)), "--kind", "text")[0] == 0


def test_kinds_are_found_in_one_registry() -> None:
    for name, kind in FILE_KINDS.items():
        assert kind.name == name
        assert f"{name}" in CliRunner().invoke(main, ["corpus", "inspect", "--help"]).output.replace("\n", "")
    assert configured("table", Path("x")).source.kind in FILE_KINDS


# Text of the world


def test_entities_are_characters_and_addresses_are_tokens_by_choice() -> None:
    rows = "text,label\n&lt;b&gt; Tom &amp; Jerry&#39;s &notanentity; &amp;lt;,a\n@tom see https://x.org/a?b now,b\n"
    rows += "".join(f"a line {n},a\n" for n in range(20))
    corpus, _ = table(Path("r.csv"), rows)
    assert "<b> Tom & Jerry's &notanentity; &lt;" in corpus.text
    more = rows + "@ann www.x.org,b\n@ann so www.x.org,a\n@ann no www.x.org,b\n@joe yes http://a.b,a\n"
    corpus, _ = table(Path("r.csv"), more, addresses=True)
    at = corpus.text.index("@tom see https://x.org/a?b now")
    assert corpus.surface[at] == ("@tom", "see", "https://x.org/a?b", "now")
    assert {"<user>", "<url>"} <= set(corpus.vocabulary)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("今天天气很好。我们去公园！明天会下雨？", 3),
        ("Сегодня тепло. Мы идём в парк. Завтра дождь.", 3),
        ("Das war alles. Über den Fluss kam Nebel. Ärger gab es keinen.", 3),
        ("यह अच्छा है। वह नहीं है॥ क्यों?", 3),
        ("هل هذا جيد؟ نعم. لا!", 3),
        ("یہ اچھا ہے۔ وہ نہیں۔", 2),
        ("እሺ። ደህና።", 2),
        ("Mr. Smith went to the U.S. Senate. He won.", 2),
    ],
)
def test_sentences_end_in_every_script(text: str, sentences: int) -> None:
    corpus, _ = read_from("text", written("t.txt", f"{text}\n" * 30))
    assert len(corpus) == 30 * sentences
    assert all(surface[-1] == "<eos>" for surface in corpus.surface)


def test_a_segmenter_cuts_where_it_is_asked_to(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "text,label\n" + "".join(f"味道{'很好' if n % 2 else '太差'}iPhone第{n}次,{n % 2}\n" for n in range(60))
    Path("zh.csv").write_text(rows)
    monkeypatch.setitem(sys.modules, "budoux", None)  # as where it is not installed
    segmenter._parser.cache_clear()
    code, said = inspected("zh.csv", "--tokens", "segmented")
    assert code == 1
    assert 'pip install "rnnvis[segmenter]"' in said
    pairs = SimpleNamespace(parse=lambda text: [text[i : i + 2] for i in range(0, len(text), 2)])
    planted = SimpleNamespace(load_default_simplified_chinese_parser=lambda: pairs)
    monkeypatch.setitem(sys.modules, "budoux", planted)
    corpus, _ = table(Path("zh.csv"), rows, tokens="segmented")
    assert corpus.surface[0][:3] in (("味道", "很好", "iPhone"), ("味道", "太差", "iPhone"))
    segmenter._parser.cache_clear()


def test_inspect_says_that_a_script_has_no_spaces_and_how_to_read_it() -> None:
    rows = "text,label\n" + "".join(f"味道{'很好' if n % 2 else '太差'}第{n}次iPhone,{n % 2}\n" for n in range(60))
    Path("zh.csv").write_text(rows)
    said = inspected("zh.csv")[1]
    assert "without spaces between words" in said
    assert "--tokens characters" in said
    assert "rarer words" not in said
    corpus, _ = table(Path("zh.csv"), rows)
    assert corpus.surface[0][:2] == ("味", "道")
    assert corpus.surface[0][-1] == "iPhone"
    corpus, _ = table(Path("zh.csv"), rows, tokens="characters")
    assert corpus.surface[0][-6:] == tuple("iPhone")
    assert inspected("zh.csv", "--tokens", "characters")[0] == 0
    english = "text,label\n" + "".join(f"word{n} film,{n % 2}\n" for n in range(60))
    Path("en.csv").write_text(english)
    assert "keep rarer words (--minimum-count 1" in inspected("en.csv")[1]
