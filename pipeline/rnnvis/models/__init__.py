"""Recurrent models: training, checkpoints, evaluation."""

from __future__ import annotations

from rnnvis.models.checkpoints import load
from rnnvis.models.classifier import SentenceClassifier
from rnnvis.models.evaluation import evaluate, paired_bootstrap, predict
from rnnvis.models.training import train

__all__ = ["SentenceClassifier", "evaluate", "load", "paired_bootstrap", "predict", "train"]
