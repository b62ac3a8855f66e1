"""Closing by success files, delay and the next partition: what is closed, and which gaps stop."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from milepost.errors import LandingError
from milepost.raw.closed_tables import check_clock
from milepost.raw.closing import ClosedListing, PartitionedListing, Span, close
from milepost.raw.layout import Layout
from milepost.raw.silence import check_silence
from milepost.raw.tables import ClosedTable, Partition, RawFile, RawTable
from milepost.storage.location import Location
from milepost.storage.s3 import ObjectMeta

DAY = datetime(2026, 3, 5)


def hour(number: int) -> datetime:
    return DAY + timedelta(hours=number)


def partition(number: int) -> Partition:
    return Partition(hour(number), hour(number + 1))


def table(closed_by: Any, **declared: Any) -> RawTable:
    values: dict[str, Any] = {"id": "loads", "name": "lake.loads", "identifier": "loads"}
    return RawTable(
        **values
        | {"raw": Location("lake", ""), "columns": {}, "closed_by": closed_by}
        | {"layout": "{table}/{date}/{hour}"}
        | declared
    )


def closed(
    of: RawTable,
    hours: Sequence[int],
    now: datetime,
    *,
    successes: Sequence[int] = (),
    earlier: Span | None = None,
) -> ClosedListing:
    """Close a table with a file in each of the hours, and `_SUCCESS` in some."""
    files = {partition(number): [ObjectMeta(f"{number}", 1, "", hour(number))] for number in hours}
    layout = Layout.parse(of.layout, of.identifier, of.time_zone)
    complete = frozenset(partition(number) for number in successes)
    return close(of, layout, PartitionedListing(files, complete), now, earlier)


def hours_of(listing: ClosedListing) -> list[int]:
    return [
        int((partition.starts_at - DAY) / timedelta(hours=1)) for partition in listing.partitions
    ]


def refused(message: str, *arguments: Any, **options: Any) -> None:
    with pytest.raises(LandingError) as caught:
        closed(*arguments, **options)
    assert message in caught.value.message
    assert "`lake.loads`" in caught.value.message
    assert caught.value.hint


BY_DELAY = table("delay", closing_delay=timedelta(minutes=20))


def test_a_partition_is_closed_when_its_delay_is_over() -> None:
    for now, before in ((hour(3) + timedelta(minutes=20), 3), (hour(3), 2)):
        listing = closed(BY_DELAY, [0, 1, 2, 3], now)
        assert listing.span == Span(hour(0), hour(before))
        assert hours_of(listing) == list(range(before))


def test_a_partition_that_is_missing_at_the_end_is_awaited() -> None:
    assert closed(BY_DELAY, [0, 1], hour(9)).span.before == hour(2)


def test_a_partition_that_is_missing_before_a_closed_one_is_named() -> None:
    refused(
        "partition 2026-03-05 01:00:00 UTC of raw table `lake.loads` has no file, while "
        "2026-03-05 02:00:00 is closed",
        *(BY_DELAY, [0, 2], hour(9)),
    )
    # Before one that is open it may still come.
    assert closed(BY_DELAY, [0, 2], hour(3)).span.before == hour(1)


def test_where_nothing_may_have_happened_a_missing_partition_is_empty() -> None:
    sparse = table("delay", missing_partitions="empty")
    listing = closed(sparse, [0, 3], hour(6))
    assert hours_of(listing) == [0, 1, 2, 3, 4, 5]
    assert [len(files) for files in listing.partitions.values()] == [1, 0, 0, 1, 0, 0]
    assert listing.span == Span(hour(0), hour(6))


def test_a_partition_is_closed_when_a_later_one_has_begun() -> None:
    by_next = table("next_partition")
    assert closed(by_next, [0, 1, 2], hour(9)).span == Span(hour(0), hour(2))
    # A later one that the clock has not reached says nothing.
    assert closed(by_next, [0, 1, 2, 400], hour(9)).span == Span(hour(0), hour(2))
    refused("has no file, while", by_next, [0, 2, 3], hour(9))
    sparse = table("next_partition", missing_partitions="empty")
    assert hours_of(closed(sparse, [0, 3], hour(9))) == [0, 1, 2]


BY_SUCCESS = table("success_file")


def test_a_partition_is_closed_by_its_success_file() -> None:
    listing = closed(BY_SUCCESS, [0, 1, 2], hour(9), successes=[0, 1])
    assert listing.span == Span(hour(0), hour(2))


def test_a_success_file_without_files_is_an_empty_partition() -> None:
    listing = closed(BY_SUCCESS, [0, 2], hour(9), successes=[0, 1, 2])
    assert [len(files) for files in listing.partitions.values()] == [1, 0, 1]


def test_a_success_file_before_the_end_closes_nothing() -> None:
    assert closed(BY_SUCCESS, [0, 1], hour(1), successes=[0, 1]).span.before == hour(1)


@pytest.mark.parametrize("missing_partitions", ["error", "empty"])
def test_files_without_a_success_file_before_a_closed_partition_are_named(
    missing_partitions: str,
) -> None:
    of = table("success_file", missing_partitions=missing_partitions)
    refused("01:00:00 UTC", of, [0, 1, 2], hour(9), successes=[0, 2])
    refused("has files, but no `_SUCCESS`", of, [0, 1, 2], hour(9), successes=[0, 2])


def test_a_table_without_a_closed_partition_is_named() -> None:
    refused("no closed partition", BY_DELAY, [0], hour(1))
    refused("no partition has begun", BY_DELAY, [40], hour(1))
    refused("2026-03-05 00:00:00 UTC is still open", BY_SUCCESS, [0, 1], hour(9))
    refused("no closed partition", table("next_partition"), [0], hour(9))


def test_what_was_closed_stays_closed() -> None:
    earlier = Span(hour(0), hour(4))
    longer = table("delay", closing_delay=timedelta(hours=3))
    listing = closed(longer, [0, 1, 2, 3, 4], hour(4), earlier=earlier)
    assert listing.span == earlier
    # Its files vanished: the ledger names them, a gap would say less.
    assert hours_of(closed(longer, [0, 3, 4], hour(4), earlier=earlier)) == [0, 1, 2, 3]
    assert closed(longer, [0, 1, 2, 3, 4], hour(8), earlier=earlier).span.before == hour(5)


def test_a_file_before_the_first_partition_does_not_move_it() -> None:
    listing = closed(BY_DELAY, [-5, 0, 1], hour(9), earlier=Span(hour(0), hour(1)))
    assert listing.span == Span(hour(0), hour(2))
    assert hours_of(listing) == [-5, 0, 1]


def test_another_layout_than_the_one_that_was_read_is_refused() -> None:
    daily = table("delay", layout="{table}/{date}")
    refused(
        "was read in other partitions than those of `{table}/{date}` in UTC",
        *(daily, [], hour(99)),
        earlier=Span(hour(0), hour(4)),
    )


def test_files_without_dates_in_their_names_leave_no_gap() -> None:
    of = table("delay", layout="{table}")
    days = [Partition(DAY + timedelta(days=n), DAY + timedelta(days=n + 1)) for n in (0, 3)]
    files = {day: [ObjectMeta("x", 1, "", day.starts_at)] for day in days}
    layout = Layout.parse("{table}", "loads", "UTC")
    listing = close(of, layout, PartitionedListing(files), DAY + timedelta(days=5, hours=1), None)
    assert listing.span == Span(DAY, DAY + timedelta(days=5))
    assert [len(items) for items in listing.partitions.values()] == [1, 0, 0, 1, 0]


@pytest.mark.parametrize("now", [datetime(2026, 3, 30), datetime(2026, 10, 27)])
def test_hours_that_clocks_skip_or_show_twice_leave_no_gap(now: datetime) -> None:
    of = table("delay", time_zone="Europe/Berlin")
    layout = Layout.parse(of.layout, of.identifier, of.time_zone)
    files: dict[Partition, list[ObjectMeta]] = {}
    partition = layout.at(now - timedelta(days=3))
    while partition.starts_at < now:
        local = partition.starts_at.replace(tzinfo=UTC).astimezone(layout.zone)
        name = f"loads/{local:%Y-%m-%d/%H}/a.parquet"
        assert layout.partition(name, now) == partition
        files[partition] = [ObjectMeta(name, 1, "", now)]
        partition = layout.at(partition.ends_at)
    listing = close(of, layout, PartitionedListing(files), now, None)
    assert listing.span == Span(now - timedelta(days=3), now)


def test_a_clock_that_jumped_is_refused() -> None:
    check_clock(DAY, DAY + timedelta(minutes=4))
    for jump in (timedelta(minutes=6), -timedelta(days=1)):
        with pytest.raises(LandingError, match="the clock of the S3 server says 2026-03-05"):
            check_clock(DAY, DAY + jump)


def silence(of: RawTable, *rows: int, before: int) -> None:
    """Check the silence of a table that has so many rows in each hour, from the first on."""
    files = tuple(
        RawFile("", hour(n), hour(n + 1) + of.closing_delay, {}, count)
        for n, count in enumerate(rows)
    )
    check_silence(of, ClosedTable(hour(0), hour(before), 0, files))


def test_a_silent_table_is_named_after_as_many_days_as_it_declares() -> None:
    of = table("delay", rows_within_days=1, closing_delay=timedelta(hours=2))
    silence(of, 1, 0, 0, before=24)
    with pytest.raises(LandingError, match=r"`lake.loads` has had no row since 2026-03-05 01:00"):
        silence(of, 1, 0, 0, before=25)
    silence(of, 0, 0, before=99)


def test_quiet_dates_are_no_silence() -> None:
    quiet = frozenset({date(2026, 3, 6), date(2026, 3, 4)})
    of = table("delay", rows_within_days=1, quiet_dates=quiet)
    silence(of, 1, before=48)
    with pytest.raises(LandingError, match="`quiet_dates`"):
        silence(of, 1, before=49)
    # In New York the 6th of March begins at 05:00 UTC, and the 4th ends at 05:00 UTC.
    there = table("delay", rows_within_days=1, quiet_dates=quiet, time_zone="America/New_York")
    silence(there, 1, before=24 + 4)
    with pytest.raises(LandingError):
        silence(there, 1, before=24 + 5)


def test_a_late_file_ends_a_silence_when_it_was_seen() -> None:
    of = table("delay", rows_within_days=1, closing_delay=timedelta(hours=2))
    seen_at = hour(30)
    late = RawFile("", seen_at, seen_at + timedelta(microseconds=1), {}, 1, known_from=seen_at)
    check_silence(of, ClosedTable(hour(0), hour(53), 0, (late,)))
    with pytest.raises(LandingError):
        check_silence(of, ClosedTable(hour(0), hour(55), 0, (late,)))
