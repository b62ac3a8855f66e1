"""The checks of a build, asked of tables with a fault: what stops it, and what is counted."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb
from duckdb import DuckDBPyConnection

from milepost.errors import LandingError
from milepost.raw.copies import CopiedTable
from milepost.raw.silence import check_silence
from milepost.raw.tables import ClosedTable, RawTable
from milepost.stress.lineage import Check, Table
from milepost.stress.raw_parts import Part

OF_DATA = (duckdb.DataError, duckdb.IntegrityError, duckdb.InvalidInputException)
"""The errors that rows with a fault can cause; any other is of the machine, or of Milepost."""

# As `refuse_set_aside` has it.
_TOO_MANY = """
    (all_row_count >= row_count_min and all_set_aside_count > share_max * all_row_count)
    or (recent_row_count >= row_count_min and recent_set_aside_count > share_max * recent_row_count)
"""


def prepare(con: DuckDBPyConnection) -> None:
    """Make the table in which a build counts what it sets aside."""
    con.execute("create schema milepost_checks")
    con.execute(
        "create table milepost_checks.set_aside as from clean.milepost_checks.set_aside limit 0"
    )


def silence(
    con: DuckDBPyConnection, table: RawTable, copied: CopiedTable, parts: Iterable[Part]
) -> str:
    """Return what stops a build because a raw table fell silent, or ""."""
    rows: dict[str, int] = {}
    for part in parts:
        rows |= dict(
            con.execute(
                f"select milepost__file, count(*) from {part.faulty} group by all"
            ).fetchall()
        )
    files = tuple(file._replace(rows=rows.get(file.uri, 0)) for file in copied.files)
    closed = ClosedTable(copied.files[0].starts_at, copied.before, 0, files)
    try:
        check_silence(table, closed)
    except LandingError:
        return f"`rows_within_days` of `{table.name}`"
    return ""


def contract(con: DuckDBPyConnection, table: Table) -> str:
    """Return what stops a build because a column is null that may not be so, or ""."""
    for column in table.required:
        sql = f"select count(*) from {table.relation} where {column} is null"
        if con.execute(sql).fetchall()[0][0]:
            return f"contract of `{table.name}`: `{column}` is null"
    return ""


def set_aside(con: DuckDBPyConnection, table: Table) -> tuple[int, str]:
    """Return how many more rows a staged model sets aside, and what stops it, or ""."""
    if not table.counts:
        return 0, ""
    con.execute("delete from milepost_checks.set_aside")
    try:
        for statement in table.counts:
            con.execute(statement)
    except OF_DATA as error:
        return 0, f"count of what `{table.name}` sets aside: {str(error).partition(':')[0]}"
    counts = "select base, all_set_aside_count from {} where model_id = ? and reason is null"
    before = dict(
        con.execute(counts.format("clean.milepost_checks.set_aside"), [table.id]).fetchall()
    )
    after = dict(con.execute(counts.format("milepost_checks.set_aside"), [table.id]).fetchall())
    growth = sum(count - before.get(base, 0) for base, count in after.items())
    refused = con.execute(
        f"""
        select causes.table_name, causes.reason
        from milepost_checks.set_aside as totals
        inner join milepost_checks.set_aside as causes using (base)
        where totals.reason is null and causes.reason is not null and totals.base in (
            select base from milepost_checks.set_aside where reason is null and ({_TOO_MANY})
        )
        order by causes.all_set_aside_count desc, causes.reason
        """
    ).fetchone()
    stop = f"`set_aside_share_max` of `{refused[0]}`: {refused[1]}" if refused else ""
    return growth, stop


def fails(con: DuckDBPyConnection, check: Check) -> bool:
    """Return whether a data test fails; one that cannot run fails, too."""
    try:
        return bool(con.execute(check.sql).fetchall()[0][0])
    except OF_DATA:
        return True
