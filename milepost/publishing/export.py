"""From a tested table to content-named Parquet files on the store, a file for each month."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import reduce
from threading import BoundedSemaphore

import pyarrow as pa
import pyarrow.compute as pc
from duckdb import DuckDBPyConnection

from milepost.building.declared_views import FeatureView
from milepost.errors import PublishError
from milepost.publishing import distribution, statistics
from milepost.publishing.data_files import Uploads
from milepost.publishing.publishable import PublishableView, describe
from milepost.publishing.statistics import MonthStatistics
from milepost.release.manifest import File, View
from milepost.release.names import AVAILABLE_AT

logger = logging.getLogger(__name__)

# Each holds a month's rows and its file in memory.
MONTHS_IN_FLIGHT = 4


class RepeatedRowsError(PublishError):
    """Two rows of a view share its keys and instant, or a row lacks one of them."""


@dataclass(frozen=True)
class ExportedMonth:
    """A month's file, and the statistics of its features."""

    file: File
    statistics: MonthStatistics


def export(con: DuckDBPyConnection, publishable: PublishableView, uploads: Uploads) -> View:
    """Put a view's rows on the store and return what the manifest says of it.

    Raises a RepeatedRowsError where the rows have no order that readers could rely on.
    """
    unchanged = uploads.unchanged(publishable)
    view = publishable.view
    if unchanged and distribution.is_in(unchanged.statistics, view):
        files, values = unchanged.files, unchanged.statistics
    else:
        months = _put_months(con, view, uploads)
        files = [month.file for month in months]
        values = statistics.of_view(con, view, [month.statistics for month in months])
        for name in distribution.measured(view):
            logger.info("measuring %s, %s", view.name, name)
            values[name] |= distribution.of_feature(con, view, name)
    rows = sum(file.rows for file in files)
    return replace(describe(publishable), files=files, rows=rows, statistics=values)


def _put_months(
    con: DuckDBPyConnection, view: FeatureView, uploads: Uploads
) -> list[ExportedMonth]:
    """Put every month on the store: DuckDB sorts one while those before it are packed and sent."""
    in_flight = BoundedSemaphore(MONTHS_IN_FLIGHT)

    def put(month: str, rows: pa.Table) -> ExportedMonth:
        try:
            _check_rows(view, rows)
            measured = statistics.of_month(rows.select(view.features))
            return ExportedMonth(uploads.put(view.name, month, rows), measured)
        finally:
            in_flight.release()

    with ThreadPoolExecutor(MONTHS_IN_FLIGHT) as pool:
        futures: list[Future[ExportedMonth]] = []
        for month, rows in _months(con, view):
            logger.info("exporting %s, %s", view.name, month)
            in_flight.acquire()
            if any(future.done() and future.exception() for future in futures):
                break
            futures.append(pool.submit(put, month, rows))
    return [future.result() for future in futures]


def _check_rows(view: FeatureView, rows: pa.Table) -> None:
    """Refuse two rows of one key and instant. The rows are a month's, sorted."""
    identity = [rows[name] for name in (*view.keys, AVAILABLE_AT)]
    if any(column.null_count for column in identity):
        raise _repeated_rows(view)
    repeats = (pc.equal(column.slice(0, len(column) - 1), column.slice(1)) for column in identity)
    if pc.any(reduce(pc.and_, repeats)).as_py():
        raise _repeated_rows(view)


def _repeated_rows(view: FeatureView) -> RepeatedRowsError:
    return RepeatedRowsError(
        f"`{view.name}` has rows that share ({', '.join((*view.keys, AVAILABLE_AT))}), or lack one "
        "of them",
        hint="give the view the data tests `is_unique_on` and `not_null`, and find them",
    )


def _months(con: DuckDBPyConnection, view: FeatureView) -> Iterator[tuple[str, pa.Table]]:
    """Yield each month of `available_at` with its rows, sorted by keys and `available_at`."""
    columns = ", ".join(view.types)
    order = ", ".join((*view.keys, AVAILABLE_AT))
    months = con.execute(
        f"select distinct strftime({AVAILABLE_AT}, '%Y-%m') from {view.relation} "  # noqa: S608
        "order by 1"
    ).fetchall()
    if (None,) in months:
        raise _repeated_rows(view)
    for (month,) in months:
        yield (
            month,
            con.execute(
                f"select {columns} from {view.relation} "  # noqa: S608
                f"where {AVAILABLE_AT} >= cast(? || '-01' as timestamp) "
                f"and {AVAILABLE_AT} < cast(? || '-01' as timestamp) + interval '1' month "
                f"order by {order}",
                [month, month],
            ).to_arrow_table(),
        )
