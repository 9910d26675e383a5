"""Recurrent models: training, checkpoints, evaluation and baselines."""

from __future__ import annotations

from rnnvis.nets.baselines import Baseline, baselines
from rnnvis.nets.checkpoints import load
from rnnvis.nets.classifier import SentenceClassifier
from rnnvis.nets.evaluation import Interval, evaluate, labelled, paired_bootstrap, predict
from rnnvis.nets.training import train

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
    "train",
]
