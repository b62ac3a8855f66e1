"""What a build may read of the raw log: its closed dates, checked against their markers."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from milepost import s3
from milepost.errors import LandingError
from milepost.landing import FORMAT_VERSION, MARKERS, marker_name
from milepost.s3 import Location

_MARKER = re.compile(rf"{MARKERS}/landing_date=(\d{{4}}-\d\d-\d\d)\.json")
_FILE = re.compile(r"[^/]+/landing_date=(\d{4}-\d\d-\d\d)/[^/]+")


@dataclass(frozen=True)
class ClosedDates:
    """The closed landing dates: every date from `first` up to, without, `before`."""

    first: date
    before: date


def closed_dates(raw: Location) -> ClosedDates:
    """Which landing dates are closed; a gap among them is an error that names the missing one."""
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
    return ClosedDates(days[0], days[-1] + timedelta(days=1))


def check(raw: Location, tables: dict[str, dict[str, Any]]) -> ClosedDates:
    """Compare the closed dates with what is on S3 and with what the sources declare.

    `tables` maps each table to its declared `columns` (name to DuckDB type) and, where a silence
    is a fault, `rows_within_days`. Raises a LandingError that names the table and the file.
    """
    closed = closed_dates(raw)
    with ThreadPoolExecutor(s3.PARALLEL_REQUESTS) as pool:
        days = [
            closed.first + timedelta(days=n) for n in range((closed.before - closed.first).days)
        ]
        markers = pool.map(lambda day: _read_marker(raw, day), days)
        present = list(pool.map(lambda table: list(s3.listing(raw, f"{table}/")), tables))
        files = [file for marker in markers for file in marker["files"]]
    _check_files(raw, files, [item for items in present for item in items], tables, closed)
    _check_columns(raw, files, tables)
    _check_silence(raw, files, tables, closed)
    return closed


def _check_files(
    raw: Location,
    files: list[dict[str, Any]],
    present: list[s3.Listed],
    tables: dict[str, dict[str, Any]],
    closed: ClosedDates,
) -> None:
    """The files of closed dates are those that their markers list, unchanged, and no others."""
    # Consoles keep a name that ends in `/` for a folder.
    found = {item.name: item for item in present if not item.name.endswith("/")}
    missing = sorted(set(tables) - {name.partition("/")[0] for name in found})
    if missing:
        raise LandingError(
            f"raw table `{missing[0]}` has no file below `{raw.uri()}`",
            hint="restore it; a table without rows is landed as one empty file with its columns",
        )
    for file in files:
        item = found.pop(file["name"], None)
        if item is None and file["table"] in tables:
            raise LandingError(
                f"`{raw.uri(file['name'])}` is listed by its date's marker and is not there",
                hint="restore the file; a closed landing date never changes",
            )
        if item is not None and (item.bytes, item.etag) != (file["bytes"], file["etag"]):
            raise LandingError(
                f"`{raw.uri(item.name)}` has changed since its date was closed: "
                f"{item.bytes} bytes, closed with {file['bytes']}",
                hint="restore the file (truncated or replaced?); corrections land as new rows",
            )
    for name in sorted(found):
        landing_date = _landing_date(raw, name)
        if landing_date < closed.before:
            raise LandingError(
                f"`{raw.uri(name)}` landed in a closed partition: the marker of {landing_date} "
                "does not list it",
                hint="move its rows to a date that is still open",
            )


def _check_columns(
    raw: Location, files: list[dict[str, Any]], tables: dict[str, dict[str, Any]]
) -> None:
    """Every file has its table's declared columns in their declared types."""
    for file in files:
        for column, declared in tables.get(file["table"], {}).get("columns", {}).items():
            actual = file["columns"].get(column)
            if actual is None:
                raise LandingError(
                    f"column `{column}` of raw table `{file['table']}` is missing in "
                    f"`{raw.uri(file['name'])}`, which has {', '.join(file['columns'])}",
                    hint="land the column, or declare the change in the source's YAML",
                )
            if not _is_declared_type(actual, declared):
                raise LandingError(
                    f"column `{column}` of raw table `{file['table']}` is {actual} in "
                    f"`{raw.uri(file['name'])}`, declared {declared}",
                    hint="land it in the declared type, or declare the change in the source's YAML",
                )


def _check_silence(
    raw: Location,
    files: list[dict[str, Any]],
    tables: dict[str, dict[str, Any]],
    closed: ClosedDates,
) -> None:
    """A table that lands all day and has fallen silent is an outage, not a zero."""
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


# DuckDB's name of a declared type, and Arrow's name of the type found in a file.
_ARROW_NAMES = {
    "varchar": {"string", "large_string"},
    "bigint": {"int64"},
    "double": {"double"},
    "boolean": {"bool"},
    "date": {"date32[day]"},
    "timestamp": {"timestamp[us]"},
}


def _is_declared_type(arrow_name: str, declared: str) -> bool:
    declared = declared.lower().replace(" ", "")
    if declared.startswith("decimal"):
        return arrow_name.replace(" ", "") == declared.replace("decimal", "decimal128")
    return arrow_name in _ARROW_NAMES.get(declared, set())


def _read_marker(raw: Location, day: date) -> dict[str, Any]:
    found = s3.get(raw, marker_name(day))
    try:
        marker: dict[str, Any] = json.loads(found[0]) if found else {}
        version = marker["format_version"]
        if version == FORMAT_VERSION:
            for file in marker["files"]:
                types = [type(file[item]) for item in ("rows", "bytes", "etag", "columns")]
                below = f"{file['table']}/landing_date={day}/"
                if types != [int, int, str, dict] or not file["name"].startswith(below):
                    raise ValueError(f"entry `{file}`")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LandingError(
            f"`{raw.uri(marker_name(day))}` is not a marker: {error!r}",
            hint="docs/reference/raw-log.md describes the format",
        ) from error
    if version != FORMAT_VERSION:
        raise LandingError(
            f"`{raw.uri(marker_name(day))}` has format version {version}, this Milepost reads "
            f"{FORMAT_VERSION}",
            hint="upgrade Milepost",
        )
    return marker


def _marker_date(raw: Location, name: str) -> date:
    return _date_in(raw, name, _MARKER.fullmatch(name), f"{MARKERS}/landing_date=YYYY-MM-DD.json")


def _landing_date(raw: Location, name: str) -> date:
    return _date_in(raw, name, _FILE.fullmatch(name), "TABLE/landing_date=YYYY-MM-DD/FILE")


def _date_in(raw: Location, name: str, found: re.Match[str] | None, form: str) -> date:
    try:
        if found:
            return date.fromisoformat(found[1])
    except ValueError:  # digits that are no date
        pass
    raise LandingError(
        f"`{raw.uri(name)}` is not named as the raw log names its objects",
        hint=f"it has only {form}; move the object elsewhere",
    )
