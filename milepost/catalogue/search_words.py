"""The words of a search, and what stands for each of them in a release."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from milepost.catalogue.stems import stem, stemmed, words
from milepost.release.term import Term

# Words of a question that no feature is about.
_STOP_WORDS = frozenset(
    "a about an and any are as at be by can did do does for from get give had has have how i if in "
    "into is it its many me much my of on or our per than that the their them they this to us "
    "versus vs was we were what when where which who whose why will with you".split()
)
# How much less than the word itself what stands for it counts; 2026-11.
_BEGINNING, _SYNONYM, _SPELLING, _DEFINITION = 0.9, 0.8, 0.6, 0.2
# Below, words of six letters with two wrong ones are taken for each other; 2026-11.
_SPELLING_LIKENESS = 0.75


@dataclass(frozen=True)
class SearchWord:
    """A word of a search, or several that are a term of the glossary.

    `phrases` are the stems that stand for it, each with how much it counts, from 0 to 1.
    """

    text: str
    phrases: dict[str, float]


class Glossary:
    """The terms of a release, by each phrase that stands for one of them."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self._terms: dict[str, list[Term]] = {}
        for term in terms:
            for phrase in _phrases(term):
                self._terms.setdefault(phrase, []).append(term)
        self._longest = max((phrase.count(" ") + 1 for phrase in self._terms), default=1)

    def search_words(self, text: str, vocabulary: Collection[str]) -> list[SearchWord]:
        """Return the words of a text; `vocabulary` has the words of the release.

        Several words that are a term stand together. A question's little words are left out, unless
        there are no others.
        """
        found: list[SearchWord] = []
        typed = words(text)
        start = 0
        while start < len(typed):
            length = self._term_length(typed[start:])
            part = typed[start : start + length]
            found.append(self._search_word(part, vocabulary))
            start += length
        return [word for word in found if word.text not in _STOP_WORDS] or found

    def near(self, word: SearchWord, vocabulary: Collection[str]) -> Iterator[SearchWord]:
        """Yield what is near a word that the release does not have.

        That is a word of almost the same letters, and the words by which the glossary defines it.
        """
        spelled = get_close_matches(word.text, vocabulary, n=3, cutoff=_SPELLING_LIKENESS)
        if spelled:
            yield SearchWord(word.text, {stem(near): _SPELLING for near in spelled})
        for term in self._terms.get(stemmed(word.text).strip(), []):
            for defining in {*words(term.description)} - _STOP_WORDS:
                yield SearchWord(defining, {stem(defining): _DEFINITION})

    def _term_length(self, typed: list[str]) -> int:
        """Return how many words at the beginning are a term: as many as can be, or 1."""
        for length in range(min(self._longest, len(typed)), 1, -1):
            if " ".join(map(stem, typed[:length])) in self._terms:
                return length
        return 1

    def _search_word(self, typed: list[str], vocabulary: Collection[str]) -> SearchWord:
        literal = " ".join(map(stem, typed))
        phrases = {
            phrase: _SYNONYM for term in self._terms.get(literal, []) for phrase in _phrases(term)
        }
        # Two letters begin too many words.
        if len(typed) == 1 and len(typed[0]) > 2:
            beginnings = {stem(word) for word in vocabulary if word.startswith(typed[0])}
            phrases |= dict.fromkeys(beginnings, _BEGINNING)
        return SearchWord(" ".join(typed), {**phrases, literal: 1.0})


def _phrases(term: Term) -> list[str]:
    """Return the stems of a term's name and of its synonyms."""
    return [stemmed(text).strip() for text in (term.name, *term.synonyms)]
