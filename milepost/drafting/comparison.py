"""Compares a written view with the query that it was made from, at several instants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import duckdb

from milepost.drafting.draft import Draft
from milepost.drafting.models import KNOWN_AT
from milepost.drafting.reference import reference_sql
from milepost.errors import DraftError

# Sums of DOUBLE differ in their last digits, and a feature adds six digits behind the point.
TOLERANCE = 1e-5
_DAYS_BACK = (0, 9, 30)


@dataclass(frozen=True)
class Difference:
    """A value that the view has otherwise than the query: both, with the row and the instant."""

    instant: datetime
    row: str
    column: str
    of_query: Any
    of_view: Any

    def __str__(self) -> str:
        return (
            f"`{self.column}` of {self.row} at {self.instant} is {self.of_query} in the query and "
            f"{self.of_view} in the view"
        )


@dataclass(frozen=True)
class Comparison:
    """What a comparison at some instants gave.

    `differences` are from the query with the changes that were made on purpose: there must be none.
    `changed` are the rows that these changes alter, of `rows`.
    """

    instants: list[datetime]
    rows: int
    differences: list[Difference]
    changed: int


def compare(draft: Draft, compiled: str, delay: timedelta) -> Comparison:
    """Compare a view, as dbt compiled it, with its query in the scratch database."""
    database = draft.models.database
    database.execute(f"create or replace temp table milepost__view as {compiled}")
    instants = _instants(draft, database)
    rows, changed = 0, 0
    differences: list[Difference] = []
    for instant in instants:
        view = _view_rows(draft, database, instant + delay)
        meant = _query_rows(draft, database, instant, as_meant=True)
        written = _query_rows(draft, database, instant, as_meant=False)
        nothing = values_of_nothing(draft)
        differences += _differences(draft, instant, meant, view, nothing)
        of_changes = _differences(draft, instant, written, meant, nothing)
        changed += len({difference.row for difference in of_changes})
        rows += len(meant.keys() | written.keys())
    return Comparison(instants, rows, differences, changed)


def values_of_nothing(draft: Draft) -> dict[str, Any]:
    """Return what each column of the view is where no fact is in a window."""
    counts = {
        feature.column: "0" if feature.measure.aggregate in {"count", "distinct"} else "null"
        for feature in draft.features.features
    }
    computed = [f"{item.sql} as {item.name}" for item in draft.computed]
    inputs = ", ".join(f"{value} as {column}" for column, value in counts.items())
    sql = f"select {', '.join(['*', *computed])} from (select {inputs})"
    with duckdb.connect() as database:
        cursor = database.execute(sql)
        names = [column[0] for column in cursor.description or []]
        (values,) = cursor.fetchall()
    return dict(zip(names, values, strict=True))


def same(first: Any, second: Any) -> bool:
    """Return whether two values of a feature are the same, as far as DOUBLE can say."""
    first, second = _number(first), _number(second)
    if isinstance(first, float) and isinstance(second, float):
        return abs(first - second) <= TOLERANCE * max(1.0, abs(first))
    return bool(first == second)


def _number(value: Any) -> Any:
    """Return a number as a float; infinity and NaN, which no feature has, as None."""
    if isinstance(value, bool) or value is None or isinstance(value, str | datetime):
        return value
    number = float(value)
    return number if abs(number) < float("inf") else None


def _instants(draft: Draft, database: duckdb.DuckDBPyConnection) -> list[datetime]:
    """Return grid instants from the end of what is known back."""
    step = draft.grouping.series_step or draft.grid
    values = ", ".join(f"({back})" for back in _DAYS_BACK)
    # A series has the step that ends at an instant; without one, a window may end at any.
    rows = database.execute(
        f"select distinct date_trunc('{step}', last_at - to_days(back)) as instant "
        f"from (select max({KNOWN_AT}) + interval 1 {draft.grid} as last_at, "
        f"min({KNOWN_AT}) as first_at from {draft.facts.model.relation}) as known "
        f"cross join (values {values}) as days (back) "
        f"where date_trunc('{step}', last_at - to_days(back)) > first_at order by instant"
    )
    return [instant for (instant,) in rows.fetchall()]


def _query_rows(
    draft: Draft, database: duckdb.DuckDBPyConnection, now: datetime, *, as_meant: bool
) -> dict[tuple[Any, ...], dict[str, Any]]:
    return _by_key(draft, database, reference_sql(draft, now, as_meant=as_meant))


def _view_rows(
    draft: Draft, database: duckdb.DuckDBPyConnection, available_at: datetime
) -> dict[tuple[Any, ...], dict[str, Any]]:
    keys = ", ".join(key.name for key in draft.keys)
    return _by_key(
        draft,
        database,
        f"from milepost__view where available_at <= timestamp '{available_at}' "
        f"qualify row_number() over (partition by {keys} order by available_at desc) = 1",
    )


def _by_key(
    draft: Draft, database: duckdb.DuckDBPyConnection, sql: str
) -> dict[tuple[Any, ...], dict[str, Any]]:
    cursor = database.execute(sql)
    names = [column[0] for column in cursor.description or []]
    keys = [key.name for key in draft.keys]
    rows = [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
    by_key = {tuple(row[key] for key in keys): row for row in rows}
    if len(by_key) < len(rows):
        raise DraftError(
            f"`{draft.query.place}` has several rows of one key", hint="group by the keys alone"
        )
    return by_key


def _differences(
    draft: Draft,
    instant: datetime,
    of_query: Mapping[tuple[Any, ...], Mapping[str, Any]],
    of_view: Mapping[tuple[Any, ...], Mapping[str, Any]],
    nothing: Mapping[str, Any],
) -> Iterator[Difference]:
    for key in sorted(of_query.keys() | of_view.keys(), key=str):
        row = ", ".join(f"{name.name} {value}" for name, value in zip(draft.keys, key, strict=True))
        for column in draft.select_places:
            first = of_query.get(key, nothing)[column]
            second = of_view.get(key, nothing)[column]
            if not same(first, second):
                yield Difference(instant, row, column, first, second)
