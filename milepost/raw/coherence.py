"""What a source declares of a raw table must fit together."""

from __future__ import annotations

import re
from typing import NamedTuple

from milepost.raw.layout import Layout
from milepost.raw.tables import RawTable

_ICEBERG_TABLE = re.compile(r"[^.\s]+(\.[^.\s]+){2,}")


class Incoherence(NamedTuple):
    """A key whose value does not fit the others, and what would."""

    key: str
    value: object
    hint: str


def incoherence(table: RawTable, layout: Layout) -> Incoherence | None:
    """Return what does not fit together in a declaration whose keys are sound, or None."""
    if table.table_format == "iceberg":
        return _of_iceberg(table, layout)
    if table.iceberg_table:
        return Incoherence(
            "iceberg_table", table.iceberg_table, "it goes with `table_format: iceberg`"
        )
    if table.covers and (layout.unit or table.closed_by != "delay"):
        return Incoherence(
            "covers",
            f"[{table.covers.starts_at.date()}, {table.covers.ends_at.date()}]",
            "it is of a `layout` that names no date, with `closed_by: delay`",
        )
    if table.closed_by == "marker":
        return _of_marker(table)
    if table.closed_by == "success_file" and (layout.unit is None or layout.is_file):
        return Incoherence(
            "closed_by",
            "success_file",
            "the `layout` has no folder for each date that could have"
            " a `_SUCCESS`: close it by `delay` or `next_partition`",
        )
    return None


def _of_iceberg(table: RawTable, layout: Layout) -> Incoherence | None:
    """The metadata of an Iceberg table say which files it has, and since when."""
    if table.iceberg_table and not _ICEBERG_TABLE.fullmatch(table.iceberg_table):
        return Incoherence(
            "iceberg_table", table.iceberg_table, "it is written `catalog.namespace.table`"
        )
    if layout.unit is not None or layout.is_file:
        return Incoherence(
            "layout", table.layout, "of an Iceberg table it is the folder alone: `{table}`"
        )
    if table.known_by in ("first_seen", "partition"):
        return Incoherence(
            "known_at",
            table.known_by,
            "of an Iceberg table it is `commit`, a column, or `model`",
        )
    return None


def _of_marker(table: RawTable) -> Incoherence | None:
    """Markers list the files of a date once and for all."""
    if table.when_files_change != "error":
        return Incoherence(
            "when_files_change",
            table.when_files_change,
            "a marker lists its files once: `closed_by: marker` goes with `error` alone",
        )
    if table.missing_partitions != "error":
        return Incoherence(
            "missing_partitions",
            table.missing_partitions,
            "a date without rows is closed by a marker that lists no file",
        )
    if table.known_by == "first_seen":
        return Incoherence(
            "known_at",
            table.known_by,
            "nothing remembers when a file of a marker was seen: name a column, or "
            "`after_partition_minutes`",
        )
    return None
