"""Derived features: computed at lookup from stored features, the instant and the request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from milepost.release.expression import check
from milepost.release.expression_tree import ExpressionError
from milepost.release.names import EVENT_TIMESTAMP, NAME, TYPES, name_fault

Types = Mapping[str, str]


@dataclass(frozen=True)
class Derived:
    """A feature that a lookup computes by a portable SQL expression over other features.

    `inputs` are features of its own view, `view:feature` of another, or `event_timestamp`;
    `request` says which columns of the entity rows it needs, and their types. In `sql` an input is
    named `feature`, `view.feature` or as the column of the request.
    """

    name: str
    type: str
    description: str
    sql: str
    inputs: list[str] = field(default_factory=list)
    request: dict[str, str] = field(default_factory=dict)

    @property
    def features(self) -> dict[str, tuple[str | None, str]]:
        """View and feature of each feature in `sql`, by its name there; None is the own view."""
        features: dict[str, tuple[str | None, str]] = {}
        for name in self.inputs:
            view, colon, feature = name.rpartition(":")
            if name != EVENT_TIMESTAMP:
                features[name.replace(":", ".")] = (view if colon else None, feature)
        return features

    @property
    def is_timed(self) -> bool:
        """Whether the expression needs the instant of the prediction."""
        return EVENT_TIMESTAMP in self.inputs


def is_plain(derived: Derived) -> bool:
    """Return whether its names and types are allowed; the expression is not checked."""
    parts = [part for name in derived.inputs for part in name.split(":", 1)]
    return (
        all(NAME.fullmatch(name) for name in (derived.name, *parts, *derived.request))
        and {derived.type, *derived.request.values()} <= set(TYPES)
        and isinstance(derived.sql, str)
    )


def faults(derived: Derived, own_types: Types, views: Mapping[str, Types]) -> Iterator[str]:
    """Yield why a feature cannot be computed, from the types of its own view and of all views."""
    for name in (derived.name, *derived.request):
        if fault := name_fault(name):
            yield f"`{name}` is {fault[0]}"
            return
    if derived.name in own_types:
        yield f"`{derived.name}` is a column of its view, too"
        return
    names: dict[str, str] = {EVENT_TIMESTAMP: "TIMESTAMP"} if derived.is_timed else {}
    for name, (view, feature) in derived.features.items():
        columns = own_types if view is None else views.get(view, {})
        if feature not in columns:
            place = "its view" if view is None else f"feature view `{view}`"
            yield f"{place} has no feature `{feature}`"
            return
        names[name] = columns[feature]
    for name, kind in derived.request.items():
        if name in names or name == EVENT_TIMESTAMP:
            yield f"`{name}` is both an input and a column of the request"
            return
        names[name] = kind
    try:
        check(derived.sql, names, derived.type)
    except ExpressionError as error:
        yield f"`{derived.sql}`: {error}"
