"""Which partitions of a raw table are closed, where its loader writes no markers of ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from milepost.errors import LandingError
from milepost.raw.layout import Layout
from milepost.raw.tables import Landing, Partition, RawTable
from milepost.storage.s3 import ObjectMeta


@dataclass(frozen=True)
class Span:
    """All partitions from `first` up to the one that starts at `before`."""

    first: datetime
    before: datetime


@dataclass(frozen=True)
class PartitionedListing:
    """The files of a raw table by their partitions, and the partitions that have a `_SUCCESS`."""

    files: Mapping[Partition, Sequence[ObjectMeta]]
    successes: frozenset[Partition] = field(default_factory=frozenset)


@dataclass(frozen=True)
class ClosedListing:
    """The closed partitions of a raw table as S3 lists them now, in order.

    `partitions` has each closed partition, with no object where it is empty. One that starts before
    `span.first` has files that came after its table was first read. A table format has `landings`
    in the order of their commits instead.
    """

    table: RawTable
    span: Span
    partitions: Mapping[Partition, Sequence[ObjectMeta]]
    landings: Sequence[Landing] = ()


def close(
    table: RawTable,
    layout: Layout,
    listing: PartitionedListing,
    now: datetime,
    earlier: Span | None,
) -> ClosedListing:
    """Return the partitions of a table that are closed: all up to the first that is not.

    `now` is S3's clock: no partition is closed before it is over. `earlier` is what an earlier
    build closed, which stays closed. Raises a LandingError for a partition that is missing or not
    complete before a closed one, and for a table without any closed partition.
    """
    begun = sorted(
        partition
        for partition in {*listing.files, *listing.successes}
        if partition.starts_at <= now
    )
    is_closed = _rule(table, listing, begun, now)
    newest_closed = next((partition for partition in reversed(begun) if is_closed(partition)), None)
    # After a history nothing is known: no file is not a day without rows, unless declared so.
    is_written_at_will = layout.unit is None and table.covers is None
    may_be_empty = table.missing_partitions == "empty" or is_written_at_will
    partitions: dict[Partition, Sequence[ObjectMeta]] = {}

    def closes(partition: Partition) -> bool:
        """Add a partition if it is closed, and return whether it is."""
        files = listing.files.get(partition, ())
        is_present = bool(files) or partition in listing.successes
        if earlier and partition.ends_at <= earlier.before:
            is_added = True
        elif is_present:
            is_added = is_closed(partition)
        else:
            is_added = may_be_empty and is_over(partition)
        if is_added:
            partitions[partition] = files
        elif newest_closed and partition < newest_closed:
            raise _gap(table, partition, newest_closed, is_present=is_present)
        return is_added

    def is_over(partition: Partition) -> bool:
        """Return whether no file is expected any more in a partition that has none."""
        if table.closed_by == "delay":
            return partition.ends_at + table.closing_delay <= now
        is_next = table.closed_by == "next_partition"
        newest = max(begun, default=None) if is_next else newest_closed
        return newest is not None and partition < newest

    if not begun and not earlier:
        raise _nothing_closed(table, layout, "no partition has begun")
    first = earlier.first if earlier else begun[0].starts_at
    partitions.update(
        (partition, listing.files[partition])
        for partition in begun
        if partition.starts_at < first and partition in listing.files
    )
    following = iter([partition for partition in begun if partition.starts_at >= first])
    present = next(following, None)
    expected = first
    while True:
        if present and present.starts_at == expected:
            partition, present = present, next(following, None)
        else:
            partition = layout.at(expected)
        if (
            partition.starts_at != expected
            or (present and present.starts_at < partition.ends_at)
            or (earlier and partition.starts_at < earlier.before < partition.ends_at)
        ):
            raise LandingError(
                f"raw table `{table.name}` was read in other partitions than those of "
                f"`{table.layout}` in {table.time_zone}: there is none from {expected} UTC",
                hint="restore `layout` and `time_zone`, or give the table another name in the "
                "source's YAML and its old one as `identifier`: it is read anew then",
            )
        if not closes(partition):
            break
        expected = partition.ends_at
    if expected == first:
        raise _nothing_closed(table, layout, f"partition {begun[0].starts_at} UTC is still open")
    return ClosedListing(table, Span(first, expected), dict(sorted(partitions.items())))


def _rule(
    table: RawTable, listing: PartitionedListing, begun: Sequence[Partition], now: datetime
) -> Callable[[Partition], bool]:
    """Return what says of a partition with a file or a `_SUCCESS` whether it is closed."""
    if table.closed_by == "delay":
        return lambda partition: partition.ends_at + table.closing_delay <= now
    if table.closed_by == "success_file":
        return lambda partition: partition in listing.successes and partition.ends_at <= now
    return lambda partition: partition < begun[-1]


def _gap(
    table: RawTable, partition: Partition, closed: Partition, *, is_present: bool
) -> LandingError:
    lacks = "files, but no `_SUCCESS`" if is_present else "no file"
    return LandingError(
        f"partition {partition.starts_at} UTC of raw table `{table.name}` has {lacks}, while "
        f"{closed.starts_at} is closed",
        hint="let its loader complete it"
        + ("" if is_present else "; where no file means no row, say `missing_partitions: empty`"),
    )


def _nothing_closed(table: RawTable, layout: Layout, why: str) -> LandingError:
    return LandingError(
        f"raw table `{table.name}` has no closed partition below "
        f"`{table.raw.uri(layout.prefix)}`: {why}",
        hint=f"`closed_by: {table.closed_by}` in the source's YAML says when one is closed: see "
        "docs/reference/sources.md",
    )
