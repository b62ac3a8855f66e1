"""The search of one month's file for the newest row at or before each entity row's instant.

The file is sorted by keys and `available_at` and unique on them. So its narrow columns tell where
each answer is, and nothing is sorted or joined. A run is the rows of one key, which stand together.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from milepost.reading.key_index import NO_KEY, Int64s, KeyIndex, as_int64, comparable, to_arrow
from milepost.release.columns import to_array
from milepost.release.files import ViewFiles
from milepost.release.manifest import File
from milepost.release.names import AVAILABLE_AT

# With more keys than this, hardly a row group has none of them. 2026-11.
FEW_KEYS = 10_000
# A table of all keys and instants gives an answer faster than a bisection of the key's rows, but it
# has to be made. It is where it has at most so many cells for each answer. 2026-11.
CELLS_PER_ENTITY_ROW = 4


@dataclass(frozen=True)
class MonthSearch:
    """The answers in one month, and its opened file, which one thread at a time may read.

    Rows of the view are numbered among those that were read.
    """

    source: File
    file: pq.ParquetFile
    groups: list[int]
    group_starts: Int64s
    """The number of each row group's first row; last, the count of all rows."""

    seen: list[NDArray[np.bool_]]
    """For each key column, which of the entity rows' distinct values the month has."""

    key_numbers: Int64s
    """The numbers, in the index, of the keys that the month has."""

    last_rows: Int64s
    """For each of `key_numbers` the number of its newest row."""

    last_instants: Int64s
    """For each of `key_numbers` the instant of its newest row, in microseconds."""

    entity_row_numbers: Int64s
    """The entity rows that have an answer here."""

    view_row_numbers: Int64s
    """For each of `entity_row_numbers` its answer."""

    unanswered: Int64s
    """The entity rows that were searched for and have no answer here."""


def search_month(
    files: ViewFiles,
    file: File,
    index: KeyIndex,
    entity_row_numbers: Int64s,
    instants: Int64s,
    oldest: Int64s | None,
    *,
    is_fetched: bool = False,
) -> MonthSearch:
    """Return the answers of some entity rows, those with these numbers, in a file.

    `index` has the keys of all entity rows, `instants` their instants in microseconds. An answer
    before `oldest` is none, and no older month has a younger one. With `is_fetched` the file is
    fetched at once and held in memory.
    """
    opened, groups, narrow = _read_narrow(files, file, index, is_fetched=is_fetched)
    row_counts = [opened.metadata.row_group(group).num_rows for group in groups]
    *key_columns, view_instants = (to_array(column) for column in narrow.columns)
    run_starts = _run_starts(key_columns, len(view_instants))
    run_keys = [_plain(column.take(to_arrow(run_starts))) for column in key_columns]
    numbers, seen = index.find(run_keys, len(run_starts))
    known_runs = np.flatnonzero(numbers != NO_KEY)
    key_numbers = numbers[known_runs]
    last_rows = np.append(run_starts[1:], len(view_instants))[known_runs] - 1
    # A key that the month does not have gets the run behind the last, which has no rows.
    run_of_key: Int64s = np.full(index.count, len(run_starts), np.int64)
    run_of_key[key_numbers] = known_runs
    view_row_numbers = _newest_rows(
        run_starts,
        view_instants,
        run_of_key[index.numbers[entity_row_numbers]],
        instants[entity_row_numbers],
    )
    is_answer = view_row_numbers >= 0
    unanswered = entity_row_numbers[~is_answer]
    if oldest is not None:
        answered_at = as_int64(view_instants)[view_row_numbers[is_answer]]
        is_answer[is_answer] = answered_at >= oldest[entity_row_numbers[is_answer]]
    return MonthSearch(
        file,
        opened,
        groups,
        np.cumsum([0, *row_counts]),
        seen,
        key_numbers,
        last_rows,
        as_int64(view_instants)[last_rows],
        entity_row_numbers[is_answer],
        view_row_numbers[is_answer],
        unanswered,
    )


def with_last_rows(
    month: MonthSearch, index: KeyIndex, entity_row_numbers: Int64s, oldest: Int64s | None
) -> MonthSearch:
    """Return the month with the newest row of its key as the answer of more entity rows.

    Their instants lie behind the month. Those of another key are unanswered.
    """
    place_of_key: Int64s = np.full(index.count, -1, np.int64)
    place_of_key[month.key_numbers] = np.arange(len(month.key_numbers))
    places = place_of_key[index.numbers[entity_row_numbers]]
    is_answer = places >= 0
    unanswered = entity_row_numbers[~is_answer]
    if oldest is not None:
        answered_at = month.last_instants[places[is_answer]]
        is_answer[is_answer] = answered_at >= oldest[entity_row_numbers[is_answer]]
    view_row_numbers = month.last_rows[places[is_answer]]
    return replace(
        month,
        entity_row_numbers=np.append(month.entity_row_numbers, entity_row_numbers[is_answer]),
        view_row_numbers=np.append(month.view_row_numbers, view_row_numbers),
        unanswered=np.append(month.unanswered, unanswered),
    )


def _read_narrow(
    files: ViewFiles, file: File, index: KeyIndex, *, is_fetched: bool
) -> tuple[pq.ParquetFile, list[int], pa.Table]:
    """Open a file and read keys and instants of the row groups that may have one of the keys."""
    names = [*files.view.keys, AVAILABLE_AT]
    opened = files.open(file, dictionaries=files.view.keys, is_fetched=is_fetched)
    with files.damage(file):
        groups = _groups_with(opened, files.view.keys, index)
        narrow = opened.read_row_groups(groups, columns=names).select(names).unify_dictionaries()
    return opened, groups, narrow


def _groups_with(opened: pq.ParquetFile, key_names: Sequence[str], index: KeyIndex) -> list[int]:
    """Return the row groups whose range of the first key column has one of the keys."""
    metadata = opened.metadata
    all_groups = list(range(metadata.num_row_groups))
    if not key_names or len(index.distinct_values[0]) > FEW_KEYS or len(all_groups) < 2:
        return all_groups
    wanted: list[Any] = sorted(index.distinct_values[0].to_pylist())
    column = opened.schema_arrow.get_field_index(key_names[0])

    def may_have(group: int) -> bool:
        statistics = metadata.row_group(group).column(column).statistics
        if statistics is None or not statistics.has_min_max:
            return True
        return bisect_left(wanted, statistics.min) < bisect_right(wanted, statistics.max)

    return [group for group in all_groups if may_have(group)]


def _run_starts(key_columns: Sequence[pa.Array], row_count: int) -> Int64s:
    """Return the number of the first row of each run."""
    is_run_start = np.zeros(row_count, np.bool_)
    is_run_start[:1] = True
    for column in key_columns:
        # Dictionaries are unified over the row groups, so that equal texts have equal indices.
        is_dictionary = pa.types.is_dictionary(column.type)
        values = as_int64(column.indices if is_dictionary else comparable(column))
        is_run_start[1:] |= values[1:] != values[:-1]
    return np.flatnonzero(is_run_start)


def _newest_rows(
    run_starts: Int64s, view_instants: pa.Array, runs: Int64s, instants: Int64s
) -> Int64s:
    """Return for each of `runs` its newest row at or before its instant, -1 where there is none."""
    newest = None
    if len(view_instants) <= CELLS_PER_ENTITY_ROW * len(runs):
        newest = _look_up_in_table(run_starts, view_instants, runs, instants)
    if newest is None:
        newest = _bisect(run_starts, as_int64(view_instants), runs, instants)
    # Before the first row of a run stands the last one of the run before.
    return np.where(newest >= np.append(run_starts, len(view_instants))[runs], newest, -1)


def _look_up_in_table(
    run_starts: Int64s, view_instants: pa.Array, runs: Int64s, instants: Int64s
) -> Int64s | None:
    """Return the newest row of all runs up to this one, until the instant; None in a large table.

    The table has a cell for each run and each step in time.
    """
    row_count, run_count = len(view_instants), len(run_starts)
    distinct = np.sort(as_int64(view_instants.unique()))
    first, last = (int(distinct[0]), int(distinct[-1])) if row_count else (0, 0)
    step = max(int(np.gcd.reduce(distinct - first)), 1)
    # One more for the time before the first step, in which no row is known.
    step_count = (last - first) // step + 2
    if (run_count + 1) * step_count > CELLS_PER_ENTITY_ROW * len(runs):
        return None
    # Not a sum over run starts: numpy would let no other thread of Python run meanwhile.
    first_cells: Int64s = np.zeros(row_count, np.int64)
    first_cells[run_starts] = np.arange(run_count) * step_count + 1
    np.maximum.accumulate(first_cells, out=first_cells)
    cells = first_cells + (as_int64(view_instants) - first) // step
    newest: Int64s = np.full((run_count + 1) * step_count, -1, np.min_scalar_type(-1 - row_count))
    newest[cells] = np.arange(row_count)
    np.maximum.accumulate(newest, out=newest)
    steps = (np.clip(instants, first - step, last) - first) // step + 1
    answers: Int64s = newest[runs * step_count + steps]
    return answers


def _bisect(run_starts: Int64s, view_instants: Int64s, runs: Int64s, instants: Int64s) -> Int64s:
    """Return the newest row of each run until the instant; the row before the run without one."""
    row_count = len(view_instants)
    bounds = np.append(run_starts, [row_count, row_count])
    newest, ends = bounds[runs] - 1, bounds[runs + 1]
    longest = int(np.diff(bounds).max())
    for jump in [1 << n for n in reversed(range(longest.bit_length()))]:
        ahead = newest + jump
        is_until = ahead < ends
        is_until[is_until] = view_instants[ahead[is_until]] <= instants[is_until]
        newest[is_until] += jump
    return newest


def _plain(column: pa.Array) -> pa.Array:
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
