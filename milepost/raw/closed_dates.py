"""What a build may read of a raw log: its closed dates, checked against their markers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import pairwise
from typing import Any, TypeAlias

from milepost.errors import LandingError
from milepost.raw.files import changed, check_copied, check_newest
from milepost.raw.joined import joined_files
from milepost.raw.markers import MARKERS, REOPENED, TABLE, landing_date, read_marker
from milepost.raw.tables import ClosedTable, RawFile, RawTable
from milepost.storage import s3
from milepost.storage.client import PARALLEL_REQUESTS
from milepost.storage.location import Location

_MARKER = re.compile(rf"{MARKERS}/landing_date=(\d{{4}}-\d\d-\d\d)\.json")
_FILE = re.compile(r"[^/]+/landing_date=(\d{4}-\d\d-\d\d)/[^/]+")
Entry: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class ClosedDates:
    """The closed landing dates: every date from `first` up to (not including) `before`.

    `reopened` counts how often a closed date was opened again: what was built under another count
    may come from other files.
    """

    first: date
    before: date
    reopened: int = 0


def closed_dates(raw: Location) -> ClosedDates:
    """Return the closed landing dates; a gap among them is an error that names the missing one."""
    names = [item.name for item in s3.listing(raw, f"{MARKERS}/")]
    days = sorted(marker_date(raw, name) for name in names)
    if not days:
        raise LandingError(
            f"`{raw.uri()}` has no closed landing date",
            hint="land data first (`make land`), or correct MILEPOST_RAW_URI",
        )
    for day, following in pairwise(days):
        if following != day + timedelta(days=1):
            raise LandingError(
                f"landing date {day + timedelta(days=1)} is missing from `{raw.uri(MARKERS)}`, "
                f"while {following} is closed",
                hint="land and close the missing date; a date without any row is closed by a "
                "marker that lists no file",
            )
    reopened = sum(1 for _ in s3.listing(raw, f"{REOPENED}/"))
    return ClosedDates(days[0], days[-1] + timedelta(days=1), reopened)


def check(raw: Location, tables: Sequence[RawTable]) -> dict[str, ClosedTable]:
    """Return what is closed of the tables of a raw log, by their ids.

    Raises a LandingError that names the table and the file where the log differs from its markers.
    """
    for table in tables:
        if not TABLE.fullmatch(table.identifier):
            raise LandingError(
                f"`{table.identifier}` is no name of a raw table",
                hint="use letters, digits, `.`, `_` and `-`, and begin with a letter or digit",
            )
    dates = closed_dates(raw)
    with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
        days = [dates.first + timedelta(days=n) for n in range((dates.before - dates.first).days)]
        markers = pool.map(partial(read_marker, raw), days)
        present = [
            item
            for items in pool.map(
                lambda table: list(s3.listing(raw, f"{table.identifier}/")), tables
            )
            for item in items
        ]
        entries = [file for marker in markers for file in marker["files"]]
    entries = _with_joined(raw, entries, dates)
    _check_files(raw, entries, present, tables, dates)
    objects = {item.name: item for item in present}
    entries_by_table: dict[str, list[Entry]] = {table.identifier: [] for table in tables}
    for entry in entries:
        if entry["table"] in entries_by_table:
            entries_by_table[entry["table"]].append(entry)
    check_newest(raw, [entry for entries in entries_by_table.values() for entry in entries])
    return {
        table.id: ClosedTable(
            first=datetime.combine(dates.first, time()),
            before=datetime.combine(dates.before, time()),
            reopened=dates.reopened,
            files=tuple(_file(table, entry) for entry in entries_by_table[table.identifier]),
            objects=frozenset(
                objects[entry["name"]] for entry in entries_by_table[table.identifier]
            ),
        )
        for table in tables
    }


def _with_joined(raw: Location, entries: list[Entry], dates: ClosedDates) -> list[Entry]:
    """Return the entries of markers and of histories that joined later, in order of their dates."""
    listed = {entry["name"] for entry in entries}
    for entry in joined_files(raw):
        if entry["name"] in listed or not dates.first <= landing_date(entry["name"]) < dates.before:
            raise LandingError(
                f"`{raw.uri(entry['name'])}` joined the closed dates, and now its date is "
                f"{'closed with it' if entry['name'] in listed else 'not closed'}",
                hint="a file stands in one marker, or in the record of a table that joined: see "
                "docs/reference/raw-log.md",
            )
        entries.append(entry)
    return sorted(entries, key=lambda entry: landing_date(entry["name"]))


def _file(table: RawTable, entry: Entry) -> RawFile:
    starts_at = datetime.combine(landing_date(entry["name"]), time())
    return RawFile(
        uri=table.raw.uri(entry["name"]),
        starts_at=starts_at,
        closes_at=starts_at + timedelta(days=1) + table.closing_delay,
        columns=entry["columns"],
        rows=entry["rows"],
        known_from=starts_at + timedelta(days=1) + table.known_delay
        if table.known_by == "partition"
        else None,
    )


def _check_files(
    raw: Location,
    files: Sequence[Entry],
    present: Sequence[s3.ObjectMeta],
    tables: Sequence[RawTable],
    closed: ClosedDates,
) -> None:
    """Check that closed dates have the files that their markers list, unchanged, and no others."""
    # Consoles keep a name that ends in `/` for a folder.
    objects = {item.name: item for item in present if not item.name.endswith("/")}
    names = {table.identifier for table in tables}
    copied: list[Entry] = []
    missing = sorted(names - {name.partition("/")[0] for name in objects})
    if missing:
        raise LandingError(
            f"raw table `{missing[0]}` has no file below `{raw.uri()}`",
            hint="restore it; a table without rows is landed as one empty file with its columns. A "
            "table that is new has its history by `landing.join`",
        )
    for file in files:
        item = objects.pop(file["name"], None)
        if item is None and file["table"] in names:
            raise LandingError(
                f"`{raw.uri(file['name'])}` is listed by its date's marker and is not there",
                hint="restore the file, or reopen the date: see docs/reference/raw-log.md",
            )
        if item is not None and item.bytes != file["bytes"]:
            raise changed(raw, file, f"{item.bytes} bytes, closed with {file['bytes']}")
        if item is not None and item.etag != file["etag"]:
            copied.append(file)
    check_copied(raw, copied)
    for name in sorted(objects):
        day = _landing_date(raw, name)
        if day < closed.before:
            raise LandingError(
                f"`{raw.uri(name)}` landed in a closed partition: the marker of {day} "
                "does not list it",
                hint="move its rows to a date that is still open, or reopen the date: see "
                "docs/reference/raw-log.md",
            )


def marker_date(raw: Location, name: str) -> date:
    """Return the landing date that a marker closes; a LandingError for a name that has none."""
    return _date_in(raw, name, _MARKER.fullmatch(name), f"{MARKERS}/landing_date=YYYY-MM-DD.json")


def _landing_date(raw: Location, name: str) -> date:
    return _date_in(raw, name, _FILE.fullmatch(name), "TABLE/landing_date=YYYY-MM-DD/FILE")


def _date_in(raw: Location, name: str, match: re.Match[str] | None, form: str) -> date:
    try:
        if match and match[1] != str(date.max):  # there is a day after each date
            return date.fromisoformat(match[1])
    except ValueError:  # digits that are no date
        pass
    raise LandingError(
        f"`{raw.uri(name)}` is not named as the raw log names its objects",
        hint=f"it has only {form}; move the object elsewhere",
    )
