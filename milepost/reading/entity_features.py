"""The features of one entity at one instant, written downwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from milepost.display import DisplayTable, to_short_text
from milepost.errors import LookupInputError
from milepost.reading.lookup import Lookup
from milepost.reading.missing_keys import missing_keys
from milepost.reading.recipe import LookupOptions
from milepost.reading.training_set import TrainingSet
from milepost.reading.view_promises import MICROSECOND
from milepost.release import coverage
from milepost.release.coverage import Range
from milepost.release.files import ARROW_TYPES, ViewFiles
from milepost.release.manifest import Manifest, minute
from milepost.release.names import AVAILABLE_AT, EVENT_TIMESTAMP
from milepost.release.near_names import suggest
from milepost.release.request import FeatureRequest
from milepost.storage.location import Location

NO_ROW = "no row of these keys until then"


@dataclass(frozen=True)
class EntityFeature:
    """A feature of an entity: its value, and a note where there is a reason that it has none."""

    feature: str
    value: Any
    note: str


@dataclass(frozen=True)
class EntityFeatures:
    """The features of the entity with these keys, as they could be known at an instant, UTC.

    `missing` says of which keys there is no row, in a sentence for each.
    """

    keys: dict[str, Any]
    at: datetime
    features: DisplayTable[EntityFeature]
    missing: list[str]

    def __repr__(self) -> str:
        return "\n".join([self._title(), *self.missing, "", repr(self.features)])

    def _repr_html_(self) -> str:
        lines = "<br>".join(map(escape, (self._title(), *self.missing)))
        return f"<p>{lines}</p>{self.features._repr_html_()}"

    def _title(self) -> str:
        keys = ", ".join(f"{key} {value}" for key, value in self.keys.items())
        return f"{keys} at {self.at} UTC".lstrip()


def look_up(
    location: Location,
    manifest: Manifest,
    options: LookupOptions,
    keys: Mapping[str, Any],
    at: datetime | str | None,
) -> EntityFeatures:
    """Return an entity's features; without `at`, as of the last instant, up to now, that all have.

    A key that is text is read as the type of the key. A feature that is not whole at the instant
    has no value, and a note that says when it is.
    """
    request = options.request(manifest)
    instant = _last_instant(request) if at is None else _instant(at)
    columns = _entity_columns(request, keys)
    row = pa.table({**columns, EVENT_TIMESTAMP: pa.array([instant], pa.timestamp("us"))})
    # `missing` says of which keys there is no row.
    lookup = Lookup(location, manifest, request, options.to_json(), warns=False)
    training_set = lookup.run(row)
    assert isinstance(training_set, TrainingSet)  # noqa: S101 - nothing was written
    (values,) = training_set.to_arrow().to_pylist()
    without_row = [
        requested
        for requested in request.views
        if all(values[item.name] is None for item in request.columns if item.view is requested)
        and not _has_row(ViewFiles(location, requested.view), requested.keys, row, instant)
    ]
    features = []
    for column, whole in zip(request.columns, coverage.ranges(request), strict=True):
        note = _not_whole(whole, instant)
        value = None if note else values[column.name]
        if column.view in without_row:
            note = note or NO_ROW
        features.append(EntityFeature(whole.feature, value, note))
    entity = {name: column[0].as_py() for name, column in columns.items()}
    return EntityFeatures(
        entity,
        instant,
        DisplayTable(
            features,
            {
                "feature": lambda feature: feature.feature,
                "value": lambda feature: to_short_text(feature.value),
                # Said once, above.
                "": lambda feature: "" if feature.note == NO_ROW else feature.note,
            },
        ),
        missing_keys(location, without_row, entity),
    )


def _last_instant(request: FeatureRequest) -> datetime:
    """Return the last instant, up to now, at which all views are built."""
    ends = [requested.view.built_through_at for requested in request.views]
    now = datetime.now(UTC).replace(microsecond=0, tzinfo=None)
    return min(now, min(ends) - MICROSECOND)


def _instant(at: datetime | str) -> datetime:
    """Return an instant as naive UTC."""
    try:
        instant = at if isinstance(at, datetime) else datetime.fromisoformat(at)
        return instant.astimezone(UTC).replace(tzinfo=None) if instant.tzinfo else instant
    # The last for an instant that is no year from 1 to 9999 in UTC.
    except (TypeError, ValueError, OverflowError) as error:
        raise LookupInputError(
            f"`{at}` is no instant", hint="write it as 2026-03-05T13:00, which is UTC"
        ) from error


def _entity_columns(request: FeatureRequest, keys: Mapping[str, Any]) -> dict[str, pa.Array]:
    """Return a value of each key and of what derived features take, in the release's types."""
    types = {
        column: requested.view.types[key]
        for requested in request.views
        for key, column in requested.keys.items()
    }
    for requested_derived in request.derived.values():
        types.update(requested_derived.derived.request)
    if not isinstance(keys, Mapping):
        raise LookupInputError(
            f"the keys are `{keys!r}`, not a dict",
            hint="write {" + ", ".join(f'"{name}": ...' for name in types) + "}",
        )
    for name in keys:
        if name not in types:
            hint = suggest(name, types) if types else "the features take the instant alone"
            raise LookupInputError(f"no feature takes `{name}`", hint=hint)
    if missing := [name for name in types if name not in keys]:
        listed = ", ".join(f"`{name}`" for name in missing)
        raise LookupInputError(
            f"there is no value of {listed}", hint=f"the features take {', '.join(types)}"
        )
    return {name: _typed(name, keys[name], kind) for name, kind in types.items()}


def _typed(name: str, value: Any, kind: str) -> pa.Array:
    """Return a value as an array of one; the lookup checks the type of what is no text."""
    try:
        if value is not None and not isinstance(value, str):
            return pa.array([value])
        return pa.array([value], pa.string()).cast(ARROW_TYPES[kind])
    except (pa.ArrowException, OverflowError) as error:
        raise LookupInputError(
            f"`{value}` is no {kind}, which `{name}` is", hint=f"look `{name}` up in the view"
        ) from error


def _not_whole(whole: Range, instant: datetime) -> str:
    """Return why a feature has no value at an instant, nothing where it has one."""
    if whole.complete_from is not None and instant < whole.complete_from:
        return f"its window is full from {minute(whole.complete_from)}"
    return "" if instant < whole.built_through else f"built until {minute(whole.built_through)}"


def _has_row(
    files: ViewFiles, column_of: Mapping[str, str], entity_row: pa.Table, instant: datetime
) -> bool:
    """Return whether a view has a row of an entity at or before an instant."""
    rows = files.read([*column_of, AVAILABLE_AT])
    matches = pc.less_equal(rows[AVAILABLE_AT], pa.scalar(instant, pa.timestamp("us")))
    for key, column in column_of.items():
        matches = pc.and_(matches, pc.equal(rows[key], entity_row[column][0]))
    return bool(pc.any(matches).as_py())
