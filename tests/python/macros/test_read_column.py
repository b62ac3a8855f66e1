"""Raw columns read on Sail: the value that DuckDB gives, in each pair of types, or none at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dbt_common.exceptions import CompilationError

from engines import engine_of
from macro import Macros
from milepost.raw.column_types import arrow_names, duckdb_type, file_type
from milepost.raw.conversion import conversion

# The ends of each type that a file may have, and what lies close to a whole of the next.
FILES: dict[str, pa.Array] = {
    **{
        f"int{bits}": pa.array(
            [-(2 ** (bits - 1)), 0, 2 ** (bits - 1) - 1, None], getattr(pa, f"int{bits}")()
        )
        for bits in (8, 16, 32, 64)
    },
    **{
        f"uint{bits}": pa.array([0, 2**bits - 1, None], getattr(pa, f"uint{bits}")())
        for bits in (8, 16, 32, 64)
    },
    "float16": pa.array([0.5, -65504.0, float("nan"), None], pa.float16()),
    "float32": pa.array([0.1, 3e38, 1e-40, float("inf"), float("nan"), None], pa.float32()),
    "float64": pa.array([0.1, -1e308, 5e-324, float("-inf"), float("nan"), None]),
    "boolean": pa.array([True, False, None]),
    "date": pa.array([date(1, 1, 1), date(1582, 10, 10), date(9999, 12, 31), None]),
    "date64": pa.array([date(1, 1, 1), date(9999, 12, 31), None], pa.date64()),
    "seconds": pa.array([-1, 253402300799, None], pa.timestamp("s")),
    "milliseconds": pa.array([-1, 1, 253402300799999, None], pa.timestamp("ms")),
    "microseconds": pa.array([-62135596800000000, -1, 1, 253402300799999999], pa.timestamp("us")),
    "nanoseconds": pa.array([-(2**62), -1001, -999, 999, 1001, 2**62, None], pa.timestamp("ns")),
    "instants": pa.array([-62135596800000000, -1, 253402300799999999], pa.timestamp("us", "UTC")),
    "instants of a zone": pa.array([-1, 1, None], pa.timestamp("ms", "America/Chicago")),
    "fine instants": pa.array([-(2**62), -1001, 999, 2**62], pa.timestamp("ns", "UTC")),
    "cents": pa.array([Decimal("9999999.99"), Decimal("-0.01"), None], pa.decimal128(9, 2)),
    "micros": pa.array([Decimal("999999999999.999999"), None], pa.decimal128(18, 6)),
    "wide": pa.array([Decimal("9" * 38), None], pa.decimal128(38, 0)),
    "narrow": pa.array([Decimal("999.999"), Decimal("0.1"), None], pa.decimal32(6, 3)),
    "text": pa.array(["", "größe 📦", "1", None]),
    "large text": pa.array(["", "x", None], pa.large_string()),
    "text of a view": pa.array(["", "x", None], pa.string_view()),
    "codes": pa.array(["", "x", None]).dictionary_encode(),
    "json": pa.array(['{"a": 1}', None], pa.json_()),
    "uuid": pa.array([b"0123456789abcdef", None], pa.uuid()),
    "nulls": pa.nulls(2),
}
DECLARED = (
    *("tinyint", "smallint", "integer", "bigint", "float", "double", "boolean", "date"),
    *("timestamp", "varchar", "decimal(3,0)", "decimal(10,0)", "decimal(12,2)", "decimal(20,0)"),
    *("decimal(18,6)", "decimal(38,0)", "decimal(38,6)"),
)
REFUSED = {
    *(("BIGINT", "DOUBLE"), ("UBIGINT", "DOUBLE"), ("UBIGINT", "BIGINT")),
    *(("TIMESTAMP", "DATE"), ("TIMESTAMP_NS", "DATE"), ("UUID", "VARCHAR")),
}
DUCKDB, SAIL = (Macros("landing", engine=name, execute=True) for name in ("duckdb", "sail"))


# As pyarrow writes them, as what knows nothing of Arrow does, and as Spark does by default.
WRITERS: list[dict[str, bool]] = [
    {},
    {"store_schema": False},
    {"use_deprecated_int96_timestamps": True},
]

# Digits below a microsecond in INT96 with a zone in Arrow's schema, which only pyarrow writes where
# it is told to: before 1970 Sail cuts them off towards it. The file's types do not tell.
UNREAD = ({"use_deprecated_int96_timestamps": True}, "fine instants")


def readings(schema: pa.Schema) -> Iterator[SimpleNamespace]:
    """How a file's column is read in each declared type in which it can be."""
    actual = file_type(arrow_names(schema)["value"])
    assert actual
    for name in DECLARED:
        declared = duckdb_type(name)
        assert declared
        how = "null" if actual == "NULL" else conversion(actual, declared)
        if how:
            yield SimpleNamespace(
                column="value",
                data_type=declared,
                how=how,
                name_in_file="value",
                file_type=actual,
                text_format="",
            )


def is_refused(reading: SimpleNamespace) -> bool:
    return (reading.file_type, reading.data_type) in REFUSED


def columns(macros: Macros, reading: SimpleNamespace, n: int) -> str:
    value, fault = macros.read_column(reading), macros.is_unreadable(reading)
    return f"{value} as v{n}, {fault} as fault{n}"


def values(rows: pa.Table) -> list[list[Any]]:
    """Each column's values; NaN, which equals nothing, and the sign of a zero as they are shown."""
    return [[repr(value) for value in column.to_pylist()] for column in rows.columns]


@pytest.mark.parametrize(
    ("writer", "name"),
    [(writer, name) for writer in WRITERS for name in FILES if (writer, name) != UNREAD],
    ids=str,
)
def test_sail_reads_the_value_that_duckdb_reads(
    writer: dict[str, bool], name: str, tmp_path: Path
) -> None:
    file = tmp_path / "rows.parquet"
    rows = pa.table({"n": range(len(FILES[name])), "value": FILES[name]})
    pq.write_table(rows, file, **writer)
    read = [reading for reading in readings(pq.read_schema(file)) if not is_refused(reading)]
    expected, sail = (
        ", ".join(columns(macros, reading, n) for n, reading in enumerate(read))
        for macros in (DUCKDB, SAIL)
    )
    if read:
        by_duckdb = engine_of("duckdb").table(f"select {expected} from '{file}' order by n")
        for engine in ("sail", "sail with ansi"):
            by_sail = engine_of(engine).table(f"select {sail} from parquet.`{file}` order by n")
            assert values(by_sail) == values(by_duckdb)


def test_what_sail_would_read_as_another_value_is_refused_with_a_hint() -> None:
    refused = set()
    schemas = (pa.schema([("value", column.type)]) for column in FILES.values())
    for reading in (reading for schema in schemas for reading in readings(schema)):
        if is_refused(reading):
            hint = f"on another engine, land it as {reading.data_type}"
            with pytest.raises(CompilationError, match=hint):
                SAIL.read_column(reading)
            refused.add((reading.file_type, reading.data_type))
    assert refused == REFUSED
