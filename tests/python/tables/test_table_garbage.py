"""Garbage collection and `verify` know the tables: what a snapshot names stays, or is missed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from milepost import cli
from milepost.errors import ConflictError
from milepost.release import garbage, releases, table_files
from milepost.release.verify import Verified, verify
from milepost.storage import conditional, s3
from milepost.storage.location import Location
from milepost.tables.write import write
from small_releases import at, put_view, release, rows_of
from tables.readers import opened

TYPES = {"carrier_id": "VARCHAR", "available_at": "TIMESTAMP", "late": "DOUBLE"}
GRACE = timedelta(days=7)


def publish(store: Location, day: int, *views: str) -> str:
    """Publish a release whose rows are of that day."""
    rows = rows_of(TYPES, ("a", at("2026-01-02"), float(day)), ("b", at("2026-02-02"), 0.5))
    return release(
        store,
        *(put_view(store, view, rows) for view in views or ("carriers",)),
        created_at=f"2026-07-{day:02}T00:00:00",
    )


@pytest.fixture
def old(monkeypatch: pytest.MonkeyPatch) -> None:
    """What these tests have written is older than the grace period."""
    now = s3.clock
    monkeypatch.setattr(s3, "clock", lambda store: now(store) + 2 * GRACE)


def collect(store: Location, *, dry_run: bool = False) -> set[str]:
    """The names of what is removed, after the tables are written again, as `milepost gc` does."""
    collection = garbage.collect(store, grace=GRACE, dry_run=dry_run, tables_writer=lambda: write)
    return {item.name for item in collection.removed}


def names(store: Location, below: str = "tables/") -> set[str]:
    return {item.name for item in s3.listing(store, below)}


def snapshots(store: Location, view: str = "carriers") -> list[str]:
    return list(table_files.newest(store, s3.listing(store, "tables/"))[view].snapshots)


def assert_every_snapshot_is_read(store: Location) -> None:
    for table in write(store):
        for snapshot in table.snapshots.values():
            assert opened(table).scan(snapshot_id=snapshot).to_arrow().num_rows == 2


def test_a_release_that_goes_leaves_the_tables_first(store: Location, old: None) -> None:
    first, second, third = (publish(store, day) for day in (1, 2, 3))
    releases.pin(store, "model", first)
    write(store)
    assert snapshots(store) == [first, second, third]
    gone = {file.name for file in releases.read(store, second).files}
    gone -= {file.name for file in releases.read(store, third).files}
    assert gone <= collect(store)
    assert snapshots(store) == [first, third]
    assert_every_snapshot_is_read(store)
    assert verify(store, third).damaged == []
    # What the release had in the table goes next time, and nothing else.
    removed = collect(store)
    assert {name.rsplit(".", 1)[1] for name in removed} == {"json", "avro"}
    assert all(name.startswith("tables/") for name in removed)
    assert collect(store) == set()
    assert_every_snapshot_is_read(store)


def test_an_unpinned_release_leaves_and_a_dry_run_changes_nothing(
    store: Location, old: None
) -> None:
    first, second = publish(store, 1), publish(store, 2)
    releases.pin(store, "model", first)
    write(store)
    assert collect(store) == set()
    releases.unpin(store, "model")
    before = [(item, item.modified) for item in s3.listing(store)]
    assert f"releases/{first}/manifest.json" in collect(store, dry_run=True)
    assert [(item, item.modified) for item in s3.listing(store)] == before
    collect(store)
    assert snapshots(store) == [second]


def test_metadata_that_is_young_stays(store: Location) -> None:
    publish(store, 1)
    write(store)
    publish(store, 2)
    write(store)
    before = names(store)
    assert collect(store) == set()
    assert names(store) == before


def test_older_versions_go_and_the_newest_stays(store: Location, old: None) -> None:
    for day in (1, 2, 3):
        publish(store, day)
        write(store)
    collect(store)
    collect(store)
    assert {name for name in names(store) if ".metadata." in name} == {
        "tables/carriers/metadata/v4.metadata.json"
    }
    assert_every_snapshot_is_read(store)


def test_a_table_stays_as_long_as_a_kept_release_has_its_view(store: Location, old: None) -> None:
    both = publish(store, 1, "carriers", "lanes")
    publish(store, 2, "carriers")
    releases.pin(store, "model", both)
    write(store)
    collect(store)
    assert snapshots(store, "lanes") == [both]
    assert_every_snapshot_is_read(store)
    releases.unpin(store, "model")
    removed = collect(store)
    assert names(store, "tables/lanes/") == set()
    assert {name for name in removed if name.startswith("data/lanes/")}
    assert [table.view for table in write(store)] == ["carriers"]


def test_nothing_of_a_damaged_table_is_removed(store: Location, old: None) -> None:
    for day in (1, 2):
        publish(store, day)
        write(store)
    s3.put(store, "tables/carriers/metadata/v2.metadata.json", b"{}")
    before = names(store)
    removed = {item.name for item in garbage.collect(store, grace=GRACE, dry_run=False).removed}
    assert names(store) == before
    assert not any(name.startswith("tables/") for name in removed)


def test_objects_of_other_programs_below_tables_are_left_alone(store: Location, old: None) -> None:
    publish(store, 1)
    write(store)
    foreign = {
        "tables/notes.txt",
        "tables/carriers/data/part-0.parquet",
        "tables/carriers/metadata/snap-1.avro",
    }
    for name in foreign:
        s3.put(store, name, b"x")
    assert collect(store) == set()
    assert foreign <= names(store)


def test_a_release_that_a_killed_collection_announced_is_no_snapshot(store: Location) -> None:
    first, second = publish(store, 1), publish(store, 2)
    s3.put(
        store,
        "collecting/0123456789ab.json",
        json.dumps([f"releases/{first}/manifest.json"]).encode(),
    )
    write(store)
    assert snapshots(store) == [second]


def test_avro_files_that_are_being_removed_are_not_used(store: Location) -> None:
    publish(store, 1)
    write(store)
    avro = sorted(name for name in names(store) if name.endswith(".avro"))
    publish(store, 2)
    s3.put(store, "collecting/0123456789ab.json", json.dumps(avro[:1]).encode())
    with pytest.raises(ConflictError, match="is being collected"):
        write(store)


def test_what_a_killed_writer_left_is_used_and_blocks_nothing(
    store: Location, old: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = publish(store, 1)

    def killed(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(conditional, "create", killed)
        with pytest.raises(KeyboardInterrupt):
            write(store)
    avro = names(store)
    assert {name.rsplit(".", 1)[1] for name in avro} == {"avro"}
    assert collect(store) == set()
    assert avro < names(store)
    assert names(store, "collecting/") == set()
    assert snapshots(store) == [published]
    assert_every_snapshot_is_read(store)


def test_an_old_announcement_of_what_the_tables_need_blocks_nothing(
    store: Location, old: None
) -> None:
    publish(store, 1)
    write(store)
    avro = sorted(name for name in names(store) if name.endswith(".avro"))
    second, announcement = publish(store, 2), "collecting/0123456789ab.json"
    releases.pin(store, "model", releases.history(store)[-1].release)
    s3.put(store, announcement, json.dumps(avro).encode())
    removed = collect(store)
    assert announcement in removed
    assert removed.isdisjoint(avro)
    assert names(store, "collecting/") == set()
    assert second in snapshots(store)
    assert_every_snapshot_is_read(store)


def test_a_damaged_release_that_goes_is_in_nobodys_way(store: Location, old: None) -> None:
    first, second = publish(store, 1), publish(store, 2)
    s3.remove(store, [file.name for file in releases.read(store, first).files])
    s3.put(store, "tables/notes.txt", b"x")
    assert f"releases/{first}/manifest.json" in collect(store)
    assert snapshots(store) == [second]


@pytest.mark.parametrize("look", [None, 2, 3], ids=["the tables", "a look", "the last look"])
def test_a_collection_that_breaks_off_before_it_removes_leaves_no_announcement(
    store: Location, old: None, monkeypatch: pytest.MonkeyPatch, look: int | None
) -> None:
    publish(store, 1)
    second = publish(store, 2)
    write(store)
    before = {*names(store, "releases/"), *names(store, "data/")}
    announcements: list[int] = []
    looks = iter(range(1, 4))

    def breaking_off(location: Location) -> None:
        write(location)
        announcements.append(len(names(store, "collecting/")))
        if look is None:
            raise KeyboardInterrupt

    def pins(location: Location) -> dict[str, str]:
        if next(looks) == look:
            announcements.append(len(names(store, "collecting/")))
            raise KeyboardInterrupt
        return releases.pins(location)

    with monkeypatch.context() as patch:
        patch.setattr(garbage, "pins", pins)
        with pytest.raises(KeyboardInterrupt):
            garbage.collect(store, grace=GRACE, dry_run=False, tables_writer=lambda: breaking_off)
    assert set(announcements) == {1}
    assert names(store, "collecting/") == set()
    assert {*names(store, "releases/"), *names(store, "data/")} == before
    assert any(name.startswith("data/") for name in collect(store))
    assert snapshots(store) == [second]


def test_what_of_the_tables_is_removed_is_announced_before(
    store: Location, old: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in (1, 2, 3):
        publish(store, day)
        write(store)
    remove: Callable[..., None] = s3.remove

    def checked(location: Location, removed: list[str]) -> None:
        if not removed[0].startswith("collecting/"):
            assert releases.announced(store) >= set(removed)
        remove(location, removed)

    with monkeypatch.context() as patch:
        patch.setattr(s3, "remove", checked)
        assert any(name.startswith("tables/") for name in collect(store))


def test_a_release_is_removed_only_after_it_left_the_tables(
    store: Location, old: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(store, 1)
    second = publish(store, 2)
    write(store)
    remove: Callable[..., None] = s3.remove

    def checked(location: Location, removed: list[str]) -> None:
        assert snapshots(store) == [second]
        remove(location, removed)

    monkeypatch.setattr(s3, "remove", checked)
    assert any(name.startswith("data/") for name in collect(store))


def test_the_command_writes_the_tables_and_knows_a_store_without(
    store: Location, old: None, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = publish(store, 1), publish(store, 2)
    releases.pin(store, "model", first)
    assert cli.main(["gc", "--store", store.uri()]) == 0
    assert names(store) == set()
    write(store)
    releases.unpin(store, "model")
    assert cli.main(["gc", "--store", store.uri()]) == 0
    assert snapshots(store) == [second]
    capsys.readouterr()
    assert cli.main(["verify", "--store", store.uri()]) == 0
    assert capsys.readouterr().out.endswith("3 files of tables, 0 damaged\n")


def damaged(store: Location, release_id: str) -> Verified:
    """What `verify` says of a store that is not whole."""
    result = verify(store, release_id)
    assert result.damaged
    return result


def test_verify_names_what_is_missing_or_changed(store: Location) -> None:
    first, second = publish(store, 1), publish(store, 2)
    write(store)
    sound = verify(store, second)
    assert (sound.damaged, sound.table_files) == ([], 5)
    (month, _) = releases.read(store, first).files
    metadata = "tables/carriers/metadata/v1.metadata.json"
    avro = sorted(name for name in names(store) if name.endswith(".avro"))
    for name in (month.name, *avro, f"releases/{first}/manifest.json"):
        found = s3.get(store, name)
        assert found is not None
        s3.remove(store, [name])
        assert damaged(store, second).damaged == [name]
        s3.put(store, name, found.body)
    for name in (*avro, metadata):
        found = s3.get(store, name)
        assert found is not None
        s3.put(store, name, found.body[:-40] + bytes([found.body[-40] ^ 1]) + found.body[-39:])
        assert damaged(store, second).damaged == [name]
        s3.put(store, name, found.body)
    assert verify(store, second).damaged == []
