"""Text in, token ids out."""

from __future__ import annotations

from pathlib import Path

from rnnvis.config import DatasetConfig
from rnnvis.corpora import reviews, speeches
from rnnvis.corpora.corpus import RECORDED, Corpus
from rnnvis.errors import RnnvisError

KINDS = {"reviews": reviews.load, "speeches": speeches.load}

__all__ = ["KINDS", "RECORDED", "Corpus", "load"]


def load(config: DatasetConfig, cache: Path) -> Corpus:
    """The corpus that `config` describes; what has to be downloaded is kept under `cache`.

    Raises:
        RnnvisError: the kind of source is unknown, the source cannot be fetched, or its text is not as expected.
    """
    if config.source.kind not in KINDS:
        known = ", ".join(sorted(KINDS))
        raise RnnvisError(f'dataset {config.name}: unknown source.kind "{config.source.kind}"', f"use one of: {known}")
    return KINDS[config.source.kind](config, cache)
