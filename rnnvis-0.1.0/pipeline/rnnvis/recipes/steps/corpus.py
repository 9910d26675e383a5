"""Stage `corpus`: the text, tokenised and split, as a folder."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from rnnvis.config import as_table
from rnnvis.errors import RnnvisError
from rnnvis.recipes.keep.project import Dataset, Project
from rnnvis.recipes.keep.store import Step
from rnnvis.text import kind_loader, load
from rnnvis.text.corpus import Corpus
from rnnvis.text.inputs import content_digest


def corpus_step(project: Project, dataset: Dataset) -> Step:
    """Fetch, tokenise and split the text."""
    config = dataset.config
    source = {key: value for key, value in as_table(config.source).items() if key != "path"}
    inputs: dict[str, Any] = {"name": config.name, "source": source}
    if content := content_digest(config.source, project.build):
        inputs["content"] = content
    inputs["vocabulary"] = as_table(config.vocabulary)
    inputs["probe"] = [as_table(probe) for probe in config.probe]

    def build(folder: Path) -> None:
        corpus = load(config, project.downloads)
        _check_labels(corpus)
        corpus.save(folder / "corpus")

    return Step("corpus", config.name, inputs, (load, kind_loader(config.source.kind)), build)


def _check_labels(corpus: Corpus) -> None:
    """A classifier learns from sentences of every class, and is judged on both other splits; a language model needs
    text in all three."""
    if len(corpus.labels) == 1:
        raise RnnvisError(
            f"{corpus.name}: every label is {corpus.labels[0]}", "a classifier needs sentences of two classes or more"
        )
    for split in ("train", "valid", "test"):
        if not len(corpus.indices(split)):
            raise RnnvisError(f"{corpus.name}: the split {split} has no sentence", "give more text")
        found = set(corpus.label[corpus.indices(split)].tolist())
        missing = [name for label, name in enumerate(corpus.labels) if label not in found]
        if (corpus.labels and len(missing) == len(corpus.labels)) or (split == "train" and missing):
            raise RnnvisError(
                f"{corpus.name}: the split {split} has no sentence labelled {' or '.join(missing)}", "give more text"
            )


@cache
def load_corpus(folder: Path) -> Corpus:
    """The corpus that a finished corpus step left in `folder`."""
    return Corpus.load(folder / "corpus")
