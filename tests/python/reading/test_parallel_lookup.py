"""Lookups by several threads: values, warnings and errors are those of one thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest

from milepost import FeatureStore
from milepost.errors import ReleaseError
from milepost.reading import asof_search, month_search
from milepost.reading.worker_threads import THREADS_PER_CORE, worker_threads
from milepost.release.manifest import View
from milepost.storage import s3
from milepost.storage.client import client
from milepost.storage.location import Location
from small_releases import at, put_view, release

DAY = 86_400_000_000
FIRST = at("2026-01-01")
THREADS = (1, 2, 8)
VIEWS = ["daily", "irregular", "pairs"]


@contextmanager
def threads(count: int) -> Iterator[None]:
    """As many threads as a person gives pyarrow."""
    before = pa.cpu_count()
    pa.set_cpu_count(count)
    try:
        yield
    finally:
        pa.set_cpu_count(before)


def instants(microseconds: np.ndarray) -> pa.Array:
    return pa.array(np.datetime64(FIRST, "us") + microseconds.astype("timedelta64[us]"))


def features(rng: np.random.Generator, prefix: str, count: int) -> dict[str, pa.Array]:
    """One of each type; a tenth is null."""
    draws = rng.integers(0, 10**6, count)
    is_null = rng.random(count) < 0.1
    return {
        f"{prefix}_whole": pa.array(draws, mask=is_null),
        f"{prefix}_real": pa.array(draws / 7),
        f"{prefix}_text": pa.array([f"t{n}" for n in draws.tolist()], mask=is_null),
        f"{prefix}_is_it": pa.array(draws % 2 == 0, mask=is_null),
        f"{prefix}_then_at": instants(draws),
    }


@pytest.fixture
def views(store: Location) -> list[View]:
    """Five months of a daily grid, of instants without a grid, and of pairs of two keys.

    The daily grid begins on the fourth of each month.
    """
    rng = np.random.default_rng(4)
    days = np.arange(150)
    dates = np.datetime64(FIRST, "D") + days
    days = days[dates - dates.astype("datetime64[M]").astype("datetime64[D]") >= np.timedelta64(3)]
    daily = pa.table({
        "carrier_id": np.repeat(np.arange(40), len(days)),
        "available_at": instants(np.tile(days, 40) * DAY),
        **features(rng, "d", 40 * len(days)),
    })  # fmt: skip
    irregular = pa.table({
        "carrier_id": pa.array(rng.integers(0, 60, 4000)),
        "available_at": instants(rng.choice(150 * DAY, 4000, replace=False)),
        **features(rng, "i", 4000),
    })  # fmt: skip
    pairs = pa.table({
        "lane": pa.array([f"lane {n}" for n in rng.integers(0, 9, 4000).tolist()]),
        "carrier_id": pa.array(rng.integers(0, 60, 4000)),
        "available_at": instants(rng.choice(150 * DAY, 4000, replace=False)),
        **features(rng, "p", 4000),
    })  # fmt: skip
    return [
        put_view(store, "daily", daily),
        put_view(store, "irregular", irregular),
        put_view(store, "pairs", pairs, keys=("lane", "carrier_id")),
    ]


def entity_rows(count: int) -> pa.Table:
    """Some before every row of their key, some of keys that are null or in no view."""
    rng = np.random.default_rng(5)
    carriers = rng.integers(0, 70, count)
    return pa.table({
        "carrier_id": pa.array(carriers, mask=rng.random(count) < 0.05),
        "lane": pa.array([f"lane {n}" for n in rng.integers(0, 10, count).tolist()]),
        "event_timestamp": instants(rng.integers(-DAY, 170 * DAY, count)),
    })  # fmt: skip


def looked_up(shelf: FeatureStore, rows: pa.Table, names: list[str] = VIEWS) -> pa.Table:
    found = shelf.get_historical_features(rows, names, allow_early=True)
    return found.to_arrow()


@pytest.mark.parametrize("count", [300, 30_000], ids=["few_rows", "many_rows"])
def test_any_number_of_threads_gives_the_same_table(
    store: Location, views: list[View], count: int
) -> None:
    """Of few rows each is bisected, of many they are looked up in a table; both give the same."""
    release(store, *views)
    shelf, rows = FeatureStore(store.uri()), entity_rows(count)
    tables = []
    for number in THREADS:
        with threads(number):
            tables.append(looked_up(shelf, rows))
    assert tables[0].num_rows == count
    assert 0 < tables[0]["d_real"].null_count < count / 2
    for module, constant, value in (
        (month_search, "CELLS_PER_ENTITY_ROW", 0),
        (month_search, "CELLS_PER_ENTITY_ROW", 10**9),
        (asof_search, "MANY_KEYS", 0),  # files are fetched at once
    ):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, constant, value)
            tables.append(looked_up(shelf, rows))
    for table in tables[1:]:
        table.validate(full=True)
        assert table.equals(tables[0])


def test_lookups_at_the_same_time_do_not_meet(store: Location, views: list[View]) -> None:
    release(store, *views)
    shelf, rows = FeatureStore(store.uri()), entity_rows(5000)
    expected = looked_up(shelf, rows)
    parts = [rows.slice(start, 1000) for start in range(0, 5000, 1000)]
    with ThreadPoolExecutor(len(parts)) as pool:
        tables = list(pool.map(lambda part: looked_up(shelf, part), parts))
    assert pa.concat_tables(tables).equals(expected)


@pytest.mark.parametrize("names", [VIEWS, VIEWS[::-1]], ids=["in_order", "backwards"])
@pytest.mark.parametrize("number", THREADS)
def test_the_error_is_that_of_the_first_view(
    store: Location, views: list[View], names: list[str], number: int
) -> None:
    """The newest month of each view is gone: its search fails, whichever thread is first."""
    release(store, *views)
    shelf = FeatureStore(store.uri())
    for view in views:
        newest = max(view.files, key=lambda file: file.month)
        client().delete_object(Bucket=store.bucket, Key=store.key(newest.name))
    before = threading.active_count()
    with threads(number), pytest.raises(ReleaseError, match=f"data/{names[0]}/2026-05/"):
        looked_up(shelf, entity_rows(2000), names)
    assert threading.active_count() == before


def test_an_error_of_a_page_comes_before_one_of_a_later_view(
    store: Location, views: list[View]
) -> None:
    """Features are read after the search of the next view, and yet their error is the first."""
    release(store, *views)
    shelf = FeatureStore(store.uri())
    daily, irregular, _ = views
    file = max(daily.files, key=lambda file: file.month)
    stored = s3.get(store, file.name)
    assert stored is not None
    body = bytearray(stored[0])
    body[-file.footer_bytes - 5] ^= 1  # in the last feature's page
    client().put_object(Bucket=store.bucket, Key=store.key(file.name), Body=bytes(body))
    for other in irregular.files:
        client().delete_object(Bucket=store.bucket, Key=store.key(other.name))
    for number in THREADS:
        with threads(number), pytest.raises(ReleaseError, match=r"data/daily/2026-05/.*checksum"):
            looked_up(shelf, entity_rows(2000))


def test_after_an_interrupt_nothing_more_begins() -> None:
    is_cancelled = threading.Event()
    running: list[Future[bool]] = []
    waiting: list[Future[int]] = []

    def interrupted() -> None:
        with threads(2), worker_threads() as pool:
            running.extend(pool.submit(is_cancelled.wait, 60) for _ in range(2 * THREADS_PER_CORE))
            waiting.extend(pool.submit(int) for _ in range(100))
            waiting[-1].add_done_callback(lambda _: is_cancelled.set())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert all(future.result() for future in running)
    assert all(future.cancelled() for future in waiting)


def test_pairs_of_many_values_are_told_apart(store: Location) -> None:
    """The product of the counts of values is above 2**32, in which they were once numbered."""
    count = 70_000
    ids = np.arange(count)
    rows = pa.table({
        "carrier_id": ids,
        "lane_id": ids[::-1],
        "available_at": instants(np.zeros(count)),
        "whole": ids,
    })  # fmt: skip
    release(store, put_view(store, "pairs", rows, keys=("carrier_id", "lane_id")))
    asked = rows.select(["carrier_id", "lane_id"]).append_column(
        "event_timestamp", pa.array([FIRST + timedelta(hours=1)] * count, pa.timestamp("us"))
    )
    assert looked_up(FeatureStore(store.uri()), asked, ["pairs"])["whole"].equals(rows["whole"])
