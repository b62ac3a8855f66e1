"""The errors for files of closed partitions that are not as the ledger has them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

from milepost.errors import LandingError
from milepost.raw.ledger_records import Record
from milepost.raw.tables import Partition, RawTable
from milepost.storage.s3 import ObjectMeta

_TO_NEWS = "or say `when_files_change: new_versions`"


def partition_text(table: RawTable, partition: Partition) -> str:
    """Return a partition as its folder says it: `2026-03`, `2026-03-05` or `2026-03-05T13`."""
    length = partition.ends_at - partition.starts_at
    zone = ZoneInfo(table.time_zone)
    local = partition.starts_at.replace(tzinfo=UTC).astimezone(zone)
    # A day has 23 hours where the clock is put forward, an hour two where it is put back.
    if length > timedelta(days=2):
        return f"{local:%Y-%m}"
    return f"{local:%Y-%m-%d}" if length > timedelta(hours=3) else f"{local:%Y-%m-%dT%H}"


def changed(table: RawTable, changes: Sequence[tuple[Record, ObjectMeta]]) -> LandingError:
    """Return the error for files with other bytes than were recorded."""
    record, item = changes[0]
    how = (
        f"{item.bytes} bytes, recorded with {record.bytes}"
        if item.bytes != record.bytes
        else "other content in as many bytes"
    )
    return LandingError(
        f"`{table.raw.uri(record.name)}` has changed since it was read{_others(changes)}: {how}",
        hint=f"restore it, {_reopen(table, _partition(record))}, {_TO_NEWS}",
    )


def vanished(table: RawTable, records: Sequence[Record]) -> LandingError:
    """Return the error for files that are gone."""
    record = records[0]
    return LandingError(
        f"`{table.raw.uri(record.name)}` was read and is not there any more{_others(records)}",
        hint=f"restore it, {_reopen(table, _partition(record))}, {_TO_NEWS}",
    )


def late(table: RawTable, files: Sequence[tuple[Partition, ObjectMeta]]) -> LandingError:
    """Return the error for files that came after their partition was closed."""
    partition, item = files[0]
    return LandingError(
        f"`{table.raw.uri(item.name)}` came after its partition "
        f"{partition_text(table, partition)} was closed and read{_others(files)}",
        hint=f"give a greater `closing_delay_minutes`, {_reopen(table, partition)}, {_TO_NEWS}",
    )


def without_copy(table: RawTable, record: Record) -> LandingError:
    """Return the error for a file that was replaced before its bytes were copied."""
    return LandingError(
        f"`{table.raw.uri(record.name)}` has changed or is gone, and its former bytes were not "
        "kept: `when_files_change: new_versions` came after it",
        hint=f"restore it for one build, {_reopen(table, _partition(record))}",
    )


def _partition(record: Record) -> Partition:
    return Partition(record.starts_at, record.ends_at)


def _reopen(table: RawTable, partition: Partition) -> str:
    return (
        f"or take it as the truth: `milepost reopen {table.name} "
        f"{partition_text(table, partition)} --reason ... --by ...`"
    )


def _others(items: Sequence[object]) -> str:
    count = len(items) - 1
    return f" (as {count} more of its table)" if count else ""
