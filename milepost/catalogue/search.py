"""Searching a release for views, features and services, by words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from milepost.display import DisplayTable
from milepost.release.manifest import Manifest, View


@dataclass(frozen=True)
class SearchResult:
    """A view, feature or service: `reference` is what a lookup, or `service`, takes."""

    reference: str
    kind: str
    description: str


def search(manifest: Manifest, text: str) -> DisplayTable[SearchResult]:
    """Return the views, features and services that have every word of the text, best first.

    A word is looked for in names, descriptions and owners' names. One in the feature's name counts
    most, then one in its view's name, then in a description, then in an owner's name. A word in the
    plural finds the singular, too.
    """
    words = [_singular(word) for word in str(text).lower().replace("_", " ").split()]
    scored = []
    for result, texts in _searched(manifest):
        readable = [searched.lower().replace("_", " ") for searched in texts]
        places = [[word in searched for searched in readable] for word in words]
        if all(any(place) for place in places):
            score = sum(place.index(True) for place in places)
            scored.append((score, result.reference, result))
    return DisplayTable(
        (result for *_, result in sorted(scored, key=lambda row: row[:2])),
        {
            "reference": lambda result: result.reference,
            "kind": lambda result: result.kind,
            "description": lambda result: result.description,
        },
    )


def features(view: View) -> Iterator[SearchResult]:
    """Yield the features of a view: first the stored ones, then the derived ones."""
    for column in view.fields:
        if column.name in view.features:
            yield SearchResult(f"{view.name}:{column.name}", column.type, column.description)
    for derived in view.derived:
        yield SearchResult(
            f"{view.name}:{derived.name}", f"{derived.type}, derived", derived.description
        )


def _searched(manifest: Manifest) -> Iterator[tuple[SearchResult, list[str]]]:
    """Yield each view, feature and service with its texts, the one that counts most first."""
    for view in sorted(manifest.views, key=lambda view: view.name):
        owners = " ".join(view.owners.values())
        result = SearchResult(view.name, "view", view.description)
        yield result, [view.name, view.description, owners]
        for result in features(view):
            name = result.reference.partition(":")[2]
            yield result, [name, view.name, result.description, view.description, owners]
    for service in sorted(manifest.services, key=lambda service: service.name):
        owners = " ".join(service.owner.values())
        result = SearchResult(service.name, "service", service.description)
        yield result, [service.name, service.description, owners]


def _singular(word: str) -> str:
    """Return the part of a word that its singular and its plural share."""
    for ending in ("ies", "s"):
        if word.endswith(ending) and not word.endswith("ss") and len(word) > len(ending) + 2:
            return word.removesuffix(ending)
    return word
