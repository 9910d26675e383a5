"""The case study of the cells: every language model of a dataset side by side, from the tables of results."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from markupsafe import Markup

from rnnvis.errors import RnnvisError
from rnnvis.recipes.steps.cell_results import METHOD, SELECTION, STRONGEST
from rnnvis.recipes.study import results
from tools.website.markup import (
    absent,
    decimal,
    filled,
    integer,
    listing,
    paragraph,
    percent,
    piece,
    table,
    text,
    untold,
    word,
)

DATASET, REVIEWS = "speeches", "reviews"
Table = dict[str, Any]


@dataclass(frozen=True)
class Cells:
    """The tables of results of one dataset, and the models of it that this site shows; tables may be missing."""

    perplexity: Table | None
    measures: Table | None
    published: Table | None
    reviews: Table | None = None

    @staticmethod
    def read(datasets: Path, manifest: Mapping[str, Any]) -> Cells:
        """What lies in `datasets`, a folder of datasets, and in a published manifest."""
        folder = datasets / DATASET / "results"
        perplexity, measures = (_table(folder / f"{name}.json") for name in ("perplexity", "measures"))
        published = next((d for d in manifest["datasets"] if d["name"] == DATASET), None)
        return Cells(perplexity, measures, published, _table(datasets / REVIEWS / "results" / "seeds.json"))

    @property
    def models(self) -> list[str]:
        """Models with a perplexity, the best test perplexity last."""
        found = (self.perplexity or {}).get("models", {})
        return sorted(found, key=lambda name: -found[name]["over_seeds"]["test"]["mean"])

    @property
    def best(self) -> str | None:
        """The model with the best validation perplexity among those that were measured."""
        found = (self.perplexity or {}).get("models", {})
        measured = [name for name in found if name in (self.measures or {}).get("models", {})]
        return min(measured, key=lambda name: found[name]["over_seeds"]["valid"]["mean"], default=None)

    def title(self, name: str) -> str:
        """How a model is called."""
        of = (self.measures or {}).get("models", {}).get(name)
        return str(of["title"]) if of else name

    def shown(self, name: str) -> Table | None:
        """The model as it is published here, if it is."""
        models = (self.published or {}).get("models", [])
        return next((model for model in models if model["name"] == name), None)

    def states(self) -> Iterator[tuple[str, str, list[Table]]]:
        """Model, state and what was measured of it for each seed; the hidden state that is read comes first."""
        for name in self.models:
            seeds = (self.measures or {}).get("models", {}).get(name, {}).get("seeds", [])
            for state in seeds[0]["states"] if seeds else ():
                yield name, state, [seed["states"][state] for seed in seeds]


def _table(path: Path) -> Table | None:
    try:
        return results.read(path)
    except RnnvisError:
        return None


def perplexity(cells: Cells) -> str:
    """Test perplexity of every model, mean over its seeds, beside n-grams on the same words."""
    if cells.perplexity is None:
        return untold("language models")
    rows = []
    for name, of in cells.perplexity["baselines"].items():
        rows.append((text(name), "", "", decimal(of["test"]["perplexity"], 1), "", "", ""))
    for name in cells.models:
        of = cells.perplexity["models"][name]
        over, seeds = of["over_seeds"]["test"], of["seeds"]
        minutes = [seed["minutes"]["processor"] for seed in seeds if "minutes" in seed]
        rows.append(
            (
                text(cells.title(name)),
                integer(len(seeds)),
                integer(seeds[0]["parameters"]),
                decimal(over["mean"], 1),
                _ends(over["smallest"], over["largest"], 1) if len(seeds) > 1 else "",
                percent(over["below_rival"]),
                decimal(float(np.mean(minutes)), 0) if minutes else "–",
            )
        )
    rival = next(iter(cells.perplexity["models"].values()))["rival"]
    head = (
        "model",
        "seeds",
        "parameters",
        "test perplexity",
        "over seeds",
        f"below {rival}",
        "minutes a training",
    )
    words = cells.perplexity["corpus"]["words"]
    caption = f"Perplexity on {integer(words['test'])} held-out words, after training on {integer(words['train'])}"
    shown = table(caption, head, rows, (1, 2, 3, 4, 5, 6))
    lacking = cells.perplexity.get("missing") or {}
    if not lacking:
        return shown
    said = [f"{name} ({', '.join(map(str, seeds))})" for name, seeds in sorted(lacking.items())]
    return shown + paragraph(
        filled("Seeds that the cards ask for and nobody has trained yet: {}.", listing(said)), "rv-note"
    )


def reviews(cells: Cells) -> str:
    """Test accuracy of a classifier with each cell, mean over its seeds, beside words counted without their order."""
    if cells.reviews is None:
        return untold("classifiers")
    rows = []
    for of in sorted(cells.reviews["models"].values(), key=lambda of: -of["mean"]["test"]["accuracy"]):
        found = [100 * seed["test"]["accuracy"] for seed in of["seeds"]]
        against = [100 * of["against"][name] for name in ("difference", "low", "high")]
        rows.append(
            (
                text(of["config"]["title"]),
                integer(len(found)),
                integer(of["seeds"][0]["parameters"]),
                percent(of["mean"]["test"]["accuracy"], 1),
                _ends(min(found), max(found), 1) if len(found) > 1 else "",
                f"{decimal(against[0], 1, sign=True)} ({decimal(against[1], 1, sign=True)} to "
                f"{decimal(against[2], 1, sign=True)})",
            )
        )
    rival = next(iter(cells.reviews["models"].values()))["against"]["baseline"]
    head = ("model", "seeds", "parameters", "test accuracy", "over seeds", f"points above {rival}, 95 % interval")
    caption = f"Accuracy on {integer(cells.reviews['corpus']['sentences']['test'])} held-out sentences of reviews"
    return table(caption, head, rows, (1, 2, 3, 4, 5))


def reproduced(cells: Cells) -> str:
    """Which rows of the tables come from models that this very site shows."""
    if cells.perplexity is None:
        return untold("language models")
    here: list[str] = []
    other: list[str] = []
    for name in cells.models:
        model = cells.shown(name)
        known = {seed["sha256"] for seed in cells.perplexity["models"][name]["seeds"]}
        if model is None:
            continue
        (here if model["provenance"].get("sha256") in known else other).append(_link(cells, name))
    if not here and not other:
        return paragraph(
            filled(
                "This build of the site holds none of these models: their figures come from the tables of results that "
                "the project keeps. <code>make demo-lm</code> trains the quick one, <code>rnnvis regenerate "
                "speeches</code> all of them."
            ),
            "rv-note",
        )
    said = []
    if here:
        said.append(filled("This build trained or holds {} with exactly the weights of the table.", listing(here)))
    if other:
        said.append(
            filled("It holds {} with other weights than the table's: another machine or version.", listing(other))
        )
    rest = [text(cells.title(name)) for name in cells.models if cells.shown(name) is None]
    if rest:
        said.append(filled("Not in this build: {}.", listing(rest)))
    return paragraph(Markup(" ").join(said), "rv-note")


def _link(cells: Cells, name: str, said: str | None = None, k: int | None = None) -> str:
    """A link to a model of this build, in HTML: its title or what is `said`, at `k` clusters or as many as are told."""
    view = (cells.published or {}).get("view") or {}
    clusters = k or (cells.measures or {}).get("k", view.get("k"))
    parts = {"d": DATASET, "m": name, "g": f"{METHOD}.{SELECTION}", "k": clusters}
    parts |= {"q": view.get("sentence"), "t": view.get("step")}
    chosen = "&".join(f"{key}={quote(str(value), safe='')}" for key, value in parts.items() if value is not None)
    address = f"../../explorer/#v1={chosen}"
    return piece("link", address, text(said or cells.title(name)))


@dataclass(frozen=True)
class _Measure:
    title: str
    value: Callable[[Table], float | None]
    digits: int
    share: bool = False

    def shown(self, seeds: list[Table]) -> str:
        found = [value for seed in seeds if (value := self.value(seed)) is not None]
        if not found:
            return "–"
        mean = float(np.mean(found))
        said = percent(mean, self.digits) if self.share else decimal(mean, self.digits)
        if len(found) < 2:
            return said
        scale = 100 if self.share else 1
        return piece("value_and_range", said, _ends(min(found) * scale, max(found) * scale, self.digits))


def _ends(low: float, high: float, digits: int) -> str:
    return f"{decimal(low, digits)}–{decimal(high, digits)}"


def _figure(name: str) -> Callable[[Table], float | None]:
    return lambda state: state["figures"].get(name, (None, None))[0]


def _quality(name: str) -> Callable[[Table], float | None]:
    return lambda state: state["quality"].get(SELECTION, {}).get(name)


MEASURES = (
    _Measure("saturation, |h| > 0.9", _figure("saturation"), 1, share=True),
    _Measure("saturated units", _figure("saturated_units"), 1, share=True),
    _Measure("median time-scale, words", _figure("time_scale_median"), 2),
    _Measure("kept per word", _figure("kept_per_step"), 1, share=True),
    _Measure("change per word and unit", _figure("change_per_step"), 3),
    _Measure("sparsity: units that a word moves", _figure("sparsity_of_words"), 3),
    _Measure("sparsity: words that move a unit", _figure("sparsity_of_units"), 3),
    _Measure("effective dimension, states", _figure("effective_dimension_states"), 1),
    _Measure("effective dimension, responses", _figure("effective_dimension_responses"), 1),
    _Measure("forget or update gate open", lambda s: _keep(s, "open"), 1, share=True),
    _Measure("forget or update gate closed", lambda s: _keep(s, "closed"), 1, share=True),
    _Measure("linear probe, part of speech", _figure("probe_part_of_speech"), 1, share=True),
    _Measure("the same, shuffled", _figure("probe_part_of_speech_shuffled"), 1, share=True),
    _Measure("clusters explain, held out", _quality("held_out_r2"), 0, share=True),
    _Measure("at best", _quality("bound"), 0, share=True),
    _Measure("sign coherence", _quality("sign_coherence"), 2),
    _Measure("ARI of words, halves", _quality("ari_words"), 2),
    _Measure("purity of the clouds", _quality("purity_part_of_speech"), 1, share=True),
    _Measure("the same, shuffled ", _quality("purity_shuffled"), 1, share=True),
)


def _keep(state: Table, what: str) -> float | None:
    figures = state["figures"]
    found = figures.get(f"gate_f_{what}", figures.get(f"gate_z_{what}"))
    return None if found is None else found[0]


def measures(cells: Cells) -> str:
    """Every measure of every state, mean over the seeds, from the smallest to the largest below."""
    columns = list(cells.states())
    if not columns:
        return untold("the states of language models")
    head = ("", *(piece("two_lines", text(cells.title(name)), _kind(state)) for name, state, _ in columns))
    rows = [(text(measure.title), *(measure.shown(seeds) for _, _, seeds in columns)) for measure in MEASURES]
    clusters = (cells.measures or {})["k"]
    caption = f"Mean over the seeds, smallest and largest below it; clusters: method {METHOD}, k = {clusters}"
    return table(caption, head, rows, range(1, len(head)))


def _kind(state: str) -> str:
    kinds = {"h": "hidden state", "c": "cell state", "n": "normaliser"}
    return kinds.get(state.rsplit(".", 1)[1], text(state))


def _best_clouds(cells: Cells) -> tuple[str, Table] | None:
    """The best model, and the clouds of the state that its output reads."""
    if cells.best is None:
        return None
    states = (cells.measures or {})["models"][cells.best]["seeds"][0]["states"]
    found = [of for name, of in states.items() if name.endswith(".h") and of.get("clouds")]
    return (cells.best, found[-1]) if found else None


def clouds(cells: Cells) -> str:
    """The word clouds of the best model: their commonest part of speech and their words of the largest response."""
    found = _best_clouds(cells)
    if found is None:
        return untold("the word clouds of a language model")
    name, of = found
    rows = []
    for number, cloud in enumerate(of["clouds"], 1):
        parts = cloud["parts"]
        commonest = next(iter(parts), "")
        share = parts[commonest] / sum(parts.values()) if parts else None
        strongest = Markup(" ").join(map(word, cloud["words"][:STRONGEST]))
        said = filled("{}, {}", text(commonest), percent(share)) if parts else "–"
        rows.append((str(number), integer(len(cloud["words"])), said, decimal(cloud["stability"], 2), strongest))
    head = ("cloud", "words", "commonest part of speech", "stability", "words of the largest response")
    caption = f"Word clouds of {cells.title(name)}, hidden state, from top to bottom"
    return table(caption, head, rows, (1, 3), (4,))


def kinds(cells: Cells) -> str:
    """In which cloud of the best model each kind of words is, beside what chance would give."""
    found = _best_clouds(cells)
    if found is None:
        return untold("the word clouds of a language model")
    name, here = found[0], cells.shown(found[0]) is not None

    def cloud(of: Table) -> str:
        said = f"{of['cloud']} of {of['k']}"
        return _link(cells, name, said, of["k"]) if here else said

    rows = [
        (
            text(kind),
            integer(of["words"]),
            cloud(of),
            percent(of["of_kind"]),
            percent(of["of_cluster"]),
            decimal(of["f1"], 2),
            decimal(of["chance"], 2),
            Markup(" ").join(map(word, of["strongest"])),
        )
        for kind, of in sorted(found[1]["kinds"].items(), key=lambda item: item[1]["chance"] - item[1]["f1"])
    ]
    shares = ("of the kind in it", "of the cloud of this kind", "F₁", "F₁ by chance")
    head = ("kind", "words", "cloud", *shares, "its words of the largest response")
    return table(f"Where the kinds of words are, {cells.title(name)}", head, rows, range(1, 7), (7,))


def purity(cells: Cells) -> str:
    """How far the best model's clouds are parts of speech, in a sentence."""
    found = _best_clouds(cells)
    if found is None:
        return untold("the word clouds of a language model")
    of = found[1]["quality"][SELECTION]
    pure, shuffled = of["purity_part_of_speech"], of["purity_shuffled"]
    return paragraph(
        f"Of the clustered words, {percent(pure, 1)} have the part of speech that is commonest in their cloud; with "
        f"the parts of speech shuffled among the words it would be {percent(shuffled, 1)}."
    )


def explorer(cells: Cells) -> str:
    """A link to the best of the models that this site shows."""
    shown = [name for name in cells.models if cells.shown(name) is not None]
    if not shown:
        return absent("language model to look at")
    name = shown[-1]
    return paragraph(filled("Look at {} in the explorer.", _link(cells, name)), "rv-note")
