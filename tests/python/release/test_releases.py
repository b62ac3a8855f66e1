"""Rollback, pins and garbage collection: what is kept stays, what is removed was asked for."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from types import SimpleNamespace

import pytest

from milepost import FeatureStore
from milepost.errors import ConflictError, ReleaseError
from milepost.release import garbage, pointers, releases
from milepost.release.manifest import CURRENT, Manifest
from milepost.release.verify import verify
from milepost.storage import s3
from milepost.storage.client import client
from milepost.storage.location import Location
from milepost.storage.uploads import unfinished_uploads
from small_releases import at, manifest_of, put_view, release, rows_of

TYPES = {"carrier_id": "VARCHAR", "available_at": "TIMESTAMP", "load_count": "BIGINT"}
GRACE = timedelta(days=7)


def publish(store: Location, count: int) -> str:
    rows = rows_of(TYPES, ("a", at("2026-01-01T00:00:00"), count))
    return release(store, put_view(store, "carriers", rows))


def read(store: Location, name: str | None = None) -> int:
    return int(FeatureStore(store.uri(), name).to_arrow("carriers")["load_count"][0].as_py())


@pytest.fixture
def old(monkeypatch: pytest.MonkeyPatch) -> None:
    """What these tests have written is older than the grace period."""
    now = s3.clock
    monkeypatch.setattr(s3, "clock", lambda store: now(store) + 2 * GRACE)


def collect(store: Location, *, dry_run: bool = False) -> garbage.Collection:
    return garbage.collect(store, grace=GRACE, dry_run=dry_run)


def test_history_has_what_was_current_the_newest_first(store: Location) -> None:
    names = [publish(store, count) for count in (1, 2, 3)]
    never = manifest_of(created_at="2026-07-09T00:00:00")
    s3.put(store, never.name, never.to_bytes())
    assert [one.release for one in releases.history(store)] == names[::-1]


def test_history_leaves_out_what_is_removed_while_it_is_read(
    store: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [publish(store, count) for count in (1, 2)]

    def listed_and_then_removed(store: Location, below: str) -> list[s3.ObjectMeta]:
        items = list(listing(store, below))
        if below != "releases/":
            return items
        removed = store.key(f"releases/{names[0]}/manifest.json")
        client().delete_object(Bucket=store.bucket, Key=removed)
        return items

    listing = s3.listing
    monkeypatch.setattr(s3, "listing", listed_and_then_removed)
    assert [one.release for one in releases.history(store)] == names[1:]


def test_a_rollback_makes_an_older_release_current_and_loses_none(store: Location) -> None:
    names = [publish(store, count) for count in (1, 2)]
    assert releases.rollback(store, names[0]).release == names[0]
    assert (read(store), read(store, names[1])) == (1, 2)
    assert {one.release for one in releases.history(store)} == set(names)
    third = publish(store, 3)
    assert pointers.current(store) == third


def test_a_release_that_never_was_current_is_no_aim_of_a_rollback(store: Location) -> None:
    publish(store, 1)
    never = manifest_of(put_view(store, "carriers", rows_of(TYPES)))
    s3.put(store, never.name, never.to_bytes())
    with pytest.raises(ReleaseError, match=r"was never current"):
        releases.rollback(store, never.release)


def test_a_release_that_lacks_a_file_is_no_aim_of_a_rollback_and_cannot_be_pinned(
    store: Location,
) -> None:
    first, _ = publish(store, 1), publish(store, 2)
    (file,) = releases.read(store, first).files
    s3.remove(store, [file.name])
    for attempt in (
        lambda: releases.rollback(store, first),
        lambda: releases.pin(store, "m", first),
    ):
        with pytest.raises(ConflictError, match=rf"{file.name}` is missing"):
            attempt()
    assert read(store) == 2
    assert releases.pins(store) == {}


def test_pins_are_named_moved_and_let_go(store: Location) -> None:
    names = [publish(store, count) for count in (1, 2)]
    releases.pin(store, "pricing-2026", names[0])
    assert releases.pins(store) == {"pricing-2026": names[0]}
    releases.pin(store, "pricing-2026", names[1])
    assert releases.pins(store) == {"pricing-2026": names[1]}
    releases.unpin(store, "pricing-2026")
    assert releases.pins(store) == {}
    with pytest.raises(ReleaseError, match="has no pin `pricing-2026`\nhint: there is none"):
        releases.unpin(store, "pricing-2026")


@pytest.mark.parametrize("name", ["", "A", "../current", "a/b", "a.json", "-a", "a" * 64, "a\n"])
def test_a_pin_has_a_plain_name(store: Location, name: str) -> None:
    first = publish(store, 1)
    with pytest.raises(ReleaseError, match="cannot be the name of a pin"):
        releases.pin(store, name, first)


def test_what_is_young_is_not_garbage(store: Location) -> None:
    names = [publish(store, count) for count in (1, 2)]
    collected = collect(store)
    assert (collected.removed, collected.bytes) == ([], 0)
    assert collected.kept_releases == sorted(names)


def test_garbage_is_what_is_old_and_in_no_release_that_is_kept(store: Location, old: None) -> None:
    names = [publish(store, count) for count in (1, 2, 3)]
    releases.pin(store, "model", names[0])
    foreign = s3.put(store, "notes/of-a-person.txt", b"keep")
    (file,) = releases.read(store, names[1]).files
    size = sum(item.bytes for item in s3.listing(store, f"releases/{names[1]}/"))
    dry = collect(store, dry_run=True)
    assert read(store, names[1]) == 2
    collected = collect(store)
    assert dry == collected
    assert {item.name for item in collected.removed} == {
        file.name,
        f"releases/{names[1]}/manifest.json",
    }
    assert collected.bytes == file.bytes + size
    assert collected.kept_releases == sorted((names[0], names[2]))
    assert (read(store), read(store, names[0])) == (3, 1)
    with pytest.raises(ReleaseError, match="has no release"):
        read(store, names[1])
    assert [item.etag for item in s3.listing(store, "notes/")] == [foreign]
    assert list(s3.listing(store, "collecting/")) == []


def test_an_upload_that_was_left_is_garbage_where_its_object_would_be(
    store: Location, request: pytest.FixtureRequest
) -> None:
    publish(store, 1)
    name = f"data/carriers/2026-01/{'0' * 64}.parquet"
    names_of_others = {"sets/train.parquet", "engine/x", f"ledger/kept/{'0' * 32}.parquet"}
    for key in map(store.key, [name, *names_of_others]):
        begun = client().create_multipart_upload(Bucket=store.bucket, Key=key)
        client().upload_part(
            Bucket=store.bucket, Key=key, UploadId=begun["UploadId"], PartNumber=1, Body=b"x" * 99
        )
    assert collect(store).removed == []
    request.getfixturevalue("old")
    for dry_run in (True, False):
        (left,) = collect(store, dry_run=dry_run).removed
        assert (left.name, left.bytes) == (name, 99)
    assert {item.name for item in unfinished_uploads(store)} == names_of_others


def test_nothing_is_removed_where_it_is_in_doubt_what_is_kept(store: Location, old: None) -> None:
    first, _ = publish(store, 1), publish(store, 2)
    releases.pin(store, "model", first)
    before = list(s3.listing(store))
    for name in (CURRENT, "pins/model.json", f"releases/{first}/manifest.json"):
        found = s3.get(store, name)
        assert found
        s3.put(store, name, found[0][:-9])
        with pytest.raises(ReleaseError, match="is damaged"):
            collect(store)
        s3.put(store, name, found[0])
    assert list(s3.listing(store)) == before


def test_a_grace_period_is_longer_than_a_publication_takes_to_settle(store: Location) -> None:
    publish(store, 1)
    with pytest.raises(ReleaseError, match=r"grace period of 0:01:00 is shorter"):
        garbage.collect(store, grace=timedelta(minutes=1), dry_run=True)


def test_a_collection_that_takes_longer_than_its_grace_period_stops(
    store: Location, old: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(3):
        publish(store, number)
    monkeypatch.setattr(garbage, "AT_ONCE", 1)
    seconds = iter([0.0, 1.0, GRACE.total_seconds() + 1])
    monkeypatch.setattr(garbage, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    caplog.set_level("INFO", "milepost.release.garbage")
    with pytest.raises(ReleaseError, match=r"longer than the grace period.*\nhint: run it again"):
        collect(store)
    assert re.fullmatch(r"removing objects 1 to 1 of \d+", caplog.messages[-1])


def test_what_is_being_removed_is_not_kept_again(store: Location) -> None:
    """A collection has said what it removes, and has looked at what is kept for the last time."""
    first, _ = publish(store, 1), publish(store, 2)
    (file,) = releases.read(store, first).files
    s3.put(store, "collecting/0123.json", f'["{file.name}"]'.encode())
    for attempt in (
        lambda: releases.rollback(store, first),
        lambda: releases.pin(store, "m", first),
    ):
        with pytest.raises(ConflictError, match=f"`{first}` is being removed as garbage"):
            attempt()
    assert (read(store), releases.pins(store)) == (2, {})


def test_a_collection_keeps_what_is_kept_after_it_said_what_it_removes(
    store: Location, old: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = publish(store, 1), publish(store, 2)
    find, turns = garbage._garbage, []

    def find_and_pin(place: Location, grace: timedelta) -> tuple[list[s3.ObjectMeta], list[str]]:
        turns.append(1)
        if len(turns) == 2:  # by one who saw no announcement
            s3.put(store, "pins/model.json", pointers.pointer_body(first, 1))
        return find(place, grace)

    monkeypatch.setattr(garbage, "_garbage", find_and_pin)
    assert collect(store).removed == []
    assert read(store, first) == 1


def test_the_loser_of_a_race_is_told_to_publish_again(store: Location) -> None:
    publish(store, 1)
    before = pointers.pointer(store)
    publish(store, 2)
    late = manifest_of(put_view(store, "carriers", rows_of(TYPES)))
    with pytest.raises(ConflictError, match=r"another writer was first.*\nhint: publish again"):
        releases.commit(store, late, before)
    assert read(store) == 2


def test_a_publisher_that_was_killed_may_run_again_within_the_second(store: Location) -> None:
    publish(store, 1)
    before = pointers.pointer(store)
    manifest = manifest_of(put_view(store, "carriers", rows_of(TYPES)))
    s3.put(store, manifest.name, manifest.to_bytes())
    releases.commit(store, manifest, before)
    assert pointers.current(store) == manifest.release
    s3.put(store, manifest.name, b"of somebody else")
    with pytest.raises(ConflictError, match="another writer was first"):
        releases.commit(store, manifest, before)


def test_a_rollback_there_and_back_does_not_let_an_old_publisher_in(store: Location) -> None:
    first = publish(store, 1)
    before = pointers.pointer(store)
    publish(store, 2)
    releases.rollback(store, first)
    with pytest.raises(ConflictError):
        releases.commit(store, manifest_of(put_view(store, "carriers", rows_of(TYPES))), before)


def test_a_move_whose_reply_was_lost_is_known_though_others_moved_on(store: Location) -> None:
    publish(store, 1)
    before = pointers.pointer(store)
    ours = publish(store, 2)
    publish(store, 3)
    pointers.move_current(store, ours, before, time.monotonic())


def test_verify_names_what_is_not_as_it_was_written(store: Location) -> None:
    name = publish(store, 1)
    manifest: Manifest = releases.read(store, name)
    (file,) = manifest.files
    assert verify(store, name).damaged == []
    found = s3.get(store, file.name)
    assert found
    s3.put(store, file.name, bytes([found[0][0] ^ 1]) + found[0][1:])
    verified = verify(store, name)
    assert (verified.release, verified.files, verified.bytes) == (name, 1, file.bytes)
    assert verified.damaged == [file.name]
    s3.remove(store, [file.name])
    assert verify(store, name).damaged == [file.name]
