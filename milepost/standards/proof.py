"""The proof that the rows of a view follow from its raw logs alone, by four builds of the view.

It is built in full, then from the raw logs as they were a few days before their end, then on from
there, then anew on one thread. The project's own database and the store stay as they are.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from milepost.building import build_records
from milepost.building.catalog import Catalog
from milepost.building.code import Coder
from milepost.building.declared_views import FeatureView
from milepost.building.project import declared_variables
from milepost.building.view_code import view_code
from milepost.errors import StandardsError
from milepost.standards.clocks import clocks
from milepost.standards.evidence import Proof
from milepost.standards.proof_builds import ProofBuilds
from milepost.standards.requirement import Fault

# So many days, with the view's last row in them, are taken away, and then built on in one batch.
DAYS = 3


@dataclass(frozen=True)
class Comparison:
    """A build that has the rows of the full one, if the view has a property."""

    build: str
    property: str
    fault: str
    remedy: str


TRUNCATION = Comparison(
    "cut",
    "truncation",
    "when what landed later is not there: it looks into the future",
    "take only facts with `known_at < g`, as `trailing_features` does: docs/concepts/time.md",
)
COMPARISONS = (
    TRUNCATION,
    Comparison(
        "grown",
        "increment",
        "when it is built day by day: a batch does not read all that it looks back to",
        "declare its windows by `trailing_features`, or state `longest_window_days`",
    ),
    Comparison(
        "again",
        "determinism",
        "when it is built again: something in it is left to chance",
        "order by columns that name a row, and add up DECIMAL, not DOUBLE",
    ),
)


@dataclass(frozen=True)
class ProofResult:
    """The proof of a view, None where it has faults, and the code that was built."""

    proof: Proof | None
    faults: list[Fault]
    code: str


def prove(folder: Path, view: FeatureView, selector: str) -> ProofResult:
    """Build a view four times and compare the rows. `selector` is what dbt calls its model."""
    with tempfile.TemporaryDirectory() as place:
        builds = ProofBuilds(folder, Path(place), selector)
        builds.build("full")
        end = _end(builds.database("full"), view)
        midnight = (end - timedelta(days=DAYS)).replace(hour=0, minute=0, second=0, microsecond=0)
        builds.build("cut", closed_by=midnight)
        builds.build("grown", going_on_from="cut")
        builds.build("again", threads=1)
        cut_at = _built_to(builds.database("cut"), view)
        with duckdb.connect() as con:
            for name in ("full", "cut", "grown", "again"):
                con.execute(f"attach '{builds.database(name)}' as \"{name}\" (read_only)")
            rows_before = _row_count(con, _rows("full", view, cut_at))
            proof = Proof(
                cut_at=cut_at.isoformat(),
                rows_before=rows_before,
                rows_after=_row_count(con, _rows("full", view)) - rows_before,
            )
            catalog = Catalog.read(builds.manifest)
            faults = [*_faults(con, view, proof), *_calls(con, catalog, view)]
    coder = Coder(catalog, declared_variables(folder), "", {})
    return ProofResult(None if faults else proof, faults, view_code(catalog, coder, view))


def _faults(con: DuckDBPyConnection, view: FeatureView, proof: Proof) -> Iterator[Fault]:
    if not proof.rows_before or not proof.rows_after:
        yield Fault(
            f"has {proof.rows_before:,} rows before {proof.cut_at} and {proof.rows_after:,} from "
            "then on: too few to prove anything",
            "run it on a raw log in which the view has rows on its last days",
        )
    for comparison in COMPARISONS:
        until = datetime.fromisoformat(proof.cut_at) if comparison is TRUNCATION else None
        rows, other_rows = _rows("full", view, until), _rows(comparison.build, view, until)
        count = _row_count(
            con,
            f"((from {rows} except all from {other_rows}) union all "
            f"(from {other_rows} except all from {rows}))",
        )
        if count:
            yield Fault(
                f"fails the proof of {comparison.property}: {count:,} rows differ "
                f"{comparison.fault}",
                comparison.remedy,
            )


def _calls(con: DuckDBPyConnection, catalog: Catalog, view: FeatureView) -> Iterator[Fault]:
    try:
        calls = clocks(con, catalog, catalog.lineage(view.unique_id))
    except StandardsError as error:
        yield Fault(error.message, error.hint)
        return
    if calls:
        names = ", ".join(f"`{call}`" for call in sorted(calls))
        yield Fault(
            f"fails the proof of determinism: it calls {names}, which may answer anew each time",
            "take instants from the raw log: when a row became known",
        )


def _rows(database: str, view: FeatureView, until: datetime | None = None) -> str:
    """Return the rows of a view that stand before an instant, as SQL."""
    table = view.relation.partition(".")[2]  # without the name of its database
    delay = f"interval '{view.serving_delay_minutes}' minute"
    condition = f" where available_at - {delay} < timestamp '{until}'" if until else ""
    return f'(from "{database}".{table}{condition})'


def _end(database: Path, view: FeatureView) -> datetime:
    """Return where the days end that are taken away: a weekly view has no row on many days."""
    with duckdb.connect() as con:
        delay = f"interval '{view.serving_delay_minutes}' minute"
        con.execute(f"attach '{database}' as full_build (read_only)")
        newest = f"max(available_at) - {delay} + interval '1' day"
        row = con.execute(f"select {newest} from {_rows('full_build', view)}").fetchone()  # noqa: S608
    built_to = _built_to(database, view)
    return min(built_to, row[0]) if row and row[0] else built_to


def _row_count(con: DuckDBPyConnection, rows: str) -> int:
    row = con.execute(f"select count(*) from {rows}").fetchone()  # noqa: S608 - checked names
    assert row is not None  # noqa: S101 - an aggregate has one row
    return int(row[0])


def _built_to(database: Path, view: FeatureView) -> datetime:
    """Return the first grid instant that is not built."""
    with duckdb.connect(database, read_only=True) as con:
        return build_records.read(con).batches[view.unique_id].built_to
