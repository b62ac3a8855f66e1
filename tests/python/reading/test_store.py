"""The store: which release is read, all of it or an error, with the right to read and no more."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import milepost
from faults.proxy import before_the_server
from milepost import FeatureStore
from milepost.errors import ReleaseError, StorageError, UnknownFeatureError
from milepost.release.manifest import CURRENT, View
from milepost.storage import s3
from milepost.storage.client import client
from milepost.storage.location import Location
from small_releases import at, manifest_of, put_view, release, rows_of

TYPES = {
    "carrier_id": "VARCHAR",
    "available_at": "TIMESTAMP",
    "late_rate": "DOUBLE",
    "load_count": "BIGINT",
    "is_new": "BOOLEAN",
    "last_load_at": "TIMESTAMP",
    "segment": "VARCHAR",
}
ROWS = rows_of(
    TYPES,
    ("a", at("2026-01-01T01:00:00"), 0.25, 4, True, at("2025-12-31T23:59:59.999999"), "retail"),
    ("b", at("2026-01-01T01:00:00"), None, 0, None, None, None),
    ("a", at("2026-02-01T01:00:00"), 0.5, 2**53 + 1, False, at("1969-12-31T00:00:00"), "größe 📦"),
)


@pytest.fixture
def view(store: Location) -> View:
    """A view of two files, on S3 and in no release yet."""
    return put_view(store, "carriers", ROWS)


def change_file(store: Location, name: str, body: bytes) -> None:
    s3.put(store, name, body)


def body(store: Location, name: str) -> bytes:
    found = s3.get(store, name)
    assert found is not None
    return found[0]


def test_importing_milepost_is_quick_and_without_what_is_slow() -> None:
    program = """
import sys, time
before = time.process_time()
from milepost import FeatureStore
print(time.process_time() - before, *sys.modules.keys() & {"boto3", "dbt", "duckdb", "pyarrow"})
"""
    runs = [
        subprocess.run(
            [sys.executable, "-c", program],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout.split()
        for _ in range(3)
    ]
    assert min(float(seconds) for seconds, *_ in runs) < 0.5
    assert not any(slow for _, *slow in runs)
    assert milepost.FeatureStore is FeatureStore
    assert "FeatureStore" in dir(milepost)
    with pytest.raises(AttributeError, match="no attribute `Featurestore`"):
        _ = milepost.Featurestore  # type: ignore[attr-defined]


def test_every_row_comes_back_as_it_was_published(store: Location, view: View) -> None:
    release(store, view)
    read = FeatureStore(store.uri()).to_arrow("carriers")
    assert read.schema == pa.schema([(f.name, f.type) for f in ROWS.schema])
    assert read.to_pylist() == ROWS.to_pylist()


def test_a_view_without_files_has_its_columns_and_no_row(store: Location) -> None:
    release(store, put_view(store, "carriers", ROWS.slice(0, 0)))
    read = FeatureStore(store.uri()).to_arrow("carriers")
    assert (read.num_rows, read.schema.names) == (0, list(TYPES))
    assert read.schema == ROWS.schema


def test_the_current_release_is_read_and_named(store: Location, view: View) -> None:
    other = put_view(store, "another", ROWS)
    name = release(store, view, other)
    opened = FeatureStore(store.uri())
    assert opened.release == name
    assert opened.manifest.release == name
    assert [one.name for one in opened.feature_views()] == ["another", "carriers"]
    assert repr(opened) == f"FeatureStore('{store.uri()}', release='{name}')"


def test_an_open_store_and_a_pinned_release_stay_when_the_pointer_moves(
    store: Location, view: View
) -> None:
    first = release(store, view)
    opened = FeatureStore(store.uri())
    later = put_view(store, "carriers", ROWS.slice(0, 1))
    second = release(store, later, created_at="2026-07-02T00:00:00")
    assert FeatureStore(store.uri()).release == second
    assert FeatureStore(store.uri()).to_arrow("carriers").num_rows == 1
    for kept in (opened, FeatureStore(store.uri(), release=first)):
        assert kept.release == first
        assert kept.to_arrow("carriers").num_rows == ROWS.num_rows


def test_an_unknown_view_suggests_near_names(store: Location, view: View) -> None:
    release(store, view, put_view(store, "lanes", ROWS))
    opened = FeatureStore(store.uri())
    with pytest.raises(UnknownFeatureError, match=r"no feature view `carier`\nhint: .*`carriers`"):
        opened.to_arrow("carier")
    with pytest.raises(UnknownFeatureError, match="hint: there is `carriers`, `lanes`"):
        opened.to_arrow("zzz")


def test_the_store_of_the_environment_is_read_where_none_is_named(
    store: Location, view: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = release(store, view)
    monkeypatch.setenv("MILEPOST_STORE_URI", store.uri())
    assert FeatureStore().location == store
    assert FeatureStore(release=name).release == name
    monkeypatch.setenv("MILEPOST_STORE_URI", "s3://milepost-store/another")
    assert FeatureStore(store.uri()).location == store
    monkeypatch.delenv("MILEPOST_STORE_URI")
    message = r"no store is named\nhint: write FeatureStore\(.*, or set MILEPOST_STORE_URI"
    with pytest.raises(ReleaseError, match=message):
        FeatureStore()


@pytest.mark.parametrize("uri", ["", "store", "s3://a b/c", Path("x"), 3, "/tmp/store", "s3://"])
def test_what_is_no_place_on_s3_is_no_store(uri: Any) -> None:
    with pytest.raises(StorageError, match=r"is not an S3 location\nhint: write s3://bucket"):
        FeatureStore(uri)


def test_a_place_without_a_release_is_no_store(store: Location) -> None:
    with pytest.raises(ReleaseError, match=r"is not a feature store: it has no `current\.json`"):
        FeatureStore(store.uri())


def test_a_release_that_is_not_there_is_named(store: Location, view: View) -> None:
    release(store, view)
    missing = "20200101T000000Z-0123456789ab"
    with pytest.raises(
        ReleaseError, match=f"has no release `{missing}`\nhint: `milepost releases`"
    ):
        FeatureStore(store.uri(), release=missing)


@pytest.mark.parametrize(
    "name",
    ["", 3, "latest", "../x", "20200101T000000Z-0123456789AB", "20200101T000000Z-0123456789ab/"],
)
def test_what_cannot_be_a_release_id_is_refused(store: Location, view: View, name: Any) -> None:
    release(store, view)
    with pytest.raises(ReleaseError, match=f"`{name}` is not the id of a release"):
        FeatureStore(store.uri(), release=name)


@pytest.mark.parametrize("damaged", [b"", b"{", b"[]", b"null", b"{}", b"\xff", b'"text"'])
def test_a_damaged_pointer_is_named(store: Location, view: View, damaged: bytes) -> None:
    name = release(store, view)
    s3.put(store, CURRENT, damaged)
    with pytest.raises(ReleaseError, match=r"current\.json` is damaged\nhint: name a release"):
        FeatureStore(store.uri())
    assert FeatureStore(store.uri(), release=name).to_arrow("carriers").num_rows == 3


@pytest.mark.parametrize("text", [None, 3, "../../elsewhere"])
def test_a_pointer_to_no_release_id_is_refused(store: Location, view: View, text: object) -> None:
    release(store, view)
    s3.put(store, CURRENT, json.dumps({"release": text}).encode())
    with pytest.raises(ReleaseError, match=r"damaged|is not the id of a release"):
        FeatureStore(store.uri())


def test_a_damaged_manifest_is_named(store: Location, view: View) -> None:
    name = f"releases/{release(store, view)}/manifest.json"
    s3.put(store, name, body(store, name)[:-30])
    with pytest.raises(ReleaseError, match=f"`{store.uri(name)}` is damaged"):
        FeatureStore(store.uri())


def test_a_manifest_under_another_releases_name_is_refused(store: Location, view: View) -> None:
    own = release(store, view)
    other = manifest_of(view, created_at="2026-07-02T00:00:00")
    s3.put(store, f"releases/{own}/manifest.json", other.to_bytes())
    with pytest.raises(ReleaseError, match=f"is the manifest of `{other.release}`"):
        FeatureStore(store.uri())


def test_a_flipped_bit_in_any_column_is_an_error_and_never_a_value(store: Location) -> None:
    """Whatever bit of a column's pages flips, in the values or in how they are packed."""
    chance = random.Random(1)
    noise = rows_of(
        {"carrier_id": "VARCHAR", "available_at": "TIMESTAMP", "late_rate": "DOUBLE"},
        *(
            (f"c{n}", at("2026-01-01T00:00:00") + timedelta(minutes=n), chance.random())
            for n in range(500)
        ),
    )
    view = put_view(store, "carriers", noise)
    release(store, view)
    opened = FeatureStore(store.uri())
    sound = body(store, view.files[0].name)
    group = pq.read_metadata(pa.BufferReader(sound)).row_group(0)
    for column in map(group.column, range(3)):
        start = column.dictionary_page_offset or column.data_page_offset
        last = start + column.total_compressed_size - 1
        for place in (last, last - 20, start + column.total_compressed_size // 2):
            damaged = bytearray(sound)
            damaged[place] ^= 1 << chance.randrange(8)
            change_file(store, view.files[0].name, bytes(damaged))
            with pytest.raises(ReleaseError, match=r"data/carriers/.*` cannot be read"):
                opened.to_arrow("carriers")
    change_file(store, view.files[0].name, sound)
    assert opened.to_arrow("carriers").to_pylist() == noise.sort_by("carrier_id").to_pylist()


@pytest.mark.parametrize("kept", [0, 3, 40, -1, -8])
def test_a_truncated_data_file_is_an_error(store: Location, view: View, kept: int) -> None:
    release(store, view)
    name = view.files[1].name
    change_file(store, name, body(store, name)[:kept])
    with pytest.raises(ReleaseError, match=r"data/carriers/.*` cannot be read"):
        FeatureStore(store.uri()).to_arrow("carriers")


def test_a_missing_data_file_is_an_error(store: Location, view: View) -> None:
    release(store, view)
    client().delete_object(Bucket=store.bucket, Key=store.key(view.files[1].name))
    with pytest.raises(ReleaseError, match=r"data/carriers/.*` cannot be read") as caught:
        FeatureStore(store.uri()).to_arrow("carriers")
    assert "missing or damaged" in caught.value.hint


def test_a_data_file_that_s3_refuses_is_not_said_to_be_damaged(
    store: Location, view: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    release(store, view)
    with before_the_server(monkeypatch) as between:
        between.plan = lambda *call: "409_before" if "/data/" in call[2] else None
        with pytest.raises(StorageError, match=r"reading `s3:.*/data/carriers/.*\nhint: is the"):
            FeatureStore(store.uri()).to_arrow("carriers")


def test_a_data_file_replaced_by_one_of_another_size_is_an_error(
    store: Location, view: View
) -> None:
    release(store, view)
    first, second = (file.name for file in view.files)
    without_rate = pa.BufferOutputStream()
    pq.write_table(ROWS.slice(2).drop_columns("late_rate"), without_rate, write_page_checksum=True)
    for other in (body(store, first), without_rate.getvalue().to_pybytes()):
        change_file(store, second, other)
        with pytest.raises(ReleaseError, match=r"data/carriers/.*` cannot be read"):
            FeatureStore(store.uri()).to_arrow("carriers")


def test_a_file_with_other_rows_than_its_release_says_is_an_error(store: Location) -> None:
    view = put_view(store, "carriers", ROWS)
    first, second = view.files
    miscounted = replace(view, files=[replace(first, rows=3), second], rows=4)
    release(store, miscounted)
    with pytest.raises(ReleaseError, match="cannot be read: it has 2 rows, the release says 3"):
        FeatureStore(store.uri()).to_arrow("carriers")


def test_the_reader_reads_and_may_not_write(
    store: Location, view: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = release(store, view)
    monkeypatch.setenv("AWS_PROFILE", "milepost-reader")
    client.cache_clear()
    try:
        assert FeatureStore(store.uri()).to_arrow("carriers").num_rows == 3
        for key in (CURRENT, f"releases/{name}/manifest.json", "data/new"):
            with pytest.raises(StorageError, match=rf"writing `.*{key}`: refused \(") as caught:
                s3.put(store, key, b"{}")
            assert "AWS_PROFILE" in caught.value.hint
        with pytest.raises(StorageError, match="refused"):
            list(s3.listing(Location.parse("s3://milepost-raw/simulated")))
    finally:
        client.cache_clear()
    monkeypatch.undo()
    assert FeatureStore(store.uri()).release == name
