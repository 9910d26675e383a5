"""Recurrent models: training, checkpoints, evaluation, baselines and the table of results."""

from __future__ import annotations

from rnnvis.models.baselines import Baseline, baselines
from rnnvis.models.checkpoints import load
from rnnvis.models.classifier import SentenceClassifier
from rnnvis.models.evaluation import Interval, evaluate, labelled, paired_bootstrap, predict
from rnnvis.models.results import run_seeds, seeds_table
from rnnvis.models.training import train

__all__ = [
    "Baseline",
    "Interval",
    "SentenceClassifier",
    "baselines",
    "evaluate",
    "labelled",
    "load",
    "paired_bootstrap",
    "predict",
    "run_seeds",
    "seeds_table",
    "train",
]
