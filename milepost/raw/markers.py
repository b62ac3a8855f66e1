"""Markers of closed landing dates: what they are called, and what they say of each file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from milepost.errors import LandingError
from milepost.storage import s3
from milepost.storage.location import Location

FORMAT_VERSION = 1
MARKERS = "_closed"
REOPENED = "_reopened"
# Of every name in a raw log: DuckDB reads others differently from how they are written, or not.
_PLAIN = r"[A-Za-z0-9][A-Za-z0-9._-]*"
TABLE = re.compile(_PLAIN)
_FILE = re.compile(rf"{_PLAIN}\.parquet")
# Nothing shorter is Parquet: two marks of four bytes, and the length of what describes the file.
_PARQUET_BYTES = 12


def marker_name(landing_date: date) -> str:
    """Return the marker's name below the raw log."""
    return f"{MARKERS}/landing_date={landing_date}.json"


def landing_date(name: str) -> date:
    """Return the landing date of a file that a marker lists, from its name."""
    return date.fromisoformat(name.split("/")[1].removeprefix("landing_date="))


def read_marker(raw: Location, day: date) -> dict[str, Any]:
    """Read the marker of a date; a LandingError says why this Milepost cannot."""
    stored = s3.get(raw, marker_name(day))
    try:
        marker: dict[str, Any] = json.loads(stored.body) if stored else {}
        version = marker["format_version"]
        if version == FORMAT_VERSION:
            for file in marker["files"]:
                fault = entry_fault(file, day)
                if fault:
                    raise ValueError(fault)
            names = [file["name"] for file in marker["files"]]
            if len(set(names)) < len(names):
                raise ValueError("it lists a file twice")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LandingError(
            f"`{raw.uri(marker_name(day))}` is not a marker: {error!r}",
            hint="docs/reference/raw-log.md describes the format, and how to close a date anew",
        ) from error
    if version != FORMAT_VERSION:
        raise LandingError(
            f"`{raw.uri(marker_name(day))}` has format version {version}, this Milepost reads "
            f"{FORMAT_VERSION}",
            hint="upgrade Milepost",
        )
    return marker


def entry_fault(file: Mapping[str, Any], day: date) -> str | None:
    """Return why a build cannot read a file by its marker's entry, or None if it can."""
    types = [type(file[item]) for item in ("table", "name", "rows", "bytes", "etag", "columns")]
    table, name, columns = file["table"], file["name"], file["columns"]
    is_text = all(isinstance(kind, str) for kind in columns.values())
    if types != [str, str, int, int, str, dict] or not is_text:
        return f"entry `{file}`"
    below = f"{table}/landing_date={day}/"
    if not (
        TABLE.fullmatch(table)
        and name.startswith(below)
        and _FILE.fullmatch(name.removeprefix(below))
    ):
        return f"`{name}` is not named {below}<file>.parquet, in letters, digits, `.`, `_` and `-`"
    if file["rows"] < 0 or file["bytes"] < _PARQUET_BYTES:
        return f"`{name}` cannot have {file['rows']} rows in {file['bytes']} bytes"
    if len({column.lower() for column in columns}) < len(columns):
        return f"`{name}` has columns that differ by upper and lower case alone"
    return None
