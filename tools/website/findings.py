"""What was found, as tables and as sentences whose numbers and directions come from the published tables."""

from __future__ import annotations

import math
from dataclasses import dataclass

from markupsafe import Markup

from tools.website.clouds import strongest
from tools.website.markup import (
    absent,
    decimal,
    filled,
    integer,
    listing,
    paragraph,
    percent,
    signed,
    table,
    text,
    with_error,
    word,
)
from tools.website.published import Published

WORDS = ("though", "but")
CLUSTERS = 8
SELECTION = "reliable"
METHOD = "block"
SHOWN = 8
"""Words of a cloud in the table."""
CLEAR = 2.0
"""A difference counts as one when it is more than this many standard errors."""


def accuracy(published: Published) -> str:
    """Accuracy on the test sentences: the models, and the baselines on the same split."""
    own: list[tuple[str, ...]] = []
    baselines: dict[str, tuple[str, ...]] = {}
    for model in published.dataset["models"]:
        for subject, measure, split, value, low, high, _ in published.metrics(model):
            if (measure, split) != ("accuracy", "test"):
                continue
            difference = " less " in subject
            interval = [decimal(end, 3, sign=difference) for end in (low, high) if end is not None]
            figures = (decimal(value, 3, sign=difference), " to ".join(interval) or "–")
            if subject == "this model":
                own.append((text(f"{model['title']}, seed {model['seed']}: the one shown"), *figures))
            elif subject.startswith("mean of"):
                own.append((text(f"{model['title']}, {subject}"), *figures))
            else:
                baselines[subject] = (text(subject), *figures)
    if not own:
        return absent("figures of accuracy")
    head = ("", "accuracy", "95 % interval")
    return table("Accuracy on the labelled test sentences", head, [*own, *baselines.values()], (1, 2))


@dataclass(frozen=True)
class _Cluster:
    number: int
    cluster: int
    size: int
    effect: float
    purity: float
    stability: float | None
    words: list[str]


def _clusters(published: Published) -> list[_Cluster]:
    """The word clusters as the explorer draws them first, from top to bottom."""
    at = (METHOD, SELECTION, CLUSTERS)
    where = "method = ? AND selection = ? AND k = ? AND side = 'words'"
    found = published.rows(f'SELECT "order" FROM cluster_labels WHERE {where}', at)
    if not found:
        return []
    words = strongest(published, *at)
    summaries = {
        row[0]: row[1:]
        for row in published.rows(
            f"SELECT cluster, size, effect, purity_class, stability FROM cluster_summaries WHERE {where}", at
        )
    }
    result = []
    for position, cluster in enumerate(found[0][0]):
        size, mean, purity, stability = summaries[cluster]
        result.append(_Cluster(position + 1, cluster, size, mean or 0.0, purity, stability, words[position][:SHOWN]))
    return result


def _strong(clusters: list[_Cluster]) -> list[_Cluster]:
    """Those whose mean effect is at least half of the largest one's."""
    largest = max(abs(c.effect) for c in clusters)
    return [c for c in clusters if abs(c.effect) >= largest / 2]


def _has_clusters(published: Published) -> bool:
    return published.has("cluster_labels", "cluster_summaries", "block_means", "word_strengths")


def clusters(published: Published) -> str:
    """The word clusters with their effect on the verdict and how far their words agree."""
    found = _clusters(published) if _has_clusters(published) else []
    if not found:
        return absent("word clusters")
    rows = [
        (
            str(c.number),
            integer(c.size),
            signed(c.effect, decimal(c.effect, 2, sign=True)),
            percent(c.purity),
            decimal(c.stability, 2),
            Markup(" ").join(map(word, c.words)),
        )
        for c in found
    ]
    head = ("cloud", "words", "mean effect, log-odds", "same sign", "stability", "its strongest words")
    return table(f"The {CLUSTERS} word clouds, from top to bottom", head, rows, (1, 2, 3, 4), (5,))


def clusters_conclusion(published: Published) -> str:
    """How cleanly the clouds that push the verdict separate the two directions."""
    found = _clusters(published) if _has_clusters(published) else []
    if not found:
        return absent("word clusters")
    strong = _strong(found)
    purities = [c.purity for c in strong]
    low, high = percent(min(purities)), percent(max(purities))
    agreeing = low if low == high else f"{low} to {high}"
    up = [str(c.number) for c in strong if c.effect > 0]
    down = [str(c.number) for c in strong if c.effect < 0]
    sides = [
        filled("{} {} towards {}", _clouds(n), listing(n), side)
        for n, side in ((up, "positive"), (down, "negative"))
        if n
    ]
    return paragraph(
        filled(
            "Of the {} clouds, {} push the verdict at least half as hard as the strongest one: {}. In each of these, "
            "{} of the words push the same way.",
            *(CLUSTERS, len(strong), listing(sides), agreeing),
        )
    )


def _clouds(numbers: list[str]) -> str:
    return "cloud" if len(numbers) == 1 else "clouds"


@dataclass(frozen=True)
class _Context:
    count: int
    norm: float
    norm_error: float | None
    push: float
    push_error: float | None


def _contexts(published: Published) -> dict[str, dict[str, _Context]]:
    """Word → context → what was measured there."""
    found: dict[str, dict[str, _Context]] = {}
    if not published.has("word_in_context"):
        return found
    query = (
        "SELECT text, context, c.count, c.norm, norm_standard_error, c.push, push_standard_error "
        "FROM word_in_context c JOIN words USING (word_id) WHERE list_contains(?, text)"
    )
    for name, context, *values in published.rows(query, (list(WORDS),)):
        found.setdefault(name, {})[context] = _Context(*values)
    return {name: found[name] for name in WORDS if name in found}


def contexts(published: Published) -> str:
    """How far a word moves the state, and the verdict, after a positive and after a negative context."""
    found = _contexts(published)
    if not found:
        return absent("words in two contexts")
    rows = [
        (
            word(name),
            context,
            integer(c.count),
            with_error(c.norm, c.norm_error),
            signed(c.push, with_error(c.push, c.push_error, 3, sign=True)),
        )
        for name, both in found.items()
        for context in ("positive", "negative")
        if (c := both.get(context))
    ]
    head = ("word", "context before it", "uses", "response norm", "push on the verdict, log-odds")
    return table("Means ± one standard error over all uses in the measured text", head, rows, (2, 3, 4))


def contexts_conclusion(published: Published) -> str:
    """In which context each word does more, if it does."""
    said = []
    for name, both in _contexts(published).items():
        if set(both) != {"positive", "negative"}:
            continue
        after, other = both["positive"], both["negative"]
        norm, by = _compared(after.norm, after.norm_error, other.norm, other.norm_error, "larger", "smaller")
        push, push_by = _compared(after.push, after.push_error, other.push, other.push_error, "higher", "lower")
        said.append(
            paragraph(
                filled(
                    "{}: the response norm is {} after a positive context than after a negative one (difference {}). "
                    "The push on the verdict is {} after a positive context (difference {}).",
                    *(word(name), norm, by, push, push_by),
                )
            )
        )
    return Markup().join(said) or absent("words in two contexts")


def _compared(
    a: float, a_error: float | None, b: float, b_error: float | None, more: str, less: str
) -> tuple[str, str]:
    """How `a` compares with `b` in a word, or "not clearly" so within the noise; and by how much."""
    difference = a - b
    direction = more if difference > 0 else less
    if a_error is None or b_error is None:
        return f"perhaps {direction}", f"{decimal(difference, 3, sign=True)}, from too few uses to tell"
    error = math.hypot(a_error, b_error)
    shown = with_error(difference, error, 3, sign=True)
    return (direction if abs(difference) > CLEAR * error else f"not clearly {more} or {less}"), shown


def quality(published: Published) -> str:
    """How much of the responses the drawn clusters explain, and how far two halves of the text agree."""
    if not published.has("cluster_quality"):
        return absent("figures of quality")
    query = (
        "SELECT selection, held_out_r2, bound, sign_coherence, ari_words, ari_units "
        "FROM cluster_quality WHERE method = ? AND k = ? ORDER BY selection DESC"
    )
    rows = [
        (text(name), percent(r2), percent(bound), decimal(coherence, 2), decimal(words, 2), decimal(units, 2))
        for name, r2, bound, coherence, words, units in published.rows(query, (METHOD, CLUSTERS))
    ]
    head = ("words", "explained, held out", "at best", "sign coherence", "ARI, words", "ARI, units")
    return table(f"The clustering into {CLUSTERS} groups", head, rows, (1, 2, 3, 4, 5))
