"""Which steps of a query are tables of their own, and what is left as it is."""

from __future__ import annotations

import re

import pytest

import macro
from milepost.building.stored_steps import stored_steps

FEATURES: list[dict[str, object]] = [
    {"name": "load_count", "count": "loads", "over": ["1d", "7d"]},
    {"name": "miles_p50", "p50": "loads.miles", "over": ["1d", "7d"]},
]


def model(features: list[dict[str, object]] = FEATURES) -> str:
    """A model with windows, as dbt compiles it."""
    windows = macro.trailing_features(["lane_id"], features, engine="sail")
    loads = "loads as (\n\n    select 1\n\n)"
    return f"with\n\n{loads},\n\nwindows as (\n\n    {windows}\n\n)\n\nselect 2"


def test_steps_that_are_read_often_are_tables() -> None:
    queries, sql = stored_steps(model(), "step")
    assert list(queries) == ["step_0", "step_1", "step_2"]
    for table, step in zip(queries, ("changes_by_step", "totals", "instants"), strict=True):
        assert f"milepost__{step} as (select * from {table})," in sql
        end = f"select * from milepost__{step}\n)\nselect * from windows"
        assert queries[table].endswith(end)
    assert "as (select * from step_0)" in queries["step_1"]


def test_a_step_that_is_read_once_is_no_table() -> None:
    queries, sql = stored_steps(model(FEATURES[:1]), "step")
    assert list(queries) == ["step_0", "step_1"]
    assert re.search(r"milepost__instants as \(\n", sql)


@pytest.mark.parametrize(
    "header", ["\n, windows as (\n", "\nWITH windows as (\n", "\nwindows as (\n"]
)
def test_windows_are_recognized_however_their_cte_begins(header: str) -> None:
    query = model().replace("\nwindows as (\n", header)
    queries, _ = stored_steps(query, "step")
    assert len(queries) == 3
    assert all(step.endswith("select * from windows") for step in queries.values())


def test_windows_of_a_cte_that_is_not_recognized_are_not_stored() -> None:
    first, rest = model().split("\n\nselect 2")[0], model().split("windows as (", 1)[1]
    query = f"{first},\n\nlater as ( -- a note\n{rest}"
    queries, _ = stored_steps(query, "step")
    assert len(queries) == 3
    assert all(step.endswith("select * from windows") for step in queries.values())


def test_another_query_stays_as_it_is() -> None:
    instants = "with\n\nmilepost__instants as (\n\n    select 1\n\n)\n\n"
    twice = "select * from milepost__instants union all select * from milepost__instants"
    for query in (instants + twice, f"select * from (\n{model()}\n) where false", "select 1"):
        assert stored_steps(query, "step") == ({}, query)
