"""What a classifier loses with the chip that answers to a kind of words, beside random groups of as many units.

The chip is made and chosen on the training sentences, and judged on the test sentences.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import Tensor

from rnnvis.api.patching import patch
from rnnvis.api.record import record
from rnnvis.api.recording import Recording
from rnnvis.api.sample import Sample
from rnnvis.config import ChipStudy, Measure, ModelConfig
from rnnvis.errors import RnnvisError
from rnnvis.measures.clusters.cocluster import cocluster
from rnnvis.measures.words.responses import Responses
from rnnvis.measures.words.selections import select_words
from rnnvis.nets import SentenceClassifier
from rnnvis.nets.checkpoints import described
from rnnvis.nets.evaluation import labelled
from rnnvis.recording.holding import Hold
from rnnvis.text.corpus import Corpus

METHOD, SELECTION, K = "block", "reliable", 8
"""The clusters that the explorer draws first."""
GROUPS = 24
HOLDS = ("zero", "mean")
FEWEST_USES = 2
DIGITS = 5
SHOWN = 10
"""Sentences at most that are named of a kind."""
CHANGE = "leave [chips] out of dataset.toml"
Table = dict[str, Any]


@dataclass(frozen=True)
class Chip:
    """The chip of a kind of words: its `units`, its `strength` and that of the `next` chip, and the `words` of the kind
    that were used often enough to count."""

    units: np.ndarray
    strength: float
    next: float
    words: tuple[int, ...]


@dataclass(frozen=True)
class Run:
    """The log-odds of the second class of N test sentences: as the model is, `before` [N], without a chip, `after`, and
    without each of G random groups of as many units, `random` [G, N]."""

    before: np.ndarray = field(repr=False)
    after: np.ndarray = field(repr=False)
    random: np.ndarray = field(repr=False)


def training_chips(model: SentenceClassifier, text: Corpus, measure: Measure) -> tuple[Recording, list[np.ndarray]]:
    """The model over the training sentences alone, and the units of each chip that these make."""
    rows = text.indices("train")
    recording = record(
        model,
        [text.tokens[i] for i in rows],
        text.vocabulary,
        outputs="none",
        sample=Sample(keys=[text.key[i] for i in rows], states_bytes=2**20),
        check=False,
    )
    responses = recording.responses[_state(recording)]
    chosen = select_words(responses, SELECTION, measure.selected_words, measure.minimum_count, text.special)
    matrix = responses.mean[chosen.word_ids]
    k = min(K, *(int(np.count_nonzero(matrix.any(axis=axis))) for axis in (0, 1)))
    labels = cocluster(matrix, k, METHOD).unit_labels
    return recording, [np.flatnonzero(labels == chip) for chip in range(k)]


def chosen_chip(responses: Responses, chips: Sequence[np.ndarray], words: Sequence[int]) -> Chip | None:
    """Of `chips` the one where the expected responses to the `words` are largest relative to their errors: the root of
    the mean of (m / SE)² over the words with two uses or more and the units of the chip. None without such words."""
    known = [word for word in words if responses.count[word] >= FEWEST_USES]
    if not known or len(chips) < 2:
        return None
    error = responses.standard_error[known]
    ratio = np.divide(responses.mean[known], error, out=np.zeros_like(error), where=error > 0)
    strength = [float(np.sqrt(np.square(ratio[:, units]).mean())) if len(units) else 0.0 for units in chips]
    best, second = np.argsort(-np.array(strength), kind="stable")[:2]
    return Chip(chips[best], strength[best], strength[second], tuple(known))


def random_groups(units: int, size: int) -> list[np.ndarray]:
    """Always the same `GROUPS` groups of `size` of so many units."""
    draw = np.random.default_rng(size)
    return [np.sort(draw.choice(units, size, replace=False)) for _ in range(GROUPS)]


def study_row(model: SentenceClassifier, text: Corpus, measure: Measure, study: ChipStudy) -> Table:
    """What one training does without each kind's chip: the row of its seed, with the sentences that flip."""
    if len(text.labels) != 2:
        raise RnnvisError(f"{text.name} has {len(text.labels)} classes, and a verdict that flips has two", CHANGE)
    training, chips = training_chips(model, text, measure)
    state = _state(training)
    test = labelled(text, "test")
    recording = record(
        model,
        [text.tokens[i] for i in test],
        text.vocabulary,
        text.label[test].tolist(),
        classes=text.labels,
        minimum_count=1,
        check=False,
    )
    of_kind: dict[str, Chip] = {}
    kinds: Table = {}
    for kind in study.kind:
        words = [text.vocabulary.index(word) for word in kind.words if word in text.vocabulary]
        chip = chosen_chip(training.responses[state], chips, words)
        if chip is None:
            continue
        of_kind[kind.name] = chip
        holds = _holds(recording, state, chip.units, training.units[state].mean)
        inside = np.array([bool(np.isin(text.tokens[i], words).any()) for i in test])
        kinds[kind.name] = {
            "words": [text.vocabulary[word] for word in chip.words],
            "units": chip.units.tolist(),
            "strength": _short(chip.strength),
            "next_strength": _short(chip.next),
            "holds": {name: figures(run, text.label[test], inside) for name, run in holds.items()},
            "flips": flips(holds["zero"], [text.key[i] for i in test], inside),
        }
    return {
        "accuracy": _short(float(np.mean((holds["zero"].before > 0) == (text.label[test] == 1)))) if kinds else None,
        "kinds": kinds,
        "carried": carried(model, text, study.word, of_kind, state),
    }


def _state(recording: Recording) -> str:
    """The state that the head reads."""
    return next(name for name in recording.states if name.endswith(".h"))


def _holds(recording: Recording, state: str, chip: np.ndarray, mean: np.ndarray) -> dict[str, Run]:
    """The test sentences with the chip's units, and with random groups, held at zero and at their mean."""
    rerun = recording.rerun
    assert rerun is not None
    everything = np.arange(len(recording.tokens))

    def log_odds(units: np.ndarray, value: np.ndarray) -> np.ndarray:
        values = rerun.answers(everything, [Hold(state, units, value[units])]).values
        found: np.ndarray = values[:, 1] - values[:, 0]
        return found

    levels = {"zero": np.zeros(len(mean)), "mean": mean.astype(np.float64)}
    before = log_odds(np.zeros(0, np.int64), levels["zero"])
    groups = random_groups(len(mean), len(chip))
    return {
        name: Run(before, log_odds(chip, level), np.stack([log_odds(group, level) for group in groups]))
        for name, level in levels.items()
    }


def figures(run: Run, label: np.ndarray, inside: np.ndarray) -> Table:
    """Figures by part of the sentences: all, those `inside` bool [N], which hold a word of the kind, and the others.

    `flips` is the share whose verdict turns, `to_wrong` and `to_right` the shares that turn from right to wrong and
    back, `loss` the rise of the loss in nats, `moved` how far the log-odds go; `random` the same of the groups: mean,
    standard deviation and largest. `groups_below` of them flip fewer sentences.
    """
    parts = {"all": np.ones(len(label), bool), "inside": inside, "outside": ~inside}
    found: Table = {}
    for name, part in parts.items():
        if not part.any():
            continue
        chip = _measured(run.before[part], run.after[part][None], label[part])
        random = _measured(run.before[part], run.random[:, part], label[part])
        found[name] = {
            "sentences": int(part.sum()),
            **{key: _short(float(value[0])) for key, value in chip.items()},
            "random": {
                key: [_short(float(of)) for of in (value.mean(), value.std(ddof=1), value.max())]
                for key, value in random.items()
            },
            "groups_below": int((random["flips"] < chip["flips"][0]).sum()),
        }
    return found


def _measured(before: np.ndarray, after: np.ndarray, label: np.ndarray) -> dict[str, np.ndarray]:
    """Figures of G ways to read N sentences, log-odds [G, N]; [G] each."""
    was, now, right = before > 0, after > 0, label == 1
    sign = np.where(right, 1.0, -1.0)
    return {
        "flips": (was != now).mean(axis=1),
        "to_wrong": ((was == right) & (now != right)).mean(axis=1),
        "to_right": ((was != right) & (now == right)).mean(axis=1),
        "loss": (np.logaddexp(0, -sign * after) - np.logaddexp(0, -sign * before)).mean(axis=1),
        "moved": np.abs(after - before).mean(axis=1),
    }


def flips(run: Run, keys: Sequence[str], inside: np.ndarray) -> list[Table]:
    """The sentences whose verdict turns without the chip: log-odds before and after, and the share of the random groups
    without which it turns too."""
    was, now = run.before > 0, run.after > 0
    by_chance = ((run.random > 0) != was).mean(axis=0)
    return [
        {
            "key": keys[i],
            "inside": bool(inside[i]),
            "before": _short(float(run.before[i])),
            "after": _short(float(run.after[i])),
            "random": _short(float(by_chance[i])),
        }
        for i in np.flatnonzero(was != now).tolist()
    ]


def carried(model: SentenceClassifier, text: Corpus, word: str, chips: Mapping[str, Chip], state: str) -> list[Table]:
    """Runs of each probe sentence that is given the state of its twin, the same clauses in the other order.

    It is carried just before `word`, and after it. Log-odds at the end: as the sentence is (`before`), of the twin
    (`wanted`), with the `whole` state, with each chip alone, and with random groups of as many units (mean and standard
    deviation). `here` and `there` are those if sentence and twin ended at the steps carried to and from."""
    probes = [int(i) for i in text.indices("probe")]
    written = {i: [token.lower() for token in text.surface[i]] for i in probes}
    at = {i: words.index(word) for i, words in written.items() if word in words[1:] and words[0] != word}
    twins = [(i, j) for i in at for j in at if i != j and sorted(text.tokens[i]) == sorted(text.tokens[j])]
    if not twins:
        return []
    numbers = sorted(at)
    recording = record(
        model,
        [text.tokens[i] for i in numbers],
        text.vocabulary,
        classes=text.labels,
        minimum_count=1,
        check=False,
    )
    into, of = ([numbers.index(pair[side]) for pair in twins] for side in (0, 1))
    found: list[Table] = []
    for place, back in (("before", 1), ("at", 0)):
        steps = tuple([at[pair[side]] - back for pair in twins] for side in (0, 1))

        def end(units: np.ndarray | None, steps: Any = steps) -> Mapping[str, np.ndarray]:
            return patch(recording, into, of, steps, units, state=state, measure=_log_odds).measured

        here, there = (_ended(recording, rows, at) for rows, at in zip((into, of), steps, strict=True))
        whole = end(None)
        alone = {name: end(chip.units)["after"] for name, chip in chips.items()}
        size = len(recording.units[state].mean)
        random = {
            name: np.stack([end(group)["after"] for group in random_groups(size, len(chip.units))])
            for name, chip in chips.items()
        }
        for row, (first, second) in enumerate(twins):
            found.append(
                {
                    "into": text.key[first],
                    "of": text.key[second],
                    "place": place,
                    "step": steps[0][row],
                    "from_step": steps[1][row],
                    "here": _short(float(here[row])),
                    "there": _short(float(there[row])),
                    "before": _short(float(whole["before"][row])),
                    "wanted": _short(float(whole["wanted"][row])),
                    "whole": _short(float(whole["after"][row])),
                    "chips": {
                        name: {
                            "after": _short(float(alone[name][row])),
                            "random": [
                                _short(float(random[name][:, row].mean())),
                                _short(float(random[name][:, row].std(ddof=1))),
                            ],
                        }
                        for name in chips
                    },
                }
            )
    return found


def _ended(recording: Recording, rows: Sequence[int], steps: Sequence[int]) -> np.ndarray:
    """The log-odds of these sentences if they ended at these steps."""
    rerun = recording.rerun
    assert rerun is not None
    values = rerun.answers(np.array(rows), prefixes=np.array(steps) + 1).values
    found: np.ndarray = values[:, 1] - values[:, 0]
    return found


def chips_table(text: Corpus, card: ModelConfig, study: ChipStudy, rows: Mapping[int, Table]) -> Table:
    """The rows of every seed, and of each kind the sentences that flip in at least half of the trainings."""
    ran: dict[str, list[list[Table]]] = {kind.name: [] for kind in study.kind}
    seeds = []
    for seed, row in sorted(rows.items()):
        for name, of in row["kinds"].items():
            ran[name].append(of["flips"])
        kept = {name: {key: of[key] for key in of if key != "flips"} for name, of in row["kinds"].items()}
        seeds.append({"seed": seed, **row, "kinds": kept})
    return {
        "corpus": {"name": text.name, "digest": text.digest},
        "model": card.name,
        "config": described(card),
        "clusters": {"method": METHOD, "selection": SELECTION, "k": K},
        "groups": GROUPS,
        "word": study.word,
        "seeds": seeds,
        "sentences": {name: flipping(runs) for name, runs in ran.items()},
    }


def flipping(runs: Sequence[Sequence[Table]]) -> list[Table]:
    """The sentences with a word of the kind that flip in at least half of the `runs`, those first that flip in most of
    them, and of these those that move furthest: log-odds and the share of random groups as means over the runs in which
    they flip."""
    found: dict[str, list[Table]] = {}
    for run in runs:
        for row in run:
            if row["inside"]:
                found.setdefault(row["key"], []).append(row)
    often = {key: rows for key, rows in found.items() if 2 * len(rows) >= len(runs)}

    def mean(key: str, name: str) -> float:
        return _short(float(np.mean([row[name] for row in often[key]])))

    def moved(key: str) -> float:
        return float(np.mean([abs(row["after"] - row["before"]) for row in often[key]]))

    order = sorted(often, key=lambda key: (-len(often[key]), -moved(key), key))
    return [
        {
            "key": key,
            "runs": len(often[key]),
            **{name: mean(key, name) for name in ("before", "after", "random")},
        }
        for key in order[:SHOWN]
    ]


def _log_odds(values: Tensor) -> Tensor:
    return values[:, 1] - values[:, 0]


def _short(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
