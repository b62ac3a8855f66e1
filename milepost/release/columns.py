"""Arrow columns as numbers, keys and expressions need them: in one piece, plain, finite."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc


def to_array(column: pa.ChunkedArray) -> pa.Array:
    """Return a column in one piece."""
    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def finite(numbers: pa.Array) -> pa.Array:
    """Return a column with null for NaN and infinity: a number is finite or it is missing."""
    if not pa.types.is_floating(numbers.type):
        return numbers
    return pc.if_else(pc.is_finite(numbers), numbers, pa.scalar(None, numbers.type))


def decoded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a dictionary or run-end encoded column as a plain one, any other as it is."""
    if pa.types.is_run_end_encoded(column.type):
        return decoded(pc.run_end_decode(column))
    if not pa.types.is_dictionary(column.type):
        return column
    value_type = column.type.value_type
    if pa.types.is_string_view(value_type):  # Arrow cannot take values of a view
        value_type = pa.string()
    chunks = [chunk.dictionary.cast(value_type).take(chunk.indices) for chunk in column.chunks]
    return pa.chunked_array(chunks, value_type)
