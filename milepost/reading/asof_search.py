"""The newest row of a view at or before each entity row's instant, in one pass of its files.

A release's files hold a month each, sorted by keys and `available_at` and unique on them. So the
view is neither sorted nor joined: its narrow columns give the position of each entity row's answer
by binary search, and of the wide ones only what matched is kept, row group by row group. Months are
read from the newest one on, and an older one only while some entity row has no answer yet.
"""

from __future__ import annotations

import os
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from milepost.reading.entities import one
from milepost.release.manifest import File
from milepost.release.names import AVAILABLE_AT
from milepost.release.view_files import ViewFiles

Whole = NDArray[np.int64]
# With more keys than this, hardly a row group has none of them. 2026-11.
FEW_KEYS = 10_000


class KeyIndex:
    """Numbers distinct keys of entity rows; `numbers` has each row's, -1 where one is null."""

    def __init__(self, columns: Sequence[pa.Array], rows: int) -> None:
        self._levels: list[tuple[pa.Array, pa.Array | None]] = []
        self.numbers: Whole = np.zeros(rows, np.int64)
        self.count = 1
        for column in map(_comparable, columns):
            encoded = column.dictionary_encode()
            own = _or_none(encoded.indices)
            pairs = None
            if self._levels:
                joint = _arrow(_pairs(self.numbers, own, len(encoded.dictionary)))
                paired = joint.dictionary_encode()
                pairs = paired.dictionary
                own = np.where(whole(joint) < 0, -1, whole(paired.indices))
            self._levels.append((encoded.dictionary, pairs))
            self.numbers, self.count = own, len(encoded.dictionary if pairs is None else pairs)

    @property
    def first_keys(self) -> pa.Array | None:
        """The distinct values of the first key column, as `_comparable` has them."""
        return self._levels[0][0] if self._levels else None

    def find(self, columns: Sequence[pa.Array], rows: int) -> Whole:
        """The numbers of these keys, -1 where no entity row has them."""
        numbers: Whole = np.zeros(rows, np.int64)
        for n, (column, (values, pairs)) in enumerate(zip(columns, self._levels, strict=True)):
            own = _or_none(pc.index_in(_comparable(column), value_set=values))
            if n:
                joint = _arrow(_pairs(numbers, own, len(values)))
                joined = _or_none(pc.index_in(joint, value_set=pairs))
                own = np.where(whole(joint) < 0, -1, joined)
            numbers = own
        return numbers


@dataclass
class _Month:
    """What an opened file has to say: its narrow columns, and the row groups they are of."""

    source: File
    file: pq.ParquetFile
    groups: list[int]
    starts: Whole
    """Where each row group starts among the rows that were read, and where the last ends."""

    keys: list[pa.Array]
    instants: pa.Array


def newest(
    files: ViewFiles,
    keys: Sequence[pa.Array],
    instants: Whole,
    features: Sequence[str],
    *,
    oldest: Whole | None = None,
) -> list[pa.Array]:
    """For each feature its value in the newest row with equal keys and `available_at <= instant`.

    `keys` are the entity rows' keys in the view's types, `instants` their instants in microseconds;
    where `oldest` is given, a row before it is none. One value per entity row, in their order; null
    where there is no row.
    """
    index = KeyIndex(keys, len(instants))
    months = sorted(files.view.files, key=lambda file: file.month)
    starts = np.array([_month_start(file) for file in months], np.int64)
    month_of = np.searchsorted(starts, instants, side="right") - 1
    waiting: Whole = np.empty(0, np.int64)
    places: list[Whole] = []
    pieces: list[Future[list[pa.Table]]] = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for n in range(len(months) - 1, -1, -1):
            own = np.flatnonzero((month_of == n) & (index.numbers >= 0))
            waiting = np.concatenate([waiting, own])
            if oldest is not None and n + 1 < len(months):
                waiting = waiting[oldest[waiting] < starts[n + 1]]
            if not len(waiting):
                continue
            month = _open(files, months[n], index)
            found, rows = _search(month, index, waiting, instants)
            is_left = np.ones(len(instants), np.bool_)
            is_left[found] = False
            waiting = waiting[is_left[waiting]]
            if oldest is not None:
                is_young = whole(month.instants)[rows] >= oldest[found]
                found, rows = found[is_young], rows[is_young]
            places.append(found)
            pieces.append(pool.submit(_fetch, files, month, rows, list(features)))
        parts = [part for piece in pieces for part in piece.result()]
    schema = files.schema_of(features)
    fetched = pa.concat_tables(parts or [schema.empty_table()])
    return _in_place(fetched, np.concatenate([*places, waiting[:0]]), len(instants))


def _month_start(file: File) -> int:
    return int(np.datetime64(file.month, "us").astype(np.int64))


def _open(files: ViewFiles, file: File, index: KeyIndex) -> _Month:
    """Open a file and read keys and instants of the row groups that may have one of the keys."""
    names = [*files.view.keys, AVAILABLE_AT]
    opened = files.open(file, dictionaries=files.view.keys)
    with files.damage(file):
        groups = _groups_with(opened, files.view.keys, index.first_keys)
        narrow = opened.read_row_groups(groups, columns=names).select(names).unify_dictionaries()
    counts = [opened.metadata.row_group(group).num_rows for group in groups]
    *key_columns, instants = (one(narrow.column(name)) for name in names)
    return _Month(file, opened, groups, np.cumsum([0, *counts]), key_columns, instants)


def _groups_with(
    opened: pq.ParquetFile, key_names: Sequence[str], first_keys: pa.Array | None
) -> list[int]:
    """The row groups whose range of the first key has one of `first_keys`."""
    metadata = opened.metadata
    every = list(range(metadata.num_row_groups))
    if first_keys is None or len(first_keys) > FEW_KEYS or len(every) < 2:
        return every
    asked: list[Any] = sorted(first_keys.to_pylist())
    column = opened.schema_arrow.get_field_index(key_names[0])

    def may_have(group: int) -> bool:
        statistics = metadata.row_group(group).column(column).statistics
        if statistics is None or not statistics.has_min_max:
            return True
        return bisect_left(asked, statistics.min) < bisect_right(asked, statistics.max)

    return [group for group in every if may_have(group)]


def _search(month: _Month, index: KeyIndex, waiting: Whole, instants: Whole) -> tuple[Whole, Whole]:
    """The waiting entity rows that have their answer here, and its row, in that row's order."""
    rows = len(month.instants)
    if not rows:
        return waiting[:0], waiting[:0]
    is_start = np.zeros(rows, np.bool_)
    is_start[0] = True
    for column in month.keys:
        raw = whole(column.indices if pa.types.is_dictionary(column.type) else _comparable(column))
        is_start[1:] |= raw[1:] != raw[:-1]
    starts = np.flatnonzero(is_start)
    runs = [_plain(column.take(_arrow(starts))) for column in month.keys]
    numbers = index.find(runs, len(starts))
    run_of: Whole = np.full(index.count, -1, np.int64)
    run_of[numbers[numbers >= 0]] = np.flatnonzero(numbers >= 0)
    # Rows are sorted by (run, instant): one whole number for both, so that one search finds them.
    times = month.instants.dictionary_encode()
    distinct = np.sort(whole(times.dictionary))
    rank_of = np.searchsorted(distinct, whole(times.dictionary)) + 1
    width = len(distinct) + 1
    order = (np.cumsum(is_start) - 1) * width + rank_of[whole(times.indices)]
    run = run_of[index.numbers[waiting]]
    waiting, run = waiting[run >= 0], run[run >= 0]
    rank = np.searchsorted(distinct, instants[waiting], side="right")
    asked = run * width + rank
    # A search for sorted numbers stays in the cache: four times as fast, with the sort.
    by_row = np.argsort(asked)
    row = np.searchsorted(order, asked[by_row], side="right") - 1
    is_own = row >= starts[run[by_row]]
    return waiting[by_row][is_own], row[is_own]


def _fetch(files: ViewFiles, month: _Month, rows: Whole, features: list[str]) -> list[pa.Table]:
    """The features of these rows, which are ascending."""
    parts = []
    with files.damage(month.source):
        bounds = np.searchsorted(rows, month.starts)
        for n, group in enumerate(month.groups):
            wanted = rows[bounds[n] : bounds[n + 1]]
            if len(wanted):
                wide = month.file.read_row_group(group, columns=features).select(features)
                wide = wide.cast(files.schema_of(features))
                parts.append(wide.take(_arrow(wanted - month.starts[n])))
    return parts


def _in_place(fetched: pa.Table, places: Whole, rows: int) -> list[pa.Array]:
    """Each column with its values at the rows that they are for, null elsewhere."""
    source: Whole = np.full(rows, -1, np.int64)
    source[places] = np.arange(len(places))
    taken = _arrow(source, is_valid=source >= 0)
    return [one(column).take(taken) for column in fetched.columns]


def _pairs(left: Whole, right: Whole, width: int) -> Whole:
    """One number for both, -1 where either is."""
    return np.where((left < 0) | (right < 0), -1, left * width + right)


def whole(column: pa.Array) -> Whole:
    """Whole numbers or instants without nulls, as numpy sees them."""
    # Not to_numpy(): it may import pandas, which takes longer than a small lookup.
    kind = np.dtype(f"i{column.type.bit_width // 8}")
    data = column.buffers()[1]
    if data is None:
        return np.empty(0, np.int64)
    return np.frombuffer(data, kind)[column.offset : column.offset + len(column)]


def _comparable(column: pa.Array) -> pa.Array:
    """Keys of which equal ones have equal bytes, a byte at least: 0.0 for -0.0, bytes for bits."""
    if pa.types.is_boolean(column.type):
        return column.cast(pa.uint8())
    return pc.add(column, 0.0) if pa.types.is_floating(column.type) else column


def _plain(column: pa.Array) -> pa.Array:
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def _or_none(column: pa.Array) -> Whole:
    """Whole numbers, -1 where one is null."""
    if not column.null_count:
        return whole(column)
    return np.where(whole(column.is_valid().cast(pa.uint8())) == 0, -1, whole(column))


def _arrow(numbers: Whole, *, is_valid: NDArray[np.bool_] | None = None) -> pa.Array:
    """The way back, not by pa.array() for the same reason."""
    bitmap = None if is_valid is None else pa.py_buffer(np.packbits(is_valid, bitorder="little"))
    whole_numbers = np.ascontiguousarray(numbers, np.int64)
    return pa.Array.from_buffers(pa.int64(), len(numbers), [bitmap, pa.py_buffer(whole_numbers)])
