"""What a corpus consists of: size, balance of the classes, unknown words and lengths of each split, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import regex
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rnnvis.text.corpus import Corpus
from rnnvis.text.reading import Reading
from rnnvis.text.tokenizer import SPACELESS

SPLITS = ("train", "valid", "test")
LEVELS = (0, 5, 25, 50, 75, 95, 100)
UNBALANCED = 1.5  # times an equal share
MANY_UNKNOWN = 0.15
LONG = 500  # tokens
_SPACELESS = regex.compile(rf"[{SPACELESS}]", regex.V1)


@dataclass(frozen=True)
class SplitFigures:
    """One split: sentences, tokens, share of the tokens that are read as unknown (None without tokens), sentences
    of each class and without one, and the lengths in tokens at `LEVELS` percent of the sentences (empty without).
    """

    split: str
    sentences: int
    tokens: int
    unknown: float | None
    of_class: tuple[int, ...]
    unlabelled: int
    lengths: tuple[int, ...]


def figures(corpus: Corpus) -> list[SplitFigures]:
    """The figures of train, valid and test. A length at q % is the smallest that q % of the sentences do not exceed."""
    found = []
    for split in SPLITS:
        ids = corpus.indices(split)
        lengths = np.array([len(corpus.tokens[i]) for i in ids], dtype=np.int64)
        unknown = sum(int((corpus.tokens[i] == corpus.unknown_id).sum()) for i in ids)
        labels = corpus.label[ids]
        found.append(
            SplitFigures(
                split=split,
                sentences=len(ids),
                tokens=int(lengths.sum()),
                unknown=unknown / int(lengths.sum()) if len(ids) else None,
                of_class=tuple(int((labels == c).sum()) for c in range(len(corpus.labels))),
                unlabelled=int((labels < 0).sum()),
                lengths=tuple(np.percentile(lengths, LEVELS, method="inverted_cdf").tolist()) if len(ids) else (),
            )
        )
    return found


def warnings(labels: Sequence[str], found: Sequence[SplitFigures], words: Sequence[str] = ()) -> list[str]:
    """What stands in the way of training, or is worth a thought, in words; `words` is the vocabulary."""
    train = found[0]
    said = [f"The split {f.split} is empty: give more text, or other splits." for f in found if not f.sentences]
    absent = [name for name, n in zip(labels, train.of_class, strict=True) if not n]
    if len(labels) == 1:
        said.append(f"There is only one class, {labels[0]}: a classifier needs two.")
    elif absent:
        said.append(f"No training sentence is labelled {' or '.join(absent)}: a classifier cannot learn that.")
    labelled = sum(train.of_class)
    if len(labels) > 1 and labelled and max(train.of_class) > UNBALANCED * labelled / len(labels):
        share, name = max(zip(train.of_class, labels, strict=True))
        said.append(
            f"{100 * share / labelled:.0f} % of the training sentences are {name}: oversample = true in a model card "
            "repeats those of the other classes, in the training split only."
        )
    spaceless = sum(bool(_SPACELESS.match(word)) for word in words) > len(words) / 2
    if spaceless:
        said.append(
            "Most of this text is in a script without spaces between words (Chinese, Japanese, Thai and others): "
            "each of its characters is a token, and other words are words. To read all of it by characters: "
            '--tokens characters, or tokens = "characters" in [source]; with a segmenter: --tokens segmented.'
        )
    elif any((f.unknown or 0) > MANY_UNKNOWN for f in found[1:]):
        said.append(
            "Many held-out words are unknown: keep rarer words (--minimum-count 1, or vocabulary.minimum_count in "
            "dataset.toml), or give more text."
        )
    if any(f.lengths and f.lengths[-1] > LONG for f in found):
        said.append(
            f"Some sentences have more than {LONG} tokens: --most-tokens, or source.most_tokens, leaves long ones out."
        )
    return said


def show(corpus: Corpus, reading: Reading | None, console: Console) -> None:
    """Print what `corpus` consists of; `reading` adds what was left out of the user's files."""
    found = figures(corpus)
    total = sum(f.sentences for f in found)
    console.print(
        Text(f"{visible(corpus.name)}: {total:,} sentences, {sum(f.tokens for f in found):,} tokens, "),
        Text(f"{len(corpus.vocabulary):,} words in the vocabulary"),
        sep="",
    )
    console.print(_sizes(found))
    if corpus.labels:
        console.print(_balance(corpus.labels, found))
    console.print(_lengths(found))
    if reading:
        _show_left_out(reading, total, console)
    for warning in [*(reading.notes if reading else []), *warnings(corpus.labels, found, corpus.vocabulary)]:
        console.print(Text(f"Note: {visible(warning)}"))


def visible(text: str) -> str:
    """`text` with what a terminal would obey, not show, replaced by U+FFFD."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def _sizes(found: Sequence[SplitFigures]) -> Table:
    table = _table("Size", "split", "sentences", "tokens", "unknown words")
    for f in found:
        table.add_row(
            f.split, f"{f.sentences:,}", f"{f.tokens:,}", "–" if f.unknown is None else f"{100 * f.unknown:.1f} %"
        )
    return table


def _balance(labels: Sequence[str], found: Sequence[SplitFigures]) -> Table:
    table = _table("Balance of the classes", "class", *(f.split for f in found))
    for c, label in enumerate(labels):
        table.add_row(Text(visible(label)), *(_share(f.of_class[c], sum(f.of_class)) for f in found))
    if any(f.unlabelled for f in found):
        table.add_row("without a label", *(f"{f.unlabelled:,}" for f in found))
    return table


def _share(count: int, total: int) -> str:
    return f"{count:,}  {100 * count / total:5.1f} %" if total else "0"


def _lengths(found: Sequence[SplitFigures]) -> Table:
    names = {0: "shortest", 50: "median", 100: "longest"}
    table = _table("Length in tokens", "split", *(names.get(level, f"{level} %") for level in LEVELS))
    for f in found:
        table.add_row(f.split, *(f"{n:,}" for n in f.lengths))
    return table


def _table(title: str, first: str, *others: str) -> Table:
    table = Table(first, title=title, title_justify="left")
    for name in others:
        table.add_column(name, justify="right")
    return table


def _show_left_out(reading: Reading, total: int, console: Console) -> None:
    wordless = len(list(reading.sentences)) - total
    left_out = dict(sorted(reading.left_out.items())) | ({"without a word": wordless} if wordless else {})
    if left_out:
        table = _table("Left out", "reason", "sentences")
        for reason, count in left_out.items():
            table.add_row(reason, f"{count:,}")
        console.print(table)
