"""Words of scripts without spaces, as BudouX finds them: https://github.com/google/budoux, an optional package.

Its models of Japanese, Chinese and Thai are small classifiers of where a line may break: they give words and short
phrases.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

import regex

from rnnvis.errors import RnnvisError
from rnnvis.text.tokenizer import SPACELESS, Tokens, characters, tokenize

TOKENS = ("words", "characters", "segmented")
_RUN = regex.compile(rf"(?:[{SPACELESS}\p{{Katakana}}\u30fc]\p{{M}}*)+", regex.V1)
_MODELS = (  # the first whose script is in a run
    (regex.compile(r"[\p{Hiragana}\p{Katakana}]", regex.V1), "load_default_japanese_parser"),
    (regex.compile(r"\p{Han}", regex.V1), "load_default_simplified_chinese_parser"),
    (regex.compile(r"\p{Thai}", regex.V1), "load_default_thai_parser"),
)


def segmented(text: str, addresses: bool = False) -> Tokens:
    """`tokenize`, with stretches of Chinese, Japanese and Thai cut into words; others without spaces by character.

    RnnvisError: BudouX is not installed.
    """
    tokens: Tokens = []
    end = 0
    for run in _RUN.finditer(text):
        tokens += tokenize(text[end : run.start()], addresses)
        load = next((load for script, load in _MODELS if script.search(run.group())), None)
        tokens += [(word, word) for word in _parser(load)(run.group())] if load else tokenize(run.group())
        end = run.end()
    return tokens + tokenize(text[end:], addresses)


def reader(tokens: str, addresses: bool = False) -> Callable[[str], Tokens]:
    """How a text becomes tokens, by the keys `tokens` (one of `TOKENS`) and `addresses` of a source."""
    if tokens == "characters":
        return characters
    read = segmented if tokens == "segmented" else tokenize
    return partial(read, addresses=True) if addresses else read


@cache
def _parser(load: str) -> Callable[[str], list[str]]:
    try:
        import budoux  # optional
    except ImportError:
        fix = 'pip install "rnnvis[segmenter]" (the package budoux), or --tokens words: a token for each character'
        raise RnnvisError('tokens = "segmented" needs the package budoux, which is not installed', fix) from None
    parse: Callable[[str], list[str]] = getattr(budoux, load)().parse
    return parse
