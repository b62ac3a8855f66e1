"""The table of a view: its rows as built, its columns as declared, its values fit to read."""

from __future__ import annotations

from collections.abc import Iterator

from duckdb import DuckDBPyConnection

from milepost.building.declared_views import FeatureView
from milepost.publishing.candidate import Candidate
from milepost.publishing.export import RepeatedRowsError
from milepost.publishing.refusal import Refusal
from milepost.release.names import AVAILABLE_AT


def rows_as_built(candidate: Candidate) -> Iterator[Refusal]:
    """Require that the view's table has the rows that its last build left."""
    for view in candidate.views:
        build = candidate.records.builds[view.unique_id]
        if build.fingerprint != candidate.fingerprint(view):
            yield Refusal(
                view.name,
                f"`{view.name}`",
                "has other rows than its last build left: a dbt "
                "command did not end, or something else wrote to it",
                "tables have other rows than their last builds left",
            )


def columns_as_declared(candidate: Candidate) -> Iterator[Refusal]:
    """Require that the table's columns and types are those that the view declares."""
    for view in candidate.views:
        described = candidate.con.execute(f"describe {view.relation}").fetchall()
        built = {row[0]: row[1] for row in described}
        declared = {column.name: column.type for column in view.fields}
        for name in dict.fromkeys([*declared, *built]):
            if built.get(name) != declared.get(name):
                is_type = f"is {built[name]}" if name in built else "is not in the table"
                yield Refusal(
                    view.name,
                    f"`{name}`",
                    f"{is_type}, and is declared as {declared[name]}"
                    if name in declared
                    else f"{is_type}, and is not declared",
                    f"columns of `{view.name}` are not as they are declared",
                    "enforce the view's contract: `config: {contract: {enforced: true}}`",
                )


def values_are_finite(candidate: Candidate) -> Iterator[Refusal]:
    """Require that each number and each instant is finite or null: no two readers compare NaN
    alike.
    """
    for view in candidate.views:
        # They were judged when they were released.
        if candidate.uploads.unchanged(candidate.publishable(view)):
            continue
        for name, count in not_finite(candidate.con, view):
            yield Refusal(
                view.name,
                f"`{name}`",
                f"is NaN or infinite in {count:,} rows",
                f"columns of `{view.name}` are NaN or infinite in some rows",
                "a value is finite, or null where there is no evidence: divide by "
                "`nullif(..., 0)`, and have `row_fault` check what comes from the raw log",
            )


def not_finite(con: DuckDBPyConnection, view: FeatureView) -> list[tuple[str, int]]:
    """Return the columns that have NaN or infinite values, each with how many rows do."""
    columns = [column.name for column in view.fields if column.type in {"DOUBLE", "TIMESTAMP"}]
    counts = ", ".join(f"count(*) filter (not isfinite({name}))" for name in columns)
    row = con.execute(f"select {counts} from {view.relation}").fetchone()  # noqa: S608 - checked names
    assert row is not None  # noqa: S101 - an aggregate has one row
    return [(name, count) for name, count in zip(columns, row, strict=True) if count]


def one_row_per_key_and_instant(candidate: Candidate) -> Iterator[Refusal]:
    """Require that no two rows share keys and `available_at`. None of these is null."""
    for view in candidate.views:
        try:
            candidate.exported(view)
        except RepeatedRowsError as error:
            identity = ", ".join((*view.keys, AVAILABLE_AT))
            yield Refusal(
                view.name,
                f"`{view.name}`",
                f"has rows that share ({identity}), or lack one of them",
                "views have rows that share keys and `available_at`, or lack one of them",
                error.hint,
            )
