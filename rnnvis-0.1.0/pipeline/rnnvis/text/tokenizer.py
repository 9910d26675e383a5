"""Text into tokens: words, as far as a script parts them, else characters.

Words follow Unicode's rules (UAX #29): marks, joiners and format characters belong to the letter before them, and
scripts that write no spaces between words (Chinese, Japanese, Thai, Lao, Khmer, Burmese) give a token for each
character. English contractions are split (`do n't`). `tests/golden/tokens.json` holds a table of cases.
"""

from __future__ import annotations

import unicodedata

import regex

Tokens = list[tuple[str, str]]

SPACELESS = r"\p{Han}\p{Hiragana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tai_Tham}\p{New_Tai_Lue}\p{Tai_Viet}"
BLANK = "\u2423"  # how white space is written where it is a token
ADDRESSES = ("<url>", "<mail>", "<user>")

_VISIBLE = r"\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2"  # format characters that are seen: Arabic number signs
_UNSEEN = rf"[[\p{{Cc}}\p{{Cf}}]--[{_VISIBLE}]]"
# U+200B parts words. Marks are told apart with their case: U+0345, a mark, folds to the letter iota.
_WITHIN = rf"(?-i:(?:\p{{M}}|[{_UNSEEN}--[\u200b\p{{Cc}}]])*)"
_LETTER = rf"(?:(?-i:[[\p{{L}}\p{{N}}]--[{SPACELESS}]]){_WITHIN})"
_APOSTROPHE = "['\u2019\u02bc]"
_HEBREW = rf"\p{{Hebrew}}{_WITHIN}[\"\u201d\u05f4](?=\p{{Hebrew}})"
_BETWEEN = rf"(?:{_APOSTROPHE}|[\u00b7\u0387\u05f3\u2027])"
_PICTURE = (
    "\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u27bf\u2934\u2935\u2b05-\u2b55"
    "\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
)
_MODIFIER = "\ufe0f\u20e3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f"
_FLAG = "[\U0001f1e6-\U0001f1ff]{2}"
_EMOJI = rf"{_FLAG}|[0-9#*]\ufe0f?\u20e3|[{_PICTURE}][{_MODIFIER}]*(?:\u200d[{_PICTURE}][{_MODIFIER}]*)*"
_EMOTICON = r"(?<![\w])[:;=]['\u2019]?[-o]?[)(\]\[DPp|](?!\w)"
_ADDRESS = r"""
      (?P<url>(?:(?:https?|ftp)://|www\.)[^\s<>"\u201c\u201d]*[^\s<>"\u201c\u201d.,;:!?)\]}'\u2019\u2026])
    | (?P<mail>(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+)
    | (?P<user>(?<![\w@])@\w+)
"""
_TOKEN = rf"""
      (?P<emoji>{_EMOJI})
    | (?P<emoticon>{_EMOTICON})
    | (?P<initials>(?:(?<!\w)[^\W\d_]\.){{2,}})               # J.R.R., U.S.
    | (?P<number>\d+(?:[.,:\u066b\u066c]\d+)+(?!\w))          # 1,000  3.5  7:30
    | (?P<character>(?=[{SPACELESS}])\X(?-i:\p{{M}})*)
    | (?P<word>(?:{_HEBREW}|{_LETTER})+(?:{_BETWEEN}(?:{_HEBREW}|{_LETTER})+)*\u05f3?)
    | (?P<clitic>{_APOSTROPHE}(?:em|tis|twas|\d0s)(?!\w))     # 'em, '70s
    | (?P<dots>\.{{2,}}|\u2026)
    | (?P<dash>-{{2,}}|[\u2013\u2014])
    | (?P<quote>''|``|["\u201c\u201d\u201e])
    | (?P<other>(?!{_UNSEEN})\S{_WITHIN})
"""
_FLAGS = regex.VERBOSE | regex.IGNORECASE | regex.V1
_WORDS = regex.compile(_TOKEN, _FLAGS)
_WITH_ADDRESSES = regex.compile(rf"{_ADDRESS}|{_TOKEN}", _FLAGS)
_CONTRACTION = regex.compile(
    rf"(?P<stem>.+?)(?P<end>n{_APOSTROPHE}t|{_APOSTROPHE}(?:s|m|d|ll|re|ve))$", regex.IGNORECASE | regex.V1
)
_CHARACTER = regex.compile(r"(?P<blank>\s+)|\X\p{M}*", regex.V1)
_HIDDEN = regex.compile(rf"[{_UNSEEN}--[\u200c\u200d]]+|[\u200c\u200d]+$", regex.V1)
_NORMAL = {"dots": "...", "dash": "--", "quote": '"'} | {name.strip("<>"): name for name in ADDRESSES}


def tokenize(text: str, addresses: bool = False) -> Tokens:
    """The tokens of `text` in order, each as (surface, word).

    `surface` is the piece of `text` itself; `word` is what is counted and looked up: lower case, Unicode NFC, a
    straight apostrophe, one spelling for ellipses, dashes and double quotes, no character that is not seen but for the
    joiners inside words. Controls and marks of direction are no tokens. With `addresses` a web address, an e-mail
    address and a @name are one token each: `<url>`, `<mail>`, `<user>`.
    """
    tokens: Tokens = []
    for match in (_WITH_ADDRESSES if addresses else _WORDS).finditer(text):
        kind, surface = str(match.lastgroup), match.group()
        if kind == "word":
            tokens += [(piece, _normal(piece)) for piece in _pieces(surface)]
        elif word := _word(kind, surface):
            tokens.append((surface, word))
    return tokens


def characters(text: str) -> Tokens:
    """Every character of `text` as a reader counts them, with the marks on it; a stretch of white space is one, `␣`."""
    tokens: Tokens = []
    for match in _CHARACTER.finditer(text.strip()):
        surface = match.group()
        if word := BLANK if match["blank"] else _normal(surface):
            tokens.append((surface, word))
    return tokens


def word_of(surface: str) -> str:
    """The word that a token is counted as, from how it is written."""
    if surface.isspace():
        return BLANK
    match = _WITH_ADDRESSES.fullmatch(surface)
    return _word(str(match.lastgroup) if match else "", surface)


def _word(kind: str, surface: str) -> str:
    return surface if kind == "emoji" else _NORMAL.get(kind) or _normal(surface)


def _pieces(word: str) -> list[str]:
    match = _CONTRACTION.fullmatch(word)
    if not match:
        return [word]
    return [*_pieces(match["stem"]), match["end"]]


def _normal(token: str) -> str:
    seen = token if token.isascii() and token.isprintable() else _HIDDEN.sub("", token)
    return unicodedata.normalize("NFC", seen).lower().replace("\u2019", "'").replace("\u02bc", "'")
