"""What a view cannot have is refused or left to do, and changes no value in silence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import duckdb
import pytest

from drafting.shop import compiled, create_orders, draft_of, files_of
from milepost.drafting import comparison
from milepost.errors import DraftError

WINDOW = "where known_at >= now() - interval 3 days and superseded_at is null"


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        create_orders(connection)
        yield connection


def from_(source: str, *, ctes: str = "", where: str = WINDOW) -> str:
    """A query that counts the orders of a source, which stands on line 4."""
    return f"{ctes}\nselect shop_id, count(*) as order_count\nfrom\n{source}\n{where} group by 1"


ORDERS = from_("stg_web__orders")
SAMPLED = {
    "a share": from_("stg_web__orders tablesample 10 percent"),
    "rows": from_("stg_web__orders tablesample reservoir(50 rows)"),
    "a subquery": from_("(select * from stg_web__orders) as orders tablesample 10%"),
    "in a CTE": from_("orders", ctes="with orders as (from stg_web__orders tablesample 10%)"),
    "of a CTE": from_("orders tablesample 10%", ctes="with orders as (from stg_web__orders)"),
    "at the end": f"{ORDERS} using sample 10%",
}


@pytest.mark.parametrize("name", SAMPLED)
def test_a_sample_is_left_to_do(name: str, database: duckdb.DuckDBPyConnection) -> None:
    (todo,) = draft_of(database, SAMPLED[name]).notes.todos
    assert "a sample is left out" in todo.message
    assert todo.remedy == "a view counts every fact: choose them by a condition"


REFUSED = {
    "a filter on a column that is not there": (
        ORDERS.replace("count(*)", "count(*) filter (where knwn_at >= now() - interval 1 day)"),
        2,
        "`stg_web__orders` has no column `knwn_at`",
    ),
    "a mean of a column that is not there": (
        ORDERS.replace("count(*)", "avg(prise)"),
        2,
        "`stg_web__orders` has no column `prise`",
    ),
    "time travel": (from_("stg_web__orders at (version => 3)"), 4, "of another version"),
    "names for the columns of a table": (
        from_("stg_web__orders as orders (order_id, product, shop_id)"),
        4,
        "names its columns anew",
    ),
    "names for the columns of a subquery": (
        from_(
            "(select shop_id, known_at, superseded_at, pieces from stg_web__orders)\n"
            "as orders (shop_id, known_at, superseded_at, price)"
        ),
        4,
        "names its columns anew",
    ),
    "names for the columns of a CTE": (
        from_(
            "orders",
            ctes="with orders (shop_id, known_at, superseded_at) as (\nselect product, known_at, "
            "superseded_at from stg_web__orders)",
        ),
        2,
        "names its columns anew",
    ),
    "several columns at once": (
        f"select shop_id,\nsum(columns('pr.*ce')) from stg_web__orders {WINDOW} group by 1",
        2,
        "stands for several columns",
    ),
    "a column that tells of later versions": (
        from_(
            "orders",
            ctes="with orders as (select *, superseded_at is null as is_current "
            "from stg_web__orders)",
            where="where is_current and known_at >= now() - interval 3 days",
        ),
        1,
        "`superseded_at is null` tells of later versions",
    ),
    "a key that tells of later versions": (
        ORDERS.replace("shop_id", "cast(superseded_at is null as varchar) as shop_id"),
        2,
        "tells of later versions",
    ),
    "a group that is a text": (ORDERS.replace("by 1", "by 'x'"), 5, "`'x'` is no item"),
    "a group past the end": (ORDERS.replace("by 1", "by 3"), 5, "`3` is no item"),
    "a group before the first": (ORDERS.replace("by 1", "by 0"), 5, "`0` is no item"),
    "jinja in a text": (ORDERS.replace("group", "and product <> '{#x' group"), 5, "as Jinja"),
    "jinja in a kept CTE": (
        from_(
            "orders",
            ctes="with orders as (select distinct shop_id, known_at, superseded_at "
            "from stg_web__orders -- {% x\n)",
        ),
        1,
        "dbt",
    ),
    "numbers of rows": (
        from_("read_parquet('s3://lake/shop/orders/*/*.parquet') with ordinality"),
        4,
        "numbers its rows",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_part_without_a_meaning_in_a_view_is_refused_at_its_place(
    name: str, database: duckdb.DuckDBPyConnection
) -> None:
    sql, line, message = REFUSED[name]
    with pytest.raises(DraftError) as refused:
        draft_of(database, sql)
    assert refused.value.message.startswith(f"`query.sql:{line}`: ")
    assert message in refused.value.message
    assert refused.value.hint


WALL_CLOCKS = {
    "known_at::time < localtime": "holds no span",
    "known_at::timetz < current_time": "holds no span",
    "known_at::timetz < get_current_time()": "holds no span",
    "age(known_at) < interval 300 days": "holds no span",
    "price > getvariable('least_price')": "holds no span",
    "current_setting('TimeZone') = 'UTC'": "holds no span",
    "current_schema() = 'main'": "holds no span",
}


@pytest.mark.parametrize("condition", WALL_CLOCKS)
def test_a_condition_on_when_it_runs_is_left_to_do(
    condition: str, database: duckdb.DuckDBPyConnection
) -> None:
    draft = draft_of(database, from_("stg_web__orders", where=f"{WINDOW} and {condition}"))
    (todo,) = draft.notes.todos
    assert todo.place == "query.sql:5"
    assert WALL_CLOCKS[condition] in todo.message
    assert not draft.layers[0].conditions


def test_an_age_is_no_value_of_a_feature(database: duckdb.DuckDBPyConnection) -> None:
    sql = ORDERS.replace("count(*)", "count(*) as n, avg(epoch(age(known_at)))")
    (todo,) = draft_of(database, sql).notes.todos
    assert "depends on when it runs" in todo.message


COMPUTED = {
    "count(*) / sum(count(*)) over ()": "a window function over the rows of the result",
    "rank() over (order by count(*) desc)": "a window function over the rows of the result",
    "count(*) / (select count(*) from stg_web__orders)": "a subquery beside aggregates",
    "count(*) / date_part('doy', now())": "depends on when it runs",
    "count(*) * random()": "depends on when it runs",
    "n / sum(price)": "`n` beside aggregates",
    "shop_id || count(*)": "`shop_id` beside aggregates",
}


@pytest.mark.parametrize("item", COMPUTED)
def test_a_computed_column_reads_nothing_but_the_windows_of_its_row(
    item: str, database: duckdb.DuckDBPyConnection
) -> None:
    sql = ORDERS.replace("count(*)", f"count(*) as n,\n{item}")
    draft = draft_of(database, sql)
    (todo,) = draft.notes.todos
    assert todo.place == "query.sql:3"
    assert COMPUTED[item] in todo.message
    assert not draft.computed


def test_a_share_of_a_window_is_still_computed(database: duckdb.DuckDBPyConnection) -> None:
    share = "count(*) filter (where known_at >= now() - interval 1 day) / count(*)"
    draft = draft_of(database, ORDERS.replace("count(*)", share))
    assert not draft.notes.todos
    assert draft.computed


@pytest.mark.parametrize(
    "key",
    [
        "cast(date_diff('day', event_at, now()) as varchar) || shop_id",
        "(select max(region) from stg_web__shops)",
    ],
)
def test_a_key_is_of_the_facts_alone(key: str, database: duckdb.DuckDBPyConnection) -> None:
    sql = ORDERS.replace("shop_id", f"{key} as shop_id")
    with pytest.raises(DraftError, match=r"query.sql:2.*depends on when it runs, or on another"):
        draft_of(database, sql)


def test_a_measure_of_what_is_known_later_is_left_to_do_under_any_name(
    database: duckdb.DuckDBPyConnection,
) -> None:
    orders = "select shop_id, known_at, superseded_at as gone_at from stg_web__orders"
    sql = from_("orders", ctes=f"with orders as ({orders})", where="where {}").replace(
        "count(*)", "count(*) as n, count(gone_at)"
    )
    window = "gone_at is null and known_at >= now() - interval 3 days"
    (todo,) = draft_of(database, sql.format(window)).notes.todos
    assert "an aggregate of `superseded_at`" in todo.message


ELSEWHERE = {
    "other.stg_web__orders": "`other.stg_web__orders` is not the model `stg_web__orders`",
    "other_db.main.stg_web__orders": "`other_db.stg_web__orders` is not the model",
    "read_parquet('s3://lake/shop/orders/date=2026-01-05/*.parquet')": "only a part of the files",
    "'s3://competitor/orders/x.parquet'": "belongs to no raw table",
}


@pytest.mark.parametrize("source", ELSEWHERE)
def test_a_table_of_another_place_is_no_model(
    source: str, database: duckdb.DuckDBPyConnection
) -> None:
    where = "where ordered_at >= now() - interval 3 days" if "'" in source else WINDOW
    with pytest.raises(DraftError) as refused:
        draft_of(database, from_(source, where=where))
    assert ELSEWHERE[source] in refused.value.message


@pytest.mark.parametrize("source", ["main.stg_web__orders", "memory.MAIN.stg_web__orders"])
def test_a_table_may_be_named_in_full(source: str, database: duckdb.DuckDBPyConnection) -> None:
    assert not draft_of(database, from_(source)).notes.todos


def test_a_computed_column_has_a_name_of_its_own(database: duckdb.DuckDBPyConnection) -> None:
    items = (
        "sum(price) / sum(pieces) as price, count(*) / sum(price) as price_sum, "
        "count(*) / 2 as price_sum, sum(price) as total, 3 * count(*)"
    )
    draft = draft_of(database, ORDERS.replace("count(*)", items))
    features = [feature.column for feature in draft.features.features]
    computed = [item.name for item in draft.computed]
    assert len({*features, *computed}) == len(features) + len(computed) == 8
    result = comparison.compare(draft, compiled(draft, files_of(draft)), timedelta())
    assert result.rows
    assert not result.differences


def test_a_comment_is_of_the_last_column_of_its_line(database: duckdb.DuckDBPyConnection) -> None:
    sql = ORDERS.replace("order_count", "order_count, avg(price) as price_mean -- Mean price.")
    comments = [feature.comment for feature in draft_of(database, sql).shown]
    assert comments[:2] == ["", "Mean price."]
