"""What is proved of every feature view of a project, whatever it counts, and of every outcome.

They come from dbt's manifest: none is listed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb

from milepost.building.catalog import Catalog
from milepost.standards.clocks import clocks as clock_calls
from proofs import logs
from proofs.work import Work, dated, place


@dataclass(frozen=True)
class Compared:
    """How many rows of a view stand at or before an instant, and how many differ before and after.

    A row that differs is counted in each build that has it.
    """

    rows: int
    differing: int
    differing_later: int


def truncated(full: Work, name: str, instant: datetime) -> dict[str, Compared]:
    """Build without what landed at `instant` or later, and compare each view with the full build.

    Rows of grid instants up to `instant` must be the same. Later ones, as far as the truncated
    build goes, differ where something that was taken away counts.
    """
    raw = place("raw")
    before = logs.cut(full.raw, raw, instant)
    work = full.another(name, raw=raw)
    work.run("--full-refresh")
    return compared(full, work, instant, logs.midnight(before))


def compared(full: Work, other: Work, instant: datetime, until: datetime) -> dict[str, Compared]:
    """Compare each table's rows that stand up to `instant`, and from there up to `until`.

    How long after it a row is served may differ.
    """
    others = dated(other.catalog)
    with duckdb.connect() as con:
        for alias, work in (("one", full), ("other", other)):
            con.execute(f"attach '{work.database}' as {alias} (read_only)")
        return {
            name: _compared(
                con, _standing("one", *table), _standing("other", *others[name]), instant, until
            )
            for name, table in dated(full.catalog).items()
        }


def _standing(alias: str, relation: str, stands_at: str) -> str:
    """The rows of a table in an attached database, with the instant at which each stands."""
    # dbt's name of the table, without that of its database.
    table = relation.partition(".")[2]
    column = stands_at.split()[0]
    return f"(select * exclude ({column}), {stands_at} as stands_at from {alias}.{table})"


def _compared(
    con: duckdb.DuckDBPyConnection, rows: str, other_rows: str, instant: datetime, until: datetime
) -> Compared:
    row = con.execute(
        f"""
        with differing as (
            (from {rows} except all from {other_rows})
            union all
            (from {other_rows} except all from {rows})
        )
        select
            (select count(*) from {rows} where stands_at <= $instant),
            count(*) filter (stands_at <= $instant),
            count(*) filter (stands_at > $instant and stands_at <= $until)
        from differing
        """,
        {"instant": instant, "until": until},
    ).fetchone()
    assert row is not None
    return Compared(*row)


def clocks(catalog: Catalog) -> dict[str, set[str]]:
    """What each view and all that it is made from call that may answer anew each time."""
    views = {view.name: catalog.lineage(view.unique_id) for view in catalog.feature_views()}
    with duckdb.connect() as con:
        calls = {
            node_id: clock_calls(con, catalog, [node_id])
            for node_id in set().union(*views.values())
        }
    return {
        view: set().union(*(calls[node_id] for node_id in lineage))
        for view, lineage in views.items()
    }
