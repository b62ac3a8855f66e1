"""Tables that fell silent: an outage of a loader is no zero."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from milepost.errors import LandingError
from milepost.raw.tables import ClosedTable, RawFile, RawTable


def check_silence(table: RawTable, closed: ClosedTable) -> None:
    """Refuse a table that had no row for as many days as its source declares.

    Its quiet dates do not count. A table that never had a row is not silent.
    """
    if table.rows_within_days is None:
        return
    files = [*closed.files, *(file for rewrite in closed.rewrites for file in rewrite.after)]
    newest = max((_ends_at(table, file) for file in files if file.rows), default=None)
    if newest is None:
        return
    silence = closed.before - newest - _quiet(table, newest, closed.before)
    if silence >= timedelta(days=table.rows_within_days):
        not_counted = " without its `quiet_dates`" if table.quiet_dates else ""
        raise LandingError(
            f"raw table `{table.name}` has had no row since {newest} UTC, and is closed up to "
            f"{closed.before}",
            hint=f"its silence stays below {table.rows_within_days} days{not_counted} "
            "(`rows_within_days` in the source's YAML); look for an outage of its loader",
        )


def _ends_at(table: RawTable, file: RawFile) -> datetime:
    """Return the end of a file's partition; a late file has none, and became known at its start."""
    return max(file.starts_at, file.closes_at - table.closing_delay)


def _quiet(table: RawTable, start: datetime, end: datetime) -> timedelta:
    """Return how much of a time falls on quiet dates."""
    zone = ZoneInfo(table.time_zone)
    quiet = timedelta()
    for day in table.quiet_dates:
        midnights = (
            datetime.combine(date, time(), zone) for date in (day, day + timedelta(days=1))
        )
        starts_at, ends_at = (
            midnight.astimezone(UTC).replace(tzinfo=None) for midnight in midnights
        )
        quiet += max(min(ends_at, end) - max(starts_at, start), timedelta())
    return quiet
