import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnvis.text.tokenizer import tokenize


def words(text):
    return [word for _, word in tokenize(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Isn't it? I can't.", ["is", "n't", "it", "?", "i", "ca", "n't", "."]),
        ("We shouldn't've", ["we", "should", "n't", "'ve"]),
        ("It's the film's best; you'll see", ["it", "'s", "the", "film", "'s", "best", ";", "you", "'ll", "see"]),
        ("isn’t", ["is", "n't"]),
        ("a cliché, a Soufflé", ["a", "cliché", ",", "a", "soufflé"]),
        ("clich\u0065\u0301s", ["clichés"]),
        ("Buñuel Ünsal İstanbul", ["buñuel", "ünsal", unicodedata.normalize("NFC", "İstanbul").lower()]),
        ("fun 👍🏽 👩‍👩‍👧 🇫🇷 ❤️ 1️⃣", ["fun", "👍🏽", "👩‍👩‍👧", "🇫🇷", "❤️", "1️⃣"]),
        ("good :) bad :-(", ["good", ":)", "bad", ":-("]),
        ("well... no…", ["well", "...", "no", "..."]),
        ("''Big'' “small”", ['"', "big", '"', '"', "small", '"']),
        ("J.R.R. Tolkien, U.S.", ["j.r.r.", "tolkien", ",", "u.s."]),
        ("$1,000 or 3.5 at 7:30.", ["$", "1,000", "or", "3.5", "at", "7:30", "."]),
        ("t-mobile -- a 21st-century phone", ["t", "-", "mobile", "--", "a", "21st", "-", "century", "phone"]),
        ("rock 'em in the '70s", ["rock", "'em", "in", "the", "'70s"]),
        ("great!!", ["great", "!", "!"]),
        (" \t ", []),
    ],
)
def test_words(text, expected):
    assert words(text) == expected


def test_the_surface_is_the_text_itself():
    text = "  Isn't “Amélie” A CLICHÉ… 👍🏽?"
    surfaces = [surface for surface, _ in tokenize(text)]
    assert surfaces == ["Is", "n't", "“", "Amélie", "”", "A", "CLICHÉ", "…", "👍🏽", "?"]


@given(st.text(max_size=60))
def test_nothing_but_white_space_is_lost(text):
    surfaces = [surface for surface, _ in tokenize(text)]
    assert "".join("".join(surfaces).split()) == "".join(text.split())
    assert all(surface and word for surface, word in tokenize(text))
