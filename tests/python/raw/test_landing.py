"""Landing: one file per date that has rows, a marker that lists the files, nothing closed twice."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from milepost.errors import ConflictError, LandingError
from milepost.raw import closed_dates as raw_log
from milepost.raw import landing, markers
from milepost.raw.column_types import arrow_type
from milepost.storage import s3
from milepost.storage.location import Location

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


def file_body(raw: Location, name: str) -> bytes:
    found = s3.get(raw, name)
    assert found is not None
    return found[0]


def file_on_s3(raw: Location, name: str) -> pa.Table:
    return pq.read_table(pa.BufferReader(file_body(raw, name)))


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
        "sha256": hashlib.sha256(file_body(raw, listed.name)).hexdigest(),
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


def test_what_a_frame_of_pandas_has_is_landed_as_builds_read_it(raw: Location) -> None:
    frame = pd.DataFrame(
        {
            "bed_id": pd.Categorical(["north", None, "south"]),
            "name": ["Öl", None, ""],
            "read_at": pd.to_datetime(["2026-03-30 01:02:03.000004"] * 3).astype("datetime64[ns]"),
            "seen_at": pd.to_datetime(["2026-03-30T01:00:00+02:00"] * 3, utc=True),
            "small": np.array([1, -2, 3], "int8"),
            "share": np.array([0.5, np.nan, 1], "float32"),
            "is_dry": [True, False, True],
            "landing_date": pd.to_datetime([str(FIRST)] * 3),
        },
        index=[7, 3, 5],
    )
    entry = landing.land(raw, "beds", frame, first=FIRST, last=LAST)[FIRST]
    assert entry["columns"] == {
        "bed_id": "string",
        "name": "string",
        "read_at": "timestamp[us]",
        "seen_at": "timestamp[us]",
        "small": "int64",
        "share": "double",
        "is_dry": "bool",
    }
    second = file_on_s3(raw, entry["name"]).to_pylist()[1]
    at = datetime(2026, 3, 30, 1, 2, 3, 4)
    assert second == {
        "bed_id": None,
        "name": None,
        "read_at": at,
        "seen_at": datetime(2026, 3, 29, 23),
        "small": -2,
        "share": None,
        "is_dry": False,
    }


def test_what_a_frame_of_polars_or_a_relation_of_duckdb_has_is_landed_so(raw: Location) -> None:
    frame = pl.DataFrame({"bed_id": ["north"], "landing_date": [FIRST]}).with_columns(
        kind=pl.lit("dry").cast(pl.Enum(["dry"])),
        place=pl.col("bed_id").cast(pl.Categorical),
        at=pl.lit(datetime(2026, 3, 30)).dt.replace_time_zone("America/New_York"),
        paid=pl.lit("1.25").cast(pl.Decimal(12, 2)),
    )
    from_polars = landing.land(raw, "polars", frame, first=FIRST, last=LAST)[FIRST]
    assert file_on_s3(raw, from_polars["name"]).to_pylist() == [
        {
            "bed_id": "north",
            "kind": "dry",
            "place": "north",
            "at": datetime(2026, 3, 30, 4),
            "paid": Decimal("1.25"),
        }
    ]
    relation = duckdb.sql(
        f"select 'a'::enum('a') as bed_id, 1::utinyint as small, date '{FIRST}' as landing_date"
    )
    from_duckdb = landing.land(raw, "duckdb", relation, first=FIRST, last=LAST)[FIRST]
    assert from_duckdb["columns"] == {"bed_id": "string", "small": "int64"}
    for entry in (from_polars, from_duckdb):
        assert "large" not in str(entry["columns"])
        assert not file_on_s3(raw, entry["name"]).schema.metadata


@pytest.mark.parametrize(
    ("values", "declared", "landed"),
    [
        (pa.nulls(1), "double", None),
        (pa.nulls(1), "decimal(12, 2)", None),
        (pa.array([12.34]), "decimal(12,2)", Decimal("12.34")),
        (pa.array([3]), "decimal(12,2)", Decimal("3.00")),
        (pa.array([Decimal("12.50")]), "DOUBLE", 12.5),
        (pa.array([3.0]), "bigint", 3),
        (pa.array([2**53]), "double", float(2**53)),
        (pa.array([datetime(2026, 3, 30)]), "date", date(2026, 3, 30)),
        (pa.array(["a"]).dictionary_encode(), "varchar", "a"),
        (pa.array([3]), "int4", 3),
        (pa.array(["a"]), "text", "a"),
        (pa.array([12.34]), "numeric(12, 2)", Decimal("12.34")),
    ],
)
def test_a_declared_column_is_landed_in_its_type(
    raw: Location, values: pa.Array, declared: str, landed: object
) -> None:
    rows = pa.table({"value": values, "landing_date": pa.array([FIRST])})
    entry = landing.land(raw, "t", rows, first=FIRST, last=LAST, columns={"value": declared})[FIRST]
    written = file_on_s3(raw, entry["name"])
    assert written["value"].to_pylist() == [landed]
    assert entry["columns"]["value"] == str(arrow_type(declared))


@pytest.mark.parametrize(
    ("values", "declared"),
    [
        (pa.array([12.345]), "decimal(12,2)"),
        (pa.array([1e12]), "decimal(12,2)"),
        (pa.array([float("nan")]), "decimal(12,2)"),
        (pa.array([2.5]), "bigint"),
        (pa.array([float("nan")]), "bigint"),
        (pa.array([2**53 + 1]), "double"),
        (pa.array([2**63], pa.uint64()), None),
        (pa.array([1], pa.timestamp("ns")), None),
        (pa.array([2**60], pa.timestamp("s")), None),
        (pa.array([datetime(2026, 3, 30, 1)]), "date"),
        (pa.array([date(2026, 3, 30)]), "timestamp"),
        (pa.array(["1.5"]), "double"),
        (pa.array([1.5]), "varchar"),
        (pa.array([1]), "boolean"),
        (pa.array([True]), "bigint"),
    ],
)
def test_a_value_that_would_be_another_is_refused(
    raw: Location, values: pa.Array, declared: str | None
) -> None:
    rows = pa.table({"value": values, "landing_date": pa.array([FIRST])})
    columns = {"value": declared} if declared else None
    with pytest.raises(LandingError, match=r"`t\.value` cannot be landed as .* on 2026-03-30: "):
        landing.land(raw, "t", rows, first=FIRST, last=LAST, columns=columns)
    assert names(raw) == []


@pytest.mark.parametrize(
    ("columns", "rows", "message"),
    [
        ({}, {"miles": pa.nulls(1)}, r"`t\.miles` has nulls alone.*\nhint: say it: `columns={'mi"),
        ({}, {"at": pa.array([time()])}, r"`t\.at` is time64\[us\], which no build reads"),
        ({}, {"at": pa.array([timedelta(1)])}, r"`t\.at` is duration"),
        ({}, {"all": pa.array([[1]])}, r"`t\.all` is list<"),
        ({}, {"raw": pa.array([b"a"])}, r"`t\.raw` is binary"),
        ({"miles": "double"}, {}, r"`t` has no column `miles`; it has landing_date"),
        ({"miles": "hugeint"}, {"miles": pa.array([1])}, r"is declared `hugeint`, a type that no"),
        ({}, {"a": pa.array([1]), "A": pa.array([1])}, r"`t` has 2 columns `a`"),
    ],
)
def test_a_column_that_no_build_reads_is_refused_before_anything_is_written(
    raw: Location, columns: dict[str, str], rows: dict[str, pa.Array], message: str
) -> None:
    table = pa.table({**rows, "landing_date": pa.array([FIRST])})
    with pytest.raises(LandingError, match=message):
        landing.land(raw, "t", table, first=FIRST, last=LAST, columns=columns)
    assert names(raw) == []


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"miles": 1}], "the rows of `t` are a `list`"),
        (pd.DataFrame({"mixed": [1, "a", b"x"]}), "the rows of `t` have no Arrow form: .*mixed"),
        (pa.table({"miles": [1]}), "`t` has no column `landing_date`; it has miles"),
        (pa.table({"landing_date": ["2026-03-30"]}), r"`t\.landing_date` is no date"),
        (pa.table({"landing_date": [datetime(2026, 3, 30, 1)]}), r"`t\.landing_date` is no date"),
    ],
)
def test_rows_of_no_use_are_refused(raw: Location, rows: object, message: str) -> None:
    with pytest.raises(LandingError, match=message):
        landing.land(raw, "t", rows, first=FIRST, last=LAST)


@pytest.mark.parametrize("table", ["", "_closed", ".loads", "a/b", "a=b", "a*", "a b"])
def test_a_table_whose_name_is_not_plain_is_refused(raw: Location, table: str) -> None:
    with pytest.raises(LandingError, match="is no name of a raw table"):
        landing.land(raw, table, loads(FIRST), first=FIRST, last=LAST)


def test_an_empty_file_is_not_written_into_a_closed_date(raw: Location) -> None:
    landing.close(raw, {}, first=FIRST, last=FIRST, written_by="test")
    with pytest.raises(LandingError, match=r"which `.*` has closed"):
        landing.land(raw, "loads", loads(), first=FIRST, last=LAST)


def cannot_be_closed(raw: Location, entries: landing.Entries, message: str) -> None:
    """Closing is refused, and no date is closed."""
    with pytest.raises(LandingError, match=message):
        landing.close(raw, entries, first=FIRST, last=LAST, written_by="test")
    assert names(raw, "_closed/") == []


def test_a_date_is_not_closed_with_what_no_build_could_read(raw: Location) -> None:
    entries = {"loads": landing.land(raw, "loads", loads(DAYS[0], DAYS[1]), first=FIRST, last=LAST)}
    name = entries["loads"][DAYS[1]]["name"]
    # what an earlier attempt left, a table that was forgotten, a file that another loader replaced
    s3.put(raw, f"loads/landing_date={DAYS[2]}/part-0.parquet", file_body(raw, name))
    cannot_be_closed(raw, entries, f"{DAYS[2]}/part-0.parquet` is of a date that would be closed w")
    s3.remove(raw, [f"loads/landing_date={DAYS[2]}/part-0.parquet"])
    cannot_be_closed(raw, {}, "is of a date that would be closed without it")
    s3.put(raw, name, file_body(raw, name)[:-1])
    cannot_be_closed(raw, entries, f"{DAYS[1]} cannot be closed: `{raw.uri(name)}` is not what")
    s3.remove(raw, [name])
    cannot_be_closed(raw, entries, f"{DAYS[1]} cannot be closed: `{raw.uri(name)}` is not what")
    renamed = {**entries["loads"][DAYS[0]], "name": f"loads/landing_date={DAYS[0]}/part-1.pq"}
    cannot_be_closed(raw, {"loads": {DAYS[0]: renamed}}, r"part-1\.pq` is not named")
    cannot_be_closed(raw, {"loads": {DAYS[0]: {"rows": 1}}}, "cannot be closed: entry `")
    with pytest.raises(LandingError, match="no date to close"):
        landing.close(raw, entries, first=LAST, last=FIRST, written_by="test")


def test_a_column_of_two_types_is_not_closed(raw: Location) -> None:
    whole = loads(DAYS[1]).set_column(1, "miles", pa.array([1], pa.int64()))
    one, other = (
        landing.land(raw, "loads", rows, first=FIRST, last=LAST) for rows in (loads(FIRST), whole)
    )
    cannot_be_closed(raw, {"loads": one | other}, r"`loads\.miles` is int64 in .*, and double in")
    # nor beside the files of the date before
    landing.close(raw, {"loads": one}, first=FIRST, last=FIRST, written_by="test")
    with pytest.raises(LandingError, match=r"`loads\.miles` is int64 in .*, and double in"):
        landing.close(raw, {"loads": other}, first=DAYS[1], last=LAST, written_by="test")


def test_dates_close_in_order_and_landing_goes_on_where_closing_broke_off(raw: Location) -> None:
    landing.close(raw, {}, first=DAYS[2], last=DAYS[2], written_by="another")
    entries = {"loads": landing.land(raw, "loads", loads(DAYS[0]), first=FIRST, last=LAST)}
    with pytest.raises(ConflictError):
        landing.close(raw, entries, first=FIRST, last=LAST, written_by="test")
    assert names(raw, "_closed/") == [markers.marker_name(day) for day in DAYS[:3]]
    landing.close(raw, entries, first=LAST, last=LAST, written_by="test")


def test_a_closed_date_is_reopened_with_a_record_and_closed_anew(raw: Location) -> None:
    entries = landing.land(raw, "loads", loads(DAYS[0], DAYS[1]), first=FIRST, last=LAST)
    landing.close(raw, {"loads": entries}, first=FIRST, last=LAST, written_by="test")
    was = file_body(raw, markers.marker_name(DAYS[1])).decode()
    assert raw_log.closed_dates(raw).reopened == 0
    name = landing.reopen(raw, DAYS[1], reason="prices in cents", by="ann")
    record = json.loads(file_body(raw, name))
    assert name == f"_reopened/landing_date={DAYS[1]}-1.json"
    assert (record["marker"], record["reason"], record["by"]) == (was, "prices in cents", "ann")
    assert datetime.fromisoformat(record["reopened_at"])
    with pytest.raises(LandingError, match=f"landing date {DAYS[1]} is missing"):
        raw_log.closed_dates(raw)
    again = landing.land(raw, "loads", loads(DAYS[1], DAYS[1]), first=DAYS[1], last=DAYS[1])
    landing.close(raw, {"loads": again}, first=DAYS[1], last=DAYS[1], written_by="test")
    assert raw_log.closed_dates(raw) == raw_log.ClosedDates(FIRST, LAST + timedelta(1), 1)
    assert landing.reopen(raw, DAYS[1], reason="still wrong", by="ann").endswith("-2.json")


def test_only_a_closed_date_is_reopened_and_not_without_a_reason(raw: Location) -> None:
    landing.close(raw, {}, first=FIRST, last=FIRST, written_by="test")
    with pytest.raises(LandingError, match=r"landing date 2026-03-31 of .* is not closed"):
        landing.reopen(raw, DAYS[1], reason="wrong", by="ann")
    for reason, by in (("", "ann"), ("wrong", " ")):
        with pytest.raises(LandingError, match="without saying why, or by whom"):
            landing.reopen(raw, FIRST, reason=reason, by=by)
    assert names(raw) == [markers.marker_name(FIRST)]
