"""Flipped and missing bytes: refused by the default read or harmless, and found by `verify`."""

from __future__ import annotations

import random
import sys
from collections import Counter

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from faults.publisher import VIEWS, publish
from milepost import FeatureStore
from milepost.errors import MilepostError
from milepost.release import manifest_format, pointers, releases
from milepost.release.verify import verify
from milepost.storage import s3
from milepost.storage.location import Location


def tables(store: Location) -> list[pa.Table]:
    opened = FeatureStore(store.uri())
    return [opened.to_arrow(name) for name in VIEWS]


def is_found(store: Location, name: str) -> bool:
    """Whether `verify` of the current release, or a look at the pins, tells of the object."""
    try:
        releases.pins(store)
        return verify(store, pointers.current(store)).damaged == [name]
    except MilepostError:
        return True


def damaged(store: Location, count: int, seed: int) -> Counter[str]:
    """Damage each object of a release in turn, one place at a time; what came of it."""
    chance = random.Random(seed)
    publish(store, 1)
    release = publish(store, 2, 2)
    releases.pin(store, "model", release.release)
    sound = tables(store)
    names = ["current.json", release.name, "pins/model.json", *(f.name for f in release.files)]
    ends: Counter[str] = Counter()
    for turn in range(count):
        name = names[turn % len(names)]
        found = s3.get(store, name)
        assert found
        body = bytearray(found[0])
        place = chance.randrange(len(body))
        if turn % 5 == 4:
            body = body[:place]
        else:
            body[place] ^= chance.randrange(1, 256)
        s3.put(store, name, bytes(body))
        what = f"byte {place} of {name}"
        ends[outcome(store, sound, what)] += 1
        assert is_found(store, name), f"{what} is not found"
        s3.put(store, name, found[0])
    assert tables(store) == sound
    return ends


def outcome(store: Location, sound: list[pa.Table], what: str) -> str:
    """What comes of reading a damaged store; an AssertionError where it gives other values."""
    try:
        assert tables(store) == sound, f"{what} changed what is read"
    except MilepostError:
        return "refused"
    return "harmless"


def test_damage_is_refused_or_harmless_and_always_found(store: Location, full_size: bool) -> None:
    ends = damaged(store, count := 600 if full_size else 45, seed=1)
    print(ends, file=sys.stderr)
    assert sum(ends.values()) == count
    assert ends["refused"] > count / 2


def test_the_check_sees_pages_that_are_not_checked(
    store: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = publish(store, 1).files[-1]
    sound = tables(store)
    found = s3.get(store, file.name)
    assert found
    column = pq.ParquetFile(pa.BufferReader(found[0])).metadata.row_group(0).column(2)
    assert column.path_in_schema == "load_count"
    # The highest byte of the month's only value, which ends the dictionary before the data page.
    body = bytearray(found[0])
    body[column.data_page_offset - 1] ^= 1
    s3.put(store, file.name, bytes(body))
    assert outcome(store, sound, "the value") == "refused"
    opened = pq.ParquetFile

    def unchecked(*arguments: object, **options: object) -> pq.ParquetFile:
        return opened(*arguments, **{**options, "page_checksum_verification": False})

    monkeypatch.setattr("milepost.release.files.pq.ParquetFile", unchecked)
    with pytest.raises(AssertionError, match="the value changed what is read"):
        outcome(store, sound, "the value")


def test_the_check_sees_a_manifest_that_is_not_checked(
    store: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = publish(store, 1)
    monkeypatch.setattr(manifest_format, "release_id", lambda *_: _Anything())
    found = s3.get(store, published.name)
    assert found
    s3.put(store, published.name, found[0].replace(b'"grid": "hour"', b'"grid": "day" '))
    assert not is_found(store, published.name)


class _Anything(str):
    """Equals every release id."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = str.__hash__
