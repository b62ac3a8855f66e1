"""The raw log's check: every fault, and nothing else, is an error that names the place."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from faults.proxy import before_the_server
from milepost.errors import LandingError, StorageError
from milepost.raw import closed_dates as raw_log
from milepost.raw import closed_tables, landing, markers
from milepost.raw.closed_dates import ClosedDates
from milepost.raw.tables import ClosedTable, Column, RawTable
from milepost.storage import s3
from milepost.storage.client import client
from milepost.storage.location import Location

FIRST = date(2026, 2, 26)
DAYS = [FIRST + timedelta(days=n) for n in range(6)]
LAST, OPEN = DAYS[4], DAYS[5]
COLUMNS = {
    "load_id": ("varchar", pa.string(), "a"),
    "miles": ("double", pa.float64(), 1.5),
    "stop_count": ("bigint", pa.int64(), 2),
    "is_spot": ("boolean", pa.bool_(), True),
    "paid_usd": ("decimal(12, 2)", pa.decimal128(12, 2), None),
    "priced_date": ("date", pa.date32(), None),
    "landed_at": ("timestamp", pa.timestamp("us"), None),
}
DECLARED = {name: Column(name, declared) for name, (declared, *_) in COLUMNS.items()}
A_FILE = f"loads/landing_date={DAYS[1]}/part-0.parquet"


def rows(*days: date, **changed: pa.DataType) -> pa.Table:
    """One row a day in the declared types, but for those that are changed."""
    values: dict[str, pa.Array] = {}
    for name, (_, own, value) in COLUMNS.items():
        kind = changed.get(name, own)
        values[name] = (
            pa.array([value] * len(days), own).cast(kind)
            if kind == own
            else (pa.nulls(len(days), kind))
        )
    return pa.table({**values, "landing_date": pa.array(days, pa.date32())})


def land(raw: Location, loads: pa.Table, claims: pa.Table | None = None) -> None:
    """Write both tables and close DAYS but for the last, as a loader of somebody else's would."""
    files: dict[date, list[dict[str, Any]]] = {day: [] for day in DAYS[:5]}
    for table, landed in (("loads", loads), ("claims", rows() if claims is None else claims)):
        days = sorted(set(landed["landing_date"].to_pylist())) or [FIRST]
        for day in days:
            part = landed.filter(pc.equal(landed["landing_date"], day)).drop_columns("landing_date")
            files[day].append(put(raw, f"{table}/landing_date={day}/part-0.parquet", part))
    for day, entries in files.items():
        marker = {"format_version": 1, "landing_date": str(day), "files": entries}
        s3.put(raw, markers.marker_name(day), json.dumps(marker).encode())


def put(raw: Location, name: str, part: pa.Table) -> dict[str, Any]:
    """Write a file and return its entry, without a SHA-256."""
    sink = pa.BufferOutputStream()
    pq.write_table(part, sink)
    content = sink.getvalue().to_pybytes()
    return {
        "table": name.partition("/")[0],
        "name": name,
        "rows": part.num_rows,
        "bytes": len(content),
        "etag": s3.put(raw, name, content),
        "columns": {field.name: str(field.type) for field in part.schema},
    }


@pytest.fixture
def log(raw: Location) -> Location:
    """A sound log: loads on each day, claims on none."""
    land(raw, rows(*DAYS[:5]))
    return raw


def body(raw: Location, name: str) -> bytes:
    found = s3.get(raw, name)
    assert found is not None
    return found[0]


def remove(raw: Location, name: str) -> None:
    client().delete_object(Bucket=raw.bucket, Key=raw.key(name))


def change_marker(raw: Location, change: Callable[[dict[str, Any]], object]) -> str:
    """Alter the marker of the second date, and return its name."""
    name = markers.marker_name(DAYS[1])
    marker = json.loads(body(raw, name))
    change(marker)
    s3.put(raw, name, json.dumps(marker).encode())
    return name


def midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def declared(raw: Location, name: str, **changed: Any) -> RawTable:
    values: dict[str, Any] = {"id": name, "name": f"freight.{name}", "identifier": name}
    return RawTable(**values | {"raw": raw, "columns": DECLARED} | changed)


def checked(raw: Location, *tables: RawTable) -> dict[str, ClosedTable]:
    both = declared(raw, "loads", rows_within_days=2), declared(raw, "claims")
    return closed_tables.check(tables or both, None, writes=False)


def closed_before(raw: Location, *tables: RawTable) -> date:
    (before,) = {table.before for table in checked(raw, *tables).values()}
    return before.date()


def refused(raw: Location, *parts: str) -> None:
    """The check names each of the parts, and has a hint."""
    with pytest.raises(LandingError) as caught:
        checked(raw)
    for part in parts:
        assert part in caught.value.message
    assert caught.value.hint


def test_a_sound_log_is_closed_up_to_its_last_marker(log: Location) -> None:
    assert raw_log.closed_dates(log) == ClosedDates(FIRST, OPEN)
    loads = checked(log)["loads"]
    assert (loads.first, loads.before, loads.reopened) == (midnight(FIRST), midnight(OPEN), 0)
    assert [(file.uri, file.starts_at, file.closes_at, file.rows) for file in loads.files] == [
        (log.uri(f"loads/landing_date={day}/part-0.parquet"), midnight(day), midnight(end), 1)
        for day, end in pairwise(DAYS)
    ]
    assert list(loads.files[0].columns) == list(COLUMNS)
    assert not checked(log)["claims"].files[0].rows


def test_a_log_without_markers_is_refused(raw: Location) -> None:
    landing.land(raw, "loads", rows(FIRST), first=FIRST, last=LAST)
    refused(raw, f"`{raw.uri()}` has no closed landing date")


def test_a_missing_landing_date_is_named(log: Location) -> None:
    remove(log, markers.marker_name(DAYS[2]))
    refused(log, "landing date 2026-02-28 is missing", log.uri("_closed"), "2026-03-01 is closed")


def test_a_missing_table_is_named(log: Location) -> None:
    remove(log, f"claims/landing_date={FIRST}/part-0.parquet")
    refused(log, "raw table `claims` has no file", log.uri())


def test_a_missing_file_is_named(log: Location) -> None:
    remove(log, A_FILE)
    refused(log, f"`{log.uri(A_FILE)}` is listed by its date's marker and is not there")


def test_a_truncated_file_is_named_with_its_bytes(log: Location) -> None:
    whole = body(log, A_FILE)
    s3.put(log, A_FILE, whole[:-9])
    refused(
        log, f"`{log.uri(A_FILE)}` has changed", f"{len(whole) - 9} bytes, closed with {len(whole)}"
    )


def test_a_file_of_the_same_size_with_other_bytes_is_named(log: Location) -> None:
    changed = bytearray(body(log, A_FILE))
    changed[len(changed) // 2] ^= 1
    s3.put(log, A_FILE, bytes(changed))
    refused(log, f"`{log.uri(A_FILE)}` has changed since its date was closed")


@pytest.mark.parametrize("day", [FIRST - timedelta(days=9), FIRST, LAST])
def test_a_late_file_in_a_closed_partition_is_named(log: Location, day: date) -> None:
    late = f"loads/landing_date={day}/part-1.parquet"
    s3.put(log, late, body(log, A_FILE))
    refused(log, f"`{log.uri(late)}` landed in a closed partition", f"the marker of {day}")


def test_a_file_of_an_open_date_is_fine(log: Location) -> None:
    s3.put(log, f"loads/landing_date={OPEN}/part-0.parquet", b"still being written")
    assert closed_before(log) == OPEN


@pytest.mark.parametrize(
    "name",
    [
        "loads/part-0.parquet",
        "loads/landing_date=2026-02-30/part-0.parquet",
        "loads/landing_date=yesterday/part-0.parquet",
        "loads/region=west/part-0.parquet",
    ],
)
def test_a_file_outside_the_partitions_is_named(log: Location, name: str) -> None:
    s3.put(log, name, b"")
    refused(log, f"`{log.uri(name)}` is not named as the raw log names its objects")


def test_a_folder_made_by_a_console_is_no_file(log: Location) -> None:
    client().put_object(Bucket=log.bucket, Key=log.key(f"loads/landing_date={FIRST}/"))
    assert closed_before(log) == OPEN


def test_another_tables_files_are_not_looked_at(log: Location) -> None:
    s3.put(log, f"scratch/landing_date={FIRST}/part-0.parquet", b"")
    s3.put(log, f"loads_copy/landing_date={FIRST}/part-0.parquet", b"")
    assert closed_before(log) == OPEN


def test_a_table_that_is_not_declared_any_more_may_go(log: Location) -> None:
    remove(log, f"claims/landing_date={FIRST}/part-0.parquet")
    assert closed_before(log, declared(log, "loads")) == OPEN


def test_a_missing_column_is_named(raw: Location) -> None:
    land(raw, rows(*DAYS[:5]).drop_columns("miles"))
    refused(
        raw, "column `miles` of raw table `freight.loads` is missing", f"loads/landing_date={FIRST}"
    )


def test_a_column_missing_from_an_empty_table_is_named(raw: Location) -> None:
    land(raw, rows(*DAYS[:5]), claims=rows().drop_columns("miles"))
    refused(raw, "column `miles` of raw table `freight.claims` is missing")


@pytest.mark.parametrize(
    ("column", "other"),
    [
        ("load_id", pa.int64()),
        ("load_id", pa.binary()),
        ("stop_count", pa.float64()),
        ("is_spot", pa.int64()),
        ("paid_usd", pa.float64()),
        ("paid_usd", pa.decimal128(12, 3)),
        ("landed_at", pa.string()),
    ],
)
def test_a_column_of_another_type_is_named_with_both_types(
    raw: Location, column: str, other: pa.DataType
) -> None:
    land(raw, rows(*DAYS[:5], **{column: other}))
    refused(
        raw,
        f"column `{column}` of raw table `freight.loads` is {other} in",
        f"loads/landing_date={FIRST}",
        f"declared {COLUMNS[column][0]}",
    )


@pytest.mark.parametrize(
    ("column", "other"),
    [
        ("miles", pa.float32()),
        ("stop_count", pa.uint16()),
        ("paid_usd", pa.decimal128(9, 1)),
        ("priced_date", pa.timestamp("ms")),
        ("landed_at", pa.timestamp("ns", "UTC")),
    ],
)
def test_a_column_of_a_type_that_is_read_exactly_is_fine(
    raw: Location, column: str, other: pa.DataType
) -> None:
    land(raw, rows(*DAYS[:5], **{column: other}))
    assert closed_before(raw) == OPEN


def test_a_long_string_column_and_one_more_column_are_fine(raw: Location) -> None:
    table = rows(*DAYS[:5], load_id=pa.large_string())
    land(raw, table.add_column(0, "note", pa.nulls(5, pa.string())))
    assert closed_before(raw) == OPEN


def test_a_table_that_fell_silent_is_named(raw: Location) -> None:
    land(raw, rows(*DAYS[:2]))
    refused(
        raw, "raw table `freight.loads` has had no row since 2026-02-28 00:00:00 UTC", "2026-03-03"
    )


@pytest.mark.parametrize("days", [DAYS[:4], [DAYS[0], DAYS[3]]])
def test_a_silence_within_what_is_declared_is_fine(raw: Location, days: list[date]) -> None:
    land(raw, rows(*days))
    assert closed_before(raw) == OPEN


def test_a_table_that_never_had_a_row_is_not_silent(raw: Location) -> None:
    land(raw, rows())
    assert closed_before(raw) == OPEN


@pytest.mark.parametrize(
    "damaged", [b"", b"{", b"\xff\xfe", b"[]", b"null", b'"text"', b"{}", b'{"files": []}']
)
def test_a_marker_that_is_damaged_is_named(log: Location, damaged: bytes) -> None:
    name = markers.marker_name(DAYS[1])
    s3.put(log, name, damaged)
    refused(log, f"`{log.uri(name)}` is not a marker")


@pytest.mark.parametrize(
    "change",
    [
        lambda marker: marker.pop("files"),
        lambda marker: marker.update(files=None),
        lambda marker: marker.update(files=["name"]),
        lambda marker: marker.update(files=[{}]),
        lambda marker: marker["files"][0].pop("table"),
        lambda marker: marker["files"][0].pop("etag"),
        lambda marker: marker["files"][0].update(rows=None),
        lambda marker: marker["files"][0].update(bytes="1"),
        lambda marker: marker["files"][0].update(columns=["load_id"]),
        lambda marker: marker["files"][0].update(name=f"loads/landing_date={OPEN}/part-0.parquet"),
        lambda marker: marker["files"][0].update(name=f"claims/landing_date={DAYS[1]}/a.parquet"),
        lambda marker: marker["files"][0].update(name=None),
        lambda marker: marker["files"][0].update(columns={"load_id": None}),
        lambda marker: marker["files"][0].update(columns={"miles": "double", "Miles": "double"}),
        lambda marker: marker["files"][0].update(rows=-1),
        lambda marker: marker["files"][0].update(bytes=0),
        lambda marker: marker["files"].append(marker["files"][0]),
    ],
)
def test_a_marker_with_a_damaged_entry_is_named(
    log: Location, change: Callable[[dict[str, Any]], object]
) -> None:
    name = change_marker(log, change)
    refused(log, f"`{log.uri(name)}` is not a marker")


def test_a_marker_of_a_newer_format_asks_for_an_upgrade(log: Location) -> None:
    def make_newer(marker: dict[str, Any]) -> None:
        marker.update(format_version=2, objects=marker.pop("files"))

    name = change_marker(log, make_newer)
    message = f"`{log.uri(name)}` has format version 2, this Milepost reads 1\nhint: upgrade"
    with pytest.raises(LandingError, match=re.escape(message)):
        checked(log)


@pytest.mark.parametrize(
    "name", ["notes.txt", "landing_date=2026-02-30.json", "landing_date=2026-02-26.json.bak"]
)
def test_an_object_among_the_markers_that_is_none_is_named(log: Location, name: str) -> None:
    s3.put(log, f"_closed/{name}", b"{}")
    refused(log, f"`{log.uri(f'_closed/{name}')}` is not named")


# Each is Parquet, and DuckDB's glob misses it, or cannot open it, or reads it as no loader meant.
@pytest.mark.parametrize(
    "file",
    [
        *("part-1.pq", "part-1.PARQUET", "part-1", "part-1.parquet.tmp"),
        *("more/part-1.parquet", "part=1.parquet", "a b.parquet", "a%20b.parquet", "a+b.parquet"),
        *("_part.parquet", ".part.parquet", "part[1].parquet", "part*.parquet", "part?.parquet"),
    ],
)
def test_a_file_that_is_not_named_as_files_are_read_is_named(log: Location, file: str) -> None:
    name = f"loads/landing_date={DAYS[1]}/{file}"
    part = rows(DAYS[1]).drop_columns("landing_date")
    entry = put(log, name, part)
    change_marker(log, lambda marker: marker["files"].append(entry))
    refused(log, f"`{name}` is not named loads/landing_date={DAYS[1]}/<file>.parquet")


def test_files_named_as_spark_and_others_name_them_are_fine(log: Location) -> None:
    part = rows(DAYS[1]).drop_columns("landing_date")
    for file in ("part-00000-1a2b_3.c000.snappy.parquet", "0.parquet", "2026-02-27T00.parquet"):
        entry = put(log, f"loads/landing_date={DAYS[1]}/{file}", part)
        change_marker(log, lambda marker, entry=entry: marker["files"].append(entry))  # type: ignore[misc]
    assert closed_before(log) == OPEN


def test_a_raw_log_may_lie_below_a_path_with_an_equals_sign(raw: Location) -> None:
    below = Location(raw.bucket, f"{raw.prefix}/bed_id=prod/log")
    land(below, rows(*DAYS[:5]))
    assert closed_before(below) == OPEN


@pytest.mark.parametrize("name", ["_closed", "a'b"])
def test_a_table_that_cannot_be_in_a_raw_log_is_refused(log: Location, name: str) -> None:
    with pytest.raises(LandingError, match=f"`{name}` is no name of a raw table"):
        checked(log, declared(log, name))


def test_the_last_of_all_dates_is_no_landing_date(log: Location) -> None:
    s3.put(log, "_closed/landing_date=9999-12-31.json", b"{}")
    refused(log, "9999-12-31.json` is not named as the raw log names its objects")


def copy_in_parts(raw: Location, name: str) -> None:
    """Replace a file by a copy of itself with another ETag."""
    where: dict[str, Any] = {"Bucket": raw.bucket, "Key": raw.key(name)}
    content = body(raw, name)
    before = client().head_object(**where)["ETag"]
    upload = client().create_multipart_upload(**where)["UploadId"]
    sent = client().upload_part(**where, UploadId=upload, PartNumber=1, Body=content)
    client().complete_multipart_upload(
        **where,
        UploadId=upload,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": sent["ETag"]}]},
    )
    assert client().head_object(**where)["ETag"] != before


def test_a_file_copied_in_parts_has_not_changed(log: Location) -> None:
    copy_in_parts(log, A_FILE)
    assert closed_before(log) == OPEN
    # where the first copy was in parts as well, its ETag tells nothing, but a SHA-256 does
    etag = "0123456789abcdef0123456789abcdef-2"
    change_marker(log, lambda marker: marker["files"][0].update(etag=etag))
    refused(log, f"`{log.uri(A_FILE)}` has changed", "its marker has no `sha256`")
    sha256 = hashlib.sha256(body(log, A_FILE)).hexdigest()
    change_marker(log, lambda marker: marker["files"][0].update(etag=etag, sha256=sha256))
    assert closed_before(log) == OPEN


def test_other_content_of_the_same_size_has_changed_whatever_the_marker_has(log: Location) -> None:
    content = bytearray(body(log, A_FILE))
    sha256 = hashlib.sha256(content).hexdigest()
    change_marker(log, lambda marker: marker["files"][0].update(sha256=sha256))
    content[len(content) // 2] ^= 1
    s3.put(log, A_FILE, bytes(content))
    refused(log, f"`{log.uri(A_FILE)}` has changed", f"other content in {len(content)} bytes")


NEWEST = f"loads/landing_date={LAST}/part-0.parquet"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda file: file.update(rows=2), "it has 1 rows, not 2"),
        (lambda file: file["columns"].pop("note"), "its column `note` is string, not None"),
        (lambda file: file["columns"].update(more="bool"), "its column `more` is None, not bool"),
        (lambda file: file["columns"].update(note="bool"), "its column `note` is string, not bool"),
    ],
)
def test_a_loader_that_describes_its_files_wrongly_is_found_at_the_newest(
    raw: Location, change: Callable[[dict[str, Any]], object], message: str
) -> None:
    table = rows(*DAYS[:5])
    land(raw, table.add_column(0, "note", pa.nulls(5, pa.string())))
    assert closed_before(raw) == OPEN
    name = markers.marker_name(LAST)
    marker = json.loads(body(raw, name))
    change(marker["files"][0])
    s3.put(raw, name, json.dumps(marker).encode())
    refused(raw, f"`{raw.uri(NEWEST)}` is not what its marker says: {message}")


def test_a_newest_file_that_is_no_parquet_is_named(log: Location) -> None:
    content = b"not Parquet, whatever its name says"
    etag = s3.put(log, NEWEST, content)
    name = markers.marker_name(LAST)
    marker = json.loads(body(log, name))
    marker["files"][0].update(bytes=len(content), etag=etag)
    s3.put(log, name, json.dumps(marker).encode())
    refused(log, f"`{log.uri(NEWEST)}` is not what its marker says: it cannot be read")


def test_a_newest_file_that_s3_refuses_is_not_said_to_be_another(
    log: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    with before_the_server(monkeypatch) as between:
        between.plan = lambda *call: "409_before" if call[2].endswith(".parquet") else None
        with pytest.raises(StorageError, match=f"reading `{log.uri(NEWEST)}`: .*AWS Error"):
            checked(log)


def test_all_files_of_the_newest_date_are_opened(log: Location) -> None:
    part = rows(LAST).drop_columns("landing_date")
    entry = put(log, f"loads/landing_date={LAST}/part-1.parquet", part)
    name = markers.marker_name(LAST)
    marker = json.loads(body(log, name))
    marker["files"] = [{**marker["files"][0], "rows": 7}, entry]
    s3.put(log, name, json.dumps(marker).encode())
    refused(log, f"`{log.uri(NEWEST)}` is not what its marker says: it has 1 rows, not 7")
