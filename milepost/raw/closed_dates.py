"""What a build may read of the raw log: its closed dates, checked against their markers."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from milepost.errors import LandingError
from milepost.raw.files import changed, check_copied, check_newest
from milepost.raw.markers import MARKERS, REOPENED, TABLE, read_marker
from milepost.storage import s3
from milepost.storage.client import PARALLEL_REQUESTS
from milepost.storage.location import Location

_MARKER = re.compile(rf"{MARKERS}/landing_date=(\d{{4}}-\d\d-\d\d)\.json")
_FILE = re.compile(r"[^/]+/landing_date=(\d{4}-\d\d-\d\d)/[^/]+")


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
    days = sorted(_marker_date(raw, name) for name in names)
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


def check(raw: Location, tables: dict[str, dict[str, Any]]) -> ClosedDates:
    """Compare the closed dates with what is on S3 and with what the sources declare."""
    return checked(raw, tables)[0]


def checked(
    raw: Location, tables: dict[str, dict[str, Any]]
) -> tuple[ClosedDates, list[dict[str, Any]]]:
    """Compare the closed dates with what is on S3 and with what the sources declare.

    `tables` maps each table, where a silence is a fault, to `rows_within_days`. Returns the
    markers' entries beside the dates. Raises a LandingError that names the table and the file.
    """
    closed = closed_dates(raw)
    _check_declaration(tables)
    with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
        days = [
            closed.first + timedelta(days=n) for n in range((closed.before - closed.first).days)
        ]
        markers = pool.map(lambda day: read_marker(raw, day), days)
        present = list(pool.map(lambda table: list(s3.listing(raw, f"{table}/")), tables))
        files = [file for marker in markers for file in marker["files"]]
    _check_files(raw, files, [item for items in present for item in items], tables, closed)
    _check_silence(raw, files, tables, closed)
    check_newest(raw, [file for file in files if file["table"] in tables])
    return closed, files


def _check_declaration(tables: dict[str, dict[str, Any]]) -> None:
    """Check that declarations can be checked."""
    for table, declared in tables.items():
        if not TABLE.fullmatch(table):
            raise LandingError(
                f"`{table}` is no name of a raw table",
                hint="use letters, digits, `.`, `_` and `-`, and begin with a letter or digit",
            )
        days = declared.get("rows_within_days")
        if days is not None and (type(days) is not int or days < 1):
            raise LandingError(
                f"raw table `{table}` has `rows_within_days: {days}`",
                hint="give a number of days, 1 or more, or leave it out",
            )


def _check_files(
    raw: Location,
    files: list[dict[str, Any]],
    present: list[s3.ObjectMeta],
    tables: dict[str, dict[str, Any]],
    closed: ClosedDates,
) -> None:
    """Check that closed dates have the files that their markers list, unchanged, and no others."""
    # Consoles keep a name that ends in `/` for a folder.
    objects = {item.name: item for item in present if not item.name.endswith("/")}
    copied: list[dict[str, Any]] = []
    missing = sorted(set(tables) - {name.partition("/")[0] for name in objects})
    if missing:
        raise LandingError(
            f"raw table `{missing[0]}` has no file below `{raw.uri()}`",
            hint="restore it; a table without rows is landed as one empty file with its columns",
        )
    for file in files:
        item = objects.pop(file["name"], None)
        if item is None and file["table"] in tables:
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
        landing_date = _landing_date(raw, name)
        if landing_date < closed.before:
            raise LandingError(
                f"`{raw.uri(name)}` landed in a closed partition: the marker of {landing_date} "
                "does not list it",
                hint="move its rows to a date that is still open, or reopen the date: see "
                "docs/reference/raw-log.md",
            )


def _check_silence(
    raw: Location,
    files: list[dict[str, Any]],
    tables: dict[str, dict[str, Any]],
    closed: ClosedDates,
) -> None:
    """Refuse a table that landed no row for longer than declared: an outage is no zero."""
    latest: dict[str, date] = {}
    for file in files:
        if file["rows"]:
            day = _landing_date(raw, file["name"])
            latest[file["table"]] = max(day, latest.get(file["table"], day))
    for table, declared in tables.items():
        days = declared.get("rows_within_days")
        if days and table in latest and (closed.before - latest[table]).days > days:
            raise LandingError(
                f"raw table `{table}` has had no row since landing date {latest[table]}, and dates "
                f"are closed up to {closed.before - timedelta(days=1)}",
                hint=f"it lands at least every {days} days (`rows_within_days` in the source's "
                "YAML); look for an outage of its loader",
            )


def _marker_date(raw: Location, name: str) -> date:
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
