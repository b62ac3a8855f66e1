"""What is on the shelf: releases, feature views, features and services, found and described."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any, Generic, TypeVar

from milepost.errors import UnknownFeatureError
from milepost.release import coverage, pointers, releases
from milepost.release.coverage import Range
from milepost.release.derived import Derived
from milepost.release.manifest import Manifest, View
from milepost.release.near_names import suggest, unknown_feature
from milepost.release.request import FeatureRequest
from milepost.release.service import Service
from milepost.storage.location import Location

Item = TypeVar("Item")
LINE = 100


class Listing(list[Item], Generic[Item]):
    """A list that shows itself as a table, in a terminal and in a notebook."""

    def __init__(self, items: Iterable[Item], columns: Mapping[str, Callable[[Item], Any]]) -> None:
        super().__init__(items)
        self._columns = dict(columns)

    def __repr__(self) -> str:
        rows = [list(self._columns), *self._cells()]
        widths = [max(len(row[n]) for row in rows) for n in range(len(self._columns))]
        lines = (
            "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) for row in rows
        )
        return "\n".join(_cut(line.rstrip()) for line in lines)

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{escape(name)}</th>" for name in self._columns)
        body = "".join(
            f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>"
            for row in self._cells()
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def _cells(self) -> Iterator[list[str]]:
        for item in self:
            yield [_text(value(item)) for value in self._columns.values()]


@dataclass(frozen=True)
class Found:
    """What a search found: `reference` is what a lookup, or `service`, takes."""

    reference: str
    kind: str
    description: str


@dataclass(frozen=True)
class Description:
    """What is known of a feature view or a feature; of a view, each of its features, too."""

    reference: str
    facts: dict[str, Any]
    features: Listing[Found] | None = None

    def __repr__(self) -> str:
        shown = {name: _text(value) for name, value in self.facts.items() if value is not None}
        width = max(map(len, shown))
        lines = [f"{name.ljust(width)}  {text}" for name, text in shown.items()]
        listed = [] if self.features is None else ["", repr(self.features)]
        return "\n".join([self.reference, *(f"  {line}" for line in lines), *listed])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th>{escape(name)}</th><td>{escape(_text(value))}</td></tr>"
            for name, value in self.facts.items()
            if value is not None
        )
        listed = "" if self.features is None else self.features._repr_html_()
        return f"<h4>{escape(self.reference)}</h4><table><tbody>{rows}</tbody></table>{listed}"


@dataclass(frozen=True)
class Coverage:
    """When features are whole: each, and all of them together."""

    features: Listing[Range]
    together: Range

    @property
    def complete_from(self) -> datetime | None:
        """From when all windows are full, naive UTC; None where nothing looks back."""
        return self.together.complete_from

    @property
    def built_through(self) -> datetime:
        """Until when, without it, all are built, naive UTC."""
        return self.together.built_through

    def __repr__(self) -> str:
        return repr(self._listed())

    def _repr_html_(self) -> str:
        return self._listed()._repr_html_()

    def _listed(self) -> Listing[Range]:
        rows = self.features if len(self.features) == 1 else [*self.features, self.together]
        return _ranges(rows)


@dataclass(frozen=True)
class Released:
    """One release of a store, and what keeps it."""

    release: str
    views: int
    rows: int
    bytes: int
    commit: str | None
    is_current: bool
    pins: list[str]


def views(manifest: Manifest) -> Listing[View]:
    """Every feature view, by name."""
    return Listing(
        sorted(manifest.views, key=lambda view: view.name),
        {
            "view": lambda view: view.name,
            "features": lambda view: len(view.features) + len(view.derived),
            "rows": lambda view: view.rows,
            "from": lambda view: _from(min(view.complete_from.values(), default=None), view),
            "all from": lambda view: _from(max(view.complete_from.values(), default=None), view),
            "until": lambda view: _minute(view.instant("built_through")),
            "keys": lambda view: view.keys,
            "owners": lambda view: view.owners.values(),
            "description": lambda view: view.description,
        },
    )


def services(manifest: Manifest) -> Listing[Service]:
    """Every feature service, by name."""
    return Listing(
        sorted(manifest.services, key=lambda service: service.name),
        {
            "service": lambda service: service.name,
            "features": lambda service: len(service.features),
            "owner": lambda service: service.owner.get("name"),
            "description": lambda service: service.description,
        },
    )


def service(manifest: Manifest, name: str) -> Service:
    """One of them, or an UnknownFeatureError that suggests near names."""
    known = {one.name: one for one in manifest.services}
    if str(name) not in known:
        raise UnknownFeatureError(
            f"release {manifest.release} has no feature service `{name}`",
            hint=suggest(name, known)
            if known
            else "a service is a dbt exposure with `meta.training_set`",
        )
    return known[str(name)]


def released(store: Location) -> Listing[Released]:
    """Every release of a store, the newest first."""
    current = pointers.current(store)
    kept_as: dict[str, list[str]] = defaultdict(list)
    for name, release in sorted(releases.pins(store).items()):
        kept_as[release].append(name)
    return Listing(
        (
            Released(
                one.release,
                len(one.views),
                sum(view.rows for view in one.views),
                sum(file.bytes for file in one.files),
                one.code.get("commit"),
                one.release == current,
                kept_as[one.release],
            )
            for one in releases.history(store)
        ),
        {
            "release": lambda one: one.release,
            "views": lambda one: one.views,
            "rows": lambda one: one.rows,
            "bytes": lambda one: one.bytes,
            "kept as": lambda one: [*(["current"] if one.is_current else []), *one.pins],
        },
    )


def search(manifest: Manifest, text: str) -> Listing[Found]:
    """What has every word of the text in a name, a description or an owner's, the best first.

    A word in the feature's name counts most, then one in its view's name, then in a description,
    then in an owner's name. A word in the plural finds the singular, too.
    """
    words = [_singular(word) for word in str(text).lower().replace("_", " ").split()]
    scored = []
    for found, texts in _searched(manifest):
        places = [[word in one.lower().replace("_", " ") for one in texts] for word in words]
        if all(any(place) for place in places):
            scored.append((sum(place.index(True) for place in places), found.reference, found))
    return _listing(found for *_, found in sorted(scored, key=lambda one: one[:2]))


def covers(request: FeatureRequest) -> Coverage:
    """When the features asked for are whole."""
    found = coverage.ranges(request)
    return Coverage(_ranges(found), coverage.together(found))


def describe(manifest: Manifest, reference: str) -> Description:
    """A feature view, by `"view"`, or a feature, stored or derived, by `"view:feature"`."""
    name, colon, feature = str(reference).partition(":")
    view = manifest.view(name)
    ranges = {one.feature: one for one in coverage.of_view(manifest, view)}
    if not colon:
        return _described_view(view, ranges)
    features = {found.reference.partition(":")[2]: found for found in _features(view)}
    if feature not in features:
        raise unknown_feature(name, feature, features)
    derived = {one.name: one for one in view.derived}
    if feature in derived:
        own = _derived_facts(derived[feature])
    else:
        (field,) = (one for one in view.fields if one.name == feature)
        statistics = view.statistics.get(feature, {})
        own = {"type": field.type, "rows": view.rows, **statistics}
    return Description(
        f"{view.name}:{feature}",
        {
            "description": features[feature].description,
            **own,
            "keys": view.keys,
            "from": _from(ranges[feature].complete_from, view),
            "until": _minute(ranges[feature].built_through),
            "owners": view.owners.values(),
            "maturity": view.maturity,
            "deprecated": view.deprecated_at,
        },
    )


def _described_view(view: View, ranges: Mapping[str, Range]) -> Description:
    names = ("description", "entities", "keys", "grid", "rows", "maturity", "sensitivity")
    facts = {name: getattr(view, name) for name in names}
    return Description(
        view.name,
        {
            **facts,
            "owners": view.owners.values(),
            "until": _minute(view.instant("built_through")),
            "checks passed": len(view.checks),
            "deprecated": view.deprecated_at,
        },
        Listing(
            _features(view),
            {
                "reference": lambda one: one.reference,
                "kind": lambda one: one.kind,
                "from": lambda one: _from(
                    ranges[one.reference.partition(":")[2]].complete_from, view
                ),
                "description": lambda one: one.description,
            },
        ),
    )


def _from(complete_from: datetime | None, view: View) -> str | None:
    """From when a feature of the view is whole, in words where that is not built yet."""
    is_built = complete_from is None or complete_from < view.instant("built_through")
    said = _minute(complete_from)
    return said if is_built else f"not before {said}"


def _minute(instant: datetime | None) -> str | None:
    """An instant of the grid, plus a delay of whole minutes, as a person reads it."""
    return None if instant is None else f"{instant:%Y-%m-%d %H:%M}"


def _ranges(found: Iterable[Range]) -> Listing[Range]:
    return Listing(
        found,
        {
            "feature": lambda one: one.feature,
            "complete from": lambda one: one.complete_from,
            "built through": lambda one: one.built_through,
            "": lambda one: "at no instant yet" if one.is_empty else "",
        },
    )


def _derived_facts(derived: Derived) -> dict[str, Any]:
    return {
        "type": derived.type,
        "sql": derived.sql,
        "inputs": derived.inputs,
        "request": [f"{name} {kind}" for name, kind in derived.request.items()] or None,
    }


def _features(view: View) -> Iterator[Found]:
    for field in view.fields:
        if field.name in view.features:
            yield Found(f"{view.name}:{field.name}", field.type, field.description)
    for one in view.derived:
        yield Found(f"{view.name}:{one.name}", f"{one.type}, derived", one.description)


def _searched(manifest: Manifest) -> Iterator[tuple[Found, list[str]]]:
    """All that there is, each with the texts to search, from what counts most to what least."""
    for view in views(manifest):
        owners = " ".join(view.owners.values())
        yield Found(view.name, "view", view.description), [view.name, view.description, owners]
        for found in _features(view):
            name = found.reference.partition(":")[2]
            yield found, [name, view.name, found.description, view.description, owners]
    for one in services(manifest):
        owners = " ".join(one.owner.values())
        yield Found(one.name, "service", one.description), [one.name, one.description, owners]


def _singular(word: str) -> str:
    """The part of a word that its singular and its plural share."""
    for ending in ("ies", "s"):
        if word.endswith(ending) and not word.endswith("ss") and len(word) > len(ending) + 2:
            return word.removesuffix(ending)
    return word


def _listing(found: Iterable[Found]) -> Listing[Found]:
    return Listing(
        found,
        {
            "reference": lambda one: one.reference,
            "kind": lambda one: one.kind,
            "description": lambda one: one.description,
        },
    )


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, str) or not isinstance(value, Iterable):
        return str(value)
    return ", ".join(str(one) for one in value)


def _cut(line: str) -> str:
    return line if len(line) <= LINE else line[: LINE - 1] + "…"
