"""Building again what a fault reaches: the SQL that dbt compiled, on raw rows with the fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import duckdb

from milepost.raw.copies import CopiedTable
from milepost.raw.tables import RawTable
from milepost.stress import checks, faults, soundness
from milepost.stress.certificate import Move, Outcome
from milepost.stress.faults import Fault
from milepost.stress.kinds import quoted
from milepost.stress.lineage import Lineage, Table, View
from milepost.stress.moves import moves
from milepost.stress.raw_parts import Part
from milepost.stress.session import DATABASE

# A row with a fault may have been set aside for another one already. 2026-11.
_NEARLY_ALL = 0.95


@dataclass(frozen=True)
class Build:
    """A build without a fault, its raw rows, and what was made from them."""

    database: Path
    raw_database: Path
    lineage: Lineage
    parts: tuple[Part, ...]
    tables: Mapping[str, RawTable]
    copied: Mapping[str, CopiedTable]


class Rebuilder:
    """A connection in which one fault after another is given to the raw rows of a build.

    It has three databases: `clean` with the tables of the build, `raw` with its raw rows, and that
    of the build's name, in which a table is a view of the clean one until a fault reaches it.
    """

    def __init__(self, build: Build) -> None:
        self._build = build
        self._con = con = duckdb.connect()
        con.execute("set timezone = 'UTC'; set threads = 1; set enable_progress_bar = false")
        con.execute(f"attach '{build.database}' as clean (read_only)")
        con.execute(f"attach '{build.raw_database}' as raw (read_only)")
        con.execute(f"attach ':memory:' as {DATABASE}; attach ':memory:' as faulty; use {DATABASE}")
        for schema in sorted({table.schema for table in build.lineage.tables}):
            con.execute(f"create schema if not exists {schema}")
        checks.prepare(con)
        for table in build.lineage.tables:
            con.execute(f"create view {table.relation} as from {table.clean}")
        for part in build.parts:
            con.execute(f"create view {part.faulty} as from {part.relation}")
        self._fingerprint = cache(self._fingerprint_of)

    def check_soundness(self) -> None:
        """Raise a StandardsError unless the build comes out as it was where nothing has a fault."""
        soundness.check(self._con, self._build.lineage)

    def outcomes(self, fault: Fault) -> dict[str, Outcome]:
        """Return the outcome of a fault for each view that is made from its raw table, by name.

        A view has none where no row has the fault, or nothing that it is made from reads the column
        that has it. Each outcome is what it would be if its view were the only one.
        """
        parts = [part for part in self._build.parts if part.table_id == fault.table_id]
        run = _Run(self._con, self._build, fault, self._fingerprint)
        try:
            rows = sum(self._give(part, fault) for part in parts)
            return run.outcomes(rows) if rows else {}
        finally:
            for part in parts:
                self._con.execute(f"create or replace view {part.faulty} as from {part.relation}")
                self._con.execute(f"drop table if exists {_given(part)}")
            run.restore()

    def _give(self, part: Part, fault: Fault) -> int:
        """Give the rows of a part the fault, and return how many have it."""
        sql = faults.rows(part, self._build.copied[part.table_id], fault)
        self._con.execute(f"create table {_given(part)} as {sql}")
        self._con.execute(f"create or replace view {part.faulty} as from {_given(part)}")
        if fault.kind.name == "out_of_order":
            return part.rows
        clean = f"(select * exclude (milepost__place) from {part.relation})"
        pairs = [(clean, part.faulty), (part.faulty, clean)]
        counts = "select count(*) from (from {} except all from {})"
        return max(_number(self._con, counts.format(*pair)) for pair in pairs)

    def _fingerprint_of(self, clean: str) -> tuple[object, ...]:
        return _row(self._con, _FINGERPRINT.format(clean))


def _given(part: Part) -> str:
    """Return the table with the rows of a part while they have a fault."""
    return f"{part.faulty}_given"


_FINGERPRINT = "select count(*), sum(hash(rows)) from {} as rows"


class _Run:
    """One fault on its way through the tables."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        build: Build,
        fault: Fault,
        fingerprint: Callable[[str], tuple[object, ...]],
    ) -> None:
        self._con, self._build, self._fault = con, build, fault
        self._fingerprint = fingerprint
        self._made: list[Table] = []
        self._changed: set[str] = set()
        self._stops: dict[str, str] = {}
        self._set_aside = Counter[str]()
        self._views = [view for view in build.lineage.views if fault.table_id in view.lineage]

    def outcomes(self, rows: int) -> dict[str, Outcome]:
        """Return the outcome for each view by name, where so many rows have the fault."""
        table = self._build.tables[self._fault.table_id]
        parts = [part for part in self._build.parts if part.table_id == table.id]
        if stop := checks.silence(self._con, table, self._build.copied[table.id], parts):
            self._stops = dict.fromkeys((view.table.id for view in self._views), stop)
        else:
            self._follow()
        return {
            view.name: self._outcome(view, rows)
            for view in self._views
            if not self._fault.column or self._reaches(view)
        }

    def restore(self) -> None:
        """Make each table a view of the clean one again."""
        for table in self._made:
            self._con.execute(f"drop table {table.relation}")
            self._con.execute(f"create view {table.relation} as from {table.clean}")

    def _reaches(self, view: View) -> bool:
        """Return whether anything that a view is made from reads the column with the fault."""
        return view.table.id in self._stops or bool(view.lineage & self._changed)

    def _follow(self) -> None:
        """Build what the fault reaches, and ask its checks, up to where each view is stopped."""
        for table in self._build.lineage.tables:
            views = self._going_on(view for view in self._views if table.id in view.lineage)
            if views and table.inputs & {*self._changed, self._fault.table_id}:
                self._stop(self._make(table), views)
                self._count(table, views)
            for check in self._build.lineage.checks.get(table.id, []):
                views = self._going_on(view for view in self._views if check.id in view.checks)
                if views and check.inputs & self._changed and checks.fails(self._con, check):
                    self._stop(f"`{check.name}`", views)

    def _going_on(self, views: Iterable[View]) -> list[View]:
        return [view for view in views if view.table.id not in self._stops]

    def _count(self, table: Table, views: list[View]) -> None:
        """Count what a table sets aside that has changed, for the views that are made from it."""
        views = self._going_on(views)
        if not views or table.id not in self._changed:
            return
        growth, stop = checks.set_aside(self._con, table)
        if self._fault.table_id in table.counted:
            self._set_aside.update({view.table.id: growth for view in views})
        self._stop(stop, views)

    def _stop(self, stop: str, views: list[View]) -> None:
        if stop:
            self._stops |= {view.table.id: stop for view in views}

    def _make(self, table: Table) -> str:
        """Build a table; return what stops it. It is as before where nothing in it changed."""
        columns = self._con.execute(f"from {table.clean} limit 0").description or []
        names = ", ".join(quoted(column[0]) for column in columns)
        self._con.execute(f"drop view {table.relation}")
        try:
            self._con.execute(f"create table {table.relation} as select {names} from ({table.sql})")
        except checks.OF_DATA as error:
            self._con.execute(f"create view {table.relation} as from {table.clean}")
            return f"build of `{table.name}`: {str(error).partition(':')[0]}"
        self._made.append(table)
        if _row(self._con, _FINGERPRINT.format(table.relation)) != self._fingerprint(table.clean):
            self._changed.add(table.id)
            return checks.contract(self._con, table)
        return ""

    def _outcome(self, view: View, rows: int) -> Outcome:
        moved: dict[str, Move] = {}
        outcome: Literal["unchanged", "set_aside", "stopped", "moved"] = "unchanged"
        stop, set_aside = self._stops.get(view.table.id, ""), self._set_aside[view.table.id]
        if stop:
            outcome = "stopped"
        elif view.table.id in self._changed:
            moved = moves(self._con, view)
        if moved:
            is_told = set_aside >= _NEARLY_ALL * rows
            outcome = "set_aside" if is_told else "moved"
        return Outcome(
            table=self._build.tables[self._fault.table_id].name,
            column=self._fault.column,
            kind=self._fault.kind.name,
            rows=rows,
            outcome=outcome,
            by=stop,
            set_aside=set_aside,
            moves=moved,
        )


def _row(con: duckdb.DuckDBPyConnection, sql: str) -> tuple[object, ...]:
    return con.execute(sql).fetchall()[0]


def _number(con: duckdb.DuckDBPyConnection, sql: str) -> int:
    (number,) = _row(con, sql)
    return int(str(number))
