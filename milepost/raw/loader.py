"""What every loader of a raw log does: find the dates that are open, land them, close them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from milepost.errors import LandingError
from milepost.raw.closed_dates import marker_date
from milepost.raw.landing import close, land
from milepost.raw.markers import MARKERS, read_marker
from milepost.storage import s3
from milepost.storage.location import Location


def closed_dates(raw: Location, *, written_by: str) -> list[date]:
    """Return the closed landing dates of a raw log, in order; none where it is empty.

    Raises a LandingError if another loader than `written_by` closed the last of them.
    """
    days = sorted(marker_date(raw, item.name) for item in s3.listing(raw, f"{MARKERS}/"))
    writer = read_marker(raw, days[-1])["written_by"] if days else written_by
    if writer != written_by:
        raise LandingError(
            f"`{raw.uri()}` holds a log by `{writer}`, not by `{written_by}`",
            hint="run the loader that wrote it, with the same options, or land elsewhere",
        )
    return days


def open_dates(raw: Location, *, first: date, last: date, written_by: str) -> list[date]:
    """Return the landing dates from `first` to `last` that are not closed yet, in order.

    Raises a LandingError if another loader closed dates of the log.
    """
    closed = set(closed_dates(raw, written_by=written_by))
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [day for day in days if day not in closed]


def land_open_dates(
    raw: Location,
    tables: Mapping[str, Any],
    *,
    first: date,
    last: date,
    written_by: str,
    columns: Mapping[str, Mapping[str, str]] | None = None,
) -> list[date]:
    """Land the rows of all tables on the dates that are open, close these, and return them.

    `tables` has, for each table, the rows from `first` to `last` as `land` takes them; `columns`
    its declared types. Rows of closed dates are left out, so a loader that was interrupted, or that
    runs every day, gives all that it has. Every table has a file from its first date on, if need be
    an empty one.
    """
    days = open_dates(raw, first=first, last=last, written_by=written_by)
    if not days:
        return []
    entries = {}
    for table, rows in tables.items():
        all_rows = pa.RecordBatchReader.from_stream(rows).read_all()
        is_open = pc.is_in(all_rows["landing_date"].cast(pa.date32()), pa.array(days, pa.date32()))
        open_rows = all_rows.filter(is_open)
        if open_rows.num_rows or days[0] == first:
            declared = (columns or {}).get(table)
            entries[table] = land(raw, table, open_rows, first=first, last=last, columns=declared)
    for start, end in _runs(days):
        close(raw, entries, first=start, last=end, written_by=written_by)
    return days


def _runs(days: Sequence[date]) -> Iterator[tuple[date, date]]:
    """Yield consecutive dates as their first and last: a date that was reopened stands alone."""
    starts = [day for day in days if day - timedelta(days=1) not in days]
    ends = [day for day in days if day + timedelta(days=1) not in days]
    return zip(starts, ends, strict=True)
