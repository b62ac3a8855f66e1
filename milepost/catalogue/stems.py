"""Words as a search compares them: without endings, so that `rejected` finds `rejection`."""

from __future__ import annotations

import re
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+")
# A longer ending stands before one that it ends in. Of a word at least three letters remain, among
# them a vowel: `string` has no ending.
_ENDINGS = (
    *("ability", "ation", "ably", "able", "ance", "ence", "ment", "ness", "ity", "ing", "ion"),
    *("al", "ed", "ly", "e", "s", "y"),
)
_NOT_BEFORE = {"s": "sui", "y": "aeou"}
_VOWELS = set("aeiouy")


def words(text: str) -> list[str]:
    """Return the words of a text or a name, in lower case."""
    return _WORD.findall(text.lower())


@lru_cache(maxsize=10_000)
def vocabulary(text: str) -> frozenset[str]:
    """Return the different words of a text."""
    return frozenset(words(text))


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """Return what is left of an English word when its endings are taken off, one after another."""
    if len(word) > 4 and word.endswith(("ies", "ied")):
        word = f"{word[:-3]}y"
    for ending in _ENDINGS:
        rest = word.removesuffix(ending)
        if rest == word or len(rest) < 3 or not _VOWELS & set(rest):
            continue
        if rest[-1] not in _NOT_BEFORE.get(ending, ""):
            is_doubled = rest[-1] == rest[-2] and rest[-1] in "glmnprt" and len(rest) > 4
            return stem(rest[:-1] if is_doubled else rest)
    return word


@lru_cache(maxsize=100_000)
def stemmed(text: str) -> str:
    """Return the stems of a text between spaces, so that a phrase is searched for as ` a b `."""
    return f" {' '.join(map(stem, words(text)))} "
