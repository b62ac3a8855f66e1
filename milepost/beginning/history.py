"""The dates of a table's history: those of files whose names tell none, and of a new column."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import duckdb
import pyarrow as pa
from pyarrow.fs import FileSystem

from milepost.beginning.files import ParquetFile
from milepost.beginning.places import Place
from milepost.beginning.sample import Sample
from milepost.errors import LandingError
from milepost.raw.layout import Layout
from milepost.storage.arrow import filesystem

FILES_MAX = 64
ROWS_MAX = 50_000_000
# Halvings of the order of files: more than a million of them.
_STEPS = 20


def covered_dates(place: Place, sample: Sample, column: str) -> tuple[date, date]:
    """Return the first date of a column of instants, and the date after the last, over all files.

    An hour is added to the last: where no column says when a row was known, that is an hour later.
    """
    level = place.below.level()
    names = [file.name for file in level.files]
    if place.layout == "{table}.parquet":
        names = [f"{place.identifier}.parquet"]
    files = [
        ParquetFile(place.below.location, name, filesystem()) for name in names[: FILES_MAX + 1]
    ]
    if len(files) > FILES_MAX or sum(file.row_count for file in files) > ROWS_MAX:
        raise LandingError(
            f"the names of {len(names)} files of `{place.below.location.uri()}` tell no time",
            hint="give files their date in a folder or name, such as `dt=2026-03-05/`: without one "
            f"{FILES_MAX} files and {ROWS_MAX:,} rows are the most to begin with",
        )
    bounds: list[datetime] = []
    with duckdb.connect() as database:
        database.execute("set TimeZone = 'UTC'")
        for file in files:
            values = pa.table({column: file.column(column)})
            database.register("file_values", values)
            row = database.execute(
                f"select min({sample.instant(column)}), max({sample.instant(column)}) "  # noqa: S608
                "from file_values"
            ).fetchone()
            bounds += [value for value in row or () if value is not None]
    if not bounds:
        raise LandingError(
            f"`{column}` of `{place.below.location.uri()}` is null in every row",
            hint="name another column with `--event`",
        )
    return min(bounds).date(), (max(bounds) + timedelta(hours=1)).date() + timedelta(days=1)


def first_date_with(place: Place, column: str, reader: FileSystem) -> date | None:
    """Return the date of the first file that has a column, of which the last file has it.

    Files are halved by their order in time. None where names tell no time.
    """
    layout = Layout.parse(place.layout, place.identifier, "UTC")
    if layout.unit is None:
        return None
    below = f"{place.identifier}/" if place.layout.startswith("{table}/") else ""
    without, having = 0.0, 1.0
    file = place.below.file_at(having)
    for _ in range(_STEPS):
        middle = (without + having) / 2
        candidate = place.below.file_at(middle)
        if candidate is None:
            break
        schema = ParquetFile(place.below.location, candidate.name, reader).schema
        if column.lower() in {name.lower() for name in schema.names}:
            having, file = middle, candidate
        else:
            without = middle
        before, after = place.below.file_at(without), place.below.file_at(having)
        if before and after and _neighbours(place, before.name, after.name):
            break
    partition = layout.partition(f"{below}{file.name}", file.modified) if file else None
    if partition is None:
        return None
    # Earlier hours of the first day lack it.
    is_whole_day = partition.starts_at.time() == time()
    return partition.starts_at.date() + timedelta(days=0 if is_whole_day else 1)


def _neighbours(place: Place, before: str, after: str) -> bool:
    """Return whether two files of one folder stand side by side in the order of names."""
    beside = [item.name for item in place.below.files_beside(after)]
    return before in beside and beside.index(after) - beside.index(before) <= 1
