"""A text of invented documents in which words follow each other by a rule, for language models."""

from __future__ import annotations

import random

from rnnvis.config import Vocabulary
from rnnvis.text import Corpus
from rnnvis.text.assembly import Sentence, assemble
from rnnvis.text.penn import END, penn_words

NOUNS = "nation people congress union country state".split()
VERBS = "must will should can may shall".split()
ACTS = "act work build stand hope speak".split()


def sentence(rng: random.Random) -> str:
    """the NOUN … VERB ACT, where noun, verb and act are of one kind out of six, sometimes with a number between."""
    kind = rng.randrange(len(NOUNS))
    middle = rng.choice(["", "of 1947 ", "of the people "])
    return f"The {NOUNS[kind]} {middle}{VERBS[kind]} {ACTS[kind]}."


def sentences(seed: int = 0, documents: int = 14, longest: int = 30) -> list[Sentence]:
    """Sentences of documents of different lengths: two held out for validation, two for testing."""
    rng = random.Random(seed)
    found = [Sentence("The nation must act", "probe", "probe")]
    for number in range(documents):
        split = {0: "valid", 1: "valid", 2: "test", 3: "test"}.get(number, "train")
        for _ in range(rng.randint(4, longest)):
            found.append(Sentence(sentence(rng), split, "spoken", document=f"speech {number}"))
    return found


def speaking_corpus(seed: int = 0) -> Corpus:
    """The invented text as a corpus."""
    return assemble("speaking", (), sentences(seed), Vocabulary(1), read=penn_words, ending=END)
