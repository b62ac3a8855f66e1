"""Keys as whole numbers: equal keys of entity rows and of a view have equal numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Int64s = NDArray[np.int64]
NO_KEY = -1


class KeyIndex:
    """The distinct keys of entity rows, numbered from 0.

    `numbers` has the number of each entity row's key, -1 where one of its columns is null.
    """

    def __init__(self, key_columns: Sequence[pa.Array], row_count: int) -> None:
        # For each key column its distinct values; from the second on also the distinct pairs of
        # the number so far and the place among those values.
        self._levels: list[tuple[pa.Array, pa.Array | None]] = []
        self.numbers: Int64s = np.zeros(row_count, np.int64)
        self.count = 1
        for column in map(comparable, key_columns):
            encoded = column.dictionary_encode()
            numbers = _numbers(encoded.indices)
            distinct_pairs = None
            if self._levels:
                pairs = to_arrow(_pair_numbers(self.numbers, numbers, len(encoded.dictionary)))
                encoded_pairs = pairs.dictionary_encode()
                distinct_pairs = encoded_pairs.dictionary
                is_null = as_int64(pairs) < 0
                numbers = np.where(is_null, NO_KEY, as_int64(encoded_pairs.indices))
            self._levels.append((encoded.dictionary, distinct_pairs))
            self.numbers = numbers
            self.count = len(encoded.dictionary if distinct_pairs is None else distinct_pairs)

    @property
    def first_keys(self) -> pa.Array | None:
        """The distinct values of the first key column, as `comparable` has them."""
        return self._levels[0][0] if self._levels else None

    def find(self, key_columns: Sequence[pa.Array], row_count: int) -> Int64s:
        """Return the number of each row's key, -1 for a key that no entity row has."""
        numbers: Int64s = np.zeros(row_count, np.int64)
        for level, (column, (values, distinct_pairs)) in enumerate(
            zip(key_columns, self._levels, strict=True)
        ):
            value_numbers = _numbers(pc.index_in(comparable(column), value_set=values))
            if level:
                pairs = to_arrow(_pair_numbers(numbers, value_numbers, len(values)))
                pair_numbers = _numbers(pc.index_in(pairs, value_set=distinct_pairs))
                value_numbers = np.where(as_int64(pairs) < 0, NO_KEY, pair_numbers)
            numbers = value_numbers
        return numbers


def comparable(column: pa.Array) -> pa.Array:
    """Return keys of which equal ones have equal bytes: 0.0 for -0.0, a byte for a bit."""
    if pa.types.is_boolean(column.type):
        return column.cast(pa.uint8())
    return pc.add(column, 0.0) if pa.types.is_floating(column.type) else column


def as_int64(column: pa.Array) -> Int64s:
    """Return whole numbers or instants without nulls as a numpy array, without a copy."""
    # Not to_numpy(): it may import pandas, which takes longer than a small lookup.
    kind = np.dtype(f"i{column.type.bit_width // 8}")
    data = column.buffers()[1]
    if data is None:
        return np.empty(0, np.int64)
    return np.frombuffer(data, kind)[column.offset : column.offset + len(column)]


def to_arrow(numbers: Int64s, *, is_valid: NDArray[np.bool_] | None = None) -> pa.Array:
    """Return a numpy array as an Arrow column, null where `is_valid` is false."""
    # Not pa.array(): it may import pandas, which takes longer than a small lookup.
    bitmap = None if is_valid is None else pa.py_buffer(np.packbits(is_valid, bitorder="little"))
    contiguous = np.ascontiguousarray(numbers, np.int64)
    return pa.Array.from_buffers(pa.int64(), len(numbers), [bitmap, pa.py_buffer(contiguous)])


def _numbers(column: pa.Array) -> Int64s:
    """Return whole numbers, -1 where one is null."""
    if not column.null_count:
        return as_int64(column)
    is_null = as_int64(column.is_valid().cast(pa.uint8())) == 0
    return np.where(is_null, NO_KEY, as_int64(column))


def _pair_numbers(left: Int64s, right: Int64s, width: int) -> Int64s:
    """Return one number for each pair, -1 where either is; `right` is below `width`."""
    return np.where((left < 0) | (right < 0), NO_KEY, left * width + right)
