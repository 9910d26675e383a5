"""What was found in the probe sentences: one word in both orders of the same two clauses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import numpy as np
from markupsafe import Markup

from rnnvis.measures.sentences.sequences import glyphs
from tools.website import findings
from tools.website.markup import absent, decimal, filled, paragraph, percent, piece, signed, table, word
from tools.website.published import Published

WORD = findings.WORDS[0]
LITTLE, MIDDLE = 0.05, 50
"""A change of a probability below this is called hardly any."""


@dataclass(frozen=True)
class Probe:
    name: str
    key: str
    sentence: str
    surface: list[str]
    step: int
    before: float
    after: float
    end: float
    push: float
    surprise: float | None
    norm: float
    states: np.ndarray


def probes(published: Published) -> list[Probe]:
    """Every probe sentence that has a reversed twin, each at its first use of the first of `WORDS`."""
    names = published.dataset.get("probes", {})
    pairs = [n for n in names if f"{n}-reversed" in names]
    if not published.has("steps", "states"):
        return []
    found = [_probe(published, name, names[name]) for n in pairs for name in (n, f"{n}-reversed")]
    return [p for p in found if p]


def _probe(published: Published, name: str, key: str) -> Probe | None:
    found = published.rows("SELECT sentence_id, text, surface FROM sentences WHERE key = ?", (key,))
    if not found:
        return None
    number, sentence, surface = found[0]
    step = next((i for i, token in enumerate(surface) if token.lower() == WORD), None)
    rows = published.rows("SELECT p_class, push, surprise FROM steps WHERE sentence_id = ? ORDER BY step", (number,))
    values = published.rows("SELECT value FROM states WHERE sentence_id = ? AND step >= 0 ORDER BY step", (number,))
    if step is None or step == 0 or len(rows) != len(surface) or len(values) != len(surface) or rows[0][0] is None:
        return None
    states = np.array([row[0] for row in values], dtype=np.float64)
    index = [s["name"] for s in published.model["states"]].index(published.state["name"])
    p = [row[0][1] for row in rows]
    surprise = rows[step][2]
    return Probe(
        name,
        key,
        sentence,
        surface,
        step,
        before=p[step - 1],
        after=p[step],
        end=p[-1],
        push=rows[step][1],
        surprise=None if surprise is None else surprise[index],
        norm=float(np.linalg.norm(states[step] - states[step - 1])),
        states=states,
    )


def pair(published: Published) -> str:
    """The word in both orders of the same two clauses."""
    found = probes(published)
    if not found:
        return absent("pair of probe sentences")
    rows = [
        (
            word(p.sentence),
            f"{decimal(p.before, 2)} → {decimal(p.after, 2)}",
            decimal(p.end, 2),
            signed(p.push, decimal(p.push, 2, sign=True)),
            decimal(p.norm, 3),
            _standing(p.surprise),
        )
        for p in found
    ]
    head = (
        "sentence",
        filled("P(positive) at {}", word(WORD)),
        "at the end",
        "push, log-odds",
        "response norm",
        "surprise",
    )
    return table(f"“{WORD}” in both orders", head, rows, (1, 2, 3, 4, 5), (0,))


def _standing(percentile: float | None) -> str:
    """Where a surprise stands among the word's uses, as the explorer says it: top 23 %, or lowest 12 %."""
    if percentile is None:
        return "–"
    share = 100 - percentile if percentile >= MIDDLE else percentile
    return f"{'top' if percentile >= MIDDLE else 'lowest'} {max(1, round(share))} %"


def pair_conclusion(published: Published) -> str:
    """In which order of the two clauses the word moved the memory further, and what it did to the verdict."""
    found = probes(published)
    said = []
    for first, second in zip(found[::2], found[1::2], strict=True):
        further = "further" if first.norm > second.norm else "less far"
        pushes = [decimal(p.push, 2, sign=True) for p in (first, second)]
        same = pushes[0] == pushes[1]
        pushed = f"{pushes[0]} log-odds in both" if same else f"{pushes[0]} against {pushes[1]} log-odds"
        said.append(
            paragraph(
                filled(
                    "In {} the memory moved {} at {} than in the other order ({} against {}); the push on the verdict "
                    "was {}.",
                    *(word(first.sentence), further, word(WORD), decimal(first.norm, 3), decimal(second.norm, 3)),
                    pushed,
                )
            )
        )
    return Markup().join(said) or absent("pair of probe sentences")


def pair_answer(published: Published) -> str:
    """What the word did in the two sentences shown, in short, with a link to both."""
    shown = shown_pair(published)
    if len(shown) != 2:
        return absent("pair of probe sentences")
    first, second = shown
    moved = [abs(p.after - p.before) for p in shown]
    went = " and ".join(f"from {decimal(p.before, 2)} to {decimal(p.after, 2)} in the {nth}" for p, nth in _nth(shown))
    verdict = "hardly moved the verdict" if max(moved) < LITTLE else "moved the verdict"
    larger, smaller = sorted(shown, key=lambda p: -p.norm)
    order = "first" if larger is first else "second"
    further = (
        f"further in the {order}: the length of the change over all units, its response norm, is "
        f"{decimal(larger.norm, 2)} against {decimal(smaller.norm, 2)}"
    )
    ends = " and ".join(f"{decimal(p.end, 2)} in the {nth}" for p, nth in _nth(shown))
    it = word(WORD)
    story = filled(
        "{} by itself {}: the model's P(positive) went {}. What it changed is the memory, {}. {}At the end of the "
        "sentence P(positive) is {}.",
        *(it, verdict, went, further, _chip(published, first, second), ends),
    )
    both = piece("listed", [word(first.sentence), word(second.sentence)])
    invitation = filled("See what {} did in both, side by side", it)
    link = piece("link", side_by_side(published, first, second, "../../"), invitation)
    return both + "\n\n" + paragraph(story) + paragraph(link, "rv-note")


def _chip(published: Published, first: Probe, second: Probe) -> str:
    """The chip whose mean change at the word differs most between the two sentences; empty without clusters."""
    if not published.has("cluster_labels"):
        return ""
    found = published.rows(
        'SELECT ids, labels, "order" FROM cluster_labels '
        "WHERE method = ? AND selection = ? AND k = ? AND side = 'units'",
        (findings.METHOD, findings.SELECTION, findings.CLUSTERS),
    )
    if not found:
        return ""
    ids, labels, order = found[0]
    label = np.empty(len(ids), dtype=np.int64)
    label[ids] = labels
    change = [p.states[p.step] - p.states[p.step - 1] for p in (first, second)]
    means = np.array([[values[label == cluster].mean() for cluster in order] for values in change])
    most = int(np.argmax(np.abs(means[0] - means[1])))
    verbs = ["rose" if mean > 0 else "fell" for mean in means[:, most]]
    did = [f"{verb} by {decimal(abs(mean), 3)}" for verb, mean in zip(verbs, means[:, most], strict=True)]
    again = did[1].removeprefix(f"{verbs[0]} ")
    return (
        f"Of the {findings.CLUSTERS} chips, groups of hidden units, number {most + 1} differs most: "
        f"on average it {did[0]} in the first and {again} in the second. "
    )


def _nth(pair: list[Probe]) -> list[tuple[Probe, str]]:
    return list(zip(pair, ("first", "second"), strict=True))


def shown_pair(published: Published) -> list[Probe]:
    """The pair in which the word moves the memory most differently, by the ratio of both norms; empty without one."""
    found = probes(published)
    pairs = list(zip(found[::2], found[1::2], strict=True))
    apart = [abs(float(np.log(first.norm / second.norm))) for first, second in pairs]
    return list(pairs[int(np.argmax(apart))]) if pairs else []


def side_by_side(published: Published, first: Probe, second: Probe, root: str) -> str:
    """The address of the explorer with both sentences, their words on one row."""
    names = (published.dataset["name"], published.model["name"], published.state["name"])
    dataset, model, state = (quote(name, safe="") for name in names)
    view = f"d={dataset}&m={model}&s={state}&g={findings.METHOD}.reliable&k={findings.CLUSTERS}"
    return f"{root}explorer/#v1={view}&q={first.key}&t={first.step}&q2={second.key}&t2={second.step}"


def reading(published: Published) -> str:
    """The explorer with the word pinned in the first sentence of the pair shown, and what the word did there: the last
    stop of the walk through the picture."""
    probe = next(iter(shown_pair(published)), None)
    found = published.rows(
        "SELECT labels, \"order\" FROM cluster_labels WHERE method = ? AND selection = ? AND k = ? AND side = 'units'",
        (findings.METHOD, findings.SELECTION, findings.CLUSTERS),
    )
    if probe is None or not found:
        return absent("pair of probe sentences")
    labels, order = np.array(found[0][0]), list(found[0][1])
    drawn = glyphs(probe.states, labels, findings.CLUSTERS)
    delta = probe.states[probe.step] - probe.states[probe.step - 1]
    mean = {order.index(c) + 1: float(delta[labels == c].mean()) for c in order if (labels == c).any()}
    up, down = max(mean, key=lambda n: mean[n]), min(mean, key=lambda n: mean[n])
    before = np.abs(probe.states[probe.step - 1]).sum()
    kept = drawn.kept[probe.step].sum() / before
    rose = f"Chip {up} rose most ({decimal(mean[up], 3, sign=True)} on average)"
    fell = f"chip {down} {'fell most' if mean[down] < 0 else 'rose least'} ({decimal(mean[down], 3, sign=True)})"
    surprise = "–" if probe.surprise is None else f"{probe.surprise:.0f} %"
    pushed = f"{decimal(probe.before, 2)} before and {decimal(probe.after, 2)} after it, a push of "
    pushed += f"{decimal(probe.push, 2, sign=True)} log-odds"
    attributes: dict[str, Any] = {"layout": "hero", "explorer": "../explorer/", "sentence": probe.key}
    attributes |= {"step": probe.step, "k": findings.CLUSTERS, "words": WORD}
    told = paragraph(
        filled(
            "At {}, P(positive) was {}. Of the memory before it, {} was kept. {} and {}. Among all uses of the word in "
            "the corpus, {} changed the memory in a way closer to the usual one than this use did.",
            *(word(probe.surface[probe.step]), pushed, percent(kept), rose, fell, surprise),
        )
    )
    return piece("explorer", attributes) + "\n\n" + told
