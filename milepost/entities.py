"""Entity rows: from whatever they come in to Arrow batches, and their keys and instants checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.fs import S3FileSystem

from milepost import s3
from milepost.errors import LookupInputError
from milepost.names import EVENT_TIMESTAMP
from milepost.s3 import Location


def reader(
    entity_df: Any, filesystem: S3FileSystem, views: Mapping[str, Any]
) -> pa.RecordBatchReader:
    """A stream of the entity rows.

    `entity_df` is anything with `__arrow_c_stream__`, the S3 URI of a Parquet file, or a query in
    DuckDB's SQL, which may name `views`.
    """
    if isinstance(entity_df, str):
        is_file = entity_df.startswith("s3://")
        found = _parquet(entity_df, filesystem) if is_file else _query(entity_df, views)
    elif hasattr(entity_df, "__arrow_c_stream__"):
        found = pa.RecordBatchReader.from_stream(entity_df)
    else:
        raise LookupInputError(
            f"`entity_df` is a `{type(entity_df).__name__}`, which has no `__arrow_c_stream__`",
            hint="give a pandas or polars data frame, a pyarrow table, a DuckDB relation, "
            "`s3://bucket/rows.parquet` or a SQL query",
        )
    twice = [name for name, count in Counter(found.schema.names).items() if count > 1]
    if twice:
        raise LookupInputError(
            f"`entity_df` has two columns `{twice[0]}`", hint="rename or drop one of them"
        )
    return found


def _parquet(uri: str, filesystem: S3FileSystem) -> pa.RecordBatchReader:
    import pyarrow.parquet as pq

    place = Location.parse(uri)
    try:
        file = pq.ParquetFile(
            filesystem.open_input_file(f"{place.bucket}/{place.prefix}"), pre_buffer=True
        )
    except (OSError, pa.ArrowInvalid) as error:
        raise LookupInputError(
            f"`{uri}` cannot be read: {error}",
            hint="`entity_df` as text is the URI of one Parquet file on S3, or a SQL query",
        ) from error
    return pa.RecordBatchReader.from_batches(file.schema_arrow, file.iter_batches(1 << 17))


def _query(sql: str, views: Mapping[str, Any]) -> pa.RecordBatchReader:
    import duckdb

    con = duckdb.connect(config={"autoinstall_known_extensions": False})
    con.execute("set TimeZone = 'UTC'")
    for name, rows in views.items():
        con.register(name, rows)
    hint = (
        "write one `select` in DuckDB's SQL over the feature views, or over Parquet files by their "
        "`s3://` names, for which DuckDB needs its extension `httpfs`"
    )
    try:
        if "s3://" in sql:
            con.execute("load httpfs")
            con.execute(s3.duckdb_secret())
        if not con.extract_statements(sql):
            raise LookupInputError("`entity_df` as a SQL query is empty", hint=hint)
        return con.execute(sql).to_arrow_reader(1 << 17)
    except duckdb.Error as error:
        raise LookupInputError(
            f"`entity_df` as a SQL query: {str(error).splitlines()[0]}",
            hint=hint,
        ) from error


def event_instants(entities: pa.Table, first_row: int = 0) -> pa.Array:
    """`event_timestamp` as naive UTC, in microseconds; sub-microseconds are cut off.

    `first_row` is the number of the first of these rows among all of them, for errors.
    """
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
        nulls = pc.indices_nonzero(pc.is_null(column)).slice(0, 5).to_pylist()
        raise LookupInputError(
            f"`{EVENT_TIMESTAMP}` is null in {column.null_count} rows, the first at "
            f"{[first_row + row for row in nulls]}",
            hint="every entity row needs the instant of its prediction",
        )
    return one(_instants(column))


def check_untimed(names: Sequence[str]) -> None:
    """Rows for latest features have no instants of their own."""
    if EVENT_TIMESTAMP in names:
        raise LookupInputError(
            f"`entity_rows` has a column `{EVENT_TIMESTAMP}`, and latest features are as of one "
            "instant",
            hint="drop the column, or ask get_historical_features",
        )


def same_instant(instant: datetime, rows: int) -> pa.Array:
    """One instant for every row."""
    import numpy as np

    microseconds = np.full(rows, np.datetime64(instant, "us"))
    return pa.Array.from_buffers(pa.timestamp("us"), rows, [None, pa.py_buffer(microseconds)])


def keys(
    entities: pa.Table, view: str, columns: Mapping[str, str], types: pa.Schema
) -> list[pa.Array]:
    """The join keys of a view in its types; `columns` says which entity column each key is."""
    found = []
    for key, name in columns.items():
        declared = types.field(key).type
        if name not in entities.column_names:
            raise LookupInputError(
                f"`entity_df` has no column `{name}`, a key of feature view `{view}`",
                hint=f"its keys are {', '.join(f'`{one}`' for one in columns)}; where the entity "
                "rows name one otherwise, pass aliases={...}",
            )
        column = entities.column(name)
        if not _is_same_kind(column.type, declared):
            raise LookupInputError(
                f"key `{name}` is {column.type}, in feature view `{view}` {declared}",
                hint="convert the column",
            )
        try:
            found.append(one(column.cast(declared)))
        except pa.ArrowInvalid as error:
            raise LookupInputError(
                f"key `{name}` has a value that is no {declared}: {error}",
                hint="no row of the view can have it; correct the value, or make it null",
            ) from error
    return found


def request(entities: pa.Table, name: str, declared: pa.DataType, feature: str) -> pa.Array:
    """A column of the entity rows that the derived feature `feature` needs, in its type."""
    if name not in entities.column_names:
        raise LookupInputError(
            f"`entity_df` has no column `{name}`, which derived feature `{feature}` needs",
            hint=f"add it as {declared}: it is what is known of the request, not a feature",
        )
    column = entities.column(name)
    if pa.types.is_timestamp(column.type) and pa.types.is_timestamp(declared):
        return one(_instants(column))
    if not (_is_same_kind(column.type, declared) or _is_number_for(column.type, declared)):
        raise LookupInputError(
            f"`{name}` is {column.type}, for derived feature `{feature}` {declared}",
            hint="convert the column",
        )
    try:
        return one(column.cast(declared))
    except pa.ArrowInvalid as error:
        raise LookupInputError(
            f"`{name}` has a value that is no {declared}: {error}", hint="correct the value"
        ) from error


def _is_number_for(given: pa.DataType, declared: pa.DataType) -> bool:
    is_number = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
    return bool(pa.types.is_float64(declared) and any(check(given) for check in is_number))


def _instants(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Timestamps as naive UTC, in microseconds."""
    # First to UTC: in a local time, the hour in which clocks go back is ambiguous.
    column = column.cast(pa.timestamp(column.type.unit))
    if column.type.unit == "ns":  # a cast would refuse digits beyond the microsecond
        column = pc.floor_temporal(column, unit="microsecond")
    return column.cast(pa.timestamp("us"))


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


def one(column: pa.ChunkedArray) -> pa.Array:
    """A column in one piece."""
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
