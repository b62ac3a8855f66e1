"""The raw log on S3: Parquet below `<table>/landing_date=<date>/`, each date closed by a marker.

A marker, `_closed/landing_date=<date>.json`, is written once, after the date's files. It lists them
with rows, bytes, ETag and columns; a table without a file had no row that day. What a build reads
are the closed dates, so a file that turns up in one of them later is an error, not a late row.
The format is documented in docs/reference/raw-log.md.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from milepost.errors import LandingError
from milepost.raw.joined import joined_files
from milepost.raw.markers import (
    FORMAT_VERSION,
    MARKERS,
    REOPENED,
    TABLE,
    entry_fault,
    marker_name,
    read_marker,
)
from milepost.raw.rows import by_landing_date
from milepost.storage import conditional, s3
from milepost.storage.client import PARALLEL_REQUESTS
from milepost.storage.location import Location

Entries: TypeAlias = Mapping[str, Mapping[date, Mapping[str, Any]]]


def land(
    raw: Location,
    table: str,
    rows: Any,
    *,
    first: date,
    last: date,
    columns: Mapping[str, str] | None = None,
) -> dict[date, dict[str, Any]]:
    """Write `rows` as one Parquet file per landing date, and return their marker entries.

    `rows` is anything with `__arrow_c_stream__`: a data frame of pandas or polars, a pyarrow table,
    a DuckDB relation. It has the table's columns and `landing_date`, by which it is sorted; every
    date lies from `first` to `last`. With no row at all, one empty file on `first` carries the
    schema. Each column is cast to the type in which builds read it, without losing a digit;
    `columns`, the source's declaration as `{name: data_type}`, says which, also where a column has
    nulls alone. Files of a date that is not closed are replaced; close the dates with `close`.

    Raises a LandingError for rows of a date that is closed, and for a column that no build reads.
    """
    closed = {item.name for item in s3.listing(raw, f"{MARKERS}/")}
    joined = {entry["name"] for entry in joined_files(raw)}
    with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
        written: list[tuple[date, Future[dict[str, Any]]]] = []
        for landing_date, part in by_landing_date(table, rows, columns, first):
            if marker_name(landing_date) in closed:
                raise LandingError(
                    f"`{table}` has rows for {landing_date}, which `{raw.uri(MARKERS)}` has closed",
                    hint="land them on a date that is still open; `landing.reopen` opens one that "
                    "was closed with the wrong files",
                )
            if file_name(table, landing_date) in joined:
                raise LandingError(
                    f"`{table}` joined with its rows of {landing_date}, and cannot land others",
                    hint="land corrections on a date that is still open",
                )
            if not first <= landing_date <= last or (written and landing_date <= written[-1][0]):
                raise LandingError(
                    f"`{table}` has rows for {landing_date}, out of order or outside {first} to "
                    f"{last}",
                    hint="sort by `landing_date` and give only the dates that are being closed",
                )
            written.append((landing_date, pool.submit(write, raw, table, landing_date, part)))
        return {landing_date: future.result() for landing_date, future in written}


def close(raw: Location, entries: Entries, *, first: date, last: date, written_by: str) -> None:
    """Close the landing dates from `first` to `last`, in order: one marker each, never replaced.

    `entries` has, for each table, what `land` returned. `written_by` names the loader. Raises a
    LandingError, before anything is closed, if a build could not read a file: it has no entry or
    differs from it, or a column has two types.
    """
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    if not days:
        raise LandingError(
            f"no date to close: {first} is after {last}", hint="give the first date, then the last"
        )
    files = {
        day: [entries[table][day] for table in sorted(entries) if day in entries[table]]
        for day in days
    }
    _check_entries(raw, files)
    _check_present(raw, files)
    for day in days:
        marker = {
            "format_version": FORMAT_VERSION,
            "landing_date": str(day),
            "written_by": written_by,
            "files": files[day],
        }
        conditional.create(raw, marker_name(day), json.dumps(marker, indent=1).encode())


def reopen(raw: Location, landing_date: date, *, reason: str, by: str) -> str:
    """Open a closed landing date, to be landed and closed anew, and return the record's name.

    The record says who did it and why, and keeps the marker. Builds stop at the date until it is
    closed again, and then build every view anew: what they made of its former files is not mixed
    with what they make of the new ones. What was published stays, and the publisher refuses another
    past. Raises a LandingError for a date that is not closed, or without a reason.
    """
    if not reason.strip() or not by.strip():
        raise LandingError(
            f"{landing_date} is reopened without saying why, or by whom",
            hint="give `reason` and `by`; whoever finds a number changed will want to know",
        )
    stored = s3.get(raw, marker_name(landing_date))
    if stored is None:
        raise LandingError(
            f"landing date {landing_date} of `{raw.uri()}` is not closed",
            hint="an open date is landed again as it is; builds do not read it",
        )
    earlier = sum(1 for _ in s3.listing(raw, f"{REOPENED}/landing_date={landing_date}-"))
    record = {
        "landing_date": str(landing_date),
        "reason": reason,
        "by": by,
        "reopened_at": s3.clock(raw).isoformat(),
        "marker": stored.body.decode(errors="replace"),
    }
    name = f"{REOPENED}/landing_date={landing_date}-{earlier + 1}.json"
    # The record comes first: a build that meets it and the marker builds anew once too often.
    conditional.create(raw, name, json.dumps(record, indent=1).encode())
    conditional.remove_version(raw, marker_name(landing_date), stored.etag)
    return name


def file_name(table: str, landing_date: date) -> str:
    """Return the name of the file that `land` writes."""
    return f"{table}/landing_date={landing_date}/part-0.parquet"


def write(raw: Location, table: str, landing_date: date, rows: pa.Table) -> dict[str, Any]:
    """Write the rows of a landing date, and return the file's entry for a marker."""
    sink = pa.BufferOutputStream()
    pq.write_table(rows, sink, compression="zstd", write_page_checksum=True)
    body = sink.getvalue().to_pybytes()
    name = file_name(table, landing_date)
    etag = s3.put(raw, name, body)
    return {
        "table": table,
        "name": name,
        "rows": rows.num_rows,
        "bytes": len(body),
        "etag": etag,
        "sha256": hashlib.sha256(body).hexdigest(),
        "columns": {field.name: str(field.type) for field in rows.schema},
    }


def _check_entries(raw: Location, files: Mapping[date, Sequence[Mapping[str, Any]]]) -> None:
    """Check that builds can read each file, in the types of its table's other files."""
    types: dict[tuple[str, str], tuple[str, str]] = {}
    before = min(files) - timedelta(days=1)
    described = read_marker(raw, before)["files"] if s3.get(raw, marker_name(before)) else []
    for day, entries in {before: described, **files}.items():
        for entry in entries:
            try:
                fault = entry_fault(entry, day)
            except (KeyError, TypeError, AttributeError):
                fault = f"entry `{entry}`"
            if fault:
                raise LandingError(
                    f"{day} cannot be closed: {fault}", hint="close what `landing.land` returned"
                )
            for column, kind in entry["columns"].items():
                where = entry["table"], column
                earlier_kind, earlier_name = types.setdefault(where, (kind, entry["name"]))
                if earlier_kind.removeprefix("large_") != kind.removeprefix("large_"):
                    raise LandingError(
                        f"{day} cannot be closed: `{entry['table']}.{column}` is {kind} in "
                        f"`{raw.uri(entry['name'])}`, and {earlier_kind} in "
                        f"`{raw.uri(earlier_name)}`",
                        hint="land it again with `columns`, the source's declared types",
                    )


def _check_present(raw: Location, files: Mapping[date, Sequence[Mapping[str, Any]]]) -> None:
    """Check that S3 has the files of the dates that the entries say, and no others."""
    # SeaweedFS starts after the whole folder of a name, AWS after the name.
    before = min(files) - timedelta(days=1)
    folders = {f"landing_date={day}" for day in files}
    tables = {entry["table"] for entries in files.values() for entry in entries}
    present = {
        item.name: item
        for table in sorted(tables | set(s3.folders(raw)))
        if TABLE.fullmatch(table)
        for item in s3.listing(raw, f"{table}/", after=f"{table}/landing_date={before}")
        if item.name.split("/")[1] in folders and not item.name.endswith("/")
    }
    for day, entries in files.items():
        for entry in entries:
            item = present.pop(entry["name"], None)
            if item is None or (item.bytes, item.etag) != (entry["bytes"], entry["etag"]):
                raise LandingError(
                    f"{day} cannot be closed: `{raw.uri(entry['name'])}` is not what was landed",
                    hint="is another loader at work here? Land the date again, then close it",
                )
    # Of a date that was reopened, a table that joined has its files in its own record.
    unlisted = present.keys() - {entry["name"] for entry in joined_files(raw)} if present else set()
    if unlisted:
        name = min(unlisted)
        raise LandingError(
            f"`{raw.uri(name)}` is of a date that would be closed without it",
            hint="close it with all that was landed; remove the file if an earlier attempt left it",
        )
