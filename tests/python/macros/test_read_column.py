"""Raw columns read on Sail: the value that DuckDB gives, in each pair of types, or none at all."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from dbt_common.exceptions import CompilationError

from engines import ENGINES, SPARK, engine_of
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
    "float16": pa.array(np.arange(2**16, dtype=np.uint16).view(np.float16)),  # all of them
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
# Columns that no source declares: as Arrow writes them, or as DuckDB writes what this SQL gives.
LACKED_BY_SPARK: dict[str, pa.Array | str] = {
    "uuid": FILES["uuid"],
    "uuid of DuckDB": "uuid()",
    "half float": FILES["float16"],
    "list of half floats": pa.array([[np.float16(1)]], pa.list_(pa.float16())),
    "time": pa.array([1], pa.time64("us")),
    "time in milliseconds": pa.array([1], pa.time32("ms")),
    "time with a zone": "timetz '01:00:00+01'",
    "interval": "interval 1 day",
    "decimal of 76 digits": pa.array([Decimal("9" * 76)], pa.decimal256(76, 0)),
}
UNDECLARED: dict[str, pa.Array | str] = {
    **LACKED_BY_SPARK,
    "nanoseconds": FILES["nanoseconds"],
    "duration": pa.array([1], pa.duration("ns")),
    "unsigned": FILES["uint64"],
    "list": pa.array([[1]]),
    "struct": pa.array([{"a": 1}]),
    "map": pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64())),
    "variant": "1::variant",
    "decimal of 38 digits": FILES["wide"],
    "bytes": pa.array([b"x"]),
    "nulls": FILES["nulls"],
}
DUCKDB = Macros("landing", engine="duckdb", execute=True)
SAIL = Macros("landing", engine="spark" if SPARK else "sail", execute=True)


# As pyarrow writes them, as what knows nothing of Arrow does, and as Spark does by default.
WRITERS: list[dict[str, bool]] = [
    {},
    {"store_schema": False},
    {"use_deprecated_int96_timestamps": True},
]

# Digits below a microsecond in INT96 with a zone in Arrow's schema, which only pyarrow writes where
# it is told to: before 1970 Sail cuts them off towards it. The file's types do not tell.
UNREAD = ({"use_deprecated_int96_timestamps": True}, "fine instants")


def readings(schema: pa.Schema, column: str = "value") -> Iterator[SimpleNamespace]:
    """How a file's column is read in each declared type in which it can be."""
    actual = file_type(arrow_names(schema)[column])
    assert actual
    for name in DECLARED:
        declared = duckdb_type(name)
        assert declared
        how = "null" if actual == "NULL" else conversion(actual, declared)
        if how:
            yield SimpleNamespace(
                column=column,
                data_type=declared,
                how=how,
                name_in_file=column,
                file_type=actual,
                text_format="",
            )


def is_refused(reading: SimpleNamespace) -> bool:
    return (reading.file_type, reading.data_type) in REFUSED


def columns(macros: Macros, reading: SimpleNamespace, n: int) -> str:
    value, fault = macros.read_column(reading), macros.is_unreadable(reading)
    return f"{value} as v{n}, {fault} as fault{n}"


def relation(engine: Any, file: Path, actual: str) -> str:
    """A file as a relation, as `read_files` has it on each engine."""
    if engine.dialect == "sail" or actual != "FLOAT16":
        return f"parquet.`{file}`"
    return str(spark(engine).relation_of_types(str(file), {"n": "BIGINT", "value": actual}))


def spark(engine: Any) -> Macros:
    """The macros as they are on Spark, which `engine` answers."""
    return Macros(
        *("landing", "windows"),
        engine="spark",
        execute=True,
        run_query=lambda sql: SimpleNamespace(rows=engine.rows(sql)),
        local_md5=lambda text: hashlib.md5(text.encode(), usedforsecurity=False).hexdigest(),
    )


def part_of(read: list[SimpleNamespace], schema: pa.Schema, *uris: str) -> dict[str, Any]:
    """Files of a schema that are read alike, as `read_part` takes them."""
    names = {reading.name_in_file for reading in read}
    kinds = arrow_names(schema)
    return {
        "readings": read,
        "other_types": [kind for name, kind in kinds.items() if name not in names],
        "files": [{"uri": uri} for uri in uris],
    }


def write_undeclared(kind: str, file: Path) -> None:
    """Write a file with the declared column `n`, and another one of this kind."""
    column = UNDECLARED[kind]
    if isinstance(column, str):
        duckdb.execute(f"copy (select 7::bigint as n, {column} as other) to '{file}'")
    else:
        pq.write_table(pa.table({"n": [7], "other": column[:1]}), file)


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
            rows_of_file = relation(engine_of(engine), file, read[0].file_type)
            by_sail = engine_of(engine).table(f"select {sail} from {rows_of_file} order by n")
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


@pytest.mark.parametrize("engine", ["sail", "sail with ansi"])
@pytest.mark.parametrize("name", ["float16", "nanoseconds", "fine instants"])
def test_the_sql_of_spark_makes_values_of_bytes_and_numbers(engine: str, name: str) -> None:
    """As Spark reads these types from files, where Sail reads them itself."""
    column = FILES[name]
    read = SimpleNamespace(name_in_file="value", file_type=file_type(str(column.type)))
    if pa.types.is_timestamp(column.type):
        stored: pa.Array = column.cast(pa.int64())
        expected = pc.divide(stored, 1000).to_pylist()  # cut off towards 1970, as DuckDB does
        value = "unix_micros({})"
    else:
        halves = column.to_numpy(zero_copy_only=False)
        stored = pa.array([half.tobytes() for half in halves], pa.binary())
        expected, value = [float(half) for half in halves], "{}"
    session = engine_of(engine)
    session.put("as_spark_reads", pa.table({"n": range(len(column)), "value": stored}))
    sql = value.format(spark(session).value_in_file(read))
    rows = session.rows(f"select {sql} as value from as_spark_reads order by n")
    assert [repr(row[0]) for row in rows] == [repr(number) for number in expected]


@pytest.mark.skipif(not SPARK, reason="needs Spark: `python scripts/on_spark.py pytest ...`")
@pytest.mark.parametrize("unread", [set(), {"float16", "uuid"}], ids=["told", "looked for"])
def test_spark_reads_files_with_columns_of_any_types(unread: set[str]) -> None:
    """Where a file has a type that Spark lacks, it is told the types; else it looks for them."""
    columns = {kind: values[:2] for kind, values in FILES.items() if kind not in unread}
    rows = pa.table(columns)
    names = [f"types {len(columns)}/{name}.parquet" for name in ("a+b", "p%41")]
    files = [Path(os.environ["MILEPOST_SPARK_FILES"], "milepost-raw", name) for name in names]
    for number, file in enumerate(files):
        file.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(rows[number : number + 1], file)
    schema = pq.read_schema(files[0])
    read = [
        next(reading for reading in readings(schema, kind) if not is_refused(reading))
        for kind in columns
        if kind != "uuid"
    ]
    engine = engine_of("sail")
    by_spark, by_duckdb = (
        macros.read_part(part_of(read, schema, *(f"{root}/{name}" for name in names)))
        for macros, root in ((spark(engine), "s3://milepost-raw"), (DUCKDB, files[0].parents[1]))
    )
    actual = engine.table(f"select * from ({by_spark}) as part order by milepost__file")
    expected = engine_of("duckdb").table(f"from ({by_duckdb}) as part order by milepost__file")
    assert actual["milepost__file"].to_pylist() == [f"s3://milepost-raw/{name}" for name in names]
    assert values(actual.drop("milepost__file")) == values(expected.drop("milepost__file"))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", UNDECLARED)
def test_a_file_is_read_whatever_its_undeclared_columns_are(
    engine: str, kind: str, tmp_path: Path
) -> None:
    session = engine_of(engine)
    folder, root = tmp_path, str(tmp_path)
    if session.dialect == "spark":
        folder = Path(os.environ["MILEPOST_SPARK_FILES"], "milepost-raw/undeclared")
        folder.mkdir(parents=True, exist_ok=True)
        root = "s3://milepost-raw/undeclared"
    write_undeclared(kind, folder / f"{kind}.parquet")
    schema = pq.read_schema(folder / f"{kind}.parquet")
    macros = {"duckdb": DUCKDB, "sail": SAIL}.get(session.dialect) or spark(session)
    read = [reading for reading in readings(schema, "n") if reading.data_type == "BIGINT"]
    sql = macros.read_part(part_of(read, schema, f"{root}/{kind}.parquet"))
    assert session.table(f"select n from ({sql}) as part")["n"].to_pylist() == [7]


@pytest.mark.parametrize("kind", UNDECLARED)
def test_spark_is_told_types_where_a_file_has_one_that_it_lacks(kind: str, tmp_path: Path) -> None:
    write_undeclared(kind, tmp_path / "rows.parquet")
    schema = pq.read_schema(tmp_path / "rows.parquet")
    statements: list[str] = []
    macros = spark(SimpleNamespace(rows=statements.append))
    read = [reading for reading in readings(schema, "n") if reading.data_type == "BIGINT"]
    macros.read_part(part_of(read, schema, "s3://raw/rows.parquet"))
    told = [sql for sql in statements if "(`n` BIGINT) using parquet options" in sql]
    assert len(statements) == len(told) == (kind in LACKED_BY_SPARK)


@pytest.mark.parametrize("setting", ["false", "<undefined>"])
def test_spark_that_reads_no_nanoseconds_is_refused_them_with_a_hint(setting: str) -> None:
    macros = spark(SimpleNamespace(rows=lambda _: [("spark.sql.legacy...", setting)]))
    types = {"n": "BIGINT", "sent_at": "TIMESTAMP_NS", "due_at": "TIMESTAMP_NS WITH TIME ZONE"}
    refusal = r"a.parquet` has instants in nanoseconds: `sent_at`, `due_at`\n *hint: set `spark.sql"
    with pytest.raises(CompilationError, match=refusal):
        macros.read_files(["s3://raw/a.parquet"], list(types), types)
    assert "a.parquet" in macros.read_files(["s3://raw/a.parquet"], ["n"], {"n": "BIGINT"})
