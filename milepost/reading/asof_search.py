"""The newest row of a view at or before each entity row's instant, in one pass of its files.

A release's files hold a month each. The months in which instants of entity rows lie are searched
side by side, and then the features of the answers are read, month beside month. An older month is
read only while some entity row has no answer yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from milepost.reading.key_index import NO_KEY, Int64s, KeyIndex
from milepost.reading.month_search import MonthSearch, search_month, with_last_rows
from milepost.reading.rows_by_month import RowsByMonth, month_start
from milepost.reading.view_columns import Texts, ViewColumns
from milepost.release.files import ViewFiles
from milepost.release.manifest import File

# A file is fetched at once, not column by column, where nearly all of it is needed: this share of
# the features, for so many keys that all row groups have some, and for an entity row of each so
# many rows of the month. That saves 40 % of the S3 server's work. 2026-11.
MOST_FEATURES = 0.8
MANY_KEYS = 1000
FEW_ROWS_BETWEEN = 100
# For one view so many bytes of files may be in memory: a year of 20,000 keys and 12 features has
# 363 MB. 2026-11.
HELD_BYTES = 512 << 20


@dataclass(frozen=True)
class ViewSearch:
    """A search that has begun.

    `instants` are those of all entity rows, in microseconds, and rows before `oldest` do not count.
    `features` are read of the answers. `months` are all files of the view, the newest first.
    `searches` has those, by month, in which instants lie: None where their entity rows have no key.
    """

    pool: Executor
    files: ViewFiles
    index: KeyIndex
    instants: Int64s
    features: Sequence[str]
    oldest: Int64s | None
    months: list[File]
    searches: dict[str, Future[MonthSearch | None]]

    def fetch(self) -> ViewFetch:
        """Wait until all answers are known, and begin to read their features."""
        # With a month for each core, pyarrow's threads within a month cost a tenth. 2026-11.
        use_threads = len(self.searches) < pa.cpu_count()
        columns = ViewColumns(
            self.files, self.features, len(self.instants), use_threads=use_threads
        )
        seen = [np.zeros(len(values), np.bool_) for values in self.index.distinct_values]
        fills = []
        for month in self._results():
            for is_seen, is_in_month in zip(seen, month.seen, strict=True):
                is_seen |= is_in_month
            fills.append(self.pool.submit(columns.fill, month))
        return ViewFetch(self.pool, columns, seen, fills)

    def _results(self) -> Iterator[MonthSearch]:
        """Yield each month that is needed, the newest first, with all answers in it."""
        searches = {month: search.result() for month, search in self.searches.items()}
        self.searches.clear()  # So that a file in memory is freed once its features are read.
        searched = [search for search in searches.values() if search is not None]
        # Where all months are searched, no answer is to come for a key that none of them has.
        may_have_answer = np.full(self.index.count, len(searched) < len(self.months))
        for search in searched:
            may_have_answer[search.key_numbers] = True
        waiting: Int64s = np.empty(0, np.int64)
        newer_month_start = None
        for file in self.months:
            if self.oldest is not None and newer_month_start is not None:
                waiting = waiting[self.oldest[waiting] < newer_month_start]
            newer_month_start = month_start(file)
            month = searches.pop(file.month, None)
            if month is None and len(waiting):
                month = search_month(
                    self.files, file, self.index, waiting[:0], self.instants, self.oldest
                )
            if month is not None:
                month = with_last_rows(month, self.index, waiting, self.oldest)
                unanswered = month.unanswered
                waiting = unanswered[may_have_answer[self.index.numbers[unanswered]]]
                yield month


@dataclass(frozen=True)
class ViewFetch:
    """Columns that are being filled. `seen` says for each key which distinct values were met."""

    pool: Executor
    columns: ViewColumns
    seen: list[NDArray[np.bool_]]
    fills: list[Future[list[Texts]]]

    def arrays(self) -> dict[str, Future[pa.Array]]:
        """Wait until all features are read, and begin to make a column of each, by its name."""
        texts = [text for fill in self.fills for text in fill.result()]
        return {
            name: self.pool.submit(self.columns.array, name, texts) for name in self.columns.names
        }


def begin_search(
    pool: Executor,
    files: ViewFiles,
    index: KeyIndex,
    by_month: RowsByMonth,
    features: Sequence[str],
    oldest: Int64s | None = None,
) -> ViewSearch:
    """Begin to search each entity row's newest row with equal keys, `available_at <= instant`.

    `index` has the entity rows' keys, `features` are those to be read then. A row before `oldest`
    does not count.
    """
    held_bytes = 0
    is_most = len(features) >= MOST_FEATURES * len(files.view.features)
    is_most &= index.count >= MANY_KEYS
    months = sorted(files.view.files, key=lambda file: file.month, reverse=True)
    searches = {}
    end = None
    for file in months:
        entity_row_numbers = by_month.between(month_start(file), end)
        end = month_start(file)
        if len(entity_row_numbers):
            is_fetched = (
                is_most
                and file.rows <= FEW_ROWS_BETWEEN * len(entity_row_numbers)
                and held_bytes + file.bytes <= HELD_BYTES
            )
            held_bytes += is_fetched * file.bytes
            searches[file.month] = pool.submit(
                _search_rows_with_keys,
                files,
                file,
                index,
                entity_row_numbers,
                by_month.instants,
                oldest,
                is_fetched=is_fetched,
            )
    return ViewSearch(pool, files, index, by_month.instants, features, oldest, months, searches)


def _search_rows_with_keys(
    files: ViewFiles,
    file: File,
    index: KeyIndex,
    entity_row_numbers: Int64s,
    instants: Int64s,
    oldest: Int64s | None,
    *,
    is_fetched: bool,
) -> MonthSearch | None:
    """Return the search of a month; None, without opening its file, where all keys are null."""
    with_key = entity_row_numbers[index.numbers[entity_row_numbers] != NO_KEY]
    if not len(with_key):
        return None
    return search_month(files, file, index, with_key, instants, oldest, is_fetched=is_fetched)
