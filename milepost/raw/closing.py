"""Which partitions of a raw table are closed, where its loader writes no markers of ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from milepost.raw.tables import Partition, RawTable
from milepost.storage.s3 import ObjectMeta


@dataclass(frozen=True)
class Span:
    """All partitions from `first` up to the one that starts at `before`."""

    first: datetime
    before: datetime


@dataclass(frozen=True)
class ClosedListing:
    """The closed partitions of a raw table as S3 lists them now, in order.

    `partitions` has each closed partition, with no object where it is empty. One that starts before
    `span.first` has files that came after its table was first read.
    """

    table: RawTable
    span: Span
    partitions: Mapping[Partition, Sequence[ObjectMeta]]


# What `closed_tables.check` asks of `milepost/raw/ledger.py`:
#
#     ledger = read(store: Location) -> Ledger       the pointer and its parts, read once
#     ledger.span(table_id: str) -> Span | None      what earlier builds closed: it stays closed
#     ledger.partitions(table_id: str) -> Mapping[str, Partition]
#                                                    by file name; of layouts without dates, whose
#                                                    files keep the partition in which they were
#     ledger.remember(listings: Sequence[ClosedListing], seen_at: datetime, *, writes: bool)
#         -> dict[str, ClosedTable]                  by table id: compares, reads the footers of new
#                                                    files, records all tables in one write where
#                                                    `writes`, and answers files, rewrites, reopened
#
# The names of `partitions` are below `table.raw`; `seen_at` is S3's clock, naive UTC.
