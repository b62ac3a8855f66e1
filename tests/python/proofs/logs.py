"""Copies of a raw log on S3, whole or in part, each closed by markers as a loader closes it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from milepost.raw import closed_dates as raw_log
from milepost.raw import landing, markers
from milepost.storage import s3
from milepost.storage.client import PARALLEL_REQUESTS, client
from milepost.storage.location import Location

DAY = timedelta(days=1)


def dates(first: date, before: date) -> list[date]:
    return [first + n * DAY for n in range((before - first).days)]


def copy(source: Location, target: Location, days: Iterable[date]) -> None:
    """Copy closed dates as they are, their markers last and in order."""
    days = list(days)
    with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
        contents = list(pool.map(lambda day: marker(source, day), days))
        names = [file["name"] for content in contents for file in content["files"]]
        list(pool.map(lambda name: _copy_object(source, target, name), names))
        list(pool.map(lambda day: _copy_object(source, target, markers.marker_name(day)), days))


def grow(source: Location, target: Location, before: date) -> None:
    """Land what `target` lacks of the log up to, without, the date `before`."""
    there = {item.name for item in s3.listing(target, f"{markers.MARKERS}/")}
    days = dates(raw_log.closed_dates(source).first, before)
    copy(source, target, [day for day in days if markers.marker_name(day) not in there])


def cut(source: Location, target: Location, instant: datetime) -> date:
    """Copy the log without any row that landed at `instant` or later.

    The date of `instant` keeps what landed before it, and a further date is closed without rows, so
    that a build goes beyond. Returns the first date that is not closed.
    """
    day = instant.date()
    copy(source, target, dates(raw_log.closed_dates(source).first, day))
    before = f"select * from rows where landed_at < timestamp '{instant}'"
    rewrite(source, target, day, lambda _: before)
    landing.close(target, {}, first=day + DAY, last=day + DAY, written_by="cut")
    return day + 2 * DAY


def move(
    source: Location, target: Location, day: date, instants: Sequence[datetime], within: timedelta
) -> None:
    """Land a date with what landed `within` a while after one of the `instants` landing at it.

    The other instants of such a row move along, so that it says the same of itself.
    """
    moved_by = " ".join(
        f"when landed_at >= timestamp '{instant}' and landed_at < timestamp '{instant + within}' "
        f"then landed_at - timestamp '{instant}'"
        for instant in instants
    )

    def query(schema: pa.Schema) -> str:
        instants = [field.name for field in schema if pa.types.is_timestamp(field.type)]
        moved = ", ".join(f"{name} - moved_by as {name}" for name in instants)
        return (
            f"with timed as (select *, case {moved_by} else interval 0 second end as moved_by "
            f"from rows) select * exclude (moved_by) replace ({moved}) from timed"
        )

    rewrite(source, target, day, query)


def rewrite(
    source: Location, target: Location, day: date, query: Callable[[pa.Schema], str]
) -> None:
    """Land one date with what `query` makes of each table's `rows`."""
    entries: dict[str, dict[date, dict[str, Any]]] = {}
    for file in marker(source, day)["files"]:
        landed = _read(source, file["name"])
        rows = duckdb.from_arrow(landed).query("rows", query(landed.schema)).to_arrow_table()
        rows = rows.append_column("landing_date", pa.array([day] * rows.num_rows, pa.date32()))
        entries[file["table"]] = landing.land(target, file["table"], rows, first=day, last=day)
    landing.close(target, entries, first=day, last=day, written_by="rewrite")


def marker(raw: Location, day: date) -> dict[str, Any]:
    found = s3.get(raw, markers.marker_name(day))
    assert found is not None
    marker: dict[str, Any] = json.loads(found[0])
    return marker


def row_count(raw: Location) -> int:
    closed = raw_log.closed_dates(raw)
    with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
        markers = pool.map(lambda day: marker(raw, day), dates(closed.first, closed.before))
        return sum(file["rows"] for found in markers for file in found["files"])


def midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def _read(raw: Location, name: str) -> pa.Table:
    found = s3.get(raw, name)
    assert found is not None
    return pq.read_table(io.BytesIO(found[0]))


def _copy_object(source: Location, target: Location, name: str) -> None:
    client().copy_object(
        Bucket=target.bucket,
        Key=target.key(name),
        CopySource={"Bucket": source.bucket, "Key": source.key(name)},
    )
