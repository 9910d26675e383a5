"""Parts of speech are those of the words' uses in their sentences."""

from __future__ import annotations

import subprocess
import sys

import numpy as np

from rnnvis.measures.words.parts_of_speech import (
    PARTS,
    looks_english,
    overall_purity,
    parts_of_speech,
    purity,
    sentence_parts,
)


def named(sentence: str) -> list[str]:
    return [PARTS[i] for i in sentence_parts(sentence.split())]


def test_a_sentence_is_tagged_in_context():
    assert named("I love the music , though the plot is dull and predictable") == [
        *("pronoun", "verb", "determiner", "noun", "punctuation", "conjunction"),
        *("determiner", "noun", "verb", "adjective", "conjunction", "adjective"),
    ]
    assert named("She wept over three films , not quickly") == [
        *("pronoun", "verb", "preposition", "number", "noun", "punctuation", "adverb", "adverb")
    ]
    assert sentence_parts([]) == []


def test_the_majority_of_the_uses_decides_and_says_its_share():
    sentences = [["I", "love", "it"], ["they", "love", "it"], ["the", "love", "of", "it"]]
    words = ["love", "it", "unused"]
    tokens = [np.array([0 if w == "love" else 1 for w in s]) for s in sentences]
    found = parts_of_speech(tokens, sentences, len(words))
    assert found.names()[0] == "verb"
    assert abs(found.share[0] - 2 / 3) < 1e-6
    assert found.names()[2] is None
    assert np.isnan(found.share[2])


def test_purity_counts_the_words_that_have_a_part():
    found = purity(np.array([0, 0, 0, 1, -1, 0]), 3, np.array([2, 2, 0, -1, 1, -1]))
    assert found[0] == 2 / 3
    assert np.isnan(found[1:]).all()


def test_overall_purity_stands_beside_what_chance_gives():
    part = np.repeat(np.arange(4), 25)
    pure, shuffled = overall_purity(part, 4, part)
    assert pure == 1
    assert 0.25 < shuffled < 0.45
    one_for_all, chance = overall_purity(np.zeros(100, int), 1, part)
    assert one_for_all == chance == 0.25
    assert np.isnan(overall_purity(part, 4, np.full(100, -1))).all()


def test_the_tagger_reads_its_own_text_files_and_nothing_else():
    code = """
import pickle, socket
def refuse(*_, **__): raise AssertionError("refused")
pickle.load = pickle.loads = socket.socket.connect = socket.getaddrinfo = refuse
import sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
from rnnvis.measures.words.parts_of_speech import sentence_parts
assert sentence_parts(["good", "films"])
data = [p for p in opened if p.endswith((".pickle", ".pkl", ".txt", ".xml"))]
assert data and all("/textblob/en/en-" in p for p in data), data
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_what_looks_english_is_decided_by_uses():
    words = ["the", "film", "<unk>", ".", "zxqv", "wrblk"]
    assert looks_english(words, np.array([50, 20, 5, 30, 3, 2]))
    assert not looks_english(words, np.array([5, 2, 5, 30, 300, 200]))
    assert not looks_english(list("abcdefghi "), np.full(10, 9))
    assert not looks_english(["the", "film", "##s"], np.array([50, 20, 5]))
    assert not looks_english(["7", "."], np.array([5, 5]))
