"""The partitions of a layout, and the folder of each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from milepost.raw.layout import Layout
from milepost.raw.tables import Partition, RawTable


def partitions(table: RawTable, after: datetime, through: datetime) -> Iterator[Partition]:
    """Yield, in order, the partitions that end after `after` and at or before `through`.

    Of a table format, whose commits are at any time, that is one partition.
    """
    if table.table_format == "iceberg":
        yield Partition(after, through)
        return
    layout = Layout.parse(table.layout, table.identifier, table.time_zone)
    partition = layout.at(after)
    while partition.ends_at <= through:
        if partition.ends_at > after:
            yield partition
        partition = layout.at(partition.ends_at)


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
