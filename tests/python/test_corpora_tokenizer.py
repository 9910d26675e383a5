import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnvis.text.segmenter import reader
from rnnvis.text.tokenizer import characters, tokenize, word_of

CASES = json.loads((Path(__file__).parents[1] / "golden" / "tokens.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"])
def test_words_are_those_of_the_table(case):
    read = reader(case.get("tokens", "words"), case.get("addresses", False))
    assert [word for _, word in read(case["text"])] == case["words"]
    assert [word_of(surface) for surface, _ in read(case["text"])] == case["words"]


def test_the_surface_is_the_text_itself():
    text = "  Isn't “Amélie” A CLICHÉ… 👍🏽?"
    surfaces = [surface for surface, _ in tokenize(text)]
    assert surfaces == ["Is", "n't", "“", "Amélie", "”", "A", "CLICHÉ", "…", "👍🏽", "?"]


@given(st.text(max_size=60))
def test_nothing_is_lost_but_white_space_and_what_is_not_seen(text):
    surfaces = [surface for surface, _ in tokenize(text)]
    seen = [c for c in text if not c.isspace() and unicodedata.category(c) not in ("Cc", "Cf")]
    assert [c for c in "".join(surfaces) if unicodedata.category(c) not in ("Cc", "Cf")] == seen
    for read in (tokenize, characters):
        assert all(surface and word and not word.isspace() for surface, word in read(text))


@pytest.mark.parametrize("word", ["फ़िल्म", "مُمْتَازٌ", "הַסֶּרֶט", "படம்", "نمی‌پسندم", "ভালোবাসা", "ຂອງ", "မြန်မာ", "ភាសា"])
def test_no_token_begins_with_a_mark(word):
    for read in (tokenize, characters):
        tokens = read(f"a {word}, {word}!")
        assert not any(unicodedata.category(surface[0]).startswith("M") for surface, _ in tokens)
        assert "".join(surface for surface, _ in tokens).replace(" ", "") == f"a{word},{word}!"
