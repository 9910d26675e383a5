"""A corpus of invented sentences: praise or blame in plain words, some with a score near zero."""

import random

from rnnvis.config import Vocabulary
from rnnvis.text import Corpus
from rnnvis.text.assembly import Sentence, assemble


def invented_corpus() -> Corpus:
    rng = random.Random(5)
    good, bad, plain = ["fine", "lovely", "superb"], ["dull", "awful", "stale"], ["the", "film", "a", "plot", "is"]
    sentences = []
    for n in range(160):
        score = rng.choice([-2.0, 2.0, 0.1]) * rng.uniform(0.8, 1.2)
        side = rng.choices(plain, k=2) if abs(score) < 0.5 else rng.choices(good if score > 0 else bad, k=2)
        words = [*rng.choices(plain, k=rng.randint(1, 5)), *side]
        label = -1 if abs(score) < 0.5 else int(score > 0)
        sentences.append(
            Sentence(f"{' '.join(words)} {n}", ("train", "train", "valid", "test")[n % 4], "x", label, score)
        )
    return assemble("tiny", ("negative", "positive"), sentences, Vocabulary(2))
