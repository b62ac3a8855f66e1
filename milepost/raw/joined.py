"""Tables that join a raw log later, with their history: files of dates that are closed already.

`_joined/<table>.json` lists these files, as markers list the others. It is written once.
"""

from __future__ import annotations

import json
from typing import Any

from milepost.errors import LandingError
from milepost.raw.markers import FORMAT_VERSION, entry_fault, landing_date
from milepost.storage import s3
from milepost.storage.location import Location

JOINED = "_joined"


def record_name(table: str) -> str:
    """Return the name of a table's record below the raw log."""
    return f"{JOINED}/{table}.json"


def joined_files(raw: Location) -> list[dict[str, Any]]:
    """Return the entries of all files that joined closed dates of a raw log."""
    names = [item.name for item in s3.listing(raw, f"{JOINED}/")]
    return [entry for name in names for entry in _read(raw, name)]


def _read(raw: Location, name: str) -> list[dict[str, Any]]:
    stored = s3.get(raw, name)
    try:
        record: dict[str, Any] = json.loads(stored.body) if stored else {}
        version = record["format_version"]
        files: list[dict[str, Any]] = record["files"] if version == FORMAT_VERSION else []
        for entry in files:
            fault = entry_fault(entry, landing_date(entry["name"]))
            if fault or record_name(entry["table"]) != name:
                raise ValueError(fault or f"`{entry['name']}` is of another table")
        if len({entry["name"] for entry in files}) < len(files):
            raise ValueError("it lists a file twice")
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise LandingError(
            f"`{raw.uri(name)}` is no record of a table that joined: {error!r}",
            hint="docs/reference/raw-log.md describes the format; `landing.join` writes it",
        ) from error
    if version != FORMAT_VERSION:
        raise LandingError(
            f"`{raw.uri(name)}` has format version {version}, this Milepost reads {FORMAT_VERSION}",
            hint="upgrade Milepost",
        )
    return files
