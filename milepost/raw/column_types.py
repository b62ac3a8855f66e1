"""The types of raw columns: as a source declares them, and as a loader's data frame has them."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as kinds

_TYPES = {
    "varchar": pa.string(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
}
_DECIMAL = re.compile(r"decimal\((\d{1,2}),(\d{1,2})\)")
DECLARABLE = f"{', '.join(f'`{name}`' for name in _TYPES)} or `decimal(p, s)`"


def arrow_type(declared: str) -> pa.DataType | None:
    """Return the Arrow type of a declared `data_type`, or None where no raw column has it."""
    name = declared.lower().replace(" ", "")
    decimal = _DECIMAL.fullmatch(name)
    if decimal:
        precision, scale = int(decimal[1]), int(decimal[2])
        return pa.decimal128(precision, scale) if 0 < precision <= 38 >= scale else None
    return _TYPES.get(name)


def is_declared_type(arrow_name: str, declared: str) -> bool:
    """Return whether a column of an Arrow type, by its name, is read as declared."""
    return arrow_name.removeprefix("large_") == str(arrow_type(declared))


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
