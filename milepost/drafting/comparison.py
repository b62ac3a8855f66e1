"""Compares a written view with the query that it was made from, at several instants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isclose
from typing import Any

import duckdb

from milepost.drafting.draft import Draft
from milepost.drafting.models import KNOWN_AT
from milepost.drafting.reference import reference_sql
from milepost.errors import DraftError

# Sums of DOUBLE differ in their last digits: a share of the value, and for those near 0 an amount.
_RELATIVE_TOLERANCE, _ABSOLUTE_TOLERANCE = 1e-5, 1e-12
# A window adds six digits behind the point, and a deviation is the root of such a sum.
_ROUNDING = 1e-5
_DAYS_BACK = (0, 9, 30)


@dataclass(frozen=True)
class Difference:
    """A value that the view has otherwise than the query: both, with the row and the instant."""

    instant: datetime
    row: str
    column: str
    of_query: Any
    of_view: Any

    @property
    def is_rounded(self) -> bool:
        """Whether both differ by no more than the rounding of a window."""
        numbers = [_number(value) for value in (self.of_query, self.of_view)]
        if not all(isinstance(number, float) for number in numbers):
            return False
        return bool(abs(numbers[0] - numbers[1]) <= _ROUNDING)

    def __str__(self) -> str:
        return (
            f"`{self.column}` of {self.row} at {self.instant} is {self.of_query} in the query and "
            f"{self.of_view} in the view"
        )


@dataclass(frozen=True)
class Comparison:
    """What a comparison at some instants gave.

    `differences` are from the query with the changes that were made on purpose: there must be none.
    `rounded` are values that differ only because a window rounds. `changed` are the rows that these
    changes alter, of `rows`. `rows_without_a_key` are those of the query with a null key.
    """

    instants: list[datetime]
    rows: int
    differences: list[Difference]
    rounded: list[Difference]
    changed: int
    rows_without_a_key: int

    def notes(self) -> list[str]:
        """Return what a comparison without differences does not say of the view."""
        notes = []
        if not self.rows:
            notes.append(
                "no row was compared, because no fact is in a window: build a longer history and "
                "capture it again"
            )
        if self.rounded:
            notes.append(
                f"{len(self.rounded):,} values are rounded, since a window adds six digits behind "
                f"the point: {self.rounded[0]}"
            )
        if self.rows_without_a_key:
            notes.append(
                f"{self.rows_without_a_key:,} rows of the query have a null key, and a view has "
                "none"
            )
        return notes


def compare(draft: Draft, compiled: str, delay: timedelta) -> Comparison:
    """Compare a view, as dbt compiled it, with its query in the scratch database."""
    database = draft.models.database
    database.execute(f"create or replace temp table milepost__view as {compiled}")
    instants = _instants(draft, database)
    rows, changed, rows_without_a_key = 0, 0, 0
    differences: list[Difference] = []
    nothing = values_of_nothing(draft)
    for instant in instants:
        view = _view_rows(draft, database, instant + delay)
        meant = _query_rows(draft, database, instant, as_meant=True)
        written = _query_rows(draft, database, instant, as_meant=False)
        differences += _differences(draft, instant, meant, view, nothing)
        of_changes = _differences(draft, instant, written, meant, nothing)
        changed += len({difference.row for difference in of_changes})
        rows += len(meant.keys() | written.keys())
        sql = reference_sql(draft, instant, as_meant=False, has_null_key=True)
        rows_without_a_key += len(database.execute(sql).fetchall())
    rounded = [item for item in differences if item.is_rounded]
    differences = [item for item in differences if not item.is_rounded]
    return Comparison(instants, rows, differences, rounded, changed, rows_without_a_key)


def values_of_nothing(draft: Draft) -> dict[str, Any]:
    """Return what each column of the view is where no fact is in a window."""
    counts = {
        feature.column: "0" if feature.measure.aggregate in {"count", "distinct"} else "null"
        for feature in draft.features.features
    }
    computed = [f"{item.sql} as {item.name}" for item in draft.computed]
    inputs = ", ".join(f"{value} as {column}" for column, value in counts.items())
    sql = f"select {', '.join(['*', *computed])} from (select {inputs})"
    cursor = draft.models.database.execute(sql)
    names = [column[0] for column in cursor.description or []]
    (values,) = cursor.fetchall()
    return dict(zip(names, values, strict=True))


def same(first: Any, second: Any) -> bool:
    """Return whether two values of a feature are the same, as far as DOUBLE can say."""
    first, second = _number(first), _number(second)
    if isinstance(first, float) and isinstance(second, float):
        return isclose(first, second, rel_tol=_RELATIVE_TOLERANCE, abs_tol=_ABSOLUTE_TOLERANCE)
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
