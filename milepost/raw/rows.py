"""The rows that a loader lands: from any data frame to tables of one landing date, in raw types."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from milepost.errors import LandingError
from milepost.raw.column_types import DECLARABLE, arrow_type, cast, landed_type
from milepost.raw.markers import TABLE
from milepost.storage.arrow import is_index


def by_landing_date(
    table: str, rows: Any, columns: Mapping[str, str] | None, first: date
) -> Iterator[tuple[date, pa.Table]]:
    """Yield consecutive rows of one landing date as a table, over the borders of batches.

    Columns are cast as `landing.land` says. Without any row, `first` has a table without rows.
    """
    batches = _batches(table, rows)
    wanted = _wanted_types(table, batches.schema, columns)
    for day, parts in _runs(table, batches):
        yield (
            day or first,
            _cast_columns(
                table, day or first, pa.Table.from_batches(parts, batches.schema), wanted
            ),
        )


def _runs(
    table: str, batches: pa.RecordBatchReader
) -> Iterator[tuple[date | None, list[pa.RecordBatch]]]:
    current: date | None = None
    parts: list[pa.RecordBatch] = []
    for batch in batches:
        if not batch.num_rows:
            continue
        start = 0
        runs = pc.run_end_encode(_dates(table, batch))
        for day, end in zip(runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True):
            if day is None:
                raise LandingError(
                    f"`{table}` has rows whose `landing_date` is null",
                    hint="every row has the date on which it landed, or would have",
                )
            if day != current and current is not None:
                yield current, parts
                parts = []
            current = day
            parts.append(batch.slice(start, end - start))
            start = end
    yield current, parts


def _batches(table: str, rows: Any) -> pa.RecordBatchReader:
    if not TABLE.fullmatch(table):
        raise LandingError(
            f"`{table}` is no name of a raw table",
            hint="use letters, digits, `.`, `_` and `-`, and begin with a letter or digit",
        )
    if not hasattr(rows, "__arrow_c_stream__"):
        raise LandingError(
            f"the rows of `{table}` are a `{type(rows).__name__}`, which has no "
            "`__arrow_c_stream__`",
            hint="give a pandas or polars data frame, a pyarrow table or a DuckDB relation",
        )
    try:
        batches = pa.RecordBatchReader.from_stream(rows)
    except Exception as error:  # of whichever library the rows are
        raise LandingError(
            f"the rows of `{table}` have no Arrow form: {error}",
            hint="each column needs one type: text, numbers, booleans, dates or instants",
        ) from error
    return batches


def _wanted_types(
    table: str, schema: pa.Schema, columns: Mapping[str, str] | None
) -> dict[str, pa.DataType]:
    """Return the type in which each column is landed, in the order in which the rows have them."""
    names = [name for name in schema.names if not is_index(name)]
    declared = {"landing_date": "date", **(columns or {})}
    lacking = [name for name in declared if name not in names]
    if lacking:
        raise LandingError(
            f"`{table}` has no column `{lacking[0]}`; it has {', '.join(names)}",
            hint="land every declared column, null where you lack it, and `landing_date`",
        )
    (twice, count), *_ = Counter(name.lower() for name in names).most_common(1)
    if count > 1:
        raise LandingError(
            f"`{table}` has {count} columns `{twice}`",
            hint="rename or drop all but one; upper and lower case are no difference",
        )
    wanted = {}
    for name in names:
        kind = schema.field(name).type
        wanted[name] = arrow_type(declared[name]) if name in declared else landed_type(kind)
        if wanted[name] is None and name in declared:
            raise LandingError(
                f"`{table}.{name}` is declared `{declared[name]}`, a type that no raw column has",
                hint=f"declare {DECLARABLE}",
            )
        if wanted[name] is None:
            raise LandingError(
                f"`{table}.{name}` is {kind}, which no build reads",
                hint=f"leave it out, or make it {DECLARABLE}",
            )
        if pa.types.is_null(wanted[name]):
            raise LandingError(
                f"`{table}.{name}` has nulls alone, which do not tell its type",
                hint=f"say it: `columns={{'{name}': 'double'}}`, or the source's declaration",
            )
    return wanted


def _cast_columns(
    table: str, landing_date: date, rows: pa.Table, wanted: Mapping[str, pa.DataType]
) -> pa.Table:
    landed = {}
    for name, kind in wanted.items():
        if name == "landing_date":
            continue
        try:
            landed[name] = cast(rows[name], kind)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise LandingError(
                f"`{table}.{name}` cannot be landed as {kind} on {landing_date}: {error}",
                hint="round, convert or rename it; what builds read is exactly what was landed",
            ) from error
    return pa.table(landed)


def _dates(table: str, batch: pa.RecordBatch) -> pa.Array:
    try:
        return cast(pa.chunked_array([batch["landing_date"]]), pa.date32()).combine_chunks()
    except pa.ArrowInvalid as error:
        raise LandingError(
            f"`{table}.landing_date` is no date: {error}", hint="give dates, without a time of day"
        ) from error
