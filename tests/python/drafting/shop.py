"""A project of one table, orders of a shop, with all that makes time hard; and drafts of it."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import duckdb
from jinja2 import Environment

import macro
from milepost.building.catalog import Catalog
from milepost.drafting import capture
from milepost.drafting.draft import Draft
from milepost.drafting.draft_files import DraftFiles, Meaning
from milepost.drafting.models import Models
from milepost.drafting.project_facts import ProjectFacts, roles_of
from milepost.drafting.query import parse

FIRST = datetime(2026, 1, 1)
DAYS = 40
META = {
    "entities": {"shop": ["shop_id"]},
    "entity_definitions": {"shop": {"keys": {"shop_id": "varchar"}, "description": "A shop."}},
    "owners": {"science": "prices", "engineering": "pipes"},
    "sensitivity": "internal",
}


def node(name: str, path: str, meta: dict[str, Any], parents: list[str]) -> dict[str, Any]:
    return {
        "unique_id": f"model.shop.{name}",
        "name": name,
        "resource_type": "model",
        "package_name": "shop",
        "relation_name": f'"{name}"',
        "original_file_path": path,
        "raw_code": "select ordered_at as event_at, milepost__known_at as known_at",
        "config": {"meta": meta},
        "depends_on": {"nodes": parents},
    }


def not_null(column: str, **config: Any) -> dict[str, Any]:
    """A test of orders."""
    return {
        **node(f"orders_have_{column}", "models/staging/stg.yml", {}, []),
        "unique_id": f"test.shop.orders_have_{column}",
        "resource_type": "test",
        "test_metadata": {"name": "not_null"},
        "column_name": column,
        "attached_node": "model.shop.stg_web__orders",
        "config": config,
    }


def catalog(*more: dict[str, Any]) -> Catalog:
    source: dict[str, Any] = {
        "unique_id": "source.shop.web.orders",
        "source_name": "web",
        "name": "orders",
        "identifier": "orders",
        "resource_type": "source",
        "columns": {},
        "config": {"meta": {"raw_uri": "s3://lake/shop"}},
    }
    nodes = [
        node("base_web__orders", "models/staging/base.sql", {}, [source["unique_id"]]),
        node("stg_web__orders", "models/staging/stg.sql", {}, ["model.shop.base_web__orders"]),
        node("stg_web__shops", "models/staging/shops.sql", {}, []),
        node("shop_trade", "models/features/shop_trade.sql", META, []),
        node("weekdays", "models/weekdays.sql", {}, []),
        *more,
    ]
    manifest: dict[str, Any] = {
        "metadata": {"project_name": "shop", "dbt_version": "1.11.16"},
        "nodes": {item["unique_id"]: item for item in nodes},
        "sources": {source["unique_id"]: source},
        **{name: {} for name in ("macros", "exposures", "unit_tests", "disabled")},
    }
    return Catalog.of(manifest)


def create_orders(database: duckdb.DuckDBPyConnection, *, seed: int = 7) -> None:
    """Orders with corrections, nulls, and instants exactly at midnights and whole hours."""
    chance = random.Random(seed)
    rows = []
    for number in range(700):
        event_at = FIRST + timedelta(hours=chance.randrange(24 * DAYS))
        lag = chance.choice([0, 0, 1, 5, 30, 26, 72])
        known_at = event_at + timedelta(hours=lag)
        if chance.random() < 0.5:
            known_at += timedelta(microseconds=chance.choice([-1, 1, 7_000_000]))
        if chance.random() < 0.1:
            known_at = known_at.replace(hour=0, minute=0, second=0, microsecond=0)
        superseded_at = None
        for _ in range(chance.choice([1, 1, 1, 2])):
            corrected_at = known_at + timedelta(hours=chance.randrange(1, 200))
            superseded_at = corrected_at if chance.random() < 0.2 else None
            rows.append(
                (
                    f"order_{number}",
                    chance.choice(["a", "b", "c", "d", None]),
                    chance.choice(["tea", "rice", "salt", None]),
                    chance.choice([0, 1, 2, 5, 19, None]),
                    chance.choice([0.5, 1.25, 3.0, -2.0, 100.0, None]),
                    chance.choice([True, False, None]),
                    event_at,
                    known_at,
                    superseded_at,
                )
            )
            if superseded_at is None:
                break
            known_at = superseded_at
    database.execute(
        "create table stg_web__orders (order_id varchar, shop_id varchar, product varchar, "
        "pieces integer, price double, is_late boolean, event_at timestamp, known_at timestamp, "
        "superseded_at timestamp)"
    )
    database.executemany(f"insert into stg_web__orders values ({', '.join('?' * 9)})", rows)
    database.execute(
        "create table stg_web__shops as select 'a' as shop_id, 'north' as region, "
        "timestamp '2026-01-01' as known_at, cast(null as timestamp) as superseded_at"
    )
    database.execute("create table weekdays as select 1 as weekday")


def draft_of(
    database: duckdb.DuckDBPyConnection, sql: str, *more: dict[str, Any], name: str = "shop_orders"
) -> Draft:
    return capture.draft(parse(sql, "query.sql"), name, Models(catalog(*more), database))


def files_of(draft: Draft, meaning: Meaning | None = None) -> DraftFiles:
    project = ProjectFacts(draft.models.catalog)
    return DraftFiles(
        draft, project, roles_of(draft.keys, project.entities(), None), meaning or Meaning()
    )


def compiled(draft: Draft, files: DraftFiles) -> str:
    """The SQL of a draft, with our macros rendered as dbt does."""
    return rendered(files.sql())


def rendered(model: str) -> str:
    """The SQL of a model, with our macros rendered as dbt does."""
    end = FIRST + timedelta(days=DAYS + 60)

    def trailing_features(**arguments: Any) -> str:
        return macro.trailing_features(**arguments, batch=(None, end))

    package = SimpleNamespace(trailing_features=trailing_features, all_but=macro.windows().all_but)
    text = Environment(autoescape=False).from_string(model)  # noqa: S701 - SQL, and no page
    return text.render(milepost=package, ref=lambda name: f'"{name}"')
