"""What capture writes, and what it leaves to do or refuses, with its place."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
import yaml

from drafting.shop import META, create_orders, draft_of, files_of, node
from milepost.drafting.draft_files import Meaning
from milepost.drafting.edge_test import edge_test
from milepost.errors import DraftError

WINDOW = "where known_at >= now() - interval 7 days and superseded_at is null"
QUERY = f"""-- How much a shop sells.
select
    shop_id,
    count(*) as orders,
    avg(case when is_late then 1 else 0 end) as late_rate, -- Share of late orders, 0 to 1.
    sum(price) / count(*) as price_per_order
from stg_web__orders
{WINDOW} and product <> 'salt'
group by shop_id
"""


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        create_orders(connection)
        yield connection


def test_the_model_keeps_the_facts_and_declares_the_windows(
    database: duckdb.DuckDBPyConnection,
) -> None:
    files = files_of(draft_of(database, QUERY))
    assert files.path.as_posix() == "models/features/shop_orders.sql"
    assert files.sql() == (
        """-- Drafted from query.sql.
-- Otherwise than the query:
-- query.sql:6: `price_sum_7d / order_count_7d` is null where it would divide by 0
with

orders as (

    select
        shop_id,
        price,
        coalesce(is_late, false) as is_late_value,
        known_at,
        superseded_at
    from {{ ref('stg_web__orders') }}
    where product <> 'salt'

),

windows as (

    {{ milepost.trailing_features(
        keys=['shop_id'],
        features=[
            {'name': 'order_count', 'count': 'orders', 'over': '7d'},
            {'name': 'late_rate', 'rate': 'orders.is_late_value', 'over': '7d'},
            {'name': 'price_sum', 'sum': 'orders.price', 'over': '7d'},
        ],
    ) }}

)

select
    {{ milepost.all_but(['price_sum_7d']) }},
    price_sum_7d / nullif(order_count_7d, 0) as price_per_order_7d
from windows
"""
    )


def test_the_yaml_is_whole_but_for_meaning(database: duckdb.DuckDBPyConnection) -> None:
    draft = draft_of(database, QUERY)
    text = files_of(draft).yaml(edge_test(draft))
    (model,) = yaml.safe_load(text)["models"]
    assert model["description"].startswith("How much a shop sells. One row per shop and day")
    meta = model["config"]["meta"]
    assert meta["entities"] == {"shop": ["shop_id"]}
    # Those of the only other view.
    assert meta["owners"] == {"science": "prices", "engineering": "pipes"}
    assert (meta["maturity"], meta["sensitivity"]) == ("draft", "internal")
    columns = {column["name"]: column for column in model["columns"]}
    assert columns["late_rate_7d"]["description"] == (
        "Share of late orders, 0 to 1. Null without any."
    )
    assert columns["late_rate_7d"]["config"]["meta"]["sample"] == "order_count_7d"
    assert columns["order_count_7d"]["data_type"] == "bigint"
    todos = [line for line in text.splitlines() if "TODO" in line]
    assert len(todos) == 1
    assert "price_sum_7d / nullif(order_count_7d, 0)" in todos[0]
    stated = QUERY.replace("as price_per_order", "as price_per_order -- Dollars an order.")
    draft = draft_of(database, stated)
    assert "TODO" not in files_of(draft).yaml(edge_test(draft))
    owned = files_of(draft, Meaning("Sales.", "shops", "lakes")).yaml(None)
    assert "owners: {science: shops, engineering: lakes}" in owned
    assert "description: Sales. One row per" in owned


def test_the_unit_test_is_at_the_edges_and_expects_what_the_query_says(
    database: duckdb.DuckDBPyConnection,
) -> None:
    unit_test = edge_test(draft_of(database, QUERY))
    assert unit_test is not None
    (fixture,) = unit_test.given.values()
    # No real order, but a product that the condition takes.
    assert "cast('a' as varchar) as shop_id" in fixture
    assert "cast('salt' as varchar)" not in fixture
    assert "'2026-01-02 00:00:00'" in fixture
    assert "'2026-01-01 23:59:59.999999'" in fixture
    rows = [tuple(row.values())[:3] for row in unit_test.expected]
    assert rows == [
        ("a", "2026-01-03 00:00:00", 1),
        ("a", "2026-01-10 00:00:00", 0),
        ("b", "2026-01-02 00:00:00", 1),
        ("b", "2026-01-09 00:00:00", 0),
    ]


def test_a_condition_that_made_up_values_do_not_meet_takes_real_ones(
    database: duckdb.DuckDBPyConnection,
) -> None:
    sql = f"""
        select shop_id, count(*) as order_count, avg(price) as price_mean from stg_web__orders
        {WINDOW} and product = 'tea' and pieces between 3 and 10 group by 1
    """
    unit_test = edge_test(draft_of(database, sql))
    assert unit_test is not None
    (fixture,) = unit_test.given.values()
    assert "cast('tea' as varchar) as product" in fixture
    assert "cast(5 as integer) as pieces" in fixture
    # No condition is on the price, so that it is made up.
    assert "cast(2 as double) as price" in fixture


SWAPPED = {
    "two texts": "shop_id, product as product_id",
    "computed in a CTE": "shop as shop_id, goods as product_id",
    "a text and a number": "shop_id, cast(pieces as varchar) as pieces_id",
    "numbers": "pieces as pieces_id, cast(price as bigint) as price_id",
}


@pytest.mark.parametrize("name", SWAPPED)
@pytest.mark.parametrize("condition", ["", "and shop_id is not null and product is not null"])
def test_each_key_of_a_unit_test_has_its_own_value(
    database: duckdb.DuckDBPyConnection, name: str, condition: str
) -> None:
    cte = "orders as (select *, shop_id as shop, upper(product) as goods from stg_web__orders)"
    sql = (
        f"with {cte} select {SWAPPED[name]}, count(*) as order_count from orders "
        f"{WINDOW} {condition} group by 1, 2"
    )
    unit_test = edge_test(draft_of(database, sql))
    assert unit_test is not None
    keys = {tuple(row.values())[:2] for row in unit_test.expected}
    assert len(keys) == 2
    assert len({str(value) for key in keys for value in key}) == 4
    # A view that has them the wrong way round fails.
    assert not keys & {key[::-1] for key in keys}


def test_keys_that_conditions_are_on_have_real_values_that_differ() -> None:
    with duckdb.connect() as database:
        create_orders(database)
        database.execute(
            "update stg_web__orders set product = case when pieces > 2 then shop_id else 'd' end"
        )
        condition = "and shop_id in ('c', 'd') and product in ('c', 'd')"
        sql = f"select shop_id, product, count(*) as n from stg_web__orders {WINDOW} {condition}"
        unit_test = edge_test(draft_of(database, f"{sql} group by 1, 2"))
    assert unit_test is not None
    assert {tuple(row.values())[:2] for row in unit_test.expected} == {("c", "d")}


def test_a_new_entity_is_defined_in_the_view(database: duckdb.DuckDBPyConnection) -> None:
    sql = f"""
        select product as product_code, count(*) as order_count from stg_web__orders {WINDOW}
        group by 1
    """
    draft = draft_of(database, sql)
    files = files_of(draft)
    (model,) = yaml.safe_load(files.yaml(edge_test(draft)))["models"]
    meta = model["config"]["meta"]
    assert meta["entities"] == {"product": ["product_code"]}
    assert meta["entity_definitions"]["product"]["keys"] == {"product_code": "varchar"}
    assert meta["entity_definitions"]["product"]["description"].startswith("TODO")


def test_a_key_in_a_role_is_that_of_its_entity(database: duckdb.DuckDBPyConnection) -> None:
    sql = f"select shop_id as first_shop_id, count(*) as n from stg_web__orders {WINDOW} group by 1"
    files = files_of(draft_of(database, sql))
    assert files.roles.meta_lines() == ["entities: {first: {entity: shop, keys: [first_shop_id]}}"]


MARKETS = {
    **META,
    "entities": {
        "origin": {"entity": "market", "keys": ["origin_market_id"]},
        "destination": {"entity": "market", "keys": ["destination_market_id"]},
        "equipment": ["equipment_type"],
    },
    "entity_definitions": {
        "market": {"keys": {"market_id": "varchar"}, "description": "A market."},
        "equipment": {"keys": {"equipment_type": "varchar"}, "description": "A trailer type."},
    },
}


@pytest.mark.parametrize(
    ("keys", "rows"),
    [
        ("shop_id", "shop"),
        ("shop_id as market_id, product as equipment_type", "market, equipment type"),
        (
            "shop_id as origin_market_id, product as destination_market_id, "
            "order_id as equipment_type",
            "origin, destination, equipment type",
        ),
        # No view of the project has this role.
        ("shop_id as first_market_id", "first market"),
        ("product as product_code", "product"),
    ],
)
def test_rows_are_described_in_the_words_of_the_project(
    database: duckdb.DuckDBPyConnection, keys: str, rows: str
) -> None:
    sql = f"select {keys}, count(*) as order_count from stg_web__orders {WINDOW} group by all"
    view = node("market_trade", "models/features/market_trade.sql", MARKETS, [])
    (model,) = yaml.safe_load(files_of(draft_of(database, sql, view)).yaml(None))["models"]
    *before, last = rows.split(", ")
    each = f"{', '.join(before)} and {last}" if before else last
    assert model["description"] == (
        f"TODO: what it tells about each {each}. "
        f"One row per {rows} and day on which a value changed."
    )
    key_columns = model["columns"][: len(rows.split(", "))]
    assert [column["description"] for column in key_columns] == [
        f"The {word} that the row is about." for word in rows.split(", ")
    ]


# What is left out, with the line of the query that says it.
LEFT_OUT = [
    ("sum(price * random()) as p", 4, "depends on when it runs", "derived feature"),
    ("count(cast(null as integer)) as p", 4, "is of a null", "aggregate a column"),
    ("mode(product) as p", 4, "`mode` is no aggregate of windows", "count distinct"),
    ("approx_quantile(price, 0.5) as p", 4, "`approx_quantile`", "quantile_cont"),
    ("quantile_cont(price, 0.125) as p", 4, "a quantile of `0.125`", "percentile"),
    ("arg_max(price, known_at) as p", 4, "`arg_max`", "newest_within"),
    ("max(event_at) as p", 4, "`max` of `event_at`, which is TIMESTAMP", "newest_at"),
    ("avg(now()::date - event_at::date) as p", 4, "depends on when it runs", "derived feature"),
    (
        "count(*) filter (where known_at >= now() - interval 1 month) as p",
        4,
        "holds no span of whole hours",
        "compare one instant",
    ),
    (
        "count(*) filter (where event_at > now() - interval 1 day or is_late) as p",
        4,
        "holds no span of whole hours",
        "compare one instant",
    ),
    ("count(*) filter (where superseded_at > known_at) as p", 4, "on `superseded_at`", "version"),
    (
        "count(*) filter (where shop_id in (select shop_id from stg_web__shops)) as p",
        4,
        "on another table",
        "version that held then",
    ),
    ("upper(max(product)) as p", 4, "`max` of `product`, which is VARCHAR", "only numbers"),
    ("sum(distinct price) as p", 4, "`sum(distinct ...)`", "what there is"),
    (
        "avg(case when known_at >= now() - interval 1 day then 1 else 0 end) as p",
        4,
        "a shorter window",
        "divide two counts",
    ),
]


@pytest.mark.parametrize(("item", "line", "message", "remedy"), LEFT_OUT)
def test_what_cannot_be_translated_is_left_to_do_at_its_place(
    database: duckdb.DuckDBPyConnection, item: str, line: int, message: str, remedy: str
) -> None:
    sql = f"select\n    shop_id,\n    count(*) as order_count,\n    {item}\nfrom stg_web__orders\n"
    draft = draft_of(database, f"{sql}{WINDOW}\ngroup by shop_id")
    todo = draft.notes.todos[0]
    assert todo.place == f"query.sql:{line}"
    assert message in todo.message
    assert remedy in todo.remedy
    model = files_of(draft).sql()
    assert f"-- TODO query.sql:{line}: " in model
    # No value of it is in the view, but for what its conditions do not touch.
    assert "'name': 'order_count'" in model


@pytest.mark.parametrize(
    ("clause", "line", "message"),
    [
        ("having count(*) > 3", 5, "`having` is left out"),
        ("order by 2 limit 10", 1, "`limit` is left out"),
        ("qualify row_number() over (order by shop_id) < 3", 5, "`qualify` is left out"),
    ],
)
def test_rows_that_a_query_leaves_out_are_left_to_do(
    database: duckdb.DuckDBPyConnection, clause: str, line: int, message: str
) -> None:
    sql = f"select shop_id, count(*) as order_count\nfrom stg_web__orders\n{WINDOW}\ngroup by 1\n"
    (todo,) = draft_of(database, sql + clause).notes.todos
    assert (todo.place, todo.message.partition(":")[0]) == (f"query.sql:{line}", message)


def test_a_join_is_kept_as_it_stands_and_left_to_do(database: duckdb.DuckDBPyConnection) -> None:
    draft = draft_of(
        database,
        """
with northern as (
    -- Those of the north.
    select orders.shop_id, orders.price, orders.known_at, orders.superseded_at
    from stg_web__orders as orders
    inner join stg_web__shops as shops on orders.shop_id = shops.shop_id
    where shops.region = 'north'
)
select shop_id, avg(price) as price_mean from northern
where known_at >= now() - interval 7 days and superseded_at is null group by shop_id
""",
    )
    (todo,) = draft.notes.todos
    assert todo.place == "query.sql:5"
    assert "`northern` is a join and is kept as it stands" in todo.message
    assert "the version that held then" in todo.remedy
    model = files_of(draft).sql()
    assert "    -- Those of the north.\n" in model
    assert "from {{ ref('stg_web__orders') }} as orders" in model
    assert "inner join {{ ref('stg_web__shops') }} as shops" in model
    assert edge_test(draft) is None
    assert "TODO: a unit test" in files_of(draft).yaml(None)


REFUSED = [
    ("select 1; select 2", "has 2 statements"),
    ("select from", "is not a query that DuckDB reads"),
    ("create table x as select 1", "is not a query that DuckDB reads"),
    ("select 1 union all select 2", "puts several selects together"),
    (f"select count(*) as n from stg_web__orders {WINDOW}", "has no key"),
    ("select shop_id, count(*) from stg_web__orders group by 1", "looks back for ever"),
    (f"select shop_id, count(*) from stg_web__order {WINDOW} group by 1", "`stg_web__order` is no"),
    ("select weekday, count(*) from weekdays group by 1", "`weekdays` has no column `known_at`"),
    (
        f"select shop_id, count(*) from stg_web__orders {WINDOW} group by rollup (shop_id)",
        "several groupings at once",
    ),
    (
        f"select shop_id, date_trunc('month', known_at), count(*) from stg_web__orders {WINDOW} "
        "group by 1, 2",
        "is no step of a series",
    ),
    (
        "select a.shop_id, count(*) from stg_web__orders a join stg_web__shops b using (shop_id) "
        "group by 1",
        "the aggregates read a join at once",
    ),
    ("select shop_id, count(*) from 's3://lake/other/x.parquet' group by 1", "no raw table"),
    ("select shop_id, count(*) from read_csv('x.csv') group by 1", "reads from `read_csv()`"),
    (
        f"select lower(shop_id) as shop_id, count(*) from stg_web__orders {WINDOW} "
        "group by shop_id",
        "`shop_id` is a column of the facts and a name of `lower(shop_id)`",
    ),
    (
        f"select lower(shop_id), count(*) from stg_web__orders {WINDOW} group by 1",
        "the key `lower(shop_id)` has no plain name",
    ),
]


@pytest.mark.parametrize(("sql", "message"), REFUSED)
def test_a_query_of_which_no_view_can_be_made_is_refused(
    database: duckdb.DuckDBPyConnection, sql: str, message: str
) -> None:
    with pytest.raises(DraftError) as refused:
        draft_of(database, sql)
    assert message in refused.value.message
    assert refused.value.hint


def test_a_name_that_says_another_window_is_corrected(database: duckdb.DuckDBPyConnection) -> None:
    sql = f"select shop_id, count(*) as order_count_30d from stg_web__orders {WINDOW} group by 1"
    draft = draft_of(database, sql)
    assert list(draft.select_places) == ["order_count_7d"]
    (change,) = draft.notes.changes
    assert "`order_count_30d` is named `order_count_7d`" in change.message


def test_a_change_of_one_aggregate_has_its_line(database: duckdb.DuckDBPyConnection) -> None:
    draft = draft_of(
        database,
        f"""select
    shop_id,
    count(*) as order_count,
    count(*) filter (where event_at >= now() - interval 1 day) as new_order_count
from stg_web__orders {WINDOW} group by shop_id""",
    )
    (change,) = draft.notes.changes
    assert change.place == "query.sql:4"
    assert "looks along `event_at`" in change.message


@pytest.mark.parametrize(
    ("cte", "kind"),
    [
        ("select max(price) as price from stg_web__orders", "an aggregate"),
        ("select shop_id, sum(price) as price from stg_web__orders group by 1", "an aggregate"),
        ("select distinct shop_id, price from stg_web__orders", "a `distinct` or `limit`"),
        (
            "select * rename (price as pieces, pieces as price) from stg_web__orders",
            "a `*` with exceptions",
        ),
        (
            "select *, row_number() over (order by known_at) as place from stg_web__orders",
            "a window function or a subquery",
        ),
        ("from stg_web__orders union all from stg_web__orders", "several selects in one"),
    ],
)
def test_a_cte_that_chooses_no_rows_and_columns_is_not_taken_apart(
    database: duckdb.DuckDBPyConnection, cte: str, kind: str
) -> None:
    sql = f"with parts as ({cte}) select shop_id, avg(price) as m from parts {WINDOW} group by 1"
    try:
        notes = [note.message for note in draft_of(database, sql).notes.todos]
    except DraftError as error:
        notes = [error.message]
    assert f"`parts` is {kind}" in notes[0]
