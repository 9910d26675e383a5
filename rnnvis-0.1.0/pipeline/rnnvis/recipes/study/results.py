"""The published figures: every seed of every model beside the baselines, on the same sentences."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
import torch

from rnnvis.config import ModelConfig
from rnnvis.errors import RnnvisError
from rnnvis.measures.outputs.baselines import TFIDF
from rnnvis.nets.baselines import Baseline, baselines
from rnnvis.nets.checkpoints import described, load, write_whole
from rnnvis.nets.evaluation import labelled, paired_bootstrap, predict, scores
from rnnvis.nets.training import train
from rnnvis.text.corpus import Corpus
from rnnvis.version import __version__

SPLITS = ("valid", "test")

Table = dict[str, Any]


def run_seeds(corpus: Corpus, config: ModelConfig, seeds: Sequence[int], folder: Path) -> dict[int, Path]:
    """Train what is missing of `seeds` under `folder`/seed-<n>; the folder of each seed.

    A model that was trained on another corpus or with another configuration is trained again.
    """
    folders = {seed: folder / f"seed-{seed}" for seed in seeds}
    for seed, path in folders.items():
        if not _is_current(path, corpus, config, seed):
            train(corpus, config, seed, path)
    return folders


def seeds_table(corpus: Corpus, runs: Mapping[str, Mapping[int, Path]]) -> Table:
    """Accuracy and loss on the validation and test splits: baselines, each seed of each model, mean over seeds.

    `runs` gives the folder of each seed by model name. Against TF-IDF stands the difference in test accuracy, mean
    over the seeds, with its paired bootstrap interval: sentences are drawn again, seeds are not.
    """
    references = baselines(corpus, SPLITS)
    rival = next(b for b in references if b.name == TFIDF)
    return {
        "corpus": {
            "name": corpus.name,
            "digest": corpus.digest,
            "sentences": {split: len(labelled(corpus, split)) for split in ("train", *SPLITS)},
        },
        "versions": {
            "rnnvis": __version__,
            "torch": torch.__version__,
            "numpy": np.__version__,
            "scikit-learn": sklearn.__version__,
        },
        "baselines": [
            {"name": b.name, "choices": b.choices, **{split: b.scores(corpus, split) for split in SPLITS}}
            for b in references
        ],
        "models": {name: _model(corpus, folders, rival) for name, folders in sorted(runs.items())},
    }


def write(table: Table, path: Path) -> None:
    """Write the table as JSON, complete or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, (json.dumps(table, indent=1, ensure_ascii=False) + "\n").encode())


def read(path: Path) -> Table:
    """Read what `write` wrote.

    Raises:
        RnnvisError: there is no table at `path`, or it is damaged.
    """
    try:
        table: Table = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RnnvisError(f"{path}: no such file", "run rnnvis regenerate") from None
    except ValueError as error:
        raise RnnvisError(
            f"{path}: not readable as JSON: {error}", f"delete {path} and run rnnvis regenerate"
        ) from None
    return table


def _model(corpus: Corpus, folders: Mapping[int, Path], rival: Baseline) -> Table:
    label = {split: corpus.label[labelled(corpus, split)] for split in SPLITS}
    rows, right, config = [], [], {}
    for seed, folder in sorted(folders.items()):
        model, card = load(folder)
        found = {split: predict(model, corpus, labelled(corpus, split)) for split in SPLITS}
        right.append(found["test"].argmax(axis=1) == label["test"])
        rows.append(
            {
                "seed": seed,
                "parameters": card["parameters"],
                "sha256": card["sha256"],
                **{split: scores(found[split], label[split]) for split in SPLITS},
            }
        )
        config = card["config"]
    rival_right = rival.probabilities["test"].argmax(axis=1) == label["test"]
    interval = paired_bootstrap(np.mean(right, axis=0), rival_right)
    return {
        "config": config,
        "seeds": rows,
        "mean": {
            split: {key: float(np.mean([row[split][key] for row in rows])) for key in ("accuracy", "loss")}
            for split in SPLITS
        },
        "against": {"baseline": rival.name, "split": "test", **dataclasses.asdict(interval)},
    }


def _is_current(folder: Path, corpus: Corpus, config: ModelConfig, seed: int) -> bool:
    try:
        _, card = load(folder)
    except RnnvisError:
        return False
    wanted = (corpus.digest, described(config), seed, torch.__version__)
    return wanted == (card["corpus"]["digest"], card["config"], card["seed"], card["versions"]["torch"])


__all__ = ["read", "run_seeds", "seeds_table", "write"]
