"""The point-in-time join: for each entity row the newest row that was available by its instant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from milepost.errors import LookupInputError
from milepost.manifest import View

EVENT_TIMESTAMP = "event_timestamp"


def entity_table(entity_df: Any) -> pa.Table:
    """The entity rows as Arrow, from anything with `__arrow_c_stream__`."""
    if not hasattr(entity_df, "__arrow_c_stream__"):
        raise LookupInputError(
            f"`entity_df` is a `{type(entity_df).__name__}`, which has no `__arrow_c_stream__`",
            hint="give a pandas or polars data frame, a pyarrow table or a DuckDB relation",
        )
    entities = pa.table(entity_df)
    twice = [name for name, count in Counter(entities.column_names).items() if count > 1]
    if twice:
        raise LookupInputError(
            f"`entity_df` has two columns `{twice[0]}`", hint="rename or drop one of them"
        )
    return entities


def event_instants(entities: pa.Table) -> pa.ChunkedArray:
    """`event_timestamp` as naive UTC, in microseconds; sub-microseconds are cut off."""
    if EVENT_TIMESTAMP not in entities.column_names:
        raise LookupInputError(
            f"`entity_df` has no column `{EVENT_TIMESTAMP}`",
            hint=f"it has {', '.join(f'`{name}`' for name in entities.column_names)}",
        )
    column = entities.column(EVENT_TIMESTAMP)
    if not pa.types.is_timestamp(column.type):
        raise LookupInputError(
            f"`{EVENT_TIMESTAMP}` is {column.type}, not a timestamp",
            hint="convert it, for instance with pandas.to_datetime(..., utc=True)",
        )
    if column.null_count:
        rows = pc.indices_nonzero(pc.is_null(column)).slice(0, 5).to_pylist()
        raise LookupInputError(
            f"`{EVENT_TIMESTAMP}` is null in {column.null_count} rows, the first at {rows}",
            hint="every entity row needs the instant of its prediction",
        )
    # First to UTC: in a local time, the hour in which clocks go back is ambiguous.
    column = column.cast(pa.timestamp(column.type.unit))
    if column.type.unit == "ns":  # a cast would refuse digits beyond the microsecond
        column = pc.floor_temporal(column, unit="microsecond")
    return column.cast(pa.timestamp("us"))


def latest(instants: pa.ChunkedArray) -> datetime | None:
    """The last instant asked for, naive UTC; None where there is none."""
    return pc.max(instants).as_py() if len(instants) else None


def check_names(entities: pa.Table, names: Sequence[str]) -> None:
    """Every column of the result has a name of its own."""
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise LookupInputError(
            f"two features are named `{twice[0]}`",
            hint="ask for each feature once, and pass full_feature_names=True where two views have "
            "one of the same name",
        )
    for name in names:
        if name in entities.column_names:
            raise LookupInputError(
                f"feature `{name}` is named as a column of `entity_df`",
                hint="pass full_feature_names=True, or rename the column",
            )


def check_complete(view: View, instants: pa.ChunkedArray) -> None:
    """No instant lies where the view is not built, or its longest window not full."""
    if not len(instants):
        return
    first, last = pc.min(instants).as_py(), pc.max(instants).as_py()
    allow = "or pass allow_incomplete=True"
    if last >= view.instant("built_through"):
        raise LookupInputError(
            f"feature view `{view.name}` is built through {view.built_through}, and "
            f"`{EVENT_TIMESTAMP}` goes to {last.isoformat()}",
            hint=f"wait for the next release, {allow}",
        )
    if first < view.instant("complete_from"):
        raise LookupInputError(
            f"feature view `{view.name}` is complete from {view.complete_from}, and "
            f"`{EVENT_TIMESTAMP}` starts at {first.isoformat()}",
            hint=f"its longest window is not full before; start later, {allow}",
        )


def entity_keys(entities: pa.Table, view: View, types: Mapping[str, pa.DataType]) -> pa.Table:
    """The join keys of a view, in the types of the view."""
    columns = {}
    declared = {field.name: types[field.type] for field in view.fields}
    for key in view.keys:
        if key not in entities.column_names:
            raise LookupInputError(
                f"`entity_df` has no column `{key}`, a key of feature view `{view.name}`",
                hint=f"its keys are {', '.join(f'`{name}`' for name in view.keys)}",
            )
        column = entities.column(key)
        if not _is_same_kind(column.type, declared[key]):
            raise LookupInputError(
                f"key `{key}` is {column.type}, in feature view `{view.name}` {declared[key]}",
                hint="convert the column",
            )
        try:
            columns[key] = column.cast(declared[key])
        except pa.ArrowInvalid as error:
            raise LookupInputError(
                f"key `{key}` has a value that is no {declared[key]}: {error}",
                hint="no row of the view can have it; correct the value, or make it null",
            ) from error
    return pa.table(columns) if columns else pa.table({"_": pa.nulls(entities.num_rows)})


def _is_same_kind(given: pa.DataType, declared: pa.DataType) -> bool:
    if pa.types.is_dictionary(given):
        given = given.value_type
    is_text = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    if pa.types.is_null(given):
        return True
    if pa.types.is_string(declared):
        return any(check(given) for check in is_text)
    if pa.types.is_int64(declared):
        return bool(pa.types.is_integer(given))
    return bool(given == declared)


def point_in_time_join(
    keys: pa.Table,
    instants: pa.ChunkedArray,
    rows: pa.Table,
    key_names: Sequence[str],
    features: Sequence[str],
) -> pa.Table:
    """The features of the newest row with equal keys and `available_at` at or before the instant.

    One row per entity row, in their order. `rows` is unique on keys and `available_at`, so the
    answer is too. Column positions stand for names, which come from outside.
    """
    numbered = {f"k{n}": keys.column(name) for n, name in enumerate(key_names)}
    entity_rows = pa.table(
        {**numbered, "at": instants, "position": pc.cumulative_sum(pa.repeat(1, len(instants)))}
    )
    view_rows = rows.rename_columns(
        [f"k{n}" for n in range(len(key_names))] + ["at"] + [f"f{n}" for n in range(len(features))]
    )
    equal = "".join(f"entity_rows.k{n} = view_rows.k{n} and " for n in range(len(key_names)))
    selected = ", ".join(f"view_rows.f{n}" for n in range(len(features)))
    import duckdb  # a quarter of all else that `import milepost` needs

    # DuckDB takes an Arrow table for a few rows and would join by nested loops: 84 s, not 0.4.
    with duckdb.connect(config={"asof_loop_join_threshold": 0}) as con:
        con.register("entity_rows", entity_rows)
        con.register("view_rows", view_rows)
        joined = con.execute(
            f"select {selected} from entity_rows asof left join view_rows "  # noqa: S608 - no outside name
            f"on {equal} entity_rows.at >= view_rows.at order by entity_rows.position"
        ).to_arrow_table()
    return joined.rename_columns(list(features))
