"""The table of a view: its columns as they are declared, its values finite."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import pytest

from candidates import COLUMNS, candidate, publishable, released, sentences, view
from milepost.publishing.candidate import Candidate
from milepost.publishing.refusal import lines, remedies
from milepost.publishing.rules.table import columns_as_declared, values_are_finite

DECLARED = {**COLUMNS, "dug_at": "TIMESTAMP", "depth": "DOUBLE"}
BUILT = view(DECLARED, keys=["bed_id", "depth"])


def judged(con: duckdb.DuckDBPyConnection, **changed: object) -> Candidate:
    """A table of two rows, one of which has other values."""
    con.execute(f"create table built ({', '.join(map(' '.join, DECLARED.items()))})")
    row: dict[str, object] = {
        "bed_id": "north",
        "available_at": "2026-01-02",
        "wet": None,
        "readings": 1,
    }
    row |= {"dug_at": "2026-01-01", "depth": 1.5}
    for values in (row, {**row, **changed}):
        con.execute("insert into built values (?, ?, ?, ?, ?, ?)", list(values.values()))
    return candidate([BUILT], None, con=con, evidence=[publishable(BUILT)])


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("wet", float("nan")),
        ("wet", float("inf")),
        ("wet", float("-inf")),
        ("depth", float("nan")),
        ("dug_at", "infinity"),
        ("available_at", "infinity"),
        ("available_at", "-infinity"),
    ],
)
def test_a_value_that_is_not_finite_is_refused(column: str, value: object) -> None:
    with duckdb.connect() as con:
        assert sentences(values_are_finite(judged(con))) == []
    with duckdb.connect() as con:
        (refusal,) = values_are_finite(judged(con, **{column: value}))
    assert refusal.sentence == f"`{column}` is NaN or infinite in 1 rows"
    assert "divide by `nullif(..., 0)`" in refusal.remedy


def test_the_values_of_a_released_table_were_judged_when_it_was_released() -> None:
    with duckdb.connect() as con:
        old = released(BUILT)
        again = replace(
            candidate([BUILT], old, con=con, evidence=[publishable(BUILT)]),
            con=judged(con, wet=float("nan")).con,
        )
        assert sentences(values_are_finite(again)) == []


def test_every_column_that_is_not_as_declared_is_told() -> None:
    with duckdb.connect() as con:
        built = judged(con)
        con.execute("alter table built alter readings type integer")
        con.execute("alter table built drop wet")
        con.execute("alter table built add colour varchar")
        refusals = list(columns_as_declared(built))
    assert sentences(refusals) == [
        "beds: `wet` is not in the table, and is declared as DOUBLE",
        "beds: `readings` is INTEGER, and is declared as BIGINT",
        "beds: `colour` is VARCHAR, and is not declared",
    ]
    assert lines(refusals, ["beds"]) == [
        "beds: 3 columns of `beds` are not as they are declared: `wet`, `readings`, `colour`"
    ]
    assert remedies(refusals) == (
        "enforce the view's contract: `config: {contract: {enforced: true}}`"
    )
