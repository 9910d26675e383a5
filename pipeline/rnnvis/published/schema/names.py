"""What the viewer calls the values of text columns: declared here, and nowhere in the viewer."""

from __future__ import annotations

FEATURES: dict[str, tuple[str, str]] = {
    "part_of_speech": ("Part of speech", "part of speech of the word"),
    "label": ("Label", "label of the sentence"),
    "position": ("Position", "position in the sentence"),
}
"""Of the column `feature` of `selectivity`, in the order shown: what it is called, and of what it is in full."""

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
