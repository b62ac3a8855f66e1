"""Parquet files as several writers make them: each of them has the rows in types of its own."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyarrow.types as kinds

from milepost.raw.tables import Partition, RawTable

WRITERS = 4


def parquet(table: RawTable, partition: Partition, rows: pa.Table, *, drifts: bool) -> bytes:
    """Return the Parquet file of a partition.

    It lacks the columns that were added later, and every third one lacks those that are optional.
    Where the schema `drifts`, the writer of a day has types and an order of columns of its own.
    """
    number = partition.starts_at.toordinal()
    lacking = [
        name
        for name, column in table.columns.items()
        if (column.added_on is not None and partition.starts_at.date() < column.added_on)
        or (column.is_optional and number % 3 == 0)
    ]
    rows = rows.drop_columns(lacking)
    if drifts and number % WRITERS:
        for position, field in enumerate(rows.schema):
            column = _drifted(rows[field.name], number % WRITERS)
            rows = rows.set_column(position, field.name, column)
        rows = rows.select(rows.column_names[::-1])
    file = io.BytesIO()
    pq.write_table(rows, file, store_schema=True)
    return file.getvalue()


def _drifted(column: pa.ChunkedArray, writer: int) -> pa.ChunkedArray:
    """Return a column in the type of a writer, which holds each of its values."""
    wanted = _types(column.type)[writer - 1]
    try:
        drifted = column.cast(wanted)
    except pa.ArrowInvalid:  # a number is too large
        return column
    if (
        kinds.is_floating(wanted)
        and not pc.all(pc.equal(drifted.cast(column.type), column)).as_py()
    ):
        return column
    return drifted


def _types(declared: pa.DataType) -> tuple[pa.DataType, pa.DataType, pa.DataType]:
    """Return the types in which the writers other than the first have a declared one."""
    if kinds.is_int64(declared):
        return pa.int32(), pa.int16(), declared
    if kinds.is_float64(declared):
        return pa.float32(), declared, pa.float32()
    if kinds.is_decimal(declared):
        fewer = [pa.decimal128(declared.precision - digits, declared.scale) for digits in (1, 2)]
        return fewer[0], fewer[1], declared
    if kinds.is_timestamp(declared):
        return pa.timestamp("us", "UTC"), pa.timestamp("ns"), pa.timestamp("ns", "UTC")
    if kinds.is_string(declared):
        return pa.dictionary(pa.int32(), pa.string()), pa.large_string(), pa.string_view()
    return declared, declared, declared
