"""Sentences into words: contractions are split (`do n't`), letters with accents and emoji stay whole."""

from __future__ import annotations

import re
import unicodedata

_MARK = "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff"  # accents written as characters of their own
_LETTER = rf"[^\W_][{_MARK}]*"
_APOSTROPHE = "['\u2019\u02bc]"
_PICTURE = (
    "\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u27bf\u2934\u2935\u2b05-\u2b55"
    "\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
)
_MODIFIER = "\ufe0f\u20e3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f"
_FLAG = "[\U0001f1e6-\U0001f1ff]{2}"
_EMOJI = rf"{_FLAG}|[0-9#*]\ufe0f?\u20e3|[{_PICTURE}][{_MODIFIER}]*(?:\u200d[{_PICTURE}][{_MODIFIER}]*)*"
_EMOTICON = r"(?<![\w])[:;=]['\u2019]?[-o]?[)(\]\[DPp|](?!\w)"

_TOKEN = re.compile(
    rf"""
      (?P<emoji>{_EMOJI})
    | (?P<emoticon>{_EMOTICON})
    | (?P<initials>(?:(?<!\w)[^\W\d_]\.){{2,}})               # J.R.R., U.S.
    | (?P<number>\d+(?:[.,:]\d+)+(?!\w))                      # 1,000  3.5  7:30
    | (?P<word>(?:{_LETTER})+(?:{_APOSTROPHE}(?:{_LETTER})+)*)
    | (?P<clitic>{_APOSTROPHE}(?:em|tis|twas|\d0s)(?!\w))     # 'em, '70s
    | (?P<dots>\.{{2,}}|\u2026)
    | (?P<dash>-{{2,}}|[\u2013\u2014])
    | (?P<quote>''|``|["\u201c\u201d\u201e])
    | (?P<other>\S)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_CONTRACTION = re.compile(rf"(?P<stem>.+?)(?P<end>n{_APOSTROPHE}t|{_APOSTROPHE}(?:s|m|d|ll|re|ve))$", re.IGNORECASE)
_NORMAL = {"dots": "...", "dash": "--", "quote": '"'}


def tokenize(text: str) -> list[tuple[str, str]]:
    """The tokens of `text` in order, each as (surface, word).

    `surface` is the piece of `text` itself; `word` is what is counted and looked up: lower case, Unicode NFC, a
    straight apostrophe, one spelling for ellipses, dashes and double quotes.
    """
    tokens: list[tuple[str, str]] = []
    for match in _TOKEN.finditer(text):
        kind, surface = str(match.lastgroup), match.group()
        if kind == "word":
            tokens += [(piece, _normal(piece)) for piece in _pieces(surface)]
        else:
            tokens.append((surface, _NORMAL.get(kind) or _normal(surface)))
    return tokens


def _pieces(word: str) -> list[str]:
    match = _CONTRACTION.fullmatch(word)
    if not match:
        return [word]
    return [*_pieces(match["stem"]), match["end"]]


def _normal(token: str) -> str:
    return unicodedata.normalize("NFC", token).lower().replace("\u2019", "'").replace("\u02bc", "'")
