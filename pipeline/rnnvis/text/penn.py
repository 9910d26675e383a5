"""Running text as Penn Treebank language modelling reads it (Mikolov et al. 2010): sentences of lower-case words.

Numbers become `N`, punctuation is dropped, and every sentence ends in `<eos>`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rnnvis.text.tokenizer import tokenize

END = "<eos>"
NUMBER = "N"

_NUMERIC = re.compile(r"(?:\d[\d.,:/]*|[¼½¾])+")
_BORDER = re.compile(r"""[.?!]["')\]\u201d\u2019]*\s+(?=["'(\u201c\u2018]*[A-Z0-9$])""")
_UNFINISHED = re.compile(
    r"(?:^|[\s(\"'\u201c])"
    r"(?:(?:Mr|Mrs|Ms|Messrs|Dr|St|Nos?|Gen|Lt|Col|Capt|Sgt|Sen|Rep|Gov|Hon|Prof|Jr|Sr|Art|Sec|Vol|Adm|Maj|Mt|Ft|vs)"
    r"|(?:[A-Z]\.)*[A-Z])\.$"
)


def split_sentences(paragraph: str) -> Iterator[str]:
    """The sentences of a paragraph: cut after . ? ! before a capital letter or a number, not after abbreviations."""
    start = 0
    for border in _BORDER.finditer(paragraph):
        if not _UNFINISHED.search(paragraph[start : border.start() + 1]):
            yield paragraph[start : border.end()].strip()
            start = border.end()
    if rest := paragraph[start:].strip():
        yield rest


def penn_words(text: str) -> list[tuple[str, str]]:
    """The words of one sentence as (surface, word), `<eos>` last; empty where there is no word."""
    words = [
        (surface, NUMBER if _NUMERIC.fullmatch(word) else word)
        for surface, word in tokenize(text)
        if any(map(str.isalnum, word)) or word in ("$", "%", "&")
    ]
    return [*words, (END, END)] if words else []
