"""Which tests an experiment has: of its code, of its names and of the range of its numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import duckdb
from duckdb import DuckDBPyConnection

from milepost.building.column_meaning import without_window
from milepost.standards.examined_view import ExaminedView, Node
from milepost.standards.requirement import Fault

GENERIC_TEST = "values_fit_their_names"
# What `values_fit_their_names` bounds by a column's name: see `macros/checks/rules_of_names.sql`.
BOUNDED_NAME = re.compile(r"_((rate|share)(_change)?|count)$|_(stddev|interquartile_range)(_|$)")
# Tests of a column that say how large its values may be: ours, dbt's, and those of dbt_utils and
# dbt_expectations.
_BOUNDING = {
    *("is_between", "accepted_values", "accepted_range"),
    *("expect_column_values_to_be_between", "expect_column_values_to_be_in_set"),
}
_STEPS = {"day": timedelta(days=1), "hour": timedelta(hours=1)}


def has_a_unit_test(examined: ExaminedView) -> Iterator[Fault]:
    """Require that the view has a unit test: given rows, and the rows that they make."""
    if not examined.unit_tests:
        yield Fault(
            "has no unit test",
            "write one below `unit_tests:` in its YAML: rows that you can count by hand",
        )


def has_a_unit_test_at_an_edge(examined: ExaminedView) -> Iterator[Fault]:
    """Require that a unit test is given a fact that became known exactly at a grid instant, where
    `<` and `<=` differ: a window that ends there does not have it.
    """
    if examined.unit_tests and not any(
        _is_at_an_edge(test, examined.view.grid) for test in examined.unit_tests
    ):
        instant = "a midnight" if examined.view.grid == "day" else "a full hour"
        yield Fault(
            "has no unit test at a window's edge",
            f"give one of its unit tests a row whose `known_at` is exactly {instant}",
        )


def _is_at_an_edge(unit_test: Node, grid: str) -> bool:
    step = _STEPS[grid] / timedelta(microseconds=1)
    with duckdb.connect(config={"enable_external_access": "false"}) as con:
        con.execute("set TimeZone = 'UTC'")
        return any(
            instant is not None and instant % step == 0
            for given in unit_test["given"]
            for instant in _known_at(con, given["rows"])
        )


def _known_at(
    con: DuckDBPyConnection, rows: str | list[Mapping[str, Any]] | None
) -> list[int | None]:
    """Return when given rows became known, in microseconds; none of rows that do not say it.

    dbt gives the rows of a table or of CSV one by one, and SQL as it stands.
    """
    relation = rows if isinstance(rows, str) else "select unnest($given) as known_at"
    given = [] if isinstance(rows, str) else [row.get("known_at") for row in rows or ()]
    try:
        instants = con.execute(
            f"select epoch_us(try_cast(known_at as timestamptz)) from (\n{relation}\n) as facts",  # noqa: S608 - it reads nothing
            {} if isinstance(rows, str) else {"given": given},
        ).fetchall()
    except duckdb.Error:  # no column `known_at`, or SQL that dbt alone can read
        return []
    return [instant for (instant,) in instants]


def has_the_generic_test(examined: ExaminedView) -> Iterator[Fault]:
    """Require that the view has the data test `values_fit_their_names`: one row for each key and
    grid instant, and what follows from its columns' names, types and samples.
    """
    if GENERIC_TEST not in {_kind(test) for test in examined.data_tests}:
        yield Fault(
            f"has no data test `{GENERIC_TEST}`",
            f"write `milepost.{GENERIC_TEST}: {{name: {examined.name}_fits_its_names}}` below "
            "its `data_tests`",
        )


def bounds_its_numbers(examined: ExaminedView) -> Iterator[Fault]:
    """Require that each feature that is a number has a range: by its name, such as a `_rate` or a
    `_count`, or by a data test of the column, such as `is_between`. A test counts where it is an
    error for each row of the view: without `where`, `limit`, `error_if` or the severity `warn`.
    """
    tested = {test.get("column_name") for test in examined.data_tests if _kind(test) in _BOUNDING}
    is_tested_by_name = GENERIC_TEST in {_kind(test) for test in examined.data_tests}
    for column in examined.view.fields:
        if column.name not in examined.view.features or column.type not in {"BIGINT", "DOUBLE"}:
            continue
        by_name = is_tested_by_name and BOUNDED_NAME.search(without_window(column.name))
        if column.name not in tested and not by_name:
            yield Fault(
                f"does not say between which values `{column.name}` lies",
                "give the column a data test `is_between` with `min_value` or `max_value`, which "
                "no `where`, `limit`, `error_if` or `severity` weakens",
                examined.stated.place(column.name),
            )


def _kind(test: Node) -> str:
    """Return the name of the generic test that a data test uses."""
    return str((test.get("test_metadata") or {}).get("name"))
