"""How far back the rows lie that a fact is made from, along the lineage of its model."""

from __future__ import annotations

from typing import Any

import pytest

from milepost.building.catalog import Catalog
from milepost.building.reach import reach_days


def model(name: str, *parents: str, code: str = "", **meta: Any) -> dict[str, Any]:
    return {
        "unique_id": f"model.green.{name}",
        "name": name,
        "resource_type": "model",
        "raw_code": code,
        "config": {"meta": meta},
        "depends_on": {"nodes": [f"model.green.{parent}" for parent in parents]},
    }


def staged(name: str, *targets: str, redelivery_days: int = 8, **days: int) -> dict[str, Any]:
    base = {"reference_days": days, "redelivery_days": redelivery_days}
    return model(f"stg_{name}", f"base_{name}", *targets, staged_from={f"base_{name}": base})


NODES = [
    *(model(f"base_{name}") for name in ("loads", "events", "claims", "carriers")),
    staged("carriers", redelivery_days=0),
    staged("loads"),
    staged("events", "stg_loads", "stg_carriers", stg_loads=60),
    staged("claims", "stg_loads", stg_loads=400),
    # each carrier of any age, and its own booking within 30 days
    model(
        "booked",
        "stg_events",
        "stg_carriers",
        code="JOIN {{ holds_at() }}",
        declared_reference_days=30,
    ),
    model("claimed", "stg_claims", "booked", code="a join b"),
    model("listed", "stg_loads", code="select * from joined"),
    model("both", "claimed", "booked", reference_days=5, code="a join b"),
]


@pytest.mark.parametrize(
    ("name", "days"),
    [
        ("stg_carriers", 0),
        ("stg_loads", 8),
        ("stg_events", 8 + 60 + 8),
        ("stg_claims", 8 + 400 + 8),
        ("booked", 30 + 8 + 60 + 8),
        # joins by hand and says nothing: the project's days
        ("claimed", 10 + 8 + 400 + 8),
        ("listed", 8),
        ("both", 5 + 10 + 8 + 400 + 8),
    ],
)
def test_a_model_reaches_back_along_its_longest_chain(name: str, days: int) -> None:
    nodes = {node["unique_id"]: node for node in NODES}
    catalog = Catalog(nodes, {}, {}, (), "green", "1.11.0")
    assert reach_days(catalog, f"model.green.{name}", 10) == days
