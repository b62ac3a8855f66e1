"""A batch of `trailing_features` has the rows that a build in full has for its instants.

At its few steps facts of different ages are in the same windows, and are one tile.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

import macro
from engines import DuckDB, engine_of

FIRST = datetime(2026, 1, 1)
STEPS = 40
Batch = tuple[datetime, datetime] | None
NO_SUMS = {"distinct", "p50", "open_within", "standing"}
UNITS = {"day": timedelta(days=1), "hour": timedelta(hours=1)}
# `often` has a fact at each step, so that one at either end of each window is seen; each other fact
# is known at a grid instant itself. Of both keys each fourth fact is superseded, each third opens
# later or closes, and each tenth has a long value. `lasting` has one kind at a time.
FACTS = """
    select
        key.k,
        timestamp '2026-01-01' + interval '1 {grid}' * step.i + interval '1 minute' * (step.i % 2)
            as known_at,
        case
            when step.i % 4 = 0
                then
                    timestamp '2026-01-01' + interval '2 minutes'
                    + interval '1 {grid}' * (step.i + step.i % 23)
        end as superseded_at,
        timestamp '2026-01-01' + interval '1 {grid}' * (step.i + step.i % 3) as opens_at,
        case
            when step.i % 3 > 0
                then timestamp '2026-01-01' + interval '1 {grid}' * (step.i + 2 * (step.i % 11))
        end as closes_at,
        step.i % 5 as lane,
        step.i % 3 = 0 as is_late,
        case when step.i % 10 = 0 then 20000000 else step.i * step.i end + 0.25 as amount
    from range({steps}) as step (i), (values ('often'), ('seldom')) as key (k)
    where key.k = 'often' or step.i in (5, 12, 13, 30)
"""
KINDS = """
    select
        'lasting' as k,
        timestamp '2026-01-01' + interval '1 {grid}' * (step.i * 9) as known_at,
        timestamp '2026-01-01' + interval '1 {grid}' * (step.i * 9 + 9) as superseded_at,
        'kind ' || step.i as kind
    from range(4) as step (i)
"""


def features(grid: str) -> list[dict[str, Any]]:
    """Return features of three windows, one that is set back, and what stands."""
    over = [f"{steps}{grid[0]}" for steps in (3, 7, 20)]
    return [
        {"name": "fact_count", "count": "facts", "over": over},
        {"name": "late_rate", "rate": "facts.is_late", "over": over},
        {"name": "spread", "stddev": "facts.amount", "over": over, "decimals": 2},
        {"name": "amount", "sum": "facts.amount", "over": over[1], "set_back": over[0]},
        {"name": "lanes", "distinct": "facts.lane", "over": over},
        {"name": "half", "p50": "facts.amount", "over": over[2]},
        {"name": "open_count", "count": "facts", "open_within": f"30{grid[0]}"},
        {"name": "open_amount", "sum": "facts.amount", "open_within": f"30{grid[0]}"},
        {"name": "kind", "standing": "kinds.kind"},
        {"name": "kind_count", "count": "kinds", "over": over[0]},
    ]


def set_back(grid: str) -> list[dict[str, Any]]:
    """Return features of windows that are all set back: in full, no running totals are made."""
    over, back = [f"{steps}{grid[0]}" for steps in (2, 9)], f"5{grid[0]}"
    return [
        {"name": "fact_count", "count": "facts", "over": over, "set_back": back},
        {"name": "amount", "sum": "facts.amount", "over": over, "set_back": back},
    ]


def rows(
    engine: DuckDB,
    keys: list[str],
    declared: list[dict[str, Any]],
    grid: str,
    batch: Batch,
    *,
    most_keys_change: bool = False,
) -> list[tuple[Any, ...]]:
    """Return the rows of a build, by key and instant."""
    sql = macro.trailing_features(
        keys, declared, grid, batch, engine.dialect, most_keys_change=most_keys_change
    )
    assert ("milepost__changing_keys" in sql) == (batch is not None and not most_keys_change)
    built = engine.rows(f"select * from ({sql}) as windows")
    return sorted(built, key=lambda row: row[: len(keys) + 1])


@pytest.mark.parametrize(
    ("name", "grid", "steps"),
    # Sail takes seconds to plan a query.
    [("sail", "day", 1), *(("duckdb", grid, steps) for grid in UNITS for steps in (1, 2, 6, 10))],
)
def test_a_batch_has_the_rows_of_a_build_in_full(name: str, grid: str, steps: int) -> None:
    engine, unit = engine_of(name), UNITS[grid]
    for table, sql in (("facts", FACTS), ("kinds", KINDS)):
        engine.put_what(table, sql.format(grid=grid, steps=STEPS))
    every = features(grid)
    sums = [feature for feature in every if not NO_SUMS & feature.keys()]
    views = [(["k"], every), (["k"], sums), (["k"], set_back(grid)), ([], set_back(grid))]
    for keys, declared in views if name == "duckdb" else views[:1]:
        in_full = rows(engine, keys, declared, grid, None)
        for first in range(20, 44, steps) if name == "duckdb" else [24]:
            start, end = FIRST + unit * first, FIRST + unit * (first + steps)
            wanted = [row for row in in_full if start <= row[len(keys)] < end]
            assert wanted
            batch = (start, end)
            assert rows(engine, keys, declared, grid, batch) == wanted, first
            if name == "duckdb" and declared != every:
                assert rows(engine, keys, declared, grid, batch, most_keys_change=True) == wanted, (
                    first
                )


@pytest.mark.parametrize("key", sorted(NO_SUMS))
def test_a_batch_of_more_than_sums_asks_which_keys_change(key: str) -> None:
    declared = [feature for feature in features("day") if key in feature or "over" in feature]
    declared = [feature for feature in declared if key in feature or not NO_SUMS & feature.keys()]
    batch = (FIRST, FIRST + timedelta(days=1))
    sql = macro.trailing_features(["k"], declared, "day", batch, most_keys_change=True)
    assert "milepost__changing_keys" in sql
