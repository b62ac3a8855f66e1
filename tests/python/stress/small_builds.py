"""A small build without dbt: one raw log, tables that are made from it, and their feature views."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from milepost.raw.copies import CopiedTable
from milepost.raw.tables import Column as Declared
from milepost.raw.tables import RawFile, RawTable
from milepost.storage.location import Location
from milepost.stress import raw_parts, soundness
from milepost.stress.faults import Fault
from milepost.stress.kinds import OF_COLUMNS, OF_TABLES
from milepost.stress.lineage import Check, Lineage, Table, View
from milepost.stress.rebuild import Build

FIRST, DAYS, PER_DAY = datetime(2026, 1, 1), 20, 10
KINDS = {kind.name: kind for kind in (*OF_COLUMNS, *OF_TABLES)}
SOURCE = "source.loads"
COLUMNS = {
    "load_id": "'load ' || ({day} * 10 + n)",
    "miles": "cast(100 + n as double)",
    "stops": "n + 1",
    "landed_at": "timestamp '{start}' + to_hours(n)",
}
_SET_ASIDE = """create table milepost_checks.set_aside (
    base text, model_id text, table_name text, reason text, all_set_aside_count bigint,
    all_row_count bigint, row_count_min bigint, share_max double default 1,
    recent_row_count bigint default 0, recent_set_aside_count bigint default 0
)"""


class SmallBuild:
    """Writes a raw log with some columns, each as SQL of a `day`, its `start` and the row `n`."""

    def __init__(
        self,
        folder: Path,
        columns: Mapping[str, str] = COLUMNS,
        *,
        keys: Set[str] = frozenset(),
        formats: Mapping[str, str] | None = None,
    ) -> None:
        folder.mkdir(exist_ok=True)
        self._folder, self.raw_database, files = folder, folder / "raw.duckdb", []
        selects = ", ".join(f"{sql} as {name}" for name, sql in columns.items())
        with duckdb.connect() as con:
            for day in range(DAYS):
                uri, start = str(folder / f"{day}.parquet"), FIRST + timedelta(days=day)
                rows = f"select {selects} from range({PER_DAY}) as numbers (n)"
                con.execute(f"copy ({rows.format(day=day, start=start)}) to '{uri}'")
                files.append(RawFile(uri, start, start + timedelta(days=1), {}, PER_DAY))
        declared = {
            name: Declared(name, "", None, False, (formats or {}).get(name)) for name in columns
        }
        self.raw = RawTable(SOURCE, "freight.loads", "loads", Location("raw", ""), declared)
        self.copied = CopiedTable(FIRST, FIRST + timedelta(days=DAYS), tuple(files))
        uris = ", ".join(f"'{file.uri}'" for file in files)
        reads = f"read_parquet([{uris}], hive_partitioning = false, filename = 'milepost__file')"
        (self.part,) = raw_parts.load(
            self.raw_database, [reads], {SOURCE: self.raw}, {SOURCE: self.copied}, {SOURCE: keys}
        )

    def table(self, name: str, sql: str, *inputs: Table, sets_aside: str = "") -> Table:
        """Return a table of `{rows}`, the raw log, or of its inputs; what it counts as set aside.

        `sets_aside` is the condition of the rows of the raw log that it does not take.
        """
        rows = self.part.faulty
        count = f"""insert into milepost_checks.set_aside by name
            select '{name}' as model_id, 'base' as base, 'loads' as table_name,
            count(*) as all_set_aside_count from {rows} where {sets_aside}"""
        return Table(
            id=name,
            name=name,
            place=f"main.{name}",
            sql=sql.format(rows=rows),
            inputs=frozenset({table.id for table in inputs} or {SOURCE}),
            required=(),
            counts=(count,) if sets_aside else (),
            counted=frozenset({SOURCE} if sets_aside else ()),
        )

    def build(
        self,
        tables: Sequence[Table],
        views: Mapping[str, Sequence[Table]],
        checks: Mapping[str, tuple[str, ...]] | None = None,
        setup: str = "",
        as_views: Sequence[str] = (),
    ) -> Build:
        """Build the tables after `setup`, and return the build of some views.

        `views` have for the name of a table, whose feature is `value`, all that it is made from.
        `checks` have for the name of a table the SQL of whether a check fails once it is built, and
        the names of all tables at which the check looks.
        """
        database = self._folder / f"{len(list(self._folder.glob('*.duckdb')))}.duckdb"
        with duckdb.connect() as con:
            con.execute(f"attach '{database}' as stress; use stress")
            con.execute(f"attach '{self.raw_database}' as raw (read_only)")
            con.execute(f"create schema milepost_checks; {_SET_ASIDE}; {setup}")
            for table in tables:
                kind = "view" if table.name in as_views else "table"
                sql = table.sql.replace("faulty.", "raw.")
                con.execute(f"create {kind} {table.place} as {sql}")
                for count in table.counts:
                    con.execute(count.replace("faulty.", "raw."))
        soundness.keep_views(database, tables)
        by_name = {table.name: table for table in tables}
        asked = {
            name: [Check(f"{name}_check", f"{name}_check", sql, frozenset(looks_at))]
            for name, (sql, *looks_at) in (checks or {}).items()
        }
        made = [
            View(
                name=name,
                table=by_name[name],
                keys=("load_id",),
                types={"value": "DOUBLE"},
                lineage=frozenset({SOURCE, name, *(table.id for table in members)}),
                checks=frozenset(item.id for items in asked.values() for item in items),
            )
            for name, members in views.items()
        ]
        lineage = Lineage(tuple(tables), asked, tuple(made))
        tables_by_id, copied = {SOURCE: self.raw}, {SOURCE: self.copied}
        return Build(database, self.raw_database, lineage, (self.part,), tables_by_id, copied)


def fault(kind: str, column: str = "") -> Fault:
    """Return a fault of the raw log."""
    return Fault(SOURCE, column, KINDS[kind])
