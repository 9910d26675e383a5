"""The published figures of language models: perplexity of every model and of the n-grams on the same words."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from rnnvis.config import LanguageModelConfig
from rnnvis.measures.figures import clustered_mean
from rnnvis.measures.outputs.ngrams import KneserNey
from rnnvis.nets import streams
from rnnvis.nets.checkpoints import load_language_model
from rnnvis.nets.language_training import decisive
from rnnvis.nets.perplexity import word_losses
from rnnvis.text.corpus import Corpus
from rnnvis.version import __version__

SPLITS = ("valid", "test")
NGRAMS = {
    "unigram": 1,
    "bigram, Kneser–Ney": 2,
    "3-gram, Kneser–Ney": 3,
    "5-gram, Kneser–Ney": 5,
}
RIVAL = "5-gram, Kneser–Ney"
Figures = dict[str, float | int]
Table = dict[str, Any]


def ngram_figures(corpus: Corpus, splits: Sequence[str] = SPLITS) -> dict[str, dict[str, Figures]]:
    """Figures of every n-gram model by name and split."""
    training = streams.documents(corpus, "train")
    found: dict[str, dict[str, Figures]] = {}
    for name, order in NGRAMS.items():
        model = KneserNey(training, len(corpus.vocabulary), order)
        found[name] = {
            split: figures(
                [-np.log(model.probabilities(text)[1:]) for text in streams.documents(corpus, split)], corpus, split
            )
            for split in splits
        }
    return found


def model_figures(folder: Path, corpus: Corpus, splits: Sequence[str] = SPLITS) -> dict[str, Figures]:
    """Figures by split of the language model in `folder`."""
    model, _ = load_language_model(folder)
    return {split: figures(word_losses(model, streams.documents(corpus, split)), corpus, split) for split in splits}


def figures(losses: Sequence[np.ndarray], corpus: Corpus, split: str) -> Figures:
    """Loss (nats a word), its standard error, perplexity = e^loss, and the number n of words that were guessed.

    `losses` are −ln p of every word but the first of each document of `split`. The standard error takes sentences, not
    words, as independent (ratio estimator: Cochran 1977, equation 6.13).
    """
    texts = [d for d in corpus.documents if corpus.split[d[0]] == split]
    sentence = [np.repeat(d, [len(corpus.tokens[i]) for i in d])[1:] for d in texts]
    values = np.concatenate(losses).astype(np.float64)
    mean, error = clustered_mean(values, np.concatenate(sentence))
    return {
        "loss": mean,
        "standard_error": error,
        "perplexity": math.exp(mean),
        "n": len(values),
    }


def updated(
    before: Table | None,
    corpus: Corpus,
    baselines: Mapping[str, Any],
    cards: Mapping[str, LanguageModelConfig],
    runs: Mapping[tuple[str, int], Table],
) -> Table:
    """The table of every model and seed.

    `runs` are the rows of the models that are there, by card and seed. Rows of `before` stay where the same text and
    card made them and no new one replaces them; `missing` says which seeds have none.
    """
    old = before["models"] if before and of_text(before, corpus) else {}
    found: Table = {}
    missing: dict[str, list[int]] = {}
    for name, card in cards.items():
        kept = old.get(name, {}) if old.get(name, {}).get("config") == decided(card) else {}
        rows = {row["seed"]: row for row in kept.get("seeds", [])}
        rows |= {seed: row for (of, seed), row in runs.items() if of == name}
        rows = {seed: rows[seed] for seed in card.seeds if seed in rows}
        if absent := [seed for seed in card.seeds if seed not in rows]:
            missing[name] = absent
        if rows:
            found[name] = {"config": decided(card), "seeds": list(rows.values()), **_over_seeds(rows, baselines)}
    return {
        "corpus": {
            "name": corpus.name,
            "text": streams.digest(corpus, "train", *SPLITS),
            "words": {split: sum(map(len, streams.documents(corpus, split))) for split in ("train", *SPLITS)},
            "documents": {split: len(streams.documents(corpus, split)) for split in ("train", *SPLITS)},
        },
        "baselines": dict(baselines),
        "models": found,
        "missing": missing,
    }


def of_text(table: Table, corpus: Corpus) -> bool:
    """Whether the figures of `table` are of the text of `corpus`, probes aside."""
    return bool(table["corpus"].get("text") == streams.digest(corpus, "train", *SPLITS))


def run_row(folder: Path, seed: int, found: Mapping[str, Figures], clock: Mapping[str, Any] | None) -> Table:
    """The row of one trained model: where its weights come from, its figures, and the time that training took."""
    card = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    row: Table = {
        "seed": seed,
        "parameters": card["parameters"],
        "sha256": card["sha256"],
        "run": card["run"],
        "best_epoch": card["best_epoch"],
        "precision": card["precision"],
        "device": card["device"],
        "versions": {"rnnvis": __version__, "torch": torch.__version__, "numpy": np.__version__},
        **{split: dict(of) for split, of in found.items()},
    }
    if clock and clock.get("key") == card["run"]:
        row["minutes"] = {
            "wall": round(clock["wall_seconds"] / 60, 1),
            "processor": round(clock["processor_seconds"] / 60, 1),
            "threads": clock["threads"],
        }
    return row


def decided(card: LanguageModelConfig) -> Table:
    """What of a card decides its training, as it comes back from JSON."""
    plain: Table = json.loads(json.dumps(decisive(card)))
    return plain


def _over_seeds(rows: Mapping[int, Table], baselines: Mapping[str, Any]) -> Table:
    over: Table = {}
    for split in SPLITS:
        values = [row[split]["perplexity"] for row in rows.values()]
        over[split] = {
            "mean": float(np.mean(values)),
            "smallest": min(values),
            "largest": max(values),
            "below_rival": 1 - float(np.mean(values)) / baselines[RIVAL][split]["perplexity"],
        }
    return {"over_seeds": over, "rival": RIVAL}


__all__ = ["NGRAMS", "RIVAL", "decided", "model_figures", "ngram_figures", "of_text", "run_row", "updated"]
