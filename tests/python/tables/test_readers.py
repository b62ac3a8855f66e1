"""Other engines read each release as it is: every row, by release, and no file more than needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from engines import Sail, engine_of
from milepost import FeatureStore
from milepost.publishing import data_files
from milepost.release import releases, table_files
from milepost.release.manifest import View
from milepost.release.names import name_fault
from milepost.storage import conditional, s3
from milepost.storage.client import endpoint
from milepost.storage.location import Location
from milepost.tables.write import Table, write
from small_releases import at, manifest_of, put_view, release, rows_of
from tables.readers import iceberg_duckdb, opened, scanned

TYPES = {
    "carrier_id": "VARCHAR",
    "available_at": "TIMESTAMP",
    "late": "DOUBLE",
    "loads": "BIGINT",
    "is_new": "BOOLEAN",
    "last_at": "TIMESTAMP",
    "segment": "VARCHAR",
    "nothing": "DOUBLE",
}
TOP = "\U0010ffff"
NOTHING = (None,) * 6
ROWS: list[tuple[Any, ...]] = [
    (
        "a",
        at("2026-01-01"),
        0.5,
        2**53 + 1,
        True,
        at("1969-12-31T23:59:59.999999"),
        "größe 📦",
        None,
    ),
    ("größe '\"%/\\\n📦", at("2026-01-31T23:59:59.999999"), *NOTHING),
    ("", at("2026-02-01"), -0.0, -(2**63), False, at("2200-01-01"), "x" * 100, None),
    (TOP * 40, at("2026-02-01"), 5e-324, 2**63 - 1, None, None, "", None),
    ("a", at("2026-03-01"), -1e308, 0, None, at("2026-01-01T00:00:00.000001"), None, None),
]
KEYLESS = {"available_at": "TIMESTAMP", "price": "DOUBLE"}
PRICES = [(at("2025-12-31T23:59:59.999999"), 0.25), (at("2026-01-01"), None)]


def in_order(rows: pa.Table) -> pa.Table:
    return rows.sort_by([(name, "ascending") for name in rows.column_names]).combine_chunks()


def assert_equal(read: pa.Table, published: pa.Table) -> None:
    """Columns, rows and each value are the same, and so are all counts and sums."""
    assert in_order(read.cast(published.schema)).equals(in_order(published))


def files_of(table: Table, row_filter: str) -> list[str]:
    """The months of the files that pyiceberg would read."""
    tasks = opened(table).scan(row_filter=row_filter).plan_files()
    return sorted(task.file.file_path.split("/")[-2] for task in tasks)


@pytest.fixture
def two(store: Location) -> Sequence[str]:
    """Two releases of three views: in the second one of them has another column."""
    empty = put_view(store, "empty", rows_of(TYPES))
    keyless = put_view(store, "prices", rows_of(KEYLESS, *PRICES), keys=())
    old = put_view(store, "carriers", rows_of(TYPES, *ROWS[:3]))
    grown = rows_of({**TYPES, "score": "BIGINT"}, *[(*row, 7) for row in ROWS])
    new = put_view(store, "carriers", grown)
    return [
        release(store, *views, created_at=f"2026-07-0{day}T00:00:00")
        for day, views in ((1, (old, empty, keyless)), (2, (new, empty, keyless)))
    ]


def test_every_release_of_every_view_is_read_as_it_is(
    store: Location, two: Sequence[str], tmp_path: Path
) -> None:
    tables = write(store)
    assert [table.view for table in tables] == ["carriers", "empty", "prices"]
    with iceberg_duckdb(tmp_path) as con:
        for table in tables:
            assert list(table.snapshots) == two
            for name, snapshot in table.snapshots.items():
                published = FeatureStore(store.uri(), release=name).to_arrow(table.view)
                by_tag = opened(table).snapshot_by_name(name)
                assert by_tag is not None
                assert by_tag.snapshot_id == snapshot
                assert_equal(opened(table).scan(snapshot_id=snapshot).to_arrow(), published)
                assert_equal(scanned(con, store, table.view, snapshot), published)
            published = FeatureStore(store.uri()).to_arrow(table.view)
            assert_equal(opened(table).scan().to_arrow(), published)
            assert_equal(scanned(con, store, table.view), published)


def test_sail_reads_every_release_of_every_view(
    store: Location, two: Sequence[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = endpoint()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"{server.scheme}://{server.host}")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_REGION", server.region)
    sail = engine_of("sail")
    assert isinstance(sail, Sail)
    for table in write(store):
        place = store.uri(f"tables/{table.view}")
        for name in two:
            published = FeatureStore(store.uri(), release=name).to_arrow(table.view)
            assert_equal(sail.iceberg(place, name), published)
        assert_equal(sail.iceberg(place), FeatureStore(store.uri()).to_arrow(table.view))


def test_each_type_is_that_of_the_release(store: Location, two: Sequence[str]) -> None:
    types = {field.name: str(field.field_type) for field in opened(write(store)[0]).schema().fields}
    assert types == {
        "carrier_id": "string",
        "available_at": "timestamp",
        "late": "double",
        "loads": "long",
        "is_new": "boolean",
        "last_at": "timestamp",
        "segment": "string",
        "nothing": "double",
        "score": "long",
    }


def test_the_partition_has_a_name_that_no_column_may_have(
    store: Location, two: Sequence[str]
) -> None:
    (partition,) = opened(write(store)[0]).spec().fields
    assert (partition.name, str(partition.transform)) == ("milepost__month", "month")
    assert name_fault(partition.name)


def test_only_the_files_of_the_months_asked_for_are_planned(
    store: Location, two: Sequence[str], tmp_path: Path
) -> None:
    carriers, _, prices = write(store)
    january = "available_at >= '2026-01-01T00:00:00' and available_at < '2026-02-01T00:00:00'"
    assert files_of(carriers, january) == ["2026-01"]
    assert files_of(carriers, "available_at >= '2026-03-01T00:00:00'") == ["2026-03"]
    assert files_of(prices, "available_at < '2026-01-01T00:00:00'") == ["2025-12"]
    with iceberg_duckdb(tmp_path) as con:
        plan = con.execute(
            f"explain analyze select * from iceberg_scan('{store.uri('tables/carriers')}') "
            "where available_at >= timestamp '2026-02-01' and available_at < timestamp '2026-03-01'"
        ).fetchall()[0][1]
    assert "Total Files Read: 1 " in plan


@pytest.mark.parametrize(
    ("row_filter", "months"),
    [
        ("loads == -5", ["2026-02"]),
        ("loads == 9223372036854775807", ["2026-02"]),
        ("late < -1.0", ["2026-03"]),
        ("late == 0.0", ["2026-02"]),
        ("carrier_id == 'b'", ["2026-01", "2026-02"]),
        ("carrier_id == ''", ["2026-02"]),
        ("segment == 'größe 📦'", ["2026-01", "2026-02"]),
        # 16 characters are kept of a bound, and of the upper one what is not below the whole.
        (f"segment == '{'x' * 100}'", ["2026-02"]),
        (f"segment == '{'x' * 15}z'", []),
        pytest.param(f"carrier_id == '{TOP * 40}'", ["2026-02"], id="no text is above it"),
        ("nothing is not null", []),
        ("late is null", ["2026-01"]),
        ("last_at > '2199-01-01T00:00:00'", ["2026-02"]),
        ("is_new == true", ["2026-01"]),
    ],
)
def test_files_whose_bounds_do_not_have_a_value_are_left_out(
    store: Location, row_filter: str, months: list[str]
) -> None:
    release(store, put_view(store, "carriers", rows_of(TYPES, *ROWS)))
    assert files_of(write(store)[0], row_filter) == months


def test_files_without_field_ids_are_read_by_their_names(store: Location, tmp_path: Path) -> None:
    """January's file is of before format 9, February's is new."""
    old, new = rows_of(TYPES, *ROWS[:2]), rows_of(TYPES, *ROWS[2:])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data_files, "_with_field_ids", lambda rows: rows)
        before = put_view(store, "carriers", old)
    after = put_view(store, "carriers", new)
    release(store, replace(after, files=[*before.files, *after.files], rows=len(ROWS)))
    (table,) = write(store)
    published = FeatureStore(store.uri()).to_arrow("carriers")
    assert published.num_rows == len(ROWS)
    assert_equal(opened(table).scan().to_arrow(), published)
    with iceberg_duckdb(tmp_path) as con:
        assert_equal(scanned(con, store, "carriers"), published)


def test_main_is_the_current_release_also_after_a_rollback(
    store: Location, two: Sequence[str]
) -> None:
    write(store)
    releases.rollback(store, two[0])
    (carriers, *_) = write(store)
    table = opened(carriers)
    assert table.scan().to_arrow().num_rows == 3
    assert "score" not in [field.name for field in table.schema().fields]
    assert table.scan(snapshot_id=carriers.snapshots[two[1]]).to_arrow().num_rows == len(ROWS)
    # As of an instant a reader gets what was current, and nothing that was rolled back.
    assert [entry.snapshot_id for entry in table.history()] == [carriers.snapshots[two[0]]]


def test_a_table_as_of_an_instant_is_the_release_of_that_time(
    store: Location, two: Sequence[str]
) -> None:
    (carriers, *_) = write(store)
    noon = 1782907200000  # of 2026-07-01
    snapshot = opened(carriers).snapshot_as_of_timestamp(noon)
    assert snapshot is not None
    assert snapshot.snapshot_id == carriers.snapshots[two[0]]


def publish(store: Location, day: int) -> str:
    """Publish at the begin of that day of July."""
    rows = rows_of(KEYLESS, (at("2026-01-01"), float(day)))
    view = put_view(store, "prices", rows, keys=())
    return release(store, view, created_at=f"2026-07-{day:02}T00:00:00")


def read_as_of(table: Table, day: int) -> float | None:
    """The price that a reader gets as of noon of that day of July, None where it gets none."""
    noon = int(datetime(2026, 7, day, 12, tzinfo=UTC).timestamp() * 1000)
    snapshot = opened(table).snapshot_as_of_timestamp(noon)
    if snapshot is None:
        return None
    (price,) = opened(table).scan(snapshot_id=snapshot.snapshot_id).to_arrow()["price"].to_pylist()
    assert isinstance(price, float)
    return price


def test_as_of_an_instant_nobody_reads_a_release_that_was_rolled_back(store: Location) -> None:
    first, second = publish(store, 1), publish(store, 2)
    (table,) = write(store)
    assert [read_as_of(table, day) for day in (1, 2, 3)] == [1, 2, 2]
    releases.rollback(store, first)
    third = publish(store, 3)
    (table,) = write(store)
    assert list(table.snapshots) == [first, second, third]
    assert [read_as_of(table, day) for day in (1, 2, 3)] == [1, 1, 3]
    logged = [entry.snapshot_id for entry in opened(table).history()]
    assert logged == [table.snapshots[first], table.snapshots[third]]
    # Whoever writes from nothing knows no less.
    body = table_files.newest(store, s3.listing(store, "tables/"))["prices"].body
    s3.remove(store, [item.name for item in s3.listing(store, "tables/")])
    write(store)
    assert table_files.newest(store, s3.listing(store, "tables/"))["prices"].body == body


def test_a_release_that_was_rolled_back_and_is_current_again_is_read(store: Location) -> None:
    first, second, third = (publish(store, day) for day in (1, 2, 3))
    releases.rollback(store, first)
    releases.rollback(store, third)
    (table,) = write(store)
    assert [read_as_of(table, day) for day in (1, 2, 3)] == [1, 1, 3]
    releases.rollback(store, second)
    (table,) = write(store)
    assert [read_as_of(table, day) for day in (1, 2, 3)] == [1, 2, 2]


def test_a_rollback_to_a_release_that_is_gone_is_remembered(store: Location) -> None:
    first, second = publish(store, 1), publish(store, 2)
    releases.pin(store, "model", second)
    releases.rollback(store, first)
    third = publish(store, 3)
    s3.remove(store, [f"releases/{first}/manifest.json"])
    (table,) = write(store)
    assert list(table.snapshots) == [second, third]
    assert [read_as_of(table, day) for day in (1, 2, 3)] == [None, None, 3]


def test_a_pinned_release_that_never_was_current_is_not_read_as_of_an_instant(
    store: Location,
) -> None:
    rows = rows_of(KEYLESS, (at("2026-01-01"), 1.0))
    view = put_view(store, "prices", rows, keys=())
    never = manifest_of(view, created_at="2026-07-01T00:00:00")
    conditional.create(store, never.name, never.to_bytes())
    releases.pin(store, "model", never.release)
    publish(store, 2)
    (table,) = write(store)
    assert never.release in table.snapshots
    assert [read_as_of(table, day) for day in (1, 2)] == [None, 2]


def test_releases_of_the_first_format_count_without_a_history(store: Location) -> None:
    view = put_view(store, "prices", rows_of(KEYLESS), keys=())
    manifest = manifest_of(view, created_at="2026-07-01T00:00:00")
    first = replace(manifest, format_version=1).sealed()
    conditional.create(store, first.name, first.to_bytes())
    second = publish(store, 2)
    (table,) = write(store)
    logged = [entry.snapshot_id for entry in opened(table).history()]
    assert logged == [table.snapshots[first.release], table.snapshots[second]]


def test_a_view_that_is_not_published_any_more_has_its_releases_and_no_rows_of_today(
    store: Location, two: Sequence[str]
) -> None:
    carriers: View = releases.read(store, two[1]).view("carriers")
    third = release(store, carriers, created_at="2026-07-03T00:00:00")
    tables = {table.view: table for table in write(store)}
    assert list(tables["carriers"].snapshots) == [*two, third]
    assert list(tables["prices"].snapshots) == list(two)
    prices = opened(tables["prices"])
    assert prices.current_snapshot() is None
    assert prices.scan(snapshot_id=tables["prices"].snapshots[two[1]]).to_arrow().num_rows == 2
