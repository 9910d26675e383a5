import dataclasses
import hashlib
import io
import tarfile
import zipfile

import numpy as np
import pytest

from rnnvis import text as corpora
from rnnvis.config import DatasetConfig, Probe, Release, Source, Vocabulary
from rnnvis.errors import RnnvisError
from rnnvis.text import Corpus, registry
from rnnvis.text.assembly import Sentence, assemble, hashed_split
from rnnvis.text.corpus import sentence_key
from rnnvis.text.kinds import reviews

MOVIE = (
    b"1\t2.5\tA film that isn't a clich\xc3\xa9.\r\n"
    b"2\t-1.2\tDull\tand long.\r\n"
    b"3\t0.4\tA film.\r\n"
    b"4\t-3\tA film that isn't a clich\xc3\xa9.\r\n"
    b"5\t-0.5\tRock &amp; roll."
)
AMAZON = b"1_1\t0.5\tgood player\r\n1_2\t-2\tA film.\r\n\r\n1_3\t-0.49\tthe end\r\n"


def tar(members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def inner(movie=MOVIE, amazon=AMAZON):
    return tar({f"hutto/{reviews.FILES['movie']}": movie, f"hutto/{reviews.FILES['amazon']}": amazon})


def packed(folder, content=None, name="vader-1.tar.gz"):
    path = folder / name
    content = inner() if content is None else content
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"vader-1/{reviews.ARCHIVE}", content)
    else:
        path.write_bytes(tar({f"vader-1/{reviews.ARCHIVE}": content}))
    return path


def configured(*paths, probes=(), minimum_count=1):
    releases = tuple(Release("vader", "1", p.name, hashlib.sha256(p.read_bytes()).hexdigest()) for p in paths)
    return DatasetConfig(
        name="tiny",
        title="Tiny",
        licence="none",
        about="nothing",
        source=Source("reviews", releases),
        vocabulary=Vocabulary(minimum_count),
        probe=tuple(probes),
    )


@pytest.mark.parametrize("name", ["vader-1.tar.gz", "vader-1.zip"])
def test_sentences(tmp_path, name):
    found = list(reviews.sentences(packed(tmp_path, name=name)))
    assert [(s.text, s.label, s.source) for s in found] == [
        ("A film that isn't a cliché.", 1, "movie"),
        ("Dull\tand long.", 0, "movie"),
        ("A film.", -1, "movie"),
        ("Rock & roll.", 0, "movie"),
        ("good player", 1, "amazon"),
        ("the end", -1, "amazon"),
    ]
    assert all(s.split == ("train" if s.source == "amazon" else hashed_split(s.text)) for s in found)


@pytest.mark.parametrize(
    ("movie", "message"),
    [
        (b"1\t2.0\tfine\r\n2\t1.0\r\n", "line 2: 2 of 3 tab-separated fields"),
        (b"1\t2.0\tfine\r\n2\tgood\tbad\r\n", 'line 2: the score "good"'),
        (b"1\tnan\tfine\r\n", 'line 1: the score "nan"'),
        (b"1\t44\tfine\r\n", 'line 1: the score "44"'),
        (b"1\t2.0\t  \r\n", "line 1: the text is empty"),
        (b"1\t2.0\tfine\r\n\r\n3\t1.0\tcaf\xe9\r\n", "line 3: not UTF-8 at byte 9"),
    ],
)
def test_a_bad_line_is_named(tmp_path, movie, message):
    with pytest.raises(RnnvisError) as caught:
        list(reviews.sentences(packed(tmp_path, inner(movie=movie))))
    assert caught.value.message.startswith(f"vader-1.tar.gz:{reviews.FILES['movie']}, {message}")
    assert caught.value.fix


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not gzip", f"vader-1.tar.gz:{reviews.FILES['movie']}: not a readable archive"),
        (inner()[:-40], "not a readable archive"),
        (tar({"hutto/other.txt": b""}), f"holds no {reviews.FILES['movie']}"),
    ],
    ids=["no archive", "cut short", "another archive"],
)
def test_a_bad_archive_is_named(tmp_path, content, message):
    with pytest.raises(RnnvisError) as caught:
        list(reviews.sentences(packed(tmp_path, content)))
    assert message in caught.value.message


def test_a_package_without_the_archive(tmp_path):
    path = tmp_path / "empty.tar.gz"
    path.write_bytes(tar({"empty-1/README": b""}))
    with pytest.raises(RnnvisError, match="holds no additional_resources"):
        list(reviews.sentences(path))


def test_the_next_release_is_tried(tmp_path, monkeypatch):
    good = packed(tmp_path)
    missing = Release("vader", "0", "vader-0.tar.gz", "0" * 64)

    def fetch(name, version, filename, sha256, cache):
        if version == "0":
            raise RnnvisError("the registry is closed", "open it")
        return cache / filename

    monkeypatch.setattr(registry, "fetch", fetch)
    config = configured(good)
    source = Source("reviews", (missing, *config.source.releases))
    assert len(corpora.load(dataclasses.replace(config, source=source), tmp_path)) == 6
    with pytest.raises(RnnvisError, match="the registry is closed"):
        corpora.load(dataclasses.replace(config, source=Source("reviews", (missing, missing))), tmp_path)


def test_an_unknown_kind_names_the_known_ones(tmp_path):
    config = dataclasses.replace(configured(packed(tmp_path)), source=Source("yepl"))
    with pytest.raises(RnnvisError) as caught:
        corpora.load(config, tmp_path)
    assert 'unknown source.kind "yepl"' in caught.value.message
    assert "reviews" in caught.value.fix


def test_order_keys_and_vocabulary(tmp_path):
    corpus = corpora.load(configured(packed(tmp_path), probes=[Probe("p", "A zebra isn't dull")]), tmp_path)
    order = ["probe", "train", "valid", "test"]
    ranks = [(order.index(s), k) for s, k in zip(corpus.split, corpus.key, strict=True)]
    assert ranks == sorted(ranks)
    assert corpus.key == [sentence_key(s, t) for s, t in zip(corpus.split, corpus.text, strict=True)]
    assert corpus.key[0] == hashlib.sha256(b"probe\nA zebra isn't dull").hexdigest()[:16]
    training = np.concatenate([corpus.tokens[i] for i in corpus.indices("train")])
    assert np.array_equal(np.bincount(training, minlength=len(corpus.vocabulary)), corpus.counts)
    assert list(zip(-corpus.counts, corpus.vocabulary, strict=True)) == sorted(
        zip(-corpus.counts, corpus.vocabulary, strict=True)
    )
    assert corpus.special == (corpus.vocabulary.index("<unk>"),)
    assert corpus.surface[0] == ("A", "zebra", "is", "n't", "dull")
    assert corpus.tokens[0][1] == corpus.unknown_id
    assert all(len(t) == len(s) for t, s in zip(corpus.tokens, corpus.surface, strict=True))
    assert np.isnan(corpus.score[0])


def test_the_vocabulary_comes_from_training_alone():
    sentences = [Sentence("good good film", "train", "x"), Sentence("bad bad film film", "test", "x")]
    corpus = assemble("tiny", ("n", "p"), sentences, Vocabulary(2))
    assert corpus.vocabulary == ("good", "<unk>")
    assert corpus.counts.tolist() == [2, 1]
    assert corpus.tokens[1].tolist() == [corpus.unknown_id] * 4
    with pytest.raises(RnnvisError, match="no word occurs 9 times"):
        assemble("tiny", ("n", "p"), sentences, Vocabulary(9))


def test_the_split_depends_on_the_text_alone():
    splits = [hashed_split(f"sentence {i}") for i in range(4000)]
    assert abs(splits.count("train") / 4000 - 0.70) < 0.02
    assert abs(splits.count("valid") / 4000 - 0.15) < 0.02
    assert hashed_split("A good film.") == hashed_split("A good film.")


def test_save_and_load(tmp_path):
    corpus = corpora.load(configured(packed(tmp_path), probes=[Probe("p", "a film 👍🏽")]), tmp_path)
    corpus.save(tmp_path / "corpus")
    corpus.save(tmp_path / "corpus")
    again = Corpus.load(tmp_path / "corpus")
    assert again.digest == corpus.digest
    assert again.surface == corpus.surface
    assert again.labels == ("negative", "positive")
    assert again.tokens[0].dtype == np.int32
    assert again.label.dtype == np.int16
    assert sorted(p.name for p in tmp_path.iterdir()) == ["corpus", "vader-1.tar.gz"]


def test_a_damaged_or_missing_corpus_says_so(tmp_path):
    with pytest.raises(RnnvisError, match="no such file"):
        Corpus.load(tmp_path / "corpus")
    corpora.load(configured(packed(tmp_path)), tmp_path).save(tmp_path / "corpus")
    head = tmp_path / "corpus" / "corpus.json"
    head.write_text(head.read_text(encoding="utf-8").replace("tiny", "huge"), encoding="utf-8")
    with pytest.raises(RnnvisError, match="its digest does not match"):
        Corpus.load(tmp_path / "corpus")
    (tmp_path / "corpus" / "sentences.parquet").write_bytes(b"PAR1")
    with pytest.raises(RnnvisError, match="damaged corpus"):
        Corpus.load(tmp_path / "corpus")
