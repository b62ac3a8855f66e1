"""What a lookup rests on: only facts up to t change it, and little is read for little."""

from __future__ import annotations

import random
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from milepost import FeatureStore
from milepost.publishing import data_files
from milepost.reading import asof_search, month_search
from milepost.reading.asof_search import begin_search
from milepost.reading.key_index import KeyIndex
from milepost.reading.rows_by_month import RowsByMonth
from milepost.reading.worker_threads import worker_threads
from milepost.release.files import ViewFiles
from milepost.release.manifest import View
from milepost.storage import s3
from milepost.storage.arrow import filesystem
from milepost.storage.location import Location
from small_releases import at, put_view, release, rows_of

TYPES = {
    "place": "VARCHAR",
    "number": "BIGINT",
    "third": "VARCHAR",
    "available_at": "TIMESTAMP",
    "whole": "BIGINT",
    "text": "VARCHAR",
    "is_it": "BOOLEAN",
    "real": "DOUBLE",
    "then_at": "TIMESTAMP",
}
KEYS = ("place", "number", "third")
FEATURES = ["whole", "text", "is_it", "real", "then_at"]
CARRIERS = 20_000
_numbers = count(1)

places, numbers = st.sampled_from(["", "a", "ab", "ß", "\U0001f4e6"]), st.integers(-1, 1)
keys = st.tuples(places, numbers, st.sampled_from(["x", "y"]))
instants = st.integers(0, 150 * 24).map(lambda hour: at("2026-01-01") + timedelta(hours=hour))
values = st.tuples(
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | st.text(max_size=3),
    st.none() | st.booleans(),
    st.none() | st.floats(allow_nan=False),
    st.none() | instants,
)
facts = st.dictionaries(st.tuples(keys, instants), values, min_size=1, max_size=60)
nulls = st.tuples(st.none() | places, st.none() | numbers, st.none() | st.sampled_from(["x", "y"]))
asked_rows = st.lists(st.tuples(keys | nulls, instants), min_size=1, max_size=40)


def view_of(store: Location, found: dict[Any, Any]) -> View:
    rows = rows_of(TYPES, *((*key, t, *own) for (key, t), own in found.items()))
    return put_view(store, "view", rows, keys=KEYS)


def looked_up(store: Location, found: dict[Any, Any], *asked: pa.Table) -> list[pa.Table]:
    """The answers of a release of these facts at an empty place."""
    release(store, view_of(store, found))
    shelf = FeatureStore(store.uri())
    return [shelf.get_historical_features(rows, ["view"]).to_arrow() for rows in asked]


def entity_rows(rows: list[Any]) -> pa.Table:
    types = {name: TYPES[name] for name in KEYS} | {"event_timestamp": "TIMESTAMP"}
    return rows_of(types, *((*key, t) for key, t in rows))


@pytest.mark.filterwarnings("ignore:.*values are in no row")
@settings(max_examples=15)
@given(
    found=facts,
    asked=asked_rows,
    group=st.integers(1, 9),
    shuffle=st.integers(0, 99),
    later=instants,
)
def test_order_pieces_row_groups_and_later_facts_change_nothing(
    store: Location,
    found: dict[Any, Any],
    asked: list[Any],
    group: int,
    shuffle: int,
    later: Any,
) -> None:
    place = Location(store.bucket, f"{store.prefix}/{next(_numbers)}")
    rows = entity_rows(asked)
    expected = [
        found[max(own)] if own else (None,) * 5
        for key, t in asked
        for own in [[(k, i) for k, i in found if k == key and i <= t]]
    ]

    def features(table: pa.Table) -> list[Any]:
        return [tuple(row[name] for name in FEATURES) for row in table.to_pylist()]

    order = list(range(len(asked)))
    random.Random(shuffle).shuffle(order)
    whole, shuffled = looked_up(place, found, rows, rows.take(order))
    assert features(whole) == expected
    assert [field.type for field in whole.schema][4:] == [
        pa.int64(), pa.string(), pa.bool_(), pa.float64(), pa.timestamp("us")
    ]  # fmt: skip
    assert shuffled.equals(whole.take(order))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data_files, "ROW_GROUP_ROWS", group)
        (small,) = looked_up(Location(place.bucket, f"{place.prefix}/small"), found, rows)
    assert small.equals(whole)
    # A fact of each key that becomes available after every instant asked for.
    last = max(t for _, t in asked) + timedelta(hours=1 + later.hour)
    more = {(key, last): (7, "later", True, 7.0, None) for key, _ in found}
    (added,) = looked_up(Location(place.bucket, f"{place.prefix}/more"), {**more, **found}, rows)
    assert added.equals(whole)


def test_threads_change_no_byte(store: Location) -> None:
    rng = np.random.default_rng(1)
    rows = [((f"p{n % 50}", n % 3, "x"), n) for n in range(5000)]
    view = view_of(store, {
        (key, at("2026-01-01") + timedelta(hours=int(h))): (n, f"t{n}", None, n / 7, None)
        for (key, n), h in zip(rows, rng.permutation(4300)[:4300], strict=False)
    })  # fmt: skip
    asked = entity_rows([(key, at("2026-02-01") + timedelta(hours=n)) for key, n in rows[:2000]])
    release(store, view)
    shelf, threads = FeatureStore(store.uri()), pa.cpu_count()
    written = []
    try:
        for number in (1, 4):
            pa.set_cpu_count(number)
            to = f"{store.uri()}-sets/{number}.parquet"
            shelf.get_historical_features(asked, ["view"], to=to)
            found = s3.get(Location.parse(f"{store.uri()}-sets"), f"{number}.parquet")
            assert found is not None
            written.append(found[0])
    finally:
        pa.set_cpu_count(threads)
    assert written[0] == written[1]


def test_a_file_of_the_first_format_is_read(store: Location) -> None:
    """Format version 1: zstd, a manifest without the fields that came later."""
    found = {(("a", 1, "x"), at(f"2026-0{n}-01")): (n, "t", True, n / 3, None) for n in (1, 2, 3)}
    with pytest.MonkeyPatch.context() as patch:
        write = pq.write_table

        def as_before(rows: pa.Table, sink: Any, **_: Any) -> None:
            write(rows, sink, compression="zstd", row_group_size=2, write_page_checksum=True)

        patch.setattr(pq, "write_table", as_before)
        old = Location(store.bucket, f"{store.prefix}/old")
        asked = entity_rows([(("a", 1, "x"), at("2026-02-15"))])
        (before,) = looked_up(old, found, asked)
    assert before["whole"].to_pylist() == [2]
    assert looked_up(store, found, asked)[0].equals(before)
    names = {file.name for file in FeatureStore(old.uri()).feature_views()[0].files}
    assert names.isdisjoint(f.name for f in FeatureStore(store.uri()).feature_views()[0].files)


class Counted:
    """What a filesystem is asked to open, with the bytes read of it."""

    def __init__(self) -> None:
        self.system, self.bytes, self.reads = filesystem(), 0, 0

    def open_input_file(self, path: str) -> pa.PythonFile:
        outer, source = self, self.system.open_input_file(path)

        class File:
            closed = False
            seek, tell, close = source.seek, source.tell, source.close

            def read(self, size: int = -1) -> bytes:
                found: bytes = source.read(size)
                outer.bytes += len(found)
                outer.reads += 1
                return found

            def readable(self) -> bool:
                return True

            seekable = readable

        return pa.PythonFile(File(), mode="r")


@pytest.fixture
def busy(store: Location) -> ViewFiles:
    """A year of 20,000 carriers, 12 features, a row every third day: two row groups a month."""
    rng = np.random.default_rng(2)
    files: list[Any] = []
    days = np.arange("2026-01-01", "2027-01-01", dtype="datetime64[D]")[::3]
    days = days.astype("datetime64[us]")
    view = put_view(
        store,
        "daily",
        rows_of({"carrier_id": "BIGINT", "available_at": "TIMESTAMP"}),
        keys=("carrier_id",),
    )
    sending = data_files.Uploads(store, None)
    for month in range(1, 13):
        own = days[(days.astype("datetime64[M]").astype(int) % 12) == month - 1]
        rows = CARRIERS * len(own)
        table = pa.table(
            {
                "carrier_id": np.repeat(np.arange(CARRIERS), len(own)),
                "available_at": np.tile(own, CARRIERS),
                **{f"f{n}": rng.integers(0, 10**6, rows) / 100 for n in range(12)},
            }
        )
        files.append(sending.put("daily", f"2026-{month:02}", table))
    schema = pq.read_schema(f"{store.bucket}/{store.key(files[0].name)}", filesystem=filesystem())
    kinds = {pa.int64(): "BIGINT", pa.float64(): "DOUBLE", pa.timestamp("us"): "TIMESTAMP"}
    fields = [replace(view.fields[0], name=f.name, type=kinds[f.type]) for f in schema]
    view = replace(view, fields=fields, files=files, rows=sum(file.rows for file in files))
    counted: Any = Counted()
    return ViewFiles(store, view, counted)


def newest(files: ViewFiles, carriers: pa.Array, instants: Any, *features: str) -> list[pa.Array]:
    """The features of each carrier's newest row at its instant."""
    by_month = RowsByMonth(files.view.files, instants)
    with worker_threads() as pool:
        search = begin_search(pool, files, KeyIndex([carriers], len(carriers)), by_month, features)
        return [array.result() for array in search.fetch().arrays().values()]


def test_reading_little_fetches_little(busy: ViewFiles) -> None:
    """100 carriers of many, one month, 3 of 12 features: at most a tenth of the view's bytes."""
    rng = np.random.default_rng(3)
    carriers = pa.array(rng.choice(CARRIERS, 100, replace=False))
    june = np.datetime64("2026-06-01", "us").astype(np.int64)
    at_instants = june + rng.integers(0, 30 * 86_400_000_000, 100)
    found = newest(busy, carriers, at_instants, "f1", "f5", "f9")
    assert [column.null_count for column in found] == [0, 0, 0]
    whole = sum(file.bytes for file in busy.view.files)
    counted: Any = busy.s3
    assert 0 < counted.bytes < 0.1 * whole
    # One carrier is in one of the two row groups: the keys of the other are not read.
    fetched = []
    for few in (month_search.FEW_KEYS, 0):
        counted.bytes = 0
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(month_search, "FEW_KEYS", few)
            newest(busy, carriers[:1], at_instants[:1], "f1", "f5", "f9")
        fetched.append(counted.bytes)
    assert 0 < fetched[0] < fetched[1] < 0.02 * whole


def test_reading_most_fetches_each_file_once(busy: ViewFiles) -> None:
    """All features of 3,000 carriers: of the files, nothing is read twice, and 12 reads do it.

    Files beyond what may be held in memory are read row group by row group.
    """
    rng = np.random.default_rng(6)
    carriers = pa.array(rng.choice(CARRIERS, 3000, replace=False)).take(np.arange(36_000) % 3000)
    first, last = np.array(["2026-01-04", "2027-01-01"], "datetime64[us]").astype(np.int64)
    at_instants = rng.integers(first, last, 36_000)
    features = [f"f{n}" for n in range(12)]
    counted: Any = busy.s3
    fetched = newest(busy, carriers, at_instants, *features)
    whole = sum(file.bytes for file in busy.view.files)
    assert (counted.reads, counted.bytes) == (12, whole)
    counted.reads = counted.bytes = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asof_search, "HELD_BYTES", whole // 2)
        assert newest(busy, carriers, at_instants, *features) == fetched
    assert counted.reads > 12
    assert whole * 0.9 < counted.bytes <= whole


def test_a_key_beyond_those_of_all_row_groups_has_no_features(busy: ViewFiles) -> None:
    """No row of the view is read for it."""
    june = np.array(["2026-06-01"], "datetime64[us]").astype(np.int64)
    (column,) = newest(busy, pa.array([CARRIERS + 5]), june, "f1")
    assert column.to_pylist() == [None]


def test_a_lookup_imports_no_pandas(store: Location) -> None:
    view = view_of(store, {(("a", 1, "x"), at("2026-01-01")): (1, "t", True, 0.5, None)})
    release(store, view)
    program = f"""
import sys
import pyarrow as pa
from datetime import datetime
from milepost import FeatureStore
rows = pa.Table.from_pydict({{"place": ["a"], "number": [1], "third": ["x"]}})
pa_was = "pandas" in sys.modules
sys.modules["pandas"] = None
print(len(FeatureStore({store.uri()!r}).get_latest_features(rows, ["view"], allow_stale=True)))
"""
    ran = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=True)
    assert ran.stdout == b"1\n"
