"""The stories of the home page, each a view chosen from the published tables by a rule and told with its figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import numpy as np
from markupsafe import Markup

from rnnvis.published.opening import LONGEST, SHORTEST
from tools.website.markup import absent, decimal, filled, integer, piece, with_error, word
from tools.website.probes import WORD, shown_pair
from tools.website.published import Published

PAIR = ("without", "not")
USED = 20
"""Words with so many uses are what a unit's responses are compared among."""


def stories(published: Published) -> str:
    """Three stories side by side, and what the first view shows before them."""
    cards = [unit_story(published), pair_story(published), models_story(published)]
    return piece("stories", cards) + "\n"


def opening(published: Published) -> str:
    """What happens in the sentence of the first view, in two sentences."""
    view = published.dataset["view"]
    found = published.rows("SELECT sentence_id, text, surface, label FROM sentences WHERE key = ?", (_key(view),))
    if view is None or not found or not published.has("steps"):
        return absent("first view")
    number, text, surface, label = found[0]
    rows = published.rows("SELECT p_class, push FROM steps WHERE sentence_id = ? ORDER BY step", (number,))
    classes, step = published.model["classes"], view["step"]
    if label is None or not rows or step == 0 or any(row[0] is None for row in rows):
        return absent("answer along the sentence of the first view")
    p = [row[0][-1] for row in rows]
    return filled(
        "<p>{} People find that {}. The model thought otherwise until {}: P({}) was {} before that word, {} after it, "
        "and {} at the end.</p>",
        *(word(text), classes[label], word(surface[step]), classes[-1]),
        *(decimal(value, 2) for value in (p[step - 1], p[step], p[-1])),
    )


def _key(view: Any) -> str:
    return str(view["sentence"]) if view else ""


def _link(published: Published, parts: Sequence[tuple[str, object]], model: str | None = None) -> str:
    """The explorer's page with a view of the shown model, or of `model`, opened."""
    view = published.dataset["view"]
    names = (published.dataset["name"], model or published.model["name"], published.state["name"])
    dataset, of, state = (quote(name, safe="") for name in names)
    k = view["k"] if view else 8
    rest = "".join(f"&{name}={quote(str(value), safe=',')}" for name, value in parts)
    return f"explorer/#v1=d={dataset}&m={of}&s={state}&g=block.reliable&k={k}{rest}"


def _story(title: str, told: str, link: str, said: str) -> Markup:
    return piece("story", title, told, link, said)


def _none(title: str, what: str) -> Markup:
    return piece("story", title, absent(what), "", "")


def _nth(rank: int) -> str:
    """first, second, third; 4th from there on."""
    return {1: "first", 2: "second", 3: "third"}.get(rank, f"{rank}th")


@dataclass(frozen=True)
class UnitStory:
    """The unit that a pair of words singles out, and its response to each of the two."""

    unit: int
    words: int
    """With which the two are compared"""
    mean: tuple[float, float]
    error: tuple[float, float]
    count: tuple[int, int]
    rank: tuple[int, int]
    """Among all these words, 1 for the one that moves it furthest in this direction"""


def chosen_unit(published: Published) -> UnitStory | None:
    """Of all units the one that both words of `PAIR` single out most, in one direction.

    A response is counted in standard deviations of that unit's responses to all words with at least `USED` uses; the
    unit is the one where the smaller of both counts is largest.
    """
    if not published.has("responses", "words"):
        return None
    rows = published.rows(
        "SELECT w.text, r.count, r.mean, r.standard_error FROM responses r JOIN words w USING (word_id) "
        "WHERE r.count >= ? AND NOT w.special AND r.mean IS NOT NULL AND r.standard_error IS NOT NULL ORDER BY word_id",
        (USED,),
    )
    place = {row[0]: i for i, row in enumerate(rows)}
    if not all(text in place for text in PAIR):
        return None
    mean, error = (np.array([row[column] for row in rows], dtype=np.float64) for column in (2, 3))
    spread = mean.std(axis=0)
    both = [place[text] for text in PAIR]
    counted = (mean[both] - mean.mean(axis=0)) / np.where(spread > 0, spread, np.inf)
    least = np.minimum(np.abs(counted[0]), np.abs(counted[1])) * (np.sign(counted[0]) == np.sign(counted[1]))
    unit = int(np.argmax(least))
    if least[unit] <= 0:
        return None
    sign = np.sign(counted[0, unit])
    rank = [int((sign * mean[:, unit] > sign * mean[i, unit]).sum()) + 1 for i in both]
    first, second = both
    return UnitStory(
        unit,
        len(rows),
        (mean[first, unit], mean[second, unit]),
        (error[first, unit], error[second, unit]),
        (rows[first][1], rows[second][1]),
        (rank[0], rank[1]),
    )


def unit_story(published: Published) -> Markup:
    """A unit that answers to both words of `PAIR` over the whole corpus."""
    title = "A unit that answers to negation"
    found = chosen_unit(published)
    if found is None:
        return _none(title, f"responses to {' and '.join(PAIR)}")
    verb = "raise" if found.mean[0] > 0 else "lower"
    moved = " and ".join(
        f"{with_error(abs(mean), error, 2)} ({integer(count)} uses)"
        for mean, error, count in zip(found.mean, found.error, found.count, strict=True)
    )
    told = filled(
        "Nobody told the model what {} and {} have in common. Both {} unit {}, on average by {}. Of {} words used at "
        "least {} times these move it {} and {} furthest that way.",
        *(word(PAIR[0]), word(PAIR[1]), verb, found.unit, moved, integer(found.words), USED),
        *map(_nth, found.rank),
    )
    view = published.dataset["view"]
    parts: list[tuple[str, object]] = [("q", view["sentence"]), ("t", view["step"])] if view else []
    link = _link(published, [*parts, ("w", ",".join(PAIR)), ("u", found.unit), ("p", "unit")])
    return _story(title, told, link, f"See unit {found.unit}")


def pair_story(published: Published) -> Markup:
    """One word in two orders of the same clauses, side by side."""
    title = "The same words, the other order"
    pair = shown_pair(published)
    if len(pair) != 2:
        return _none(title, "pair of probe sentences")
    first, second = pair
    larger, smaller = sorted((first.norm, second.norm), reverse=True)
    told = filled(
        "{}, and the same clauses the other way round: {}. P({}) ends at {} and at {}. At {} the memory moves {} times "
        "as far in the {} one.",
        *(word(first.sentence), word(second.sentence), published.model["classes"][-1]),
        *(decimal(first.end, 2), decimal(second.end, 2), word(WORD), decimal(larger / smaller, 1)),
        "first" if first.norm >= second.norm else "second",
    )
    parts = [("q", first.key), ("t", first.step), ("q2", second.key), ("t2", second.step), ("f", "difference")]
    return _story(title, told, _link(published, parts), "See both side by side")


@dataclass(frozen=True)
class ModelsStory:
    """A sentence with what two models make of it."""

    key: str
    text: str
    label: int
    right: str
    wrong: str
    """Names of the models that are right and wrong"""
    p_right: float
    p_wrong: float
    """What each gives to the class that is right"""


def chosen_sentence(published: Published) -> ModelsStory | None:
    """Of the labelled test sentences with as many words as a first view has, all known and with states that are there
    or worked out in the page, the one that one of the first two models gets right and the other wrong, where the less
    sure of the two is surest."""
    models = published.dataset["models"][:2]
    if len(models) < 2 or not all("predictions" in m["tables"] for m in models) or not published.has("states"):
        return None
    if models[0]["classes"] != models[1]["classes"]:
        return None
    there = "" if all(m.get("step_model") for m in models) else "AND sentence_id IN (SELECT sentence_id FROM states) "
    rows = published.rows(
        "SELECT sentence_id, key, text, label FROM sentences WHERE split = 'test' AND label IS NOT NULL "
        "AND length BETWEEN ? AND ? "
        "AND NOT list_has_any(tokens, coalesce((SELECT list(word_id) FROM words WHERE special), [])) "
        f"{there}ORDER BY sentence_id",
        (SHORTEST, LONGEST),
    )
    answers = [published.answers(model) for model in models]
    best: tuple[float, ModelsStory] | None = None
    for number, key, text, label in rows:
        p = [answer.get(number) for answer in answers]
        if any(of is None for of in p):
            continue
        likely = [of.index(max(of)) for of in p if of]
        if (likely[0] == label) == (likely[1] == label):
            continue
        right = 0 if likely[0] == label else 1
        good, bad = p[right], p[1 - right]
        assert good is not None
        assert bad is not None
        sure = min(good[label], max(bad))
        if best is None or sure > best[0]:
            names = models[right]["name"], models[1 - right]["name"]
            best = sure, ModelsStory(key, text, label, *names, good[label], bad[label])
    return best[1] if best else None


def models_story(published: Published) -> Markup:
    """A sentence that one model gets right and the other does not."""
    title = "Two models disagree"
    found = chosen_sentence(published)
    if found is None:
        return _none(title, "two models that disagree on a test sentence")
    short = {m["name"]: m["title"].split(",")[0] for m in published.dataset["models"]}
    name = published.dataset["labels"][found.label]
    told = filled(
        "{} People find that {}. The {} agrees, with P({}) = {}; the {} gives it {} and is wrong.",
        *(word(found.text), name, short[found.right], name, decimal(found.p_right, 2)),
        *(short[found.wrong], decimal(found.p_wrong, 2)),
    )
    b = quote(f"{published.dataset['name']},{found.wrong},{published.state['name']}", safe=",")
    link = _link(published, [("q", found.key), ("p", "compare")], model=found.right) + f"&b={b}"
    return _story(title, told, link, "See both memories read it")
