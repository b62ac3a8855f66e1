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
from milepost.raw.reading import check_declared, reading
from milepost.raw.tables import Column
from milepost.storage import s3
from milepost.storage.client import PARALLEL_REQUESTS
from milepost.storage.location import Location

_MARKER = re.compile(rf"{MARKERS}/landing_date=(\d{{4}}-\d\d-\d\d)\.json")
_FILE = re.compile(r"[^/]+/landing_date=(\d{4}-\d\d-\d\d)/[^/]+")
_READ = re.compile(r"read_parquet\('([^']*)'(.*)\)", re.DOTALL)
_PARTITIONED = re.compile(r"\bhive_partitioning\s*=\s*(true|1)\b", re.IGNORECASE)


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
    if "=" in raw.prefix:
        raise LandingError(
            f"`{raw.uri()}` has a `=` in it, and DuckDB reads a column from that part of the path",
            hint="copy the raw log to a prefix without one: it would replace a column of that name",
        )
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
    """Compare the closed dates with what is on S3 and with what the sources declare.

    `tables` maps each table to its declared `columns` (name to DuckDB type), where a silence is a
    fault to `rows_within_days`, and where DuckDB reads it to `read_as`, the SQL. Raises a
    LandingError that names the table and the file.
    """
    closed = closed_dates(raw)
    _check_declaration(raw, tables)
    with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
        days = [
            closed.first + timedelta(days=n) for n in range((closed.before - closed.first).days)
        ]
        markers = pool.map(lambda day: read_marker(raw, day), days)
        present = list(pool.map(lambda table: list(s3.listing(raw, f"{table}/")), tables))
        files = [file for marker in markers for file in marker["files"]]
    _check_files(raw, files, [item for items in present for item in items], tables, closed)
    _check_columns(raw, files, tables)
    _check_silence(raw, files, tables, closed)
    check_newest(raw, [file for file in files if file["table"] in tables])
    return closed


def _check_declaration(raw: Location, tables: dict[str, dict[str, Any]]) -> None:
    """Check that declarations can be checked, and that DuckDB reads the files that are checked."""
    for table, declared in tables.items():
        if not TABLE.fullmatch(table):
            raise LandingError(
                f"`{table}` is no name of a raw table",
                hint="use letters, digits, `.`, `_` and `-`, and begin with a letter or digit",
            )
        for column, data_type in declared.get("columns", {}).items():
            check_declared(table, Column(column, str(data_type)))
        days = declared.get("rows_within_days")
        if days is not None and (type(days) is not int or days < 1):
            raise LandingError(
                f"raw table `{table}` has `rows_within_days: {days}`",
                hint="give a number of days, 1 or more, or leave it out",
            )
        if "read_as" not in declared:
            continue
        call = _READ.fullmatch(str(declared["read_as"]).strip())
        files_read = raw.uri(f"{table}/*/*.parquet")
        if not call or call[1] != files_read or not _PARTITIONED.search(call[2]):
            raise LandingError(
                f"raw table `{table}` is read as `{declared['read_as']}`, which is not what its "
                "markers describe",
                hint=f"its `external_location` reads `{files_read}`, "
                "`hive_partitioning = true`: see "
                "docs/guides/use-as-a-package.md",
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


def _check_columns(
    raw: Location, files: list[dict[str, Any]], tables: dict[str, dict[str, Any]]
) -> None:
    """Check that every file has its table's declared columns in types that builds read."""
    for file in files:
        for column, declared in tables.get(file["table"], {}).get("columns", {}).items():
            reading(
                file["table"],
                Column(column, str(declared)),
                raw.uri(file["name"]),
                file["columns"],
                may_lack=False,
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
