"""The words of a search, and what stands for each of them in a release."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from milepost.catalogue.stems import stemmed, words
from milepost.release.term import Term

# Words of a question that no feature is about.
_STOP_WORDS = frozenset(
    words(
        """
        a about an and any are as at be by can did do does for from get give had has have how i if
        in into is it its many me much my of on or our own owns per than that the their them they
        this to us versus vs was we were what when where whether which who whose why will with you
        """
    )
)
# How much less than the word itself what stands for it counts; 2026-11.
_BEGINNING, _SYNONYM_LOSS, _NEAR, _DEFINITION = 0.9, 0.2, 0.6, 0.2
# One wrong letter in five. Below, `weather` is taken for `either`; 2026-11.
_SPELLING_LIKENESS = 0.8


@dataclass(frozen=True)
class SearchWord:
    """A word of a search, or several that are a term of the glossary.

    `phrases` are what stands for it, as `stemmed` writes it, each with how much it counts, 0 to 1.
    """

    text: str
    phrases: dict[str, float]

    def times(self, factor: float) -> SearchWord:
        """Return the word with all that stands for it counting less."""
        return SearchWord(self.text, {phrase: n * factor for phrase, n in self.phrases.items()})


class Glossary:
    """The terms of a release, by each phrase that stands for one, and the words of its texts."""

    def __init__(self, terms: Iterable[Term], vocabulary: set[str]) -> None:
        self._vocabulary = vocabulary
        self._phrases = [(term, _phrases(term)) for term in terms]
        self._terms: dict[str, list[Term]] = {}
        for term, phrases in self._phrases:
            for phrase in phrases:
                self._terms.setdefault(phrase, []).append(term)
        self._longest = max((len(phrase.split()) for phrase in self._terms), default=1)

    def search_words(self, text: str) -> list[SearchWord]:
        """Return the words of a text. Several that are a term stand together.

        The little words of a question are left out, unless there are no others.
        """
        typed = words(text)
        search_words: list[SearchWord] = []
        while typed:
            length = self._term_length(typed)
            search_words.append(self._search_word(" ".join(typed[:length])))
            typed = typed[length:]
        telling = [word for word in search_words if word.text not in _STOP_WORDS]
        return telling or search_words

    def definition(self, word: SearchWord) -> str | None:
        """Return a sentence on a term that no feature is about; None for what is no term."""
        terms = self._terms.get(stemmed(word.text), [])
        if not terms:
            return None
        name = terms[0].name.replace("_", " ")
        meant = "" if stemmed(name) == stemmed(word.text) else f" ({name})"
        return (
            f"`{word.text}` is a word of the glossary{meant}, but nothing here is about it: "
            f"{terms[0].description}"
        )

    def near(self, word: SearchWord) -> Iterator[SearchWord]:
        """Yield what is near a word that the release does not have.

        That is a word of almost the same letters, a term that has the word among others, and the
        words by which the glossary defines such a term.
        """
        terms = (text for term, _ in self._phrases for text in (term.name, *term.synonyms))
        known = self._vocabulary.union(*map(words, terms)) - _STOP_WORDS
        for spelled in get_close_matches(word.text, known, n=3, cutoff=_SPELLING_LIKENESS):
            yield self._search_word(spelled).times(_NEAR)
        for term, phrases in self._phrases:
            if any(stemmed(word.text) in phrase for phrase in phrases):
                yield SearchWord(term.name, dict.fromkeys(phrases, _NEAR))
                for defining in self.search_words(term.description):
                    yield defining.times(_DEFINITION)

    def _term_length(self, typed: list[str]) -> int:
        """Return how many words at the beginning are a term: as many as can be, or 1."""
        for length in range(min(self._longest, len(typed)), 1, -1):
            if stemmed(" ".join(typed[:length])) in self._terms:
                return length
        return 1

    def _search_word(self, text: str) -> SearchWord:
        phrases: dict[str, float] = {}
        if len(text) > 2:  # Two letters begin too many words.
            beginnings = (word for word in self._vocabulary if word.startswith(text))
            phrases = {stemmed(word): _BEGINNING for word in beginnings}
        for term in self._terms.get(stemmed(text), []):
            # The more words a synonym has, the surer is what it means.
            phrases |= {
                phrase: 1 - _SYNONYM_LOSS / len(phrase.split()) for phrase in _phrases(term)
            }
        return SearchWord(text, {**phrases, stemmed(text): 1.0})


def _phrases(term: Term) -> list[str]:
    """Return a term's name and its synonyms as stems."""
    return [stemmed(text) for text in (term.name, *term.synonyms)]
