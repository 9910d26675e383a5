"""Text into the ids of a vocabulary: the table that the page passes too, and finding out how it is done."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from rnnvis.text.encoding import encode, words_spec

CASES = json.loads((Path(__file__).parents[1] / "golden" / "pieces.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_text_becomes_the_ids_of_the_table(case):
    ids = {word: i for i, word in enumerate(case["vocabulary"])}
    assert [[surface, found] for surface, found in encode(case["text"], case["how"], ids)] == case["tokens"]


@pytest.mark.parametrize(
    ("vocabulary", "text", "tokens", "kind", "addresses"),
    [
        (["the", "film", "is", "n't", "."], "The film isn't.", [0, 1, 2, 3, 4], "words", False),
        (["see", "<url>", "it"], "see www.a.org", [0, 1], "words", True),
        (["we", "saw", "N", "<eos>"], "We saw 3,000!", [0, 1, 2, 3], "penn", False),
        (["Ends.", "no", "Not", "more."], "Ends. Not", [0, 2], "spaced", False),
        (["a", "B", " ", "\n"], "a B\n", [0, 2, 1, 3], "pieces", False),
        (["a", "b", "␣", "c"], "a B", [0, 2, 1], "characters", False),
    ],
)
def test_how_text_became_words_is_found_by_doing_it_again(vocabulary, text, tokens, kind, addresses):
    rows = [np.array(tokens), np.array([0, *tokens[-1:]])]
    found = words_spec(vocabulary, rows, [text])
    assert (found["kind"], found["addresses"], found["share"]) == (kind, addresses, 1.0)
    assert found["end"] == (3 if "<eos>" in vocabulary else None)


def test_words_that_are_never_said_stand_for_nothing():
    found = words_spec(["[UNK]", "a", "<s>"], [np.array([2, 1]), np.array([2, 1, 1])], ["a", "a a"])
    assert (found["unknown"], found["start"], found["end"], found["share"]) == (0, 2, None, 1.0)


def test_a_vocabulary_in_which_nothing_fits_says_so():
    found = words_spec(["x", "yy", "zz", "ww"], [np.array([0, 1])], ["something else"])
    assert found["share"] == 0.0
