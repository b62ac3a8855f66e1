"""What a source declares of a raw table must fit together."""

from __future__ import annotations

from typing import NamedTuple

from milepost.raw.layout import Layout
from milepost.raw.tables import RawTable


class Incoherence(NamedTuple):
    """A key whose value does not fit the others, and what would."""

    key: str
    value: object
    hint: str


def incoherence(table: RawTable, layout: Layout) -> Incoherence | None:
    """Return what does not fit together in a declaration whose keys are sound, or None."""
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
