"""What was found of a pronouncer, kept under version control for the case study."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from rnnvis.config import PronouncerConfig, as_table
from rnnvis.nets.pronouncer import Pronouncer, load_pronouncer
from rnnvis.recipes.keep.project import Dataset, Project
from rnnvis.recipes.keep.store import Step
from rnnvis.recipes.spoken import Spoken, spoken
from rnnvis.recipes.study import pronouncing, results
from rnnvis.recipes.study.pronouncing_ends import carrying_units, endings
from rnnvis.text.kinds.pronunciations import pronounced
from rnnvis.text.releases import first_release

SEARCHED, UNSEEN = 2000, 1000
CARRIED, ENDED = 200, 3000
"""Words on which units of the encoder are chosen, each switched off alone; and words whose endings are taken off."""
REPEATED = 3
FIRST = 8
EXAMPLES = 12


def pronounce_results_step(project: Project, dataset: Dataset, card: PronouncerConfig) -> Step:
    """The tables of the case study; written to `datasets/<name>/results/<model>.json` as well.

    Units are chosen on words drawn after those that are shown, and switched off on others, drawn after these. What runs
    on is looked for in the whole dictionary.
    """
    config = dataset.config
    inputs = {"source": as_table(config.source), "probe": [as_table(probe) for probe in config.probe]}
    inputs |= {"card": as_table(replace(card, features=None)), "torch": torch.__version__, "numpy": np.__version__}

    def build(folder: Path) -> None:
        model, sha256 = load_pronouncer(first_release((card.release,), project.downloads))
        words = pronounced(replace(config, source=replace(config.source, most_sentences=0)), project.downloads)
        whole = spoken(model, words)
        probes, shown = len(config.probe), len(config.probe) + config.source.most_sentences
        searched = _part(whole, shown, shown + SEARCHED)
        unseen = _part(whole, shown + SEARCHED, shown + SEARCHED + UNSEEN)
        drawn = _part(whole, probes, len(words))
        again = np.array([pronouncing.repeated(row) for row in whole.said])
        odd = np.flatnonzero(~whole.ended | (again >= REPEATED))
        table = {
            "model": card.name,
            "checkpoint_sha256": sha256,
            "words": len(words),
            "figures": drawn.figures(np.ones(len(drawn.words), dtype=bool)),
            "length": pronouncing.by_length(drawn),
            "letters": pronouncing.without_letters(model, drawn),
            "ends": pronouncing.ends(drawn),
            "probes": pronouncing.named(_part(whole, 0, probes)),
            "running_on": {
                "broken": int((~whole.ended).sum()),
                "repeated": int((again >= REPEATED).sum()),
                "times": REPEATED,
                "words": pronouncing.named(_chosen(whole, odd[:EXAMPLES])),
            },
            "off": {
                "searched": len(searched.words),
                "unseen": pronouncing.switched_off(model, pronouncing.end_units(model, searched), unseen),
            },
            "off_encoder": _encoder_off(model, _chosen(searched, np.arange(CARRIED)), unseen),
            "endings": endings(model, searched, _part(whole, shown + SEARCHED, shown + SEARCHED + ENDED)),
        }
        results.write(table, folder / "results.json")
        results.write(table, results_file(dataset, card))

    work = (load_pronouncer, pronounced, spoken, pronouncing.switched_off, endings, results.write)
    return Step("pronounce_results", f"{config.name}+{card.name}", inputs, work, build, seconds=300.0)


def _encoder_off(model: Pronouncer, searched: Spoken, unseen: Spoken) -> dict[str, Any]:
    """What is said without the units of the encoder that carry the end of the word, and by how much the end is missed
    without the first of them alone, in nats."""
    ranked, lost = carrying_units(model, searched)
    first = [{"unit": int(unit), "lost": float(of)} for unit, of in zip(ranked[:FIRST], lost[:FIRST], strict=True)]
    rows = pronouncing.switched_off(model, ranked, unseen, side="encoder")
    return {"searched": int(searched.ended.sum()), "first": first, "unseen": rows}


def results_file(dataset: Dataset, card: PronouncerConfig) -> Path:
    """Where the tables are kept under version control."""
    return dataset.folder / "results" / f"{card.name}.json"


def _part(whole: Spoken, start: int, stop: int) -> Spoken:
    return _chosen(whole, np.arange(start, min(stop, len(whole.words))))


def _chosen(whole: Spoken, at: np.ndarray) -> Spoken:
    rows = at.tolist()
    return Spoken(
        [whole.words[i] for i in rows],
        [whole.letters[i] for i in rows],
        [whole.said[i] for i in rows],
        whole.edits[at],
        whole.right[at],
    )
