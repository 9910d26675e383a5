"""What was found, as tables and as sentences whose numbers and directions come from the published tables."""

from __future__ import annotations

import math
from dataclasses import dataclass
from urllib.parse import quote

import numpy as np

from rnnvis.measures.sequences import glyphs
from rnnvis.stages.markup import (
    absent,
    decimal,
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
from rnnvis.stages.published import Published

WORDS = ("though", "but")
CLUSTERS = 8
SELECTION = "reliable"
METHOD = "block"
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
    found = published.rows(f'SELECT ids, labels, "order" FROM cluster_labels WHERE {where}', at)
    if not found:
        return []
    ids, labels, order = found[0]
    effect: dict[int, float] = dict(published.rows("SELECT word_id, effect FROM word_effects"))
    name: dict[int, str] = dict(published.rows("SELECT word_id, text FROM words"))
    summaries = {
        row[0]: row[1:]
        for row in published.rows(
            f"SELECT cluster, size, effect, purity_class, stability FROM cluster_summaries WHERE {where}", at
        )
    }
    members: dict[int, list[int]] = {}
    for word_id, label in zip(ids, labels, strict=True):
        members.setdefault(label, []).append(word_id)
    result = []
    for position, cluster in enumerate(order):
        size, mean, purity, stability = summaries[cluster]
        sign = math.copysign(1, mean or 0)
        strongest = sorted(members.get(cluster, []), key=lambda i: (-sign * effect.get(i, 0), i))[:8]
        words = [name[i] for i in strongest]
        result.append(_Cluster(position + 1, cluster, size, mean or 0.0, purity, stability, words))
    return result


def _strong(clusters: list[_Cluster]) -> list[_Cluster]:
    """Those whose mean effect is at least half of the largest one's."""
    largest = max(abs(c.effect) for c in clusters)
    return [c for c in clusters if abs(c.effect) >= largest / 2]


def _has_clusters(published: Published) -> bool:
    return published.has("cluster_labels", "cluster_summaries", "word_effects")


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
            " ".join(map(word, c.words)),
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
    sides = [f"{_clouds(n)} {listing(n)} towards {side}" for n, side in ((up, "positive"), (down, "negative")) if n]
    return paragraph(
        f"Of the {CLUSTERS} clouds, {len(strong)} push the verdict at least half as hard as the strongest one: "
        f"{listing(sides)}. In each of these, {agreeing} of the words push the same way."
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
                f"{word(name)}: the response norm is {norm} after a positive context than after a negative one "
                f"(difference {by}). The push on the verdict is {push} after a positive context "
                f"(difference {push_by})."
            )
        )
    return "".join(said) or absent("words in two contexts")


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


@dataclass(frozen=True)
class _Probe:
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


def _probes(published: Published) -> list[_Probe]:
    """Every probe sentence that has a reversed twin, each at its first use of the first of `WORDS`."""
    names = published.dataset.get("probes", {})
    pairs = [n for n in names if f"{n}-reversed" in names]
    if not published.has("steps", "states"):
        return []
    probes = [_probe(published, name, names[name]) for n in pairs for name in (n, f"{n}-reversed")]
    return [p for p in probes if p]


def _probe(published: Published, name: str, key: str) -> _Probe | None:
    found = published.rows("SELECT sentence_id, text, surface FROM sentences WHERE key = ?", (key,))
    if not found:
        return None
    number, sentence, surface = found[0]
    step = next((i for i, token in enumerate(surface) if token.lower() == WORDS[0]), None)
    rows = published.rows("SELECT p_class, push, surprise FROM steps WHERE sentence_id = ? ORDER BY step", (number,))
    values = published.rows("SELECT value FROM states WHERE sentence_id = ? ORDER BY step", (number,))
    if step is None or step == 0 or len(rows) != len(surface) or len(values) != len(surface) or rows[0][0] is None:
        return None
    states = np.array([row[0] for row in values], dtype=np.float64)
    index = [s["name"] for s in published.model["states"]].index(published.state["name"])
    p = [row[0][1] for row in rows]
    surprise = rows[step][2]
    return _Probe(
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
    probes = _probes(published)
    if not probes:
        return absent("pair of probe sentences")
    rows = [
        (
            word(p.sentence),
            f"{decimal(p.before, 2)} → {decimal(p.after, 2)}",
            decimal(p.end, 2),
            signed(p.push, decimal(p.push, 2, sign=True)),
            decimal(p.norm, 3),
            "–" if p.surprise is None else f"{p.surprise:.0f} %",
        )
        for p in probes
    ]
    head = ("sentence", f"P(positive) at {word(WORDS[0])}", "at the end", "push, log-odds", "response norm", "surprise")
    return table(f"“{WORDS[0]}” in both orders", head, rows, (1, 2, 3, 4, 5), (0,))


def pair_conclusion(published: Published) -> str:
    """In which order of the two clauses the word moved the memory further, and what it did to the verdict."""
    probes = _probes(published)
    said = []
    for first, second in zip(probes[::2], probes[1::2], strict=True):
        further = "further" if first.norm > second.norm else "less far"
        pushes = [decimal(p.push, 2, sign=True) for p in (first, second)]
        same = pushes[0] == pushes[1]
        pushed = f"{pushes[0]} log-odds in both" if same else f"{pushes[0]} against {pushes[1]} log-odds"
        said.append(
            paragraph(
                f"In {word(first.sentence)} the memory moved {further} at {word(WORDS[0])} than in the other order "
                f"({decimal(first.norm, 3)} against {decimal(second.norm, 3)}); the push on the verdict was {pushed}."
            )
        )
    return "".join(said) or absent("pair of probe sentences")


def pair_explorers(published: Published) -> str:
    """Two live explorers: the pair that the default view belongs to, else the first, with the word pinned."""
    probes = _probes(published)
    if not probes:
        return absent("pair of probe sentences")
    shown = (published.dataset.get("view") or {}).get("sentence")
    at = next((i for i, p in enumerate(probes) if p.key == shown), 0) // 2 * 2
    pair = probes[at : at + 2]
    alone = "".join(
        f'<rnnvis-explorer layout="hero" explorer="../../explorer/" model="{text(published.model["name"])}" '
        f'sentence="{text(p.name)}" step="{p.step}" k="{CLUSTERS}" words="{WORDS[0]}"></rnnvis-explorer>\n'
        f'<p class="rv-note">{word(p.sentence)}</p>\n'
        for p in pair
    )
    return alone + (_side_by_side(published, *pair) if len(pair) == 2 else "")


def _side_by_side(published: Published, first: _Probe, second: _Probe) -> str:
    """A link to the explorer with both sentences, their words on one row."""
    names = (published.dataset["name"], published.model["name"], published.state["name"])
    dataset, model, state = (quote(name, safe="") for name in names)
    view = f"d={dataset}&m={model}&s={state}&g={METHOD}.reliable&k={CLUSTERS}"
    at = f"q={first.key}&t={first.step}&q2={second.key}&t2={second.step}"
    address = text(f"../../explorer/#v1={view}&{at}")
    return f'<p class="rv-note"><a href="{address}">Both sentences side by side in the explorer</a></p>\n'


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


def reading(published: Published) -> str:
    """What the word did at the default view's step: the last stop of the walk through the picture."""
    shown = (published.dataset.get("view") or {}).get("sentence")
    probe = next((p for p in _probes(published) if p.key == shown), None)
    found = published.rows(
        "SELECT labels, \"order\" FROM cluster_labels WHERE method = ? AND selection = ? AND k = ? AND side = 'units'",
        (METHOD, SELECTION, CLUSTERS),
    )
    if probe is None or not found:
        return absent("default view")
    labels, order = np.array(found[0][0]), list(found[0][1])
    drawn = glyphs(probe.states, labels, CLUSTERS)
    delta = probe.states[probe.step] - probe.states[probe.step - 1]
    mean = {order.index(c) + 1: float(delta[labels == c].mean()) for c in order if (labels == c).any()}
    up, down = max(mean, key=lambda n: mean[n]), min(mean, key=lambda n: mean[n])
    before = np.abs(probe.states[probe.step - 1]).sum()
    kept = drawn.kept[probe.step].sum() / before
    rose = f"Chip {up} rose most ({decimal(mean[up], 3, sign=True)} on average)"
    fell = f"chip {down} {'fell most' if mean[down] < 0 else 'rose least'} ({decimal(mean[down], 3, sign=True)})"
    surprise = "–" if probe.surprise is None else f"{probe.surprise:.0f} %"
    return paragraph(
        f"At {word(probe.surface[probe.step])}, P(positive) was {decimal(probe.before, 2)} before and "
        f"{decimal(probe.after, 2)} after it, a push of {decimal(probe.push, 2, sign=True)} log-odds. "
        f"Of the memory before it, {percent(kept)} was kept. {rose} and {fell}. Among all uses of the word in the "
        f"corpus, {surprise} changed the memory in a way closer to the usual one than this use did."
    )
