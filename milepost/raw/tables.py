"""Raw tables: what a source declares of one, and what is closed of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple, TypeAlias

from milepost.storage.location import Location
from milepost.storage.s3 import ObjectMeta

ClosedBy: TypeAlias = Literal["marker", "success_file", "delay", "next_partition", "commit"]
KnownBy: TypeAlias = Literal["column", "partition", "first_seen", "commit", "model"]


@dataclass(frozen=True)
class Column:
    """A declared column: its DuckDB type, and how files may differ from it.

    Files of partitions before `added_on` may lack it, and any file where it is optional. With a
    `text_format`, of strptime, the files have it as text.
    """

    name: str
    data_type: str
    added_on: date | None = None
    is_optional: bool = False
    text_format: str | None = None


class Partition(NamedTuple):
    """A folder's span of time: from `starts_at` to (not including) `ends_at`, naive UTC."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class RawTable:
    """A raw table as its source declares it; docs/reference/sources.md explains each key.

    `id` is the source's id in dbt's manifest, `name` is what messages call it: `freight.loads`.
    `identifier` is its name in the layout. `covers` is the span of time of a history whose layout
    names none.
    """

    id: str
    name: str
    identifier: str
    raw: Location
    columns: Mapping[str, Column]
    layout: str = "{table}/landing_date={date}"
    time_zone: str = "UTC"
    closed_by: ClosedBy = "marker"
    closing_delay: timedelta = timedelta()
    missing_partitions: Literal["error", "empty"] = "error"
    known_by: KnownBy = "column"
    known_column: str = "landed_at"
    known_delay: timedelta = timedelta()
    when_files_change: Literal["error", "new_versions"] = "error"
    table_format: Literal["parquet", "iceberg"] = "parquet"
    iceberg_table: str = ""
    rows_within_days: int | None = None
    covers: Partition | None = None
    quiet_dates: frozenset[date] = field(default_factory=frozenset)
    is_snapshot: bool = False


class RawFile(NamedTuple):
    """A file of a closed partition, as an engine reads it.

    Each of its rows became known from `starts_at` to before `closes_at`. With `known_from` they
    became known then, or, where a column says when, not before it. `columns` are the names of the
    Arrow types of all columns, in the file's order.
    """

    uri: str
    starts_at: datetime
    closes_at: datetime
    columns: Mapping[str, str]
    rows: int
    known_from: datetime | None = None


@dataclass(frozen=True)
class Rewrite:
    """Files that others have replaced.

    Rows of `after` that are not in `before` became known at `known_from`; rows of `before` that are
    not in `after` were removed then.
    """

    before: tuple[RawFile, ...]
    after: tuple[RawFile, ...]
    known_from: datetime


@dataclass(frozen=True)
class ClosedTable:
    """What may be read of a raw table.

    All partitions are closed from `first` up to the one that starts at `before`: a grid instant up
    to and including `before` can be built. `reopened` counts how often a closed partition was
    opened again: what was built under another count may come from other files. `objects` are the
    files in the lake among `files` and `rewrites`, as they were listed: see `ledger.unchanged`.
    """

    first: datetime
    before: datetime
    reopened: int
    files: tuple[RawFile, ...]
    rewrites: tuple[Rewrite, ...] = ()
    objects: frozenset[ObjectMeta] = field(default=frozenset(), compare=False, repr=False)


@dataclass(frozen=True)
class Landing:
    """A commit of a table format: the files that it added, and the names of those it removed.

    The name of a file is its whole URI, and its identity: a format never writes to a name twice.
    `id` is what the format calls the commit.
    """

    committed_at: datetime
    added: Sequence[ObjectMeta]
    removed: Sequence[str] = ()
    id: str = ""
