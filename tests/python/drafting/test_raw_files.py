"""Raw files are the table of the project whose files they are, if they are all of them."""

from __future__ import annotations

import pytest

from milepost.drafting.raw_files import table_of
from milepost.errors import DraftError
from milepost.raw.tables import RawTable
from milepost.storage.location import Location

LAKE = Location("lake", "shop")


def table(name: str, **details: str) -> RawTable:
    return RawTable(f"source.shop.{name}", f"web.{name}", name, LAKE, {}, **details)  # type: ignore[arg-type]


TABLES = [
    table("orders"),
    table("old_orders", layout="archive/{table}/{year}/{month}"),
    table("visits", layout="{table}_{year}-{month}.parquet"),
    table("prices", layout="iceberg/{table}", table_format="iceberg"),
    table("clicks", layout="{date}/{table}"),
]
WHOLE = {
    "s3://lake/shop/orders/*/*.parquet": "web.orders",
    "s3://lake/shop/orders/**/*.parquet": "web.orders",
    "s3://lake/shop/orders/**": "web.orders",
    "s3://lake/shop/orders/landing_date=*/*": "web.orders",
    "s3://lake/shop/orders/landing_date=????-??-??/*": "web.orders",
    "s3://lake/shop/archive/old_orders/*/*/*.parquet": "web.old_orders",
    "s3://lake/shop/visits_*.parquet": "web.visits",
    "s3://lake/shop/iceberg/prices/data/*.parquet": "web.prices",
    "s3://lake/shop/iceberg/prices/**/*.parquet": "web.prices",
    "s3://lake/shop/*/clicks/*.parquet": "web.clicks",
}
PARTS = {
    "s3://lake/shop/orders/landing_date=2026-01-05/*.parquet": "orders/landing_date=*/*.parquet",
    "s3://lake/shop/orders/landing_date=2026-*/*.parquet": "orders/landing_date=*/*.parquet",
    "s3://lake/shop/orders/*/part-*.parquet": "orders/landing_date=*/*.parquet",
    "s3://lake/shop/orders/*/[ab]*.parquet": "orders/landing_date=*/*.parquet",
    "s3://lake/shop/visits_2026-*.parquet": "visits_*-*.parquet",
    "s3://lake/shop/iceberg/prices/data/a.parquet": "iceberg/prices/data/**/*.parquet",
}
ELSEWHERE = [
    "/tmp/elsewhere/orders/x.parquet",
    "s3://competitor/orders/*/*.parquet",
    "s3://lake/shop2/orders/*/*.parquet",
    "s3://lake/shop/orders2/*/*.parquet",
    "s3://lake/shop/2026-01-05/clicks/*.parquet",
]


@pytest.mark.parametrize("uri", WHOLE)
def test_all_files_of_a_table_are_the_table(uri: str) -> None:
    assert table_of(uri, TABLES).name == WHOLE[uri]


@pytest.mark.parametrize("uri", PARTS)
def test_a_part_of_the_files_is_refused_with_all_of_them_in_the_hint(uri: str) -> None:
    with pytest.raises(DraftError, match="only a part of the files") as refused:
        table_of(uri, TABLES)
    glob = f"s3://lake/shop/{PARTS[uri]}"
    assert refused.value.hint == f"read `{glob}`, and choose rows by a condition"
    assert table_of(glob, TABLES)


@pytest.mark.parametrize("uri", ELSEWHERE)
def test_files_of_another_place_are_refused(uri: str) -> None:
    with pytest.raises(DraftError, match="belongs to no raw table"):
        table_of(uri, TABLES)


def test_files_of_several_tables_are_refused() -> None:
    with pytest.raises(DraftError, match=r"is of 2 raw tables"):
        table_of("s3://lake/shop/*/*/*.parquet", [*TABLES[:1], *TABLES[4:]])
