"""What both kinds of recorded models tell about their text, their training and their states."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from rnnvis.config import Measure
from rnnvis.published import columns, files
from rnnvis.published.files import Part
from rnnvis.recipes.keep.store import Step
from rnnvis.text.corpus import Corpus

Written = dict[str, list[Part]]


def record_inputs(trained: Step, measure: Measure) -> dict[str, Any]:
    """What the recording of any trained model depends on."""
    return {
        "trained": trained.key,
        "splits": measure.splits,
        "minimum_count": measure.minimum_count,
        "frequent_count": measure.frequent_count,
        "selected_words": measure.selected_words,
        "published_count": measure.published_count,
        "states_megabytes": measure.states_megabytes,
    }


def measured_text(corpus: Corpus, measure: Measure) -> dict[str, Any]:
    """What of the text was measured, as the index says it."""
    inside = np.isin(corpus.split, measure.splits)
    return {
        "splits": list(measure.splits),
        "steps": sum(len(corpus.tokens[i]) for i in np.flatnonzero(inside)),
        "sentences": int(inside.sum()),
    }


def training_table(trained: Path, folder: Path) -> Written:
    """Write the epochs of a training as a table."""
    rows = json.loads((trained / "training.json").read_text(encoding="utf-8"))
    return {"training": files.write("training", columns.training(rows), folder)}
