"""Whether building again gives what dbt built, without any fault.

Otherwise what a rebuild lacks, or chance in a model, would pass for what a fault did.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb

from milepost.errors import StandardsError
from milepost.stress import checks
from milepost.stress.kinds import quoted
from milepost.stress.lineage import Check, Lineage, Table
from milepost.stress.session import DATABASE

# Doubles that are summed in another order differ by less, relative to the sum of their sizes.
_NOISE = 1e-9


def keep_views(database: Path, tables: Iterable[Table]) -> None:
    """Make a table of each view in a build.

    A view is of the tables with a fault as soon as its database is attached beside them.
    """
    with duckdb.connect() as con:
        con.execute(f"set timezone = 'UTC'; attach '{database}' as {DATABASE}; use {DATABASE}")
        views = con.execute("select schema_name || '.' || view_name from duckdb_views()").fetchall()
        for table in tables:
            if (table.place.replace('"', ""),) in views:
                con.execute(f"create temp table kept as from {table.place}")
                con.execute(f"drop view {table.place}; create table {table.place} as from kept")
                con.execute("drop table kept")


def check(con: duckdb.DuckDBPyConnection, lineage: Lineage) -> None:
    """Raise a StandardsError unless every table comes out as dbt built it, and passes its checks.

    `con` is a rebuilder's, before any fault.
    """
    for table in lineage.tables:
        try:
            _check_table(con, table, lineage.checks.get(table.id, []))
        except duckdb.Error as error:
            raise StandardsError(
                f"`{table.name}` cannot be built again without a fault: {error}",
                hint="a rebuild has what DuckDB has by itself: no extension, setting or plugin of "
                "the profile, and no macro that `on-run-start` makes",
            ) from error


def _check_table(con: duckdb.DuckDBPyConnection, table: Table, tests: Iterable[Check]) -> None:
    if table.sql and not _is_as_built(con, table):
        raise StandardsError(
            f"`{table.name}` comes out otherwise when it is built again from the same rows",
            hint="look in its SQL for chance, for the clock, and for rows that tie in an order",
        )
    growth, stop = checks.set_aside(con, table)
    if growth or stop:
        raise StandardsError(
            f"`{table.name}` sets aside other rows when they are counted again without a fault",
            hint="look for chance or the clock in its SQL",
        )
    for test in tests:
        if checks.fails(con, test):
            raise StandardsError(
                f"`{test.name}` fails when it is asked again without a fault",
                hint="look for chance or the clock in its SQL",
            )


def _is_as_built(con: duckdb.DuckDBPyConnection, table: Table) -> bool:
    columns = con.execute(f"from {table.clean} limit 0").description or []
    names = ", ".join(quoted(column[0]) for column in columns)
    con.execute(f"create or replace temp table again as select {names} from ({table.sql})")
    floats = [quoted(column[0]) for column in columns if column[1] in ("DOUBLE", "FLOAT")]
    before, after = (_measured(con, rows, floats) for rows in (table.clean, "temp.again"))
    return before[:2] == after[:2] and all(
        abs(weighted - weighted_again) <= _NOISE * size
        for weighted, size, weighted_again in zip(
            before[2::2], before[3::2], after[2::2], strict=True
        )
    )


def _measured(con: duckdb.DuckDBPyConnection, rows: str, floats: list[str]) -> tuple[Any, ...]:
    """Return how many rows there are, a hash of what is exact in them, and two sums for each float.

    Its values have a weight by their row, so that those which change places are seen; the second
    sum is of their sizes. Whether a value is null or no finite number is exact.
    """
    exact = [f"{name} := case when isfinite({name}) then 0 else {name} end" for name in floats]
    content = f"struct_update(rows, {', '.join(exact)})" if floats else "rows"
    sums = [
        f"coalesce(sum({size.format(name)} * (1 + row_hash % 1000)) filter (isfinite({name})), 0)"
        for name in floats
        for size in ("{}", "abs({})")
    ]
    measures = ", ".join(["count(*)", "sum(row_hash)", *sums])
    return con.execute(
        f"select {measures} from (select *, hash({content}) as row_hash from {rows} as rows)"
    ).fetchall()[0]
