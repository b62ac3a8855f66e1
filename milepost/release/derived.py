"""Derived features: computed at lookup from stored features, the instant and the request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from milepost.release.expression import check
from milepost.release.expression_tree import ExpressionError
from milepost.release.names import EVENT_TIMESTAMP, NAME, TYPES, name_fault


class ViewColumns(Protocol):
    """What the columns of a feature view are: its keys, and the type of each column."""

    @property
    def keys(self) -> Sequence[str]: ...  # noqa: D102

    @property
    def types(self) -> Mapping[str, str]: ...  # noqa: D102


@dataclass(frozen=True)
class Derived:
    """A feature that a lookup computes by a portable SQL expression over other features.

    `inputs` are features of its own view, `view:feature` of another, or `event_timestamp`;
    `request` says which columns of the entity rows it needs, and their types. In `sql` an input is
    named `feature`, `view.feature` or as the column of the request. `keys` has, for another view,
    which key of its own view each of that one's keys equals; those left out have the same name.
    """

    name: str
    type: str
    description: str
    sql: str
    inputs: list[str] = field(default_factory=list)
    request: dict[str, str] = field(default_factory=dict)
    keys: dict[str, dict[str, str]] = field(default_factory=dict)

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
    parts += [name for view, keys in derived.keys.items() for name in (view, *keys, *keys.values())]
    return (
        all(NAME.fullmatch(name) for name in (derived.name, *parts, *derived.request))
        and {derived.type, *derived.request.values()} <= set(TYPES)
        and isinstance(derived.sql, str)
    )


def faults(
    derived: Derived, own_view: ViewColumns, views: Mapping[str, ViewColumns]
) -> Iterator[str]:
    """Yield why a feature cannot be computed, from its own view and all views by their names."""
    for name in (derived.name, *derived.request):
        if fault := name_fault(name):
            yield f"`{name}` is {fault[0]}"
            return
    if derived.name in own_view.types:
        yield f"`{derived.name}` is a column of its view, too"
        return
    names: dict[str, str] = {EVENT_TIMESTAMP: "TIMESTAMP"} if derived.is_timed else {}
    for name, (view, feature) in derived.features.items():
        source = own_view if view is None else views.get(view)
        if source is None or feature not in source.types:
            place = "its view" if view is None else f"feature view `{view}`"
            yield f"{place} has no feature `{feature}`"
            return
        names[name] = source.types[feature]
    for key_fault in _key_faults(derived, own_view, views):
        yield key_fault
        return
    for name, kind in derived.request.items():
        if name in names or name == EVENT_TIMESTAMP:
            yield f"`{name}` is both an input and a column of the request"
            return
        names[name] = kind
    try:
        check(derived.sql, names, derived.type)
    except ExpressionError as error:
        yield f"`{derived.sql}`: {error}"


def _key_faults(
    derived: Derived, own_view: ViewColumns, views: Mapping[str, ViewColumns]
) -> Iterator[str]:
    sources = {view for view, _ in derived.features.values() if view}
    for view, keys in derived.keys.items():
        if view not in sources:
            yield f"`keys` names `{view}`, and no input is of it"
            continue
        source = views[view]
        for key, own_key in keys.items():
            if key not in source.keys:
                yield (
                    f"`keys` names `{key}`, and the keys of `{view}` are "
                    f"{', '.join(f'`{name}`' for name in source.keys) or 'none'}"
                )
            elif own_key not in own_view.keys:
                yield (
                    f"`keys` takes `{key}` of `{view}` from `{own_key}`, and the keys of its own "
                    f"view are {', '.join(f'`{name}`' for name in own_view.keys) or 'none'}"
                )
            elif source.types[key] != own_view.types[own_key]:
                yield (
                    f"`{view}.{key}` is {source.types[key]}, and its key `{own_key}` is "
                    f"{own_view.types[own_key]}"
                )
