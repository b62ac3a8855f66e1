"""Descriptions of one feature view or one feature of a release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape

from milepost.catalogue.search import SearchResult, features
from milepost.display import DisplayTable, to_text
from milepost.release import coverage
from milepost.release.coverage import Range
from milepost.release.definition import Fact, statements
from milepost.release.derived import Derived
from milepost.release.manifest import Manifest, View, minute
from milepost.release.near_names import unknown_feature

# What a feature takes over from its view.
_OF_THE_VIEW = ("keys", "owners", "maturity", "deprecated_at")


@dataclass(frozen=True)
class Description:
    """The facts of a feature view or a feature; for a view also a table of its features.

    A fact is None where there is nothing to show.
    """

    reference: str
    facts: dict[str, Fact]
    features: DisplayTable[SearchResult] | None = None

    def __repr__(self) -> str:
        shown = self._shown()
        width = max(map(len, shown))
        lines = [f"{label.ljust(width)}  {text}" for label, text in shown.items()]
        listed = [] if self.features is None else ["", repr(self.features)]
        return "\n".join([self.reference, *(f"  {line}" for line in lines), *listed])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th>{escape(label)}</th><td>{escape(text)}</td></tr>"
            for label, text in self._shown().items()
        )
        listed = "" if self.features is None else self.features._repr_html_()
        return f"<h4>{escape(self.reference)}</h4><table><tbody>{rows}</tbody></table>{listed}"

    def _shown(self) -> dict[str, str]:
        return {label: to_text(fact) for label, fact in self.facts.items() if fact is not None}


def describe(manifest: Manifest, reference: str) -> Description:
    """Describe a feature view, by `"view"`, or a feature, stored or derived, by `"view:feature"`.

    Raises an UnknownFeatureError for what the release does not have.
    """
    name, colon, feature = str(reference).partition(":")
    view = manifest.view(name)
    ranges = {whole.feature: whole for whole in coverage.of_view(manifest, view)}
    if not colon:
        return Description(
            view.name, {**view_facts(view), **_entities(manifest, view)}, _features(view, ranges)
        )
    results = {result.reference.partition(":")[2]: result for result in features(view)}
    if feature not in results:
        raise unknown_feature(name, feature, results)
    facts = view_facts(view, _OF_THE_VIEW)
    whole = ranges[feature]
    return Description(
        f"{view.name}:{feature}",
        {
            "description": results[feature].description,
            **_feature_facts(view, feature),
            "from": complete_from(whole.complete_from, view),
            "until": minute(whole.built_through),
            **facts,
        },
    )


def view_facts(view: View, names: tuple[str, ...] | None = None) -> dict[str, Fact]:
    """Return what people see of each field of a view, or of those that are named, by label."""
    return {
        statement.label: statement.fact(getattr(view, name))
        for name, statement in statements(type(view)).items()
        if statement.is_shown and (names is None or name in names)
    }


def complete_from(instant: datetime | None, view: View) -> str | None:
    """Return from when a feature of the view is whole, in words where that is not built yet."""
    if instant is None:
        return None
    is_built = instant < view.built_through_at
    return minute(instant) if is_built else f"not before {minute(instant)}"


def _entities(manifest: Manifest, view: View) -> dict[str, Fact]:
    """Return what each entity of a view is; releases before format 4 do not say it."""
    descriptions = {entity.name: entity.description for entity in manifest.entities}
    return {
        f"entity {role.role}": descriptions[role.entity]
        for role in view.entities
        if role.entity in descriptions
    }


def _features(view: View, ranges: Mapping[str, Range]) -> DisplayTable[SearchResult]:
    return DisplayTable(
        features(view),
        {
            "reference": lambda result: result.reference,
            "kind": lambda result: result.kind,
            "from": lambda result: complete_from(
                ranges[result.reference.partition(":")[2]].complete_from, view
            ),
            "description": lambda result: result.description,
        },
    )


def _feature_facts(view: View, feature: str) -> dict[str, Fact]:
    for derived in view.derived:
        if derived.name == feature:
            return _derived_facts(derived)
    return {
        "type": view.types[feature],
        "rows": view.rows,
        **view.statistics.get(feature, {}),
    }


def _derived_facts(derived: Derived) -> dict[str, Fact]:
    return {
        "type": derived.type,
        "sql": derived.sql,
        "inputs": derived.inputs,
        "request": [f"{name} {kind}" for name, kind in derived.request.items()] or None,
    }
