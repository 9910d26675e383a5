"""Yelp's reviews: classes, splits by business, and errors that name file and line."""

import json

import pytest

from rnnvis.errors import RnnvisError
from rnnvis.text.assembly import hashed_split
from tests.python.user_corpora import found, json_lines, read_from, review, reviews

FILE = "yelp_academic_dataset_review.json"


def test_stars_become_two_classes_or_five(tmp_path):
    path = json_lines(tmp_path / FILE, [review(n, float(n), f"has {n} stars", f"b{n}") for n in range(1, 6)])
    corpus, reading = read_from("yelp", tmp_path, classes=2)
    good, bad = "positive", "negative"
    assert found(corpus) == {"has 1 stars": bad, "has 2 stars": bad, "has 4 stars": good, "has 5 stars": good}
    assert corpus.labels == ("negative", "positive")
    assert reading.left_out == {"of three stars": 1}
    corpus, reading = read_from("yelp", path, classes=5)
    assert corpus.labels == ("1 star", "2 stars", "3 stars", "4 stars", "5 stars")
    assert found(corpus) == {f"has {n} stars": corpus.labels[n - 1] for n in range(1, 6)}
    assert not reading.left_out


def test_all_reviews_of_a_business_are_in_the_split_of_its_hash(tmp_path):
    made = reviews(600)
    corpus, _ = read_from("yelp", json_lines(tmp_path / FILE, made), classes=5)
    business = {str(r["text"]).strip(): str(r["business_id"]) for r in made}
    assert len(corpus) > 500
    assert all(s == hashed_split(business[t]) for s, t in zip(corpus.split, corpus.text, strict=True))
    assert {"train", "valid", "test"} == set(corpus.split)


def test_a_sample_is_the_same_in_any_order(tmp_path):
    made = reviews(500)
    one, left = read_from("yelp", json_lines(tmp_path / "a.json", made), most_sentences=90)
    other, _ = read_from("yelp", json_lines(tmp_path / "b.json", made[::-1]), most_sentences=90)
    assert one.key == other.key
    assert len(one) == 90
    everything, _ = read_from("yelp", tmp_path / "a.json")
    assert left.left_out["not drawn into the sample"] == len(everything) - 90
    assert set(one.text) < set(everything.text)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"stars": 6}, '"stars" is 6'),
        ({"stars": 3.5}, '"stars" is 3.5'),
        ({"stars": True}, '"stars" is True'),
        ({"stars": None}, '"stars" is None'),
        ({"text": None}, '"text" is not text'),
        ({"business_id": 7}, '"business_id" is not text'),
        ({"text": "\ud83d"}, '"text" holds half a character'),
    ],
)
def test_a_review_that_is_none_names_file_and_line(tmp_path, change, message):
    path = json_lines(tmp_path / FILE, [*reviews(3), reviews(1)[0] | change])
    with pytest.raises(RnnvisError) as caught:
        read_from("yelp", path)
    assert f"{path}, line 4: {message}" in caught.value.message
    assert caught.value.fix


def test_a_cut_off_file_and_missing_fields_name_the_line(tmp_path):
    text = json.dumps(reviews(1)[0])
    for last, message in ((text[:-20], "line 2: not JSON"), ('{"stars": 5}', 'line 2: "text" is missing')):
        (tmp_path / FILE).write_text(f"{text}\n{last}")
        with pytest.raises(RnnvisError, match=message):
            read_from("yelp", tmp_path)


def test_without_the_file_the_error_says_where_to_get_it(tmp_path):
    for path in (tmp_path, tmp_path / "data", tmp_path / "data" / FILE):
        with pytest.raises(RnnvisError) as caught:
            read_from("yelp", path)
        assert f"{FILE}: no such file" in caught.value.message
        assert "www.yelp.com/dataset" in caught.value.fix
        assert "source.path" in caught.value.fix
