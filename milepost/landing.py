"""The raw log on S3: Parquet below `<table>/landing_date=<date>/`, each date closed by a marker.

A marker, `_closed/landing_date=<date>.json`, is written once, after the date's files. It lists them
with rows, bytes, ETag and columns; a table without a file had no row that day. What a build reads
are the closed dates, so a file that turns up in one of them later is an error, not a late row.
The format is documented in docs/reference/raw-log.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from milepost import s3
from milepost.errors import LandingError
from milepost.s3 import Location

FORMAT_VERSION = 1
MARKERS = "_closed"

Rows: TypeAlias = pa.Table | pa.RecordBatchReader


def land(
    raw: Location, table: str, rows: Rows, *, first: date, last: date
) -> dict[date, dict[str, Any]]:
    """Write `rows` as one Parquet file per landing date, and return their marker entries.

    `rows` has the table's columns and a last column `landing_date` (date), by which it is sorted;
    every date lies from `first` to `last`. With no row at all, one empty file on `first` carries
    the schema. Files of a date that is not closed are replaced; close the dates with `close`.
    Raises a LandingError, before it writes them, for rows of a date that is closed.
    """
    closed = {item.name for item in s3.listing(raw, f"{MARKERS}/")}
    entries: dict[date, dict[str, Any]] = {}
    with ThreadPoolExecutor(s3.PARALLEL_REQUESTS) as pool:
        written: list[tuple[date, Future[dict[str, Any]]]] = []
        for landing_date, part in _by_landing_date(rows):
            if landing_date is None:
                raise LandingError(
                    f"`{table}` has rows whose `landing_date` is null",
                    hint="every row has the date on which it landed, or would have",
                )
            if marker_name(landing_date) in closed:
                raise LandingError(
                    f"`{table}` has rows for {landing_date}, which `{raw.uri(MARKERS)}` has closed",
                    hint="land them on a date that is still open; a closed date never changes",
                )
            if not first <= landing_date <= last or (written and landing_date <= written[-1][0]):
                raise LandingError(
                    f"`{table}` has rows for {landing_date}, out of order or outside {first} to "
                    f"{last}",
                    hint="sort by `landing_date` and give only the dates that are being closed",
                )
            written.append((landing_date, pool.submit(_write, raw, table, landing_date, part)))
        if not written:
            empty = pa.table(rows) if isinstance(rows, pa.Table) else rows.schema.empty_table()
            written.append((first, pool.submit(_write, raw, table, first, _columns(empty))))
        for landing_date, future in written:
            entries[landing_date] = future.result()
    return entries


def close(
    raw: Location,
    entries: dict[str, dict[date, dict[str, Any]]],
    *,
    first: date,
    last: date,
    written_by: str,
) -> None:
    """Close the landing dates from `first` to `last`: one marker each, never replaced.

    `entries` has, for each table, what `land` returned. `written_by` names the loader.
    """
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    with ThreadPoolExecutor(s3.PARALLEL_REQUESTS) as pool:
        list(pool.map(lambda day: _close_date(raw, entries, day, written_by), days))


def marker_name(landing_date: date) -> str:
    """The marker's name below the raw log."""
    return f"{MARKERS}/landing_date={landing_date}.json"


def _close_date(
    raw: Location, entries: dict[str, dict[date, dict[str, Any]]], day: date, written_by: str
) -> None:
    marker = {
        "format_version": FORMAT_VERSION,
        "landing_date": str(day),
        "written_by": written_by,
        "files": [entries[table][day] for table in sorted(entries) if day in entries[table]],
    }
    s3.put(raw, marker_name(day), json.dumps(marker, indent=1).encode(), new=True)


def _write(raw: Location, table: str, landing_date: date, rows: pa.Table) -> dict[str, Any]:
    sink = pa.BufferOutputStream()
    pq.write_table(rows, sink, compression="zstd", write_page_checksum=True)
    body = sink.getvalue().to_pybytes()
    name = f"{table}/landing_date={landing_date}/part-0.parquet"
    etag = s3.put(raw, name, body)
    return {
        "table": table,
        "name": name,
        "rows": rows.num_rows,
        "bytes": len(body),
        "etag": etag,
        "columns": {field.name: str(field.type) for field in rows.schema},
    }


def _by_landing_date(rows: Rows) -> Iterator[tuple[date | None, pa.Table]]:
    """Group consecutive rows of one landing date, whatever batches they come in."""
    current: date | None = None
    parts: list[pa.RecordBatch] = []
    for batch in _batches(rows):
        start = 0
        runs = pc.run_end_encode(batch.column("landing_date"))
        for day, end in zip(runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True):
            if day != current and parts:
                yield current, _columns(pa.Table.from_batches(parts))
                parts = []
            current = day
            parts.append(batch.slice(start, end - start))
            start = end
    if parts:
        yield current, _columns(pa.Table.from_batches(parts))


def _batches(rows: Rows) -> Iterable[pa.RecordBatch]:
    return (b for b in (rows.to_batches() if isinstance(rows, pa.Table) else rows) if b.num_rows)


def _columns(rows: pa.Table) -> pa.Table:
    return rows.drop_columns("landing_date")
