"""A batch of `trailing_features` has the rows that a build in full has for its instants.

At its few steps facts of different ages are in the same windows, and are one tile.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

import macro
from engines import engine_of

FIRST = datetime(2026, 1, 1)
STEPS = 40
UNITS = {"day": timedelta(days=1), "hour": timedelta(hours=1)}
# `often` has a fact at each step, so that one at either end of each window is seen. Of both keys
# each fourth fact is superseded, and each tenth has a long value. `lasting` has one kind at a time.
FACTS = """
    select
        key.k,
        timestamp '2026-01-01' + interval '1 {grid}' * step.i + interval '1 minute' as known_at,
        case
            when step.i % 4 = 0
                then timestamp '2026-01-01' + interval '1 {grid}' * (step.i + step.i % 23) + interval '2 minutes'
        end as superseded_at,
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
        {"name": "kind", "standing": "kinds.kind"},
        {"name": "kind_count", "count": "kinds", "over": over[0]},
    ]


@pytest.mark.parametrize(
    ("name", "grid", "steps"),
    # Sail takes seconds to plan a query.
    [("sail", "day", 1), *(("duckdb", grid, steps) for grid in UNITS for steps in (1, 2, 6))],
)
def test_a_batch_has_the_rows_of_a_build_in_full(name: str, grid: str, steps: int) -> None:
    engine = engine_of(name)
    for table, sql in (("facts", FACTS), ("kinds", KINDS)):
        engine.put_what(table, sql.format(grid=grid, steps=STEPS))

    def rows(batch: tuple[datetime, datetime] | None) -> list[tuple[Any, ...]]:
        sql = macro.trailing_features(["k"], features(grid), grid, batch, engine.dialect)
        return sorted(engine.rows(f"select * from ({sql}) as windows"), key=lambda row: row[:2])

    unit = UNITS[grid]
    in_full = rows(None)
    for first in range(20, 44, steps) if name == "duckdb" else [24]:
        start, end = FIRST + unit * first, FIRST + unit * (first + steps)
        wanted = [row for row in in_full if start <= row[1] < end]
        assert wanted
        assert rows((start, end)) == wanted, first
