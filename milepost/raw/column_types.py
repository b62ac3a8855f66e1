"""The types of raw columns: as a source declares them, as files and data frames have them."""

from __future__ import annotations

import re
from functools import cache

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as kinds

# How many digits an integer type can have.
INTEGERS = {
    "TINYINT": 3,
    "SMALLINT": 5,
    "INTEGER": 10,
    "BIGINT": 19,
    "UTINYINT": 3,
    "USMALLINT": 5,
    "UINTEGER": 10,
    "UBIGINT": 20,
}
_ARROW_TYPES = {
    "VARCHAR": pa.string(),
    "TINYINT": pa.int8(),
    "SMALLINT": pa.int16(),
    "INTEGER": pa.int32(),
    "BIGINT": pa.int64(),
    "FLOAT": pa.float32(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us"),
}
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
DECLARABLE = (
    f"{', '.join(f'`{name.lower()}`' for name in _ARROW_TYPES)} or `decimal(p, s)`, or a synonym"
)
# By the names that Arrow gives to types: as which type of its own DuckDB reads them from Parquet.
_FILE_TYPES = {
    **{str(arrow): name for name, arrow in _ARROW_TYPES.items()},
    "large_string": "VARCHAR",
    "string_view": "VARCHAR",
    "extension<arrow.json>": "VARCHAR",
    "extension<arrow.uuid>": "UUID",
    "uint8": "UTINYINT",
    "uint16": "USMALLINT",
    "uint32": "UINTEGER",
    "uint64": "UBIGINT",
    "halffloat": "FLOAT16",
    "date64[ms]": "DATE",
    "null": "NULL",
}
_FILE_DICTIONARY = re.compile(r"dictionary<values=(.*), indices=u?int\d+, ordered=\d>")
_FILE_DECIMAL = re.compile(r"decimal\d*\((\d+), (\d+)\)")
_FILE_TIMESTAMP = re.compile(r"timestamp\[(s|ms|us|ns)(, tz=.+)?\]")


@cache
def _database() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def parser() -> duckdb.DuckDBPyConnection:
    """Return a DuckDB that no one else works with: it parses types and formats."""
    return _database().cursor()


@cache
def duckdb_type(declared: str) -> str | None:
    """Return DuckDB's name of a declared `data_type`, or None where no raw column has it."""
    if declared.strip().lower() in ("decimal", "numeric", "dec"):
        return None  # engines differ in how many digits a decimal has that does not say it
    try:
        name = str(parser().type(declared))
    except duckdb.Error:
        return None
    return name if name in _ARROW_TYPES or _DECIMAL.fullmatch(name) else None


def arrow_type(declared: str) -> pa.DataType | None:
    """Return the Arrow type of a declared `data_type`, or None where no raw column has it."""
    name = duckdb_type(declared)
    digits = name and decimal_digits(name)
    return pa.decimal128(*digits) if digits else _ARROW_TYPES.get(name or "")


def decimal_digits(duckdb_name: str) -> tuple[int, int] | None:
    """Return precision and scale of DuckDB's name of a decimal type, or None for another type."""
    decimal = _DECIMAL.fullmatch(duckdb_name)
    return (int(decimal[1]), int(decimal[2])) if decimal else None


def file_type(arrow_name: str) -> str | None:
    """Return the DuckDB type in which a file's column arrives, or None where it cannot be read.

    `arrow_name` is what Arrow calls its type. `NULL` is the type of a column with nulls alone.
    DuckDB has no `FLOAT16` and no `TIMESTAMP_NS WITH TIME ZONE`: it reads them as FLOAT and as
    TIMESTAMP WITH TIME ZONE. Spark needs to know which they are.
    """
    dictionary = _FILE_DICTIONARY.fullmatch(arrow_name)
    if dictionary:
        return file_type(dictionary[1])
    decimal = _FILE_DECIMAL.fullmatch(arrow_name)
    if decimal:
        # DuckDB reads decimals of more digits as DOUBLE, with wrong values.
        return f"DECIMAL({decimal[1]},{decimal[2]})" if int(decimal[1]) <= 38 else None
    timestamp = _FILE_TIMESTAMP.fullmatch(arrow_name)
    if timestamp:
        unit = "TIMESTAMP_NS" if timestamp[1] == "ns" else "TIMESTAMP"
        return f"{unit} WITH TIME ZONE" if timestamp[2] else unit
    return _FILE_TYPES.get(arrow_name)


def arrow_names(schema: pa.Schema) -> dict[str, str]:
    """Return what Arrow calls the types of a file's columns; of a dictionary, of its values.

    A name that two columns have has a type that nothing reads.
    """
    names: dict[str, str] = {}
    for field in schema:
        kind = field.type.value_type if kinds.is_dictionary(field.type) else field.type
        names[field.name] = "two columns of one name" if field.name in names else str(kind)
    return names


def landed_type(arrow: pa.DataType) -> pa.DataType | None:
    """Return the type in which a column is landed, or None for a type that no build can read.

    A column with only nulls keeps its type, because its values tell none.
    """
    if kinds.is_dictionary(arrow):
        return landed_type(arrow.value_type)
    if kinds.is_decimal(arrow) and arrow.precision <= 38:
        return pa.decimal128(arrow.precision, arrow.scale)
    for is_kind, landed in (
        (kinds.is_null, pa.null()),
        (kinds.is_string, pa.string()),
        (kinds.is_large_string, pa.string()),
        (kinds.is_string_view, pa.string()),
        (kinds.is_integer, pa.int64()),
        (kinds.is_floating, pa.float64()),
        (kinds.is_boolean, pa.bool_()),
        (kinds.is_date, pa.date32()),
        (kinds.is_timestamp, pa.timestamp("us")),
    ):
        if is_kind(arrow):
            return landed
    return None


def cast(column: pa.ChunkedArray, wanted: pa.DataType) -> pa.ChunkedArray:
    """Cast a column to the type in which it is landed, without losing a digit of any value.

    Numbers become any number type that holds them, midnights become dates; text is never read as
    something else. Raises an ArrowInvalid that says what would be lost.
    """
    if kinds.is_dictionary(column.type):
        # Arrow casts dictionaries of few types, and the values of any.
        parts = [(pa.chunked_array([chunk.dictionary]), chunk.indices) for chunk in column.chunks]
        chunks = [cast(values, wanted).combine_chunks().take(of) for values, of in parts]
        return pa.chunked_array(chunks, wanted)
    usual = landed_type(column.type)
    if usual in (wanted, pa.null()):
        return column.cast(wanted)
    if kinds.is_timestamp(column.type) and kinds.is_date(wanted):
        column = column.cast(usual)
    elif not (_is_number(column.type) and _is_number(wanted)):
        raise pa.ArrowInvalid(f"{column.type} is not read as {wanted}")
    if kinds.is_decimal(wanted):
        landed = column.cast(pa.decimal128(38, wanted.scale)).cast(wanted)
    else:
        landed = column.cast(wanted)
    lost = pc.not_equal(landed.cast(column.type, safe=False), column)
    if pc.any(lost).as_py():
        raise pa.ArrowInvalid(f"{column.filter(lost)[0]} is no {wanted}")
    return landed


def _is_number(kind: pa.DataType) -> bool:
    return bool(kinds.is_integer(kind) or kinds.is_floating(kind) or kinds.is_decimal(kind))
