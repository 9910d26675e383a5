"""Corpora, one file for each kind of source. A new kind is its own file and its line in `FILE_KINDS`."""

from __future__ import annotations

from rnnvis.text.kinds import conll, imdb, parallel, ptb, running, table, trees, uci_sentences, yelp
from rnnvis.text.reading import FileKind

_IN_ORDER = (  # what a path is guessed to be: the first that fits
    yelp.KIND,
    imdb.KIND,
    uci_sentences.KIND,
    ptb.KIND,
    parallel.KIND,
    trees.KIND,
    conll.UNIVERSAL,
    conll.TAGGED,
    running.KIND,
    table.KIND,
)
FILE_KINDS: dict[str, FileKind] = {kind.name: kind for kind in _IN_ORDER}
