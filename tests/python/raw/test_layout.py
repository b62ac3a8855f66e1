"""Layouts: an object's name says its partition, in any zone; what is no data is told apart."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from milepost.raw.layout import Layout
from milepost.raw.tables import Partition

WRITTEN = datetime(2026, 3, 9, 10, 30)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def layout(text: str, zone: str = "UTC") -> Layout:
    return Layout.parse(text, "loads", zone)


@pytest.mark.parametrize(
    ("text", "name", "starts_at", "length"),
    [
        ("{table}/landing_date={date}", "loads/landing_date=2026-03-05/a.parquet", (5, 0), DAY),
        ("{table}/dt={date}/hour={hour}", "loads/dt=2026-03-05/hour=13/a", (5, 13), HOUR),
        ("{table}/dt={date}/hour={hour}", "loads/dt=2026-03-05/hour=7/a", (5, 7), HOUR),
        ("y={year}/m={month}/d={day}", "y=2026/m=3/d=05/a", (5, 0), DAY),
        ("{table}/{year}/{month}/{day}/{hour}", "loads/2026/03/05/13/a", (5, 13), HOUR),
        ("dt={date}/{table}", "dt=2026-03-05/loads/a", (5, 0), DAY),
        ("{date}.parquet", "2026-03-05.parquet", (5, 0), DAY),
        ("{table}_{year}{month}{day}.parquet", "loads_20260305.parquet", (5, 0), DAY),
        ("flights_{year}-{month}.parquet", "flights_2026-03.parquet", (1, 0), 31 * DAY),
        ("{table}", "loads/a.parquet", (9, 0), DAY),
        ("{table}.parquet", "loads.parquet", (9, 0), DAY),
        ("", "a.parquet", (9, 0), DAY),
    ],
)  # fmt: skip
def test_a_name_says_its_partition(
    text: str, name: str, starts_at: tuple[int, int], length: timedelta
) -> None:
    start = datetime(2026, 3, *starts_at)
    assert layout(text).partition(name, WRITTEN) == Partition(start, start + length)
    assert layout(text).is_data(name)
    assert name.startswith(layout(text).prefix)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("{table}/dt={date}", "loads/dt=2026-02-30/a"),
        ("{table}/dt={date}", "loads/dt=2026-03-05/region=west/a"),
        ("{table}/dt={date}", "loads/dt=2026-03-05"),
        ("{table}/dt={date}", "loads/a"),
        ("{table}/dt={date}/hour={hour}", "loads/dt=2026-03-05/hour=24/a"),
        ("{table}/dt={date}/hour={hour}", "loads/dt=2026-03-05/a"),
        ("{table}", "loads/more/a"),
    ],
)
def test_a_name_that_is_out_of_place_has_no_partition_and_is_data(text: str, name: str) -> None:
    assert layout(text).partition(name, WRITTEN) is None
    assert layout(text).is_data(name)


@pytest.mark.parametrize(
    "name",
    [
        *("loads/dt=2026-03-05/_SUCCESS", "loads/dt=2026-03-05/.part.crc", "loads/_SUCCESS"),
        *("loads/dt=2026-03-05/part.parquet.crc", "loads/_temporary/0/part.parquet"),
        *("loads/dt=2026-03-05/", "loads/dt=2026-03-05/_tmp/part.parquet", "loads/.hoodie/x/y"),
        "loads/dt=2026-03-05_$folder$",
    ],
)
def test_notes_of_writers_are_no_data(name: str) -> None:
    assert not layout("{table}/dt={date}").is_data(name)


def test_folders_of_the_layout_may_be_named_like_notes() -> None:
    assert layout("_raw/{table}/_dt={date}").is_data("_raw/loads/_dt=2026-03-05/a.parquet")
    assert not layout("_raw/{table}/_dt={date}").is_data("_raw/loads/_dt=2026-03-05/_a.parquet")


def test_other_tables_below_a_date_are_not_looked_at() -> None:
    by_date = layout("dt={date}/{table}")
    assert not by_date.is_data("dt=2026-03-05/claims/a.parquet")
    assert by_date.is_data("dt=2026-03-05/loads/more/a.parquet")
    assert by_date.is_data("dt=yesterday/loads/a.parquet")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{table}/{dt}", "`{dt}` is no part of a layout"),
        ("{date}/{date}", "stands twice"),
        ("{table}/{date}/{year}", "names one twice"),
        ("{table}/{month}/{day}", "larger parts"),
        ("{table}/{hour}", "larger parts"),
        ("{table}/{year}", "larger parts"),
        ("{table}/", "no path of folders"),
        ("/{table}", "no path of folders"),
        ("{table}/*/{date}", "no path of folders"),
    ],
)
def test_a_layout_that_says_no_partition_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        layout(text)


def test_days_and_hours_of_a_zone_are_in_utc() -> None:
    new_york = layout("{table}/{date}", "America/New_York")
    assert new_york.partition("loads/2026-03-07/a", WRITTEN) == Partition(
        datetime(2026, 3, 7, 5), datetime(2026, 3, 8, 5)
    )
    # the day on which clocks are put forward has 23 hours
    assert new_york.partition("loads/2026-03-08/a", WRITTEN) == Partition(
        datetime(2026, 3, 8, 5), datetime(2026, 3, 9, 4)
    )


def test_an_hour_that_a_clock_shows_twice_has_two_hours_and_a_skipped_one_is_none() -> None:
    berlin = layout("{table}/{date}/{hour}", "Europe/Berlin")
    assert berlin.partition("loads/2026-10-25/02/a", WRITTEN) == Partition(
        datetime(2026, 10, 25, 0), datetime(2026, 10, 25, 2)
    )
    assert berlin.partition("loads/2026-03-29/02/a", WRITTEN) is None


# Clocks that change by half an hour, at midnight, at one minute past, and by a whole day.
@pytest.mark.parametrize(
    ("zone", "change"),
    [
        ("UTC", datetime(2026, 1, 1)),
        ("Europe/Berlin", datetime(2026, 3, 29)),
        ("Europe/Berlin", datetime(2026, 10, 25)),
        ("Australia/Lord_Howe", datetime(2026, 4, 4)),
        ("Australia/Lord_Howe", datetime(2026, 10, 3)),
        ("America/Havana", datetime(2026, 3, 8)),
        ("America/Havana", datetime(2026, 11, 1)),
        ("Africa/Cairo", datetime(2026, 4, 24)),
        ("Asia/Gaza", datetime(2011, 4, 1)),
        ("Pacific/Apia", datetime(2011, 12, 30)),
        ("Asia/Kolkata", datetime(2026, 1, 1)),
    ],
)
@pytest.mark.parametrize(
    "text", ["{table}/{date}/{hour}", "{table}/{date}", "{table}/{year}/{month}"]
)
def test_partitions_touch_and_never_overlap(text: str, zone: str, change: datetime) -> None:
    of_zone = layout(text, zone)
    partition = of_zone.at(change - 3 * DAY)
    while partition.ends_at < change + 3 * DAY:
        following = of_zone.at(partition.ends_at)
        assert following.starts_at == partition.ends_at
        assert of_zone.at(partition.ends_at - timedelta(microseconds=1)) == partition
        partition = following
