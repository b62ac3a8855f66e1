"""Which columns name a row of a table, as wished or as its sample tells."""

from __future__ import annotations

from milepost.beginning.change_feed import ChangeFeed
from milepost.beginning.keys import (
    likely_column,
    unique_column,
    unique_columns,
    unique_in_files,
)
from milepost.beginning.sample import Sample
from milepost.beginning.wishes import Wishes


def absent_keys(sample: Sample, instant: str | None) -> str:
    """Return what a key is that a full snapshot lacks, as `staged_snapshots` takes it.

    `instant` is the column that says when a row was known. Where rows of one file have several
    instants, each of these would be a snapshot, and nearly all keys would be gone in it.
    """
    if instant is None:
        return "gone"
    instants = sample.value(f"count(distinct (milepost__file, {sample.instant(instant)}))")
    return "gone" if instants == sample.value("count(distinct milepost__file)") else "unchanged"


def row_id(
    sample: Sample,
    names: dict[str, str],
    table: str,
    wishes: Wishes,
    event: str | None,
    feed: ChangeFeed | None,
) -> tuple[tuple[str, ...], bool]:
    """Return the columns that name a row, and whether each file describes all that there is."""
    every = list(sample.columns)
    snapshot = None if feed else unique_in_files(sample, names, table)
    wished = wishes.of("--id", table, every)
    if wished:
        return wished, snapshot is not None and wished == (snapshot,)
    if snapshot:
        return (snapshot,), True
    single = likely_column(sample, names, table, of_any_name=True) if feed else None
    single = single or unique_column(sample, names, table)
    single = single or likely_column(sample, names, table)
    if single:
        return (single,), False
    columns = unique_columns(sample, event)
    if columns:
        return columns, False
    return (
        wishes.needed("--id", table, "no column, and no three together, name each row", every),
        False,
    )
