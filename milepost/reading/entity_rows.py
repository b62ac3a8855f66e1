"""The keys, instants and request columns of entity rows, checked and in the types of a release."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from milepost.errors import LookupInputError
from milepost.release.columns import decoded, finite, to_array
from milepost.release.entity import EntityRole
from milepost.release.names import EVENT_TIMESTAMP
from milepost.release.near_names import near

# The instants that Python's datetime has, in microseconds since 1970.
FIRST_INSTANT, LAST_INSTANT = (
    (instant - datetime(1970, 1, 1)) // timedelta(microseconds=1)  # noqa: DTZ001 - naive is UTC
    for instant in (datetime.min, datetime.max)  # noqa: DTZ901
)
_IS_TEXT = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)


def event_instants(rows: pa.Table, first_row: int = 0) -> pa.Array:
    """Return `event_timestamp` as naive UTC, in microseconds; sub-microseconds are cut off.

    `first_row` is the number of the first of these rows among all of them, for errors.
    """
    if EVENT_TIMESTAMP not in rows.column_names:
        raise LookupInputError(
            f"the entity rows have no column `{EVENT_TIMESTAMP}`",
            hint=f"they have {_listed(rows.column_names)}",
        )
    column = decoded(rows.column(EVENT_TIMESTAMP))
    if not pa.types.is_timestamp(column.type):
        raise LookupInputError(
            f"`{EVENT_TIMESTAMP}` is {column.type}, not a timestamp",
            hint="convert it, for instance with pandas.to_datetime(..., utc=True)",
        )
    if column.null_count:
        nulls = pc.indices_nonzero(pc.is_null(column)).slice(0, 5).to_pylist()
        raise LookupInputError(
            f"`{EVENT_TIMESTAMP}` is null in {column.null_count} rows, the first at "
            f"{[first_row + row for row in nulls]}",
            hint="every entity row needs the instant of its prediction",
        )
    beyond = LookupInputError(
        f"`{EVENT_TIMESTAMP}` has instants that are not in the years 1 to 9999",
        hint="is one a placeholder, or a number that was taken for another unit?",
    )
    try:
        instants = to_array(_instants(column))
    except pa.ArrowInvalid as error:  # more seconds than microseconds can say
        raise beyond from error
    bounds = pc.min_max(instants.view(pa.int64())).as_py()
    if len(instants) and not FIRST_INSTANT <= bounds["min"] <= bounds["max"] <= LAST_INSTANT:
        raise beyond
    return instants


def check_not_empty(rows: pa.Table) -> None:
    """Raise a LookupInputError where there is no entity row."""
    if not rows.num_rows:
        raise LookupInputError(
            "there are no entity rows", hint="look at the filter or query that they came from"
        )


def check_untimed(names: Sequence[str]) -> None:
    """Raise a LookupInputError where rows for latest features have instants of their own."""
    if EVENT_TIMESTAMP in names:
        raise LookupInputError(
            f"the entity rows have a column `{EVENT_TIMESTAMP}`, and latest features are as of one "
            "instant",
            hint="drop the column, or ask get_historical_features",
        )


def same_instant(instant: datetime, row_count: int) -> pa.Array:
    """Return one instant for each of so many rows."""
    import numpy as np

    microseconds = np.full(row_count, np.datetime64(instant, "us"))
    return pa.Array.from_buffers(pa.timestamp("us"), row_count, [None, pa.py_buffer(microseconds)])


def key_columns(
    rows: pa.Table,
    view: str,
    columns: Mapping[str, str],
    types: pa.Schema,
    entities: Iterable[EntityRole] = (),
    example: Callable[[str], str | None] = lambda _: None,
) -> list[pa.Array]:
    """Return the join keys of a view in its types; `columns` names the entity column of each key.

    `entities` are those of the view, for errors, and `example` gives a value of a key, as text. A
    key that is not finite is null: no row of a view has it.
    """
    key_values = []
    for key, name in columns.items():
        declared = types.field(key).type
        if name not in rows.column_names:
            raise LookupInputError(
                f"the entity rows have no column `{name}`, a key of feature view `{view}`",
                hint=f"they have {_listed(rows.column_names)}; "
                f"{_missing_key(rows.column_names, view, key, columns, entities)}",
            )
        column = decoded(rows.column(name))
        if not _is_same_kind(column.type, declared):
            value = example(key)
            raise LookupInputError(
                f"key `{name}` is {column.type}, in feature view `{view}` {declared}",
                hint=_conversion(declared)
                + ("" if value is None else f"; its values look like `{value}`"),
            )
        try:
            key_values.append(finite(to_array(_cast(column, declared))))
        except pa.ArrowInvalid as error:
            raise LookupInputError(
                f"key `{name}` has a value that is no {declared}: {error}",
                hint="no row of the view can have it; correct the value, or make it null",
            ) from error
    return key_values


def _missing_key(
    names: Iterable[str],
    view: str,
    key: str,
    columns: Mapping[str, str],
    entities: Iterable[EntityRole],
) -> str:
    """Return what to do about the missing column of a key."""
    name = columns[key]
    columns_in_lower_case = {
        known.lower(): known for known in names if known not in columns.values()
    }
    nearest = [columns_in_lower_case[text] for text in near(name.lower(), columns_in_lower_case)]
    if name != key or ":" in view:  # an alias has it already, or it is of a derived feature's input
        remedy = f"`{view}` takes its key `{key}` from it"
        return f"{remedy}: rename `{nearest[0]}`" if nearest else f"{remedy}: add it"
    column = nearest[0] if nearest else "the column"
    alias = f'aliases={{"{view}": {{"keys": {{"{key}": "{column}"}}}}}}'
    if nearest:
        return f"rename `{column}` to `{name}`, or pass {alias}"
    keys = _listed_keys(columns, entities)
    return f"its keys are {keys}; where a column has another name, pass {alias}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


def _listed_keys(keys: Iterable[str], entities: Iterable[EntityRole]) -> str:
    titles = {key: f" of {role.title}" for role in entities for key in role.keys}
    return ", ".join(f"`{key}`{titles.get(key, '')}" for key in keys)


def request_column(rows: pa.Table, name: str, declared: pa.DataType, feature: str) -> pa.Array:
    """Return a column of the entity rows that a derived feature needs, in its type."""
    if name not in rows.column_names:
        raise LookupInputError(
            f"the entity rows have no column `{name}`, which derived feature `{feature}` needs",
            hint=f"add it as {declared}: it is what is known of the request, not a feature",
        )
    column = decoded(rows.column(name))
    if not (_is_same_kind(column.type, declared) or _is_number_for(column.type, declared)):
        raise LookupInputError(
            f"`{name}` is {column.type}, for derived feature `{feature}` {declared}",
            hint=_conversion(declared),
        )
    try:
        if pa.types.is_timestamp(declared) and not pa.types.is_null(column.type):
            return to_array(_instants(column))
        return finite(to_array(_cast(column, declared)))
    except pa.ArrowInvalid as error:
        raise LookupInputError(
            f"`{name}` has a value that is no {declared}: {error}", hint="correct the value"
        ) from error


def _instants(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return timestamps as naive UTC, in microseconds."""
    # First to UTC: in a local time, the hour in which clocks go back is ambiguous.
    column = column.cast(pa.timestamp(column.type.unit))
    if column.type.unit == "ns":  # a cast would refuse digits beyond the microsecond
        column = pc.floor_temporal(column, unit="microsecond")
    return column.cast(pa.timestamp("us"))


def _cast(column: pa.ChunkedArray, declared: pa.DataType) -> pa.ChunkedArray:
    """Return a column in the declared type; an ArrowInvalid where a value does not fit it."""
    given = column.type
    if pa.types.is_timestamp(given):
        column = column.cast(pa.timestamp(given.unit))  # to UTC, before its unit
    if pa.types.is_decimal(given):  # Arrow's narrow ones cannot be cast to whole numbers
        column = column.cast(pa.decimal256(76, given.scale))
    return column.cast(declared)


def _is_same_kind(given: pa.DataType, declared: pa.DataType) -> bool:
    if pa.types.is_null(given):
        return True
    if pa.types.is_string(declared):
        return any(check(given) for check in _IS_TEXT)
    if pa.types.is_int64(declared):
        return bool(pa.types.is_integer(given) or (pa.types.is_decimal(given) and not given.scale))
    if pa.types.is_timestamp(declared):
        return bool(pa.types.is_timestamp(given))
    return bool(given == declared)


def _is_number_for(given: pa.DataType, declared: pa.DataType) -> bool:
    is_number = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
    return bool(pa.types.is_float64(declared) and any(check(given) for check in is_number))


def _conversion(declared: pa.DataType) -> str:
    if pa.types.is_int64(declared):
        return "convert the column; pandas makes whole numbers with a gap `Int64`, not floats"
    return f"convert the column to {declared}"
