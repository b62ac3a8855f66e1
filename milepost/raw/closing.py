"""Which partitions of a raw table are closed, where its loader writes no markers of ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from milepost.raw.tables import Landing, Partition, RawTable
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
    `span.first` has files that came after its table was first read. A table format has `landings`
    in the order of their commits instead.
    """

    table: RawTable
    span: Span
    partitions: Mapping[Partition, Sequence[ObjectMeta]]
    landings: Sequence[Landing] = ()
