"""A mean, a share or a quantile has one count of its values beside it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import duckdb
import pytest
import yaml

from drafting.shop import compiled, create_orders, draft_of, files_of, not_null
from milepost.drafting import comparison
from milepost.drafting.draft import Draft

WINDOW = "where known_at >= now() - interval 7 days and superseded_at is null"


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    """Orders whose `pieces` are never null, and whose `price` is."""
    with duckdb.connect() as connection:
        create_orders(connection)
        connection.execute("update stg_web__orders set pieces = 3 where pieces is null")
        yield connection


def query(item: str, where: str = "", ctes: str = "", source: str = "stg_web__orders") -> str:
    return f"{ctes} select shop_id, {item} from {source} {WINDOW} {where} group by 1"


def samples_of(draft: Draft) -> dict[str, list[str]]:
    """The counts that each column is computed from."""
    (model,) = yaml.safe_load(files_of(draft).yaml(None))["models"]
    samples = {
        column["name"]: column.get("config", {}).get("meta", {}).get("sample", [])
        for column in model["columns"]
    }
    return {
        name: [count] if isinstance(count, str) else [*count] for name, count in samples.items()
    }


P90 = "count(*) as orders, quantile_cont({}, 0.9) as value_p90"
# A value that is never null, with the conditions that say so.
NEVER_NULL = {
    "a condition": query(P90.format("price"), "and price is not null"),
    "a condition with its table": query(
        P90.format("o.price"), "and o.price is not null", source="stg_web__orders as o"
    ),
    "a comparison": query(P90.format("price"), "and price > 0"),
    "a range": query(P90.format("price"), "and price between 0 and 5"),
    "a computed value": query(P90.format("price / 60 + 1"), "and price is not null"),
    "a value in place of a null": query(P90.format("coalesce(price, 0)")),
    "a CTE": query(
        P90.format("cost"),
        ctes="with orders as (select *, cast(price as double) * 2 as cost from stg_web__orders "
        "where price is not null)",
        source="orders",
    ),
    "a test": query(P90.format("pieces")),
    "a test of a column with another name": query(
        P90.format("n"),
        ctes="with orders as (select shop_id, pieces as n, known_at, superseded_at "
        "from stg_web__orders)",
        source="orders",
    ),
}
# A value that may be null, although something is said of it.
MAYBE_NULL = {
    "nothing is said": query(P90.format("price")),
    "another column": query(P90.format("price"), "and product is not null"),
    "either": query(P90.format("price"), "and (price is not null or product = 'tea')"),
    "null where it is something": query(P90.format("nullif(price, 3)"), "and price is not null"),
    "a division": query(P90.format("price / pieces"), "and price is not null"),
    "two columns with one name": query(
        P90.format("price"),
        ctes="with orders as (select *, coalesce(price, 0) as price from stg_web__orders)",
        source="orders",
    ),
    "the same name in a CTE": query(
        P90.format("price"),
        ctes="with orders as (select shop_id, nullif(price, 3) as price, known_at, "
        "superseded_at from stg_web__orders where price is not null)",
        source="orders",
    ),
}


@pytest.mark.parametrize("name", NEVER_NULL)
def test_a_value_that_is_never_null_has_the_count_of_rows(
    name: str, database: duckdb.DuckDBPyConnection
) -> None:
    draft = draft_of(database, NEVER_NULL[name], not_null("pieces"))
    samples = samples_of(draft)
    assert list(samples) == ["shop_id", "available_at", "order_count_7d", "value_p90_7d"]
    assert samples["value_p90_7d"] == ["order_count_7d"]
    result = comparison.compare(draft, compiled(draft, files_of(draft)), timedelta())
    assert result.rows
    assert not result.differences


@pytest.mark.parametrize("name", MAYBE_NULL)
def test_a_value_that_may_be_null_has_a_count_of_its_own(
    name: str, database: duckdb.DuckDBPyConnection
) -> None:
    samples = samples_of(draft_of(database, MAYBE_NULL[name], not_null("pieces")))
    (sample,) = samples["value_p90_7d"]
    assert list(samples)[2:] == ["order_count_7d", "value_p90_7d", sample]


@pytest.mark.parametrize(
    "test",
    [
        not_null("price"),  # which has nulls
        not_null("pieces", severity="warn"),
        not_null("pieces", where="price > 0"),
        not_null("pieces", error_if="> 10"),
        not_null("order_id"),
        {**not_null("pieces"), "attached_node": "model.shop.stg_web__shops"},
        {**not_null("pieces"), "test_metadata": {"name": "unique"}},
    ],
)
def test_another_test_does_not_say_that_a_column_is_never_null(
    test: dict[str, object], database: duckdb.DuckDBPyConnection
) -> None:
    column = "price" if test["column_name"] == "price" else "pieces"
    samples = samples_of(draft_of(database, query(P90.format(column)), test))
    assert samples["value_p90_7d"] == [f"{column}_count_7d"]


def test_a_column_of_a_kept_join_may_be_null(database: duckdb.DuckDBPyConnection) -> None:
    join = (
        "with joined as (select s.shop_id, o.pieces, o.known_at, o.superseded_at "
        "from stg_web__shops as s left join stg_web__orders as o using (shop_id)), "
        "orders as (select * from joined)"
    )
    sql = query(P90.format("pieces"), ctes=join, source="orders")
    samples = samples_of(draft_of(database, sql, not_null("pieces")))
    assert samples["value_p90_7d"] == ["pieces_count_7d"]


def test_a_value_of_some_rows_has_the_count_of_those_rows(
    database: duckdb.DuckDBPyConnection,
) -> None:
    tea = "filter (where product = 'tea' and price is not null)"
    sql = query(f"count(*) {tea} as tea_count, avg(price) {tea} as tea_price_mean")
    assert samples_of(draft_of(database, sql))["tea_price_mean_7d"] == ["tea_count_7d"]
    other = sql.replace(f"count(*) {tea}", "count(*) filter (where product = 'tea')")
    assert samples_of(draft_of(database, other))["tea_price_mean_7d"] != ["tea_count_7d"]
    maybe_null = sql.replace(" and price is not null", "")
    assert samples_of(draft_of(database, maybe_null))["tea_price_mean_7d"] != ["tea_count_7d"]


def test_a_count_that_only_a_ratio_uses_is_shown_as_a_sample(
    database: duckdb.DuckDBPyConnection,
) -> None:
    sql = query("sum(price) / count(*) as price_per_order, avg(pieces) as pieces_mean")
    draft = draft_of(database, sql, not_null("pieces"))
    assert samples_of(draft)["pieces_mean_7d"] == ["order_count_7d"]
    assert draft.hidden == ["price_sum_7d"]


def test_a_count_in_another_window_gives_the_sample_its_name(
    database: duckdb.DuckDBPyConnection,
) -> None:
    short = "filter (where known_at >= now() - interval 1 day)"
    sql = query(f"count(*) as sales, avg(pieces) {short} as pieces_mean")
    draft = draft_of(database, sql, not_null("pieces"))
    assert samples_of(draft)["pieces_mean_1d"] == ["sale_count_1d"]
