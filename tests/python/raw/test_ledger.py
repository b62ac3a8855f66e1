"""The ledger: a change in a closed partition stops a build, or is known from when it was seen."""

from __future__ import annotations

import hashlib
import io
import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from milepost.errors import ConflictError, LandingError, MilepostError
from milepost.raw import ledger, ledger_garbage, ledger_parts, reopening
from milepost.raw.ledger_parts import CURRENT
from milepost.raw.tables import ClosedTable, Column, Landing
from milepost.storage import s3, uploads
from milepost.storage.client import client
from milepost.storage.location import Location
from raw.lake import HOUR, SEEN_AT, START, Lake, ended, parquet, requests, rows_at

LATER = SEEN_AT + 100 * HOUR


@pytest.fixture
def lake(raw: Location, store: Location) -> Lake:
    """A lake of three closed hours, each of which the ledger has."""
    lake = Lake(raw, store)
    for hour in range(3):
        lake.put(hour, hour)
    lake.check()
    return lake


@pytest.fixture
def versioned(raw: Location, store: Location) -> Lake:
    """A lake whose files may change."""
    lake = Lake(raw, store, options={"when_files_change": "new_versions"})
    for hour in range(3):
        lake.put(hour, hour)
    lake.check()
    return lake


def objects(store: Location) -> dict[str, str]:
    return {item.name: item.etag for item in s3.listing(store)}


def refused(lake: Lake, message: str, hint: str = "") -> None:
    """The check fails, names the place, and writes nothing."""
    before = objects(lake.store)
    with pytest.raises(LandingError, match=message) as error:
        lake.check(1)
    assert re.search(hint, error.value.hint), error.value.hint
    assert objects(lake.store) == before


def test_files_of_closed_partitions_are_read_with_their_columns(lake: Lake) -> None:
    lake.put(3, 3)
    closed = lake.check(1)
    assert [file.uri for file in closed.files] == [lake.raw.uri(lake.file(n)) for n in range(3)]
    assert closed.files[1].starts_at == START + HOUR
    assert closed.files[1].closes_at == START + 2 * HOUR
    assert closed.files[1].columns == {"load_id": "int64"}
    assert [file.rows for file in closed.files] == [1, 1, 1]
    assert (closed.rewrites, closed.reopened) == ((), 0)
    assert (closed.first, closed.before) == (START, START + 3 * HOUR)


def test_without_a_change_nothing_is_written_and_no_data_is_read(lake: Lake) -> None:
    before = objects(lake.store)
    first = lake.check(1)
    with requests() as calls:
        assert lake.check(1) == first
    assert objects(lake.store) == before
    assert not [call for call in calls if call[0] not in {"GET", "HEAD"}]
    data = [path for _, path in calls if ".parquet" in path and "/ledger/parts/" not in path]
    assert not data
    assert len(calls) == 3, calls  # the pointer, its part, the listing


def test_a_new_hour_costs_the_calls_of_its_files(lake: Lake) -> None:
    lake.put(3, 3)
    lake.closed_hours = 4
    with requests() as calls:
        assert rows_at(lake.check(1), LATER) == [0, 1, 2, 3]
    of_lake = [path for _, path in calls if ".parquet" in path and "/dt=" in path]
    assert of_lake == [f"/{lake.raw.bucket}/{lake.raw.key(lake.file(3))}?"]


def test_what_is_not_written_down_is_found_again(lake: Lake) -> None:
    lake.put(3, 3)
    lake.closed_hours = 4
    before = objects(lake.store)
    assert len(lake.check(1, writes=False).files) == 4
    assert objects(lake.store) == before
    assert len(lake.check(1).files) == 4


def test_a_changed_file_stops_the_build(lake: Lake) -> None:
    lake.put(1, 5)
    refused(
        lake,
        f"`{lake.raw.uri(lake.file(1))}` has changed since it was read: other content",
        "milepost reopen lake.loads 2026-03-01T01 --reason",
    )
    lake.put(1, *range(1000))
    refused(lake, "bytes, recorded with")


def test_a_late_file_stops_the_build(lake: Lake) -> None:
    lake.put(1, 5, name="b")
    lake.put(2, 5, name="b")
    refused(
        lake,
        r"hour=01/b.parquet` came after its partition 2026-03-01T01 was closed and read \(as 1 m",
        "closing_delay_minutes",
    )


def test_a_doubled_file_stops_the_build(lake: Lake) -> None:
    lake.put(1, 1, name="b")
    refused(lake, "hour=01/b.parquet` came after")


def test_a_vanished_file_stops_the_build(lake: Lake) -> None:
    lake.remove(1)
    refused(lake, "hour=01/a.parquet` was read and is not there any more", "restore it")


def test_a_half_written_file_stops_the_build_until_it_is_whole(lake: Lake) -> None:
    name = lake.file(3)
    lake.closed_hours = 4
    for body in (b"", b"PAR1", parquet(3)[:-20], parquet(3)[:-8] + b"\xff\xff\xff\x7fPAR1"):
        s3.put(lake.raw, name, body)
        refused(lake, f"`{lake.raw.uri(name)}` is no whole Parquet file", "landed again")
    lake.put(3, 3)
    assert rows_at(lake.check(1), LATER) == [0, 1, 2, 3]


def test_a_file_of_a_wrong_type_is_refused_until_its_loader_mends_it(lake: Lake) -> None:
    lake.options["columns"] = {"load_id": Column("load_id", "BIGINT")}
    lake.put(3, 3)
    sink = io.BytesIO()
    pq.write_table(pa.table({"load_id": ["three"]}), sink)
    s3.put(lake.raw, lake.file(4), sink.getvalue())
    lake.closed_hours = 5
    refused(lake, rf"`{lake.raw.uri(lake.file(4))}`.*`load_id`|`load_id`.*{lake.file(4)}")
    lake.put(4, 4)
    assert rows_at(lake.check(1), LATER) == [0, 1, 2, 3, 4]


def test_a_partition_that_was_empty_is_closed_too(raw: Location, store: Location) -> None:
    lake = Lake(raw, store)
    lake.put(0, 0)
    assert len(lake.check().files) == 1
    lake.put(1, 1)
    refused(lake, "hour=01/a.parquet` came after")
    lake.remove(1)
    lake.put(2, 2)
    refused(lake, "hour=02/a.parquet` came after")


def test_a_partition_before_the_first_is_late(raw: Location, store: Location) -> None:
    lake = Lake(raw, store)
    lake.put(2, 2)
    lake.check()
    lake.put(0, 0)
    refused(lake, "hour=00/a.parquet` came after")


def test_a_late_file_is_known_from_when_it_was_seen(versioned: Lake) -> None:
    versioned.put(1, 7, name="b")
    closed = versioned.check(1)
    late = closed.files[-1]
    seen_at = SEEN_AT + HOUR
    assert (late.starts_at, late.known_from) == (seen_at, seen_at)
    assert late.closes_at == seen_at + timedelta(microseconds=1)
    assert rows_at(closed, SEEN_AT) == [0, 1, 2]
    assert rows_at(closed, LATER) == [0, 1, 2, 7]
    assert versioned.check(2) == closed


def test_a_rewrite_leaves_the_rows_before_it_readable(versioned: Lake) -> None:
    versioned.put(1, 1, 8)
    rows_after = [[0, 1, 2], [0, 1, 2, 8], [0, 2, 9], [0, 1, 2]]
    for turn, values in enumerate([(1, 8), (9,), (1,), (1,)], 1):
        versioned.put(1, *values)
        closed = versioned.check(turn)
        assert rows_at(closed, LATER) == rows_after[min(turn, 3)]
        for earlier in range(turn):
            assert rows_at(closed, SEEN_AT + (earlier + 1) * HOUR) == rows_after[earlier]
    assert len(closed.rewrites) == 3
    assert all(item.name.startswith(f"{versioned.name}/") for item in s3.listing(versioned.raw))


def test_files_that_are_merged_or_renamed_change_no_row(versioned: Lake) -> None:
    for hour in range(3):
        versioned.remove(hour)
    versioned.put(0, 0, 1, 2, name="merged")
    closed = versioned.check(1)
    assert rows_at(closed, SEEN_AT) == rows_at(closed, LATER) == [0, 1, 2]


def test_a_partition_may_lose_all_rows_and_get_others(versioned: Lake) -> None:
    versioned.remove(1)
    emptied = versioned.check(1)
    assert rows_at(emptied, SEEN_AT) == [0, 1, 2]
    assert rows_at(emptied, LATER) == [0, 2]
    versioned.put(1, 6)
    assert rows_at(versioned.check(2), SEEN_AT + 2 * HOUR) == [0, 2]
    assert rows_at(versioned.check(3), LATER) == [0, 2, 6]


def test_a_doubled_file_has_no_new_row_whichever_goes_away(versioned: Lake) -> None:
    versioned.put(1, 1, name="b")
    assert rows_at(versioned.check(1), LATER) == [0, 1, 2]
    versioned.remove(1)
    assert rows_at(versioned.check(2), LATER) == [0, 1, 2]
    versioned.put(1, 1)
    assert rows_at(versioned.check(3), LATER) == [0, 1, 2]
    versioned.remove(1)
    assert rows_at(versioned.check(4), LATER) == [0, 1, 2]
    versioned.remove(1, "b")
    assert rows_at(versioned.check(5), LATER) == [0, 2]


def test_a_row_that_another_file_of_its_partition_has_does_not_end(versioned: Lake) -> None:
    """A loader doubled a file before the first build; another one merges files in two steps."""
    versioned.closed_hours = 4
    versioned.put(3, 7)
    versioned.put(3, 7, 8, name="twin")
    versioned.check(1)
    versioned.remove(3)
    assert ended(versioned.check(2)) == []
    versioned.put(3, 7, 8, 9, name="merged")
    versioned.check(3)
    versioned.remove(3, "twin")
    assert ended(versioned.check(4)) == []
    versioned.put(3, 8, 9, name="merged")
    assert ended(versioned.check(5)) == [7]


def test_a_change_is_not_known_before_the_last_one(versioned: Lake) -> None:
    """The clock of the server went back, or stood still."""
    versioned.put(1, 1, 8)
    versioned.check(5)
    versioned.put(1, 9)
    closed = versioned.check(2)
    instants = [rewrite.known_from for rewrite in closed.rewrites]
    assert instants == [SEEN_AT + 5 * HOUR, SEEN_AT + 5 * HOUR + timedelta(microseconds=1)]
    assert rows_at(closed, SEEN_AT + 3 * HOUR) == [0, 1, 2]


def test_files_are_kept_from_when_a_table_says_that_they_may_change(lake: Lake) -> None:
    lake.put(1, 5)
    lake.options = {"when_files_change": "new_versions"}
    refused(lake, "its former bytes were not kept", "restore it for one build")
    lake.put(1, 1)
    lake.check(1)
    lake.put(1, 5)
    closed = lake.check(2)
    assert rows_at(closed, SEEN_AT + HOUR) == [0, 1, 2]
    assert rows_at(closed, LATER) == [0, 2, 5]


def upload_in_parts(raw: Location, name: str, body: bytes, part_bytes: int) -> str:
    """Upload an object in parts of a size, and return its ETag."""
    place: Any = {"Bucket": raw.bucket, "Key": raw.key(name)}
    upload = client().create_multipart_upload(**place)["UploadId"]
    parts: list[Any] = []
    for number, start in enumerate(range(0, len(body), part_bytes), 1):
        part = body[start : start + part_bytes]
        sent = client().upload_part(**place, UploadId=upload, PartNumber=number, Body=part)
        parts.append({"PartNumber": number, "ETag": sent["ETag"]})
    client().complete_multipart_upload(**place, UploadId=upload, MultipartUpload={"Parts": parts})
    return next(item.etag for item in s3.listing(raw, name))


@pytest.mark.parametrize("mib", [5, 7])
def test_a_copied_bucket_is_no_change(raw: Location, store: Location, mib: int) -> None:
    """Another ETag, the same bytes: uploaded in parts, then copied in one, and the other way."""
    lake = Lake(raw, store, closed_hours=2)
    body = parquet(*range(1_000_000))
    for hour in range(2):
        etag = upload_in_parts(raw, lake.file(hour), body, mib * 2**20)
        assert etag.endswith(f"-{-(-len(body) // (mib * 2**20))}"), "it is no upload in parts"
    first = lake.check()
    for part_bytes in (None, 6 * 2**20):
        for hour in range(2):
            if part_bytes:
                upload_in_parts(raw, lake.file(hour), body, part_bytes)
            else:
                s3.put(raw, lake.file(hour), body)
        unsigned = lake.check(1, writes=False)
        assert (unsigned.files, unsigned.rewrites) == (first.files, ())
        assert lake.check(1).files == first.files
        with requests() as calls:
            assert lake.check(2).files == first.files
        assert not [call for call in calls if "/dt=" in call[1] and ".parquet" in call[1]]
    changed = body[:100] + bytes([body[100] ^ 1]) + body[101:]
    s3.put(raw, lake.file(1), changed)
    refused(lake, "hour=01/a.parquet` has changed since it was read: other content")


def test_a_moved_lake_is_no_change(lake: Lake, s3_server: dict[str, str]) -> None:
    moved = Location(lake.raw.bucket, f"{lake.raw.prefix}-moved")
    for item in list(s3.listing(lake.raw)):
        stored = s3.get(lake.raw, item.name)
        assert stored
        s3.put(moved, item.name, stored.body)
    lake.raw = moved
    closed = lake.check(1)
    assert [file.uri for file in closed.files] == [moved.uri(lake.file(n)) for n in range(3)]


def reopen(lake: Lake, partition: str) -> None:
    reopening.reopen(lake.store, lake.table, partition, reason="written twice", by="ada")


def test_other_files_are_the_truth_after_a_partition_was_reopened(lake: Lake) -> None:
    lake.put(1, 5)
    lake.put(1, 6, name="b")
    reopen(lake, "2026-03-01T01")
    closed = lake.check(1)
    assert closed.reopened == 1
    assert not closed.rewrites
    assert rows_at(closed, START + 2 * HOUR) == [0, 5, 6]
    lake.put(1, 7)
    refused(lake, "hour=01/a.parquet` has changed")
    for name in "ab":
        lake.remove(1, name)
    reopen(lake, "2026-03-01T01")
    assert lake.check(2).reopened == 2
    lake.put(1, 1)
    refused(lake, "hour=01/a.parquet` came after")


def test_a_file_that_is_written_again_moves_to_the_day_of_its_writing(lake: Lake) -> None:
    """Without dates in its layout: the partition that was reopened loses it."""
    reopen(lake, "2026-03-01T01")
    listing = lake.listing()
    first, second, third = listing.partitions
    moved = [*listing.partitions[third], *listing.partitions[second]]
    partitions = {first: listing.partitions[first], second: [], third: moved}
    for _ in range(2):
        closed = ledger.consult(
            lake.store,
            lambda current: current.remember(
                [replace(listing, partitions=partitions)], LATER, writes=True
            ),
        )[lake.table.id]
        starts = sorted(file.starts_at for file in closed.files)
        assert starts == [first.starts_at, third.starts_at, third.starts_at]


def test_history_is_forgotten_with_its_partition(versioned: Lake) -> None:
    versioned.put(1, 8)
    versioned.put(2, 9)
    versioned.check(1)
    versioned.put(1, 1, 4)
    reopen(versioned, "2026-03-01T01")
    closed = versioned.check(2)
    assert rows_at(closed, SEEN_AT) == [0, 1, 2, 4]
    assert rows_at(closed, LATER) == [0, 1, 4, 9]


@pytest.mark.parametrize(
    ("partition", "message"),
    [("2026-03-01T09", "is not closed"), ("yesterday", "`yesterday` is no partition")],
)
def test_only_what_was_read_is_reopened(lake: Lake, partition: str, message: str) -> None:
    with pytest.raises(LandingError, match=message):
        reopen(lake, partition)
    with pytest.raises(LandingError, match="without saying why"):
        reopening.reopen(lake.store, lake.table, "2026-03-01T01", reason=" ", by="ada")


def test_a_file_that_is_replaced_during_a_build_is_named(lake: Lake) -> None:
    closed = {lake.table.id: lake.check(1)}
    lake.put(3, 3)
    ledger.unchanged([lake.table], closed)
    lake.put(2, 9)
    with pytest.raises(LandingError, match=r"hour=02/a.parquet` was replaced or removed while"):
        ledger.unchanged([lake.table], closed)


def test_commits_are_remembered_after_their_table_forgot_them(lake: Lake) -> None:
    """Each commit is an instant; removed rows end then, and its files are named by their URIs."""
    files = {}
    for hour in range(3):
        item = next(s3.listing(lake.raw, lake.file(hour)))
        files[hour] = s3.ObjectMeta(lake.raw.uri(item.name), item.bytes, "", item.modified)
    commits = [START + n * HOUR for n in range(3)]
    landings = [
        Landing(commits[0], [files[0]]),
        Landing(commits[1], [files[1]]),
        Landing(commits[2], [files[2]], [files[0].name]),
    ]
    table = replace(lake.table, id="orders", name="lake.orders", table_format="iceberg")

    def check(count: int, start: int = 0) -> ClosedTable:
        listing = replace(
            lake.listing(), table=table, partitions={}, landings=landings[start:count]
        )
        return ledger.consult(
            lake.store, lambda current: current.remember([listing], LATER, writes=True)
        )[table.id]

    assert [file.known_from for file in check(2).files] == commits[:2]
    closed = check(3, 2)
    assert rows_at(closed, commits[1]) == [0]
    assert rows_at(closed, commits[2]) == [0, 1]
    assert rows_at(closed, LATER) == [1, 2]
    assert check(3) == check(0) == closed
    landings.insert(1, Landing(commits[0] + HOUR / 2, [files[1]]))
    with pytest.raises(LandingError, match=r"turned up in `lake.orders` after"):
        check(3)


def test_a_build_is_done_after_any_number_of_builds_that_are_first(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gives up where the ledger that it lost to stays as it is."""
    monkeypatch.setattr(s3, "wait_before_retry", lambda _: None)
    partition = next(iter(lake.listing().partitions))
    turns: list[int] = []

    def write(current: ledger.Ledger) -> None:
        current.reopen(lake.table.id, partition, LATER, "a test")

    def write_after_another(current: ledger.Ledger) -> None:
        turns.append(1)
        if len(turns) <= 2 * s3.ATTEMPTS:
            ledger.consult(lake.store, write)
        write(current)

    ledger.consult(lake.store, write_after_another)
    assert len(turns) == 2 * s3.ATTEMPTS + 1

    def lose(current: ledger.Ledger) -> None:
        turns.append(1)
        raise ConflictError("another build was first", hint="run it again")

    turns.clear()
    with pytest.raises(ConflictError):
        ledger.consult(lake.store, lose)
    assert len(turns) == s3.ATTEMPTS


def test_a_ledger_needs_a_store(lake: Lake) -> None:
    with pytest.raises(LandingError, match="there is no store") as error:
        ledger.consult(None, lambda current: current)
    assert "store_uri" in error.value.hint


def test_a_newer_ledger_asks_for_a_newer_milepost(lake: Lake) -> None:
    stored = s3.get(lake.store, CURRENT)
    assert stored
    content = {**json.loads(stored.body), "format_version": 2}
    s3.put(lake.store, CURRENT, json.dumps(content).encode())
    with pytest.raises(LandingError, match="has format version 2") as error:
        lake.check(1)
    assert error.value.hint == "upgrade Milepost"


def test_parts_are_merged_and_say_the_same(lake: Lake) -> None:
    most = 0
    for hour in range(3, 14):
        lake.put(hour, hour)
        lake.closed_hours = hour + 1
        lake.check(hour)
        most = max(most, len(ledger_parts.read(lake.store).parts))
    assert most == ledger_parts.PARTS_MAX
    assert rows_at(lake.check(20), LATER) == list(range(14))


def test_a_part_with_other_columns_is_named(lake: Lake) -> None:
    body = parquet(1)
    part = hashlib.sha256(body).hexdigest()
    s3.put(lake.store, ledger_parts.part_name(part), body)
    s3.put(lake.store, CURRENT, ledger_parts.pointer_body((part,)))
    with pytest.raises(LandingError, match=f"{part}.* has other columns than a ledger"):
        lake.check()


def test_a_damaged_ledger_is_an_error_that_names_the_object(lake: Lake) -> None:
    (part,) = ledger_parts.read(lake.store).parts
    for name in (CURRENT, ledger_parts.part_name(part)):
        stored = s3.get(lake.store, name)
        assert stored
        damaged = stored.body[:-40] + bytes([stored.body[-40] ^ 1]) + stored.body[-39:]
        for body in (b"", stored.body[:-3], damaged, b"[]", b'{"parts": 1}'):
            s3.put(lake.store, name, body)
            with pytest.raises(MilepostError, match=f"`{lake.store.uri(name)}` is damaged"):
                lake.check(1)
        s3.remove(lake.store, [name])
        with pytest.raises(MilepostError, match=f"`{lake.store.uri(name)}` is missing"):
            lake.check(1)
        s3.put(lake.store, name, stored.body)
    assert len(lake.check(1).files) == 3


def test_a_copy_that_was_never_completed_is_garbage_after_a_day(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy, other = f"{ledger_parts.KEPT}{'0' * 32}.parquet", f"{ledger_parts.KEPT}notes.txt"
    for key in map(lake.store.key, (copy, other, "sets/train.parquet")):
        client().create_multipart_upload(Bucket=lake.store.bucket, Key=key)
    before, now = objects(lake.store), s3.clock
    hours = timedelta(hours=1)

    def removed(age: timedelta, *, dry_run: bool = False) -> list[str]:
        monkeypatch.setattr(s3, "clock", lambda store: now(store) + age)
        garbage = ledger_garbage.collect(lake.store, grace=2 * hours, dry_run=dry_run)
        return [item.name for item in garbage]

    assert removed(23 * hours) == []
    assert removed(25 * hours, dry_run=True) == removed(25 * hours) == [copy]
    assert removed(25 * hours) == []
    left = {upload.name for upload in uploads.unfinished_uploads(lake.store)}
    assert left == {other, "sets/train.parquet"}
    assert objects(lake.store) == before
