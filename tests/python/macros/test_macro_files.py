"""Rules that every macro file keeps, whichever engine its SQL is for."""

from __future__ import annotations

import os
import re
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engines import SPARK, DuckDB, engine_of
from expressions import date_diff
from macro import MACROS, Macros
from milepost.release.time_zones import TIME_ZONES

FILES = sorted(MACROS.glob("*/*.sql"))
DISPATCH = re.compile(r"""adapter\.dispatch\(\s*['"](\w+)['"]""")


def dispatched() -> list[tuple[str, str]]:
    """Each dispatched macro, and the text of the file of its dispatcher."""
    texts = [file.read_text() for file in FILES]
    return [(name, text) for text in texts for name in DISPATCH.findall(text)]


@pytest.mark.parametrize(("name", "text"), dispatched(), ids=lambda value: value[:20])
def test_a_dispatched_macro_has_its_default_beside_it(name: str, text: str) -> None:
    assert re.search(rf"macro default__{name}\(", text), name


def test_an_implementation_stands_beside_its_dispatcher() -> None:
    for file in FILES:
        text = file.read_text()
        names = set(re.findall(r"macro (?:default|duckdb)__(\w+)\(", text))
        assert names <= set(DISPATCH.findall(text)), file


UNITS = ["minute", "hour", "day"]
NUMBERS = "(values (1.5::double), ('nan'), ('inf'), ('-inf'), (null)) as numbers (x)"
SECONDS = "1e-6, -1e-6, 0, 1, -1, 59.999999, 3599.999999, 86399.999999, 86400, -86400.000001"
STARTS = "'0001-01-02', '1969-12-31 23:00', '1970-01-01', '2026-03-08', '9998-12-30'"
INSTANTS = f"""(
    select
        start + to_microseconds(cast(seconds * 1000000 as bigint)) as x,
        timestamp '2026-03-08' as y
    from unnest([timestamp {STARTS}]) as starts (start), unnest([{SECONDS}]) as parts (seconds)
    union all select null, timestamp '2026-03-08'
    union all select timestamp '9999-12-31 23:59:59.999999', timestamp '0001-01-01'
)"""
ZONED = f"""(
    from {INSTANTS}, unnest([null, {str(sorted(TIME_ZONES))[1:-1]}]) as zones (z)
    where x is null or x between timestamp '0001-01-02' and '9998-12-31'
)"""


@pytest.mark.parametrize("sail_name", ["sail", "sail with ansi"])
@pytest.mark.parametrize(
    ("macro", "arguments", "rows"),
    [
        ("is_infinite", ["x"], NUMBERS),
        ("is_infinite", ["x"], "(values ('inf'), ('nan')) as texts (x)"),
        ("is_infinite", ["x"], "(values (timestamp '2026-01-01')) as instants (x)"),
        ("is_finite", ["x"], NUMBERS),
        ("is_finite", ["x"], INSTANTS),
        ("is_finite", ["x"], "(values ('infinity'::timestamp), ('-infinity'), (null)) as t (x)"),
        ("is_finite", ["x"], "(values ('infinity'::date), ('-infinity'), ('2026-01-01')) as t (x)"),
        ("finite_or_null", ["x"], NUMBERS),
        ("grid_step", ["x", "day"], INSTANTS),
        ("grid_step", ["x", "hour"], INSTANTS),
        ("let", ["milepost__half", "x / 2", "milepost__half * milepost__half + x"], NUMBERS),
        *(
            ("elapsed", pair, INSTANTS)
            for unit in UNITS
            for pair in (["x", "y", unit], ["y", "x", unit])
        ),
        ("local_time", ["x", "z"], ZONED),
        ("local_hour", ["x", "z"], ZONED),
        ("local_weekday", ["x", "z"], ZONED),
        (
            "whole_number",
            ["x"],
            f"(values (-{2**63}::decimal(38, 0)), ({2**63 - 1}), (null)) as t (x)",
        ),
        ("each_number", ["cast(x as int)", "cast(x as int) + 2"], "(values (1), (5)) as t (x)"),
        ("percentile_of", ["x", 0.25, [0.25, 0.9]], "(values (1e0), (2), (null), (7)) as t (x)"),
        ("percentile_of", ["x", 0.9, [0.25, 0.9]], "(values (null::double)) as t (x)"),
        # 9.440000000000001: from the lower value towards the higher it would be 9.44.
        ("percentile_of", ["x", 0.9, [0.9]], "(values (8.9e0), (9.5)) as t (x)"),
        # As doubles the last lies 0.2999999999999998 of the way: cut off at a millionth, 0.299999.
        (
            "percentile_of",
            ["x", 0.9, [0.9]],
            "(select 10e0 * (i // 7) from range(8) as t (i)) as u (x)",
        ),
    ],
)
def test_a_default_gives_on_sail_what_duckdb_s_own_does(
    sail_name: str, macro: str, arguments: list[str], rows: str
) -> None:
    values = []
    for engine in (DuckDB(), engine_of(sail_name)):
        macros = Macros(
            *("windows", "facts", "lookup", "names"),
            engine=engine.dialect,
            dbt=SimpleNamespace(datediff=date_diff),
            execute=False,
        )
        engine.put_what("rows_of_macro", f"from {rows}")
        sql = getattr(macros, macro)(*arguments)
        values.append(sorted(map(repr, engine.rows(f"select {sql} as value from rows_of_macro"))))
    assert values[0]
    assert values[0] == values[1]


def test_an_unknown_time_zone_stops_the_query(engine: DuckDB) -> None:
    macros = Macros("facts", engine=engine.dialect)
    engine.put_what("zoned", "select timestamp '2026-07-01' as x, 'Mars/Olympus' as z")
    with pytest.raises(engine.Error, match="Mars/Olympus"):
        engine.rows(f"select {macros.local_time('x', 'z')} as x from zoned")


def test_sail_reads_files_by_the_names_of_their_columns_whatever_their_own(tmp_path: Path) -> None:
    for name, columns in {
        "one": {"a": [1], "b": [2]},
        "p%41": {"b": [4], "more": [5], "a": [3]},
        "pA": {"a": [9], "b": [9]},
    }.items():
        pq.write_table(pa.table(columns), tmp_path / f"{name}.parquet")
    sail = engine_of("sail")
    uris = [f"file://{tmp_path}/{name}.parquet" for name in ("one", "p%41")]
    rows = Macros("landing", engine=sail.dialect).read_files(uris, ["a", "b"])
    file_rows = sail.rows(f"select a, b, milepost__file from {rows} as files order by a")
    assert file_rows == [(1, 2, uris[0]), (3, 4, uris[1])]


@pytest.mark.skipif(not SPARK, reason="needs Spark: `python scripts/on_spark.py pytest ...`")
def test_spark_reads_files_by_their_names_and_stops_at_another_name() -> None:
    folder = Path(os.environ["MILEPOST_SPARK_FILES"], "milepost-raw/named")
    names = ["one.parquet", "p%41 b+c.parquet", "dt=2026-01-01/x.parquet"]
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table({"b": [number], "a": [10 * number]}), folder / name)
    uris = [f"s3://milepost-raw/named/{name}" for name in names]
    spark = engine_of("sail")
    rows = Macros("landing", "windows", engine=spark.dialect).read_files(uris, ["a", "b"])
    file_rows = spark.rows(f"select a, b, milepost__file from {rows} as files order by a")
    assert file_rows == [(10 * number, number, uri) for number, uri in enumerate(uris)]
    renamed = rows.replace(f"'{uris[0]}'", f"'{uris[0].replace('s3:', 's3a:')}'")
    with pytest.raises(spark.Error, match="reads a file by another name"):
        spark.rows(f"select * from {renamed} as files")
