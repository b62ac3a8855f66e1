"""A captured view has the values of its query, at each instant, on orders that make time hard."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from drafting.shop import DAYS, FIRST, compiled, create_orders, draft_of, files_of
from milepost.drafting import comparison
from milepost.drafting.draft import Draft
from milepost.drafting.edge_test import edge_test
from milepost.drafting.reference import reference_sql

# Queries whose views need no change: along `known_at`, half-open, of current versions.
EXACT = {
    "every aggregate": """
        select
            shop_id,
            count(*) as order_count,
            count(price) as priced_count,
            count(distinct product) as product_count,
            sum(price) as price_sum,
            avg(price) as price_mean,
            min(price) as price_min,
            max(pieces) as pieces_max,
            stddev(price) as price_stddev,
            median(price) as price_median,
            quantile_cont(price, 0.9) as price_p90,
            percentile_cont(0.25) within group (order by price) as price_p25,
            avg(is_late::int) as late_rate,
            avg(case when is_late then 1 else 0 end) as late_of_all_rate
        from stg_web__orders
        where known_at >= now() - interval 3 days and known_at < now() and superseded_at is null
        group by shop_id
    """,
    "conditions of one aggregate": """
        select
            shop_id,
            count(*) filter (where is_late) as late_count,
            count(case when is_late then 1 end) as also_late_count,
            sum(case when is_late then 1 else 0 end) as again_late_count,
            sum(case when is_late then 1 end) as late_or_null_sum,
            sum(case when product = 'tea' then price else 0 end) as tea_price_sum,
            sum(price) filter (where product = 'tea' and pieces > 1) as much_tea_price_sum,
            avg(case when product in ('tea', 'rice') then price end) as drink_price_mean,
            sum(1) filter (where is_late) as late_ones_sum,
            avg(case when is_late then 1 else 0 end) filter (where product = 'tea') as tea_late_rate
        from stg_web__orders
        where known_at >= now() - interval '5 days' and superseded_at is null
        group by 1
    """,
    "windows of one aggregate": """
        select
            shop_id,
            count(*) filter (where known_at >= now() - interval 1 day) as order_count_1d,
            count(*) as order_count_7d,
            sum(case when known_at >= now() - interval 2 day then price else 0 end) as price_sum_2d,
            sum(price) filter (
                where known_at >= now() - interval 4 days and known_at < now() - interval 2 days
            ) as price_sum_before,
            count(*) filter (where known_at >= now() - interval 2 days)
                / count(*) as share_of_newest
        from stg_web__orders
        where known_at >= now() - interval 1 week and superseded_at is null
        group by all
    """,
    "days": """
        select shop_id, count(*) as order_count
        from stg_web__orders
        where known_at::date >= current_date - 3 and superseded_at is null
        group by shop_id
        order by 2 desc
    """,
    "hours": """
        select shop_id, count(*) as order_count, max(price) as price_max
        from stg_web__orders
        where known_at >= date_trunc('hour', now()) - interval 6 hours and superseded_at is null
        group by shop_id
    """,
    "CTEs": """
        with current_orders as (
            select shop_id as shop, price * pieces as value, known_at, product
            from stg_web__orders as o
            where o.superseded_at is null and o.known_at >= now() - interval 6 days
        ),
        foods as (select * from current_orders where product <> 'salt')
        select f.shop as shop_id, sum(f.value) as value_sum, count(*) as order_count
        from foods as f
        where f.value > 0
        group by f.shop
    """,
    "CTEs in CTEs": """
        with stg_web__orders as (
            with late_orders as (select * from main.stg_web__orders where is_late)
            select * from late_orders
        )
        select shop_id, count(*) as order_count from stg_web__orders
        where known_at >= now() - interval 2 days and superseded_at is null group by shop_id
    """,
    "a subquery": """
        select shop_id, count(*) as order_count
        from (select shop_id, known_at from stg_web__orders where superseded_at is null) as orders
        where known_at >= now() - interval 2 days
        group by shop_id
    """,
    "a series of days": """
        select shop_id, date_trunc('day', known_at) as day, count(*) as order_count,
            avg(price) as price_mean
        from stg_web__orders
        where superseded_at is null
        group by 1, 2
    """,
    "a series of weeks": """
        select shop_id, date_trunc('week', known_at) as week, sum(price) as price_sum
        from stg_web__orders
        where superseded_at is null
        group by 1, 2
    """,
    "two keys": """
        select shop_id, product as product_id, count(*) as order_count
        from main.stg_web__orders
        where known_at >= now() - interval 2 days and superseded_at is null
        group by shop_id, product
    """,
}
# Queries that the view changes on purpose, and words of each change.
CHANGED = {
    "event_at": (
        """
        select shop_id, count(*) as order_count from stg_web__orders
        where event_at >= now() - interval 3 days and superseded_at is null group by 1
        """,
        ["looks along `event_at`"],
    ),
    "closed": (
        """
        select shop_id, count(*) as order_count from stg_web__orders
        where known_at between now() - interval 3 days and now() - interval 1 day
            and superseded_at is null
        group by 1
        """,
        ["a window holds what was known exactly at its start"],
    ),
    "versions": (
        """
        select shop_id, sum(price) as price_sum from stg_web__orders
        where known_at >= now() - interval 3 days group by 1
        """,
        ["counts each version of a fact that was corrected"],
    ),
    "raw files": (
        """
        select shop_id, count(*) as order_count, avg(price) as price_mean
        from read_parquet('s3://lake/shop/orders/*/*.parquet')
        where ordered_at > now() - interval 3 days group by shop_id
        """,
        [
            "reads `stg_web__orders` and not the raw files",
            "looks along `event_at`",
            "a window holds",
            "counts each version",
        ],
    ),
    "a CTE without the instant that is known": (
        """
        with orders as (select shop_id, event_at as at_instant, price from stg_web__orders)
        select shop_id, max(price) as price_max from orders
        where at_instant >= today() - 2 group by shop_id
        """,
        ["looks along `event_at`", "counts each version"],
    ),
}
# Queries of which a part is left to do: all else has its values.
LEFT_OUT = {
    "a condition": """
        select shop_id, count(*) as order_count from stg_web__orders
        where known_at >= now() - interval 3 days and superseded_at is null
            and known_at::time < localtime
        group by 1
    """,
    "a condition of a CTE": """
        with orders as (select * from stg_web__orders where random() < 0.5)
        select shop_id, sum(price) as price_sum from orders
        where known_at >= now() - interval 3 days and superseded_at is null group by 1
    """,
    "a sample": """
        select shop_id, count(*) as order_count from stg_web__orders tablesample 10%
        where known_at >= now() - interval 3 days and superseded_at is null group by 1
    """,
    "a sample of a CTE": """
        with orders as (select * from stg_web__orders tablesample 10%)
        select shop_id, count(*) as order_count from orders
        where known_at >= now() - interval 3 days and superseded_at is null group by 1
        using sample 10%
    """,
    "an item, and rows of the result": """
        select shop_id, mode(product) as product, count(*) as order_count from stg_web__orders
        where known_at >= now() - interval 3 days and superseded_at is null group by 1
        having count(*) > 3 limit 1
    """,
}


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        create_orders(connection)
        yield connection


def differences(draft: Draft, *, as_meant: bool) -> list[Any]:
    """Where a view and its query differ, over all grid instants of the orders."""
    database = draft.models.database
    database.execute(
        f"create or replace temp table milepost__view as {compiled(draft, files_of(draft))}"
    )
    step = timedelta(hours=1 if draft.grid == "hour" else 24)
    if draft.grouping.series_step == "week":
        step = timedelta(days=7)
    start = FIRST + timedelta(days=4)  # a Monday is the 5th
    count = 60 if draft.grid == "hour" else (DAYS + 12) * timedelta(days=1) // step
    found: list[Any] = []
    for number in range(count):
        instant = start + number * step
        view = comparison._view_rows(draft, database, instant)
        sql = reference_sql(draft, instant, as_meant=as_meant)
        query = comparison._by_key(draft, database, sql)
        nothing = comparison.values_of_nothing(draft)
        found += comparison._differences(draft, instant, query, view, nothing)
    return found


@pytest.mark.parametrize("name", EXACT)
def test_a_view_has_the_values_of_its_query(name: str, database: duckdb.DuckDBPyConnection) -> None:
    draft = draft_of(database, EXACT[name])
    assert not draft.notes.todos
    assert all("divide by 0" in str(change) for change in draft.notes.changes)
    assert differences(draft, as_meant=False) == []


@pytest.mark.parametrize("name", LEFT_OUT)
def test_all_but_what_is_left_to_do_has_the_values_of_the_query(
    name: str, database: duckdb.DuckDBPyConnection
) -> None:
    draft = draft_of(database, LEFT_OUT[name])
    assert draft.notes.todos
    assert differences(draft, as_meant=True) == []
    assert edge_test(draft) is not None


@pytest.mark.parametrize("name", CHANGED)
def test_a_change_is_said_and_is_the_only_one(
    name: str, database: duckdb.DuckDBPyConnection
) -> None:
    sql, words = CHANGED[name]
    draft = draft_of(database, sql)
    changes = [str(change) for change in draft.notes.changes]
    assert len(changes) == len(words)
    assert all(any(word in change for change in changes) for word in words)
    assert differences(draft, as_meant=True) == []
    # These orders tell a view from one that has the query's own rule.
    assert differences(draft, as_meant=False) != []


@pytest.mark.parametrize("sql", [*EXACT.values(), *(sql for sql, _ in CHANGED.values())])
def test_the_unit_test_of_a_view_passes(sql: str, database: duckdb.DuckDBPyConnection) -> None:
    """Its rows are what the query says of the facts, which is what our macros say of them."""
    draft = draft_of(database, sql)
    unit_test = edge_test(draft)
    assert unit_test is not None
    (fixture,) = unit_test.given.values()
    view = compiled(draft, files_of(draft)).replace('"stg_web__orders"', f"({fixture})")
    columns = list(unit_test.expected[0])
    rows = database.execute(f"select {', '.join(columns)} from ({view}) order by all").fetchall()
    expected = [tuple(row.values()) for row in unit_test.expected]
    said = [
        tuple(str(value) if n == len(draft.keys) else value for n, value in enumerate(row))
        for row in rows
    ]
    assert len(said) == len(expected) >= 3
    for row, wanted in zip(said, sorted(expected, key=str), strict=True):
        assert all(map(comparison.same, row, wanted)), (row, wanted)


def test_a_comparison_finds_a_view_that_is_not_its_query(
    database: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    draft = draft_of(database, EXACT["every aggregate"])
    sql = compiled(draft, files_of(draft))
    zero = timedelta()
    assert comparison.compare(draft, sql, zero).differences == []
    wrong = sql.replace("coalesce(is_late, false)", "coalesce(is_late, true)")
    assert wrong != sql
    found = comparison.compare(draft, wrong, zero).differences
    assert {difference.column for difference in found} == {"late_of_all_rate_3d"}
    late = comparison.compare(draft, sql, timedelta(days=-1)).differences
    assert late


def test_a_comparison_of_nothing_says_so() -> None:
    with duckdb.connect() as empty:
        create_orders(empty)
        empty.execute("delete from stg_web__orders")
        draft = draft_of(empty, EXACT["days"])
        nothing = comparison.compare(draft, compiled(draft, files_of(draft)), timedelta())
    assert (nothing.rows, nothing.differences) == (0, [])
    assert nothing.notes() == [
        "no row was compared, because no fact is in a window: build a longer history and capture "
        "it again"
    ]


def test_a_small_value_that_a_window_rounds_is_said(database: duckdb.DuckDBPyConnection) -> None:
    sql = EXACT["days"].replace("count(*) as order_count", "sum(price / 1e7) as price_sum")
    draft = draft_of(database, sql)
    result = comparison.compare(draft, compiled(draft, files_of(draft)), timedelta())
    assert result.differences == []
    assert len(result.rounded) > 2
    note = result.notes()[0]
    assert "values are rounded, since a window adds six digits behind the point: " in note
    assert "`price_sum_3d` of shop_id " in note
    assert comparison.same(0.123457, 0.1234568)
    assert not comparison.same(3.1275e-05, 3e-05)
    assert comparison.same(0, 0.0)
    wrong = compiled(draft, files_of(draft)).replace("price / 10000000.0", "price / 1000000.0")
    assert comparison.compare(draft, wrong, timedelta()).differences


def test_rows_without_a_key_are_counted(database: duckdb.DuckDBPyConnection) -> None:
    draft = draft_of(database, EXACT["days"])
    result = comparison.compare(draft, compiled(draft, files_of(draft)), timedelta())
    # At the last of three instants no fact is in the window.
    assert result.rows_without_a_key == 2
    assert result.notes() == ["2 rows of the query have a null key, and a view has none"]
