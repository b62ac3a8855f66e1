"""`most_keys_change` tells by the rows of a view whether a batch asks which keys change."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

import macro

# The grid instant before the batch, and its number.
STEP = datetime(2026, 3, 1).toordinal() - datetime(1970, 1, 1).toordinal()
# Of each of ten keys a row at each of the last ten days, but for those that a case leaves out.
ROWS = """
    select
        'key ' || key.i as k,
        timestamp '2026-03-01' - interval '1 day' * day.i + interval '30 minutes' as available_at
    from range(10) as key (i), range(10) as day (i)
    where not ({without})
"""
# Two keys at each of the last ten days, each second day others.
SHORT_LIVED = """
    select
        'key ' || (day.i // 2) || '-' || key.i as k,
        timestamp '2026-03-01' - interval '1 day' * day.i + interval '30 minutes' as available_at
    from range(2) as key (i), range(10) as day (i)
"""
RESTING = """
    select
        'resting ' || key.i as k,
        timestamp '2026-02-25' + interval '30 minutes' as available_at
    from range({count}) as key (i)
"""

# Of 25,000 keys a row at each of the last twenty days.
LATER = """
    select
        'key ' || row.i % 25000 as k,
        timestamp '2026-03-01' - interval '1 day' * (row.i // 25000) + interval '30 minutes'
            as available_at
    from range(500000) as row (i)
"""


def most_keys_change(rows: str, keys: tuple[str, ...] = ("k",), stored: str = "table") -> Any:
    """What the macro answers for a view of these rows with windows of ten days."""
    con = duckdb.connect()
    con.execute(f"create {stored} view as {rows}")

    def run_query(sql: str) -> SimpleNamespace:
        (answer,) = con.execute(sql).fetchall()
        return SimpleNamespace(columns=[SimpleNamespace(values=lambda: answer)])

    def columns(relation: str) -> list[SimpleNamespace]:
        described = con.execute(f"select * from {relation}").description
        return [SimpleNamespace(name=column[0]) for column in described]

    meta = {"serving_delay_minutes": 30}
    model = SimpleNamespace(resource_type="model", config=SimpleNamespace(meta=meta))
    macros = macro.Macros(
        "windows",
        "names",
        is_incremental=lambda: stored == "table",
        this="view",
        model=model,
        run_query=run_query,
        get_columns_in_relation=columns,
    )
    return macros.most_keys_change(list(keys), "day", {"opening": STEP, "end": STEP + 2}, 240)


@pytest.mark.parametrize(
    ("rows", "answer"),
    [
        (ROWS.format(without="false"), True),
        # A key that rests now had a row each day.
        (ROWS.format(without="key.i = 1 and day.i = 0"), True),
        (ROWS.format(without="key.i <= 1 and day.i = 0"), False),
        (ROWS.format(without="key.i <= 1 and day.i = 1"), False),
        # Rows of keys that rest, a row each.
        (f"{ROWS.format(without='false')} union all {RESTING.format(count=11)}", True),
        (f"{ROWS.format(without='false')} union all {RESTING.format(count=12)}", False),
        (SHORT_LIVED, False),
        # Before the look-back, and after the batch begins.
        (
            f"{ROWS.format(without='false')} union all "
            f"select k, available_at - interval '7 days' from ({RESTING.format(count=99)})",
            True,
        ),
        (
            f"{ROWS.format(without='false')} union all "
            f"select k, available_at + interval '7 days' from ({RESTING.format(count=99)})",
            True,
        ),
        # A view that has begun five days ago.
        (ROWS.format(without="day.i > 4"), True),
        (ROWS.format(without="day.i > 4 or key.i <= 1 and day.i = 0"), False),
        # Two rows of a key at one instant are no rows at two.
        (f"{ROWS.format(without='day.i = 1')} union all {ROWS.format(without='day.i > 0')}", False),
        # Most keys are new: only the last two days tell.
        (ROWS.format(without="key.i > 0 and day.i > 1 or key.i > 7 and day.i = 0"), False),
        # Keys that rest, stored long before the others.
        (f"{RESTING.format(count=600000)} union all {ROWS.format(without='false')}", False),
        (f"{RESTING.format(count=600000)} union all {LATER}", True),
        (ROWS.format(without="true"), False),
    ],
)
def test_most_keys_change_where_few_rest(rows: str, answer: bool) -> None:
    assert most_keys_change(rows) is answer


def test_a_view_without_the_keys_is_not_asked() -> None:
    assert most_keys_change(ROWS.format(without="false"), ("k", "other")) is False
    renamed = f"select k, available_at as at from ({ROWS.format(without='false')})"
    assert most_keys_change(renamed) is False
    assert most_keys_change(f"select *, k as rowid from ({ROWS.format(without='false')})") is False


def test_what_is_no_table_is_not_asked() -> None:
    assert most_keys_change(ROWS.format(without="false"), stored="view") is False
