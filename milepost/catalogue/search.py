"""Searching a release for views, features and services, by words.

`search_words` says what stands for a word. A result's score adds up, over the words, how much the
best place counts where it has the word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from html import escape

from milepost.catalogue.search_words import Glossary, SearchWord
from milepost.catalogue.stems import stemmed, vocabulary, words
from milepost.display import DisplayTable
from milepost.release.manifest import Manifest, View
from milepost.release.service import Service
from milepost.release.term import Term

# How much a word counts by where it stands. A name says what a feature is, a description also what
# it leaves out, and an owner has many features; 2026-11.
WEIGHTS = {"name": 8, "view": 4, "tags": 4, "description": 3, "owners": 1}
# As many as one looks through for what was not asked for.
NEAREST_COUNT = 5

_Weighed = tuple[SearchWord, list[float]]


@dataclass(frozen=True)
class SearchResult:
    """A view, feature or service: `reference` is what a lookup, or `service`, takes."""

    reference: str
    kind: str
    description: str


class SearchResults(DisplayTable[SearchResult]):
    """What has every word of a text, best first. Where nothing has, `nearest` comes nearest."""

    def __init__(
        self,
        results: Iterable[SearchResult],
        nearest: Iterable[SearchResult] = (),
        message: str = "",
    ) -> None:
        columns = {
            "reference": lambda result: result.reference,
            "kind": lambda result: result.kind,
            "description": lambda result: result.description,
        }
        super().__init__(results, columns)
        self.nearest = DisplayTable(nearest, columns)
        self.message = message

    def __repr__(self) -> str:
        if not self.message:
            return super().__repr__()
        return "\n".join([self.message, *([repr(self.nearest)] if self.nearest else [])])

    def _repr_html_(self) -> str:
        if not self.message:
            return super()._repr_html_()
        table = self.nearest._repr_html_() if self.nearest else ""
        return f"<p>{escape(self.message)}</p>{table}"


class _Candidate:
    """A result with its texts as stems, by the place where they stand."""

    def __init__(self, result: SearchResult, texts: dict[str, str]) -> None:
        self.result = result
        self._texts = {place: stemmed(text) for place, text in texts.items()}
        self._whole_text = "|".join(self._texts.values())

    def weight(self, word: SearchWord) -> float:
        """Return how much the best place counts that has the word; 0 if none has it."""
        weight = 0.0
        for phrase, likeness in word.phrases.items():
            if phrase in self._whole_text:  # Most have it nowhere, which this tells at once.
                weights = [WEIGHTS[place] for place, text in self._texts.items() if phrase in text]
                weight = max(weight, likeness * max(weights))
        return weight


def search(manifest: Manifest, text: str) -> SearchResults:
    """Return the views, features and services that have every word of the text, best first.

    A word is looked for in names, descriptions, tags and owners, with other endings and as its
    synonyms in the glossary. If nothing has every word, the results are empty, and their `nearest`
    have some of them, or words that are spelled almost so. An empty text finds everything.
    """
    if not isinstance(text, str) or (text.strip() and not words(text)):
        return SearchResults([], message=f"`{text}` has no word to search for")
    texts = list(_texts(manifest))
    # The owners and the name of a view stand with each of its features.
    different_texts = {place_text for _, places in texts for place_text in places.values()}
    candidates = [_Candidate(result, places) for result, places in texts]
    glossary = Glossary(manifest.glossary, set().union(*map(vocabulary, different_texts)))
    weighed = _weighed(candidates, glossary.search_words(text))
    results = _ranked(candidates, weighed, has_enough=all)
    if results:
        return SearchResults(results)
    missing = [word for word, weights in weighed if not any(weights)]
    near_words = [near_word for word in missing for near_word in glossary.near(word)]
    nearest = _ranked(candidates, weighed + _weighed(candidates, near_words), has_enough=any)
    named = ", ".join(f"`{word.text}`" for word in missing or (word for word, _ in weighed))
    message = f"nothing matches {named if missing else f'all of {named}'}"
    message += "; nearest:" if nearest else ", and nothing is near; `milepost show` lists all views"
    notes = [sentence for word in missing if (sentence := glossary.definition(word))]
    message = "\n".join([*notes, message])
    return SearchResults([], nearest[:NEAREST_COUNT], message)


def summary(service: Service, glossary: Iterable[Term]) -> str:
    """Return what a service says of itself, without the terms of the glossary that it explains."""
    text = service.description
    for term in glossary:
        if term.description and term.description in text:
            text = re.sub(rf"(\*[^*]+\*:\s*)?{re.escape(term.description)}", "", text)
    return " ".join(text.split())


def features(view: View) -> Iterator[SearchResult]:
    """Yield the features of a view: first the stored ones, then the derived ones."""
    stored = set(view.features)
    for column in view.fields:
        if column.name in stored:
            yield SearchResult(f"{view.name}:{column.name}", column.type, column.description)
    for derived in view.derived:
        yield SearchResult(
            f"{view.name}:{derived.name}", f"{derived.type}, derived", derived.description
        )


def _weighed(candidates: list[_Candidate], search_words: list[SearchWord]) -> list[_Weighed]:
    """Return each word with how much it counts in each candidate."""
    return [(word, [candidate.weight(word) for candidate in candidates]) for word in search_words]


def _ranked(
    candidates: list[_Candidate],
    weighed: list[_Weighed],
    *,
    has_enough: Callable[[Iterable[float]], bool],
) -> list[SearchResult]:
    """Return what has enough of the words, best first."""
    scored = []
    for number, candidate in enumerate(candidates):
        weights = [by_candidate[number] for _, by_candidate in weighed]
        if has_enough(weights):
            # Of two with one score the shorter name has less that nobody looked for.
            length = len(words(candidate.result.reference.partition(":")[2]))
            scored.append((-sum(weights), length, candidate.result.reference, candidate.result))
    return [result for *_, result in sorted(scored, key=lambda row: row[:3])]


def _texts(manifest: Manifest) -> Iterator[tuple[SearchResult, dict[str, str]]]:
    """Yield each view, feature and service with its texts, by the place where they stand."""
    for view in manifest.views:
        tags = {column.name: column.tags for column in view.fields}
        owners = " ".join(view.owners.values())
        of_the_view = SearchResult(view.name, "view", view.description)
        for result in (of_the_view, *features(view)):
            _, _, feature = result.reference.partition(":")
            yield (
                result,
                {
                    "name": feature or view.name,
                    "view": view.name if feature else "",
                    "description": result.description,
                    "tags": " ".join([*view.tags, *tags.get(feature, [])]),
                    "owners": owners,
                },
            )
    for service in manifest.services:
        description = summary(service, manifest.glossary)
        yield (
            SearchResult(service.name, "service", description),
            {
                "name": service.name,
                "description": description,
                "tags": " ".join(service.tags),
                "owners": " ".join(service.owner.values()),
            },
        )
