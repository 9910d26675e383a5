"""Which sentences of a user's files are kept, and memory that does not grow with a file."""

import hashlib
import json
import random
import tracemalloc

import pytest

from rnnvis.errors import RnnvisError
from rnnvis.text.assembly import Sentence
from rnnvis.text.lines import LONGEST_LINE, numbered
from rnnvis.text.reading import Reading, select
from tests.python.user_corpora import read_from, review, table


def reading(*sentences: Sentence) -> Reading:
    return Reading(("no", "yes"), sentences)


def test_of_equal_texts_the_one_furthest_from_training_is_kept():
    for order in (("train", "valid", "test"), ("test", "train", "valid"), ("valid", "test", "train")):
        given = reading(*(Sentence("same", split, "x", 1) for split in order))
        assert [s.split for s in select(given)] == ["test"]
        assert given.left_out == {"exact duplicates": 2}


@pytest.mark.parametrize("most", [1, 7, 30, 100])
def test_the_sample_are_the_smallest_hashes(most):
    rng = random.Random(1)
    texts = [f"sentence {rng.randrange(60)}" for _ in range(200)]
    given = reading(*(Sentence(text, "train", "x", 0) for text in texts))
    kept = {s.text for s in select(given, most_sentences=most)}
    assert kept == set(sorted(set(texts), key=lambda t: hashlib.sha256(b"sample\0" + t.encode()).digest())[:most])
    assert sum(given.left_out.values()) == 200 - len(kept)


def test_long_sentences_are_left_out_of_the_sample_not_counted_in_it():
    texts = ["a b c d", "a b", "a", "b c", "a b c"]
    given = reading(*(Sentence(text, "train", "x", 0) for text in texts))
    assert {s.text for s in select(given, 3, 2)} == {"a b", "a", "b c"}


def test_memory_depends_on_the_kept_sentences_not_on_the_file(tmp_path):
    peaks = []
    for count in (2_000, 12_000):
        path = tmp_path / f"{count}.json"
        with path.open("w") as file:
            for n in range(count):
                file.write(json.dumps(review(n, 1 + n % 5, f"plain words and number {n} " * 20, f"b{n}")) + "\n")
        tracemalloc.start()
        assert len(read_from("yelp", path, most_sentences=200)[0]) == 200
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert path.stat().st_size > 6_000_000
    assert peaks[1] < 1.25 * peaks[0]


def test_a_sentence_beyond_what_a_step_number_holds_names_its_line(tmp_path):
    content = "text,label,split\na,x,train\n" + "b " * 40_000 + ",y,test\n"
    with pytest.raises(RnnvisError, match=r"r.csv, line 3: 40,000 tokens in one sentence") as caught:
        table(tmp_path / "r.csv", content, split="split")
    assert "source.most_tokens" in caught.value.fix
    corpus, left = table(tmp_path / "r.csv", content, split="split", most_tokens=500)
    assert corpus.text == ["a"]
    assert left.left_out == {"longer than 500 tokens": 1}


def test_a_line_without_end_is_refused_before_it_fills_the_memory(tmp_path):
    path = tmp_path / "r.csv"
    with path.open("wb") as file:
        file.write(b"text,label\n")
        file.truncate(LONGEST_LINE * 40)
    tracemalloc.start()
    with pytest.raises(RnnvisError, match="line 2: longer than"):
        list(numbered(path))
    assert tracemalloc.get_traced_memory()[1] < 5 * LONGEST_LINE
    tracemalloc.stop()


def test_only_line_feeds_end_a_line(tmp_path):
    path = tmp_path / "r.txt"
    path.write_bytes("\ufeffa\x0b\x85\u2028\rb\r\n\r\nc".encode())
    assert list(numbered(path)) == [(1, "a\x0b\x85\u2028\rb"), (2, ""), (3, "c")]
