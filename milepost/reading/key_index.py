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
    """The distinct keys of entity rows, each with a number of its own.

    `numbers` has the number of each entity row's key, -1 where one of its columns is null. All are
    below `count`. A number below `count` may belong to no key: with two key columns nulls take one.
    `seen` has for each key column which of its distinct values `find` has met.
    """

    def __init__(self, key_columns: Sequence[pa.Array], row_count: int) -> None:
        # For each key column its distinct values. From the second on also the distinct pairs, as
        # `_encoded_pairs` gives them: the number of the columns before, and the place of the value.
        self._levels: list[tuple[pa.Array, pa.Array | None]] = []
        self.seen: list[NDArray[np.bool_]] = []
        self.numbers: Int64s = np.zeros(row_count, np.int64)
        # The keys of a view without key columns are all equal: one key, of number 0.
        self.count = 1
        for column in map(comparable, key_columns):
            encoded = column.dictionary_encode()
            numbers = _numbers(encoded.indices)
            distinct_pairs = None
            if self._levels:
                pairs = to_arrow(_encoded_pairs(self.numbers, numbers, len(encoded.dictionary)))
                pair_places = pairs.dictionary_encode()
                distinct_pairs = pair_places.dictionary
                # A pair with a null is among the distinct pairs, but it is no key.
                is_null = as_int64(pairs) < 0
                numbers = np.where(is_null, NO_KEY, as_int64(pair_places.indices))
            self._levels.append((encoded.dictionary, distinct_pairs))
            self.seen.append(np.zeros(len(encoded.dictionary), np.bool_))
            self.numbers = numbers
            self.count = len(encoded.dictionary if distinct_pairs is None else distinct_pairs)

    @property
    def values_of_first_key(self) -> pa.Array | None:
        """The distinct values of the first key column, as `comparable` gives them."""
        return self._levels[0][0] if self._levels else None

    def unseen(self, level: int) -> pa.Array:
        """Return the distinct values of a key column that `find` has not met yet."""
        return self._levels[level][0].take(to_arrow(np.flatnonzero(~self.seen[level])))

    def find(self, key_columns: Sequence[pa.Array], row_count: int) -> Int64s:
        """Return the number of each row's key, -1 for a key that no entity row has."""
        numbers: Int64s = np.zeros(row_count, np.int64)
        for level, (column, (values, distinct_pairs)) in enumerate(
            zip(key_columns, self._levels, strict=True)
        ):
            value_numbers = _numbers(pc.index_in(comparable(column), value_set=values))
            self.seen[level][value_numbers[value_numbers >= 0]] = True
            if level == 0:
                numbers = value_numbers
                continue
            pairs = to_arrow(_encoded_pairs(numbers, value_numbers, len(values)))
            pair_numbers = _numbers(pc.index_in(pairs, value_set=distinct_pairs))
            # A pair with a null or an unknown value would be found if entity rows have nulls, too.
            numbers = np.where(as_int64(pairs) < 0, NO_KEY, pair_numbers)
        return numbers


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


def to_arrow(numbers: Int64s, *, is_valid: NDArray[np.bool_] | None = None) -> pa.Array:
    """Return a numpy array as an Arrow column, null where `is_valid` is false."""
    # Not pa.array(): it may import pandas, which takes longer than a small lookup.
    bitmap = None if is_valid is None else pa.py_buffer(np.packbits(is_valid, bitorder="little"))
    contiguous = np.ascontiguousarray(numbers, np.int64)
    return pa.Array.from_buffers(pa.int64(), len(numbers), [bitmap, pa.py_buffer(contiguous)])


def _numbers(column: pa.Array) -> Int64s:
    """Return whole numbers, with -1 in place of null."""
    if not column.null_count:
        return as_int64(column)
    is_null = as_int64(column.is_valid().cast(pa.uint8())) == 0
    return np.where(is_null, NO_KEY, as_int64(column))


def _encoded_pairs(left: Int64s, right: Int64s, width: int) -> Int64s:
    """Return each pair as one number, -1 where either number is -1; `right` is below `width`."""
    return np.where((left < 0) | (right < 0), NO_KEY, left * width + right)
