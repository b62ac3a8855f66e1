"""What S3 has of a raw table at one moment: its files by partition, or the commits of its format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from milepost.raw.tables import Partition, RawTable
from milepost.storage.s3 import ObjectMeta


@dataclass(frozen=True)
class Landing:
    """A commit of a table format: the files that it added, and the names of those it removed.

    The name of a file is its whole URI, and its identity: a format never writes to a name twice.
    """

    committed_at: datetime
    added: Sequence[ObjectMeta]
    removed: Sequence[str] = ()


@dataclass(frozen=True)
class Listing:
    """The data files of a raw table, as S3 lists them.

    `objects` has every data file of the table by its partition, also of partitions that are open.
    `closed` are the closed partitions in order, with those that have no file. A table format gives
    `landings` in the order of their commits, and neither `objects` nor `closed`.
    """

    table: RawTable
    objects: Mapping[Partition, Sequence[ObjectMeta]]
    closed: Sequence[Partition]
    landings: Sequence[Landing] = ()
