"""Flipped and missing bytes: refused by the default read or harmless, and found by `verify`."""

from __future__ import annotations

import random
import sys
from collections import Counter

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from faults.publisher import VIEWS, publish
from milepost import FeatureStore, manifest, releases, s3
from milepost.errors import MilepostError
from milepost.s3 import Location
from milepost.verify import verify


def tables(store: Location) -> list[pa.Table]:
    opened = FeatureStore(store.uri())
    return [opened.to_arrow(name) for name in VIEWS]


def is_found(store: Location, name: str) -> bool:
    """Whether `verify` of the current release, or a look at the pins, tells of the object."""
    try:
        releases.pins(store)
        return verify(store, releases.current(store)).damaged == [name]
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
        try:
            assert tables(store) == sound, f"byte {place} of {name} changed what is read"
            ends["harmless"] += 1
        except MilepostError:
            ends["refused"] += 1
        assert is_found(store, name), f"byte {place} of {name} is not found"
        s3.put(store, name, found[0])
    assert tables(store) == sound
    return ends


def test_damage_is_refused_or_harmless_and_always_found(store: Location, full_size: bool) -> None:
    ends = damaged(store, count := 600 if full_size else 45, seed=1)
    print(ends, file=sys.stderr)
    assert sum(ends.values()) == count
    assert ends["refused"] > count / 2


@pytest.mark.full_size
def test_the_check_sees_pages_that_are_not_checked(
    store: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = pq.ParquetFile

    def unchecked(*arguments: object, **options: object) -> pq.ParquetFile:
        return opened(*arguments, **{**options, "page_checksum_verification": False})

    monkeypatch.setattr("milepost.datafile.pq.ParquetFile", unchecked)
    # A reader that does not check may also fail in any way.
    with pytest.raises((AssertionError, UnicodeDecodeError)):
        damaged(store, 900, 1)


def test_the_check_sees_a_manifest_that_is_not_checked(
    store: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = publish(store, 1)
    monkeypatch.setattr(manifest, "_release_id", lambda *_: _Anything())
    found = s3.get(store, published.name)
    assert found
    s3.put(store, published.name, found[0].replace(b'"grid": "hour"', b'"grid": "day" '))
    assert not is_found(store, published.name)


class _Anything(str):
    """Equals every release id."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = str.__hash__
