"""Running text as Penn Treebank language modelling reads it (Mikolov et al. 2010): sentences of lower-case words.

Numbers become `N`, punctuation is dropped, and every sentence ends in `<eos>`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import regex

from rnnvis.text.tokenizer import Tokens, tokenize

END = "<eos>"
NUMBER = "N"

_NUMERIC = regex.compile(r"(?:\d[\d.,:/\u066b\u066c]*|[¼½¾])+")
_CLOSING = r"""["')\]}\u201d\u2019»」』）】]*"""
_BORDER = regex.compile(
    rf"""[.?!]{_CLOSING}\s+(?=["'(\u201c\u2018«¿¡]*[\p{{Lu}}\p{{Lt}}\p{{Lo}}\p{{N}}$])"""
    rf"""|(?![.?!])\p{{Sentence_Terminal}}+{_CLOSING}\s*(?=\S)"""
)
_UNFINISHED = regex.compile(
    r"(?:^|[\s(\"'\u201c])"
    r"(?:(?:Mr|Mrs|Ms|Messrs|Dr|St|Nos?|Gen|Lt|Col|Capt|Sgt|Sen|Rep|Gov|Hon|Prof|Jr|Sr|Art|Sec|Vol|Adm|Maj|Mt|Ft|vs)"
    r"|(?:\p{Lu}\.)*\p{Lu})\.$"
)


def split_sentences(paragraph: str) -> Iterator[str]:
    """The sentences of a paragraph, by the marks that Unicode knows as ends of sentences, in any script.

    After . ? ! a capital letter, a letter of a script without capitals or a number has to follow, and abbreviations
    end nothing; after other marks (。 ؟ ।) whatever follows begins a sentence.
    """
    start = 0
    for border in _BORDER.finditer(paragraph):
        if not _UNFINISHED.search(paragraph[start : border.start() + 1]):
            yield paragraph[start : border.end()].strip()
            start = border.end()
    if rest := paragraph[start:].strip():
        yield rest


def penn_words(text: str, read: Callable[[str], Tokens] = tokenize) -> Tokens:
    """The words of one sentence as (surface, word), `<eos>` last; empty where there is no word.

    `read` gives the tokens of which numbers become `N` and punctuation is dropped.
    """
    words = [
        (surface, NUMBER if _NUMERIC.fullmatch(word) else word)
        for surface, word in read(text)
        if any(map(str.isalnum, word)) or word in ("$", "%", "&")
    ]
    return ended(words)


def ended(words: Tokens) -> Tokens:
    """`words` with `<eos>` behind them; none where there are none."""
    return [*words, (END, END)] if words else []
