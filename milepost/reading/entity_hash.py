"""The form in which a Parquet file keeps entity rows, and a hash of rows in that form.

A file gives other types back than it was given: milliseconds for seconds, plain values for
categories. So what is written is cast to types that come back as they are, and the hash is of the
same: rows have one hash before they are written and after they are read.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from milepost.errors import LookupInputError
from milepost.release.columns import decoded, to_array

_COARSE = {
    pa.date64(): pa.date32(),
    pa.time32("s"): pa.time32("ms"),
}
_DICTIONARIES = dict.fromkeys((pa.string(), pa.string_view(), pa.large_string()), pa.large_string())
_LISTS = (
    (pa.types.is_list, pa.list_),
    (pa.types.is_large_list, pa.large_list),
    (pa.types.is_list_view, pa.list_view),  # not to a list: Arrow's cast of a view is wrong
    (pa.types.is_large_list_view, pa.large_list_view),
)


def lasting(rows: pa.Table) -> pa.Table:
    """Return the rows with each column in the type in which Parquet gives it back.

    Raises a LookupInputError that names a column with a value that this type cannot hold.
    """
    for n, field in enumerate(rows.schema):
        kind = _lasting_type(field.type)
        if kind == field.type and not pa.types.is_nested(kind):
            continue
        column = decoded(rows.column(n))
        try:
            column = column.cast(kind)
        except pa.ArrowException as error:
            raise LookupInputError(
                f"column `{field.name}` of the entity rows, {field.type}, cannot be cast to {kind},"
                f" in which Parquet keeps it: {error}",
                hint="cast it before, or drop it",
            ) from error
        rows = rows.set_column(n, field.with_type(kind), column)
    return rows


def _lasting_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):  # of large text a file makes small
        return _DICTIONARIES.get(kind.value_type, _lasting_type(kind.value_type))
    if pa.types.is_run_end_encoded(kind):
        return _lasting_type(_plain_text(kind.value_type))
    if pa.types.is_timestamp(kind) and kind.unit == "s":
        return pa.timestamp("ms", kind.tz)
    if pa.types.is_map(kind):
        return pa.map_(_nested(kind.key_type), _nested(kind.item_type))
    if pa.types.is_struct(kind):
        return pa.struct([_nested_field(field, field.name) for field in kind])
    if pa.types.is_fixed_size_list(kind):
        return pa.list_(_nested_field(kind.value_field, "element"), kind.list_size)
    for is_list, make in _LISTS:
        if is_list(kind):
            return make(_nested_field(kind.value_field, "element"))
    return _COARSE.get(kind, kind)


def _nested_field(field: pa.Field, name: str) -> pa.Field:
    return pa.field(name, _nested(field.type), nullable=field.nullable)


def _nested(kind: pa.DataType) -> pa.DataType:
    return _plain_text(_lasting_type(kind))


def _plain_text(kind: pa.DataType) -> pa.DataType:
    """Return the plain type of a view type, because Arrow cannot take or filter views."""
    return {pa.string_view(): pa.string(), pa.binary_view(): pa.binary()}.get(kind, kind)


class EntityHash:
    """A SHA-256 of entity rows: of names, lasting types and ordered values, not of block sizes."""

    def __init__(self) -> None:
        self._columns: dict[str, list[Any]] = {}

    def update(self, rows: pa.Table) -> None:
        """Add rows, in the types of `lasting`, behind the rows so far."""
        for field, column in zip(rows.schema, rows.columns, strict=True):
            parts = _plain_bytes(to_array(column))
            hashes = self._columns.setdefault(
                f"{field.name}\0{field.type}", [hashlib.sha256() for _ in parts]
            )
            for column_hash, part in zip(hashes, parts, strict=True):
                column_hash.update(part)

    def hexdigest(self) -> str:
        """Return the hash of all rows that were added, in hex."""
        digests = [
            [column, *(part_hash.hexdigest() for part_hash in part_hashes)]
            for column, part_hashes in self._columns.items()
        ]
        return hashlib.sha256(json.dumps(digests).encode()).hexdigest()


def _plain_bytes(column: pa.Array) -> list[Any]:
    """Return validity, lengths and values as bytes that are the same for equal values.

    Layout, offsets and pieces of the column make no difference.
    """
    kind = column.type
    if pa.types.is_map(kind):
        pairs = pa.struct([("key", kind.key_type), ("value", kind.item_type)])
        return _plain_bytes(column.cast(pa.list_(pairs)))
    if isinstance(kind, pa.BaseExtensionType):
        return _plain_bytes(column.storage)
    if pa.types.is_fixed_size_binary(kind) or kind in {
        pa.string(),
        pa.string_view(),
        pa.binary(),
        pa.binary_view(),
        pa.large_string(),
    }:
        return _plain_bytes(column.cast(pa.large_binary()))
    if pa.types.is_boolean(kind):
        return _plain_bytes(column.cast(pa.uint8()))
    is_valid = _data(column.is_valid().cast(pa.uint8()))
    if pa.types.is_null(kind):
        return [is_valid]
    if pa.types.is_union(kind):
        return [is_valid, pa.RecordBatch.from_arrays([column], ["_"]).serialize()]
    values = pa.concat_arrays([column.drop_null()])
    if pa.types.is_large_binary(kind):
        _, offsets, data = values.buffers()
        bounds = np.frombuffer(offsets, np.int64)[values.offset : values.offset + len(values) + 1]
        return [is_valid, np.diff(bounds), memoryview(data or b"")[bounds[0] : bounds[-1]]]
    if pa.types.is_struct(kind):
        return [is_valid, *(part for field in values.flatten() for part in _plain_bytes(field))]
    if pa.types.is_nested(kind):  # a list, of whatever kind
        lengths = pc.list_value_length(values).cast(pa.int64())
        return [is_valid, _data(lengths), *_plain_bytes(values.flatten())]
    return [is_valid, _data(values)]


def _data(values: pa.Array) -> memoryview:
    width = values.type.bit_width // 8
    data = memoryview(values.buffers()[1] or b"")
    return data[values.offset * width : (values.offset + len(values)) * width]
