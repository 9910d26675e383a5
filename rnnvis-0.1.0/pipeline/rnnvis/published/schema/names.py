"""What the viewer calls the values of text columns: declared here, and nowhere in the viewer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Feature:
    """A feature of a step: what it is called, and what it is in full.

    A value of it is said as `value` has it, which holds the placeholder `{value}`; `values` has those said otherwise.
    """

    title: str
    about: str
    value: str = "{value}"
    values: Mapping[str, str] = field(default_factory=dict)


FEATURES: dict[str, Feature] = {
    "part_of_speech": Feature(
        "Part of speech",
        "part of speech of the word",
        "{value}s",
        {"other": "other words", "punctuation": "punctuation"},
    ),
    "label": Feature("Label", "label of the sentence"),
    "position": Feature("Position", "position in the sentence", "word {value}"),
}
"""Of the column `feature` of `selectivity`, in the order shown."""


@dataclass(frozen=True)
class Text:
    """Text on which the loss without a chip is compared: its name, and what stands above texts of this kind.

    The name may hold the placeholders `{label}` and `{number}`, the drawn number of a word cluster; `guesses` is the
    heading where each step is answered, as in a language model.
    """

    name: str
    heading: str = ""
    guesses: str = ""


ABLATED: dict[str, Text] = {
    "all": Text("All text"),
    "class": Text("{label}", "Sentences labelled"),
    "words": Text("Words {number}", "Sentences with a word of these clouds", "Where a word of these clouds came next"),
}
"""Of the column `subject` of `cluster_ablation`, in the order shown."""

GATES: dict[str, str] = {
    "i": "Input gate",
    "f": "Forget gate",
    "o": "Output gate",
    "r": "Reset gate",
    "z": "Update gate",
}
"""Of the column `gate` of `gates`; a gate without a name is called by its letter."""

METHODS: dict[str, str] = {
    "block": "signed response",
    "direction": "signed response, loudness aside",
    "spectral": "spectral",
    "modularity": "modularity",
    "rnnvis": "size, as RNNVis",
}
"""How units and words were grouped."""

SELECTIONS: dict[str, str] = {"reliable": "clearest responses", "frequent": "most frequent"}
"""Which words took part."""
