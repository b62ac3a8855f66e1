"""Adding a table to a raw log whose dates are closed already, with its own history."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from milepost.errors import LandingError
from milepost.raw.closed_dates import ClosedDates, closed_dates
from milepost.raw.joined import record_name
from milepost.raw.landing import write
from milepost.raw.markers import FORMAT_VERSION, TABLE, read_marker
from milepost.raw.rows import by_landing_date
from milepost.storage import conditional, s3
from milepost.storage.client import PARALLEL_REQUESTS
from milepost.storage.location import Location


def join(
    raw: Location,
    table: str,
    rows: Any,
    *,
    reason: str,
    by: str,
    columns: Mapping[str, str] | None = None,
) -> str:
    """Give a new table its rows of the dates that are closed, and return the record's name.

    `rows` and `columns` are those of `land`: each row has the `landing_date` on which it would have
    landed, which is a closed one. The record says why, and who did it. It is written once, and
    builds read it beside the markers, so no other table lands again. Run it before the project
    declares the table; from the first open date on the table lands like any other.

    Raises a LandingError for a table that has landed already, for rows of a date that is not
    closed, and without a reason.
    """
    if not reason.strip() or not by.strip():
        raise LandingError(
            f"`{table}` joins without saying why, or by whom",
            hint="give `reason` and `by`; whoever wonders about the dates will want to know",
        )
    if not TABLE.fullmatch(table):
        raise LandingError(
            f"`{table}` is no name of a raw table",
            hint="use letters, digits, `.`, `_` and `-`, and begin with a letter or digit",
        )
    dates = closed_dates(raw)
    _check_new(raw, table, dates)
    newest = dates.before - timedelta(days=1)
    with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
        written = []
        for landing_date, part in by_landing_date(table, rows, columns, newest):
            if not dates.first <= landing_date <= newest:
                raise LandingError(
                    f"`{table}` has rows for {landing_date}, and dates are closed from "
                    f"{dates.first} to {newest}",
                    hint="land rows of later dates with `landing.land`; rows of earlier ones have "
                    "the first closed date as their `landing_date`",
                )
            written.append(pool.submit(write, raw, table, landing_date, part))
        files = [future.result() for future in written]
    record = {
        "format_version": FORMAT_VERSION,
        "table": table,
        "reason": reason,
        "by": by,
        "joined_at": s3.clock(raw).isoformat(),
        "files": files,
    }
    conditional.create(raw, record_name(table), json.dumps(record, indent=1).encode())
    return record_name(table)


def _check_new(raw: Location, table: str, dates: ClosedDates) -> None:
    """Refuse a table that is in a marker, or has joined already."""
    days = [dates.first + timedelta(days=n) for n in range((dates.before - dates.first).days)]
    with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
        markers = list(pool.map(lambda day: read_marker(raw, day), days))
    has_landed = any(entry["table"] == table for marker in markers for entry in marker["files"])
    if has_landed or s3.get(raw, record_name(table)):
        raise LandingError(
            f"`{table}` has landed in `{raw.uri()}` already",
            hint="its corrections land as new rows, on a date that is open",
        )
