"""What lies below S3 prefixes: each table's layout, columns, ids and instants, from a few files."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pyarrow as pa

from milepost.beginning.change_feed import change_feed
from milepost.beginning.closing_signs import SampledFile, closing_signs, rounded, sampled_files
from milepost.beginning.column_names import plain_name, plain_names
from milepost.beginning.columns import Columns, RawColumn, merged, with_change
from milepost.beginning.files import ParquetFile
from milepost.beginning.history import covered_dates, first_date_with
from milepost.beginning.instants import event_column, known_column, minutes_after_end
from milepost.beginning.keys import entity_column, measure_column
from milepost.beginning.places import Place, places
from milepost.beginning.row_id import absent_keys, row_id
from milepost.beginning.sample import FileRows, Sample
from milepost.beginning.table import KNOWN_BEFORE_MINUTES, Table
from milepost.beginning.wishes import Wishes
from milepost.errors import LandingError
from milepost.storage.arrow import filesystem

log = logging.getLogger(__name__)


def inspect(uris: Sequence[str], wishes: Wishes) -> list[Table]:
    """Return the tables below S3 prefixes; an error says what is no table, and what to do."""
    table_places = places(uris)
    names = _table_names([place.identifier for place in table_places])
    wishes.check_tables(names)
    tables = []
    for number, place in enumerate(table_places):
        name = names[number]
        log.info("looking into `%s`, table %d of %d", name, number + 1, len(table_places))
        tables.append(_table(place, name, wishes))
    return tables


def _table(place: Place, name: str, wishes: Wishes) -> Table:
    files = sampled_files(place)
    reader = filesystem()
    parquet = [ParquetFile(place.below.location, file.file.name, reader) for file in files]
    uri = place.below.location.uri()
    columns = merged(uri, [file.schema for file in parquet])
    if not columns.columns:
        raise LandingError(
            f"`{uri}` has no column that Milepost reads: "
            + ", ".join(f"`{column}` is {kind}" for column, kind in columns.left_out.items()),
            hint="columns are text, numbers, booleans, dates and instants",
        )
    rows = [_rows(*pair, columns) for pair in zip(files, parquet, strict=True)]
    sample = Sample(columns.columns, rows)
    if sample.row_count == 0:
        raise LandingError(
            f"the files of `{uri}` that were looked into have no row",
            hint="give a prefix whose first, middle and last files have rows",
        )
    changed = _with_dates(place, columns.columns, parquet, sample.columns, reader)
    return _chosen(place, name, wishes, files, parquet, columns, sample, changed)


def _chosen(
    place: Place,
    name: str,
    wishes: Wishes,
    files: Sequence[SampledFile],
    parquet: Sequence[ParquetFile],
    columns: Columns,
    sample: Sample,
    declared: Mapping[str, RawColumn],
) -> Table:
    names = plain_names(declared)
    every = list(declared)
    notes = _notes_of(columns, declared)
    is_partitioned = any(file.partition for file in files)
    known = next(iter(wishes.of("--known", name, every)), None) or known_column(
        sample, names, is_partitioned=is_partitioned
    )
    event = next(iter(wishes.of("--event", name, every)), None) or event_column(sample, known)
    if not known and not event and not is_partitioned and not place.is_iceberg:
        (event,) = wishes.needed(
            "--event", name, "no column says when a row happened, and no path either", every
        )
    for flag, column in (("--known", known), ("--event", event)):
        if column and not declared[column].is_instant():
            raise LandingError(
                f"`{flag}` of `{name}` is `{column}`, which is {declared[column].data_type}",
                hint="name a column of instants or dates, or of text in one format of dates",
            )
    feed = change_feed(sample, names)
    id_columns, is_snapshot = row_id(sample, names, name, wishes, event, feed)
    entity = next(iter(wishes.of("--entity", name, every)), None) or entity_column(
        sample, names, id_columns
    )
    taken = {*id_columns, entity, *((feed.column, feed.sequence) if feed else ())}
    closing = closing_signs(place, files)
    known_by = (
        "commit"
        if place.is_iceberg
        else "column"
        if known
        else "partition"
        if is_partitioned
        else "model"
    )
    if known and is_partitioned and not place.is_marked:
        late = minutes_after_end(sample, known)
        if late > closing.delay_minutes:
            closing = replace(
                closing,
                delay_minutes=rounded(late),
                reason=f"a row was known {late} minutes after the end of its partition",
            )
    if known_by == "partition":
        # A row is known before its partition is closed.
        closing = replace(closing, delay_minutes=closing.delay_minutes + KNOWN_BEFORE_MINUTES)
    covers = None
    if not is_partitioned and not place.is_iceberg:
        covers = covered_dates(place, sample, known or event or "")
    partitions = [file.partition for file in files if file.partition]
    return Table(
        name=name,
        place=place,
        columns=declared,
        names=names,
        id_columns=id_columns,
        event=event,
        known=known,
        known_by=known_by,
        entity=entity,
        measure=measure_column(sample, names, {column for column in taken if column}),
        feed=feed,
        # The metadata of an Iceberg table say what is gone, whatever its files have.
        is_snapshot=is_snapshot and not place.is_iceberg,
        absent=absent_keys(sample, known or (event if known_by == "model" else None)),
        closing=closing,
        covers=covers,
        first=partitions[0].starts_at if partitions else None,
        last=partitions[-1].starts_at if partitions else None,
        rows_a_day=_rows_a_day(place, files, parquet),
        notes=notes,
    )


def _with_dates(
    place: Place,
    columns: Mapping[str, RawColumn],
    parquet: Sequence[ParquetFile],
    formatted: Mapping[str, RawColumn],
    reader: Any,
) -> dict[str, RawColumn]:
    """Return the columns with the date from which files have those that the first one lacks."""
    in_first = {name.lower() for name in parquet[0].schema.names}
    declared = dict(formatted)
    for name in columns:
        if name.lower() not in in_first:
            added_on = None
            if not columns[name].is_optional:
                added_on = first_date_with(place, name, reader)
            declared[name] = with_change(formatted[name], added_on)
    return declared


def _rows(file: SampledFile, parquet: ParquetFile, columns: Columns) -> FileRows:
    wanted = {name.lower() for name in columns.columns}
    rows: pa.Table = parquet.head([name for name in parquet.schema.names if name.lower() in wanted])
    partition = file.partition
    return FileRows(
        rows, partition.starts_at if partition else None, partition.ends_at if partition else None
    )


def _rows_a_day(
    place: Place, files: Sequence[SampledFile], parquet: Sequence[ParquetFile]
) -> int | None:
    """Return about how many rows a day has, from the files that were looked into."""
    days = [
        file.row_count
        * len(place.below.files_beside(sampled.file.name))
        / max((sampled.partition.ends_at - sampled.partition.starts_at) / timedelta(days=1), 1e-9)
        for sampled, file in zip(files, parquet, strict=True)
        if sampled.partition
    ]
    is_named_by_date = place.layout.endswith(".parquet")
    if not days or is_named_by_date:
        return None
    return round(sum(days) / len(days))


def _notes_of(columns: Columns, declared: Mapping[str, RawColumn]) -> list[str]:
    notes = [
        f"`{name}` is left out: no build reads {kind}" for name, kind in columns.left_out.items()
    ]
    notes += [
        f"`{name}` is {' and '.join(kinds)} in different files, read as {declared[name].data_type}"
        for name, kinds in columns.differing.items()
    ]
    for name, column in declared.items():
        if column.added_on:
            notes.append(f"`{name}` is in files from {column.added_on} on")
        elif column.is_optional:
            notes.append(f"`{name}` is in some files only")
        elif column.text_format:
            notes.append(f"`{name}` is text, read as `{column.text_format}`")
    return notes


def _table_names(identifiers: Sequence[str]) -> list[str]:
    names: list[str] = []
    for identifier in identifiers:
        name = base = plain_name(identifier, fallback="rows")
        number = 2
        while name in names:
            name, number = f"{base}_{number}", number + 1
        names.append(name)
    return names
