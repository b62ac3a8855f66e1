"""Raw tables as they were at an earlier instant: for builds that may not know what came later."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from milepost.errors import LandingError
from milepost.raw.tables import ClosedTable

VARIABLE = "MILEPOST_CLOSED_BY"
"""The environment variable that names the instant, naive UTC, whose raw tables dbt reads."""


def instant() -> datetime | None:
    """Return the instant that the environment names, naive UTC; None where it names none."""
    text = os.environ.get(VARIABLE)
    try:
        named = datetime.fromisoformat(text) if text else None
    except ValueError:
        named = None
    if text and (named is None or named.tzinfo):
        raise LandingError(
            f"`{VARIABLE}` is `{text}`, which is no instant without a zone",
            hint="write it as 2026-03-05T13:00, which is UTC",
        )
    return named


def closed_by(tables: Mapping[str, ClosedTable], instant: datetime) -> dict[str, ClosedTable]:
    """Return what was closed of each table at an instant, naive UTC, without what came later.

    A partition that ends later counts as open, and so does every one that begins after it.
    """
    return {table_id: _closed_by(table, instant) for table_id, table in tables.items()}


def _closed_by(table: ClosedTable, instant: datetime) -> ClosedTable:
    files = [file for file in table.files if file.closes_at <= instant]
    later = [file.starts_at for file in table.files if file.closes_at > instant]
    return replace(
        table,
        before=min([table.before, instant, *later]),
        files=tuple(file for file in files if file.known_from is None or file.known_from < instant),
        rewrites=tuple(rewrite for rewrite in table.rewrites if rewrite.known_from < instant),
    )
