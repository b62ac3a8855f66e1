"""The partitions of a layout, and the folder of each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from milepost.raw.layout import Layout
from milepost.raw.tables import Partition, RawTable

HOUR = timedelta(hours=1)


def partitions(table: RawTable, after: datetime, through: datetime) -> Iterator[Partition]:
    """Yield, in order, the partitions that end after `after` and at or before `through`."""
    layout = Layout.parse(table.layout, table.identifier, table.time_zone)
    partition = layout.partition(file_name(table, after, "x"), after)
    while partition is not None and partition.ends_at <= through:
        if partition.ends_at > after:
            yield partition
        partition = layout.following(partition)


def file_name(table: RawTable, instant: datetime, name: str) -> str:
    """Return the name, below the table's location, of a file of the partition of an instant.

    A layout that ends in a file name has `name` for nothing.
    """
    zone = Layout.parse(table.layout, table.identifier, table.time_zone).zone
    local = instant.replace(tzinfo=UTC).astimezone(zone)
    folder = table.layout.format(
        table=table.identifier,
        date=f"{local:%Y-%m-%d}",
        year=f"{local:%Y}",
        month=f"{local:%m}",
        day=f"{local:%d}",
        hour=f"{local:%H}",
    )
    return folder if folder.endswith(".parquet") else f"{folder}/{name}"
