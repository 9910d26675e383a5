"""What has to run, in which order, and how long it may take."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass

from rich.table import Table

from rnnvis.config import Card, LanguageModelConfig, ModelConfig, PronouncerConfig
from rnnvis.errors import RnnvisError
from rnnvis.progress import console, say
from rnnvis.recipes.keep.jobs import can_fork, run_beside
from rnnvis.recipes.keep.project import Dataset, Project
from rnnvis.recipes.keep.store import Step
from rnnvis.recipes.steps.ablate import ablate_step
from rnnvis.recipes.steps.cell_results import update_measures
from rnnvis.recipes.steps.chips import chip_steps
from rnnvis.recipes.steps.cluster import cluster_step
from rnnvis.recipes.steps.compare import comparable, compare_step
from rnnvis.recipes.steps.corpus import corpus_step, load_corpus
from rnnvis.recipes.steps.features import features_step
from rnnvis.recipes.steps.film import published_epochs
from rnnvis.recipes.steps.language_results import language_models, ngrams_step, update_table
from rnnvis.recipes.steps.pronounce import pronounce_step, said_rows
from rnnvis.recipes.steps.pronounce_results import pronounce_results_step
from rnnvis.recipes.steps.publish import publish
from rnnvis.recipes.steps.record import record_step
from rnnvis.recipes.steps.results import baselines_step, evaluation_step, metric_rows, results_step
from rnnvis.recipes.steps.shards import merged_step, shard_step
from rnnvis.recipes.steps.tag import tag_step
from rnnvis.recipes.steps.train import train_step
from rnnvis.recipes.steps.voice import check_sounds, voice_steps
from rnnvis.recipes.steps.voice_shown import publish_beside
from rnnvis.recipes.website import viewer_meanwhile, website
from rnnvis.text.batches import Shard

_USUAL_SECONDS = {
    "corpus": 10.0,
    "train": 60.0,
    "tag": 8.0,
    "record": 15.0,
    "cluster": 30.0,
    "compare": 3.0,
    "baselines": 15.0,
    "ngrams": 5.0,
    "evaluate": 2.0,
    "results": 30.0,
    "pronounce": 40.0,
}


@dataclass(frozen=True)
class Needs:
    """A step that may run only when `before` is finished; `command` is what finishes it."""

    step: Step
    before: Step | None = None
    command: str = ""


def training(project: Project, name: str, models: Sequence[str], seeds: Sequence[int]) -> list[Needs]:
    """Steps of `rnnvis train`."""
    dataset = project.dataset(name)
    cards = _cards(dataset, models)
    if any(not 0 <= seed < 2**31 for seed in seeds):
        raise RnnvisError(f"the seeds {', '.join(map(str, seeds))} are not all from 0 to {2**31 - 1}", "change --seed")
    steps = [train_step(project, dataset, card, seed) for card in cards for seed in seeds or card.seeds[:1]]
    return [Needs(step) for step in (corpus_step(project, dataset), *steps)]


def recording(project: Project, name: str, models: Sequence[str]) -> list[Needs]:
    """Steps of `rnnvis record`."""
    dataset = project.dataset(name)
    return [
        Needs(
            record_step(project, dataset, card, card.seeds[0], epoch),
            train_step(project, dataset, card, card.seeds[0]),
            f"rnnvis train {name} {card.name}",
        )
        for card in _cards(dataset, models)
        for epoch in _ends(card)
    ]


def sharding(project: Project, name: str, models: Sequence[str], shard: Shard, second: bool) -> list[Needs]:
    """Steps of `rnnvis record --shard`."""
    dataset = project.dataset(name)
    return [
        Needs(
            shard_step(project, dataset, card, card.seeds[0], epoch, shard, second),
            train_step(project, dataset, card, card.seeds[0]),
            f"rnnvis train {name} {card.name}",
        )
        for card in _cards(dataset, models)
        for epoch in _ends(card)
    ]


def reducing(project: Project, name: str, models: Sequence[str], shards: int) -> list[Needs]:
    """Steps of `rnnvis reduce`."""
    dataset = project.dataset(name)
    return [
        Needs(merged_step(project, dataset, card, card.seeds[0], epoch, shards))
        for card in _cards(dataset, models)
        for epoch in _ends(card)
    ]


def clustering(project: Project, name: str, models: Sequence[str]) -> list[Needs]:
    """Steps of `rnnvis cluster`: tags and clusters, then how all models that are clustered by then compare."""
    dataset = project.dataset(name)
    cards = _cards(dataset, models)
    steps = [
        Needs(
            cluster_step(project, dataset, card, card.seeds[0], epoch),
            record_step(project, dataset, card, card.seeds[0], epoch),
            f"rnnvis record {name} {card.name}",
        )
        for card in cards
        for epoch in _ends(card)
    ]
    tags = Needs(tag_step(project, dataset), steps[0].before, steps[0].command)
    return [tags, *steps, Needs(compare_step(project, dataset, comparable(project, dataset, cards)))]


def ablation(project: Project, name: str, models: Sequence[str]) -> list[Needs]:
    """Steps of `rnnvis ablate`."""
    dataset = project.dataset(name)
    return [
        Needs(
            ablate_step(project, dataset, card, card.seeds[0]),
            cluster_step(project, dataset, card, card.seeds[0]),
            f"rnnvis cluster {name} {card.name}",
        )
        for card in _cards(dataset, models)
    ]


def chips(project: Project, name: str) -> list[Needs]:
    """Steps of the case study of chips, with the trainings that it lacks; none where the dataset asks for none."""
    dataset = project.dataset(name)
    found = chip_steps(project, dataset)
    return [Needs(step) for step in (corpus_step(project, dataset), *found)] if found else []


def run(project: Project, steps: Sequence[Needs]) -> None:
    """Run the steps that are not finished; a missing earlier stage is an error that names its command."""
    for needs in steps:
        if needs.before and not needs.before.finished(project.build):
            raise RnnvisError(
                f"{needs.step.stage} {needs.step.label}: the stage {needs.before.stage} before it has not been run, "
                "or its configuration or code has changed since",
                f"{needs.command}, or everything that is missing: rnnvis regenerate",
            )
        _run(project, needs.step)


def regenerate(
    project: Project,
    names: Sequence[str],
    *,
    quick: bool,
    only: Sequence[str] = (),
    dry_run: bool = False,
    with_site: bool = True,
    jobs: int = 1,
) -> None:
    """Print the plan, run what is missing or stale, publish, build the site, and print what was made.

    `names` are datasets and studies; without names all of them, but for studies where it has to be `quick`. At most
    `jobs` steps run at once where processes can be forked, and the viewer is built beside them; else one.
    """
    studies = project.studies()
    of_datasets = [name for name in names if name not in studies]
    datasets = project.datasets(of_datasets) if of_datasets or not names else []
    steps = [step for dataset in datasets for step in _everything(project, dataset, quick, only)]
    steps += _studies(project, names, quick or bool(only))
    _print_plan(project, steps)
    if dry_run:
        return
    if with_site:
        website(project, "ready")
    together = with_site and jobs > 1 and can_fork()
    with viewer_meanwhile(project) if together else nullcontext():
        rows = _run_all(project, steps, jobs)
    for dataset in datasets:
        if language_models(dataset) and not quick:
            say(f"Results in {update_table(project, dataset)} and {update_measures(project, dataset)}")
    if datasets:
        publish(project, [dataset.config.name for dataset in datasets])
    for step in (step for step in steps if step.stage == "voice_shown"):
        publish_beside(project, step.folder(project.build))
    if with_site:
        website(project, "site")
    _print_summary(rows)
    if datasets:
        _print_results(project, datasets, quick, only)
    say("Look at it: rnnvis serve" + ("" if with_site else f" {shlex.quote(str(project.shown_data))}"))


def _studies(project: Project, names: Sequence[str], quick: bool) -> list[Step]:
    """The steps of the studies that are named; where nothing is, and it need not be `quick`, of all whose sounds are
    here. It is said which are left out."""
    found: list[Step] = []
    for name, study in project.studies().items():
        if name not in names and (names or quick):
            continue
        try:
            check_sounds()
        except RnnvisError as error:
            if names:
                raise
            say(f"{name}: left out: {error.message} ({error.fix})")
            continue
        found += voice_steps(project, study)
    return found


def _everything(project: Project, dataset: Dataset, quick: bool, only: Sequence[str]) -> list[Step]:
    if dataset.ready:
        found = _ready(dataset, only)
        studies = [] if quick else [pronounce_results_step(project, dataset, card) for card in found]
        studies += [] if quick else [features_step(project, dataset, card) for card in found if card.features]
        return [pronounce_step(project, dataset, card) for card in found] + studies
    cards = _cards(dataset, only or (dataset.config.quick if quick else ()))
    classifiers = any(isinstance(card, ModelConfig) for card in cards)
    steps = [corpus_step(project, dataset)]
    for card in cards:
        steps += [train_step(project, dataset, card, seed) for seed in (card.seeds[:1] if quick else card.seeds)]
    steps.append(tag_step(project, dataset))
    if classifiers:
        steps.append(baselines_step(project, dataset))
    if any(isinstance(card, LanguageModelConfig) for card in cards):
        steps.append(ngrams_step(project, dataset))
    for card in cards:
        seed = card.seeds[0]
        steps.append(evaluation_step(project, dataset, card, seed))
        for epoch in _ends(card):
            steps.append(record_step(project, dataset, card, seed, epoch))
            steps.append(cluster_step(project, dataset, card, seed, epoch))
        if not (quick and isinstance(card, LanguageModelConfig)):
            steps.append(ablate_step(project, dataset, card, seed))
        if isinstance(card, LanguageModelConfig) and not quick:
            if card.features:
                steps.append(features_step(project, dataset, card))
            for other in card.seeds[1:]:
                steps += [record_step(project, dataset, card, other), cluster_step(project, dataset, card, other)]
    steps.append(compare_step(project, dataset, comparable(project, dataset, cards)))
    if classifiers and not quick and not only:
        steps.append(results_step(project, dataset))
        there = {step.key for step in steps}
        steps += [step for step in chip_steps(project, dataset) if step.key not in there]
    return steps


def _ends(card: Card) -> tuple[int | None, ...]:
    """The model's end, then its earlier epochs that are published, latest first: each is named after the one before."""
    return (None, *reversed(published_epochs(card)))


def _cards(dataset: Dataset, names: Sequence[str]) -> list[Card]:
    return [dataset.card(name) for name in names or [*dataset.cards, *dataset.ready]]


def _ready(dataset: Dataset, names: Sequence[str]) -> list[PronouncerConfig]:
    for name in names:
        if name not in dataset.ready:
            dataset.card(name)  # says that there is none of this name
    return [dataset.ready[name] for name in names or dataset.ready if name in dataset.ready]


def _run_all(project: Project, steps: Sequence[Step], jobs: int) -> list[tuple[Step, bool, float]]:
    if jobs < 2 or not can_fork():
        return [(step, *_run(project, step)) for step in steps]
    found: dict[str, tuple[Step, bool, float]] = {}

    def done(step: Step, cached: bool, seconds: float) -> None:
        found[step.key] = (step, cached, seconds)
        if not cached:
            _remember(project, step, seconds)

    run_beside(steps, project.build, jobs, done)
    return [found[step.key] for step in steps]


def _run(project: Project, step: Step) -> tuple[bool, float]:
    cached = step.finished(project.build)
    if not cached:
        say(f"{step.stage} {step.label}")
    start = time.monotonic()
    step.run(project.build)
    seconds = time.monotonic() - start
    if not cached:
        _remember(project, step, seconds)
    return cached, seconds


def _print_plan(project: Project, steps: Sequence[Step]) -> None:
    known = _timings(project)
    table = Table("stage", "what", "state", "about", title="Plan", title_justify="left")
    for step in steps:
        done = step.finished(project.build)
        usual = _USUAL_SECONDS.get(step.stage, 0.0) if step.seconds is None else step.seconds
        seconds = known.get(_name(step), usual)
        table.add_row(step.stage, step.label, "kept" if done else "to do", "" if done else f"{seconds:.0f} s")
    console.print(table)


def _print_summary(rows: Sequence[tuple[Step, bool, float]]) -> None:
    table = Table("stage", "what", "state", "seconds", title="Done", title_justify="left")
    for step, cached, seconds in rows:
        table.add_row(step.stage, step.label, "kept" if cached else "made", "" if cached else f"{seconds:.1f}")
    console.print(table)


def _print_results(project: Project, datasets: Sequence[Dataset], quick: bool, only: Sequence[str]) -> None:
    """What the models guess right, beside the models that are compared with them on the same text."""
    table = Table("dataset", "model", "measure", "value", "on", title="How good they are", title_justify="left")
    for dataset in datasets:
        for ready in _ready(dataset, only):
            for row in said_rows(project, dataset, ready):
                table.add_row(dataset.config.name, ready.name, row["measure"], f"{row['value']:.3f}", "drawn words")
        if dataset.ready:
            continue
        corpus = load_corpus(corpus_step(project, dataset).folder(project.build))
        seen = set()
        for card in _cards(dataset, only or (dataset.config.quick if quick else ())):
            measure = "perplexity" if isinstance(card, LanguageModelConfig) else "accuracy"
            for row in metric_rows(project, dataset, card, corpus):
                name = card.name if row["subject"] == "this model" else row["subject"]
                if (row["split"], row["measure"]) != ("test", measure) or (name, measure) in seen:
                    continue
                seen.add((name, measure))
                value = f"{100 * row['value']:.1f} %" if measure == "accuracy" else f"{row['value']:.1f}"
                table.add_row(dataset.config.name, name, measure, value, "test split")
    console.print(table)


def _name(step: Step) -> str:
    return f"{step.stage} {step.label}"


def _timings(project: Project) -> dict[str, float]:
    try:
        known = json.loads((project.build / "timings.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _remember(project: Project, step: Step, seconds: float) -> None:
    known = _timings(project) | {_name(step): round(seconds, 1)}
    with suppress(OSError):
        (project.build / "timings.json").write_text(json.dumps(known, indent=1), encoding="utf-8")
