"""Keys as whole numbers: equal keys of entity rows and of a view have equal numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Int64s = NDArray[np.int64]
NO_KEY = -1


class KeyIndex:
    """The distinct keys of entity rows, each with a number of its own. It does not change.

    `numbers` has the number of each entity row's key, -1 where one of its columns is null. All are
    below `count`. A number below `count` may belong to no key: with two key columns nulls take one.
    """

    def __init__(self, key_columns: Sequence[pa.Array], row_count: int) -> None:
        # For each key column its distinct values. From the second on also the distinct pairs, as
        # `_encoded_pairs` gives them: the number of the columns before, and the place of the value.
        self._levels: list[tuple[pa.Array, pa.Array | None]] = []
        self.numbers: Int64s = np.zeros(row_count, np.int64)
        # The keys of a view without key columns are all equal: one key, of number 0.
        self.count = 1
        for column in map(comparable, key_columns):
            values, numbers = _encode(column)
            distinct_pairs = None
            if self._levels:
                pairs = _encoded_pairs(self.numbers, numbers, len(values))
                # A pair with a null is among the distinct pairs, but it is no key.
                distinct_pairs, pair_numbers = _encode(to_arrow(pairs))
                numbers = np.where(pairs < 0, NO_KEY, pair_numbers)
            self._levels.append((values, distinct_pairs))
            self.numbers = numbers
            self.count = len(values if distinct_pairs is None else distinct_pairs)

    @property
    def distinct_values(self) -> list[pa.Array]:
        """The distinct values of each key column, as `comparable` gives them."""
        return [values for values, _ in self._levels]

    def find(
        self, key_columns: Sequence[pa.Array], row_count: int
    ) -> tuple[Int64s, list[NDArray[np.bool_]]]:
        """Return the number of each row's key, -1 for a key that no entity row has.

        The second result says for each key column which of `distinct_values` the rows have.
        """
        numbers: Int64s = np.zeros(row_count, np.int64)
        seen = []
        for column, (values, distinct_pairs) in zip(key_columns, self._levels, strict=True):
            value_numbers = _places(comparable(column), values)
            is_seen = np.zeros(len(values), np.bool_)
            is_seen[value_numbers[value_numbers >= 0]] = True
            seen.append(is_seen)
            if distinct_pairs is None:  # the first key column
                numbers = value_numbers
                continue
            pairs = _encoded_pairs(numbers, value_numbers, len(values))
            # A pair with a null or an unknown value would be found if entity rows have nulls, too.
            numbers = np.where(pairs < 0, NO_KEY, _places(to_arrow(pairs), distinct_pairs))
        return numbers, seen


def comparable(column: pa.Array) -> pa.Array:
    """Return keys so that equal ones have equal bytes: 0.0 for -0.0, a byte for a bit."""
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


def to_arrow(
    numbers: NDArray[np.signedinteger[Any]], *, is_valid: NDArray[np.bool_] | None = None
) -> pa.Array:
    """Return a numpy array as an Arrow column, null where `is_valid` is false."""
    # Not pa.array(): it may import pandas, which takes longer than a small lookup.
    bitmap = None if is_valid is None else pa.py_buffer(np.packbits(is_valid, bitorder="little"))
    contiguous = np.ascontiguousarray(numbers)
    kind = pa.int32() if contiguous.dtype == np.int32 else pa.int64()
    return pa.Array.from_buffers(kind, len(numbers), [bitmap, pa.py_buffer(contiguous)])


def _numbers(column: pa.Array) -> Int64s:
    """Return whole numbers, with -1 in place of null."""
    if not column.null_count:
        return as_int64(column)
    is_null = as_int64(column.is_valid().cast(pa.uint8())) == 0
    return np.where(is_null, NO_KEY, as_int64(column))


def _encode(column: pa.Array) -> tuple[pa.Array, Int64s]:
    """Return the distinct values of a column, and the place of each value among them, or -1.

    They ascend, but for text.
    """
    encoded = column.dictionary_encode()
    values = encoded.dictionary
    if pa.types.is_string(column.type):
        return values, _numbers(encoded.indices)
    ascending = np.argsort(as_int64(values))
    places = np.empty(len(values), np.int32)
    places[ascending] = np.arange(len(values))
    return values.take(to_arrow(ascending)), _numbers(to_arrow(places).take(encoded.indices))


def _places(column: pa.Array, values: pa.Array) -> Int64s:
    """Return the place of each value of a column among those of `_encode`, or -1."""
    # Arrow makes a hash table of all values in each call. Ascending values need none, but then each
    # key takes longer, so that it pays where there are more values than keys. 2026-11.
    if pa.types.is_string(values.type) or len(values) <= len(column):
        return _numbers(pc.index_in(column, value_set=values))
    numbers, ascending = as_int64(column), as_int64(values)
    places = np.minimum(np.searchsorted(ascending, numbers), len(ascending) - 1)
    return np.where(ascending[places] == numbers, places, NO_KEY)


def _encoded_pairs(left: Int64s, right: Int64s, width: int) -> Int64s:
    """Return each pair as one number, -1 where either number is -1; `right` is below `width`."""
    # Arrow's numbers have 32 bits, in which the product of two counts may not fit.
    return np.where((left < 0) | (right < 0), NO_KEY, left.astype(np.int64) * width + right)
