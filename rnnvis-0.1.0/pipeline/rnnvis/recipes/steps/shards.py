"""Stage `shard`: a part of a recording of a trained model, kept as a file until all of them are merged."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from rnnvis.api.partial import Partial
from rnnvis.api.record import record
from rnnvis.api.sharding import reduce
from rnnvis.config import Card, LanguageModelConfig
from rnnvis.errors import RnnvisError
from rnnvis.nets.checkpoints import load, load_language_model
from rnnvis.recipes.keep.project import Dataset, Project
from rnnvis.recipes.keep.store import Step
from rnnvis.recipes.steps.corpus import corpus_step, load_corpus
from rnnvis.recipes.steps.language_recorder import language_model_by
from rnnvis.recipes.steps.record import record_step
from rnnvis.recipes.steps.recorder import classifier_by
from rnnvis.recipes.steps.train import train_step
from rnnvis.text.batches import Shard

FILE = "partial.safetensors"
R = TypeVar("R")


def shard_step(
    project: Project, dataset: Dataset, card: Card, seed: int, epoch: int | None, shard: Shard, second: bool = False
) -> Step:
    """One shard of the recording of `record_step`; its `second` look, which wants the first ones of all shards."""
    whole = record_step(project, dataset, card, seed, epoch)

    def build(folder: Path) -> None:
        firsts = partials(project, dataset, card, seed, epoch, shard.count, second=False) if second else None
        run: Callable[..., Partial] = partial(record, shard=(shard.index, shard.count), compare=firsts)  # type: ignore[assignment]
        _by(run, project, dataset, card, seed, epoch).save(folder / FILE)

    look = ".second" if second else ""
    label = f"{whole.label}.{shard.index}-of-{shard.count}{look}"
    inputs = whole.inputs | {"shard": [shard.index, shard.count], "second": second}
    return Step("shard", label, inputs, (classifier_by, language_model_by), build, seconds=whole.seconds)


def merged_step(project: Project, dataset: Dataset, card: Card, seed: int, epoch: int | None, count: int) -> Step:
    """`record_step`, made of `count` shards and of their second looks."""

    def run(*given: object, **options: object) -> object:
        found = [
            path
            for second in (False, True)
            for path in partials(project, dataset, card, seed, epoch, count, second=second)
        ]
        return reduce(found, *given, **options)  # type: ignore[arg-type]

    return record_step(project, dataset, card, seed, epoch, run)


def partials(
    project: Project, dataset: Dataset, card: Card, seed: int, epoch: int | None, count: int, *, second: bool
) -> list[Path]:
    """The files of all shards. RnnvisError, with the command, for those that are not there."""
    steps = [shard_step(project, dataset, card, seed, epoch, Shard(i, count), second) for i in range(count)]
    missing = [i for i, step in enumerate(steps) if not step.finished(project.build)]
    if missing:
        look = "second looks of the shards" if second else "shards"
        raise RnnvisError(
            f"{dataset.label(card, seed, epoch)}: of {count} {look} {len(missing)} are not recorded, or their "
            f"configuration or code has changed since: {', '.join(map(str, missing))}",
            f"rnnvis record {dataset.config.name} {card.name} --shard {missing[0]}/{count}{' --second' * second}",
        )
    return [step.folder(project.build) / FILE for step in steps]


def _by(run: Callable[..., R], project: Project, dataset: Dataset, card: Card, seed: int, epoch: int | None) -> R:
    corpus = load_corpus(corpus_step(project, dataset).folder(project.build))
    trained = train_step(project, dataset, card, seed).folder(project.build)
    measure = dataset.config.measure
    if isinstance(card, LanguageModelConfig):
        model, _ = load_language_model(trained, "model" if epoch is None else f"epoch-{epoch}")
        return language_model_by(run, model, corpus, measure, held_out=epoch is None)
    return classifier_by(run, load(trained)[0], corpus, measure, dataset.config.study)
