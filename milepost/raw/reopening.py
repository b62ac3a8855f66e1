"""Opening a closed partition again, because other files of it are the truth."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from milepost.errors import LandingError
from milepost.raw import landing
from milepost.raw.ledger import Ledger, consult
from milepost.raw.tables import Partition, RawTable
from milepost.storage import s3
from milepost.storage.location import Location


def reopen(store: Location, table: RawTable, partition: str, *, reason: str, by: str) -> None:
    """Open a closed partition of a table, named as its layout does: `2026-03-05`, `2026-03-05T13`.

    A date that markers close is then closed anew by its loader, for all tables of its raw log. Of
    another table the next build reads what S3 has. Raises a LandingError for a partition that is
    not closed, or without a reason.
    """
    if table.closed_by == "marker":
        landing.reopen(table.raw, _date(partition), reason=reason, by=by)
        return
    if not reason.strip() or not by.strip():
        raise LandingError(
            f"{partition} is reopened without saying why, or by whom",
            hint="give `--reason` and `--by`; whoever finds a number changed will want to know",
        )
    starts_at = _starts_at(table, partition)
    consult(store, lambda ledger: _forget(store, ledger, table, starts_at, reason, by))


def _forget(
    store: Location, ledger: Ledger, table: RawTable, starts_at: datetime, reason: str, by: str
) -> None:
    closed = ledger.closed_partitions(table.id)
    span = next((span for span in closed if span.starts_at == starts_at), None)
    if span is None:
        raise LandingError(
            f"partition {starts_at} UTC of `{table.name}` is not closed: no build has read it",
            hint=_near(closed, starts_at),
        )
    ledger.reopen(table.id, span, s3.clock(store), json.dumps({"reason": reason, "by": by}))


def _near(closed: list[Partition], starts_at: datetime) -> str:
    if not closed:
        return "the ledger has no partition of the table; what was not read is not reopened"
    nearest = min(closed, key=lambda span: abs(span.starts_at - starts_at))
    return f"the nearest one that is closed starts at {nearest.starts_at} UTC"


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise LandingError(f"`{text}` is no landing date", hint="write it as 2026-03-05") from error


def _starts_at(table: RawTable, text: str) -> datetime:
    """Return when a partition starts, naive UTC, from how its layout says it."""
    try:
        local = datetime.fromisoformat(f"{text}-01" if len(text) == len("2026-03") else text)
    except ValueError as error:
        raise LandingError(
            f"`{text}` is no partition",
            hint="write it as 2026-03-05, or 2026-03-05T13 for an hour, or 2026-03 for a month",
        ) from error
    return local.replace(tzinfo=ZoneInfo(table.time_zone)).astimezone(UTC).replace(tzinfo=None)
