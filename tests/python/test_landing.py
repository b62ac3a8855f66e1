"""Landing: one file per date that has rows, a marker that lists the files, nothing closed twice."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from milepost import landing, markers, s3
from milepost.errors import ConflictError, LandingError
from milepost.s3 import Location

FIRST = date(2026, 3, 30)
DAYS = [FIRST + timedelta(days=n) for n in range(4)]
LAST = DAYS[-1]


def loads(*days: date | None) -> pa.Table:
    """One row for each day, numbered."""
    return pa.table(
        {
            "load_id": pa.array([f"load-{n}" for n in range(len(days))], pa.string()),
            "miles": pa.array(range(len(days)), pa.float64()),
            "landing_date": pa.array(days, pa.date32()),
        }
    )


def in_batches(rows: pa.Table, size: int) -> pa.RecordBatchReader:
    return pa.RecordBatchReader.from_batches(rows.schema, rows.to_batches(max_chunksize=size))


def file_on_s3(raw: Location, name: str) -> pa.Table:
    found = s3.get(raw, name)
    assert found is not None
    return pq.read_table(pa.BufferReader(found[0]))


def names(raw: Location, below: str = "") -> list[str]:
    return [item.name for item in s3.listing(raw, below)]


def marker(raw: Location, day: date) -> dict[str, Any]:
    found = s3.get(raw, markers.marker_name(day))
    assert found is not None
    read: dict[str, Any] = json.loads(found[0])
    return read


def test_each_landing_date_gets_a_file_of_its_rows(raw: Location) -> None:
    rows = loads(DAYS[0], DAYS[0], DAYS[2])
    entries = landing.land(raw, "loads", rows, first=FIRST, last=LAST)
    assert list(entries) == [DAYS[0], DAYS[2]]
    assert names(raw) == [
        "loads/landing_date=2026-03-30/part-0.parquet",
        "loads/landing_date=2026-04-01/part-0.parquet",
    ]
    first, second = (file_on_s3(raw, name) for name in names(raw))
    assert first == rows.slice(0, 2).drop_columns("landing_date")
    assert second == rows.slice(2).drop_columns("landing_date")


def test_the_entry_of_a_file_says_what_is_on_s3(raw: Location) -> None:
    entry = landing.land(raw, "loads", loads(FIRST, FIRST), first=FIRST, last=LAST)[FIRST]
    (listed,) = s3.listing(raw)
    assert entry == {
        "table": "loads",
        "name": listed.name,
        "rows": 2,
        "bytes": listed.bytes,
        "etag": listed.etag,
        "columns": {"load_id": "string", "miles": "double"},
    }


def test_the_file_has_page_checksums(raw: Location) -> None:
    entry = landing.land(raw, "loads", loads(FIRST), first=FIRST, last=FIRST)[FIRST]
    found = s3.get(raw, entry["name"])
    assert found is not None
    chunk = pq.read_metadata(pa.BufferReader(found[0])).row_group(0).column(1)
    body = bytearray(found[0])
    start = chunk.dictionary_page_offset or chunk.data_page_offset
    body[start + chunk.total_compressed_size - 1] ^= 1
    with pytest.raises(OSError, match="CRC checksum"):
        pq.read_table(pa.BufferReader(bytes(body)), page_checksum_verification=True)


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_batches_that_split_a_date_make_one_file_of_it(raw: Location, size: int) -> None:
    rows = loads(*[DAYS[0]] * 3, *[DAYS[1]] * 4, *[DAYS[3]] * 2)
    whole = landing.land(raw, "whole", rows, first=FIRST, last=LAST)
    batched = landing.land(raw, "batched", in_batches(rows, size), first=FIRST, last=LAST)
    assert {day: entry["rows"] for day, entry in batched.items()} == {
        DAYS[0]: 3,
        DAYS[1]: 4,
        DAYS[3]: 2,
    }
    for day, entry in whole.items():
        assert file_on_s3(raw, batched[day]["name"]) == file_on_s3(raw, entry["name"])


def test_landing_again_before_the_date_closes_gives_the_same_file(raw: Location) -> None:
    once = landing.land(raw, "loads", loads(FIRST), first=FIRST, last=LAST)
    again = landing.land(raw, "loads", in_batches(loads(FIRST), 1), first=FIRST, last=LAST)
    assert once == again
    assert len(names(raw)) == 1


@pytest.mark.parametrize("as_batches", [False, True])
def test_a_table_without_rows_lands_one_empty_file_with_its_columns(
    raw: Location, as_batches: bool
) -> None:
    empty = loads()
    rows = in_batches(empty, 1) if as_batches else empty
    entries = landing.land(raw, "claims", rows, first=FIRST, last=LAST)
    assert list(entries) == [FIRST]
    assert entries[FIRST]["rows"] == 0
    assert entries[FIRST]["columns"] == {"load_id": "string", "miles": "double"}
    written = file_on_s3(raw, "claims/landing_date=2026-03-30/part-0.parquet")
    assert written == empty.drop_columns("landing_date")


def test_rows_out_of_order_are_refused(raw: Location) -> None:
    for days in ([DAYS[1], DAYS[0]], [DAYS[0], DAYS[1], DAYS[0]]):
        with pytest.raises(LandingError, match="`loads` has rows for 2026-03-30, out of order"):
            landing.land(raw, "loads", loads(*days), first=FIRST, last=LAST)


@pytest.mark.parametrize("day", [FIRST - timedelta(days=1), LAST + timedelta(days=1)])
def test_rows_outside_the_dates_given_are_refused(raw: Location, day: date) -> None:
    message = f"{day}, out of order or outside 2026-03-30 to 2026-04-02\nhint: sort by"
    with pytest.raises(LandingError, match=message):
        landing.land(raw, "loads", loads(day), first=FIRST, last=LAST)
    assert names(raw) == []


@pytest.mark.parametrize("days", [(None,), (None, FIRST), (FIRST, None), (FIRST, None, DAYS[1])])
def test_a_row_without_a_landing_date_is_refused(
    raw: Location, days: tuple[date | None, ...]
) -> None:
    for size in (1, 10):
        with pytest.raises(LandingError, match="`loads` has rows whose `landing_date` is null"):
            landing.land(raw, "loads", in_batches(loads(*days), size), first=FIRST, last=LAST)


def test_a_marker_lists_the_files_of_its_date_and_only_those(raw: Location) -> None:
    entries = {
        "tenders": landing.land(raw, "tenders", loads(DAYS[0]), first=FIRST, last=LAST),
        "loads": landing.land(raw, "loads", loads(DAYS[0], DAYS[2]), first=FIRST, last=LAST),
    }
    landing.close(raw, entries, first=FIRST, last=LAST, written_by="a loader")
    assert names(raw, "_closed/") == [f"_closed/landing_date={day}.json" for day in DAYS]
    assert marker(raw, DAYS[0]) == {
        "format_version": 1,
        "landing_date": "2026-03-30",
        "written_by": "a loader",
        "files": [entries["loads"][DAYS[0]], entries["tenders"][DAYS[0]]],
    }
    assert marker(raw, DAYS[1])["files"] == []
    assert marker(raw, DAYS[2])["files"] == [entries["loads"][DAYS[2]]]


def test_a_closed_date_is_not_closed_again(raw: Location) -> None:
    landing.close(raw, {}, first=FIRST, last=FIRST, written_by="first")
    with pytest.raises(ConflictError, match=r"_closed/landing_date=2026-03-30\.json`: another"):
        landing.close(raw, {}, first=FIRST, last=FIRST, written_by="second")
    assert marker(raw, FIRST)["written_by"] == "first"


def test_rows_of_a_closed_date_are_refused_and_its_files_stay(raw: Location) -> None:
    entries = landing.land(raw, "loads", loads(DAYS[0]), first=FIRST, last=FIRST)
    landing.close(raw, {"loads": entries}, first=FIRST, last=FIRST, written_by="test")
    before = list(s3.listing(raw))
    for rows in (loads(DAYS[0], DAYS[0]), loads(DAYS[0], DAYS[1])):
        with pytest.raises(
            LandingError, match=r"for 2026-03-30, which `s3://.*_closed` has closed"
        ):
            landing.land(raw, "loads", rows, first=FIRST, last=LAST)
    assert list(s3.listing(raw)) == before
    landing.land(raw, "loads", loads(DAYS[1]), first=FIRST, last=LAST)
