"""Iceberg tables: rows are known from their commit, and what no commit says is refused by name."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.io.pyarrow import parquet_files_to_data_files
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table.snapshots import Operation, Summary
from pyiceberg.table.update.snapshot import _OverwriteFiles
from pyiceberg.transforms import IdentityTransform
from pyiceberg.typedef import EMPTY_DICT
from pyiceberg.types import DoubleType, LongType, NestedField, StringType

from milepost.errors import LandingError
from milepost.raw import closed_tables, iceberg_catalog, iceberg_metadata
from milepost.raw.tables import Column
from milepost.storage import s3
from milepost.storage.arrow import filesystem
from milepost.storage.client import endpoint
from milepost.storage.location import Location
from raw.ice import HOUR, START, IcebergLake, known_at, rows
from raw.lake import rows_at

MILLISECOND = timedelta(milliseconds=1)


@pytest.fixture
def lake(
    raw: Location, store: Location, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> IcebergLake:
    """A table with loads 1 and 2, committed 0.5 hours after START, and load 3 an hour later."""
    lake = IcebergLake(raw, store, tmp_path, monkeypatch)
    lake.create()
    lake.append(0.5, 1, 2)
    lake.append(1.5, 3)
    return lake


def refused(lake: IcebergLake, hour: float, message: str, hint: str = "") -> None:
    with pytest.raises(LandingError, match=message) as error:
        lake.check(hour)
    assert re.search(hint, error.value.hint), error.value.hint
    assert "`lake.loads`" in str(error.value)


def test_an_append_is_known_from_its_commit(lake: IcebergLake) -> None:
    closed = lake.check(2)
    assert (closed.first, closed.before) == (START, START + 2 * HOUR)
    assert [(file.starts_at, file.known_from) for file in closed.files] == [
        (START + 0.5 * HOUR, START + 0.5 * HOUR),
        (START + 1.5 * HOUR, START + 1.5 * HOUR),
    ]
    assert closed.files[0].closes_at == START + 0.5 * HOUR + timedelta(microseconds=1)
    assert [dict(file.columns) for file in closed.files] == [{"load_id": "int64"}] * 2
    assert closed.rewrites == ()
    assert rows_at(closed, START + HOUR) == [1, 2]
    assert rows_at(closed, START + 2 * HOUR) == [1, 2, 3]


def test_builds_read_it_beside_other_tables(lake: IcebergLake) -> None:
    """By S3's clock, by which the loads that are committed in 2100 are of no closed hour."""
    with pytest.raises(LandingError, match=r"no hour of raw table .* is closed"):
        closed_tables.check([lake.table], lake.store, writes=True)
    lake.catalog.drop_table("freight.loads")
    lake.create()
    lake.append(-24 * 365 * 80, 1, 2)
    closed = closed_tables.check([lake.table], lake.store, writes=True)[lake.table.id]
    assert rows_at(closed, closed.before) == [1, 2]


def test_an_hour_is_closed_after_the_delay(lake: IcebergLake) -> None:
    lake.options["closing_delay"] = timedelta(minutes=10)
    closed = lake.check(2.1)
    assert (closed.before, rows_at(closed, closed.before)) == (START + HOUR, [1, 2])
    closed = lake.check(2.2)
    assert (closed.before, rows_at(closed, closed.before)) == (START + 2 * HOUR, [1, 2, 3])


def test_what_was_closed_stays_closed(lake: IcebergLake) -> None:
    lake.check(2)
    lake.options["closing_delay"] = timedelta(hours=3)
    assert lake.check(2).before == START + 2 * HOUR


def test_a_second_build_reads_the_new_manifests_alone(
    lake: IcebergLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = lake.check(2)
    lake.append(2.5, 4)
    opened: list[str] = []
    of_manifest = iceberg_metadata.Metadata._changes

    def counted(self: iceberg_metadata.Metadata, snapshot: object) -> iceberg_metadata.Changes:
        opened.append(str(snapshot))
        return of_manifest(self, snapshot)  # type: ignore[arg-type]

    monkeypatch.setattr(iceberg_metadata.Metadata, "_changes", counted)
    monkeypatch.delattr(iceberg_metadata.Metadata, "files")
    second = lake.check(3)
    assert len(opened) == 1
    assert second.files[:2] == first.files
    assert rows_at(second, second.before) == [1, 2, 3, 4]
    assert lake.check(3) == second
    assert len(opened) == 1
    assert lake.check(9).before == START + 9 * HOUR


def test_without_the_right_to_write_nothing_is_remembered(lake: IcebergLake) -> None:
    read = lake.check(2, writes=False)
    assert list(s3.listing(lake.store)) == []
    assert lake.check(2) == read


def test_an_overwrite_is_one_landing(lake: IcebergLake) -> None:
    lake.at(2.5)
    lake.written.overwrite(rows(1, 3, 4))
    closed = lake.check(3)
    (rewrite,) = closed.rewrites
    assert rewrite.known_from == START + 2.5 * HOUR + MILLISECOND
    assert len(rewrite.before) == 2
    assert len(rewrite.after) == 1
    assert rows_at(closed, START + 2.5 * HOUR) == [1, 2, 3]
    assert rows_at(closed, START + 3 * HOUR) == [1, 3, 4]


def test_deleted_rows_end_with_the_commit(lake: IcebergLake) -> None:
    lake.at(2.5)
    lake.written.delete("load_id = 1")  # writes the file anew without the row
    lake.at(3.5)
    lake.written.delete("load_id = 3")  # removes a whole file
    closed = lake.check(4)
    assert rows_at(closed, START + 3 * HOUR) == [2, 3]
    assert rows_at(closed, START + 4 * HOUR) == [2]
    assert lake.check(4) == closed


def test_a_partition_is_overwritten(lake: IcebergLake) -> None:
    lake.catalog.drop_table("freight.loads")
    schema = Schema(NestedField(1, "load_id", LongType()), NestedField(2, "mode", StringType()))
    field = PartitionField(2, 1000, IdentityTransform(), "mode")
    lake.catalog.create_table("freight.loads", schema, partition_spec=PartitionSpec(field))
    lake.at(0.5)
    lake.written.append(rows(1, 2, mode=["dry van", "x:y%?*'"]))
    lake.at(1.5)
    lake.written.dynamic_partition_overwrite(rows(3, mode=["dry van"]))
    closed = lake.check(2)
    assert rows_at(closed, START + HOUR) == [1, 2]
    assert rows_at(closed, START + 2 * HOUR) == [2, 3]
    (rewrite,) = closed.rewrites
    assert [len(rewrite.before), len(rewrite.after)] == [1, 1]
    # A writer escapes what a partition's value has in a path, and an engine reads it as it is.
    escaped = next(file.uri for file in closed.files if "%" in file.uri)
    engine = duckdb.connect(config={"extension_directory": ".local/duckdb_extensions"})
    engine.execute("load httpfs")
    engine.execute(endpoint().duckdb_secret())
    assert engine.execute(
        f"select load_id from read_parquet(['{escaped}'], hive_partitioning = false)"
    ).fetchall() == [(2,)]


class _Replace(_OverwriteFiles):
    """What Spark's compaction commits; pyiceberg has no such operation."""

    def _summary(self, snapshot_properties: dict[str, str] = EMPTY_DICT) -> Summary:
        summary = super()._summary(snapshot_properties)
        return Summary(Operation.REPLACE, **summary.additional_properties)


def replace_files(lake: IcebergLake, hour: float) -> None:
    """Write one file in place of all others, with the same rows."""
    lake.at(hour)
    table = lake.written
    path = f"{table.location()}/data/compacted-{hour}.parquet"
    content = table.scan().to_arrow().cast(table.schema().as_arrow())  # with the columns' ids
    pq.write_table(content, path.removeprefix("s3://"), filesystem=filesystem())
    with table.transaction() as transaction:
        producer = _Replace(operation=Operation.OVERWRITE, transaction=transaction, io=table.io)
        with producer:
            for task in table.scan().plan_files():
                producer.delete_data_file(task.file)
            for file in parquet_files_to_data_files(table.io, table.metadata, iter([path])):
                producer.append_data_file(file)


def test_compaction_is_no_news_and_later_deletes_are(lake: IcebergLake) -> None:
    replace_files(lake, 2.5)
    assert (snapshot := lake.written.current_snapshot())
    assert snapshot.summary
    assert snapshot.summary.operation == Operation.REPLACE
    lake.check(3)
    lake.at(3.5)
    lake.written.delete("load_id = 2")
    closed = lake.check(4)
    assert rows_at(closed, START + HOUR) == [1, 2]
    assert rows_at(closed, START + 3 * HOUR) == [1, 2, 3]
    assert rows_at(closed, START + 4 * HOUR) == [1, 3]


def expire(lake: IcebergLake, *, until: int) -> None:
    """Expire the oldest snapshots up to a number, as a maintenance job does: files go too."""
    table = lake.written
    snapshots = table.metadata.snapshots
    table.maintenance.expire_snapshots().by_ids(
        [snapshot.snapshot_id for snapshot in snapshots[:until]]
    ).commit()
    remaining = lake.written
    live = {
        task.file.file_path
        for snapshot in remaining.metadata.snapshots
        for task in remaining.scan(snapshot_id=snapshot.snapshot_id).plan_files()
    }
    data = s3.listing(lake.raw, "warehouse/freight/loads/data/")
    s3.remove(lake.raw, [item.name for item in data if lake.raw.uri(item.name) not in live])


def test_expired_snapshots_stay_as_they_were_read(lake: IcebergLake) -> None:
    read = lake.check(2)
    expire(lake, until=1)
    assert lake.check(2) == read
    lake.append(2.5, 4)
    expire(lake, until=1)  # load 3, which the ledger has: load 4 is the oldest snapshot
    closed = lake.check(3)
    assert closed.files[:2] == read.files
    assert rows_at(closed, closed.before) == [1, 2, 3, 4]


def test_a_history_that_expired_unread_is_an_error(lake: IcebergLake) -> None:
    expire(lake, until=1)
    snapshot_id = lake.written.metadata.snapshots[0].snapshot_id
    refused(lake, 2, f"lost its history before snapshot {snapshot_id}.*1 files", "new_versions")


def test_or_it_is_known_from_the_oldest_snapshot(lake: IcebergLake) -> None:
    expire(lake, until=1)
    lake.options["when_files_change"] = "new_versions"
    closed = lake.check(2)
    assert known_at(closed) == [START + 1.5 * HOUR]
    assert rows_at(closed, closed.before) == [1, 2, 3]


def test_snapshots_that_expired_between_builds_are_an_error_or_one_landing(
    lake: IcebergLake,
) -> None:
    lake.options["when_files_change"] = "new_versions"
    lake.check(2)
    lake.at(2.5)
    lake.written.delete("load_id = 1")
    lake.append(3.5, 4)
    expire(lake, until=3)
    lake.options["when_files_change"] = "error"
    refused(lake, 4, "lost its history before snapshot.*2 files", "new_versions")
    lake.options["when_files_change"] = "new_versions"
    closed = lake.check(4)
    assert rows_at(closed, START + 2 * HOUR) == [1, 2, 3]  # from a copy: its file is gone
    assert rows_at(closed, START + 3.5 * HOUR) == [1, 2, 3]
    assert rows_at(closed, START + 4 * HOUR) == [2, 3, 4]


def test_a_file_that_was_read_and_expired_is_named(lake: IcebergLake) -> None:
    lake.at(2.5)
    lake.written.overwrite(rows(4))
    read = lake.check(3)
    expire(lake, until=3)
    refused(lake, 3, rf"`{re.escape(read.rewrites[0].before[0].uri)}` is lost", "restore the file")


def test_copies_outlive_compaction_and_expiry(lake: IcebergLake) -> None:
    lake.options["when_files_change"] = "new_versions"
    lake.check(2)
    replace_files(lake, 2.5)
    lake.check(3)
    expire(lake, until=2)
    closed = lake.check(4)
    assert rows_at(closed, START + HOUR) == [1, 2]
    assert rows_at(closed, START + 4 * HOUR) == [1, 2, 3]


def test_a_table_that_was_rolled_back_is_refused(lake: IcebergLake) -> None:
    lake.check(2)
    first, second = lake.written.metadata.snapshots
    lake.written.manage_snapshots().rollback_to_snapshot(first.snapshot_id).commit()
    message = f"rolled back: its snapshot {second.snapshot_id}"
    refused(lake, 3, message, "overwrite the rows")
    lake.append(3.5, 5)
    refused(lake, 4, message)
    lake.written.maintenance.expire_snapshots().by_id(second.snapshot_id).commit()
    refused(lake, 4, message)


def test_so_is_one_that_was_rolled_back_before_the_first_build(lake: IcebergLake) -> None:
    first, second = lake.written.metadata.snapshots
    lake.written.manage_snapshots().rollback_to_snapshot(first.snapshot_id).commit()
    lake.append(2.5, 5)
    refused(lake, 3, f"rolled back: its snapshot {second.snapshot_id}", "expire it")
    lake.written.maintenance.expire_snapshots().by_id(second.snapshot_id).commit()
    assert rows_at(lake.check(3), START + 3 * HOUR) == [1, 2, 5]


def test_branches_and_tags_are_not_read(lake: IcebergLake) -> None:
    first = lake.written.metadata.snapshots[0].snapshot_id
    lake.written.manage_snapshots().create_tag(first, "audited").create_branch(
        first, "trial"
    ).commit()
    lake.at(2.5)
    lake.written.append(rows(9), branch="trial")
    closed = lake.check(3)
    assert rows_at(closed, closed.before) == [1, 2, 3]


def test_a_late_commit_is_an_error_or_known_when_it_is_seen(lake: IcebergLake) -> None:
    lake.check(4)
    lake.append(3.9, 4)
    lake.append(4.5, 5)
    refused(lake, 5.25, "appeared after builds had read all before", "closing_delay_minutes")
    lake.options["when_files_change"] = "new_versions"
    closed = lake.check(5.25)
    assert rows_at(closed, START + 5 * HOUR) == [1, 2, 3]
    assert rows_at(closed, START + 5.5 * HOUR) == [1, 2, 3, 4, 5]
    lake.append(5.5, 6)
    closed = lake.check(6)
    assert rows_at(closed, START + 6 * HOUR) == [1, 2, 3, 4, 5, 6]
    assert len(known_at(closed)) == 5


def test_a_clock_that_goes_back_puts_no_snapshot_before_its_parent(lake: IcebergLake) -> None:
    lake.at(1.4)
    lake.written.delete("load_id = 3")
    closed = lake.check(2)
    assert known_at(closed)[1:] == [
        START + 1.5 * HOUR,
        START + 1.5 * HOUR + timedelta(microseconds=1),
    ]
    assert rows_at(closed, closed.before) == [1, 2]


def test_a_table_without_a_commit_is_refused(lake: IcebergLake) -> None:
    lake.catalog.drop_table("freight.loads")
    lake.create()
    refused(lake, 2, "has no snapshot", "write to the table")
    lake.append(2.5, 1)
    refused(lake, 2.7, "no hour of raw table .* is closed", "next hour")


def test_a_table_that_was_made_anew_is_refused(lake: IcebergLake) -> None:
    lake.check(2)
    lake.catalog.drop_table("freight.loads")
    lake.create()
    refused(lake, 3, "rolled back", "name of its own")
    lake.append(2.5, 1)
    refused(lake, 3, "lost its history")


def test_a_commit_without_rows_is_no_landing(lake: IcebergLake) -> None:
    lake.at(2.5)
    lake.written.append(rows())
    assert len(known_at(lake.check(3))) == 2
    assert lake.check(4).before == START + 4 * HOUR


def test_metadata_whose_commit_failed_is_not_read(lake: IcebergLake) -> None:
    """Neither by the catalog nor by the version hint."""
    table = lake.written
    folder = "warehouse/freight/loads/metadata"
    current = s3.get(lake.raw, f"{folder}/{table.metadata_location.rpartition('/')[2]}")
    assert current
    lake.append(2.5, 9)
    newer = s3.get(lake.raw, f"{folder}/{lake.written.metadata_location.rpartition('/')[2]}")
    assert newer
    lake.options["iceberg_table"] = ""
    refused(lake, 3, "version-hint.text", "catalog.namespace.table")
    s3.put(lake.raw, f"{folder}/v7.metadata.json", current.body)
    s3.put(lake.raw, f"{folder}/v8.metadata.json", newer.body)
    s3.put(lake.raw, f"{folder}/version-hint.text", b"7")
    closed = lake.check(3)
    assert rows_at(closed, closed.before) == [1, 2, 3]
    s3.put(lake.raw, f"{folder}/version-hint.text", b"../../other")
    with pytest.raises(LandingError, match="names no version"):
        lake.check(3)


def test_a_catalog_that_is_wrong_is_named_without_secrets(
    lake: IcebergLake, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    lake.options["iceberg_table"] = "lake.freight.lods"
    refused(lake, 2, "not in the catalog `lake`: NoSuchTableError.*lods", "its catalog")
    lake.options["iceberg_table"] = "nolake.freight.loads"
    refused(lake, 2, "catalog `nolake`, which is not configured", "PYICEBERG_CATALOG__NOLAKE__URI")
    lake.options["iceberg_table"] = "lake.freight.loads"
    # pyiceberg's error has the URI, or all properties.
    monkeypatch.delenv("PYICEBERG_CATALOG__LAKE__TYPE")
    uri = "unknown://us:s3cr3t@host"  # allow milepost.secret: nobody has this account
    monkeypatch.setenv("PYICEBERG_CATALOG__LAKE__URI", uri)
    with pytest.raises(LandingError, match=r"ValueError\n") as error:
        lake.check(2)
    secret = iceberg_catalog._s3_options()["s3.secret-access-key"]
    for text in ("s3cr3t", secret):
        assert text not in str(error.value) + caplog.text
    assert error.value.__suppress_context__


def test_deletes_by_position_are_refused(
    lake: IcebergLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No Python writer makes them: here a list of manifests says so of its own manifest."""
    from pyiceberg.manifest import ManifestContent, ManifestFile

    monkeypatch.setattr(ManifestFile, "content", property(lambda _: ManifestContent.DELETES))
    refused(lake, 2, "merge-on-read", "copy-on-write")


def test_types_may_widen_and_columns_be_added(lake: IcebergLake) -> None:
    lake.catalog.drop_table("freight.loads")
    lake.create(
        pa.schema([("load_id", pa.int64()), ("weight", pa.int32()), ("miles", pa.float32())])
    )
    lake.at(0.5)
    lake.written.append(
        rows(1, weight=pa.array([7], pa.int32()), miles=pa.array([1.5], pa.float32()))
    )
    with lake.written.update_schema() as change:
        change.update_column("weight", LongType())
        change.update_column("miles", DoubleType())
        change.add_column("channel", StringType())
    lake.at(1.5)
    lake.written.append(rows(2, weight=[8], miles=[2.5], channel=["edi"]))
    for name in ("weight", "miles", "channel"):
        lake.columns[name] = Column(name, "varchar", is_optional=True)
    first, second = lake.check(2).files
    assert dict(first.columns) == {"load_id": "int64", "weight": "int32", "miles": "float"}
    assert dict(second.columns) == {
        "load_id": "int64",
        "weight": "int64",
        "miles": "double",
        "channel": "string",
    }


@pytest.fixture
def priced(lake: IcebergLake) -> IcebergLake:
    """A table whose column `price` has rows."""
    lake.catalog.drop_table("freight.loads")
    lake.create(pa.schema([("load_id", pa.int64()), ("price", pa.int64())]))
    lake.at(0.5)
    lake.written.append(rows(1, price=[100]))
    return lake


def test_a_renamed_column_is_not_read_as_null(priced: IcebergLake) -> None:
    priced.columns["price"] = Column("price", "bigint")
    priced.check(1)
    with priced.written.update_schema() as change:
        change.rename_column("price", "rate")
    priced.at(1.5)
    priced.written.append(rows(2, rate=[200]))
    del priced.columns["price"]
    priced.columns["rate"] = Column("rate", "bigint", is_optional=True)
    refused(priced, 2, "column `rate` .* is called `price` in `s3://", "declare `price` too")
    priced.columns["price"] = Column("price", "bigint", is_optional=True)
    assert [list(file.columns) for file in priced.check(2).files] == [
        ["load_id", "price"],
        ["load_id", "rate"],
    ]


def test_a_column_that_was_added_anew_is_not_the_old_one(priced: IcebergLake) -> None:
    with priced.written.update_schema() as change:
        change.delete_column("price")
    with priced.written.update_schema() as change:
        change.add_column("price", LongType())
    assert rows_at(priced.check(2), START + HOUR) == [1]  # nobody declares it
    priced.columns["price"] = Column("price", "bigint")
    refused(priced, 2, "column `price` .* was dropped and added again", "rename it")


def test_other_partitions_are_harmless(priced: IcebergLake) -> None:
    with priced.written.update_spec() as change:
        change.add_identity("price")
    priced.at(1.5)
    priced.written.append(rows(2, 3, price=[200, 300]))
    closed = priced.check(2)
    assert rows_at(closed, closed.before) == [1, 2, 3]


def test_metadata_that_do_not_add_up_are_refused(
    lake: IcebergLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of which no snapshot says that it added it."""
    lake.check(2)
    lake.append(2.5, 4)
    of_snapshot = iceberg_metadata.Metadata._changes

    def without_files(self: iceberg_metadata.Metadata, snapshot: Any) -> iceberg_metadata.Changes:
        return replace(of_snapshot(self, snapshot), added=())

    monkeypatch.setattr(iceberg_metadata.Metadata, "_changes", without_files)
    refused(lake, 3, "does not have the files that its parent has", "repair")
