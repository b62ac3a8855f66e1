"""`paired_versions` and `standing_facts`: facts with what they are paired with, over time.

The reference looks at each instant at which anything may change, fact by fact.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest
from dbt_common.exceptions import CompilationError
from hypothesis import given
from hypothesis import strategies as st

from macro import Macros

FIRST = datetime(2026, 1, 1)
WITHIN = timedelta(days=3)
Row = dict[str, Any]
MACROS = Macros("facts", var=lambda _: WITHIN.days, execute=False)
PAIRS = {"payments": {"on": ["customer"], "where": "payments.amount >= orders.amount"}}
ADDS = {"payment_count": "count(payments.known_at)", "paid": "max(payments.amount)"}


@st.composite
def versions(draw: st.DrawFn) -> list[Row]:
    """Return rows of some facts, whose versions follow each other or end."""
    rows: list[Row] = []
    for fact in range(draw(st.integers(0, 3))):
        days = sorted(draw(st.sets(st.integers(0, 8), min_size=1, max_size=3)))
        ends = [*days[1:], draw(st.none() | st.integers(9, 10))]
        for day, end in zip(days, ends, strict=True):
            # What a correction makes another kind of fact is not in the relation.
            if draw(st.integers(0, 3)):
                rows.append(
                    {
                        "id": fact,
                        "customer": draw(st.sampled_from("ab")),
                        "amount": draw(st.integers(0, 2)),
                        "known_at": FIRST + timedelta(days=day),
                        "superseded_at": end if end is None else FIRST + timedelta(days=end),
                    }
                )
    return rows


def newest(rows: list[Row], instant: datetime) -> list[Row]:
    """Return the rows that stand at the instant."""
    return [
        row
        for row in rows
        if row["known_at"] <= instant
        and (row["superseded_at"] is None or row["superseded_at"] > instant)
    ]


def expected(orders: list[Row], payments: list[Row]) -> set[tuple[Any, ...]]:
    wanted: set[tuple[Any, ...]] = set()
    for fact in {row["id"] for row in orders}:
        own = [row for row in orders if row["id"] == fact]
        instants = {row[at] for row in own for at in ("known_at", "superseded_at")} | {
            pair[at]
            for pair in payments
            for at in ("known_at", "superseded_at")
            for row in own
            if row["customer"] == pair["customer"]
            and pair[at]
            and row["known_at"] <= pair[at] <= row["known_at"] + WITHIN
        }
        states: list[tuple[datetime, tuple[Any, ...] | None]] = []
        for instant in sorted(instants - {None}):
            standing = newest(own, instant)
            state = None
            if standing:
                (row,) = standing
                paid = [
                    pair["amount"]
                    for pair in newest(payments, instant)
                    if pair["customer"] == row["customer"]
                    and pair["amount"] >= row["amount"]
                    and pair["known_at"] >= instant - WITHIN
                ]
                state = (row["customer"], row["amount"], len(paid), max(paid, default=None))
            if not states or states[-1][1] != state:
                states.append((instant, state))
        ends = [instant for instant, _ in states[1:]] + [None]
        wanted |= {
            (fact, *state, instant, end)
            for (instant, state), end in zip(states, ends, strict=True)
            if state
        }
    return wanted


@given(orders=versions(), payments=versions())
def test_a_version_begins_where_a_fact_or_its_pairs_change(
    orders: list[Row], payments: list[Row]
) -> None:
    with duckdb.connect() as con:
        for name, rows in (("orders", orders), ("payments", payments)):
            con.execute(
                f"create table {name} (id int, customer text, amount int, "
                "known_at timestamp, superseded_at timestamp)"
            )
            for row in rows:
                con.execute(f"insert into {name} values (?, ?, ?, ?, ?)", [*row.values()])
        sql = MACROS.paired_versions("orders", "id", ["customer", "amount"], PAIRS, ADDS)
        found = con.execute(sql).fetchall()
    assert len(set(found)) == len(found)
    assert set(found) == expected(orders, payments)


@pytest.mark.parametrize(
    ("pairs", "adds", "message"),
    [
        ({"payments": ["customer"]}, ADDS, "pair `payments` is `['customer']`"),
        ({"payments": {"on": "customer"}}, ADDS, "pair `payments` is"),
        ({"payments": {"on": ["customer"], "when": "true"}}, ADDS, "pair `payments` is"),
        ({"orders": {"on": ["customer"]}}, ADDS, "`orders` is paired with itself"),
        (PAIRS, {"amount": "max(payments.amount)"}, "`amount` is of the facts and of `adds`"),
    ],
)
def test_a_wrong_pair_is_refused_by_name(pairs: Any, adds: Any, message: str) -> None:
    with pytest.raises(CompilationError) as refused:
        MACROS.paired_versions("orders", "id", ["customer", "amount"], pairs, adds)
    assert message in str(refused.value)
    assert "hint: " in str(refused.value)
