"""What may be read of each raw table of a project."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from milepost.errors import LandingError
from milepost.raw import closed_dates, iceberg, iceberg_catalog
from milepost.raw.closing import ClosedListing, close
from milepost.raw.lake import partitioned
from milepost.raw.layout import Layout
from milepost.raw.ledger import Ledger, consult
from milepost.raw.reading import readings
from milepost.raw.silence import check_silence
from milepost.raw.tables import ClosedTable, RawFile, RawTable
from milepost.storage import s3
from milepost.storage.client import PARALLEL_REQUESTS
from milepost.storage.location import Location

# A clock that is further off than this closes hours that are not over. 2026-11.
_CLOCKS_DIFFER_BY = timedelta(minutes=5)


def check(
    tables: Sequence[RawTable], store: Location | None, *, writes: bool
) -> dict[str, ClosedTable]:
    """Return what is closed of each table, by its id, as it is on S3.

    What was read of closed partitions is compared with what is there. With `writes`, what is new is
    remembered in the ledger of the store. Raises a LandingError that names the table and the file.
    """
    closed: dict[str, ClosedTable] = {}
    tables_by_log: dict[Location, list[RawTable]] = {}
    for table in tables:
        if table.closed_by == "marker":
            tables_by_log.setdefault(table.raw, []).append(table)
    for raw, tables_of_log in tables_by_log.items():
        closed |= closed_dates.check(raw, tables_of_log)
    unmarked = [table for table in tables if table.closed_by != "marker"]
    if unmarked:
        with _garbage_left():
            closed |= consult(store, lambda ledger: _remembered(ledger, unmarked, writes=writes))
    for table in tables:
        _check_columns(table, closed[table.id])
        check_silence(table, closed[table.id])
    return closed


@contextmanager
def _garbage_left() -> Iterator[None]:
    """Collect no garbage in the block: among 100,000 files that takes half of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _check_columns(table: RawTable, closed: ClosedTable) -> None:
    """Check that every declared column can be read from every file.

    Of files with the same columns the newest asks most: none added later than it may be missing.
    """
    newest: dict[int, RawFile] = {}
    rewritten = [file for item in closed.rewrites for file in (*item.before, *item.after)]
    for file in (*closed.files, *rewritten):
        # Files with the same columns share them.
        alike = newest.setdefault(id(file.columns), file)
        if alike.starts_at < file.starts_at:
            newest[id(file.columns)] = file
    for file in newest.values():
        readings(table, file)


def _remembered(
    ledger: Ledger, tables: Sequence[RawTable], *, writes: bool
) -> dict[str, ClosedTable]:
    """Return what is closed of tables without markers, by what the ledger remembers of them."""
    now = s3.clock(tables[0].raw)
    check_clock(now, datetime.now(UTC).replace(tzinfo=None))
    lakes = [table for table in tables if table.table_format == "parquet"]
    with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
        listings = list(pool.map(lambda table: _listing(ledger, table, tables, now), lakes))
    iceberg_tables = [table for table in tables if table.table_format == "iceberg"]
    all_metadata = [iceberg_catalog.read(table) for table in iceberg_tables]
    listings += [iceberg.closed_listing(metadata, ledger, now) for metadata in all_metadata]
    closed = ledger.remember(listings, now, writes=writes)
    for metadata in all_metadata:
        iceberg.check(metadata, closed[metadata.table.id], ledger)
    return closed


def _listing(
    ledger: Ledger, table: RawTable, tables: Sequence[RawTable], now: datetime
) -> ClosedListing:
    layout = _layout(table)
    listing = partitioned(
        table,
        layout,
        s3.listing(table.raw, layout.prefix),
        neighbours=[
            _layout(neighbour)
            for neighbour in tables
            if neighbour.raw == table.raw and neighbour is not table
        ],
        recorded=ledger.partitions(table.id) if layout.unit is None else {},
    )
    return close(table, layout, listing, now, ledger.span(table.id))


def _layout(table: RawTable) -> Layout:
    return Layout.parse(table.layout, table.identifier, table.time_zone, covers=table.covers)


def check_clock(of_server: datetime, of_machine: datetime) -> None:
    """Refuse a clock that jumped: it says which partitions are over, and when a file was seen."""
    if abs(of_server - of_machine) > _CLOCKS_DIFFER_BY:
        raise LandingError(
            f"the clock of the S3 server says {of_server} UTC, and this machine's {of_machine}",
            hint="set the one that is wrong: partitions are closed by the clock",
        )
