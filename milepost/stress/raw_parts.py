"""The rows of a copied raw log in DuckDB.

Files that a build reads alike are a part. Each part is a table of its own, in which a row has an
order that follows from its content: so the rows with a fault are the same on every machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from pathlib import Path

import duckdb

from milepost.raw.copies import CopiedTable
from milepost.raw.tables import RawTable
from milepost.stress.kinds import Column, Role, quoted

SEED = 0
SHARE = 0.05
# A text column with more values holds keys, or names: a code list is short. 2026-11.
_CATEGORIES = 20
_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_NUMBERS = (*_INTEGERS, "FLOAT", "DOUBLE", "DECIMAL")
_FILES = re.compile(
    r"read_parquet\(\[([^\]]*)\], hive_partitioning = false, filename = 'milepost__file'\)"
)


@dataclass(frozen=True)
class Part:
    """Files of a raw table that are read alike: how SQL reads them, and how many rows they have."""

    name: str
    table_id: str
    reads: str
    rows: int
    columns: tuple[Column, ...]
    known: Column | None
    """The column that says when a row was known, if one does."""

    @property
    def relation(self) -> str:
        """The table with its rows."""
        return f"raw.main.{self.name}"

    @property
    def faulty(self) -> str:
        """The table with its rows after a fault."""
        return f"faulty.main.{self.name}"

    @property
    def last(self) -> int:
        """The last place of a row that has a fault of a share."""
        return max(1, round(self.rows * SHARE))


def load(
    database: Path,
    statements: Iterable[str],
    tables: Mapping[str, RawTable],
    copied: Mapping[str, CopiedTable],
    keys: Mapping[str, Set[str]],
) -> list[Part]:
    """Write the rows that SQL statements read from files into a database; return its parts.

    `keys` are the columns of each table that are known to be keys, by the table's id.
    """
    table_of = {file.uri: id_ for id_, table in copied.items() for file in table.files}
    reads = {match[0]: match[1] for sql in statements for match in _FILES.finditer(sql)}
    parts = []
    with duckdb.connect(str(database)) as con:
        con.execute("set timezone = 'UTC'; set enable_progress_bar = false")
        con.execute("create table files (table_id text, uri text, starts_at timestamp)")
        for id_, copy in copied.items():
            for file in copy.files:
                con.execute("insert into files values (?, ?, ?)", [id_, file.uri, file.starts_at])
        for number, (sql, uris) in enumerate(sorted(reads.items())):
            table = tables[table_of[uris.split("'")[1]]]
            parts.append(_load(con, f"part_{number}", sql, table, keys[table.id]))
    return parts


def _load(
    con: duckdb.DuckDBPyConnection, name: str, reads: str, table: RawTable, keys: Set[str]
) -> Part:
    described = con.execute(f"describe select * exclude (milepost__file) from {reads}").fetchall()
    types = {row[0]: row[1] for row in described}
    content = ", ".join(f"coalesce(cast({quoted(column)} as varchar), '')" for column in types)
    con.execute(
        f"create table {name} as select *, row_number() over (order by "
        f"md5(concat_ws(chr(31), '{SEED}', {content})), milepost__file) as milepost__place "
        f"from {reads}"
    )
    (count,) = con.execute(f"select count(*) from {name}").fetchall()[0]
    declared = {column.lower(): stated for column, stated in table.columns.items()}
    columns = tuple(
        Column(
            column,
            sql_type,
            _role(con, name, column, sql_type, text_format, column.lower() in keys),
            text_format if sql_type == "VARCHAR" else None,
        )
        for column, sql_type in types.items()
        if column.lower() in declared
        for text_format in [declared[column.lower()].text_format]
    )
    is_known = table.known_column.lower() if table.known_by == "column" else None
    known = next((column for column in columns if column.name.lower() == is_known), None)
    return Part(name, table.id, reads, count, columns, known)


def _role(
    con: duckdb.DuckDBPyConnection,
    part: str,
    column: str,
    sql_type: str,
    text_format: str | None,
    is_key: bool,
) -> Role:
    if sql_type.startswith(("TIMESTAMP", "DATE")) or (sql_type == "VARCHAR" and text_format):
        return "instant"
    is_named_key = is_key or column.lower().split("_")[-1] == "id"
    if sql_type == "UUID" or (sql_type.removeprefix("U") in _INTEGERS and is_named_key):
        return "key"
    if sql_type.removeprefix("U").startswith(_NUMBERS):
        return "number"
    if sql_type != "VARCHAR":
        return "flag"
    (values,) = con.execute(f"select count(distinct {quoted(column)}) from {part}").fetchall()[0]
    (rows,) = con.execute(f"select count({quoted(column)}) from {part}").fetchall()[0]
    return "category" if values <= min(_CATEGORIES, rows / 2) else "key"
