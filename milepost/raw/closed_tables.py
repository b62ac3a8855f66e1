"""What may be read of each raw table of a project."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from milepost.errors import LandingError
from milepost.raw import closed_dates
from milepost.raw.markers import landing_date
from milepost.raw.reading import readings
from milepost.raw.tables import ClosedTable, RawFile, RawTable
from milepost.storage.location import Location


def check(
    tables: Sequence[RawTable], store: Location | None, *, writes: bool
) -> dict[str, ClosedTable]:
    """Return what is closed of each table, by its id, as it is on S3.

    What was read of closed partitions is compared with what is there. With `writes`, what is new is
    remembered in the ledger of the store. Raises a LandingError that names the table and the file:
    also where a declared column cannot be read.
    """
    closed: dict[str, ClosedTable] = {}
    tables_by_log: dict[Location, list[RawTable]] = {}
    for table in tables:
        if table.closed_by != "marker":
            raise LandingError(f"raw table `{table.name}`", hint="not built yet")
        tables_by_log.setdefault(table.raw, []).append(table)
    for raw, of_log in tables_by_log.items():
        closed |= _closed_by_markers(raw, of_log)
    for table in tables:
        rewrites = closed[table.id].rewrites
        rewritten = [file for item in rewrites for file in (*item.before, *item.after)]
        for file in (*closed[table.id].files, *rewritten):
            readings(table, file)
    return closed


def _closed_by_markers(raw: Location, tables: Sequence[RawTable]) -> dict[str, ClosedTable]:
    declared = {table.identifier: {"rows_within_days": table.rows_within_days} for table in tables}
    dates, entries = closed_dates.checked(raw, declared)
    files: dict[str, list[RawFile]] = {table.identifier: [] for table in tables}
    for entry in entries:
        if entry["table"] in files:
            starts_at = datetime.combine(landing_date(entry["name"]), time())
            file = RawFile(
                uri=raw.uri(entry["name"]),
                starts_at=starts_at,
                closes_at=starts_at + timedelta(days=1),
                columns=entry["columns"],
                rows=entry["rows"],
            )
            files[entry["table"]].append(file)
    first, before = (datetime.combine(day, time()) for day in (dates.first, dates.before))
    return {
        table.id: ClosedTable(first, before, dates.reopened, tuple(files[table.identifier]))
        for table in tables
    }
