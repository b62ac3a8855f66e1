"""The check of all raw tables on S3: lakes as they lie, faults in them, and what it costs."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from milepost.errors import LandingError
from milepost.raw import closed_tables
from milepost.raw.tables import ClosedTable, Column, RawTable
from milepost.storage import s3
from milepost.storage.location import Location
from raw.lake import parquet, requests

DAY = datetime(2026, 3, 5)
HOURLY = "{table}/dt={date}/hour={hour}"


def table(raw: Location, name: str = "loads", **declared: Any) -> RawTable:
    values: dict[str, Any] = {"id": name, "name": f"lake.{name}", "identifier": name}
    defaults = {"raw": raw, "columns": {}, "layout": HOURLY, "closed_by": "next_partition"}
    return RawTable(**values | defaults | declared)


def check(store: Location, *tables: RawTable) -> dict[str, ClosedTable]:
    return closed_tables.check(tables, store, writes=True)


def put(raw: Location, *names: str) -> None:
    for number, name in enumerate(names):
        s3.put(raw, name, parquet(number))


def put_hours(raw: Location, *hours: int, name: str = "loads") -> None:
    put(raw, *(f"{name}/dt=2026-03-05/hour={hour:02}/a.parquet" for hour in hours))


def refused(store: Location, message: str, *tables: RawTable) -> None:
    with pytest.raises(LandingError, match=message) as caught:
        check(store, *tables)
    assert caught.value.hint


def test_each_table_has_the_files_of_its_closed_partitions(raw: Location, store: Location) -> None:
    put_hours(raw, 0, 1, 2)
    put(raw, "claims/_SUCCESS", "claims/2026-03-05/a.parquet", "claims/2026-03-05/_SUCCESS")
    put(raw, "claims/2026-03-06/a.parquet", "notes.txt", "undeclared/a.parquet")
    daily = table(raw, "claims", layout="{table}/{date}", closed_by="success_file")
    tables = table(raw), daily
    closed = check(store, *tables)
    assert [file.uri for file in closed["loads"].files] == [
        raw.uri(f"loads/dt=2026-03-05/hour=0{hour}/a.parquet") for hour in (0, 1)
    ]
    assert closed["loads"].before == DAY + timedelta(hours=2)
    assert [file.uri for file in closed["claims"].files] == [raw.uri("claims/2026-03-05/a.parquet")]
    assert closed["claims"].before == DAY + timedelta(days=1)
    put_hours(raw, 3)
    assert check(store, *tables)["loads"].before == DAY + timedelta(hours=3)
    assert len(check(store, *tables)["loads"].files) == 3


def test_tables_that_share_folders_are_told_apart(raw: Location, store: Location) -> None:
    for day in ("2026-03-05", "2026-03-06"):
        put(raw, f"{day}/loads/a.parquet", f"{day}/claims/a.parquet")
    names = "loads", "claims"
    closed = check(store, *(table(raw, name, layout="{date}/{table}") for name in names))
    assert [file.uri for name in names for file in closed[name].files] == [
        raw.uri(f"2026-03-05/{name}/a.parquet") for name in names
    ]
    put(raw, "loads_2026-03.parquet", "loads_2026-04.parquet")
    put(raw, "loads_late_2026-03.parquet", "loads_late_2026-04.parquet")
    months = "{table}_{year}-{month}.parquet"
    monthly = [
        table(raw, name, layout=months, id=f"monthly_{name}") for name in ("loads", "loads_late")
    ]
    closed = check(store, *monthly)
    assert [[file.uri for file in closed[monthly[n].id].files] for n in (0, 1)] == [
        [raw.uri("loads_2026-03.parquet")],
        [raw.uri("loads_late_2026-03.parquet")],
    ]


def test_a_missing_hour_is_named(raw: Location, store: Location) -> None:
    put_hours(raw, 0, 2, 3)
    refused(store, r"partition 2026-03-05 01:00:00 UTC of raw table `lake.loads`", table(raw))


def test_a_half_written_upload_is_named(raw: Location, store: Location) -> None:
    put_hours(raw, 0, 1)
    name = "loads/dt=2026-03-05/hour=00/b.parquet"
    s3.put(raw, name, parquet(1)[:-9])
    refused(store, rf"`{raw.uri(name)}`", table(raw))


def test_an_object_of_a_wrong_name_is_named(raw: Location, store: Location) -> None:
    put_hours(raw, 0, 1)
    put(raw, "loads/dt=2026-03-05/a.parquet", "loads/readme.md")
    refused(
        store,
        rf"`{raw.uri('loads/dt=2026-03-05/a.parquet')}` is in no partition of raw table "
        r"`lake.loads`, whose layout is `.*`; 2 such objects",
        table(raw),
    )


@pytest.mark.parametrize("character", ["*", "?", "[", "]"])
def test_a_name_that_engines_take_for_a_pattern_is_named(
    raw: Location, store: Location, character: str
) -> None:
    put_hours(raw, 0, 1)
    put(raw, f"loads/dt=2026-03-05/hour=00/part{character}1.parquet")
    refused(store, r"part.1.parquet` has a character in its name", table(raw))


def test_an_empty_table_is_named(raw: Location, store: Location) -> None:
    put(raw, "loads/_SUCCESS")
    refused(store, rf"`lake.loads` has no file below `{raw.uri('loads')}`", table(raw))


def test_a_lake_without_a_store_is_refused(raw: Location) -> None:
    put_hours(raw, 0, 1)
    with pytest.raises(LandingError, match="there is no store") as caught:
        closed_tables.check([table(raw)], None, writes=True)
    assert "store_uri" in caught.value.hint


def test_a_silent_table_of_a_lake_is_named(raw: Location, store: Location) -> None:
    put_hours(raw, 0)
    put(raw, "loads/dt=2026-03-09/hour=00/a.parquet", "loads/dt=2026-03-09/hour=01/a.parquet")
    sparse = table(raw, missing_partitions="empty", rows_within_days=2)
    assert check(store, sparse)["loads"].files
    s3.put(raw, "loads/dt=2026-03-09/hour=01/a.parquet", parquet())
    put(raw, "loads/dt=2026-03-19/hour=00/a.parquet")
    refused(store, "`lake.loads` has had no row since 2026-03-09 01:00:00 UTC", sparse)


def test_a_file_without_a_date_in_its_name_stays_where_it_was_read(
    raw: Location, store: Location
) -> None:
    """Such files belong to the day in which they were written, which is today: it is open."""
    put(raw, "loads/a.parquet")
    refused(store, "no closed partition", table(raw, layout="{table}", closed_by="delay"))


def test_of_files_alike_the_newest_must_have_what_was_added(raw: Location, store: Location) -> None:
    """The file of the day before may lack the column, and has the same columns."""
    put(raw, "loads/2026-03-05/a.parquet", "loads/2026-03-06/a.parquet")
    put(raw, "loads/2026-03-07/a.parquet")
    daily = table(raw, layout="{table}/{date}")
    check(store, daily)  # the files are recorded: what is declared of them later is checked too
    miles = Column("miles", "bigint", added_on=DAY.date() + timedelta(days=1))
    daily = replace(daily, columns={"miles": miles})
    refused(store, "`miles` of raw table `lake.loads` is missing in `.*2026-03-06/a", daily)


@pytest.mark.parametrize(
    "hours", [120, pytest.param(8760, marks=[pytest.mark.slow, pytest.mark.full_size])]
)
def test_a_lake_with_nothing_new_is_checked_in_few_calls(
    raw: Location, store: Location, hours: int
) -> None:
    """At full size a year of hours of 10 tables: 87,600 folders."""
    instants = [DAY - timedelta(hours=n) for n in range(hours)]
    names = [f"table_{n}" for n in range(10)]
    body = parquet(1)
    with ThreadPoolExecutor(16) as pool:
        files = [
            f"{name}/dt={at:%Y-%m-%d}/hour={at:%H}/a.parquet" for name in names for at in instants
        ]
        list(pool.map(lambda file: s3.put(raw, file, body), files))
    tables = [table(raw, name, closed_by="delay") for name in names]
    first = check(store, *tables)
    assert sum(len(closed.files) for closed in first.values()) == 10 * hours
    began = time.monotonic()
    with requests() as calls:
        assert check(store, *tables) == first
    seconds = time.monotonic() - began
    pages = 10 * -(-hours // 1000)
    # Beside the listing: the clock, the ledger's pointer and its parts.
    assert pages <= len(calls) <= pages + 9
    assert seconds < 5, f"{seconds} s"
